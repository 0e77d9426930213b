# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# apply - the series into a kernel tree of the user's, for drivers that are built in it.

apply_usage()
{
	cat <<-EOT
	Usage: i915-backport apply [--check | --reverse] TREE
	       i915-backport format-patches TREE DIR
	Puts the series that fits into a kernel tree: as commits ('git am') if it is a git
	tree, else by patching its files. All of it is applied, or nothing is touched.
	  --check    only say which series it would be
	  --reverse  take it out again
	format-patches writes its patches into DIR, for 'git am' or a review system.
	PATCHES=DIR names a series of your own.
	EOT
}

cmd_apply()
{
	mode=forward
	while [ $# -gt 0 ]; do
		case $1 in
		--check) mode=check ;;
		--reverse) mode=reverse ;;
		-h | --help) apply_usage; return ;;
		-*) die "$E_USAGE" "apply $1: no such option; see 'i915-backport apply --help'" ;;
		*) break ;;
		esac
		shift
	done
	[ $# = 1 ] || die "$E_USAGE" "apply: needs exactly one TREE; see 'i915-backport apply --help'"
	open_own_tree "$1"
	case $mode in
	check) find_fix; echo "$tree: $(plan_says verdict), the series $generation fits" ;;
	forward)
		refuse_dirty
		find_fix
		put_in ""
		echo "$tree: $generation applied, $(series_patches "$series" | wc -l) patches" ;;
	reverse)
		refuse_dirty
		find_applied
		put_in -R
		echo "$tree: $generation taken out" ;;
	esac
}

cmd_format_patches()
{
	case ${1:---help} in
	-h | --help) apply_usage; return ;;
	esac
	[ $# = 2 ] || die "$E_USAGE" "format-patches: needs TREE and DIR; see 'i915-backport format-patches --help'"
	open_own_tree "$1"
	find_fix
	make_dir "$2"
	series_patches "$series" | while read -r name; do
		cp "$series/$name" "$2/" 2>"$WORK/err" ||
			die "$E_SYSTEM" "$2/$name: $(why "$WORK/err"); free some space or choose another folder"
		echo "$2/$name"
	done
}

# open_own_tree TREE: sets tree; stages what is looked at.
open_own_tree()
{
	tree=$1
	[ -d "$tree" ] || die "$E_SOURCE" "$tree: not a folder; name a kernel tree"
	tree=$(readlink -f "$tree")
	WORK=$(private_dir)
	on_exit 'rm -rf "$WORK"'
	stage "$tree" "$WORK/stage"
}

is_git()
{
	git -C "$tree" rev-parse --git-dir >/dev/null 2>&1
}

# refuse_dirty: what is not committed could not be told from the series any more.
refuse_dirty()
{
	[ -w "$tree/$I915" ] || die "$E_SYSTEM" "$tree/$I915: not writable; mend its permissions"
	is_git || return 0
	dirty=$(git -C "$tree" status --porcelain -- "$I915" | head -n 1 | cut -c 4-)
	[ -z "$dirty" ] || die "$E_SERIES" "$tree: $dirty has changes that are not committed; commit or stash them"
}

# find_fix: sets series and generation to what fits.
find_fix()
{
	choose_fix "$tree" "" >"$WORK/plan"
	series=$(plan_says series)
	generation=$(plan_says generation)
}

plan_says()
{
	value "$1" <"$WORK/plan"
}

# find_applied: sets series and generation to what comes off.
find_applied()
{
	own=$(setting PATCHES)
	[ -z "$own" ] || vet_series "$own"
	for series in ${own:-$(all_series)}; do
		generation=$(basename "$series")
		! all_comes_off "$series" "$WORK/stage" || return 0
	done
	die "$E_SERIES" "$tree: no series of ours is in it; nothing to take out"
}

# put_in DIRECTION: nothing or -R. All of it, or the tree stays as it was.
put_in()
{
	if is_git && [ -z "$1" ]; then
		series_patches "$series" | sed "s|^|$series/|" | xargs git -C "$tree" am -q >"$WORK/am" 2>&1 && return
		git -C "$tree" am --abort >/dev/null 2>&1 || true
		die "$E_SERIES" "$tree: git am: $(why "$WORK/am"); the tree is as it was, mend that and run again"
	fi
	copy_touched "$series" "$tree"
	if [ -z "$1" ]; then
		apply "$series" "$WORK/try"
	else
		take_off "$series" "$WORK/try" <"$WORK/backwards"
	fi || die "$E_SYSTEM" "$WORK: the series cannot be tried there: $(why "$WORK/patch.out"); free some space"
	replace_touched
	if is_git; then
		git -C "$tree" add -A -- "$I915"
		git -C "$tree" commit -q -m "Revert the series $generation of i915-backport"
	fi
}

# replace_touched: the files of the series in the tree by those in $WORK/try. They are written beside
# the old ones first, so that a full disk is met before anything has changed.
replace_touched()
{
	while read -r file; do
		[ ! -f "$WORK/try/$file" ] || cp "$WORK/try/$file" "$tree/$file.new" 2>"$WORK/err" || {
			cause=$(why "$WORK/err")
			sed "s|^|$tree/|; s|\$|.new|" "$WORK/touched" | xargs rm -f
			die "$E_SYSTEM" "$tree: $cause; the tree is as it was, free some space or mend the permissions"
		}
	done <"$WORK/touched"
	while read -r file; do
		if [ -f "$WORK/try/$file" ]; then
			mv "$tree/$file.new" "$tree/$file"
		else
			rm -f "$tree/$file"
		fi
	done <"$WORK/touched"
}
