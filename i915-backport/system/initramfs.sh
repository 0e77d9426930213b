# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# initramfs - which i915 a kernel's initramfs holds, and its renewal. The driver in it is the one that is
# loaded at boot, whatever is on disk; DKMS since 3.0 leaves it as it is.

# initramfs_of RELEASE: the file; nothing if there is none. Arch names it after the kernel's package, and the Boot Loader
# Specification puts it into a folder of the machine's.
initramfs_of()
{
	local package image

	package=$(cat "$MODULES/$1/pkgbase" 2>/dev/null | plain_names | head -n 1)
	for image in "$ROOT/boot/initrd.img-$1" "$ROOT/boot/initramfs-$1.img" "$ROOT/boot/initrd-$1" \
		${package:+"$ROOT/boot/initramfs-$package.img" "$ROOT/boot/booster-$package.img"} \
		"$ROOT"/boot/*/"$1"/initrd* "$ROOT"/efi/*/"$1"/initrd* "$ROOT"/boot/efi/*/"$1"/initrd*; do
		[ -f "$image" ] && printf '%s\n' "$image" && return
	done
	return 0
}

# unpack_initramfs IMAGE DIR: what its tools say of device files that only root can make is of no interest.
unpack_initramfs()
{
	case ${1##*/} in
	booster-*) rmdir "$2" && booster unpack "$1" "$2" || mkdir -p "$2" ;;
	*)
		if command -v unmkinitramfs >/dev/null; then
			unmkinitramfs "$1" "$2"
		elif command -v lsinitcpio >/dev/null; then
			(cd "$2" && lsinitcpio -x "$1")
		else
			(cd "$2" && lsinitrd --unpack "$1")
		fi ;;
	esac >/dev/null 2>&1 || true
}

# make_initramfs FILE RELEASE IMAGE: a new one, by what has made the old one.
make_initramfs()
{
	case ${3##*/} in
	booster-*) booster build --force --kernel-version "$2" "$1" ;;
	*)
		if command -v mkinitcpio >/dev/null; then
			mkinitcpio -k "$2" -g "$1"
		else
			dracut --force "$1" "$2"
		fi ;;
	esac
}

# i915_in_initramfs RELEASE DIR: unpacks it into the empty DIR; whose i915 modprobe would take there. "-" where
# there is no initramfs, "unknown" where it cannot be read.
i915_in_initramfs()
{
	local image tree held

	image=$(initramfs_of "$1")
	[ -n "$image" ] || { echo "-"; return; }
	[ -r "$image" ] || { echo "unknown, only root can read it"; return; }
	unpack_initramfs "$image" "$2"
	# Of a full disk the tools make no failure, and what is missing would say something.
	[ -n "$(ls -A "$2")" ] && ! disk_full "$2" >/dev/null || { echo unknown; return; }
	tree=$(find "$2" -type d -path "*/lib/modules/$1" | head -n 1)
	held=$(modinfo -b "${tree%/lib/modules/*}" -k "$1" -F filename "$DRIVER" 2>/dev/null | grep '^/') || held=''
	[ -n "$held" ] || [ -f "$tree/modules.dep" ] ||
		held=$(find "${tree:-$2}" -name "$DRIVER.ko*" | head -n 1) # booster loads modules by itself
	printf '%s\n' "$(whose "$held")$(other_build "$held" "$(module_on_disk "$1")")"
}

# other_build MODULE MODULE: says so if both are ours and one was made of something else than the other. What packs them may have
# stripped one.
other_build()
{
	! is_ours "$1" || ! is_ours "$2" || [ "$(made_of "$1")" = "$(made_of "$2")" ] || echo ", of another build"
}

made_of()
{
	modinfo "$1" | grep -E '^(srcversion|vermagic|i915_backport[a-z_]*):' | sort
}

# initramfs_i915 RELEASE: the same, in a folder that is thrown away.
initramfs_i915()
{
	[ -n "$WORK" ] && mkdir "$WORK/initramfs" 2>/dev/null || { echo unknown; return; }
	i915_in_initramfs "$1" "$WORK/initramfs"
	rm -rf "$WORK/initramfs"
}

# initramfs_agrees RELEASE HELD: what initramfs_i915 says of it is the i915 that is on disk, or none.
initramfs_agrees()
{
	case $2 in
	- | none | "$(whose "$(module_on_disk "$1")")") ;;
	*) return 1 ;;
	esac
}

# renew_initramfs RELEASE: if it holds an i915. The old one stays where that fails.
renew_initramfs()
{
	local image new held

	image=$(initramfs_of "$1")
	[ -n "$image" ] || return 0
	[ "$(initramfs_i915 "$1")" != none ] || return 0
	if command -v update-initramfs >/dev/null; then
		update-initramfs -u -k "$1"
	else
		# they write over the old one; on a full disk there would be neither
		rm -f "$(dirname "$image")"/.i915-backport.?????? # of one that was killed
		new=$(mktemp "$(dirname "$image")/.i915-backport.XXXXXX") && make_initramfs "$new" "$1" "$image" && sync && mv "$new" "$image" || {
			rm -f "${new:-}"
			false
		}
	fi || {
		warn initramfs-not-made image="$image"
		return "$E_SYSTEM"
	}
	held=$(initramfs_i915 "$1")
	initramfs_agrees "$1" "$held" ||
		warn initramfs-differs image="$image" held="$held"
}
