// SPDX-License-Identifier: GPL-2.0-only
/* The leak suite: its scenarios, and what is counted before and after each. */
#define _GNU_SOURCE
#include "array.h"
#include "census.h"
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SEED 1

/* What a scenario is. */
enum {
	SLOW = 1,	/* not in the quick run */
	MOVES = 2,	/* the exporter's own binding may go and come back elsewhere */
	ALONE = 4,	/* judges itself; the exporter is gone when it returns */
	RISKY = 8,	/* hangs, resets or takes away, or a driver at fault may not survive it: not in the safe run */
};

/* What an X server's last start is for: its drawing, a client that sends it pictures, and text in a window. */
#define X_CLIENTS "perf software_gl terminal"

static const struct scenario {
	const char *name;
	void (*play)(void);
	const char *server, *clients;	/* instead, with --clients: words of the program server */
	unsigned int flags;
	unsigned int seconds;	/* it is stuck after as many more than usual */
} scenarios[] = {
	{ .name = "own-object", .play = own_object },
	{ .name = "exit-after-sync", .play = exit_after_sync },
	{ .name = "exit-without-sync", .play = exit_without_sync },
	{ .name = "killed", .play = killed },
	{ .name = "context-destroyed-x8", .play = context_destroyed },
	{ .name = "own-contexts-x8", .play = own_contexts },
	{ .name = "prime-x5", .play = prime },
	{ .name = "name-and-prime", .play = name_and_prime },
	{ .name = "every-engine", .play = every_engine },
	{ .name = "nothing-touched", .play = nothing_touched },
	{ .name = "many-importers", .play = many_importers, .seconds = 300 },
	{ .name = "busy-elsewhere", .play = busy_elsewhere },
	{ .name = "busy-elsewhere-queued", .play = busy_elsewhere_queued, .flags = RISKY },
	{ .name = "busy-other-engine", .play = busy_on_other_engine },
	{ .name = "busy-other-engine-queued", .play = busy_on_other_engine_queued },
	{ .name = "busy-not-retired", .play = busy_not_retired },
	{ .name = "freed-in-retire-x8", .play = freed_in_retire },
	{ .name = "last-vma-freed-in-retire-x4", .play = last_vma_freed_in_retire, .flags = RISKY },
	{ .name = "handle-closed", .play = handle_closed },
	{ .name = "handle-closed-busy", .play = handle_closed_busy },
	{ .name = "handle-closed-busy-elsewhere", .play = handle_closed_busy_elsewhere },
	{ .name = "second-handle", .play = second_handle },
	{ .name = "second-handle-used-on", .play = second_handle_used_on },
	{ .name = "handle-reopened", .play = handle_reopened },
	{ .name = "handle-closed-idle", .play = handle_closed_idle },
	{ .name = "handle-closed-among-work", .play = handle_closed_among_work },
	{ .name = "handle-closed-memory-wanted", .play = handle_closed_memory_wanted, .flags = MOVES },
	{ .name = "handles-closed-at-once", .play = handles_closed_at_once, .seconds = 90 },
	{ .name = "handle-of-many-contexts", .play = handle_of_many_contexts, .seconds = 60 },
	{ .name = "handle-closed-then-context-x8", .play = handle_closed_then_context },
	{ .name = "handle-closed-then-evicted", .play = handle_closed_then_evicted },
	{ .name = "handle-closed-then-freed", .play = handle_closed_then_freed },
	{ .name = "handle-closed-then-file-x8", .play = handle_closed_then_file },
	{ .name = "handle-every-frame-x100", .play = handle_every_frame },
	{ .name = "large-importers-x20", .play = large_importers },
	{ .name = "never-bound-no-room", .play = never_bound_no_room },
	{ .name = "never-bound-last", .play = never_bound_last, .flags = RISKY },
	{ .name = "never-bound-signal", .play = never_bound_signal },
	{ .name = "signal-storm", .play = signal_storm, .seconds = 60 },
	{ .name = "context-gone-in-execbuf", .play = context_gone_in_execbuf },
	{ .name = "active-drop-caches", .play = active_drop_caches, .flags = MOVES | RISKY },
	{ .name = "active-drop-bound", .play = active_drop_bound, .flags = MOVES | RISKY },
	{ .name = "active-pressure", .play = active_pressure, .flags = SLOW | MOVES | RISKY, .seconds = 120 },
	{ .name = "active-munmap", .play = active_munmap, .flags = RISKY },
	{ .name = "active-nobody", .play = active_nobody, .flags = RISKY },
	{ .name = "userptr-contexts-x8", .play = userptr_contexts },
	{ .name = "userptr-munmap", .play = userptr_munmap },
	{ .name = "userptr-mremap", .play = userptr_mremap },
	{ .name = "userptr-fork", .play = userptr_fork },
	{ .name = "pinned-for-scanout", .play = pinned_for_scanout, .flags = MOVES | RISKY },
	{ .name = "framebuffer-x5", .play = framebuffer, .flags = MOVES },
	{ .name = "evicted", .play = evicted },
	{ .name = "shrinker", .play = shrinker, .flags = MOVES, .seconds = 60 },
	{ .name = "memory-pressure", .play = memory_pressure, .flags = SLOW | MOVES | RISKY, .seconds = 60 },
	{ .name = "reset", .play = reset_while_it_goes, .flags = MOVES | RISKY, .seconds = 30 },
	{ .name = "context-banned", .play = context_banned, .flags = SLOW | MOVES | RISKY, .seconds = 150 },
	{ .name = "suspend", .play = suspended, .flags = SLOW | MOVES | RISKY, .seconds = 60 },
	{ .name = "fork-storm", .play = fork_storm, .seconds = 120 },
	{ .name = "compositor", .play = compositor, .seconds = 60 },
	{ .name = "x-none", .server = "x intel none 0 root", .clients = X_CLIENTS, .seconds = 600 },
	{ .name = "x-sna-dri2", .server = "x intel sna 2 root", .clients = X_CLIENTS, .seconds = 600 },
	{ .name = "x-sna-dri3", .server = "x intel sna 3 root", .clients = X_CLIENTS, .seconds = 600 },
	{ .name = "x-blt", .server = "x intel blt 2 root", .clients = X_CLIENTS, .seconds = 600 },
	{ .name = "x-uxa", .server = "x intel uxa 2 root", .clients = X_CLIENTS, .seconds = 600 },
	{ .name = "x-modesetting", .server = "x modesetting none 0 root", .clients = X_CLIENTS, .seconds = 600 },
	{ .name = "weston", .server = "weston", .clients = "damage window", .seconds = 600 },
	{ .name = "plymouth", .server = "plymouth", .clients = "message", .seconds = 600 },
	{ .name = "modetest", .server = "modetest", .clients = "", .seconds = 600 },
	{ .name = "unload", .play = driver_unloaded, .flags = ALONE | RISKY, .seconds = 60 },
};

struct exporter exporter;
struct options options = { .seed = DEFAULT_SEED };

static const struct scenario *scenario;	/* that is running */
static struct census before;		/* what is no leak */
static char also[512], remark[512];

/* Only what would happen anyway, a second later. */
void hurry(void)
{
	gem_debugfs("i915_gem_drop_caches", DROP_RETIRE | DROP_FREED);
}

int times_to_restart(void)
{
	return options.quick ? 2 : 10;
}

bool memory_left(void)
{
	const long reserve = 128 << 10;	/* KiB */

	return memory_available() > reserve;
}

bool memory_suffices(void)
{
	const bool suffices = memory_left();

	if (!suffices)
		leak_also("stopped early, memory was running out");
	return suffices;
}

/* What has been closed may go a little later; it must not be counted as being there. */
void leak_mark(void)
{
	struct census last, now;
	int same = 0;

	hurry();
	now = census_glance();
	for (int i = 0; i < 80 && same < 2; i++) {
		usleep(15000);
		hurry();
		last = now;
		now = census_glance();
		same = memcmp(&last, &now, sizeof(last)) || cleanup_counter("closed VMAs") > 0 ? 0 : same + 1;
	}
	before = census_take();
}

/* Append to @text, of @size bytes. */
static void append(char *text, size_t size, const char *format, va_list args)
{
	size_t n = strlen(text);

	n += snprintf(text + n, size - n, "; ");
	vsnprintf(text + n, size - n, format, args);
}

void need_full_ppgtt(const char *what)
{
	if (!gem_has_full_ppgtt(exporter.fd))
		skip("without full PPGTT %s would be in the GGTT", what);
}

void leak_also(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append(also, sizeof(also), format, args);
	va_end(args);
}

void leak_remark(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append(remark, sizeof(remark), format, args);
	va_end(args);
}

static long grown(const struct census *now, const struct census *from, enum source s)
{
	if (now->count[s] < 0 || from->count[s] < 0 || now->count[s] < from->count[s])
		return 0;
	return now->count[s] - from->count[s];
}

static bool any_grown(const struct census *now, const struct census *from)
{
	for (enum source s = 0; s < N_SOURCES; s++)
		if (grown(now, from, s))
			return true;
	return false;
}

/*
 * Retirement and the release of a context run from workers, once a second at
 * most, and hurry() does not wait for that: what is still there after this
 * time stays.
 */
static struct census settle(const struct census *from, struct census (*look)(void))
{
	double end = seconds_now() + (options.quick ? 1.2 : 3);

	for (;;) {
		bool late = seconds_now() > end;
		struct census now;

		hurry();
		now = census_glance();
		if (late || !any_grown(&now, from))
			now = look();
		if (late || !any_grown(&now, from))
			return now;
		usleep(50000);
	}
}

/* The exporter's own use of the object: it binds it, and makes what contexts need. */
static uint64_t use_by_exporter(uint32_t value)
{
	const struct engine *e;
	uint64_t address;
	uint32_t seen;

	for_each_engine(exporter.fd, e)
		gem_use_and_wait(exporter.fd, DEFAULT_CONTEXT, e->flag, exporter.object);
	address = gem_store(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, exporter.object, 64, value);
	gem_read(exporter.fd, exporter.object, 64, &seen, sizeof(seen));
	if (seen != value)
		fail("the exporter's store of %#x left %#x", value, seen);
	return address;
}

static void export_object(void)
{
	exporter.fd = gem_open_device();
	exporter.object = gem_create(exporter.fd, PAGE);
	exporter.name = gem_flink(exporter.fd, exporter.object);
	exporter.dmabuf = gem_prime_export(exporter.fd, exporter.object);
}

/* All the sources that count VMAs must say the same. */
static long vmas_left(const struct census *now)
{
	static const enum source vmas[] = { VMAS_LISTED, VMAS_IN_MEMORY };
	long left = -1;

	for (unsigned int i = 0; i < 2; i++) {
		long n = grown(now, &before, vmas[i]);

		if (before.count[vmas[i]] < 0)
			continue;
		if (left >= 0 && n != left)
			leak_also("the sources disagree");
		if (n > left)
			left = n;
	}
	return left;
}

static void judge(void)
{
	struct census now = settle(&before, census_take);
	long left = vmas_left(&now);
	char text[256] = "";
	size_t n = 0;

	for (enum source s = 0; s < N_SOURCES; s++)
		if (now.count[s] >= 0)
			n += snprintf(text + n, sizeof(text) - n, "%s%ld %s", n ? ", " : "",
				      grown(&now, &before, s), source_names[s]);
	if (any_grown(&now, &before) || also[0])
		fail("%ld VMAs left behind (%s)%s%s", left, text, remark, also);
	note("%ld VMAs left behind (%s)%s", left, text, remark);
}

/* The engines keep the last context that ran on them: it is this one's then. */
static void use_and_go(void)
{
	export_object();
	use_by_exporter(0);
	close(exporter.dmabuf);
	close(exporter.fd);
}

/*
 * A server that goes has to be the last who has the card open: else the console's framebuffer is not shown again, and
 * the next one does not look at it.
 */
static void play_server(void)
{
	use_and_go();
	leak_mark();
	restart_server(scenario->server, scenario->clients);
	use_and_go();
	judge();
}

/* In a process of its own. What a scenario before has left goes with that one's exporter. */
static void play(void)
{
	uint64_t address, then;

	if (scenario->flags & SLOW && options.quick && !options.asked_for)
		skip("not in the quick run");
	if (scenario->flags & RISKY && options.safe && !options.asked_for)
		skip("not in the safe run");
	if (scenario->server) {
		play_server();
		return;
	}
	export_object();
	use_by_exporter(1);
	address = use_by_exporter(2);
	leak_mark();
	scenario->play();
	if (scenario->flags & ALONE)
		return;
	then = use_by_exporter(3);
	if (then != address && !(scenario->flags & MOVES))
		leak_also("the exporter's own binding moved from %#llx to %#llx",
			  (unsigned long long)address, (unsigned long long)then);
	judge();
}

static struct census nobody;	/* when no file is open */

/* Of a file that was opened, used and closed, what the driver makes once and keeps is there. */
static void count_nobody(void)
{
	export_object();
	use_by_exporter(0);
	in_child(use_own, NULL);
	census_learn();
	close(exporter.dmabuf);
	close(exporter.fd);
	leak_mark();
	nobody = before;
}

static void nothing_at_the_end(void)
{
	struct census now = settle(&nobody, census_take);

	for (enum source s = 0; s < N_SOURCES; s++)
		if (grown(&now, &nobody, s))
			fail("%ld %s left behind after every file is closed", grown(&now, &nobody, s),
			     source_names[s]);
}

static void say_sources(void)
{
	struct census c = census_take();

	for (enum source s = 0; s < N_SOURCES; s++)
		if (c.count[s] < 0)
			printf("# not counted: %s (%s)\n", source_names[s], census_missing(s));
	if (c.count[VMAS_LISTED] < 0 && c.count[VMAS_IN_MEMORY] < 0)
		fail("VMAs cannot be counted: mount debugfs, boot with slab_nomerge slub_debug=U");
	printf("# engines are held by %s; seed %u\n",
	       gate_is_virtual() ? "the virtual GPU" : "spinning batches", options.seed);
}

static void list(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(scenarios); i++)
		printf("%s%s%s%s\n", scenarios[i].name, scenarios[i].flags & SLOW ? " (not with --quick)" : "",
		       scenarios[i].flags & RISKY ? " (not with --safe)" : "",
		       scenarios[i].server ? " (--clients)" : "");
}

static const char usage[] =
	"Usage: leaktest [OPTION]...\n"
	"\n"
	"Does a GPU context leave VMAs behind when it goes? Reports in TAP. Needs root, debugfs\n"
	"and an i915 that nobody else is using; to count VMAs in memory, boot with\n"
	"slab_nomerge slub_debug=U.\n"
	"\n"
	"  --list        names of the scenarios\n"
	"  --only NAME   this one; may be repeated\n"
	"  --quick       fewer importers, shorter storm, nothing slow; servers restart twice, not ten times\n"
	"  --safe        not what hangs, resets or takes away, nor what a driver at fault may not survive\n"
	"  --clients     only what starts the programs of a system in /userspace\n"
	"  --seed N      of what is random (default 1)\n"
	"  --importers N of many-importers (default 1000, quick 50)\n"
	"  --storm N     seconds of fork-storm (default 60, quick 3)\n"
	"  --card PATH   default /dev/dri/card0\n"
	"  --spin        hold engines by spinning batches, even on the virtual GPU\n"
	"\n"
	"Exit status: 0 nothing was left behind, 1 something was, 2 wrong usage.\n";

static void parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "only", required_argument, NULL, 'o' },
		{ "quick", no_argument, NULL, 'q' },
		{ "safe", no_argument, NULL, 'f' },
		{ "clients", no_argument, NULL, 'C' },
		{ "seed", required_argument, NULL, 's' },
		{ "importers", required_argument, NULL, 'i' },
		{ "storm", required_argument, NULL, 't' },
		{ "card", required_argument, NULL, 'c' },
		{ "spin", no_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int n = 1, option;

	/* The names take the place of the options, for tap_begin(). */
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		switch (option) {
		case 'l':
			list();
			exit(0);
		case 'o':
			argv[n++] = optarg;
			options.asked_for = true;
			break;
		case 'q':
			options.quick = true;
			break;
		case 'f':
			options.safe = true;
			break;
		case 'C':
			options.clients = true;
			break;
		case 's':
			options.seed = strtoul(optarg, NULL, 0);
			break;
		case 'i':
			options.importers = atoi(optarg);
			break;
		case 't':
			options.storm = atoi(optarg);
			break;
		case 'c':
			gem_use_device(optarg);
			break;
		case 'S':
			gate_use_spinners();
			break;
		default:
			fputs(usage, option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		exit(2);
	}
	argv[n] = NULL;
	tap_begin(options.clients ? "clients" : "leak", n, argv);
}

int main(int argc, char **argv)
{
	struct census rest;

	parse(argc, argv);
	count_nobody();
	say_sources();
	rest = nobody;
	for (unsigned int i = 0; i < ARRAY_SIZE(scenarios); i++) {
		scenario = &scenarios[i];
		if (options.clients != !!scenario->server)
			continue;
		/* Who asks for more gives it the time, a tenth of a second for an importer. */
		if (!tap_run(scenario->name, 30 + scenario->seconds + options.storm + options.importers / 10, play))
			continue;
		gates_open_all();
		/* It has said what was left without a driver; this is another one. */
		if (scenario->play == driver_unloaded) {
			count_nobody();
			rest = nobody;
		}
		/* What does not go now is there for good, and need not be waited for again. */
		rest = settle(&rest, census_glance);
	}
	tap_run("nothing-at-the-end", 30, nothing_at_the_end);
	return tap_end();
}
