/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_crtc.h>

#ifndef COMPAT_DRM_FOR_EACH_LEGACY_PLANE
#define COMPAT_DRM_FOR_EACH_LEGACY_PLANE

/*
 * Until 4.2 it walks the list that it is given.
 */
#undef drm_for_each_legacy_plane
#define drm_for_each_legacy_plane(plane, dev) \
	list_for_each_entry(plane, &(dev)->mode_config.plane_list, head) \
		if (plane->type == DRM_PLANE_TYPE_OVERLAY)

#endif /* COMPAT_DRM_FOR_EACH_LEGACY_PLANE */
