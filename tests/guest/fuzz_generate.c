// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer's programs: made from a seed and a number. */
#define _GNU_SOURCE
#include "array.h"
#include "fuzz.h"

#include <string.h>

/* Of a generator's chances all that are not said otherwise are so many of these. */
#define OF 16

/*
 * What a program is about: each has operations, files, objects and so on of its own that it does often and others
 * that it leaves alone. Programs that may do everything all look alike, and rarely do the same thing to the same object
 * twice.
 */
struct mood {
	unsigned int weights[128];
	unsigned int files, contexts, objects, engines;	/* sets */
	unsigned int tendency[32];			/* of each word of a set */
	unsigned int obstacles[2];			/* of others, and of who lets go in the end */
	unsigned int actors, async, signals;
};

/* What there is at a step, if all before it succeeded; sets. */
struct guess {
	unsigned int held, files, contexts[FILES], objects, userptr;
	bool spins;
};

/*
 * An object is used, mostly while the GPU is held up; then let go of, while the GPU has yet to get on; then its memory
 * is wanted, and somebody looks. And so on, with other things in between. Faults of an object's life need such an
 * order, which chance alone rarely finds.
 */
static const struct {
	unsigned int phase, least, most;		/* steps */
} life[] = {
	{ HOLDS, 1, 1 }, { USE, 2, 4 }, { ABANDON, 1, 1 }, { PROGRESS, 2, 3 }, { USE, 0, 1 }, { PRESSURE, 1, 2 },
	{ LOOK, 0, 2 },
};

/* Whose life it is about, most of the time: the object, who lets go of it, and what holds it up. */
struct focus {
	unsigned int file, context, object, engine;
};

struct generator {
	uint64_t state;
	struct mood mood;
	struct guess guess;
	struct focus focus;
	unsigned int phase, steps;			/* in life[], and steps left in it */
};

/* SplitMix64 (Steele, Lea and Flood 2014): any number is a good seed. */
static uint64_t next(struct generator *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned int below(struct generator *g, unsigned int n)
{
	return next(g) % n;
}

static bool chance(struct generator *g, unsigned int of)
{
	return below(g, OF) < of;
}

static unsigned int one_of(struct generator *g, unsigned int set)
{
	unsigned int i;

	do {
		i = below(g, 32);
	} while (!(set & 1u << i));
	return i;
}

/* One, or any set, or all but one. */
static unsigned int some_of(struct generator *g, unsigned int n)
{
	unsigned int one = 1u << below(g, n), all = (1u << n) - 1, set = below(g, 1u << n);

	switch (below(g, 4)) {
	case 0:
		return one;
	case 1:
		return set ? set : one;
	default:
		return all & ~one;
	}
}

/* As sharing takes more than one, one is rare. */
static unsigned int several_of(struct generator *g, unsigned int n)
{
	return some_of(g, n) | (chance(g, 14) ? some_of(g, n) : 0);
}

static void choose_weights(struct generator *g, bool (*left_out)(const struct op *op))
{
	static const unsigned int factors[] = { 0, 1, 1, 4 };
	const struct op *op;

	for (unsigned int i = 0; (op = op_number(i)); i++) {
		/* Drawn for every one, so that what is left out changes no other. */
		unsigned int factor = factors[below(g, ARRAY_SIZE(factors))];
		bool chosen = below(g, 8) == 0;

		if (op->flags & RARE)
			factor = chosen;
		else if (op->flags & ALWAYS && !factor)
			factor = 1;
		g->mood.weights[i] = left_out(op) ? 0 : op->weight * factor;
	}
}

static void choose_mood(struct generator *g, bool (*left_out)(const struct op *op))
{
	static const unsigned int tendencies[] = { 0, 0, 1, 2, 4 }, obstacles[] = { 1, 4, 10 };
	struct mood *m = &g->mood;

	choose_weights(g, left_out);
	m->files = several_of(g, FILES);
	m->contexts = several_of(g, CONTEXTS);
	m->objects = some_of(g, OBJECTS) & some_of(g, OBJECTS);
	if (!m->objects)
		m->objects = 1u << below(g, OBJECTS);
	m->engines = 1u << RENDER | some_of(g, some_engine.n);
	for (unsigned int i = 0; i < ARRAY_SIZE(m->tendency); i++)
		m->tendency[i] = tendencies[below(g, ARRAY_SIZE(tendencies))];
	for (unsigned int i = 0; i < 2; i++)
		m->obstacles[i] = obstacles[below(g, ARRAY_SIZE(obstacles))];
	m->actors = below(g, 3) ? 0 : 1 + below(g, 8);
	m->async = below(g, 3) ? 0 : 1 + below(g, 6);
	m->signals = below(g, 4) ? 0 : 1 + below(g, 4);
}

static void choose_focus(struct generator *g)
{
	g->focus = (struct focus) {
		.file = one_of(g, g->mood.files), .context = one_of(g, g->mood.contexts),
		.object = one_of(g, g->mood.objects), .engine = chance(g, 8) ? RENDER : one_of(g, g->mood.engines),
	};
}

static unsigned int next_phase(struct generator *g)
{
	const unsigned int in_order = 14;

	while (!g->steps) {
		g->phase = (g->phase + 1) % ARRAY_SIZE(life);
		if (!g->phase)
			choose_focus(g);
		g->steps = life[g->phase].least + below(g, life[g->phase].most - life[g->phase].least + 1);
	}
	g->steps--;
	return chance(g, in_order) ? life[g->phase].phase : 0;
}

/* How often an operation is chosen in a phase. */
static unsigned int weight_in(const struct generator *g, const struct op *op, unsigned int i, unsigned int phase)
{
	return !phase || op->flags & phase ? g->mood.weights[i] : 0;
}

/* Of a phase, unless the program leaves all of its operations alone; of any, if it is 0. */
static const struct op *choose_op(struct generator *g, unsigned int phase)
{
	unsigned int total = 0, at;
	const struct op *op;

	for (unsigned int i = 0; (op = op_number(i)); i++)
		total += weight_in(g, op, i, phase);
	if (!total)
		return choose_op(g, 0);
	at = below(g, total);
	for (unsigned int i = 0; (op = op_number(i)); i++) {
		unsigned int weight = weight_in(g, op, i, phase);

		if (at < weight)
			return op;
		at -= weight;
	}
	return NULL;	/* not reached */
}

/* The first one, a crowd, has the driver wait for the GPU, which ends much of what makes a program interesting. */
static unsigned int choose_obstacle(struct generator *g, bool focused)
{
	const unsigned int n = 2 * (some_obstacle.n - 1) - 1;

	return chance(g, g->mood.obstacles[focused]) ? 1 + (1 + below(g, n)) / 2 : 0;
}

/* Mostly the engine that is held up; but what only gets the GPU on does so elsewhere. */
static unsigned int choose_engine(struct generator *g, const struct op *op)
{
	unsigned int focus = g->focus.engine, others = (1u << some_engine.n) - 1;

	if (op->flags & PROGRESS && !(op->flags & RELEASES))
		return one_of(g, chance(g, 12) ? others & ~(1u << focus) : others);
	return chance(g, 10) ? focus : one_of(g, g->mood.engines);
}

static unsigned int choose_set(struct generator *g, const struct domain *d)
{
	unsigned int set = 0;

	for (unsigned int i = 0; i < d->n; i++)
		if (chance(g, g->mood.tendency[i]))
			set |= 1u << i;
	return set;
}

static unsigned int choose_objects(struct generator *g)
{
	unsigned int set = g->mood.objects & below(g, 1u << OBJECTS);

	return chance(g, 12) ? set | 1u << g->focus.object : set;
}

/* @focused: the step is done by who lets go of the object in the end. */
static unsigned int choose_arg(struct generator *g, const struct op *op, const struct domain *d, bool focused)
{
	if (d == &some_file)
		return focused ? g->focus.file : one_of(g, g->mood.files);
	if (d == &some_context)
		return focused ? g->focus.context : one_of(g, g->mood.contexts);
	if (d == &some_object)
		return chance(g, 14) ? g->focus.object : one_of(g, g->mood.objects);
	if (d == &some_objects)
		return choose_objects(g);
	if (d == &some_engine)
		return choose_engine(g, op);
	if (d == &some_obstacle)
		return choose_obstacle(g, focused);
	return d->set ? choose_set(g, d) : below(g, d->n);
}

/* The step's argument of that domain as a set, or -1 if it has none. */
static int arg_of(const struct step *s, const struct domain *d)
{
	for (unsigned int a = 0; a < MAX_ARGS && s->op->args[a].name; a++)
		if (s->op->args[a].domain == d)
			return d->set ? s->arg[a] : 1u << s->arg[a];
	return -1;
}

static bool pointless(const struct guess *g, const struct step *s)
{
	unsigned int flags = s->op->flags;
	unsigned int engine = arg_of(s, &some_engine), file = arg_of(s, &some_file);
	unsigned int context = arg_of(s, &some_context), object = arg_of(s, &some_object);

	return (flags & HOLDS && g->held & engine) ||
	       (flags & RELEASES && !(g->held & engine) && !g->spins) ||
	       (flags & (ENDS_FILE | USES_FILE) && !(g->files & file)) ||
	       (flags & ENDS_CONTEXT && !(g->contexts[s->arg[0]] & context & ~1u)) ||
	       (flags & ON_MEMORY && !(g->objects & g->userptr & object));
}

static void suppose(struct guess *g, const struct step *s)
{
	int engine = arg_of(s, &some_engine), file = arg_of(s, &some_file), context = arg_of(s, &some_context);
	int object = arg_of(s, &some_object), objects = arg_of(s, &some_objects), kind = arg_of(s, &some_kind);

	if (s->op->flags & HOLDS)
		g->held |= engine;
	if (s->op->flags & RELEASES) {
		g->held &= ~engine;
		g->spins = false;
	}
	if (s->op->flags & ENDS_FILE) {
		g->files &= ~file;
		g->contexts[s->arg[0]] = 0;
	} else if (file > 0) {
		g->files |= file;
	}
	if (s->op->flags & ENDS_CONTEXT)
		g->contexts[s->arg[0]] &= ~context;
	else if (context > 0)
		g->contexts[s->arg[0]] |= context;
	if (objects > 0) {
		g->objects |= objects;
		g->spins = true;	/* it may */
	}
	if (object > 0)
		g->objects |= object;
	if (kind > 0)
		g->userptr = (g->userptr & ~object) | (kind > 1 ? object : 0);
}

static void make_step(struct generator *g, struct step *s)
{
	const unsigned int patience = 16, phase = next_phase(g);
	unsigned int i = 0;
	bool focused;

	do {
		s->op = choose_op(g, phase);
		focused = chance(g, s->op->flags & ABANDON ? 12 : 8);
		for (unsigned int a = 0; a < MAX_ARGS && s->op->args[a].name; a++)
			s->arg[a] = choose_arg(g, s->op, s->op->args[a].domain, focused);
	} while (pointless(&g->guess, s) && i++ < patience);
	if (chance(g, g->mood.actors))
		s->actor = below(g, ACTORS);
	s->async = chance(g, g->mood.async);
	if (chance(g, g->mood.signals))
		s->signal = 1 + below(g, 3000);
	suppose(&g->guess, s);
}

void program_make(struct program *p, unsigned int seed, unsigned int number, bool (*left_out)(const struct op *op))
{
	const unsigned int least = 16;
	struct generator g = {
		.state = (uint64_t)seed << 32 | number,
		.guess.userptr = 0xe,	/* as handle_get() makes them */
		.phase = ARRAY_SIZE(life) - 1,
	};

	memset(p, 0, sizeof(*p));
	next(&g);
	choose_mood(&g, left_out);
	p->n = least + below(&g, MAX_STEPS - least);
	for (unsigned int i = 0; i < p->n; i++) {
		make_step(&g, &p->steps[i]);
		p->steps[i].number = i;
	}
}
