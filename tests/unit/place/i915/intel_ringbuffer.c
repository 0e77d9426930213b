/* SPDX-License-Identifier: GPL-2.0-only */
static int intel_ring_alloc_seqno(struct intel_engine_cs *ring)
{
oldest|	if (!ring->preallocated_lazy_request) {
oldest|		ring->preallocated_lazy_request = request;
oldest|	}
	return 0;
}
