/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic_helper.h>
#include <drm/drm_atomic.h>
#include <drm/drm_crtc_helper.h>
#include <drm/drm_plane_helper.h>

#ifndef COMPAT_DRM_COMMIT_PLANES_ON_CRTC
#define COMPAT_DRM_COMMIT_PLANES_ON_CRTC

/*
 * drm_atomic_helper_commit_planes() for one CRTC: the planes that it had or has.
 * The new state is in place; the old one is what @old_crtc_state belongs to.
 */
static inline void
drm_atomic_helper_commit_planes_on_crtc(struct drm_crtc_state *old_crtc_state)
{
	struct drm_crtc *crtc = old_crtc_state->crtc;
	const struct drm_crtc_helper_funcs *funcs = crtc->helper_private;
	struct drm_plane_state *old;
	struct drm_plane *plane;
	int i;

	if (funcs && funcs->atomic_begin)
		funcs->atomic_begin(crtc);

	for_each_plane_in_state(old_crtc_state->state, plane, old, i) {
		const struct drm_plane_helper_funcs *update =
			plane->helper_private;

		if (!update || (old->crtc != crtc && plane->state->crtc != crtc))
			continue;

		if (old->crtc && !plane->state->crtc && update->atomic_disable)
			update->atomic_disable(plane, old);
		else
			update->atomic_update(plane, old);
	}

	if (funcs && funcs->atomic_flush)
		funcs->atomic_flush(crtc);
}

#endif /* COMPAT_DRM_COMMIT_PLANES_ON_CRTC */
