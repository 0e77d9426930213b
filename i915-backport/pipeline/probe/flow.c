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

/* 0 or 1 where the condition at `(` @i is certain, else -1; proof.c is told in any case. */
static int known(struct run *r, uint32_t i)
{
	enum truth is = truth_of(r, i + 1, r->match[i]);

	add_act(r, i - 1, ACT_IF, is, 0);
	return is == YES ? 1 : is == NO ? 0 : -1;
}

/* for (…; condition; …) at @i. From zero up to something is at least once. */
static void loop(struct run *r, uint32_t i)
{
	uint32_t end = r->match[i + 1], a, b, k;
	enum truth is;

	for (a = i + 2; a < end && r->v[a].s != ';'; a++)
		;
	for (b = a + 1; b < end && r->v[b].s != ';'; b++)
		;
	if (b >= end)
		return;
	is = a + 1 == b ? YES : truth_of(r, a + 1, b);
	for (k = i + 2; k + 2 < a && a + 3 < b; k++)
		if (r->v[k].s == r->v[a + 1].s && r->v[k + 1].s == '=' && r->v[k + 2].s == '0' && r->v[a + 2].s == '<')
			is = truth_of(r, a + 3, b);
	r->loop = is == UNKNOWN_IF ? a + 1 : 0;	/* for (x = start; *x; x++): known once x is set */
	r->loop_end = b;
	r->loop_at = i;
	if (!r->loop)
		add_act(r, i, ACT_IF, is, 0);
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
	x->no_error = (uint8_t)(is_error_of(r, k, end) || (end == k + 1 && r->v[k].s == '0'));
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

/* ---- what was set on the way */

int is_marked(const struct context *c, sym mark)
{
	uint32_t i;

	for (i = 0; i < MAX_MARKS; i++)
		if (c->marks[i] == mark)
			return 1;
	return 0;
}

/* That one of these has a flag whose name says `closed`. */
sym closed_mark(unsigned int flags)
{
	return flags & (V_VMA | V_VMA_IN) ? 3 : flags & (V_VM | V_VM_IN) ? 2 : 1;
}

/* The context or something of it has this flag from now on. */
static void mark(struct run *r, sym name)
{
	uint32_t i;

	for (i = 0; i < MAX_MARKS && !is_marked(&r->c, name); i++)
		if (!r->c.marks[i])
			r->c.marks[i] = name;
}

/* `x->closed = true`, `x->flags |= CLOSED` with x at @i; of what matters, and on every path. */
static void flag(struct run *r, uint32_t i)
{
	const struct var *x = find_var(r, r->v[i].s);
	uint32_t k = i, end;
	int closed = 0;

	if (!x || !(x->v.flags & (V_CTX | V_VM | V_VMA)) || r->depth != 1)
		return;
	while (k + 1 < r->n && (is_name(r->v[k].s) || r->v[k].s == T_ARROW || r->v[k].s == '.'))
		k++;
	if (k < i + 3 || (r->v[k].s != '=' && r->v[k].s != T_OP))
		return;
	for (end = k + 1; end < r->n && r->v[end].s != ';'; end++)
		closed |= !!strstr(sym_text(r->t, r->v[end].s), "CLOSED");
	if (closed && r->v[k].s == T_OP)
		mark(r, closed_mark(x->v.flags));
	if (r->v[k].s != '=' || end != k + 2 || (r->v[k + 1].s != '1' && kind_of(r->f, r->v[k + 1].s) != K_TRUE))
		return;
	closed = !!strstr(sym_text(r->t, r->v[k - 1].s), "closed");
	mark(r, closed ? closed_mark(x->v.flags) : r->v[k - 1].s);
}

/* ---- one function */

void add_act(struct run *r, uint32_t tok, enum what what, uint32_t to, uint32_t lists)
{
	struct engine *e = r->e;

	if (what == ACT_NEVER || to == UINT32_MAX || r->f->alone)
		return;
	e->acts = grow(e->acts, &e->cap_acts, e->nacts + 1, sizeof(*e->acts));
	e->acts[e->nacts].tok = tok;
	e->acts[e->nacts].what = (uint8_t)what;
	e->acts[e->nacts].to = to;
	e->acts[e->nacts++].lists = lists;
}

static struct run *begin(struct flow *f, const struct context *c)
{
	struct engine *e = f->engine;
	static struct run run;
	struct run *r = &run;
	uint32_t i;

	memset(r, 0, offsetof(struct run, vars));
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
	return r;
}

/* Where the skipping of dead code ends, if @i is at its beginning; else @i. */
static uint32_t past_dead(struct run *r, uint32_t i)
{
	uint32_t k;

	for (k = 0; k < r->nskips; k++)
		if (r->skip[k].from == i && r->skip[k].to > i)
			return r->skip[k].to;
	if (!r->dead || i < r->dead)	/* what follows a return that is always reached */
		return i;
	r->dead = 0;
	k = next_label(r, i);
	for (; i < k; i++)
		r->depth += r->v[i].s == '{' ? 1 : r->v[i].s == '}' ? -1u : 0;
	return i;
}

static int begins_statement(const struct run *r, uint32_t i)
{
	return i && (r->v[i - 1].s == '{' || r->v[i - 1].s == '}' || r->v[i - 1].s == ';');
}

/* The name at @i; returns the token after which to go on. */
static uint32_t name(struct run *r, uint32_t i)
{
	enum kind kind = kind_of(r->f, r->v[i].s);
	int called = i + 1 < r->n && r->v[i + 1].s == '(';
	uint32_t k;

	if (begins_statement(r, i) || (i > 1 && r->v[i - 1].s == '(' && r->v[i - 2].s == S_FOR))
		declaration(r, i);
	if (kind == K_IF && called) {
		k = branch(r, i);
		return k > i + 1 ? k - 1 : i;
	}
	if (r->v[i].s == S_FOR && called)
		loop(r, i);
	if (kind == K_RETURN && r->depth == 1 && !r->fn->macro && begins_statement(r, i))
		r->dead = past(r, i);
	if (kind == K_SIZEOF && called)
		return r->match[i + 1];
	if (kind == K_WORD || kind == K_STRUCT || kind == K_RETURN || i + 1 >= r->n)
		return i;
	if (i && (r->v[i - 1].s == T_ARROW || r->v[i - 1].s == '.')) {
		if (called)
			call_pointer(r, i);
	} else if (called) {
		call(r, i);
	} else {
		assignment(r, i);
		flag(r, i);
	}
	return i;
}

static void scan(struct flow *f, uint32_t index)
{
	struct engine *e = f->engine;
	struct context c = e->contexts[index];
	struct run *r = begin(f, &c);
	uint32_t i, k;

	c.acts = e->nacts;
	for (i = 0; i < r->n; i++) {
		if (++e->steps > MAX_STEPS) {
			e->out->overflow = 1;
			break;
		}
		k = past_dead(r, i);
		if (k > i) {
			i = k - 1;
			continue;
		}
		if (r->loop && i == r->loop)
			add_act(r, r->loop_at, ACT_IF, truth_of(r, i, r->loop_end), 0);
		if (r->v[i].s == '{' || r->v[i].s == '}')
			r->depth += r->v[i].s == '{' ? 1 : -1u;
		else if (is_name(r->v[i].s))
			i = name(r, i);
	}
	e->contexts[index].acts = c.acts;
	e->contexts[index].nacts = e->nacts - c.acts;
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
	f->engine->ncontexts = f->engine->done = f->engine->steps = f->engine->nacts = 0;
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
	c.root = 1;
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
	while (f->engine->done < f->engine->ncontexts && !f->engine->out->overflow)
		scan(f, f->engine->done++);
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

/* The last name of the argument at @i; @i is moved past it. */
static sym last_name(const struct tok *v, uint32_t *i, uint32_t n)
{
	sym last = 0;
	int depth = 0;

	for (; *i < n && depth >= 0 && (depth || v[*i].s != ','); ++*i) {
		depth += v[*i].s == '(' ? 1 : v[*i].s == ')' ? -1 : 0;
		if (is_name(v[*i].s))
			last = v[*i].s;
	}
	++*i;
	return last;
}

/* What is put on which list, and which list is moved to which. */
static void index_puts(struct flow *f)
{
	struct engine *e = f->engine;
	struct tree *t = f->t;
	uint32_t i, k, at;
	struct put p;

	for (i = 0; i < t->nfuncs; i++) {
		const struct tok *v = t->toks + t->funcs[i].first;
		uint32_t n = t->funcs[i].count;

		for (k = 0; k + 2 < n; k++) {
			if (v[k + 1].s != '(' || (kind_of(f, v[k].s) != K_ADD && kind_of(f, v[k].s) != K_SPLICE))
				continue;
			at = k + 2;
			p.from = last_name(v, &at, n);
			p.to = last_name(v, &at, n);
			p.whole = kind_of(f, v[k].s) == K_SPLICE;
			p.fn = (int32_t)i;
			e->puts = grow(e->puts, &e->cap_puts, e->nputs + 1, sizeof(*e->puts));
			e->puts[e->nputs++] = p;
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

/* Is there an address space, or a pointer to one, in that struct? */
static int leads_to_vm(const struct flow *f, sym type, int depth)
{
	const struct type *y = find_type(f->t, type);
	uint32_t i;

	for (i = 0; y && i < y->count; i++) {
		const struct member *m = &f->t->members[y->first + i];

		if (class_of(f, m->type) == C_VM || (!m->ptr && depth < 8 && leads_to_vm(f, m->type, depth + 1)))
			return 1;
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
	uint32_t cap = 0, i;
	struct flow *f = grow(NULL, &cap, 1, sizeof(*f));

	memset(f, 0, sizeof(*f));
	cap = 0;
	f->engine = grow(NULL, &cap, 1, sizeof(*f->engine));
	memset(f->engine, 0, sizeof(*f->engine));
	f->t = t;
	f->unbind = -1;
	f->vma = first_type(t, vmas);
	f->vm = first_type(t, vms);
	f->ctx = first_type(t, contexts);
	for (i = 0; contexts[i]; i++)		/* rather one that has an address space */
		if (!leads_to_vm(f, f->ctx, 0) && leads_to_vm(f, intern(t, contexts[i], strlen(contexts[i])), 0))
			f->ctx = first_type(t, contexts + i);
	cap = 0;
	f->engine->kinds = grow(NULL, &cap, t->nsyms + 1, 1);
	memset(f->engine->kinds, K_UNSEEN, t->nsyms + 1);
	mark_keys(f);
	cap = 0;
	f->engine->idling = grow(NULL, &cap, t->nfuncs + 1, 1);
	memset(f->engine->idling, 0, t->nfuncs + 1);
	cap = 0;
	f->engine->constants = grow(NULL, &cap, 16, sizeof(*f->engine->constants));
	live_mark(f);
	index_chained(f);
	index_puts(f);
	return f;
}

void flow_free(struct flow *f)
{
	free(f->engine->kinds);
	free(f->engine->idling);
	free(f->engine->acts);
	free(f->engine->constants);
	free(f->engine->chained);
	free(f->engine->puts);
	free(f->engine->contexts);
	free(f->engine->match);
	free(f->engine);
	free(f);
}
