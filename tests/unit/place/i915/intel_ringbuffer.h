/* SPDX-License-Identifier: GPL-2.0-only */
struct intel_engine_cs {
oldest|	struct drm_i915_gem_request *preallocated_lazy_request;
middle|	struct drm_i915_gem_request *outstanding_lazy_request;
	u32 id;
};
