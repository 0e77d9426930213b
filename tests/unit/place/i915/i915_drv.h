/* SPDX-License-Identifier: GPL-2.0-only */
struct drm_i915_file_private {
	struct idr context_idr;
};

struct i915_gem_mm {
	struct list_head bound_list;

	struct notifier_block oom_notifier;
};

apart|struct i915_params {
apart|	/* bools come last */
apart|	bool enable_hangcheck;
apart|	bool fastboot;
apart|};
apart|
struct drm_i915_private {
latest|	struct drm_device drm;
newest|	struct i915_ggtt ggtt;
	struct i915_gem_mm mm;
};

struct drm_i915_gem_object {
	struct list_head vma_list;
old|
old|	unsigned int has_dma_mapping:1;
old|
	unsigned int active:1;
};

refs|struct drm_i915_gem_request {
refs|	struct intel_context *ctx;
refs|
refs|	/** Batch buffer, if any */
refs|	struct drm_i915_gem_object *batch_obj;
refs|};

int __must_check i915_vma_unbind(struct i915_vma *vma);
new|int __must_check __i915_vma_unbind_no_wait(struct i915_vma *vma);

/* i915_gem_evict.c */
int __must_check i915_gem_evict_something(struct drm_device *dev,
					  struct i915_address_space *vm);
