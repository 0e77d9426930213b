# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# adapt - for a driver in which parts of the fix have no place: a series of those that have one, and what is left to do by hand.

REJECTS=rejects.hooks

adapt_usage()
{
	cat <<-EOT
	Usage: i915-backport adapt TREE DIR
	For a driver that is new to the package: writes into DIR a series of all parts of the
	fix that have exactly one place in it, and into DIR/$REJECTS those that have none,
	each with what was looked for and what is there instead. It says what is left to do.
	Nothing is written into TREE.
	EOT
}

cmd_adapt()
{
	local tree dir left patch

	case ${1:---help} in
	-h | --help) adapt_usage; return ;;
	esac
	[ $# = 2 ] && case $2 in -*) false ;; esac || die needs-tree-and-folder command=adapt
	tree=$(set -e; own_tree "$1")
	dir=$(absolute "$2")
	[ ! -e "$dir/series" ] || die series-there-already folder="$2"
	stage_own "$tree"
	probe facts "$WORK/stage/$I915" >"$WORK/facts"
	need_leak "$tree" "$WORK/facts" ''
	make_series "$WORK/stage" "$WORK/fix" --partly
	misses "$WORK/stage" >"$WORK/misses"
	left=$(sed -n '1s/^# \([0-9]*\) of .*/\1/p' "$WORK/misses")
	make_dir "$dir"
	[ -z "$left" ] || written "$dir/$REJECTS" <"$WORK/misses"
	series_patches "$WORK/fix" | while IFS= read -r patch; do
		written "$dir/$patch" <"$WORK/fix/$patch"
	done
	written "$dir/series" <"$WORK/fix/series"
	if [ -s "$WORK/fix/series" ]; then
		apply "$WORK/fix" "$WORK/stage" || die cannot-try-series folder="$WORK" series=fix why="$(why "$WORK/patch.out")"
		probe facts "$WORK/stage/$I915" >"$WORK/facts"
	fi
	what_is_left "$1" "$2" "$left" "$(value verdict <"$WORK/facts")" | answer
}

# what_is_left TREE DIR COUNT VERDICT: of so many parts without a place, or nothing, where the driver with the others is of that verdict.
what_is_left()
{
	if [ -z "$3" ]; then
		printf '%s\n' "All parts of the fix have their place; the verdict with them is '$4'. PATCHES=$2 is the series."
		return
	fi
	cat <<-EOT
	$3 parts of the fix have no place; the verdict with the others is '$4'. What is left to do:
	  1. PATCHES=$2 i915-backport apply $1
	  2. put each part in $2/$REJECTS into its place by hand; docs/the-fix.md says what it is for
	  3. i915-backport verdict $1, until it is 'clean'
	  4. make a patch of what you did, and add it to $2 and to $2/series
	  5. PATCHES=$2 builds it (make module) and tries it (i915-backport lab) on the tree as it was
	EOT
}
