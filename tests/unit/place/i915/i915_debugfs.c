/* SPDX-License-Identifier: GPL-2.0-only */
static int i915_ppgtt_info(struct seq_file *m, void *data)
{
	return 0;
}

static int i915_drop_caches_set(void *data, u64 val)
{
	if (val & (DROP_RETIRE | DROP_ACTIVE))
		i915_gem_retire_requests(dev);

	mutex_unlock(&dev->struct_mutex);

	return ret;
}

static const struct drm_info_list i915_debugfs_list[] = {
	{"i915_ppgtt_info", i915_ppgtt_info, 0},
};
