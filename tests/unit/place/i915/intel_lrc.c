/* SPDX-License-Identifier: GPL-2.0-only */
int intel_execlists_submission(struct drm_device *dev)
{
	i915_gem_execbuffer_move_to_active(vmas, ring);
	return 0;
}
oldest|
oldest|static int logical_ring_alloc_seqno(struct intel_engine_cs *ring)
oldest|{
oldest|	if (!ring->preallocated_lazy_request) {
oldest|		ring->preallocated_lazy_request = request;
oldest|	}
oldest|	return 0;
oldest|}
