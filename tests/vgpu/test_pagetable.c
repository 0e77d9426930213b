// SPDX-License-Identifier: GPL-2.0-only
/* Page tables: GGTT and PPGTT walks of both generations, faults, the aperture. */
#include <string.h>

#include "test.h"

#define DIRECTORY	0x40000u	/* gen7: byte in the GGTT's array */

/* What drivers make of GGC (gen8_get_total_gtt_size(), gen6_get_total_gtt_size()): bytes of PTEs. */
static u64 bytes_of_ptes(struct rig *r)
{
	u16 ggc;

	pci_access(&r->gpu, 7, 0x50, (u8 *)&ggc, sizeof(ggc), false);
	return (r->gpu.plat->gen >= 8 ? 1ull << (ggc >> 6 & 3) : ggc >> 8 & 3) << 20;
}

static void test_ggtt(const char *platform, u64 size, u64 top_bit)
{
	struct rig r;
	u64 pte;

	rig_open(&r, platform, "rcs");
	is(ggtt_translate(&r.gpu, 0x5000), XLATE_FAULT, "%s: GGTT: no entry", platform);
	rig_ggtt(&r, 0x5000, 0x123000);
	is(ggtt_translate(&r.gpu, 0x5abc), 0x123abc, "%s: GGTT: page and offset", platform);
	is(bytes_of_ptes(&r) / r.gpu.plat->pte_size * PAGE_SIZE, size, "%s: GGTT: size", platform);
	rig_ggtt(&r, size - PAGE_SIZE, 0x123000);
	is(ggtt_translate(&r.gpu, size - 1), 0x123fff, "%s: GGTT: its last page", platform);
	is(ggtt_translate(&r.gpu, size), XLATE_FAULT, "%s: GGTT: beyond its end", platform);
	/* an address above 4 GiB, each generation in its own bits */
	pte = r.gpu.plat->gen >= 8 ? 1ull << 32 | 0x1000 | 1 : 0x10 | 0x1000 | 1;
	memcpy(r.bar0 + r.gpu.plat->gtt_offset + 6 * r.gpu.plat->pte_size, &pte,
	       r.gpu.plat->pte_size);
	is(ggtt_translate(&r.gpu, 0x6000), top_bit | 0x1000, "%s: GGTT: address above 4 GiB",
	   platform);
	rig_close(&r);
}

static void test_gen8_four_levels(struct rig *r)
{
	u64 addr = 0x7654321000ull;
	u32 pml4 = rig_page(r), page = rig_page(r), *pde;

	rig_write(r, ENG(r, RING_MODE), 0xffff0000 | GFX_PPGTT_ENABLE | GFX_PPGTT_48B);
	rig_write(r, ENG(r, RING_PDP_LDW(0)), pml4);
	is(ppgtt_translate(r->e, addr, false), XLATE_FAULT, "four levels: empty");
	gen8_map(r, pml4, 4, addr, page | 3);
	is(ppgtt_translate(r->e, addr | 0x10, false), page | 0x10, "four levels: mapped");
	is(ppgtt_translate(r->e, addr + PAGE_SIZE, false), XLATE_FAULT, "four levels: next page");
	is(ppgtt_translate(r->e, addr | 0xffffull << 48, false), page,
	   "four levels: upper bits do not count");
	gen8_map(r, pml4, 4, addr, page | 1);
	is(ppgtt_translate(r->e, addr, false), page, "read-only page: read");
	is(ppgtt_translate(r->e, addr, true), XLATE_READ_ONLY, "read-only page: write");
	gen8_map(r, pml4, 4, addr, page | 2);
	is(ppgtt_translate(r->e, addr, false), XLATE_FAULT, "entry that is not present");
	/* a table outside of guest memory */
	gen8_map(r, pml4, 4, 1ull << 39, page | 3);
	gen8_slot(r, pml4, 1)[0] = RAM_SIZE | 3;
	is(ppgtt_translate(r->e, 1ull << 39, false), XLATE_FAULT, "table outside of memory");
	/* a directory entry that maps 2 MiB */
	pde = rig_ram(r, gen8_slot(r, gen8_slot(r, pml4, 0)[0] & ~0xfffu, 0x1d9)[0] & ~0xfffu);
	pde[2 * (addr >> 21 & 511)] = 0x200000 | 0x83;
	is(ppgtt_translate(r->e, addr, true), 0x200000 | (addr & 0x1fffff), "2 MiB page");
}

static void test_gen8_three_levels(struct rig *r)
{
	u32 pd[4], page = rig_page(r), i;

	rig_write(r, ENG(r, RING_MODE), 0xffff0000 | GFX_PPGTT_ENABLE);
	for (i = 0; i < 4; i++) {
		pd[i] = rig_page(r);
		rig_write(r, ENG(r, RING_PDP_LDW(i)), pd[i]);
		gen8_map(r, pd[i], 2, (i + 1) * PAGE_SIZE, (page + i * 0x10000) | 3);
	}
	for (i = 0; i < 4; i++)
		is(ppgtt_translate(r->e, ((u64)i << 30) + (i + 1) * PAGE_SIZE, true),
		   page + i * 0x10000, "three levels: PDP%u", i);
	is(ppgtt_translate(r->e, 1ull << 32 | PAGE_SIZE, false), page, "three levels: an address has 32 bits");
}

static void test_gen7(void)
{
	struct rig r;
	u32 page;

	rig_open(&r, "haswell", "bcs");
	page = rig_page(&r);
	rig_write(&r, ENG(&r, RING_MODE), 0xffff0000 | GFX_PPGTT_ENABLE);
	rig_write(&r, ENG(&r, RING_PP_DIR_BASE), DIRECTORY / 64 << 16);
	rig_write(&r, ENG(&r, RING_PP_DIR_DCLV), ~0u);
	is(ppgtt_translate(r.e, 0x12345000, false), XLATE_FAULT, "gen7: empty");
	gen7_map(&r, DIRECTORY, 0x12345000, page);
	is(ppgtt_translate(r.e, 0x12345678, false), page | 0x678, "gen7: mapped");
	is(ppgtt_translate(r.e, 0x12346000, false), XLATE_FAULT, "gen7: next page");
	is(ppgtt_translate(r.e, 0x92345000, false), XLATE_FAULT, "gen7: above 2 GiB");
	rig_write(&r, ENG(&r, RING_PP_DIR_DCLV), ~(1u << (0x12345000 >> 22) / 16));
	is(ppgtt_translate(r.e, 0x12345000, false), XLATE_FAULT, "gen7: directory line not valid");
	rig_write(&r, ENG(&r, RING_PP_DIR_DCLV), ~0u);
	rig_write(&r, ENG(&r, RING_PP_DIR_BASE), 0xffff0000);
	is(ppgtt_translate(r.e, 0x12345000, false), XLATE_FAULT, "gen7: directory beyond the GTT");
	rig_close(&r);
}

static void test_faults(const char *platform)
{
	struct rig r;
	u32 value, gen8;

	rig_open(&r, platform, "bcs");
	gen8 = r.gpu.plat->gen >= 8;
	ok(!gpu_read32(r.e, 0x7000, false, &value), "%s: fault", platform);
	is(r.e->stats.faults, 1, "%s: is counted", platform);
	value = rig_read(&r, r.e->info->fault);
	is(value & FAULT_VALID, FAULT_VALID, "%s: is latched", platform);
	is(rig_read(&r, ENG(&r, RING_DMA_FADD)), 0x7000, "%s: DMA_FADD", platform);
	if (gen8) {
		is(value >> 12 & 7, r.e->info->id, "gen8: engine");
		is(rig_read(&r, GEN8_FAULT_TLB_DATA0), 7, "gen8: page");
		is(rig_read(&r, GEN8_FAULT_TLB_DATA1), FAULT_GTT_SEL, "gen8: GGTT");
	} else {
		is(value & ~0xfffu, 0x7000, "gen7: page");
		is(value & FAULT_GTTSEL_GEN7, FAULT_GTTSEL_GEN7, "gen7: GGTT");
	}
	gpu_write32(r.e, 0x9000, false, 1);
	is(rig_read(&r, r.e->info->fault), value, "%s: the first fault stays", platform);
	rig_write(&r, r.e->info->fault, 0);
	gpu_write32(r.e, 0x9000, false, 1);
	is(rig_read(&r, r.e->info->fault) >> 1 & 3, 1, "%s: a write", platform);
	rig_close(&r);
}

static void test_aperture(void)
{
	struct {
		u64 offset;
		u32 region, count;
		u32 data[2];
	} x = { 0x5ffc, 2, 8, { 0x11111111, 0x22222222 } };
	struct rig r;
	u32 a, b;

	rig_open(&r, "broadwell", "rcs");
	a = rig_ggtt_page(&r, 0x5000);
	b = rig_ggtt_page(&r, 0x6000);
	rig_call(&r, VFIO_USER_REGION_WRITE, &x, 24, -1, NULL, NULL, NULL);
	is(*rig_ram(&r, a + 0xffc), 0x11111111, "aperture: end of a page");
	is(*rig_ram(&r, b), 0x22222222, "aperture: begin of the next");
	x.offset = 0x6ffc;
	rig_call(&r, VFIO_USER_REGION_WRITE, &x, 24, -1, NULL, NULL, NULL);
	x.data[0] = x.data[1] = 0;
	rig_call(&r, VFIO_USER_REGION_READ, &x, 16, -1, &x, NULL, NULL);
	is(x.data[0], 0x11111111, "aperture: reads back");
	is(x.data[1], 0, "aperture: no page reads as zero");
	rig_close(&r);
}

/* The byte at @offset behind a fence that begins at @first, where @at is the byte of the surface. */
static void through_fence(struct rig *r, u32 first, u32 offset, u32 ram, u32 at, const char *what)
{
	struct {
		u64 offset;
		u32 region, count;
		u32 data;
	} x = { first + offset, 2, 4, offset };

	rig_call(r, VFIO_USER_REGION_WRITE, &x, 20, -1, NULL, NULL, NULL);
	is(*rig_ram(r, ram + at), offset, "fence: %s", what);
	x.data = 0;
	rig_call(r, VFIO_USER_REGION_READ, &x, 16, -1, &x, NULL, NULL);
	is(x.data, offset, "fence: %s, reads back", what);
}

static void test_fence(const char *platform)
{
	const u32 first = 0x8000, tiles = 4, stride = 1024;
	struct rig r;
	u32 ram;

	rig_open(&r, platform, "bcs");
	ram = rig_ggtt_page(&r, first);
	for (u32 i = 1; i <= tiles; i++)
		is(rig_ggtt_page(&r, first + i * PAGE_SIZE), ram + i * PAGE_SIZE, "%s: pages in a row", platform);
	through_fence(&r, first, 3 * stride + 600, ram, 3 * stride + 600, "none");
	rig_write(&r, FENCE_HIGH(31), (first + (tiles - 1) * PAGE_SIZE) | (stride / 128 - 1));
	rig_write(&r, FENCE_LOW(31), first);
	through_fence(&r, first, 3 * stride + 604, ram, 3 * stride + 604, "not valid");
	rig_write(&r, FENCE_LOW(31), first | FENCE_VALID);
	through_fence(&r, first, 3 * stride + 600, ram, 4096 + 3 * 512 + 88, "X, second tile");
	through_fence(&r, first, 9 * stride + 8, ram, 8192 + 512 + 8, "X, second row of tiles");
	through_fence(&r, first, 4 * PAGE_SIZE + 600, ram, 4 * PAGE_SIZE + 600, "behind its last page");
	rig_write(&r, TILECTL, TILECTL_SWZCTL);
	through_fence(&r, first, 2 * stride + 1000, ram, (4096 + 2 * 512 + 488) ^ 64, "X, swizzled");
	rig_write(&r, TILECTL, 0);
	rig_write(&r, FENCE_LOW(31), first | FENCE_VALID | FENCE_Y_TILED);
	through_fence(&r, first, 3 * stride + 600, ram, 4 * 4096 + 5 * 512 + 3 * 16 + 8, "Y");
	/* 256 KiB, the widest that drivers allow: the middle of a row is in tile 256 */
	rig_ggtt(&r, first + (1 << 20), ram + (1 << 20));
	rig_write(&r, FENCE_HIGH(31), (first + (256 << 10) - PAGE_SIZE) | ((256 << 10) / 128 - 1));
	rig_write(&r, FENCE_LOW(31), first | FENCE_VALID);
	through_fence(&r, first, (128 << 10) + 8, ram, (1 << 20) + 8, "X, the widest");
	rig_close(&r);
}

int main(void)
{
	struct rig r;

	test_ggtt("broadwell", 4ull << 30, 1ull << 32);
	test_ggtt("haswell", 2ull << 30, 1ull << 32);
	rig_open(&r, "broadwell", "vcs");
	test_gen8_four_levels(&r);
	test_gen8_three_levels(&r);
	rig_close(&r);
	test_gen7();
	test_faults("broadwell");
	test_faults("haswell");
	test_aperture();
	test_fence("broadwell");
	test_fence("haswell");
	return done();
}
