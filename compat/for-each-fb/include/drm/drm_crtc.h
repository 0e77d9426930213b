/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_crtc.h>

#ifndef COMPAT_DRM_FOR_EACH_FB
#define COMPAT_DRM_FOR_EACH_FB

/*
 * The kernel's own also warns if mode_config.fb_lock is not held.
 */
#define drm_for_each_fb(fb, dev) \
	list_for_each_entry(fb, &(dev)->mode_config.fb_list, head)

#endif /* COMPAT_DRM_FOR_EACH_FB */
