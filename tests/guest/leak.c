// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a context leave VMAs behind when it goes? The exporter keeps an object
 * alive for the whole run; importers bind it into address spaces of their own
 * and go in every way there is. What each scenario leaves is counted.
 */
#define _GNU_SOURCE
#include "gem.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEBUGFS "/sys/kernel/debug/dri/0/"

/*
 * Retirement and the release of a context run from workers, once a second at
 * most, so VMAs that are still there after this time stay.
 */
#define SETTLE_SECONDS 2.0

/* Bits of debugfs i915_gem_drop_caches that only hurry what would happen anyway. */
#define DROP_RETIRE	0x4
#define DROP_FREED	0x10

static struct {
	int fd;			/* exporter's file */
	uint32_t object, name;
	int dmabuf;
} shared;

/* Objects in use in a slab cache, or -1 if there is no such cache. */
static long slab_objects(const char *cache)
{
	char path[128], line[512];
	long count = -1;
	FILE *f;
	int fd;

	/* Objects on a processor's own slabs count as used until they are given back. */
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	fd = open(path, O_WRONLY);
	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			fail("%s: %s", path, strerror(errno));
		close(fd);
	}
	f = fopen("/proc/slabinfo", "r");
	if (!f)
		fail("/proc/slabinfo: %s", strerror(errno));
	while (count < 0 && fgets(line, sizeof(line), f)) {
		size_t n = strlen(cache);

		if (!strncmp(line, cache, n) && line[n] == ' ')
			count = strtol(line + n, NULL, 10);
	}
	fclose(f);
	return count;
}

/* VMAs in a PPGTT of all bound objects, by the listing that drivers up to 4.20 have. */
static long listed_vmas(void)
{
	static const char entry[] = "(ppgtt offset";
	char line[65536];
	long count = 0;
	FILE *f = fopen(DEBUGFS "i915_gem_gtt", "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		for (char *p = line; (p = strstr(p, entry)); p += sizeof(entry) - 1)
			count++;
	fclose(f);
	return count;
}

/*
 * How to count depends on the driver: VMAs have a slab cache of their own from
 * 4.2 on (boot with slab_nomerge), and are listed in debugfs before.
 */
static long count_vmas(const char **how)
{
	static const char *const caches[] = { "i915_vma", "i915_gem_vma" };
	long count;

	for (unsigned int i = 0; i < 2; i++) {
		count = slab_objects(caches[i]);
		if (count >= 0) {
			*how = caches[i];
			return count;
		}
	}
	*how = "i915_gem_gtt";
	return listed_vmas();
}

static void hurry(void)
{
	int fd = open(DEBUGFS "i915_gem_drop_caches", O_WRONLY);

	if (fd >= 0) {
		dprintf(fd, "%#x", DROP_RETIRE | DROP_FREED);
		close(fd);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Wait until no more than @enough VMAs are there, or as long as any may still go. */
static long settle(long enough)
{
	double end = now() + SETTLE_SECONDS;
	const char *how;
	long count;

	do {
		hurry();
		count = count_vmas(&how);
		if (count <= enough)
			return count;
		usleep(100000);
	} while (now() < end);
	return count;
}

static void export_object(void)
{
	shared.fd = gem_open_device();
	shared.object = gem_create(shared.fd, PAGE);
	shared.name = gem_flink(shared.fd, shared.object);
	shared.dmabuf = gem_prime_export(shared.fd, shared.object);
	gem_wait(shared.fd, gem_use(shared.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, shared.object));
}

/* The importers. */

static void use_and_exit(void *arg)
{
	int fd = gem_open_device();
	uint32_t batch = gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, gem_open(fd, shared.name));

	if (arg)
		gem_wait(fd, batch);
}

static void use_and_die(void *arg)
{
	use_and_exit(arg);
	raise(SIGKILL);
}

static void import_dmabuf(void *arg)
{
	int fd = gem_open_device();
	uint32_t handle = gem_prime_import(fd, shared.dmabuf);

	(void)arg;
	gem_wait(fd, gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle));
}

/* An object of its own, which nobody else holds: the driver must always get that right. */
static void use_own(void *arg)
{
	int fd = gem_open_device();

	(void)arg;
	gem_wait(fd, gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, gem_create(fd, PAGE)));
}

/* The scenarios. */

static char yes;

static void own_object(void)
{
	in_child(use_own, NULL);
}

static void exit_after_sync(void)
{
	in_child(use_and_exit, &yes);
}

static void exit_without_sync(void)
{
	in_child(use_and_exit, NULL);
}

static void killed(void)
{
	in_child(use_and_die, NULL);
}

static void context_destroyed(void)
{
	int fd = gem_open_device();
	uint32_t handle = gem_open(fd, shared.name);

	for (int i = 0; i < 8; i++) {
		uint32_t context = gem_context_create(fd);

		gem_wait(fd, gem_use(fd, context, I915_EXEC_RENDER, handle));
		gem_context_destroy(fd, context);
	}
	close(fd);
}

static void prime(void)
{
	for (int i = 0; i < 5; i++)
		in_child(import_dmabuf, NULL);
}

static void fifty_importers(void)
{
	for (int i = 0; i < 50; i++)
		in_child(use_and_exit, i % 2 ? &yes : NULL);
}

static void every_engine(void)
{
	int fd = gem_open_device();
	uint32_t handle = gem_open(fd, shared.name);
	const struct engine *e;

	for_each_engine(fd, e)
		gem_wait(fd, gem_use(fd, DEFAULT_CONTEXT, e->flag, handle));
	close(fd);
}

/*
 * The importer's request is done, but the exporter's, queued behind it, keeps
 * the object busy while the importer's context goes. Two spinners make the
 * order certain: the first holds the importer's request back until the
 * exporter's is queued.
 */
static void busy_elsewhere(void)
{
	int gate_fd = gem_open_device(), importer = gem_open_device();
	struct spinner gate = spin(gate_fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, SPIN_PREEMPTIBLE, 0);
	uint32_t handle = gem_open(importer, shared.name);
	uint32_t batch = gem_use(importer, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle);
	struct spinner busy = spin(shared.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, SPIN_PREEMPTIBLE,
				   shared.object);

	spin_end(&gate);
	gem_wait(importer, batch);
	if (!gem_busy(shared.fd, shared.object))
		fail("the exporter's spinner does not keep the object busy");
	close(importer);
	usleep(1500000);	/* a run of the retire worker */
	spin_end(&busy);
	gem_wait(shared.fd, shared.object);
	close(gate_fd);
}

static void (*scenario)(void);
static long before;	/* VMAs when the scenario began */

/*
 * The handle goes, the context stays: the file is open until the VMAs are
 * counted. What the context itself needs is there before it begins.
 */
static void handle_closed(void)
{
	int fd = gem_open_device();
	uint32_t handle, batch;

	batch = gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
	gem_wait(fd, batch);
	gem_close(fd, batch);
	before = settle(before);

	handle = gem_open(fd, shared.name);
	batch = gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle);
	gem_wait(fd, batch);
	gem_close(fd, batch);
	gem_close(fd, handle);
}

static void leaves_nothing(void)
{
	const char *how;
	long left;

	before = count_vmas(&how);
	if (before < 0)
		skip("neither a slab cache of VMAs nor debugfs i915_gem_gtt to count them");
	scenario();
	left = settle(before) - before;
	if (left > 0)
		fail("%ld VMAs left behind (%s)", left, how);
	note("%ld VMAs left behind (%s)", left, how);
}

static void run(const char *name, void (*play)(void))
{
	scenario = play;
	tap_run(name, 30, leaves_nothing);
}

int main(int argc, char **argv)
{
	tap_begin("leak", argc, argv);
	export_object();
	/* What the driver makes once and keeps is not a leak. */
	every_engine();
	settle(0);
	run("own-object", own_object);
	run("exit-after-sync", exit_after_sync);
	run("exit-without-sync", exit_without_sync);
	run("killed", killed);
	run("context-destroyed-x8", context_destroyed);
	run("prime-x5", prime);
	run("50-importers", fifty_importers);
	run("every-engine", every_engine);
	run("busy-elsewhere", busy_elsewhere);
	run("handle-closed", handle_closed);
	return tap_end();
}
