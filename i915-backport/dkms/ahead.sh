# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# ahead - builds for DKMS before it begins. Where a module does not build, DKMS 3 fails the installation of the kernel that it was
# called for, and any DKMS that of the package with the module. So where DKMS acts for a package, the module is built when
# dkms.conf asks, and DKMS is told that there is nothing to do if that fails. Else its MAKE takes what was built.

# acts_for_package ACTION: of DKMS: the verbs that kernels' packages call, or any that a package's script of dpkg does.
acts_for_package()
{
	case " $1 " in
	*" autoinstall "* | *" kernel_postinst "*) ;;
	*) [ -n "${DPKG_MAINTSCRIPT_PACKAGE:-}" ] ;;
	esac
}

# build_ahead RELEASE PLAN RUN: once for each run of DKMS, which asks several times. Fails, with the reason on stdout, if DKMS would.
build_ahead()
{
	local dir

	dir=$(attempt "$1")
	if ! is_built_for "$1"; then
		if [ "$(cat "$dir/run" 2>/dev/null)" != "$3" ]; then
			rm -rf "$dir" && make_dir "$dir"
			try_make "$1" "$2" "$dir"
			printf '%s\n' "$3" >"$dir/run" || true
		fi
		[ -f "$dir/$DRIVER.ko" ] || {
			planned says "$(cat "$dir/failed" 2>/dev/null)"
			return 1
		}
	fi
	can_hold "$1" "$dir/$DRIVER.ko" >/dev/null 2>"$WORK/err" || {
		sed 's/^i915-backport: //' "$WORK/err"
		return 1
	}
}

# is_built_for RELEASE: by DKMS, which has only to install it.
is_built_for()
{
	local built

	for built in "$DKMS_TREE/$(package_version)/$1"/*/module/"$DRIVER".ko*; do
		[ ! -f "$built" ] || return 0
	done
	return 1
}

# try_make RELEASE PLAN DIR: DIR/$DRIVER.ko by what is MAKE of dkms.conf, in its environment; or a record of how that ended.
try_make()
{
	local ended=0 said

	warn building-ahead release="$1"
	(cd "$3" && unset CC LD && KDIR=$(planned headers "$2") RELEASE=$1 "$ROOM/i915-backport" dkms-module) >"$3/make.log" 2>&1 3>&- || {
		ended=$?
		said=$(last_said "$3/make.log")
		record_attempt "$1" "$2" "${said:-$(said stopped status="$ended")}"
	}
}

# take_ahead RELEASE OUT: OUT/$DRIVER.ko is what was built by the run of DKMS that goes on, if that is what is wanted now; and its log
# goes to stderr.
take_ahead()
{
	local dir plan

	dir=$(attempt "$1")
	[ -d "$dir" ] && is_own "$dir" 755 && is_running "$(cat "$dir/run" 2>/dev/null)" || return
	open_work
	plan=$(plan_of "$1")
	use_plan "$plan"
	[ -f "$dir/$DRIVER.ko" ] && [ -z "$(differs "$1" "$dir/$DRIVER.ko" "$plan")" ] && put "$2/$DRIVER.ko" <"$dir/$DRIVER.ko" || return
	cat "$dir/make.log" >&2
}
