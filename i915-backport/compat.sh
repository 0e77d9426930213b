# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# compat - what the driver wants and these headers do not have, and who gives it.
#
# A shim is a folder with a file 'shim' of KEY=value lines, which say when it is wanted:
#   api     what it gives
#   since   the release that brought it
#   driver  regular expression that the driver's source matches if it uses it
#   header  where the kernel declares it, in include/
#   has     regular expression that this header, blanks and line ends squeezed, matches if the kernel has it
# compat/NAME has the rest of it as headers (include/) or lines for the driver's makefile (Kbuild),
# patches/on-NAME as patches of the driver, of which one has to fit: for what no header can give.

# compiler_flags: kernels with a header for each compiler know none that is younger than they are.
compiler_flags()
{
	headers=$(value srctree <"$WORK/asked")/include
	major=$($cc -dumpversion | cut -d. -f1)
	if grep -qs 'gcc_header(__GNUC__)' "$headers/linux/compiler-gcc.h" &&
		[ ! -f "$headers/linux/compiler-gcc$major.h" ]; then
		echo "-idirafter $PACKAGE/compat/compiler-gcc"
	fi
}

# is_wanted SHIM STAGE HEADERS: does the driver in STAGE use it, and do the headers lack it?
is_wanted()
{
	grep -rqE -e "$(value driver <"$1/shim")" "$2/$I915" &&
		! tr -s ' \t\n' ' ' 2>/dev/null <"$3/$(value header <"$1/shim")" | grep -qE -e "$(value has <"$1/shim")"
}

# wanted_shims STAGE: their folders.
wanted_shims()
{
	headers=$(value srctree <"$WORK/asked")/include
	for shim in "$PACKAGE"/compat/*/shim "$PACKAGE"/patches/on-*/shim; do
		[ ! -f "$shim" ] || ! is_wanted "${shim%/shim}" "$1" "$headers" || echo "${shim%/shim}"
	done
}

# backport STAGE: for a driver of another release than the kernel. Patches it, and leaves in its folder
# what write_kbuild has the build include. The headers that are the driver's alone come with it. A
# function of another type is as good as none.
backport()
{
	wanted_shims "$1" >"$WORK/shims"
	log "shims: $(sed 's|.*/||' "$WORK/shims" | xargs)"
	KCFLAGS="$KCFLAGS -Werror=incompatible-pointer-types -Werror=int-conversion"
	# shellcheck disable=SC2016 # for make
	echo 'NOSTDINC_FLAGS += -I$(src)/../../../../include' >"$1/$I915/Kbuild.compat"
	while read -r shim; do
		case $shim in
		"$PACKAGE"/patches/*) fit_one "$shim" "$1" ;;
		esac
		[ ! -d "$shim/include" ] || echo "NOSTDINC_FLAGS += -I$shim/include"
		[ ! -f "$shim/Kbuild" ] || echo "include $shim/Kbuild"
	done <"$WORK/shims" >>"$1/$I915/Kbuild.compat"
}

# fit_one SHIM STAGE: the one of its patches that fits.
fit_one()
{
	for patch in "$1"/*.patch; do
		if patch -d "$2" -p1 --fuzz=0 --force --dry-run <"$patch" >>"$WORK/patch.out" 2>&1; then
			logged patch -d "$2" -p1 --fuzz=0 --force --no-backup-if-mismatch <"$patch" && return
		fi
	done
	die "$E_COMPAT" "$1: none of its patches fits this driver; port one of them, see docs/compat.md"
}

# missing LOG: what the compiler did not find, a line for each: API, where it is wanted, where a shim would go.
missing()
{
	sed -n "s|^[^ ]*/$I915/\([^ :]*:[0-9]*\):[0-9:]* \(fatal \)\{0,1\}error: |\1 |p" "$1" |
		awk -v releases="$PACKAGE/compat/releases" '
		BEGIN { while ((getline line <releases) > 0) { split(line, f, " "); since[f[1]] = f[2] } }
		function quoted(n,   part) { split($0, part, "\047"); return part[2 * n] }
		function miss(api, place) {
			if (!seen[api]++)
				print api " (" (api in since ? "Linux " since[api] : "release unknown") "), for " $1 ": a shim would be " place
		}
		/implicit declaration of function/ { miss(quoted(1), "a function in compat/"); next }
		/has no member named/              { s = quoted(1); sub(/^(const )?(struct|union) /, "", s)
		                                     miss(s "." quoted(2), "a patch in patches/on-*/"); next }
		/undeclared/                       { miss(quoted(1), "a definition in compat/"); next }
		/unknown type name/                { miss(quoted(1), "a type in compat/"); next }
		/too (few|many) arguments to function/ { miss(quoted(1), "a macro in compat/, for its arguments differ"); next }
		/No such file or directory/        { sub(/:$/, "", $2); miss($2, "a header in compat/"); next }
		/incompatible/                     { miss("types at " $1, "a patch in patches/on-*/"); next }'
}

# report_missing RELEASE: dies if that is why the build of a newer driver failed.
report_missing()
{
	missing "$LOG" >"$WORK/missing"
	[ -s "$WORK/missing" ] || return 0
	while read -r line; do
		warn "$line"
	done <"$WORK/missing"
	die "$E_COMPAT" "$1: this driver wants $(wc -l <"$WORK/missing") things that neither the kernel nor compat/ has; see docs/compat.md, or take an older I915_SOURCE; the log is $LOG"
}
