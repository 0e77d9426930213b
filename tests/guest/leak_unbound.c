// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMAs that are never bound. Execbuf makes the VMAs of all of its
 * objects before it binds any of them, so when binding one fails the others
 * are left as placeholders that are on no list of their address space.
 */
#define _GNU_SOURCE
#include "census.h"
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * So aligned, few objects find a place, whatever their size: clients like this
 * get 2 GiB of a PPGTT on gen7 and 4 GiB on gen8.
 */
#define SPARSE		(1u << 30)
#define TOO_MANY	9

static int exec_objects(int fd, struct drm_i915_gem_exec_object2 *objects, unsigned int n, bool once)
{
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)objects, .buffer_count = n, .flags = I915_EXEC_RENDER,
	};

	return once ? try_exec_once(fd, &exec) : try_exec(fd, &exec);
}

/* The objects that do not fit together come first, so the shared one is never tried. */
void exceed_room(int fd, uint32_t handle)
{
	struct drm_i915_gem_exec_object2 objects[TOO_MANY + 2] = { 0 };
	int err;

	objects[TOO_MANY].handle = handle;
	objects[TOO_MANY + 1].handle = gem_empty_batch(fd);
	for (unsigned int i = 0; i < TOO_MANY; i++)
		objects[i] = (struct drm_i915_gem_exec_object2) {
			.handle = gem_create(fd, PAGE), .alignment = SPARSE,
		};
	err = exec_objects(fd, objects, TOO_MANY + 2, false);
	if (err != -ENOSPC)
		fail("execbuf of %u objects a GiB apart says %s, not ENOSPC", TOO_MANY,
		     err ? strerror(-err) : "nothing");
}

static void import_and_exceed_room(void *arg)
{
	int fd = gem_open_device();

	(void)arg;
	exceed_room(fd, import_by_name(fd));
}

void never_bound_no_room(void)
{
	need_full_ppgtt("the places to compete for");
	in_child(import_and_exceed_room, NULL);
}

/*
 * The bound VMA of an object goes before the one that never was bound. With the last of them the object has to leave
 * the driver's list of bound objects: who reads that list finds none without a VMA on it.
 */
void never_bound_last(void)
{
	int owner = gem_open_device(), bound = gem_open_device(), unbound = gem_open_device();
	uint32_t object = gem_create(owner, PAGE);
	int dmabuf = gem_prime_export(owner, object);

	need_full_ppgtt("the places to compete for");
	exceed_room(unbound, gem_prime_import(unbound, dmabuf));
	gem_use(bound, DEFAULT_CONTEXT, I915_EXEC_RENDER, gem_prime_import(bound, dmabuf));
	hurry();
	close(bound);
	hurry();
	census_glance();
	close(unbound);
	hurry();
	census_glance();
	close(dmabuf);
	close(owner);
}

static void nothing(int signal)
{
	(void)signal;
}

static void interrupt_every(unsigned int us)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval timer = {
		.it_value.tv_sec = us / 1000000, .it_value.tv_usec = us % 1000000,
		.it_interval.tv_sec = us / 1000000, .it_interval.tv_usec = us % 1000000,
	};

	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &timer, NULL))
		fail("setitimer: %s", strerror(errno));
}

/*
 * When a running batch has an object in each of the places, binding one more must evict and wait, which the
 * signal interrupts: the VMA has been made and not been bound.
 */
void interrupt_bind(int fd, uint32_t handle)
{
	enum { PLACES = 8 };
	struct drm_i915_gem_exec_object2 held[PLACES + 1] = { 0 }, objects[2] = {
		{ .handle = handle, .alignment = SPARSE },
		{ .handle = gem_empty_batch(fd) },
	};
	unsigned int n = gem_generation(fd) >= 8 ? 4 : 2;
	struct spinner s;
	int err;

	/* One of the places may be taken by what the driver keeps there. */
	do {
		for (unsigned int i = 0; i < n; i++)
			held[i] = (struct drm_i915_gem_exec_object2) {
				.handle = gem_create(fd, PAGE), .alignment = SPARSE,
			};
		s = spin_on(fd, held, n, &err);
	} while (err == -ENOSPC && --n);
	if (err)
		fail("no place in the address space could be held: %s", strerror(-err));
	interrupt_every(50000);
	err = exec_objects(fd, objects, 2, true);
	interrupt_every(0);
	spin_end(&s);
	if (err != -EINTR)
		fail("an execbuf that must wait for room says %s, not EINTR",
		     err ? strerror(-err) : "nothing");
}

static void import_and_interrupt_bind(void *arg)
{
	int fd = gem_open_device();

	(void)arg;
	interrupt_bind(fd, import_by_name(fd));
}

void never_bound_signal(void)
{
	need_full_ppgtt("the places to compete for");
	in_child(import_and_interrupt_bind, NULL);
}

/* Signals at every point that they happen to hit, in new address spaces each time. */
static void interrupted_importer(void *arg)
{
	unsigned int us = *(unsigned int *)arg;
	int fd = gem_open_device();
	struct drm_i915_gem_exec_object2 objects[3] = {
		{ .handle = import_by_name(fd) },
		{ .handle = gem_create(fd, 64 * PAGE) },
		{ .handle = gem_empty_batch(fd) },
	};

	interrupt_every(us);
	for (int i = 0; i < 20; i++)
		exec_objects(fd, objects, 3, true);
	interrupt_every(0);
}

void signal_storm(void)
{
	unsigned int state = options.seed;

	for (int i = 0; i < (options.quick ? 8 : 40) && memory_suffices(); i++) {
		unsigned int us = 100 + rand_r(&state) % 2000;

		in_child(interrupted_importer, &us);
	}
}

#define PREFAULT	"prefault_disable"

/* Execbuf of the shared object in a context that goes meanwhile. At the relocations the CPU waits for the GPU. */
struct interrupted_exec {
	int fd;
	uint32_t context, shared;
	struct drm_i915_gem_relocation_entry *relocations;
	int expected;	/* errno */
};

static void exec_slowly(struct interrupted_exec *how)
{
	struct drm_i915_gem_exec_object2 objects[2] = {
		{ .handle = how->shared },
		{ .handle = gem_empty_batch(how->fd), .relocs_ptr = (uintptr_t)how->relocations,
		  .relocation_count = 1 },
	};
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)objects, .buffer_count = 2, .flags = I915_EXEC_RENDER,
		.rsvd1 = how->context,
	};
	int err = try_exec(how->fd, &exec);

	if (err != -how->expected)
		fail("an execbuf whose context went says %s, not %s", strerror(-err), strerror(how->expected));
}

/*
 * Reading the relocations faults, so that execbuf lets go of its lock and of all that it has bound, waits, looks it all
 * up once more, and then succeeds or fails. The context goes within the wait.
 */
static void context_goes_in_execbuf(bool fails)
{
	struct drm_i915_gem_relocation_entry relocation = {
		.offset = 64, .read_domains = I915_GEM_DOMAIN_RENDER,
	};
	struct interrupted_exec how = { .fd = gem_open_device(), .expected = fails ? ENOENT : 0 };
	uint32_t page = gem_create(how.fd, PAGE);
	struct gate gate;
	int status;
	pid_t pid;

	how.shared = import_by_name(how.fd);
	relocation.target_handle = fails ? ~0u : how.shared;
	gem_write(how.fd, page, 0, &relocation, sizeof(relocation));
	how.context = gem_context_create(how.fd);
	how.relocations = gem_map_gtt(how.fd, page, PAGE);
	gate = gate_shut(RENDER);
	gem_store(how.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, page, PAGE / 2, 1);
	pid = fork();
	if (pid == 0) {
		exec_slowly(&how);
		_exit(0);
	}
	usleep(200000);
	if (waitpid(pid, &status, WNOHANG))
		fail("execbuf did not wait for its relocations");
	gem_context_destroy(how.fd, how.context);
	gate_open(&gate);
	waitpid(pid, &status, 0);
	if (status)
		_exit(1);
	munmap(how.relocations, PAGE);
	close(how.fd);
}

void context_gone_in_execbuf(void)
{
	need_full_ppgtt("the importer's VMA");
	if (gem_set_parameter(PREFAULT, "Y"))
		skip("this driver cannot be kept from reading relocations early");
	context_goes_in_execbuf(true);
	context_goes_in_execbuf(false);
	gem_set_parameter(PREFAULT, "N");
}
