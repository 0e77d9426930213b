/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_edid.h>

#ifndef COMPAT_DRM_AV_SYNC_DELAY
#define COMPAT_DRM_AV_SYNC_DELAY

/*
 * Until 4.3 it does not say that it leaves the mode as it is.
 */
#define drm_av_sync_delay(connector, mode) \
	drm_av_sync_delay(connector, (struct drm_display_mode *)(mode))

#endif /* COMPAT_DRM_AV_SYNC_DELAY */
