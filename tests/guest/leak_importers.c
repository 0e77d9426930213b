// SPDX-License-Identifier: GPL-2.0-only
/* Importers that come and go while nothing else happens. */
#define _GNU_SOURCE
#include "census.h"
#include "leak.h"
#include "tap.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

uint32_t import_by_name(int fd)
{
	return gem_open(fd, exporter.name);
}

void import_and_go(void *arg)
{
	const struct importer *how = arg;
	uint64_t engine = engines[how->engine].flag;
	int fd = gem_open_device();
	uint32_t batch = 0;

	if (how->by_dmabuf)
		batch = gem_use(fd, DEFAULT_CONTEXT, engine, gem_prime_import(fd, exporter.dmabuf));
	if (how->by_name || !how->by_dmabuf)
		batch = gem_use(fd, DEFAULT_CONTEXT, engine, import_by_name(fd));
	if (how->sync)
		gem_wait(fd, batch);
	if (how->killed)
		raise(SIGKILL);
}

void use_own(void *arg)
{
	int fd = gem_open_device();

	(void)arg;
	gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, gem_create(fd, PAGE));
}

/* The driver must always get this right. */
void own_object(void)
{
	in_child(use_own, NULL);
}

void exit_after_sync(void)
{
	in_child(import_and_go, &(struct importer) { .sync = true });
}

void exit_without_sync(void)
{
	in_child(import_and_go, &(struct importer) { .sync = false });
}

void killed(void)
{
	in_child(import_and_go, &(struct importer) { .killed = true });
}

/* Contexts made, used and destroyed one after the other in an open file. */
static void use_contexts(int fd, uint32_t handle)
{
	for (int i = 0; i < 8; i++) {
		uint32_t context = gem_context_create(fd);

		gem_use_and_wait(fd, context, I915_EXEC_RENDER, handle);
		gem_context_destroy(fd, context);
	}
}

void context_destroyed(void)
{
	int fd = gem_open_device();

	leak_mark();
	use_contexts(fd, import_by_name(fd));
}

void own_contexts(void)
{
	use_contexts(exporter.fd, exporter.object);
}

void prime(void)
{
	for (int i = 0; i < 5; i++)
		in_child(import_and_go, &(struct importer) { .by_dmabuf = true, .sync = true });
}

void name_and_prime(void)
{
	in_child(import_and_go,
		 &(struct importer) { .by_name = true, .by_dmabuf = true, .sync = true });
}

void every_engine(void)
{
	int fd = gem_open_device();
	uint32_t handle = import_by_name(fd);
	const struct engine *e;

	for_each_engine(fd, e)
		gem_use_and_wait(fd, DEFAULT_CONTEXT, e->flag, handle);
	close(fd);
}

/* Where all contexts share an address space, the fix has nothing to do. */
void nothing_touched(void)
{
	if (gem_has_full_ppgtt(exporter.fd))
		skip("contexts have PPGTTs; for drivers with i915.enable_ppgtt=1 or 0");
	in_child(import_and_go, &(struct importer) { .by_name = true, .by_dmabuf = true });
	context_destroyed();
	if (cleanup_counter("VMAs cleaned") > 0)
		fail("%ld VMAs were cleaned up", cleanup_counter("VMAs cleaned"));
}

/* A point of a chart: importers so far, the VMAs there are, KiB that are gone since @before. */
static void say_growth(int importers, long before)
{
	struct census now;

	hurry();
	now = census_glance();
	printf("# growth %d %ld %ld\n", importers,
	       now.count[VMAS_LISTED] >= 0 ? now.count[VMAS_LISTED] : now.count[VMAS_IN_MEMORY],
	       before - memory_free());
	fflush(stdout);
}

/*
 * Free memory must come back as well: for each importer the driver keeps 10 KiB
 * (4.1 on gen7) to 8 MiB (4.1 on gen8) of page tables.
 */
void many_importers(void)
{
	const int n = options.importers ? options.importers : options.quick ? 50 : 1000;
	const long noise = 2048 + n * 4;	/* KiB; slabs grow by what processes come and go */
	double end;
	long before, lost;
	int i;

	hurry();
	before = memory_free();
	for (i = 0; i < n && memory_suffices(); i++) {
		if (i % (n / 20 + 1) == 0)
			say_growth(i, before);
		in_child(import_and_go, &(struct importer) { .sync = i % 2 });
	}
	say_growth(i, before);
	end = seconds_now() + 2;
	do {
		/* With ring submission an engine holds the context that it ran last. */
		gem_use_and_wait(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
		hurry();
		usleep(100000);
		lost = before - memory_free();
	} while (lost > noise && seconds_now() < end);
	leak_remark("%d importers, free memory fell by %ld KiB", i, lost);
	if (lost > noise)
		leak_also("more than the %ld KiB that may be noise", noise);
}
