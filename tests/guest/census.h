/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver holds, counted from several sides that know nothing of each
 * other: by its own listing, and by the kernel's allocator.
 */
#ifndef CENSUS_H
#define CENSUS_H

enum source {
	/*
	 * VMAs in PPGTTs, as debugfs i915_gem_gtt lists them (drivers up to
	 * 4.20): of bound objects, VMAs that are not bound included.
	 */
	VMAS_LISTED,
	/* What the fixed driver still has to clean up. */
	CLEANUP_PENDING,
	/*
	 * VMAs in memory: their slab cache (4.2 and later, booted with
	 * slab_nomerge), else what the function that makes them has allocated
	 * (booted with slub_debug=U).
	 */
	VMAS_IN_MEMORY,
	/* PPGTTs and their page tables, by the function that allocates them. */
	PPGTTS,
	PAGE_TABLES,
	/*
	 * DMA mappings, of all devices, by the kernel's own checks of them
	 * (CONFIG_DMA_API_DEBUG). To be asked for by dma_debug_entries=, along
	 * with iommu=soft: else i915 maps what lies side by side in memory as
	 * one, and the same object is now one mapping and then another number.
	 */
	DMA_MAPPINGS,
	N_SOURCES
};

/* -1: this kernel does not have the source. */
struct census {
	long count[N_SOURCES];
};

extern const char *const source_names[N_SOURCES];

/*
 * Find out which of the allocator's listings to read: to be called once, while
 * a PPGTT with a VMA is there.
 */
void census_learn(void);

struct census census_take(void);

/* The same of the sources only that are quickly read; the allocator's listings are not. */
struct census census_glance(void);

/* The number after "@key: " in debugfs i915_context_cleanup, or -1 if there is none. */
long cleanup_counter(const char *key);

/* What a missing source would need, or why it cannot be had. */
const char *census_missing(enum source source);

/* Memory that can be had without swapping, in KiB, and free memory, in KiB. */
long memory_available(void);
long memory_free(void);

#endif
