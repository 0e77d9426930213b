// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a condition comes to. Constants and the kernel's options are certain. What holds
 * for a context that had an address space and a VMA that nobody uses is assumed: its
 * pointers lead somewhere, the lists that are emptied are not empty, calls do not fail.
 * Everything else is not known.
 */
#include <string.h>

#include "flow.h"

#define MAX_COND 12		/* of nested expressions, and of functions that return a constant */

static enum truth expression(struct run *r, uint32_t i, uint32_t end, int depth);

static enum truth not(enum truth a)
{
	static const enum truth other[] = { UNKNOWN_IF, YES, NO, ASSUME_YES, ASSUME_NO, A_BUDGET };

	return a == A_BUDGET ? UNKNOWN_IF : other[a];
}

static int is_yes(enum truth a)
{
	return a == YES || a == ASSUME_YES;
}

static int is_no(enum truth a)
{
	return a == NO || a == ASSUME_NO;
}

static enum truth and(enum truth a, enum truth b)
{
	if (a == NO || b == NO)
		return NO;
	if (is_no(a) || is_no(b))
		return ASSUME_NO;
	if (is_yes(a) && is_yes(b))
		return a == YES && b == YES ? YES : ASSUME_YES;
	/* Something is left, and something else says when to stop. */
	return a == ASSUME_YES || b == ASSUME_YES ? A_BUDGET : UNKNOWN_IF;
}

/* The first operator @op of [i, end) that is in no brackets, or @end. */
static uint32_t find_operator(const struct run *r, uint32_t i, uint32_t end, sym op)
{
	for (; i < end; i = r->match[i] > i ? r->match[i] + 1 : i + 1)
		if (r->v[i].s == op)
			return i;
	return end;
}

static int says(const struct run *r, uint32_t i, const char *part)
{
	const char *s = sym_text(r->t, r->v[i].s);
	size_t n = strlen(part), k;

	for (; *s; s++) {
		for (k = 0; k < n && (s[k] == part[k] || (s[k] >= 'A' && s[k] <= 'Z' && s[k] + 32 == part[k])); k++)
			;
		if (k == n)
			return 1;
	}
	return 0;
}

/* ---- functions of the driver */

/* Is that function nothing but `return constant;`, or that macro a constant? */
static enum truth constant(struct run *r, const struct func *g, int depth)
{
	uint32_t match[64], from = 0, to = g->count;
	struct run *m = &r->e->constants[depth];

	if (depth >= MAX_COND || !g->count || g->count > 64)
		return UNKNOWN_IF;
	memcpy(m, r, offsetof(struct run, vars));
	m->nvars = m->nskips = 0;
	m->fn = g;
	m->v = r->t->toks + g->first;
	m->n = g->count;
	pair_brackets(m->v, m->n, match);
	m->match = match;
	if (m->v[0].s == '{') {
		if (g->count < 5 || kind_of(r->f, m->v[1].s) != K_RETURN || m->v[to - 2].s != ';' ||
		    find_operator(m, 1, to, ';') != to - 2)
			return UNKNOWN_IF;
		from = 2;
		to -= 2;
	}
	return expression(m, from, to, depth + 1);
}

/* Can that function fail or not, as those can that return an int, an error code, and something else? */
static int fails(const struct run *r, const struct func *g, int depth)
{
	const struct tok *v = r->t->toks + g->first;
	int error = 0, other = 0;
	uint32_t i;
	int32_t to;

	if (!g->is_int || depth > 4)
		return 0;
	for (i = 0; i + 1 < g->count && !(error && other); i++) {
		error |= v[i].s == '-' && *sym_text(r->t, v[i + 1].s) == 'E';
		other |= v[i].s == S_RETURN && v[i + 1].s != '-';
		if (v[i + 1].s != '(' || !is_name(v[i].s) || error)
			continue;
		if (kind_of(r->f, v[i].s) == K_WAIT)
			error = 1;
		to = resolve(r->t, v[i].s, g->at.file, -1);
		if (to >= 0 && &r->t->funcs[to] != g && fails(r, &r->t->funcs[to], depth + 1))
			error = 1;
	}
	return error && other;
}

/* Is that a small function around kref_get_unless_zero() and its kind? */
static int takes_reference(const struct run *r, const struct func *g)
{
	uint32_t i;

	for (i = 0; i + 1 < g->count && g->count < 48; i++)
		if (kind_of(r->f, r->t->toks[g->first + i].s) == K_GET && r->t->toks[g->first + i + 1].s == '(')
			return 1;
	return 0;
}

static enum truth driver_call(struct run *r, uint32_t i, const struct val *arg, int depth)
{
	enum truth is = UNKNOWN_IF, one;
	int32_t k = resolve(r->t, r->v[i].s, r->fn->at.file, -1);
	const struct func *g = &r->t->funcs[k];
	int first = 1;

	for (; k >= 0; k = resolve(r->t, r->v[i].s, r->fn->at.file, k), first = 0) {
		one = constant(r, &r->t->funcs[k], depth);
		is = first || is == one ? one : UNKNOWN_IF;
	}
	if (is)
		return is;
	if (arg->flags & (V_VM | V_VMA) && (says(r, i, "ggtt") || says(r, i, "pinned")))
		return ASSUME_NO;	/* this is about a context's address space, and what nobody uses */
	if (arg->flags & (V_VM | V_VMA | V_CTX) && says(r, i, "closed"))
		return is_marked(&r->c, closed_mark(arg->flags)) ? ASSUME_YES : ASSUME_NO;
	if (takes_reference(r, g))
		return ASSUME_YES;
	return fails(r, g, 0) ? ASSUME_NO : UNKNOWN_IF;
}

/* ---- operands */

/* list_empty(&x): a list that VMAs are on is not, nor is a VMA's link by which it is always on one. */
static enum truth is_empty(const struct run *r, const struct val *v)
{
	uint32_t k;

	if (r->c.list && v->member == r->c.list)
		return ASSUME_NO;
	if (v->flags & V_VMA_IN && v->member) {
		for (k = 0; k < r->f->nmade; k++)
			if (r->f->made[k] == v->member)
				return ASSUME_NO;
		for (k = 0; k < r->f->nlists; k++)
			if (r->f->lists[k].link == v->member)
				return ASSUME_NO;
		return ASSUME_YES;	/* of something that goes on for a while, as an execbuffer */
	}
	for (k = 0; k < r->f->nlists; k++)
		if (v->lists >> k & 1 && r->f->lists[k].link)
			return ASSUME_NO;
	return UNKNOWN_IF;
}

static enum truth kernel_call(struct run *r, uint32_t i, const struct val *v, int depth)
{
	enum kind kind = kind_of(r->f, r->v[i].s);
	const char *s = sym_text(r->t, r->v[i].s);
	uint32_t from[MAX_ARGS], to[MAX_ARGS], n = split(r, i + 1, from, to);

	if (!n)
		return UNKNOWN_IF;
	if (kind == K_GET || kind == K_PUT)
		return ASSUME_YES;	/* alive before, and the last one goes */
	if (!strcmp(s, "likely") || !strcmp(s, "unlikely") || !strcmp(s, "WARN_ON") || !strcmp(s, "WARN_ON_ONCE") ||
	    !strcmp(s, "WARN") || !strcmp(s, "READ_ONCE") || !strcmp(s, "ACCESS_ONCE"))
		return expression(r, from[0], to[0], depth + 1);
	if (strstr(s, "WARN_ON"))	/* of DRM or i915: with a device before the condition, or without */
		return expression(r, from[n - 1], to[n - 1], depth + 1);
	if (starts(s, "list_empty") || !strcmp(s, "llist_empty")) {
		struct val list = eval(r, from[0], to[0], 1);

		return is_empty(r, &list);
	}
	if (!strcmp(s, "drm_mm_node_allocated"))
		return v->flags & V_VMA_IN && !r->f->pinned ? ASSUME_YES : UNKNOWN_IF;
	if (starts(s, "IS_ERR") && v->flags & (V_CTX | V_VM | V_VMA))
		return ASSUME_NO;
	if (kind == K_WAIT || strstr(s, "interruptible") || strstr(s, "wait"))
		return ASSUME_NO;
	if (!strcmp(s, "ARRAY_SIZE"))
		return ASSUME_YES;
	return v->flags & (V_CTX | V_VM | V_VMA) && class_of(r->f, v->type) >= C_CTX ? ASSUME_YES : UNKNOWN_IF;
}

/* A module parameter, say, that is on by default. */
static int is_switched_on(const struct tree *t, sym var, sym member)
{
	uint32_t i;

	for (i = 0; i < t->nswitches; i++)
		if (t->switches[i].var == var && t->switches[i].member == member)
			return 1;
	return 0;
}

/* One name, number or string. */
static enum truth word(struct run *r, uint32_t i, int depth)
{
	enum kind kind = kind_of(r->f, r->v[i].s);
	struct var *x;
	int32_t k;

	if (r->v[i].s == '0' || kind == K_FALSE)
		return NO;
	if (r->v[i].s == '1' || r->v[i].s == T_NUM || r->v[i].s == T_STR || kind == K_TRUE)
		return YES;
	x = find_var(r, r->v[i].s);
	if (x && x->v.konst)
		return x->v.konst == 2 ? YES : NO;
	if (x && (x->v.flags & (V_CTX | V_VM | V_VMA) || (x->v.lists && x->v.flags & V_VM_IN)))
		return ASSUME_YES;
	if (x)
		return x->no_error ? ASSUME_NO : UNKNOWN_IF;
	if (is_switched_on(r->t, r->v[i].s, 0))
		return ASSUME_YES;
	k = resolve(r->t, r->v[i].s, r->fn->at.file, -1);
	return k >= 0 && r->t->funcs[k].macro ? constant(r, &r->t->funcs[k], depth) : UNKNOWN_IF;
}

/* a->b.c, *a, a[b] */
static enum truth path(struct run *r, uint32_t i, uint32_t end)
{
	struct val v;
	uint32_t k;

	for (k = i; k < end; k++)
		if (!is_name(r->v[k].s) && r->v[k].s != T_ARROW && r->v[k].s != '.' && r->v[k].s != '[' &&
		    r->v[k].s != ']' && !(k == i && (r->v[k].s == '*' || r->v[k].s == '&')))
			return UNKNOWN_IF;
	if (end == i + 3 && r->v[i + 1].s == '.' && !find_var(r, r->v[i].s) &&
	    is_switched_on(r->t, r->v[i].s, r->v[i + 2].s))
		return ASSUME_YES;
	v = eval(r, i, end, 1);
	if (v.flags & (V_CTX | V_VM | V_VMA) || (v.lists && v.flags & V_VM_IN && v.ptr + (r->v[i].s == '*')))
		return ASSUME_YES;
	if (!(v.flags & (V_CTX_IN | V_VM_IN | V_VMA_IN)) || !is_name(r->v[end - 1].s))
		return UNKNOWN_IF;
	if (is_marked(&r->c, r->v[end - 1].s))
		return ASSUME_YES;
	if (says(r, end - 1, "closed"))
		return is_marked(&r->c, closed_mark(v.flags)) ? ASSUME_YES : ASSUME_NO;
	if (v.flags & V_VMA_IN && (says(r, end - 1, "pin_count") || says(r, end - 1, "ggtt")))
		return ASSUME_NO;
	return v.flags & V_VM_IN && says(r, end - 1, "ggtt") ? ASSUME_NO : UNKNOWN_IF;
}

static enum truth operand(struct run *r, uint32_t i, uint32_t end, int depth)
{
	uint32_t from[MAX_ARGS], to[MAX_ARGS], n, k;
	struct val v = nothing;

	if (end == i + 1)
		return word(r, i, depth);
	if (!is_name(r->v[i].s) || r->v[i + 1].s != '(' || r->match[i + 1] + 1 != end)
		return path(r, i, end);
	if (kind_of(r->f, r->v[i].s) == K_ENABLED) {
		r->t->files[r->fn->at.file].cond = 1;
		return r->t->files[r->fn->at.file].off ? NO : YES;
	}
	n = split(r, i + 1, from, to);
	for (k = 0; k < n; k++)
		v = join(v, eval(r, from[k], to[k], 1));
	if (resolve(r->t, r->v[i].s, r->fn->at.file, -1) < 0)
		return kernel_call(r, i, &v, depth);
	if (class_of(r->f, eval(r, i, end, 1).type) >= C_CTX && eval(r, i, end, 1).flags & (V_CTX | V_VM | V_VMA))
		return ASSUME_YES;
	return driver_call(r, i, &v, depth);
}

/* ---- operators */

/* Is one of them the context's own and the other, of the same type, any? Then they differ. */
static int another(struct run *r, uint32_t i, uint32_t op, uint32_t end)
{
	struct val a = eval(r, i, op, 1), b = eval(r, op + 1, end, 1);
	enum class k = class_of(r->f, a.type);

	return k >= C_CTX && k == class_of(r->f, b.type) && !(a.flags & (V_CTX | V_VM | V_VMA)) !=
	       !(b.flags & (V_CTX | V_VM | V_VMA));
}

static enum truth equality(struct run *r, uint32_t i, uint32_t op, uint32_t end, int depth)
{
	enum truth a = expression(r, i, op, depth + 1), b = expression(r, op + 1, end, depth + 1), is = UNKNOWN_IF;
	int null = end == op + 2 && !strcmp(sym_text(r->t, r->v[op + 1].s), "NULL");

	if (b == NO || null)			/* x == 0 */
		is = not(a);
	else if (a == NO)			/* 0 == x */
		is = not(b);
	else if (end == op + 2 && op == i + 1 && r->v[i].s == '1' && r->v[op + 1].s == '1')
		is = YES;
	else if (another(r, i, op, end))
		is = ASSUME_NO;
	return r->v[op].s == T_EQ ? is : not(is);
}

/* a < b and a > b, where one of them is nothing. */
static enum truth order(struct run *r, uint32_t i, uint32_t op, uint32_t end, int depth)
{
	enum truth a = expression(r, i, op, depth + 1), b = expression(r, op + 1, end, depth + 1);

	if (r->v[op].s == '>') {
		enum truth c = a;

		a = b;
		b = c;
	}
	if (is_no(a) && (is_yes(b) || is_no(b)))	/* 0 < b */
		return a == NO ? b : is_yes(b) ? ASSUME_YES : ASSUME_NO;
	return UNKNOWN_IF;
}

static enum truth expression(struct run *r, uint32_t i, uint32_t end, int depth)
{
	static const sym unknown[] = { '?', ',', T_OP, '&', '|', '+', '-', '%', '/', '*', '^', '~' };
	uint32_t k, op;

	while (i < end && r->v[i].s == '(' && r->match[i] + 1 == end) {
		i++;
		end--;
	}
	if (i >= end || depth >= MAX_COND)
		return UNKNOWN_IF;
	op = find_operator(r, i, end, '=');
	if (op < end)
		return expression(r, op + 1, end, depth + 1);
	op = find_operator(r, i, end, T_OR);
	if (op < end && find_operator(r, i, end, '?') == end)
		return not(and(not(expression(r, i, op, depth + 1)), not(expression(r, op + 1, end, depth + 1))));
	op = find_operator(r, i, end, T_AND);
	if (op < end && find_operator(r, i, end, '?') == end)
		return and(expression(r, i, op, depth + 1), expression(r, op + 1, end, depth + 1));
	for (k = 0; k < 2; k++) {
		op = find_operator(r, i, end, k ? T_NE : T_EQ);
		if (op > i && op < end)
			return equality(r, i, op, end, depth);
	}
	for (k = 0; k < 2; k++) {
		op = find_operator(r, i, end, k ? '>' : '<');
		if (op > i && op < end)
			return order(r, i, op, end, depth);
	}
	if (r->v[i].s == '!')
		return not(expression(r, i + 1, end, depth + 1));
	for (k = 0; k < sizeof(unknown) / sizeof(*unknown); k++)
		if (find_operator(r, i + (k > 2), end, unknown[k]) < end)
			return UNKNOWN_IF;
	return operand(r, i, end, depth);
}

/**
 * truth_of - what a condition comes to
 * @r: scan of a function, at the condition
 * @i: its first token
 * @end: the one after it
 */
enum truth truth_of(struct run *r, uint32_t i, uint32_t end)
{
	return expression(r, i, end, 0);
}

/* Can what the call at @i returns be an error, and nothing else? */
int is_error_of(struct run *r, uint32_t i, uint32_t end)
{
	return end > i + 2 && is_name(r->v[i].s) && r->v[i + 1].s == '(' && r->match[i + 1] + 1 == end &&
	       truth_of(r, i, end) == ASSUME_NO;
}
