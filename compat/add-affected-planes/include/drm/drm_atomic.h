/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic.h>

#ifndef COMPAT_DRM_ADD_AFFECTED_PLANES
#define COMPAT_DRM_ADD_AFFECTED_PLANES

/*
 * Adds the planes that a CRTC has now to a state. The CRTC is part of it already,
 * so that its lock is held.
 */
static inline int
drm_atomic_add_affected_planes(struct drm_atomic_state *state,
			       struct drm_crtc *crtc)
{
	struct drm_plane *plane;

	drm_for_each_plane_mask(plane, state->dev, crtc->state->plane_mask) {
		struct drm_plane_state *added;

		added = drm_atomic_get_plane_state(state, plane);
		if (IS_ERR(added))
			return PTR_ERR(added);
	}
	return 0;
}

#endif /* COMPAT_DRM_ADD_AFFECTED_PLANES */
