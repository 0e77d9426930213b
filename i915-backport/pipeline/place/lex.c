// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text to tokens, and the parts of a file that have a name.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The offset behind the token that begins at @at. A literal that is not closed ends with its line. */
static size_t token_end(const struct text *t, size_t at)
{
	char c = t->s[at];
	size_t end = at + 1;

	if (c == '/' && t->s[end] == '*') {
		const char *close = strstr(t->s + end + 1, "*/");

		return close ? (size_t)(close - t->s) + 2 : t->len;
	}
	if (c == '/' && t->s[end] == '/') {
		while (end < t->len && t->s[end] != '\n')
			end++;
		return end;
	}
	if (c == '"' || c == '\'') {
		while (end < t->len && t->s[end] != '\n' && t->s[end] != c)
			end += t->s[end] == '\\' && end + 1 < t->len ? 2 : 1;
		return end < t->len && t->s[end] == c ? end + 1 : end;
	}
	if (is_word(c))
		while (end < t->len && is_word(t->s[end]))
			end++;
	return end;
}

/* The words of a preprocessor line that begins with the '#' at @at, after it and blanks. */
static const char *directive(const struct text *t, size_t at)
{
	return t->s + at + 1 + strspn(t->s + at + 1, " \t");
}

/* The offset of the #else, #elif or #endif that ends what the '#if 0' at @at hides. */
static size_t end_of_hidden(const struct text *t, size_t at)
{
	int depth = 0;

	for (at = line_end(t, at); at < t->len; at = line_end(t, at)) {
		size_t hash = at + strspn(t->s + at, " \t");
		const char *word = directive(t, hash);

		if (t->s[hash] != '#')
			continue;
		if (!strncmp(word, "if", 2))
			depth++;
		else if (!depth && (!strncmp(word, "el", 2) || !strncmp(word, "endif", 5)))
			return hash;
		else if (!strncmp(word, "endif", 5))
			depth--;
	}
	return t->len;
}

static bool hides(const struct text *t, size_t at)
{
	const char *word = directive(t, at);

	if (strncmp(word, "if", 2) || !strchr(" \t", word[2]))
		return false;
	word += 2 + strspn(word + 2, " \t");
	return *word == '0' && !is_word(word[1]);
}

/**
 * lex - the tokens of a text
 * @t: the text
 * @tokens: set to an array of them, to be freed
 *
 * Returns how many. Preprocessor lines are tokens like all others, but what '#if 0' hides is passed over.
 */
size_t lex(const struct text *t, struct token **tokens)
{
	size_t at = 0, n = 0, cap = 0;
	bool first = true;

	*tokens = NULL;
	while (at < t->len) {
		struct token *k;

		if (strchr(" \t\r\n\f\v", t->s[at])) {
			if (t->s[at] == '\n')
				first = true;
			at++;
			continue;
		}
		if (t->s[at] == '#' && first && hides(t, at)) {
			at = end_of_hidden(t, at);
			continue;
		}
		if (n == cap) {
			cap = cap ? 2 * cap : 1024;
			*tokens = must(realloc(*tokens, cap * sizeof(**tokens)));
		}
		k = &(*tokens)[n++];
		k->from = at;
		k->to = at = token_end(t, at);
		k->comment = t->s[k->from] == '/' && k->to > k->from + 1;
		k->first = first;
		first = false;
	}
	return n;
}

/* The same bytes? Of comments, the same but for blanks. */
bool same_token(const struct text *a, const struct token *x, const struct text *b, const struct token *y)
{
	size_t i = x->from, j = y->from;

	if (x->comment != y->comment)
		return false;
	if (!x->comment)
		return x->to - x->from == y->to - y->from && !memcmp(a->s + i, b->s + j, x->to - i);
	for (;;) {
		while (i < x->to && isspace((unsigned char)a->s[i]))
			i++;
		while (j < y->to && isspace((unsigned char)b->s[j]))
			j++;
		if (i == x->to || j == y->to)
			return i == x->to && j == y->to;
		if (a->s[i++] != b->s[j++])
			return false;
	}
}

static bool is_text(const struct text *t, const struct token *k, const char *s)
{
	return strlen(s) == k->to - k->from && !memcmp(t->s + k->from, s, k->to - k->from);
}

/*
 * The index of the token behind the one that closes what @i opens. In the kernel's style that is at the latest a '}' in
 * the first column.
 */
static size_t close_of(const struct text *t, const struct token *tokens, size_t n, size_t i)
{
	int depth = 0;

	for (; i < n; i++) {
		char c = tokens[i].to - tokens[i].from == 1 ? t->s[tokens[i].from] : '\0';

		if (c == '{')
			depth++;
		if (c == '}' && (--depth <= 0 || (tokens[i].first && line_start(t, tokens[i].from) == tokens[i].from)))
			return i + 1;
	}
	return n;
}

/* What may follow the name of something that has a body. */
static bool begins_body(const struct text *t, const struct token *k, bool is_struct)
{
	if (is_struct)
		return is_text(t, k, "{");
	return is_text(t, k, "(") || is_text(t, k, "[") || is_text(t, k, "=") || is_text(t, k, "__read_mostly");
}

/**
 * spans - the next part of a file that has a name: a function, a structure, an array
 * @t: the text
 * @tokens: its tokens
 * @n: how many
 * @name: such as 'i915_gem_load', 'struct i915_vma'; '' is the whole file
 * @at: the token to look from, at first 0; set to where to go on
 * @from: set to its first token, that of its first line
 * @to: set to the token behind it
 *
 * Returns whether there is one.
 */
bool spans(const struct text *t, const struct token *tokens, size_t n, const char *name, size_t *at, size_t *from,
	   size_t *to)
{
	bool is_struct = !strncmp(name, "struct ", 7);
	size_t i, begin = *at;

	if (!*name) {
		*from = 0;
		*to = n;
		return !*at && (*at = n + 1);
	}
	for (i = *at; i < n; i++) {
		size_t j = i + 1;

		if (is_text(t, &tokens[i], ";")) {
			begin = j;
			continue;
		}
		if (is_text(t, &tokens[i], "{")) {
			i = close_of(t, tokens, n, i) - 1;
			begin = i + 1;
			continue;
		}
		if (!is_text(t, &tokens[i], is_struct ? name + 7 : name))
			continue;
		if (is_struct && (!i || !is_text(t, &tokens[i - 1], "struct")))
			continue;
		if (j == n || !begins_body(t, &tokens[j], is_struct))
			continue;
		while (j < n && !is_text(t, &tokens[j], "{") && !is_text(t, &tokens[j], ";"))
			j++;
		if (j == n || is_text(t, &tokens[j], ";"))
			continue;
		while (begin < i && tokens[begin].comment)
			begin++;
		*from = begin;
		*to = *at = close_of(t, tokens, n, j);
		return true;
	}
	*at = n;
	return false;
}
