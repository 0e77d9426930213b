/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <acpi/video.h>
#include <linux/acpi.h>

#ifndef COMPAT_ACPI_BACKLIGHT_TYPE
#define COMPAT_ACPI_BACKLIGHT_TYPE

/*
 * Until 4.1 two questions give the answer: whether ACPI's interface is used at
 * all, and whether it is known to work on this machine. No machine says "none".
 */
enum acpi_backlight_type {
	acpi_backlight_undef = -1,
	acpi_backlight_none = 0,
	acpi_backlight_video,
	acpi_backlight_vendor,
	acpi_backlight_native,
};

static inline enum acpi_backlight_type acpi_video_get_backlight_type(void)
{
	if (!acpi_video_backlight_support())
		return acpi_backlight_vendor;
	return acpi_video_verify_backlight_support() ? acpi_backlight_video :
						       acpi_backlight_native;
}

#endif /* COMPAT_ACPI_BACKLIGHT_TYPE */
