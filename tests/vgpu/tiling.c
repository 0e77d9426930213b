// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a byte of a surface is. A tile has 4 KiB, and the tiles of a surface
 * lie row by row. An X tile is 8 rows of 512 bytes. A Y tile is 8 columns of
 * 16 bytes, each of 32 rows (PRM Haswell, volume 5, "Tiling").
 *
 * Some drivers have the GPU swap halves of cache line pairs ("swizzling"), for
 * two memory channels to take turns (i915_gem_init_swizzling).
 */
#include "vgpu.h"

static u64 swizzle(u64 offset, u32 from)
{
	u64 bits = offset >> 9;

	if (from == 10)
		bits ^= offset >> 10;
	return offset ^ (bits & 1) << 6;
}

/**
 * surface_offset() - bytes from a surface's begin
 * @stride: bytes from a row to the next; of a tiled surface, a multiple of the tile's width
 * @x: bytes from the row's begin
 * @swizzled: bit 6 is changed as drivers' I915_BIT_6_SWIZZLE_9_10 (X) and 9 (Y) say
 *
 * The surface is expected to begin at a page.
 */
u64 surface_offset(enum tiling tiling, u32 stride, u32 x, u32 y, bool swizzled)
{
	u64 offset;

	switch (tiling) {
	case TILING_X:
		offset = (u64)(y / 8) * 8 * stride + x / 512 * PAGE_SIZE + y % 8 * 512 + x % 512;
		return swizzled ? swizzle(offset, 10) : offset;
	case TILING_Y:
		offset = (u64)(y / 32) * 32 * stride + x / 128 * PAGE_SIZE + x % 128 / 16 * 512 +
			 y % 32 * 16 + x % 16;
		return swizzled ? swizzle(offset, 9) : offset;
	default:
		return (u64)y * stride + x;
	}
}
