// SPDX-License-Identifier: GPL-2.0-only
/*
 * An object that the driver still counts as active loses the binding it is
 * active through, and memory is wanted.
 *
 * It has one VMA that is bound, in a context that goes while its request runs,
 * and one that was never bound in another address space. The request completes,
 * but its engine is not retired; another engine is. Now the first VMA has
 * nothing in flight and the object is active all the same: its pages must stay
 * until it is retired, whoever asks for them.
 */
#define _GNU_SOURCE
#include "census.h"
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY	65534
#define OFFSET	64
#define VALUE	0xac71fe00u

/* How the VMA in the other address space came not to be bound. */
enum unbound { BY_NO_ROOM, BY_SIGNAL, BY_USERPTR };

/* What goes while its request runs. */
enum gone { CONTEXT_GOES, FILE_GOES, HANDLE_GOES, N_GONE };

struct crossing {
	bool userptr, nobody;
	enum unbound unbound;
	enum gone gone;
	void (*want_memory)(int fd, void *memory);	/* of a userptr object, else NULL */
};

/* The object is looked up, and that is all: the driver has not got its pages yet. */
static void ask_once(int fd, uint32_t handle)
{
	struct drm_i915_gem_exec_object2 objects[2] = { { .handle = handle }, { .handle = gem_empty_batch(fd) } };
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)objects, .buffer_count = 2, .flags = I915_EXEC_RENDER,
	};

	try_exec_once(fd, &exec);
}

static void leave_unbound(enum unbound how, int fd, uint32_t handle)
{
	switch (how) {
	case BY_NO_ROOM:
		exceed_room(fd, handle);
		break;
	case BY_SIGNAL:
		interrupt_bind(fd, handle);
		break;
	default:
		ask_once(fd, handle);
	}
}

/* Use the object of @fd where its VMA goes at once; @user is another file. */
static void use_and_go(enum gone how, int fd, int user, uint32_t handle)
{
	uint32_t context, own;
	int dmabuf;

	if (how == CONTEXT_GOES) {
		context = gem_context_create(fd);
		gem_store(fd, context, I915_EXEC_RENDER, handle, OFFSET, VALUE);
		gem_context_destroy(fd, context);
		return;
	}
	dmabuf = gem_prime_export(fd, handle);
	own = gem_prime_import(user, dmabuf);
	close(dmabuf);
	gem_store(user, DEFAULT_CONTEXT, I915_EXEC_RENDER, own, OFFSET, VALUE);
	if (how == HANDLE_GOES)
		gem_close(user, own);
	else
		close(user);
}

/*
 * Only this engine's requests are retired, and twice, because the first time there is none. Handles stay open: to close
 * one may have everything retired.
 */
static void use_other_engine(int fd)
{
	for (int i = 0; i < 2; i++) {
		gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_BLT, 0);
		usleep(20000);
	}
}

static void drop_all(int fd, void *memory)
{
	(void)fd;
	(void)memory;
	drop_caches();
}

static void drop_bound(int fd, void *memory)
{
	(void)fd;
	(void)memory;
	gem_debugfs("i915_gem_drop_caches", DROP_BOUND);
}

/* An object with pages that the driver need not keep where they are. */
static uint32_t idle_object(int fd, uint64_t size)
{
	uint32_t object = gem_create(fd, size), zero = 0;

	gem_write(fd, object, 0, &zero, sizeof(zero));
	return object;
}

/*
 * Take memory until the system's shrinkers have come to the driver. Of its idle memory they want 128 pages at a time,
 * and more than once. What may be purged goes first, is too little for them, and tells that they were there. There is
 * nothing else to be had.
 */
static void press(int fd, void *memory)
{
	const size_t step = 32 << 10, leap = 8 << 20;
	uint32_t purgeable = idle_object(fd, 100 * PAGE), ballast = idle_object(fd, 16 << 20);
	pid_t pid;
	int status;

	(void)memory;
	gem_madvise(fd, purgeable, I915_MADV_DONTNEED);
	pid = fork();
	if (pid == 0) {
		while (gem_madvise(fd, purgeable, I915_MADV_DONTNEED))
			if (mmap(NULL, memory_free() > 32 << 10 ? leap : step, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_NORESERVE, -1, 0) == MAP_FAILED)
				_exit(1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		fail("no shrinker came to the driver");
	gem_close(fd, ballast);
}

static void unmap(int fd, void *memory)
{
	(void)fd;
	if (munmap(memory, PAGE))
		fail("munmap: %s", strerror(errno));
}

static void cross(void *arg)
{
	const struct crossing *how = arg;
	int (*open_node)(void) = how->nobody ? gem_open_render : gem_open_device;
	int fd = open_node(), user = open_node(), other = open_node();
	uint32_t *memory = NULL, object, seen;
	struct gate gate;

	if (how->nobody && setresuid(NOBODY, NOBODY, NOBODY))
		fail("setresuid: %s", strerror(errno));
	if (how->userptr) {
		memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		object = gem_userptr(fd, memory, PAGE);
	} else {
		object = gem_create(fd, PAGE);
	}
	leave_unbound(how->unbound, fd, object);
	gem_use(other, DEFAULT_CONTEXT, I915_EXEC_BLT, 0);
	gate = gate_shut(RENDER);
	use_and_go(how->gone, fd, user, object);
	gate_open(&gate);
	usleep(30000);
	use_other_engine(other);
	how->want_memory(fd, memory);
	usleep(20000);
	gem_wait(fd, object);
	if (how->want_memory == unmap)
		return;
	gem_read(fd, object, OFFSET, &seen, sizeof(seen));
	if (seen != VALUE)
		fail("the object holds %#x, not %#x", seen, VALUE);
}

static void need_other_engine(void)
{
	need_full_ppgtt("the importer's VMA");
	if (!gem_has_engine(exporter.fd, &engines[BLT]))
		skip("the GPU has no second engine");
}

static void cross_all_ways_to_go(struct crossing how)
{
	need_other_engine();
	for (how.gone = 0; how.gone < N_GONE; how.gone++)
		in_child(cross, &how);
}

void active_drop_caches(void)
{
	cross_all_ways_to_go((struct crossing) { .unbound = BY_NO_ROOM, .want_memory = drop_all });
	cross_all_ways_to_go((struct crossing) { .unbound = BY_SIGNAL, .want_memory = drop_all });
}

void active_drop_bound(void)
{
	cross_all_ways_to_go((struct crossing) { .unbound = BY_NO_ROOM, .want_memory = drop_bound });
	cross_all_ways_to_go((struct crossing) { .unbound = BY_SIGNAL, .want_memory = drop_bound });
}

void active_pressure(void)
{
	cross_all_ways_to_go((struct crossing) { .unbound = BY_NO_ROOM, .want_memory = press });
	in_child(cross, &(struct crossing) { .nobody = true, .unbound = BY_NO_ROOM, .want_memory = press });
}

static void cross_userptr(bool nobody)
{
	struct crossing how = { .userptr = true, .nobody = nobody, .want_memory = unmap };

	need_shared_userptr();
	how.unbound = BY_NO_ROOM;
	cross_all_ways_to_go(how);
	how.unbound = BY_USERPTR;
	cross_all_ways_to_go(how);
}

void active_munmap(void)
{
	cross_userptr(false);
}

/* It needs no privilege. */
void active_nobody(void)
{
	cross_userptr(true);
}
