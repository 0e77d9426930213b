/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of KMS's uAPI that the tests use. Functions return 0 or -errno, unless they say otherwise. */
#ifndef KMS_H
#define KMS_H

#include <stdint.h>

#include <drm.h>
#include <drm_mode.h>

#define MAX_CONNECTORS	16
#define MAX_CRTCS	4
#define MAX_MODES	64

/* A connector with something connected, and the CRTCs of the card. */
struct screen {
	uint32_t connector;
	uint32_t crtc[MAX_CRTCS];
	unsigned int crtcs;
	struct drm_mode_modeinfo mode[MAX_MODES];
	unsigned int modes;
};

/**
 * kms_connectors() - the numbers of all connectors
 * @fd: DRM file
 * @connector: filled in
 *
 * Return: how many there are, 0 of a driver without a display.
 */
unsigned int kms_connectors(int fd, uint32_t connector[MAX_CONNECTORS]);

/**
 * kms_find_screen() - the first connector with something connected
 * @fd: DRM file
 * @s: filled in
 *
 * Has no connector probed that was before.
 *
 * Return: NULL, or why there is none.
 */
const char *kms_find_screen(int fd, struct screen *s);

/**
 * kms_framebuffer() - a framebuffer of a dumb buffer, of 32 bits per pixel
 * @fd: DRM file
 * @width: pixels
 * @height: pixels
 * @fb: the framebuffer's number
 * @handle: the buffer's
 */
int kms_framebuffer(int fd, unsigned int width, unsigned int height, uint32_t *fb, uint32_t *handle);

/**
 * kms_add_framebuffer() - a framebuffer of an object, of 32 bits per pixel
 * @fd: DRM file
 * @handle: the object's
 * @width: pixels
 * @height: pixels
 * @pitch: bytes from one row to the next
 * @fb: the framebuffer's number
 */
int kms_add_framebuffer(int fd, uint32_t handle, unsigned int width, unsigned int height, unsigned int pitch,
			uint32_t *fb);

/**
 * kms_set_crtc() - show a framebuffer on the screen
 * @fd: DRM file, the master's
 * @s: the screen
 * @crtc: index of the CRTC
 * @mode: or NULL to switch the CRTC off
 * @fb: the framebuffer
 */
int kms_set_crtc(int fd, const struct screen *s, unsigned int crtc, const struct drm_mode_modeinfo *mode,
		 uint32_t fb);

#endif
