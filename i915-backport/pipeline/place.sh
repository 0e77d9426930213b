# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# place - the package's own series for one driver, made of patches/*.hooks (docs/hooks.md).

# How many hooks without a place are named, if there are so many. Who works on a tree sets it (stage_own); who looks after machines is told
# one.
NAMED=1

# place ARGUMENT...: the program of make_series; why it fails is in $WORK/err.
place()
{
	"$placer" "$@" 2>"$WORK/err"
}

# make_series STAGE DIR [--partly]: the fix for the driver in STAGE, as a quilt series in DIR. What is in a patch of it, and where hooks without
# a place are left out, may be nothing: then there is none.
make_series()
{
	local a="$WORK/place/a/$I915" b="$WORK/place/b/$I915" n=0 number hooks name placer

	need diff
	placer=$(set -e; host_program place "$ROOM"/pipeline/place/*.c)
	rm -rf "$WORK/place" "$2"
	{ mkdir -p "$a" "$2" && : >"$2/series"; } 2>"$WORK/err" || die cannot-write path="$2"
	place ${3:+"$3"} --list "$PACKAGE/patches" "$1/$I915" >"$WORK/place/list" || no_place "$?"
	place ${3:+"$3"} --upto 0 "$PACKAGE/patches" "$1/$I915" "$a" || no_place "$?"
	while read -r number hooks; do
		mkdir -p "$b"
		place ${3:+"$3"} --upto "$number" "$PACKAGE/patches" "$1/$I915" "$b" || no_place "$?"
		diff_of "$WORK/place" >"$WORK/place/diff"
		if [ -s "$WORK/place/diff" ]; then
			n=$((n + 1))
			name=${hooks#*-}
			name=$(printf '%04d-%s.patch' "$n" "${name%.hooks}")
			{
				echo "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001"
				place --message "$number" "$PACKAGE/patches" "$1/$I915" | sed 's/^Subject: /&[PATCH] /'
				printf '%s\n' --- "SPDX-License-Identifier: MIT" ""
				cat "$WORK/place/diff"
				printf '%s\n' "-- " i915-backport
			} >"$2/$name" && printf '%s\n' "$name" >>"$2/series" || die cannot-write path="$2/$name"
		fi
		rm -rf "$WORK/place/a"
		mv "$WORK/place/b" "$WORK/place/a"
	done <"$WORK/place/list"
	rm -rf "$WORK/place"
}

# misses STAGE: the hooks that have no place in the driver in STAGE, each with the reason before it.
misses()
{
	tell_of_fix --misses "$1"
}

# letter STAGE: what the fix for the driver in STAGE is for.
letter()
{
	tell_of_fix --letter "$1"
}

# tell_of_fix OPTION STAGE
tell_of_fix()
{
	local placer

	placer=$(set -e; host_program place "$ROOM"/pipeline/place/*.c)
	place "$1" "$PACKAGE/patches" "$2/$I915" || no_place "$?"
}

# diff_of DIR: from DIR/a to DIR/b, as git writes it.
diff_of()
{
	local tab

	tab=$(printf '\t')
	(cd -- "$1" && TZ=UTC diff -pruN a b || [ $? = 1 ]) |
		sed -e '/^diff -pruN a/d' -e "s|^--- a/[^$tab]*${tab}1970-.*|--- /dev/null|" -e "s|^\(--- a/[^$tab]*\)$tab.*|\1|" -e "s|^\(+++ b/[^$tab]*\)$tab.*|\1|"
}

# no_place STATUS: what kept place from its work.
no_place()
{
	local reason count

	reason=$(why "$WORK/err")
	[ "$1" = 1 ] || die cannot-place why="$reason"
	case $reason in
	*' already') die fix-in-already folder="$I915" place="${reason#*: }" ;;
	*.hooks:*) ;;
	*) die source-odd why="$reason" ;;
	esac
	count=$(grep -c . "$WORK/err")
	head -n "$NAMED" "$WORK/err" | tail -n +2 | while IFS= read -r reason; do
		warn hook-has-no-place folder="$I915" place="${reason#*: }" patch="${reason%%: *}"
	done
	reason=$(head -n 1 "$WORK/err" | cut -c 1-300)
	[ "$count" != 1 ] || die fix-has-no-place folder="$I915" place="${reason#*: }" patch="${reason%%: *}"
	die hooks-have-no-place folder="$I915" place="${reason#*: }" patch="${reason%%: *}" count="$((count - 1))"
}

# missed FILE: what place says there of hooks without a place, on one line.
missed()
{
	local count

	count=$(grep -c '^[^ ]*\.hooks: ' "$1") || true
	if [ "$count" -gt 1 ]; then
		printf '%s\n' "$(head -n 1 "$1" | cut -c 1-300), and $((count - 1)) more"
	else
		why "$1"
	fi
}
