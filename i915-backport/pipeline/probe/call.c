// SPDX-License-Identifier: GPL-2.0-only
/* What calls do: references, lists, walks, and where values go from here. */
#include <string.h>

#include "flow.h"

/* ---- what is found */

static struct where here(const struct run *r, uint32_t i)
{
	struct where w = { r->fn->at.file, r->v[i].line };

	return w;
}

static struct where site(const struct run *r, uint32_t i)
{
	return r->c.depth ? r->c.site : here(r, i);
}

static void note(const struct run *r, struct event *e, uint32_t i)
{
	if (e->at.line)
		return;
	e->at = here(r, i);
	e->site = site(r, i);
}

/* VMAs of these lists are let go at @i; remember the walks that brought them. */
static void note_walks(struct run *r, uint32_t lists, uint32_t i)
{
	struct outcome *o = r->e->out;
	uint32_t k;

	for (k = 0; k < MAX_LISTS; k++) {
		if (!(lists >> k & 1) || o->walk[k].at.line)
			continue;
		if (r->walk[k]) {
			o->walk[k].at.file = r->fn->at.file;
			o->walk[k].at.line = r->walk[k];
		} else {
			o->walk[k].at = r->c.walk.line ? r->c.walk : here(r, i);
		}
		o->walk[k].site = site(r, i);
	}
}

static struct where walk_of(const struct run *r, const struct val *args, uint32_t n)
{
	struct where w = r->c.walk;
	uint32_t k, j;

	for (k = 0; k < n; k++)
		for (j = 0; j < MAX_LISTS; j++)
			if (args[k].lists >> j & 1 && r->walk[j]) {
				w.file = r->fn->at.file;
				w.line = r->walk[j];
			}
	return w;
}

int ref_index(struct flow *f, sym member)
{
	uint32_t i;

	for (i = 0; i < f->nrefs; i++)
		if (f->refs[i] == member)
			return (int)i;
	if (f->nrefs == MAX_REFS) {
		unsure(f->t, -1, 0, "there are more reference counters than can be told apart");
		return -1;
	}
	f->refs[f->nrefs++] = member;
	return (int)i;
}

/* ---- contexts */

/* The context's index; UINT32_MAX when there are too many. */
uint32_t add_context(struct engine *e, const struct context *c)
{
	uint32_t h = (uint32_t)c->func * 2654435761u, k, *slot;
	struct context *o;

	for (k = 0; k < c->nargs; k++)
		h = (h ^ c->args[k].flags ^ c->args[k].lists ^ c->args[k].fn) * 16777619u;
	slot = &e->hash[(h ^ h >> 15) % HASH];
	for (k = *slot; k; k = o->next) {
		o = &e->contexts[k - 1];
		if (o->func == c->func && o->nargs == c->nargs && o->link == c->link &&
		    o->link_flags == c->link_flags && o->link_lists == c->link_lists &&
		    o->by_type == c->by_type && o->idled == c->idled && o->list == c->list &&
		    memcmp(o->marks, c->marks, sizeof(c->marks)) == 0 &&
		    memcmp(o->args, c->args, c->nargs * sizeof(c->args[0])) == 0) {
			o->root |= c->root;
			return k - 1;
		}
	}
	if (e->ncontexts == MAX_CONTEXTS) {
		e->out->overflow = 1;
		return UINT32_MAX;
	}
	e->contexts = grow(e->contexts, &e->cap_contexts, e->ncontexts + 1, sizeof(*e->contexts));
	e->contexts[e->ncontexts] = *c;
	e->contexts[e->ncontexts].next = *slot;
	*slot = ++e->ncontexts;
	return e->ncontexts - 1;
}

/* Does a function take what it would be given? Asked where only a pointer's name is known. */
static int fits(const struct run *r, const struct func *g, const struct val *args, uint32_t n)
{
	uint32_t k;

	for (k = 0; k < n && k < g->nparams; k++)
		if (args[k].flags & (V_CTX | V_VM | V_VMA) && g->params[k].type &&
		    class_of(r->f, g->params[k].type) != class_of(r->f, args[k].type))
			return 0;
	return 1;
}

static void enter(struct run *r, int32_t func, const struct val *args, uint32_t n, uint32_t i, enum what what)
{
	const struct func *g = &r->t->funcs[func];
	struct context c;
	uint32_t k;
	int use = 0;

	memset(&c, 0, sizeof(c));
	c.func = func;
	for (k = 0; k < n && k < g->nparams; k++) {
		struct val v = convert(r, args[k], g->params[k].type);

		v.owner = v.member = 0;
		v.ptr = 0;
		if (!v.flags && !v.lists)
			v.type = 0;
		else
			use = 1;
		c.args[k] = v;
	}
	if (!use)
		return;
	c.nargs = (uint8_t)(k < MAX_PARAMS ? k : MAX_PARAMS);
	c.site = site(r, i);
	c.walk = walk_of(r, args, n);
	c.depth = 1;
	c.link = r->c.link;
	c.link_flags = r->c.link_flags;
	c.link_lists = r->c.link_lists;
	c.list = r->c.list;
	memcpy(c.marks, r->c.marks, sizeof(c.marks));
	c.idled = r->c.idled;
	add_act(r, i, what, add_context(r->e, &c), 0);
}

/* Functions that a name means here. */
static void enter_name(struct run *r, sym name, const struct val *args, uint32_t n, uint32_t i, enum what what)
{
	int32_t k;

	for (k = -1; (k = resolve(r->t, name, r->fn->at.file, k)) >= 0;)
		enter(r, k, args, n, i, what);
}

/* Does the body of that function have that name in it? */
static int mentions(const struct run *r, int32_t fn, sym name)
{
	const struct func *g = &r->t->funcs[fn];
	uint32_t i;

	for (i = 0; i < g->count; i++)
		if (r->t->toks[g->first + i].s == name)
			return 1;
	return 0;
}

/*
 * Everything that runs and takes things off lists by @link gets what was put on one; if
 * the list's name is known, everything that has to do with that list. Is there any?
 */
static int hand_over(struct run *r, sym link, sym list, struct val v, uint32_t i)
{
	struct context c;
	uint32_t k;
	int found = 0;

	if (!link || r->c.by_type)
		return 1;
	for (k = 0; k < r->e->nchained; k++) {
		if (r->e->chained[k].link != link || !r->t->funcs[r->e->chained[k].fn].live ||
		    (list && !mentions(r, r->e->chained[k].fn, list)))
			continue;
		memset(&c, 0, sizeof(c));
		c.func = r->e->chained[k].fn;
		c.link = link;
		c.list = list;
		c.link_flags = v.flags & (V_CTX_IN | V_CTX) ? V_CTX : v.flags & (V_VMA_IN | V_VMA) ? V_VMA : V_VM;
		c.link_lists = v.lists;
		c.site = site(r, i);
		c.walk = walk_of(r, &v, 1);
		c.depth = 1;
		add_act(r, i, ACT_TAKE, add_context(r->e, &c), 0);
		found = 1;
	}
	return found;
}

static int ours(const struct run *r, sym name)
{
	const char *s = sym_text(r->t, name);

	if (r->t->syms[name - SYM_FIRST].flags & SF_PROTO)
		return 1;
	while (*s == '_')
		s++;
	return starts(s, "i915_") || starts(s, "intel_");
}

/* ---- calls */

/* The lists are chained by that link of the VMA. */
static void chain(struct run *r, uint32_t lists, sym link)
{
	uint32_t j;

	for (j = 0; j < r->f->nlists; j++)
		if (lists >> j & 1 && !r->f->lists[j].link)
			r->f->lists[j].link = link;
}

/* Does this function find a place in the address space? */
static int binds(struct run *r)
{
	uint32_t i;

	for (i = 0; i < r->n; i++)
		if (kind_of(r->f, r->v[i].s) == K_INSERT)
			return 1;
	return 0;
}

/* Is this function, which takes a VMA's node out, about unbinding, not an error on the way in? */
static int unbinds(struct run *r)
{
	uint32_t i;

	if (strstr(sym_text(r->t, r->fn->name), "unbind"))
		return 1;
	for (i = 1; i + 1 < r->n; i++)
		if (r->v[i - 1].s == T_ARROW && r->v[i + 1].s == '(' && strstr(sym_text(r->t, r->v[i].s), "unbind"))
			return !binds(r);
	return 0;
}

/* What a macro of the driver mentions, its parameters being @args. */
static struct val macro_value(const struct run *outer, const struct func *g, const struct val *args, uint32_t n)
{
	static struct run m;
	uint32_t match[128], k;

	if (!g->count || g->count > 128)
		return nothing;
	memcpy(&m, outer, offsetof(struct run, vars));
	m.nvars = m.nskips = 0;
	m.fn = g;
	m.v = m.t->toks + g->first;
	m.n = g->count;
	pair_brackets(m.v, m.n, match);
	m.match = match;
	for (k = 0; k < n && k < g->nparams; k++) {
		struct var *x = add_var(&m, g->params[k].name, 0);

		if (x && !(args[k].flags & (V_VMA | V_VMA_IN)))
			x->v = args[k];
	}
	return eval(&m, 0, m.n, 1);
}

/* Is that macro an iterator of the kernel and nothing else? */
static int iterates(const struct run *r, const struct func *g)
{
	uint32_t match[128];
	int32_t k;

	if (g->count < 3 || g->count > 128 || kind_of(r->f, r->t->toks[g->first].s) != K_EACH)
		return 0;
	pair_brackets(r->t->toks + g->first, g->count, match);
	if (r->t->toks[g->first + 1].s != '(' || match[1] + 1 != g->count)
		return 0;
	k = resolve(r->t, r->t->toks[g->first].s, g->at.file, -1);
	return k < 0 || (&r->t->funcs[k] != g && iterates(r, &r->t->funcs[k]));
}

/* for_each…(variable, where, …): the variable comes from the where. */
static void each(struct run *r, uint32_t i, const uint32_t *from, const uint32_t *to,
		 const struct val *args, uint32_t n)
{
	const struct func *g = func_of(r, r->v[i].s);
	int safe = !!strstr(sym_text(r->t, r->v[i].s), "_safe");
	struct var *out[MAX_ARGS] = { NULL };
	struct val v = nothing;
	uint32_t k, j, walked = 0;

	for (k = 0; k < n; k++) {
		struct var *x = to[k] - from[k] == 1 ? find_var(r, r->v[from[k]].s) : NULL;
		enum class c = x ? class_of(r->f, x->type) : C_NONE;

		if (x && (k == 0 || (k == 1 && safe) || c == C_VMA || c == C_CTX)) {
			out[k] = x;
			continue;
		}
		v = join(v, args[k]);
		if (args[k].flags & (V_CTX_IN | V_VM_IN) && !args[k].lists && args[k].owner)
			v.lists |= list_bit(r->f, args[k].owner, args[k].member, args[k].type);
	}
	if (n)
		v = join(v, by_link(r, to[n - 1]));
	if (g && g->macro)
		v = join(v, macro_value(r, g, args, n));
	for (k = 0; k < n; k++) {
		if (!out[k])
			continue;
		out[k]->v = convert(r, v, out[k]->type);
		for (j = 0; j < r->f->nlists; j++)
			if (out[k]->v.lists >> j & 1)
				r->walk[j] = r->v[i].line;
		walked |= out[k]->v.flags & (V_CTX | V_VM) ? ~0u : out[k]->v.lists;
		if (r->c.idled == IDLE_BOTH)
			r->e->out->idled |= out[k]->v.lists;
	}
	if (walked && (!g || iterates(r, g)))
		add_act(r, i, ACT_EACH, 0, walked);
	k = n ? from[n - 1] : 0;
	if (n && out[0] && to[n - 1] - k == 1 && is_name(r->v[k].s) && class_of(r->f, out[0]->type) == C_VMA)
		chain(r, out[0]->v.lists, r->v[k].s);
}

/* If the list at [@i, @end) is one of the function's own, it has what @v is from now on. */
static int put_on_own(struct run *r, uint32_t i, uint32_t end, const struct val *v)
{
	struct var *own;

	while (i < end && r->v[i].s == '&')
		i++;
	own = i + 1 == end ? find_var(r, r->v[i].s) : NULL;
	if (!own)
		return 0;
	own->v.lists |= v->lists;
	own->v.flags |= v->flags;
	return 1;
}

/* Does something that runs move the whole list @from to the list @to? */
static int is_moved(const struct run *r, sym from, sym to)
{
	uint32_t i;

	for (i = 0; i < r->e->nputs; i++)
		if (r->e->puts[i].whole && r->e->puts[i].from == from && r->e->puts[i].to == to &&
		    r->t->funcs[r->e->puts[i].fn].live)
			return 1;
	return 0;
}

/* Does the work in that member lead back to this function? */
static int leads_here(const struct run *r, sym member)
{
	int32_t k;

	for (k = is_name(member) ? r->t->syms[member - SYM_FIRST].ptrs : -1; k >= 0; k = r->t->fnptrs[k].next)
		if (r->t->fnptrs[k].deferred) {
			int32_t fn = resolve(r->t, r->t->fnptrs[k].fn, r->t->fnptrs[k].file, -1);

			if (fn >= 0 && (&r->t->funcs[fn] == r->fn || mentions(r, fn, r->fn->name)))
				return 1;
		}
	return 0;
}

/* Puts something on a list: a list of the address space, one of the function's own, or another. */
static void put_on_list(struct run *r, uint32_t i, const uint32_t *from, const uint32_t *to,
			const struct val *args, uint32_t n)
{
	uint32_t j;

	if (n < 2)
		return;
	if (r->c.list && args[0].flags & V_VMA_IN && is_moved(r, r->v[to[1] - 1].s, r->c.list))
		add_act(r, i, ACT_AGAIN, 0, 0);
	if (args[0].flags & V_VMA_IN && args[1].lists && args[1].flags & (V_VM_IN | V_CTX_IN)) {
		chain(r, args[1].lists, args[0].member);
		if (r->f->alone && r->f->nmovers < MAX_MOVERS) {
			r->f->movers[r->f->nmovers].fn = r->fn->name;
			r->f->movers[r->f->nmovers++].lists = args[1].lists;
		}
		for (j = 0; j < r->f->nlists; j++)
			if (args[1].lists >> j & 1) {
				if (binds(r))
					r->f->lists[j].at_bind = 1;
				else if (r->c.by_type == BY_TYPE_MAKER)
					r->f->lists[j].at_make = 1;
			}
		return;
	}
	if (r->c.by_type == BY_TYPE_MAKER && args[0].flags & V_VMA_IN && r->f->nmade < MAX_LISTS)
		r->f->made[r->f->nmade++] = args[0].member;
	if (!args[0].flags || args[1].flags & (V_VM | V_VM_IN))
		return;
	if (put_on_own(r, from[1], to[1], &args[0]))
		return;
	hand_over(r, args[0].member, to[1] - from[1] > 2 && is_name(r->v[to[1] - 1].s) ? r->v[to[1] - 1].s : 0,
		  args[0], i);
}

/* Moves a whole list: to one of the function's own, or to one that is emptied elsewhere. */
static void splice(struct run *r, uint32_t i, const uint32_t *from, const uint32_t *to,
		   const struct val *args, uint32_t n)
{
	struct val v = nothing;
	uint32_t j;

	if (n < 2)
		return;
	if (put_on_own(r, from[1], to[1], &args[0]))
		return;
	if (args[1].flags & (V_VM | V_VM_IN) || !(args[0].flags & (V_VM_IN | V_CTX_IN)))
		return;
	v.flags = V_VMA;
	for (j = 0; j < r->f->nlists; j++) {
		if (!(args[0].lists >> j & 1))
			continue;
		r->walk[j] = r->v[i].line;
		v.lists = 1u << j;
		if (!hand_over(r, r->f->lists[j].link, r->v[to[1] - 1].s, v, i))
			unsure(r->t, r->fn->at.file, r->v[i].line, "a list of VMAs is moved where nobody takes them");
	}
}

/* A pointer to a function is given away together with what it will be called with. */
static void give_away(struct run *r, const struct val *args, uint32_t n, uint32_t i)
{
	const char *name = sym_text(r->t, r->v[i].s);
	int calls = kind_of(r->f, r->v[i].s) == K_PUT || strstr(name, "for_each") || strstr(name, "call_rcu") ||
		    strstr(name, "kthread_run") || starts(name, "async_schedule");
	struct val all[MAX_PARAMS], v = nothing;
	uint32_t k;

	for (k = 0; k < n; k++)
		if (!args[k].fn)
			v = join(v, args[k]);
	v.fn = 0;
	for (k = 0; k < MAX_PARAMS; k++)
		all[k] = v;
	for (k = 0; k < n; k++)
		if (args[k].fn)
			enter_name(r, args[k].fn, all, MAX_PARAMS, i, calls ? ACT_CALLBACK : ACT_NEVER);
}

/* Many things have a member called `work`: is this function about the struct that owns it? */
static int is_about(const struct run *r, const struct fnptr *p, int32_t fn, sym owner)
{
	const struct func *g = &r->t->funcs[fn];
	const struct tok *v = r->t->toks + g->first;
	uint32_t i;
	int other = 0;

	if (p->owner && owner)
		return p->owner == owner ? 2 : 0;
	for (i = 0; owner && i < g->count; i++) {
		if (v[i].s == owner)
			return 2;
		other |= is_name(v[i].s) && r->t->syms[v[i].s - SYM_FIRST].flags & SF_KEY;
	}
	return !other;
}

/* The next function stored in a member of the name that @k, and what follows it, is about. */
static int32_t next_stored(const struct run *r, int32_t k, int deferred, int32_t *fn)
{
	for (; k >= 0; k = r->t->fnptrs[k].next)
		if (r->t->fnptrs[k].deferred == deferred) {
			*fn = resolve(r->t, r->t->fnptrs[k].fn, r->t->fnptrs[k].file, -1);
			if (*fn >= 0)
				break;
		}
	return k;
}

/* Work that is queued. */
static void enter_work(struct run *r, const struct val *arg, uint32_t i)
{
	int32_t k, fn, first;
	int best = 0, about;

	if (!is_name(arg->member))
		return;
	first = r->t->syms[arg->member - SYM_FIRST].ptrs;
	for (k = next_stored(r, first, 1, &fn); k >= 0; k = next_stored(r, r->t->fnptrs[k].next, 1, &fn)) {
		about = is_about(r, &r->t->fnptrs[k], fn, arg->owner);
		best = about > best ? about : best;
	}
	for (k = next_stored(r, first, 1, &fn); best && k >= 0; k = next_stored(r, r->t->fnptrs[k].next, 1, &fn))
		if (is_about(r, &r->t->fnptrs[k], fn, arg->owner) == best)
			enter(r, fn, arg, 1, i, ACT_WORK);
}

/* Functions that a pointer of that name may lead to. Is there any? */
static int enter_pointer(struct run *r, sym member, const struct val *args, uint32_t n, uint32_t i)
{
	int32_t k, fn;
	int found = 0;

	if (!is_name(member))
		return 0;
	k = r->t->syms[member - SYM_FIRST].ptrs;
	for (k = next_stored(r, k, 0, &fn); k >= 0; k = next_stored(r, r->t->fnptrs[k].next, 0, &fn))
		if (fits(r, &r->t->funcs[fn], args, n)) {
			enter(r, fn, args, n, i, ACT_CALL);
			found = 1;
		}
	return found;
}

/* A pointer as it is, such as &ctx->ppgtt->base; not something computed from one. */
static int is_path(const struct run *r, uint32_t i, uint32_t end)
{
	for (; i < end; i++)
		if (!is_name(r->v[i].s) && r->v[i].s != T_ARROW && r->v[i].s != '.' && r->v[i].s != '&')
			return 0;
	return 1;
}

static int is_counter(const struct run *r, sym type)
{
	const char *s = sym_text(r->t, type);

	return type == S_KREF || starts(s, "atomic") || starts(s, "refcount");
}

/* A VMA is made, and something that is not known is done with a counter of the address space, or with all of it. */
static void note_touch(struct run *r, sym name, const uint32_t *from, const uint32_t *to,
		       const struct val *args, uint32_t n, uint32_t i)
{
	const char *s = sym_text(r->t, name);
	uint32_t k;

	if (starts(s, "trace_") || starts(s, "lockdep_") || strstr(s, "BUG_ON") || strstr(s, "WARN") ||
	    strstr(s, "read") || strstr(s, "container_of") || strstr(s, "_entry") ||
	    (*s >= 'A' && *s <= 'Z' && !(r->t->syms[name - SYM_FIRST].flags & SF_MACRO)))
		return;			/* looks only, as ERR_PTR() does */
	for (k = 0; k < n && r->e->out->makes; k++)
		if (is_path(r, from[k], to[k]) &&
		    (args[k].flags & V_VM ? class_of(r->f, args[k].type) == C_VM :
		     args[k].flags & V_VM_IN && is_counter(r, args[k].type)))
			note(r, &r->e->out->touch, i);
}

static void missing(struct run *r, sym name, const uint32_t *from, const uint32_t *to,
		    const struct val *args, uint32_t n, uint32_t i)
{
	struct outcome *o = r->e->out;
	uint32_t k;

	for (k = 0; k < n; k++)
		if (args[k].flags & (V_CTX | V_VM | V_VMA) && class_of(r->f, args[k].type) >= C_CTX &&
		    is_path(r, from[k], to[k]) && !o->hole.at.line && ours(r, name)) {
			note(r, &o->hole, i);
			o->hole_name = name;
		}
}

/* kref_put(&x->ref, fn): fn releases a context or an address space. */
static void note_release(struct run *r, const struct val *args, uint32_t n)
{
	struct flow *f = r->f;
	struct release e = { 0, -1, -1 };
	uint32_t k;

	for (k = 1; k < n; k++)
		if (args[k].fn)
			e.fn = args[k].fn;
	e.file = r->fn->at.file;
	if (!r->fn->live)
		return;
	if (class_of(f, args[0].owner) == C_VM && args[0].flags & V_VM_IN)
		e.ref = ref_index(f, args[0].member);
	else if (args[0].owner != f->ctx || !(args[0].flags & V_CTX_IN))
		return;
	for (k = 0; k < f->nreleases; k++)
		if (f->releases[k].fn == e.fn && f->releases[k].ref == e.ref)
			return;
	if (e.fn && k < MAX_RELEASES)
		f->releases[f->nreleases++] = e;
	else if (e.fn)
		unsure(f->t, e.file, r->fn->at.line, "there are too many functions that release something");
}

/*
 * Does a function, not given the context or anything of it, wait for the device, and
 * does it put VMAs that were in use back on the idle lists? After both, what was busy
 * is idle.
 */
static uint8_t idling(struct run *r, const struct func *g, const struct val *args, uint32_t n)
{
	uint32_t queue[MAX_REACH], head = 0, tail = 0, i, k;
	const struct flow *f = r->f;
	uint8_t *known = &r->e->idling[g - r->t->funcs], found = 0;

	for (k = 0; k < n; k++)
		if (args[k].flags & (V_CTX | V_VM | V_VMA))
			return 0;
	if (*known & IDLE_KNOWN)
		return *known & IDLE_BOTH;
	queue[tail++] = (uint32_t)(g - r->t->funcs);
	for (; head < tail && found != IDLE_BOTH; head++) {
		const struct func *h = &r->t->funcs[queue[head]];
		const struct tok *v = r->t->toks + h->first;

		for (k = 0; k < f->nmovers; k++)
			if (f->movers[k].fn == h->name && f->movers[k].lists & f->idle)
				found |= IDLE_RETIRES;
		for (i = 0; i + 1 < h->count; i++) {
			const struct func *to = v[i + 1].s == '(' ? func_of(r, v[i].s) : NULL;

			if (v[i + 1].s == '(' && kind_of(f, v[i].s) == K_WAIT)
				found |= IDLE_WAITS;
			for (k = 0; to && k < tail; k++)
				if (queue[k] == (uint32_t)(to - r->t->funcs))
					break;
			if (to && k == tail && tail < MAX_REACH)
				queue[tail++] = (uint32_t)(to - r->t->funcs);
		}
	}
	*known = found | IDLE_KNOWN;
	return found;
}

/* A VMA of these lists is unbound or freed. */
static void let_go(struct run *r, uint32_t lists, uint32_t i)
{
	note(r, &r->e->out->end, i);
	r->e->out->free_lists |= lists;
	note_walks(r, lists, i);
	if (lists && !r->f->pinned)
		add_act(r, i, ACT_GO, 0, lists);
}

/* kref_get() and the like, of an address space; returns whether its release follows. */
static int reference(struct run *r, enum kind which, const struct val *args, uint32_t n, uint32_t i)
{
	struct outcome *o = r->e->out;
	int ref;

	if (which == K_PUT && n > 1)
		note_release(r, args, n);
	if (!n || !(args[0].flags & V_VM_IN) || class_of(r->f, args[0].owner) != C_VM)
		return 1;
	ref = ref_index(r->f, args[0].member);
	if (ref < 0)
		return 0;
	if (which == K_GET) {
		note(r, &o->get[ref], i);
		return 0;
	}
	note(r, &o->put[ref], i);
	o->put_lists[ref] |= args[0].lists;
	note_walks(r, args[0].lists, i);
	if (args[0].lists && r->f->pinned && r->f->cut >> ref & 1)
		add_act(r, i, ACT_GO, 0, args[0].lists);
	return !(r->f->cut >> ref & 1);
}

/* A VMA, or its node, is given to what frees or unbinds it. */
static void end_of_vma(struct run *r, enum kind which, const struct val *args, uint32_t n, uint32_t i)
{
	uint32_t k;

	for (k = 0; which == K_FREE && k < n; k++)
		if (args[k].flags & V_VMA) {
			if (!r->f->vma_free)
				r->f->vma_free = r->v[i].s;
			let_go(r, args[k].lists, i);
		}
	if (which == K_UNBIND && n && args[0].flags & V_VMA_IN) {
		if (r->f->unbind < 0 && unbinds(r))
			r->f->unbind = r->c.func;
		let_go(r, args[0].lists, i);
	}
}

/* These lists are empty from here on, whatever was on them; what that means is known when all was followed. */
static void forget_lists(struct run *r, uint32_t lists, uint32_t i)
{
	if (!r->f->forgotten) {
		r->f->forgotten_at.file = r->fn->at.file;
		r->f->forgotten_at.line = r->v[i].line;
	}
	r->f->forgotten |= lists;
}

/* A function of the kernel; returns whether what it is given may go on from there. */
static int kernel_call(struct run *r, uint32_t i, const uint32_t *from, const uint32_t *to,
		       const struct val *args, uint32_t n)
{
	enum kind kind = kind_of(r->f, r->v[i].s);
	uint32_t k;

	switch (kind) {
	case K_LIST_HEAD:
		if (n == 1)
			add_var(r, r->v[from[0]].s, 0);
		return 0;
	case K_GET:
	case K_PUT:
		return reference(r, kind, args, n, i);
	case K_FREE:
	case K_UNBIND:
		end_of_vma(r, kind, args, n, i);
		return 0;
	case K_ADD:
		put_on_list(r, i, from, to, args, n);
		return 0;
	case K_SPLICE:
		splice(r, i, from, to, args, n);
		return 0;
	case K_INIT:
		if (n == 1 && args[0].lists && args[0].flags & (V_VM_IN | V_CTX_IN) && !r->c.by_type)
			forget_lists(r, args[0].lists, i);
		return 0;
	case K_QUEUE:
		for (k = 0; k < n; k++) {
			if (args[k].flags && args[k].member)
				enter_work(r, &args[k], i);
			if (r->c.list && leads_here(r, r->v[to[k] - 1].s))
				add_act(r, i, ACT_AGAIN, 0, 0);
		}
		return 1;
	default:
		return 1;
	}
}

/* What the arguments of the call at @i are, true and false among them. Returns how many. */
static uint32_t arguments(struct run *r, uint32_t i, uint32_t *from, uint32_t *to, struct val *args)
{
	uint32_t n = split(r, i + 1, from, to), k;

	for (k = 0; k < n; k++) {
		enum kind a = to[k] - from[k] == 1 ? kind_of(r->f, r->v[from[k]].s) : K_NONE;

		args[k] = eval(r, from[k], to[k], 1);
		if (to[k] - from[k] == 1 && (a == K_TRUE || r->v[from[k]].s == '1'))
			args[k].konst = 2;
		else if (to[k] - from[k] == 1 && (a == K_FALSE || r->v[from[k]].s == '0'))
			args[k].konst = 1;
	}
	return n;
}

/* The call name( at @i. */
void call(struct run *r, uint32_t i)
{
	uint32_t from[MAX_ARGS], to[MAX_ARGS], n, k;
	struct val args[MAX_ARGS];
	sym name = r->v[i].s;
	const struct func *g = func_of(r, name);
	enum kind kind = kind_of(r->f, name);
	struct var *x = find_var(r, name);

	n = arguments(r, i, from, to, args);
	for (k = 0; k < n && !args[k].fn; k++)
		;
	if (kind == K_EACH && k == n && (!g || g->macro)) {
		each(r, i, from, to, args, n);
	} else if (x && x->v.fn) {		/* a parameter that is a function */
		enter_name(r, x->v.fn, args, n, i, ACT_CALL);
	} else if (g && !r->f->alone) {
		if (r->f->idle && (r->depth == 1 || (r->depth == 2 && i > r->sure.from && i < r->sure.to)))
			r->c.idled |= idling(r, g, args, n);
		enter_name(r, name, args, n, i, ACT_CALL);
	} else if (!g && kernel_call(r, i, from, to, args, n) && !r->f->alone) {
		give_away(r, args, n, i);
		missing(r, name, from, to, args, n, i);
		if (kind == K_NONE)
			note_touch(r, name, from, to, args, n, i);
	}
}

/* The call x->member( , its name at @i. */
void call_pointer(struct run *r, uint32_t i)
{
	uint32_t from[MAX_ARGS], to[MAX_ARGS], n, k;
	struct val args[MAX_ARGS];

	if (r->f->alone)
		return;
	n = split(r, i + 1, from, to);
	for (k = 0; k < n; k++)
		args[k] = eval(r, from[k], to[k], 1);
	if (!enter_pointer(r, r->v[i].s, args, n, i))
		note_touch(r, r->v[i].s, from, to, args, n, i);
}
