/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic_helper.h>
#include <drm/drm_atomic.h>

#ifndef COMPAT_DRM_ATOMIC_UPDATE_PLANE
#define COMPAT_DRM_ATOMIC_UPDATE_PLANE

/*
 * Until 4.1 a state is marked as the cursor's after it was committed. It is freed
 * by then, and the update did wait for a vblank. From 4.2 on it is marked before.
 */
static inline int
compat_update_plane(struct drm_plane *plane, struct drm_crtc *crtc,
		    struct drm_framebuffer *fb, int crtc_x, int crtc_y,
		    unsigned int crtc_w, unsigned int crtc_h,
		    u32 src_x, u32 src_y, u32 src_w, u32 src_h)
{
	struct drm_plane_state *plane_state;
	struct drm_atomic_state *state;
	int ret;

	state = drm_atomic_state_alloc(plane->dev);
	if (!state)
		return -ENOMEM;

	state->acquire_ctx = drm_modeset_legacy_acquire_ctx(crtc);
	state->legacy_cursor_update = plane == crtc->cursor;
retry:
	plane_state = drm_atomic_get_plane_state(state, plane);
	ret = PTR_ERR_OR_ZERO(plane_state);
	if (!ret)
		ret = drm_atomic_set_crtc_for_plane(plane_state, crtc);
	if (!ret) {
		drm_atomic_set_fb_for_plane(plane_state, fb);
		plane_state->crtc_x = crtc_x;
		plane_state->crtc_y = crtc_y;
		plane_state->crtc_w = crtc_w;
		plane_state->crtc_h = crtc_h;
		plane_state->src_x = src_x;
		plane_state->src_y = src_y;
		plane_state->src_w = src_w;
		plane_state->src_h = src_h;
		ret = drm_atomic_commit(state);
	}
	if (ret == -EDEADLK) {
		drm_atomic_state_clear(state);
		drm_atomic_legacy_backoff(state);
		/* The framebuffer may be another by now; the caller counts it */
		plane->old_fb = plane->fb;
		goto retry;
	}

	/* One that is committed belongs to the driver */
	if (ret)
		drm_atomic_state_free(state);
	return ret;
}

#define drm_atomic_helper_update_plane compat_update_plane

#endif /* COMPAT_DRM_ATOMIC_UPDATE_PLANE */
