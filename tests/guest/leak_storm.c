// SPDX-License-Identifier: GPL-2.0-only
/* Many importers at once, each doing what chance tells it. */
#define _GNU_SOURCE
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES 16

/* One process, from its start to its end; the same for the same @state. */
static void live(unsigned int state)
{
	const struct engine *engine;
	int fd = gem_open_device();
	uint32_t context = DEFAULT_CONTEXT, handle, batch = 0;

	handle = rand_r(&state) % 2 ? gem_prime_import(fd, exporter.dmabuf) : import_by_name(fd);
	for (int i = rand_r(&state) % 8; i >= 0; i--) {
		engine = &engines[rand_r(&state) % n_engines];
		switch (rand_r(&state) % 8) {
		case 0:
			if (context != DEFAULT_CONTEXT)
				gem_context_destroy(fd, context);
			context = gem_context_create(fd);
			break;
		case 1:
			gem_close(fd, handle);
			handle = import_by_name(fd);
			break;
		case 2:
			if (batch)
				gem_wait(fd, batch);
			break;
		default:
			/* Drivers before 4.2: other contexts on the render engine only. */
			if (context != DEFAULT_CONTEXT || !gem_has_engine(fd, engine))
				engine = &engines[RENDER];
			batch = gem_use(fd, context, engine->flag, handle);
			break;
		}
	}
	switch (rand_r(&state) % 4) {
	case 0:
		raise(SIGKILL);
		break;
	case 1:
		if (batch)
			gem_wait(fd, batch);
		break;
	}
}

static void start(unsigned int number)
{
	pid_t pid = fork();

	if (pid == 0) {
		live(options.seed * 2654435761u + number);
		_exit(0);
	}
	if (pid < 0)
		fail("fork: %s", strerror(errno));
}

void fork_storm(void)
{
	double end = seconds_now() + (options.storm ? options.storm : options.quick ? 3 : 60);
	double sign_of_life = seconds_now() + 60;
	unsigned int number = 0, running = 0;

	while (seconds_now() < end && memory_suffices()) {
		start(number++);
		if (++running == PROCESSES) {
			reap(ANY_CHILD);
			running--;
		}
		if (seconds_now() > sign_of_life) {
			printf("# fork-storm: %u processes\n", number);
			fflush(stdout);
			sign_of_life += 60;
		}
	}
	while (running--)
		reap(ANY_CHILD);
	leak_remark("%u processes", number);
}
