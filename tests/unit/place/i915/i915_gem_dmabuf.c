/* SPDX-License-Identifier: GPL-2.0-only */
static int i915_gem_object_get_pages_dmabuf(struct drm_i915_gem_object *obj)
{
	obj->pages = sg;
old|	obj->has_dma_mapping = true;
	return 0;
}

static void i915_gem_object_put_pages_dmabuf(struct drm_i915_gem_object *obj)
{
	unmap(obj);
old|	obj->has_dma_mapping = false;
}
