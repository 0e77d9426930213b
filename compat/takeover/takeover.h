/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * takeover.h - of an i915 that is loaded beside the one that is built into the kernel
 * (docs/built-in.md). It is included before anything else in each file of the driver. What two
 * drivers in one kernel may not share gets another name here.
 */
#ifndef I915_BACKPORT_TAKEOVER_H
#define I915_BACKPORT_TAKEOVER_H

/*
 * The kernel exports what i915 exports: from the driver that is built in. It refuses a module that
 * exports the same names.
 */
#include <linux/export.h>

#undef EXPORT_SYMBOL
#define EXPORT_SYMBOL(symbol)
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(symbol)
#undef EXPORT_SYMBOL_GPL_FUTURE
#define EXPORT_SYMBOL_GPL_FUTURE(symbol)
#undef EXPORT_UNUSED_SYMBOL
#define EXPORT_UNUSED_SYMBOL(symbol)
#undef EXPORT_UNUSED_SYMBOL_GPL
#define EXPORT_UNUSED_SYMBOL_GPL(symbol)
#undef EXPORT_SYMBOL_NS
#define EXPORT_SYMBOL_NS(symbol, space)
#undef EXPORT_SYMBOL_NS_GPL
#define EXPORT_SYMBOL_NS_GPL(symbol, space)

/*
 * TRACE_SYSTEM, the folder of the trace events: ftrace makes no second event of one name in one
 * folder, and warns. A variable of this name in the driver gets the other one, too.
 */
#define i915 i915_backport

/* The table that modpost makes aliases of: udev is not to load this driver unasked. */
#define __mod_pci__pciidlist_device_table takeover_device_table

/* takeover.c registers the driver, under a name of its own. */
#define drm_pci_init takeover_drm_pci_init
#define drm_pci_exit takeover_drm_pci_exit
#define __pci_register_driver takeover_pci_register_driver
#define pci_unregister_driver takeover_pci_unregister_driver

struct drm_driver;
struct module;
struct pci_driver;

int takeover_drm_pci_init(struct drm_driver *drm, struct pci_driver *driver);
void takeover_drm_pci_exit(struct drm_driver *drm, struct pci_driver *driver);
int takeover_pci_register_driver(struct pci_driver *driver, struct module *owner, const char *name);
void takeover_pci_unregister_driver(struct pci_driver *driver);

#endif
