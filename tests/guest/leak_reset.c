// SPDX-License-Identifier: GPL-2.0-only
/* The importer goes by way of a hang, or while the GPU is being reset. */
#define _GNU_SOURCE
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int reset_gpu(void)
{
	const unsigned int all_engines = 0xffff;	/* for old drivers, any number but 0 */

	/* 6.12 compresses the GPU's state for 11 s first; gem_hang resets with that. Old drivers have no such file. */
	gem_debugfs("i915_params/error_capture", 0);
	return gem_debugfs("i915_wedged", all_engines);
}

void reset_while_it_goes(void)
{
	int fd = gem_open_device(), err;
	struct gate gate = gate_shut(RENDER);

	gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, import_by_name(fd));
	close(fd);
	err = reset_gpu();
	if (err) {
		gate_open(&gate);
		skip("debugfs i915_wedged: %s", strerror(-err));
	}
	gate_open(&gate);
	usleep(500000);
	gem_use_and_wait(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
}

static void hang(int fd, uint32_t handle)
{
	struct spinner s = spin(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, SPIN_HANG, handle);
	int err = try_wait(fd, s.batch, 40000000000ll);

	if (err && err != -EIO)
		fail("the hung batch did not go away within 40 s: %s", strerror(-err));
	gem_close(fd, s.batch);
}

/* Two hangs within twelve seconds, and the driver takes no more from the context. */
void context_banned(void)
{
	int fd = gem_open_device();
	uint32_t handle = import_by_name(fd);
	struct drm_i915_gem_exec_object2 batch = { .handle = gem_empty_batch(fd) };
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)&batch, .buffer_count = 1, .flags = I915_EXEC_RENDER,
	};
	int err = 0;

	for (int i = 0; i < 4 && !err; i++) {
		hang(fd, handle);
		err = try_exec(fd, &exec);
	}
	if (err != -EIO)
		skip("four hangs did not have the context banned: execbuf says %s",
		     err ? strerror(-err) : "nothing");
	close(fd);
}
