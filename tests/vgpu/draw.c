// SPDX-License-Identifier: GPL-2.0-only
/*
 * 3DPRIMITIVE: lists of rectangles, the way 2D drivers draw them. Each has
 * three vertices, which pass all stages unchanged up to the rasterizer: lower
 * right, lower left, upper left. A pixel is drawn if its centre is within. A
 * thread of the kernel gets 8 or 16 pixels of a row; how pixels are grouped is
 * not to be seen by kernels that do without the payload's pixel coordinates,
 * and others are refused.
 *
 * Whatever else the state asks for is refused before anything is drawn.
 *
 * Vertex fetch, strips and fans, windower, the payload of pixel shaders: PRM
 * Haswell and Broadwell, volume 7 "3D-Media-GPGPU"; the state: volume 2a.
 */
#include <stdio.h>
#include <string.h>

#include "regs.h"
#include "render.h"

#define RECTLIST	0x0f
#define ELEMENTS	((RENDER_KEPT - 1) / 2)		/* of a vertex, at most: what is kept of the command */
#define ATTRIBUTES	4u
#define FAR		0x4000				/* coordinates beyond are not drawn */
#define SUBPIXELS	256
#define ELEMENT_COST	24u				/* of a rectangle: three vertices, fetched by page walks */

struct vertex {
	float element[ELEMENTS][4];
};

struct draw {
	struct engine *e;
	bool gen8;
	u32 first, count;		/* vertices */
	u32 elements;
	u32 attributes, first_attribute;	/* what of a vertex the kernel gets */
	u32 setup;			/* register where its planes begin */
	int x1, y1, x2, y2;		/* the drawing rectangle; x2 and y2 are outside */
	int origin_x, origin_y;
	struct eu_kernel kernel;
	struct eu_shared shared;
};

struct rectangle {
	int x1, y1, x2, y2;		/* pixels; x2 and y2 are outside */
	float x, y, dx, dy;		/* the first vertex, and to the third, in pixels */
	union eu_register plane[2 * ATTRIBUTES];
};

static const u32 *state(const struct draw *d, enum render_command which)
{
	return d->e->render.command[which];
}

/* ---- the state ---- */

/* What the state must say for primitives to be drawn as here. */
static const struct requirement {
	u8 gen;			/* 7: Haswell alone, 8: Broadwell alone, 0: both */
	enum render_command command;
	u8 dword;
	u32 mask, value;
	const char *otherwise;
} requirements[] = {
	{ 0, PIPELINE_SELECT, 0, 0x3, 0, "PIPELINE_SELECT of another pipeline" },
	{ 0, MULTISAMPLE, 1, 0x1e, 0, "MULTISAMPLE" },
	{ 0, SAMPLE_MASK, 1, 0x1, 0x1, "SAMPLE_MASK of no sample" },
	{ 8, VF_SGVS, 1, BIT(31) | BIT(15), 0, "VF_SGVS" },
	{ 7, VS, 5, BIT(0), 0, "VS" },
	{ 8, VS, 7, BIT(0), 0, "VS" },
	{ 0, HS, 2, BIT(31), 0, "HS" },
	{ 0, TE, 1, BIT(0), 0, "TE" },
	{ 7, DS, 5, BIT(0), 0, "DS" },
	{ 8, DS, 7, BIT(0), 0, "DS" },
	{ 7, GS, 5, BIT(0), 0, "GS" },
	{ 8, GS, 7, BIT(0), 0, "GS" },
	{ 0, STREAMOUT, 1, BIT(31) | BIT(30), 0, "STREAMOUT" },
	{ 0, CLIP, 2, BIT(31), 0, "CLIP" },
	/* no viewport, all filled; no scissor, nothing culled */
	{ 7, SF, 1, 0x7a, 0, "SF's viewport or fill mode" },
	{ 7, SF, 2, 3u << 29 | BIT(11) | 3u << 8, BIT(29), "SF's culling, scissor or multisampling" },
	{ 8, SF, 1, BIT(1), 0, "SF's viewport" },
	{ 8, RASTER, 1, 3u << 16 | 0x78 | BIT(1), BIT(16), "RASTER's culling, fill mode or scissor" },
	/* attributes in perspective, at the pixels; threads that kill nothing and compute no depth */
	{ 7, WM, 1, 0x7b99f813, BIT(29) | BIT(11), "WM" },
	{ 8, WM, 1, 0x0079f810, BIT(11), "WM" },
	{ 7, SBE, 1, BIT(21), 0, "SBE's swizzling" },
	{ 7, SBE, 10, ~0u, 0, "SBE's point sprites" },
	{ 7, SBE, 11, ~0u, 0, "SBE's constant attributes" },
	{ 8, SBE, 1, BIT(21), 0, "SBE's swizzling" },
	{ 8, SBE, 2, ~0u, 0, "SBE's point sprites" },
	{ 8, SBE, 3, ~0u, 0, "SBE's constant attributes" },
	/* IEEE floats; no constants, masks, second color, clearing, resolving, offset, nor threads of 32 pixels */
	{ 7, PS, 2, BIT(16), 0, "PS's floating point mode" },
	{ 7, PS, 4, BIT(12) | 0xbdc, BIT(12), "PS" },
	{ 8, PS, 3, BIT(16), 0, "PS's floating point mode" },
	{ 8, PS, 6, 0xbdc, 0, "PS" },
	{ 8, PS_EXTRA, 1, 0xff800066, BIT(31), "PS_EXTRA" },
	{ 8, PS_BLEND, 1, BIT(31) | BIT(30) | BIT(8), BIT(30), "PS_BLEND" },
	/* neither depth nor stencil */
	{ 7, DEPTH_BUFFER, 1, 7u << 29, 7u << 29, "DEPTH_BUFFER" },
	{ 7, STENCIL_BUFFER, 1, BIT(31), 0, "STENCIL_BUFFER" },
	{ 8, WM_DEPTH_STENCIL, 1, 0xf, 0, "WM_DEPTH_STENCIL" },
	{ 8, WM_HZ_OP, 1, ~0u, 0, "WM_HZ_OP" },
};

static const char *check_requirements(const struct draw *d)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(requirements); i++) {
		const struct requirement *r = &requirements[i];

		if (r->gen && r->gen != (d->gen8 ? 8 : 7))
			continue;
		if ((state(d, r->command)[r->dword] & r->mask) != r->value)
			return r->otherwise;
	}
	return NULL;
}

static int low16(u32 dw)
{
	return (int16_t)(dw & 0xffff);
}

static int high16(u32 dw)
{
	return (int16_t)(dw >> 16);
}

static void open_drawing_rectangle(struct draw *d)
{
	const u32 *dw = state(d, DRAWING_RECTANGLE);

	d->x1 = BITS(dw[1], 15, 0);
	d->y1 = BITS(dw[1], 31, 16);
	d->x2 = BITS(dw[2], 15, 0) + 1;
	d->y2 = BITS(dw[2], 31, 16) + 1;
	d->origin_x = low16(dw[3]);
	d->origin_y = high16(dw[3]);
	d->x2 = d->x2 < FAR ? d->x2 : FAR;
	d->y2 = d->y2 < FAR ? d->y2 : FAR;
}

/* What the command itself says. */
static const char *open_vertices(struct draw *d, const struct command *c)
{
	u32 topology = d->gen8 ? state(d, VF_TOPOLOGY)[1] : c->dw[1];
	const u32 *elements = state(d, VERTEX_ELEMENTS);

	if (c->len < 7 || c->dw[0] & (BIT(10) | BIT(8)))
		return "a predicate, or parameters elsewhere";
	if (BITS(topology, 5, 0) != RECTLIST)
		return "another topology";
	if (c->dw[1] & BIT(8) || c->dw[4] != 1 || c->dw[5])
		return "indices or instances";
	d->count = c->dw[2];
	d->first = c->dw[3];
	d->elements = BITS(elements[0], 7, 0) / 2 + 1;
	if (!(elements[0] >> 16) || d->elements > ELEMENTS || d->elements < 2)
		return "VERTEX_ELEMENTS' number";
	if (d->e->render.instanced & (BIT(d->elements) - 1))
		return "VF_INSTANCING";
	return NULL;
}

/* Of a vertex the kernel gets some elements from a pair of them on. */
static const char *open_attributes(struct draw *d)
{
	u32 dw = state(d, SBE)[1];

	d->attributes = BITS(dw, 27, 22);
	d->first_attribute = 2 * (d->gen8 ? BITS(dw, 10, 5) : BITS(dw, 9, 4));
	if (d->attributes > ATTRIBUTES || d->attributes > 2 * BITS(dw, 15, 11) ||
	    d->first_attribute + d->attributes > d->elements)
		return "SBE's attributes";
	return NULL;
}

/*
 * With kernels for 8 and for 16 pixels the windower is free to choose; here it takes the wider ones. Of two kernels the
 * second one is the third of three pointers.
 */
static const char *open_kernel(struct draw *d)
{
	const u32 *dw = state(d, PS);
	u32 modes = (d->gen8 ? dw[6] : dw[4]) & 3, starts = d->gen8 ? dw[7] : dw[5], width = modes & 2 ? 16 : 8;
	u64 at = d->gen8 ? (u64)dw[2] << 32 | dw[1] : dw[1];
	u8 payload[EU_REGISTERS] = { EU_HEADER };

	if (!modes)
		return "PS without threads";
	d->setup = BITS(starts, 22, 16);
	if (modes == 3) {
		at = d->gen8 ? (u64)dw[11] << 32 | dw[10] : dw[7];
		d->setup = BITS(starts, 6, 0);
	}
	/* registers 0, coordinates from 2 on, planes */
	if (d->setup < 2 + width / 4 || d->setup + 2 * d->attributes > EU_REGISTERS)
		return "PS's first register";
	memset(payload + 2, EU_DEFINED, width / 4);
	memset(payload + d->setup, EU_DEFINED, 2 * d->attributes);
	return eu_decode(d->e, d->e->render.instructions + (at & ~63ull), width, payload, &d->kernel);
}

static const char *open_surfaces(struct draw *d)
{
	u64 base = d->e->render.surfaces, table = base + (state(d, BINDING_TABLE_PS)[1] & 0xffe0);
	const char *why = NULL;
	u32 i, at;

	if (d->kernel.surfaces & d->kernel.targets)
		return "surface that is sampled from and rendered to";
	for (i = 0; i < EU_SURFACES && !why; i++) {
		if (!((d->kernel.surfaces | d->kernel.targets) & BIT(i)))
			continue;
		if (!gpu_read32(d->e, table + i * 4, engine_uses_ppgtt(d->e), &at))
			return "binding table out of reach";
		why = image_open(d->e, base + (at & ~31u), d->kernel.targets & BIT(i), &d->shared.surface[i]);
	}
	return why;
}

static const char *open_samplers(struct draw *d)
{
	u64 base = d->e->render.dynamic;
	const char *why = NULL;
	u32 i;

	d->shared.samplers = state(d, SAMPLERS_PS)[1] & ~31u;
	for (i = 0; i < EU_SAMPLERS && !why; i++)
		if (d->kernel.samplers & BIT(i))
			why = sampler_open(d->e, base, d->shared.samplers + i * 16, &d->shared.sampler[i]);
	return why;
}

/* Returns NULL, or what is not modelled. */
static const char *open_all(struct draw *d, const struct command *c)
{
	const char *why = open_vertices(d, c);

	open_drawing_rectangle(d);
	if (!why)
		why = check_requirements(d);
	if (!why)
		why = open_attributes(d);
	if (!why)
		why = open_kernel(d);
	if (!why)
		why = open_surfaces(d);
	if (!why)
		why = open_samplers(d);
	if (!why)
		why = blend_open(d->e, d->e->render.dynamic + (state(d, BLEND_POINTERS)[1] & ~63u), &d->shared.blend);
	return why;
}

/* ---- vertices ---- */

/* SURFACE_FORMAT of an element: its components, and their bytes. */
static const struct vertex_format {
	u32 code, components, bytes;
} vertex_formats[] = {
	{ 0x000, 4, 4 },	/* R32G32B32A32_FLOAT */
	{ 0x040, 3, 4 },	/* R32G32B32_FLOAT */
	{ 0x085, 2, 4 },	/* R32G32_FLOAT */
	{ 0x0d8, 1, 4 },	/* R32_FLOAT */
	{ 0x0f6, 2, 2 },	/* R16G16_SSCALED */
};

static const struct vertex_format *vertex_format(u32 code)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(vertex_formats); i++)
		if (vertex_formats[i].code == code)
			return &vertex_formats[i];
	return NULL;
}

/* Zero beyond the buffer's end; gen7 has the address of its last byte, gen8 its size. */
static float fetch_component(struct draw *d, const u32 *buffer, u64 offset, u32 bytes)
{
	u64 base = d->gen8 ? (u64)buffer[2] << 32 | buffer[1] : buffer[1];
	u64 size = d->gen8 ? buffer[3] : buffer[2] < base ? 0 : (u64)buffer[2] - base + 1, at = base + offset;
	u32 dw;
	float f;

	if (offset + bytes > size || !gpu_read32(d->e, at, engine_uses_ppgtt(d->e), &dw))
		return 0;
	if (bytes == 2)
		return (float)(int16_t)(at & 2 ? dw >> 16 : dw);
	memcpy(&f, &dw, sizeof(f));
	return f;
}

static const char *fetch_element(struct draw *d, u32 index, const u32 *dw, float *to)
{
	const struct vertex_format *format = vertex_format(BITS(dw[0], 24, 16));
	u32 number = dw[0] >> 26, c;
	const u32 *buffer;
	u64 offset;

	if (!format || number >= VERTEX_BUFFERS || !(dw[0] & BIT(25)) || dw[0] & BIT(15))
		return "VERTEX_ELEMENTS' format";
	buffer = d->e->render.vertex_buffer[number];
	if (buffer[0] & BIT(13) || (!d->gen8 && buffer[0] & BIT(20)) || buffer[1] % format->bytes)
		return "VERTEX_BUFFERS' kind";
	offset = (u64)BITS(buffer[0], 11, 0) * index + BITS(dw[0], 11, 0);
	if (offset % format->bytes)
		return "VERTEX_BUFFERS' alignment";
	for (c = 0; c < 4; c++) {
		switch (dw[1] >> (28 - 4 * c) & 7) {
		case 1:		/* what is in the buffer; else 0, 0, 0, 1 */
			to[c] = c == 3;
			if (c < format->components)
				to[c] = fetch_component(d, buffer, offset + c * format->bytes, format->bytes);
			break;
		case 2:
			to[c] = 0;
			break;
		case 3:
			to[c] = 1;
			break;
		default:
			return "VERTEX_ELEMENTS' components";
		}
	}
	return NULL;
}

static const char *fetch_vertex(struct draw *d, u32 index, struct vertex *v)
{
	const char *why = NULL;
	u32 i;

	for (i = 0; i < d->elements && !why; i++)
		why = fetch_element(d, index, state(d, VERTEX_ELEMENTS) + 1 + 2 * i, v->element[i]);
	return why;
}

/* ---- rectangles ---- */

/* A position's place on the screen, in subpixels. Returns false if it is too far off. */
static bool place(float position, int origin, int *subpixels)
{
	if (!(position > -FAR && position < FAR))
		return false;
	*subpixels = (int)(position * SUBPIXELS + (position < 0 ? -0.5f : 0.5f)) + origin * SUBPIXELS;
	return true;
}

/* The first pixel whose centre is not left of that. */
static int pixel(int subpixels)
{
	return (subpixels + SUBPIXELS / 2 - 1) >> 8;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* Of each component: by how much it differs at the second vertex and at the third, 0, and what it is at the first. */
static void set_planes(const struct draw *d, const struct vertex *v, struct rectangle *r)
{
	u32 a, c;

	for (a = 0; a < d->attributes; a++)
		for (c = 0; c < 4; c++) {
			u32 at = d->first_attribute + a;
			float *plane = &r->plane[2 * a + c / 2].f[c % 2 * 4];

			plane[0] = v[1].element[at][c] - v[0].element[at][c];
			plane[1] = v[2].element[at][c] - v[0].element[at][c];
			plane[2] = 0;
			plane[3] = v[0].element[at][c];
		}
}

static const char *set_up(struct draw *d, u32 index, struct rectangle *r)
{
	int x[3], y[3], i;
	struct vertex v[3];
	const char *why;

	for (i = 0; i < 3; i++) {
		const float *position;

		why = fetch_vertex(d, index + (u32)i, &v[i]);
		if (why)
			return why;
		position = v[i].element[1];
		if (position[3] != 1)
			return "perspective";
		if (!place(position[0], d->origin_x, &x[i]) || !place(position[1], d->origin_y, &y[i]))
			return "a vertex far off";
	}
	if (y[0] != y[1] || x[1] != x[2])
		return "a rectangle that is none";
	r->x = (float)x[0] / SUBPIXELS;
	r->y = (float)y[0] / SUBPIXELS;
	r->dx = (float)(x[2] - x[0]) / SUBPIXELS;
	r->dy = (float)(y[2] - y[0]) / SUBPIXELS;
	r->x1 = most(pixel(least(x[0], x[2])), d->x1);
	r->y1 = most(pixel(least(y[0], y[2])), d->y1);
	r->x2 = least(pixel(most(x[0], x[2])), d->x2);
	r->y2 = least(pixel(most(y[0], y[2])), d->y2);
	set_planes(d, v, r);
	return NULL;
}

/*
 * A thread's payload: register 0 has where the samplers are; registers from 2 on have for each eight pixels the
 * barycentric coordinates of the second vertex, then of the third; then come the planes.
 */
static void begin_thread(const struct draw *d, const struct rectangle *r, int x, int y, struct eu_thread *t)
{
	u32 i, width = d->kernel.width;
	float third = ((float)y + 0.5f - r->y) / r->dy;

	memset(&t->r[0], 0, sizeof(t->r[0]));
	t->r[0].ud[3] = d->shared.samplers;
	t->x = (u32)x;
	t->y = (u32)y;
	t->mask = 0;
	for (i = 0; i < width; i++) {
		t->r[2 + i / 8 * 2].f[i % 8] = ((float)(x + (int)i) + 0.5f - r->x) / r->dx - third;
		t->r[3 + i / 8 * 2].f[i % 8] = third;
		if (x + (int)i < r->x2)
			t->mask |= BIT(i);
	}
	memcpy(&t->r[d->setup], r->plane, 2 * d->attributes * sizeof(r->plane[0]));
}

static void spend(u32 *budget, u32 cost)
{
	*budget -= cost < *budget ? cost : *budget;
}

static const char *draw_row(struct draw *d, const struct rectangle *r, int y, u32 *budget)
{
	static struct eu_thread thread;
	const char *why = NULL;
	int x;

	for (x = r->x1; x < r->x2 && !why; x += (int)d->kernel.width) {
		begin_thread(d, r, x, y, &thread);
		why = eu_run(&d->kernel, &d->shared, &thread);
		spend(budget, d->kernel.count * 8);
	}
	return why;
}

/* Returns what is not modelled, or NULL: all is done, unless the budget is used up. */
static const char *draw_rectangles(struct draw *d, u32 *budget)
{
	struct engine *e = d->e;
	struct rectangle r;
	const char *why;

	for (; e->draw_rectangle < d->count / 3; e->draw_rectangle++, e->draw_row = 0) {
		if (!*budget)
			return NULL;
		why = set_up(d, d->first + e->draw_rectangle * 3, &r);
		if (why)
			return why;
		for (; r.x1 < r.x2 && r.y1 + (int)e->draw_row < r.y2; e->draw_row++) {
			if (!*budget)
				return NULL;
			why = draw_row(d, &r, r.y1 + (int)e->draw_row, budget);
			if (why)
				return why;
		}
		spend(budget, d->elements * ELEMENT_COST);
	}
	return NULL;
}

/**
 * draw_primitive() - execute 3DPRIMITIVE; one that is not modelled is logged and skipped
 * @budget: eight for each instruction of each thread, and what a rectangle's vertices cost
 *
 * Return: CS_AGAIN if something is left for the next slice.
 */
enum cs_result draw_primitive(struct engine *e, const struct command *c, u32 *budget)
{
	struct draw d = { .e = e, .gen8 = e->gpu->plat->gen >= 8 };
	const char *why = open_all(&d, c);
	char what[128];

	cs_forget_fetch(e);
	if (!why)
		why = draw_rectangles(&d, budget);
	if (why) {
		snprintf(what, sizeof(what), "3DPRIMITIVE with %s", why);
		cs_pass_over(e, what, c->dw[0]);
	} else if (e->draw_rectangle < d.count / 3) {
		*budget = 0;
		return CS_AGAIN;
	}
	e->draw_rectangle = 0;
	e->draw_row = 0;
	return CS_NEXT;
}
