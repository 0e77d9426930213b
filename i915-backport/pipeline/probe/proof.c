// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done on every path. flow.c collects what may happen; here the statements of
 * each function are gone through in their order with what it found at each token, and
 * of two ways only what both do is kept. A condition that cond.c cannot settle makes
 * two ways; what is done in one of them only is not proved, but for two cases:
 *
 *   the other way leaves it to somebody who does it once the condition has changed
 *     (see settled_later());
 *   a worker that has to give up for now queues itself again, or puts the VMA on a
 *     list that it will come back to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"

#define MAX_CALLS 200		/* functions within functions */
#define MAX_CHAIN 40		/* of these that are printed */
#define MAX_LABELS 32
#define MAX_EXITS 64

/* At some point of a function: lists whose VMAs are let go; proved is what is in both. */
struct state {
	uint32_t all;		/* on every way to here, but for ways that come back later */
	uint32_t some;		/* on one at least */
	uint8_t reach;		/* there is a way to here */
	uint8_t again;		/* every one comes back later */
};

struct exit {
	struct state s;
	uint32_t guard;		/* the condition that it hangs on, 0: none */
};

struct proof {
	struct flow *f;
	struct tree *t;
	struct engine *e;
	struct memo {
		uint8_t state;	/* 1: being looked at, 2: known */
		struct state s;
	} *memo;
	uint32_t wanted;
	uint32_t depth, steps;
	struct where *lost;
};

struct frame {			/* one function */
	struct proof *p;
	const struct context *c;
	const struct func *fn;
	const struct tok *v;
	uint32_t n;
	uint32_t *match;
	const struct act *acts;
	uint32_t guard;		/* the innermost condition that is not settled */
	uint32_t kept;		/* what an exit keeps: inside a loop, what was done before */
	uint32_t lost;		/* the first token at which something is lost */
	struct loop {
		struct state brk, cont;
		uint32_t base;
		int drains;	/* what is left at a break is not done */
	} *loop;
	struct { sym name; struct state s; } labels[MAX_LABELS];
	uint32_t nlabels;
	struct exit exits[MAX_EXITS];
	uint32_t nexits;
};

static const struct state unreached;

static struct state must(struct proof *p, uint32_t index);
static uint32_t statement(struct frame *f, uint32_t i, uint32_t end, struct state *s);

static struct state join_states(struct state a, struct state b)
{
	if (!a.reach)
		return b;
	if (b.reach) {
		a.all &= b.all;
		a.some |= b.some;
		a.again &= b.again;
	}
	return a;
}

/* Remember where something of what is wanted is lost. */
static void lose(struct frame *f, uint32_t bits, uint32_t i)
{
	if (bits & f->p->wanted && !f->lost)
		f->lost = i;
}

static const struct act *act_at(const struct frame *f, uint32_t i, enum what what)
{
	uint32_t k;

	for (k = 0; k < f->c->nacts; k++)
		if (f->acts[k].tok == i && f->acts[k].what == what)
			return &f->acts[k];
	return NULL;
}

/* ---- what is put off */

/* Is @name, a member, changed at token @i? `->name = `, `--x->name`, list_del() and the like are. */
static int changes(const struct proof *p, const struct tok *v, uint32_t i, uint32_t n)
{
	const char *name;
	uint32_t k = i;

	if (i + 1 < n && (v[i + 1].s == '=' || v[i + 1].s == T_OP))
		return 1;
	while (k > 0 && (is_name(v[k - 1].s) || v[k - 1].s == T_ARROW || v[k - 1].s == '.'))
		k--;
	if (k > 0 && v[k - 1].s == T_OP)
		return 1;
	while (k > 0 && (v[k - 1].s == '&' || v[k - 1].s == '('))
		k--;
	if (!k || !is_name(v[k - 1].s))
		return 0;
	name = sym_text(p->t, v[k - 1].s);
	return starts(name, "list_del") || starts(name, "list_move") || strstr(name, "_dec");
}

/* Are things on the list @list by their member @link? Somebody must put one there. */
static int is_link_of(const struct proof *p, sym link, sym list)
{
	uint32_t i;

	for (i = 0; i < p->e->nputs; i++)
		if (!p->e->puts[i].whole && p->e->puts[i].from == link && p->e->puts[i].to == list)
			return 1;
	return 0;
}

struct names {
	sym s[32];
	uint32_t n;
};

static int has(const struct names *a, sym s)
{
	uint32_t i;

	for (i = 0; i < a->n; i++)
		if (a->s[i] == s)
			return 1;
	return 0;
}

static void add_name(struct names *a, sym s)
{
	if (a->n < sizeof(a->s) / sizeof(*a->s) && !has(a, s))
		a->s[a->n++] = s;
}

/* Does the path that ends with the member at @i begin with a parameter or a pointer of the function's own? */
static int is_own(const struct proof *p, const struct func *g, uint32_t i)
{
	const struct tok *v = p->t->toks + g->first;
	uint32_t k;

	while (i > 1 && (v[i - 1].s == T_ARROW || v[i - 1].s == '.'))
		i -= 2;
	for (k = 0; k < g->nparams; k++)
		if (g->params[k].name == v[i].s)
			return 1;
	for (k = 1; k < i; k++)
		if (v[k - 1].s == '*' && v[k].s == v[i].s)
			return 1;
	return 0;
}

/* Members in [i, end) of a function, and those that the functions called there look at. */
static void state_names(const struct proof *p, const struct func *g, uint32_t i, uint32_t end, struct names *a,
			int depth)
{
	const struct tok *v = p->t->toks + g->first;

	for (; i < end; i++) {
		int32_t k = i + 1 < end && v[i + 1].s == '(' ? resolve(p->t, v[i].s, g->at.file, -1) : -1;

		if (k >= 0)
			add_name(a, v[i].s);
		if (k >= 0 && depth < 3)
			state_names(p, &p->t->funcs[k], 0, p->t->funcs[k].count, a, depth + 1);
		if (i && is_name(v[i].s) && (v[i - 1].s == T_ARROW || v[i - 1].s == '.') &&
		    !(i + 1 < end && (v[i + 1].s == T_ARROW || v[i + 1].s == '.')) && is_own(p, g, i))
			add_name(a, v[i].s);
	}
}

/* Does [0, end) of that function change one of these, by itself or by what it calls? */
static int changes_any(const struct proof *p, const struct func *g, uint32_t end, const struct names *a, int depth)
{
	const struct tok *v = p->t->toks + g->first;
	uint32_t i, k;

	for (i = 1; i < end; i++) {
		int32_t to = i + 1 < end && v[i + 1].s == '(' ? resolve(p->t, v[i].s, g->at.file, -1) : -1;

		if (to >= 0 && !depth && changes_any(p, &p->t->funcs[to], p->t->funcs[to].count, a, 1))
			return 1;
		if (!is_name(v[i].s) || (v[i - 1].s != T_ARROW && v[i - 1].s != '.') || !changes(p, v, i, g->count))
			continue;
		if (has(a, v[i].s))
			return 1;
		for (k = 0; k < a->n && !depth; k++)
			if (is_link_of(p, v[i].s, a->s[k]))
				return 1;
	}
	return 0;
}

/* Is one of these called in [from, end) of that function, or first by a function that is? */
static int calls_any(const struct proof *p, const struct func *g, uint32_t from, uint32_t end, const struct names *what,
		     int depth)
{
	const struct tok *v = p->t->toks + g->first;
	int32_t to;

	for (; from + 1 < end; from++) {
		if (v[from + 1].s != '(' || !is_name(v[from].s))
			continue;
		if (has(what, v[from].s))
			return 1;
		if (depth && (v[from].s == S_IF || v[from].s == S_WHILE))
			return 0;		/* perhaps */
		to = depth ? -1 : resolve(p->t, v[from].s, g->at.file, -1);
		if (to >= 0 && calls_any(p, &p->t->funcs[to], 0, p->t->funcs[to].count, what, 1))
			return 1;
	}
	return 0;
}

/* Does that function change the state, look at it, and then call one of @what? */
static int completes(const struct proof *p, const struct func *g, const struct names *state, const struct names *what)
{
	const struct tok *v = p->t->toks + g->first;
	uint32_t i, k, end;

	for (i = 0; i + 1 < g->count; i++) {
		if (v[i].s != S_IF || v[i + 1].s != '(')
			continue;
		for (end = i + 1, k = 0; end < g->count; end++) {
			k += v[end].s == '(' ? 1 : v[end].s == ')' ? -1u : 0;
			if (!k)
				break;
		}
		for (k = i; k < end && !has(state, v[k].s); k++)
			;
		if (k == end || !changes_any(p, g, end, state, 0))
			continue;
		if (calls_any(p, g, end, g->count, what, 0))
			return 1;
	}
	return 0;
}

/*
 * The condition [i, end) says that something is still in use. Is there a function that
 * runs when that changes, looks again, and calls what is called in [from, to) here, or
 * this very function?
 */
static int settled_later(const struct frame *f, uint32_t i, uint32_t end, uint32_t from, uint32_t to)
{
	struct names state = { { 0 }, 0 }, what = { { 0 }, 0 };
	const struct proof *p = f->p;
	uint32_t k;

	state_names(p, f->fn, i, end, &state, 0);
	add_name(&what, f->fn->name);
	for (k = 0; k < f->c->nacts; k++)
		if (f->acts[k].tok >= from && f->acts[k].tok < to && f->acts[k].what == ACT_CALL)
			add_name(&what, p->t->funcs[p->e->contexts[f->acts[k].to].func].name);
	for (k = 0; k < p->t->nfuncs; k++)
		if (p->t->funcs[k].live && !p->t->funcs[k].macro && &p->t->funcs[k] != f->fn &&
		    completes(p, &p->t->funcs[k], &state, &what))
			return 1;
	return 0;
}

/*
 * What a worker puts aside, or leaves to its next run, is done then if what keeps it
 * from that now is something that changes.
 */
static struct state put_off(const struct frame *f)
{
	struct names state = { { 0 }, 0 };
	struct state s = { ~0u, 0, 1, 1 };
	const struct proof *p = f->p;
	uint32_t k;

	if (!f->guard || f->v[f->guard].s != S_IF)
		return s;
	state_names(p, f->fn, f->guard + 2, f->match[f->guard + 1], &state, 0);
	if (!state.n)			/* need_resched(), a budget, a lock that is taken */
		return s;
	for (k = 0; k < p->t->nfuncs; k++)
		if (p->t->funcs[k].live && changes_any(p, &p->t->funcs[k], p->t->funcs[k].count, &state, 1))
			return s;
	s.all = s.again = 0;
	return s;
}

/* ---- expressions */

/* One of all that a call may lead to: all of them must, but of those that take from a list one will. */
static void one_act(struct frame *f, const struct act *a, struct state *all, int *first)
{
	struct state s = { a->lists, a->lists, 1, 0 };

	if (a->what == ACT_AGAIN)
		s = put_off(f);
	else if (a->what != ACT_GO)
		s = must(f->p, a->to);
	if (*first) {
		*all = s;
	} else if (a->what == ACT_TAKE) {
		all->all |= s.all;
		all->some |= s.some;
		all->again |= s.again;
	} else {
		*all = join_states(*all, s);
	}
	*first = 0;
}

/* Is what is at @i of the expression that begins at @from only done sometimes? */
static int is_optional(const struct frame *f, uint32_t from, uint32_t i)
{
	for (; from < i; from = f->match[from] > from && f->match[from] < i ? f->match[from] + 1 : from + 1)
		if (f->v[from].s == T_AND || f->v[from].s == T_OR || f->v[from].s == '?' || f->v[from].s == '{')
			return 1;
	return 0;
}

static void expression(struct frame *f, uint32_t from, uint32_t to, struct state *s)
{
	uint32_t k, j, i;
	struct state all;
	int first;

	for (k = 0; k < f->c->nacts; k = j) {
		const struct act *a = &f->acts[k];

		first = 1;
		i = a->tok;
		all = unreached;
		for (j = k; j < f->c->nacts && f->acts[j].tok == i && f->acts[j].what == a->what; j++)
			if (i >= from && i < to && a->what != ACT_IF && a->what != ACT_EACH)
				one_act(f, &f->acts[j], &all, &first);
		if (first || !s->reach)
			continue;
		if (is_optional(f, from, i)) {
			lose(f, all.all & all.some, i);
			continue;
		}
		s->all |= all.all;
		s->some |= all.some;
		s->again |= all.again;
	}
}

/* ---- statements */

static uint32_t end_of_expression(const struct frame *f, uint32_t i, uint32_t end)
{
	while (i < end && f->v[i].s != ';' && f->v[i].s != '}')
		i = f->match[i] > i ? f->match[i] + 1 : i + 1;
	return i < end ? i : end;
}

static uint32_t sequence(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	uint32_t next;

	while (i < end) {
		if (++f->p->steps > MAX_STEPS) {
			unsure(f->p->t, f->fn->at.file, f->fn->at.line, "there are too many paths");
			return end;
		}
		next = statement(f, i, end, s);
		i = next > i ? next : i + 1;
	}
	return end;
}

static uint32_t if_statement(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	uint32_t close = f->match[i + 1], body = close + 1, next, guard = f->guard;
	const struct act *a = act_at(f, i, ACT_IF);
	enum truth is = a ? (enum truth)a->to : UNKNOWN_IF;
	struct state yes, other;

	expression(f, i + 2, close, s);
	yes = other = *s;
	if (is == NO || is == ASSUME_NO)
		yes.reach = 0;
	else if (is == YES || is == ASSUME_YES)
		other.reach = 0;
	else
		f->guard = i;
	next = statement(f, body, end, &yes);
	if (next < end && f->v[next].s == S_ELSE) {
		body = next + 1;
		next = statement(f, body, end, &other);
	}
	f->guard = guard;
	if (yes.reach && other.reach && yes.all != other.all) {
		if (settled_later(f, i + 2, close, close + 1, next))
			yes.all = other.all = yes.all | other.all;
		else
			lose(f, yes.all ^ other.all, i);
	}
	*s = join_states(yes, other);
	return next;
}

/* Does the function look whether more is left after @i, or have itself called again? */
static int comes_back(const struct frame *f, uint32_t i)
{
	for (; i + 1 < f->n; i++)
		if (f->v[i + 1].s == '(' && (kind_of(f->p->f, f->v[i].s) == K_QUEUE ||
					     starts(sym_text(f->p->t, f->v[i].s), "list_empty")))
			return 1;
	return 0;
}

static void enter_loop(struct frame *f, struct loop *l, const struct state *s, int drains)
{
	memset(l, 0, sizeof(*l));
	l->base = s->all;
	l->drains = drains;
	f->loop = l;
	if (drains)
		f->kept &= s->all;
}

/* list_for_each_entry(…) and its kind: for each entry, so for all that are on those lists. */
static uint32_t each(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	const struct act *a = act_at(f, i, ACT_EACH);
	struct loop l, *outer = f->loop;
	uint32_t kept = f->kept, next;
	struct state body = *s;

	enter_loop(f, &l, s, 1);
	next = statement(f, f->match[i + 1] + 1, end, &body);
	f->loop = outer;
	f->kept = kept;
	body = join_states(body, l.cont);
	if (s->reach && body.reach && a) {
		s->all |= body.all & a->lists;
		s->some |= body.some & a->lists;
	} else if (s->reach && body.reach) {
		lose(f, body.all & ~s->all, i);
	}
	if (l.brk.reach)
		*s = join_states(*s, l.brk);
	return next;
}

/* while (condition) and for (;;) alike, the bracket at @i + 1. */
static uint32_t while_loop(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	const struct act *a = act_at(f, i, ACT_IF);
	enum truth is = a ? (enum truth)a->to : UNKNOWN_IF;
	uint32_t close = f->match[i + 1], kept = f->kept, next, guard = f->guard;
	struct loop l, *outer = f->loop;
	struct state body;

	expression(f, i + 2, close, s);
	body = *s;
	if (is == NO || is == ASSUME_NO)
		body.reach = 0;
	enter_loop(f, &l, s, is != YES);
	next = statement(f, close + 1, end, &body);
	f->loop = outer;
	f->kept = kept;
	f->guard = guard;
	if (is == A_BUDGET && comes_back(f, next))
		is = ASSUME_YES;
	body = join_states(body, l.cont);
	if (is == YES)				/* for (;;): only a break ends it */
		body.reach = l.brk.reach ? 0 : body.reach;
	if (is == YES || is == ASSUME_YES)
		*s = join_states(body, l.brk);
	else if (body.reach)
		lose(f, body.all & ~s->all, i);
	return next;
}

static uint32_t do_loop(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	struct loop l, *outer = f->loop;
	uint32_t next, kept = f->kept;

	enter_loop(f, &l, s, 0);
	next = statement(f, i + 1, end, s);
	f->loop = outer;
	f->kept = kept;
	*s = join_states(join_states(*s, l.cont), l.brk);
	if (next + 1 < end && f->v[next].s == S_WHILE) {
		expression(f, next + 2, f->match[next + 1], s);
		next = f->match[next + 1] + 1;
	}
	return next;
}

/* Any of the cases may be taken, or none. */
static uint32_t switch_statement(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	struct loop l, *outer = f->loop;
	uint32_t next, guard = f->guard, kept = f->kept;
	struct state body = *s;

	enter_loop(f, &l, s, 0);
	if (outer)
		l.cont = outer->cont;
	f->guard = i;
	f->kept &= s->all;
	next = statement(f, f->match[i + 1] + 1, end, &body);
	if (outer && l.cont.reach)
		outer->cont = join_states(outer->cont, l.cont);
	f->loop = outer;
	f->guard = guard;
	f->kept = kept;
	lose(f, body.all & ~s->all, i);
	return next;
}

/* ---- ways out */

static struct state leaving(const struct frame *f, const struct state *s)
{
	struct state e = *s;

	if (!e.again)
		e.all &= f->kept;
	return e;
}

static int label_ahead(const struct frame *f, sym name, uint32_t i)
{
	for (; i + 1 < f->n; i++)
		if (f->v[i].s == name && f->v[i + 1].s == ':')
			return 1;
	return 0;
}

static void go_to(struct frame *f, sym name, uint32_t i, const struct state *s)
{
	uint32_t k;

	if (!label_ahead(f, name, i))
		return;			/* back: to be done once more */
	for (k = 0; k < f->nlabels && f->labels[k].name != name; k++)
		;
	if (k == MAX_LABELS) {
		unsure(f->p->t, f->fn->at.file, f->v[i].line, "a function has too many labels");
		return;
	}
	if (k == f->nlabels) {
		f->labels[f->nlabels].name = name;
		f->labels[f->nlabels++].s = unreached;
	}
	f->labels[k].s = join_states(f->labels[k].s, leaving(f, s));
}

static void return_statement(struct frame *f, uint32_t i, const struct state *s)
{
	/* The ioctl refuses what it was asked for. */
	if (f->c->root && i + 2 < f->n && f->v[i + 1].s == '-')
		return;
	if (f->nexits == MAX_EXITS) {
		unsure(f->p->t, f->fn->at.file, f->v[i].line, "a function has too many ways out");
		return;
	}
	f->exits[f->nexits].s = leaving(f, s);
	f->exits[f->nexits++].guard = f->guard;
}

static uint32_t jump(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	uint32_t next = end_of_expression(f, i, end);
	struct state e;

	expression(f, i, next, s);
	if (s->reach && f->v[i].s == S_RETURN) {
		return_statement(f, i, s);
	} else if (s->reach && f->v[i].s == S_GOTO) {
		go_to(f, f->v[i + 1].s, i, s);
	} else if (s->reach && f->loop && f->v[i].s == S_CONTINUE) {
		f->loop->cont = join_states(f->loop->cont, *s);
		lose(f, ~s->all, f->guard ? f->guard : i);
	} else if (s->reach && f->loop) {
		e = *s;
		if (f->loop->drains && !e.again)
			e.all &= f->loop->base;
		if (f->loop->drains)
			lose(f, s->some & ~e.all, f->guard ? f->guard : i);
		f->loop->brk = join_states(f->loop->brk, e);
	}
	s->reach = 0;
	return next + 1;
}

static uint32_t label(struct frame *f, uint32_t i, struct state *s)
{
	uint32_t k;

	if (f->v[i].s == S_DEFAULT) {
		s->reach = 1;
		s->all &= f->kept;
	}
	for (k = 0; k < f->nlabels; k++)
		if (f->labels[k].name == f->v[i].s)
			*s = join_states(*s, f->labels[k].s);
	return i + 2;
}

static uint32_t case_label(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	while (i < end && f->v[i].s != ':')
		i++;
	s->reach = 1;
	s->all &= f->kept;
	return i + 1;
}

/* The statement at @i; returns where the next one begins. */
static uint32_t statement(struct frame *f, uint32_t i, uint32_t end, struct state *s)
{
	const struct proof *p = f->p;
	uint32_t next;
	sym w;

	if (i >= end)
		return end;
	w = f->v[i].s;
	if (w == ';' || w == '}')
		return i + 1;
	if (w == '{') {
		sequence(f, i + 1, f->match[i], s);
		return f->match[i] + 1;
	}
	if (i + 1 < end && f->v[i + 1].s == '(') {
		if (w == S_IF)
			return if_statement(f, i, end, s);
		if (w == S_WHILE || w == S_FOR)
			return while_loop(f, i, end, s);
		if (w == S_SWITCH)
			return switch_statement(f, i, end, s);
		if (kind_of(p->f, w) == K_EACH && f->v[f->match[i + 1] + 1].s != ';')
			return each(f, i, end, s);
	}
	if (w == S_DO)
		return do_loop(f, i, end, s);
	if (w == S_RETURN || w == S_GOTO || w == S_BREAK || w == S_CONTINUE)
		return jump(f, i, end, s);
	if (w == S_CASE)
		return case_label(f, i, end, s);
	if (is_name(w) && i + 1 < end && f->v[i + 1].s == ':')
		return label(f, i, s);
	next = end_of_expression(f, i, end);
	expression(f, i, next, s);
	return next < end && f->v[next].s == ';' ? next + 1 : next;
}

/* ---- functions */

/* All ways out together. One that others make up for later does not count. */
static struct state ways_out(struct frame *f, struct state fall)
{
	struct state all = fall;
	uint32_t k, most = fall.reach ? fall.some : 0;

	for (k = 0; k < f->nexits; k++)
		most |= f->exits[k].s.some;
	for (k = 0; k < f->nexits; k++) {
		struct exit *x = &f->exits[k];
		uint32_t close = x->guard ? f->match[x->guard + 1] : 0;

		if (x->guard && most & ~x->s.all && f->v[x->guard].s == S_IF &&
		    settled_later(f, x->guard + 2, close, close, f->n))
			continue;
		lose(f, most & ~x->s.all, x->guard);
		all = join_states(all, x->s);
	}
	return all;
}

/* What a function does on every way through it, called as in context @index. */
static struct state must(struct proof *p, uint32_t index)
{
	const struct context *c = &p->e->contexts[index];
	struct state s = { ~0u, 0, 1, 1 };
	struct frame *f;
	uint32_t cap = 0;

	if (p->memo[index].state == 2)
		return p->memo[index].s;
	if (p->memo[index].state == 1)
		return s;		/* comes back to where it is */
	s.all = s.again = 0;
	if (p->depth == MAX_CALLS) {
		unsure(p->t, p->t->funcs[c->func].at.file, p->t->funcs[c->func].at.line, "calls are nested too deeply");
		return s;
	}
	p->memo[index].state = 1;
	p->depth++;
	f = grow(NULL, &cap, 1, sizeof(*f));
	memset(f, 0, sizeof(*f));
	f->p = p;
	f->c = c;
	f->fn = &p->t->funcs[c->func];
	f->v = p->t->toks + f->fn->first;
	f->n = f->fn->count;
	f->acts = p->e->acts + c->acts;
	f->kept = ~0u;
	cap = 0;
	f->match = grow(NULL, &cap, f->n + 1, sizeof(*f->match));
	pair_brackets(f->v, f->n, f->match);
	sequence(f, 0, f->n, &s);
	s = ways_out(f, s);
	if (f->lost && s.some & ~s.all & p->wanted && !p->lost->line) {
		p->lost->file = f->fn->at.file;
		p->lost->line = f->v[f->lost].line;
	}
	if (!s.reach)			/* it never comes back */
		memset(&s, 0, sizeof(s));
	s.reach = 1;
	free(f->match);
	free(f);
	p->depth--;
	p->memo[index].state = 2;
	p->memo[index].s = s;
	return s;
}

struct text {
	char *buf;
	size_t n, len;
};

static void add_text(struct text *x, const char *before, const char *what)
{
	if (x->n < x->len)
		x->n += (size_t)snprintf(x->buf + x->n, x->len - x->n, "%s%s", before, what);
}

static void add_place(struct proof *p, struct text *x, const struct context *c, uint32_t tok)
{
	const struct func *g = &p->t->funcs[c->func];
	char line[16];

	snprintf(line, sizeof(line), ":%lu", (unsigned long)p->t->toks[g->first + tok].line);
	add_text(x, " at ", p->t->files[g->at.file].path);
	add_text(x, line, "");
}

/* How VMAs of the list @bit come to be let go in context @index: who calls whom, what walks, what is done to each. */
static void write_chain(struct proof *p, struct text *x, uint32_t index, uint32_t bit, int depth)
{
	const struct context *c = &p->e->contexts[index];
	const struct act *a = p->e->acts + c->acts;
	uint32_t k;

	add_text(x, depth ? " > " : "", sym_text(p->t, p->t->funcs[c->func].name));
	for (k = 0; k < c->nacts && depth < MAX_CHAIN; k++) {
		if (a[k].what == ACT_GO && a[k].lists & bit) {
			add_text(x, " > lets go", "");
			add_place(p, x, c, a[k].tok);
			return;
		}
		if (a[k].what == ACT_EACH && a[k].lists == bit) {
			add_text(x, " > each", "");
			add_place(p, x, c, a[k].tok);
		}
		if (a[k].what < ACT_CALL || a[k].what > ACT_TAKE || p->memo[a[k].to].state != 2 ||
		    !(p->memo[a[k].to].s.all & p->memo[a[k].to].s.some & bit))
			continue;
		if (a[k].what == ACT_TAKE) {
			add_text(x, " > moved", "");
			add_place(p, x, c, a[k].tok);
		}
		write_chain(p, x, a[k].to, bit, depth + 1);
		return;
	}
}

/**
 * proved - lists whose VMAs are let go on every path from where a question starts
 * @f: flow, after flow_follow()
 * @wanted: lists that matter
 * @lost: receives the first place where one of these is lost, if it has none yet
 * @buf: receives how the VMAs of the first list come to be let go
 * @len: its size in bytes
 */
uint32_t proved(struct flow *f, uint32_t wanted, struct where *lost, char *buf, size_t len)
{
	struct text x = { buf, 0, len };
	struct proof p = { .f = f, .t = f->t, .e = f->engine, .wanted = wanted, .lost = lost };
	uint32_t i, cap = 0, done = ~0u, roots = 0;
	struct state s;

	p.memo = grow(NULL, &cap, p.e->ncontexts + 1, sizeof(*p.memo));
	memset(p.memo, 0, (p.e->ncontexts + 1) * sizeof(*p.memo));
	for (i = 0; i < p.e->ncontexts; i++)
		if (p.e->contexts[i].root) {
			s = must(&p, i);
			done &= s.all & s.some;
			roots++;
		}
	done &= roots ? wanted : 0;
	buf[0] = '\0';
	for (i = 0; i < p.e->ncontexts && done && !x.n; i++)
		if (p.e->contexts[i].root)
			write_chain(&p, &x, i, done & -done, 0);
	free(p.memo);
	return done;
}
