/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_crtc.h>

#ifndef COMPAT_DRM_CONNECTORS_CHANGED
#define COMPAT_DRM_CONNECTORS_CHANGED

/*
 * Until 4.2 a change of a CRTC's connectors is told by the flag that tells of any
 * change that needs a full modeset.
 */
#define connectors_changed mode_changed

#endif /* COMPAT_DRM_CONNECTORS_CHANGED */
