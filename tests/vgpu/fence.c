// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fences: ranges of the aperture that the CPU sees row by row, while the
 * surface behind is tiled (PRM Haswell, volume 2c, "FENCE").
 */
#include "regs.h"
#include "vgpu.h"

/* Is @offset in the range of fence @i? If so, @first is where that begins. */
static bool is_behind(const struct vgpu *gpu, u32 i, u64 offset, u32 *first)
{
	u32 low = *reg_ptr(gpu, FENCE_LOW(i));

	*first = low & FENCE_PAGE;
	return low & FENCE_VALID && offset >= *first &&
	       offset < (u64)(*reg_ptr(gpu, FENCE_HIGH(i)) & FENCE_PAGE) + PAGE_SIZE;
}

/**
 * fence_translate() - offset in the aperture to GGTT address
 * @len: receives how many bytes from there lie together, of as many as it has
 *
 * Return: the address; of what is behind no fence, the offset itself.
 */
u64 fence_translate(const struct vgpu *gpu, u64 offset, u32 *len)
{
	for (u32 i = 0; i < NUM_FENCES; i++) {
		enum tiling tiling = TILING_X;
		u32 first, stride, x, together = 64;

		if (!is_behind(gpu, i, offset, &first))
			continue;
		if (*reg_ptr(gpu, FENCE_LOW(i)) & FENCE_Y_TILED) {
			tiling = TILING_Y;
			together = 16;
		}
		stride = ((*reg_ptr(gpu, FENCE_HIGH(i)) & FENCE_PITCH) + 1) * 128;
		x = (u32)((offset - first) % stride);
		if (*len > together - x % together)
			*len = together - x % together;
		return first + surface_offset(tiling, stride, x, (u32)((offset - first) / stride),
					      *reg_ptr(gpu, TILECTL) & TILECTL_SWZCTL);
	}
	return offset;
}

/**
 * fence_covers() - is what the aperture shows there behind a fence?
 */
bool fence_covers(const struct vgpu *gpu, u64 offset)
{
	u32 first;

	for (u32 i = 0; i < NUM_FENCES; i++)
		if (is_behind(gpu, i, offset, &first))
			return true;
	return false;
}
