/* SPDX-License-Identifier: GPL-2.0-only */
old|static void i915_gem_object_put_pages_phys(struct drm_i915_gem_object *obj)
old|{
old|	kfree(obj->pages);
old|
old|	obj->has_dma_mapping = false;
old|}
old|
old|static int i915_gem_object_get_pages_phys(struct drm_i915_gem_object *obj)
old|{
old|	obj->pages = st;
old|	obj->has_dma_mapping = true;
old|	return 0;
old|}
old|
old|static void i915_gem_object_put_pages_gtt(struct drm_i915_gem_object *obj)
old|{
old|	if (i915_gem_object_needs_bit17_swizzle(obj))
old|		i915_gem_object_save_bit_17_swizzle(obj);
old|}
old|
old|static int i915_gem_object_get_pages_gtt(struct drm_i915_gem_object *obj)
old|{
old|	struct page *page;
old|	gfp_t gfp;
old|
old|	for (i = 0; i < page_count; i++) {
old|		if (IS_ERR(page)) {
old|			page = shmem_read_mapping_page(mapping, i);
old|			if (IS_ERR(page))
old|				goto err_pages;
old|		}
old|	}
old|	obj->pages = st;
old|
old|	return 0;
old|
old|err_pages:
old|	if (PTR_ERR(page) == -ENOSPC)
old|		return -ENOMEM;
old|	else
old|		return PTR_ERR(page);
old|}
old|
oldest|static void i915_gem_free_request(struct drm_i915_gem_request *request)
oldest|{
oldest|	if (ctx) {
oldest|		i915_gem_context_unreference(ctx);
oldest|	}
oldest|	kfree(request);
oldest|}
oldest|
oldest|static void i915_gem_reset_ring_cleanup(struct drm_i915_private *dev_priv)
oldest|{
oldest|	/* These may not have been flushed */
oldest|	kfree(ring->preallocated_lazy_request);
oldest|}
within|static void i915_gem_request_retire(struct drm_i915_gem_request *request)
within|{
within|	list_del_init(&request->list);
within|
within|	i915_gem_context_unreference(request->ctx);
within|	i915_gem_request_unreference(request);
within|}
within|
newer|void i915_gem_request_free(struct kref *req_ref)
newer|{
keeps|	if (ctx) {
keeps|		i915_gem_context_unreference(ctx);
keeps|	}
latest|	kmem_cache_free(req->i915->requests, req);
newer|}
new|
reserves|int i915_gem_request_alloc(struct intel_engine_cs *ring)
reserves|{
reserves|	/* So that it cannot fail later */
reserves|	if (i915.enable_execlists)
reserves|		ret = intel_logical_ring_reserve_space(req);
reserves|	else
reserves|		ret = intel_ring_reserve_space(req);
reserves|	return ret;
reserves|}
within|static int __i915_gem_request_alloc(struct intel_engine_cs *engine)
within|{
within|	*req_out = NULL;
within|
within|	/* So that it cannot fail later */
within|	if (i915.enable_execlists)
within|		ret = intel_logical_ring_alloc_request_extras(req);
within|	else
within|		ret = intel_ring_alloc_request_extras(req);
within|	if (ret)
within|		goto err_ctx;
within|
within|	*req_out = req;
within|	return 0;
within|
within|err_ctx:
within|	i915_gem_context_unreference(ctx);
within|	return ret;
within|}

new|static int __i915_vma_unbind(struct i915_vma *vma, bool wait)
old|int i915_vma_unbind(struct i915_vma *vma)
halfway|int i915_vma_unbind(struct i915_vma *vma)
{
	if (!drm_mm_node_allocated(&vma->node)) {
		i915_gem_vma_destroy(vma);
		return 0;
	}

halfway|	ret = i915_gem_object_wait_rendering(obj, false);
halfway|	if (ret)
halfway|		return ret;
halfway|
old|	ret = i915_gem_object_finish_gpu(obj);
old|	if (ret)
old|		return ret;
old|
oldest|	/* Throw away the active reference */
oldest|	i915_gem_object_retire(obj);
oldest|
	drm_mm_remove_node(&vma->node);
	i915_gem_vma_destroy(vma);

	if (list_empty(&obj->vma_list)) {
middle|		/* Throw away the active reference */
middle|		i915_gem_object_retire(obj);
old|		i915_gem_gtt_finish_object(obj);
		list_move_tail(&obj->global_list, &dev_priv->mm.unbound_list);
	}
	return 0;
}
new|
new|int __i915_vma_unbind_no_wait(struct i915_vma *vma)
new|{
new|	return __i915_vma_unbind(vma, false);
new|}

int i915_gpu_idle(struct drm_device *dev)
{
	return 0;
}

old|static int i915_gem_object_bind_to_vm(struct drm_i915_gem_object *obj)
old|{
old|	ret = i915_gem_gtt_prepare_object(obj);
old|	if (ret)
old|		goto err_remove_node;
old|
middle|	if (bind(obj))
middle|		goto err_finish_gtt;
middle|
old|	return 0;
old|
middle|err_finish_gtt:
middle|	i915_gem_gtt_finish_object(obj);
old|err_remove_node:
old|	return ret;
old|}
old|
void i915_gem_vma_destroy(struct i915_vma *vma)
{
	if (!list_empty(&vma->exec_list))
		return;

newest|	if (!vma->is_ggtt)
newest|		i915_ppgtt_put(i915_vm_to_ppgtt(vma->vm));
before|	if (!i915_is_ggtt(vm))
before|		i915_ppgtt_put(i915_vm_to_ppgtt(vm));

	kfree(vma);
}

int i915_gem_suspend(struct drm_device *dev)
{
apart|	flush_delayed_work(&dev_priv->mm.idle_work);
latest|	flush_delayed_work(&dev_priv->gt.idle_work);
	return 0;
}

void i915_gem_load(struct drm_device *dev)
{
	INIT_LIST_HEAD(&dev_priv->context_list);
}
oldest|
oldest|unsigned long i915_gem_shrink(struct drm_i915_private *dev_priv, long target)
oldest|{
oldest|	unsigned long count = 0;
oldest|
oldest|	return count;
oldest|}
