// SPDX-License-Identifier: GPL-2.0-only
/* Objects, names, dma-bufs and requests: what every client of i915 does. */
#include "array.h"
#include "gem.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const uint32_t pattern = 0xc0ffee00;

static uint32_t read_dword(int fd, uint32_t handle, uint64_t offset)
{
	uint32_t value;

	gem_read(fd, handle, offset, &value, sizeof(value));
	return value;
}

static void create(void)
{
	static const uint64_t sizes[] = { 1, PAGE, 3 * PAGE, 1 << 20 };
	int fd = gem_open_device();

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint32_t handle = gem_create(fd, sizes[i]);
		uint32_t value = read_dword(fd, handle, 0);

		if (value)
			fail("a new object of %llu bytes holds %#x, not 0",
			     (unsigned long long)sizes[i], value);
		gem_close(fd, handle);
		if (try_close(fd, handle) != -EINVAL)
			fail("closing a handle twice is not refused");
	}
}

static void read_write(void)
{
	int fd = gem_open_device();
	uint32_t handle = gem_create(fd, 2 * PAGE);
	uint32_t *map = gem_map(fd, handle, 2 * PAGE);

	gem_write(fd, handle, PAGE - 4, &pattern, sizeof(pattern));
	if (map[PAGE / 4 - 1] != pattern)
		fail("pwrite of %#x, mmap shows %#x", pattern, map[PAGE / 4 - 1]);
	map[PAGE / 4] = ~pattern;
	if (read_dword(fd, handle, PAGE) != ~pattern)
		fail("mmap wrote %#x, pread gives %#x", ~pattern, read_dword(fd, handle, PAGE));
}

static void flink(void)
{
	int exporter = gem_open_device(), importer = gem_open_device();
	uint32_t object = gem_create(exporter, PAGE);
	uint32_t name = gem_flink(exporter, object);
	uint32_t imported = gem_open(importer, name);

	gem_write(exporter, object, 0, &pattern, sizeof(pattern));
	if (read_dword(importer, imported, 0) != pattern)
		fail("the importer reads %#x, not %#x", read_dword(importer, imported, 0), pattern);
	gem_close(importer, imported);
	gem_close(exporter, object);
	if (try_open(importer, name, &imported) != -ENOENT)
		fail("the name outlives the object");
}

static void prime(void)
{
	int exporter = gem_open_device(), importer = gem_open_device();
	uint32_t object = gem_create(exporter, PAGE);
	int dmabuf = gem_prime_export(exporter, object);
	uint32_t imported = gem_prime_import(importer, dmabuf);

	close(dmabuf);
	gem_close(exporter, object);
	gem_store(importer, DEFAULT_CONTEXT, I915_EXEC_RENDER, imported, 0, pattern);
	if (read_dword(importer, imported, 0) != pattern)
		fail("the importer reads %#x after its store of %#x",
		     read_dword(importer, imported, 0), pattern);
}

/* Each engine must write what only it was told to, and its request must end. */
static void exec(void)
{
	int fd = gem_open_device();
	uint32_t object = gem_create(fd, PAGE);
	const struct engine *e;

	for_each_engine(fd, e) {
		uint64_t slot = (e - engines) * 64;

		gem_store(fd, DEFAULT_CONTEXT, e->flag, object, slot, pattern + e->flag);
		gem_wait(fd, object);
		if (read_dword(fd, object, slot) != pattern + e->flag)
			fail("%s: object holds %#x, not %#x", e->name,
			     read_dword(fd, object, slot), (uint32_t)(pattern + e->flag));
	}
}

/* Many requests in a row on every engine at once, from one context. */
static void exec_many(void)
{
	enum { ROUNDS = 100 };
	int fd = gem_open_device();
	uint32_t object[4];
	const struct engine *e;

	for_each_engine(fd, e)
		object[e - engines] = gem_create(fd, PAGE);
	for (unsigned int i = 0; i < ROUNDS; i++)
		for_each_engine(fd, e)
			gem_store(fd, DEFAULT_CONTEXT, e->flag, object[e - engines], i * 4, ~i);
	for_each_engine(fd, e)
		for (unsigned int i = 0; i < ROUNDS; i++)
			if (read_dword(fd, object[e - engines], i * 4) != ~i)
				fail("%s: request %u of %u left %#x", e->name, i, ROUNDS,
				     read_dword(fd, object[e - engines], i * 4));
}

static void wait(void)
{
	int fd = gem_open_device();
	const struct engine *e;

	for_each_engine(fd, e) {
		uint32_t object = gem_create(fd, PAGE);
		struct spinner s = spin(fd, DEFAULT_CONTEXT, e->flag, SPIN_PREEMPTIBLE, object);
		int err;

		if (!gem_busy(fd, object))
			fail("%s: an object in a running batch is not busy", e->name);
		err = try_wait(fd, object, 1000000);
		if (err != -ETIME)
			fail("%s: wait of 1 ms for a running batch says %s", e->name, strerror(-err));
		spin_end(&s);
		gem_wait(fd, object);
		if (gem_busy(fd, object))
			fail("%s: still busy after the wait", e->name);
		gem_close(fd, object);
	}
}

static void context(void)
{
	int fd = gem_open_device();
	uint32_t object = gem_create(fd, PAGE);
	uint32_t context = gem_context_create(fd);
	struct drm_i915_gem_execbuffer2 exec = { .flags = I915_EXEC_RENDER, .rsvd1 = context };

	gem_store(fd, context, I915_EXEC_RENDER, object, 0, pattern);
	if (read_dword(fd, object, 0) != pattern)
		fail("a new context's store left %#x", read_dword(fd, object, 0));
	gem_context_destroy(fd, context);
	if (try_exec(fd, &exec) == 0)
		fail("a destroyed context still takes requests");
}

int main(int argc, char **argv)
{
	tap_begin("gem_basic", argc, argv);
	tap_run("create", 20, create);
	tap_run("read-write", 20, read_write);
	tap_run("flink", 20, flink);
	tap_run("prime", 20, prime);
	tap_run("exec", 20, exec);
	tap_run("exec-many", 60, exec_many);
	tap_run("wait", 20, wait);
	tap_run("context", 20, context);
	return tap_end();
}
