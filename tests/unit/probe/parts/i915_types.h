/* SPDX-License-Identifier: GPL-2.0-only */
/* A miniature of an i915 in which a VMA holds its address space. */
#ifndef MINI_TYPES_H
#define MINI_TYPES_H

struct i915_address_space {
	struct drm_mm mm;
	struct list_head busy_side;	/* its object is in use */
	struct list_head idle_side;
	void (*cleanup)(struct i915_address_space *vm);
};

struct i915_hw_ppgtt {
	struct i915_address_space base;
	struct kref users;
	struct list_head everything;
	struct work_struct reap;
};

struct i915_vma {
	struct drm_mm_node node;
	struct drm_i915_gem_object *obj;
	struct i915_address_space *vm;
	struct list_head side_link;
	struct list_head all_link;
	struct list_head doomed_link;
};

struct intel_context {
	struct kref ref;
	struct drm_i915_private *i915;
	struct i915_hw_ppgtt *ppgtt;
	struct work_struct end_work;
	struct list_head dead_link;
};

struct drm_i915_private {
	struct i915_address_space ggtt;
	struct list_head doomed, dead;
	struct workqueue_struct *wq;
	struct work_struct dead_work;
};

void ppgtt_last(struct kref *ref);
void context_last(struct kref *ref);
int take_apart(struct i915_vma *vma, bool wait);

static inline void ppgtt_hold(struct i915_hw_ppgtt *p)
{
	if (p)
		kref_get(&p->users);
}

static inline void ppgtt_drop(struct i915_hw_ppgtt *p)
{
	if (p)
		kref_put(&p->users, ppgtt_last);
}

static inline struct i915_hw_ppgtt *around(struct i915_address_space *vm)
{
	return container_of(vm, struct i915_hw_ppgtt, base);
}

static inline void context_drop(struct intel_context *ctx)
{
	kref_put(&ctx->ref, context_last);
}

#endif
