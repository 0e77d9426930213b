own|/* SPDX-License-Identifier: GPL-2.0-only */
own|struct drm_i915_gem_request {
own|	struct intel_context *ctx;
own|
own|	/** Batch buffer, if any */
own|	struct drm_i915_gem_object *batch_obj;
own|};
