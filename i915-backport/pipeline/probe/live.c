// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which functions run at all: those that a table or module_init() names, what these
 * name in turn, and work that somebody queues.
 */
#include <stdlib.h>
#include <string.h>

#include "probe.h"

struct search {
	const struct flow *f;
	struct tree *t;
	uint32_t *queue, tail;
	uint8_t *queued;		/* per symbol: a work of that name is queued */
};

static void mark(struct search *s, int32_t func)
{
	if (func < 0 || s->t->funcs[func].live)
		return;
	s->t->funcs[func].live = 1;
	s->queue[s->tail++] = (uint32_t)func;
}

static uint32_t closing(const struct tok *v, uint32_t i, uint32_t n)
{
	uint32_t depth = 0;

	for (; i < n; i++) {
		if (v[i].s == '(')
			depth++;
		else if (v[i].s == ')' && --depth == 0)
			return i;
	}
	return n;
}

/* A member's address is given to something that may queue it. */
static void note_queued(struct search *s, const struct tok *v, uint32_t i, uint32_t end)
{
	int address = 0;

	for (; i < end; i++) {
		address |= v[i].s == '&';
		if (address && is_name(v[i].s) && (v[i - 1].s == T_ARROW || v[i - 1].s == '.'))
			s->queued[v[i].s - SYM_FIRST] = 1;
	}
}

static void read_function(struct search *s, const struct func *g)
{
	const struct tok *v = s->t->toks + g->first;
	uint32_t i;
	int32_t k;

	for (i = 0; i < g->count; i++) {
		enum kind kind = kind_of(s->f, v[i].s);
		int call = i + 1 < g->count && v[i + 1].s == '(';

		if (!is_name(v[i].s) || (i && (v[i - 1].s == T_ARROW || v[i - 1].s == '.')))
			continue;
		k = resolve(s->t, v[i].s, g->at.file, -1);
		if (k < 0 && call && kind == K_INIT) {	/* INIT_WORK() runs nothing */
			i = closing(v, i + 1, g->count);
			continue;
		}
		if (call && (k >= 0 || kind == K_QUEUE))
			note_queued(s, v, i + 2, closing(v, i + 1, g->count));
		for (; k >= 0; k = resolve(s->t, v[i].s, g->at.file, k))
			mark(s, k);
	}
}

/**
 * live_mark - find out which functions run
 * @f: flow of an indexed tree
 */
void live_mark(const struct flow *f)
{
	struct search s = { .f = f, .t = f->t };
	uint32_t cap = 0, done = 0, before = 1, i;
	int32_t k;

	s.queue = grow(NULL, &cap, f->t->nfuncs + 1, sizeof(*s.queue));
	cap = 0;
	s.queued = grow(NULL, &cap, f->t->nsyms + 1, 1);
	memset(s.queued, 0, f->t->nsyms + 1);
	for (i = 0; i < f->t->nfuncs; i++)
		f->t->funcs[i].live = 0;
	for (i = 0; i < f->t->nfuncs; i++)
		if (f->t->syms[f->t->funcs[i].name - SYM_FIRST].flags & SF_ROOT)
			mark(&s, (int32_t)i);
	while (before != s.tail) {
		before = s.tail;
		for (; done < s.tail; done++)
			read_function(&s, &f->t->funcs[s.queue[done]]);
		for (i = 0; i < f->t->nfnptrs; i++)
			if (f->t->fnptrs[i].deferred && s.queued[f->t->fnptrs[i].member - SYM_FIRST])
				for (k = -1; (k = resolve(f->t, f->t->fnptrs[i].fn, f->t->fnptrs[i].file, k)) >= 0;)
					mark(&s, k);
	}
	free(s.queue);
	free(s.queued);
}
