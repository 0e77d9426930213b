// SPDX-License-Identifier: GPL-2.0-only
/*
 * The patches of hooks: which there are, and what they say for one driver.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

#define MAX_DEPTH 8

static bool holds(const char *path, const char *name, const struct conditions *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (!strcmp(c->of[i].name, name))
			return c->of[i].holds;
	complain(BAD_USE, "%s: nothing is said of the condition '%s'; mend the hooks", path, name);
}

/**
 * resolve - what a text says for one driver
 * @path: its path, for errors
 * @in: the text, with lines '@when NAME', '@unless NAME', '@from N', '@else', '@else from N' and '@end'
 * @c: the conditions
 * @upto: the number of the last patch that is put in
 * @out: the lines that remain are added to it
 */
void resolve(const char *path, const struct text *in, const struct conditions *c, int upto, struct text *out)
{
	bool live[MAX_DEPTH + 1] = { true };	/* lines count here */
	bool taken[MAX_DEPTH + 1] = { true };	/* a branch was */
	size_t at, end;
	int depth = 0;

	for (at = 0; at < in->len; at = end) {
		char word[96] = "";
		bool it;

		end = line_end(in, at);
		if (in->s[at] != '@' || in->s[at + 1] == '@') {
			if (live[depth])
				add(out, in->s + at, end - at);
			continue;
		}
		if (sscanf(in->s + at, "@when %95s", word) == 1) {
			it = holds(path, word, c);
		} else if (sscanf(in->s + at, "@unless %95s", word) == 1) {
			it = !holds(path, word, c);
		} else if (sscanf(in->s + at, "@from %95s", word) == 1) {
			it = upto >= atoi(word);
		} else if (!strncmp(in->s + at, "@else", 5) && depth) {
			it = sscanf(in->s + at, "@else from %95s", word) != 1 || upto >= atoi(word);
			live[depth] = live[depth - 1] && !taken[depth] && it;
			taken[depth] |= it;
			continue;
		} else if (!strncmp(in->s + at, "@end\n", 5) && depth) {
			depth--;
			continue;
		} else {
			complain(BAD_USE, "%s: %.*s: is not understood; mend the hooks", path, (int)(end - at - 1),
				 in->s + at);
		}
		if (++depth > MAX_DEPTH)
			complain(BAD_USE, "%s: too many @when in each other; mend the hooks", path);
		taken[depth] = it;
		live[depth] = live[depth - 1] && it;
	}
	if (depth)
		complain(BAD_USE, "%s: an @end is missing; mend the hooks", path);
	add(out, "", 0);
}

static int is_patch(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 6 && !strcmp(e->d_name + n - 6, ".hooks");
}

static void split(const char *path, struct patch *p, const struct text *t)
{
	const char *s = t->s, *body;

	while (*s == '#')
		s += strcspn(s, "\n") + 1;
	body = strstr(s, "\n---\n");
	if (!body)
		complain(BAD_USE, "%s: no line '---' between message and hooks; mend the hooks", path);
	add(&p->head, s, (size_t)(body + 1 - s));
	add(&p->hunks, body + 5, strlen(body + 5));
}

/**
 * read_patches - all patches that have something to say to a driver, in their order
 * @dir: where they are, NN-NAME.hooks
 * @c: the conditions
 * @upto: the number of the last one wanted
 * @patches: set to an array
 *
 * Returns how many.
 */
size_t read_patches(const char *dir, const struct conditions *c, int upto, struct patch **patches)
{
	struct dirent **names;
	int i, n = scandir(dir, &names, is_patch, alphasort);
	size_t count = 0;

	if (n <= 0)
		complain(BAD_USE, "%s: no patches of hooks in it; install the package again", dir);
	*patches = must(calloc((size_t)n, sizeof(**patches)));
	for (i = 0; i < n; i++) {
		struct patch *p = &(*patches)[count];
		struct text raw = { 0 }, t = { 0 };
		char path[4096];

		p->number = atoi(names[i]->d_name);
		if (p->number < 1 || p->number > upto)
			continue;
		if (strlen(names[i]->d_name) >= sizeof(p->name))
			complain(BAD_USE, "%s: the name is too long; choose another", names[i]->d_name);
		strcpy(p->name, names[i]->d_name);
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (!read_text(path, &raw))
			complain(NO_SYSTEM, "%s: vanished; install the package again", path);
		resolve(path, &raw, c, upto, &t);
		split(path, p, &t);
		free(raw.s);
		free(t.s);
		if (is_blank(&p->hunks, 0, p->hunks.len)) {
			free(p->head.s);
			free(p->hunks.s);
			memset(p, 0, sizeof(*p));
		} else {
			count++;
		}
	}
	while (n--)
		free(names[n]);
	free(names);
	return count;
}

/* What read_patches() has made. */
void free_patches(struct patch *patches, size_t n)
{
	while (n--) {
		free(patches[n].head.s);
		free(patches[n].hunks.s);
	}
	free(patches);
}
