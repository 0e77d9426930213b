# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# module - the pipeline, from a kernel's headers to a checked i915.ko.

# can_be_replaced KDIR RELEASE
can_be_replaced()
{
	[ -d "$1" ] || die no-headers-folder headers="$1" release="$2"
	[ -f "$1/include/config/auto.conf" ] || [ -f "$1/.config" ] ||
		die headers-not-configured headers="$1" release="$2"
	case $(kconfig "$1" CONFIG_DRM_I915) in
	m) ;;
	y) die built-in headers="$1" ;;
	*) die no-i915 release="$2" ;;
	esac
}

# plan KDIR RELEASE: find, stage, probe and choose, in $WORK/stage. Prints KEY=value lines as they become
# known; dies as soon as there is nothing to be built.
plan()
{
	vet_settings
	can_be_replaced "$1" "$2"
	alien=$(other_headers "$1" "$2")
	[ -z "$alien" ] || die other-headers headers="$1" why="$alien"
	! is_backport "$2" || SOURCE_KEY=I915_SOURCE
	origin=$(find_source "$1" "$2")
	[ -n "$origin" ] || no_source "$2" "$(headers_version "$1")"
	printf '%s\n' "source=$origin"
	stage "$origin" "$WORK/stage"
	version=$(tree_version "$WORK/stage/Makefile")
	printf '%s\n' "version=$version"
	belongs "$version" "$1" "$origin" "$2"
	believe "$WORK/stage" "$1" "$2" "$origin"
	printf '%s\n' "kernel_sha256=$(kernel_sha256 "$1")" "source_sha256=$(source_sha256 "$WORK/stage")"
	choose_fix "$origin" "$2"
}

# choose_fix ORIGIN RELEASE: probe and choose, for what was staged from ORIGIN.
choose_fix()
{
	probe facts "$WORK/stage/$I915" >"$WORK/facts" || exit "$E_SOURCE"
	verdict=$(value verdict <"$WORK/facts")
	reason=$(placed decided_by "$WORK/facts")
	printf '%s\n' "verdict=$verdict"
	printf '%s\n' "reason=$reason"
	case $verdict in
	clean)
		! is_backport "$2" || { printf '%s\n' series_sha256=none generation=none; return; }
		die clean source="$1" reason="$reason" ;;
	leaks*) ;;
	*) die verdict-unknown source="$1" reason="$reason" setting="$SOURCE_KEY" ;;
	esac
	series=$(choose "$WORK/stage" "$2") || exit
	printf '%s\n' "series=$series"
	printf '%s\n' "series_sha256=$(series_sha256 "$series")"
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
		die not-our-work folder="$WORK"
	on_exit 'rm -rf "$WORK"'
	mkdir -m 700 "$WORK" && : >"$WORK/.made-by-i915-backport" ||
		die cannot-write-here path="$WORK"
}

# is_for_make PATH: neither make nor a kernel's makefiles could be given another name.
is_for_make()
{
	[ "$(printf '%s' "$1" | tr -d 'A-Za-z0-9._+~@,/\200-\377-' | wc -c)" -eq 0 ]
}

# make_module KDIR RELEASE OUT: the whole pipeline; OUT/i915.ko is there at the end, or is as it was.
# Whatever a killed run left behind is thrown away first.
make_module()
{
	make_dir "$3"
	out=$(readlink -f -- "$3")
	case $out/ in
	"$MODULES"/* | /lib/modules/* | /usr/lib/modules/*)
		die modprobe-folder folder="$out" ;;
	esac
	is_for_make "$out" || die odd-output-folder folder="$out"
	is_for_make "$1" || die odd-headers-folder folder="$1"
	lock "$out/.lock"
	WORK=$out/.work
	LOG=$out/i915-backport.log
	make_work
	make_file "$LOG" ||
		die cannot-write-here path="$LOG"
	log "i915-backport $(package_version), kernel $2, headers $1"
	kernels_compiler "$1"
	plan "$1" "$2" >"$WORK/plan"
	log "$(cat "$WORK/plan" "$WORK/facts")"
	generation=$(value generation <"$WORK/plan")
	series=$(value series <"$WORK/plan")
	sha256=$(value source_sha256 <"$WORK/plan")
	if [ -n "$series" ]; then
		apply "$series" "$WORK/stage" ||
			die cannot-try-series folder="$WORK/stage" series="$generation" why="$(why "$WORK/patch.out")"
		log "$(cat "$WORK/patch.out")"
		generation=$generation$(unproven "$WORK/stage" "$series" "$2") || exit
	fi
	build "$WORK/stage" "$1" "$generation"
	unlike=$(compare_with_stock "$WORK/stage" "$1" "$2" "$(value source <"$WORK/plan")" "$series") || exit
	if [ -n "$unlike" ]; then
		generation=$generation$unlike
		write_modinfo "$WORK/stage" "$generation"
		compile "$WORK/stage" "$1"
	fi
	check "$WORK/stage" "$1" "$2" "$generation"
	put "$out/i915.ko" <"$WORK/stage/$I915/i915.ko" ||
		die cannot-write path="$out/i915.ko"
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
	*) die takes-no-argument argument="module $1" help='module --help' ;;
	esac
	need_for_build
	vet_settings
	kdir=${KDIR:-$MODULES/$(uname -r)/build}
	[ -d "$kdir" ] || die no-such-headers headers="$kdir"
	kdir=$(readlink -f -- "$kdir")
	release=$(headers_release "$kdir")
	[ -n "$release" ] ||
		die headers-not-prepared headers="$kdir"
	make_module "$kdir" "$release" "${O:-build/$release}"
	! is_backport "$release" && of='' || of=", i915 of $version"
	[ -n "$series" ] && fix="fixed by the series $generation" || fix="no fix needed"
	printf '%s\n' "$out/i915.ko: $release$of, $verdict, $fix" | answer
}
