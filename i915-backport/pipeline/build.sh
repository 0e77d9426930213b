# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# build - the staged driver into a module, by the kernel's own kbuild.

# kbuild WHAT KDIR DIR [ARGUMENT]...: make, in DIR as an external module, with the variables in $WORK/variables; with a progress line, if
# there is something for it to say. The kernel's makefiles take LC_ALL away, and messages are read here.
kbuild()
{
	local what=$1 kdir=$2 dir=$3 variable

	shift 3
	while IFS= read -r variable; do
		set -- "$@" "$variable"
	done <"$WORK/variables"
	set -- env LANG=C LC_CTYPE=C LC_MESSAGES=C make -C "$kdir" M="$dir" "$@"
	[ -z "$what" ] || set -- with_progress "$what" 120 "$@"
	"$@"
}

# variables KDIR: what make is given, a line each; of two of one name the last counts. The user's, or those of kernels_compiler.
variables()
{
	local name given

	for name in ARCH CROSS_COMPILE LLVM CC LD V; do
		eval "given=\${$name:-}"
		[ -z "$given" ] || printf '%s\n' "$name=$given"
	done
	kernels_compiler "$1"
}

# kernels_compiler KDIR: where nothing else is asked for, a kernel that clang has compiled has its modules compiled by it, and linked
# by lld if it was itself. They may be there with their number only, which kernels before 5.18 do not take from LLVM.
kernels_compiler()
{
	local version='' cc llvm='' ld=''

	[ -z "${CC:-}${LD:-}${LLVM:-}" ] && [ "$(kconfig "$1" CONFIG_CC_IS_CLANG)" = y ] || return 0
	command -v clang >/dev/null || {
		version=$(kconfig "$1" CONFIG_CLANG_VERSION)
		version=-$((${version:-0} / 10000))
		command -v "clang$version" >/dev/null || version=''
	}
	cc=clang$version
	[ "$(kconfig "$1" CONFIG_LD_IS_LLD)" != y ] || llvm=${version:-1} ld=ld.lld$version
	need "$cc" ${ld:+"$ld"}
	log "CC=$cc${llvm:+ LLVM=$llvm}: this kernel was compiled by clang"
	printf '%s\n' "CC=$cc" ${llvm:+"LLVM=$llvm"} ${ld:+"LD=$ld"}
}

# ask KDIR: what kbuild would compile with, as KEY=value lines in $WORK/asked.
ask()
{
	local cc

	mkdir -p "$WORK/ask"
	cat >"$WORK/ask/Kbuild" <<-'EOT'
		$(info asked-cc=$(strip $(CC)))
		$(info asked-flags=$(KBUILD_CFLAGS))
		$(info asked-srctree=$(abspath $(srctree)))
		$(info asked-include=$(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS))
		$(info asked-folder=$(CURDIR))
	EOT
	kbuild "" "$1" "$WORK/ask" modules >"$WORK/ask/out" 2>&1 || true
	sed -n 's/^asked-//p' "$WORK/ask/out" >"$WORK/asked"
	[ -s "$WORK/asked" ] || {
		blame "$WORK/ask/out" "$1"
		die kbuild-does-not-run headers="$1" why="$(first_error "$WORK/ask/out")"
	}
	cc=$(value cc <"$WORK/asked")
	need "${cc%% *}"
}

# check_helpers: the programs that kbuild runs at each file, and at the end, are there and run on this machine.
check_helpers()
{
	local folder helper why

	folder=$(value folder <"$WORK/asked")
	for helper in scripts/basic/fixdep scripts/mod/modpost tools/objtool/objtool; do
		[ -e "$folder/$helper" ] || [ "$helper" != tools/objtool/objtool ] || continue
		"$folder/$helper" </dev/null >"$WORK/err" 2>&1 || case $? in
		126 | 127)
			why=$(why "$WORK/err")
			die helper-not-run program="$folder/$helper" why="${why##*: }" ;;
		esac
	done
}

# blame LOG HEADERS: dies where the log shows a cause that is hidden by what make says of it.
blame()
{
	local found why

	! grep -qE 'No space left|error: ' "$1" || return 0
	found=$(sed -nE 's/^ERROR: (modpost: )?"([^"]*)" .*undefined!$/\2/p' "$1" | head -n 1)
	[ -z "$found" ] || die symbol-undefined symbol="$found" log="$LOG"
	found=$(sed -nE 's/^[^ ]*sh: ((line )?[0-9]+: )?([^ :]+): (.*: )?(not found|command not found|No such file or directory|Permission denied|Exec format error)$/\3/p
		s/^make(\[[0-9]+\])?: ([^ :]+): (Command not found|No such file or directory|Permission denied|Exec format error)$/\2/p' "$1" | head -n 1)
	why=$(grep -m 1 -F -- "$found: " "$1") || why=
	case $found in
	/*) die helper-not-run program="$found" why="${why##*: }" ;;
	*/*) die helper-not-run program="$2/${found#./}" why="${why##*: }" ;;
	?*) die build-program-missing program="$found" log="$LOG" ;;
	esac
	found=$(sed -nE "s/.*No rule to make target [\`']([^']*)'.*/\1/p" "$1" | head -n 1)
	[ -z "$found" ] || die build-file-missing file="${found#"$WORK/stage/"}" log="$LOG"
}

# choose_cc: compilers that make position-independent programs by default need telling not to, where
# the kernel is too old to do it. It belongs into CC, or kbuild's probes of the compiler's options fail.
choose_cc()
{
	local cc

	case $(value flags <"$WORK/asked") in
	*-fno-pie* | *-fno-PIE*) return ;;
	esac
	cc=$(value cc <"$WORK/asked")
	# shellcheck disable=SC2086 # CC may hold options
	if $cc -dM -E -x c /dev/null 2>/dev/null | grep -q __PIE__; then
		log "CC=$cc -fno-pie: the compiler defaults to PIE and this kernel does not turn it off"
		printf '%s\n' "CC=$cc -fno-pie" >>"$WORK/variables"
		sed -i 's/^cc=.*/& -fno-pie/' "$WORK/asked"
	fi
}

# path_flags STAGE: no path of the build in the module, so that it is the same wherever it is built.
path_flags()
{
	local flag cc

	cc=$(value cc <"$WORK/asked")
	for flag in "-fmacro-prefix-map=$1/=" "-fdebug-prefix-map=$1=."; do
		# shellcheck disable=SC2086 # CC may hold options
		$cc "$flag" -E -x c /dev/null >/dev/null 2>&1 && printf '%s\n' "$flag"
	done
	return 0
}

# write_modinfo STAGE GENERATION PLAN: how anyone can tell our module from the stock one, and what it was made of.
write_modinfo()
{
	{
		printf '%s\n' '#include <linux/module.h>' '' "MODULE_VERSION(\"$(package_version)\");"
		record "$2" "$3" | sed 's/^\([a-z0-9_]*\)=\(.*\)$/MODULE_INFO(\1, "\2");/'
	} >"$1/$I915/i915_backport_record.c"
}

# write_kbuild STAGE: a Kbuild beside the driver's Makefile takes precedence over it and includes it,
# so that the driver's own is not edited.
#   Kbuild.compat  shims, if the driver is of another release than the kernel
#   -I      outside the kernel tree $(src) is a path of its own, and the trace headers' relative path leads nowhere: it is that from a
#           folder which is two below the top, as include/trace is
#   obj-m   only the driver, not what else lives in its folder (kvmgt)
write_kbuild()
{
	local up=

	case $I915 in
	*/*/*) up=$(printf '%s\n' "/${I915#*/*/}" | sed 's|/[^/]*|/..|g') ;;
	esac
	{
		cat <<-EOT
			-include \$(src)/Kbuild.compat
			include \$(src)/Makefile
			obj-m := \$(filter $DRIVER.o,\$(obj-m))
			subdir-ccflags-y := \$(subst \$(srctree)/\$(src),\$(src),\$(subdir-ccflags-y))
			ccflags-y := \$(subst \$(srctree)/\$(src),\$(src),\$(ccflags-y)) -I\$(src)$up
		EOT
		vendors_headers "$1" "$(value srctree <"$WORK/asked")"
		[ -z "$TAKES_OVER" ] || take_over "$1"
		printf '%s\n' "$DRIVER-y += i915_backport_record.o"
	} >"$1/$I915/Kbuild"
}

# vendors_headers STAGE KERNEL: prints where the headers of a DRM beside the kernel's own are. The vendor's makefile makes include/drm a
# link to them, but only while the kernel is built.
vendors_headers()
{
	local drm

	drm=$(drm_folder "$2")
	[ "$drm" != drm ] || return 0
	mkdir -p "$1/headers/uapi"
	ln -s "$2/include/$drm" "$1/headers/drm"
	ln -s "$2/include/uapi/$drm" "$1/headers/uapi/drm"
	printf '%s\n' "NOSTDINC_FLAGS += -I$1/headers -I$1/headers/uapi"
}

# take_over STAGE: prints what makes a second driver of the one that is built in (compat/takeover): of the same objects, under another name.
take_over()
{
	cat <<-EOT
		obj-y :=
		obj-m := $DRIVER.o
		$DRIVER-y := \$($TAKES_OVER-y) \$($TAKES_OVER-objs) takeover.o
		ccflags-y += -include \$(src)/takeover.h
		NOSTDINC_FLAGS += -I$(for_make "$PACKAGE/compat/takeover/include")
	EOT
	! grep -rqw --include='*.c' drm_pci_init "$1/$I915" || echo 'CFLAGS_takeover.o := -DREGISTERED_BY_DRM'
	cp "$PACKAGE/compat/takeover/takeover.c" "$PACKAGE/compat/takeover/takeover.h" "$1/$I915/"
	# The path of its trace headers may have the name in it that takeover.h changes.
	ln -s "${I915##*/}" "$1/${I915%/*}/$DRIVER"
}

# without PART TEXT: wherever it is.
without()
{
	local text=$2

	while :; do
		case $text in
		*"$1"*) text=${text%%"$1"*}${text#*"$1"} ;;
		*) break ;;
		esac
	done
	printf '%s\n' "$text"
}

# all_flags STAGE RELEASE KCFLAGS: all that the driver is compiled with beside the kernel's own, on one line. In the driver of another
# release a function of another type is as good as none.
all_flags()
{
	{
		printf '%s\n' "$3" "$(compiler_flags)" "$(path_flags "$1")"
		! is_backport "$2" || printf '%s\n' -Werror=incompatible-pointer-types -Werror=int-conversion
	} | grep . | tr '\n' ' ' | sed 's/ *$//'
}

# prepare STAGE KDIR KCFLAGS: kbuild can begin.
prepare()
{
	need make
	ask "$2"
	check_helpers
	choose_cc
	write_kbuild "$1"
	# A symbol that is not exported is found by the check, and all of them are.
	[ -z "$TAKES_OVER" ] || echo KBUILD_MODPOST_WARN=1 >>"$WORK/variables"
	printf 'KCFLAGS=%s\n' "$(all_flags "$1" "$(headers_release "$2")" "$3")" >>"$WORK/variables"
}

# build STAGE KDIR GENERATION PLAN KCFLAGS: $STAGE/$I915/$DRIVER.ko
build()
{
	prepare "$1" "$2" "$5"
	write_modinfo "$1" "$3" "$4"
	! is_backport "$(headers_release "$2")" || backport "$1"
	compile "$1" "$2"
}

# compile_files STAGE KDIR LIST: those files of the driver, each by itself. Where one does not compile, that is said, and what the compiler
# says of it.
compile_files()
{
	local stage=$1 kdir=$2 list=$3 file

	variables "$kdir" >"$WORK/variables"
	prepare "$stage" "$kdir" "${KCFLAGS:-}"
	set --
	while IFS= read -r file; do
		set -- "$@" "${file%.c}.o"
	done <"$list"
	kbuild "" "$kdir" "$stage/$I915" -j"${J:-$(nproc)}" "$@" >"$WORK/compiled" 2>&1 || {
		without "$stage/" "$(first_error "$WORK/compiled")"
		return 1
	}
}

# compile STAGE KDIR: what build has prepared, all of it or what was changed since.
compile()
{
	local plt32 release all=''

	release=$(headers_release "$2")
	! is_backport "$release" || all=-k
	kbuild "building $DRIVER.ko for $release" "$2" "$1/$I915" -j"${J:-$(nproc)}" ${all:+"$all"} modules || {
		[ -z "$all" ] || report_missing "$release"
		blame "$LOG" "$2"
		die build-failed error="$(without "$1/" "$(first_error "$LOG")")" log="$LOG"
	}
	[ -f "$1/$I915/$DRIVER.ko" ] || die no-module-made driver="$DRIVER" headers="$2" log="$LOG"
	plt32=$(set -e; host_program plt32 "$ROOM/pipeline/plt32.c")
	logged "$plt32" "$1/$I915/$DRIVER.ko" || die no-elf-made driver="$DRIVER" headers="$2" log="$LOG"
}
