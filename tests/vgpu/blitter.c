// SPDX-License-Identifier: GPL-2.0-only
/*
 * The blitter: the XY commands that X servers draw with. Sources are a surface,
 * or bits in memory or in the command, which choose between two colors; patterns
 * are a color, 8x8 bits or 8x8 pixels. A raster operation combines them with
 * what is there. A blit may move gigabytes, so it is done row by row and goes on
 * in the next slice.
 *
 * Commands and registers BR00 to BR25: the volume "Blitter" of Intel's PRMs for
 * Haswell and Broadwell. Addresses have a dword on gen7 and two on gen8.
 */
#include <string.h>

#include "vgpu.h"
#include "regs.h"

enum {
	XY_SETUP_BLT = 0x01, XY_SETUP_CLIP_BLT = 0x03, XY_SETUP_MONO_PATTERN_SL_BLT = 0x11,
	XY_PIXEL_BLT = 0x24, XY_SCANLINES_BLT = 0x25, XY_TEXT_BLT = 0x26,
	XY_TEXT_IMMEDIATE_BLT = 0x31, XY_COLOR_BLT = 0x50, XY_PAT_BLT = 0x51,
	XY_MONO_PAT_BLT = 0x52, XY_SRC_COPY_BLT = 0x53, XY_MONO_SRC_COPY_BLT = 0x54,
	XY_MONO_SRC_COPY_IMMEDIATE_BLT = 0x71, XY_PAT_BLT_IMMEDIATE = 0x72,
};

/* BR00 */
#define BLT_WRITE_ALPHA		BIT(21)
#define BLT_WRITE_RGB		BIT(20)
#define BLT_BYTE_PACKED		BIT(16)		/* of text; else its rows follow each other bit by bit */
#define BLT_SRC_TILED		BIT(15)
#define BLT_DST_TILED		BIT(11)
/* BR13 */
#define BLT_SOLID_PATTERN	BIT(31)
#define BLT_CLIP		BIT(30)
#define BLT_SOURCE_TRANSPARENT	BIT(29)
#define BLT_PATTERN_TRANSPARENT	BIT(28)

#define ROP_PATTERN		0xf0
#define ROP_SOURCE		0xcc

#define MAX_WIDTH		65536u

enum operand {
	NONE,
	COLOR,			/* pattern: one */
	PIXELS,			/* source: a surface; pattern: 8x8 pixels in memory */
	PIXELS_INLINE,		/* 8x8 pixels in the command */
	BITS,			/* source: in memory; pattern: 8x8 bits */
	BITS_INLINE,		/* in the command */
};

struct surface {
	u64 base;
	int pitch;
	enum tiling tiling;
	bool swizzled;
};

struct blit {
	u32 bytes;		/* per pixel */
	u32 mask;		/* bits of a 32-bit pixel that are written */
	u8 rop;
	struct surface dst, src;
	int left, top;		/* what the command names */
	int x1, y1, x2, y2;	/* what of it is not clipped; x2 and y2 are outside */
	enum operand source, pattern;
	/* source */
	int src_x, src_y;
	u64 bits;		/* address, or dword of the command */
	u32 dwords;		/* of the command */
	u32 first_bit, row_bits;
	u32 background, foreground;
	bool source_transparent;
	/* pattern */
	u32 seed_x, seed_y;
	u32 pattern_background, pattern_foreground;
	u8 pattern_bits[8];
	u64 pattern_address;
	bool pattern_transparent;
};

/* A row of the blit: what is there, and where it comes from. */
static u8 below[MAX_WIDTH * 4], from[MAX_WIDTH * 4];

static int low16(u32 dw)
{
	return (int16_t)(dw & 0xffff);
}

static int high16(u32 dw)
{
	return (int16_t)(dw >> 16);
}

/* ---- surfaces ---- */

static struct surface surface_of(const struct engine *e, u64 base, u32 pitch, bool tiled, bool y_tiled)
{
	struct surface s = { .base = base, .pitch = low16(pitch) };

	if (tiled) {
		s.pitch *= 4;	/* it is in dwords then */
		s.tiling = y_tiled ? TILING_Y : TILING_X;
		s.swizzled = *reg_ptr(e->gpu, TILECTL) & TILECTL_SWZCTL;
	}
	return s;
}

static struct surface destination(const struct engine *e, const u32 *dw, u64 base)
{
	return surface_of(e, base, dw[1], dw[0] & BLT_DST_TILED,
			  *reg_ptr(e->gpu, BCS_SWCTRL) & BCS_DST_Y);
}

/* Bytes that lie together in memory from a pixel on: to the page's end, or the tile's row's. */
static u32 together(const struct surface *s, u64 addr, u32 x)
{
	if (s->swizzled)
		return (s->tiling == TILING_Y ? 16 : 64) - x % (s->tiling == TILING_Y ? 16 : 64);
	if (s->tiling == TILING_X)
		return 512 - x % 512;
	if (s->tiling == TILING_Y)
		return 16 - x % 16;
	return PAGE_SIZE - (u32)(addr % PAGE_SIZE);
}

/*
 * Move @n pixels of a row between a surface and @row. What cannot be reached is a fault, reads
 * as zero, and is not written. Addresses are as wide as a command's: a surface may begin below zero.
 */
static void move_row(struct engine *e, const struct surface *s, u32 bytes, int x, int y, u32 n,
		     u8 *row, bool write)
{
	bool ppgtt = engine_uses_ppgtt(e);
	u32 left = n * bytes, at = (u32)x * bytes, len;
	u64 addr;
	u8 *p;

	if (s->tiling != TILING_NONE && (x < 0 || y < 0))
		return;
	for (; left; left -= len, at += len, row += len) {
		if (s->tiling == TILING_NONE)
			addr = s->base + (u64)((int64_t)y * s->pitch + (int32_t)at);
		else
			addr = s->base + surface_offset(s->tiling, (u32)s->pitch, at, (u32)y, s->swizzled);
		if (cs_address_dwords(e) == 1)
			addr = (u32)addr;
		len = together(s, addr, at);
		len = len < left ? len : left;
		/* a pixel may lie across two pages if the surface begins anywhere */
		len = len >= bytes ? len - len % bytes : bytes;
		p = gpu_ptr(e, addr, ppgtt, len, write);
		if (p && write)
			memcpy(p, row, len);
		else if (p)
			memcpy(row, p, len);
		else if (!write)
			memset(row, 0, len);
	}
}

/* ---- sources and patterns ---- */

static bool source_bit(struct engine *e, const struct blit *b, int x, int y)
{
	u64 bit = (u64)(y - b->top) * b->row_bits + b->first_bit + (u32)(x - b->left);
	const u8 *p;
	u32 dw;

	if (b->source == BITS_INLINE) {
		if (b->bits + bit / 32 >= b->dwords || !cs_fetch(e, (u32)(b->bits + bit / 32), &dw))
			return false;
		return dw >> (bit / 8 % 4 * 8) & 0x80 >> bit % 8;
	}
	p = gpu_ptr(e, b->bits + bit / 8, engine_uses_ppgtt(e), 1, false);
	return p && *p & 0x80 >> bit % 8;
}

static u32 pattern_pixel(struct engine *e, const struct blit *b, u32 x, u32 y)
{
	u32 offset = (y * 8 + x) * b->bytes, pixel = 0;
	const u8 *p;

	if (b->pattern == PIXELS_INLINE) {
		if (cs_fetch(e, (u32)b->pattern_address + offset / 4, &pixel))
			pixel >>= offset % 4 * 8;
		return pixel;
	}
	p = gpu_ptr(e, b->pattern_address + offset, engine_uses_ppgtt(e), b->bytes, false);
	if (p)
		memcpy(&pixel, p, b->bytes);
	return pixel;
}

/* Returns false if the pixel is not to be written. */
static bool source_of(struct engine *e, const struct blit *b, int x, int y, u32 *pixel)
{
	bool bit;

	if (b->source == PIXELS)
		memcpy(pixel, from + (u32)(x - b->x1) * b->bytes, b->bytes);
	if (b->source != BITS && b->source != BITS_INLINE)
		return true;
	bit = source_bit(e, b, x, y);
	*pixel = bit ? b->foreground : b->background;
	return bit || !b->source_transparent;
}

static bool pattern_of(struct engine *e, const struct blit *b, int x, int y, u32 *pixel)
{
	u32 column = ((u32)x + b->seed_x) % 8, row = ((u32)y + b->seed_y) % 8;
	bool bit = b->pattern != BITS || b->pattern_bits[row] & 0x80 >> column;

	if (b->pattern == PIXELS || b->pattern == PIXELS_INLINE)
		*pixel = pattern_pixel(e, b, column, row);
	else
		*pixel = bit ? b->pattern_foreground : b->pattern_background;
	return bit || !b->pattern_transparent;
}

/* Bit 4 P + 2 S + D of the operation is the result for that pattern, source and destination. */
static u32 raster(u8 rop, u32 p, u32 s, u32 d)
{
	u32 result = 0, i;

	if (rop == ROP_SOURCE)
		return s;
	if (rop == ROP_PATTERN)
		return p;
	for (i = 0; i < 8; i++)
		if (rop & BIT(i))
			result |= (i & 4 ? p : ~p) & (i & 2 ? s : ~s) & (i & 1 ? d : ~d);
	return result;
}

/* All of each pixel is the source's or the pattern's. */
static bool replaces(const struct blit *b)
{
	return (b->rop == ROP_SOURCE || b->rop == ROP_PATTERN) && (b->bytes < 4 || b->mask == ~0u) &&
	       !b->source_transparent && !b->pattern_transparent;
}

static bool is_plain_copy(const struct blit *b)
{
	return b->source == PIXELS && b->rop == ROP_SOURCE && replaces(b);
}

static void blit_row(struct engine *e, const struct blit *b, int y)
{
	u32 n = (u32)(b->x2 - b->x1);
	int x;

	if (b->source == PIXELS)
		move_row(e, &b->src, b->bytes, b->src_x + b->x1 - b->left, b->src_y + y - b->top, n, from, false);
	if (is_plain_copy(b)) {
		move_row(e, &b->dst, b->bytes, b->x1, y, n, from, true);
		return;
	}
	if (!replaces(b))
		move_row(e, &b->dst, b->bytes, b->x1, y, n, below, false);
	for (x = b->x1; x < b->x2; x++) {
		u8 *to = below + (u32)(x - b->x1) * b->bytes;
		u32 s = 0, p = 0, old = 0, new;

		if (!source_of(e, b, x, y, &s) || !pattern_of(e, b, x, y, &p))
			continue;
		memcpy(&old, to, b->bytes);
		new = raster(b->rop, p, s, old);
		if (b->bytes == 4)
			new = (new & b->mask) | (old & ~b->mask);
		memcpy(to, &new, b->bytes);
	}
	move_row(e, &b->dst, b->bytes, b->x1, y, n, below, true);
}

/* ---- commands ---- */

static void clip(struct blit *b, const u32 rect[2])
{
	if (b->x1 < low16(rect[0]))
		b->x1 = low16(rect[0]);
	if (b->y1 < high16(rect[0]))
		b->y1 = high16(rect[0]);
	if (b->x2 > low16(rect[1]))
		b->x2 = low16(rect[1]);
	if (b->y2 > high16(rect[1]))
		b->y2 = high16(rect[1]);
}

static void rectangle(struct blit *b, u32 from_dw, u32 to_dw)
{
	b->left = low16(from_dw);
	b->x1 = b->left;
	b->top = high16(from_dw);
	b->y1 = b->top;
	b->x2 = low16(to_dw);
	b->y2 = high16(to_dw);
}

/* What the first two dwords say of most commands; @dw: they are. */
static void common(const u32 *dw, struct blit *b)
{
	static const u8 bytes[] = { 1, 2, 2, 4 };

	b->bytes = bytes[dw[1] >> 24 & 3];
	b->rop = (u8)(dw[1] >> 16);
	b->mask = (dw[0] & BLT_WRITE_ALPHA ? 0xff000000 : 0) | (dw[0] & BLT_WRITE_RGB ? 0x00ffffff : 0);
	b->source_transparent = dw[1] & BLT_SOURCE_TRANSPARENT;
	b->pattern_transparent = dw[1] & BLT_PATTERN_TRANSPARENT;
	b->seed_x = dw[0] >> 12 & 7;
	b->seed_y = dw[0] >> 8 & 7;
}

static void source_bits(struct blit *b, enum operand where, u64 bits, u32 first, u32 align)
{
	u32 width = (u32)(b->x2 - b->left);

	b->source = where;
	b->bits = bits;
	b->first_bit = first;
	b->row_bits = (first + width + align - 1) / align * align;
}

static void pattern_color(struct blit *b, u32 color)
{
	b->pattern = COLOR;
	b->pattern_foreground = color;
	b->pattern_transparent = false;
}

static void pattern_pixels(struct blit *b, enum operand where, u64 address)
{
	b->pattern = where;
	b->pattern_address = address;
}

static void pattern_8x8(struct blit *b, u32 background, u32 foreground, const u32 *bits)
{
	b->pattern = BITS;
	b->pattern_background = background;
	b->pattern_foreground = foreground;
	memcpy(b->pattern_bits, bits, sizeof(b->pattern_bits));
}

/* XY_SETUP_*: kept for the commands that follow. */
static void set_up(struct engine *e, const struct command *c)
{
	memcpy(e->blit_setup, c->dw, sizeof(e->blit_setup));
	e->blit_clip[0] = c->dw[2];
	e->blit_clip[1] = c->dw[3];
}

/* XY_PIXEL, XY_SCANLINES, XY_TEXT: the rest is that of the last XY_SETUP command. */
static void decode_after_setup(struct engine *e, const struct command *c, u32 op, struct blit *b)
{
	const u32 *setup = e->blit_setup;
	struct command kept = { .len = ARRAY_SIZE(e->blit_setup) };
	u32 after = 4 + cs_address_dwords(e);

	memcpy(kept.dw, setup, sizeof(e->blit_setup));
	common(setup, b);
	b->dst = destination(e, setup, cs_address(e, &kept, 4));
	/* a pattern's seeds are in these commands themselves */
	b->seed_x = c->dw[0] >> 12 & 7;
	b->seed_y = c->dw[0] >> 8 & 7;
	b->background = setup[after];
	b->foreground = setup[after + 1];
	rectangle(b, c->dw[1], op == XY_PIXEL_BLT ? c->dw[1] + 0x10001 : c->dw[2]);
	if (op == XY_TEXT_BLT)
		source_bits(b, BITS, cs_byte_address(e, c, 3), 0, c->dw[0] & BLT_BYTE_PACKED ? 8 : 1);
	else if (op == XY_TEXT_IMMEDIATE_BLT)
		source_bits(b, BITS_INLINE, 3, 0, c->dw[0] & BLT_BYTE_PACKED ? 8 : 1);
	else if (op == XY_PIXEL_BLT || setup[1] & BLT_SOLID_PATTERN)
		pattern_color(b, b->foreground);
	else if ((setup[0] >> 22 & 0x7f) == XY_SETUP_BLT)
		pattern_pixels(b, PIXELS, cs_address(e, &kept, after + 2));
	else
		pattern_8x8(b, b->background, b->foreground, &setup[after + 2]);
	if (setup[1] & BLT_CLIP)
		clip(b, e->blit_clip);
}

static void decode(struct engine *e, const struct command *c, u32 op, struct blit *b)
{
	u32 after = 4 + cs_address_dwords(e), address = cs_address_dwords(e), first = c->dw[0] >> 17 & 7;

	common(c->dw, b);
	rectangle(b, c->dw[2], c->dw[3]);
	b->dst = destination(e, c->dw, cs_address(e, c, 4));
	switch (op) {
	case XY_COLOR_BLT:
		pattern_color(b, c->dw[after]);
		break;
	case XY_PAT_BLT:
		pattern_pixels(b, PIXELS, cs_address(e, c, after));
		break;
	case XY_PAT_BLT_IMMEDIATE:
		pattern_pixels(b, PIXELS_INLINE, after);
		break;
	case XY_MONO_PAT_BLT:
		pattern_8x8(b, c->dw[after], c->dw[after + 1], &c->dw[after + 2]);
		break;
	case XY_SRC_COPY_BLT:
		b->source = PIXELS;
		b->src_x = low16(c->dw[after]);
		b->src_y = high16(c->dw[after]);
		b->src = surface_of(e, cs_address(e, c, after + 2), c->dw[after + 1],
				    c->dw[0] & BLT_SRC_TILED, *reg_ptr(e->gpu, BCS_SWCTRL) & BCS_SRC_Y);
		break;
	case XY_MONO_SRC_COPY_BLT:
		source_bits(b, BITS, cs_byte_address(e, c, after), first, 16);
		b->background = c->dw[after + address];
		b->foreground = c->dw[after + address + 1];
		break;
	case XY_MONO_SRC_COPY_IMMEDIATE_BLT:
		source_bits(b, BITS_INLINE, after + 2, first, 16);
		b->background = c->dw[after];
		b->foreground = c->dw[after + 1];
		break;
	}
	if (c->dw[1] & BLT_CLIP)
		clip(b, e->blit_clip);
}

/* A copy within a surface, down: the last row first, for the rows are yet to be read. */
static bool goes_up(const struct blit *b)
{
	return b->source == PIXELS && b->src.base == b->dst.base && b->src_y < b->top;
}

/*
 * What commands there are, and the dwords of each that must be there: of the
 * addresses as many more as gen8 has. One that is shorter would be read beyond its end.
 */
static const struct {
	u8 dwords, addresses;
} known[0x80] = {
	[XY_SETUP_BLT] = { 6, 2 }, [XY_SETUP_CLIP_BLT] = { 3, 0 },
	[XY_SETUP_MONO_PATTERN_SL_BLT] = { 8, 1 },
	[XY_PIXEL_BLT] = { 2, 0 }, [XY_SCANLINES_BLT] = { 3, 0 }, [XY_TEXT_BLT] = { 3, 1 },
	[XY_TEXT_IMMEDIATE_BLT] = { 3, 0 }, [XY_COLOR_BLT] = { 5, 1 }, [XY_PAT_BLT] = { 4, 2 },
	[XY_MONO_PAT_BLT] = { 8, 1 }, [XY_SRC_COPY_BLT] = { 6, 2 }, [XY_MONO_SRC_COPY_BLT] = { 6, 2 },
	[XY_MONO_SRC_COPY_IMMEDIATE_BLT] = { 6, 1 }, [XY_PAT_BLT_IMMEDIATE] = { 4, 1 },
};

static bool is_modelled(const struct engine *e, const struct command *c, u32 op)
{
	return known[op].dwords && c->len >= known[op].dwords + known[op].addresses * cs_address_dwords(e);
}

/**
 * blit_execute() - execute a command of the blitter; one that is not modelled is logged and skipped
 * @budget: one for each row, each page and each 64 computed pixels of it
 *
 * Return: CS_AGAIN if rows are left for the next slice.
 */
enum cs_result blit_execute(struct engine *e, struct command *c, u32 *budget)
{
	u32 op = c->dw[0] >> 22 & 0x7f, cost;
	struct blit b = { .dwords = c->len };

	if (!is_modelled(e, c, op)) {
		cs_pass_over(e, "blit", c->dw[0]);
		return CS_NEXT;
	}
	switch (op) {
	case XY_SETUP_BLT:
	case XY_SETUP_MONO_PATTERN_SL_BLT:
		set_up(e, c);
		return CS_NEXT;
	case XY_SETUP_CLIP_BLT:
		e->blit_clip[0] = c->dw[1];
		e->blit_clip[1] = c->dw[2];
		return CS_NEXT;
	case XY_PIXEL_BLT:
	case XY_SCANLINES_BLT:
	case XY_TEXT_BLT:
	case XY_TEXT_IMMEDIATE_BLT:
		decode_after_setup(e, c, op, &b);
		break;
	default:
		decode(e, c, op, &b);
	}
	if (b.x2 <= b.x1 || b.y2 <= b.y1)
		return CS_NEXT;
	cs_forget_fetch(e);
	cost = 1 + (u32)(b.x2 - b.x1) * (is_plain_copy(&b) ? b.bytes : 64) / PAGE_SIZE;
	for (; b.y1 + (int)e->blit_row < b.y2; e->blit_row++) {
		if (*budget < cost) {
			*budget = 0;
			return CS_AGAIN;
		}
		*budget -= cost;
		blit_row(e, &b, goes_up(&b) ? b.y2 - 1 - (int)e->blit_row : b.y1 + (int)e->blit_row);
	}
	e->blit_row = 0;
	cs_forget_fetch(e);
	return CS_NEXT;
}
