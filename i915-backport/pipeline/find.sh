# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# find - the kernels that are installed, and the i915 source that belongs to each.

# installed_kernels: releases with headers, oldest first.
installed_kernels()
{
	local build

	for build in "$MODULES"/*/build; do
		[ -f "$build/Makefile" ] && basename "$(dirname "$build")"
	done | plain_names | sort -V
}

# without_headers RELEASE: it is a kernel with an i915, and they are not installed. What a removed kernel has left is none.
without_headers()
(
	use_installed "$1"
	[ -d "$MODULES/$1/kernel/$I915" ] && [ ! -f "$MODULES/$1/build/Makefile" ]
)

# all_kernels: releases of which there is something, oldest first.
all_kernels()
{
	(cd "$MODULES" 2>/dev/null && find . -mindepth 1 -maxdepth 1 -type d) | sed 's|^\./||' | plain_names | sort -V
}

# need_release RELEASE: there is such a kernel.
need_release()
{
	is_plain "$1" && [ -d "$MODULES/$1" ] ||
		die no-such-kernel release="$1" folder="$MODULES"
}

# is_tarball FILE: by its name, or by what is in it if it is not compressed.
is_tarball()
{
	[ -f "$1" ] && case $(printf '%s\n' "$1" | tr A-Z a-z) in
	*.tar | *.tar.xz | *.tar.bz2 | *.tar.gz | *.tar.zst | *.tar.lzma | *.tgz | *.txz | *.tbz | *.tbz2 | *.tzst | *.tlz) true ;;
	*) is_bare_tar "$1" ;;
	esac
}

is_bare_tar()
{
	[ "$(tail -c +258 "$1" 2>/dev/null | head -c 5 | tr '\0' .)" = ustar ]
}

# distribution_sources VERSION: of the trees and tarballs of the distributions, those that are there.
distribution_sources()
{
	local path

	distribution_trees "$(minor "$1")" | while IFS= read -r path; do
		! has_i915 "$path" || printf '%s\n' "$path"
	done
	distribution_tarballs "$(minor "$1")" | while IFS= read -r path; do
		! is_tarball "$path" || printf '%s\n' "$path"
	done
}

# closest VERSION: of the sources on stdin, the tree of exactly that version, else the first tree of
# the same VERSION.PATCHLEVEL, else the first tarball (what is in one is known once it is staged).
closest()
{
	local same packed candidate version near

	same= near= packed=
	while read -r candidate; do
		[ -d "$candidate" ] || { packed=${packed:-$candidate}; continue; }
		version=$(tree_version "$candidate/Makefile")
		[ "$version" != "$1" ] || same=${same:-$candidate}
		[ "$(minor "$version")" != "$(minor "$1")" ] || near=${near:-$candidate}
	done
	printf '%s\n' "${same:-${near:-$packed}}"
}

# is_backport RELEASE: is it to have the i915 of another release?
is_backport()
{
	[ -n "$(setting I915_SOURCE "$1")" ]
}

# find_source KDIR RELEASE: the tree or tarball that i915 is to be taken from; nothing if there is none.
find_source()
{
	local key configured version tree

	for key in I915_SOURCE KSRC; do
		configured=$(setting $key "$2")
		[ -z "$configured" ] || { absolute "$configured"; return; }
	done
	for tree in "$MODULES/$2/source" "$1/source" "$1"; do
		if has_i915 "$tree"; then
			readlink -f "$tree"
			return
		fi
	done
	version=$(headers_version "$1")
	distribution_sources "$version" | closest "$version"
}

# belongs VERSION KDIR SOURCE RELEASE: the source's version against the headers'.
belongs()
{
	local want

	want=$(headers_version "$2")
	[ -n "$want" ] ||
		die no-version-header headers="$2"
	if is_backport "$4"; then
		[ "$(printf '%s\n' "$1" "$want" | sort -V | head -n 1)" = "$want" ] ||
			die i915-older source="$3" version="$1" wanted="$want"
		return
	fi
	[ "$(minor "$1")" = "$(minor "$want")" ] ||
		die other-version source="$3" version="$1" headers="$2" wanted="$want"
	[ "$(capped "$1")" = "$(capped "$want")" ] && return
	[ "$(setting STRICT_SUBLEVEL)" != 1 ] ||
		die other-sublevel-refused source="$3" version="$1" wanted="$want"
	warn other-sublevel source="$3" version="$1" wanted="$want"
}

# capped VERSION: SUBLEVEL as LINUX_VERSION_CODE of 4.4.256 and its like could still say it.
capped()
{
	printf '%s\n' "$1" | awk -F. '{ print $1 "." $2 "." ($3 > 255 ? 255 : $3) }'
}
