/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_dp_helper.h>

#ifndef COMPAT_DRM_DP_TPS3
#define COMPAT_DRM_DP_TPS3

/*
 * DisplayPort 1.2: sinks of that revision say whether they know training pattern
 * 3. The AUX command had a name that is short of what it does.
 */
static inline bool
drm_dp_tps3_supported(const u8 dpcd[DP_RECEIVER_CAP_SIZE])
{
	return dpcd[DP_DPCD_REV] >= 0x12 &&
	       (dpcd[DP_MAX_LANE_COUNT] & DP_TPS3_SUPPORTED);
}

#define DP_AUX_I2C_WRITE_STATUS_UPDATE DP_AUX_I2C_STATUS

#endif /* COMPAT_DRM_DP_TPS3 */
