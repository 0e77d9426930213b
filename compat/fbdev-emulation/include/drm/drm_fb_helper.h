/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/drm_fb_helper.h>
#include <linux/fb.h>

#ifndef COMPAT_DRM_FBDEV_EMULATION
#define COMPAT_DRM_FBDEV_EMULATION

/*
 * From 4.3 on the helpers make, register and free the fb_info, and wrap fbdev's
 * functions. Until 4.2 each driver did that by itself, with the same calls.
 */
static inline struct fb_info *
drm_fb_helper_alloc_fbi(struct drm_fb_helper *fb_helper)
{
	struct fb_info *info = framebuffer_alloc(0, fb_helper->dev->dev);

	if (!info)
		return ERR_PTR(-ENOMEM);

	if (fb_alloc_cmap(&info->cmap, 256, 0))
		goto err_release;

	info->apertures = alloc_apertures(1);
	if (!info->apertures)
		goto err_cmap;

	fb_helper->fbdev = info;
	return info;

err_cmap:
	fb_dealloc_cmap(&info->cmap);
err_release:
	framebuffer_release(info);
	return ERR_PTR(-ENOMEM);
}

static inline void
drm_fb_helper_unregister_fbi(struct drm_fb_helper *fb_helper)
{
	if (fb_helper->fbdev)
		unregister_framebuffer(fb_helper->fbdev);
}

/* framebuffer_release() frees the apertures. */
static inline void drm_fb_helper_release_fbi(struct drm_fb_helper *fb_helper)
{
	struct fb_info *info = fb_helper->fbdev;

	if (!info)
		return;
	if (info->cmap.len)
		fb_dealloc_cmap(&info->cmap);
	framebuffer_release(info);
	fb_helper->fbdev = NULL;
}

static inline void drm_fb_helper_set_suspend(struct drm_fb_helper *fb_helper,
					     int state)
{
	if (fb_helper && fb_helper->fbdev)
		fb_set_suspend(fb_helper->fbdev, state);
}

#define drm_fb_helper_cfb_fillrect cfb_fillrect
#define drm_fb_helper_cfb_copyarea cfb_copyarea
#define drm_fb_helper_cfb_imageblit cfb_imageblit

#endif /* COMPAT_DRM_FBDEV_EMULATION */
