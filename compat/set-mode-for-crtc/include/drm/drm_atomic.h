/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic.h>
#include <drm/drm_modes.h>

#ifndef COMPAT_DRM_SET_MODE_FOR_CRTC
#define COMPAT_DRM_SET_MODE_FOR_CRTC

/*
 * From 4.2 on a CRTC's mode is a property as well, of which the state holds the
 * blob. Until then user space sees no such property, and there is no blob to keep
 * in step: nothing can fail.
 */
static inline int
drm_atomic_set_mode_for_crtc(struct drm_crtc_state *state,
			     const struct drm_display_mode *mode)
{
	if (mode)
		drm_mode_copy(&state->mode, mode);
	else
		memset(&state->mode, 0, sizeof(state->mode));
	state->enable = mode;
	return 0;
}

#endif /* COMPAT_DRM_SET_MODE_FOR_CRTC */
