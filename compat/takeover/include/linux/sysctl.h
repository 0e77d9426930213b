/* SPDX-License-Identifier: GPL-2.0-only */
/* dev.i915 (since 4.13) has the built-in driver's variables, and its files exist only once. */
#ifndef I915_BACKPORT_TAKEOVER_SYSCTL_H
#define I915_BACKPORT_TAKEOVER_SYSCTL_H

#include_next <linux/sysctl.h>

#define register_sysctl(path, table) register_sysctl("dev/" KBUILD_MODNAME, table)

#endif
