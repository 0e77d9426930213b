# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# module - the pipeline, from a kernel's headers to a checked i915.ko.

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

# make_module KDIR RELEASE OUT KCFLAGS: the whole pipeline; OUT/$DRIVER.ko is there at the end, or is as it was. What it
# was made of is in $WORK/made then: of which kernel, which file, the name of the series as its modinfo has it, and the plan.
# Whatever a killed run left behind is thrown away first.
make_module()
{
	local out plan ended says generation series

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
	variables "$1" >"$WORK/variables"
	plan=$(handed_over "$2") && is_current "$plan" "$1" "$2" || {
		make_plan "$1" "$2" >"$WORK/plan"
		plan=$(cat "$WORK/plan")
	}
	use_plan "$plan"
	printf '%s\n' "$plan" | sed -n 's/^warns=/i915-backport: /p' >&2
	ended=$(planned status "$plan")
	says=$(planned says "$plan")
	[ "$ended" = 0 ] || quit "$ended" "$says"
	log "$plan"
	log "$(cat "$WORK/facts")"
	generation=$(planned generation "$plan")
	series=$(series_of "$plan")
	if [ -n "$series" ]; then
		apply "$series" "$WORK/stage" ||
			die cannot-try-series folder="$WORK/stage" series="$generation" why="$(why "$WORK/patch.out")"
		log "$(cat "$WORK/patch.out")"
		unproven "$WORK/stage" "$series" "$2" >"$WORK/unproven"
		generation=$generation$(cat "$WORK/unproven")
	fi
	build "$WORK/stage" "$1" "$generation" "$plan" "$4"
	compare_with_stock "$WORK/stage" "$1" "$2" "$(planned source "$plan")" "$series" >"$WORK/believed"
	if [ -s "$WORK/believed" ]; then
		generation=$generation$(cat "$WORK/believed")
		write_modinfo "$WORK/stage" "$generation" "$plan"
		compile "$WORK/stage" "$1"
	fi
	check "$WORK/stage" "$1" "$2" "$generation" "$plan"
	put "$out/$DRIVER.ko" <"$WORK/stage/$I915/$DRIVER.ko" 2>"$WORK/err" ||
		die cannot-write path="$out/$DRIVER.ko"
	printf '%s\n' "release=$2" "file=$out/$DRIVER.ko" "made=$generation" "$plan" >"$WORK/made"
}

cmd_module()
{
	case ${1:-} in
	'') ;;
	-h | --help)
		cat <<-EOT
		Usage: make module [KDIR=HEADERS] [KSRC=TREE] [I915_SOURCE=TREE] [O=DIR] [PATCHES=DIR]
		       [ARCH=] [CROSS_COMPILE=] [CC=] [J=JOBS] [V=1]
		Builds i915.ko for one kernel into O (default: build/RELEASE), without root or DKMS; i915_backport.ko where i915 is
		built in, and prints the two lines by which that takes over (docs/built-in.md).
		HEADERS default to those of the running kernel; TREE to the source that belongs to them.
		EOT
		return ;;
	*) die takes-no-argument argument="module $1" help='module --help' ;;
	esac
	module_of_settings "${KCFLAGS:-}"
}

# module_of_settings KCFLAGS: for KDIR=, of KSRC= or I915_SOURCE=, into O=.
module_of_settings()
{
	local kdir release made of fix

	need_for_build
	vet_settings
	kdir=${KDIR:-$MODULES/$(uname -r)/build}
	[ -d "$kdir" ] || die no-such-headers headers="$kdir"
	kdir=$(readlink -f -- "$kdir")
	release=$(headers_release "$kdir")
	[ -n "$release" ] ||
		die headers-not-prepared headers="$kdir"
	make_module "$kdir" "$release" "${O:-build/$release}" "$1"
	made=$(cat "$WORK/made")
	! is_backport "$release" && of='' || of=", i915 of $(planned version "$made")"
	[ -n "$(planned series "$made")" ] && fix="fixed by the series $(planned made "$made")" || fix="no fix needed"
	printf '%s\n' "$(planned file "$made"): $release$of, $(planned verdict "$made"), $fix" | answer
	[ -z "$TAKES_OVER" ] || tell_boot "$kdir" "$release" | answer
}

# tell_boot KDIR RELEASE: the two lines by which a module that takes over drives the GPU from the boot on: for the kernel's command line, and for
# init. What the command line gives to the driver that is built in is to be given to this one.
tell_boot()
{
	local given

	given=$({
		kconfig "$1" CONFIG_CMDLINE | tr -d '"'
		[ "$2" != "$(uname -r)" ] || cat "$ROOT/proc/cmdline" 2>/dev/null || true
	} | options_to_carry "$TAKES_OVER" | tr '\n' ' ')
	printf '%s\n' "kernel command line: $TAKES_OVER.modeset=0" "init: insmod $DRIVER.ko${given:+ ${given% }}"
}
