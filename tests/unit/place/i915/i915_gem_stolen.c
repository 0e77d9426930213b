/* SPDX-License-Identifier: GPL-2.0-only */
static struct drm_i915_gem_object *
_i915_gem_object_create_stolen(struct drm_device *dev)
{
old|	obj->has_dma_mapping = true;
	i915_gem_object_pin_pages(obj);
	return obj;
}
