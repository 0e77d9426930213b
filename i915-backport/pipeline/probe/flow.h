/* SPDX-License-Identifier: GPL-2.0-only */
/* What flow.c, value.c and call.c share: one scan of one function, and what is yet to be scanned. */
#ifndef PROBE_FLOW_H
#define PROBE_FLOW_H

#include "probe.h"

#define MAX_VARS 1024
#define MAX_ARGS 32
#define MAX_DEPTH 24		/* of nested expressions */
#define HASH 4096u
#define MAX_REACH 400u		/* functions looked at to find out whether one waits; if it takes more, it does not */

enum { IDLE_WAITS = 1, IDLE_RETIRES = 2, IDLE_BOTH = 3, IDLE_KNOWN = 4 };

enum truth { UNKNOWN_IF, NO, YES, ASSUME_NO, ASSUME_YES, A_BUDGET };

/* What a scan leaves for proof.c: things that happen at a token of the function. */
enum what { ACT_IF, ACT_EACH, ACT_GO, ACT_CALL, ACT_CALLBACK, ACT_WORK, ACT_TAKE, ACT_AGAIN, ACT_NEVER };

struct act {
	uint32_t tok;
	uint32_t to;			/* context that is entered; of ACT_IF an enum truth */
	uint32_t lists;			/* ACT_EACH: walked, ACT_GO: whose VMAs are let go */
	uint8_t what;
};

#define MAX_MARKS 4

struct context {
	struct val args[MAX_PARAMS];
	int32_t func;
	uint32_t next;			/* in the hash chain */
	sym link;			/* VMAs (contexts) that come by this link … */
	uint16_t link_flags;		/* … are these */
	uint32_t link_lists;
	sym list;			/* … off the list of that name, 0: any */
	sym marks[MAX_MARKS];		/* members that were set to true on the way here, or closed_mark() */
	struct where site, walk;
	uint8_t nargs, by_type, depth, idled;
	uint8_t root;			/* where the question starts */
	uint32_t acts, nacts;
};

struct chained {			/* `fn` takes things off a list by `link` */
	sym link;
	int32_t fn;
};

struct put {			/* list_add(&x->from, &y->to), list_splice(&x->from, &y->to) and their kind */
	sym from, to;
	int32_t fn;
	uint8_t whole;			/* the latter */
};

struct engine {
	uint8_t *kinds;
	struct chained *chained;
	uint32_t nchained, cap_chained;
	struct put *puts;
	uint32_t nputs, cap_puts;
	struct context *contexts;
	uint32_t ncontexts, cap_contexts, done;
	uint32_t hash[HASH];
	uint32_t *match;
	uint32_t cap_match;
	uint32_t steps;
	struct act *acts;
	uint32_t nacts, cap_acts;
	struct run *constants;		/* for cond.c */
	uint8_t *idling;		/* per function: IDLE_… once it is known */
	struct outcome *out;
};

struct var {
	sym name, type;
	struct val v;
	uint8_t fresh;			/* made in this function */
	uint8_t no_error;		/* an error code, of a call that is assumed to have none */
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
	uint32_t nvars;
	uint32_t walk[MAX_LISTS];	/* line of the latest walk of a list */
	uint32_t depth;			/* of braces */
	struct { uint32_t from, to; } sure;	/* a branch that is always taken */
	struct { uint32_t from, to; } skip[64];
	uint32_t nskips;
	uint32_t dead;			/* from here on nothing is reached */
	uint32_t loop, loop_end, loop_at;	/* condition of a for() that is yet to be looked at */
	struct var vars[MAX_VARS];	/* the last member */
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

/* ---- cond.c */
enum truth truth_of(struct run *r, uint32_t i, uint32_t end);
int is_error_of(struct run *r, uint32_t i, uint32_t end);

/* ---- flow.c */
int is_marked(const struct context *c, sym mark);
sym closed_mark(unsigned int flags);
void add_act(struct run *r, uint32_t tok, enum what what, uint32_t to, uint32_t lists);

/* ---- call.c */
uint32_t add_context(struct engine *e, const struct context *c);
void call(struct run *r, uint32_t i);
void call_pointer(struct run *r, uint32_t i);

#endif
