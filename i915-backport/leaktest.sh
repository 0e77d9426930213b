# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# leaktest - the leak suite of tests/guest on this machine, with the driver that is loaded.

cmd_leaktest()
{
	need make "${CC:-cc}"
	[ -f "${DRM_HEADERS:-/usr/include/libdrm}/i915_drm.h" ] ||
		die "$E_SYSTEM" "i915_drm.h: not installed; install libdrm-dev or name its folder with DRM_HEADERS="
	case " $* " in
	*" --help "* | *" -h "* | *" --list "*) ;;
	*) must_be_root leaktest ;;
	esac
	WORK=$(private_dir)
	on_exit 'rm -rf "$WORK"'
	place=$(cache_dir)/leaktest
	make_dir "$place"
	make -s -C "$PACKAGE/tests/guest" O="$place" "$place/leaktest" >"$WORK/make.log" 2>&1 ||
		die "$E_BUILD" "leaktest: $(first_error "$WORK/make.log"); install gcc and libc6-dev"
	"$place/leaktest" "$@"
}
