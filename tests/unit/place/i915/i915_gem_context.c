/* SPDX-License-Identifier: GPL-2.0-only */
new|static void i915_gem_context_clean(struct intel_context *ctx)
new|{
new|	list_for_each_entry_safe(vma, next, &ctx->ppgtt->base.inactive_list, mm_list)
new|		__i915_vma_unbind_no_wait(vma);
new|}
new|
void i915_gem_context_free(struct kref *ctx_ref)
{
	struct intel_context *ctx = container_of(ctx_ref, typeof(*ctx), ref);

new|	i915_gem_context_clean(ctx);
	i915_ppgtt_put(ctx->ppgtt);
	kfree(ctx);
}

static int context_idr_cleanup(int id, void *p, void *data)
{
	struct intel_context *ctx = p;

refs|	i915_gem_context_unreference(ctx);
own|	i915_gem_context_put(ctx);
	return 0;
}

void i915_gem_context_close(struct drm_device *dev, struct drm_file *file)
{
	idr_for_each(&file_priv->context_idr, context_idr_cleanup, NULL);
}

int i915_gem_context_destroy_ioctl(struct drm_device *dev, void *data)
{
	idr_remove(&ctx->file_priv->context_idr, ctx->user_handle);
refs|	i915_gem_context_unreference(ctx);
own|	i915_gem_context_put(ctx);
	mutex_unlock(&dev->struct_mutex);

	DRM_DEBUG_DRIVER("HW context %d destroyed\n", args->ctx_id);
	return 0;
}
