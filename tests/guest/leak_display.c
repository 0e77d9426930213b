// SPDX-License-Identifier: GPL-2.0-only
/* Objects of the display: a server that takes over the console's framebuffer, and scan-out. */
#define _GNU_SOURCE
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <drm_mode.h>
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

static uint32_t framebuffer_of(int fd, uint32_t *handle)
{
	struct drm_mode_create_dumb dumb = { .width = 64, .height = 64, .bpp = 32 };
	struct drm_mode_fb_cmd fb = { .width = 64, .height = 64, .bpp = 32, .depth = 24 };

	if (ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		skip("no display: neither a console's framebuffer nor dumb buffers (%s)", strerror(errno));
	fb.handle = *handle = dumb.handle;
	fb.pitch = dumb.pitch;
	if (ioctl(fd, DRM_IOCTL_MODE_ADDFB, &fb))
		skip("no display: a framebuffer is refused (%s)", strerror(errno));
	return fb.fb_id;
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

	framebuffer_id = consoles_framebuffer(exporter.fd);
	if (!framebuffer_id)
		framebuffer_id = framebuffer_of(exporter.fd, &handle);
	for (int i = 0; i < 5; i++)
		in_child(serve, NULL);
}

/* The first connector with a screen, and a CRTC for it; skips if there is none. */
static void find_screen(int fd, struct drm_mode_crtc *crtc, uint32_t *connector)
{
	uint32_t connectors[16] = { 0 }, crtcs[16] = { 0 };
	struct drm_mode_card_res res = {
		.connector_id_ptr = (uintptr_t)connectors, .count_connectors = 16,
		.crtc_id_ptr = (uintptr_t)crtcs, .count_crtcs = 16,
	};
	static struct drm_mode_modeinfo modes[64];

	if (ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &res) || !res.count_crtcs)
		skip("no display: %s", strerror(errno));
	for (uint32_t i = 0; i < res.count_connectors && i < 16; i++) {
		struct drm_mode_get_connector get = {
			.connector_id = connectors[i],
			.modes_ptr = (uintptr_t)modes, .count_modes = 64,
		};

		if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &get) || get.connection != 1 || !get.count_modes)
			continue;
		crtc->crtc_id = crtcs[0];
		crtc->mode = modes[0];
		crtc->mode_valid = 1;
		*connector = connectors[i];
		return;
	}
	skip("no screen is connected, and only scan-out pins an object that a client chose");
}

/*
 * Scan-out pins the object in the GGTT. In a PPGTT a VMA is pinned only while
 * an execbuf of the same context runs, and then the context cannot go.
 */
void pinned_for_scanout(void)
{
	struct drm_mode_create_dumb dumb = { .bpp = 32 };
	struct drm_mode_fb_cmd fb = { .bpp = 32, .depth = 24 };
	struct drm_mode_crtc crtc = { 0 };
	uint32_t connector;

	find_screen(exporter.fd, &crtc, &connector);
	dumb.width = fb.width = crtc.mode.hdisplay;
	dumb.height = fb.height = crtc.mode.vdisplay;
	if (ioctl(exporter.fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		skip("CREATE_DUMB: %s", strerror(errno));
	fb.handle = dumb.handle;
	fb.pitch = dumb.pitch;
	if (ioctl(exporter.fd, DRM_IOCTL_MODE_ADDFB, &fb))
		skip("ADDFB: %s", strerror(errno));
	crtc.fb_id = fb.fb_id;
	crtc.set_connectors_ptr = (uintptr_t)&connector;
	crtc.count_connectors = 1;
	if (ioctl(exporter.fd, DRM_IOCTL_MODE_SETCRTC, &crtc))
		skip("SETCRTC, which the display server may hold: %s", strerror(errno));
	leak_mark();
	framebuffer_id = fb.fb_id;
	for (int i = 0; i < 3; i++)
		in_child(serve, NULL);
}
