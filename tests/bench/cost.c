// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the fix costs, in nanoseconds of the guest's clock. Started by 'gpu' in a guest whose processor takes one
 * nanosecond for each instruction; "# cost NAME VALUE" lines are the results.
 */
#define _GNU_SOURCE
#include "array.h"
#include "gate.h"
#include "gem.h"
#include "tap.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXECS 400
#define FRAMES 200
#define VMAS 10000
#define VMAS_AT_ONCE 500
#define FILES 1000
#define WINDOW_US 300000	/* in which a teardown ends */
#define CLOSED_US 1000000	/* in which also the VMA of a handle that was closed goes */
#define REST_US 100000

static struct shared {
	volatile unsigned long spun;
	volatile bool stop, measure;
	volatile long longest, count;	/* of what somebody does while it is measured */
} *shared;

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000l + t.tv_nsec;
}

static void result(const char *name, long value)
{
	printf("# cost %s %ld\n", name, value);
	fflush(stdout);
}

/* The same of something with @n VMAs. */
static void result_of(const char *name, unsigned int n, long value)
{
	char full[64];

	snprintf(full, sizeof(full), "%s-%u", name, n);
	result(full, value);
}

static int ascending(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static struct drm_i915_gem_execbuffer2 exec_of(struct drm_i915_gem_exec_object2 *objects, unsigned int n,
					       uint32_t context)
{
	return (struct drm_i915_gem_execbuffer2) {
		.buffers_ptr = (uintptr_t)objects,
		.buffer_count = n,
		.batch_len = 8,
		.flags = I915_EXEC_RENDER,
		.rsvd1 = context,
	};
}

/*
 * Median time of the ioctl, of objects that are bound and idle. The engine stands still meanwhile, so that no
 * interrupt falls into it.
 */
static void execbuf(const char *name, unsigned int n)
{
	struct drm_i915_gem_exec_object2 *objects = calloc(n, sizeof(*objects));
	struct drm_i915_gem_execbuffer2 exec = exec_of(objects, n, DEFAULT_CONTEXT);
	int fd = gem_open_device();
	static long t[EXECS];

	exec.flags |= I915_EXEC_HANDLE_LUT | I915_EXEC_NO_RELOC;
	for (unsigned int i = 0; i < n - 1; i++)
		objects[i].handle = gem_create(fd, PAGE);
	objects[n - 1].handle = gem_empty_batch(fd);
	for (int i = -10; i < EXECS; i++) {
		struct gate gate = gate_shut(RENDER);
		long begin = now();
		int err = try_exec(fd, &exec);

		if (i >= 0)
			t[i] = now() - begin;
		gate_open(&gate);
		if (err)
			fail("execbuf of %u objects: %s", n, strerror(-err));
		gem_wait(fd, objects[n - 1].handle);
	}
	qsort(t, EXECS, sizeof(t[0]), ascending);
	result(name, t[EXECS / 2]);
}

static void execbufs(void)
{
	execbuf("execbuf-1", 1);
	execbuf("execbuf-100", 100);
}

/* An importer whose context has @n VMAs of another file's objects; what it returns is the file. */
static int importer(const uint32_t *names, unsigned int n, uint32_t *context)
{
	struct drm_i915_gem_exec_object2 objects[VMAS_AT_ONCE + 1];
	int fd = gem_open_device();
	uint32_t batch = gem_empty_batch(fd);

	*context = gem_context_create(fd);
	for (unsigned int i = 0; i < n; i += VMAS_AT_ONCE) {
		unsigned int many = n - i < VMAS_AT_ONCE ? n - i : VMAS_AT_ONCE;
		struct drm_i915_gem_execbuffer2 exec = exec_of(objects, many + 1, *context);

		memset(objects, 0, sizeof(objects));
		for (unsigned int k = 0; k < many; k++)
			objects[k].handle = gem_open(fd, names[i + k]);
		objects[many].handle = batch;
		if (try_exec(fd, &exec))
			fail("execbuf of %u objects failed", many);
		gem_wait(fd, batch);
	}
	return fd;
}

/* Names of @n objects of @fd. */
static const uint32_t *exported_by(int fd, unsigned int n)
{
	static uint32_t names[VMAS];

	for (unsigned int i = 0; i < n; i++)
		names[i] = gem_flink(fd, gem_create(fd, PAGE));
	return names;
}

static void retire(void)
{
	gem_debugfs("i915_gem_drop_caches", 0x4);
}

/* Whatever the processor has not to do for others it spends here. */
static void spin_when_idle(void)
{
	struct sched_param none = { 0 };

	sched_setscheduler(0, SCHED_IDLE, &none);
	while (!shared->stop)
		shared->spun++;
	_exit(0);
}

/* The number after "@key:" in a file, or -1. */
static long number_in(const char *path, const char *key)
{
	size_t n = strlen(key);
	char line[256];
	long value = -1;
	FILE *f = fopen(path, "r");

	while (f && value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n))
			value = atol(line + n);
	if (f)
		fclose(f);
	return value;
}

/* What the driver says of itself, if it is a fixed one. */
static long driver_counter(const char *key)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/i915_context_cleanup", gem_minor());
	return number_in(path, key);
}

static void say_longest_hold(const char *name)
{
	long hold = driver_counter("longest hold:");
	char full[64];

	snprintf(full, sizeof(full), "%s-hold", name);
	if (hold >= 0)
		result(full, hold);
}

/* Turns of the spinner for each nanosecond of a time in which nothing happens. */
static double spin_rate(void)
{
	unsigned long spun = shared->spun;
	long begin = now();

	usleep(WINDOW_US);
	return (double)(shared->spun - spun) / (now() - begin);
}

/*
 * All that the processor does because a context with @n VMAs is destroyed, workers and interrupts included: the time
 * that the spinner does not get.
 */
static long teardown(const uint32_t *names, unsigned int n)
{
	unsigned long spun;
	uint32_t context;
	double rate;
	long begin, lost;
	int fd = importer(names, n, &context);

	retire();
	usleep(200000);
	rate = spin_rate();
	spun = shared->spun;
	begin = now();
	gem_context_destroy(fd, context);
	result_of("ioctl", n, now() - begin);
	retire();
	usleep(WINDOW_US);
	lost = now() - begin - (long)((shared->spun - spun) / rate);
	close(fd);
	usleep(200000);
	return lost;
}

static pid_t start_spinner(void)
{
	pid_t pid;

	shared->stop = false;
	pid = fork();
	if (!pid)
		spin_when_idle();
	return pid;
}

static void stop_spinner(pid_t pid)
{
	shared->stop = true;
	waitpid(pid, NULL, 0);
}

static void teardowns(void)
{
	const uint32_t *names = exported_by(gem_open_device(), VMAS);
	pid_t spinner = start_spinner();
	long took[6];

	for (unsigned int i = 0; i < 6; i++) {
		took[i] = teardown(names, i * VMAS / 5);
		result_of("teardown", i * VMAS / 5, took[i]);
	}
	result("teardown-per-vma", (took[5] - took[1]) / (VMAS / 5 * 4));
	say_longest_hold("teardown");
	stop_spinner(spinner);
}

/* Something that a client does, and what must be there before and goes afterwards. */
struct scene {
	const char *name;
	void (*set)(struct scene *s);
	void (*go)(struct scene *s);
	void (*strike)(struct scene *s);
	unsigned int n;		/* of what it is about */
	bool waits;		/* for the GPU, and its time says nothing */
	bool handles;		/* are closed: what there is to be done may be put off for a while */
	int fd, owner;
	uint32_t handle, name_of_object, batch;
	struct gate gate;
};

static void result_of_scene(const struct scene *s, const char *what, long value)
{
	char full[64];

	snprintf(full, sizeof(full), "%s-%s", s->name, what);
	result(full, value);
}

static void use_with(struct scene *s, uint32_t context, uint32_t handle)
{
	struct drm_i915_gem_exec_object2 objects[2] = { { .handle = handle }, { .handle = s->batch } };
	struct drm_i915_gem_execbuffer2 exec = exec_of(objects, 2, context);
	int err = try_exec(s->fd, &exec);

	if (err)
		fail("execbuf: %s", strerror(-err));
}

/* A client, and somebody else's object of @size. */
static void set_client(struct scene *s, uint64_t size)
{
	uint32_t object;

	s->owner = gem_open_device();
	object = gem_create(s->owner, size);
	gem_use_and_wait(s->owner, DEFAULT_CONTEXT, I915_EXEC_RENDER, object);
	s->name_of_object = gem_flink(s->owner, object);
	s->fd = gem_open_device();
	s->batch = gem_empty_batch(s->fd);
	use_with(s, DEFAULT_CONTEXT, gem_create(s->fd, PAGE));
	gem_wait(s->fd, s->batch);
}

static void strike_client(struct scene *s)
{
	close(s->fd);
	close(s->owner);
}

/*
 * One frame of a client that opens a buffer by its name, uses it, and closes it: what it waits for the GPU is left out,
 * and the engine stands still while it submits.
 */
static long frame(struct scene *s)
{
	struct gate gate = gate_shut(RENDER);
	long begin = now(), took;
	uint32_t handle = gem_open(s->fd, s->name_of_object);

	use_with(s, DEFAULT_CONTEXT, handle);
	took = now() - begin;
	gate_open(&gate);
	gem_wait(s->fd, s->batch);
	begin = now();
	gem_close(s->fd, handle);
	return took + now() - begin;
}

static void frames(const char *name, uint64_t size)
{
	struct scene s = { .name = name };
	static long t[FRAMES];

	set_client(&s, size);
	for (int i = -10; i < FRAMES; i++) {
		long took = frame(&s);

		if (i >= 0)
			t[i] = took;
	}
	strike_client(&s);
	qsort(t, FRAMES, sizeof(t[0]), ascending);
	result(name, t[FRAMES / 2]);
}

#define SIZE_1080P	(1920 * 1088 * 4)
#define SIZE_2160P	(3840 * 2160 * 4)

static void all_frames(void)
{
	frames("frame-4k", PAGE);
	frames("frame-1080p", SIZE_1080P);
	frames("frame-2160p", SIZE_2160P);
}

static void set_frames(struct scene *s)
{
	set_client(s, SIZE_1080P);
	frame(s);
}

static void go_frames(struct scene *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		frame(s);
}

/* Two handles of one object; one was closed while its request was pending, the other is used. */
static void set_second_handle(struct scene *s)
{
	uint32_t first;

	set_client(s, PAGE);
	first = gem_open(s->fd, s->name_of_object);
	s->handle = gem_open(s->fd, s->name_of_object);
	s->gate = gate_shut(RENDER);
	use_with(s, DEFAULT_CONTEXT, first);
	gem_close(s->fd, first);
}

/* Workers that have something to do come to it at once. */
static void go_second_handle(struct scene *s)
{
	for (unsigned int i = 0; i < s->n; i++) {
		use_with(s, DEFAULT_CONTEXT, s->handle);
		sched_yield();
	}
}

static void strike_gate_and_client(struct scene *s)
{
	gate_open(&s->gate);
	gem_wait(s->fd, s->batch);
	strike_client(s);
}

static long memory_free(void)
{
	return number_in("/proc/meminfo", "MemFree:");
}

/* @n, or as many as half of what was free at @begin is enough for, now that there are ten. */
static unsigned int affordable(unsigned int n, long begin)
{
	long cost = (begin - memory_free()) / 10;

	return cost * n > begin / 2 ? begin / 2 / cost / 20 * 20 : n;
}

/* One handle, used in @n contexts, or as many as half of the memory is enough for. */
static void set_contexts(struct scene *s)
{
	long begin;

	set_client(s, PAGE);
	s->handle = gem_open(s->fd, s->name_of_object);
	begin = memory_free();
	for (unsigned int i = 0; i < s->n; i++) {
		use_with(s, gem_context_create(s->fd), s->handle);
		gem_wait(s->fd, s->batch);
		if (i == 9)
			s->n = affordable(s->n, begin);
	}
}

static void go_close_handle(struct scene *s)
{
	gem_close(s->fd, s->handle);
}

/* A file with @n objects of its own, all of them in flight. */
static void set_in_flight(struct scene *s)
{
	struct drm_i915_gem_exec_object2 objects[VMAS_AT_ONCE + 1];

	s->owner = gem_open_device();
	s->fd = gem_open_device();
	s->batch = gem_empty_batch(s->fd);
	s->gate = gate_shut(RENDER);
	for (unsigned int i = 0; i < s->n; i += VMAS_AT_ONCE) {
		struct drm_i915_gem_execbuffer2 exec = exec_of(objects, VMAS_AT_ONCE + 1, DEFAULT_CONTEXT);

		memset(objects, 0, sizeof(objects));
		for (unsigned int k = 0; k < VMAS_AT_ONCE; k++)
			objects[k].handle = gem_create(s->fd, PAGE);
		objects[VMAS_AT_ONCE].handle = s->batch;
		if (try_exec(s->fd, &exec))
			fail("execbuf of %d objects failed", VMAS_AT_ONCE);
	}
}

static void go_close_file(struct scene *s)
{
	close(s->fd);
}

static void strike_gate(struct scene *s)
{
	gate_open(&s->gate);
	retire();
	usleep(WINDOW_US);
	close(s->owner);
}

/* A file with @n VMAs of others' objects, or one of its contexts, goes. */
static void set_importer(struct scene *s)
{
	s->owner = gem_open_device();
	s->fd = importer(exported_by(s->owner, s->n), s->n, &s->handle);
}

static void go_destroy_context(struct scene *s)
{
	gem_context_destroy(s->fd, s->handle);
	retire();
}

static void strike_owner(struct scene *s)
{
	close(s->owner);
}

static const struct scene scenes[] = {
	{ .name = "frames", .set = set_frames, .go = go_frames, .strike = strike_client, .n = FRAMES,
	  .waits = true, .handles = true },
	{ .name = "second-handle", .set = set_second_handle, .go = go_second_handle,
	  .strike = strike_gate_and_client, .n = 150, .handles = true },
	{ .name = "close-contexts", .set = set_contexts, .go = go_close_handle, .strike = strike_client, .n = 1000,
	  .handles = true },
	{ .name = "close-in-flight", .set = set_in_flight, .go = go_close_file, .strike = strike_gate, .n = 8000 },
	{ .name = "destroy-context", .set = set_importer, .go = go_destroy_context, .strike = strike_client,
	  .n = VMAS },
	{ .name = "close-importer", .set = set_importer, .go = go_close_file, .strike = strike_owner, .n = VMAS },
};

#define for_each_scene(s) \
	for ((s) = scenes; (s) < scenes + ARRAY_SIZE(scenes); (s)++)

/*
 * How long the client takes, and all that the processor does because of it, as with a teardown. What comes later, when
 * the engine goes on and VMAs of closed handles have waited long enough, is part of that.
 */
static void play(struct scene s)
{
	long begin, switches, deferred, lost;
	unsigned long spun;
	double rate;

	s.set(&s);
	retire();
	usleep(REST_US);
	rate = spin_rate();
	deferred = driver_counter("VMAs deferred:");
	switches = number_in("/proc/stat", "ctxt");
	spun = shared->spun;
	begin = now();
	s.go(&s);
	if (!s.waits)
		result_of_scene(&s, "time", now() - begin);
	result_of_scene(&s, "switches", number_in("/proc/stat", "ctxt") - switches);
	usleep(s.handles ? CLOSED_US : WINDOW_US);
	retire();
	lost = now() - begin - (long)((shared->spun - spun) / rate);
	result_of_scene(&s, "work", lost);
	if (deferred >= 0)
		result_of_scene(&s, "deferrals", driver_counter("VMAs deferred:") - deferred);
	result_of_scene(&s, "n", s.n);
	say_longest_hold(s.name);
	s.strike(&s);
	usleep(REST_US);
}

static void all_scenes(void)
{
	pid_t spinner = start_spinner();
	const struct scene *s;

	for_each_scene(s)
		play(*s);
	stop_spinner(spinner);
}

/* What somebody else has done took so long. */
static void noted(long took)
{
	if (!shared->measure)
		return;
	shared->count++;
	if (took > shared->longest)
		shared->longest = took;
}

static void begin_measuring(void)
{
	shared->longest = 0;
	shared->count = 0;
	shared->measure = true;
}

static void end_measuring(unsigned int us)
{
	usleep(us);
	shared->measure = false;
}

/*
 * Somebody else, more urgent than all, who wants struct_mutex every 40 us for a moment. With one processor it is his as
 * soon as the kernel comes to a point where it may be given away, which taking a mutex is and holding one is not.
 */
static void look_often(void)
{
	struct sched_param urgent = { .sched_priority = 50 };
	int fd = gem_open_device();
	uint32_t object = gem_create(fd, PAGE);
	long next;

	if (sched_setscheduler(0, SCHED_FIFO, &urgent))
		_exit(1);
	while (!shared->stop) {
		next = now() + 40000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec) {
			.tv_sec = next / 1000000000, .tv_nsec = next % 1000000000,
		}, NULL);
		gem_busy(fd, object);
		noted(now() - next);
	}
	_exit(0);
}

/* How long he had to wait at most, while it happened and afterwards. */
static void watch(struct scene s)
{
	s.set(&s);
	retire();
	usleep(REST_US);
	begin_measuring();
	s.go(&s);
	end_measuring(s.handles ? CLOSED_US : WINDOW_US);
	if (shared->count < 1000)
		fail("there were only %ld looks", shared->count);
	result_of_scene(&s, "wait", shared->longest);
	s.strike(&s);
	usleep(REST_US);
}

static void do_nothing(struct scene *s)
{
	(void)s;
}

static void waits(void)
{
	const struct scene *s;
	pid_t other, spinner;

	/* An idle machine sleeps, and wakes up as late as what else runs on this one makes it. */
	spinner = start_spinner();
	other = fork();
	if (!other)
		look_often();
	watch((struct scene) { .name = "quiet", .set = set_frames, .go = do_nothing, .strike = strike_client });
	for_each_scene(s)
		watch(*s);
	stop_spinner(spinner);
	waitpid(other, NULL, 0);
}

/* Somebody else, who draws frames all the time. */
static void draw_frames(void)
{
	struct scene s = { .name = "neighbour" };

	set_client(&s, PAGE);
	while (!shared->stop)
		noted(frame(&s));
	_exit(0);
}

/* How many frames he has drawn up to a second later, and the longest of them, without what he waits for the GPU. */
static void result_of_frames(const struct scene *s)
{
	end_measuring(CLOSED_US);
	result_of_scene(s, "frames", shared->count);
	result_of_scene(s, "longest", shared->longest);
}

/* What another client notices of a context with VMAS VMAs that goes, and FILES files with a VMA each. */
static void neighbour(void)
{
	const struct rlimit files = { FILES + 100, FILES + 100 };
	struct scene quiet = { .name = "neighbour-quiet" }, busy = { .name = "neighbour-busy", .n = VMAS };
	static int fds[FILES];
	unsigned int n = FILES;
	const uint32_t *name;
	pid_t other, spinner;
	uint32_t context;
	long begin;

	setrlimit(RLIMIT_NOFILE, &files);
	spinner = start_spinner();
	other = fork();
	if (!other)
		draw_frames();
	set_importer(&busy);
	name = exported_by(busy.owner, 1);
	begin = memory_free();
	for (unsigned int i = 0; i < n; i++) {
		fds[i] = importer(name, 1, &context);
		if (i == 9)
			n = affordable(n, begin);
	}
	retire();
	usleep(REST_US);
	begin_measuring();
	result_of_frames(&quiet);
	begin_measuring();
	begin = now();
	gem_context_destroy(busy.fd, busy.handle);
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
	result_of_scene(&busy, "time", now() - begin);
	result_of_frames(&busy);
	result_of_scene(&busy, "files", n);
	stop_spinner(spinner);
	waitpid(other, NULL, 0);
	strike_client(&busy);
}

int main(int argc, char **argv)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	tap_begin("cost", argc, argv);
	tap_run("execbuf", 120, execbufs);
	tap_run("frame", 120, all_frames);
	tap_run("teardown", 120, teardowns);
	tap_run("scene", 240, all_scenes);
	tap_run("wait", 240, waits);
	tap_run("neighbour", 240, neighbour);
	return tap_end();
}
