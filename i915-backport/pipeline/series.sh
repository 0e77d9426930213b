# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# series - a series of patches in quilt's form: whether it fits a stage, and its application.

# series_patches DIR: the patches of a quilt series in their order.
series_patches()
{
	sed 's/[[:space:]]*#.*//; s/[[:space:]].*//; /^$/d' "$1/series"
}

# series_options DIR: how many folders -p takes off the names in each; nothing where it is not said, and "?" for another option.
series_options()
{
	awk '{ sub(/[ \t]*#.*/, "") }
	     NF {
		strip = ""
		for (i = 2; i <= NF; i++)
			if ($i == "-p" && i < NF)
				strip = $++i
			else
				strip = $i ~ /^-p/ ? substr($i, 3) : "?"
		print strip ~ /^([0-9]|ab|)$/ ? strip : "?"
	     }' "$1/series"
}

# plain_series DIR: makes $WORK/plain, with each patch as patch.awk leaves it, under its number, and their names in 'names'.
# This is the one place where paths are taken out of a series. Why it fails is in $WORK/cause.
plain_series()
{
	local n=0 name strip

	[ "$(cat "$WORK/plain/of" 2>/dev/null)" != "$1" ] || return 0
	rm -rf "$WORK/plain"
	mkdir -p "$WORK/plain" || return
	if [ ! -f "$1/series" ]; then
		said series-not-there folder="$1"
	elif ! series_patches "$1" >"$WORK/plain/names" 2>/dev/null; then
		said series-unreadable series="$1"
	elif [ ! -s "$WORK/plain/names" ]; then
		said series-empty series="$1"
	elif series_options "$1" >"$WORK/plain/options" && grep -qF '?' "$WORK/plain/options"; then
		said series-option series="$1"
	fi >"$WORK/cause"
	[ ! -s "$WORK/cause" ] || return
	while IFS= read -r name && IFS= read -r strip <&3; do
		n=$((n + 1))
		plain_patch "$1" "$name" "$WORK/plain/$n" "$strip" >"$WORK/cause" || return
	done <"$WORK/plain/names" 3<"$WORK/plain/options"
	printf '%s\n' "$1" >"$WORK/plain/of"
}

# plain_patch DIR NAME FILE [STRIP]: that patch into FILE; says why it cannot be.
plain_patch()
{
	if ! is_inside "$2"; then
		said series-odd-name series="$1" patch="$2"
	elif [ ! -f "$1/$2" ]; then
		said series-patch-not-there series="$1" patch="$2"
	elif ! { PLACE=$I915 STRIP=${4:-} awk -f "$ROOM/pipeline/patch.awk" <"$1/$2" >"$3"; } 2>"$WORK/err"; then
		said patch-not-plain series="$1" patch="$2" why="$(why "$WORK/err")"
	else
		return 0
	fi
	return 1
}

# series_sha256 DIR: one sum over what its patches change, in their order.
series_sha256()
{
	local patch

	plain_series "$1" || return
	find "$WORK/plain" -name '[0-9]*' | sort -V | while IFS= read -r patch; do
		cat "$patch"
	done | sha256sum | cut -d' ' -f1
}

# touched: the files that the series in $WORK/plain changes, makes or removes.
touched()
{
	sed -n 's/^touches //p' "$WORK"/plain/[0-9]* | sort -u
}

# vet_series DIR: before any of it is used.
vet_series()
{
	plain_series "$1" || quit "$E_SERIES" "$(cat "$WORK/cause")"
}

# the_patch: the program, as PATH has it. The sh of busybox-static takes its own patch, which knows less, for any name without a slash.
the_patch()
(
	set -f
	IFS=:
	for dir in $PATH; do
		[ ! -x "$dir/patch" ] || { printf '%s\n' "$dir/patch"; exit; }
	done
	printf '%s\n' patch
)

# patched FILE TREE [OPTION]: that plain patch, not bent to fit. What patch says goes to $WORK/patch.out.
patched()
{
	"$(the_patch)" -d "$2" -p1 -u --fuzz=0 --force ${3:+"$3"} --no-backup-if-mismatch <"$1" >>"$WORK/patch.out" 2>&1
}

# apply DIR TREE: all patches.
apply()
{
	local n=0 name

	: >"$WORK/patch.out"
	plain_series "$1" || { cat "$WORK/cause" >"$WORK/patch.out"; return 1; }
	while IFS= read -r name; do
		n=$((n + 1))
		printf '%s\n' "in $name" >>"$WORK/patch.out"
		patched "$WORK/plain/$n" "$2" || return
	done <"$WORK/plain/names"
}

# copy_touched DIR STAGE [TO]: into $WORK/try, what there is of the files that a series changes.
copy_touched()
{
	local to=${3:-$WORK/try} file

	plain_series "$1" || return
	rm -rf "$to"
	mkdir -p "$to" && touched >"$WORK/touched" || return
	while IFS= read -r file; do
		[ ! -f "$2/$file" ] || (cd -- "$2" && cp -P --parents -- "$file" "$to") || return
	done <"$WORK/touched"
}

# try_series DIR STAGE: does it fit? Tried on a copy of the files it changes.
try_series()
{
	copy_touched "$1" "$2" && apply "$1" "$WORK/try"
}

# misfit DIR STAGE: where a series does not fit, as "PATCH: FILE, hunk N of line L".
misfit()
{
	try_series "$1" "$2" && return
	grep -Eq "FAILED|find file|malformed|garbage" "$WORK/patch.out" ||
		die cannot-try-series folder="$WORK" series="$1" why="$(why "$WORK/patch.out")"
	awk '/^in / { patch = $2 }
	     /^patching file / { file = $3 }
	     /^can.t find file/ { file = "a file that is not there" }
	     /^Hunk #[0-9]+ FAILED/ && !n++ { where = file ", hunk " $2 " at line " $5; sub(/\.$/, "", where)
		if (/different line endings/) where = where ", whose line ends are others," }
	     END { print patch ": " (n ? where (n > 1 ? " and " n - 1 " more" : "") : file) }' "$WORK/patch.out"
}

# own_series [RELEASE]: the folder that the user has named, if any.
own_series()
{
	local own

	own=$(setting PATCHES "${1:-}")
	[ -z "$own" ] || readlink -f -- "$own" || absolute "$own"
}

# generation_of SERIES: what it is called, also in C and in a table.
generation_of()
{
	basename "$1" | tr -c 'A-Za-z0-9._+~\n-' _ | head -n 1
}

# choose STAGE RELEASE: the folder of the series: the user's own, if it fits, else what is made for this driver.
choose()
{
	local own place

	need patch
	own=$(own_series "$2")
	if [ -n "$own" ]; then
		vet_series "$own"
		place=$(set -e; misfit "$own" "$1")
		[ -z "$place" ] || refuse "$own" "$1" "$place"
		printf '%s\n' "$own"
	else
		make_series "$1" "$WORK/fix"
		printf '%s\n' "$WORK/fix"
	fi
}

# refuse SERIES STAGE PLACE: it is in already, or there is a hunk that does not fit.
refuse()
{
	! is_in "$1" "$2" ||
		die series-in-already folder="$I915" series="$1"
	die series-does-not-fit place="$1/$3"
}

# is_in SERIES STAGE: does all of it come off cleanly, last patch first, or at least its first patch?
is_in()
{
	all_comes_off "$1" "$2" || { copy_touched "$1" "$2" && take_off "$WORK/try" 1; }
}

# all_comes_off SERIES STAGE: the whole series, tried on a copy.
all_comes_off()
{
	copy_touched "$1" "$2" && take_off "$WORK/try" "$(grep -c . "$WORK/plain/names")"
}

# take_off TREE COUNT: so many patches of the series in $WORK/plain, last one first.
take_off()
{
	local n=$2

	while [ "$n" -gt 0 ]; do
		patched "$WORK/plain/$n" "$1" -R || return 1
		n=$((n - 1))
	done
}
