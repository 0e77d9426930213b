// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which files the driver is made of: the objects that its Makefile lists, and the
 * headers that these include. Whatever else lies in the directory says nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define MAX_EXPAND 8		/* $(a) that names $(b) … */

struct rule {			/* NAME-y += words */
	char *name, *words;
	uint8_t cond;		/* hangs on an option of the kernel */
};

struct makefile {
	struct tree *t;
	struct rule *rules;
	uint32_t n, cap;
};

static char *copy(const char *s, size_t n)
{
	uint32_t cap = 0;
	char *p = grow(NULL, &cap, (uint32_t)n + 1, 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

static int32_t find_file(const struct tree *t, const char *path, size_t n)
{
	uint32_t i;

	for (i = 0; i < t->nfiles; i++)
		if (strlen(t->files[i].path) == n && memcmp(t->files[i].path, path, n) == 0)
			return (int32_t)i;
	return -1;
}

/* The file whose path ends like that. */
static int32_t find_tail(const struct tree *t, const char *tail, size_t n)
{
	uint32_t i;

	for (i = 0; i < t->nfiles; i++) {
		size_t len = strlen(t->files[i].path);

		if (len > n && t->files[i].path[len - n - 1] == '/' && !memcmp(t->files[i].path + len - n, tail, n))
			return (int32_t)i;
	}
	return -1;
}

/* ---- the Makefile */

/* One logical line without its comment: an assignment is kept as a rule. */
static void assignment(struct makefile *m, const char *s, size_t n, int cond)
{
	const char *eq = memchr(s, '=', n), *end = s + n, *name = s;
	struct rule *r;
	size_t len;

	if (!eq)
		return;
	len = (size_t)(eq - s);
	while (len && strchr(":+? \t", s[len - 1]))
		len--;
	while (len && (*name == ' ' || *name == '\t')) {
		name++;
		len--;
	}
	if (!len || memchr(name, ' ', len))
		return;
	m->rules = grow(m->rules, &m->cap, m->n + 1, sizeof(*m->rules));
	r = &m->rules[m->n++];
	r->name = copy(name, len);
	r->words = copy(eq + 1, (size_t)(end - eq - 1));
	r->cond = (uint8_t)(cond || (strstr(r->name, "-$(") && !strstr(r->name, "$(CONFIG_DRM_I915)")));
}

static void read_makefile(struct makefile *m, int32_t file, int depth);

/* `include $(src)/gvt/Makefile` */
static void included(struct makefile *m, const char *s, int cond, int depth)
{
	const char *slash = strstr(s, "$(src)/");
	size_t n;
	int32_t file;

	if (!slash)
		return;
	slash += strlen("$(src)/");
	n = strcspn(slash, " \t");
	file = find_file(m->t, slash, n);
	if (file >= 0 && depth < MAX_EXPAND)
		read_makefile(m, file, depth + 1);
	else if (s[0] != '-' && !cond)
		unsure(m->t, -1, 0, "the Makefile includes what is not there");
}

/* Joins continued lines, drops comments, and hands on line by line. */
static void read_makefile(struct makefile *m, int32_t file, int depth)
{
	char *text, *s, *end, *line;
	int cond = 0;
	size_t size, n;

	text = source_read(m->t, (uint32_t)file, &size);
	if (!text) {
		unsure(m->t, -1, 0, "the Makefile cannot be read");
		return;
	}
	for (s = text; s < text + size; s++)
		if (*s == '\r')
			*s = ' ';
	for (s = text; (s = strchr(s, '\\')); s++)
		if (s[1 + strspn(s + 1, " ")] == '\n')
			s[0] = s[1 + strspn(s + 1, " ")] = ' ';
	for (s = text; s < text + size; s = end + 1) {
		end = s + strcspn(s, "\n");
		*end = '\0';
		s[strcspn(s, "#")] = '\0';
		line = s + strspn(s, " ");
		n = strlen(line);
		if (starts(line, "if"))
			cond++;
		else if (starts(line, "endif"))
			cond--;
		else if (starts(line, "include ") || starts(line, "-include ") || starts(line, "sinclude "))
			included(m, line, cond > 0, depth);
		else if (*line != '\t')
			assignment(m, line, n, cond > 0);
	}
	free(text);
}

/* NAME of NAME-y, NAME-objs, NAME-$(CONFIG_X) or NAME. */
static int is_of(const struct rule *r, const char *name, size_t n)
{
	return strncmp(r->name, name, n) == 0 &&
	       (!r->name[n] || (r->name[n] == '-' && strcmp(r->name + n, "-n") && strcmp(r->name + n, "-m")));
}

static void object(struct makefile *m, const char *s, size_t n, int cond)
{
	int part = cond ? PART_MAYBE : PART_SURE;
	char *path = copy(s, n);
	int32_t i;

	path[n - 1] = 'c';
	i = find_file(m->t, path, n);
	if (i < 0)
		i = find_tail(m->t, path, n);
	if (i >= 0 && m->t->files[i].part < part)
		m->t->files[i].part = (uint8_t)part;
	free(path);
}

static int expand(struct makefile *m, const char *name, size_t n, int cond, int depth);

static void words(struct makefile *m, const struct rule *r, int cond, int depth)
{
	const char *s = r->words;
	size_t n;

	for (; *(s += strspn(s, " \t,")); s += n) {
		n = strcspn(s, " \t,");
		if (n > 2 && s[n - 2] == '.' && s[n - 1] == 'o') {
			object(m, s, n, cond);
		} else if (starts(s, "$(addprefix")) {
			;	/* the words after it are looked for in all directories */
		} else if (s[0] == '$' && s[1] == '(' && memchr(s, ')', n)) {
			size_t len = (size_t)((const char *)memchr(s, ')', n) - s) - 2;
			const char *dash = memchr(s + 2, '-', len);

			expand(m, s + 2, dash ? (size_t)(dash - s) - 2 : len, cond, depth + 1);
		} else if (s[0] == '$') {
			unsure(m->t, -1, 0, "the Makefile computes which files it is made of");
		}
	}
}

/* Marks what a variable names; returns whether there is one. */
static int expand(struct makefile *m, const char *name, size_t n, int cond, int depth)
{
	int found = 0;
	uint32_t i;

	for (i = 0; i < m->n && depth < MAX_EXPAND; i++)
		if (is_of(&m->rules[i], name, n)) {
			found = 1;
			words(m, &m->rules[i], cond || m->rules[i].cond, depth);
		}
	return found;
}

/* The modules that are made of several objects; returns whether there is one. */
static int modules(struct makefile *m)
{
	int found = 0;
	const char *s;
	uint32_t i;
	size_t n;

	for (i = 0; i < m->n; i++) {
		if (!starts(m->rules[i].name, "obj-"))
			continue;
		for (s = m->rules[i].words; *(s += strspn(s, " \t")); s += n) {
			n = strcspn(s, " \t");
			if (n > 2 && s[n - 2] == '.' && s[n - 1] == 'o')
				found |= expand(m, s, n - 2, 0, 0);
		}
	}
	return found;
}

/* ---- what the objects include */

/* The file that #include "@name" means in the file @from. */
static int32_t included_file(const struct tree *t, uint32_t from, const char *name)
{
	char path[512];
	const char *slash = strrchr(t->files[from].path, '/');
	size_t n = slash ? (size_t)(slash - t->files[from].path) + 1 : 0, len = strlen(name);
	int32_t i;

	if (n + len >= sizeof(path))
		return -1;
	memcpy(path, t->files[from].path, n);
	for (; starts(name, "../"); name += 3) {	/* one directory up */
		if (!n)
			return -1;
		for (n--; n && path[n - 1] != '/'; n--)
			;
	}
	memcpy(path + n, name, strlen(name) + 1);
	i = find_file(t, path, strlen(path));
	if (i < 0)
		i = find_file(t, name, strlen(name));
	return i >= 0 ? i : find_tail(t, name, strlen(name));
}

static void read_includes(struct tree *t, uint32_t i, struct lexed *l)
{
	size_t len;
	char *text = source_read(t, i, &len);

	l->nincludes = 0;
	if (text)
		lex(t, (int32_t)i, text, len, l);
	free(text);
}

/* Headers count if something that counts includes them; once more when they count for more. */
static void follow_includes(struct tree *t)
{
	uint32_t i, k, *queue, head = 0, tail = 0, cap = 0;
	struct lexed l;

	memset(&l, 0, sizeof(l));
	queue = grow(NULL, &cap, 3 * t->nfiles + 1, sizeof(*queue));
	for (i = 0; i < t->nfiles; i++)
		if (t->files[i].part)
			queue[tail++] = i;
	for (; head < tail; head++) {
		read_includes(t, queue[head], &l);
		for (k = 0; k < l.nincludes; k++) {
			int32_t to = included_file(t, queue[head], sym_text(t, l.includes[k].name));
			int part = l.includes[k].cond ? PART_MAYBE : t->files[queue[head]].part;

			if (to >= 0 && !t->files[to].make && t->files[to].part < part) {
				t->files[to].part = (uint8_t)part;
				queue[tail++] = (uint32_t)to;
			}
		}
	}
	free(queue);
	free(l.toks);
	free(l.macros);
	free(l.includes);
}

/**
 * parts_find - leave only those files in a tree that are part of the driver
 * @t: tree with its files listed
 *
 * Where no Makefile is, all of them are.
 */
void parts_find(struct tree *t)
{
	struct makefile m = { .t = t };
	uint32_t i, n = 0;
	int32_t file = find_file(t, "Kbuild", strlen("Kbuild"));

	if (file < 0)
		file = find_file(t, "Makefile", strlen("Makefile"));
	if (file >= 0)
		read_makefile(&m, file, 0);
	if (file < 0 || !modules(&m)) {
		if (file >= 0)
			unsure(t, -1, 0, "the Makefile does not say which files the driver is made of");
		for (i = 0; i < t->nfiles; i++)
			t->files[i].part = t->files[i].make ? PART_NOT : PART_SURE;
	} else {
		follow_includes(t);
	}
	for (i = 0; i < m.n; i++) {
		free(m.rules[i].name);
		free(m.rules[i].words);
	}
	free(m.rules);
	for (i = 0; i < t->nfiles; i++) {
		if (t->files[i].part)
			t->files[n++] = t->files[i];
		else
			free(t->files[i].path);
	}
	t->nfiles = n;
}
