// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following the context, its address space and that one's VMAs through the driver.
 *
 * A value carries what it is (V_CTX, V_VM, ...) and, for a VMA, the lists that it
 * was taken from. A function is scanned once for every combination of values that
 * it is called with. Statements are taken in order and assignments replace what a
 * variable held; branches are taken both ways unless they hang on a constant.
 *
 * What is known without reading the driver are the kernel's own primitives: krefs,
 * lists and their iterators, work queues, drm_mm, the allocators.
 */
#include <stdlib.h>
#include <string.h>

#include "flow.h"

/* ---- statements */

/* Past the statement at @i. */
static uint32_t past(const struct run *r, uint32_t i)
{
	while (i < r->n && r->v[i].s != ';' && r->v[i].s != '{' && r->v[i].s != '}')
		i = r->match[i] > i ? r->match[i] + 1 : i + 1;
	if (i < r->n && r->v[i].s == '{')
		i = r->match[i] + 1;
	else if (i < r->n && r->v[i].s == ';')
		i++;
	return i < r->n ? i : r->n;
}

/* 0 or 1 where the condition at `(` @i is known, else -1. */
static int known(struct run *r, uint32_t i)
{
	uint32_t k = i + 1, end = r->match[i];
	struct var *x;
	int no = 0, v = -1;
	enum kind kind;

	while (k < end && r->v[k].s == '!') {
		no = !no;
		k++;
	}
	kind = k < end ? kind_of(r->f, r->v[k].s) : K_NONE;
	if (kind == K_ENABLED && k + 1 < end && r->match[k + 1] + 1 == end) {
		v = !r->t->files[r->fn->at.file].off;
		r->t->files[r->fn->at.file].cond = 1;
	} else if (k + 1 != end) {
		return -1;
	} else if (r->v[k].s == '0' || kind == K_FALSE) {
		v = 0;
	} else if (r->v[k].s == '1' || kind == K_TRUE) {
		v = 1;
	} else {
		x = find_var(r, r->v[k].s);
		if (x && x->v.konst)
			v = x->v.konst == 2;
	}
	return v < 0 ? v : v != no;
}

/* A branch that is never taken is passed over; returns where to go on. */
static uint32_t branch(struct run *r, uint32_t i)
{
	int v = known(r, i + 1);
	uint32_t body = r->match[i + 1] + 1, end;

	if (v < 0 || body >= r->n)
		return i + 1;
	end = past(r, body);
	if (!v)
		return end;
	r->sure.from = body;
	r->sure.to = end;
	if (end < r->n && r->v[end].s == S_ELSE && r->nskips < sizeof(r->skip) / sizeof(*r->skip)) {
		r->skip[r->nskips].from = end;
		r->skip[r->nskips++].to = past(r, end + 1);
	}
	return body;
}

/* The next label from @i on. */
static uint32_t next_label(const struct run *r, uint32_t i)
{
	for (; i + 1 < r->n; i++)
		if (is_name(r->v[i].s) && r->v[i + 1].s == ':' &&
		    (r->v[i - 1].s == ';' || r->v[i - 1].s == '}' || r->v[i - 1].s == '{'))
			return i;
	return r->n;
}

/* Declares the variables of the declaration at @i, if it is one. */
static void declaration(struct run *r, uint32_t i)
{
	sym type = 0, name;
	uint32_t k = i;
	struct var *x;
	int pointer;

	while (k + 1 < r->n && kind_of(r->f, r->v[k].s) == K_WORD)
		k++;
	if (k + 2 >= r->n || !is_name(r->v[k].s))
		return;
	if (kind_of(r->f, r->v[k].s) == K_STRUCT)
		type = r->v[++k].s;
	else if (kind_of(r->f, r->v[k].s) == K_RETURN)
		return;
	for (k++; k + 1 < r->n; k++) {
		pointer = r->v[k].s == '*';
		while (k + 1 < r->n && (r->v[k].s == '*' || (is_name(r->v[k].s) &&
							     (is_name(r->v[k + 1].s) || r->v[k + 1].s == '*'))))
			k++;
		name = r->v[k].s;
		if (!is_name(name))
			return;
		k++;
		while (k < r->n && r->v[k].s == '[')
			k = r->match[k] + 1;
		if (k >= r->n || (r->v[k].s != '=' && r->v[k].s != ',' && r->v[k].s != ';'))
			return;
		x = add_var(r, name, type);
		if (x)
			x->fresh = (uint8_t)(type && !pointer);
		while (k < r->n && r->v[k].s != ',' && r->v[k].s != ';' && r->v[k].s != ')')
			k = r->match[k] > k ? r->match[k] + 1 : k + 1;
		if (k >= r->n || r->v[k].s != ',')
			return;
	}
}

/* `x = value` and `x->member = value`, the left side at @i. */
static void assignment(struct run *r, uint32_t i)
{
	uint32_t k = i, end;
	struct var *x = find_var(r, r->v[i].s);
	struct val v;

	if (!x || r->v[i + 1].s == '(')
		return;
	while (k + 1 < r->n && (is_name(r->v[k].s) || r->v[k].s == T_ARROW || r->v[k].s == '.'))
		k++;
	while (k < r->n && r->v[k].s == '[')
		k = r->match[k] + 1;
	if (k >= r->n || r->v[k].s != '=')
		return;
	for (end = ++k; end < r->n && r->v[end].s != ';' && r->v[end].s != ',' && r->v[end].s != ')' &&
	     r->v[end].s != '}';)
		end = r->match[end] > end ? r->match[end] + 1 : end + 1;
	v = eval(r, k, end, 1);
	if (r->v[i + 1].s == T_ARROW || r->v[i + 1].s == '.') {
		/* A parcel for a worker, say; not the engine or device. */
		if (x->fresh && v.flags & (V_CTX | V_VM | V_VMA) && class_of(r->f, x->type) < C_CTX) {
			x->v.flags |= V_BAG;
			x->v.lists |= v.lists;
			x->v.type = x->type;
		}
		return;
	}
	for (; k < end; k++)
		if (kind_of(r->f, r->v[k].s) == K_ALLOC)
			x->fresh = 1;
	x->v = convert(r, v, x->type);
	if (class_of(r->f, x->type) != C_VMA)
		return;
	for (k = 0; k < r->f->nlists; k++)
		if (x->v.lists >> k & 1)
			r->walk[k] = r->v[i].line;
}

static void scan(struct flow *f, const struct context *c)
{
	struct engine *e = f->engine;
	static struct run run;
	struct run *r = &run;
	uint32_t i, k, dead = 0;

	memset(r, 0, offsetof(struct run, vars));
	memset(r->walk, 0, sizeof(r->walk));
	r->nvars = r->nskips = 0;
	r->f = f;
	r->e = e;
	r->t = f->t;
	r->c = *c;
	r->fn = &f->t->funcs[c->func];
	r->v = f->t->toks + r->fn->first;
	r->n = r->fn->count;
	e->match = grow(e->match, &e->cap_match, r->n + 1, sizeof(*e->match));
	pair_brackets(r->v, r->n, e->match);
	r->match = e->match;
	f->t->files[r->fn->at.file].cond |= r->fn->cond;
	for (i = 0; i < r->fn->nparams; i++) {
		struct var *x = add_var(r, r->fn->params[i].name, r->fn->params[i].type);

		if (!x || i >= c->nargs)
			continue;
		if (c->args[i].flags || c->args[i].lists || c->args[i].fn || c->args[i].konst)
			x->v = c->args[i];
		if (!x->v.type)
			x->v.type = x->type;
	}
	for (i = 0; i < r->n; i++) {
		sym s = r->v[i].s;
		enum kind kind;

		if (++e->steps > MAX_STEPS) {
			e->out->overflow = 1;
			return;
		}
		for (k = 0; k < r->nskips; k++)
			if (r->skip[k].from == i && r->skip[k].to > i)
				break;
		if (k < r->nskips) {
			i = r->skip[k].to - 1;
			continue;
		}
		if (dead && i >= dead) {	/* what follows a return that is always reached */
			dead = 0;
			k = next_label(r, i);
			for (; i < k; i++)
				r->depth += r->v[i].s == '{' ? 1 : r->v[i].s == '}' ? -1u : 0;
			i--;
			continue;
		}
		if (s == '{' || s == '}') {
			r->depth += s == '{' ? 1 : -1u;
			continue;
		}
		if (!is_name(s))
			continue;
		if (i && (r->v[i - 1].s == '{' || r->v[i - 1].s == '}' || r->v[i - 1].s == ';' ||
			  (r->v[i - 1].s == '(' && i > 1 && r->v[i - 2].s == S_FOR)))
			declaration(r, i);
		kind = kind_of(r->f, s);
		if (kind == K_IF && i + 1 < r->n && r->v[i + 1].s == '(') {
			k = branch(r, i);
			i = k > i + 1 ? k - 1 : i;
			continue;
		}
		if (kind == K_RETURN && r->depth == 1 && !r->fn->macro &&
		    (r->v[i - 1].s == '{' || r->v[i - 1].s == '}' || r->v[i - 1].s == ';'))
			dead = past(r, i);
		if (kind == K_SIZEOF && i + 1 < r->n && r->v[i + 1].s == '(') {
			i = r->match[i + 1];
			continue;
		}
		if (kind == K_WORD || kind == K_STRUCT || kind == K_RETURN || i + 1 >= r->n)
			continue;
		if (i && (r->v[i - 1].s == T_ARROW || r->v[i - 1].s == '.')) {
			if (r->v[i + 1].s == '(')
				call_pointer(r, i);
			continue;
		}
		if (r->v[i + 1].s == '(')
			call(r, i);
		else
			assignment(r, i);
	}
}

/* ---- questions */

/**
 * flow_begin - a new question
 * @f: flow
 * @out: receives what is found
 */
void flow_begin(struct flow *f, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	f->engine->out = out;
	f->engine->ncontexts = f->engine->done = f->engine->steps = 0;
	memset(f->engine->hash, 0, sizeof(f->engine->hash));
}

/**
 * flow_start - a function that the question starts at
 * @f: flow
 * @func: index of the function
 * @args: what its parameters are, MAX_PARAMS of them, or NULL
 * @by_type: BY_TYPE: every variable of a type that matters is taken to matter
 */
void flow_start(struct flow *f, int32_t func, const struct val *args, enum by_type by_type)
{
	struct context c;

	memset(&c, 0, sizeof(c));
	c.func = func;
	c.by_type = (uint8_t)by_type;
	if (args) {
		c.nargs = MAX_PARAMS;
		memcpy(c.args, args, sizeof(c.args));
	}
	add_context(f->engine, &c);
}

/**
 * flow_follow - answer the question
 * @f: flow; with @f->alone set, only the functions given are read
 */
void flow_follow(struct flow *f)
{
	while (f->engine->done < f->engine->ncontexts && !f->engine->out->overflow) {
		struct context c = f->engine->contexts[f->engine->done++];

		scan(f, &c);
	}
}

/* Which functions take VMAs or contexts off which list, by the link in its last argument. */
static void index_chained(struct flow *f)
{
	struct engine *e = f->engine;
	struct tree *t = f->t;
	const struct type *y[2] = { find_type(t, f->vma), find_type(t, f->ctx) };
	uint32_t i, k, j;

	for (k = 0; k < 2; k++)
		for (i = 0; y[k] && i < y[k]->count; i++)
			if (is_name(t->members[y[k]->first + i].name) && !t->members[y[k]->first + i].ptr &&
			    is_name(t->members[y[k]->first + i].type))
				t->syms[t->members[y[k]->first + i].name - SYM_FIRST].flags |= SF_LINK;
	for (i = 0; i < t->nfuncs; i++) {
		const struct tok *v = t->toks + t->funcs[i].first;

		for (k = 1; k + 1 < t->funcs[i].count; k++) {
			if (!is_name(v[k].s) || v[k - 1].s != ',' || v[k + 1].s != ')' ||
			    !(t->syms[v[k].s - SYM_FIRST].flags & SF_LINK))
				continue;
			for (j = e->nchained; j-- > 0 && e->chained[j].fn == (int32_t)i;)
				if (e->chained[j].link == v[k].s)
					break;
			if (j != UINT32_MAX && j < e->nchained && e->chained[j].fn == (int32_t)i &&
			    e->chained[j].link == v[k].s)
				continue;
			e->chained = grow(e->chained, &e->cap_chained, e->nchained + 1, sizeof(*e->chained));
			e->chained[e->nchained].link = v[k].s;
			e->chained[e->nchained++].fn = (int32_t)i;
		}
	}
}

static sym first_type(struct tree *t, const char *const *names)
{
	for (; *names; names++) {
		sym s = intern(t, *names, strlen(*names));

		if (find_type(t, s))
			return s;
	}
	return 0;
}

/* Which tags stand for a context, address space or VMA. */
static void mark_keys(struct flow *f)
{
	uint32_t i;

	for (i = 0; i < f->t->ntypes; i++)
		if (class_of(f, f->t->types[i].name) >= C_CTX) {
			f->t->syms[f->t->types[i].name - SYM_FIRST].flags |= SF_KEY;
			f->t->files[f->t->types[i].at.file].cond |= f->t->types[i].cond;
		}
}

/**
 * flow_new - get ready to follow pointers in an indexed tree
 * @t: tree
 */
struct flow *flow_new(struct tree *t)
{
	/* The names of the three structs are all that is taken for granted, newest first. */
	static const char *const contexts[] = { "i915_gem_context", "intel_context", "i915_hw_context", NULL };
	static const char *const vms[] = { "i915_address_space", "i915_hw_ppgtt", NULL };
	static const char *const vmas[] = { "i915_vma", NULL };
	uint32_t cap = 0;
	struct flow *f = grow(NULL, &cap, 1, sizeof(*f));

	memset(f, 0, sizeof(*f));
	cap = 0;
	f->engine = grow(NULL, &cap, 1, sizeof(*f->engine));
	memset(f->engine, 0, sizeof(*f->engine));
	f->t = t;
	f->unbind = -1;
	f->ctx = first_type(t, contexts);
	f->vma = first_type(t, vmas);
	f->vm = first_type(t, vms);
	cap = 0;
	f->engine->kinds = grow(NULL, &cap, t->nsyms + 1, 1);
	memset(f->engine->kinds, K_UNSEEN, t->nsyms + 1);
	mark_keys(f);
	cap = 0;
	f->engine->idling = grow(NULL, &cap, t->nfuncs + 1, 1);
	memset(f->engine->idling, 0, t->nfuncs + 1);
	index_chained(f);
	return f;
}

void flow_free(struct flow *f)
{
	free(f->engine->kinds);
	free(f->engine->idling);
	free(f->engine->chained);
	free(f->engine->contexts);
	free(f->engine->match);
	free(f->engine);
	free(f);
}
