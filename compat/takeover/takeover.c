// SPDX-License-Identifier: GPL-2.0-only
/*
 * takeover.c - the PCI driver of an i915 that is loaded beside the one that is built into the
 * kernel (docs/built-in.md).
 *
 * The PCI bus refuses two drivers of one name, and the one that is built in may have registered as
 * "i915". So this one registers under its module's name, and sysfs shows it under that. But the HDA
 * controller's driver (since 4.1) and the ME's (later) ask a device's driver for its name, and
 * take it for the GPU's if that is "i915". So the driver is called that while it gets its device,
 * which is when they look for the first time, and from when it has registered. The bus may give it
 * a device before it makes the last link, which is found by the name when it unregisters.
 */
#undef drm_pci_init
#undef drm_pci_exit
#undef __pci_register_driver
#undef pci_unregister_driver

#include <linux/module.h>
#include <linux/pci.h>
#ifdef REGISTERED_BY_DRM
#include <drm/drmP.h>
#endif

static struct pci_driver *beside;
static const char *known_as;
static int (*probe_i915)(struct pci_dev *pdev, const struct pci_device_id *id);

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const char *name = beside->driver.name;
	int ret;

	beside->driver.name = known_as;
	ret = probe_i915(pdev, id);
	beside->driver.name = name;
	return ret;
}

/* stand_beside() - before the driver is registered */
static void stand_beside(struct pci_driver *driver)
{
	beside = driver;
	known_as = driver->name;
	probe_i915 = driver->probe;
	driver->name = KBUILD_MODNAME;
	driver->probe = probe;
}

/* stands() - after that, which ended in @ret */
static int stands(int ret)
{
	if (!ret)
		beside->driver.name = known_as;
	return ret;
}

/* step_aside() - before it is unregistered, which goes by the name that it was registered under */
static void step_aside(struct pci_driver *driver)
{
	driver->driver.name = driver->name;
}

#ifdef REGISTERED_BY_DRM
int takeover_drm_pci_init(struct drm_driver *drm, struct pci_driver *driver)
{
	stand_beside(driver);
	return stands(drm_pci_init(drm, driver));
}

void takeover_drm_pci_exit(struct drm_driver *drm, struct pci_driver *driver)
{
	step_aside(driver);
	drm_pci_exit(drm, driver);
}
#else
int takeover_pci_register_driver(struct pci_driver *driver, struct module *owner, const char *name)
{
	stand_beside(driver);
	return stands(__pci_register_driver(driver, owner, name));
}

void takeover_pci_unregister_driver(struct pci_driver *driver)
{
	step_aside(driver);
	pci_unregister_driver(driver);
}
#endif
