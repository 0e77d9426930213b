// SPDX-License-Identifier: GPL-2.0-only
/* What follows from the facts. When they do not suffice the answer is unknown. */
#include <stdio.h>
#include <string.h>

#include "probe.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = { "clean", "leaks", "leaks-while-busy", "unknown" };

	return names[v];
}

static void copy(char *to, const struct tree *t, sym s)
{
	snprintf(to, NAME_MAX_OUT, "%s", sym_text(t, s));
}

static void names_of(const struct flow *f, uint32_t lists, char *buf, size_t len)
{
	size_t n = 0;
	uint32_t i;

	buf[0] = '\0';
	for (i = 0; i < f->nlists; i++)
		if (lists >> i & 1 && n < len)
			n += (size_t)snprintf(buf + n, len - n, "%s%s", n ? " " : "", sym_text(f->t, f->lists[i].name));
}

/*
 * Does emptying these reach every VMA? A tree or array that the context or the address
 * space has of its VMAs does, and so do all lists of one link, because a VMA is on one
 * of them. A list of the context's own must get its VMAs when they are made or bound.
 */
static int all_emptied(const struct flow *f, uint32_t emptied)
{
	uint32_t i, j;

	for (i = 0; i < f->nlists; i++) {
		const struct list *l = &f->lists[i];

		if (!(emptied >> i & 1))
			continue;
		if (!l->is_list)
			return 1;
		if (class_of(f, l->owner) == C_CTX) {
			if (l->at_make || l->at_bind)
				return 1;
			continue;
		}
		for (j = 0; j < f->nlists; j++)
			if (f->lists[j].link == l->link && !(emptied >> j & 1) &&
			    class_of(f, f->lists[j].owner) == C_VM)
				break;
		if (j == f->nlists && l->link)
			return 1;
	}
	return 0;
}

/* Is one of these a container of the address space itself? */
static int of_vm(const struct flow *f, uint32_t lists)
{
	uint32_t i;

	for (i = 0; i < f->nlists; i++)
		if (lists >> i & 1 && class_of(f, f->lists[i].owner) == C_VM)
			return 1;
	return 0;
}

static void decide(struct result *r, enum verdict v, struct where at, const char *why, const char *name)
{
	r->verdict = v;
	r->at = at;
	snprintf(r->why, sizeof(r->why), why, name);
}

/* What keeps the facts from being facts, or from mattering. Returns whether that settles it. */
static int decide_early(const struct tree *t, const struct facts *k, struct result *r)
{
	struct where nowhere = { -1, 0 };

	if (t->fault_why)
		decide(r, UNKNOWN, t->fault, "the source could not be read whole: %s", t->fault_why);
	else if (!k->context)
		decide(r, UNKNOWN, nowhere, "no type of GPU contexts was found%s", "");
	else if (!k->vm_member && k->blind)
		decide(r, UNKNOWN, k->context_at,
		       "the context points to a struct %s that is nowhere defined", sym_text(t, k->blind));
	else if (!k->vm_member && k->made_vm)
		decide(r, UNKNOWN, k->context_at,
		       "making a context leads to %s(), but no pointer to an address space was found in it",
		       sym_text(t, k->made_vm));
	else if (!k->vm_member && k->hidden)
		decide(r, UNKNOWN, k->context_at,
		       "struct %s has a macro or typedef in it, which may hide an address space",
		       sym_text(t, k->hidden));
	else if (!k->vm_member && (!k->vma || k->pins >= 0))
		decide(r, CLEAN, k->context_at, "a context has no address space of its own%s", "");
	else if (!k->vm_member)
		decide(r, UNKNOWN, k->context_at,
		       "no address space in the context, and no function that makes a VMA%s", "");
	else if (!k->vma)
		decide(r, UNKNOWN, k->context_at, "contexts have address spaces, but there is no type of VMAs%s", "");
	else if (!k->maker)
		decide(r, UNKNOWN, k->vma_at, "no function that makes a VMA was found%s", "");
	else if (k->overflow)
		decide(r, UNKNOWN, nowhere, "the code is too large to follow%s", "");
	else if (k->hole.at.line)
		decide(r, UNKNOWN, k->hole.at,
		       "%s() is called but is nowhere in the source", sym_text(t, k->hole_name));
	else if (k->pins < 0)
		decide(r, UNKNOWN, k->maker_at, "cannot tell whether a VMA holds its address space%s", "");
	else if (!k->release || !k->destroy || !k->close)
		decide(r, UNKNOWN, k->context_at, "no %s was found",
		       !k->release ? "function that releases a context" :
		       !k->destroy ? "ioctl that destroys a context" : "function that closes a file");
	else
		return 0;
	return 1;
}

static void from_facts(const struct flow *f, const struct facts *k, struct result *r)
{
	if (decide_early(f->t, k, r))
		return;
	if (k->pins && all_emptied(f, k->proved))
		decide(r, CLEAN, k->walk_at,
		       "a VMA holds its address space, and the context's end lets go of all of them (%s)",
		       r->emptied);
	else if (k->pins && k->proved & k->idle & k->idled)
		decide(r, CLEAN, k->walk_at,
		       "a VMA holds its address space, and the context's end makes all of them idle and lets go of these (%s)",
		       r->emptied);
	else if (k->pins && (all_emptied(f, k->emptied) || k->emptied & k->idle & k->idled))
		decide(r, UNKNOWN, k->lost,
		       "the context's end may let go of all VMAs (%s), but not on every path", r->emptied);
	else if (k->pins && k->emptied & k->idle)
		decide(r, LEAKS_BUSY, k->walk_at, "the context's end lets go of idle VMAs only (%s)", r->emptied);
	else if (k->pins)
		decide(r, LEAKS, k->get_at,
		       "a VMA holds its address space, and nothing empties that when the context goes%s", "");
	else if (of_vm(f, k->proved))
		decide(r, CLEAN, k->walk_at,
		       "a VMA does not hold its address space, whose end disposes of its VMAs (%s)",
		       r->emptied);
	else if (of_vm(f, k->emptied))
		decide(r, UNKNOWN, k->lost,
		       "the address space's end may dispose of its VMAs (%s), but not on every path", r->emptied);
	else
		decide(r, UNKNOWN, k->maker_at,
		       "a VMA does not hold its address space, and nothing was found that disposes of it%s", "");
}

/* What a verdict says nothing about, but who reads it wants to know. */
static void add_handle_close(const struct facts *k, struct result *r)
{
	size_t n = strlen(r->why);

	if (!k->vma || !k->vm_member)
		return;
	r->handle_ends = k->handle_ends ? "lets-go" : "nothing";
	if (n < sizeof(r->why))
		snprintf(r->why + n, sizeof(r->why) - n, "; closing a handle %s",
			 k->handle_ends ? "lets go of its VMAs" : "lets go of none");
}

/* Where the pointer is, who leads from the context's end to the walk, and what is done to each VMA. */
static void write_proof(const struct tree *t, const struct facts *k, struct result *r)
{
	if (r->verdict == CLEAN && k->vm_member && *k->proof)
		snprintf(r->proof, sizeof(r->proof), "%s.%s at %s:%lu; %s", sym_text(t, k->vm_home),
			 sym_text(t, k->vm_member), t->files[k->vm_at.file].path, (unsigned long)k->vm_at.line,
			 k->proof);
	else if (r->verdict == CLEAN)
		snprintf(r->proof, sizeof(r->proof), "no member of %s leads to an address space, and making one makes none",
			 sym_text(t, k->context));
}

static void judge_once(struct tree *t, struct result *r)
{
	static struct facts k;
	struct flow *f;

	memset(r, 0, sizeof(*r));
	f = flow_new(t);
	facts_collect(f, &k);
	copy(r->context, t, k.context);
	copy(r->vma, t, k.vma);
	copy(r->vm, t, k.vm);
	copy(r->vm_member, t, k.vm_member);
	copy(r->maker, t, k.maker);
	copy(r->pin_ref, t, k.pin_ref);
	copy(r->link, t, k.link);
	copy(r->unbind, t, k.unbind);
	copy(r->wait, t, k.wait);
	copy(r->retire, t, k.retire);
	copy(r->vma_free, t, k.vma_free);
	copy(r->release, t, k.release);
	copy(r->destroy, t, k.destroy);
	copy(r->close, t, k.close);
	copy(r->vm_release, t, k.vm_release);
	names_of(f, k.linked, r->lists, sizeof(r->lists));
	names_of(f, k.emptied, r->emptied, sizeof(r->emptied));
	r->unbind_via = k.unbind_via;
	r->pins = k.pins;
	r->unlisted = k.unlisted;
	r->get_at = k.get_at;
	r->put_at = k.put_at;
	from_facts(f, &k, r);
	if (r->verdict == CLEAN && t->unsure_why)
		decide(r, UNKNOWN, t->unsure, "looks clean, but not all of the source could be followed: %s",
		       t->unsure_why);
	write_proof(t, &k, r);
	add_handle_close(&k, r);
	copy(r->handle_close, t, k.handle_close);
	flow_free(f);
}

/**
 * judge - the verdict on a tree
 * @t: tree with its files listed
 * @r: receives it
 *
 * What hangs on an option of the kernel is judged with all of them on and with all
 * of them off. Two answers are no answer.
 */
void judge(struct tree *t, struct result *r)
{
	static struct result off;

	index_tree(t);
	judge_once(t, r);
	while (r->verdict != UNKNOWN && index_again(t)) {
		judge_once(t, &off);
		if (off.verdict == r->verdict)
			continue;
		if (off.verdict == UNKNOWN)
			snprintf(r->why, sizeof(r->why), "%s with the kernel's options on; off: %.200s",
				 verdict_name(r->verdict), off.why);
		else
			snprintf(r->why, sizeof(r->why), "depends on the kernel's options: %s with all on, %s with all off",
				 verdict_name(r->verdict), verdict_name(off.verdict));
		r->verdict = UNKNOWN;
		r->proof[0] = '\0';
	}
	index_free(t);
}
