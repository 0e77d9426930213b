# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# failing - the power that fails and the disk that is full. Needs part.sh; who sources it has the two drivers that are whole at
# $work/stock and $work/ours.
# shellcheck disable=SC2154 # what part.sh sets

# loadable: what modprobe would load is there, and i915 itself is one of the two that are whole.
loadable()
{
	modprobe -S "$release" --show-depends i915 >"$work/depends" || return 1
	while read -r _ file _; do
		[ -s "$file" ] || { echo "$file: in modules.dep, but not there"; return 1; }
	done <"$work/depends"
	cmp -s "$(on_disk)" "$work/stock" || cmp "$(on_disk)" "$work/ours"
}

is_stock()
{
	loadable && cmp "$(on_disk)" "$work/stock"
}

is_ours()
{
	loadable && cmp "$(on_disk)" "$work/ours"
}

# nothing_held: the stock driver is not held any more.
nothing_held()
{
	equal "$(ls -d "$modules/i915-backport" /lib/i915-backport /etc/depmod.d/i915-backport-*.conf 2>/dev/null)" ""
}

# make_switch: stands before the programs that write: counts what concerns /lib/modules and /boot, and stops at the
# call that is meant, before it or when it has done half its work.
make_switch()
{
	mkdir -p "$work/bin"
	cat >"$work/bin/switch" <<-EOT
		#!/bin/sh
		program=\${0##*/}
		case "\$program \$*" in
		sync* | depmod* | */lib/modules/* | */lib/i915-backport* | */boot/* | */original_module/*) ;;
		*) exec /usr/bin/env PATH="\${PATH#*:}" "\$program" "\$@" ;;
		esac
		calls=\$((\$(cat "$work/calls") + 1))
		echo "\$calls" >"$work/calls"
		if [ "\$calls" = "\$(cat "$work/cut")" ]; then
		        echo "\$program \$*" >"$work/cut.at"
		        sleep 100
		fi
		/usr/bin/env PATH="\${PATH#*:}" "\$program" "\$@" || exit
		[ "\$program" != sync ] || touch "$work/synced"
	EOT
	chmod +x "$work/bin/switch"
	for program in cp mv rm ln mkdir rmdir sync depmod; do
		ln -s switch "$work/bin/$program"
	done
}

# cut CALL COMMAND...: the power fails at that call. What was written since the last sync is gone, as with ext4, which allocates late:
# the file has its name and no content. Fails if the command needed no such call.
cut()
{
	echo "$1" >"$work/cut"
	shift
	echo 0 >"$work/calls"
	rm -f "$work/cut.at"
	touch "$work/synced"
	sleep 0.01
	PATH=$work/bin:$PATH unshare --pid --fork --kill-child=KILL "$@" >"$work/out" 2>&1 &
	space=$!
	while kill -0 "$space" 2>/dev/null && [ ! -e "$work/cut.at" ]; do
		sleep 0.05
	done
	kill -9 "$space" 2>/dev/null || true
	wait "$space" 2>/dev/null || true
	# Its process IDs were those of another namespace than /proc tells of.
	rm -f /var/cache/i915-backport/dkms.turn
	[ -e "$work/cut.at" ] || return 1
	find "$modules/" /lib/i915-backport -name 'i915.ko*' -type f -newer "$work/synced" -exec truncate -s 0 {} + 2>/dev/null || true
}

# every_cut BEFORE COMMAND...: at the first call, at the second and so on; each time BEFORE has made the machine
# what it was.
every_cut()
{
	before=$1 at=1
	shift
	"$before" || return 1
	while cut "$at" "$@"; do
		loadable || { echo "after the power failed at call $at: $(cat "$work/cut.at")"; return 1; }
		at=$((at + 1))
		"$before" || { echo "call $((at - 1)), then to begin again: $(cat "$work/cut.at")"; return 1; }
	done
	[ "$at" -gt 1 ] || { echo "it was never stopped"; return 1; }
}

# on_small_disk COMMAND...: with an /lib/modules/RELEASE of 24 MiB, of which i915 and what it needs take a part.
on_small_disk()
{
	modprobe -S "$release" --show-depends i915 | sed "s|^insmod $modules/\\([^ ]*\\).*|\\1|" >"$work/files"
	mkdir -p "$work/small"
	mount -t tmpfs -o size=24m none "$work/small"
	tar -C "$modules" -cf - build source modules.order modules.builtin modules.builtin.modinfo -T "$work/files" | tar -C "$work/small" -xf -
	mount --bind "$work/small" "$modules"
	depmod "$release"
	ended=0
	"$@" || ended=$?
	umount "$modules" "$work/small"
	return "$ended"
}

# fill KIB: so much is left there.
fill()
{
	rm -f "$modules/filler"
	dd if=/dev/zero of="$modules/filler" bs=1k count=$(($(df -Pk "$modules" | awk 'NR == 2 { print $4 }') - $1)) 2>/dev/null
}
