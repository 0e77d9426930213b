/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer: random programs of what clients and the system do to GEM.
 *
 * A program is a list of steps. A step names an operation, who does it, and
 * small numbers that stand for files, contexts, objects. What a step needs and
 * is not there is made (a file is opened, an object is created or imported), so
 * that any part of a program is a program, and the shortest one can be found by
 * leaving steps out.
 *
 * The conductor hands the steps out to actors and waits for each, unless it is to
 * run beside the next one or is seen to sleep in the kernel, as behind an engine that
 * is held. A model in shared memory says what every object must hold.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "gem.h"

#include <pthread.h>
#include <stdio.h>

#define FILES		3
#define OUTSIDE		FILES	/* a file of none of the actors, which has o0 all the time */
#define CONTEXTS	6	/* of a file; 0 is its default */
#define OBJECTS		4
#define HANDLES		2	/* of an object in a file */
#define WORDS		4	/* of an object that the model knows */
#define CROWD		9	/* objects a GiB apart, more than an address space has room for */
#define ACTORS		3
#define NOBODY		2	/* the actor that is a process of its own, of uid 65534 */
#define PROCESSES	2
#define MAX_STEPS	64
#define MAX_ARGS	7
#define NAME_SIZE	64	/* of a program */

/* What an argument may be: a number, one of the words, or a set of them. */
struct domain {
	const char *const *words;	/* NULL: numbers */
	unsigned int n;
	bool set;
};

struct step {
	const struct op *op;
	unsigned int actor;
	bool async;			/* the next step does not wait for this one */
	unsigned int signal;		/* microseconds until a signal comes, or 0 */
	unsigned int number;		/* in the program as it was generated: what it writes is made from it */
	unsigned int arg[MAX_ARGS];
};

/* What run() returns where there was nothing to do. */
#define SKIPPED 1

#define CLEANUP_PARAMETER "context_cleanup"

/* Flags of an operation. */
enum {
	BY_CONDUCTOR = 1,	/* not by an actor: it works while all of them sleep */
	BY_ROOT = 2,		/* by actor 0, whatever the step says */
	PATIENT = 4,		/* may sleep for long without being blocked */
	RARE = 8,		/* takes so long that it is done in few programs only */

	/* By which the generator tells what would be pointless, from the arguments' domains. */
	HOLDS = 16,		/* an engine */
	RELEASES = 32,
	ENDS_FILE = 64,		/* needs a file that is open, and closes it */
	ENDS_CONTEXT = 128,	/* needs a context that is there */
	USES_FILE = 256,	/* needs a file that is open */
	ON_MEMORY = 512,	/* needs an object of the client's own memory */
	ALWAYS = 1024,		/* without it a program is about nothing */
	PURGES = 2048,		/* memory may be gone from now on */

	/* In which phase of its life it mostly happens to an object. */
	USE = 1 << 16,
	ABANDON = 2 << 16,	/* whoever used it lets go */
	PROGRESS = 4 << 16,	/* the GPU gets on */
	PRESSURE = 8 << 16,	/* its memory is taken away */
	LOOK = 16 << 16,
};

/**
 * struct op - an operation
 * @name: in the text of a program
 * @weight: how often it is chosen, beside others
 * @flags: of the above
 * @run: does it; returns 0, -errno or SKIPPED
 * @args: what it is done to, as many as have a name
 */
struct op {
	const char *name;
	unsigned int weight;
	unsigned int flags;
	int (*run)(const struct step *s);
	struct {
		const char *name;
		const struct domain *domain;
	} args[MAX_ARGS];
};

struct program {
	unsigned int n;
	struct step steps[MAX_STEPS];
};

/* fuzz_generate.c and fuzz_text.c */
extern const struct domain some_file, some_context, some_object, some_objects, some_engine, some_obstacle, some_kind;
extern const struct domain some_word;

/**
 * program_make() - the program of a number
 * @p: to be filled
 * @seed: of the run
 * @number: of the program in the run; the same for the same two on every machine
 * @left_out: is this operation not to be in it?
 */
void program_make(struct program *p, unsigned int seed, unsigned int number, bool (*left_out)(const struct op *op));

/* Print as text, each line after @before. */
void program_print(const struct program *p, const char *name, FILE *to, const char *before);

/**
 * program_parse() - read the next program of a text
 * @p: to be filled; it has no steps at the text's end
 * @name: what its line "program NAME" says
 * @from: the text
 *
 * Return: NULL, or what is wrong.
 */
const char *program_parse(struct program *p, char name[NAME_SIZE], FILE *from);

/* The operations, in fuzz_client.c and so on; each table ends with a nameless one. */
extern const struct op client_ops[], exec_ops[], memory_ops[], display_ops[], system_ops[];

/**
 * op_number() - an operation of all tables
 * @n: which
 *
 * Return: the operation, NULL if there are not so many.
 */
const struct op *op_number(unsigned int n);

/* What is where, and what it holds. */
struct file {
	int fd;				/* -1: not open */
	bool render_node;		/* it can neither give names nor use them */
	uint32_t context[CONTEXTS];	/* 0: there is none */
	uint32_t handle[OBJECTS][HANDLES];
	uint32_t crowd[CROWD], huge;
	uint32_t framebuffer;
};

struct object {
	bool alive;
	uint64_t size;
	/* Of a userptr object: its memory, in which of the processes. */
	void *memory;
	unsigned int process;
	bool unmapped;
	bool linear;			/* GTT maps show it as it is */
	struct {
		bool known;
		uint32_t value;
	} words[WORDS];
	unsigned int writers, version;
	bool contested;			/* there were several writers at once */
	void *map[PROCESSES];		/* left by an operation for the next one */
	bool map_is_gtt[PROCESSES];
};

struct result {
	bool begun, ended, overlapped;
	int err;
};

struct actor {
	int posted, done;		/* futexes: how many steps */
	pid_t tid;
	unsigned int step;		/* its index in the program */
};

struct stage {
	pthread_mutex_t lock;
	bool over;			/* actors go home */
	struct file files[FILES + 1];
	struct object objects[OBJECTS];
	struct actor actors[ACTORS];
	struct result results[MAX_STEPS];
	bool contexts_only_render, fixed_addresses;	/* as the driver has it */
	bool leaks_allowed;		/* the cleanup was switched off */
	uint32_t shown;			/* the framebuffer on the screen, 0: none of ours */
	char finding[256];
	unsigned int where;		/* the step that found it */
};

extern struct stage *stage;

/* fuzz_actor.c */
/**
 * program_play() - run a program to its end
 * @p: the program
 *
 * To be called in a process of its own, which it ends.
 */
void program_play(const struct program *p) __attribute__((noreturn));

/* Which actor, and which of the processes, this is. */
unsigned int this_actor(void);
unsigned int this_process(void);

/* Nothing may be wrong; the first thing that is wrong ends up in the report. */
void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An ioctl of a step, tried again after EINTR and EAGAIN, as libdrm does, unless a signal is what the step is about. */
int step_ioctl(const struct step *s, int fd, unsigned long request, void *arg);

/* For touching(), and for signals that interrupt; to be called once, children inherit it. */
void catch_signals(void);

/* Call @touch; -EFAULT if that raises SIGBUS or SIGSEGV. */
int touching(void (*touch)(void *arg), void *arg);

/* fuzz_model.c. Each returns 0 or -errno; what is not there is made. */
int file_get(unsigned int file, int *fd);
int context_get(const struct step *s, unsigned int file, unsigned int context, uint32_t *id);
int handle_get(const struct step *s, unsigned int file, unsigned int object, uint32_t *handle);
int second_handle_get(const struct step *s, unsigned int file, unsigned int object, uint32_t *handle);
int file_close(unsigned int file);
int object_create(const struct step *s, unsigned int file, unsigned int object, bool userptr, unsigned int pages,
		  uint32_t *handle);
void handle_forget(unsigned int file, unsigned int object, unsigned int which);

/* A file that has the object open, else -1. */
int holder(unsigned int object);

uint64_t word_offset(const struct object *o, unsigned int word);
uint32_t step_value(const struct step *s);

/* Around what writes a word: it is known if nobody else wrote to the object meanwhile. */
void write_begin(unsigned int object);
void write_end(unsigned int object, unsigned int word, uint32_t value, bool written);

/* Around what reads: expect() compares what was read, if nobody wrote meanwhile. */
unsigned int read_begin(unsigned int object);
void expect(unsigned int object, unsigned int version, unsigned int word, uint32_t seen, const char *how);

/* What an object holds is not known any more; of all objects. */
void forget_words(unsigned int object);
void forget_all_words(void);

/* fuzz_memory.c */
int check_object(const struct step *s, unsigned int object);

/* Have an object bound in the GGTT. */
int look_through_gtt(int fd, uint32_t handle, uint64_t size);

/* fuzz_display.c; what is shown at a program's end is hidden after it. */
void find_screen(int master);
void hide(void);

/* fuzz_exec.c: end every batch that spins, in this process. */
void end_spinners(void);

#endif
