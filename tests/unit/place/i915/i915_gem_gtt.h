/* SPDX-License-Identifier: GPL-2.0-only */
struct drm_i915_file_private;

struct i915_vma {
	struct drm_mm_node node;
before|	struct list_head vma_link;
newest|	struct list_head obj_link;

	/** This vma's place in the batchbuffer */
	struct list_head exec_list;
};

struct i915_hw_ppgtt {
	struct i915_address_space base;
	struct drm_i915_file_private *file_priv;

	int (*enable)(struct i915_hw_ppgtt *ppgtt);
};

void i915_ppgtt_release(struct kref *kref);

void i915_check_and_clear_faults(struct drm_device *dev);
