# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# hold - the stock driver stays loadable while DKMS changes files. DKMS moves, copies and deletes first and runs depmod
# last: a machine that stops in between has an i915 in modules.dep that is gone, or one that was written in part.
#
# While it is held, /lib/modules/RELEASE/i915-backport is a link to a copy of it (outside of that folder, where DKMS does
# not look for drivers to put aside), and depmod is told to prefer that. A machine that stopped keeps it so until
# DKMS is run again.

# preference_of RELEASE: a file for each: another kernel's may be held for longer.
preference_of()
{
	printf '%s\n' "$ROOT/etc/depmod.d/i915-backport-$1.conf"
}

# prefers RELEASE DIR: the line of depmod.d by which the i915 of that folder is preferred. The release is an expression
# there, and may have a + in it.
prefers()
{
	printf '%s\n' "override $DRIVER ^$(printf '%s\n' "$1" | sed 's/[^A-Za-z0-9]/./g')\$ $2"
}

# preference RELEASE DIR: depmod prefers the i915 of that folder.
preference()
{
	mkdir -p "$ROOT/etc/depmod.d" && prefers "$1" "$2" | put "$(preference_of "$1")" && sync
}

# tables RELEASE: what modprobe looks into. What depends on it is a driver: one depmod that was killed is not the last word, and
# where there is no room, tables that lead to a driver stay as they are.
tables()
{
	local once

	[ "$(kind_of "$(module_on_disk "$1")")" = unread ] || room_for "$1" '' || return
	for once in 1 2 3; do
		depmod -b "$ROOT/" ${ROOT:+-C "$ROOT/etc/depmod.d"} "$1" && return
	done
	return "$E_SYSTEM"
}

# room_for RELEASE GONE [MODULE]...: a copy of each and new tables, once the file GONE is no longer there. depmod on a full disk puts
# what it could write in the place of what was there.
room_for()
{
	local wanted free gone place

	place=$MODULES/$1
	gone=$(du -k "$2" 2>/dev/null | cut -f1)
	shift 2
	wanted=$(du -ck "$place"/modules.* "$@" 2>/dev/null | tail -n 1 | cut -f1)
	free=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
	[ "$((free + ${gone:-0}))" -ge "$wanted" ] || {
		warn no-room release="$(basename "$place")" free="$free" wanted="$wanted"
		return "$E_SYSTEM"
	}
}

# is_held RELEASE: something is, or was to be, or depmod was told to prefer the stock driver.
is_held()
{
	[ -d "$HOLD/$1" ] || [ -L "$MODULES/$1/i915-backport" ] || [ -e "$(preference_of "$1")" ]
}

# copy_stock RELEASE FILE: at each moment a whole one is there. One of an earlier kernel goes when this is in its place.
copy_stock()
{
	local dir=$HOLD/$1 name=${2##*/} old

	if [ "$2" != "$dir/$name" ] && ! cmp -s "$2" "$dir/$name"; then
		mkdir -p "$dir" && rm -f "$dir/.new" && { cp "$2" "$dir/.new" 2>/dev/null || ln -f "$2" "$dir/.new"; } &&
			mv -f "$dir/.new" "$dir/$name" || return
	fi
	for old in "$dir"/*.ko*; do
		[ "$old" = "$dir/$name" ] || rm -f "$old"
	done
	[ "$(readlink "$MODULES/$1/i915-backport")" = "../../$(basename "$HOLD")/$1" ] ||
		ln -sfn "../../$(basename "$HOLD")/$1" "$MODULES/$1/i915-backport"
	preference "$1" i915-backport
}

# can_hold RELEASE [MODULE]: prints its stock driver. Fails where that cannot be read, or where there is no room for a copy of it, what
# is installed then (MODULE, or what DKMS has built) and new tables.
can_hold()
{
	local module held

	held=$(stock_module "$MODULES/$1/build" "$1")
	if [ -z "$held" ]; then
		for module in "$MODULES/$1/kernel/$I915/$DRIVER".ko*; do
			[ ! -f "$module" ] || is_ours "$module" || {
				warn stock-unreadable module="$module"
				return "$E_SYSTEM"
			}
		done
		return 0
	fi
	room_for "$1" '' "$held" "$DKMS_TREE"/*/"$1"/*/module/"$DRIVER".ko* ${2:+"$2"} || return
	printf '%s\n' "$held"
}

# hold_stock RELEASE: fails where it cannot be held, and nothing has changed then.
hold_stock()
{
	local held

	held=$(can_hold "$1") || return
	[ -z "$held" ] || { copy_stock "$1" "$held" && tables "$1" && sync; }
}

# find_driver RELEASE: prints the i915 that is meant to be loaded, where depmod looks first, and after a tab one that is looked for
# before it, cannot be read, and is not known to be ours. The rest of a copy of ours is thrown away.
find_driver()
{
	local dir module obstacle=''

	for dir in updates extra weak-updates kernel; do
		# shellcheck disable=SC2044 # nothing in /lib/modules has a blank in its name
		for module in $(find "$MODULES/$1/$dir" -name "$DRIVER.ko*" 2>/dev/null); do
			if [ "$(kind_of "$module")" != unread ] || is_built "$1" "$module"; then
				printf '%s\t%s\n' "$module" "$obstacle"
				return
			fi
			if [ "$dir" != kernel ] && is_rest "$1" "$module"; then
				rm -f "$module"
			else
				obstacle=${obstacle:-$module}
			fi
		done
	done
	printf '\t%s\n' "$obstacle"
}

# is_built RELEASE FILE: the same as what DKMS has built of ours.
is_built()
{
	local built

	for built in "$DKMS_TREE"/*/"$1"/*/module/"$DRIVER".ko*; do
		[ ! -s "$built" ] || ! cmp -s "$built" "$2" || return 0
	done
	return 1
}

# is_rest RELEASE FILE: the beginning of what DKMS has built of ours, which it was copying.
is_rest()
{
	local built size

	size=$(($(wc -c <"$2")))
	for built in "$DKMS_TREE"/*/"$1"/*/module/"$DRIVER".ko*; do
		[ -f "$built" ] && [ "$size" -le "$(($(wc -c <"$built")))" ] || continue
		[ "$size" = 0 ] || head -c "$size" "$built" | cmp -s - "$2" || continue
		return 0
	done
	return 1
}

# has_other_stock RELEASE DRIVER: a stock driver that was read whole, beside the one that is held.
has_other_stock()
{
	local module

	for module in "$MODULES/$1/kernel/$I915/$DRIVER".ko* "$DKMS_TREE/original_module/$1"/*/"$DRIVER".ko*; do
		! is_other "$module" || return 0
	done
	cmp -s "$2" "$HOLD/$1/${2##*/}" && is_other "$2"
}

# keeps_stock RELEASE DRIVER OBSTACLE: says why the stock driver must stay held.
keeps_stock()
{
	local driver=$2 obstacle=$3 signer

	signer=$(signer_of "$driver")
	if [ -n "$obstacle" ]; then
		warn obstacle module="$obstacle"
	elif [ -z "$driver" ]; then
		warn dkms-left-nothing release="$1" folder="$MODULES/$1" held="$HOLD/$1"
	elif ! has_other_stock "$1" "$driver"; then
		warn last-stock release="$1" held="$HOLD/$1"
	elif is_ours "$driver" && wants_signatures && ! knows_signer "$signer"; then
		warn key-unknown release="$1" signer="$signer" certificate="$(certificate)"
	else
		return 1
	fi
}

# stay_with_stock RELEASE: while it is where its package put it, it is preferred there: the kernel's next version is then
# preferred too.
stay_with_stock()
{
	local module

	for module in "$MODULES/$1/kernel/$I915/$DRIVER".ko*; do
		if is_other "$module"; then
			preference "$1" "kernel/$I915" && tables "$1" && sync && drop_held "$1"
			return
		fi
	done
	tables "$1"
}

# release_stock RELEASE: modules.dep leaves it before it goes.
release_stock()
{
	local found driver

	need modinfo
	sync
	found=$(find_driver "$1")
	driver=${found%%	*}
	if ! is_held "$1"; then
		tables "$1"
	elif keeps_stock "$1" "$driver" "${found#*	}"; then
		stay_with_stock "$1"
	else
		preference "$1" "$(dirname "${driver#"$MODULES/$1/"}")" && tables "$1" && sync && let_go "$1"
	fi
}

# drop_held RELEASE: the copy, and what leads to it; nothing else that is there.
drop_held()
{
	[ ! -L "$MODULES/$1/i915-backport" ] || rm -f "$MODULES/$1/i915-backport"
	rm -f "$HOLD/$1"/*.ko* "$HOLD/$1/.new"
	rmdir "$HOLD/$1" "$HOLD" 2>/dev/null || true # another kernel's is held
}

# let_go RELEASE: nothing is held, and nothing preferred.
let_go()
{
	drop_held "$1"
	rm -f "$(preference_of "$1")"
}

# tidy_held: of kernels that are gone nothing is kept; of one that was updated in its place, its new driver. And what a put that
# was killed has left.
tidy_held()
{
	local place release module

	rm -f "$ROOT"/etc/depmod.d/.i915-backport.??????
	for place in "$HOLD"/*/ "$ROOT"/etc/depmod.d/i915-backport-*.conf; do
		release=$(basename "${place#"$ROOT/etc/depmod.d/i915-backport-"}" .conf)
		is_plain "$release" && [ -e "$place" ] || continue
		if [ ! -d "$MODULES/$release/kernel" ]; then
			let_go "$release"
			continue
		fi
		[ -d "$HOLD/$release" ] || continue
		use_installed "$release"
		for module in "$MODULES/$release/kernel/$I915/$DRIVER".ko*; do
			! is_other "$module" || cmp -s "$module" "$HOLD/$release/${module##*/}" || {
				copy_stock "$release" "$module" && tables "$release" || warn depmod-failed release="$release"
			}
		done
	done
}

# fresh_original RELEASE: where DKMS has put the stock driver aside and the kernel was updated in its place since, the new one is
# what DKMS is to put back; it would put the old one over it.
fresh_original()
{
	local aside module

	for aside in "$DKMS_TREE/original_module/$1"/*/"$DRIVER".ko*; do
		module=$MODULES/$1/kernel/$I915/${aside##*/}
		[ -f "$aside" ] && [ -f "$module" ] && is_other "$module" && ! cmp -s "$module" "$aside" || continue
		put "$aside" <"$module" || warn stock-aside-old file="$aside"
	done
}

# hold_all [RELEASE]: before DKMS removes this version, there or everywhere. If the disk is full, depmod is skipped: removing the
# module frees space. The copy stays, for DKMS may be unable to put the stock driver back.
hold_all()
{
	local release held

	for release in $(kernels_with "$(package_version)"); do
		[ "${1:-$release}" = "$release" ] || continue
		use_installed "$release"
		fresh_original "$release"
		is_other "$(module_on_disk "$release")" || hold_stock "$release" >&2 || is_held "$release" || {
			held=$(stock_module "$MODULES/$release/build" "$release")
			[ -z "$held" ] || copy_stock "$release" "$held" || true
		}
	done
}

# kernels_with VERSION: those that DKMS has installed it for.
kernels_with()
{
	local release

	for release in $(cd "$MODULES" && ls | plain_names); do
		! is_active "$release" "$1" || printf '%s\n' "$release"
	done
}

# may_go RELEASE: before ours is taken out. One that is built in is not told to leave the GPU alone. Else the stock driver is held; or there is no room for that, but it can be read, and what ours
# leaves is enough for the tables that lead to it.
may_go()
(
	use_installed "$1"
	[ -z "$TAKES_OVER" ] || file=$(stands_back "$1")
	[ -z "${file:-}" ] || {
		warn stands-back release="$1" file="$file"
		return "$E_SYSTEM"
	}
	disk=$(module_on_disk "$1")
	is_other "$disk" || hold_stock "$1" || {
		[ -n "$(stock_module "$MODULES/$1/build" "$1")" ] && room_for "$1" "$disk"
	}
)

# must_go RELEASE: the same, or the command ends with the reason.
must_go()
{
	local said

	said=$(may_go "$1" 2>&1) ||
		die stock-not-kept release="$1" why="$(printf '%s\n' "$said" | last_said)"
}
