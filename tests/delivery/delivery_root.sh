# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# delivery_root - the Debian that the suite lives in. Needs tests/root.sh.

# delivery_root [SUITE [GENERATOR]]: the root of the other suites, what their compiler cache has learnt included, with the
# kernel installed as a package, the program that makes its initramfs, and what makes and judges packages.
delivery_root()
{
	suite=${1:-bookworm} generator=${2:-initramfs-tools}
	base=$(kernel_root "$suite") || return
	root=$TEST_CACHE/delivery
	[ "$suite $generator" = "bookworm initramfs-tools" ] || root=$root-$suite-$generator
	more="linux-image-amd64 $generator build-essential debhelper dh-dkms fakeroot lintian rpm apt-utils gpg gpg-agent"
	stamp="$(cat "$base/.whole") $more"
	if [ "$(cat "$root/.whole" 2>/dev/null)" != "$stamp" ]; then
		another_root "$base" "$root"
		small_initramfs
		# shellcheck disable=SC2086 # a list
		add_packages "$root" $more || return
		echo "$stamp" >"$root/.whole"
	fi
	echo "$root"
}

# small_initramfs: of the modules named, not of most, it is made sooner. Of dracut's, i915 is one.
small_initramfs()
{
	mkdir -p "$root/etc/initramfs-tools/conf.d" "$root/etc/dracut.conf.d"
	echo MODULES=list >"$root/etc/initramfs-tools/conf.d/list"
	echo 'hostonly=no dracutmodules=base add_drivers=i915' >"$root/etc/dracut.conf.d/small.conf"
}

# another_root BASE ROOT: a copy, also of one that is named by a link.
another_root()
{
	unmount_root "$2"
	rm -rf --one-file-system "$2"
	mkdir "$2"
	(lock_root "$1" && cp -a --one-file-system "$1/." "$2")
}

# add_packages ROOT PACKAGE...
add_packages()
{
	into=$1
	shift
	enter_root "$into"
	in_root "$into" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$into.log" 2>&1 || {
		echo "apt-get: $(tail -n 1 "$into.log"); the log is $into.log" >&2
		return 1
	}
}
