# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# qemu - a QEMU that has vfio-user-pci (10.1 or later): the system's, else Debian's, from the cache.

has_vfio_user()
{
	"$@" -device vfio-user-pci,help 2>/dev/null | grep -q '^vfio-user-pci options'
}

# find_qemu: sets QEMU, a command line.
find_qemu()
{
	QEMU=qemu-system-x86_64
	if ! has_vfio_user "$QEMU"; then
		root=$(unpacked trixie-backports qemu qemu-system-x86) || exit
		QEMU=$(qemu_of "$root")
		# shellcheck disable=SC2086 # a command line
		has_vfio_user $QEMU ||
			quit "$E_SYSTEM" "$root: its QEMU does not run or lacks vfio-user-pci; install QEMU 10.1 or later"
	fi
	log "QEMU: $QEMU"
}

# qemu_of ROOT: how to run the QEMU of another release: with that release's loader and libraries,
# which leaves this one's alone and needs no chroot.
qemu_of()
{
	libraries=$1/usr/lib/x86_64-linux-gnu
	export QEMU_MODULE_DIR="$libraries/qemu"
	echo "$1/usr/lib64/ld-linux-x86-64.so.2 --library-path $libraries $1/usr/bin/qemu-system-x86_64" \
		"-L $1/usr/share/qemu -L $1/usr/share/seabios"
}
