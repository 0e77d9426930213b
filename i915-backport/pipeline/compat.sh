# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# compat - what the driver wants and these headers do not have, and who gives it.
#
# A shim is a folder with a file 'shim' of KEY=value lines, which say when it is wanted:
#   api     what it gives
#   since   the release that brought it
#   driver  regular expression that the driver's source matches if it uses it
#   header  where the kernel declares it, in include/; several, if that is not the same in each
#   has     regular expression that it, preprocessed, matches if the kernel has it
# compat/NAME has the rest of it as headers (include/) or lines for the driver's makefile (Kbuild),
# patches/on-NAME as patches of the driver, of which one has to fit: for what no header can give.

# compiler_flags: kernels with a header for each compiler know none that is younger than they are.
compiler_flags()
{
	local headers major cc

	headers=$(value srctree <"$WORK/asked")/include
	cc=$(value cc <"$WORK/asked")
	major=$($cc -dumpversion | cut -d. -f1)
	if grep -qs 'gcc_header(__GNUC__)' "$headers/linux/compiler-gcc.h" &&
		[ ! -f "$headers/linux/compiler-gcc$major.h" ]; then
		printf '%s\n' "-idirafter $(for_make "$PACKAGE/compat/compiler-gcc")"
	fi
}

# for_make PATH: of this package, by way of a link: its own may have blanks, which make takes for ends of names.
for_make()
{
	[ -L "$WORK/for-make" ] || ln -s "$PACKAGE" "$WORK/for-make"
	printf '%s\n' "$WORK/for-make${1#"$PACKAGE"}"
}

# preprocessed HEADER: what the compiler sees of a header of this kernel, with its definitions, blanks and line ends
# squeezed: text that is configured away is not there, nor is anything of a header that the kernel has not. Asked
# once for each.
preprocessed()
{
	local text options cc

	text=$WORK/ask/$(printf '%s\n' "$1" | tr / _)
	if [ ! -f "$text" ]; then
		options="$(value flags <"$WORK/asked") $(value include <"$WORK/asked")"
		cc=$(value cc <"$WORK/asked")
		# shellcheck disable=SC2086 # CC may hold options, the flags are many
		(cd "$(value folder <"$WORK/asked")" && printf '%s\n' "#include <$1>" | $cc $options -w -E -P -dD -x c -) \
			>"$text.i" 2>"$WORK/err" || grep -q 'No such file' "$WORK/err" ||
			die cannot-preprocess header="$1" why="$(why "$WORK/err")"
		tr -s ' \t\n' ' ' <"$text.i" >"$text"
	fi
	cat "$text"
}

# is_wanted SHIM STAGE: does the driver in STAGE use it, and do the kernel's headers lack it?
is_wanted()
{
	local header

	grep -rqE -e "$(value driver <"$1/shim")" "$2/$I915" || return
	for header in $(value header <"$1/shim"); do
		preprocessed "$header" || exit
	done >"$WORK/header"
	! grep -qE -e "$(value has <"$1/shim")" "$WORK/header"
}

# wanted_shims STAGE: their folders.
wanted_shims()
{
	local shim

	for shim in "$PACKAGE"/compat/*/shim "$PACKAGE"/patches/on-*/shim; do
		[ ! -f "$shim" ] || ! is_wanted "${shim%/shim}" "$1" || printf '%s\n' "${shim%/shim}"
	done
}

# backport STAGE: for a driver of another release than the kernel. Patches it, and leaves in its folder
# what write_kbuild has the build include. The headers that are the driver's alone come with it.
backport()
{
	local shim

	wanted_shims "$1" >"$WORK/shims"
	log "shims: $(sed 's|.*/||' "$WORK/shims" | xargs)"
	# shellcheck disable=SC2016 # for make; a uAPI header includes its neighbours without a path
	echo 'NOSTDINC_FLAGS += -I$(src)/../../../../include -idirafter $(srctree)/include/uapi/drm' >"$1/$I915/Kbuild.compat"
	while read -r shim; do
		case $shim in
		"$PACKAGE"/patches/*) fit_one "$shim" "$1" ;;
		esac
		[ ! -d "$shim/include" ] || printf '%s\n' "NOSTDINC_FLAGS += -I$(for_make "$shim/include")"
		[ ! -f "$shim/Kbuild" ] || printf '%s\n' "include $(for_make "$shim/Kbuild")"
	done <"$WORK/shims" >>"$1/$I915/Kbuild.compat"
}

# fit_one SHIM STAGE: the one of its patches that fits.
fit_one()
{
	local patch

	for patch in "$1"/*.patch; do
		plain_patch "$1" "${patch##*/}" "$WORK/one.patch" && patched "$WORK/one.patch" "$2" --dry-run &&
			logged patched "$WORK/one.patch" "$2" && return
	done
	die shim-does-not-fit shim="$1"
}

# missing LOG: what the compiler did not find, a line for each: API, its release, who wants it; after a tab where a shim would go.
missing()
{
	PLACE=$I915/ RELEASES=$PACKAGE/compat/releases awk '
		BEGIN {
			place = ENVIRON["PLACE"]
			while ((getline line <ENVIRON["RELEASES"]) > 0)
				for (n = split(line, word, " "); n > 1; n--)
					since[word[n]] = word[1]
		}
		function quoted(n,   part) { split($0, part, "\047"); return part[2 * n] }
		function miss(api, what,   name) {
			if (!api || seen[api]++)
				return
			name = api
			sub(/^(const )?(struct|union|enum) /, "", name)
			sub(/([.]h|[(].*)$/, "", name)
			sub(/^.*[.\/]/, "", name)
			release = name in since ? "since " since[name] : "release unknown"
			sub(/^_*(drm_)?/, "", name)
			gsub(/_+/, "-", name)
			print api " (" release ") for " at "\t" what tolower(name) "/"
		}
		# the line of source under the error
		callback && /[.>][a-z_0-9]+[ \t]*=/ {
			match($0, /[a-z_0-9]+[ \t]*=/)
			callback = substr($0, RSTART, RLENGTH)
			sub(/[ \t]*=/, "", callback)
			miss(callback "() of another type", "a patch in patches/on-")
		}
		{ callback = "" }
		!index($0, place) || !/: (fatal )?error: / { next }
		{
			at = substr($0, index($0, place) + length(place))
			sub(/:[0-9]+: (fatal )?error: .*/, "", at)
		}
		/implicit declaration of function/           { miss(quoted(1) "()", "a function in compat/"); next }
		/too (few|many) arguments to function/       { miss(quoted(1) "() with other arguments", "a macro in compat/"); next }
		/passing argument/                           { miss(quoted(1) "() with other types", "a macro in compat/"); next }
		/has no member named/ {
			owner = quoted(1)
			sub(/^(const )?(struct|union) /, "", owner)
			miss(owner "." quoted(2), "a patch in patches/on-")
			next
		}
		/undeclared/                                 { miss(quoted(1), "a definition in compat/"); next }
		/unknown type name|incomplete|storage size/  { miss(quoted(1), "a type in compat/"); next }
		/No such file or directory/                  { sub(/:$/, "", $(NF - 5)); miss($(NF - 5), "a header in compat/"); next }
		/incompatible/                               { callback = 1 }' "$1"
}

# report_missing RELEASE: dies if that is why the build of a newer driver failed.
report_missing()
{
	local api shim

	missing "$LOG" >"$WORK/missing"
	[ -s "$WORK/missing" ] || return 0
	while IFS='	' read -r api shim; do
		warn api-missing api="$api" shim="$shim"
	done <"$WORK/missing"
	die apis-missing release="$1" count="$(grep -c . "$WORK/missing")" log="$LOG"
}
