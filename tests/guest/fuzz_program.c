// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer's programs: made from a seed, printed, read. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const object_words[] = { "o0", "o1", "o2", "o3" };
static const char *const engine_words[] = { "render", "bsd", "blt", "vebox" };
static const char *const kind_words[] = { "plain", "userptr" };

const struct domain some_file = { .n = FILES };
const struct domain some_context = { .n = CONTEXTS };
const struct domain some_object = { .words = object_words, .n = OBJECTS };
const struct domain some_objects = { .words = object_words, .n = OBJECTS, .set = true };
const struct domain some_engine = { .words = engine_words, .n = ARRAY_SIZE(engine_words) };
const struct domain some_kind = { .words = kind_words, .n = ARRAY_SIZE(kind_words) };
const struct domain some_word = { .n = WORDS };

const struct op *const op_tables[] = { client_ops, exec_ops, memory_ops, system_ops };
const unsigned int n_op_tables = ARRAY_SIZE(op_tables);

#define for_each_op(t, op) \
	for (unsigned int t = 0; t < n_op_tables; t++) \
		for (const struct op *op = op_tables[t]; op->name; op++)

/* SplitMix64 (Steele, Lea and Flood 2014): any number is a good seed. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned int below(uint64_t *state, unsigned int n)
{
	return next(state) % n;
}

/*
 * What a program is about: each has operations, files, objects and so on of its own that it does often and others
 * that it leaves alone. Programs that may do everything all look alike, and rarely do the same thing to the same object twice.
 */
struct mood {
	unsigned int weights[128], total;
	unsigned int files, contexts, objects, engines;	/* sets */
	unsigned int tendency[32];			/* of each word of a set, in 16ths */
	unsigned int obstacles;				/* in 16ths, as these: */
	unsigned int actors, async, signals;
};

/* One of them, or any set, or all but one. */
static unsigned int some_of(uint64_t *state, unsigned int n)
{
	unsigned int one = 1u << below(state, n), all = (1u << n) - 1, set = below(state, 1u << n);

	switch (below(state, 4)) {
	case 0:
		return one;
	case 1:
		return set ? set : one;
	default:
		return all & ~one;
	}
}

static void choose_mood(struct mood *m, uint64_t *state, bool rare)
{
	static const unsigned int factors[] = { 0, 1, 1, 4 }, tendencies[] = { 0, 0, 1, 2, 4 };
	unsigned int i = 0;

	memset(m, 0, sizeof(*m));
	for_each_op(t, op) {
		/* Drawn for every one, so that what is rare changes nothing else. */
		unsigned int factor = factors[below(state, ARRAY_SIZE(factors))];
		bool chosen = below(state, 8) == 0;

		if (op->flags & RARE)
			factor = rare && chosen;
		else if (op->flags & ALWAYS && !factor)
			factor = 1;
		m->weights[i] = op->weight * factor;
		m->total += m->weights[i++];
	}
	m->files = some_of(state, FILES);
	m->contexts = some_of(state, CONTEXTS);
	m->objects = some_of(state, OBJECTS) & some_of(state, OBJECTS);
	if (!m->objects)
		m->objects = 1u << below(state, OBJECTS);
	m->engines = 1u << RENDER | some_of(state, ARRAY_SIZE(engine_words));
	for (i = 0; i < ARRAY_SIZE(m->tendency); i++)
		m->tendency[i] = tendencies[below(state, ARRAY_SIZE(tendencies))];
	m->obstacles = below(state, 2) ? 1 + below(state, 3) : 8;
	m->actors = below(state, 3) ? 0 : 1 + below(state, 8);
	m->async = below(state, 3) ? 0 : 1 + below(state, 6);
	m->signals = below(state, 4) ? 0 : 1 + below(state, 4);
}

static unsigned int one_of(uint64_t *state, unsigned int set)
{
	unsigned int i;

	do {
		i = below(state, 32);
	} while (!(set & 1u << i));
	return i;
}

/* What there is at a step, if all before it succeeded. */
struct guess {
	unsigned int held, files, contexts[FILES], objects, userptr;	/* sets */
	bool spins;
};

/* The first one, a crowd, has the driver wait for the GPU, which ends much of what makes a program interesting. */
static unsigned int choose_obstacle(uint64_t *state)
{
	unsigned int n = 2 * (some_obstacle.n - 1) - 1;

	return 1 + (1 + below(state, n)) / 2;
}

static unsigned int choose_arg(const struct domain *d, const struct mood *m, const struct guess *g, uint64_t *state)
{
	unsigned int set = 0;

	if (d == &some_file)
		return one_of(state, m->files);
	if (d == &some_context)
		return one_of(state, m->contexts);
	if (d == &some_object)
		return one_of(state, m->objects);
	/* What is interesting is often behind an engine that is held. */
	if (d == &some_engine)
		return one_of(state, g->held && below(state, 2) ? g->held : m->engines);
	if (d == &some_obstacle)
		return below(state, 16) < m->obstacles ? choose_obstacle(state) : 0;
	if (d == &some_objects) {
		set = m->objects & below(state, 1u << OBJECTS);
		return set || below(state, 4) == 0 ? set : m->objects;
	}
	if (!d->set)
		return below(state, d->n);
	for (unsigned int i = 0; i < d->n; i++)
		if (below(state, 16) < m->tendency[i])
			set |= 1u << i;
	return set;
}

/* How often an operation is chosen in a phase. */
static unsigned int weight_in(const struct mood *m, const struct op *op, unsigned int i, unsigned int phase)
{
	return !phase || op->flags & phase ? m->weights[i] : 0;
}

/* Of a phase, unless the program leaves all of its operations alone; of any, if it is 0. */
static const struct op *choose_op(const struct mood *m, unsigned int phase, uint64_t *state)
{
	unsigned int total = 0, at, i = 0;

	for_each_op(t, op)
		total += weight_in(m, op, i++, phase);
	if (!total)
		return choose_op(m, 0, state);
	at = below(state, total);
	i = 0;
	for_each_op(t, op) {
		unsigned int weight = weight_in(m, op, i++, phase);

		if (at < weight)
			return op;
		at -= weight;
	}
	return NULL;	/* not reached */
}

/*
 * An object is used, mostly while the GPU is held up; then let go of, while the GPU has yet to get on; then its memory is wanted, and
 * somebody looks. And so on, with other things in between. Faults of an object's life need such an order, which chance alone
 * rarely finds.
 */
static const struct {
	unsigned int phase, least, most;	/* steps */
} life[] = {
	{ HOLDS, 0, 1 }, { USE, 3, 7 }, { ABANDON, 1, 2 }, { PROGRESS, 1, 3 }, { USE, 0, 1 }, { PRESSURE, 1, 2 }, { LOOK, 0, 2 },
};

struct age {
	unsigned int phase, steps;	/* in life[], and steps left in it */
};

static unsigned int next_phase(struct age *a, uint64_t *state)
{
	const unsigned int order = 13;	/* in 16ths */

	while (!a->steps) {
		a->phase = (a->phase + 1) % ARRAY_SIZE(life);
		a->steps = life[a->phase].least + below(state, life[a->phase].most - life[a->phase].least + 1);
	}
	a->steps--;
	return below(state, 16) < order ? life[a->phase].phase : 0;
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
	       (flags & ENDS_CONTEXT && !(g->contexts[s->arg[0]] & context)) ||
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
		g->contexts[s->arg[0]] &= ~context | 1;
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

static void make_step(struct step *s, const struct mood *m, const struct guess *g, unsigned int phase, uint64_t *state)
{
	const unsigned int patience = 16;
	unsigned int i = 0;

	do {
		s->op = choose_op(m, phase, state);
		for (unsigned int a = 0; a < MAX_ARGS && s->op->args[a].name; a++)
			s->arg[a] = choose_arg(s->op->args[a].domain, m, g, state);
	} while (pointless(g, s) && i++ < patience);
	if (below(state, 16) < m->actors)
		s->actor = below(state, ACTORS);
	s->async = below(state, 16) < m->async;
	if (below(state, 16) < m->signals)
		s->signal = 1 + below(state, 3000);
}

void program_make(struct program *p, unsigned int seed, unsigned int number, bool rare)
{
	uint64_t state = (uint64_t)seed << 32 | number;
	struct guess g = { .userptr = 0xe };	/* as handle_get() makes them */
	struct age age = { .phase = ARRAY_SIZE(life) - 1 };
	struct mood m;

	memset(p, 0, sizeof(*p));
	next(&state);
	do {
		choose_mood(&m, &state, rare);
	} while (!m.total);
	p->n = 16 + below(&state, MAX_STEPS - 16);
	for (unsigned int i = 0; i < p->n; i++) {
		struct step *s = &p->steps[i];

		make_step(s, &m, &g, next_phase(&age, &state), &state);
		s->number = i;
		suppose(&g, s);
	}
}

/* What a program's first line begins with; its name follows. */
static const char head[] = "program ";

static void print_arg(const struct domain *d, unsigned int value, FILE *to)
{
	const char *between = "";

	if (!d->words) {
		fprintf(to, "%u", value);
	} else if (!d->set) {
		fputs(d->words[value], to);
	} else if (!value) {
		fputs("none", to);
	} else {
		for (unsigned int i = 0; i < d->n; i++)
			if (value & 1u << i) {
				fprintf(to, "%s%s", between, d->words[i]);
				between = "+";
			}
	}
}

/* ACTOR[&][!MICROSECONDS] OPERATION NAME=VALUE... @NUMBER */
void program_print(const struct program *p, const char *name, FILE *to, const char *before)
{
	fprintf(to, "%s%s%s\n", before, head, name);
	for (unsigned int i = 0; i < p->n; i++) {
		const struct step *s = &p->steps[i];

		fprintf(to, "%s%u%s", before, s->actor, s->async ? "&" : "");
		if (s->signal)
			fprintf(to, "!%u", s->signal);
		fprintf(to, " %s", s->op->name);
		for (unsigned int a = 0; a < MAX_ARGS && s->op->args[a].name; a++) {
			fprintf(to, " %s=", s->op->args[a].name);
			print_arg(s->op->args[a].domain, s->arg[a], to);
		}
		fprintf(to, " @%u\n", s->number);
	}
}

static bool parse_word(const struct domain *d, const char *word, unsigned int *value)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (!strcmp(d->words[i], word)) {
			*value = d->set ? *value | 1u << i : i;
			return true;
		}
	return false;
}

static bool parse_value(const struct domain *d, char *text, unsigned int *value)
{
	char *end, *rest = text, *word;

	*value = 0;
	if (!d->words) {
		*value = strtoul(text, &end, 10);
		return end != text && !*end && *value < d->n;
	}
	if (d->set && !strcmp(text, "none"))
		return true;
	while ((word = strsep(&rest, d->set ? "+" : "")))
		if (!parse_word(d, word, value))
			return false;
	return true;
}

static bool parse_arg(struct step *s, char *text)
{
	char *value = strchr(text, '=');

	if (!value)
		return false;
	*value++ = '\0';
	for (unsigned int a = 0; a < MAX_ARGS && s->op->args[a].name; a++)
		if (!strcmp(s->op->args[a].name, text))
			return parse_value(s->op->args[a].domain, value, &s->arg[a]);
	return false;
}

static bool parse_who(struct step *s, const char *text)
{
	char *end;

	s->actor = strtoul(text, &end, 10);
	if (end == text || s->actor >= ACTORS)
		return false;
	if (*end == '&') {
		s->async = true;
		end++;
	}
	if (*end == '!')
		s->signal = strtoul(end + 1, &end, 10);
	return !*end;
}

static bool parse_step(struct step *s, char *line)
{
	char *rest = line, *word = strsep(&rest, " ");

	memset(s, 0, sizeof(*s));
	if (!parse_who(s, word) || !rest)
		return false;
	word = strsep(&rest, " ");
	for_each_op(t, op)
		if (!strcmp(op->name, word))
			s->op = op;
	if (!s->op)
		return false;
	while ((word = strsep(&rest, " ")))
		if (word[0] == '@')
			s->number = strtoul(word + 1, NULL, 10);
		else if (!parse_arg(s, word))
			return false;
	return true;
}

static bool is_head(const char *line)
{
	return !strncmp(line, head, strlen(head));
}

const char *program_parse(struct program *p, char name[NAME_SIZE], FILE *from)
{
	static char line[512], copy[512];
	long here = ftell(from);

	memset(p, 0, sizeof(*p));
	for (; fgets(line, sizeof(line), from); here = ftell(from)) {
		line[strcspn(line, "\r\n")] = '\0';
		strcpy(copy, line);
		if (!line[0] || line[0] == '#')
			continue;
		if (p->n && is_head(line)) {
			fseek(from, here, SEEK_SET);
			break;
		}
		if (is_head(line)) {
			snprintf(name, NAME_SIZE, "%.*s", NAME_SIZE - 1, line + strlen(head));
			continue;
		}
		if (p->n == MAX_STEPS)
			return "too many steps";
		if (!parse_step(&p->steps[p->n++], line))
			return copy;
	}
	return NULL;
}
