// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hook into its place. It is found by what it belongs to, a function and a statement of it, and has to be the only
 * one; where there is none, or more than one, nothing is done and it is said why.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

#define MAX_LINES 160
#define MAX_TOKENS 64
#define NOWHERE ((size_t)-1)
#define TOO_FAR ((size_t)-1)

struct line {
	char kind;		/* ' ', '+', '-' as in a patch */
	const char *s;		/* without that, with its end */
	size_t len;
	bool blank;
	bool kept;		/* part of what is looked for */
	size_t first, last;	/* its tokens in the pattern, if it is not blank */
};

/* One form of a hook; a hook may have several, for drivers of different age. */
struct form {
	char file[64];
	char scope[96];
	bool is_ours;
	struct line lines[MAX_LINES];
	size_t n;
	struct text code;	/* what is looked for */
	struct token *tokens;
	size_t ntokens;
	size_t *at;		/* where each was found, as a token of the file */
};

struct edit {
	size_t from, to;
	struct text text;
};

/* Why a hook has no place: of all its forms, that of the one that was followed farthest. */
struct reason {
	struct text text;
	size_t reach;			/* 0 no file, 1 no function, 2 it is in another file, more: so many tokens */
	const struct line *line;	/* that was not found */
};

static __attribute__((format(printf, 4, 5)))
void because(struct reason *r, size_t reach, const struct line *line, const char *fmt, ...)
{
	char s[1024];
	va_list args;

	if (r->text.len && reach <= r->reach)
		return;
	va_start(args, fmt);
	vsnprintf(s, sizeof(s), fmt, args);
	va_end(args);
	r->text.len = 0;
	add(&r->text, s, strlen(s));
	r->reach = reach;
	r->line = line;
}

static void drop(struct form *f)
{
	free(f->code.s);
	free(f->tokens);
	free(f->at);
	memset(&f->code, 0, sizeof(f->code));
	f->tokens = NULL;
	f->at = NULL;
}

/* '@@ FILE: SCOPE', '@@ or FILE: SCOPE', '@@ ours FILE'. */
static void read_header(const struct patch *p, const char *s, struct form *f)
{
	const char *end = s + strcspn(s, "\n"), *colon;
	size_t len;

	memset(f, 0, sizeof(*f));
	s += strncmp(s, "@@ or ", 6) ? 3 : 6;
	f->is_ours = !strncmp(s, "ours ", 5);
	if (f->is_ours)
		s += 5;
	colon = memchr(s, ':', (size_t)(end - s));
	len = (size_t)((colon ? colon : end) - s);
	if (!len || len >= sizeof(f->file) || (colon && (size_t)(end - colon) > sizeof(f->scope)))
		complain(BAD_USE, "%s: '@@ %.*s' names no file, or a name is too long; mend the hooks", p->name,
			 (int)(end - s), s);
	memcpy(f->file, s, len);
	if (colon && end > colon + 2)
		memcpy(f->scope, colon + 2, (size_t)(end - colon) - 2);
}

/* The lines of a form, up to the next header; returns that, or the end. */
static const char *read_lines(const struct patch *p, const char *s, struct form *f)
{
	for (s += strcspn(s, "\n") + 1; *s && strncmp(s, "@@ ", 3); ) {
		struct line *l = &f->lines[f->n];
		size_t len = strcspn(s, "\n") + 1;

		if (f->n == MAX_LINES || !strchr(" +-\n", *s))
			complain(BAD_USE, "%s: %s: a hook with a line that is none, or too many; mend the hooks",
				 p->name, f->file);
		l->kind = *s == '\n' ? ' ' : *s;
		l->s = *s == '\n' ? s : s + 1;
		l->len = *s == '\n' ? 1 : len - 1;
		l->blank = l->len == 1;
		f->n++;
		s += len;
	}
	return s;
}

/* What is looked for: the lines of the driver without the hook (@with ' ', '-'), or with it (' ', '+'). */
static void make_pattern(struct form *f, const char *with)
{
	size_t i, k = 0, offset[MAX_LINES];

	drop(f);
	add(&f->code, "", 0);
	for (i = 0; i < f->n; i++) {
		f->lines[i].kept = strchr(with, f->lines[i].kind);
		offset[i] = f->code.len;
		if (f->lines[i].kept)
			add(&f->code, f->lines[i].s, f->lines[i].len);
	}
	f->ntokens = lex(&f->code, &f->tokens);
	f->at = must(calloc(f->ntokens + 1, sizeof(*f->at)));
	for (i = 0; i < f->n; i++) {
		struct line *l = &f->lines[i];

		if (!l->kept || l->blank)
			continue;
		l->first = k;
		while (k < f->ntokens && f->tokens[k].from < offset[i] + l->len)
			l->last = k++;
		/* A later line of a comment */
		if (l->first == k)
			l->first = l->last = k - 1;
	}
}

static bool match_at(struct form *f, const struct source *src, size_t i, size_t to)
{
	size_t k;

	if (src->tokens[i].comment && !f->tokens[0].comment)
		return false;
	for (k = 0; k < f->ntokens; k++, i++) {
		while (i < to && src->tokens[i].comment && !f->tokens[k].comment)
			i++;
		if (i == to || !same_token(&f->code, &f->tokens[k], &src->text, &src->tokens[i]))
			return false;
		f->at[k] = i;
	}
	return true;
}

/* How often what is looked for is there; f->at is where it was found last. */
static int count_places(struct form *f, struct source *src, int *spans_seen)
{
	size_t at = 0, from, to, i;
	size_t *found = must(calloc(f->ntokens + 1, sizeof(*found)));
	int n = 0;

	lex_source(src);
	*spans_seen = 0;
	while (spans(&src->text, src->tokens, src->ntokens, f->scope, &at, &from, &to)) {
		++*spans_seen;
		for (i = from; f->ntokens && i < to; i++)
			if (match_at(f, src, i, to)) {
				n++;
				memcpy(found, f->at, f->ntokens * sizeof(*found));
			}
	}
	if (n)
		memcpy(f->at, found, f->ntokens * sizeof(*found));
	free(found);
	return n;
}

/* The first line that makes the difference between being found and not. */
static const struct line *stumbling_block(struct form *f, struct source *src)
{
	size_t i, all = f->ntokens;
	const struct line *last = NULL;
	int seen;

	for (i = 0; i < f->n; i++) {
		if (!f->lines[i].kept || f->lines[i].blank)
			continue;
		last = &f->lines[i];
		f->ntokens = last->last + 1;
		if (!count_places(f, src, &seen))
			break;
	}
	f->ntokens = all;
	return last;
}

/* How many tokens a line of a hook and the line [@i, @end) of the driver have in common, in their order, of 100. */
static int likeness(const struct form *f, const struct line *l, const struct source *src, size_t i, size_t end)
{
	int common[2][MAX_TOKENS + 1] = { { 0 } };
	size_t n = l->last + 1 - l->first, m = end - i, j, k;

	if (n > MAX_TOKENS || m > MAX_TOKENS)
		return 0;
	for (j = 1; j <= n; j++)
		for (k = 1; k <= m; k++) {
			int *best = &common[j % 2][k];

			if (same_token(&f->code, &f->tokens[l->first + j - 1], &src->text, &src->tokens[i + k - 1]))
				*best = common[(j - 1) % 2][k - 1] + 1;
			else if (common[(j - 1) % 2][k] > best[-1])
				*best = common[(j - 1) % 2][k];
			else
				*best = best[-1];
		}
	return 200 * common[n % 2][m] / (int)(n + m);
}

/* The line of the driver that is most like @l, where that is looked for; nothing if none is much like it. */
static int nearest(const struct form *f, const struct source *src, const struct line *l, const char **s, int *len)
{
	size_t at = 0, from, to, i, end;
	int best = 64, like;

	*len = 0;
	while (spans(&src->text, src->tokens, src->ntokens, f->scope, &at, &from, &to))
		for (i = from; i < to; i = end) {
			for (end = i + 1; end < to && !src->tokens[end].first; end++)
				;
			like = likeness(f, l, src, i, end);
			if (like <= best)
				continue;
			best = like;
			*s = src->text.s + src->tokens[i].from;
			*len = (int)(src->tokens[end - 1].to - src->tokens[i].from);
		}
	return best;
}

static void explain(struct driver *d, struct form *f, struct source *src, int places, int seen, struct reason *r)
{
	const char *scope = *f->scope ? f->scope : "anywhere", *call, *s;
	const struct source *other;
	const struct line *l;
	int len, like;
	size_t skip;

	if (!src->text.len) {
		because(r, 0, NULL, "%s: not there", f->file);
	} else if (!seen) {
		call = strncmp(f->scope, "struct ", 7) ? "()" : "";
		other = file_with(d, f->scope);
		if (other)
			because(r, 2, NULL, "%s: has no %s%s, but %s has", f->file, f->scope, call, other->name);
		else
			because(r, 1, NULL, "%s: has no %s%s", f->file, f->scope, call);
	} else if (places > 1) {
		because(r, TOO_FAR, NULL, "%s: %s: %d places for one hook", f->file, scope, places);
	} else {
		l = stumbling_block(f, src);
		if (!l) {
			because(r, 3, NULL, "%s: %s: a hook that looks for nothing", f->file, scope);
			return;
		}
		skip = strspn(l->s, " \t");
		like = nearest(f, src, l, &s, &len);
		if (!len)
			because(r, 3 + l->first, l, "%s: %s: no '%.*s' where it is looked for", f->file, scope,
				(int)(l->len - 1 - skip), l->s + skip);
		else
			because(r, 3 + l->first, l, "%s: %s: no '%.*s' where it is looked for, but %s%.*s%s", f->file,
				scope, (int)(l->len - 1 - skip), l->s + skip, like == 100 ? "elsewhere" : "'",
				like == 100 ? 0 : len, s, like == 100 ? "" : "'");
	}
}

/* Does a line of code end with the token @i? What follows may be a comment. */
static bool ends_line(const struct source *src, size_t i)
{
	if (i + 1 < src->ntokens && src->tokens[i + 1].comment && !src->tokens[i + 1].first)
		i++;
	return i + 1 >= src->ntokens || src->tokens[i + 1].first;
}

/* The offset behind the line that ends with the token @i, and its comment. */
static size_t behind(const struct source *src, size_t i)
{
	if (i + 1 < src->ntokens && src->tokens[i + 1].comment && !src->tokens[i + 1].first)
		i++;
	return line_end(&src->text, src->tokens[i].to ? src->tokens[i].to - 1 : 0);
}

/* The offset in front of the line that begins with the token @i, and of the comments that belong to it. */
static size_t in_front(const struct source *src, size_t i)
{
	size_t at = line_start(&src->text, src->tokens[i].from);

	while (i && src->tokens[i - 1].comment && src->tokens[i - 1].first &&
	       line_end(&src->text, src->tokens[i - 1].to - 1) == at)
		at = line_start(&src->text, src->tokens[--i].from);
	return at;
}

static bool blank_line_before(const struct text *t, size_t at)
{
	return at && is_blank(t, line_start(t, at - 1), at);
}

/* The deleted lines [@i, @j) of a form, as an edit. */
static bool deletion(const struct form *f, const struct source *src, size_t i, size_t j, bool replaced, struct edit *e)
{
	const struct text *t = &src->text;
	size_t first = i, last = j, n;

	while (first < j && f->lines[first].blank)
		first++;
	while (last > first && f->lines[last - 1].blank)
		last--;
	if (first == last)
		return false;
	if (!src->tokens[f->at[f->lines[first].first]].first || !ends_line(src, f->at[f->lines[last - 1].last]))
		return false;
	e->from = line_start(t, src->tokens[f->at[f->lines[first].first]].from);
	e->to = behind(src, f->at[f->lines[last - 1].last]);
	for (n = first - i; n && blank_line_before(t, e->from); n--)
		e->from = line_start(t, e->from - 1);
	for (n = j - last; n && e->to < t->len && is_blank(t, e->to, line_end(t, e->to)); n--)
		e->to = line_end(t, e->to);
	/* Nor leave a blank line where there is none in the kernel's style. */
	if (!replaced && blank_line_before(t, e->from) &&
	    (is_blank(t, e->to, line_end(t, e->to)) || t->s[e->to + strspn(t->s + e->to, "\t")] == '}'))
		e->from = line_start(t, e->from - 1);
	else if (!replaced && e->from > 1 && t->s[e->from - 2] == '{' && is_blank(t, e->to, line_end(t, e->to)))
		e->to = line_end(t, e->to);
	return true;
}

/* How many tabs a line begins with. */
static int tabs(const char *s)
{
	return (int)strspn(s, "\t");
}

/* By how many tabs the driver's line is indented deeper than @l says. */
static int deeper(const struct form *f, const struct source *src, const struct line *l)
{
	return tabs(src->text.s + line_start(&src->text, src->tokens[f->at[l->first]].from)) - tabs(l->s);
}

/* A line that comes, indented as its neighbours in the driver are. */
static void add_line(struct text *t, const struct line *l, int by)
{
	size_t skip = 0;

	for (; by > 0 && !l->blank; by--)
		add(t, "\t", 1);
	for (; by < 0 && l->s[skip] == '\t'; by++)
		skip++;
	add(t, l->s + skip, l->len - skip);
}

/*
 * Where the lines [@begin, @end) go that come: behind the line that is looked for before them, or in front of the next
 * one. @beside is set to that.
 */
static size_t insertion(const struct form *f, const struct source *src, size_t begin, size_t end,
			const struct line **beside)
{
	size_t before = begin, after = end;
	bool gap = false;

	while (before && !(f->lines[before - 1].kept && !f->lines[before - 1].blank)) {
		before--;
		gap |= f->lines[before].kept;
	}
	while (after < f->n && !(f->lines[after].kept && !f->lines[after].blank))
		after++;
	if (before && (!gap || after == f->n)) {
		size_t k = f->at[f->lines[before - 1].last];

		*beside = &f->lines[before - 1];
		return ends_line(src, k) ? behind(src, k) : NOWHERE;
	}
	if (after == f->n)
		return NOWHERE;
	*beside = &f->lines[after];
	return src->tokens[f->at[f->lines[after].first]].first ? in_front(src, f->at[f->lines[after].first]) : NOWHERE;
}

static bool is(const struct source *src, size_t i, const char *s)
{
	const struct token *k = &src->tokens[i];

	return strlen(s) == k->to - k->from && !memcmp(src->text.s + k->from, s, k->to - k->from);
}

/* The token before @i that is no comment. */
static size_t token_before(const struct source *src, size_t i)
{
	while (i-- && src->tokens[i].comment)
		;
	return i;
}

/* The same, and nothing of the preprocessor. */
static size_t code_before(const struct source *src, size_t i)
{
	size_t k;

	for (i = token_before(src, i); i != NOWHERE; i = token_before(src, k)) {
		for (k = i; k && !src->tokens[k].first; k--)
			;
		if (!is(src, k, "#"))
			break;
	}
	return i;
}

/* Does the token @i end the head of a branch or loop, so that the statement behind it is all of that? */
static bool ends_head(const struct source *src, size_t i)
{
	size_t word;
	int depth = 0;

	if (is(src, i, "else") || is(src, i, "do"))
		return true;
	if (!is(src, i, ")"))
		return false;
	do
		depth += is(src, i, ")") - is(src, i, "(");
	while (depth && i--);
	word = i == NOWHERE ? NOWHERE : token_before(src, i);
	if (word == NOWHERE)
		return false;
	for (i = src->tokens[word].from; i < src->tokens[word].to; i++)
		if (!strncmp(src->text.s + i, "for_each", 8))
			return true;
	return is(src, word, "if") || is(src, word, "while") || is(src, word, "for") || is(src, word, "switch");
}

/* Is the statement that ends with the token @i one behind which nothing goes on? */
static bool leaves(const struct source *src, size_t i)
{
	static const char * const words[] = { "return", "goto", "break", "continue" };
	size_t k, before;

	if (!is(src, i, ";"))
		return false;
	while (i-- && !is(src, i, ";") && !is(src, i, "{") && !is(src, i, "}"))
		for (k = 0; k < sizeof(words) / sizeof(*words); k++)
			if (src->tokens[i].first && is(src, i, words[k])) {
				before = code_before(src, i);
				return before != NOWHERE && !ends_head(src, before);
			}
	return false;
}

/*
 * Why lines must not come or go beside the line @beside of the driver, or NULL. What is before that in the hook is as
 * it was meant. One line in the place of one is as good as that was.
 */
static const char *off_path(const struct form *f, const struct source *src, const struct line *beside, bool one_for_one)
{
	size_t k = beside->first, before = token_before(src, f->at[k]), head = code_before(src, f->at[k]);
	size_t len = strlen(f->file);

	if (before == NOWHERE || (k && f->at[k - 1] == before) || len < 2 || f->file[len - 2] != '.')
		return NULL;
	if (is(src, before, "\\"))
		return "is in a macro";
	if (!one_for_one && head != NOWHERE && ends_head(src, head))
		return "is all of a branch or loop without braces";
	/* A label is. */
	if (leaves(src, before) && !is(src, f->at[k], "}") &&
	    !(f->at[k] + 1 < src->ntokens && is(src, f->at[k] + 1, ":")))
		return "is never reached";
	return NULL;
}

/*
 * The edits that a form makes where it was found; returns how many, or -1 if there is no such place after all, with
 * the reason.
 */
static int edits_of(const struct form *f, const struct source *src, struct edit *edits, struct reason *r)
{
	const char *scope = *f->scope ? f->scope : "anywhere", *why;
	size_t i = 0;
	int n = 0;

	while (i < f->n) {
		struct edit *e = &edits[n];
		size_t gone = i, come, end;
		const struct line *beside = NULL;

		if (f->lines[i].kind == ' ') {
			i++;
			continue;
		}
		while (i < f->n && f->lines[i].kind == '-')
			i++;
		come = i;
		while (i < f->n && f->lines[i].kind == '+')
			i++;
		end = i;
		memset(e, 0, sizeof(*e));
		if (come > gone) {
			if (!deletion(f, src, gone, come, end > come, e))
				goto shared;
			for (beside = &f->lines[gone]; beside->blank; beside++)
				;
		} else {
			e->from = e->to = insertion(f, src, come, end, &beside);
			if (e->from == NOWHERE)
				goto shared;
		}
		why = off_path(f, src, beside, come - gone == 1 && end - come == 1);
		if (why) {
			because(r, TOO_FAR, NULL, "%s: %s: '%.*s', to which a hook belongs, %s", f->file, scope,
				(int)strcspn(beside->s + tabs(beside->s), "\n"), beside->s + tabs(beside->s), why);
			return -1;
		}
		for (; come < end; come++)
			add_line(&e->text, &f->lines[come], deeper(f, src, beside));
		add(&e->text, "", 0);
		n++;
	}
	return n;
shared:
	because(r, TOO_FAR, NULL, "%s: %s: a line that a hook belongs to has something else on it", f->file, scope);
	return -1;
}

static void edit_source(struct source *src, struct edit *edits, int n)
{
	while (n--) {
		splice(&src->text, edits[n].from, edits[n].to, edits[n].text.s, edits[n].text.len);
		free(edits[n].text.s);
	}
	src->changed = true;
	free(src->tokens);
	src->tokens = NULL;
}

/*
 * Tries a form: 1 if it is in its place, 0 if it does not belong here, -1 if it is in already. A hook that only adds
 * lines has its place also where it is in.
 */
static int place_form(struct placing *pl, struct form *f, struct reason *r)
{
	struct source *src = file_of(pl->d, f->file);
	struct edit edits[MAX_LINES];
	bool adds_only = true;
	int places, seen, n;

	for (n = 0; n < (int)f->n; n++)
		adds_only &= f->lines[n].kind != '-';
	make_pattern(f, " -");
	places = count_places(f, src, &seen);
	if (places != 1 || adds_only) {
		make_pattern(f, " +");
		if (count_places(f, src, &n))
			return -1;
		make_pattern(f, " -");
		count_places(f, src, &n);
	}
	if (places != 1) {
		explain(pl->d, f, src, places, seen, r);
		return 0;
	}
	n = edits_of(f, src, edits, r);
	if (n < 0)
		return 0;
	edit_source(src, edits, n);
	return 1;
}

/* A file of ours. Each patch that changes it names it; the first one brings it, as it is with the last. */
static bool place_ours(struct placing *pl, const struct form *f, struct reason *r)
{
	struct source *src = file_of(pl->d, f->file);
	struct text raw = { 0 }, ours = { 0 };
	char path[4096];
	bool good;

	if (src->ours)
		return true;
	snprintf(path, sizeof(path), "%s/%s", pl->dir, f->file);
	if (!read_text(path, &raw))
		complain(BAD_USE, "%s: not there; install the package again", path);
	resolve(path, &raw, pl->c, pl->upto, &ours);
	good = !src->text.len;
	if (good) {
		add(&src->text, ours.s, ours.len);
		src->text.crlf = file_of(pl->d, "i915_drv.h")->text.crlf;
		src->changed = src->ours = true;
		free(src->tokens);
		src->tokens = NULL;
	} else {
		because(r, TOO_FAR, NULL, "%s: is there already", f->file);
	}
	free(raw.s);
	free(ours.s);
	return good;
}

/* Would a hook that has no place add the line @s, or what is called that? */
static bool would_bring(const struct miss *m, const char *s, size_t len, bool is_line)
{
	const char *at, *end;

	for (at = m->hook.s; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		if (*at != '+')
			continue;
		at += 1 + strspn(at + 1, " \t");
		if (is_line ? (size_t)(end - at) == len && !memcmp(at, s, len) : !!strstr(at, s) && strstr(at, s) < end)
			return true;
	}
	return false;
}

/* A hook without a place, whose text is [@s, @end). */
static void miss(struct placing *pl, const struct patch *p, const struct form *f, const struct reason *r, const char *s,
		 const char *end)
{
	struct miss *m;
	size_t i, skip;

	pl->misses = must(realloc(pl->misses, (pl->n + 1) * sizeof(*pl->misses)));
	m = &pl->misses[pl->n];
	memset(m, 0, sizeof(*m));
	memcpy(m->patch, p->name, sizeof(m->patch));
	add(&m->why, r->text.s, r->text.len);
	add(&m->hook, s, (size_t)(end - s));
	for (i = 0; i < pl->n && !m->waits; i++) {
		if (r->line) {
			skip = strspn(r->line->s, " \t");
			m->waits = would_bring(&pl->misses[i], r->line->s + skip, r->line->len - 1 - skip, true);
		} else if (r->reach == 1) {
			m->waits = would_bring(&pl->misses[i], f->scope, strlen(f->scope), false);
		}
	}
	pl->n++;
}

/* A hook, in whichever of its forms [@forms, @forms + @n) belongs here. */
static void place_hook(struct placing *pl, const struct patch *p, struct form *forms, size_t n, const char *s,
		       const char *end)
{
	struct reason r = { .reach = 0 };
	int done = 0;
	size_t i;

	pl->hooks++;
	if (forms->is_ours)
		done = place_ours(pl, forms, &r);
	else
		for (i = 0; i < n && !done && r.reach != TOO_FAR; i++)
			done = place_form(pl, &forms[i], &r);
	if (done < 0) {
		r.text.len = 0;
		because(&r, TOO_FAR, NULL, "%s: %s: the hook is there already", forms[i - 1].file, forms[i - 1].scope);
		pl->already = true;
	}
	if (done != 1)
		miss(pl, p, forms, &r, s, end);
	free(r.text.s);
}

#define MAX_FORMS 8

/**
 * place_patch - all hooks of a patch
 * @pl: where to; those that have no place are noted there
 * @p: the patch
 */
void place_patch(struct placing *pl, const struct patch *p)
{
	struct form *forms = must(calloc(MAX_FORMS, sizeof(*forms)));
	const char *s = p->hunks.s, *next;
	size_t k;

	while (*s && strncmp(s, "@@ ", 3))
		s += strcspn(s, "\n") + !!s[strcspn(s, "\n")];
	for (; *s && !pl->already; s = next) {
		for (k = 0, next = s; *next && (!k || !strncmp(next, "@@ or ", 6)); k++) {
			if (k == MAX_FORMS)
				complain(BAD_USE, "%s: too many forms of a hook; mend it", p->name);
			read_header(p, next, &forms[k]);
			next = read_lines(p, next, &forms[k]);
		}
		place_hook(pl, p, forms, k, s, next);
		while (k--)
			drop(&forms[k]);
	}
	free(forms);
}

/* What place_patch() has noted. */
void forget_misses(struct placing *pl)
{
	while (pl->n--) {
		free(pl->misses[pl->n].why.s);
		free(pl->misses[pl->n].hook.s);
	}
	free(pl->misses);
}
