/* SPDX-License-Identifier: GPL-2.0-only */
latest|static void i915_gem_fini(struct drm_device *dev)
latest|{
latest|	mutex_lock(&dev->struct_mutex);
latest|	i915_gem_context_fini(dev);
latest|	mutex_unlock(&dev->struct_mutex);
latest|}
latest|
latest|static void i915_driver_postclose(struct drm_device *dev, struct drm_file *file)
latest|{
latest|	struct drm_i915_file_private *file_priv = file->driver_priv;
latest|
latest|	kfree(file_priv);
latest|}
latest|
static struct drm_driver driver = {
	.open = i915_driver_open,
	.gem_free_object = i915_gem_free_object,
};
