/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic_helper.h>
#include <drm/drm_atomic.h>

#ifndef COMPAT_DRM_ATOMIC_SET_CONFIG
#define COMPAT_DRM_ATOMIC_SET_CONFIG

/*
 * Until 4.1 a CRTC that loses its last output to another one stays active without
 * being enabled, and the core's check refuses the whole of it. From 4.2 on it is
 * switched off, and what is off has no mode.
 */
static inline int compat_set_crtc_mode(struct drm_crtc_state *state,
				       struct drm_display_mode *mode)
{
	state->active = mode;
	return drm_atomic_set_mode_for_crtc(state, mode);
}

static inline bool compat_set_has_output(const struct drm_mode_set *set,
					 const struct drm_connector *connector)
{
	size_t i;

	for (i = 0; i < set->num_connectors; i++)
		if (set->connectors[i] == connector)
			return true;
	return false;
}

static inline int compat_set_outputs(struct drm_atomic_state *state,
				     const struct drm_mode_set *set)
{
	struct drm_connector_state *connector_state;
	struct drm_crtc_state *crtc_state;
	struct drm_connector *connector;
	struct drm_crtc *crtc;
	int ret, i;

	ret = drm_modeset_lock(&state->dev->mode_config.connection_mutex,
			       state->acquire_ctx);
	if (ret)
		return ret;

	/* The outputs that are to be there, and the CRTCs that have them now */
	for (i = 0; i < set->num_connectors; i++) {
		connector_state =
			drm_atomic_get_connector_state(state,
						       set->connectors[i]);
		if (IS_ERR(connector_state))
			return PTR_ERR(connector_state);
	}

	/* The outputs that these CRTCs have */
	for_each_crtc_in_state(state, crtc, crtc_state, i) {
		ret = drm_atomic_add_affected_connectors(state, crtc);
		if (ret)
			return ret;
	}

	for_each_connector_in_state(state, connector, connector_state, i) {
		if (compat_set_has_output(set, connector))
			crtc = set->crtc;
		else if (connector_state->crtc == set->crtc)
			crtc = NULL;
		else
			continue;

		ret = drm_atomic_set_crtc_for_connector(connector_state, crtc);
		if (ret)
			return ret;
	}

	for_each_crtc_in_state(state, crtc, crtc_state, i) {
		if (crtc == set->crtc ||
		    drm_atomic_connectors_for_crtc(state, crtc))
			continue;

		ret = compat_set_crtc_mode(crtc_state, NULL);
		if (ret)
			return ret;
	}

	return 0;
}

static inline int compat_set_state(struct drm_atomic_state *state,
				   const struct drm_mode_set *set)
{
	struct drm_display_mode *mode = set->mode;
	struct drm_crtc_state *crtc_state;
	struct drm_plane_state *plane;
	int ret;

	crtc_state = drm_atomic_get_crtc_state(state, set->crtc);
	if (IS_ERR(crtc_state))
		return PTR_ERR(crtc_state);

	plane = drm_atomic_get_plane_state(state, set->crtc->primary);
	if (IS_ERR(plane))
		return PTR_ERR(plane);

	ret = compat_set_crtc_mode(crtc_state, mode);
	if (ret)
		return ret;

	ret = drm_atomic_set_crtc_for_plane(plane, mode ? set->crtc : NULL);
	if (ret)
		return ret;

	drm_atomic_set_fb_for_plane(plane, mode ? set->fb : NULL);
	if (mode) {
		plane->crtc_x = 0;
		plane->crtc_y = 0;
		plane->crtc_w = mode->hdisplay;
		plane->crtc_h = mode->vdisplay;
		plane->src_x = set->x << 16;
		plane->src_y = set->y << 16;
		plane->src_w = mode->hdisplay << 16;
		plane->src_h = mode->vdisplay << 16;
	}

	return compat_set_outputs(state, set);
}

static inline int compat_set_config(struct drm_mode_set *set)
{
	struct drm_plane *primary = set->crtc->primary;
	struct drm_atomic_state *state;
	int ret;

	state = drm_atomic_state_alloc(set->crtc->dev);
	if (!state)
		return -ENOMEM;

	state->acquire_ctx = drm_modeset_legacy_acquire_ctx(set->crtc);
	while ((ret = compat_set_state(state, set) ?:
		      drm_atomic_commit(state)) == -EDEADLK) {
		drm_atomic_state_clear(state);
		drm_atomic_legacy_backoff(state);
		/* The framebuffer may be another by now; the caller counts it */
		primary->old_fb = primary->fb;
	}

	/* One that is committed belongs to the driver */
	if (ret)
		drm_atomic_state_free(state);
	return ret;
}

#define drm_atomic_helper_set_config compat_set_config

#endif /* COMPAT_DRM_ATOMIC_SET_CONFIG */
