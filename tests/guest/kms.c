// SPDX-License-Identifier: GPL-2.0-only
#include "kms.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#define CONNECTED	1

unsigned int kms_connectors(int fd, uint32_t connector[MAX_CONNECTORS])
{
	struct drm_mode_card_res res = {
		.connector_id_ptr = (uintptr_t)connector, .count_connectors = MAX_CONNECTORS,
	};

	memset(connector, 0, MAX_CONNECTORS * sizeof(*connector));
	if (ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &res))
		return 0;
	return res.count_connectors < MAX_CONNECTORS ? res.count_connectors : MAX_CONNECTORS;
}

const char *kms_find_screen(int fd, struct screen *s)
{
	uint32_t connector[MAX_CONNECTORS];
	const unsigned int connectors = kms_connectors(fd, connector);
	struct drm_mode_card_res res = { .crtc_id_ptr = (uintptr_t)s->crtc, .count_crtcs = MAX_CRTCS };

	if (ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &res))
		return strerror(errno);
	if (!res.count_crtcs)
		return "the card has no CRTC";
	s->crtcs = res.count_crtcs < MAX_CRTCS ? res.count_crtcs : MAX_CRTCS;
	for (unsigned int i = 0; i < connectors; i++) {
		struct drm_mode_get_connector get = {
			.connector_id = connector[i],
			.modes_ptr = (uintptr_t)s->mode, .count_modes = MAX_MODES,
		};

		if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &get) || get.connection != CONNECTED || !get.count_modes)
			continue;
		s->connector = connector[i];
		s->modes = get.count_modes < MAX_MODES ? get.count_modes : MAX_MODES;
		return NULL;
	}
	return "no screen is connected";
}

int kms_add_framebuffer(int fd, uint32_t handle, unsigned int width, unsigned int height, unsigned int pitch,
			uint32_t *fb)
{
	struct drm_mode_fb_cmd add = {
		.handle = handle, .width = width, .height = height, .pitch = pitch, .bpp = 32, .depth = 24,
	};

	if (ioctl(fd, DRM_IOCTL_MODE_ADDFB, &add))
		return -errno;
	*fb = add.fb_id;
	return 0;
}

int kms_framebuffer(int fd, unsigned int width, unsigned int height, uint32_t *fb, uint32_t *handle)
{
	struct drm_mode_create_dumb dumb = { .width = width, .height = height, .bpp = 32 };

	if (ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		return -errno;
	*handle = dumb.handle;
	return kms_add_framebuffer(fd, dumb.handle, width, height, dumb.pitch, fb);
}

int kms_set_crtc(int fd, const struct screen *s, unsigned int crtc, const struct drm_mode_modeinfo *mode,
		 uint32_t fb)
{
	struct drm_mode_crtc set = { .crtc_id = s->crtc[crtc] };

	if (mode) {
		set.mode = *mode;
		set.mode_valid = 1;
		set.fb_id = fb;
		set.set_connectors_ptr = (uintptr_t)&s->connector;
		set.count_connectors = 1;
	}
	return ioctl(fd, DRM_IOCTL_MODE_SETCRTC, &set) ? -errno : 0;
}
