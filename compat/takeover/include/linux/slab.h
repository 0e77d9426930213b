/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SLUB refuses a second cache of one name, unless it has merged the first with others. Later
 * drivers (seen in 6.1) make their caches when they are loaded, not when they get the GPU.
 */
#ifndef I915_BACKPORT_TAKEOVER_SLAB_H
#define I915_BACKPORT_TAKEOVER_SLAB_H

#include_next <linux/slab.h>

#define kmem_cache_create(name, ...) kmem_cache_create(KBUILD_MODNAME "-" name, __VA_ARGS__)

#endif
