/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drmP.h>

#ifndef COMPAT_DRM_PLANE_FROM_INDEX
#define COMPAT_DRM_PLANE_FROM_INDEX

/*
 * Under mode_config.mutex or before the device is registered, as all planes are
 * made then and none goes before the device does. NULL if there is no such plane.
 */
static inline struct drm_plane *drm_plane_from_index(struct drm_device *dev,
						     int idx)
{
	struct drm_plane *plane;

	list_for_each_entry(plane, &dev->mode_config.plane_list, head)
		if (idx-- == 0)
			return plane;
	return NULL;
}

#endif /* COMPAT_DRM_PLANE_FROM_INDEX */
