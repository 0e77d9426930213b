// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeds for the fuzzers: one sane input of each kind, so that they start from
 * something that gets through. Usage: fuzz_seeds DIRECTORY
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "vfio_user.h"
#include "regs.h"

static const char *directory;
static u8 seed[8192];
static size_t used;

static void add(const void *data, size_t n)
{
	memcpy(seed + used, data, n);
	used += n;
}

static int save(const char *kind, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, kind);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", directory, kind, name);
	f = fopen(path, "w");
	if (!f || fwrite(seed, 1, used, f) != used || fclose(f)) {
		perror(path);
		return 1;
	}
	used = 0;
	return 0;
}

/* ---- messages: command, options, length, body; see fuzz_message.c ---- */

static void message(u8 command, bool fd, const void *body, u8 len)
{
	const u8 head[] = { command, fd, len };

	add(head, sizeof(head));
	add(body, len);
}

static void region(u8 command, u32 index, u32 offset, u32 value)
{
	struct { u64 offset; u32 region, count, value; } a = { offset, index, 4, value };

	message(command, false, &a, command == VFIO_USER_REGION_WRITE ? 20 : 16);
}

static void attach(void)
{
	static const u8 version[] = { 0, 0, 1, 0, '{', '}', 0 };
	struct {
		u32 argsz, flags;
		u64 offset, iova, size;
	} map = { sizeof(map), 3, 0, 0, 1 << 20 };
	struct { u32 argsz, flags, index, start, count; } irqs = { sizeof(irqs), 0x24, 1, 0, 1 };

	message(VFIO_USER_VERSION, false, version, sizeof(version));
	message(VFIO_USER_DMA_MAP, true, &map, sizeof(map));
	message(VFIO_USER_DEVICE_SET_IRQS, true, &irqs, sizeof(irqs));
}

static int message_seeds(void)
{
	struct { u32 argsz, flags, index, cap; u64 size, offset; } info = { .argsz = 64 };
	struct { u32 argsz, flags; u64 iova, size; } unmap = { sizeof(unmap), 0, 0, 1 << 20 };
	struct vfio_header raw = { 1, VFIO_USER_DEVICE_RESET, sizeof(raw), 0, 0 };
	const u8 head[] = { 0, 0x80, sizeof(raw) };
	int ret = 0;
	u32 i;

	attach();
	message(VFIO_USER_DEVICE_GET_INFO, false, &info, 16);
	for (i = 0; i < 9; i++) {
		info.index = i;
		message(VFIO_USER_DEVICE_GET_REGION_INFO, false, &info, sizeof(info));
		message(VFIO_USER_DEVICE_GET_IRQ_INFO, false, &info, 16);
	}
	message(VFIO_USER_DMA_UNMAP, false, &unmap, sizeof(unmap));
	add(head, sizeof(head));
	add(&raw, sizeof(raw));
	ret |= save("message", "attach");

	attach();
	region(VFIO_USER_REGION_WRITE, 0, 8 << 20, 1);			/* GTT, broadwell */
	region(VFIO_USER_REGION_WRITE, 0, 2 << 20, 1);			/* GTT, haswell */
	region(VFIO_USER_REGION_WRITE, 2, 0, 0x01000000);		/* aperture */
	region(VFIO_USER_REGION_READ, 2, 0, 0);
	region(VFIO_USER_REGION_WRITE, 7, 4, 6);
	region(VFIO_USER_REGION_WRITE, 0, 0x2000 + RING_CTL, RING_VALID);
	region(VFIO_USER_REGION_WRITE, 0, 0x2000 + RING_TAIL, 64);
	region(VFIO_USER_REGION_READ, 0, 0x2000 + RING_HEAD, 0);
	region(VFIO_USER_REGION_WRITE, 0, GEN6_GDRST, GRDOM_FULL);
	ret |= save("message", "ring");

	attach();
	region(VFIO_USER_REGION_WRITE, 0, 0x2000 + RING_MODE,
	       GFX_RUN_LIST_ENABLE << 16 | GFX_RUN_LIST_ENABLE);
	for (i = 0; i < 4; i++)
		region(VFIO_USER_REGION_WRITE, 0, 0x2000 + RING_ELSP, i == 3 ? 0x19 : 0);
	region(VFIO_USER_REGION_WRITE, 0, MAGIC_BASE + MAGIC_ENGINE(0), 1);
	region(VFIO_USER_REGION_READ, 0, MAGIC_BASE + MAGIC_ENGINE(0) + 0xc, 0);
	return ret | save("message", "execlists");
}

/* ---- commands: options, then 256 bytes for each page; see fuzz_commands.c ---- */

static void begin(u8 options)
{
	add(&options, 1);
}

static void page(const u32 *dw, size_t n)
{
	static const u8 zero[256];

	add(dw, n * 4);
	add(zero, 256 - n * 4);
}

#define PAGE(...) do { \
	const u32 dw_[] = { __VA_ARGS__ }; \
	page(dw_, ARRAY_SIZE(dw_)); \
} while (0)

/*
 * State, a kernel and a rectangle of two pixels' height. All that the batch names is relative to one page: the kernel,
 * a sampler at 0x40, the binding table at 0x60, blending at 0x80, vertices at 0xa0, surfaces of gen7 at 0xc0 and 0xe0,
 * of gen8 in the page behind it.
 */
static u32 render_batch(bool gen8, u32 *dw, u32 base)
{
	const u32 common[] = {
		0x78180000, 1, 0x78240000, 0x81, 0x782a0000, 0x60, 0x782f0000, 0x40,
		0x79000002, 0, 0x00040010, 0, 0x781f0000, 1 << 22 | 1 << 11 | 1 << (gen8 ? 5 : 4),
		0x78090005, 0x02000000, 0x22220000, 0x02f60000, 0x11230000, 0x02f60004, 0x11230000,
	};
	const u32 haswell[] = {
		0x61010004, 0, base | 1, base | 1, 0, base | 1, 0x78130001, 0, BIT(29), 0x78140000, BIT(29) | BIT(11),
		0x78050000, 7u << 29, 0x78200004, 0, 0, 0, BIT(12) | 1, 4 << 16,
		0x78080003, BIT(14) | 8, base + 0xa0, ~0u, 0, 0x7b000005, 0x0f, 3, 0, 1, 0, 0, 0x05000000,
	};
	const u32 broadwell[] = {
		0x6101000a, 0, 0, 0, base | 1, 0, base | 1, 0, 0, 0, base | 1, 0,
		0x78500000, BIT(16), 0x78140000, BIT(11),
		0x784f0000, BIT(31), 0x784d0000, BIT(30), 0x784b0000, 0x0f, 0x78200006, 0, 0, 0, 0, 0, 1, 4 << 16,
		0x78080003, BIT(14) | 8, base + 0xa0, 0, 0x100, 0x7b000005, 0, 3, 0, 1, 0, 0, 0x05000000,
	};
	u32 n = ARRAY_SIZE(common);

	memcpy(dw, common, sizeof(common));
	if (gen8) {
		memcpy(dw + n, broadwell, sizeof(broadwell));
		return n + ARRAY_SIZE(broadwell);
	}
	memcpy(dw + n, haswell, sizeof(haswell));
	return n + ARRAY_SIZE(haswell);
}

/* pln, pln, send to the sampler and to the render cache, eight pixels; then what is behind it */
static void render_state(bool gen8, u32 *dw)
{
	const u32 pln = 0x0060005a, send = 0x00600031, region = 4 << 21 | 3 << 18 | 1 << 16;
	const u32 types = gen8 ? 1 << 3 | 7 << 5 | 1 << 9 | 7 << 11 : 1 | 7 << 2 | 1 << 5 | 7 << 7 | 1 << 10 | 7 << 12;
	const u32 source = gen8 ? 1 << 25 | 7 << 27 : 0, constant = gen8 ? 3u << 25 : 0;
	const u32 message = gen8 ? 1 << 3 | 1 << 9 : 1 | 1 << 5 | 3 << 10;
	const u32 kernel[] = {
		pln, types | 1 << 29 | 112 << 21, source | 4 << 5, region | 2 << 5,
		pln, types | 1 << 29 | 113 << 21, source | 4 << 5 | 16, region | 2 << 5,
		send | 2 << 24, message | 1 << 29 | 120 << 21, constant | region | 112 << 5,
		1 | 1 << 17 | 4 << 20 | 2 << 25,
		send | 5 << 24, message & ~(gen8 ? 0x18u : 3u), constant | region | 120 << 5,
		12 << 14 | BIT(12) | 4 << 8 | 4 << 25 | BIT(31),
	};
	const u32 vertices[] = { 2 << 16 | 12, 2 << 16 | 12, 2 << 16 | 1, 2 << 16 | 1, 1, 1 };

	memcpy(dw, kernel, sizeof(kernel));
	dw[0x40 / 4 + 3] = BIT(10);
	dw[0x60 / 4] = gen8 ? 0x1000 : 0xc0;
	dw[0x60 / 4 + 1] = gen8 ? 0x1040 : 0xe0;
	memcpy(dw + 0xa0 / 4, vertices, sizeof(vertices));
}

static void render_surface(bool gen8, u32 *dw, u32 address)
{
	dw[0] = 1u << 29 | 0xc0 << 18;
	dw[gen8 ? 8 : 1] = address;
	dw[2] = 3 << 16 | 15;
	dw[3] = 63;
	dw[7] = 4 << 25 | 5 << 22 | 6 << 19 | 7 << 16;
}

static int render_seeds(void)
{
	u32 dw[128], n;
	int ret;

	/* haswell: the ring is the page table, too; batch in page 4, state in page 5, at 0x8000, surface in page 6 */
	begin(1);
	memset(dw, 0, sizeof(dw));
	dw[0] = 0x18802000;
	dw[1] = 0x4000;
	dw[8] = 0x5001;
	dw[9] = 0x6001;
	page(dw, 64);
	for (n = 0; n < 3; n++)
		PAGE(0);
	n = render_batch(false, dw, 0x8000);
	page(dw, n);
	memset(dw, 0, sizeof(dw));
	render_state(false, dw);
	render_surface(false, dw + 0xc0 / 4, 0x9000);
	render_surface(false, dw + 0xe0 / 4, 0x8000);
	page(dw, 64);
	ret = save("commands", "haswell-render");

	/* broadwell, ring: tables in pages 2 and 4; batch in page 5, state in pages 6 and 7, surface in page 3 */
	begin(0);
	PAGE(0x18800101, 0, 0, 0);
	PAGE(0);
	PAGE(0x4003, 0);
	PAGE(0);
	PAGE(0x5003, 0, 0x6001, 0, 0x7001, 0, 0x3003, 0);
	n = render_batch(true, dw, 0x1000);
	page(dw, n);
	memset(dw, 0, sizeof(dw));
	render_state(true, dw);
	page(dw, 64);
	memset(dw, 0, sizeof(dw));
	render_surface(true, dw, 0x3000);
	render_surface(true, dw + 16, 0x1000);
	page(dw, 64);
	return ret | save("commands", "broadwell-render");
}

static int command_seeds(void)
{
	u32 state[64] = { 0 };
	int ret = 0;

	/* broadwell, ring: stores, registers, interrupt, batch in page 4 */
	begin(0);
	PAGE(0x10400002, 0x5000, 0, 1, 0x11000003, 0x2600, 2, 0x7000, 0xffff0001,
	     0x12400002, 0x2600, 0x5008, 0, 0x14c00002, 0x2604, 0x5000, 0,
	     0x13204002, 0x104, 0, 3, 0x7a000004, 0x01004000, 0x5010, 0, 4, 5,
	     0x0c000000, 0x6101, 0, 0x18800001, 0x4000, 0, 0x01000000);
	PAGE(0);
	PAGE(0);
	PAGE(0);
	PAGE(0x10000002, 0x5000, 0, 1, 0x0e408002, 0, 0x5000, 0, 0x05000000);
	ret |= save("commands", "broadwell-ring");

	/* broadwell, execlists: four-level tables from page 2, batch at 0 of the PPGTT */
	begin(8);
	PAGE(0x04000001, 0x18800101, 0, 0, 0x01000000, 0x02800000, 0x10800001, 0x88, 1);
	state[CTX_RING_TAIL] = 40;
	state[CTX_RING_CTL] = RING_VALID;
	state[CTX_PDP_LDW(0)] = 2 * PAGE_SIZE;
	page(state, ARRAY_SIZE(state));
	PAGE(0x4003, 0);
	PAGE(0);
	PAGE(0x5003, 0);
	PAGE(0x6003, 0);
	PAGE(0x7003, 0, 0x8001, 0);
	PAGE(0x10000002, 0x100, 0, 1, 0x10000002, 0x1100, 0, 1, 0x02800000, 0x18800101, 0, 0);
	ret |= save("commands", "broadwell-execlists");

	/* broadwell, blitter */
	begin(4);
	PAGE(0x54300005, 0x03f00100, 0, 0x00100010, 0x5000, 0, 0x1234,
	     0x54f00008, 0x03cc0100, 0, 0x00100010, 0x6000, 0, 0, 0x100, 0x5000, 0);
	ret |= save("commands", "broadwell-blitter");

	/* haswell, ring: stores, mailbox, post-sync write, batch, blit */
	begin(1);
	PAGE(0x10400002, 0, 0x5000, 1, 0x13004001, 0x5004, 2, 0x7a000003, 0x01004000, 0x5010, 3, 4,
	     0x11000001, 0x2040, 5, 0x0b140001, 4, 0, 0x18800000, 0x4000,
	     0x54300004, 0x03f00100, 0, 0x00100010, 0x5000, 0x1234, 0x01000000);
	PAGE(0);
	PAGE(0);
	PAGE(0);
	PAGE(0x10400002, 0, 0x5000, 1, 0x05000000);
	return ret | save("commands", "haswell-ring");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: fuzz_seeds DIRECTORY\n", stderr);
		return 2;
	}
	directory = argv[1];
	mkdir(directory, 0777);
	return message_seeds() | command_seeds() | render_seeds();
}
