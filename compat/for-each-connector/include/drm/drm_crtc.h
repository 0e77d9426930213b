/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_crtc.h>

#ifndef COMPAT_DRM_FOR_EACH_CONNECTOR
#define COMPAT_DRM_FOR_EACH_CONNECTOR

/*
 * That of 4.3 also warns if the list is not locked.
 */
#define drm_for_each_connector(connector, dev) \
	list_for_each_entry(connector, &(dev)->mode_config.connector_list, head)

#endif /* COMPAT_DRM_FOR_EACH_CONNECTOR */
