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
	return message_seeds() | command_seeds();
}
