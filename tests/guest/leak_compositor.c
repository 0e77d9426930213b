// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that are passed round as Android's are: one process allocates them all (the exporter), a client draws into
 * each of its own in turn, and the compositor looks at it. Both import a buffer for each frame, by turns by name and as
 * a dma-buf, and close it. Compositor and clients are restarted, the buffers stay.
 */
#define _GNU_SOURCE
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS	4
#define BUFFERS	3	/* of each client: one is drawn, one waits, one is shown */
#define FRAMES	12
#define PLACE	256	/* of what is drawn, in the buffer */

static struct buffer {
	uint32_t name;
	int dmabuf;
} buffers[CLIENTS][BUFFERS];

static void allocate(void)
{
	for (int i = 0; i < CLIENTS * BUFFERS; i++) {
		uint32_t object = gem_create(exporter.fd, PAGE);

		gem_use_and_wait(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, object);
		buffers[i / BUFFERS][i % BUFFERS] = (struct buffer) {
			.name = gem_flink(exporter.fd, object),
			.dmabuf = gem_prime_export(exporter.fd, object),
		};
	}
}

static uint32_t import(int fd, int client, int frame)
{
	const struct buffer *b = &buffers[client][frame % BUFFERS];

	return (client + frame) % 2 ? gem_open(fd, b->name) : gem_prime_import(fd, b->dmabuf);
}

static void pass(int fd, bool give)
{
	char turn = 0;

	if ((give ? write(fd, &turn, 1) : read(fd, &turn, 1)) != 1)
		fail("the other side has gone");
}

/* @drawn and @shown are pipes to the compositor and back. */
static void draw(int client, int drawn, int shown)
{
	int fd = gem_open_device();

	for (int frame = 0; frame < FRAMES; frame++) {
		uint32_t handle = import(fd, client, frame);

		gem_store(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle, PLACE, client << 16 | frame);
		gem_close(fd, handle);
		pass(drawn, true);
		pass(shown, false);
	}
}

static void compose(const int *drawn, const int *shown)
{
	int fd = gem_open_device();

	for (int i = 0; i < CLIENTS * FRAMES; i++) {
		int client = i % CLIENTS, frame = i / CLIENTS;
		uint32_t handle, seen;

		pass(drawn[client], false);
		handle = import(fd, client, frame);
		gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_BLT, handle);
		gem_read(fd, handle, PLACE, &seen, sizeof(seen));
		if (seen != (uint32_t)(client << 16 | frame))
			fail("frame %d of client %d shows %#x", frame, client, seen);
		gem_close(fd, handle);
		pass(shown[client], true);
	}
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork: %s", strerror(errno));
	return pid;
}

void compositor(void)
{
	int drawn[CLIENTS][2], shown[CLIENTS][2], from[CLIENTS], to[CLIENTS];
	const int restarts = times_to_restart();

	allocate();
	leak_mark();
	for (int i = 0; i < CLIENTS; i++) {
		if (pipe(drawn[i]) || pipe(shown[i]))
			fail("pipe: %s", strerror(errno));
		from[i] = drawn[i][0];
		to[i] = shown[i][1];
	}
	for (int n = 0; n < restarts; n++) {
		for (int i = 0; i < CLIENTS; i++) {
			if (start() == 0) {
				draw(i, drawn[i][1], shown[i][0]);
				_exit(0);
			}
		}
		if (start() == 0) {
			compose(from, to);
			_exit(0);
		}
		for (int i = 0; i <= CLIENTS; i++)
			if (reap(ANY_CHILD))
				fail("one of them was killed");
	}
	leak_remark("%d compositors with %d clients, %d frames of each", restarts, CLIENTS, FRAMES);
}
