/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/gfp.h>

#ifndef COMPAT_GFP_RECLAIM
#define COMPAT_GFP_RECLAIM

/*
 * Until 4.3 one flag lets an allocation sleep and reclaim, and kswapd is woken
 * unless another flag says not to.
 */
#define __GFP_RECLAIM __GFP_WAIT

#endif /* COMPAT_GFP_RECLAIM */
