/* SPDX-License-Identifier: GPL-2.0-only */
static int i915_load_modeset_init(struct drm_device *dev)
{
	return 0;

cleanup_gem:
	mutex_lock(&dev->struct_mutex);
	i915_gem_context_fini(dev);
	mutex_unlock(&dev->struct_mutex);
	return -EIO;
}

int i915_driver_unload(struct drm_device *dev)
{
old|	if (drm_core_check_feature(dev, DRIVER_MODESET)) {
old|		mutex_lock(&dev->struct_mutex);
old|		i915_gem_context_fini(dev);
old|		mutex_unlock(&dev->struct_mutex);
old|	}
recent|	mutex_lock(&dev->struct_mutex);
recent|	i915_gem_context_fini(dev);
recent|	mutex_unlock(&dev->struct_mutex);
	return 0;
}

void i915_driver_postclose(struct drm_device *dev, struct drm_file *file)
{
	struct drm_i915_file_private *file_priv = file->driver_priv;

	kfree(file_priv);
}
