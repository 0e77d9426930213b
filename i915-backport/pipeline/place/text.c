// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts, files, and the end of the program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

/* No i915 has a file of that size; what has is not read. */
#define MAX_FILE (8u << 20)

/**
 * must - memory, or the end of the program
 * @p: what malloc() or realloc() has returned
 */
void *must(void *p)
{
	if (!p)
		complain(NO_SYSTEM, "out of memory; free some and try again");
	return p;
}

/**
 * splice - other bytes in the place of some of a text
 * @t: the text
 * @from: offset of the first that goes
 * @to: offset behind the last
 * @s: what comes there
 * @len: bytes of that
 */
void splice(struct text *t, size_t from, size_t to, const char *s, size_t len)
{
	size_t need = t->len - (to - from) + len + 1;

	if (need > t->cap) {
		t->cap = need + need / 2;
		t->s = must(realloc(t->s, t->cap));
	}
	memmove(t->s + from + len, t->s + to, t->len - to);
	memcpy(t->s + from, s, len);
	t->len = need - 1;
	t->s[t->len] = '\0';
}

/* At its end. */
void add(struct text *t, const char *s, size_t len)
{
	splice(t, t->len, t->len, s, len);
}

/* Lines that all end with CR and LF then end with LF. If only some do, they stay as they are. */
static void strip_cr(struct text *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->len; i++)
		if (t->s[i] == '\n' && (!i || t->s[i - 1] != '\r'))
			return;
	t->crlf = memchr(t->s, '\n', t->len);
	for (i = 0; t->crlf && i < t->len; i++)
		if (t->s[i] != '\r' || t->s[i + 1] != '\n')
			t->s[n++] = t->s[i];
	if (t->crlf) {
		t->len = n;
		t->s[n] = '\0';
	}
}

/**
 * read_text - a whole file
 * @path: its path
 * @t: an empty text
 *
 * Returns false if there is no such file; ends the program if it cannot be read.
 */
bool read_text(const char *path, struct text *t)
{
	FILE *f = fopen(path, "rb");
	char buf[65536];
	size_t n;

	if (!f) {
		if (errno == ENOENT)
			return false;
		complain(NO_SYSTEM, "%s: %s; mend its permissions", path, strerror(errno));
	}
	add(t, "", 0);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		add(t, buf, n);
		if (t->len > MAX_FILE || memchr(buf, '\0', n))
			complain(MISFIT, "%s: is no source text; give the kernel's own", path);
	}
	if (ferror(f))
		complain(NO_SYSTEM, "%s: cannot be read; see the kernel's log", path);
	fclose(f);
	strip_cr(t);
	return true;
}

/* With the ends of lines that it was read with. Ends the program if it cannot be written whole. */
void write_text(const char *path, const struct text *t)
{
	FILE *f = fopen(path, "wb");
	bool good = f;
	size_t at, end;

	for (at = 0; good && at < t->len; at = end) {
		end = line_end(t, at);
		if (t->crlf && t->s[end - 1] == '\n')
			good = fwrite(t->s + at, 1, end - 1 - at, f) == end - 1 - at && fwrite("\r\n", 1, 2, f) == 2;
		else
			good = fwrite(t->s + at, 1, end - at, f) == end - at;
	}
	if (f && fclose(f))
		good = false;
	if (!good)
		complain(NO_SYSTEM, "%s: %s; free some space or mend the permissions", path, strerror(errno));
}

/* Says why on one line, and ends. */
void complain(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

/* The offset of the line that @at is on. */
size_t line_start(const struct text *t, size_t at)
{
	while (at && t->s[at - 1] != '\n')
		at--;
	return at;
}

/* The offset behind the line that @at is on. */
size_t line_end(const struct text *t, size_t at)
{
	while (at < t->len && t->s[at] != '\n')
		at++;
	return at < t->len ? at + 1 : at;
}

/* Nothing but blanks from one offset to another? */
bool is_blank(const struct text *t, size_t from, size_t to)
{
	while (from < to && strchr(" \t\r\n", t->s[from]))
		from++;
	return from == to;
}
