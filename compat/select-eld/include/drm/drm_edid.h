/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_edid.h>

#ifndef COMPAT_DRM_SELECT_ELD
#define COMPAT_DRM_SELECT_ELD

/*
 * Until 4.3 it has a second argument, which it does not look at.
 */
#define drm_select_eld(encoder) drm_select_eld(encoder, NULL)

#endif /* COMPAT_DRM_SELECT_ELD */
