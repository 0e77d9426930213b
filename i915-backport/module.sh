# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# module - the pipeline, from a kernel's headers to a checked i915.ko.

# can_be_replaced KDIR RELEASE
can_be_replaced()
{
	[ -d "$1" ] || die "$E_KERNEL" "$1: no such folder; install the headers of $2 or set KDIR="
	[ -f "$1/include/config/auto.conf" ] || [ -f "$1/.config" ] ||
		die "$E_KERNEL" "$1: not configured kernel headers; install the headers of $2, or run 'make modules_prepare' in a tree"
	case $(kconfig "$1" CONFIG_DRM_I915) in
	m) ;;
	y) die "$E_BUILTIN" "$1: CONFIG_DRM_I915=y, a built-in i915 cannot be replaced by a module; put the fix into the kernel's own tree with 'i915-backport apply TREE' and build that" ;;
	*) die "$E_CLEAN" "$2: the kernel has no i915 (CONFIG_DRM_I915 is not set); nothing to do" ;;
	esac
}

# plan KDIR RELEASE: find, stage, probe and choose, in $WORK/stage. Prints KEY=value lines as they become
# known; dies as soon as there is nothing to be built.
plan()
{
	vet_settings
	can_be_replaced "$1" "$2"
	! is_backport "$2" || SOURCE_KEY=I915_SOURCE
	origin=$(find_source "$1" "$2")
	[ -n "$origin" ] ||
		die "$E_SOURCE" "$2: no i915 source found for it; $(find_hint "$(headers_version "$1")")"
	printf '%s\n' "source=$origin"
	stage "$origin" "$WORK/stage"
	version=$(tree_version "$WORK/stage/Makefile")
	printf '%s\n' "version=$version"
	belongs "$version" "$1" "$origin" "$2"
	choose_fix "$origin" "$2"
}

# choose_fix ORIGIN RELEASE: probe and choose, for what was staged from ORIGIN.
choose_fix()
{
	probe facts "$WORK/stage/$I915" >"$WORK/facts" || exit "$E_SOURCE"
	verdict=$(value verdict <"$WORK/facts")
	reason="$(value decided_at <"$WORK/facts"): $(value decided_by <"$WORK/facts")"
	printf '%s\n' "verdict=$verdict"
	printf '%s\n' "reason=$reason"
	case $verdict in
	clean)
		! is_backport "$2" || { echo generation=none; return; }
		die "$E_CLEAN" "$1: i915 is clean ($reason); nothing to do, the stock driver stays" ;;
	leaks*) ;;
	*) die "$E_VERDICT" "$1: the probe cannot tell whether this i915 leaks ($reason); see 'i915-backport facts', or give the whole source with $SOURCE_KEY=" ;;
	esac
	series=$(choose "$WORK/stage" "$2") || exit
	printf '%s\n' "series=$series"
	printf '%s\n' "generation=$(generation_of "$series")"
}

# need_for_build: every program that a build or its check ends without, before the work begins.
need_for_build()
{
	need make patch awk tar flock setsid sha256sum modinfo modprobe nm "${HOSTCC:-cc}"
	[ -z "${CC:-}" ] || need "${CC%% *}"
}

# make_work: $WORK, empty. What an earlier run of ours has left there goes; what anybody else has, stays.
make_work()
{
	if [ -f "$WORK/.made-by-i915-backport" ] && [ ! -L "$WORK" ]; then
		rm -rf "$WORK"
	else
		rmdir "$WORK" 2>/dev/null || true
	fi
	[ ! -e "$WORK" ] && [ ! -L "$WORK" ] ||
		die "$E_SYSTEM" "$WORK: cannot be written, it is not of an earlier run; take it away, or choose another folder with O="
	on_exit 'rm -rf "$WORK"'
	mkdir -m 700 "$WORK" && : >"$WORK/.made-by-i915-backport" ||
		die "$E_SYSTEM" "$WORK: cannot be written; free some space, or choose another folder with O="
}

# make_module KDIR RELEASE OUT: the whole pipeline; OUT/i915.ko is there at the end, or is as it was.
# Whatever a killed run left behind is thrown away first.
make_module()
{
	make_dir "$3"
	out=$(readlink -f -- "$3")
	case $out/ in
	"$MODULES"/* | /lib/modules/* | /usr/lib/modules/*)
		die "$E_USAGE" "$out: is where modprobe looks, and could hold the stock driver; choose another folder with O=" ;;
	esac
	lock "$out/.lock"
	WORK=$out/.work
	LOG=$out/i915-backport.log
	make_work
	make_file "$LOG" ||
		die "$E_SYSTEM" "$LOG: cannot be written; free some space, or choose another folder with O="
	log "i915-backport $(package_version), kernel $2, headers $1"
	plan "$1" "$2" >"$WORK/plan"
	log "$(cat "$WORK/plan" "$WORK/facts")"
	generation=$(value generation <"$WORK/plan")
	series=$(value series <"$WORK/plan")
	sha256=$(source_sha256 "$WORK/stage")
	if [ -n "$series" ]; then
		apply "$series" "$WORK/stage" ||
			die "$E_SYSTEM" "$WORK/stage: the series cannot be written there: $(why "$WORK/patch.out"); free some space"
		log "$(cat "$WORK/patch.out")"
		generation=$generation$(unproven "$WORK/stage" "$series" "$2") || exit
	fi
	build "$WORK/stage" "$1" "$generation" "$sha256"
	check "$WORK/stage" "$1" "$2" "$generation" "$sha256"
	put "$out/i915.ko" <"$WORK/stage/$I915/i915.ko" ||
		die "$E_SYSTEM" "$out/i915.ko: cannot be written; free some space or mend the permissions"
	verdict=$(value verdict <"$WORK/plan")
}

cmd_module()
{
	case ${1:-} in
	'') ;;
	-h | --help)
		cat <<-EOT
		Usage: make module [KDIR=HEADERS] [KSRC=TREE] [I915_SOURCE=TREE] [O=DIR] [PATCHES=DIR]
		       [ARCH=] [CROSS_COMPILE=] [CC=] [J=JOBS] [V=1]
		Builds i915.ko for one kernel into O (default: build/RELEASE), without root or DKMS.
		HEADERS default to those of the running kernel; TREE to the source that belongs to them.
		EOT
		return ;;
	*) die "$E_USAGE" "module $1: takes no argument; set KDIR= and KSRC=, see 'i915-backport module --help'" ;;
	esac
	need_for_build
	vet_settings
	kdir=${KDIR:-$MODULES/$(uname -r)/build}
	[ -d "$kdir" ] || die "$E_KERNEL" "$kdir: no such folder; install the kernel's headers or set KDIR="
	kdir=$(readlink -f -- "$kdir")
	release=$(headers_release "$kdir")
	[ -n "$release" ] ||
		die "$E_KERNEL" "$kdir: no include/generated/utsrelease.h; install the kernel's headers, or run 'make modules_prepare' in a tree"
	make_module "$kdir" "$release" "${O:-build/$release}"
	! is_backport "$release" && of='' || of=", i915 of $version"
	[ -n "$series" ] && fix="fixed by the series $generation" || fix="no fix needed"
	printf '%s\n' "$out/i915.ko: $release$of, $verdict, $fix"
}
