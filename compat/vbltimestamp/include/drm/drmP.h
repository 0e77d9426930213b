/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drmP.h>

#ifndef COMPAT_DRM_CALC_VBLTIMESTAMP
#define COMPAT_DRM_CALC_VBLTIMESTAMP

/*
 * Until 4.3 the durations of a frame and of a line are the CRTC's. It is the
 * one whose mode is asked for.
 */
#define drm_calc_vbltimestamp_from_scanoutpos(dev, pipe, err, time, flags, mode) \
	drm_calc_vbltimestamp_from_scanoutpos(dev, pipe, err, time, flags, \
		container_of(mode, struct drm_crtc, hwmode), mode)

#endif /* COMPAT_DRM_CALC_VBLTIMESTAMP */
