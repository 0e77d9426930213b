// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects of the process's own memory. What the process does to that memory
 * takes the object's pages away, and its VMAs before, busy or not.
 */
#define _GNU_SOURCE
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define OFFSET	64

static uint32_t *anonymous_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	return page;
}

void need_userptr(void)
{
	uint32_t *page = anonymous_page(), handle;
	int err = try_userptr(exporter.fd, page, PAGE, &handle);

	if (err)
		skip("userptr: %s", strerror(-err));
	gem_close(exporter.fd, handle);
	munmap(page, PAGE);
}

void need_shared_userptr(void)
{
	uint32_t *page = anonymous_page(), handle;
	int dmabuf, err;

	need_userptr();
	err = try_userptr(exporter.fd, page, PAGE, &handle);
	if (err)
		fail("userptr: %s", strerror(-err));
	err = try_prime_export(exporter.fd, handle, &dmabuf);
	if (err)
		skip("an object of the client's memory cannot be exported: %s", strerror(-err));
	close(dmabuf);
	gem_close(exporter.fd, handle);
	munmap(page, PAGE);
}

/* Those that can probe memory, since 5.16, pin it by the kernel's newer rules. */
void need_userptr_across_fork(void)
{
	if (gem_param(exporter.fd, I915_PARAM_HAS_USERPTR_PROBE, 0))
		skip("which of two processes keeps the memory that the GPU writes to is the kernel's matter");
}

static void store(int fd, uint32_t context, uint32_t handle, uint32_t value)
{
	gem_store(fd, context, I915_EXEC_RENDER, handle, OFFSET, value);
}

static void expect(const volatile uint32_t *page, uint32_t value)
{
	if (page[OFFSET / sizeof(*page)] != value)
		fail("memory has %#x, not %#x", page[OFFSET / sizeof(*page)], value);
}

/* One file, the contexts of which come and go, with and without waiting. */
void userptr_contexts(void)
{
	uint32_t *page, object, context;
	int fd = gem_open_device();

	need_userptr();
	page = anonymous_page();
	object = gem_userptr(fd, page, PAGE);
	store(fd, DEFAULT_CONTEXT, object, 1);
	gem_wait(fd, object);
	leak_mark();
	for (uint32_t i = 0; i < 8; i++) {
		context = gem_context_create(fd);
		store(fd, context, object, i + 2);
		if (i % 2)
			gem_wait(fd, object);
		gem_context_destroy(fd, context);
		gem_wait(fd, object);
		expect(page, i + 2);
	}
}

/*
 * Changing memory takes until the GPU is done, with some drivers: have somebody there who lets it go on, a little later
 * than @turn is closed.
 */
static pid_t open_gates_later(int *turn)
{
	int ends[2];
	pid_t pid;
	char c;

	if (pipe(ends))
		fail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		if (read(ends[0], &c, 1))
			_exit(1);
		usleep(100000);
		gates_open_all();
		_exit(0);
	}
	close(ends[0]);
	*turn = ends[1];
	return pid;
}

struct busy {
	int fd;
	uint32_t context, object, *page;
};

/*
 * Memory that a request is about to write to, from a context that lives and from one that is gone: have @change do
 * something to it.
 */
static void while_busy(void (*change)(struct busy *b))
{
	need_userptr();
	if (!gate_is_virtual())
		skip("needs an engine that somebody else can let go on");
	for (int i = 0; i < 2; i++) {
		struct busy b = { .fd = gem_open_device() };
		pid_t opener;
		int turn;

		b.context = gem_context_create(b.fd);
		/* Before there is memory to share: a fork is a change of it. */
		opener = open_gates_later(&turn);
		b.page = anonymous_page();
		b.object = gem_userptr(b.fd, b.page, PAGE);
		store(b.fd, DEFAULT_CONTEXT, b.object, 1);
		gem_wait(b.fd, b.object);
		gate_shut(RENDER);
		store(b.fd, b.context, b.object, 2);
		if (i)
			gem_context_destroy(b.fd, b.context);
		close(turn);
		change(&b);
		waitpid(opener, NULL, 0);
		close(b.fd);
	}
}

static void change_munmap(struct busy *b)
{
	munmap(b->page, PAGE);
	gem_wait(b->fd, b->object);
}

void userptr_munmap(void)
{
	while_busy(change_munmap);
}

/* Where it was there is nothing any more; where it is, another object can be made of it. */
static void change_mremap(struct busy *b)
{
	uint32_t *place = anonymous_page(), moved;

	if (mremap(b->page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED)
		fail("mremap: %s", strerror(errno));
	gem_wait(b->fd, b->object);
	expect(place, 2);
	moved = gem_userptr(b->fd, place, PAGE);
	store(b->fd, DEFAULT_CONTEXT, moved, 3);
	gem_wait(b->fd, moved);
	expect(place, 3);
	munmap(place, PAGE);
}

void userptr_mremap(void)
{
	while_busy(change_mremap);
}

/* The child has what the request has written, and not what another one writes later. */
static void change_fork(struct busy *b)
{
	int turn[2];
	pid_t child;
	int status;
	char c;

	if (pipe(turn))
		fail("pipe: %s", strerror(errno));
	child = fork();
	if (child == 0) {
		close(turn[1]);
		if (read(turn[0], &c, 1))
			_exit(1);
		expect(b->page, 2);
		_exit(0);
	}
	close(turn[0]);
	gem_wait(b->fd, b->object);
	/* Drivers that do not wait for the GPU within fork() take the pages away now. */
	usleep(50000);
	expect(b->page, 2);
	store(b->fd, DEFAULT_CONTEXT, b->object, 3);
	gem_wait(b->fd, b->object);
	expect(b->page, 3);
	close(turn[1]);
	waitpid(child, &status, 0);
	if (status)
		_exit(1);
	munmap(b->page, PAGE);
}

void userptr_fork(void)
{
	need_userptr_across_fork();
	while_busy(change_fork);
}
