destroys|/* SPDX-License-Identifier: GPL-2.0-only */
destroys|static struct i915_vma *
destroys|vma_create(struct drm_i915_gem_object *obj, struct i915_address_space *vm)
destroys|{
destroys|	if (i915_is_ggtt(vm)) {
destroys|		vma->flags |= I915_VMA_GGTT;
destroys|		list_add(&vma->obj_link, &obj->vma_list);
destroys|	} else {
destroys|		i915_ppgtt_get(i915_vm_to_ppgtt(vm));
destroys|		list_add_tail(&vma->obj_link, &obj->vma_list);
destroys|	}
destroys|
destroys|	return vma;
destroys|}
destroys|
destroys|static void __i915_vma_destroy(struct i915_vma *vma)
destroys|{
destroys|	list_del(&vma->vm_link);
destroys|
destroys|	if (!i915_vma_is_ggtt(vma))
destroys|		i915_ppgtt_put(i915_vm_to_ppgtt(vma->vm));
destroys|
destroys|	kmem_cache_free(vmas, vma);
destroys|}
