/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <drm/intel-gtt.h>

#ifndef COMPAT_INTEL_GTT_GET
#define COMPAT_INTEL_GTT_GET

/*
 * Until 4.2 the sizes are of the types of a 32-bit kernel's pointers. The GTT that
 * this function tells of, that of GMCH, has 2 GiB at most.
 */
static inline void compat_intel_gtt_get(u64 *gtt_total, size_t *stolen_size,
					phys_addr_t *mappable_base,
					u64 *mappable_end)
{
	unsigned long end;
	size_t total;

	intel_gtt_get(&total, stolen_size, mappable_base, &end);
	*gtt_total = total;
	*mappable_end = end;
}

#define intel_gtt_get compat_intel_gtt_get

#endif /* COMPAT_INTEL_GTT_GET */
