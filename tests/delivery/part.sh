# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what the parts use; package, which they set
#
# part - what each part of the suite begins with, in a root that it may change, and how it leaves that. Who sources it was
# called with the number of tests that came before.

export LC_ALL=C DEBIAN_KERNEL_USE_CCACHE=1 NO_APT=1 DEBIAN_FRONTEND=noninteractive
[ "$package" = /i915-backport ] || { echo "$0: changes the system it runs in; use tests/delivery/run" >&2; exit 2; }
# shellcheck source=tests/tap.sh
. "$package/tests/tap.sh"
# shellcheck source=tests/material.sh
. "$package/tests/material.sh"
export tap_count="$1" # tap.sh goes on from there

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$package/dkms.conf")
newer=/i915-backport-$version.1
dkms=$(dkms --version | sed 's/dkms[-: ]*//')
release=$(basename "$(echo /lib/modules/*[0-9]-amd64)")
modules=/lib/modules/$release
image=/boot/initrd.img-$release
work=$(mktemp -d)

# leave: also where it is stopped in the middle.
leave()
{
	for place in "$modules" "$work/small" /boot; do
		! mountpoint -q "$place" || umount -l "$place"
	done
	[ ! -f "$work/initrd" ] || mv "$work/initrd" "$image"
	rm -rf "$work" "$newer" /srv/seeded
}
trap leave EXIT
trap 'exit 143' HUP INT TERM

# it NAME COMMAND...: a test whose answer may differ with DKMS.
it()
{
	name=$1
	shift
	check "DKMS $dkms: $name" "$@"
}

# on_disk: the i915 that modprobe would take.
on_disk()
{
	modinfo -k "$release" -F filename i915
}

# make_initramfs: i915 is loaded from there.
make_initramfs()
{
	if command -v update-initramfs >/dev/null; then
		grep -qx i915 /etc/initramfs-tools/modules || echo i915 >>/etc/initramfs-tools/modules
		update-initramfs -c -k "$release"
	else
		dracut --force "$image" "$release"
	fi >"$work/out" 2>&1 || { cat "$work/out"; return 1; }
}

# without_initramfs: made again at each change, it would take most of the time.
without_initramfs()
{
	[ ! -f "$image" ] || mv "$image" "$work/initrd"
}

# seeded_kernel: it leaks from now on, and mends.
seeded_kernel()
{
	rm -rf /srv/seeded
	i915_tree "$(echo /usr/src/linux-source-*.tar.xz)" /srv/seeded
	seed /srv/seeded
	configure
}

configure()
{
	printf 'KSRC[%s] = /srv/seeded\nPATCHES[%s] = %s\n' "$release" "$release" "$fix" >/etc/i915-backport.conf
}

# newer_package: the same with a later version, beside it.
newer_package()
{
	cp -a "$package" "$newer"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$version.1\"/" "$newer/dkms.conf"
	sed -i "1s/(.*)/($version.1)/" "$newer/debian/changelog"
}
