# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153,SC2154 # what the parts below use and set
#
# machine - a whole Debian 12 (systemd, its kernel, the initramfs that update-initramfs makes) on the virtual GPU. PACKAGE is given.

package=$PACKAGE
LAB=$PACKAGE/tests/lab
for part in i915-backport/common/common i915-backport/common/config i915-backport/common/progress tests/root tests/material tests/tap tests/delivery/delivery_root \
	tests/lab/unpack tests/lab/qemu tests/lab/kernel tests/lab/boot; do
	# shellcheck source=/dev/null
	. "$PACKAGE/$part.sh"
done
unset part

CACHE=${LAB_CACHE:-$(cache_dir)/lab}
PLATFORM=broadwell CPUS=1 DEBUG='' SUITES=none SHELL_IN_GUEST='' TIMEOUT=1800
APPEND="slub_debug=- root=/dev/vda rw"
SILENCE=900 # of a DKMS that installs there

# whole_root: the delivery root with an init, and the initramfs that Debian makes unless told otherwise, which loads i915.
whole_root()
{
	base=$(delivery_root) || return
	root=$TEST_CACHE/boot
	stamp="$(cat "$base/.delivery") systemd"
	if [ "$(cat "$root/.boot" 2>/dev/null)" != "$stamp" ]; then
		another_root "$base" "$root"
		rm "$root/etc/initramfs-tools/conf.d/list"
		echo i915 >>"$root/etc/initramfs-tools/modules"
		add_packages "$root" systemd-sysv udev || return
		in_root "$root" update-initramfs -u >>"$root.log" 2>&1
		echo "$stamp" >"$root/.boot"
	fi
	echo "$root"
}

# seeded_machine: its kernel's i915 leaks.
seeded_machine()
{
	rm -rf "$root/srv/seeded"
	i915_tree "$(echo "$root"/usr/src/linux-source-*.tar.xz)" "$root/srv/seeded"
	seed "$root/srv/seeded"
	printf 'KSRC[%s] = /srv/seeded\nPATCHES[%s] = %s\n' "$release" "$release" \
		"/i915-backport${fix#"$PACKAGE"}" >"$root/etc/i915-backport.conf"
}

# make_disk FILE: what is installed, without most of what only building takes. What is changed in it is not written through the
# links into the root.
make_disk()
{
	stage=$root.stage
	rm -rf --one-file-system "$stage"
	cp -al --one-file-system "$root" "$stage"
	rm -rf "$stage"/usr/src/linux-source* "$stage"/var/cache "$stage"/var/lib/apt "$stage"/root/.cache "$stage"/usr/share/doc
	find "$stage/srv" -mindepth 1 -maxdepth 1 ! -name seeded -exec rm -rf {} +
	cp "$PACKAGE/tests/delivery/boot-guest" "$stage/usr/local/sbin/boot-guest"
	cat >"$stage/etc/systemd/system/boot-guest.service" <<-EOT
		[Service]
		Type=oneshot
		ExecStart=/usr/local/sbin/boot-guest
	EOT
	mkdir -p "$stage/etc/systemd/system/multi-user.target.wants"
	ln -s ../boot-guest.service "$stage/etc/systemd/system/multi-user.target.wants/"
	truncate -s 2G "$1"
	mke2fs -q -F -t ext4 -O ^has_journal -d "$stage" "$1"
	rm -rf --one-file-system "$stage"
}

# runs NAME COMMAND...: QEMU, until the machine has ended; what it said is in WORK/NAME/said.
runs()
{
	place=$WORK/$1
	shift
	: >"$place/console"
	: >"$place/tap"
	start_gpu "$place"
	begin=$(milliseconds)
	"$@" -serial "file:$place/console" -serial "file:$place/tap" </dev/null &
	qemu=$!
	PIDS="$PIDS $qemu"
	watch "$place" "Debian on the virtual GPU" 90 >"$place/ended"
	stop_guest
	tr -d '\r' <"$place/tap" >"$place/said"
	sed 's/^/# /' "$place/said"
	[ "$(cat "$place/ended")" = "to its end" ] || { sed 1d "$place/qemu.log"; tail -n 20 "$place/console"; } | sed 's/^/# /'
}

# build_id FILE: as the guest says it.
build_id()
{
	readelf -n "$1" | sed -n 's/ *Build ID: //p'
}

# guest_said NAME PATTERN: a line of it, and the machine came to its end.
guest_said()
{
	equal "$(cat "$WORK/$1/ended")" "to its end" && has "$(cat "$WORK/$1/said")" "$2"
}

# prepare: sets WORK, root, a machine whose kernel leaks, release, that kernel, and stock, its driver.
prepare()
{
	WORK=$(private_dir)
	LOG=$WORK/log
	: >"$LOG"
	find_qemu
	build_vgpu
	root=$(whole_root)
	# shellcheck disable=SC2016 # when it ends
	on_exit 'stop_guest; release_root "$root"; rm -rf "$WORK"'
	enter_root "$root"
	release=$(kernel_of "$root")
	put_package "$root" "$PACKAGE"
	seeded_machine
	stock=$WORK/stock.ko ours=$WORK/ours.ko
	cp "$root/lib/modules/$release/kernel/drivers/gpu/drm/i915/i915.ko" "$stock"
}

# ours_in_root COMMAND...: of the package.
ours_in_root()
{
	in_root "$root" env NO_APT=1 DEBIAN_KERNEL_USE_CCACHE=1 /i915-backport/i915-backport/i915-backport "$@"
}
