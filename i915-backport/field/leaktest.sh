# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# leaktest - the leak suite of tests/guest on this machine, with the driver that drives its GPU.

cmd_leaktest()
{
	local place

	need make "${HOSTCC:-cc}"
	[ -f "${DRM_HEADERS:-/usr/include/libdrm}/i915_drm.h" ] ||
		die no-libdrm
	case " $* " in
	*" --help "* | *" -h "* | *" --list "*) ;;
	*)
		must_be_root leaktest
		printf '# the GPU is driven by %s\n' "$(module_of "$(intel_gpu)" | grep . || echo "no driver")" ;;
	esac
	open_work
	place=$(cache_dir)/leaktest
	make_dir "$place"
	make -s -C "$PACKAGE/tests/guest" CC="${HOSTCC:-cc}" O="$place" "$place/leaktest" >"$WORK/make.log" 2>&1 ||
		die leaktest-not-built error="$(first_error "$WORK/make.log")"
	"$place/leaktest" "$@"
}
