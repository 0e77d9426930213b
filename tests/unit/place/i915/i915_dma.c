apart|/* SPDX-License-Identifier: GPL-2.0-only */
apart|static int i915_load_modeset_init(struct drm_device *dev)
apart|{
apart|	return 0;
apart|
apart|cleanup_gem:
apart|	mutex_lock(&dev->struct_mutex);
apart|	i915_gem_context_fini(dev);
apart|	mutex_unlock(&dev->struct_mutex);
apart|	return -EIO;
apart|}
apart|
apart|int i915_driver_unload(struct drm_device *dev)
apart|{
old|	if (drm_core_check_feature(dev, DRIVER_MODESET)) {
old|		mutex_lock(&dev->struct_mutex);
old|		i915_gem_context_fini(dev);
old|		mutex_unlock(&dev->struct_mutex);
old|	}
reserves|	mutex_lock(&dev->struct_mutex);
reserves|	i915_gem_context_fini(dev);
reserves|	mutex_unlock(&dev->struct_mutex);
apart|	return 0;
apart|}
apart|
apart|void i915_driver_postclose(struct drm_device *dev, struct drm_file *file)
apart|{
apart|	struct drm_i915_file_private *file_priv = file->driver_priv;
apart|
apart|	kfree(file_priv);
apart|}
