/* SPDX-License-Identifier: GPL-2.0-only */
/* The 3D pipeline: what its files share. */
#ifndef VGPU_RENDER_H
#define VGPU_RENDER_H

#include "vgpu.h"

#define BITS(dw, high, low)	((dw) >> (low) & (~0u >> (31 - (high) + (low))))

/* ---- image.c: surfaces, samplers, blending ---- */

struct color {
	float c[4];		/* red, green, blue, alpha */
};

struct channel {
	u8 shift, bits;		/* no bits: there is none */
};

struct format {
	u32 code;		/* as SURFACE_STATE says it */
	u32 bytes;
	struct channel channel[4];
	bool target;		/* can be rendered to */
};

struct image {
	struct engine *e;
	const struct format *format;
	u64 base;
	u32 width, height, pitch;
	enum tiling tiling;
	bool swizzled;
	u64 page;		/* the one that was used last, */
	u8 *host;		/* and where it is; NULL: nowhere */
	bool host_writable;
};

struct sampler {
	bool normalized;
	u8 wrap[2];		/* of u and v */
	struct color border;
};

struct blend {
	bool enabled;
	u8 source[2], destination[2];	/* factors, of colors and of alpha */
	u8 disabled;		/* channels that are not written, a bit each */
};

/* To what a texel can hold. NaN is 0. */
static inline float clamped(float value)
{
	return value > 0 ? value < 1 ? value : 1 : 0;
}

bool read_state(struct engine *e, u64 address, u32 *dw, u32 n);
const char *image_open(struct engine *e, u64 surface_state, bool target, struct image *image);
const char *sampler_open(struct engine *e, u64 dynamic, u32 state, struct sampler *sampler);
const char *blend_open(struct engine *e, u64 state, struct blend *blend);
struct color image_sample(struct image *image, const struct sampler *sampler, float u, float v);
void image_blend(struct image *image, const struct blend *blend, u32 x, u32 y, struct color color);

/* ---- eu.c: the processors that run kernels ---- */

#define EU_REGISTERS	128u
#define EU_INSTRUCTIONS	64u	/* of a kernel; those of X servers have 5 to 20 */
#define EU_SURFACES	8u
#define EU_SAMPLERS	16u

/* What a register holds at some point of a kernel; a header may only be moved, for most of it is not modelled. */
enum { EU_DEFINED = 1, EU_HEADER = 2 };

struct eu_operand {
	u8 file, type;
	u16 at;			/* byte of the register file */
	u16 vertical;		/* the region, in elements */
	u8 width, horizontal;
	bool absolute, negated;
	u32 immediate;
};

struct eu_instruction {
	u8 opcode, channels;
	bool all_channels;	/* even those without a pixel */
	bool saturate;
	u8 function;		/* shared function a message goes to */
	u32 descriptor;		/* of a message */
	struct eu_operand dst, src[2];
};

struct eu_kernel {
	u32 width;		/* pixels of a thread: 8 or 16 */
	u32 count;
	struct eu_instruction instruction[EU_INSTRUCTIONS];
	u32 surfaces, targets, samplers;	/* that it uses, a bit each */
};

union eu_register {
	u32 ud[8];
	float f[8];
};

struct eu_thread {
	union eu_register r[EU_REGISTERS];
	u32 mask;		/* channels with a pixel */
	u32 x, y;		/* of the first channel's; the others are right of it */
};

/* What kernels reach by messages. */
struct eu_shared {
	struct image surface[EU_SURFACES];
	struct sampler sampler[EU_SAMPLERS];
	u32 samplers;		/* where their states are */
	struct blend blend;
};

const char *eu_decode(struct engine *e, u64 address, u32 width, const u8 *defined, struct eu_kernel *kernel);
const char *eu_run(const struct eu_kernel *kernel, struct eu_shared *shared, struct eu_thread *thread);

#endif
