/* SPDX-License-Identifier: GPL-2.0-only */
static void gen6_ppgtt_cleanup(struct i915_address_space *vm)
{
	drm_mm_remove_node(&ppgtt->node);

	gen6_ppgtt_free(ppgtt);
}

static void gen8_ppgtt_cleanup(struct i915_address_space *vm)
{
reserves|	if (intel_vgpu_active(vm->dev))
latest|	if (intel_vgpu_active(to_i915(vm->dev)))
recent|		gen8_ppgtt_notify_vgt(ppgtt, false);

	gen8_ppgtt_free(ppgtt);
}

int i915_ppgtt_init(struct drm_device *dev, struct i915_hw_ppgtt *ppgtt)
{
	if (ret == 0) {
		kref_init(&ppgtt->ref);
	}
	return ret;
}

void  i915_ppgtt_release(struct kref *kref)
{
destroys|	ppgtt_destroy_vma(&ppgtt->base);
	drm_mm_takedown(&ppgtt->base.mm);

	ppgtt->base.cleanup(&ppgtt->base);
	kfree(ppgtt);
}

static void ppgtt_unbind_vma(struct i915_vma *vma)
{
	vma->vm->clear_range(vma->vm, vma->node.start, vma->node.size, true);
}

old|int i915_gem_gtt_prepare_object(struct drm_i915_gem_object *obj)
old|{
old|	if (obj->has_dma_mapping)
old|		return 0;
old|
old|	return dma_map_sg(obj);
old|}
old|
old|void i915_gem_gtt_finish_object(struct drm_i915_gem_object *obj)
old|{
old|	if (!obj->has_dma_mapping)
old|		dma_unmap_sg(&dev->pdev->dev,
old|			     obj->pages->sgl, obj->pages->nents,
old|			     PCI_DMA_BIDIRECTIONAL);
old|}
old|
static struct i915_vma *
__i915_gem_vma_create(struct drm_i915_gem_object *obj,
		      struct i915_address_space *vm)
{
	INIT_LIST_HEAD(&vma->exec_list);

oldest|	if (i915_is_ggtt(vm)) {
oldest|		list_add(&vma->vma_link, &obj->vma_list);
oldest|	} else {
oldest|		list_add_tail(&vma->vma_link, &obj->vma_list);
oldest|		i915_ppgtt_get(i915_vm_to_ppgtt(vm));
oldest|	}
newer|
between|	list_add_tail(&vma->vma_link, &obj->vma_list);
between|	if (!i915_is_ggtt(vm))
between|		i915_ppgtt_get(i915_vm_to_ppgtt(vm));
newest|	if (i915_is_ggtt(vm))
newest|		vma->ggtt_view = *ggtt_view;
newest|	else
newest|		i915_ppgtt_get(i915_vm_to_ppgtt(vm));
newest|
newest|	list_add_tail(&vma->obj_link, &obj->vma_list);

	return vma;
}
