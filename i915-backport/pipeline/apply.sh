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
	  --check    only say which series it would be; where KDIR= names the kernel's headers, or
	             the tree itself, built, the files that it touches are compiled too
	  --reverse  take it out again
	format-patches writes its patches into DIR, with a cover letter, for 'git am' or a
	review system. You sign them: SIGNOFF='Name <address>', else git's user.name and user.email.
	PATCHES=DIR names a series of your own; it gets neither cover letter nor signature.
	EOT
}

cmd_apply()
{
	local mode=forward what tree series generation

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
	tree=$(set -e; own_tree "$1")
	stage_own "$tree"
	[ "$mode" = check ] || refuse_dirty "$tree"
	if [ "$mode" = reverse ]; then
		find_applied "$tree" >"$WORK/plan"
	else
		choose_fix "$tree" "" >"$WORK/plan"
	fi
	series=$(series_of "$(cat "$WORK/plan")")
	generation=$(plan_says generation)
	is_the_fix "$series" && what="the fix" || what=$generation
	case $mode in
	check)
		is_the_fix "$series" || what="the series $what"
		compiled "$tree" "$series" >"$WORK/so"
		printf '%s\n' "$tree: $(plan_says verdict), $what fits ($(cat "$WORK/so"))" | answer ;;
	forward)
		put_in "$tree" "$series" "$generation" ""
		printf '%s\n' "$tree: $what applied, $(series_patches "$series" | wc -l) patches" | answer ;;
	reverse)
		put_in "$tree" "$series" "$generation" -R
		printf '%s\n' "$tree: $what taken out" | answer ;;
	esac
}

# compiled TREE SERIES: are the files that it touches? With the headers that KDIR names, for nothing of a tree is run that the user has not
# named for it. If they cannot compile these files of the stock driver either, that tells nothing of the series.
compiled()
{
	local kdir error

	[ -z "${KDIR:-}" ] || [ -z "$(headers_release "$KDIR")" ] || [ -z "$(config_of "$KDIR")" ] || {
		kdir=$(readlink -f -- "$KDIR")
		apply "$2" "$WORK/stage" || die cannot-try-series folder="$WORK" series="$2" why="$(why "$WORK/patch.out")"
		compiled_files "$WORK/stage"
		error=$(compile_files "$WORK/stage" "$kdir" "$WORK/files" 2>&1) && {
			printf '%s\n' "placed and compiled, $(wc -l <"$WORK/files") files"
			return
		}
		rm -rf "$WORK/stage"
		stage "$1" "$WORK/stage" "$1" ''
		compiled_files "$WORK/stage"
		! compile_files "$WORK/stage" "$kdir" "$WORK/files" >/dev/null 2>&1 ||
			die series-not-compiled tree="$1" error="$error" headers="$kdir"
		warn headers-do-not-compile headers="$kdir" error="$error"
	}
	echo "placed, not compiled"
}

# compiled_files STAGE: makes $WORK/files, those that the series touches and that are there to be compiled.
compiled_files()
{
	local file

	touched | sed -n "s|^$I915/\(.*\.c\)\$|\1|p" | while IFS= read -r file; do
		[ ! -f "$1/$I915/$file" ] || printf '%s\n' "$file"
	done >"$WORK/files"
}

# is_the_fix SERIES: it is the package's, made for this tree, and not one of the user's.
is_the_fix()
{
	[ "$1" = "$WORK/fix" ]
}

cmd_format_patches()
{
	local name tree series signer

	case ${1:---help} in
	-h | --help) apply_usage; return ;;
	esac
	[ $# = 2 ] && case $2 in -*) false ;; esac || die needs-tree-and-folder command=format-patches
	tree=$(set -e; own_tree "$1")
	stage_own "$tree"
	choose_fix "$tree" "" >"$WORK/plan"
	series=$(series_of "$(cat "$WORK/plan")")
	vet_series "$series"
	signer=$(set -e; signer)
	make_dir "$2"
	if is_the_fix "$series"; then
		[ -n "$signer" ] || warn unsigned-patches
		letter "$WORK/stage" >"$WORK/letter"
		cover_letter "$signer" "$series" "$(plan_says generation)" | written "$2/0000-cover-letter.patch"
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

# cover_letter SIGNER SERIES GENERATION: what the series is for ($WORK/letter), as the mail before its first patch.
cover_letter()
{
	local series=$2 count name

	count=$(wc -l <"$WORK/plain/names")
	echo "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001"
	printf 'From: %s\n' "${1:-i915-backport maintainers <maintainers@i915-backport.invalid>}"
	printf 'Subject: [PATCH 0/%d] drm/i915: leave nothing behind of a context that goes (%s)\n\n' "$count" "$3"
	cat "$WORK/letter"
	echo
	while IFS= read -r name; do
		sed -n 's/^Subject: \[PATCH\] /  /p' "$series/$name" | head -n 1
	done <"$WORK/plain/names"
	printf '%s\n' "-- " i915-backport
}

# own_tree TREE: its full name.
own_tree()
{
	need patch awk "${HOSTCC:-cc}"
	vet_settings
	[ -d "$1" ] || die tree-not-a-folder tree="$1"
	readlink -f "$1"
}

# stage_own TREE: what is looked at.
stage_own()
{
	NAMED=8
	open_work
	choose_i915 "$1" "${KDIR:-$1}" ''
	stage "$1" "$WORK/stage" "$1" ''
}

# in_git TREE WORD...: git, in the tree, as it is without what a user may have set for patches.
in_git()
{
	local tree=$1

	shift
	git -C "$tree" -c core.fsmonitor=false -c am.threeWay=false -c apply.whitespace=nowarn "$@"
}

# is_git TREE: git knows the driver's files.
is_git()
{
	command -v git >/dev/null || return
	in_git "$1" ls-files --error-unmatch -- "$I915/i915_drv.h" >/dev/null 2>"$WORK/err" && return
	! grep -q 'dubious ownership\|safe.directory' "$WORK/err" ||
		die git-refuses tree="$1"
	return 1
}

# refuse_dirty TREE: what is not committed could not be told from the series any more, and what is under way not be taken up again.
refuse_dirty()
{
	local tree=$1 dir state dirty

	[ -w "$tree/$I915" ] || die driver-not-writable folder="$tree/$I915"
	is_git "$tree" || return 0
	dir=$(cd -- "$tree" && cd "$(git rev-parse --git-dir)" && pwd)
	for state in rebase-apply rebase-merge sequencer MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD; do
		[ ! -e "$dir/$state" ] ||
			die git-under-way tree="$tree" state="$state"
	done
	in_git "$tree" rev-parse -q --verify HEAD >/dev/null || die git-without-commit tree="$tree"
	dirty=$(in_git "$tree" status --porcelain -- "$I915" | head -n 1 | cut -c 4-)
	[ -n "$dirty" ] || dirty=$(in_git "$tree" diff --cached --name-only | head -n 1)
	[ -z "$dirty" ] || die git-dirty tree="$tree" file="$dirty"
	{ in_git "$tree" var GIT_COMMITTER_IDENT && in_git "$tree" var GIT_AUTHOR_IDENT; } >/dev/null 2>"$WORK/err" ||
		die git-without-name tree="$tree" why="$(why "$WORK/err")"
}

# plan_says KEY: the part of a plan that was made of this tree.
plan_says()
{
	value "$1" <"$WORK/plan"
}

# find_applied TREE: the series that comes off, as lines of a plan: the user's own, what 'apply' has noted down, or what git's
# history tells.
find_applied()
{
	local tree=$1 series named base

	named=$(own_series)
	if [ -n "$named" ]; then
		series=$named
		vet_series "$series"
	else
		named=fix series=$WORK/fix
		if [ -f "$tree/$NOTE" ]; then
			mkdir -p "$series" && cp -- "$tree/$NOTE" "$series/$NOTE" && printf '%s\n' "$NOTE" >"$series/series" || die cannot-write path="$WORK"
			vet_series "$series"
		else
			base=$(before_fix "$tree")
			[ -n "$base" ] || die nothing-to-take-out tree="$tree"
			mkdir -p "$WORK/base"
			in_git "$tree" archive --prefix="$I915/" "$base:$(in_git "$tree" rev-parse --show-prefix)$I915" | tar -xf - -C "$WORK/base" ||
				die cannot-write path="$WORK"
			make_series "$WORK/base" "$series"
		fi
	fi
	all_comes_off "$series" "$WORK/stage" || die nothing-to-take-out tree="$tree"
	printf '%s\n' "series=$named" "generation=$(generation_of "$series")"
}

# before_fix TREE: the commit before those of the fix, the last ones if it was applied more than once.
before_fix()
{
	is_git "$1" || return 0
	in_git "$1" log --format=%H -- "$I915" >"$WORK/commits"
	{
		in_git "$1" log --format=%H --author=maintainers@i915-backport.invalid -- "$I915"
		in_git "$1" log --format=%H --fixed-strings --grep='[i915-backport: message rewritten' -- "$I915"
	} >"$WORK/ours"
	awk 'NR == FNR { ours[$1]; next }
	     $1 in ours { last = $1; next }
	     last { exit }
	     END { if (last) print last "^" }' "$WORK/ours" "$WORK/commits"
}

# put_in TREE SERIES GENERATION DIRECTION: nothing or -R. All of it, or the tree stays as it was.
put_in()
{
	copy_touched "$2" "$1" && cp -RP "$WORK/try" "$WORK/before" || die cannot-write path="$WORK"
	if [ -z "$4" ]; then
		apply "$2" "$WORK/try"
	else
		take_off "$WORK/try" "$(grep -c . "$WORK/plain/names")"
	fi || die cannot-try-series folder="$WORK" series="$3" why="$(why "$WORK/patch.out")"
	if ! is_git "$1"; then
		note_down "$1" "$2" "$4"
	elif [ -z "$4" ]; then
		commit_patches "$1" "$2"
	else
		replace_touched "$1" "$WORK/try"
		commit_removal "$1" "$3"
	fi
}

# note_down TREE SERIES DIRECTION: the files of a tree without history; what was done stays there, so that it can be taken out.
note_down()
{
	local tree=$1

	if [ -n "$3" ] || ! is_the_fix "$2"; then
		replace_touched "$tree" "$WORK/try"
		! is_the_fix "$2" || rm -f "$tree/$NOTE"
		return
	fi
	rm -rf "$WORK/note"
	mkdir "$WORK/note"
	cp -RP "$WORK/before" "$WORK/note/a" && cp -RP "$WORK/try" "$WORK/note/b" || die cannot-write path="$WORK"
	{ printf '%s\n' "What i915-backport has changed in this tree; 'i915-backport apply --reverse' takes it out." --- && diff_of "$WORK/note"; } |
		put "$tree/$NOTE" 2>"$WORK/err" || die cannot-write path="$tree/$NOTE"
	(replace_touched "$tree" "$WORK/try") || { rm -f "$tree/$NOTE"; exit "$E_SYSTEM"; }
}

# as_mail TREE PATCH PLAIN: for 'git am', which takes a patch of quilt's or of diff's for none: its own header or, where it has none, one that
# names who commits; its text, and the diffs as they were vetted.
as_mail()
{
	awk '/^---$|^(diff|Index:|---|\*\*\*) / { exit } { print }' "$2" >"$WORK/text"
	sed -n '1,/^$/p' "$WORK/text" | sed -n 's/^From: //p' | head -n 1 >"$WORK/from"
	if [ -s "$WORK/from" ] && sed -n '1,/^$/p' "$WORK/text" | grep -q '^Subject: '; then
		cat "$WORK/text"
	else
		[ -s "$WORK/from" ] || in_git "$1" var GIT_AUTHOR_IDENT | sed 's/>.*/>/' >"$WORK/from"
		printf 'From: %s\nSubject: [PATCH] %s\n\n' "$(cat "$WORK/from")" \
			"$(sed 's/^Subject: *//' "$WORK/text" | grep -v '^[A-Z][A-Za-z-]*: ' | grep -m 1 . || basename "$2" .patch)"
		awk 'text { print } /./ && !/^(From|Date): / { text = 1 }' "$WORK/text"
	fi
	printf '%s\n' "---" ""
	sed '/^touches /d' "$3"
	printf '%s\n' "-- " i915-backport
}

# commit_patches TREE SERIES: each as a commit. What comes out is compared with what patch makes of it.
commit_patches()
{
	local tree=$1 series=$2 before name file n=0 differs=''

	before=$(in_git "$tree" rev-parse HEAD)
	set --
	while IFS= read -r name; do
		n=$((n + 1))
		as_mail "$tree" "$series/$name" "$WORK/plain/$n" | as_committed "$tree" >"$WORK/mail.$n"
		set -- "$@" "$WORK/mail.$n"
	done <"$WORK/plain/names"
	in_git "$tree" am -q --keep-cr --directory="$(in_git "$tree" rev-parse --show-prefix)" -- "$@" >"$WORK/am" 2>&1 </dev/null || {
		# Nothing was under way before: this is ours.
		in_git "$tree" am --abort >/dev/null 2>&1 || true
		[ "$(in_git "$tree" rev-parse HEAD)" = "$before" ] || in_git "$tree" reset -q --keep "$before" >/dev/null 2>&1 ||
			die git-am-left-rest tree="$tree" why="$(why "$WORK/am")" before="$before"
		die git-am-failed tree="$tree" why="$(why "$WORK/am")"
	}
	while IFS= read -r file; do
		same "$WORK/try/$file" "$tree/$file" || differs=$file
	done <"$WORK/touched"
	[ "$(in_git "$tree" diff --name-only --relative "$before" HEAD | sort)" = "$(cat "$WORK/touched")" ] || differs=${differs:-"another file"}
	[ -z "$differs" ] || {
		in_git "$tree" reset -q --keep "$before"
		die git-am-differs tree="$tree" file="$differs"
	}
}

# as_committed TREE: a patch for 'git am': without carriage returns, where git puts them only into the working tree.
as_committed()
{
	if in_git "$1" ls-files --eol -- "$I915/i915_drv.h" | grep -q '^i/lf  *w/crlf'; then
		sed 's/\r$//'
	else
		cat
	fi
}

# same FILE FILE: also where neither is there. What ends their lines is git's affair.
same()
{
	if [ -e "$1" ] && [ -e "$2" ]; then
		sed 's/\r$//' "$1" >"$WORK/lines"
		sed 's/\r$//' "$2" | cmp -s "$WORK/lines" -
	else
		[ ! -e "$1" ] && [ ! -e "$2" ]
	fi
}

# commit_removal TREE GENERATION: the index was clean, so that nothing else gets into it.
commit_removal()
{
	{ in_git "$1" add -A -- "$I915" && in_git "$1" commit -q -m "Revert the series $2 of i915-backport"; } >"$WORK/am" 2>&1 </dev/null && return
	in_git "$1" reset -q -- "$I915" >/dev/null 2>&1 || true
	replace_touched "$1" "$WORK/before"
	die git-commit-failed tree="$1" why="$(why "$WORK/am")"
}

# replace_touched TREE FROM: the files of the series in the tree by those in FROM. They are written beside the old ones first, under
# names that nobody has, so that a full disk is met before anything has changed.
replace_touched()
{
	local tree=$1 file new cause

	: >"$WORK/news"
	while IFS= read -r file; do
		[ -f "$2/$file" ] || continue
		{
			mkdir -p "$(dirname "$tree/$file")" && new=$(mktemp "$(dirname "$tree/$file")/.i915-backport.XXXXXX") && printf '%s\n' "$new" >>"$WORK/news" &&
				chmod 644 "$new" && { [ ! -f "$tree/$file" ] || cp -p "$tree/$file" "$new"; } && cat "$2/$file" >"$new"
		} 2>"$WORK/err" || {
			cause=$(why "$WORK/err")
			while IFS= read -r new; do
				rm -f "$new"
			done <"$WORK/news"
			die cannot-replace-files tree="$tree" why="$cause"
		}
	done <"$WORK/touched"
	while IFS= read -r file; do
		if [ -f "$2/$file" ]; then
			IFS= read -r new <&3 && mv -f "$new" "$tree/$file"
		else
			rm -f "$tree/$file"
		fi
	done <"$WORK/touched" 3<"$WORK/news"
}
