/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/io.h>

#ifndef COMPAT_MEMREMAP
#define COMPAT_MEMREMAP

/*
 * Only what i915 asks for: memory of the firmware, cached. Until 4.2 it is
 * mapped like a device's, and system RAM is refused.
 */
enum { MEMREMAP_WB = 1 };

static inline void *memremap(resource_size_t offset, size_t size,
			     unsigned long flags)
{
	return (__force void *)ioremap_cache(offset, size);
}

static inline void memunmap(void *addr)
{
	iounmap((void __iomem *)addr);
}

#endif /* COMPAT_MEMREMAP */
