/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic.h>

#ifndef COMPAT_DRM_CRTC_NEEDS_MODESET
#define COMPAT_DRM_CRTC_NEEDS_MODESET

/*
 * The same question as the one that the helpers of 4.1 ask. From 4.3 on there is
 * connectors_changed, too, which is told by mode_changed until then.
 */
static inline bool
drm_atomic_crtc_needs_modeset(const struct drm_crtc_state *state)
{
	return state->mode_changed || state->active_changed;
}

#endif /* COMPAT_DRM_CRTC_NEEDS_MODESET */
