// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of a driver: read when first asked for, and never written where they are.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

static void path_of(const struct driver *d, const char *name, char *path, size_t size)
{
	if ((size_t)snprintf(path, size, "%s/%s", d->dir, name) >= size)
		complain(NO_SYSTEM, "%s: the path is too long; use another folder", d->dir);
}

/**
 * file_of - a file of the driver
 * @d: the driver
 * @name: of a file in its folder
 *
 * A file that is not there is an empty text.
 */
struct source *file_of(struct driver *d, const char *name)
{
	struct source *f;
	char path[4096];

	for (f = d->files; f; f = f->next)
		if (!strcmp(f->name, name))
			return f;
	f = must(calloc(1, sizeof(*f)));
	if ((size_t)snprintf(f->name, sizeof(f->name), "%s", name) >= sizeof(f->name) || strchr(name, '/'))
		complain(BAD_USE, "%s: no name of a file in the driver's folder; mend the hooks", name);
	path_of(d, name, path, sizeof(path));
	if (!read_text(path, &f->text))
		add(&f->text, "", 0);
	f->next = d->files;
	d->files = f;
	return f;
}

/* Its tokens, if it has changed since they were made. */
void lex_source(struct source *f)
{
	if (!f->tokens)
		f->ntokens = lex(&f->text, &f->tokens);
}

/* Is a sequence of tokens anywhere in a file? */
static bool has(struct source *f, const char *words)
{
	struct text t = { 0 };
	struct token *k;
	size_t n, i, j;
	bool found = false;

	add(&t, words, strlen(words));
	n = lex(&t, &k);
	lex_source(f);
	for (i = 0; !found && i + n <= f->ntokens; i++) {
		for (j = 0; j < n && same_token(&t, &k[j], &f->text, &f->tokens[i + j]); j++)
			;
		found = j == n;
	}
	free(k);
	free(t.s);
	return found;
}

/**
 * ask - which conditions hold
 * @d: the driver, as it was given
 * @path: a file with a line 'NAME: WORDS in FILE' for each; several lines of a name are one or the other
 * @c: set to all of them
 */
void ask(struct driver *d, const char *path, struct conditions *c)
{
	struct text t = { 0 };
	char *line, *rest;

	c->n = 0;
	if (!read_text(path, &t))
		complain(BAD_USE, "%s: not there; install the package again", path);
	for (line = t.s; *line; line = rest) {
		char *words, *in, *next, *name = line;
		size_t i;

		rest = line + strcspn(line, "\n");
		if (*rest)
			*rest++ = '\0';
		if (!*line || *line == '#')
			continue;
		words = strstr(line, ": ");
		for (in = NULL, next = words; next && (next = strstr(next + 1, " in ")); )
			in = next;
		if (!in)
			complain(BAD_USE, "%s: '%s' is no 'NAME: WORDS in FILE'; mend it", path, line);
		*words = *in = '\0';
		for (i = 0; i < c->n && strcmp(c->of[i].name, name); i++)
			;
		if (i == MAX_CONDITIONS || strlen(name) >= sizeof(c->of[i].name))
			complain(BAD_USE, "%s: %s is one too many, or too long; mend it", path, name);
		if (i == c->n) {
			memcpy(c->of[i].name, name, strlen(name) + 1);
			c->of[c->n++].holds = false;
		}
		if (has(file_of(d, in + 4), words + 2))
			c->of[i].holds = true;
	}
	free(t.s);
}

static int is_source(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 2 && n < sizeof(((struct source *)NULL)->name) && e->d_name[n - 2] == '.' &&
	       strchr("ch", e->d_name[n - 1]);
}

/**
 * file_with - the file of the driver that has a function or a structure
 * @d: the driver
 * @name: what it is called, as spans() takes it
 *
 * Returns NULL if none has it, or several have.
 */
struct source *file_with(struct driver *d, const char *name)
{
	struct source *f, *found = NULL;
	struct dirent **names;
	size_t at, from, to;
	int n = scandir(d->dir, &names, is_source, alphasort), times = 0;

	while (n-- > 0) {
		f = file_of(d, names[n]->d_name);
		lex_source(f);
		at = 0;
		if (spans(&f->text, f->tokens, f->ntokens, name, &at, &from, &to)) {
			found = f;
			times++;
		}
		free(names[n]);
	}
	if (n == -1)
		free(names);
	return times == 1 ? found : NULL;
}

/* Nothing has been read or changed. */
void forget(struct driver *d)
{
	while (d->files) {
		struct source *f = d->files;

		d->files = f->next;
		free(f->tokens);
		free(f->text.s);
		free(f);
	}
}
