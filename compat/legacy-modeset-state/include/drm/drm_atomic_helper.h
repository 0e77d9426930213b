/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_atomic_helper.h>
#include <drm/drm_atomic.h>

#ifndef COMPAT_DRM_LEGACY_MODESET_STATE
#define COMPAT_DRM_LEGACY_MODESET_STATE

/*
 * What those look at who know nothing of atomic state, after the new one is in
 * place: 4.1 does that within the helpers of a commit, which i915 does not use.
 * From 4.3 on connector->dpms is part of it, and drivers of 4.3 leave it alone: a
 * CRT whose connector is thought to be off is enabled without sync signals.
 */
static inline void
compat_update_legacy_modeset_state(struct drm_device *dev,
				   struct drm_atomic_state *old_state)
{
	struct drm_connector_state *old_connector_state;
	struct drm_crtc_state *old_crtc_state;
	struct drm_connector *connector;
	struct drm_crtc *crtc;
	int i;

	for_each_connector_in_state(old_state, connector,
				    old_connector_state, i) {
		crtc = connector->state->crtc;
		if (connector->encoder) {
			connector->encoder->crtc = NULL;
			connector->encoder = NULL;
		}

		if (crtc ? !drm_atomic_crtc_needs_modeset(crtc->state) :
			   !old_connector_state->crtc)
			continue;

		connector->dpms = crtc && crtc->state->active ?
			DRM_MODE_DPMS_ON : DRM_MODE_DPMS_OFF;
		drm_object_property_set_value(&connector->base,
					      dev->mode_config.dpms_property,
					      connector->dpms);
	}

	/* Not before all are unlinked: an encoder may have gone from one to another */
	for_each_connector_in_state(old_state, connector,
				    old_connector_state, i) {
		crtc = connector->state->crtc;
		if (!crtc || WARN_ON(!connector->state->best_encoder))
			continue;

		connector->encoder = connector->state->best_encoder;
		connector->encoder->crtc = crtc;
	}

	for_each_crtc_in_state(old_state, crtc, old_crtc_state, i) {
		struct drm_plane *primary = crtc->primary;

		crtc->mode = crtc->state->mode;
		crtc->enabled = crtc->state->enable;

		if (old_state->planes[drm_plane_index(primary)] &&
		    primary->state->crtc == crtc) {
			crtc->x = primary->state->src_x >> 16;
			crtc->y = primary->state->src_y >> 16;
		}

		if (crtc->enabled)
			drm_calc_timestamping_constants(crtc,
							&crtc->state->adjusted_mode);
	}
}

#define drm_atomic_helper_update_legacy_modeset_state \
	compat_update_legacy_modeset_state

#endif /* COMPAT_DRM_LEGACY_MODESET_STATE */
