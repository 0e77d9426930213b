// SPDX-License-Identifier: GPL-2.0-only
/* Tokens to functions, structs, and functions kept in pointers. */
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define MAX_NEST 16

struct parse {
	struct tree *t;
	int32_t file;
	const struct tok *v;
	uint32_t n;
};

static struct symbol *symbol(struct tree *t, sym s)
{
	return &t->syms[s - SYM_FIRST];
}

const struct type *find_type(const struct tree *t, sym name)
{
	int32_t i = is_name(name) ? t->syms[name - SYM_FIRST].type : -1;

	return i < 0 ? NULL : &t->types[i];
}

static const struct member *member_of(const struct tree *t, sym type, sym name, sym *owner, int depth)
{
	const struct type *y = find_type(t, type);
	const struct member *m, *found;
	uint32_t i;

	if (!y)
		return NULL;
	for (i = 0; i < y->count; i++) {
		m = &t->members[y->first + i];
		if (m->name == name) {
			*owner = y->name;
			return m;
		}
		if (!m->name && depth < 4) {
			found = member_of(t, m->type, name, owner, depth + 1);
			if (found) {
				*owner = y->name;
				return found;
			}
		}
	}
	return NULL;
}

/**
 * find_member - a member of a struct, those of unnamed structs in it included
 * @t: tree
 * @type: struct tag
 * @name: member
 * @owner: receives the tag of the named struct that has it
 */
const struct member *find_member(const struct tree *t, sym type, sym name, sym *owner)
{
	return member_of(t, type, name, owner, 0);
}

static uint32_t line_of(const struct tok *v)
{
	return v->line & ~LINE_COND;
}

/* Index of the token that closes the bracket at @i, or @n. */
static uint32_t closing(const struct tok *v, uint32_t i, uint32_t n)
{
	sym open = v[i].s, close = open == '(' ? ')' : open == '{' ? '}' : ']';
	uint32_t depth = 0;

	for (; i < n; i++) {
		if (v[i].s == open)
			depth++;
		else if (v[i].s == close && --depth == 0)
			return i;
	}
	return n;
}

static int is_header(const struct tree *t, int32_t file)
{
	const char *path = t->files[file].path;

	return path[strlen(path) - 1] == 'h';
}

/* 0: a function that this file cannot mean; the highest is what it means. */
static int visible(const struct tree *t, const struct func *f, int32_t file)
{
	int own = f->at.file == file, header = is_header(t, f->at.file);

	if (!own && !header && (f->is_static || f->macro))
		return 0;
	return f->macro ? 3 : own ? 2 : 1;
}

static void add_fnptr(struct tree *t, int32_t file, sym member, sym fn, int deferred, uint32_t cond)
{
	struct fnptr *f;

	t->fnptrs = grow(t->fnptrs, &t->cap_fnptrs, t->nfnptrs + 1, sizeof(*t->fnptrs));
	f = &t->fnptrs[t->nfnptrs];
	f->member = member;
	f->file = file;
	f->cond = cond != 0;
	f->fn = fn;
	f->deferred = (uint8_t)deferred;
	f->owner = 0;
	f->next = symbol(t, member)->ptrs;
	symbol(t, member)->ptrs = (int32_t)t->nfnptrs++;
}

/**
 * resolve - the functions that a name may mean in a file, one after another
 * @t: tree
 * @name: of the function
 * @file: where it is named
 * @after: the one before, -1 to begin with
 *
 * A macro of that file or of a header hides functions of its name, a function of the
 * file those elsewhere. What is static in another C file, or a macro of one, is not meant.
 */
int32_t resolve(const struct tree *t, sym name, int32_t file, int32_t after)
{
	int32_t k, first = is_name(name) ? t->syms[name - SYM_FIRST].func : -1;
	int best = 0, rank;

	for (k = first; k >= 0; k = t->funcs[k].next) {
		rank = visible(t, &t->funcs[k], file);
		best = rank > best ? rank : best;
	}
	for (k = after < 0 ? first : t->funcs[after].next; k >= 0; k = t->funcs[k].next)
		if (best && visible(t, &t->funcs[k], file) == best)
			return k;
	return -1;
}

/* ---- structs */

static void add_member(struct tree *t, struct type *y, sym name, sym type, unsigned int ptr, uint32_t line)
{
	struct member *m;

	t->members = grow(t->members, &t->cap_members, t->nmembers + 1, sizeof(*t->members));
	m = &t->members[t->nmembers++];
	m->line = line;
	m->name = name;
	m->type = type;
	m->ptr = (uint8_t)(ptr > 3 ? 3 : ptr);
	y->count++;
}

/* The declarators of one member declaration, tokens [i, end). */
static void declarators(struct parse *p, struct type *y, sym type, uint32_t i, uint32_t end)
{
	sym name = 0;
	unsigned int ptr = 0;
	int colon = 0;

	for (; i <= end; i++) {
		sym s = i < end ? p->v[i].s : ',';

		if (s == ',') {
			if (is_name(name))
				add_member(p->t, y, name, type, ptr, line_of(&p->v[i - 1]));
			name = 0;
			ptr = 0;
			colon = 0;
		} else if (s == '*') {
			ptr++;
		} else if (s == ':') {
			colon = 1;
		} else if (s == '[') {
			i = closing(p->v, i, end);
		} else if (s == '(') {
			uint32_t e = closing(p->v, i, end);

			if (i + 2 < e && p->v[i + 1].s == '*') {	/* int (*fn)(...) */
				name = p->v[i + 2].s;
				ptr = 1;
				type = 0;
			} else if (is_name(name) && i + 1 < e &&
				   name != S_ATTRIBUTE && is_name(p->v[i + 1].s)) {
				name = p->v[i + 1].s;			/* DECLARE_X(name, ...) */
				type = 0;
			}
			i = e;
			while (i + 1 < end && p->v[i + 1].s == '(')
				i = closing(p->v, i + 1, end);
		} else if (is_name(s) && !colon && s != S_ATTRIBUTE) {
			name = s;
		}
	}
}

/* What a member's declaration has in it that a proof cannot rest on. */
static void note_member_token(struct parse *p, struct type *y, uint32_t k)
{
	sym s = p->v[k].s;

	if (p->v[k].line & LINE_COND)
		y->cond = 1;
	if (s == T_INCLUDE)
		unsure(p->t, p->file, line_of(&p->v[k]), "an #include inside a struct is not followed");
	if (is_name(s) && symbol(p->t, s)->flags & (SF_MACRO | SF_TYPEDEF))
		y->hidden = 1;
}

/* Members of a struct or enum that is declared in the struct, up to its `;`, which is returned. */
static uint32_t inner_members(struct parse *p, struct type *y, uint32_t stmt, sym tag, uint32_t close, uint32_t end)
{
	uint32_t after = close + 1, semi = after;

	while (semi < end && p->v[semi].s != ';')
		semi++;
	if (p->v[stmt].s == S_ENUM)
		declarators(p, y, 0, after, semi);
	else if (semi == after)
		add_member(p->t, y, 0, tag, 0, line_of(&p->v[close]));
	else
		declarators(p, y, tag, after, semi);
	return semi;
}

/* `struct x *a, b;` or `type c;`, tokens [from, end). */
static void plain_members(struct parse *p, struct type *y, uint32_t from, uint32_t end)
{
	sym type = 0;

	while (from < end && (p->v[from].s == S_CONST || p->v[from].s == S_VOLATILE))
		from++;
	if (from + 1 < end && (p->v[from].s == S_STRUCT || p->v[from].s == S_UNION)) {
		type = p->v[from + 1].s;
		from += 2;
	} else if (from + 1 < end && is_name(p->v[from].s) && p->v[from + 1].s != '(') {
		type = p->v[from].s;		/* perhaps a typedef */
		from++;
	}
	declarators(p, y, type, from, end);
}

/* The tag of a struct that has none. */
static sym tag_of_unnamed(struct tree *t, uint32_t number, int depth)
{
	char text[24];
	size_t len = 0;

	text[len++] = '.';
	do
		text[len++] = (char)('0' + number % 10);
	while (number /= 10);
	text[len++] = '.';
	text[len++] = (char)('a' + depth);
	return intern(t, text, len);
}

/*
 * A struct's body, from its `{` at @i. Structs in it become types of their own.
 * Members must lie side by side, so inner bodies are read first.
 */
static void struct_body(struct parse *p, sym tag, uint32_t i, int depth)
{
	uint32_t end = closing(p->v, i, p->n), stmt = i + 1, k, nested = 0;
	struct inner {
		uint32_t open, close;
		sym tag;
	} *inner = NULL;
	uint32_t ninner = 0, cap = 0;
	struct tree *t = p->t;
	struct type y;

	if (depth > MAX_NEST) {
		fault(t, p->file, line_of(&p->v[i]), "structs are nested too deeply");
		return;
	}
	for (k = i + 1; k < end; k++) {		/* inner structs first */
		if (p->v[k].s != '{')
			continue;
		inner = grow(inner, &cap, ninner + 1, sizeof(*inner));
		inner[ninner].open = k;
		inner[ninner].tag = is_name(p->v[k - 1].s) && p->v[k - 1].s != S_STRUCT &&
				    p->v[k - 1].s != S_UNION ? p->v[k - 1].s : 0;
		if (!inner[ninner].tag)
			inner[ninner].tag = tag_of_unnamed(t, t->ntypes + ninner, depth);
		struct_body(p, inner[ninner].tag, k, depth + 1);
		inner[ninner].close = k = closing(p->v, k, end);
		ninner++;
	}

	memset(&y, 0, sizeof(y));
	y.name = tag;
	y.at.file = p->file;
	y.at.line = line_of(&p->v[i]);
	y.first = t->nmembers;
	y.cond = t->files[p->file].part == PART_MAYBE;
	for (k = i + 1; k < end; k++) {
		note_member_token(p, &y, k);
		if (p->v[k].s == '[') {
			k = closing(p->v, k, end);
		} else if (p->v[k].s == '{' && nested < ninner) {
			k = inner_members(p, &y, stmt, inner[nested].tag, inner[nested].close, end);
			stmt = k + 1;
			nested++;
		} else if (p->v[k].s == ';') {
			plain_members(p, &y, stmt, k);
			stmt = k + 1;
		}
	}
	free(inner);
	if (end == p->n)
		return;
	if (symbol(t, tag)->type >= 0 && t->types[symbol(t, tag)->type].count >= y.count)
		return;			/* the fuller of two definitions */
	t->types = grow(t->types, &t->cap_types, t->ntypes + 1, sizeof(*t->types));
	t->types[t->ntypes] = y;
	symbol(t, tag)->type = (int32_t)t->ntypes++;
}

/* ---- functions */

static void parameters(struct parse *p, struct func *f, uint32_t i, uint32_t end)
{
	struct param cur = { 0, 0 };
	int depth = 0, started = 0;

	for (i++; i <= end; i++) {
		sym s = p->v[i].s;

		if (i == end || (s == ',' && !depth)) {
			if (started && f->nparams < MAX_PARAMS)
				f->params[f->nparams++] = cur;
			else if (started)
				unsure(p->t, p->file, f->at.line, "a function has too many parameters");
			memset(&cur, 0, sizeof(cur));
			continue;
		}
		started = 1;
		if (s == '[') {
			i = closing(p->v, i, end);
			if (i == end)
				i--;
		} else if (s == '(' && i + 2 < end && p->v[i + 1].s == '*') {
			cur.name = p->v[i + 2].s;
			depth++;
		} else if (s == '(') {
			depth++;
		} else if (s == ')') {
			depth--;
		} else if ((s == S_STRUCT || s == S_UNION) && i + 1 < end && !depth) {
			cur.type = p->v[++i].s;
		} else if (is_name(s) && !depth) {
			cur.name = s;
		}
	}
}

static struct func *new_func(struct parse *p, sym name, uint32_t line)
{
	struct tree *t = p->t;
	struct func *f;

	t->funcs = grow(t->funcs, &t->cap_funcs, t->nfuncs + 1, sizeof(*t->funcs));
	f = &t->funcs[t->nfuncs];
	memset(f, 0, sizeof(*f));
	f->name = name;
	f->at.file = p->file;
	f->at.line = line & ~LINE_COND;
	f->cond = line & LINE_COND || t->files[p->file].part == PART_MAYBE;
	f->first = t->ntoks;
	f->next = symbol(t, name)->func;
	symbol(t, name)->func = (int32_t)t->nfuncs++;
	return f;
}

static void copy_body(struct parse *p, struct func *f, const struct tok *v, uint32_t n)
{
	struct tree *t = p->t;
	long open = 0;
	uint32_t i;

	if (n > MAX_TOKENS - t->ntoks) {
		fault(t, p->file, f->at.line, "more code than an i915 has");
		return;
	}
	t->toks = grow(t->toks, &t->cap_toks, t->ntoks + n, sizeof(*t->toks));
	for (i = 0; i < n; i++) {
		t->toks[t->ntoks + i].s = v[i].s;
		t->toks[t->ntoks + i].line = line_of(&v[i]);
		f->cond |= (uint8_t)(v[i].line >> 31);
		if (v[i].s == T_INCLUDE)
			unsure(t, p->file, line_of(&v[i]), "an #include inside a function is not followed");
		open += v[i].s == '(' ? 1 : v[i].s == ')' ? -1 : 0;
	}
	if (open && !f->macro)
		fault(t, p->file, f->at.line, "brackets do not pair");
	t->ntoks += n;
	f->count = n;
}

static int is_annotation(const struct tree *t, sym s)
{
	const char *text = sym_text(t, s);

	return s == S_ATTRIBUTE || strcmp(text, "__acquires") == 0 || strcmp(text, "__releases") == 0 ||
	       strcmp(text, "__must_hold") == 0 || strcmp(text, "__printf") == 0 || strcmp(text, "__aligned") == 0;
}

/*
 * The `name (` of a function's header [from, to), or @to. The last one counts: a macro without a semicolon may
 * stand before it.
 */
static uint32_t header_name(struct parse *p, uint32_t from, uint32_t to)
{
	uint32_t i, found = to;

	for (i = from; i + 1 < to; i++) {
		if (p->v[i].s == '(')
			i = closing(p->v, i, to);
		else if (is_name(p->v[i].s) && p->v[i + 1].s == '(' && !is_annotation(p->t, p->v[i].s))
			found = i;
	}
	return found;
}

static void function(struct parse *p, uint32_t from, uint32_t open, uint32_t close)
{
	uint32_t name = header_name(p, from, open), i;
	struct func *f;

	if (name == open)
		return;
	f = new_func(p, p->v[name].s, p->v[name].line);
	for (i = from; i < name; i++) {
		if (p->v[i].s == S_STRUCT && i + 1 < name)
			f->ret = p->v[i + 1].s;
		if (p->v[i].s == S_STATIC)
			f->is_static = 1;
		if (!strcmp(sym_text(p->t, p->v[i].s), "int") || !strcmp(sym_text(p->t, p->v[i].s), "long"))
			f->is_int = 1;
	}
	parameters(p, f, name + 1, closing(p->v, name + 1, open));
	copy_body(p, f, p->v + open, close - open + 1);
}

/* Functions named here are reached from outside. */
static void roots(struct parse *p, uint32_t i, uint32_t end)
{
	if (strstr(p->t->files[p->file].path, "debugfs"))
		return;			/* nobody has to look there */
	for (; i < end; i++)
		if (is_name(p->v[i].s))
			symbol(p->t, p->v[i].s)->flags |= SF_ROOT;
}

/* `.member = function` and NAME, function in an initialiser [i, end). */
static void initialiser(struct parse *p, uint32_t i, uint32_t end)
{
	roots(p, i, end);
	for (; i + 3 < end; i++) {
		if (is_name(p->v[i + 1].s) && is_name(p->v[i + 3].s) &&
		    ((p->v[i].s == '.' && p->v[i + 2].s == '=') || (p->v[i].s == '(' && p->v[i + 2].s == ',')))
			add_fnptr(p->t, p->file, p->v[i + 1].s, p->v[i + 3].s, 0, p->v[i + 1].line & LINE_COND);
	}
}

static int contains(struct parse *p, uint32_t i, uint32_t end, sym s)
{
	for (; i < end; i++) {
		if (p->v[i].s == '(')
			i = closing(p->v, i, end);
		else if (p->v[i].s == s)
			return 1;
	}
	return 0;
}

static int is_on(const struct parse *p, uint32_t i)
{
	return p->v[i].s == '1' || !strcmp(sym_text(p->t, p->v[i].s), "true");
}

static void add_switch(struct tree *t, sym var, sym member)
{
	t->switches = grow(t->switches, &t->cap_switches, t->nswitches + 1, sizeof(*t->switches));
	t->switches[t->nswitches].var = var;
	t->switches[t->nswitches++].member = member;
}

/* `… x = { .member = true, }` and, without braces, `… x = true`: on unless somebody turns it off. */
static void switched_on(struct parse *p, uint32_t start, uint32_t open, uint32_t end)
{
	uint32_t i, k;

	if (p->v[open].s == '=' && open > start && open + 1 < end && is_on(p, open + 1))
		add_switch(p->t, p->v[open - 1].s, 0);
	for (i = open + 1; p->v[open].s == '{' && i + 3 < end; i++)
		for (k = start; p->v[i].s == '.' && p->v[i + 2].s == '=' && is_on(p, i + 3) && k < open; k++)
			if (is_name(p->v[k].s))
				add_switch(p->t, p->v[k].s, p->v[i + 1].s);
}

/* `typedef … name;` is not followed: a struct with something of that type in it hides something. */
static void type_name(struct parse *p, uint32_t i, uint32_t end)
{
	sym last = 0;

	for (; i < end; i++) {
		if (p->v[i].s == '(' && i + 2 < end && p->v[i + 1].s == '*') {	/* of a function pointer */
			last = p->v[i + 2].s;
			break;
		}
		if (p->v[i].s == '{' || p->v[i].s == '[')
			i = closing(p->v, i, end);
		else if (is_name(p->v[i].s))
			last = p->v[i].s;
	}
	if (is_name(last))
		symbol(p->t, last)->flags |= SF_TYPEDEF;
}

/* Past `MACRO(x)` without a semicolon: a macro of the driver that is a whole definition. */
static uint32_t past_macros(const struct parse *p, uint32_t i)
{
	while (i + 1 < p->n && p->v[i + 1].s == '(' && is_name(p->v[i].s) && symbol(p->t, p->v[i].s)->flags & SF_MACRO)
		i = closing(p->v, i + 1, p->n) + 1;
	return i;
}

/* What stands at the top level of a file. */
static void file_level(struct parse *p)
{
	uint32_t start = 0, i, k;
	struct tree *t = p->t;

	for (i = 0; i < p->n; i++) {
		sym s = p->v[i].s;

		if (s == '(') {
			i = closing(p->v, i, p->n);
		} else if (s == ';') {
			k = header_name(p, start, i);
			if (k < i && !contains(p, start, i, '='))
				symbol(t, p->v[k].s)->flags |= SF_PROTO;
			if (k == start || contains(p, start, i, '='))	/* module_init(x); or a = x; */
				roots(p, start, i);
			for (k = start; k < i && contains(p, start, i, '='); k++)
				if (p->v[k].s == '=')
					switched_on(p, start, k, i);
			if (start < i && p->v[start].s == S_TYPEDEF)
				type_name(p, start, i);
			start = i + 1;
		} else if (s == '{') {
			uint32_t end = closing(p->v, i, p->n);

			if (end == p->n) {
				fault(t, p->file, line_of(&p->v[i]), "a brace is not closed");
				return;
			}
			if (contains(p, start, i, '=')) {
				initialiser(p, i, end);
				switched_on(p, start, i, end);
			} else if (i > start && is_name(p->v[i - 1].s) && i >= start + 2 &&
				   p->v[i - 2].s == S_STRUCT) {
				struct_body(p, p->v[i - 1].s, i, 0);
			} else if (header_name(p, start, i) < i) {
				function(p, start, i, end);
				start = end + 1;
			}
			i = end;
		} else if (s == '}') {
			fault(t, p->file, line_of(&p->v[i]), "a brace was not opened");
		}
	}
	start = past_macros(p, start);
	if (i > p->n)
		fault(t, p->file, p->n ? line_of(&p->v[p->n - 1]) : 0, "a bracket is not closed");
	else if (start < p->n)
		fault(t, p->file, line_of(&p->v[start]), "the file ends in the middle of a declaration");
}

/* Macros with parameters act like functions whose parameters have no types. */
static void macros(struct parse *p, const struct lexed *l)
{
	uint32_t i = 0, end, k;
	struct func *f;

	while (i < l->nmacros) {
		for (end = i; l->macros[end].s != T_OP || l->macros[end].line; end++)
			;
		k = i + 1;
		if (end - i > 3 && is_name(l->macros[i].s) && l->macros[k].s == '(') {
			f = new_func(p, l->macros[i].s, l->macros[i].line);
			f->macro = 1;
			for (k++; k < end && l->macros[k].s != ')'; k++)
				if (is_name(l->macros[k].s) && f->nparams < MAX_PARAMS)
					f->params[f->nparams++].name = l->macros[k].s;
			if (k < end)
				copy_body(p, f, l->macros + k + 1, end - k - 1);
		}
		i = end + 1;
	}
}

/* The struct that has the member at @i of a function, `x->a.b`, as far as can be told. */
static sym owner_of(const struct tree *t, const struct func *f, uint32_t i)
{
	const struct tok *v = t->toks + f->first;
	const struct member *m;
	uint32_t from = i, k;
	sym type = 0, owner;

	while (from > 1 && (v[from - 1].s == T_ARROW || v[from - 1].s == '.'))
		from -= 2;
	for (k = 0; k < f->nparams; k++)
		if (f->params[k].name == v[from].s)
			type = f->params[k].type;
	for (k = 0; k + 3 < from; k++)		/* struct type *x */
		if (v[k].s == S_STRUCT && v[k + 2].s == '*' && v[k + 3].s == v[from].s)
			type = v[k + 1].s;
	for (; type && from + 2 < i; from += 2) {
		m = find_member(t, type, v[from + 2].s, &owner);
		type = m ? m->type : 0;
	}
	return find_member(t, type, v[i].s, &owner) ? owner : 0;
}

/*
 * Functions that code stores in a pointer: `x->member = fn;`, and those named in a
 * call together with a member, INIT_WORK(&x->work, fn), kref_put(&x->ref, fn).
 */
static void stored_functions(struct tree *t, const struct func *f)
{
	const struct tok *v = t->toks + f->first;
	uint32_t i, k, depth;

	for (i = 2; i + 1 < f->count; i++) {
		sym s = v[i].s;

		if (!is_name(s) || symbol(t, s)->func < 0 || v[i + 1].s == '(')
			continue;
		if (v[i - 1].s == '=' && is_name(v[i - 2].s) && i > 2 &&
		    (v[i - 3].s == T_ARROW || v[i - 3].s == '.')) {
			add_fnptr(t, f->at.file, v[i - 2].s, s, 0, 0);
			continue;
		}
		if (v[i - 1].s != ',' || (v[i + 1].s != ')' && v[i + 1].s != ','))
			continue;
		/* Back to the call that it is an argument of, over its first argument. */
		for (k = i - 1, depth = 0; k > 0 && i - k < 40; k--) {
			if (v[k].s == ')')
				depth++;
			else if (v[k].s == '(' && depth-- == 0)
				break;
		}
		if (k == 0 || i - k >= 40 || v[k + 1].s != '&' || !is_name(v[k - 1].s))
			continue;
		for (k++, depth = 0; k < i; k++) {
			if (v[k].s == '(' || v[k].s == '[')
				depth++;
			else if (v[k].s == ')' || v[k].s == ']')
				depth--;
			else if (v[k].s == ',' && !depth)
				break;
		}
		if (!is_name(v[k - 1].s))
			continue;
		add_fnptr(t, f->at.file, v[k - 1].s, s, 1, 0);
		t->fnptrs[t->nfnptrs - 1].owner = owner_of(t, f, k - 1);
	}
}

static void read_file(struct tree *t, uint32_t i, struct lexed *l)
{
	struct parse p = { .t = t, .file = (int32_t)i };
	size_t len;
	char *text = source_read(t, i, &len);

	if (!text) {
		fault(t, (int32_t)i, 0, "the file cannot be read or is too large");
		return;
	}
	t->bytes += len;
	if (t->bytes > MAX_TOTAL_BYTES) {
		fault(t, (int32_t)i, 0, "more source than an i915 has");
	} else {
		lex(t, (int32_t)i, text, len, l);
		p.v = l->toks;
		p.n = l->count;
		file_level(&p);
		macros(&p, l);
	}
	free(text);
}

/* Files [0, nfiles) that are to be read with the kernel's options on, or off. */
static void read_files(struct tree *t, int off)
{
	uint32_t i, from = t->nfuncs;
	struct lexed l;

	memset(&l, 0, sizeof(l));
	for (i = 0; i < t->nfiles; i++)
		if (t->files[i].off == off && !(off && t->files[i].part == PART_MAYBE))
			read_file(t, i, &l);
	free(l.toks);
	free(l.macros);
	free(l.includes);
	for (i = from; i < t->nfuncs; i++)
		stored_functions(t, &t->funcs[i]);
}

/**
 * index_tree - read the files that the driver is made of, with the kernel's options on
 * @t: tree with its files listed
 */
void index_tree(struct tree *t)
{
	lex_init(t);
	parts_find(t);
	t->toks = grow(NULL, &t->cap_toks, 1, sizeof(*t->toks));
	t->fault.file = -1;
	read_files(t, 0);
}

/**
 * index_again - read those files anew that hang on the kernel's options, with these off
 * @t: tree; @cond of its files says where something was looked at that does
 *
 * Returns how many files that is; none is read twice.
 */
int index_again(struct tree *t)
{
	uint32_t i, n = 0, nfuncs = t->nfuncs, nptrs = t->nfnptrs;
	int gone = 0;

	for (i = 0; i < t->nfiles; i++)
		if (t->files[i].cond && !t->files[i].off)
			gone |= t->files[i].part == PART_MAYBE;
	for (i = 0; i < t->nfiles; i++) {
		if (gone && is_header(t, (int32_t)i))	/* what stands in for a file that is not compiled */
			t->files[i].cond = 1;
		if (t->files[i].cond && !t->files[i].off)
			n++;
	}
	if (!n)
		return 0;
	for (i = 0; i < t->nsyms; i++) {
		struct symbol *y = &t->syms[i];

		y->flags &= SF_PROTO | SF_MACRO | SF_TYPEDEF | SF_ROOT;
		y->func = y->ptrs = -1;
		if (y->type >= 0 && t->files[t->types[y->type].at.file].cond)
			y->type = -1;
	}
	t->nfuncs = t->nfnptrs = 0;
	for (i = 0; i < nfuncs; i++) {
		struct func f = t->funcs[i];

		if (t->files[f.at.file].cond)
			continue;
		f.next = symbol(t, f.name)->func;
		symbol(t, f.name)->func = (int32_t)t->nfuncs;
		t->funcs[t->nfuncs++] = f;
	}
	for (i = 0; i < nptrs; i++) {
		struct fnptr f = t->fnptrs[i];

		if (t->files[f.file].cond)
			continue;
		f.next = symbol(t, f.member)->ptrs;
		symbol(t, f.member)->ptrs = (int32_t)t->nfnptrs;
		t->fnptrs[t->nfnptrs++] = f;
	}
	for (i = 0; i < t->nfiles; i++)
		t->files[i].off = t->files[i].cond ? OFF_NOW : t->files[i].off;
	read_files(t, OFF_NOW);
	for (i = 0; i < t->nfiles; i++)
		if (t->files[i].off == OFF_NOW)
			t->files[i].off = OFF_DONE;
	return (int)n;
}

/* Everything but the list of files. */
void index_free(struct tree *t)
{
	free(t->syms);
	free(t->names);
	free(t->hash);
	free(t->toks);
	free(t->funcs);
	free(t->types);
	free(t->members);
	free(t->switches);
	t->switches = NULL;
	t->nswitches = t->cap_switches = 0;
	free(t->fnptrs);
	t->syms = NULL;
	t->names = NULL;
	t->hash = NULL;
	t->toks = NULL;
	t->funcs = NULL;
	t->types = NULL;
	t->members = NULL;
	t->fnptrs = NULL;
	t->nsyms = t->cap_syms = t->nnames = t->cap_names = t->ntoks = t->cap_toks = 0;
	t->nfuncs = t->cap_funcs = t->ntypes = t->cap_types = 0;
	t->nmembers = t->cap_members = t->nfnptrs = t->cap_fnptrs = 0;
}
