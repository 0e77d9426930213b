# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# apply - the series into a kernel tree of the user's, for drivers that are built in it.

# In a tree without history: what was changed.
NOTE=i915-backport.patch

apply_usage()
{
	cat <<-EOT
	Usage: i915-backport apply [--check | --reverse] TREE
	       i915-backport format-patches TREE DIR
	Puts the series that fits into a kernel tree: as commits ('git am') if it is a git
	tree, else by patching its files. All of it is applied, or nothing is touched.
	  --check    only say which series it would be
	  --reverse  take it out again
	format-patches writes its patches into DIR, with a cover letter, for 'git am' or a
	review system. You sign them: SIGNOFF='Name <address>', else git's user.name and user.email.
	PATCHES=DIR names a series of your own; it gets neither cover letter nor signature.
	EOT
}

cmd_apply()
{
	local mode what

	mode=forward
	while [ $# -gt 0 ]; do
		case $1 in
		--check) mode=check ;;
		--reverse) mode=reverse ;;
		-h | --help) apply_usage; return ;;
		-*) die no-such-option option="apply $1" help='apply --help' ;;
		*) break ;;
		esac
		shift
	done
	[ $# = 1 ] || die needs-one-tree command=apply
	open_own_tree "$1"
	case $mode in
	check)
		find_fix
		is_the_fix && what="the fix" || what="the series $generation"
		printf '%s\n' "$tree: $(plan_says verdict), $what fits" | answer ;;
	forward)
		refuse_dirty
		find_fix
		put_in ""
		printf '%s\n' "$tree: $(named) applied, $(series_patches "$series" | wc -l) patches" | answer ;;
	reverse)
		refuse_dirty
		find_applied
		put_in -R
		printf '%s\n' "$tree: $(named) taken out" | answer ;;
	esac
}

# is_the_fix: the series is the package's, made for this tree, and not one of the user's.
is_the_fix()
{
	[ "$series" = "$WORK/fix" ]
}

# named: what is applied, for the user.
named()
{
	is_the_fix && echo "the fix" || printf '%s\n' "$generation"
}

cmd_format_patches()
{
	local name

	case ${1:---help} in
	-h | --help) apply_usage; return ;;
	esac
	[ $# = 2 ] && case $2 in -*) false ;; esac || die needs-tree-and-folder command=format-patches
	open_own_tree "$1"
	find_fix
	vet_series "$series"
	signer=$(signer)
	make_dir "$2"
	if is_the_fix; then
		[ -n "$signer" ] || warn unsigned-patches
		cover_letter | written "$2/0000-cover-letter.patch"
		while IFS= read -r name; do
			signed "$signer" <"$series/$name" | written "$2/${name##*/}"
		done <"$WORK/plain/names"
	else
		while IFS= read -r name; do
			written "$2/${name##*/}" <"$series/$name"
		done <"$WORK/plain/names"
	fi
}

# written FILE: from standard input; and its name is said.
written()
{
	put "$1" 2>"$WORK/err" || die cannot-write-file file="$1" why="$(why "$WORK/err")"
	printf '%s\n' "$1"
}

# signer: 'Name <address>' of who ships the patches, or nothing. An identity that git would make up of this machine's name is none.
signer()
{
	if [ -n "${SIGNOFF:-}" ]; then
		printf '%s\n' "$SIGNOFF" | grep -x '[^<>]* <[^<> ]*@[^<> ]*>' ||
			die bad-signoff value="$SIGNOFF"
	elif command -v git >/dev/null; then
		git -c user.useConfigOnly=true var GIT_COMMITTER_IDENT 2>/dev/null | sed 's/>.*/>/'
	fi
}

# signed SIGNER: the patch with a Signed-off-by line at the end of its message, in the same paragraph as others.
signed()
{
	SIGNER=$1 awk '
		!done && /^---$/ {
			if (ENVIRON["SIGNER"] != "") {
				if (last !~ /^[A-Z][A-Za-z-]*-by: /)
					print ""
				print "Signed-off-by: " ENVIRON["SIGNER"]
			}
			done = 1
		}
		{ print; last = $0 }'
}

# cover_letter: what the series is for, as the mail before its first patch.
cover_letter()
{
	local count name

	count=$(wc -l <"$WORK/plain/names")
	echo "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001"
	printf 'From: %s\n' "${signer:-i915-backport maintainers <maintainers@i915-backport.invalid>}"
	printf 'Subject: [PATCH 0/%d] drm/i915: leave nothing behind of a context that goes (%s)\n\n' "$count" "$generation"
	sed '1,2d' "$PACKAGE/patches/cover-letter"
	echo
	while IFS= read -r name; do
		sed -n 's/^Subject: \[PATCH\] /  /p' "$series/$name" | head -n 1
	done <"$WORK/plain/names"
	printf '%s\n' "-- " i915-backport
}

# open_own_tree TREE: sets tree; stages what is looked at.
open_own_tree()
{
	need patch awk "${HOSTCC:-cc}"
	vet_settings
	tree=$1
	[ -d "$tree" ] || die tree-not-a-folder tree="$tree"
	tree=$(readlink -f "$tree")
	open_work
	stage "$tree" "$WORK/stage"
}

# in_git WORD...: git, in the tree, as it is without what a user may have set for patches.
in_git()
{
	git -C "$tree" -c core.fsmonitor=false -c am.threeWay=false -c apply.whitespace=nowarn "$@"
}

# is_git: git knows the driver's files.
is_git()
{
	command -v git >/dev/null || return
	in_git ls-files --error-unmatch -- "$I915/i915_drv.h" >/dev/null 2>"$WORK/err" && return
	! grep -q 'dubious ownership\|safe.directory' "$WORK/err" ||
		die git-refuses tree="$tree"
	return 1
}

# refuse_dirty: what is not committed could not be told from the series any more, and what is under way not be taken up again.
refuse_dirty()
{
	local dir state dirty

	[ -w "$tree/$I915" ] || die driver-not-writable folder="$tree/$I915"
	is_git || return 0
	dir=$(cd -- "$tree" && cd "$(git rev-parse --git-dir)" && pwd)
	for state in rebase-apply rebase-merge sequencer MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD; do
		[ ! -e "$dir/$state" ] ||
			die git-under-way tree="$tree" state="$state"
	done
	in_git rev-parse -q --verify HEAD >/dev/null || die git-without-commit tree="$tree"
	dirty=$(in_git status --porcelain -- "$I915" | head -n 1 | cut -c 4-)
	[ -n "$dirty" ] || dirty=$(in_git diff --cached --name-only | head -n 1)
	[ -z "$dirty" ] || die git-dirty tree="$tree" file="$dirty"
	{ in_git var GIT_COMMITTER_IDENT && in_git var GIT_AUTHOR_IDENT; } >/dev/null 2>"$WORK/err" ||
		die git-without-name tree="$tree" why="$(why "$WORK/err")"
}

# find_fix: sets series and generation to what fits.
find_fix()
{
	choose_fix "$tree" "" >"$WORK/plan"
	series=$(series_of "$(cat "$WORK/plan")")
	generation=$(plan_says generation)
}

plan_says()
{
	value "$1" <"$WORK/plan"
}

# find_applied: sets series and generation to what comes off: the user's own, what 'apply' has noted down, or what
# git's history tells.
find_applied()
{
	local base

	series=$(own_series)
	if [ -n "$series" ]; then
		vet_series "$series"
	else
		series=$WORK/fix
		if [ -f "$tree/$NOTE" ]; then
			mkdir -p "$series" && cp -- "$tree/$NOTE" "$series/$NOTE" && printf '%s\n' "$NOTE" >"$series/series" || die cannot-write path="$WORK"
			vet_series "$series"
		else
			base=$(before_fix)
			[ -n "$base" ] || die nothing-to-take-out tree="$tree"
			mkdir -p "$WORK/base"
			in_git archive --prefix="$I915/" "$base:$(in_git rev-parse --show-prefix)$I915" | tar -xf - -C "$WORK/base" || die cannot-write path="$WORK"
			make_series "$WORK/base" "$series"
		fi
	fi
	generation=$(generation_of "$series")
	all_comes_off "$series" "$WORK/stage" || die nothing-to-take-out tree="$tree"
}

# before_fix: the commit before those of the fix, the last ones if it was applied more than once.
before_fix()
{
	is_git || return 0
	in_git log --format=%H -- "$I915" >"$WORK/commits"
	{
		in_git log --format=%H --author=maintainers@i915-backport.invalid -- "$I915"
		in_git log --format=%H --fixed-strings --grep='[i915-backport: message rewritten' -- "$I915"
	} >"$WORK/ours"
	awk 'NR == FNR { ours[$1]; next }
	     $1 in ours { last = $1; next }
	     last { exit }
	     END { if (last) print last "^" }' "$WORK/ours" "$WORK/commits"
}

# put_in DIRECTION: nothing or -R. All of it, or the tree stays as it was.
put_in()
{
	copy_touched "$series" "$tree" && cp -RP "$WORK/try" "$WORK/before" || die cannot-write path="$WORK"
	if [ -z "$1" ]; then
		apply "$series" "$WORK/try"
	else
		take_off "$WORK/try" "$(grep -c . "$WORK/plain/names")"
	fi || die cannot-try-series folder="$WORK" series="$generation" why="$(why "$WORK/patch.out")"
	if ! is_git; then
		note_down "$1"
	elif [ -z "$1" ]; then
		commit_patches
	else
		replace_touched "$WORK/try"
		commit_removal
	fi
}

# note_down DIRECTION: the files of a tree without history; what was done stays there, so that it can be taken out.
note_down()
{
	if [ -n "$1" ] || ! is_the_fix; then
		replace_touched "$WORK/try"
		! is_the_fix || rm -f "$tree/$NOTE"
		return
	fi
	rm -rf "$WORK/note"
	mkdir "$WORK/note"
	cp -RP "$WORK/before" "$WORK/note/a" && cp -RP "$WORK/try" "$WORK/note/b" || die cannot-write path="$WORK"
	{ printf '%s\n' "What i915-backport has changed in this tree; 'i915-backport apply --reverse' takes it out." --- && diff_of "$WORK/note"; } |
		put "$tree/$NOTE" 2>"$WORK/err" || die cannot-write path="$tree/$NOTE"
	(replace_touched "$WORK/try") || { rm -f "$tree/$NOTE"; exit "$E_SYSTEM"; }
}

# as_mail PATCH PLAIN: for 'git am', which takes a patch of quilt's or of diff's for none: its own header or, where it has none, one that
# names who commits; its text, and the diffs as they were vetted.
as_mail()
{
	awk '/^---$|^(diff|Index:|---|\*\*\*) / { exit } { print }' "$1" >"$WORK/text"
	sed -n '1,/^$/p' "$WORK/text" | sed -n 's/^From: //p' | head -n 1 >"$WORK/from"
	if [ -s "$WORK/from" ] && sed -n '1,/^$/p' "$WORK/text" | grep -q '^Subject: '; then
		cat "$WORK/text"
	else
		[ -s "$WORK/from" ] || in_git var GIT_AUTHOR_IDENT | sed 's/>.*/>/' >"$WORK/from"
		printf 'From: %s\nSubject: [PATCH] %s\n\n' "$(cat "$WORK/from")" \
			"$(sed 's/^Subject: *//' "$WORK/text" | grep -v '^[A-Z][A-Za-z-]*: ' | grep -m 1 . || basename "$1" .patch)"
		awk 'text { print } /./ && !/^(From|Date): / { text = 1 }' "$WORK/text"
	fi
	printf '%s\n' "---" ""
	sed '/^touches /d' "$2"
	printf '%s\n' "-- " i915-backport
}

# commit_patches: each as a commit. What comes out is compared with what patch makes of it.
commit_patches()
{
	local before name file n=0 differs=''

	before=$(in_git rev-parse HEAD)
	set --
	while IFS= read -r name; do
		n=$((n + 1))
		as_mail "$series/$name" "$WORK/plain/$n" >"$WORK/mail.$n"
		set -- "$@" "$WORK/mail.$n"
	done <"$WORK/plain/names"
	in_git am -q --keep-cr --directory="$(in_git rev-parse --show-prefix)" -- "$@" >"$WORK/am" 2>&1 </dev/null || {
		# Nothing was under way before: this is ours.
		in_git am --abort >/dev/null 2>&1 || true
		[ "$(in_git rev-parse HEAD)" = "$before" ] || in_git reset -q --keep "$before" >/dev/null 2>&1 ||
			die git-am-left-rest tree="$tree" why="$(why "$WORK/am")" before="$before"
		die git-am-failed tree="$tree" why="$(why "$WORK/am")"
	}
	while IFS= read -r file; do
		same "$WORK/try/$file" "$tree/$file" || differs=$file
	done <"$WORK/touched"
	[ "$(in_git diff --name-only --relative "$before" HEAD | sort)" = "$(cat "$WORK/touched")" ] || differs=${differs:-"another file"}
	[ -z "$differs" ] || {
		in_git reset -q --keep "$before"
		die git-am-differs tree="$tree" file="$differs"
	}
}

# same FILE FILE: also where neither is there.
same()
{
	if [ -e "$1" ] && [ -e "$2" ]; then
		cmp -s "$1" "$2"
	else
		[ ! -e "$1" ] && [ ! -e "$2" ]
	fi
}

# commit_removal: the index was clean, so that nothing else gets into it.
commit_removal()
{
	{ in_git add -A -- "$I915" && in_git commit -q -m "Revert the series $generation of i915-backport"; } >"$WORK/am" 2>&1 </dev/null && return
	in_git reset -q -- "$I915" >/dev/null 2>&1 || true
	replace_touched "$WORK/before"
	die git-commit-failed tree="$tree" why="$(why "$WORK/am")"
}

# replace_touched FROM: the files of the series in the tree by those in FROM. They are written beside the old ones first, under
# names that nobody has, so that a full disk is met before anything has changed.
replace_touched()
{
	local file new cause

	: >"$WORK/news"
	while IFS= read -r file; do
		[ -f "$1/$file" ] || continue
		{
			mkdir -p "$(dirname "$tree/$file")" && new=$(mktemp "$(dirname "$tree/$file")/.i915-backport.XXXXXX") && printf '%s\n' "$new" >>"$WORK/news" &&
				chmod 644 "$new" && { [ ! -f "$tree/$file" ] || cp -p "$tree/$file" "$new"; } && cat "$1/$file" >"$new"
		} 2>"$WORK/err" || {
			cause=$(why "$WORK/err")
			while IFS= read -r new; do
				rm -f "$new"
			done <"$WORK/news"
			die cannot-replace-files tree="$tree" why="$cause"
		}
	done <"$WORK/touched"
	while IFS= read -r file; do
		if [ -f "$1/$file" ]; then
			IFS= read -r new <&3 && mv -f "$new" "$tree/$file"
		else
			rm -f "$tree/$file"
		fi
	done <"$WORK/touched" 3<"$WORK/news"
}
