// SPDX-License-Identifier: GPL-2.0-only
/* A batch that never ends: the driver notices, says who it was, and goes on. */
#include "gem.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of the file's own context. */
static struct drm_i915_reset_stats reset_stats(int fd)
{
	struct drm_i915_reset_stats stats = { .ctx_id = DEFAULT_CONTEXT };

	if (ioctl(fd, DRM_IOCTL_I915_GET_RESET_STATS, &stats))
		fail("GET_RESET_STATS: %s", strerror(errno));
	return stats;
}

static void set(const char *pattern, const char *value)
{
	glob_t files;

	if (glob(pattern, 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		int fd = open(files.gl_pathv[i], O_WRONLY);

		if (fd < 0 || write(fd, value, strlen(value)) < 0)
			fail("%s: %s", files.gl_pathv[i], strerror(errno));
		close(fd);
	}
	globfree(&files);
}

/*
 * Drivers from 5.7 on look after an engine by a heartbeat. As it is set, it can
 * take longer (on the render engine of 6.1, say) than the 20 s after which a
 * request of any kind is cancelled, and a cancelled request is nobody's fault.
 */
static void hurry_heartbeat(void)
{
	set("/sys/class/drm/card0/engine/*/preempt_timeout_ms", "100");
	set("/sys/class/drm/card0/engine/*/heartbeat_interval_ms", "500");
}

/* 4.7 wakes those who wait for a hung batch before it resets the GPU, and blames the context then. */
static bool is_blamed(int fd)
{
	for (int tries = 0; tries < 100; tries++) {
		if (reset_stats(fd).batch_active)
			return true;
		usleep(100000);
	}
	return false;
}

static void recover(const struct engine *e)
{
	int guilty = gem_open_device(), innocent = gem_open_device();
	uint32_t object = gem_create(innocent, PAGE), value;
	struct spinner s = spin(guilty, DEFAULT_CONTEXT, e->flag, SPIN_HANG, 0);
	int err = try_wait(guilty, s.batch, 60000000000ll);

	/* -EIO: the driver told the waiter of the reset, as some releases do. */
	if (err && err != -EIO)
		fail("%s: the hung batch did not go away within 60 s: %s", e->name, strerror(-err));
	if (!is_blamed(guilty))
		fail("%s: the batch ended, but its context is not blamed for a hang", e->name);
	if (reset_stats(innocent).batch_active)
		fail("%s: a context that ran nothing is blamed", e->name);

	gem_store(innocent, DEFAULT_CONTEXT, e->flag, object, 0, 0x900d900d);
	gem_read(innocent, object, 0, &value, sizeof(value));
	if (value != 0x900d900d)
		fail("%s: a request after the recovery left %#x", e->name, value);
}

static void render(void)
{
	recover(&engines[RENDER]);
}

static void blt(void)
{
	recover(&engines[BLT]);
}

int main(int argc, char **argv)
{
	tap_begin("gem_hang", argc, argv);
	hurry_heartbeat();
	tap_run("render", 90, render);
	tap_run("blt", 90, blt);
	return tap_end();
}
