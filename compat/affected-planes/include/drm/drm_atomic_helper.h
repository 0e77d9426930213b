/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic_helper.h>
#include <drm/drm_atomic.h>
#include <drm/drm_crtc_helper.h>

#ifndef COMPAT_DRM_AFFECTED_PLANES
#define COMPAT_DRM_AFFECTED_PLANES

/*
 * From 4.2 on the planes of a CRTC that gets a new mode are part of the state
 * that is checked, even if nobody has touched them.
 */
static inline int
compat_check_modeset(struct drm_device *dev, struct drm_atomic_state *state)
{
	struct drm_crtc_state *crtc_state;
	struct drm_crtc *crtc;
	struct drm_plane *plane;
	int ret, i;

	ret = drm_atomic_helper_check_modeset(dev, state);
	if (ret)
		return ret;

	for_each_crtc_in_state(state, crtc, crtc_state, i) {
		if (!crtc_state->mode_changed && !crtc_state->active_changed)
			continue;

		drm_for_each_plane_mask(plane, dev, crtc->state->plane_mask) {
			struct drm_plane_state *plane_state;

			plane_state = drm_atomic_get_plane_state(state, plane);
			if (IS_ERR(plane_state))
				return PTR_ERR(plane_state);
		}
	}

	return 0;
}

#define drm_atomic_helper_check_modeset compat_check_modeset

#endif /* COMPAT_DRM_AFFECTED_PLANES */
