/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place - puts the fix into an i915, hook by hook, each where it belongs: into a function or a structure, beside a
 * statement.
 *
 * docs/hooks.md says how hooks are written.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit status */
#define DONE 0
#define MISFIT 1
#define BAD_USE 2
#define NO_SYSTEM 3

/* A text that grows. */
struct text {
	char *s;		/* ends with a NUL that does not count */
	size_t len, cap;
	bool crlf;		/* in its file each line ends with CR and LF, of which the CR is left out */
};

/* A token: where in the text it is. Comments are tokens; blanks are not. */
struct token {
	size_t from, to;
	bool comment;
	bool first;		/* on its line */
};

/* A file of the driver, and what has become of it. */
struct source {
	char name[64];
	struct text text;
	bool changed;
	bool ours;		/* put there by us */
	struct token *tokens;	/* of the text as it is, or NULL */
	size_t ntokens;
	struct source *next;
};

struct driver {
	const char *dir;
	struct source *files;
};

/* What is asked of the driver before anything is changed. */
struct condition {
	char name[32];
	bool holds;
};

#define MAX_CONDITIONS 16

struct conditions {
	struct condition of[MAX_CONDITIONS];
	size_t n;
};

/* A patch of hooks, its text resolved for one driver. */
struct patch {
	int number;
	char name[128];		/* of its file */
	struct text head;	/* From, Date, Subject and the message */
	struct text hunks;
};

/* A hook that has no place in a driver. */
struct miss {
	char patch[128];
	struct text why;
	struct text hook;	/* in all its forms */
	bool waits;		/* for lines that another such hook would bring */
};

/* The patches up to one, on their way into a driver. */
struct placing {
	struct driver *d;
	const char *dir;	/* where files of ours are */
	const struct conditions *c;
	int upto;
	size_t hooks;		/* how many were looked at */
	struct miss *misses;
	size_t n;		/* of these */
	bool already;		/* the last of these is in the driver, and nothing else is looked at */
};

/* text.c */
void *must(void *p);
void add(struct text *t, const char *s, size_t len);
void splice(struct text *t, size_t from, size_t to, const char *s, size_t len);
bool read_text(const char *path, struct text *t);
void write_text(const char *path, const struct text *t);
void complain(int status, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));
size_t line_start(const struct text *t, size_t at);
size_t line_end(const struct text *t, size_t at);
bool is_blank(const struct text *t, size_t from, size_t to);

/* lex.c */
size_t lex(const struct text *t, struct token **tokens);
bool same_token(const struct text *a, const struct token *x, const struct text *b, const struct token *y);
bool spans(const struct text *t, const struct token *tokens, size_t n, const char *name, size_t *at, size_t *from,
	   size_t *to);

/* driver.c */
struct source *file_of(struct driver *d, const char *name);
void lex_source(struct source *f);
void ask(struct driver *d, const char *path, struct conditions *c);
struct source *file_with(struct driver *d, const char *name);
void forget(struct driver *d);

/* hooks.c */
size_t read_patches(const char *dir, const struct conditions *c, int upto, struct patch **patches);
void free_patches(struct patch *patches, size_t n);
void resolve(const char *path, const struct text *in, const struct conditions *c, int upto, struct text *out);

/* hunk.c */
void place_patch(struct placing *pl, const struct patch *p);
void forget_misses(struct placing *pl);

#endif
