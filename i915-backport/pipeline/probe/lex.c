// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text to tokens. Comments, strings, line splices and #if are dealt with here,
 * so that nothing later sees code that the compiler would not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define HASH_SIZE (1u << 17)
#define MAX_IF_DEPTH 64

/**
 * grow - room for at least @need elements of @size bytes; ends the program without memory
 * @p: the array, moved when it must be
 * @cap: elements that it has room for
 * @need: elements wanted
 * @size: bytes of one
 */
void *grow(void *p, uint32_t *cap, uint32_t need, size_t size)
{
	uint32_t n = *cap ? *cap : 64;

	if (need <= *cap)
		return p;
	while (n < need)
		n += n / 2;
	p = realloc(p, n * size);
	if (!p) {
		fprintf(stderr, "probe: out of memory; free some and try again\n");
		exit(3);
	}
	*cap = n;
	return p;
}

void fault(struct tree *t, int32_t file, uint32_t line, const char *why)
{
	if (t->fault_why)
		return;
	t->fault.file = file;
	t->fault.line = line;
	t->fault_why = why;
}

/* Something was passed over that a proof might hang on. */
void unsure(struct tree *t, int32_t file, uint32_t line, const char *why)
{
	if (t->unsure_why)
		return;
	t->unsure.file = file;
	t->unsure.line = line;
	t->unsure_why = why;
}

const char *sym_text(const struct tree *t, sym s)
{
	return s >= SYM_FIRST ? t->names + t->syms[s - SYM_FIRST].text : "";
}

static sym intern_hashed(struct tree *t, const char *s, size_t len, uint32_t h)
{
	uint32_t *slot, i;
	struct symbol *y;

	if (len > 255)
		len = 255;
	h ^= h >> 15;
	slot = &t->hash[h % HASH_SIZE];
	for (i = *slot; i; i = y->next) {
		y = &t->syms[i - 1];
		if (y->hash == h && y->len == len && memcmp(t->names + y->text, s, len) == 0)
			return SYM_FIRST + i - 1;
	}
	if (t->nsyms >= MAX_SYMBOLS) {
		fault(t, -1, 0, "more names than an i915 has");
		return T_OP;
	}
	t->syms = grow(t->syms, &t->cap_syms, t->nsyms + 1, sizeof(*t->syms));
	t->names = grow(t->names, &t->cap_names, t->nnames + (uint32_t)len + 1, 1);
	y = &t->syms[t->nsyms];
	memset(y, 0, sizeof(*y));
	y->text = t->nnames;
	y->hash = h;
	y->len = (uint16_t)len;
	y->func = y->type = y->ptrs = -1;
	y->next = *slot;
	memcpy(t->names + t->nnames, s, len);
	t->names[t->nnames + len] = '\0';
	t->nnames += (uint32_t)len + 1;
	*slot = ++t->nsyms;
	return SYM_FIRST + t->nsyms - 1;
}

#define HASH_START 2166136261u
#define HASH_STEP(h, c) (((h) ^ (unsigned char)(c)) * 16777619u)

/* The number of a name; equal names have equal numbers. */
sym intern(struct tree *t, const char *s, size_t len)
{
	uint32_t h = HASH_START;
	size_t k;

	for (k = 0; k < len; k++)
		h = HASH_STEP(h, s[k]);
	return intern_hashed(t, s, len, h);
}

/* An empty table of names, but for those that probe.h numbers. */
void lex_init(struct tree *t)
{
	static const char *const words[] = {
		"struct", "union", "enum", "const", "volatile", "static", "else", "for", "typedef", "if", "while", "do",
		"switch", "case", "default", "return", "goto", "break", "continue", "__attribute__", "kref", "list_head",
		"drm_mm", "drm_file", "drm_i915_private"
	};
	uint32_t cap = 0;
	size_t i;

	t->hash = grow(NULL, &cap, HASH_SIZE, sizeof(*t->hash));
	memset(t->hash, 0, HASH_SIZE * sizeof(*t->hash));
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		intern(t, words[i], strlen(words[i]));
}

struct cond {			/* an #if that is open */
	uint8_t live;		/* this branch is compiled */
	uint8_t done;		/* a branch was */
	uint8_t outer;		/* the code around it is */
	uint8_t unknown;	/* the condition is not known */
};

struct scan {
	struct tree *t;
	int32_t file;
	const char *s, *end;
	uint32_t line;
	int config_on, live;
	struct cond conds[MAX_IF_DEPTH];
	int depth;
	int braces;
	int unknown;		/* open conditions that are not known */
	int skipped;		/* code that such a condition hides was passed */
	struct lexed *out;
};

/* Of a name or number: letters, digits, underscore. */
static int is_word(char c)
{
	unsigned char u = (unsigned char)c, l = (unsigned char)(u | 0x20);

	return (l >= 'a' && l <= 'z') || (u >= '0' && u <= '9') || u == '_';
}

/* Past a backslash-newline, if there is one here. */
static int splice(struct scan *p)
{
	const char *q = p->s;

	if (q + 1 < p->end && q[0] == '\\' && (q[1] == '\n' || (q[1] == '\r' && q + 2 < p->end && q[2] == '\n'))) {
		p->s += q[1] == '\n' ? 2 : 3;
		p->line++;
		return 1;
	}
	return 0;
}

static void skip_comment(struct scan *p)
{
	uint32_t from = p->line;
	const char *q;

	if (p->s[1] == '/') {
		while (p->s < p->end && *p->s != '\n')
			if (!splice(p))
				p->s++;
		return;
	}
	for (q = p->s + 2; q < p->end; q++) {
		if (*q == '*' && q + 1 < p->end && q[1] == '/') {
			p->s = q + 2;
			return;
		}
		p->line += *q == '\n';
	}
	p->s = q;
	fault(p->t, p->file, from, "a comment has no end");
}

static void skip_quoted(struct scan *p)
{
	char q = *p->s++;
	uint32_t from = p->line;

	while (p->s < p->end) {
		if (splice(p))
			continue;
		if (*p->s == q) {
			p->s++;
			return;
		}
		if (*p->s == '\n')
			break;
		if (*p->s == '\\' && p->s + 1 < p->end)
			p->s++;
		p->s++;
	}
	if (p->live)
		fault(p->t, p->file, from, "a string has no end");
}

/* Blanks, comments and splices; stops at a newline when @line is set. */
static void skip_blank(struct scan *p, int line)
{
	while (p->s < p->end) {
		char c = *p->s;

		if (c == '\n') {
			if (line)
				return;
			p->line++;
			p->s++;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
			p->s++;
		} else if (c == '/' && p->s + 1 < p->end && (p->s[1] == '*' || p->s[1] == '/')) {
			skip_comment(p);
		} else if (!splice(p)) {
			return;
		}
	}
}

/* The rare name, begun at @b, that goes on in the next line. */
static sym spliced_name(struct scan *p, const char *b)
{
	char buf[256];
	size_t n = 0;

	for (; b < p->s && n < sizeof(buf); b++)
		buf[n++] = *b;
	while (splice(p))
		for (; p->s < p->end && is_word(*p->s); p->s++)
			if (n < sizeof(buf))
				buf[n++] = *p->s;
	return intern(p->t, buf, n);
}

/* '0' if it is zero, '1' if it is one, else T_NUM. */
static sym number(struct scan *p)
{
	const char *b = p->s;
	int hex = b + 1 < p->end && b[0] == '0' && (b[1] | 0x20) == 'x', zero = 1;

	for (; p->s < p->end && (is_word(*p->s) || *p->s == '.'); p->s++) {
		char c = (char)(*p->s | 0x20);

		if ((*p->s >= '1' && *p->s <= '9') || (hex && c >= 'a' && c <= 'f'))
			zero = 0;
	}
	return zero ? '0' : p->s - b == 1 && *b == '1' ? '1' : T_NUM;
}

static sym operator(char c, char d)
{
	if (d == '=')
		return c == '=' ? T_EQ : c == '!' ? T_NE : T_OP;
	return c == '&' ? T_AND : c == '|' ? T_OR : T_OP;
}

static sym next_token(struct scan *p)
{
	static const char pairs[] = "==!=<=>=&&||++--+=-=*=/=%=&=|=^=<<>>##";
	const char *b = p->s, *q;
	char c = *b;

	if (is_word(c) && !(c >= '0' && c <= '9')) {
		uint32_t h = HASH_START;

		for (q = b; q < p->end && is_word(*q); q++)
			h = HASH_STEP(h, *q);
		p->s = q;
		if (q < p->end && *q == '\\')
			return spliced_name(p, b);
		return intern_hashed(p->t, b, (size_t)(q - b), h);
	}
	if (c >= '0' && c <= '9')
		return number(p);
	if (c == '"' || c == '\'') {
		skip_quoted(p);
		return T_STR;
	}
	p->s++;
	if (c == '-' && p->s < p->end && *p->s == '>') {
		p->s++;
		return T_ARROW;
	}
	if (c == '.' && p->s + 1 < p->end && p->s[0] == '.' && p->s[1] == '.') {
		p->s += 2;
		return T_OP;
	}
	if (p->s < p->end && (*p->s == '=' || *p->s == c))
		for (q = pairs; *q; q += 2)
			if (q[0] == c && q[1] == *p->s) {
				p->s++;
				if ((c == '<' || c == '>') && p->s < p->end && *p->s == '=')
					p->s++;
				return operator(c, q[1]);
			}
	return (unsigned char)c > ' ' && (unsigned char)c < 127 ? (sym)c : T_OP;
}

static void emit(struct tok **v, uint32_t *n, uint32_t *cap, sym s, uint32_t line)
{
	if (*n == *cap)
		*v = grow(*v, cap, *n + 1, sizeof(**v));
	(*v)[*n].s = s;
	(*v)[*n].line = line;
	++*n;
}

static int says(const struct scan *p, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(p->end - p->s) > n && memcmp(p->s, word, n) == 0 && !is_word(p->s[n]);
}

/*
 * A condition that is not a plain number is not known: @config_on answers it,
 * for a whole file alike. verdict.c asks with either answer.
 */
static int condition(struct scan *p, struct cond *c)
{
	int negate = 0;

	skip_blank(p, 1);
	if (p->s < p->end && *p->s == '!') {
		negate = 1;
		p->s++;
		skip_blank(p, 1);
	}
	if (p->s < p->end && *p->s >= '0' && *p->s <= '9')
		return (*p->s != '0') != negate;
	if (says(p, "defined")) {
		p->s += strlen("defined");
		while (p->s < p->end && (*p->s == ' ' || *p->s == '('))
			p->s++;
	}
	if (says(p, "__linux__") || says(p, "__KERNEL__"))
		return !negate;
	p->unknown += !c->unknown;
	c->unknown = 1;
	return p->config_on != negate;
}

/* #ifndef guards a header, unless it asks for an option of the kernel. */
static int ifndef(struct scan *p, struct cond *c)
{
	skip_blank(p, 1);
	if (p->end - p->s > 7 && memcmp(p->s, "CONFIG_", 7) == 0)
		return !condition(p, c);
	return 1;
}

/* A line, and whether what stands there is certain. */
static uint32_t mark(struct scan *p)
{
	uint32_t line = p->line | (p->unknown || p->skipped ? LINE_COND : 0);

	p->skipped = 0;
	return line;
}

static void define(struct scan *p)
{
	struct lexed *o = p->out;
	const char *b;
	sym name;

	skip_blank(p, 1);
	b = p->s;
	if (p->s >= p->end || !is_word(*b))
		return;
	name = next_token(p);
	if (!is_name(name) || p->s >= p->end)
		return;
	p->t->syms[name - SYM_FIRST].flags |= SF_MACRO;
	/* Registers and flags are upper case by custom; what acts is not. */
	if (!((*b >= 'a' && *b <= 'z') || *b == '_'))
		return;
	emit(&o->macros, &o->nmacros, &o->cap_macros, name, p->line | (p->unknown ? LINE_COND : 0));
	if (*p->s != '(') {		/* another name for something */
		emit(&o->macros, &o->nmacros, &o->cap_macros, '(', p->line);
		emit(&o->macros, &o->nmacros, &o->cap_macros, T_OP, p->line);
		emit(&o->macros, &o->nmacros, &o->cap_macros, ')', p->line);
	}
	for (;;) {
		skip_blank(p, 1);
		if (p->s >= p->end || *p->s == '\n')
			break;
		emit(&o->macros, &o->nmacros, &o->cap_macros, next_token(p), p->line);
	}
	emit(&o->macros, &o->nmacros, &o->cap_macros, T_OP, 0);
}

/* #include "path": in the middle of something it is not followed. */
static void include(struct scan *p)
{
	struct lexed *o = p->out;
	const char *b;

	skip_blank(p, 1);
	if (p->braces > 0)
		emit(&o->toks, &o->count, &o->cap, T_INCLUDE, p->line);
	if (p->s >= p->end || (*p->s != '"' && *p->s != '<'))
		return;
	for (b = ++p->s; p->s < p->end && *p->s != '"' && *p->s != '>' && *p->s != '\n'; p->s++)
		;
	o->includes = grow(o->includes, &o->cap_includes, o->nincludes + 1, sizeof(*o->includes));
	o->includes[o->nincludes].name = intern(p->t, b, (size_t)(p->s - b));
	o->includes[o->nincludes++].cond = p->unknown > 0;
	if (p->s < p->end && *p->s != '\n')
		p->s++;
}

static void directive(struct scan *p)
{
	char word[16] = "";
	struct cond *c;
	size_t n = 0;

	p->s++;
	skip_blank(p, 1);
	for (; p->s < p->end && is_word(*p->s); p->s++)
		if (n + 1 < sizeof(word))
			word[n++] = *p->s;
	word[n] = '\0';

	if (!strcmp(word, "if") || !strcmp(word, "ifdef") || !strcmp(word, "ifndef")) {
		if (p->depth == MAX_IF_DEPTH) {
			fault(p->t, p->file, p->line, "#if is nested too deeply");
		} else {
			c = &p->conds[p->depth++];
			c->outer = (uint8_t)p->live;
			c->unknown = 0;
			c->live = (uint8_t)(word[2] == 'n' ? ifndef(p, c) : condition(p, c));
			c->done = c->live;
			p->live = c->outer && c->live;
		}
	} else if (!strcmp(word, "elif") || !strcmp(word, "else")) {
		if (!p->depth) {
			fault(p->t, p->file, p->line, "#else has no #if");
		} else {
			c = &p->conds[p->depth - 1];
			c->live = (uint8_t)(!c->done && (word[2] == 's' || condition(p, c)));
			c->done |= c->live;
			p->live = c->outer && c->live;
		}
	} else if (!strcmp(word, "endif")) {
		if (!p->depth) {
			fault(p->t, p->file, p->line, "#endif has no #if");
		} else {
			c = &p->conds[--p->depth];
			p->live = c->outer;
			p->unknown -= c->unknown;
		}
	} else if (p->live && !strcmp(word, "define")) {
		define(p);
	} else if (p->live && !strcmp(word, "include")) {
		include(p);
	}
	while (p->s < p->end && *p->s != '\n') {	/* the rest of the line */
		char c = *p->s;

		if (c == '/' && p->s + 1 < p->end && (p->s[1] == '*' || p->s[1] == '/'))
			skip_comment(p);
		else if (p->live && (c == '"' || c == '\''))
			skip_quoted(p);
		else if (c != '\\' || !splice(p))
			p->s++;
	}
}

/**
 * lex - split a file into tokens
 * @t: where names go
 * @file: its index, for faults
 * @s: text
 * @len: bytes
 * @out: receives the tokens; what was in it is overwritten, its memory reused
 */
void lex(struct tree *t, int32_t file, const char *s, size_t len, struct lexed *out)
{
	struct scan p = { .t = t, .file = file, .s = s, .end = s + len, .line = 1,
			  .config_on = !t->files[file].off, .live = 1, .out = out };
	int fresh = 1;			/* nothing but blanks on this line yet */

	out->count = out->nmacros = out->nincludes = 0;
	while (p.s < p.end) {
		uint32_t line = p.line;

		skip_blank(&p, 0);
		if (p.s >= p.end)
			break;
		fresh |= p.line != line;
		if (*p.s == '#' && fresh) {
			directive(&p);
		} else if (p.live) {
			line = mark(&p);
			p.braces += *p.s == '{' ? 1 : *p.s == '}' ? -1 : 0;
			emit(&out->toks, &out->count, &out->cap, next_token(&p), line);
		} else {
			p.skipped = p.unknown > 0;
			/* Not compiled: only strings and comments can hide a line's end. */
			while (p.s < p.end && *p.s != '\n' &&
			       !(*p.s == '/' && p.s + 1 < p.end && (p.s[1] == '*' || p.s[1] == '/'))) {
				if (*p.s == '"')
					skip_quoted(&p);
				else if (!splice(&p))
					p.s++;
			}
		}
		fresh = 0;
	}
	if (p.depth)
		fault(t, file, p.line, "an #if has no #endif");
}
