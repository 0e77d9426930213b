// SPDX-License-Identifier: GPL-2.0-only
/* The driver takes VMAs away by itself, while importers come and go. */
#define _GNU_SOURCE
#include "census.h"
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * An alignment of 1 GiB leaves two or four places in a PPGTT: of this many
 * objects, bound in turn, each evicts another.
 */
void crowd(int fd)
{
	enum { OBJECTS = 7 };
	struct drm_i915_gem_exec_object2 objects[2] = { { .alignment = 1u << 30 } };
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)objects, .buffer_count = 2, .flags = I915_EXEC_RENDER,
	};
	uint32_t handles[OBJECTS] = { import_by_name(fd) };

	for (int i = 1; i < OBJECTS; i++)
		handles[i] = gem_create(fd, PAGE);
	objects[1].handle = gem_empty_batch(fd);
	for (int i = 0; i < 4 * OBJECTS; i++) {
		int err;

		objects[0].handle = handles[i % OBJECTS];
		err = try_exec(fd, &exec);
		if (err)
			fail("execbuf of object %d: %s", i % OBJECTS, strerror(-err));
	}
	objects[0].handle = handles[0];
	if (try_exec(fd, &exec))
		fail("execbuf of the shared object");
	gem_close(fd, handles[0]);
	for (int i = 1; i < OBJECTS; i++) {
		objects[0].handle = handles[i];
		if (try_exec(fd, &exec))
			fail("execbuf of object %d", i);
		gem_close(fd, handles[i]);
	}
	gem_close(fd, objects[1].handle);
}

static void crowd_and_go(void *arg)
{
	(void)arg;
	crowd(gem_open_device());
}

void evicted(void)
{
	need_full_ppgtt("the places to compete for");
	in_child(crowd_and_go, NULL);
}

void drop_caches(void)
{
	int err = write_file("/proc/sys/vm/drop_caches", "3");

	if (err)
		fail("/proc/sys/vm/drop_caches: %s", strerror(-err));
}

/* The system's shrinkers, and the driver's own, as fast as they go. */
static pid_t start_shrinking(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		drop_caches();
		gem_debugfs("i915_gem_drop_caches", DROP_UNBOUND | DROP_BOUND | DROP_RETIRE);
	}
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/*
 * Importers come and go between the shrinker's rounds, which take VMAs away as
 * well. The last of them goes when it is over and the object is busy, so that
 * no shrinker helps. (While one waits for an engine that is held, the test
 * would wait for the shrinker.)
 */
void shrinker(void)
{
	pid_t pid = start_shrinking();
	struct gate gate;
	int fd;

	for (int i = 0; i < (options.quick ? 15 : 100); i++)
		in_child(import_and_go, &(struct importer) { .sync = i % 2, .killed = i % 3 });
	stop(pid);
	fd = gem_open_device();
	gate = gate_shut(RENDER);
	gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, import_by_name(fd));
	gate_occupy(&gate, exporter.fd, exporter.object);
	close(fd);
	gate_open(&gate);
}

#define ROOM_TO_LIVE	(32l << 10)	/* KiB */

/* A process that has taken all memory that there is, up to a GiB, but for room to live. */
static pid_t start_hoarding(void)
{
	const size_t chunk = 8 << 20;
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, NULL, WUNTRACED);
		return pid;
	}
	for (int i = 0; i < 128 && memory_free() > 3 * ROOM_TO_LIVE; i++)
		if (mmap(NULL, chunk, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
			break;
	raise(SIGSTOP);
	_exit(0);
}

void memory_pressure(void)
{
	for (int i = 0; i < 3; i++) {
		pid_t pid = start_hoarding();

		for (int j = 0; j < 10 && memory_free() > ROOM_TO_LIVE; j++)
			in_child(import_and_go, &(struct importer) { .sync = j % 2 });
		stop(pid);
	}
}
