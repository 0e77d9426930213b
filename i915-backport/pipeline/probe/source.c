// SPDX-License-Identifier: GPL-2.0-only
/* Reading the directory: which files, in a fixed order, and what is in them. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

static int is_source(const char *name)
{
	size_t n = strlen(name);

	return n > 2 && name[n - 2] == '.' && (name[n - 1] == 'c' || name[n - 1] == 'h');
}

static int is_makefile(const char *name)
{
	return strncmp(name, "Makefile", strlen("Makefile")) == 0 || strcmp(name, "Kbuild") == 0;
}

/* Tests of the driver that live in its directory are no part of what it does. */
static int is_test_dir(const char *name)
{
	return strcmp(name, "selftests") == 0;
}

/* Headers first: types are known before they are used. Then by name; Makefiles last. */
static int by_kind_and_name(const void *a, const void *b)
{
	const struct file *f = a, *g = b;
	int x = f->make ? 2 : f->path[strlen(f->path) - 1] != 'h';
	int y = g->make ? 2 : g->path[strlen(g->path) - 1] != 'h';

	return x != y ? x - y : strcmp(f->path, g->path);
}

static int add_file(struct tree *t, const char *path, int make)
{
	if (t->nfiles % 256 == 0) {
		void *p = realloc(t->files, (t->nfiles + 256) * sizeof(*t->files));

		if (!p)
			return -1;
		t->files = p;
	}
	memset(&t->files[t->nfiles], 0, sizeof(*t->files));
	t->files[t->nfiles].path = strdup(path);
	if (!t->files[t->nfiles].path)
		return -1;
	t->files[t->nfiles++].make = (uint8_t)make;
	return 0;
}

static int list_dir(struct tree *t, const char *sub, unsigned int depth, char *err, size_t errlen)
{
	char full[4096], rel[4096];
	struct dirent *e;
	struct stat st;
	int ret = 0;
	DIR *d;

	if ((size_t)snprintf(full, sizeof(full), "%s%s%s", t->dir, *sub ? "/" : "", sub) >= sizeof(full)) {
		unsure(t, -1, 0, "a path is too long to be read");
		return 0;
	}
	d = opendir(full);
	if (!d) {
		snprintf(err, errlen, "%s: %s; give a readable i915 directory", full, strerror(errno));
		return -1;
	}
	while (!ret && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(rel, sizeof(rel), "%s%s%s", sub, *sub ? "/" : "", e->d_name) >= sizeof(rel) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW)) {
			unsure(t, -1, 0, "a file cannot be looked at");
			continue;
		}
		if (S_ISLNK(st.st_mode) && is_source(e->d_name)) {
			unsure(t, -1, 0, "a source file is a symbolic link, which is not followed");
		} else if (S_ISDIR(st.st_mode) && !is_test_dir(e->d_name)) {
			if (depth < MAX_DIR_DEPTH)
				ret = list_dir(t, rel, depth + 1, err, errlen);
			else
				unsure(t, -1, 0, "directories are nested too deeply");
		} else if (S_ISREG(st.st_mode) && (is_source(e->d_name) || is_makefile(e->d_name))) {
			if (t->nfiles >= MAX_FILES) {
				snprintf(err, errlen, "%s: more than %u source files; give the i915 directory itself",
					 t->dir, MAX_FILES);
				ret = -1;
			} else if (add_file(t, rel, is_makefile(e->d_name))) {
				snprintf(err, errlen, "%s: out of memory; free some and try again", t->dir);
				ret = -1;
			}
		}
	}
	closedir(d);
	return ret;
}

/**
 * source_list - find the C files of an i915 directory
 * @t: tree with @dir set
 * @err: one line that says what is wrong and what to do
 * @errlen: its size in bytes
 *
 * Returns 0, or -1 when the directory cannot be read or is not one of i915.
 */
int source_list(struct tree *t, char *err, size_t errlen)
{
	uint32_t i;

	if (list_dir(t, "", 0, err, errlen))
		return -1;
	for (i = 0; i < t->nfiles; i++)
		if (strncmp(t->files[i].path, "i915_", 5) == 0)
			break;
	if (i == t->nfiles) {
		snprintf(err, errlen,
			 "%s: not an i915 directory (no i915_*.c or .h in it); give drivers/gpu/drm/i915 of a kernel tree",
			 t->dir);
		return -1;
	}
	qsort(t->files, t->nfiles, sizeof(*t->files), by_kind_and_name);
	return 0;
}

/* read_all - what @fd has, @size bytes at most, and a NUL; NULL with errno set, or the number in @n. */
static char *read_all(int fd, size_t size, size_t *n)
{
	char *buf = malloc(size + 1);

	*n = 0;
	while (buf && *n < size) {
		ssize_t r = read(fd, buf + *n, size - *n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			free(buf);
			return NULL;
		}
		if (!r)
			break;
		*n += (size_t)r;
	}
	if (buf)
		buf[*n] = '\0';
	return buf;
}

/**
 * source_read - the text of a file, or NULL (errno set)
 * @t: tree
 * @file: index of the file
 * @len: bytes read; more than MAX_FILE_BYTES is EFBIG
 */
char *source_read(const struct tree *t, uint32_t file, size_t *len)
{
	char full[8192], *buf = NULL;
	struct stat st;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", t->dir, t->files[file].path);
	fd = open(full, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		errno = EINVAL;
	else if (st.st_size > (off_t)MAX_FILE_BYTES)
		errno = EFBIG;
	else
		buf = read_all(fd, (size_t)st.st_size, len);
	close(fd);
	return buf;
}

/**
 * source_line - one line of source, without the blanks around it
 * @t: tree
 * @at: the place
 * @buf: what is not printable ASCII becomes a question mark
 * @len: size of @buf in bytes
 */
void source_line(const struct tree *t, struct where at, char *buf, size_t len)
{
	uint32_t line = 1;
	char *text, *s, *end;
	size_t size, n = 0;

	buf[0] = '\0';
	if (at.file < 0)
		return;
	text = source_read(t, (uint32_t)at.file, &size);
	if (!text)
		return;
	end = text + size;
	for (s = text; s < end && line < at.line; s++)
		line += *s == '\n';
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	for (; s < end && *s != '\n' && *s != '\r' && n + 1 < len; s++)
		buf[n++] = *s == '\t' ? ' ' : *s < ' ' || *s > '~' ? '?' : *s;
	while (n && buf[n - 1] == ' ')
		n--;
	buf[n] = '\0';
	free(text);
}

void source_free(struct tree *t)
{
	uint32_t i;

	for (i = 0; i < t->nfiles; i++)
		free(t->files[i].path);
	free(t->files);
}
