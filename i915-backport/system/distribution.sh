# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# distribution - what differs between distributions, beside their initramfs images (initramfs.sh) and package formats (debian/,
# rpm/): where a kernel's source is put, which package it is in, what runs when a kernel is installed, which packages a build needs,
# and whose key DKMS signs with. No function asks which distribution this is where what it wants can be looked for.

# Where a kernel's installation looks for programs: Debian and its relatives, and whatever has kernel-install. Each before DKMS's own.
HOOKS="$ROOT/etc/kernel/postinst.d/00-i915-backport $ROOT/etc/kernel/header_postinst.d/00-i915-backport
	$ROOT/etc/kernel/install.d/39-i915-backport.install"

# What systemd runs when the machine starts: where who installs things by hand puts it, and what asks for it.
UNITS="$ROOT/etc/systemd/system/i915-backport-takeover.service $ROOT/etc/systemd/system/sysinit.target.wants/i915-backport-takeover.service"

# distribution_trees MINOR, distribution_tarballs MINOR: paths in /usr/src at which the distributions' source packages put that
# VERSION.PATCHLEVEL, likeliest first: Debian, Ubuntu, SUSE, Gentoo. There may be nothing, or something else.
distribution_trees()
{
	printf '%s\n' "$SOURCES/linux-source-$1" "$SOURCES/linux-source-$1".* "$SOURCES/linux-$1" "$SOURCES/linux-$1"[.-]* "$SOURCES/linux"
}

distribution_tarballs()
{
	printf '%s\n' "$SOURCES/linux-source-$1".tar* "$SOURCES/linux-source-$1".[0-9]*.tar* \
		"$SOURCES/linux-source-$1"*/linux-source-"$1"*.tar*
}

# no_source RELEASE MINOR: dies, and says where one could come from.
no_source()
{
	[ ! -e "$ROOT/etc/debian_version" ] || die no-source-debian release="$1" version="$2"
	die no-source release="$1"
}

# source_package MINOR: the package that has the source, if there is one.
source_package()
{
	! apt-cache show "linux-source-$1" >/dev/null 2>&1 || printf '%s\n' "linux-source-$1"
}

# missing_packages: those that a build under DKMS needs.
missing_packages()
{
	local pair

	for pair in dkms:dkms gcc:gcc make:make patch:patch modinfo:kmod nm:binutils flock:util-linux xz:xz-utils openssl:openssl; do
		command -v "${pair%%:*}" >/dev/null || printf '%s\n' "${pair#*:}"
	done
	[ -f /usr/include/stdio.h ] || echo libc6-dev
}

# apt_install NAME...: NO_APT=1 turns it off.
apt_install()
{
	[ $# -gt 0 ] || return 0
	[ "${NO_APT:-}" != 1 ] || {
		warn not-installing packages="$*"
		return 0
	}
	printf '%s\n' "Installing Debian packages: $*"
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$WORK/apt.log" 2>&1 ||
		die apt-failed why="$(why "$WORK/apt.log")" packages="$*"
}

# package_of FOLDER: the package that it belongs to, if dpkg knows one.
package_of()
{
	dpkg-query -S "$1" 2>/dev/null | sed 's/: .*//; q' | grep .
}

# certificate: of the key that DKMS signs with: what its settings name, else Ubuntu's, else its own.
certificate()
{
	local named ubuntu

	named=$(dkms_setting mok_certificate)
	ubuntu=/var/lib/shim-signed/mok/MOK.der
	[ -n "$named" ] || [ ! -f "$ROOT$ubuntu" ] || named=$ubuntu
	printf '%s\n' "${named:-$(dkms_tree)/mok.pub}"
}
