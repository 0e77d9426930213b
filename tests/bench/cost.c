// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the fix costs, in nanoseconds of the guest's clock. Started by 'gpu' in a guest whose processor takes one
 * nanosecond for each instruction; "# cost NAME VALUE" lines are the results.
 */
#define _GNU_SOURCE
#include "gate.h"
#include "gem.h"
#include "tap.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXECS 400
#define VMAS 10000
#define VMAS_AT_ONCE 500
#define WINDOW_US 300000	/* in which a teardown ends */

static struct shared {
	volatile unsigned long spun;
	volatile bool stop, measure;
	volatile long longest, execs;
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

/* Of objects that stay, for they are the calling process's. */
static const uint32_t *exported(void)
{
	static uint32_t names[VMAS];
	int fd = gem_open_device();

	for (unsigned int i = 0; i < VMAS; i++)
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

/* What the driver says of itself, if it is a fixed one. */
static void say_longest_hold(unsigned int n)
{
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/i915_context_cleanup", gem_minor());
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "longest hold: ", 14))
			result_of("longest-hold", n, atol(line + 14));
	if (f)
		fclose(f);
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

static void teardowns(void)
{
	const uint32_t *names = exported();
	pid_t spinner = fork();

	if (!spinner)
		spin_when_idle();
	for (unsigned int n = 0; n <= VMAS; n += VMAS / 5) {
		result_of("teardown", n, teardown(names, n));
		say_longest_hold(n);
	}
	shared->stop = true;
	waitpid(spinner, NULL, 0);
}

/* Another client, which waits for each of its batches, so that it never waits for room in the ring. */
static void other_client(void)
{
	int fd = gem_open_device();
	struct drm_i915_gem_exec_object2 object = { .handle = gem_empty_batch(fd) };
	struct drm_i915_gem_execbuffer2 exec = exec_of(&object, 1, DEFAULT_CONTEXT);

	while (!shared->stop) {
		long begin = now(), took;

		if (try_exec(fd, &exec))
			_exit(1);
		took = now() - begin;
		if (shared->measure) {
			shared->execs++;
			if (took > shared->longest)
				shared->longest = took;
		}
		gem_wait(fd, object.handle);
		usleep(50);
	}
	_exit(0);
}

/* The longest execbuf of another client while @go_away() happens. */
static long longest_wait(void (*go_away)(int fd, uint32_t context), int fd, uint32_t context)
{
	shared->longest = 0;
	shared->execs = 0;
	shared->measure = true;
	go_away(fd, context);
	usleep(WINDOW_US);
	shared->measure = false;
	if (shared->execs < 10)
		fail("the other client had only %ld execbufs", shared->execs);
	return shared->longest;
}

static void nothing(int fd, uint32_t context)
{
	(void)fd;
	(void)context;
}

static void by_ioctl(int fd, uint32_t context)
{
	gem_context_destroy(fd, context);
	retire();
}

static void by_close(int fd, uint32_t context)
{
	(void)context;
	close(fd);
	retire();
}

static void waits(void)
{
	const uint32_t *names = exported();
	uint32_t context;
	pid_t other;
	int fd;

	shared->stop = false;
	other = fork();
	if (!other)
		other_client();
	fd = importer(names, VMAS, &context);
	retire();
	usleep(200000);
	result("wait-quiet", longest_wait(nothing, fd, context));
	result("wait-ioctl", longest_wait(by_ioctl, fd, context));
	close(fd);
	fd = importer(names, VMAS, &context);
	retire();
	usleep(200000);
	result("wait-close", longest_wait(by_close, fd, context));
	shared->stop = true;
	waitpid(other, NULL, 0);
}

int main(int argc, char **argv)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	tap_begin("cost", argc, argv);
	tap_run("execbuf", 120, execbufs);
	tap_run("teardown", 120, teardowns);
	tap_run("wait", 120, waits);
	return tap_end();
}
