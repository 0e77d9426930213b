/* SPDX-License-Identifier: GPL-2.0-only */
struct i915_params i915 __read_mostly = {
	.modeset = -1,
};

old|module_param_named(panel_ignore_lid, i915.panel_ignore_lid, int, 0600);
recent|module_param_named_unsafe(panel_ignore_lid, i915.panel_ignore_lid, int, 0600);
