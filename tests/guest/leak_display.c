// SPDX-License-Identifier: GPL-2.0-only
/* Objects of the display: a server that takes over the console's framebuffer, and scan-out. */
#define _GNU_SOURCE
#include "kms.h"
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static uint32_t framebuffer_id;

/* Framebuffers have small numbers; the console's was made when the driver was loaded. */
static uint32_t consoles_framebuffer(int fd)
{
	for (uint32_t id = 1; id < 256; id++) {
		struct drm_mode_fb_cmd fb = { .fb_id = id };

		if (!ioctl(fd, DRM_IOCTL_MODE_GETFB, &fb) && fb.handle) {
			gem_close(fd, fb.handle);
			return id;
		}
	}
	return 0;
}

/* What an X server does with what it finds on the screen, until it exits. */
static void serve(void *arg)
{
	struct drm_mode_fb_cmd fb = { .fb_id = framebuffer_id };
	int fd = gem_open_device();

	(void)arg;
	if (ioctl(fd, DRM_IOCTL_MODE_GETFB, &fb))
		fail("GETFB of framebuffer %u: %s", framebuffer_id, strerror(errno));
	gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, fb.handle);
	gem_use_and_wait(fd, DEFAULT_CONTEXT, I915_EXEC_BLT,
			 gem_open(fd, gem_flink(fd, fb.handle)));
}

void framebuffer(void)
{
	uint32_t handle;
	int err;

	framebuffer_id = consoles_framebuffer(exporter.fd);
	if (!framebuffer_id) {
		err = kms_framebuffer(exporter.fd, 64, 64, &framebuffer_id, &handle);
		if (err)
			skip("no display: neither a console's framebuffer nor one of our own (%s)", strerror(-err));
		/* later drivers map its pages for as long as it has them */
		gem_use_and_wait(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, handle);
		leak_mark();
	}
	for (int i = 0; i < 5; i++)
		in_child(serve, NULL);
}

/*
 * Scan-out pins the object in the GGTT. In a PPGTT a VMA is pinned only while
 * an execbuf of the same context runs, and then the context cannot go.
 */
void pinned_for_scanout(void)
{
	static struct screen screen;
	const char *none = kms_find_screen(exporter.fd, &screen);
	const struct drm_mode_modeinfo *mode = &screen.mode[0];
	uint32_t handle;
	int err;

	if (none)
		skip("%s, and only scan-out pins an object that a client chose", none);
	err = kms_framebuffer(exporter.fd, mode->hdisplay, mode->vdisplay, &framebuffer_id, &handle);
	if (err)
		skip("a framebuffer is refused: %s", strerror(-err));
	err = kms_set_crtc(exporter.fd, &screen, 0, mode, framebuffer_id);
	if (err)
		skip("SETCRTC, which the display server may hold: %s", strerror(-err));
	leak_mark();
	for (int i = 0; i < 3; i++)
		in_child(serve, NULL);
}
