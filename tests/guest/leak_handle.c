// SPDX-License-Identifier: GPL-2.0-only
/* The handle goes, the context stays: the file is open until the VMAs are counted. */
#define _GNU_SOURCE
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <unistd.h>

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
