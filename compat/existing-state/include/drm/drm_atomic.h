/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic.h>

#ifndef COMPAT_DRM_EXISTING_STATE
#define COMPAT_DRM_EXISTING_STATE

/*
 * What is part of a state already; NULL if it is not. Until 4.1 everybody looks
 * into the arrays.
 */
static inline struct drm_crtc_state *
drm_atomic_get_existing_crtc_state(struct drm_atomic_state *state,
				   struct drm_crtc *crtc)
{
	return state->crtc_states[drm_crtc_index(crtc)];
}

/* A connector that was plugged in after the state was made has no place in it. */
static inline struct drm_connector_state *
drm_atomic_get_existing_connector_state(struct drm_atomic_state *state,
					struct drm_connector *connector)
{
	int i = drm_connector_index(connector);

	return i < state->num_connector ? state->connector_states[i] : NULL;
}

#endif /* COMPAT_DRM_EXISTING_STATE */
