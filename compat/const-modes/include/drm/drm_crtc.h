/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_crtc.h>

#ifndef COMPAT_DRM_CREATE_TV_PROPERTIES
#define COMPAT_DRM_CREATE_TV_PROPERTIES

/*
 * Until 4.3 it does not say that it leaves the names as they are.
 */
#define drm_mode_create_tv_properties(dev, n, modes) \
	drm_mode_create_tv_properties(dev, n, (char **)(modes))

#endif /* COMPAT_DRM_CREATE_TV_PROPERTIES */
