// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PNG file (RFC 2083) without compression: what is in it are stored blocks of
 * deflate (RFC 1951), so that no library is needed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"

#define STORED_MAX	65535u	/* bytes of a stored block */

struct crc {
	u32 table[256];
	u32 value;
};

static void crc_begin(struct crc *c)
{
	u32 i, bit, v;

	for (i = 0; i < 256; i++) {
		for (v = i, bit = 0; bit < 8; bit++)
			v = v >> 1 ^ (v & 1 ? 0xedb88320 : 0);
		c->table[i] = v;
	}
	c->value = ~0u;
}

static void crc_add(struct crc *c, const u8 *data, size_t n)
{
	while (n--)
		c->value = c->table[(c->value ^ *data++) & 0xff] ^ c->value >> 8;
}

/**
 * crc32() - the CRC of PNG, zip and Ethernet
 */
u32 crc32(const u8 *data, size_t n)
{
	struct crc c;

	crc_begin(&c);
	crc_add(&c, data, n);
	return ~c.value;
}

static void put_be32(u8 *to, u32 value)
{
	to[0] = (u8)(value >> 24);
	to[1] = (u8)(value >> 16);
	to[2] = (u8)(value >> 8);
	to[3] = (u8)value;
}

/* @data: is written after the length and the chunk's name, and before the CRC of name and data */
static void write_chunk(FILE *f, const char *name, const u8 *data, u32 n)
{
	u8 head[8], tail[4];
	struct crc c;

	put_be32(head, n);
	memcpy(head + 4, name, 4);
	crc_begin(&c);
	crc_add(&c, head + 4, 4);
	crc_add(&c, data, n);
	put_be32(tail, ~c.value);
	fwrite(head, 1, sizeof(head), f);
	fwrite(data, 1, n, f);
	fwrite(tail, 1, sizeof(tail), f);
}

/* Each row behind a byte that says how it is filtered: not. */
static u8 *rows_of(const struct picture *p, size_t *size)
{
	size_t row = 3 * (size_t)p->width;
	u8 *rows = calloc(p->height, row + 1);
	u32 y;

	for (y = 0; rows && y < p->height; y++)
		memcpy(rows + y * (row + 1) + 1, p->rgb + y * row, row);
	*size = p->height * (row + 1);
	return rows;
}

static u32 adler32(const u8 *data, size_t n)
{
	u32 a = 1, b = 0;

	while (n--) {
		a = (a + *data++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

/* A zlib stream (RFC 1950) of stored blocks; NULL: out of memory. */
static u8 *store(const u8 *data, size_t n, size_t *size)
{
	size_t blocks = (n + STORED_MAX - 1) / STORED_MAX, i;
	u8 *stream = malloc(2 + blocks * 5 + n + 4), *to = stream;

	if (!stream)
		return NULL;
	*to++ = 0x78;
	*to++ = 0x01;
	for (i = 0; i < blocks; i++) {
		size_t len = i + 1 < blocks ? STORED_MAX : n - i * STORED_MAX;
		u8 head[5] = { i + 1 == blocks, (u8)len, (u8)(len >> 8), (u8)~len, (u8)(~len >> 8) };

		memcpy(to, head, sizeof(head));
		memcpy(to + sizeof(head), data + i * STORED_MAX, len);
		to += sizeof(head) + len;
	}
	put_be32(to, adler32(data, n));
	*size = (size_t)(to - stream) + 4;
	return stream;
}

/**
 * png_write() - write a picture to a file
 *
 * Return: 0, -ENOMEM, or what fopen() or fclose() say.
 */
int png_write(const char *path, const struct picture *p)
{
	static const u8 signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	u8 header[13] = { [8] = 8 /* bits */, [9] = 2 /* RGB */ };
	size_t rows_size, size;
	u8 *rows = rows_of(p, &rows_size), *stream = rows ? store(rows, rows_size, &size) : NULL;
	int ret = -ENOMEM;
	FILE *f;

	if (stream) {
		ret = 0;
		f = fopen(path, "we");
		if (f) {
			put_be32(header, p->width);
			put_be32(header + 4, p->height);
			fwrite(signature, 1, sizeof(signature), f);
			write_chunk(f, "IHDR", header, sizeof(header));
			write_chunk(f, "IDAT", stream, (u32)size);
			write_chunk(f, "IEND", rows, 0);
			ret = ferror(f) ? -EIO : 0;
		}
		if (!f || fclose(f))
			ret = -errno;
	}
	free(stream);
	free(rows);
	return ret;
}
