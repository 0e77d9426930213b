# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# hold - the stock driver stays loadable while DKMS changes files. DKMS moves, copies and deletes first and runs depmod
# last: a machine that stops in between has an i915 in modules.dep that is gone, or one that was written in part.
#
# While it is held, /lib/modules/RELEASE/i915-backport is a link to a copy of it (outside of that folder, where DKMS does
# not look for drivers to put aside), and depmod is told to prefer that. A machine that stopped keeps it so until
# DKMS is run again.

HOLD=$ROOT/lib/i915-backport

# preference_of RELEASE: a file for each: another kernel's may be held for longer.
preference_of()
{
	echo "$ROOT/etc/depmod.d/i915-backport-$1.conf"
}

# prefers RELEASE DIR: the line of depmod.d by which the i915 of that folder is preferred. The release is an expression
# there, and may have a + in it.
prefers()
{
	echo "override i915 ^$(echo "$1" | sed 's/[^A-Za-z0-9]/./g')\$ $2"
}

# preference RELEASE DIR: depmod prefers the i915 of that folder.
preference()
{
	file=$(preference_of "$1")
	mkdir -p "$(dirname "$file")" && prefers "$1" "$2" >"$file.new" && mv "$file.new" "$file" && sync
}

# room_for RELEASE MODULE...: a copy of each and new tables. depmod on a full disk puts what it could write in the
# place of what was there.
room_for()
{
	place=$MODULES/$1
	shift
	wanted=$(du -ck "$place"/modules.* "$@" 2>/dev/null | tail -n 1 | cut -f1)
	free=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$wanted" ] || {
		warn "$(basename "$place"): No space left on device: $free KiB, where changing the driver takes $wanted; free some space"
		return "$E_SYSTEM"
	}
}

# copy_stock RELEASE FILE
copy_stock()
{
	mkdir -p "$HOLD/$1" && { ln -f "$2" "$HOLD/$1/" 2>/dev/null || cp "$2" "$HOLD/$1/"; } &&
		ln -sfn "../../$(basename "$HOLD")/$1" "$MODULES/$1/i915-backport" && preference "$1" i915-backport
}

# hold_stock RELEASE: fails where there is no room, and nothing has changed then.
hold_stock()
{
	held=$(stock_module "$MODULES/$1/build" "$1")
	[ -n "$held" ] || return 0
	room_for "$1" "$held" "$DKMS_TREE"/*/"$1"/*/module/i915.ko* || return
	copy_stock "$1" "$held" && depmod "$1" && sync
}

# whole_driver RELEASE: the i915 that is meant to be loaded, where depmod looks first; one that cannot be read is
# thrown away, of the stock driver only if it is held.
whole_driver()
{
	for dir in updates extra weak-updates kernel; do
		for module in $(find "$MODULES/$1/$dir" -name 'i915.ko*' 2>/dev/null); do
			if [ -n "$(modinfo -F vermagic "$module" 2>/dev/null)" ]; then
				echo "$module"
				return
			fi
			[ "$dir" = kernel ] && [ ! -d "$HOLD/$1" ] || rm -f "$module"
		done
	done
	return 0
}

# keeps_stock RELEASE DRIVER: says why the stock driver must stay held.
keeps_stock()
{
	signer=$(signer_of "$2")
	if [ -z "$2" ]; then
		warn "$1: DKMS has left no i915 in $MODULES/$1; the stock driver stays, at $HOLD/$1; run 'i915-backport dkms-install'"
	elif is_ours "$2" && wants_signatures && ! knows_signer "$signer"; then
		warn "$1: this kernel loads signed modules only, and does not know the key of ours ($signer): the stock driver stays; enrol DKMS's key (mokutil --import $(certificate)), restart, and run 'i915-backport dkms-install'"
	else
		return 1
	fi
}

# release_stock RELEASE: modules.dep leaves it before it goes.
release_stock()
{
	need modinfo
	sync
	driver=$(whole_driver "$1")
	if [ ! -d "$MODULES/$1/i915-backport" ] || keeps_stock "$1" "$driver"; then
		depmod "$1"
		return
	fi
	preference "$1" "$(dirname "${driver#"$MODULES/$1/"}")" && depmod "$1" && sync || return
	rm -f "$MODULES/$1/i915-backport"
	rm -rf "${HOLD:?}/$1"
	rmdir "$HOLD" 2>/dev/null || true # another kernel's is held
	rm -f "$(preference_of "$1")"
}

# hold_all [RELEASE]: before DKMS removes this version, there or everywhere. On a full disk, which that makes less full, depmod
# is not run; but there is a copy, where DKMS cannot put the stock driver back.
hold_all()
{
	for release in ${1:-$(cd "$MODULES" && ls)}; do
		case $(readlink "$DKMS_TREE/kernel-$release-"*) in
		"$(package_version)"/*) ! is_ours "$(module_on_disk "$release")" || hold_stock "$release" >&2 || copy_stock "$release" "$held" || true ;;
		esac
	done
}

# dkms-hold RELEASE: PRE_INSTALL of dkms.conf. DKMS installs nothing if it fails.
cmd_dkms_hold()
{
	hold_stock "$1"
}

# dkms-release RELEASE: POST_INSTALL and POST_REMOVE.
cmd_dkms_release()
{
	release_stock "$1" || warn "$1: depmod failed; run it again"
	renew_initramfs "$1" || true
}
