/* SPDX-License-Identifier: GPL-2.0-only */
/* dev.i915 has the variables of the built-in driver; no second table may have that name. */
#ifndef I915_BACKPORT_TAKEOVER_SYSCTL_H
#define I915_BACKPORT_TAKEOVER_SYSCTL_H

#include_next <linux/sysctl.h>

#define register_sysctl(path, table) register_sysctl("dev/" KBUILD_MODNAME, table)

#endif
