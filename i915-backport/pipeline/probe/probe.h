/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe: does a GPU context of this i915 leave VMAs behind when it goes?
 *
 * source.c  reads the directory             parts.c   which of its files the driver is made of
 * lex.c     text to tokens                  index.c   tokens to functions and types
 * value.c   what an expression stands for   cond.c    what a condition comes to
 * call.c    what a call does with it        flow.c    statements, and functions to come
 * live.c    which functions run at all      proof.c   what is done on every path
 * facts.c   what the driver does            verdict.c what follows from it
 * main.c    the command line
 */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- bounds: what is larger than any i915, and small enough to be harmless */
#define MAX_FILES	4096u
#define MAX_FILE_BYTES	(8u << 20)
#define MAX_TOTAL_BYTES	(48u << 20)
#define MAX_DIR_DEPTH	6u
#define MAX_TOKENS	(3u << 20)	/* kept: those of function bodies */
#define MAX_SYMBOLS	(1u << 20)
#define MAX_CONTEXTS	8192u		/* functions times what they are called with */
#define MAX_STEPS	20000000u	/* tokens that one question may visit */
#define MAX_PARAMS	16u
#define MAX_LISTS	31u

/* ---- symbols and tokens */
typedef uint32_t sym;

enum {			/* tokens below SYM_FIRST: a character, or one of these */
	T_ARROW = 1, T_OP, T_NUM, T_STR, T_AND, T_OR, T_EQ, T_NE, T_INCLUDE,
	SYM_FIRST = 256,

	/* The words that come first in every tree, in the order of lex.c's list. */
	S_STRUCT = SYM_FIRST, S_UNION, S_ENUM, S_CONST, S_VOLATILE, S_STATIC, S_ELSE, S_FOR,
	S_TYPEDEF, S_IF, S_WHILE, S_DO, S_SWITCH, S_CASE, S_DEFAULT, S_RETURN,
	S_GOTO, S_BREAK, S_CONTINUE, S_ATTRIBUTE, S_KREF, S_LIST_HEAD, S_DRM_MM, S_DRM_FILE, S_DRM_I915_PRIVATE
};

#define LINE_COND (1u << 31)	/* whether this is compiled, or what before it, is not known */

struct tok {
	sym s;
	uint32_t line;		/* of a file's tokens: with LINE_COND */
};

struct symbol {
	uint32_t text;		/* offset into the names */
	uint32_t hash;
	uint32_t next;		/* in the hash chain */
	int32_t func;		/* first function of that name, or -1 */
	int32_t type;		/* the struct of that name, or -1 */
	int32_t ptrs;		/* first function stored in a member of that name, or -1 */
	uint16_t len;
	uint8_t flags;
};

enum {				/* struct symbol, flags */
	SF_PROTO = 1,		/* declared as a function in this tree */
	SF_LINK = 2,		/* a member of the VMA or the context that links it */
	SF_ALLOC = 4,		/* a function that allocates a VMA */
	SF_KEY = 8,		/* the tag of a context, address space or VMA */
	SF_MACRO = 16,		/* a macro of the driver */
	SF_TYPEDEF = 32,	/* a typedef of the driver */
	SF_ROOT = 64		/* named outside of functions: in a table, or given to module_init() */
};

static inline int is_name(sym s)
{
	return s >= SYM_FIRST;
}

static inline int starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

struct where {
	int32_t file;		/* -1: nowhere */
	uint32_t line;
};

/* ---- what the index knows */
struct member {
	uint32_t line;
	sym name;		/* 0: an unnamed struct, its members count as the owner's */
	sym type;		/* struct tag or typedef name, 0: a plain type */
	uint8_t ptr;
};

struct type {
	sym name;
	uint32_t first, count;	/* into tree.members */
	struct where at;
	uint8_t cond;		/* parts hang on unknown conditions */
	uint8_t hidden;		/* … on macros or typedefs of the driver, which are not followed */
};

struct param {
	sym name, type;
};

struct func {
	sym name;
	sym ret;		/* struct that it returns a pointer to, or 0 */
	int32_t next;		/* next function of that name */
	uint32_t first, count;	/* body, into tree.toks */
	struct where at;
	struct param params[MAX_PARAMS];
	uint8_t nparams;
	uint8_t macro;
	uint8_t is_static;
	uint8_t is_int;		/* returns an int or a long */
	uint8_t live;		/* something reaches it */
	uint8_t cond;		/* parts hang on unknown conditions */
};

struct fnptr {			/* function `fn` is stored in a member called `member` */
	sym member, fn;
	sym owner;		/* the struct of the member, 0: not known */
	int32_t next;
	int32_t file;
	uint8_t deferred;	/* by INIT_WORK() and the like */
	uint8_t cond;		/* hangs on an unknown condition */
};

struct file {
	char *path;		/* below the directory */
	uint8_t make;		/* a Makefile */
	uint8_t part;		/* of the driver: PART_… */
	uint8_t off;		/* read with the kernel's options off: OFF_… */
	uint8_t cond;		/* what was looked at in it hangs on them */
};

enum { OFF_NOT, OFF_NOW, OFF_DONE };
enum { PART_NOT, PART_MAYBE, PART_SURE };	/* MAYBE: hangs on an option of the kernel */

struct tree {
	const char *dir;
	struct file *files;
	uint32_t nfiles;
	size_t bytes;		/* read so far */

	struct symbol *syms;
	uint32_t nsyms, cap_syms;
	char *names;
	uint32_t nnames, cap_names;
	uint32_t *hash;

	struct tok *toks;
	uint32_t ntoks, cap_toks;
	struct func *funcs;
	uint32_t nfuncs, cap_funcs;
	struct type *types;
	uint32_t ntypes, cap_types;
	struct member *members;
	uint32_t nmembers, cap_members;
	struct fnptr *fnptrs;
	uint32_t nfnptrs, cap_fnptrs;
	struct {		/* global variables, or their members, that are true to begin with */
		sym var, member;
	} *switches;
	uint32_t nswitches, cap_switches;

	struct where fault;	/* first place that could not be understood */
	const char *fault_why;
	struct where unsure;	/* … that was passed over, so that nothing is proved */
	const char *unsure_why;
};

/* ---- source.c */
int source_list(struct tree *t, char *err, size_t errlen);
char *source_read(const struct tree *t, uint32_t file, size_t *len);
void source_line(const struct tree *t, struct where at, char *buf, size_t len);
void source_free(struct tree *t);

/* ---- parts.c */
void parts_find(struct tree *t);

/* ---- lex.c */
struct include {
	sym name;
	uint8_t cond;
};

struct lexed {			/* one file, and the macros found in it */
	struct tok *toks;
	uint32_t count, cap;
	struct tok *macros;	/* name ( params ) body, each ended by T_OP on line 0 */
	uint32_t nmacros, cap_macros;
	struct include *includes;
	uint32_t nincludes, cap_includes;
};

void lex_init(struct tree *t);
sym intern(struct tree *t, const char *s, size_t len);
const char *sym_text(const struct tree *t, sym s);
void lex(struct tree *t, int32_t file, const char *s, size_t len, struct lexed *out);
void fault(struct tree *t, int32_t file, uint32_t line, const char *why);
void unsure(struct tree *t, int32_t file, uint32_t line, const char *why);
void *grow(void *p, uint32_t *cap, uint32_t need, size_t size);

/* ---- index.c */
void index_tree(struct tree *t);
int index_again(struct tree *t);
int32_t resolve(const struct tree *t, sym name, int32_t file, int32_t after);
void index_free(struct tree *t);
const struct member *find_member(const struct tree *t, sym type, sym name, sym *owner);
const struct type *find_type(const struct tree *t, sym name);

/* ---- flow.c: names that mean something by themselves */
enum kind {
	K_NONE, K_UNSEEN, K_EACH, K_GET, K_PUT, K_FREE, K_UNBIND, K_ADD, K_SPLICE, K_QUEUE,
	K_INIT, K_LIST_HEAD, K_SIZEOF, K_STRUCT, K_WORD, K_IF, K_FALSE, K_TRUE, K_ENABLED,
	K_RETURN, K_INSERT, K_ALLOC, K_WAIT
};

/* What a value is, as far as the context's VMAs are concerned */
enum {
	V_CTX = 1, V_CTX_IN = 2,	/* the context; something inside it */
	V_VM = 4, V_VM_IN = 8,		/* its address space; something inside it */
	V_VMA = 16, V_VMA_IN = 32,	/* a VMA; something inside it */
	V_BAG = 64			/* something that holds one of these */
};

struct val {
	sym type;		/* struct, 0: unknown */
	sym fn;			/* a function's name */
	sym owner, member;	/* the last member taken */
	uint32_t lists;		/* the lists that it comes from or stands for */
	uint16_t flags;
	uint8_t ptr;
	uint8_t konst;		/* of an argument: 1 false, 2 true, 0 neither */
};

enum class { C_NONE, C_OTHER, C_CTX, C_VM, C_VMA };

struct list {			/* a container of VMAs inside the address space or context */
	sym owner, name;
	sym link;		/* the VMA's link that it chains, 0: not known, or no list */
	uint8_t is_list;	/* a list_head; else a tree, array or drm_mm, complete in itself */
	uint8_t at_make;	/* VMAs are put on it when they are made */
	uint8_t at_bind;	/* … when they are bound */
};

struct event {			/* the first of its kind */
	struct where at;	/* the line that does it */
	struct where site;	/* the line of the first function that leads there */
};

#define MAX_REFS 8u
#define MAX_RELEASES 16u
#define MAX_MOVERS 64u
struct outcome {		/* of following a set of functions to the end */
	uint32_t put_lists[MAX_REFS];	/* per reference counter: lists whose VMAs drop it */
	uint32_t free_lists;		/* lists whose VMAs are freed or unbound */
	struct event get[MAX_REFS];
	struct event put[MAX_REFS];
	struct event hole;		/* a function that is not there */
	sym hole_name;
	struct event walk[MAX_LISTS];
	uint32_t idled;			/* lists walked after the device was idled */
	struct event end;		/* a VMA is let go, of any list */
	struct event touch;		/* if a VMA is made: what may be a reference that it takes */
	int makes;
	int overflow;
};

struct flow {
	struct tree *t;
	sym ctx, vma, vm;		/* the struct tags */
	struct list lists[MAX_LISTS];
	uint32_t nlists;
	sym refs[MAX_REFS];		/* reference counters of the address space */
	uint32_t nrefs;
	uint32_t cut;			/* those whose release is not followed, a bit each */
	int alone;			/* read only the functions asked for, not what they call */
	struct release {		/* kref_put(&x->ref, fn) of a context or address space */
		sym fn;
		int ref;		/* of the address space, -1: the context's */
		int32_t file;		/* where it is named */
	} releases[MAX_RELEASES];
	uint32_t nreleases;
	struct mover {			/* a function that puts VMAs on lists */
		sym fn;
		uint32_t lists;
	} movers[MAX_MOVERS];
	uint32_t nmovers;
	sym made[MAX_LISTS];		/* links by which a VMA is on a list from the start */
	uint32_t nmade;
	int pinned;			/* a VMA holds its address space */
	uint32_t idle;			/* lists that VMAs are on when nothing uses them; 0: do not look for idling */
	uint32_t forgotten;		/* lists that are made empty, whatever is on them, in this question */
	struct where forgotten_at;	/* the first of them */
	int32_t unbind;			/* function that takes a VMA's node out, or -1 */
	sym vma_free;			/* what frees a VMA */
	struct engine *engine;
};

struct flow *flow_new(struct tree *t);
void flow_free(struct flow *f);
enum class class_of(const struct flow *f, sym type);
int ref_index(struct flow *f, sym member);
enum kind kind_of(const struct flow *f, sym s);

enum by_type { BY_VALUE, BY_TYPE, BY_TYPE_MAKER };

/* A question: add the functions to start at, then follow. */
void flow_begin(struct flow *f, struct outcome *out);
void flow_start(struct flow *f, int32_t func, const struct val *args, enum by_type by_type);
void flow_follow(struct flow *f);

/* ---- live.c */
void live_mark(const struct flow *f);

/* ---- proof.c */
uint32_t proved(struct flow *f, uint32_t wanted, struct where *lost, char *buf, size_t len);

/* ---- facts.c */
#define PROOF_MAX 1024
struct facts {
	sym context, vma, vm;		/* struct tags, 0: there is none */
	struct where context_at, vma_at;
	sym vm_member;			/* the context's pointer to its address space */
	sym vm_home;			/* the struct that it is in, and where */
	struct where vm_at;
	sym hidden;			/* a struct in which something may hide behind a macro or typedef */
	sym made_vm;			/* function that makes an address space when a context is made */
	sym blind;			/* a struct of the driver in the context that is nowhere defined */
	sym maker;			/* function that makes a VMA */
	struct where maker_at;
	uint32_t dropped;		/* counters of which a VMA's end drops a reference */
	int pins;			/* does a VMA hold its address space? -1: cannot tell */
	struct where get_at, put_at;
	sym pin_ref;			/* the counter by which it does */
	sym link;			/* VMA's link on the lists of the address space */
	uint32_t linked;		/* these lists */
	int unlisted;			/* a VMA may be on none of them */
	sym unbind, wait, retire;	/* unbinds; waits in there; retires in there */
	const char *unbind_via;		/* who has the function that clears the page tables */
	sym vma_free;
	sym release, destroy, close, vm_release;	/* where following starts */
	uint32_t idle;			/* lists that VMAs are on when nothing uses them */
	uint32_t emptied;		/* lists that may be emptied when a context goes */
	uint32_t proved;		/* … that are, on every path */
	struct where lost;		/* where a path goes another way */
	char proof[PROOF_MAX];		/* who leads to the let-go of a VMA, step by step */
	uint32_t idled;			/* … after everything on it was waited for and retired */
	struct where walk_at;
	sym handle_close;		/* what the closing of a handle calls */
	int handle_ends;		/* … unbinds or frees VMAs */
	struct where handle_at;
	struct event hole;		/* a function that is not there, and its name */
	sym hole_name;
	int overflow;
};

void facts_collect(struct flow *f, struct facts *k);

/* ---- verdict.c */
enum verdict { CLEAN, LEAKS, LEAKS_BUSY, UNKNOWN };

#define NAME_MAX_OUT 64
struct result {			/* all text, so that it outlives the tree it is about */
	enum verdict verdict;
	char why[320];		/* one sentence */
	struct where at;	/* the line that decided */
	char context[NAME_MAX_OUT], vma[NAME_MAX_OUT], vm[NAME_MAX_OUT];
	char vm_member[NAME_MAX_OUT], maker[NAME_MAX_OUT], pin_ref[NAME_MAX_OUT];
	char link[NAME_MAX_OUT], lists[160], emptied[160];
	char unbind[NAME_MAX_OUT], wait[NAME_MAX_OUT], retire[NAME_MAX_OUT], vma_free[NAME_MAX_OUT];
	char release[NAME_MAX_OUT], destroy[NAME_MAX_OUT], close[NAME_MAX_OUT], vm_release[NAME_MAX_OUT];
	char proof[PROOF_MAX + 3 * NAME_MAX_OUT + 4200];
	char handle_close[NAME_MAX_OUT];
	const char *handle_ends;
	const char *unbind_via;
	int pins, unlisted;
	struct where get_at, put_at;
};

void judge(struct tree *t, struct result *r);
const char *verdict_name(enum verdict v);

#endif
