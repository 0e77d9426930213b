// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 3D pipeline on both generations: rectangles drawn by kernels that are assembled here, beside what the CPU makes
 * of them.
 */
#include <stdio.h>
#include <string.h>

#include "test.h"

#define DIRECTORY	0x80000u	/* gen7: page directory, in the GGTT's array */

/* in the PPGTT; offsets in one piece of guest memory, too */
#define BATCH		0x000000u
#define KERNEL		0x001000u	/* instruction state */
#define DYNAMIC		0x002000u	/* samplers, blending */
#define SURFACES	0x003000u	/* binding table, surfaces */
#define VERTICES	0x004000u
#define SOURCE		0x008000u
#define MASK		0x010000u
#define TARGET		0x018000u
#define MEMORY		0x020000u

#define BLEND_AT	0x100u		/* of the dynamic state */
#define BORDER_AT	0x200u
#define SURFACE_AT(n)	(0x100u + 0x40 * (n))

#define PITCH		512u		/* an X tile wide, four Y tiles */
#define WIDTH		128u		/* pixels of 32 bits */
#define ROWS		64u

#define BGRA		0x0c0u
#define BGRX		0x0e9u
#define BGR565		0x100u
#define A8		0x144u
#define FLOAT_2		0x085u
#define FLOAT_4		0x000u
#define SHORT_2		0x0f6u

static struct rig r;
static bool gen8;
static u32 memory;		/* guest address of what is mapped */
static u32 *batch;
static u32 expected[ROWS][WIDTH];

static void *at(u32 va)
{
	return r.ram + memory + va;
}

static u32 *pixel(u32 surface, u32 x, u32 y)
{
	return (u32 *)at(surface + y * PITCH + x * 4);
}

/* ---- assembling kernels ---- */

enum { GRF = 1, IMM = 3, UD = 0, F = 7 };
enum { MOV = 0x01, SEND = 0x31, ADD = 0x40, MUL = 0x41, PLN = 0x5a };
#define NO_MASK		BIT(9)		/* as on gen7 */
#define SAMPLER		(2u << 24)
#define RENDER_CACHE	(5u << 24)
#define EOT		BIT(31)

struct operand {
	u32 file, type, bits;	/* bits: number, part and region as both generations have them */
};

static u32 *kernel;

static struct operand vec(u32 n)
{
	return (struct operand){ GRF, F, n << 5 | 1 << 16 | 3 << 18 | 4 << 21 };	/* n.0<8;8,1> */
}

static struct operand dwords(u32 n)
{
	return (struct operand){ GRF, UD, n << 5 | 1 << 16 | 3 << 18 | 4 << 21 };
}

/* One float for all channels, the first of a plane's. */
static struct operand scalar(u32 n, u32 part)
{
	return (struct operand){ GRF, F, n << 5 | part * 4 };				/* n.part<0;1,0> */
}

static struct operand dword(u32 n, u32 part)
{
	return (struct operand){ GRF, UD, n << 5 | part * 4 };
}

static struct operand immediate(u32 type, u32 value)
{
	return (struct operand){ IMM, type, value };
}

/* @flags: of the first dword; @channels: 1, 8 or 16 */
static void instruction(u32 op, u32 flags, u32 channels, struct operand dst, struct operand a, struct operand b)
{
	u32 *dw = kernel, exec = channels == 16 ? 4 : channels == 8 ? 3 : 0;

	kernel += 4;
	dw[0] = op | exec << 21 | flags;
	if (gen8) {
		dw[0] &= ~NO_MASK;
		dw[1] = (flags & NO_MASK ? BIT(2) : 0) | dst.file << 3 | dst.type << 5 | a.file << 9 | a.type << 11;
		dw[2] = b.file << 25 | b.type << 27;
	} else {
		dw[1] = dst.file | dst.type << 2 | a.file << 5 | a.type << 7 | b.file << 10 | b.type << 12;
		dw[2] = 0;
	}
	dw[1] |= (dst.bits & 0x1fff) << 16 | 1 << 29;
	dw[2] |= a.file == IMM ? 0 : a.bits;
	dw[3] = a.file == IMM ? a.bits : b.bits;
}

static const struct operand none;

/* @from: the plane of its first component; coordinates come to @to */
static void coordinates(u32 width, u32 from, u32 to)
{
	instruction(PLN, 0, width, vec(to), scalar(from, 0), vec(2));
	instruction(PLN, 0, width, vec(to + width / 8), scalar(from, 4), vec(2));
}

static void send_sample(u32 width, u32 to, u32 from, u32 surface, u32 sampler, bool header, u32 channels)
{
	u32 group = width / 8;

	instruction(SEND, SAMPLER, width, vec(to), vec(from),
		    immediate(UD, surface | sampler << 8 | group << 17 | (u32)header << 19 | channels * group << 20 |
			      (2 * group + header) << 25));
}

static void send_write(u32 width, u32 from)
{
	instruction(SEND, RENDER_CACHE, width, none, vec(from),
		    immediate(UD, 12 << 14 | BIT(12) | (width == 16 ? 0 : 4) << 8 | width / 8 * 4 << 25 | EOT));
}

/* Sample one surface, and write that. */
static void kernel_copy(u32 where, u32 width)
{
	kernel = at(KERNEL + where);
	coordinates(width, 2 + width / 4, 112);
	send_sample(width, 120, 112, 1, 0, false, 4);
	send_write(width, 120);
}

/* The alpha of a second surface, by a header that says so, times the first one. */
static void kernel_mask(u32 where)
{
	u32 c;

	kernel = at(KERNEL + where);
	coordinates(16, 6, 112);
	send_sample(16, 12, 112, 1, 0, false, 4);
	coordinates(16, 8, 117);
	instruction(MOV, NO_MASK, 8, dwords(116), dwords(0), none);
	instruction(MOV, NO_MASK, 1, dword(116, 2), immediate(UD, 7 << 12), none);
	send_sample(16, 20, 116, 2, 1, true, 1);
	for (c = 0; c < 4; c++)
		instruction(MUL, 0, 16, vec(112 + 2 * c), vec(12 + 2 * c), vec(20));
	send_write(16, 112);
}

/* ---- state ---- */

static void set_surface(u32 n, u32 base, u32 format, u32 width, u32 rows, enum tiling tiling)
{
	u32 *dw = at(SURFACES + SURFACE_AT(n));
	u32 tile = tiling == TILING_NONE ? 0 : tiling == TILING_X ? 2 : 3;

	memset(dw, 0, 64);
	dw[0] = 1u << 29 | format << 18 | tile << (gen8 ? 12 : 13);
	dw[gen8 ? 8 : 1] = base;
	dw[2] = (rows - 1) << 16 | (width - 1);
	dw[3] = PITCH - 1;
	dw[7] = 4 << 25 | 5 << 22 | 6 << 19 | 7 << 16;
	((u32 *)at(SURFACES))[n] = SURFACE_AT(n);
}

static void set_sampler(u32 n, bool normalized, u32 wrap)
{
	u32 *dw = at(DYNAMIC + n * 16);

	dw[0] = BIT(29);
	dw[1] = 0;
	dw[2] = BORDER_AT;
	dw[3] = wrap | wrap << 3 | wrap << 6 | (normalized ? 0 : BIT(10));
}

/* @factors: source, destination; those of alpha are the same */
static void set_blend(bool enabled, u32 source, u32 destination, u32 disabled)
{
	u32 *dw = at(DYNAMIC + BLEND_AT);

	memset(dw, 0, 12);
	if (gen8) {
		dw[1] = (u32)enabled << 31 | source << 26 | destination << 21 | disabled;
	} else {
		dw[0] = (u32)enabled << 31 | source << 5 | destination;
		dw[1] = disabled << 24;
	}
}

/* A command of @n dwords after the first, all of them zero. */
static u32 *command(u32 op, u32 n)
{
	u32 *dw = batch;

	memset(dw, 0, (n + 1) * 4);
	dw[0] = op << 16 | (n ? n - 1 : 0);
	batch += n + 1;
	return dw;
}

static u32 *find(u32 op)
{
	u32 *dw = at(BATCH);

	while (dw < batch && dw[0] >> 16 != op)
		dw += (dw[0] & 0xff) + (dw[0] >> 27 == 0x0d ? 1 : 2);
	return dw < batch ? dw : NULL;
}

static void set_element(u32 *dw, u32 format, u32 offset, u32 components)
{
	dw[0] = BIT(25) | format << 16 | offset;
	dw[1] = components << 16;
}

static void begin_batch(void)
{
	u32 *dw;

	batch = at(BATCH);
	command(0x6904, 0);
	dw = command(0x6101, gen8 ? 15 : 9);
	dw[gen8 ? 4 : 2] = SURFACES | 1;
	dw[gen8 ? 6 : 3] = DYNAMIC | 1;
	dw[gen8 ? 10 : 5] = KERNEL | 1;
	command(0x780d, gen8 ? 1 : 3);
	command(0x7818, 1)[1] = 1;
	command(0x7810, gen8 ? 8 : 5);
	command(0x781b, gen8 ? 8 : 6);
	command(0x781c, 3);
	command(0x781d, gen8 ? 8 : 5);
	command(0x7811, gen8 ? 9 : 6);
	command(0x781e, gen8 ? 4 : 2);
	command(0x7812, 3);
	if (gen8) {
		command(0x7813, 3);
		command(0x7850, 4)[1] = BIT(16);
		command(0x7814, 1)[1] = BIT(11);
		command(0x784f, 1)[1] = BIT(31) | BIT(8);
		command(0x784d, 1)[1] = BIT(30);
		command(0x784b, 1)[1] = 0x0f;
		command(0x784a, 1);
		command(0x784e, 2);
		command(0x7852, 4);
	} else {
		command(0x7813, 6)[2] = BIT(29);
		command(0x7814, 2)[1] = BIT(29) | BIT(11);
		command(0x7805, 6)[1] = 7u << 29;
		command(0x7806, 2);
	}
	command(0x7824, 1)[1] = BLEND_AT | 1;
	command(0x782a, 1);
	command(0x782f, 1);
	dw = command(0x7900, 3);
	dw[2] = (ROWS - 1) << 16 | (WIDTH - 1);
}

/* @attributes: of the kernel; @modes: bit 0: threads of 8 pixels, by the kernel at 0, bit 1: of 16, at 0x400 */
static void set_kernel(u32 attributes, u32 modes)
{
	u32 *dw = command(0x781f, gen8 ? 3 : 13);
	u32 only = modes == 2 ? 0x400 : 0, starts = modes == 2 ? 6 << 16 : 4 << 16 | 6;

	dw[1] = attributes << 22 | 1 << 11 | 1 << (gen8 ? 5 : 4);
	dw = command(0x7820, gen8 ? 11 : 7);
	dw[1] = only;
	if (gen8) {
		dw[6] = modes;
		dw[7] = starts;
		dw[10] = 0x400;
	} else {
		dw[4] = BIT(12) | BIT(10) | modes;
		dw[5] = starts;
		dw[7] = 0x400;
	}
}

/* Vertices have two shorts for their position, then two floats for each attribute. */
static void set_vertices(u32 attributes, u32 texture)
{
	u32 *dw = command(0x7808, 4), pitch = 4 + 8 * attributes, i;

	dw[1] = BIT(14) | pitch;
	dw[2] = VERTICES;
	if (gen8)
		dw[4] = PAGE_SIZE;
	else
		dw[3] = VERTICES + PAGE_SIZE - 1;
	dw = command(0x7809, 2 * (2 + attributes));
	set_element(dw + 1, FLOAT_4, 0, 0x2222);
	set_element(dw + 3, SHORT_2, 0, 0x1123);
	for (i = 0; i < attributes; i++)
		set_element(dw + 5 + 2 * i, texture, 4 + 8 * i, 0x1123);
}

static void primitive(u32 vertices, u32 first)
{
	u32 *dw = command(0x7b00, 6);

	dw[1] = gen8 ? 0 : 0x0f;
	dw[2] = vertices;
	dw[3] = first;
	dw[4] = 1;
}

static void run_batch(void)
{
	*batch = MI_BATCH_BUFFER_END;
	EMIT(&r, (gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7) | MI_PPGTT | (gen8 ? 0 : BIT(13)), BATCH);
	if (gen8)
		emit(&r, 0);
	ring_submit(&r);
}

static void go(void)
{
	run_batch();
	run(&r);
}

/* ---- vertices and pictures ---- */

/* Rectangle @n: where it is on the target, and from where to where each of its attributes goes. */
static void rectangle(u32 n, u32 attributes, int x1, int y1, int x2, int y2, const float (*texture)[4])
{
	const int x[3] = { x2, x1, x1 }, y[3] = { y2, y2, y1 };
	u32 i, a;

	for (i = 0; i < 3; i++) {
		u8 *v = (u8 *)at(VERTICES) + (n * 3 + i) * (4 + 8 * attributes);
		u16 position[2] = { (u16)x[i], (u16)y[i] };

		memcpy(v, position, 4);
		for (a = 0; a < attributes; a++) {
			float uv[2] = { texture[a][i == 0 ? 2 : 0], texture[a][i == 2 ? 1 : 3] };

			memcpy(v + 4 + 8 * a, uv, 8);
		}
	}
}

/* The same of one attribute, which goes from (u, v) on as the pixels do. */
static void rectangle_from(int x1, int y1, int x2, int y2, float u, float v)
{
	const float texture[1][4] = { { u, v, u + (float)(x2 - x1), v + (float)(y2 - y1) } };

	rectangle(0, 1, x1, y1, x2, y2, texture);
}

static void fill(u32 surface, u32 seed)
{
	u32 x, y;

	for (y = 0; y < ROWS; y++)
		for (x = 0; x < WIDTH; x++)
			*pixel(surface, x, y) = (x * 0x01030507) ^ (y * 0x11050301) ^ seed;
}

static void clear(void)
{
	memset(at(TARGET), 0x55, PITCH * ROWS);
	memset(expected, 0x55, sizeof(expected));
}

static void same(const char *what)
{
	u32 x, y;

	ok(!memcmp(at(TARGET), expected, sizeof(expected)), "%s: %s", r.gpu.plat->name, what);
	for (y = 0; y < ROWS; y++)
		for (x = 0; x < WIDTH; x++)
			if (*pixel(TARGET, x, y) != expected[y][x]) {
				printf("#   (%u, %u) is 0x%08x, not 0x%08x\n",
				       x, y, *pixel(TARGET, x, y), expected[y][x]);
				return;
			}
}

/* What most tests begin with: a copy of some of the source to elsewhere. */
static void prepare_copy(u32 modes)
{
	fill(SOURCE, 0);
	clear();
	set_surface(0, TARGET, BGRA, WIDTH, ROWS, TILING_NONE);
	set_surface(1, SOURCE, BGRA, WIDTH, ROWS, TILING_NONE);
	set_sampler(0, false, 2);
	set_blend(false, 0x01, 0x11, 0);
	kernel_copy(0, 8);
	kernel_copy(0x400, 16);
	begin_batch();
	set_kernel(1, modes);
	set_vertices(1, FLOAT_2);
	rectangle_from(5, 7, 5 + 37, 7 + 21, 11, 3);
}

static void expect_copy(void)
{
	u32 x, y;

	for (y = 0; y < 21; y++)
		for (x = 0; x < 37; x++)
			expected[7 + y][5 + x] = *pixel(SOURCE, 11 + x, 3 + y);
}

static void copy(u32 modes, const char *what)
{
	prepare_copy(modes);
	expect_copy();
	primitive(3, 0);
	go();
	same(what);
}

static void test_copy(void)
{
	copy(1, "a copy by threads of 8 pixels");
	copy(2, "a copy by threads of 16");
	copy(3, "a copy by either");
	is(r.e->stats.passed_over, 0, "%s: nothing is passed over", r.gpu.plat->name);
}

/* Two rectangles, of three that are there, in one command; their coordinates are shorts. */
static void test_several(void)
{
	static const float nowhere[1][4];
	u32 x, y, i;

	prepare_copy(3);
	set_vertices(1, SHORT_2);
	memset(at(VERTICES), 0, PAGE_SIZE);
	rectangle(0, 1, 0, 0, 128, 64, nowhere);
	rectangle(1, 1, 3, 2, 4, 3, nowhere);
	rectangle(2, 1, 100, 40, 128, 64, nowhere);
	for (i = 0; i < 9; i++) {
		/* the same place as on the target */
		u8 *v = (u8 *)at(VERTICES) + 12 * i;

		memcpy(v + 4, v, 4);
	}
	for (y = 0; y < ROWS; y++)
		for (x = 0; x < WIDTH; x++)
			if ((x == 3 && y == 2) || (x >= 100 && y >= 40))
				expected[y][x] = *pixel(SOURCE, x, y);
	primitive(6, 3);
	go();
	same("rectangles from the fourth vertex on");
}

/* A pixel belongs to the rectangle that its centre is in; one on the left or upper edge is. */
static void test_edges(void)
{
	static const float edges[3][4] = { { 9.5f, 4.5f, 1, 1 }, { 5.5f, 4.5f, 1, 1 }, { 5.5f, 2.49f, 1, 1 } };
	u32 x, y, *dw;

	prepare_copy(3);
	find(0x7808)[1] = BIT(14) | 16;
	dw = find(0x7809);
	set_element(dw + 3, FLOAT_2, 0, 0x1123);
	set_element(dw + 5, FLOAT_2, 8, 0x1123);
	memcpy(at(VERTICES), edges, sizeof(edges));
	for (y = 2; y < 4; y++)
		for (x = 5; x < 9; x++)
			expected[y][x] = *pixel(SOURCE, 1, 1);
	primitive(3, 0);
	go();
	same("pixels on edges");
}

/* What says that it changes nothing leaves the bases and the vertex buffer's address as they are. */
static void test_kept(void)
{
	u32 *dw, i;

	prepare_copy(3);
	expect_copy();
	dw = command(0x6101, gen8 ? 15 : 9);
	for (i = 1; i < (gen8 ? 16 : 10); i++)
		dw[i] = 0x5000;
	dw = command(0x7808, 4);
	memcpy(dw, find(0x7808), 5 * sizeof(u32));
	dw[1] &= ~BIT(14);
	dw[2] = 0x5000;
	primitive(3, 0);
	go();
	same("addresses that stay");
}

static void test_drawing_rectangle(void)
{
	u32 x, y, *dw;

	prepare_copy(3);
	dw = find(0x7900);
	dw[1] = 12 << 16 | 9;
	dw[2] = 20 << 16 | 40;
	dw[3] = (u32)(u16)-2 << 16 | 3;		/* the origin */
	for (y = 12; y <= 20; y++)
		for (x = 9; x <= 40; x++)
			expected[y][x] = *pixel(SOURCE, 11 + x - 5 - 3, 3 + y - 7 + 2);
	primitive(3, 0);
	go();
	same("the drawing rectangle clips, its origin moves");
}

/* ---- surfaces ---- */

static void tiled(u32 to, u32 from, enum tiling tiling)
{
	u32 x, y;

	for (y = 0; y < ROWS; y++)
		for (x = 0; x < WIDTH; x++)
			memcpy(at(to + (u32)surface_offset(tiling, PITCH, x * 4, y, false)), pixel(from, x, y), 4);
}

static void test_tiling(void)
{
	prepare_copy(3);
	tiled(MASK, SOURCE, TILING_Y);
	set_surface(1, MASK, BGRA, WIDTH, ROWS, TILING_Y);
	expect_copy();
	primitive(3, 0);
	go();
	same("a copy from Y tiles");

	prepare_copy(3);
	set_surface(0, MASK, BGRA, WIDTH, ROWS, TILING_X);
	memset(at(MASK), 0x55, PITCH * ROWS);
	primitive(3, 0);
	go();
	/* back, by what was just tested */
	prepare_copy(3);
	expect_copy();
	set_surface(1, MASK, BGRA, WIDTH, ROWS, TILING_X);
	rectangle_from(0, 0, WIDTH, ROWS, 0, 0);
	primitive(3, 0);
	go();
	same("a copy to X tiles and back");
}

static void test_formats(void)
{
	u32 x, y;

	prepare_copy(3);
	set_surface(1, SOURCE, BGRX, WIDTH, ROWS, TILING_NONE);
	expect_copy();
	for (y = 7; y < 28; y++)
		for (x = 5; x < 42; x++)
			expected[y][x] |= 0xff000000;
	primitive(3, 0);
	go();
	same("without alpha it is one");

	prepare_copy(3);
	set_surface(0, TARGET, BGR565, 2 * WIDTH, ROWS, TILING_NONE);
	for (y = 0; y < 21; y++)
		for (x = 0; x < 37; x++) {
			u32 from = *pixel(SOURCE, 11 + x, 3 + y);
			u32 red = ((from >> 16 & 255) * 62 + 255) / 510, green = ((from >> 8 & 255) * 126 + 255) / 510,
			    blue = ((from & 255) * 62 + 255) / 510;

			((u16 *)expected[7 + y])[5 + x] = (u16)(red << 11 | green << 5 | blue);
		}
	primitive(3, 0);
	go();
	same("16 bits per pixel");
}

/* ---- samplers ---- */

/* Where a texture of eight pixels has the one for a coordinate; -1: the border. */
static int wrapped(u32 wrap, int i)
{
	if (wrap == 0)
		return (i + 80) % 8;
	if (wrap == 1)
		return (i + 80) % 16 < 8 ? (i + 80) % 8 : 7 - (i + 80) % 8;
	if (wrap == 2)
		return i < 0 ? 0 : i > 7 ? 7 : i;
	return i < 0 || i > 7 ? -1 : i;
}

static void test_wrap(u32 wrap, const char *what)
{
	static const float texture[1][4] = { { -2.5f, -2, 5, 3 } };
	int x, y, u, v;

	prepare_copy(3);
	set_surface(1, SOURCE, BGRA, 8, 8, TILING_NONE);
	set_sampler(0, true, wrap);
	*(u32 *)at(DYNAMIC + BORDER_AT) = 0x40302010;		/* red lowest */
	rectangle(0, 1, 0, 0, 60, 40, texture);
	for (y = 0; y < 40; y++)
		for (x = 0; x < 60; x++) {
			u = wrapped(wrap, x - 20);
			v = wrapped(wrap, y - 16);
			expected[y][x] = u < 0 || v < 0 ? 0x40102030 : *pixel(SOURCE, (u32)u, (u32)v);
		}
	primitive(3, 0);
	go();
	same(what);
}

static void test_samplers(void)
{
	test_wrap(0, "a texture is repeated");
	test_wrap(1, "a texture is mirrored");
	test_wrap(2, "a texture's edge goes on");
	test_wrap(4, "a texture has a border");
}

/* ---- blending ---- */

static u32 rounded(float value)
{
	return (u32)((value < 0 ? 0 : value > 1 ? 1 : value) * 255 + 0.5f);
}

static float channel(u32 pixel, u32 shift)
{
	return (float)(pixel >> shift & 255) / 255;
}

/* One channel: @factors are those of source and destination. */
static u32 blended(const u8 *factors, u32 src, u32 dst, u32 shift)
{
	const float by[] = { 0, 1, channel(src, shift), channel(src, 24), channel(dst, 24), channel(dst, shift) };
	float source = by[factors[0] & 15], destination = by[factors[1] & 15];

	source = factors[0] & 16 ? 1 - source : source;
	destination = factors[1] & 16 ? 1 - destination : destination;
	return rounded(channel(src, shift) * source + channel(dst, shift) * destination) << shift;
}

static void blend(u8 source, u8 destination)
{
	const u8 factors[] = { source, destination };
	u32 x, y, c;

	prepare_copy(3);
	set_blend(true, source, destination, 0);
	fill(TARGET, 0x5a5a5a5a);
	memcpy(expected, at(TARGET), sizeof(expected));
	for (y = 0; y < 21; y++)
		for (x = 0; x < 37; x++) {
			u32 s = *pixel(SOURCE, 11 + x, 3 + y), *d = &expected[7 + y][5 + x], new = 0;

			for (c = 0; c < 32; c += 8)
				new |= blended(factors, s, *d, c);
			*d = new;
		}
	primitive(3, 0);
	go();
	same("blended");
}

static void test_blending(void)
{
	static const u8 factors[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x11, 0x12, 0x13, 0x14, 0x15 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(factors); i++)
		blend(factors[i], factors[(i * 3 + 5) % ARRAY_SIZE(factors)]);

	prepare_copy(3);
	expect_copy();
	for (u32 y = 7; y < 28; y++)
		for (u32 x = 5; x < 42; x++)
			expected[y][x] = (expected[y][x] & 0x00ff00ff) | 0x55005500;
	set_blend(false, 0x01, 0x11, 0xa);	/* alpha, red, green, blue */
	primitive(3, 0);
	go();
	same("channels that are not written");
}

/* A source, where a mask has something, over what is there: what glyphs are drawn with. */
static void test_mask(void)
{
	static const float texture[2][4] = { { 11, 3, 48, 24 }, { 0, 0, 37, 21 } };
	u8 *mask = at(MASK);
	u32 x, y, c;

	prepare_copy(2);
	kernel_mask(0x400);
	set_surface(2, MASK, A8, WIDTH, ROWS, TILING_NONE);
	set_sampler(1, false, 2);
	set_blend(true, 0x01, 0x13, 0);
	batch = find(0x781f);
	set_kernel(2, 2);
	set_vertices(2, FLOAT_2);
	rectangle(0, 2, 5, 7, 42, 28, texture);
	for (y = 0; y < 21; y++)
		for (x = 0; x < 37; x++) {
			u32 s = *pixel(SOURCE, 11 + x, 3 + y), *d = &expected[7 + y][5 + x], new = 0;
			float m;

			mask[y * PITCH + x] = (u8)(x * 7 + y * 13);
			m = (float)mask[y * PITCH + x] / 255;
			for (c = 0; c < 32; c += 8)
				new |= rounded(channel(s, c) * m + channel(*d, c) * (1 - channel(s, 24) * m)) << c;
			*d = new;
		}
	primitive(3, 0);
	go();
	same("through a mask, over what is there");
}

/* ---- what is refused, and what may go wrong ---- */

static void refused(const char *what)
{
	u64 before = r.e->stats.passed_over;

	primitive(3, 0);
	go();
	is(r.e->stats.passed_over - before, 1, "%s: %s is noted", r.gpu.plat->name, what);
	same("and nothing is drawn");
}

struct change {
	u32 op, dword, flip;
	const char *what;
};

static const struct change both[] = {
	{ 0x6904, 0, 2, "the media pipeline" }, { 0x780d, 1, 4, "four samples" }, { 0x7818, 1, 1, "no sample" },
	{ 0x781b, 2, BIT(31), "a hull shader" }, { 0x781c, 1, 1, "tessellation" },
	{ 0x781e, 1, BIT(31), "stream output" },
	{ 0x7812, 2, BIT(31), "clipping" }, { 0x781f, 1, BIT(21), "attributes that are swizzled" },
	{ 0x7809, 4, BIT(16), "perspective" }, { 0x7809, 1, BIT(25), "an element that is none" },
	{ 0x7809, 3, BIT(20), "an element of another format" },
	{ 0x7809, 4, 5 << 28, "a vertex's number as a component" },
	{ 0x7808, 1, BIT(13), "no vertex buffer" },
};

static const struct change haswell[] = {
	{ 0x7810, 5, 1, "a vertex shader" }, { 0x7811, 5, 1, "a geometry shader" }, { 0x781d, 5, 1, "a domain shader" },
	{ 0x7813, 1, 2, "a viewport" }, { 0x7813, 2, BIT(30), "culling" }, { 0x7813, 2, BIT(11), "a scissor" },
	{ 0x7814, 1, BIT(25), "pixels that are killed" }, { 0x7814, 1, BIT(16), "other coordinates" },
	{ 0x7820, 4, BIT(11), "constants" }, { 0x7820, 4, 4, "threads of 32 pixels" }, { 0x7820, 4, 3, "no threads" },
	{ 0x7805, 1, 6u << 29, "a depth buffer" }, { 0x7806, 1, BIT(31), "a stencil buffer" },
	{ 0x7808, 1, BIT(20), "vertices by instance" },
};

static const struct change broadwell[] = {
	{ 0x7810, 7, 1, "a vertex shader" }, { 0x7811, 7, 1, "a geometry shader" }, { 0x781d, 7, 1, "a domain shader" },
	{ 0x7813, 1, 2, "a viewport" }, { 0x7850, 1, BIT(17), "culling" }, { 0x7850, 1, 2, "a scissor" },
	{ 0x7814, 1, BIT(16), "other coordinates" }, { 0x784f, 1, BIT(28), "pixels that are killed" },
	{ 0x784f, 1, BIT(31), "no shader" }, { 0x784d, 1, BIT(30), "no target" },
	{ 0x784d, 1, BIT(8), "an alpha test" },
	{ 0x7820, 6, BIT(11), "constants" }, { 0x7820, 6, 4, "threads of 32 pixels" }, { 0x7820, 6, 3, "no threads" },
	{ 0x784e, 1, 2, "a depth test" }, { 0x7852, 1, BIT(30), "clearing" },
	{ 0x784a, 1, BIT(31), "generated values" },
	{ 0x784b, 1, 1, "another topology" },
};

static void refuse_state(const struct change *c, u32 n)
{
	for (; n--; c++) {
		prepare_copy(3);
		find(c->op)[c->dword] ^= c->flip;
		refused(c->what);
	}
}

static void refuse_kernel(u32 dword, u32 flip, const char *what)
{
	prepare_copy(2);
	((u32 *)at(KERNEL + 0x400))[dword] ^= flip;
	refused(what);
}

static void refuse_structures(void)
{
	u32 i;

	for (i = 0; i < 5; i++) {
		static const struct { u32 at, dword, flip; const char *what; } changes[] = {
			{ SURFACES + SURFACE_AT(0), 0, 0x20 << 18, "a format" },
			{ SURFACES + SURFACE_AT(0), 0, (BGRA ^ BGRX) << 18, "a target's format" },
			{ SURFACES + SURFACE_AT(1), 0, BIT(30), "a surface that is none" },
			{ DYNAMIC, 0, 1 << 14, "a filter" },
			{ DYNAMIC, 3, 1 << 6, "an address mode" },
		};

		prepare_copy(3);
		((u32 *)at(changes[i].at))[changes[i].dword] ^= changes[i].flip;
		refused(changes[i].what);
	}
	prepare_copy(3);
	set_blend(true, 0x01, 0x06, 0);
	refused("a blend factor");
	prepare_copy(3);
	set_surface(0, TARGET + 1, BGRA, WIDTH, ROWS, TILING_NONE);
	refused("a surface between two texels");
	prepare_copy(3);
	((u32 *)at(SURFACES))[1] = SURFACE_AT(0);
	((u32 *)at(KERNEL + 0x400))[11] &= ~0xffu;
	refused("a surface to read and to write");
}

static void refuse_kernels(void)
{
	refuse_kernel(0, BIT(8), "align16");
	refuse_kernel(0, BIT(16), "a predicate");
	refuse_kernel(0, BIT(29), "a compacted instruction");
	refuse_kernel(0, BIT(12), "another half of the channels");
	refuse_kernel(0, 0x7f, "an unknown instruction");
	refuse_kernel(2, 16 << 5, "coordinates that the payload has not");
	refuse_kernel(11, BIT(12), "another message to the sampler");
	refuse_kernel(11, 1 << 17, "a message for fewer channels");
	refuse_kernel(15, BIT(14), "another message to the render cache");
	refuse_kernel(9, gen8 ? BIT(10) : BIT(6), "a message to the sampler that is a number");
	refuse_kernel(13, gen8 ? BIT(10) : BIT(6), "a message to the render cache that is a number");
	refuse_kernel(15, EOT, "a kernel without an end");
	prepare_copy(2);
	kernel = at(KERNEL + 0x400);
	instruction(MOV, 0, 16, vec(112), vec(1), none);
	kernel_copy(0x410, 16);
	refused("a kernel that reads the pixels' places");
	prepare_copy(2);
	kernel = at(KERNEL + 0x400);
	instruction(MOV, 0, 16, vec(112), scalar(0, 4), none);
	kernel_copy(0x410, 16);
	refused("a kernel that computes with the payload's header");
	/* found out only when the kernel runs */
	prepare_copy(2);
	kernel_mask(0x400);
	set_surface(2, MASK, A8, WIDTH, ROWS, TILING_NONE);
	set_sampler(1, false, 2);
	batch = find(0x781f);
	set_kernel(2, 2);
	set_vertices(2, FLOAT_2);
	((u32 *)at(KERNEL + 0x400))[6 * 4 + 3] = 3 << 12;
	refused("a response of another length");
}

static void test_refused(void)
{
	refuse_state(both, ARRAY_SIZE(both));
	if (gen8)
		refuse_state(broadwell, ARRAY_SIZE(broadwell));
	else
		refuse_state(haswell, ARRAY_SIZE(haswell));
	refuse_structures();
	refuse_kernels();
	prepare_copy(3);
	((int16_t *)at(VERTICES))[1]++;
	refused("a triangle");
	prepare_copy(3);
	((int16_t *)at(VERTICES))[0] = -0x7fff;
	refused("a vertex far off");
}

/* Beyond the vertex buffer all is zero; what is not mapped is a fault. */
static void test_bounds(void)
{
	u64 faults, passed;

	prepare_copy(3);
	passed = r.e->stats.passed_over;
	primitive(3, PAGE_SIZE / 12 + 1);
	go();
	same("vertices beyond the buffer draw nothing");
	is(r.e->stats.passed_over, passed, "%s: and are not noted", r.gpu.plat->name);
	prepare_copy(3);
	set_surface(0, MEMORY, BGRA, WIDTH, ROWS, TILING_NONE);
	faults = r.e->stats.faults;
	primitive(3, 0);
	go();
	ok(r.e->stats.faults > faults, "%s: a target without pages is a fault", r.gpu.plat->name);
	prepare_copy(3);
	set_surface(0, TARGET, BGRA, 10, 20, TILING_NONE);
	expect_copy();
	for (u32 y = 0; y < ROWS; y++)
		for (u32 x = 0; x < WIDTH; x++)
			if (x >= 10 || y >= 20)
				expected[y][x] = 0x55555555;
	primitive(3, 0);
	go();
	same("nothing is drawn outside the target");
}

/* Four billion vertices must come in slices, and end. */
static void test_slices(void)
{
	u32 first;

	prepare_copy(3);
	memset(at(VERTICES), 0, PAGE_SIZE);
	rectangle_from(0, 0, WIDTH, ROWS, 0, 0);
	primitive(~0u, 0);
	run_batch();
	is(engine_run(r.e, 1000), RUN_BUSY, "%s: much to draw comes in slices", r.gpu.plat->name);
	ok(r.e->draw_row > 0 && r.e->draw_row < ROWS, "%s: it has begun", r.gpu.plat->name);
	while (engine_run(r.e, 40000) == RUN_BUSY && r.e->draw_rectangle < 2)
		;
	ok(r.e->draw_rectangle > 1, "%s: it goes on", r.gpu.plat->name);
	memcpy(expected, at(SOURCE), sizeof(expected));
	same("and is right");
	first = r.e->draw_rectangle;
	engine_run(r.e, 10000);
	ok(r.e->draw_rectangle > first && r.e->draw_rectangle < first + 1000,
	   "%s: rectangles without a pixel cost something, too", r.gpu.plat->name);
	rig_write(&r, GEN6_GDRST, r.e->info->reset);
	is(run(&r), RUN_IDLE, "%s: a reset ends it", r.gpu.plat->name);
	is(r.e->draw_rectangle + r.e->draw_row, 0, "%s: and the next begins anew", r.gpu.plat->name);
}

/* The state is the context's: what one sets is not there for the other, but when that comes back. */
static void test_context(void)
{
	static const u32 images[] = { CONTEXT_GGTT, CONTEXT_GGTT + 0x10000 };
	u64 passed;
	u32 i;

	for (i = 0; i < 2; i++)
		rig_ggtt_page(&r, images[i]);
	EMIT(&r, MI_SET_CONTEXT, images[0] | 1);
	prepare_copy(3);
	go();
	EMIT(&r, MI_SET_CONTEXT, images[1] | 1);
	batch = at(BATCH);
	command(0x7820, gen8 ? 11 : 7);		/* no kernel */
	go();
	passed = r.e->stats.passed_over;
	batch = at(BATCH);
	primitive(3, 0);
	go();
	is(r.e->stats.passed_over, passed + 1, "%s: another context has other state", r.gpu.plat->name);
	EMIT(&r, MI_SET_CONTEXT, images[0]);
	batch = at(BATCH);
	primitive(3, 0);
	expect_copy();
	go();
	same("a context gets its state back");
}

static void setup(const char *platform)
{
	u32 va;

	rig_open(&r, platform, "rcs");
	gen8 = r.gpu.plat->gen >= 8;
	ring_begin(&r);
	rig_write(&r, ENG(&r, RING_MODE), 0xffff0000 | GFX_PPGTT_ENABLE | (gen8 ? GFX_PPGTT_48B : 0));
	rig_write(&r, ENG(&r, RING_PDP_LDW(0)), rig_page(&r));
	rig_write(&r, ENG(&r, RING_PP_DIR_BASE), DIRECTORY / 64 << 16);
	rig_write(&r, ENG(&r, RING_PP_DIR_DCLV), ~0u);
	memory = rig_page(&r);
	for (va = PAGE_SIZE; va < MEMORY; va += PAGE_SIZE)
		rig_page(&r);
	for (va = 0; va < MEMORY; va += PAGE_SIZE) {
		if (gen8)
			gen8_map(&r, rig_read(&r, ENG(&r, RING_PDP_LDW(0))), 4, va, (memory + va) | 3);
		else
			gen7_map(&r, DIRECTORY, va, memory + va);
	}
}

static void test_platform(const char *platform)
{
	setup(platform);
	test_copy();
	test_several();
	test_edges();
	test_kept();
	test_drawing_rectangle();
	test_tiling();
	test_formats();
	test_samplers();
	test_blending();
	test_mask();
	test_refused();
	test_bounds();
	test_context();
	test_slices();
	rig_close(&r);
}

int main(void)
{
	test_platform("haswell");
	test_platform("broadwell");
	return done();
}
