# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# stage - a private copy of i915 and of what it includes from outside its folder.
#
# A stage looks like the kernel tree it was taken from, with little in it:
#   Makefile                         for the version, never run
#   drivers/gpu/drm/i915/            or where else this i915 is
#   drivers/platform/x86/...         what "../../../" in an #include leads to
#   include/drm/...                  headers that are the driver's alone, for a kernel of another release

OWN_HEADERS='include/drm/i915_drm.h include/drm/i915_pciids.h include/drm/i915_powerwell.h
	include/drm/intel/i915_drm.h include/drm/intel/i915_pciids.h include/uapi/drm/i915_drm.h'

# tree_at SOURCE RELEASE: the kernel tree that it is, or that was unpacked from it.
tree_at()
{
	if [ -d "$1" ]; then
		printf '%s\n' "$1"
	elif is_tarball "$1"; then
		unpack "$1" "$2"
	elif [ -e "$1" ]; then
		die source-of-no-kind source="$1" setting="$(source_setting "$2")"
	else
		die source-not-there source="$1" setting="$(source_setting "$2")"
	fi
}

# stage TREE DEST SOURCE RELEASE: the driver that choose_i915 has chosen, out of the tree that SOURCE is or was unpacked to.
stage()
{
	copy_tree "$1" "$2" "$3"
	vet "$2" "$3" "$4"
}

# copy_tree TREE DEST SOURCE: only what belongs to a stage, without what an earlier build left in the tree. Nothing is
# copied before its path was vetted.
copy_tree()
{
	local file

	list_stage "$1" "$3" >"$WORK/wanted"
	make_dir "$2"
	while IFS= read -r file; do
		(cd -- "$1" && cp -RP --parents -- "$file" "$2") 2>"$WORK/err" ||
			die cannot-copy-source folder="$2" source="$3" why="$(why "$WORK/err")"
	done <"$WORK/wanted"
	find "$2" -type f \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o -name modules.order \) \
		-exec rm -f {} +
	chmod -R u+w "$2"
}

# list_stage TREE SOURCE: the paths that belong to a stage, one a line. This is the one place where paths are taken out of
# a source, and each has been vetted.
list_stage()
{
	local header path drm

	vet_path "$1" Makefile "$2"
	vet_path "$1" "$I915" "$2"
	printf '%s\n' Makefile "$I915"
	included "$1" >"$WORK/included"
	while IFS= read -r header; do
		is_inside "$header" ||
			die include-leads-out source="$2" folder="$I915" header="$header"
		for path in "${I915%%/*}/$header" "$header"; do
			[ -f "$1/$path" ] || continue
			want "$1" "$path" "$2"
			break
		done
	done <"$WORK/included"
	drm=$(drm_folder "$1")
	for path in $OWN_HEADERS; do
		path=${path%%drm/*}$drm/${path#*drm/}
		[ ! -e "$1/$path" ] || want "$1" "$path" "$2"
	done
}

# drm_folder KERNEL: which folder of include has the headers of the DRM that i915 belongs to. A vendor's makefile may have made include/drm
# a link to it.
drm_folder()
{
	local drm=${I915%/*}

	drm=${drm##*/}
	if [ -d "$1/include/$drm" ]; then
		printf '%s\n' "$drm"
	else
		echo drm
	fi
}

# want TREE PATH SOURCE: it belongs to the stage, unless the driver's folder brings it.
want()
{
	case $2 in
	"$I915"/*) ;;
	*)
		vet_path "$1" "$2" "$3"
		printf '%s\n' "$2" ;;
	esac
}

# vet_path TREE PATH SOURCE: neither a link, nor by way of one, nor anything but files and folders.
vet_path()
{
	local part='' rest=$2 odd=''

	while [ -n "$rest" ] && [ -z "$odd" ]; do
		part=$part${part:+/}${rest%%/*}
		case $rest in
		*/*) rest=${rest#*/} ;;
		*) rest='' ;;
		esac
		[ ! -L "$1/$part" ] || odd=$part
	done
	[ -n "$odd" ] || odd=$(cd -- "$1" && find "./$2" ! -type f ! -type d 2>/dev/null | sed 's|^\./||' | head -n 1)
	[ -z "$odd" ] ||
		die link-in-source source="$3" file="$odd"
}

# included TREE: what i915 includes by a path that leaves its folder, without the lead that does it.
included()
{
	local up

	up=$(printf '%s' "$I915" | tr -cd / | wc -c)
	grep -rhoE --include='*.[ch]' "#[[:space:]]*include[[:space:]]+\"(\.\./){$up}[^\"]+\"" -- "$1/$I915" 2>/dev/null |
		sed 's|^[^"]*"||; s|"$||; s|^\(\.\./\)*||' | sort -u
}

# unpack TARBALL RELEASE: into the cache, once; prints where. What is in the cache is whole: a stage gets its
# final name only after everything is there. Of a file that was written to or replaced, the inode or the time of its last change
# is another, whatever its size and date are set to.
unpack()
{
	local cache where new tree

	cache=$(cache_dir)/source
	make_dir "$cache"
	wait_lock "$cache/.lock"
	rm -rf "$cache"/.new.*
	where=$cache/$({ TZ=UTC0 stat -L -c '%n %s %y %z %i' "$1"; printf '%s\n' "$OWN_HEADERS and each i915_drv.h"; } | sha256sum | cut -c 1-16)
	if [ ! -d "$where" ]; then
		new=$(mktemp -d "$cache/.new.XXXXXX") ||
			die cannot-write path="$cache"
		log "unpacking $1 into $where"
		tree=$(set -e; extract "$1" "$new" "$2")
		mv "$tree" "$where"
		rm -rf "$new"
	fi
	exec 8>&-
	printf '%s\n' "$where"
}

# extract TARBALL DIR RELEASE: each i915, its headers, the driver folders it may include from, and the Makefile; nothing else. Prints where in
# DIR the tree is, however it is called in the tarball: the folder of a release, none ('git archive'), ./, or some folders deep.
extract()
{
	local tarball=$1 dir=$2 release=$3 cause tree trees kernel

	mkdir "$dir/all"
	take_members "$tarball" "$dir" /dev/null
	# A file may be a hard link to one that is not wanted; and an i915 may be in another folder.
	{
		sed -n "s/^tar: .*: Cannot hard link to '\(.*\)': No such file or directory\$/\1/p" "$dir/err"
		i915_folders "$dir/all" | sed "s|^$dir/all/||" | grep -v "\(^\|/\)$I915\$"
	} | sort -u >"$dir/more"
	[ ! -s "$dir/more" ] || take_members "$tarball" "$dir" "$dir/more"
	cause=$(grep -v "Not found in archive\|Removing leading\|unknown extended header\|lone zero block\|time stamp .* in the future\|implausibly old" \
		"$dir/err" | grep -v 'Error is not recoverable\|Exiting with failure\|Child returned' | tail -n 1 | cut -c 1-300) || true
	cause=${cause:-$(grep -m 1 'Error is not recoverable\|Child returned' "$dir/err")} || true
	# What a packer would notice: a whole one ends in zeros.
	! is_bare_tar "$tarball" || [ "$(($(tail -c 1024 "$tarball" | tr -d '\0' | wc -c)))" = 0 ] || cause=${cause:-"it ends early"}
	tree=$(outermost "$dir/all")
	trees=$(sed "s|^$dir/all/||" "$dir/trees" | listed)
	kernel=$(find "$dir/all" -name Makefile -exec grep -l '^PATCHLEVEL' {} + | head -n 1)
	[ -n "$tree" ] && [ -z "$cause" ] || rm -rf "$dir"
	[ -z "$cause" ] || die cannot-unpack source="$tarball" why="$cause"
	if [ -n "$tree" ]; then
		printf '%s\n' "$tree"
		return
	fi
	[ -z "$trees" ] || die tarball-of-several source="$tarball" trees="$trees" setting="$(source_setting "$release")"
	[ -z "$kernel" ] || die tarball-without-i915 source="$tarball" setting="$(source_setting "$release")"
	die tarball-of-no-kernel source="$tarball" setting="$(source_setting "$release")"
}

# outermost DIR: the kernel tree with an i915 in it, if one has all others inside. DIR/../trees lists them.
outermost()
{
	local tree

	{
		find "$1" -path "*/$I915/i915_drv.h" | sed "s|/$I915/i915_drv.h\$||" | while IFS= read -r tree; do
			[ ! -f "$tree/Makefile" ] || printf '%s\n' "$tree"
		done
		i915_folders "$1" | while IFS= read -r tree; do
			tree_of "$tree"
		done
	} | sort -u >"$1/../trees"
	awk 'NR == 1 { first = $0; next } index($0, first "/") != 1 { first = ""; exit } END { print first }' "$1/../trees"
}

# take_members TARBALL DIR LIST: what extract wants, and the members in LIST, into DIR/all. What tar says goes to DIR/err.
take_members()
{
	local tarball=$1 dir=$2 list=$3 header name

	set --
	for header in $OWN_HEADERS; do
		set -- "$@" "*$header" # for tar, not for the shell
	done
	while IFS= read -r name; do
		set -- "$@" "$(printf '%s\n' "$name" | sed 's/[][*?\\]/\\&/g')"
	done <"$list"
	tar --force-local -xf "$tarball" -C "$dir/all" --no-same-owner --wildcards --wildcards-match-slash "*$I915/*" '*/i915_drv.h' '*drivers/platform/x86/*.h' "$@" \
		--no-wildcards-match-slash Makefile '*/Makefile' '*/*/Makefile' '*/*/*/Makefile' '*/*/*/*/Makefile' '*/*/*/*/*/Makefile' 2>"$dir/err" ||
		[ $? = 2 ] || printf '%s\n' "tar: was killed" >>"$dir/err"
}

# vet STAGE SOURCE RELEASE: what was copied, before anything in it is looked at by make or the compiler.
vet()
{
	local odd

	odd=$(find "$1" ! -type f ! -type d | head -n 1)
	[ -z "$odd" ] ||
		die link-in-source source="$2" file="${odd#"$1"/}"
	[ -f "$1/$I915/Makefile" ] || die source-without-makefile source="$2" folder="$I915" setting="$(source_setting "$3")"
	[ -n "$(tree_version "$1/Makefile")" ] ||
		die source-without-version source="$2" setting="$(source_setting "$3")"
}

# source_sha256 STAGE: one sum over every file of i915 and what it includes, name and content. The tree's Makefile says only of which
# release they are.
source_sha256()
{
	(cd "$1" && find . -type f ! -path ./Makefile -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -d' ' -f1
}
