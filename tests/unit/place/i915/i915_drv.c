/* SPDX-License-Identifier: GPL-2.0-only */
static struct drm_driver driver = {
	.open = i915_driver_open,
	.gem_free_object = i915_gem_free_object,
};
