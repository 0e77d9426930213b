// SPDX-License-Identifier: GPL-2.0-only
/* Pictures of what a pipe shows, beside those that the CPU makes of the same pixels. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "server.h"

#define SURFACE		0x800000u	/* GGTT address */
#define CURSOR		0xa00000u
#define STRIDE		1024u		/* two tiles wide */
#define ROWS		48u
#define WIDTH		150u
#define HEIGHT		30u
#define PIPE		1u

static struct rig r;
static u8 surface[STRIDE * ROWS];	/* linear, as the CPU sees it */
static u8 expected[WIDTH * HEIGHT * 3];

static void write_ggtt(u32 ggtt, const void *from, u32 n)
{
	memcpy(r.ram + ggtt_translate(&r.gpu, ggtt), from, n);
}

/* Bit 6 of an address, as the driver's documentation of swizzling says. */
static u32 swizzled(u32 at)
{
	return at ^ ((at >> 9 ^ at >> 10) & 1) << 6;
}

/* Put the surface into memory in the order of its tiles: eight rows of 512 bytes each. */
static void store_tiled(bool swizzle)
{
	u32 at = 0, tile_y, tile_x, y, x;

	for (tile_y = 0; tile_y < ROWS; tile_y += 8)
		for (tile_x = 0; tile_x < STRIDE; tile_x += 512)
			for (y = tile_y; y < tile_y + 8; y++)
				for (x = tile_x; x < tile_x + 512; x += 64, at += 64)
					write_ggtt(SURFACE + (swizzle ? swizzled(at) : at),
						   surface + y * STRIDE + x, 64);
}

static void store_linear(void)
{
	write_ggtt(SURFACE, surface, sizeof(surface));
}

static void show(u32 format, u32 flags)
{
	rig_write(&r, PIPESRC(PIPE), (WIDTH - 1) << 16 | (HEIGHT - 1));
	rig_write(&r, PIPECONF(PIPE), ENABLE);
	rig_write(&r, DSPCNTR(PIPE), ENABLE | DISPPLANE_FORMAT(format) | flags);
	rig_write(&r, DSPSTRIDE(PIPE), STRIDE);
	rig_write(&r, DSPOFFSET(PIPE), 0);
	rig_write(&r, DSPSURF(PIPE), SURFACE);
}

static bool shows_expected(void)
{
	struct picture p;
	bool same;

	if (picture_take(&r.gpu, PIPE, &p))
		return false;
	same = p.width == WIDTH && p.height == HEIGHT && !memcmp(p.rgb, expected, sizeof(expected));
	free(p.rgb);
	return same;
}

static u32 pixel_at(u32 x, u32 y, u32 bytes)
{
	u32 pixel = 0;

	memcpy(&pixel, surface + y * STRIDE + x * bytes, bytes);
	return pixel;
}

static u8 *expected_at(u32 x, u32 y)
{
	return expected + 3 * (y * WIDTH + x);
}

/* What XRGB pixels look like from (@left, @top) of the surface on. */
static void expect_xrgb(u32 left, u32 top)
{
	u32 x, y;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++) {
			u32 pixel = pixel_at(x + left, y + top, 4);

			expected_at(x, y)[0] = (u8)(pixel >> 16);
			expected_at(x, y)[1] = (u8)(pixel >> 8);
			expected_at(x, y)[2] = (u8)pixel;
		}
}

static void test_plane(void)
{
	struct picture p;

	is((u64)picture_take(&r.gpu, PIPE, &p), (u64)-ENODATA, "a pipe that is off has no picture");
	is((u64)picture_take(&r.gpu, NUM_PIPES, &p), (u64)-ENODATA, "nor has one that does not exist");
	store_linear();
	expect_xrgb(0, 0);
	show(6, 0);
	ok(shows_expected(), "a linear plane");
	rig_write(&r, DSPOFFSET(PIPE), 7 << 16 | 11);
	expect_xrgb(11, 7);
	ok(shows_expected(), "from a place within the surface on");
	store_tiled(false);
	show(6, DISPPLANE_TILED);
	rig_write(&r, DSPOFFSET(PIPE), 7 << 16 | 11);
	ok(shows_expected(), "an X-tiled plane");
	store_tiled(true);
	ok(!shows_expected(), "swizzling changes the picture");
	rig_write(&r, DISP_ARB_CTL, DISP_TILE_SURFACE_SWIZZLING);
	ok(shows_expected(), "unless the display undoes it");
	rig_write(&r, DISP_ARB_CTL, 0);
	rig_write(&r, DSPCNTR(PIPE), 0);
	memset(expected, 0, sizeof(expected));
	ok(shows_expected(), "a plane that is off is black");
	show(0, 0);
	is((u64)picture_take(&r.gpu, PIPE, &p), (u64)-EOPNOTSUPP, "a format that is not modelled is told");
}

static void test_turned(void)
{
	u8 upright[sizeof(expected)];
	u32 i;

	store_linear();
	expect_xrgb(0, 0);
	memcpy(upright, expected, sizeof(upright));
	for (i = 0; i < WIDTH * HEIGHT; i++)
		memcpy(expected + 3 * i, upright + sizeof(upright) - 3 * (i + 1), 3);
	show(6, DISPPLANE_ROTATE_180);
	ok(shows_expected(), "a plane that is turned by 180 degrees");
}

static void test_formats(void)
{
	static const struct {
		u32 format, bytes, pixel;
		u8 rgb[3];
	} cases[] = {
		{ 4, 2, 0x7c1f, { 0xff, 0x00, 0xff } },
		{ 5, 2, 0x8410, { 0x84, 0x82, 0x84 } },
		{ 8, 4, 0xc00003ff, { 0xff, 0x00, 0x00 } },
		{ 10, 4, 0x3ff00801, { 0xff, 0x00, 0x00 } },
		{ 14, 4, 0xff112233, { 0x33, 0x22, 0x11 } },
	};
	struct picture p;
	u32 i, x;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (x = 0; x < WIDTH; x++) {
			memcpy(surface + x * cases[i].bytes, &cases[i].pixel, cases[i].bytes);
			memcpy(expected_at(x, 0), cases[i].rgb, 3);
		}
		store_linear();
		show(cases[i].format, 0);
		rig_write(&r, PIPESRC(PIPE), (WIDTH - 1) << 16);
		ok(!picture_take(&r.gpu, PIPE, &p) && !memcmp(p.rgb, expected, WIDTH * 3),
		   "format %u", cases[i].format);
		free(p.rgb);
	}
}

static void test_palette(void)
{
	struct picture p;
	u32 i;

	for (i = 0; i < 256; i++)
		rig_write(&r, LGC_PALETTE(PIPE, i), i << 16 | (255 - i) << 8 | (i ^ 0x55));
	surface[0] = 0x12;
	surface[1] = 0x34;
	surface[2] = 0x56;
	store_linear();
	show(2, 0);
	if (!picture_take(&r.gpu, PIPE, &p))
		is(p.rgb[3] << 16 | p.rgb[4] << 8 | p.rgb[5], 0x34cb61, "an indexed pixel");
	free(p.rgb);
	show(6, DISPPLANE_GAMMA_ENABLE);
	if (!picture_take(&r.gpu, PIPE, &p))
		is(p.rgb[0] << 16 | p.rgb[1] << 8 | p.rgb[2], 0x56cb47, "gamma by the palette");
	free(p.rgb);
}

static void test_cursor(void)
{
	u32 image[64 * 64], x, y;

	for (y = 0; y < 64; y++)
		for (x = 0; x < 64; x++)
			image[y * 64 + x] = x < 32 ? 0xff102030 : y < 32 ? 0x80400000 : 0;
	for (x = 0; x < sizeof(image); x += PAGE_SIZE)
		rig_ggtt_page(&r, CURSOR + x);
	for (x = 0; x < sizeof(image); x += PAGE_SIZE)
		write_ggtt(CURSOR + x, image + x / 4, PAGE_SIZE);
	memset(surface, 0x64, sizeof(surface));
	store_linear();
	show(6, 0);
	memset(expected, 0x64, sizeof(expected));
	rig_write(&r, CURCNTR(PIPE), 0x27);
	rig_write(&r, CURBASE(PIPE), CURSOR);
	/* at -10, 4: ten of its columns stick out to the left */
	rig_write(&r, CURPOS(PIPE), 4 << 16 | BIT(15) | 10);
	for (y = 4; y < HEIGHT; y++)
		for (x = 0; x < 54; x++) {
			u8 *to = expected_at(x, y);

			to[0] = x < 22 ? 0x10 : 0x40 + 0x64 * 0x7f / 0xff;
			to[1] = x < 22 ? 0x20 : 0x64 * 0x7f / 0xff;
			to[2] = x < 22 ? 0x30 : 0x64 * 0x7f / 0xff;
		}
	ok(shows_expected(), "a cursor, opaque on its left and half so on its right");
	rig_write(&r, CURPOS(PIPE), HEIGHT << 16);
	memset(expected, 0x64, sizeof(expected));
	ok(shows_expected(), "a cursor that is below the picture");
	rig_write(&r, CURCNTR(PIPE), 0);
}

static u32 be32(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

/* Take the stored blocks of a zlib stream apart; returns the bytes in them, or 0. */
static u32 unpack(const u8 *stream, u32 size, u8 *to)
{
	u32 at = 2, n = 0, a = 1, b = 0, i, last;

	if (be32(stream) >> 16 != 0x7801)
		return 0;
	do {
		u32 len = stream[at + 1] | (u32)stream[at + 2] << 8;

		last = stream[at];
		if ((len ^ (stream[at + 3] | (u32)stream[at + 4] << 8)) != 0xffff)
			return 0;
		memcpy(to + n, stream + at + 5, len);
		n += len;
		at += 5 + len;
	} while (!last);
	for (i = 0; i < n; i++) {
		a = (a + to[i]) % 65521;
		b = (b + a) % 65521;
	}
	return at + 4 == size && be32(stream + at) == (b << 16 | a) ? n : 0;
}

/* Does the chunk at @at have that name and the right CRC? */
static bool is_chunk(const u8 *at, const char *name)
{
	return !memcmp(at + 4, name, 4) && be32(at + 8 + be32(at)) == crc32(at + 4, 4 + be32(at));
}

static void test_png(void)
{
	enum { W = 200, H = 150 };	/* more than one stored block */
	static u8 rgb[W * H * 3], file[100000], rows[100000];
	struct picture p = { W, H, rgb };
	char path[] = "/tmp/vgpu-test.XXXXXX";
	const u8 *header = file + 8, *data = header + 25;
	bool same = true;
	size_t size;
	u32 i;
	FILE *f;

	is(crc32((const u8 *)"123456789", 9), 0xcbf43926, "the CRC's check value");
	close(mkstemp(path));
	for (i = 0; i < sizeof(rgb); i++)
		rgb[i] = (u8)(i * 7 + i / 600);
	is((u64)png_write(path, &p), 0, "a picture is written");
	f = fopen(path, "r");
	size = fread(file, 1, sizeof(file), f);
	fclose(f);
	unlink(path);
	ok(!memcmp(file, "\x89PNG\r\n\x1a\n", 8) && is_chunk(header, "IHDR") && is_chunk(data, "IDAT"),
	   "it has a PNG's chunks");
	is((u64)be32(header + 8) << 32 | be32(header + 12), (u64)W << 32 | H, "and its size");
	is(be32(header + 16), 8 << 24 | 2 << 16, "of eight bits for red, green and blue each");
	is(unpack(data + 8, be32(data), rows), H * (W * 3 + 1), "the data unpack");
	for (i = 0; i < H; i++)
		same = same && !rows[i * (W * 3 + 1)] &&
		       !memcmp(rows + i * (W * 3 + 1) + 1, rgb + (size_t)i * W * 3, W * 3);
	ok(same, "to the picture");
	ok(file + size == data + be32(data) + 12 + 12 && is_chunk(file + size - 12, "IEND"), "then it ends");
	is((u64)png_write("/nowhere/to/be.png", &p), (u64)-ENOENT, "no such folder");
}

/* By the magic block and by the control socket. */
static void test_requests(void)
{
	char prefix[] = "/tmp/vgpu-test.XXXXXX/screen", first[64], second[64], line[] = "picture b";
	char off[] = "picture a", none[] = "picture", reply[256], said[64];
	u32 crc;

	prefix[strlen(prefix) - strlen("/screen")] = '\0';
	if (!mkdtemp(prefix))
		return;
	prefix[strlen(prefix)] = '/';
	snprintf(first, sizeof(first), "%s-1.png", prefix);
	snprintf(second, sizeof(second), "%s-2.png", prefix);
	r.gpu.display.pictures = prefix;
	r.gpu.display.taken = 0;
	memset(surface, 0x64, sizeof(surface));
	store_linear();
	show(6, 0);
	memset(expected, 0x64, sizeof(expected));
	crc = crc32(expected, sizeof(expected));
	rig_write(&r, MAGIC_BASE + 0x18, PIPE);
	is(rig_read(&r, MAGIC_BASE + 0x18), crc, "the magic block has the picture's CRC");
	is((u64)access(first, R_OK), 0, "and the file is there");
	snprintf(said, sizeof(said), "picture 2 crc 0x%08x\n", crc);
	is((u64)control_execute(&r.gpu, line, reply, sizeof(reply)), 0, "the control socket takes one");
	ok(!strcmp(reply, said), "and says which");
	is((u64)access(second, R_OK), 0, "that file is there, too");
	is((u64)control_execute(&r.gpu, off, reply, sizeof(reply)), (u64)-ENODATA, "of a pipe that is off: none");
	is(rig_read(&r, MAGIC_BASE + 0x18), 0, "which has no CRC");
	is((u64)control_execute(&r.gpu, none, reply, sizeof(reply)), (u64)-EINVAL, "the pipe must be named");
	unlink(first);
	unlink(second);
	*strrchr(prefix, '/') = '\0';
	rmdir(prefix);
}

int main(void)
{
	u32 i;

	rig_open(&r, "haswell", "rcs");
	for (i = 0; i < sizeof(surface); i++)
		surface[i] = (u8)(i * 31 + i / STRIDE * 17);
	for (i = 0; i < sizeof(surface); i += PAGE_SIZE)
		rig_ggtt_page(&r, SURFACE + i);
	test_plane();
	test_turned();
	test_formats();
	test_palette();
	test_cursor();
	test_png();
	test_requests();
	rig_close(&r);
	return done();
}
