/* SPDX-License-Identifier: GPL-2.0-only */
#include "i915_types.h"

static int destroy_ioctl(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct file_private *fp = file->driver_priv;
	struct intel_context *ctx = idr_find(&fp->contexts, 1);

	idr_remove(&fp->contexts, 1);
	context_drop(ctx);
	return 0;
}

static int drop_one(int id, void *p, void *data)
{
	struct intel_context *ctx = p;

	context_drop(ctx);
	return 0;
}

static void file_gone(struct drm_device *dev, struct drm_file *file)
{
	struct file_private *fp = file->driver_priv;

	idr_for_each(&fp->contexts, drop_one, NULL);
}

static const struct drm_ioctl_desc ioctls[] = {
	DRM_IOCTL_DEF_DRV(I915_GEM_CONTEXT_DESTROY, destroy_ioctl, DRM_RENDER_ALLOW),
};

static struct drm_driver driver = {
	.postclose = file_gone,
	.ioctls = ioctls,
};
