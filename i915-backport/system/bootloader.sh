# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# bootloader - is the driver that is built into a kernel told to leave the GPU alone (i915.modeset=0)? Where it is, a kernel without a
# module in its place has no driver at all. The package reads these files and writes none of them: most are for all kernels alike, and
# the word is a vendor's or a user's.

# boot_files RELEASE: the settings that command lines are made of; then, if they have that kernel in them, the files with the kernels by
# their names, which are those of files (vmlinuz-RELEASE) or of folders (RELEASE/linux). Without any of them, the running
# kernel's command line is what is known.
boot_files()
{
	local file found='' name

	name=$(printf '%s\n' "$1" | sed 's/[^A-Za-z0-9]/./g')
	for file in "$ROOT/etc/default/grub" "$ROOT"/etc/default/grub.d/*.cfg "$ROOT/etc/kernel/cmdline" "$ROOT/etc/default/extlinux" \
		"$ROOT/etc/default/u-boot" "$ROOT/boot/cmdline.txt"; do
		[ ! -f "$file" ] || { found=1; printf '%s\n' "$file"; }
	done
	for file in "$ROOT"/boot/grub*/grub.cfg "$ROOT"/boot/extlinux/*.conf "$ROOT"/boot/syslinux/*.cfg "$ROOT"/boot/loader/entries/*.conf \
		"$ROOT"/efi/loader/entries/*.conf "$ROOT"/boot/efi/loader/entries/*.conf; do
		[ -f "$file" ] || continue
		found=1
		! grep -qE -- "[-/]$name([^A-Za-z0-9._+~-]|\$)" "$file" || printf '%s\n' "$file"
	done
	[ -n "$found" ] || [ "$1" != "$(uname -r)" ] || printf '%s\n' "$ROOT/proc/cmdline"
}

# stands_back RELEASE: the file that tells that kernel's built-in driver so; nothing if none does.
stands_back()
{
	local file

	boot_files "$1" | while IFS= read -r file; do
		! sed 's/^[[:space:]]*#.*//' "$file" 2>/dev/null | grep -qE 'i915[a-z_]*[.]modeset=0([^0-9]|$)' || printf '%s\n' "$file"
	done | head -n 1
}

# undriven RELEASE: the same, if that kernel has an i915 built in and no module is there to take its place.
undriven()
{
	! has_built_in "$1" || [ -n "$(module_on_disk "$1")" ] || stands_back "$1"
}
