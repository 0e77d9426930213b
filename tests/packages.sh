# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# packages - what the tests and the demo need of Debian on this machine; what else they use lives in roots
# of their own.

# shellcheck disable=SC2034 # for who sources it
packages='gcc make patch libc6-dev kmod binutils debootstrap shellcheck cppcheck xz-utils git perl
	busybox-static cpio util-linux libdrm-dev flex bison bc libelf-dev openssl'

# install_packages LIST: those that are missing. NO_APT=1 turns it off.
install_packages()
{
	missing=
	for name in $1; do
		dpkg -s "$name" >/dev/null 2>&1 || missing="$missing $name"
	done
	[ -n "$missing" ] && [ "${NO_APT:-}" != 1 ] || return 0
	echo "installing Debian packages:$missing"
	said=$(mktemp)
	# shellcheck disable=SC2086 # a list
	{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
		>"$said" 2>&1 || {
		tail -n 3 "$said" >&2
		echo "apt-get failed, the log is $said; install by hand:$missing" >&2
		exit 10
	}
	rm -f "$said"
}
