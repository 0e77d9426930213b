// SPDX-License-Identifier: GPL-2.0-only
/*
 * Surfaces that kernels sample from and render to, texel by texel, with the
 * sampler's and the blending's states. What a texel is made of comes from the
 * format; a sample is four floats, and so is what is to be written.
 *
 * SURFACE_STATE, SAMPLER_STATE, SAMPLER_BORDER_COLOR_STATE, BLEND_STATE: PRM
 * Haswell and Broadwell, volume 2d "Command Reference: Structures"; what the
 * sampler and the pixel backend do with them: volume 7 "3D-Media-GPGPU".
 */
#include <string.h>

#include "regs.h"
#include "render.h"

#define NEAREST		0
#define FAR		0x40000000	/* no coordinate is */
enum { WRAP = 0, MIRROR = 1, CLAMP_TO_EDGE = 2, CLAMP_TO_BORDER = 4 };

static const struct format formats[] = {
	{ 0x0c0, 4, { { 16, 8 }, { 8, 8 }, { 0, 8 }, { 24, 8 } }, true },	/* B8G8R8A8_UNORM */
	{ 0x0c7, 4, { { 0, 8 }, { 8, 8 }, { 16, 8 }, { 24, 8 } }, true },	/* R8G8B8A8_UNORM */
	{ 0x0e9, 4, { { 16, 8 }, { 8, 8 }, { 0, 8 }, { 0, 0 } }, false },	/* B8G8R8X8_UNORM */
	{ 0x0eb, 4, { { 0, 8 }, { 8, 8 }, { 16, 8 }, { 0, 0 } }, false },	/* R8G8B8X8_UNORM */
	{ 0x100, 2, { { 11, 5 }, { 5, 6 }, { 0, 5 }, { 0, 0 } }, true },	/* B5G6R5_UNORM */
	{ 0x144, 1, { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 8 } }, true },		/* A8_UNORM */
};

/**
 * read_state() - a structure of @n dwords in memory
 *
 * Return: false after a fault.
 */
bool read_state(struct engine *e, u64 address, u32 *dw, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (!gpu_read32(e, address + i * 4, engine_uses_ppgtt(e), &dw[i]))
			return false;
	return true;
}

/* ---- surfaces ---- */

static const struct format *find_format(u32 code, bool target)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].code == code && (formats[i].target || !target))
			return &formats[i];
	return NULL;
}

static enum tiling tiling_of(const struct engine *e, u32 dw0)
{
	if (e->gpu->plat->gen >= 8)
		return dw0 & BIT(13) ? dw0 & BIT(12) ? TILING_Y : TILING_X : TILING_NONE;
	return dw0 & BIT(14) ? dw0 & BIT(13) ? TILING_Y : TILING_X : TILING_NONE;
}

/**
 * image_open() - decode a SURFACE_STATE
 * @target: it is rendered to
 *
 * Return: NULL, or what of it is not modelled.
 */
const char *image_open(struct engine *e, u64 surface_state, bool target, struct image *image)
{
	bool gen8 = e->gpu->plat->gen >= 8;
	u32 dw[16] = { 0 }, tile;

	if (!read_state(e, surface_state, dw, gen8 ? 16 : 8))
		return "SURFACE_STATE out of reach";
	if (BITS(dw[0], 31, 29) != 1)
		return "SURFACE_STATE that is not of two dimensions";
	/* arrays, every other line; W tiles; depth; samples; mipmaps and offsets, beside gen7's caching; compression */
	if (dw[0] & (BIT(28) | 3u << (gen8 ? 10 : 11)) || (gen8 && BITS(dw[0], 13, 12) == 1) ||
	    BITS(dw[3], 31, 21) || dw[4] || dw[5] & (gen8 ? ~0u : ~0xf0000u) || dw[6])
		return "SURFACE_STATE with more than one image, or a part of one";
	/* shader channel select: red, green, blue, alpha */
	if (BITS(dw[7], 27, 16) != (4 << 9 | 5 << 6 | 6 << 3 | 7))
		return "SURFACE_STATE that changes channels";
	memset(image, 0, sizeof(*image));
	image->e = e;
	image->format = find_format(BITS(dw[0], 26, 18), target);
	if (!image->format)
		return "SURFACE_STATE's format";
	image->base = gen8 ? (u64)dw[9] << 32 | dw[8] : dw[1];
	image->width = BITS(dw[2], 13, 0) + 1;
	image->height = BITS(dw[2], 29, 16) + 1;
	image->pitch = BITS(dw[3], 17, 0) + 1;
	image->tiling = tiling_of(e, dw[0]);
	image->swizzled = *reg_ptr(e->gpu, TILECTL) & TILECTL_SWZCTL;
	/* so that no texel is in two pages */
	if (image->base % image->format->bytes || image->pitch % image->format->bytes)
		return "SURFACE_STATE with texels across others";
	tile = image->tiling == TILING_X ? 512 : 128;
	if (image->tiling != TILING_NONE && (image->base % PAGE_SIZE || image->pitch % tile))
		return "SURFACE_STATE with part of a tile";
	return NULL;
}

/* NULL after a fault, which has been reported. The page of the last texel is kept. */
static u8 *texel(struct image *image, u32 x, u32 y, bool write)
{
	u64 at = image->base;

	at += surface_offset(image->tiling, image->pitch, x * image->format->bytes, y, image->swizzled);

	if (!image->host || image->page != (at & PAGE_MASK) || (write && !image->host_writable)) {
		image->page = at & PAGE_MASK;
		image->host = gpu_ptr(image->e, image->page, engine_uses_ppgtt(image->e), PAGE_SIZE, write);
		image->host_writable = write;
		if (!image->host)
			return NULL;
	}
	return image->host + at % PAGE_SIZE;
}

static float from_channel(u32 texel, const struct channel *c, float missing)
{
	u32 most = (1u << c->bits) - 1;

	return c->bits ? (float)(texel >> c->shift & most) / (float)most : missing;
}

static struct color from_texel(u32 texel, const struct format *format)
{
	struct color color;
	u32 i;

	for (i = 0; i < 4; i++)
		color.c[i] = from_channel(texel, &format->channel[i], i == 3 ? 1 : 0);
	return color;
}

static struct color load(struct image *image, u32 x, u32 y)
{
	const u8 *p = texel(image, x, y, false);
	u32 value = 0;

	if (!p)
		return (struct color){ .c = { 0 } };
	memcpy(&value, p, image->format->bytes);
	return from_texel(value, image->format);
}

/* ---- the sampler ---- */

/**
 * sampler_open() - decode a SAMPLER_STATE
 * @dynamic: the base that its border color is relative to
 * @state: where it is, relative to that
 *
 * Return: NULL, or what of it is not modelled.
 */
const char *sampler_open(struct engine *e, u64 dynamic, u32 state, struct sampler *sampler)
{
	u32 dw[4], border, i, c;

	if (!read_state(e, dynamic + state, dw, 4))
		return "SAMPLER_STATE out of reach";
	if (dw[0] & BIT(31))
		return "SAMPLER_STATE that is disabled";
	/* with one filter and no mipmaps the level of detail is of no account */
	if (BITS(dw[0], 16, 14) != NEAREST || BITS(dw[0], 19, 17) != NEAREST || BITS(dw[0], 21, 20))
		return "SAMPLER_STATE's filter";
	if (dw[1] & 0xff || (e->gpu->plat->gen < 8 && dw[3] & BIT(25)))
		return "SAMPLER_STATE with a chroma key or a shadow";
	sampler->normalized = !(dw[3] & BIT(10));
	sampler->wrap[0] = BITS(dw[3], 8, 6);
	sampler->wrap[1] = BITS(dw[3], 5, 3);
	memset(&sampler->border, 0, sizeof(sampler->border));
	for (i = 0; i < 2; i++) {
		if (sampler->wrap[i] <= CLAMP_TO_EDGE)
			continue;
		/* the border's color as four bytes, which count for channels that the surface has not, too */
		if (sampler->wrap[i] != CLAMP_TO_BORDER || !(dw[0] & BIT(29)))
			return "SAMPLER_STATE's addresses outside";
		if (!read_state(e, dynamic + (dw[2] & ~31u), &border, 1))
			return "SAMPLER_BORDER_COLOR_STATE out of reach";
		for (c = 0; c < 4; c++)
			sampler->border.c[c] = (float)(border >> 8 * c & 255) / 255;
	}
	return NULL;
}

/* The texel at a coordinate, -1 for the border. */
static int address(u8 wrap, float at, u32 size)
{
	int n = (int)size, i;

	if (!(at > -FAR && at < FAR))
		return -1;
	i = (int)at;
	i -= at < (float)i;
	switch (wrap) {
	case WRAP:
		return (i % n + n) % n;
	case MIRROR:
		i = (i % (2 * n) + 2 * n) % (2 * n);
		return i < n ? i : 2 * n - 1 - i;
	case CLAMP_TO_EDGE:
		return i < 0 ? 0 : i < n ? i : n - 1;
	}
	return i < 0 || i >= n ? -1 : i;
}

/**
 * image_sample() - the texel that is nearest to a coordinate
 */
struct color image_sample(struct image *image, const struct sampler *sampler, float u, float v)
{
	int x = address(sampler->wrap[0], sampler->normalized ? u * (float)image->width : u, image->width);
	int y = address(sampler->wrap[1], sampler->normalized ? v * (float)image->height : v, image->height);

	return x < 0 || y < 0 ? sampler->border : load(image, (u32)x, (u32)y);
}

/* ---- blending ---- */

enum {
	INVERSE = 0x10,
	ONE = 0x01, SRC_COLOR = 0x02, SRC_ALPHA = 0x03, DST_ALPHA = 0x04, DST_COLOR = 0x05,
	ZERO = 0x11, INV_SRC_COLOR = 0x12, INV_SRC_ALPHA = 0x13, INV_DST_ALPHA = 0x14, INV_DST_COLOR = 0x15,
};

static bool is_factor(u32 factor)
{
	return (factor >= ONE && factor <= DST_COLOR) || (factor >= ZERO && factor <= INV_DST_COLOR);
}

/**
 * blend_open() - decode the BLEND_STATE of the first target
 *
 * Return: NULL, or what of it is not modelled.
 */
const char *blend_open(struct engine *e, u64 state, struct blend *blend)
{
	bool gen8 = e->gpu->plat->gen >= 8, separate;
	u32 dw[3], color, alpha, function, disabled, i;

	if (!read_state(e, state, dw, gen8 ? 3 : 2))
		return "BLEND_STATE out of reach";
	/* of gen8 the first dword is common to all targets; the factors' fields lie elsewhere */
	if (gen8) {
		if (dw[0] & (BIT(31) | BIT(29) | BIT(27) | BIT(23)))
			return "BLEND_STATE with tests or dithering";
		separate = dw[0] & BIT(30);
		blend->enabled = dw[1] & BIT(31);
		disabled = BITS(dw[1], 3, 0);
		color = BITS(dw[1], 30, 21);
		alpha = BITS(dw[1], 17, 8);
		function = BITS(dw[1], 20, 18) | (separate ? BITS(dw[1], 7, 5) : 0);
		if (dw[2] & BIT(31))
			return "BLEND_STATE with a logic operation";
	} else {
		if (dw[1] & (BIT(31) | BIT(30) | BIT(16) | BIT(12)))
			return "BLEND_STATE with tests or dithering";
		separate = dw[0] & BIT(30);
		blend->enabled = dw[0] & BIT(31);
		disabled = BITS(dw[1], 27, 24);
		color = BITS(dw[0], 9, 0);
		alpha = BITS(dw[0], 24, 15);
		function = BITS(dw[0], 13, 11) | (separate ? BITS(dw[0], 28, 26) : 0);
		if (dw[1] & BIT(22))
			return "BLEND_STATE with a logic operation";
	}
	if (!separate)
		alpha = color;
	/* blue is lowest there, alpha highest */
	blend->disabled = (u8)((disabled & 0xa) | (disabled & 1) << 2 | (disabled >> 2 & 1));
	blend->source[0] = (u8)(color >> 5);
	blend->source[1] = (u8)(alpha >> 5);
	blend->destination[0] = color & 31;
	blend->destination[1] = alpha & 31;
	for (i = 0; i < 2 && blend->enabled; i++)
		if (function || !is_factor(blend->source[i]) || !is_factor(blend->destination[i]))
			return "BLEND_STATE's function or factors";
	return NULL;
}

/* What a color is multiplied by; ZERO is ONE's inverse. */
static float factor_of(u8 factor, const struct color *src, const struct color *dst, u32 channel)
{
	float f = 1;

	switch (factor & ~INVERSE) {
	case SRC_COLOR:
		f = src->c[channel];
		break;
	case SRC_ALPHA:
		f = src->c[3];
		break;
	case DST_ALPHA:
		f = dst->c[3];
		break;
	case DST_COLOR:
		f = dst->c[channel];
		break;
	}
	return factor & INVERSE ? 1 - f : f;
}

/**
 * image_blend() - what a pixel of a target becomes of a color
 */
void image_blend(struct image *image, const struct blend *blend, u32 x, u32 y, struct color color)
{
	const struct format *format = image->format;
	u32 value = 0, i, most;
	struct color old;
	u8 *p;

	if (x >= image->width || y >= image->height)
		return;
	for (i = 0; i < 4; i++)
		color.c[i] = clamped(color.c[i]);
	p = texel(image, x, y, true);
	if (!p)
		return;
	memcpy(&value, p, format->bytes);
	old = from_texel(value, format);
	for (i = 0; i < 4; i++) {
		float new = color.c[i];

		if (blend->enabled)
			new = new * factor_of(blend->source[i == 3], &color, &old, i) +
			      old.c[i] * factor_of(blend->destination[i == 3], &color, &old, i);
		if (blend->disabled & BIT(i) || !format->channel[i].bits)
			continue;
		most = (1u << format->channel[i].bits) - 1;
		value &= ~(most << format->channel[i].shift);
		value |= (u32)(clamped(new) * (float)most + 0.5f) << format->channel[i].shift;
	}
	memcpy(p, &value, format->bytes);
}
