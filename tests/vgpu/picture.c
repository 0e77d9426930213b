// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a pipe shows, as a picture: the primary plane with the cursor over it,
 * read from the guest's memory as the registers say. The pipe's own size is
 * shown, before a panel fitter. Sprites and colour conversion (CSC) are left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"
#include "regs.h"

#define MAX_PICTURES	1000u	/* a guest cannot fill the disk */

struct surface {
	struct vgpu *gpu;
	u64 base;		/* GGTT address */
	u32 stride, bytes;	/* bytes: of a pixel */
	enum tiling tiling;
	bool swizzled;
	u64 page;		/* the one that was read last, and where it is */
	const u8 *host;
};

struct color {
	u8 r, g, b;
};

/* What is not mapped is black. */
static u32 surface_read(struct surface *s, u32 x, u32 y)
{
	u64 addr = s->base + surface_offset(s->tiling, s->stride, x * s->bytes, y, s->swizzled);
	u64 guest;
	u32 value = 0;

	if (!s->page || (addr & PAGE_MASK) != s->page - 1) {
		guest = ggtt_translate(s->gpu, addr & PAGE_MASK);
		s->host = guest == XLATE_FAULT ? NULL :
			  mem_ptr(&s->gpu->mem, guest, PAGE_SIZE, false);
		s->page = (addr & PAGE_MASK) + 1;
	}
	if (s->host && addr % PAGE_SIZE + s->bytes <= PAGE_SIZE)
		memcpy(&value, s->host + addr % PAGE_SIZE, s->bytes);
	return value;
}

/* The formats of DSPCNTR; 0 bytes: one that is not modelled. */
enum {
	INDEXED = 0x2, BGRA555, BGRX555, BGRX565, BGRX888, BGRA888, RGBX101010, RGBA101010, BGRX101010,
	RGBX888 = 0xe, RGBA888,
};

static const u8 format_bytes[16] = {
	[INDEXED] = 1, [BGRA555] = 2, [BGRX555] = 2, [BGRX565] = 2, [BGRX888] = 4, [BGRA888] = 4,
	[RGBX101010] = 4, [RGBA101010] = 4, [BGRX101010] = 4, [RGBX888] = 4, [RGBA888] = 4,
};

/* A component of @bits bits that begins at @shift, widened to eight as the hardware does: its upper bits again. */
static u8 component(u32 pixel, u32 shift, u32 bits)
{
	u32 c = pixel >> shift & (BIT(bits) - 1);

	return (u8)(bits > 8 ? c >> (bits - 8) : c << (8 - bits) | c >> (2 * bits - 8));
}

static struct color decode(u32 format, u32 pixel)
{
	switch (format) {
	case INDEXED:
		return (struct color){ (u8)pixel, (u8)pixel, (u8)pixel };
	case BGRA555:
	case BGRX555:
		return (struct color){ component(pixel, 10, 5), component(pixel, 5, 5),
				       component(pixel, 0, 5) };
	case BGRX565:
		return (struct color){ component(pixel, 11, 5), component(pixel, 5, 6),
				       component(pixel, 0, 5) };
	case RGBX101010:
	case RGBA101010:
		return (struct color){ component(pixel, 0, 10), component(pixel, 10, 10),
				       component(pixel, 20, 10) };
	case BGRX101010:
		return (struct color){ component(pixel, 20, 10), component(pixel, 10, 10),
				       component(pixel, 0, 10) };
	case RGBX888:
	case RGBA888:
		return (struct color){ (u8)pixel, (u8)(pixel >> 8), (u8)(pixel >> 16) };
	default:
		return (struct color){ (u8)(pixel >> 16), (u8)(pixel >> 8), (u8)pixel };
	}
}

/* The palette of 256 entries has red in 23:16, green and blue below it. */
static struct color look_up(const struct vgpu *gpu, u32 pipe, struct color c)
{
	return (struct color){
		(u8)(*reg_ptr(gpu, LGC_PALETTE(pipe, c.r)) >> 16),
		(u8)(*reg_ptr(gpu, LGC_PALETTE(pipe, c.g)) >> 8),
		(u8)*reg_ptr(gpu, LGC_PALETTE(pipe, c.b)),
	};
}

static int draw_plane(struct vgpu *gpu, u32 pipe, struct picture *p)
{
	u32 control = *reg_ptr(gpu, DSPCNTR(pipe)), offset = *reg_ptr(gpu, DSPOFFSET(pipe));
	u32 format = control >> 26 & 0xf, x, y;
	bool turned = control & DISPPLANE_ROTATE_180;
	bool palette = format == INDEXED ||
		       (control & DISPPLANE_GAMMA_ENABLE && !(*reg_ptr(gpu, GAMMA_MODE(pipe)) & 3));
	struct surface s = {
		.gpu = gpu, .base = *reg_ptr(gpu, DSPSURF(pipe)) & PAGE_MASK,
		.stride = *reg_ptr(gpu, DSPSTRIDE(pipe)), .bytes = format_bytes[format],
		.tiling = control & DISPPLANE_TILED ? TILING_X : TILING_NONE,
		.swizzled = *reg_ptr(gpu, DISP_ARB_CTL) & DISP_TILE_SURFACE_SWIZZLING,
	};

	if (!(control & ENABLE))
		return 0;
	if (!s.bytes) {
		log_err("picture: DSPCNTR 0x%08x: its format is not modelled", control);
		return -EOPNOTSUPP;
	}
	for (y = 0; y < p->height; y++)
		for (x = 0; x < p->width; x++) {
			u32 column = turned ? p->width - 1 - x : x, row = turned ? p->height - 1 - y : y;
			struct color c = decode(format, surface_read(&s, column + (offset & 0x1fff),
								     row + (offset >> 16 & 0x1fff)));

			if (palette)
				c = look_up(gpu, pipe, c);
			memcpy(p->rgb + 3 * ((size_t)y * p->width + x), &c, 3);
		}
	return 0;
}

/* A place is a sign and a magnitude. */
static int place(u32 field)
{
	int magnitude = (int)(field & 0x7fff);

	return field & BIT(15) ? -magnitude : magnitude;
}

static u8 over(u32 color, u32 alpha, u32 below)
{
	u32 c = color + below * (255 - alpha) / 255;

	return (u8)(c < 255 ? c : 255);
}

/* The cursor's pixels are ARGB, multiplied by their alpha already. */
static int draw_cursor(struct vgpu *gpu, u32 pipe, struct picture *p)
{
	static const u16 sizes[] = { [0x22] = 128, [0x23] = 256, [0x27] = 64 };
	u32 control = *reg_ptr(gpu, CURCNTR(pipe)), mode = control & 0x3f, at = *reg_ptr(gpu, CURPOS(pipe));
	u32 fbc = *reg_ptr(gpu, CUR_FBC_CTL(pipe)), size, height, x, y;
	bool turned = control & CURSOR_ROTATE_180;
	struct surface s = { .gpu = gpu, .base = *reg_ptr(gpu, CURBASE(pipe)) & PAGE_MASK, .bytes = 4 };

	if (!mode)
		return 0;
	size = mode < ARRAY_SIZE(sizes) ? sizes[mode] : 0;
	if (!size) {
		log_err("picture: CURCNTR 0x%08x: its mode is not modelled", control);
		return -EOPNOTSUPP;
	}
	s.stride = 4 * size;
	height = fbc & ENABLE && (fbc & 0xff) < size ? (fbc & 0xff) + 1 : size;
	for (y = 0; y < height; y++)
		for (x = 0; x < size; x++) {
			u32 pixel = surface_read(&s, turned ? size - 1 - x : x, turned ? height - 1 - y : y);
			int64_t column = place(at & 0xffff) + (int)x, row = place(at >> 16) + (int)y;
			u8 *to = p->rgb + 3 * (row * p->width + column);

			if (column < 0 || column >= p->width || row < 0 || row >= p->height)
				continue;
			to[0] = over(pixel >> 16 & 0xff, pixel >> 24, to[0]);
			to[1] = over(pixel >> 8 & 0xff, pixel >> 24, to[1]);
			to[2] = over(pixel & 0xff, pixel >> 24, to[2]);
		}
	return 0;
}

/**
 * picture_take() - what a pipe shows from its next frame on
 * @p: filled in; the caller frees @p->rgb
 *
 * Return: 0, -ENODATA of a pipe that is off or none, -EOPNOTSUPP for a format that is not
 * modelled (which is logged), -ENOMEM.
 */
int picture_take(struct vgpu *gpu, u32 pipe, struct picture *p)
{
	u32 size;
	int ret;

	p->rgb = NULL;
	if (pipe >= NUM_PIPES || !(*reg_ptr(gpu, PIPECONF(pipe)) & STATE_ENABLE))
		return -ENODATA;
	size = *reg_ptr(gpu, PIPESRC(pipe));
	p->width = (size >> 16 & 0xfff) + 1;
	p->height = (size & 0xfff) + 1;
	p->rgb = calloc((size_t)p->width * p->height, 3);
	if (!p->rgb)
		return -ENOMEM;
	ret = draw_plane(gpu, pipe, p);
	if (!ret)
		ret = draw_cursor(gpu, pipe, p);
	if (ret) {
		free(p->rgb);
		p->rgb = NULL;
	}
	return ret;
}

/**
 * picture_save() - take a picture, note its CRC, and write it to the next file
 *
 * Return: the picture's number, from 1; or as picture_take(), or the error of png_write().
 */
int picture_save(struct vgpu *gpu, u32 pipe)
{
	struct display *d = &gpu->display;
	struct picture p;
	char path[4096];
	int ret = picture_take(gpu, pipe, &p);

	d->picture_crc = 0;
	if (ret)
		return ret;
	d->picture_crc = crc32(p.rgb, (size_t)p.width * p.height * 3);
	if (d->pictures && d->taken < MAX_PICTURES) {
		snprintf(path, sizeof(path), "%s-%u.png", d->pictures, d->taken + 1);
		ret = png_write(path, &p);
		if (ret)
			log_err("picture: %s: %s", path, strerror(-ret));
	}
	free(p.rgb);
	if (ret)
		return ret;
	d->taken++;
	log_info("picture %u: pipe %c, %ux%u, CRC 0x%08x", d->taken, 'A' + (int)pipe, p.width, p.height,
		 d->picture_crc);
	return (int)d->taken;
}

/**
 * picture_save_all() - of each pipe that is on, if pictures are asked for
 */
void picture_save_all(struct vgpu *gpu)
{
	u32 pipe;

	for (pipe = 0; gpu->display.pictures && pipe < NUM_PIPES; pipe++)
		picture_save(gpu, pipe);
}
