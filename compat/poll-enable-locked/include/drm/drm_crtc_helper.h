/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_crtc_helper.h>

#ifndef COMPAT_DRM_POLL_ENABLE_LOCKED
#define COMPAT_DRM_POLL_ENABLE_LOCKED

/*
 * Until 4.2 the function of the old name takes no lock, and is called with it held.
 */
#define drm_kms_helper_poll_enable_locked drm_kms_helper_poll_enable

#endif /* COMPAT_DRM_POLL_ENABLE_LOCKED */
