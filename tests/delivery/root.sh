# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# root - the Debian 12 that the suite lives in. Needs tests/root.sh.

# delivery_root: the root of the other suites, what their compiler cache has learnt included, with the kernel
# installed as a package and what makes and judges packages. An initramfs of the modules named, not of most, is made sooner.
delivery_root()
{
	base=$(kernel_root bookworm) || return
	root=$TEST_CACHE/delivery
	more="linux-image-amd64 initramfs-tools build-essential debhelper dh-dkms fakeroot lintian rpm apt-utils gpg gpg-agent"
	stamp="$(cat "$base/.made") $more"
	if [ "$(cat "$root/.delivery" 2>/dev/null)" != "$stamp" ]; then
		another_root "$base" "$root"
		mkdir -p "$root/etc/initramfs-tools/conf.d"
		echo MODULES=list >"$root/etc/initramfs-tools/conf.d/list"
		# shellcheck disable=SC2086 # a list
		add_packages "$root" $more || return
		echo "$stamp" >"$root/.delivery"
	fi
	echo "$root"
}

# another_root BASE ROOT: a copy.
another_root()
{
	release_root "$2"
	rm -rf --one-file-system "$2"
	cp -a --one-file-system "$1" "$2"
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
