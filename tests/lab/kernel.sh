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
	echo "vmlinuz=$(unpacked_image "$1/boot/vmlinuz-$2")"
}

# unpacked_image VMLINUZ: the ELF kernel inside, from the cache, if QEMU can start it (by PVH), for unpacking
# itself takes the emulated guest seconds; else VMLINUZ as it is.
unpacked_image()
{
	image=$CACHE/images/$(basename "$1")-$(cksum <"$1" | tr ' ' -)
	[ -f "$image" ] || alone unpack_image "$1" "$image"
	echo "$image"
}

# unpack_image VMLINUZ IMAGE
unpack_image()
{
	[ ! -f "$2" ] || return 0
	make_dir "${2%/*}"
	payload "$1" | unpack_payload >"$2.new" 2>>"$LOG" && starts_by_pvh "$2.new" ||
		cp "$1" "$2.new"
	mv "$2.new" "$2"
}

# payload VMLINUZ: the compressed kernel, where the boot protocol's header says (setup_sects,
# payload_offset, payload_length); the last dword is its size.
payload()
{
	start=$((($(number "$1" 497 1) + 1) * 512 + $(number "$1" 584 4) + 1))
	tail -c +"$start" "$1" | head -c "$(($(number "$1" 588 4) - 4))"
}

# number FILE OFFSET BYTES
number()
{
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

unpack_payload()
{
	cat >"$WORK/payload"
	case $(od -A n -t x1 -N 4 "$WORK/payload" | tr -d ' ') in
	fd377a58) xz -dc "$WORK/payload" ;;
	28b52ffd) zstd -qdc "$WORK/payload" ;;
	*) return 1 ;;
	esac
}

# starts_by_pvh ELF: it has Xen's note of the 32-bit entry, XEN_ELFNOTE_PHYS32_ENTRY.
starts_by_pvh()
{
	LC_ALL=C readelf -n "$1" 2>/dev/null | grep -q '^  Xen .*0x00000012'
}

# packaged_kernel RELEASE|SUITE: the folder that Debian's package is unpacked in.
packaged_kernel()
{
	root=$CACHE/kernels/$1
	[ -d "$root" ] || alone unpack_kernel "$1" "$root"
	echo "$root"
}

# unpack_kernel RELEASE|SUITE DIR
unpack_kernel()
{
	[ ! -d "$2" ] || return 0
	tell "fetching Debian's kernel $1, once"
	fetch_kernel "$1" "$2.new"
	depmod -b "$2.new" "$(ls "$2.new/lib/modules")"
	mv "$2.new" "$2"
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
	quit "$E_KERNEL" "$1: neither installed nor in Debian's archive; install it, or name another (see $LOG)"
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
