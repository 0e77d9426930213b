# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# kernel - a distribution's kernel with its own i915: installed, or from Debian's package.

# distribution_kernel RELEASE|SUITE: KEY=value lines, see prepare in 'lab'.
distribution_kernel()
{
	# shellcheck disable=SC2153 # ROOT is of config
	if [ -f "$ROOT/boot/vmlinuz-$1" ] && [ -d "$MODULES/$1/kernel" ]; then
		describe_kernel "${ROOT:-/}" "$1"
		return
	fi
	root=$(packaged_kernel "$1") || exit
	release=$(ls "$root/lib/modules")
	describe_kernel "$root" "$release"
}

# describe_kernel ROOT RELEASE
describe_kernel()
{
	echo "release=$2"
	echo "modules=$1"
	echo "vmlinuz=$1/boot/vmlinuz-$2"
}

# packaged_kernel RELEASE|SUITE: the folder that Debian's package is unpacked in.
packaged_kernel()
{
	root=$CACHE/kernels/$1
	if [ ! -d "$root" ]; then
		warn "fetching Debian's kernel $1, once"
		fetch_kernel "$1" "$root.new"
		depmod -b "$root.new" "$(ls "$root.new/lib/modules")"
		mv "$root.new" "$root"
	fi
	echo "$root"
}

# fetch_kernel RELEASE|SUITE DIR: the suites whose kernels may have that release are asked in turn.
fetch_kernel()
{
	need depmod
	rm -rf "$2"
	make_dir "$2"
	case $1 in
	[0-9]*) suites="bookworm trixie bullseye" package=linux-image-$1 ;;
	*) suites=$1 package=linux-image-amd64 ;;
	esac
	for suite in $suites; do
		apt_lists "$suite"
		file=$(fetch_image "$suite" "$package" "$2") || continue
		unpack_deb "$file" "$2"
		rm -f "$file"
		return
	done
	die "$E_KERNEL" "$1: neither installed nor in Debian's archive; install it, or name another (see $LOG)"
}

# fetch_image SUITE PACKAGE DIR: the .deb. A package without a version in its name leads to the one with.
fetch_image()
{
	image=$2
	case $image in
	*[0-9].*) ;;
	*) image=$(apt "$1" apt-cache depends "$2" 2>>"$LOG" | awk '/Depends: linux-image/ { print $2; exit }') ;;
	esac
	(cd "$3" && logged apt "$1" apt-get download "$image") || return 1
	ls "$3"/linux-image-*.deb
}
