/* SPDX-License-Identifier: GPL-2.0-only */
#include "i915_types.h"

struct i915_vma *make_vma(struct drm_i915_gem_object *obj, struct i915_address_space *vm)
{
	struct i915_vma *vma = kzalloc(sizeof(*vma), GFP_KERNEL);

	if (!vma)
		return NULL;
	INIT_LIST_HEAD(&vma->side_link);
	vma->vm = vm;
	vma->obj = obj;
	if (vm != &obj->i915->ggtt)
		ppgtt_hold(around(vm));
	return vma;
}

int place(struct i915_vma *vma)
{
	int err = drm_mm_insert_node(&vma->vm->mm, &vma->node, vma->obj->size);

	if (err)
		return err;
	list_add_tail(&vma->side_link, &vma->vm->idle_side);
	return 0;
}

void gpu_uses(struct i915_vma *vma)
{
	list_move_tail(&vma->side_link, &vma->vm->busy_side);
}

static void vma_gone(struct i915_vma *vma)
{
	ppgtt_drop(around(vma->vm));
	kfree(vma);
}

int take_apart(struct i915_vma *vma, bool wait)
{
	if (wait && object_wait_rendering(vma->obj))
		return -EINTR;
	list_del_init(&vma->side_link);
	drm_mm_remove_node(&vma->node);
	vma_gone(vma);
	return 0;
}

/* The last reference on the address space: no VMA can be left here. */
void ppgtt_last(struct kref *ref)
{
	struct i915_hw_ppgtt *p = container_of(ref, struct i915_hw_ppgtt, users);

	WARN_ON(!list_empty(&p->base.idle_side));
	drm_mm_takedown(&p->base.mm);
	p->base.cleanup(&p->base);
	kfree(p);
}
