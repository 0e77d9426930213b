// SPDX-License-Identifier: GPL-2.0-only
/* The text of the fuzzer's programs. */
#define _GNU_SOURCE
#include "array.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

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

static const struct op *const op_tables[] = { client_ops, exec_ops, memory_ops, display_ops, system_ops };

const struct op *op_number(unsigned int n)
{
	for (unsigned int t = 0; t < ARRAY_SIZE(op_tables); t++)
		for (const struct op *op = op_tables[t]; op->name; op++)
			if (!n--)
				return op;
	return NULL;
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
	const struct op *op;

	memset(s, 0, sizeof(*s));
	if (!parse_who(s, word) || !rest)
		return false;
	word = strsep(&rest, " ");
	for (unsigned int i = 0; (op = op_number(i)); i++)
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
