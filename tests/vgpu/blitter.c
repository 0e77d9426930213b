// SPDX-License-Identifier: GPL-2.0-only
/*
 * The blitter: XY_COLOR_BLT and XY_SRC_COPY_BLT on linear surfaces. A blit may
 * move gigabytes, so it is done row by row and goes on in the next slice.
 */
#include <string.h>

#include "vgpu.h"
#include "regs.h"

#define XY_COLOR_BLT		0x50
#define XY_SRC_COPY_BLT		0x53
#define BLT_WRITE_ALPHA		BIT(21)
#define BLT_WRITE_RGB		BIT(20)
#define BLT_TILED		(BIT(15) | BIT(11))

struct blit {
	u32 bpp;		/* bytes per pixel */
	int x1, y1, x2, y2;
	u64 dst, src;
	int dst_pitch, src_pitch, src_x, src_y;
	u32 color, mask;	/* mask: bits of a 32-bit pixel that are written */
	bool copy;
};

static int low16(u32 dw)
{
	return (int16_t)(dw & 0xffff);
}

static int high16(u32 dw)
{
	return (int16_t)(dw >> 16);
}

static void decode(const struct engine *e, const struct command *c, struct blit *b)
{
	static const u8 bytes[] = { 1, 2, 2, 4 };
	u32 after = 4 + cs_address_dwords(e);

	memset(b, 0, sizeof(*b));
	b->bpp = bytes[c->dw[1] >> 24 & 3];
	b->dst_pitch = low16(c->dw[1]);
	b->x1 = low16(c->dw[2]);
	b->y1 = high16(c->dw[2]);
	b->x2 = low16(c->dw[3]);
	b->y2 = high16(c->dw[3]);
	b->dst = cs_address(e, c, 4);
	b->mask = (c->dw[0] & BLT_WRITE_ALPHA ? 0xff000000 : 0) |
		  (c->dw[0] & BLT_WRITE_RGB ? 0x00ffffff : 0);
	b->copy = (c->dw[0] >> 22 & 0x7f) == XY_SRC_COPY_BLT;
	if (!b->copy) {
		b->color = c->dw[after];
		return;
	}
	b->src_x = low16(c->dw[after]);
	b->src_y = high16(c->dw[after]);
	b->src_pitch = low16(c->dw[after + 1]);
	b->src = cs_address(e, c, after + 2);
}

/* Bytes from @addr to the end of its page, at most @len, in whole pixels. */
static u32 within_page(u64 addr, u32 len, u32 bpp)
{
	u32 n = PAGE_SIZE - (u32)(addr % PAGE_SIZE);

	if (n > len)
		n = len;
	return n >= bpp ? n - n % bpp : bpp;
}

static void put_pixels(const struct blit *b, u8 *dst, const u8 *src, u32 len)
{
	u32 i, old, new;

	if (src && (b->bpp < 4 || b->mask == ~0u)) {
		memmove(dst, src, len);
		return;
	}
	for (i = 0; i < len; i += b->bpp) {
		new = b->color;
		if (src)
			memcpy(&new, src + i, b->bpp);
		if (b->bpp == 4) {
			memcpy(&old, dst + i, 4);
			new = (new & b->mask) | (old & ~b->mask);
		}
		memcpy(dst + i, &new, b->bpp);
	}
}

static void blit_row(struct engine *e, const struct blit *b, int row)
{
	bool ppgtt = engine_uses_ppgtt(e);
	u64 dst = b->dst + (u64)((int64_t)(b->y1 + row) * b->dst_pitch + b->x1 * (int)b->bpp);
	u64 src = b->src + (u64)((int64_t)(b->src_y + row) * b->src_pitch +
				 b->src_x * (int)b->bpp);
	u32 left = (u32)(b->x2 - b->x1) * b->bpp, n;

	for (; left; left -= n, dst += n, src += n) {
		u8 *from = NULL, *to;

		n = within_page(dst, left, b->bpp);
		if (b->copy)
			n = within_page(src, n, b->bpp);
		to = gpu_ptr(e, dst, ppgtt, n, true);
		if (b->copy)
			from = gpu_ptr(e, src, ppgtt, n, false);
		if (to && (from || !b->copy))
			put_pixels(b, to, from, n);
	}
}

/**
 * blit_execute() - execute a command of the blitter; unknown ones are skipped
 * @budget: one for each row and each page of it
 *
 * Return: CS_AGAIN if rows are left for the next slice.
 */
enum cs_result blit_execute(struct engine *e, struct command *c, u32 *budget)
{
	u32 op = c->dw[0] >> 22 & 0x7f, cost;
	struct blit b;

	if ((op != XY_COLOR_BLT && op != XY_SRC_COPY_BLT) || (c->dw[0] & BLT_TILED)) {
		log_err("%s: blit 0x%08x is not modelled", e->info->name, c->dw[0]);
		return CS_NEXT;
	}
	decode(e, c, &b);
	cs_forget_fetch(e);
	if (b.x2 <= b.x1)
		return CS_NEXT;
	cost = 1 + (u32)(b.x2 - b.x1) * b.bpp / PAGE_SIZE;
	for (; b.y1 + (int)e->blit_row < b.y2; e->blit_row++) {
		if (*budget < cost) {
			*budget = 0;
			return CS_AGAIN;
		}
		*budget -= cost;
		blit_row(e, &b, (int)e->blit_row);
	}
	e->blit_row = 0;
	return CS_NEXT;
}
