/* SPDX-License-Identifier: GPL-2.0-only */
/* What flow.c, value.c and call.c share: one scan of one function, and what is yet to be scanned. */
#ifndef PROBE_FLOW_H
#define PROBE_FLOW_H

#include "probe.h"

#define MAX_VARS 160
#define MAX_ARGS 12
#define MAX_DEPTH 10		/* of nested expressions */
#define HASH 4096u
#define MAX_REACH 400u		/* functions looked at to find out whether one waits */

enum { IDLE_WAITS = 1, IDLE_RETIRES = 2, IDLE_BOTH = 3, IDLE_KNOWN = 4 };

struct context {
	struct val args[MAX_PARAMS];
	int32_t func;
	uint32_t next;			/* in the hash chain */
	sym link;			/* VMAs (contexts) that come by this link … */
	uint16_t link_flags;		/* … are these */
	uint32_t link_lists;
	struct where site, walk;
	uint8_t nargs, by_type, depth, idled;
};

struct chained {			/* `fn` takes things off a list by `link` */
	sym link;
	int32_t fn;
};

struct engine {
	uint8_t *kinds;
	struct chained *chained;
	uint32_t nchained, cap_chained;
	struct context *contexts;
	uint32_t ncontexts, cap_contexts, done;
	uint32_t hash[HASH];
	uint32_t *match;
	uint32_t cap_match;
	uint32_t steps;
	uint8_t *idling;		/* per function: IDLE_… once it is known */
	struct outcome *out;
};

struct var {
	sym name, type;
	struct val v;
	uint8_t fresh;			/* made in this function */
};

struct run {			/* one scan of one function */
	struct flow *f;
	struct engine *e;
	struct tree *t;
	struct context c;
	const struct func *fn;
	const struct tok *v;
	uint32_t n;
	const uint32_t *match;
	struct var vars[MAX_VARS];
	uint32_t nvars;
	uint32_t walk[MAX_LISTS];	/* line of the latest walk of a list */
	uint32_t depth;			/* of braces */
	struct { uint32_t from, to; } sure;	/* a branch that is always taken */
	struct { uint32_t from, to; } skip[8];
	uint32_t nskips;
};

static const struct val nothing;

/* ---- value.c */
void pair_brackets(const struct tok *v, uint32_t n, uint32_t *match);
uint32_t list_bit(struct flow *f, sym owner, sym name, sym type);
struct val convert(const struct run *r, struct val v, sym type);
struct val join(struct val a, struct val b);
struct val by_link(const struct run *r, uint32_t to);
struct val eval(struct run *r, uint32_t i, uint32_t end, int depth);
struct var *find_var(struct run *r, sym name);
struct var *add_var(struct run *r, sym name, sym type);
const struct func *func_of(const struct run *r, sym name);
uint32_t split(const struct run *r, uint32_t open, uint32_t *from, uint32_t *to);

/* ---- call.c */
void add_context(struct engine *e, const struct context *c);
void call(struct run *r, uint32_t i);
void call_pointer(struct run *r, uint32_t i);

#endif
