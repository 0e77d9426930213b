# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# initramfs - which i915 a kernel's initramfs holds, and its renewal. The driver in it is the one that is
# loaded at boot, whatever is on disk; DKMS since 3.0 leaves it as it is.

# initramfs_of RELEASE: the file; nothing if there is none.
initramfs_of()
{
	for image in "initrd.img-$1" "initramfs-$1.img" "initrd-$1"; do
		[ -f "$ROOT/boot/$image" ] && printf '%s\n' "$ROOT/boot/$image" && return
	done
	return 0
}

# unpack_initramfs IMAGE DIR: what its tools say of device files that only root can make is of no interest.
unpack_initramfs()
{
	if command -v unmkinitramfs >/dev/null; then
		unmkinitramfs "$1" "$2"
	else
		(cd "$2" && lsinitrd --unpack "$1")
	fi >/dev/null 2>&1 || true
}

# i915_in_initramfs RELEASE DIR: unpacks it into the empty DIR; whose i915 modprobe would take there. "-" where
# there is no initramfs, "unknown" where it cannot be read.
i915_in_initramfs()
{
	image=$(initramfs_of "$1")
	[ -n "$image" ] || { echo "-"; return; }
	[ -r "$image" ] || { echo "unknown, only root can read it"; return; }
	unpack_initramfs "$image" "$2"
	# Of a full disk the tools make no failure, and what is missing would say something.
	[ -n "$(ls -A "$2")" ] && ! disk_full "$2" >/dev/null || { echo unknown; return; }
	tree=$(find "$2" -type d -path "*/lib/modules/$1" | head -n 1)
	held=$(modinfo -b "${tree%/lib/modules/*}" -k "$1" -F filename i915 2>/dev/null | grep '^/') || held=''
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
	unpacked=$(private_dir 2>/dev/null) || { echo unknown; return; }
	i915_in_initramfs "$1" "$unpacked"
	rm -rf "$unpacked"
}

# initramfs_agrees RELEASE: it holds the i915 that is on disk, or none. Sets held.
initramfs_agrees()
{
	held=$(initramfs_i915 "$1")
	case $held in
	- | none | "$(whose "$(module_on_disk "$1")")") ;;
	*) return 1 ;;
	esac
}

# renew_initramfs RELEASE: if it holds an i915. The old one stays where that fails.
renew_initramfs()
{
	image=$(initramfs_of "$1")
	[ -n "$image" ] || return 0
	[ "$(initramfs_i915 "$1")" != none ] || return 0
	if command -v update-initramfs >/dev/null; then
		update-initramfs -u -k "$1"
	else
		# dracut writes over the old one; on a full disk there would be neither
		rm -f "$(dirname "$image")"/.i915-backport.?????? # of one that was killed
		new=$(mktemp "$(dirname "$image")/.i915-backport.XXXXXX") && dracut --force "$new" "$1" && sync && mv "$new" "$image" || {
			rm -f "${new:-}"
			false
		}
	fi || {
		warn initramfs-not-made image="$image"
		return "$E_SYSTEM"
	}
	initramfs_agrees "$1" ||
		warn initramfs-differs image="$image" held="$held"
}
