// SPDX-License-Identifier: GPL-2.0-only
/* What this driver does: the questions that are put to flow.c, one after another. */
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define MAX_INNER 8		/* structs within structs */
#define ANY (1u << 31)		/* a VMA of no list in particular */

static struct where of_type(const struct tree *t, sym type)
{
	struct where nowhere = { -1, 0 };
	const struct type *y = find_type(t, type);

	return y ? y->at : nowhere;
}

/*
 * The context's pointer to an address space, in a struct within it too, and whether
 * something else might be it.
 */
static void find_vm_member(struct flow *f, struct facts *k, sym type, int depth)
{
	const struct type *y = find_type(f->t, type);
	const struct member *m;
	const char *s;
	uint32_t i;

	if (y && y->hidden)
		k->hidden = type;
	for (i = 0; y && i < y->count; i++) {
		m = &f->t->members[y->first + i];
		s = sym_text(f->t, m->type);
		if (class_of(f, m->type) == C_VM && !k->vm_member) {
			k->vm_member = m->name;
			k->vm_home = type;
			k->vm_at.file = y->at.file;
			k->vm_at.line = m->line;
		} else if (find_type(f->t, m->type) && !m->ptr && depth < MAX_INNER) {
			find_vm_member(f, k, m->type, depth + 1);
		}
		if (!find_type(f->t, m->type) && (starts(s, "i915_") || starts(s, "intel_")) &&
		    (m->ptr || depth == MAX_INNER))
			k->blind = m->type;
	}
}

/* ---- making a VMA */

static int calls_allocator(const struct flow *f, const struct func *g)
{
	const struct tok *v = f->t->toks + g->first;
	uint32_t i;

	for (i = 0; i + 1 < g->count; i++)
		if (v[i + 1].s == '(' && kind_of(f, v[i].s) == K_ALLOC)
			return 1;
	return 0;
}

static int calls_vma_allocator(const struct tree *t, const struct func *g)
{
	const struct tok *v = t->toks + g->first;
	uint32_t i;

	for (i = 0; i + 1 < g->count; i++)
		if (is_name(v[i].s) && v[i + 1].s == '(' && t->syms[v[i].s - SYM_FIRST].flags & SF_ALLOC)
			return 1;
	return 0;
}

/* `x = kzalloc(…)` where x is declared as a pointer to a VMA in this function. */
static int allocates_vma(const struct flow *f, const struct func *g)
{
	const struct tok *v = f->t->toks + g->first;
	uint32_t i, k;

	if (g->ret == f->vma && calls_allocator(f, g))
		return 1;
	for (i = 2; i + 1 < g->count; i++) {
		if (v[i - 1].s != '=' || !is_name(v[i - 2].s) || v[i + 1].s != '(' ||
		    kind_of(f, v[i].s) != K_ALLOC)
			continue;
		for (k = 0; k + 2 < i; k++) {
			if (v[k].s != f->vma || v[k + 1].s != '*')
				continue;
			for (; k < i && v[k].s != ';'; k++)
				if (v[k].s == v[i - 2].s && v[k - 1].s == '*')
					return 1;
		}
	}
	return 0;
}

/* Stores the address space in the VMA: `x->vm = …` */
static int sets_vm(const struct flow *f, const struct func *g)
{
	const struct tok *v = f->t->toks + g->first;
	const struct member *m;
	uint32_t i;
	sym owner;

	for (i = 1; i + 1 < g->count; i++)
		if (v[i - 1].s == T_ARROW && v[i + 1].s == '=' && is_name(v[i].s)) {
			m = find_member(f->t, f->vma, v[i].s, &owner);
			if (m && m->ptr && class_of(f, m->type) == C_VM)
				return 1;
		}
	return 0;
}

static void add_maker(struct flow *f, struct facts *k, uint32_t func)
{
	const struct func *g = &f->t->funcs[func];

	flow_start(f, (int32_t)func, NULL, BY_TYPE_MAKER);
	if (!k->maker || sets_vm(f, g)) {
		k->maker = g->name;
		k->maker_at = g->at;
	}
}

/*
 * Functions that make a VMA: those that allocate one, what calls these to hand the
 * VMA on, and once more (look up or create). Any of them may take the reference.
 */
static void find_makers(struct flow *f, struct facts *k)
{
	enum { ROUNDS = 2, MAX_MAKERS = 32 };
	uint32_t found[MAX_MAKERS], n, i, j;
	struct tree *t = f->t;
	int round;

	for (round = 0; round <= ROUNDS; round++) {
		for (i = n = 0; i < t->nfuncs && n < MAX_MAKERS; i++) {
			const struct func *g = &t->funcs[i];

			if (t->syms[g->name - SYM_FIRST].flags & SF_ALLOC)
				continue;
			if (round ? g->ret == f->vma && calls_vma_allocator(t, g) : allocates_vma(f, g))
				found[n++] = i;
		}
		if (n == MAX_MAKERS)
			unsure(t, -1, 0, "too many functions make a VMA");
		for (j = 0; j < n; j++) {
			t->syms[t->funcs[found[j]].name - SYM_FIRST].flags |= SF_ALLOC;
			add_maker(f, k, found[j]);
		}
	}
}

static void remember_trouble(struct facts *k, const struct outcome *o)
{
	if (o->overflow)
		k->overflow = 1;
	if (o->hole.at.line && !k->hole.at.line) {
		k->hole = o->hole;
		k->hole_name = o->hole_name;
	}
}

/* Does that function free a VMA that it is given, by itself or by a small function that does nothing else? */
static int frees_vma(const struct flow *f, const struct func *g, int depth)
{
	const struct tok *v = f->t->toks + g->first;
	int given = 0;
	uint32_t i, j;

	for (j = 0; j < g->nparams; j++)
		given |= g->params[j].type == f->vma;
	for (i = 0; given && i + 1 < g->count; i++) {
		int32_t to = v[i + 1].s == '(' && !depth ? resolve(f->t, v[i].s, g->at.file, -1) : -1;

		if (v[i + 1].s == '(' && kind_of(f, v[i].s) == K_FREE)
			return 1;
		if (to >= 0 && f->t->funcs[to].count < 40 && frees_vma(f, &f->t->funcs[to], 1))
			return 1;
	}
	return 0;
}

/* Who drops a reference that a VMA has on its address space? With @ends, of those that free a VMA. */
static void find_put(struct flow *f, struct outcome *o, int ends)
{
	struct tree *t = f->t;
	struct val args[MAX_PARAMS];
	uint32_t i, j;
	int use;

	flow_begin(f, o);
	for (i = 0; i < t->nfuncs; i++) {
		const struct func *g = &t->funcs[i];

		memset(args, 0, sizeof(args));
		for (j = use = 0; j < g->nparams; j++)
			if (g->params[j].type == f->vma) {
				args[j].type = f->vma;
				args[j].flags = V_VMA;
				args[j].lists = ANY;
				use = 1;
			}
		if (use && (!ends || frees_vma(f, g, 0)))
			flow_start(f, (int32_t)i, args, BY_VALUE);
	}
	flow_follow(f);
}

static void find_pin(struct flow *f, struct facts *k)
{
	struct outcome get, put;
	uint32_t i;

	f->cut = ~0u;
	flow_begin(f, &get);
	get.makes = 1;
	find_makers(f, k);
	flow_follow(f);
	k->pins = -1;
	if (!k->maker) {
		remember_trouble(k, &get);
		return;
	}
	find_put(f, &put, 0);
	for (i = 0; i < f->nrefs; i++) {
		if (!get.get[i].at.line || !(put.put_lists[i] & ANY))
			continue;
		k->pins = 1;
		k->pin_ref = f->refs[i];
		k->get_at = get.get[i].site;
		k->put_at = put.put[i].site;
		f->cut = 1u << i;
		return;
	}
	for (i = 0; i < f->nrefs; i++)
		if (get.get[i].at.line)
			return;		/* taken, never dropped: not understood */
	find_put(f, &put, 1);
	for (i = 0; i < f->nrefs; i++)
		if (put.put_lists[i] & ANY)
			k->dropped |= 1u << i;
	remember_trouble(k, &get);
	if (get.touch.at.line)
		k->maker_at = get.touch.at;
	else if (!get.hole.at.line && !get.overflow)
		k->pins = 0;
}

/* ---- lists, releases, how a VMA is unbound */

/* Can this function tell something about lists, releases or the end of a VMA? */
static int is_worth_reading(const struct flow *f, const struct func *g)
{
	const struct tok *v = f->t->toks + g->first;
	int key = 0, ends = 0;
	enum kind kind;
	uint32_t i;

	for (i = 0; i < g->nparams; i++)
		key |= is_name(g->params[i].type) && f->t->syms[g->params[i].type - SYM_FIRST].flags & SF_KEY;
	for (i = 0; i + 1 < g->count && !(key && ends); i++) {
		if (!is_name(v[i].s))
			continue;
		if (f->t->syms[v[i].s - SYM_FIRST].flags & SF_KEY)
			key = 1;
		if (f->t->syms[v[i].s - SYM_FIRST].flags & SF_LINK)
			ends = 1;
		if (v[i + 1].s == '(') {
			kind = kind_of(f, v[i].s);
			ends |= kind == K_PUT || kind == K_UNBIND || kind == K_FREE;
		}
	}
	return key && ends;
}

static void read_all(struct flow *f)
{
	struct outcome o;
	uint32_t i;

	flow_begin(f, &o);
	f->alone = 1;
	for (i = 0; i < f->t->nfuncs; i++)
		if (is_worth_reading(f, &f->t->funcs[i]))
			flow_start(f, (int32_t)i, NULL, BY_TYPE);
	flow_follow(f);
	f->alone = 0;
}

/* The lists that the address space keeps its VMAs on: those of the link with the most. */
static void find_lists(struct flow *f, struct facts *k)
{
	uint32_t i, j, set, n, most = 0;
	int made;

	for (i = 0; i < f->nlists; i++) {
		if (!f->lists[i].link || class_of(f, f->lists[i].owner) != C_VM)
			continue;
		for (j = set = n = 0, made = 0; j < f->nlists; j++)
			if (f->lists[j].link == f->lists[i].link && class_of(f, f->lists[j].owner) == C_VM) {
				set |= 1u << j;
				made |= f->lists[j].at_make;
				n++;
			}
		if (n > most) {
			most = n;
			k->link = f->lists[i].link;
			k->linked = set;
			k->unlisted = !made;
		}
	}
}

static void find_unbind(struct flow *f, struct facts *k)
{
	const struct func *g;
	const struct tok *v;
	uint32_t i;

	k->vma_free = f->vma_free;
	if (f->unbind < 0)
		return;
	g = &f->t->funcs[f->unbind];
	v = f->t->toks + g->first;
	k->unbind = g->name;
	for (i = 2; i + 1 < g->count; i++) {
		const char *s = sym_text(f->t, v[i].s);

		if (!is_name(v[i].s) || v[i + 1].s != '(')
			continue;
		if (v[i - 1].s == T_ARROW) {
			if (!k->unbind_via && strstr(s, "unbind"))
				k->unbind_via = v[i - 3].s != T_ARROW ? "vma" :
					strcmp(sym_text(f->t, v[i - 2].s), "vm") ? "ops" : "vm";
		} else if (!k->wait && (strstr(s, "finish_gpu") || strstr(s, "wait") || strstr(s, "_sync"))) {
			k->wait = v[i].s;
		} else if (!k->retire && strstr(s, "retire")) {
			k->retire = v[i].s;
		}
	}
}

/* ---- what a context's end empties */

/* Start at the functions stored in members of that name; files carry the context. */
static sym start_stored(struct flow *f, const char *member)
{
	sym m = intern(f->t, member, strlen(member)), found = 0;
	struct val args[MAX_PARAMS];
	int32_t i, k;
	uint32_t j;

	for (i = f->t->syms[m - SYM_FIRST].ptrs; i >= 0; i = f->t->fnptrs[i].next)
		for (k = -1; (k = resolve(f->t, f->t->fnptrs[i].fn, f->t->fnptrs[i].file, k)) >= 0;) {
			const struct func *g = &f->t->funcs[k];

			memset(args, 0, sizeof(args));
			for (j = 0; j < g->nparams; j++)
				if (g->params[j].type == S_DRM_FILE) {
					args[j].type = g->params[j].type;
					args[j].flags = V_BAG;
				}
			flow_start(f, k, args, BY_VALUE);
			f->t->files[f->t->fnptrs[i].file].cond |= f->t->fnptrs[i].cond;
			found = g->name;
		}
	return found;
}

/* Start at what releases an address space by the counter @ref or, with @ref -1, a context. */
static sym start_releases(struct flow *f, int ref)
{
	struct val args[MAX_PARAMS];
	sym found = 0;
	uint32_t i;
	int32_t k;

	memset(args, 0, sizeof(args));
	args[0].type = S_KREF;
	args[0].flags = ref >= 0 ? V_VM_IN : V_CTX_IN;
	for (i = 0; i < f->nreleases; i++) {
		if (ref != f->releases[i].ref)
			continue;
		for (k = -1; (k = resolve(f->t, f->releases[i].fn, f->releases[i].file, k)) >= 0;) {
			flow_start(f, k, args, BY_VALUE);
			found = f->releases[i].fn;
		}
	}
	return found;
}

/* Lists whose VMAs let go of the address space or, if they do not hold it, are gone. */
static uint32_t emptied(const struct flow *f, const struct facts *k, const struct outcome *o)
{
	uint32_t i;

	if (k->pins != 1)
		return o->free_lists & ~ANY;
	for (i = 0; i < f->nrefs; i++)
		if (f->refs[i] == k->pin_ref)
			return o->put_lists[i] & ~ANY;
	return 0;
}

static void note_walk(const struct flow *f, struct facts *k, const struct outcome *o, uint32_t lists)
{
	uint32_t i;

	for (i = 0; i < f->nlists; i++)
		if (lists >> i & 1 && o->walk[i].at.line && !k->walk_at.line)
			k->walk_at = o->walk[i].at;
}

/* A VMA waits on these lists while its object is idle: it is put there when it is bound. */
static uint32_t idle_lists(const struct flow *f, const struct facts *k)
{
	uint32_t i, idle = 0;

	for (i = 0; i < f->nlists; i++)
		if (k->linked >> i & 1 &&
		    (f->lists[i].at_bind || strstr(sym_text(f->t, f->lists[i].name), "inactive")))
			idle |= 1u << i;
	return idle;
}

struct answer {			/* lists that are emptied from some root on */
	struct outcome o;
	sym root;
	uint32_t may, must;
	char proof[PROOF_MAX];
};

/* Answer the question that was begun, its roots given. */
static void answer(struct flow *f, struct facts *k, struct answer *a)
{
	struct where lost = { -1, 0 };
	uint32_t i;

	f->forgotten = 0;
	flow_follow(f);
	for (i = 0; i < f->nlists; i++)
		if (f->forgotten >> i & 1 && f->lists[i].link)
			unsure(f->t, f->forgotten_at.file, f->forgotten_at.line, "a list of VMAs is forgotten");
	remember_trouble(k, &a->o);
	a->may = emptied(f, k, &a->o);
	a->proof[0] = '\0';
	a->must = a->may ? proved(f, a->may, &lost, a->proof, sizeof(a->proof)) : 0;
	if (lost.line && (!k->lost.line || a->may & k->linked))
		k->lost = lost;
}

static void ask_stored(struct flow *f, struct facts *k, struct answer *a, const char *member)
{
	flow_begin(f, &a->o);
	a->root = start_stored(f, member);
	answer(f, k, a);
}

static void ask_release(struct flow *f, struct facts *k, struct answer *a, int ref)
{
	flow_begin(f, &a->o);
	a->root = start_releases(f, ref);
	answer(f, k, a);
}

/* Contexts go by ioctl or with their file: only one of the two is not enough. */
static void find_teardown(struct flow *f, struct facts *k)
{
	static struct answer release, destroy, before, after, vm;
	uint32_t both, i;

	k->lost.line = 0;
	ask_release(f, k, &release, -1);
	ask_stored(f, k, &destroy, "I915_GEM_CONTEXT_DESTROY");
	ask_stored(f, k, &before, "preclose");
	ask_stored(f, k, &after, "postclose");
	k->release = release.root;
	k->destroy = destroy.root;
	k->close = after.root ? after.root : before.root;

	both = destroy.may & (before.may | after.may);
	k->emptied = release.may | both;
	k->proved = release.must | (destroy.must & (before.must | after.must));
	memcpy(k->proof, release.must ? release.proof : destroy.proof, sizeof(k->proof));
	k->idled = release.o.idled | (destroy.o.idled & (before.o.idled | after.o.idled));
	k->walk_at.line = 0;
	for (i = 0; k->pins == 0 && i < f->nrefs; i++) {
		if (k->dropped >> i & 1)
			continue;		/* VMAs seem to hold it after all */
		ask_release(f, k, &vm, (int)i);
		k->vm_release = vm.may || !k->vm_release ? vm.root : k->vm_release;
		k->emptied |= vm.may;
		k->proved |= vm.must;
		note_walk(f, k, &vm.o, vm.may);
		if (vm.must)
			memcpy(k->proof, vm.proof, sizeof(k->proof));
	}
	note_walk(f, k, &release.o, release.may);
	note_walk(f, k, &destroy.o, both);
}

/* ---- what a handle's end unbinds */

static void find_handle_close(struct flow *f, struct facts *k)
{
	static const char *const hooks[] = { "gem_close_object", "close" };
	struct outcome o;
	uint32_t i, j;
	int32_t n;

	flow_begin(f, &o);
	for (i = 0; i < 2 && !k->handle_close; i++) {
		sym m = intern(f->t, hooks[i], strlen(hooks[i]));

		for (n = f->t->syms[m - SYM_FIRST].ptrs; n >= 0; n = f->t->fnptrs[n].next) {
			int32_t fn = resolve(f->t, f->t->fnptrs[n].fn, f->t->fnptrs[n].file, -1);

			for (j = 0; fn >= 0 && j < f->t->funcs[fn].nparams; j++)
				if (!strcmp(sym_text(f->t, f->t->funcs[fn].params[j].type), "drm_gem_object")) {
					flow_start(f, fn, NULL, BY_TYPE);
					k->handle_close = f->t->funcs[fn].name;
					break;
				}
		}
	}
	flow_follow(f);
	k->handle_ends = o.end.at.line != 0;
	k->handle_at = o.end.site;
	for (i = 0; i < f->nrefs && !k->handle_ends; i++)
		if (o.put[i].at.line && f->pinned && f->refs[i] == k->pin_ref)
			k->handle_ends = 1;
}

/* ---- a context without an address space */

static int makes_vm(const struct flow *f, const struct func *g)
{
	const struct tok *v = f->t->toks + g->first;
	uint32_t i;

	if (!calls_allocator(f, g))
		return 0;
	for (i = 0; i + 1 < g->count; i++)
		if (is_name(v[i].s) && class_of(f, v[i].s) == C_VM && v[i].s != f->ctx)
			return 1;
	return class_of(f, g->ret) == C_VM;
}

/* Does making a context, by ioctl or with a file, lead to a function that makes an address space? */
static void find_made_vm(struct flow *f, struct facts *k)
{
	static const char *const roots[] = { "I915_GEM_CONTEXT_CREATE", "open" };
	uint32_t cap = 0, head = 0, tail = 0, i, *queue = grow(NULL, &cap, f->t->nfuncs + 1, sizeof(*queue));
	uint8_t *seen;
	int32_t n, fn;

	cap = 0;
	seen = grow(NULL, &cap, f->t->nfuncs + 1, 1);
	memset(seen, 0, f->t->nfuncs + 1);
	for (i = 0; i < 2; i++)
		for (n = f->t->syms[intern(f->t, roots[i], strlen(roots[i])) - SYM_FIRST].ptrs; n >= 0;
		     n = f->t->fnptrs[n].next)
			for (fn = -1; (fn = resolve(f->t, f->t->fnptrs[n].fn, f->t->fnptrs[n].file, fn)) >= 0;)
				if (!seen[fn]++)
					queue[tail++] = (uint32_t)fn;
	for (; head < tail && !k->made_vm; head++) {
		const struct func *g = &f->t->funcs[queue[head]];
		const struct tok *v = f->t->toks + g->first;

		if (makes_vm(f, g))
			k->made_vm = g->name;
		for (i = 0; i + 1 < g->count; i++)
			for (fn = -1; is_name(v[i].s) && v[i + 1].s == '(' &&
			     (fn = resolve(f->t, v[i].s, g->at.file, fn)) >= 0;)
				if (!seen[fn]++)
					queue[tail++] = (uint32_t)fn;
	}
	free(queue);
	free(seen);
}

/**
 * facts_collect - find out what a driver does
 * @f: flow of an indexed tree
 * @k: receives the facts
 */
void facts_collect(struct flow *f, struct facts *k)
{
	struct where nowhere = { -1, 0 };

	memset(k, 0, sizeof(*k));
	k->context = f->ctx;
	k->vma = f->vma;
	k->vm = f->vm;
	k->context_at = of_type(f->t, f->ctx);
	k->vma_at = of_type(f->t, f->vma);
	k->get_at = k->put_at = k->walk_at = k->maker_at = k->hole.at = k->lost = k->handle_at = nowhere;
	k->pins = -1;
	if (!f->ctx)
		return;
	find_vm_member(f, k, f->ctx, 0);
	if (!k->vm_member)
		find_made_vm(f, k);
	if (!f->vma)
		return;
	find_pin(f, k);
	read_all(f);
	find_lists(f, k);
	find_unbind(f, k);
	f->pinned = k->pins == 1;
	find_teardown(f, k);
	k->idle = idle_lists(f, k);
	if (k->pins == 1 && k->emptied & k->idle) {	/* perhaps all of them were made idle before */
		f->idle = k->idle;
		find_teardown(f, k);
	}
	find_handle_close(f, k);
}
