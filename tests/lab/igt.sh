# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# igt - test programs of IGT, the user's or those of a Debian release, taken into the guest with their
# libraries. Which subtests they have is asked there.

# Debian has the test programs in this package, since the release that 'debian' stands for. Earlier ones have tools only.
IGT_PACKAGE=igt-gpu-tools-tests
IGT_RELEASE=forky

# find_igt: IGT becomes the folder that holds the test programs.
find_igt()
{
	if is_folder "$IGT"; then
		IGT=$(readlink -f "$IGT" || echo "$IGT")
	else
		[ "$IGT" != debian ] || IGT=$IGT_RELEASE
		root=$(unpacked "$IGT" "igt-$IGT" "$IGT_PACKAGE") || exit
		IGT=$root/usr/libexec/igt-gpu-tools
	fi
	[ -n "$(igt_programs)" ] ||
		quit "$E_USAGE" "--igt $IGT: no program there matches $IGT_TESTS; give the folder of IGT's tests"
}

# igt_programs: those that match the first half of an entry of the list, but of one that takes something away.
igt_programs()
{
	for pattern in $(set -f; echo "$IGT_TESTS" | tr , '\n' | grep -v '^!'); do
		find "$IGT" -maxdepth 1 -type f -perm -u+x -name "${pattern%%@*}"
	done | sort -u
}

LOADER=/lib64/ld-linux-x86-64.so.2

# root_of DIR: the root of the system that DIR is in, which may be another release's: there is a loader.
root_of()
{
	root=$1
	while [ "$root" != / ] && [ ! -L "$root$LOADER" ] && [ ! -e "$root$LOADER" ]; do
		root=$(dirname "$root")
	done
	echo "${root%/}"
}

# loader_of ROOT: its link may begin at that root.
loader_of()
{
	target=$(readlink "$1$LOADER") || target=
	case $target in
	/*) echo "$1$target" ;;
	*) echo "$1$LOADER" ;;
	esac
}

# igt_libraries ROOT PROGRAM...: the files that these need, found by the loader of their release.
igt_libraries()
{
	root=$1 loader=$(loader_of "$1")
	shift
	for program; do
		"$loader" --library-path "$(library_path "$root")" --list "$program" 2>>"$LOG" ||
			log "$program: its libraries are not known; it is static, or will not run"
	done | sed -nE 's/.* => (\/[^ ]*) .*/\1/p' | sort -u
	# what threads unwind with is loaded when the first of them ends
	find "$root/usr/lib" "$root/lib/x86_64-linux-gnu" -name libgcc_s.so.1 2>/dev/null | head -n 1
}

# library_path ROOT
library_path()
{
	for folder in lib/x86_64-linux-gnu usr/lib/x86_64-linux-gnu lib64 usr/lib64 usr/local/lib lib usr/lib; do
		printf '%s/%s:' "$1" "$folder"
	done
}

# add_igt TREE
add_igt()
{
	mkdir -p "$1/igt" "$1/lib" "$1/lib64"
	# shellcheck disable=SC2046 # names of test programs have no blanks
	set -- "$1" $(igt_programs)
	guest=$1
	shift
	cp "$@" "$guest/igt"
	root=$(root_of "$IGT")
	cp -L "$(loader_of "$root")" "$guest$LOADER"
	igt_libraries "$root" "$@" | while read -r file; do
		cp -L "$file" "$guest/lib"
	done
	echo "$IGT_TESTS" | tr , '\n' >"$guest/igt/wanted"
	cp "$LAB/igt-guest" "$guest/tests/igt"
	chmod +x "$guest/tests/igt"
}
