// SPDX-License-Identifier: GPL-2.0-only
/*
 * The importer goes while somebody keeps the object busy. Whether the
 * importer's own request has completed, and which engine the other uses, are
 * four different ways through the driver: a VMA is on its address space's
 * active list for as long as the object is busy anywhere.
 */
#define _GNU_SOURCE
#include "census.h"
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t import_and_use(int fd)
{
	return gem_use(fd, DEFAULT_CONTEXT, engines[RENDER].flag, import_by_name(fd));
}

/* While the object is busy behind @gate, the importer goes; then the gate opens. */
static void go_while_busy(int importer, struct gate *gate)
{
	if (!gem_busy(exporter.fd, exporter.object))
		fail("the exporter's request does not keep the object busy");
	close(importer);
	hurry();
	usleep(300000);
	hurry();
	gate_open(gate);
	gem_wait(exporter.fd, exporter.object);
}

/* The exporter's request is queued before the importer's completes, or is retired. */
void busy_elsewhere(void)
{
	int fd = gem_open_device();
	struct gate gate = gate_shut(RENDER);
	uint32_t batch = import_and_use(fd);

	gate_occupy(&gate, exporter.fd, exporter.object);
	gate_pass(&gate, fd, batch);
	if (gem_busy(fd, batch))
		fail("the importer's request does not complete");
	go_while_busy(fd, &gate);
}

void busy_elsewhere_queued(void)
{
	int fd = gem_open_device();
	struct gate gate = gate_shut(RENDER);

	import_and_use(fd);
	gate_occupy(&gate, exporter.fd, exporter.object);
	go_while_busy(fd, &gate);
}

static struct gate shut_other_engine(void)
{
	if (!gem_has_engine(exporter.fd, &engines[BLT]))
		skip("the GPU has no second engine");
	return gate_shut(BLT);
}

/*
 * Some drivers have the second engine wait for the first. So the importer's
 * request completes before the other is queued, but nobody asks for it, so
 * that the driver does not notice and its VMA stays on the active list.
 */
void busy_on_other_engine(void)
{
	int fd = gem_open_device();
	struct gate gate = shut_other_engine();

	import_and_use(fd);
	usleep(30000);
	gate_occupy(&gate, exporter.fd, exporter.object);
	go_while_busy(fd, &gate);
}

/* Have the gate open by itself, should the driver wait for what is behind it. */
static pid_t open_in_a_second(struct gate *gate)
{
	pid_t pid = fork();

	if (pid == 0) {
		usleep(1000000);
		gate_open(gate);
		_exit(0);
	}
	return pid;
}

void busy_on_other_engine_queued(void)
{
	int fd = gem_open_device();
	struct gate own = gate_shut(RENDER), other = shut_other_engine();
	double begin = seconds_now();
	pid_t pid;

	import_and_use(fd);
	pid = open_in_a_second(&own);
	gate_occupy(&other, exporter.fd, exporter.object);
	if (seconds_now() - begin > 0.9) {
		gate_open(&other);
		skip("the driver makes one engine wait for the other that uses the same object");
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (!gem_busy(exporter.fd, exporter.object))
		fail("the exporter's request does not keep the object busy");
	close(fd);
	usleep(100000);
	gate_open(&own);
	usleep(300000);
	hurry();
	gate_open(&other);
}

/*
 * The importer's request is done and nobody has noticed, while the exporter's come and go on another engine, whose
 * retirement is not the importer's.
 */
void busy_not_retired(void)
{
	enum { USES = 20 };
	uint32_t batch[USES];
	int fd = gem_open_device();

	if (!gem_has_engine(exporter.fd, &engines[BLT]))
		skip("the GPU has no second engine");
	import_and_use(fd);
	usleep(30000);
	close(fd);
	for (int i = 0; i < USES; i++) {
		batch[i] = gem_use(exporter.fd, DEFAULT_CONTEXT, engines[BLT].flag, i % 2 ? exporter.object : 0);
		usleep(5000);
	}
	gem_wait(exporter.fd, exporter.object);
	for (int i = 0; i < USES; i++)
		gem_close(exporter.fd, batch[i]);
}

/*
 * The file or the context goes while its request is queued, so that the request
 * holds the last reference to the context, and the driver frees it from within
 * the retirement of the object. With ring submission an engine also holds the
 * context that it ran last: somebody else's request relieves it of that.
 */
static void go_while_queued(int fd, uint32_t context, uint32_t name)
{
	uint32_t handle = gem_open(fd, name), batch;
	struct gate gate = gate_shut(RENDER);

	gem_close(fd, gem_use(fd, context, I915_EXEC_RENDER, handle));
	gem_close(fd, handle);
	if (context == DEFAULT_CONTEXT)
		close(fd);
	else
		gem_context_destroy(fd, context);
	batch = gem_use(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
	gate_open(&gate);
	gem_wait(exporter.fd, batch);
	gem_close(exporter.fd, batch);
}

/* The wait for the object is what retires it. */
void freed_in_retire(void)
{
	int fd = gem_open_device();

	gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
	leak_mark();
	for (int i = 0; i < 4; i++) {
		go_while_queued(fd, gem_context_create(fd), exporter.name);
		gem_wait(exporter.fd, exporter.object);
		go_while_queued(gem_open_device(), DEFAULT_CONTEXT, exporter.name);
		gem_wait(exporter.fd, exporter.object);
	}
}

/*
 * The exporter has not bound the object, so that the VMA which goes is its last
 * one, and the driver looks into the object's retirement from within it.
 */
void last_vma_freed_in_retire(void)
{
	uint32_t object = gem_create(exporter.fd, PAGE);
	uint32_t name = gem_flink(exporter.fd, object);

	need_full_ppgtt("the importer's VMA");
	for (int i = 0; i < 4; i++) {
		go_while_queued(gem_open_device(), DEFAULT_CONTEXT, name);
		gem_wait(exporter.fd, object);
		hurry();
	}
	/*
	 * When the driver is through with the VMA, nothing binds the object any more, so its memory can be had, and its
	 * DMA mapping: without swap if it is purgeable.
	 */
	for (double end = seconds_now() + 1;
	     gem_madvise(exporter.fd, object, I915_MADV_DONTNEED) && seconds_now() < end; usleep(5000))
		gem_debugfs("i915_gem_drop_caches", DROP_UNBOUND);
}
