/* SPDX-License-Identifier: GPL-2.0-only */
static void
__i915_gem_userptr_get_pages_worker(struct work_struct *_work)
{
	if (pinned == num_pages) {
		ret = st_set_pages(&obj->pages, pvec, num_pages);
	}
}

static int
i915_gem_userptr_get_pages(struct drm_i915_gem_object *obj)
{
	if (pinned == num_pages)
		ret = st_set_pages(&obj->pages, pvec, num_pages);
	return ret;
}

static void
i915_gem_userptr_put_pages(struct drm_i915_gem_object *obj)
{
	for_each_sg_page(obj->pages->sgl, &sg_iter, obj->pages->nents, 0) {
		put_page(sg_page_iter_page(&sg_iter));
	}
}
