# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# probe - what the driver's source says: facts and the verdict.

# host_program NAME FILE...: a small C program of the package, compiled once; prints where it is. Optimizing would take longer than all
# that it is run for.
host_program()
{
	local bin name new

	name=$1
	shift
	bin=$(cache_dir)/$name-$({ uname -m; cat "$@" "${1%/*}"/*.h 2>/dev/null; } | sha256sum | cut -c 1-16)
	if [ ! -x "$bin" ]; then
		need "${HOSTCC:-cc}"
		make_dir "$(cache_dir)"
		new=$(mktemp "$bin.XXXXXX") ||
			die cannot-write path="$bin"
		if ! "${HOSTCC:-cc}" -std=c99 -o "$new" "$@" 2>"$WORK/err"; then
			rm -f "$new"
			die program-not-built program="$name" error="$(first_error "$WORK/err")"
		fi
		chmod 755 "$new"
		mv "$new" "$bin"
	fi
	"$bin" </dev/null >/dev/null 2>&1 || [ $? != 126 ] || die program-not-run program="$bin"
	printf '%s\n' "$bin"
}

# probe FORMAT DIR: FORMAT is human, facts or json; DIR an i915 directory.
probe()
{
	local bin

	bin=$(set -e; host_program probe "$ROOM"/pipeline/probe/*.c)
	"$bin" "--$1" "$2" || exit "$E_SOURCE"
}

# placed KEY FACTS: what they say under KEY, after the line that decided, if one did.
placed()
{
	local place

	place=$(value decided_at <"$2")
	printf '%s\n' "${place:+$place: }$(value "$1" <"$2")"
}

# unproven STAGE SERIES RELEASE: the driver with the series in it is to be clean, or no module is made of it. With
# TRUST_PATCHES=1 one is; what is printed then goes into its modinfo, which 'status' shows.
unproven()
{
	local found cause

	probe facts "$1/$I915" >"$WORK/patched"
	found=$(value verdict <"$WORK/patched")
	log "with the series: $(cat "$WORK/patched")"
	[ "$found" != clean ] || return 0
	cause=$(placed why "$WORK/patched")
	[ "$(setting TRUST_PATCHES "$3")" = 1 ] ||
		die series-leaves-leak series="$2" verdict="$found" cause="$cause"
	warn series-trusted series="$2" verdict="$found" cause="$cause"
	printf '%s\n' ", $found with it (TRUST_PATCHES)"
}

# i915_of TREE: the i915 directory of a kernel tree, an i915 directory or a tarball.
i915_of()
{
	local tree

	if [ -f "$1/i915_drv.h" ]; then
		printf '%s\n' "$1"
	elif [ -d "$1" ] || is_tarball "$1"; then
		tree=$(set -e; tree_at "$1" '')
		choose_i915 "$tree" "${KDIR:-$tree}" ''
		printf '%s\n' "$tree/$I915"
	else
		die not-a-tree-or-tarball source="$1"
	fi
}

cmd_verdict()
{
	local form

	form=human
	while [ $# -gt 0 ]; do
		case $1 in
		--json) form=json ;;
		-h | --help)
			echo "Usage: i915-backport verdict [--json] TREE"
			echo "TREE is a kernel tree, an i915 directory or a tarball of a kernel."
			return ;;
		-*) die no-such-option option="verdict $1" help='verdict --help' ;;
		*) break ;;
		esac
		shift
	done
	[ $# = 1 ] || die needs-one-tree command=verdict
	judge "$form" "$1"
}

cmd_facts()
{
	case ${1:---help} in
	-h | --help) echo "Usage: i915-backport facts TREE"; return ;;
	esac
	judge facts "$1"
}

# judge FORMAT TREE
judge()
{
	local dir

	open_work
	dir=$(set -e; i915_of "$2")
	probe "$1" "$dir" >"$WORK/answer"
	answer <"$WORK/answer"
}
