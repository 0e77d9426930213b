// SPDX-License-Identifier: GPL-2.0-only
/* The vfio-user protocol: what QEMU relies on, and what nobody should send. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "regs.h"

static void test_negotiation(struct rig *r)
{
	struct { u16 major, minor; char json[64]; } v = { 0, 1, "{\"capabilities\":{}}" };
	struct { u32 argsz, flags, regions, irqs; } info = { 16, 0, 0, 0 };
	u8 reply[512];
	u32 len;

	is(rig_call(r, VFIO_USER_VERSION, &v, sizeof(v), -1, reply, &len, NULL), 0,
	   "version is accepted");
	is(reply[0] | reply[2] << 8, 0, "version is 0.0");
	ok(strstr((char *)reply + 4, "\"max_msg_fds\":8") != NULL, "capabilities are JSON");
	v.major = 1;
	is(rig_call(r, VFIO_USER_VERSION, &v, sizeof(v), -1, NULL, NULL, NULL), EINVAL,
	   "another major version is refused");
	rig_call(r, VFIO_USER_DEVICE_GET_INFO, &info, 16, -1, &info, &len, NULL);
	is(info.flags, 3, "device can be reset and is PCI");
	is(info.regions, 9, "regions");
	is(info.irqs, 5, "interrupt types");
}

static void test_regions(struct rig *r)
{
	struct {
		u32 argsz, flags, index, cap;
		u64 size, offset;
		u32 cap_id, next, areas, rsv;
		u64 at, bytes;
	} a;
	struct { u64 offset; u32 region, count; u8 data[16]; } x = { 0, 7, 4, { 0 } };
	u32 len;
	int fd = -1;

	memset(&a, 0, sizeof(a));
	a.argsz = 32;
	rig_call(r, VFIO_USER_DEVICE_GET_REGION_INFO, &a, 32, -1, &a, &len, &fd);
	is(len, 32, "BAR0: first answer is short");
	is(a.argsz, 64, "BAR0: says how much room it takes");
	is(a.cap, 32, "BAR0: offset of the capability");
	is((u32)fd, (u32)-1, "BAR0: no descriptor yet");
	rig_call(r, VFIO_USER_DEVICE_GET_REGION_INFO, &a, 32, -1, &a, &len, &fd);
	is(len, 64, "BAR0: second answer has the capability");
	is(a.at, 8 << 20, "BAR0: the GTT is mapped");
	ok(fd >= 0, "BAR0: descriptor");
	close(fd);
	a.index = 99;
	is(rig_call(r, VFIO_USER_DEVICE_GET_REGION_INFO, &a, 32, -1, NULL, NULL, NULL), EINVAL,
	   "no such region");
	rig_call(r, VFIO_USER_REGION_READ, &x, 16, -1, &x, NULL, NULL);
	is(x.data[0] | x.data[1] << 8 | x.data[2] << 16 | (u32)x.data[3] << 24, 0x16168086,
	   "config: device id");
	x.offset = 254;
	is(rig_call(r, VFIO_USER_REGION_READ, &x, 16, -1, NULL, NULL, NULL), EINVAL,
	   "config: access across its end");
	x.offset = ~0ull;
	is(rig_call(r, VFIO_USER_REGION_READ, &x, 16, -1, NULL, NULL, NULL), EINVAL,
	   "offset that wraps");
	x.count = ~0u;
	is(rig_call(r, VFIO_USER_REGION_READ, &x, 16, -1, NULL, NULL, NULL), E2BIG,
	   "read of 4 GiB");
	x.offset = 0;
	x.count = 8;
	is(rig_call(r, VFIO_USER_REGION_WRITE, &x, 20, -1, NULL, NULL, NULL), EINVAL,
	   "write with less data than it says");
	x.count = 4;
	memset(x.data, 0xff, 4);
	rig_call(r, VFIO_USER_REGION_WRITE, &x, 20, -1, NULL, NULL, NULL);
	rig_call(r, VFIO_USER_REGION_READ, &x, 16, -1, &x, NULL, NULL);
	is(x.data[0], 0x86, "config: ids are read-only");
}

static void test_memory(struct rig *r)
{
	int fd = memfd_create("more", 0);

	if (ftruncate(fd, 3 * PAGE_SIZE))
		return;
	is(rig_map(r, 0x1000, 0x1000, fd, 0, 3), EEXIST, "map over a map");
	is(rig_map(r, 1ull << 40, 0, fd, 0, 3), EINVAL, "map of nothing");
	is(rig_map(r, ~0xfffull, 0x2000, fd, 0, 3), EINVAL, "map that wraps");
	is(rig_map(r, 1ull << 40, 4 * PAGE_SIZE, fd, 0, 3), EINVAL, "map beyond the file");
	is(rig_map(r, 1ull << 40, PAGE_SIZE, fd, 0x123, 3), EINVAL, "map at an odd offset");
	is(rig_map(r, 1ull << 40, PAGE_SIZE, -1, 0, 3), 0, "map without a descriptor");
	ok(!mem_ptr(&r->gpu.mem, 1ull << 40, 4, false), "it is not reachable");
	is(rig_map(r, 2ull << 40, PAGE_SIZE, fd, PAGE_SIZE, 1), 0, "read-only map");
	ok(mem_ptr(&r->gpu.mem, 2ull << 40, 4, false), "it can be read");
	ok(!mem_ptr(&r->gpu.mem, 2ull << 40, 4, true), "it cannot be written");
	ok(!mem_ptr(&r->gpu.mem, (2ull << 40) + 0xffe, 4, false), "no access across its end");
	is(rig_unmap(r, 2ull << 40, PAGE_SIZE), 0, "unmap");
	ok(!mem_ptr(&r->gpu.mem, 2ull << 40, 4, false), "it is gone");
	is(rig_unmap(r, 2ull << 40, PAGE_SIZE), ENOENT, "unmap of nothing");
	close(fd);
}

/* The file behind a map is cut short: the server must live on. */
static void test_truncation(struct rig *r)
{
	int fd = memfd_create("short", 0);
	u32 *p;

	mem_guard_sigbus();
	if (ftruncate(fd, 2 * PAGE_SIZE))
		return;
	rig_map(r, 3ull << 40, 2 * PAGE_SIZE, fd, 0, 3);
	p = mem_ptr(&r->gpu.mem, (3ull << 40) + PAGE_SIZE, 4, true);
	if (ftruncate(fd, PAGE_SIZE))
		return;
	*(volatile u32 *)p = 1;
	is(mem_sigbus_count(), 1, "a page that vanished is replaced");
	rig_unmap(r, 3ull << 40, 2 * PAGE_SIZE);
	close(fd);
}

static void test_odd_messages(struct rig *r)
{
	struct { u32 argsz, flags, index, start, count; } irqs = { 20, 0x24, 1, 1, 1 };
	u8 nothing[4] = { 0 };

	is(rig_call(r, 999, nothing, 4, -1, NULL, NULL, NULL), ENOTSUP, "unknown command");
	is(rig_call(r, 0, nothing, 4, -1, NULL, NULL, NULL), ENOTSUP, "command 0");
	is(rig_call(r, VFIO_USER_DMA_MAP, nothing, 4, -1, NULL, NULL, NULL), EINVAL, "short map");
	is(rig_call(r, VFIO_USER_DMA_UNMAP, nothing, 0, -1, NULL, NULL, NULL), EINVAL,
	   "empty unmap");
	is(rig_call(r, VFIO_USER_REGION_WRITE, nothing, 4, -1, NULL, NULL, NULL), EINVAL,
	   "short write");
	is(rig_call(r, VFIO_USER_DEVICE_SET_IRQS, &irqs, 20, -1, NULL, NULL, NULL), EINVAL,
	   "interrupt that does not exist");
	is(rig_call(r, VFIO_USER_DEVICE_SET_IRQS, &irqs, 8, -1, NULL, NULL, NULL), EINVAL,
	   "short set irqs");
	is(rig_call(r, VFIO_USER_DEVICE_RESET, NULL, 0, -1, NULL, NULL, NULL), 0, "reset");
}

/* What the driver finds in configuration space: ids, class, size of the GTT. */
static void test_identity(const char *platform, bool lpc, u32 id, u32 class, u32 gmch)
{
	struct region region;
	struct vgpu gpu;
	u32 dw[3];

	vgpu_create(&gpu, platform_find(platform), lpc, false, 0, 0);
	pci_access(&gpu, 7, 0x00, (u8 *)&dw[0], 4, false);
	pci_access(&gpu, 7, 0x08, (u8 *)&dw[1], 4, false);
	pci_access(&gpu, 7, 0x50, (u8 *)&dw[2], 4, false);
	is(dw[0], id, "%s%s: ids", platform, lpc ? " bridge" : "");
	is(dw[1] >> 8, class, "%s%s: class", platform, lpc ? " bridge" : "");
	is(dw[2], gmch, "%s%s: GGC", platform, lpc ? " bridge" : "");
	is(pci_region(&gpu, 0, &region), !lpc, "%s%s: BAR0", platform, lpc ? " bridge" : "");
	vgpu_destroy(&gpu);
}

static u8 config_byte(struct vgpu *gpu, u32 offset)
{
	u8 value;

	pci_access(gpu, 7, offset, &value, 1, false);
	return value;
}

/* As lspci shows a real one: MSI, power management, Advanced Features with a function reset. */
static void test_capabilities(const char *platform)
{
	static const u8 list[][2] = { { 0x90, 0x05 }, { 0xd0, 0x01 }, { 0xa4, 0x13 } };
	u8 one = 1, at = 0x34;
	struct vgpu gpu;
	u32 i;

	vgpu_create(&gpu, platform_find(platform), false, false, 0, 0);
	for (i = 0; i < ARRAY_SIZE(list); i++) {
		at = config_byte(&gpu, i ? at + 1 : at);
		is(at, list[i][0], "%s: where capability %u is", platform, i);
		is(config_byte(&gpu, at), list[i][1], "%s: what it is", platform);
	}
	is(config_byte(&gpu, at + 1), 0, "%s: it is the last", platform);
	is(config_byte(&gpu, at + 2), 6, "%s: Advanced Features: length", platform);
	is(config_byte(&gpu, at + 3), 3, "%s: function reset, transactions pending", platform);
	mmio_write(&gpu, FENCE_LOW(0), 0x1234);
	pci_access(&gpu, 7, at + 5, &one, 1, true);
	is(mmio_read(&gpu, FENCE_LOW(0)), 0x1234, "%s: not asked for a reset", platform);
	pci_access(&gpu, 7, at + 4, &one, 1, true);
	is(mmio_read(&gpu, FENCE_LOW(0)), 0, "%s: function reset", platform);
	is(config_byte(&gpu, at + 4), 0, "%s: it is done", platform);
	vgpu_destroy(&gpu);
}

/* What drivers make of GGC and BDSM (gen8_get_stolen_size(), gen6_get_stolen_size()); a reset leaves it. */
static void test_stolen(const char *platform, u32 shift, u32 mask)
{
	struct vgpu gpu;
	u32 ggc, bdsm;

	vgpu_create(&gpu, platform_find(platform), false, false, 0, 0);
	pci_access(&gpu, 7, 0x50, (u8 *)&ggc, 4, false);
	is(ggc >> shift & mask, 0, "%s: no stolen memory", platform);
	pci_steal(&gpu, 0x3c000000);
	vgpu_reset(&gpu);
	pci_access(&gpu, 7, 0x50, (u8 *)&ggc, 4, false);
	pci_access(&gpu, 7, 0x5c, (u8 *)&bdsm, 4, false);
	is((ggc >> shift & mask) << 25, 32 << 20, "%s: stolen memory", platform);
	is(bdsm, 0x3c000000, "%s: stolen memory: where", platform);
	vgpu_destroy(&gpu);
}

/* Half a message must neither block nor be taken for a whole one. */
static void test_framing(void)
{
	struct vfio_header h = { 1, VFIO_USER_DEVICE_GET_INFO, 32, 0, 0 };
	static const u32 bad[][3] = {
		{ 8, 0, 0 }, { 0, 0, 0 }, { ~0u, 0, 0 }, { 32, VFIO_USER_TYPE_REPLY, 0 },
	};
	struct rig r;
	u8 reply[64];
	u32 i;

	rig_open(&r, "broadwell", "rcs");
	(void)!write(r.fd, &h, 5);
	is((u64)transport_receive(&r.transport, &r.gpu), 0, "half a header");
	(void)!write(r.fd, (u8 *)&h + 5, 11);
	is((u64)transport_receive(&r.transport, &r.gpu), 0, "header without its body");
	(void)!write(r.fd, reply, 16);
	is((u64)transport_receive(&r.transport, &r.gpu), 0, "the rest");
	is((u64)recv(r.fd, reply, sizeof(reply), MSG_DONTWAIT), 32, "is answered");
	rig_close(&r);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		rig_open(&r, "broadwell", "rcs");
		h.size = bad[i][0];
		h.flags = bad[i][1];
		(void)!write(r.fd, &h, sizeof(h));
		is((u64)(int64_t)transport_receive(&r.transport, &r.gpu), (u64)(int64_t)-EPROTO,
		   "bad header %u ends the connection", i);
		rig_close(&r);
	}
	rig_open(&r, "broadwell", "rcs");
	shutdown(r.fd, SHUT_RDWR);
	is((u64)(int64_t)transport_receive(&r.transport, &r.gpu), (u64)(int64_t)-ECONNRESET,
	   "client that has gone");
	rig_close(&r);
}

int main(void)
{
	struct rig r;

	rig_open(&r, "broadwell", "rcs");
	test_negotiation(&r);
	test_regions(&r);
	test_memory(&r);
	test_truncation(&r);
	test_odd_messages(&r);
	rig_close(&r);
	test_framing();
	test_identity("broadwell", false, 0x16168086, 0x030000, 0xc0);
	test_identity("broadwell", true, 0x9cc38086, 0x060100, 0);
	test_identity("broadwell-h", false, 0x16128086, 0x030000, 0xc0);
	test_identity("broadwell-h", true, 0x8cc38086, 0x060100, 0);
	test_identity("haswell", false, 0x04128086, 0x030000, 0x200);
	test_capabilities("broadwell");
	test_capabilities("haswell");
	test_stolen("broadwell", 8, 0xff);
	test_stolen("haswell", 3, 0x1f);
	test_identity("haswell", true, 0x8c448086, 0x060100, 0);
	return done();
}
