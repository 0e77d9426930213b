newer|/* SPDX-License-Identifier: GPL-2.0-only */
newer|unsigned long i915_gem_shrink(struct drm_i915_private *dev_priv, long target)
newer|{
newer|	unsigned long count = 0;
newer|
recent|	trace_i915_gem_shrink(dev_priv, target, flags);
newer|	return count;
newer|}
