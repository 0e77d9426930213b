// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer: plays programs one after the other, each in processes of its own, and judges what came of each. */
#define _GNU_SOURCE
#include "array.h"
#include "census.h"
#include "fuzz.h"
#include "gate.h"
#include "klog.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_SECONDS	150	/* then it is stuck */
#define EXACT_EVERY	50	/* programs; the allocator's listings take long to read */

static struct {
	unsigned int seed, first, programs, repeat, findings;
	double seconds;
	double settle;		/* what the driver does later must be done by then */
	bool rare, print;
	const char *file, *without[8];
	unsigned int n_without;
} options = { .seed = 1, .programs = -1u, .repeat = 1, .findings = 10, .seconds = 60, .settle = 4, .rare = true };

static int sweeper;		/* a file that stays open, and its batch */
static uint32_t batch, shared;	/* and what it shares with a program */
static struct census before;
static unsigned int played, found;
static bool contexts_only_render, fixed_addresses;
static bool lost;		/* nothing more can be learned from this guest */

/* Have every engine run something of a context that stays, so that none holds one that should go. */
static int sweep(void)
{
	const struct engine *e;
	int err = 0;

	for_each_engine(sweeper, e) {
		struct drm_i915_gem_exec_object2 object = { .handle = batch };
		struct drm_i915_gem_execbuffer2 exec = {
			.buffers_ptr = (uintptr_t)&object, .buffer_count = 1, .flags = e->flag,
		};

		err = try_exec(sweeper, &exec);
		if (!err)
			err = try_wait(sweeper, batch, 10000000000ll);
		if (err)
			return err;
	}
	return 0;
}

/* Of debugfs i915_gem_drop_caches: only what would happen anyway, a second later. */
static void hurry(void)
{
	gem_debugfs("i915_gem_drop_caches", 0x4 | 0x10);
}

/* What is more than before, or NULL. */
static const char *surplus(const struct census *c)
{
	static char text[256];
	size_t n = 0;

	for (enum source s = 0; s < N_SOURCES; s++)
		if (c->count[s] >= 0 && before.count[s] >= 0 && c->count[s] > before.count[s])
			n += snprintf(text + n, sizeof(text) - n, "%s%ld more %s", n ? ", " : "leak: ",
				      c->count[s] - before.count[s], source_names[s]);
	return n ? text : NULL;
}

/*
 * A program may have bound the shared object in the GGTT, where it stays as long as the object lives. So it always is
 * when VMAs are counted.
 */
static const char *leak(bool exact)
{
	double end = seconds_now() + options.settle;
	const char *what;
	struct census c;
	int err = sweep();

	look_through_gtt(sweeper, shared, PAGE);

	if (err) {
		lost = true;
		return "the GPU does not work any more";
	}
	do {
		hurry();
		c = census_glance();
		what = surplus(&c);
	} while (what && seconds_now() < end && !usleep(20000));
	if (!what && exact) {
		c = census_take();
		what = surplus(&c);
	}
	if (what)
		before = census_take();
	return what;
}

/* What was left behind while the cleanup was switched off is no leak. */
static void forgive(void)
{
	gem_set_parameter(CLEANUP_PARAMETER, "1");
	leak(false);
	before = census_take();
}

/* How the program ends: every process that takes part has the pipe's other end. */
static bool is_over(int pipe, unsigned int milliseconds)
{
	struct pollfd p = { .fd = pipe };

	return poll(&p, 1, milliseconds) > 0;
}

static const char *play(const struct program *p)
{
	int ends[2], status;
	const char *wrong = NULL;
	double end = seconds_now() + PROGRAM_SECONDS;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return "pipe";
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		close(ends[0]);
		program_play(p);
	}
	close(ends[1]);
	while (waitpid(pid, &status, WNOHANG) == 0 && seconds_now() < end)
		is_over(ends[0], 5);
	/* Who dies may sleep behind an engine. */
	usleep(5000);
	gates_open_all();
	kill(-pid, SIGKILL);
	if (!is_over(ends[0], 10000)) {
		lost = true;
		wrong = "no end: a process does not die";
	}
	close(ends[0]);
	waitpid(pid, &status, WNOHANG);
	return wrong;
}

static void reset_stage(void)
{
	pthread_mutexattr_t attributes;

	memset(stage, 0, sizeof(*stage));
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&stage->lock, &attributes);
	stage->contexts_only_render = contexts_only_render;
	stage->fixed_addresses = fixed_addresses;
	for (unsigned int i = 0; i < FILES; i++)
		stage->files[i].fd = -1;
}

/* An object that outlives what the program does with it: only so can its VMAs be left behind. */
static void share(void)
{
	struct object *o = &stage->objects[0];

	shared = gem_create(sweeper, PAGE);
	stage->files[OUTSIDE].fd = sweeper;
	stage->files[OUTSIDE].handle[0][0] = shared;
	*o = (struct object) { .alive = true, .size = PAGE, .linear = true };
	for (unsigned int i = 0; i < WORDS; i++)
		o->words[i].known = true;
}

/* May the errno be another one the next time, because it depends on how fast the GPU is? */
static bool depends_on_time(int err)
{
	return err == -ETIME || err == -EAGAIN || err == -EINTR || err == -EIO || err == -EBUSY;
}

/*
 * A word for each step: its errno, - if there was nothing to do, . if it did not end; ~ it overlapped with another,
 * ? it depends on time, as whether memory that is not needed has been taken already does.
 */
static void tell_results(const struct program *p, const char *name)
{
	bool purgeable = false;

	printf("# fuzz %s:", name);
	for (unsigned int i = 0; i < p->n; i++) {
		const struct result *r = &stage->results[i];

		if (!r->begun || !r->ended)
			printf(" .");
		else if (r->err == SKIPPED)
			printf(" -");
		else
			printf(" %d", -r->err);
		if (r->overlapped)
			putchar('~');
		purgeable |= p->steps[i].op->flags & PURGES;
		if (depends_on_time(r->err) || (purgeable && r->err == -EFAULT))
			putchar('?');
	}
	putchar('\n');
}

static void report(const struct program *p, const char *name, const char *what)
{
	found++;
	printf("not ok - gem_fuzz/%s: %s\n", name, what);
	program_print(p, name, stdout, "#   ");
}

/* How often the GPU has been reset: what was queued then was never done. */
static unsigned int resets(void)
{
	struct drm_i915_reset_stats stats = { 0 };

	return ioctl(sweeper, DRM_IOCTL_I915_GET_RESET_STATS, &stats) ? 0 : stats.reset_count;
}

static void play_and_judge(const struct program *p, const char *name)
{
	const char *wrong, *complaint, *leaked = NULL;
	unsigned int resets_before = resets();
	char mark[64], text[600] = "";
	int log;

	printf("# fuzz %s begins\n", name);
	fflush(stdout);
	snprintf(mark, sizeof(mark), "lab: fuzz %s\n", name);
	log = klog_open(mark);
	reset_stage();
	share();
	wrong = play(p);
	if (!wrong && stage->finding[0] && resets() == resets_before)
		wrong = stage->finding;
	hide();
	if (stage->leaks_allowed)
		forgive();
	else if (!lost)
		leaked = leak(played % EXACT_EVERY == 0);
	played++;
	try_close(sweeper, shared);
	complaint = klog_complaint(log);
	tell_results(p, name);
	if (complaint)
		snprintf(text, sizeof(text), "the kernel says: %s", complaint);
	else if (wrong)
		snprintf(text, sizeof(text), "%s%s%s", wrong, leaked ? "; " : "", leaked ? leaked : "");
	else if (leaked)
		snprintf(text, sizeof(text), "%s", leaked);
	if (text[0])
		report(p, name, text);
	fflush(stdout);
}

#define PARAM_HAS_SOFTPIN 37	/* I915_PARAM_HAS_EXEC_SOFTPIN, of 4.5 */

static void learn_driver(void)
{
	uint32_t context = gem_context_create(sweeper);
	const struct engine *e;

	for_each_engine(sweeper, e)
		contexts_only_render |= !gem_context_has_engine(sweeper, context, e);
	gem_context_destroy(sweeper, context);
	fixed_addresses = gem_param(sweeper, PARAM_HAS_SOFTPIN, 0);
}

static void prepare(void)
{
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stage == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	chmod("/dev/dri/renderD128", 0666);
	gate_is_virtual();
	gem_minor();
	sweeper = gem_open_device();
	batch = gem_empty_batch(sweeper);
	census_learn();
	learn_driver();
	find_screen(sweeper);
	if (sweep())
		fail("the GPU does not work");
	catch_signals();
	reset_stage();
	share();
	look_through_gtt(sweeper, shared, PAGE);
	usleep(100000);
	hurry();
	before = census_take();
	try_close(sweeper, shared);
}

/* What is done with each program: play it, or show it. */
static void play_often(const struct program *p, const char *name)
{
	if (options.print) {
		program_print(p, name, stdout, "");
		return;
	}
	for (unsigned int i = 0; i < options.repeat && !lost; i++)
		play_and_judge(p, name);
}

static void play_file(void)
{
	FILE *f = fopen(options.file, "re");
	char name[NAME_SIZE] = "file";
	static struct program p;
	const char *wrong;

	if (!f)
		fail("%s: %s", options.file, strerror(errno));
	while (!(wrong = program_parse(&p, name, f)) && p.n)
		play_often(&p, name);
	if (wrong)
		fail("%s: cannot be understood: %s", options.file, wrong);
	fclose(f);
}

static const char *name_of(unsigned int number)
{
	static char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%u/%u", options.seed, number);
	return name;
}

static bool left_out(const struct op *op)
{
	for (unsigned int i = 0; i < options.n_without; i++)
		if (!strcmp(op->name, options.without[i]))
			return true;
	return op->flags & RARE && !options.rare;
}

static void play_generated(void)
{
	double end = seconds_now() + options.seconds;
	static struct program p;

	for (unsigned int i = options.first; i - options.first < options.programs; i++) {
		if (seconds_now() > end || lost || found >= options.findings)
			return;
		program_make(&p, options.seed, i, left_out);
		play_often(&p, name_of(i));
	}
}

static void usage(void)
{
	printf("Usage: gem_fuzz [OPTION]...\n"
	       "  --seed N          of the programs (%u)\n"
	       "  --seconds N       for so long (%.0f)\n"
	       "  --first N         from this program on (0)\n"
	       "  --programs N      so many\n"
	       "  --program N       this one only\n"
	       "  --file FILE       the programs in this text\n"
	       "  --repeat N        each program so often (1)\n"
	       "  --findings N      stop after so many (%u)\n"
	       "  --settle MS       wait so long for what the driver does later, before it is a leak (4000)\n"
	       "  --no-rare         without what takes long: hangs, resets, suspend, memory pressure\n"
	       "  --without STEP    leave out an operation; may be repeated\n"
	       "  --print           show the programs instead\n", options.seed, options.seconds, options.findings);
}

static const struct option long_options[] = {
	{ "seed", required_argument, NULL, 's' },
	{ "seconds", required_argument, NULL, 't' },
	{ "first", required_argument, NULL, 'f' },
	{ "programs", required_argument, NULL, 'n' },
	{ "program", required_argument, NULL, 'p' },
	{ "file", required_argument, NULL, 'i' },
	{ "repeat", required_argument, NULL, 'r' },
	{ "findings", required_argument, NULL, 'F' },
	{ "settle", required_argument, NULL, 'S' },
	{ "no-rare", no_argument, NULL, 'R' },
	{ "without", required_argument, NULL, 'w' },
	{ "print", no_argument, NULL, 'P' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		unsigned int number = optarg ? strtoul(optarg, NULL, 10) : 0;

		switch (c) {
		case 's':
			options.seed = number;
			break;
		case 't':
			options.seconds = number;
			break;
		case 'f':
			options.first = number;
			break;
		case 'n':
			options.programs = number;
			break;
		case 'p':
			options.first = number;
			options.programs = 1;
			break;
		case 'i':
			options.file = optarg;
			break;
		case 'r':
			options.repeat = number;
			break;
		case 'F':
			options.findings = number;
			break;
		case 'S':
			options.settle = number / 1000.0;
			break;
		case 'R':
			options.rare = false;
			break;
		case 'w':
			if (options.n_without < ARRAY_SIZE(options.without))
				options.without[options.n_without++] = optarg;
			break;
		case 'P':
			options.print = true;
			break;
		default:
			usage();
			exit(c == 'h' ? 0 : 2);
		}
	}
}

int main(int argc, char **argv)
{
	double begin = seconds_now();

	parse(argc, argv);
	tap_begin("gem_fuzz", 1, argv);
	if (!options.print)
		prepare();
	if (options.file)
		play_file();
	else
		play_generated();
	if (options.print)
		return 0;
	printf("%s - gem_fuzz/all: seed %u, %u programs in %.0f s, %u findings\n", found ? "not ok" : "ok",
	       options.seed, played, seconds_now() - begin, found);
	return found ? 1 : 0;
}
