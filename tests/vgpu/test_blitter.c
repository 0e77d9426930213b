// SPDX-License-Identifier: GPL-2.0-only
/* Each command of the blitter, on both generations, beside what the CPU makes of it. */
#include <stdio.h>
#include <string.h>

#include "test.h"

#define SURFACE		0x800000u	/* GGTT address */
#define OTHER		0x900000u
#define BITS_AT		0xa00000u
#define PITCH		1024u		/* two X tiles wide, eight Y tiles */
#define WIDTH		256u		/* pixels of 32 bits */
#define ROWS		64u
#define SIZE		(PITCH * ROWS)

#define BLIT(op, dwords)	(2u << 29 | (u32)(op) << 22 | ((dwords) - 2))
#define RGBA			(3u << 20)
#define DST_TILED		BIT(11)
#define SRC_TILED		BIT(15)
#define BYTE_PACKED		BIT(16)
#define DEPTH_32		(3u << 24)
#define ROP(n)			((u32)(n) << 16)
#define CLIP			BIT(30)
#define TRANSPARENT		BIT(29)
#define PATTERN_TRANSPARENT	BIT(28)
#define SOLID			BIT(31)
#define AT(x, y)		((u32)(y) << 16 | (u32)(x))

static struct rig r;
static bool gen8;
static u32 expected[ROWS][WIDTH], got[ROWS][WIDTH];

/* An address: two dwords on gen8, one on gen7; commands are longer by that. */
static void emit_address(u32 addr)
{
	emit(&r, addr);
	if (gen8)
		emit(&r, 0);
}

static void go(void)
{
	ring_submit(&r);
	run(&r);
}

static void write_ggtt(u32 ggtt, const void *from, u32 n)
{
	memcpy(r.ram + ggtt_translate(&r.gpu, ggtt), from, n);
}

static void map(u32 ggtt, u32 size)
{
	u32 at;

	for (at = 0; at < size; at += PAGE_SIZE)
		rig_ggtt_page(&r, ggtt + at);
}

/* A picture without repetition, in memory as it is expected. */
static void fill(void)
{
	u32 x, y;

	for (y = 0; y < ROWS; y++)
		for (x = 0; x < WIDTH; x++)
			expected[y][x] = (x * 0x01030507) ^ (y * 0x11050301);
	for (y = 0; y < ROWS; y += 4)
		write_ggtt(SURFACE + y * PITCH, expected[y], PAGE_SIZE);
}

static void read_back(u32 surface)
{
	u32 y;

	for (y = 0; y < ROWS; y += 4)
		memcpy(got[y], r.ram + ggtt_translate(&r.gpu, surface + y * PITCH), PAGE_SIZE);
}

static void same(const char *what)
{
	u32 x, y;

	read_back(SURFACE);
	ok(!memcmp(got, expected, sizeof(got)), "%s", what);
	for (y = 0; y < ROWS; y++)
		for (x = 0; x < WIDTH; x++)
			if (got[y][x] != expected[y][x]) {
				printf("#   (%u, %u) is 0x%08x, not 0x%08x\n", x, y, got[y][x], expected[y][x]);
				return;
			}
}

static void copy(u32 flags, u32 rop, u32 to, u32 x1, u32 y1, u32 x2, u32 y2, u32 from, u32 x, u32 y)
{
	u32 to_pitch = flags & DST_TILED ? PITCH / 4 : PITCH, from_pitch = flags & SRC_TILED ? PITCH / 4 : PITCH;

	EMIT(&r, BLIT(0x53, gen8 ? 10 : 8) | RGBA | flags, DEPTH_32 | ROP(rop) | to_pitch, AT(x1, y1), AT(x2, y2));
	emit_address(to);
	EMIT(&r, AT(x, y), from_pitch);
	emit_address(from);
	go();
}

/* What X tiles hold: eight rows of 512 bytes, tile by tile. */
static void untile_x(bool swizzle)
{
	u32 at = 0, tile_y, tile_x, y, x;

	read_back(OTHER);
	for (tile_y = 0; tile_y < ROWS; tile_y += 8)
		for (tile_x = 0; tile_x < PITCH; tile_x += 512)
			for (y = tile_y; y < tile_y + 8; y++)
				for (x = tile_x; x < tile_x + 512; x += 64, at += 64) {
					u32 from = swizzle ? at ^ ((at >> 9 ^ at >> 10) & 1) << 6 : at;

					memcpy((u8 *)expected[y] + x, (u8 *)got + from, 64);
				}
}

/* What Y tiles hold: eight columns of 32 rows of 16 bytes. */
static void untile_y(void)
{
	u32 at = 0, tile_y, tile_x, y, x;

	read_back(OTHER);
	for (tile_y = 0; tile_y < ROWS; tile_y += 32)
		for (tile_x = 0; tile_x < PITCH; tile_x += 128)
			for (x = tile_x; x < tile_x + 128; x += 16)
				for (y = tile_y; y < tile_y + 32; y++, at += 16)
					memcpy((u8 *)expected[y] + x, (u8 *)got + at, 16);
}

static void test_tiling(void)
{
	fill();
	copy(DST_TILED, 0xcc, OTHER, 0, 0, WIDTH, ROWS, SURFACE, 0, 0);
	untile_x(false);
	same("a copy to an X-tiled surface");
	write_ggtt(SURFACE, got, 16);	/* the CPU's spoils what is to be copied back */
	copy(SRC_TILED, 0xcc, SURFACE, 0, 0, WIDTH, ROWS, OTHER, 0, 0);
	same("and from it");
	rig_write(&r, TILECTL, TILECTL_SWZCTL);
	copy(DST_TILED, 0xcc, OTHER, 0, 0, WIDTH, ROWS, SURFACE, 0, 0);
	untile_x(true);
	same("a copy to an X-tiled surface that is swizzled");
	rig_write(&r, TILECTL, 0);
	EMIT(&r, MI_LRI(1), BCS_SWCTRL, BCS_DST_Y << 16 | BCS_DST_Y, MI_NOOP);
	copy(DST_TILED, 0xcc, OTHER, 0, 0, WIDTH, ROWS, SURFACE, 0, 0);
	untile_y();
	same("a copy to a Y-tiled surface");
	EMIT(&r, MI_LRI(1), BCS_SWCTRL, (BCS_SRC_Y | BCS_DST_Y) << 16 | BCS_SRC_Y, MI_NOOP);
	memset(got, 0, sizeof(got));
	write_ggtt(SURFACE, got, PAGE_SIZE);
	copy(SRC_TILED, 0xcc, SURFACE, 0, 0, WIDTH, 4, OTHER, 0, 0);
	same("and from it");
	EMIT(&r, MI_LRI(1), BCS_SWCTRL, (BCS_SRC_Y | BCS_DST_Y) << 16, MI_NOOP);
	is(r.e->stats.faults, 0, "tiling: no fault");
}

static void test_overlap(void)
{
	u32 before[ROWS][WIDTH], x, y;

	fill();
	memcpy(before, expected, sizeof(before));
	for (y = 3; y < ROWS; y++)
		memcpy(expected[y], before[y - 3], PITCH);
	copy(0, 0xcc, SURFACE, 0, 3, WIDTH, ROWS, SURFACE, 0, 0);
	same("a surface scrolls down");
	fill();
	for (y = 0; y < ROWS - 3; y++)
		memcpy(expected[y], before[y + 3], PITCH);
	copy(0, 0xcc, SURFACE, 0, 0, WIDTH, ROWS - 3, SURFACE, 0, 3);
	same("up");
	fill();
	for (y = 0; y < ROWS; y++)
		for (x = 5; x < WIDTH; x++)
			expected[y][x] = before[y][x - 5];
	copy(0, 0xcc, SURFACE, 5, 0, WIDTH, ROWS, SURFACE, 0, 0);
	same("and to the right");
}

static void color(u32 flags, u32 br13, u32 x1, u32 y1, u32 x2, u32 y2, u32 pixel)
{
	EMIT(&r, BLIT(0x50, gen8 ? 7 : 6) | flags, DEPTH_32 | br13 | PITCH, AT(x1, y1), AT(x2, y2));
	emit_address(SURFACE);
	EMIT(&r, pixel);
	go();
}

static void test_operations(void)
{
	u32 x;

	fill();
	for (x = 10; x < 20; x++) {
		u32 *pixel = &expected[4][x];

		*pixel ^= 0xff00ff;
		*pixel = 0x12345678 & ~*pixel;
	}
	color(RGBA, ROP(0x5a), 10, 4, 20, 5, 0xff00ff);
	color(RGBA, ROP(0x50), 10, 4, 20, 5, 0x12345678);
	same("XY_COLOR_BLT: pattern xor, and pattern and not, what is there");
	for (x = 0; x < 10; x++)
		expected[9][x] ^= expected[7][x];
	copy(0, 0x66, SURFACE, 0, 9, 10, 10, SURFACE, 0, 7);
	same("XY_SRC_COPY_BLT: source xor what is there");
	for (x = 0; x < 10; x++)
		expected[11][x] = (expected[11][x] & 0xff000000) | 0x345678;
	color(BIT(20), ROP(0xf0), 0, 11, 10, 12, 0x12345678);
	same("the alpha is left alone");
}

/* Draw bits, the leftmost is the uppermost of a byte; absent ones in @background, or not at all. */
static void expect_bits(int left, int top, const u8 *bits, u32 row_bits, u32 first, u32 w, u32 h, bool transparent)
{
	u32 x, y;

	for (y = 0; y < h; y++)
		for (x = 0; x < w; x++) {
			u32 bit = y * row_bits + first + x;

			if (bits[bit / 8] & 0x80 >> bit % 8)
				expected[top + (int)y][left + (int)x] = 0xf0f0f0f0;
			else if (!transparent)
				expected[top + (int)y][left + (int)x] = 0x0b0b0b0b;
		}
}

static void set_up(u32 op, u32 br13, u32 from, u32 to)
{
	EMIT(&r, BLIT(op, (gen8 ? 10 : 8) + (op == 0x11 && !gen8)) | RGBA, DEPTH_32 | br13 | PITCH, from, to);
	emit_address(SURFACE);
	EMIT(&r, 0x0b0b0b0b, 0xf0f0f0f0);
}

static const u8 glyph[16] = { 0x18, 0x3c, 0xff, 0x81, 0x42, 0x99, 0x0f, 0xe1, 0x77, 0x10, 0x01, 0x80, 5, 6, 7, 8 };
static u32 words[4];	/* the same, as a command has them */

static void test_text(void)
{
	fill();
	set_up(0x01, ROP(0xcc), 0, 0);
	emit_address(0);
	EMIT(&r, BLIT(0x31, 5) | BYTE_PACKED, AT(20, 10), AT(27, 17), words[0], words[1]);
	go();
	expect_bits(20, 10, glyph, 8, 0, 7, 7, false);
	same("XY_TEXT_IMMEDIATE_BLT: bytes, opaque");
	set_up(0x01, TRANSPARENT | ROP(0xcc), 0, 0);
	emit_address(0);
	EMIT(&r, BLIT(0x31, 5), AT(40, 10), AT(47, 17), words[0], words[1]);
	go();
	expect_bits(40, 10, glyph, 7, 0, 7, 7, true);
	same("XY_TEXT_IMMEDIATE_BLT: bits, transparent");
	write_ggtt(BITS_AT + 1, glyph, sizeof(glyph));
	EMIT(&r, BLIT(0x26, gen8 ? 5 : 4) | BYTE_PACKED, AT(60, 10), AT(70, 15));
	emit_address(BITS_AT + 1);
	go();
	expect_bits(60, 10, glyph, 16, 0, 10, 5, true);
	same("XY_TEXT_BLT");
	/* of the glyph the clip rectangle leaves the lower right part, less its last column and row */
	set_up(0x01, CLIP | ROP(0xcc), AT(83, 12), AT(87, 16));
	emit_address(0);
	EMIT(&r, BLIT(0x31, 5) | BYTE_PACKED, AT(80, 10), AT(88, 17), words[0], words[1]);
	go();
	expect_bits(83, 12, glyph + 2, 8, 3, 4, 4, false);
	same("text is clipped");
	EMIT(&r, BLIT(0x03, 3), AT(0, 0), AT(WIDTH, 11), MI_NOOP);
	EMIT(&r, BLIT(0x31, 5) | BYTE_PACKED, AT(100, 10), AT(108, 17), words[0], words[1]);
	go();
	expect_bits(100, 10, glyph, 8, 0, 8, 1, false);
	same("XY_SETUP_CLIP_BLT moves the clip rectangle");
}

static void test_mono_source(void)
{
	fill();
	write_ggtt(BITS_AT, glyph, sizeof(glyph));
	EMIT(&r, BLIT(0x54, gen8 ? 10 : 8) | RGBA | 3 << 17, DEPTH_32 | ROP(0xcc) | PITCH, AT(5, 20), AT(15, 23));
	emit_address(SURFACE);
	emit_address(BITS_AT);
	EMIT(&r, 0x0b0b0b0b, 0xf0f0f0f0);
	go();
	expect_bits(5, 20, glyph, 16, 3, 10, 3, false);
	same("XY_MONO_SRC_COPY_BLT: rows begin at a word, three bits from it");
	EMIT(&r, BLIT(0x71, gen8 ? 10 : 9) | RGBA, TRANSPARENT | DEPTH_32 | ROP(0xcc) | PITCH, AT(30, 20),
	     AT(40, 24));
	emit_address(SURFACE);
	EMIT(&r, 0x0b0b0b0b, 0xf0f0f0f0, words[0], words[1]);
	go();
	expect_bits(30, 20, glyph, 16, 0, 10, 4, true);
	same("XY_MONO_SRC_COPY_IMMEDIATE_BLT");
}

/* The bit of an 8x8 pattern at a place of the surface, with the command's seeds. */
static void expect_pattern(u32 x1, u32 y1, u32 x2, u32 y2, u32 seed_x, u32 seed_y, bool transparent)
{
	u32 x, y;

	for (y = y1; y < y2; y++)
		for (x = x1; x < x2; x++)
			if (glyph[(y + seed_y) % 8] & 0x80 >> (x + seed_x) % 8)
				expected[y][x] = 0xf0f0f0f0;
			else if (!transparent)
				expected[y][x] = 0x0b0b0b0b;
}

static void test_mono_pattern(void)
{
	fill();
	EMIT(&r, BLIT(0x52, gen8 ? 10 : 9) | RGBA | 3 << 12 | 5 << 8, DEPTH_32 | ROP(0xf0) | PITCH, AT(3, 2),
	     AT(30, 25));
	emit_address(SURFACE);
	EMIT(&r, 0x0b0b0b0b, 0xf0f0f0f0, words[0], words[1]);
	go();
	expect_pattern(3, 2, 30, 25, 3, 5, false);
	same("XY_MONO_PAT_BLT: with seeds");
	EMIT(&r, BLIT(0x52, gen8 ? 10 : 9) | RGBA, PATTERN_TRANSPARENT | DEPTH_32 | ROP(0xf0) | PITCH, AT(43, 2),
	     AT(60, 25));
	emit_address(SURFACE);
	EMIT(&r, 0x0b0b0b0b, 0xf0f0f0f0, words[0], words[1]);
	go();
	expect_pattern(43, 2, 60, 25, 0, 0, true);
	same("XY_MONO_PAT_BLT: transparent");
	set_up(0x11, ROP(0xf0), 0, 0);
	EMIT(&r, words[0], words[1]);
	EMIT(&r, BLIT(0x25, 3), AT(70, 30), AT(90, 33));
	go();
	expect_pattern(70, 30, 90, 33, 0, 0, false);
	same("XY_SCANLINES_BLT: a pattern");
	set_up(0x11, SOLID | ROP(0xf0), 0, 0);
	EMIT(&r, 0, 0);
	EMIT(&r, BLIT(0x25, 3), AT(100, 30), AT(102, 31));
	EMIT(&r, BLIT(0x24, 2), AT(110, 31));
	go();
	expected[30][100] = 0xf0f0f0f0;
	expected[30][101] = 0xf0f0f0f0;
	expected[31][110] = 0xf0f0f0f0;
	same("XY_SCANLINES_BLT and XY_PIXEL_BLT: one color");
}

static void test_color_pattern(void)
{
	u32 tile[8][8], x, y;

	fill();
	for (y = 0; y < 8; y++)
		for (x = 0; x < 8; x++)
			tile[y][x] = 0x80000000 + y * 0x1000 + x;
	write_ggtt(BITS_AT, tile, sizeof(tile));
	EMIT(&r, BLIT(0x51, gen8 ? 8 : 6) | RGBA | 1 << 12 | 2 << 8, DEPTH_32 | ROP(0xf0) | PITCH, AT(1, 1),
	     AT(20, 12));
	emit_address(SURFACE);
	emit_address(BITS_AT);
	go();
	for (y = 1; y < 12; y++)
		for (x = 1; x < 20; x++)
			expected[y][x] = tile[(y + 2) % 8][(x + 1) % 8];
	same("XY_PAT_BLT");
	EMIT(&r, BLIT(0x72, (gen8 ? 6 : 5) + 64) | RGBA, DEPTH_32 | ROP(0xf0) | PITCH, AT(31, 1), AT(50, 12));
	emit_address(SURFACE);
	emit_all(&r, tile[0], 64);
	go();
	for (y = 1; y < 12; y++)
		for (x = 31; x < 50; x++)
			expected[y][x] = tile[y % 8][x % 8];
	same("XY_PAT_BLT_IMMEDIATE");
}

/* IGT's negative-reloc-bltcopy has surfaces begin a page before their object, which may be at address zero. */
static void test_wrap(void)
{
	const u32 below = 16 * PITCH, row = (SURFACE + 16 * PITCH) / PITCH;

	fill();
	expected[0][5] = 0x00c0ffee;
	EMIT(&r, BLIT(0x50, 6) | RGBA, DEPTH_32 | ROP(0xf0) | PITCH, AT(5, row), AT(6, row + 1), -below, 0x00c0ffee);
	go();
	same("an address beyond the last one is the first one");
}

static void test_refused(void)
{
	u32 y;

	fill();
	EMIT(&r, BLIT(0x73, gen8 ? 10 : 8), 0, 0, 0, 0, 0, 0, 0);
	if (gen8)
		EMIT(&r, 0, 0);
	EMIT(&r, BLIT(0x50, 3) | RGBA, DEPTH_32 | ROP(0xf0) | PITCH, 0);
	go();
	same("what is not modelled, and what is too short, draws nothing");
	is(r.e->hung, false, "and hangs nothing");
	is(r.e->stats.passed_over, 2, "and is noted");
	/* more rows than the command has bits for */
	EMIT(&r, BLIT(0x71, gen8 ? 9 : 8) | RGBA, DEPTH_32 | ROP(0xcc) | PITCH, AT(0, 0), AT(32, 3));
	emit_address(SURFACE);
	EMIT(&r, 0x0b0b0b0b, 0xf0f0f0f0, words[0]);
	go();
	expect_bits(0, 0, glyph, 32, 0, 32, 1, false);
	for (y = 1; y < 3; y++)
		memset(expected[y], 0x0b, 32 * 4);
	same("bits behind the command's end are zero");
}

static void test_platform(const char *platform)
{
	rig_open(&r, platform, "bcs");
	gen8 = r.gpu.plat->gen >= 8;
	ring_begin(&r);
	map(SURFACE, SIZE);
	map(OTHER, SIZE);
	map(BITS_AT, PAGE_SIZE);
	test_tiling();
	test_overlap();
	test_operations();
	test_text();
	test_mono_source();
	test_mono_pattern();
	test_color_pattern();
	if (!gen8)
		test_wrap();
	test_refused();
	rig_close(&r);
}

int main(void)
{
	memcpy(words, glyph, sizeof(words));
	test_platform("broadwell");
	test_platform("haswell");
	return done();
}
