// SPDX-License-Identifier: GPL-2.0-only
/* Names, types, variables and expressions: what a value is. */
#include <string.h>

#include "flow.h"

/* ---- names */

static enum kind classify(const char *s)
{
	static const struct { const char *name; enum kind kind; } words[] = {
		{ "if", K_IF }, { "while", K_IF }, { "for", K_WORD }, { "switch", K_WORD },
		{ "do", K_WORD }, { "else", K_WORD }, { "case", K_WORD }, { "goto", K_RETURN },
		{ "break", K_WORD }, { "continue", K_WORD }, { "default", K_WORD },
		{ "const", K_WORD }, { "static", K_WORD }, { "volatile", K_WORD },
		{ "unsigned", K_WORD }, { "return", K_RETURN },
		{ "sizeof", K_SIZEOF }, { "typeof", K_SIZEOF }, { "__typeof__", K_SIZEOF },
		{ "offsetof", K_SIZEOF }, { "struct", K_STRUCT }, { "union", K_STRUCT },
		{ "enum", K_STRUCT }, { "false", K_FALSE }, { "true", K_TRUE },
		{ "IS_ENABLED", K_ENABLED }, { "config_enabled", K_ENABLED },
		{ "IS_BUILTIN", K_ENABLED }, { "IS_MODULE", K_ENABLED }, { "IS_REACHABLE", K_ENABLED },
		{ "NULL", K_FALSE }, { "LIST_HEAD", K_LIST_HEAD },
		{ "kref_get", K_GET }, { "kref_get_unless_zero", K_GET },
		{ "refcount_inc", K_GET }, { "refcount_inc_not_zero", K_GET },
		{ "atomic_inc", K_GET }, { "atomic_inc_not_zero", K_GET },
		{ "refcount_dec_and_test", K_PUT }, { "refcount_dec_and_lock", K_PUT },
		{ "refcount_dec_and_mutex_lock", K_PUT }, { "atomic_dec_and_test", K_PUT },
		{ "atomic_dec_and_lock", K_PUT }, { "atomic_dec_and_mutex_lock", K_PUT },
		{ "kfree", K_FREE }, { "kvfree", K_FREE }, { "kfree_rcu", K_FREE },
		{ "kmem_cache_free", K_FREE }, { "mempool_free", K_FREE },
		{ "drm_mm_remove_node", K_UNBIND }, { "drm_mm_put_block", K_UNBIND },
		{ "list_replace_init", K_SPLICE }, { "list_replace", K_SPLICE },
		{ "kzalloc", K_ALLOC }, { "kmalloc", K_ALLOC }, { "kcalloc", K_ALLOC },
		{ "kvzalloc", K_ALLOC }, { "kmem_cache_alloc", K_ALLOC },
		{ "kmem_cache_zalloc", K_ALLOC }, { "mempool_alloc", K_ALLOC },
		{ "schedule", K_WAIT },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (*s == *words[i].name && strcmp(s, words[i].name) == 0)
			return words[i].kind;
	if (strstr(s, "for_each"))
		return K_EACH;
	if (starts(s, "kref_put"))
		return K_PUT;
	if (starts(s, "drm_mm_insert") || starts(s, "drm_mm_reserve"))
		return K_INSERT;
	if (starts(s, "list_add") || starts(s, "list_move") || starts(s, "llist_add"))
		return K_ADD;
	if (starts(s, "list_splice") || starts(s, "list_cut") || starts(s, "list_bulk_move"))
		return K_SPLICE;
	if (starts(s, "wait_event") || starts(s, "__wait_event") || starts(s, "wait_for_completion") ||
	    starts(s, "io_schedule") || starts(s, "schedule_timeout") || starts(s, "dma_fence_wait"))
		return K_WAIT;
	if (starts(s, "INIT_") || starts(s, "init_") || strstr(s, "cancel") || strstr(s, "flush") ||
	    strstr(s, "_init") || strstr(s, "setup"))
		return K_INIT;
	if (strstr(s, "queue") || strstr(s, "schedule") || starts(s, "mod_"))
		return K_QUEUE;
	return K_NONE;
}

/* What a name means by itself. */
enum kind kind_of(const struct flow *f, sym s)
{
	uint8_t *k;

	if (!is_name(s))
		return K_NONE;
	k = &f->engine->kinds[s - SYM_FIRST];
	if (*k == K_UNSEEN)
		*k = (uint8_t)classify(sym_text(f->t, s));
	return (enum kind)*k;
}

/* ---- types */

/**
 * class_of - which of the things that matter a struct is
 * @f: the flow, its anchors set
 * @type: struct tag
 *
 * An address space is also what is built around one, such as a PPGTT; the device,
 * which merely contains the global one, is not.
 */
enum class class_of(const struct flow *f, sym type)
{
	const struct type *y;
	uint32_t i;

	if (!type)
		return C_NONE;
	if (type == f->ctx)
		return C_CTX;
	if (type == f->vma)
		return C_VMA;
	if (type == f->vm)
		return C_VM;
	y = find_type(f->t, type);
	if (!y)
		return C_NONE;
	for (i = 0; f->vm && i < y->count; i++)
		if (f->t->members[y->first + i].type == f->vm && !f->t->members[y->first + i].ptr)
			return type == S_DRM_I915_PRIVATE ? C_OTHER : C_VM;
	return C_OTHER;
}

/* What a value becomes when it is stored in something of that type. */
struct val convert(const struct run *r, struct val v, sym type)
{
	/* What is inside something can only lead to what it is inside of (container_of). */
	const uint16_t to_vm = V_CTX | V_VM | V_VM_IN | V_VMA;
	enum class k = class_of(r->f, type);

	if (type)
		v.type = type;
	v.owner = v.member = 0;
	switch (k) {
	case C_CTX:
		v.flags = v.flags & (V_CTX | V_CTX_IN | V_BAG) || r->c.by_type ? V_CTX : 0;
		v.lists = 0;
		break;
	case C_VM:
		v.flags = v.flags & to_vm || r->c.by_type ? V_VM : 0;
		break;
	case C_VMA:
		v.flags = v.lists || v.flags & (V_VMA | V_VMA_IN) || r->c.by_type ? V_VMA : 0;
		break;
	case C_OTHER:
		v.flags &= V_BAG;
		if (!v.flags)
			v.lists = 0;
		break;
	case C_NONE:
		break;
	}
	if (k != C_NONE && !v.flags)
		v.lists = 0;
	return v;
}

/* The bit of a container in the address space or context; 0 when there are too many. */
uint32_t list_bit(struct flow *f, sym owner, sym name, sym type)
{
	uint32_t i;

	for (i = 0; i < f->nlists; i++)
		if (f->lists[i].owner == owner && f->lists[i].name == name)
			return 1u << i;
	if (f->nlists == MAX_LISTS) {
		unsure(f->t, -1, 0, "there are more lists than can be told apart");
		return 0;
	}
	memset(&f->lists[i], 0, sizeof(f->lists[i]));
	f->lists[i].owner = owner;
	f->lists[i].name = name;
	f->lists[i].is_list = type == S_LIST_HEAD;
	f->nlists++;
	return 1u << i;
}

/* v->name or v.name */
static struct val step(struct run *r, struct val v, sym name)
{
	sym owner = 0;
	const struct member *m = find_member(r->t, v.type, name, &owner);
	struct val w = nothing;
	enum class k;

	if (!m) {
		w.flags = v.flags & V_BAG;
		w.lists = w.flags ? v.lists : 0;
		return w;
	}
	k = class_of(r->f, m->type);
	w.type = m->type;
	w.ptr = m->ptr;
	w.owner = owner;
	w.member = name;
	if (v.flags & (V_CTX | V_CTX_IN)) {
		if (k == C_VM)
			w.flags = V_VM;
		else if (!m->ptr)
			w.flags = V_CTX_IN;
		else if (k == C_VMA)
			w.flags = V_VMA;
		if (w.flags == V_CTX_IN && m->type == S_LIST_HEAD)
			w.lists = list_bit(r->f, owner, name, m->type);
	} else if (v.flags & (V_VM | V_VM_IN)) {
		if (!m->ptr) {
			w.flags = k == C_VM ? V_VM : V_VM_IN;
			w.lists = v.lists;
			if (m->type == S_LIST_HEAD || m->type == S_DRM_MM)
				w.lists = list_bit(r->f, owner, name, m->type);
		}
	} else if (v.flags & (V_VMA | V_VMA_IN)) {
		if (k == C_VM)
			w.flags = V_VM;
		else if (!m->ptr)
			w.flags = V_VMA_IN;
		w.lists = w.flags ? v.lists : 0;
	} else if (v.flags & V_BAG) {
		if (k == C_CTX)
			w.flags = V_CTX;
		else if (k == C_VM)
			w.flags = V_VM;
		else if (k == C_VMA)
			w.flags = V_VMA;
		else if (!m->ptr || k == C_NONE || strstr(sym_text(r->t, m->type), "file"))
			w.flags = V_BAG;
		w.lists = w.flags ? v.lists : 0;
	}
	if (r->c.by_type && !w.flags && m->ptr)
		w.flags = k == C_CTX ? V_CTX : k == C_VM ? V_VM : k == C_VMA ? V_VMA : 0;
	return w;
}

/* ---- variables */

struct var *find_var(struct run *r, sym name)
{
	uint32_t i;

	for (i = r->nvars; i-- > 0;)
		if (r->vars[i].name == name)
			return &r->vars[i];
	return NULL;
}

struct var *add_var(struct run *r, sym name, sym type)
{
	struct var *x = find_var(r, name);

	if (!x) {
		if (r->nvars == MAX_VARS) {
			unsure(r->t, r->fn->at.file, r->fn->at.line, "a function has too many variables");
			return NULL;
		}
		x = &r->vars[r->nvars++];
	}
	memset(x, 0, sizeof(*x));
	x->name = name;
	x->type = type;
	x->v = convert(r, nothing, type);
	return x;
}

/* ---- expressions */

struct val join(struct val a, struct val b)
{
	if (!a.type || (!a.flags && b.flags)) {
		a.type = b.type;
		a.ptr = b.ptr;
		a.owner = b.owner;
		a.member = b.member;
	}
	if (!a.fn)
		a.fn = b.fn;
	a.flags |= b.flags;
	a.lists |= b.lists;
	return a;
}

/* Arguments of the call whose `(` is at @open: [from[k], to[k]). */
uint32_t split(const struct run *r, uint32_t open, uint32_t *from, uint32_t *to)
{
	uint32_t close = r->match[open], i, n = 0, start = open + 1;

	for (i = open + 1; i <= close; i++) {
		if (i == close || r->v[i].s == ',') {
			if (i > start && n == MAX_ARGS)
				unsure(r->t, r->fn->at.file, r->v[open].line, "a call has too many arguments");
			if (i > start && n < MAX_ARGS) {
				from[n] = start;
				to[n++] = i;
			}
			start = i + 1;
		} else if (r->match[i] > i) {
			i = r->match[i];
		}
	}
	return n;
}

const struct func *func_of(const struct run *r, sym name)
{
	int32_t i = resolve(r->t, name, r->fn->at.file, -1);

	return i < 0 ? NULL : &r->t->funcs[i];
}

/* The list that this scan takes things off. */
static struct val taken_list(const struct run *r)
{
	struct val v = nothing;

	v.type = S_LIST_HEAD;
	v.member = r->c.list;
	v.lists = r->c.link_lists;
	v.flags = r->c.link_flags & V_CTX ? V_CTX_IN : r->c.link_flags & V_VMA ? V_VMA_IN : V_BAG;
	return v;
}

/* Something that comes by the link this scan is about. */
struct val by_link(const struct run *r, uint32_t to)
{
	struct val v = nothing;

	if (r->c.link && !r->c.list && to > 0 && r->v[to - 1].s == r->c.link) {
		v.flags = r->c.link_flags;
		v.lists = r->c.link_lists;
	}
	return v;
}

/* The value of the call name( at @i. */
static struct val call_value(struct run *r, uint32_t i, int depth)
{
	uint32_t from[MAX_ARGS], to[MAX_ARGS], n, k;
	const struct func *g = func_of(r, r->v[i].s);
	struct val v = nothing, w;
	sym type = g ? g->ret : 0;

	if (g && !g->ret && !g->macro)
		return v;		/* no pointer comes back */
	n = split(r, i + 1, from, to);
	for (k = 0; k < n; k++) {
		if (kind_of(r->f, r->v[from[k]].s) == K_STRUCT) {
			if (!g && from[k] + 1 < to[k])
				type = r->v[from[k] + 1].s;
			continue;
		}
		w = eval(r, from[k], to[k], depth + 1);
		w.fn = 0;
		v = join(v, w);
	}
	if (n && !g)
		v = join(v, by_link(r, to[n - 1]));
	if (type)
		v = convert(r, v, type);
	return v;
}

static struct val operand(struct run *r, uint32_t *at, uint32_t end, int depth);

/* (struct x *)operand */
static struct val cast(struct run *r, uint32_t *at, uint32_t end, int depth)
{
	uint32_t i = *at;
	sym type = r->v[i + 2].s;
	struct val v = nothing;

	i = r->match[i] + 1;
	while (i < end && (r->v[i].s == '&' || r->v[i].s == '*'))
		i++;
	if (i < end && depth < MAX_DEPTH && (r->v[i].s == '(' || is_name(r->v[i].s)))
		v = convert(r, operand(r, &i, end, depth + 1), type);
	*at = i;
	return v;
}

/* One operand with what follows it: a->b[c].d */
static struct val operand(struct run *r, uint32_t *at, uint32_t end, int depth)
{
	uint32_t i = *at;
	struct val v = nothing;
	struct var *x;
	sym s = r->v[i].s;

	r->e->steps++;
	if (depth >= MAX_DEPTH && (s == '(' || (i + 1 < end && r->v[i + 1].s == '(')))
		unsure(r->t, r->fn->at.file, r->v[i].line, "an expression is nested too deeply");
	if (s == '(') {
		if (i + 2 < end && kind_of(r->f, r->v[i + 1].s) == K_STRUCT)
			return cast(r, at, end, depth);
		if (depth < MAX_DEPTH)
			v = eval(r, i + 1, r->match[i] < end ? r->match[i] : end, depth + 1);
		i = r->match[i] + 1;
	} else if (kind_of(r->f, s) == K_SIZEOF) {
		i++;
		if (i < end && r->v[i].s == '(')
			i = r->match[i] + 1;
		*at = i;
		return v;
	} else if (kind_of(r->f, s) == K_STRUCT) {
		*at = i + 2;
		return v;
	} else if (i + 1 < end && r->v[i + 1].s == '(') {
		if (depth < MAX_DEPTH && kind_of(r->f, s) != K_WORD && kind_of(r->f, s) != K_IF)
			v = call_value(r, i, depth);
		i = r->match[i + 1] + 1;
	} else {
		x = find_var(r, s);
		if (x)
			v = x->v;
		else if (func_of(r, s))
			v.fn = s;
		i++;
	}
	while (i < end) {
		if (r->v[i].s == '[') {
			i = r->match[i] + 1;
		} else if ((r->v[i].s == T_ARROW || r->v[i].s == '.') && i + 1 < end && is_name(r->v[i + 1].s)) {
			v = step(r, v, r->v[i + 1].s);
			if (r->c.list && r->v[i + 1].s == r->c.list)
				v = taken_list(r);
			i += 2;
			if (i < end && r->v[i].s == '(') {
				i = r->match[i] + 1;
				v = nothing;
			}
		} else {
			break;
		}
	}
	*at = i;
	return v;
}

struct val eval(struct run *r, uint32_t i, uint32_t end, int depth)
{
	struct val v = nothing;

	while (i < end) {
		if (r->v[i].s == '(' || is_name(r->v[i].s)) {
			v = join(v, operand(r, &i, end, depth));
		} else {
			r->e->steps++;
			i++;
		}
	}
	return v;
}

void pair_brackets(const struct tok *v, uint32_t n, uint32_t *match)
{
	uint32_t stack[256], depth = 0, i;

	for (i = 0; i < n; i++) {
		sym s = v[i].s;

		match[i] = i;
		if (s == '(' || s == '[' || s == '{') {
			if (depth < 256)
				stack[depth] = i;
			depth++;
		} else if ((s == ')' || s == ']' || s == '}') && depth) {
			if (--depth < 256)
				match[stack[depth]] = i;
		}
	}
	/* An open bracket that nothing closes reaches to the end. */
	while (depth-- > 0)
		if (depth < 256)
			match[stack[depth]] = n - 1;
}
