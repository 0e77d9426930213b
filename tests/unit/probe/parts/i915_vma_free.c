/* SPDX-License-Identifier: GPL-2.0-only */
/* VMAs that do not hold their address space. */
#include "i915_types.h"

static struct i915_vma *vma_alloc(void)
{
	return kmem_cache_zalloc(vma_slab, GFP_KERNEL);
}

static struct i915_vma *new_vma(struct drm_i915_gem_object *obj, struct i915_address_space *vm)
{
	struct i915_vma *vma = vma_alloc();

	if (!vma)
		return NULL;
	vma->vm = vm;
	vma->obj = obj;
	list_add(&vma->side_link, &vm->idle_side);
	return vma;
}

static struct i915_vma *lookup(struct drm_i915_gem_object *obj, struct i915_address_space *vm)
{
	struct i915_vma *vma;

	list_for_each_entry(vma, &obj->vmas, all_link)
		if (vma->vm == vm)
			return vma;
	return NULL;
}

struct i915_vma *vma_for(struct drm_i915_gem_object *obj, struct i915_address_space *vm)
{
	struct i915_vma *vma = lookup(obj, vm);

	return vma ? vma : new_vma(obj, vm);
}

void gpu_uses(struct i915_vma *vma)
{
	list_move_tail(&vma->side_link, &vma->vm->busy_side);
}

int take_apart(struct i915_vma *vma, bool wait)
{
	list_del_init(&vma->side_link);
	drm_mm_remove_node(&vma->node);
	kmem_cache_free(vma_slab, vma);
	return 0;
}
