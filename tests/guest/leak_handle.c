// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handle goes, the context stays: the file is open until the VMAs are counted.
 *
 * The VMA of a handle that is closed may stay for a while, for the client may open the object again and then finds it
 * at the same address. It goes when nothing has used it for a second, or at once when its context goes, its place or
 * the object's memory is wanted, or when there are too many.
 */
#define _GNU_SOURCE
#include "census.h"
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <string.h>
#include <unistd.h>

#define IDLE_US	1000000

/* A file whose context has what it needs for itself. */
static int lasting_file(void)
{
	int fd = gem_open_device();

	gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
	leak_mark();
	return fd;
}

void handle_closed(void)
{
	int fd = lasting_file();
	uint32_t handle = import_by_name(fd);

	gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle);
	gem_close(fd, handle);
}

/* Closed while the file's own request still uses the object. */
void handle_closed_busy(void)
{
	int fd = lasting_file();
	uint32_t handle = import_by_name(fd);
	struct gate gate = gate_shut(RENDER);

	gem_close(fd, gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle));
	gem_close(fd, handle);
	usleep(100000);
	gate_open(&gate);
	gem_wait(exporter.fd, exporter.object);
}

/* The file's own request is done, somebody else's is not. */
void handle_closed_busy_elsewhere(void)
{
	int fd = lasting_file();
	uint32_t handle = import_by_name(fd);
	struct gate gate = gate_shut(RENDER);
	uint32_t batch = gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle);

	gate_occupy(&gate, exporter.fd, exporter.object);
	gate_pass(&gate, fd, batch);
	gem_close(fd, batch);
	gem_close(fd, handle);
	hurry();
	usleep(100000);
	gate_open(&gate);
}

/* With two handles the object stays usable through the one that is left. */
void second_handle(void)
{
	const uint32_t value = 0x5ec04d;
	int fd = lasting_file();
	uint32_t first = import_by_name(fd), second = import_by_name(fd), seen;

	if (first == second)
		skip("opening a name twice gives the same handle");
	gem_store(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, first, 0, ~value);
	gem_close(fd, first);
	gem_store(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, second, 0, value);
	gem_read(fd, second, 0, &seen, sizeof(seen));
	if (seen != value)
		fail("a store through the second handle left %#x, not %#x", seen, value);
	gem_close(fd, second);
}

static uint64_t use_address(int fd, uint32_t handle)
{
	return gem_store(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle, 0, 0);
}

static void use_once(int fd, uint32_t name)
{
	uint32_t handle = gem_open(fd, name);

	gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle);
	gem_close(fd, handle);
}

/* VMAs, by a source that all drivers of this suite have, that have come since @then. */
static long more_vmas(const struct census *then)
{
	enum source s = then->count[VMAS_LISTED] >= 0 ? VMAS_LISTED : VMAS_IN_MEMORY;

	return census_glance().count[s] - then->count[s];
}

static void expect_no_more(const struct census *then, const char *when)
{
	long n = more_vmas(then);

	if (n > 0)
		leak_also("%ld VMAs of closed handles are there %s", n, when);
}

/* Another object, to take the place in the address space that has become free. */
static uint32_t take_place(int fd)
{
	uint32_t object = gem_create(fd, PAGE);

	gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, object);
	return object;
}

void handle_reopened(void)
{
	int fd = lasting_file();
	uint32_t handle = import_by_name(fd), other;
	uint64_t address = use_address(fd, handle), again;

	gem_close(fd, handle);
	other = take_place(fd);
	handle = import_by_name(fd);
	again = use_address(fd, handle);
	if (again != address)
		leak_also("bound anew, at %#llx instead of %#llx", (unsigned long long)again,
			  (unsigned long long)address);
	gem_close(fd, handle);
	gem_close(fd, other);
}

/* Nobody asks the driver for anything meanwhile. */
void handle_closed_idle(void)
{
	struct census then;
	int fd = lasting_file();

	then = census_glance();
	use_once(fd, exporter.name);
	usleep(IDLE_US);
	expect_no_more(&then, "after an idle second");
}

/* The file has other things to do, and the GPU is never idle for long. */
void handle_closed_among_work(void)
{
	double end;
	struct census then;
	int fd = lasting_file();

	then = census_glance();
	use_once(fd, exporter.name);
	for (end = seconds_now() + 1.2; seconds_now() < end; usleep(5000))
		gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
	expect_no_more(&then, "after 1.2 s of other work");
}

/*
 * What the system's shrinkers can have of the driver without swap, where they ask it for nothing else
 * (4.7). A younger driver writes the batch without giving the object pages, and asks for none.
 */
static uint32_t purgeable_object(int fd)
{
	uint32_t object = gem_empty_batch(fd);

	gem_madvise(fd, object, I915_MADV_DONTNEED);
	return object;
}

/* At once is when the driver's worker has had its turn, which is long before the VMAs would go by themselves. */
void handle_closed_memory_wanted(void)
{
	struct census then;
	uint32_t purgeable;
	int fd = lasting_file();

	then = census_glance();
	use_once(fd, exporter.name);
	hurry();
	purgeable = purgeable_object(fd);
	drop_caches();
	for (double end = seconds_now() + 0.1; more_vmas(&then) > 0 && seconds_now() < end; )
		usleep(5000);
	expect_no_more(&then, "0.1 s after memory was wanted");
	gem_close(fd, purgeable);
}

/*
 * A client that closes thousands of handles does not keep thousands of VMAs. Since 4.18 the stock driver has no such
 * limit: it lets go of all when the GPU falls idle, of those that are closed later when it does so again.
 */
void handles_closed_at_once(void)
{
	enum { HANDLES = 1500, AT_ONCE = 500, MOST = 1024 };
	static uint32_t names[HANDLES], handles[HANDLES];
	struct drm_i915_gem_exec_object2 objects[AT_ONCE + 1];
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)objects, .buffer_count = AT_ONCE + 1, .flags = I915_EXEC_RENDER,
	};
	int owner = gem_open_device(), fd = lasting_file();
	uint32_t batch = gem_empty_batch(fd);
	struct census then = census_glance();
	long n;

	for (int i = 0; i < HANDLES; i++) {
		names[i] = gem_flink(owner, gem_create(owner, PAGE));
		handles[i] = gem_open(fd, names[i]);
	}
	for (int i = 0; i < HANDLES; i += AT_ONCE) {
		memset(objects, 0, sizeof(objects));
		for (int k = 0; k < AT_ONCE; k++)
			objects[k].handle = handles[i + k];
		objects[AT_ONCE].handle = batch;
		if (try_exec(fd, &exec))
			fail("execbuf of %d objects", AT_ONCE);
		gem_wait(fd, batch);
	}
	for (int i = 0; i < HANDLES; i++)
		gem_close(fd, handles[i]);
	gem_close(fd, batch);
	usleep(100000);
	n = more_vmas(&then);
	leak_remark("of %d handles closed at once %ld VMAs were there 0.1 s later", HANDLES, n);
	if (then.count[CLEANUP_PENDING] < 0)
		gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
	else if (n > MOST)
		leak_also("more than %d", MOST);
	usleep(IDLE_US);
	expect_no_more(&then, "after an idle second");
	/* So many objects have page tables that the address space keeps. */
	close(fd);
	close(owner);
}

/* What is used on through the other handle stays where it is. */
void second_handle_used_on(void)
{
	int fd = lasting_file();
	uint32_t first = import_by_name(fd), second = import_by_name(fd), other;
	uint64_t address = use_address(fd, first), now;

	if (first == second)
		skip("opening a name twice gives the same handle");
	gem_close(fd, first);
	other = take_place(fd);
	for (int i = 0; i < 12; i++) {
		now = use_address(fd, second);
		if (now != address)
			leak_also("bound anew, at %#llx instead of %#llx", (unsigned long long)now,
				  (unsigned long long)address);
		address = now;
		usleep(100000);
	}
	gem_close(fd, second);
	gem_close(fd, other);
}

/* Each context has had an object of the same size, so that there are page tables. */
void handle_of_many_contexts(void)
{
	enum { MOST = 1000, QUICK = 100, LARGE = 20 };
	const long large = 4 << 10;	/* KiB; up to 4.1 each has all of its page tables from the start */
	int fd = lasting_file(), most = options.quick ? QUICK : MOST, n;
	uint32_t context[MOST], own = gem_create(fd, PAGE), handle;
	long memory;

	for (n = 0; n < most && memory_left(); n++) {
		memory = memory_free();
		context[n] = gem_context_create(fd);
		gem_use_and_wait(fd, context[n], I915_EXEC_RENDER, own);
		if (memory - memory_free() > large)
			most = LARGE;
	}
	leak_mark();
	handle = import_by_name(fd);
	for (int i = 0; i < n; i++)
		gem_use_and_wait(fd, context[i], I915_EXEC_RENDER, handle);
	gem_close(fd, handle);
	leak_remark("%d contexts", n);
}

void handle_closed_then_context(void)
{
	int fd = lasting_file();

	for (int i = 0; i < 8; i++) {
		uint32_t handle = import_by_name(fd), context = gem_context_create(fd);

		gem_use_and_wait(fd, context, I915_EXEC_RENDER, handle);
		gem_close(fd, handle);
		gem_context_destroy(fd, context);
	}
}

void handle_closed_then_evicted(void)
{
	struct census then;
	int fd = lasting_file();

	need_full_ppgtt("the places to compete for");
	then = census_glance();
	crowd(fd);
	crowd(fd);
	usleep(IDLE_US);
	expect_no_more(&then, "after an idle second");
	/* Each place that was used has page tables, which the address space keeps. */
	close(fd);
}

void handle_closed_then_freed(void)
{
	uint32_t object = gem_create(exporter.fd, PAGE), name = gem_flink(exporter.fd, object);
	int fd = lasting_file();

	use_once(fd, name);
	gem_close(exporter.fd, object);
}

void handle_closed_then_file(void)
{
	for (int i = 0; i < 8; i++) {
		int fd = gem_open_device();

		use_once(fd, exporter.name);
		close(fd);
	}
}

/* The object is bound by its exporter all the time. */
static uint32_t large_object(void)
{
	uint32_t object = gem_create(exporter.fd, 64 * PAGE);

	gem_use_and_wait(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, object);
	return gem_flink(exporter.fd, object);
}

/* What a DRI2 client does each frame. */
void handle_every_frame(void)
{
	uint32_t name = large_object();
	int fd = lasting_file();

	for (int i = 0; i < 100; i++)
		use_once(fd, name);
}

static void use_once_and_go(void *arg)
{
	use_once(gem_open_device(), *(uint32_t *)arg);
}

void large_importers(void)
{
	uint32_t name = large_object();

	leak_mark();
	for (int i = 0; i < 20; i++)
		in_child(use_once_and_go, &name);
}
