# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# userspace - a system whose programs are the driver's clients in the guest: a folder of the user's, or one made of a
# Debian release's packages. The guest mounts it read-only from this machine (9p), so it is never copied.

# What the suite 'clients' starts, and the shell and the accounts that these expect.
CLIENTS='xserver-xorg-core xserver-xorg-video-intel xterm x11-apps x11-utils x11-xserver-utils mesa-utils
	libgl1-mesa-dri libdrm-tests weston plymouth plymouth-themes base-files base-passwd coreutils dash'

# find_userspace: USERSPACE becomes the folder.
find_userspace()
{
	if is_folder "$USERSPACE"; then
		USERSPACE=$(readlink -f "$USERSPACE" || echo "$USERSPACE")
		[ -e "$USERSPACE/usr/bin/Xorg" ] ||
			quit "$E_USAGE" "--root $USERSPACE: no usr/bin/Xorg in it; give the root of a system with an X server"
	else
		USERSPACE=$(debian_userspace "$USERSPACE") || exit
	fi
	case $USERSPACE in
	*[,[:space:]]*) quit "$E_USAGE" "--root $USERSPACE: a path with blanks or commas is not supported; use another one" ;;
	esac
}

# userspace_modules: those by which the guest mounts it, if there is one.
userspace_modules()
{
	[ -z "$USERSPACE" ] || echo virtio_pci 9pnet_virtio 9p
}

# debian_userspace SUITE: the accounts are what a package's script would put there.
debian_userspace()
{
	# shellcheck disable=SC2086 # a list
	root=$(unpacked "$1" "clients-$1-$(echo $CLIENTS | cksum | cut -d' ' -f1)" $CLIENTS) || exit
	[ -e "$root/etc/passwd" ] || cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	[ -e "$root/etc/group" ] || cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	echo "$root"
}
