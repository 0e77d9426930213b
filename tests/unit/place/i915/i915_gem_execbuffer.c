/* SPDX-License-Identifier: GPL-2.0-only */
static int eb_lookup_vmas(struct eb_vmas *eb)
{
	do {
		/* To the list of VMAs */
		list_add_tail(&vma->exec_list, &eb->vmas);
	} while (0);
	return 0;
}

int i915_gem_ringbuffer_submission(struct drm_device *dev)
{
	i915_gem_execbuffer_move_to_active(vmas, ring);
	return 0;
}
