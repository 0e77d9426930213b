/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/pagemap.h>

#ifndef COMPAT_MAPPING_GFP_CONSTRAINT
#define COMPAT_MAPPING_GFP_CONSTRAINT

/*
 * What of the flags the mapping allows.
 */
#define mapping_gfp_constraint(mapping, gfp) (mapping_gfp_mask(mapping) & (gfp))

#endif /* COMPAT_MAPPING_GFP_CONSTRAINT */
