# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tree - a small test kernel from a user's tree, whatever its age, with the compiler that can build
# it; and the driver of that tree after the package has fixed it.
#
# The tree is only read. What is built is in the cache, one folder for each tree and configuration:
#   source    the tree to build from: a link, or a cleaned copy if it was built in
#   build     kbuild's output
#   root      the modules, as modules_install puts them
#   patched   the fixed i915.ko

# test_kernel TREE: KEY=value lines, see prepare in 'lab'.
test_kernel()
{
	open_tree "$1"
	is_built || alone_in "$place" build_tree
	echo "release=$(ls "$place/root/lib/modules")"
	echo "modules=$place/root"
	echo "vmlinuz=$place/build/arch/x86/boot/bzImage"
	echo "tree=$tree"
}

# open_tree TREE: sets tree, place (its folder in the cache), launcher and what choose_compiler sets.
open_tree()
{
	tree=$(readlink -f "$1" || echo "$1")
	[ -f "$tree/Makefile" ] && [ -d "$tree/arch/x86" ] && has_i915 "$tree" ||
		quit "$E_SOURCE" "$tree: not a kernel tree with i915 in it; give the folder that has drivers/gpu/drm/i915"
	newer_driver
	choose_compiler "$tree"
	launcher=$(launcher "$tree")
	key=$({ echo "$tree $compiler"; kernel_config; } | sha256sum | cut -c 1-12)
	place=$CACHE/trees/$(tree_version "$tree/Makefile")-$key
}

# kernel_config: what a test kernel is configured from.
kernel_config()
{
	cat "$LAB/kernel.config"
	[ -z "$DEBUG" ] || cat "$LAB/kernel-debug.config"
	[ "$DEBUG" != kmemleak ] || cat "$LAB/kernel-kmemleak.config"
	[ -z "$BUILTIN" ] || cat "$LAB/kernel-builtin.config"
	[ -z "$USERSPACE" ] || cat "$LAB/kernel-userspace.config"
	[ -z "$CONFIG" ] || cat "$CONFIG"
}

# fingerprint TREE: changes when any file of it does.
fingerprint()
{
	find "$1" -name .git -prune -o -type f -printf '%P %s %T@\n' | sort | sha256sum | cut -d' ' -f1
}

# choose_compiler TREE: sets compiler, and toolchain to the folder of a release that has it, or to
# nothing for the one of this machine. Trees that ask for the C of 2011 were written with today's
# compilers around; older ones get the oldest that Debian still has.
choose_compiler()
{
	if grep -q 'std=gnu11' "$1/Makefile"; then
		toolchain='' compiler=${CC:-gcc}
		return
	fi
	toolchain=$(unpacked bullseye toolchain gcc-9 g++-9 binutils make bash dash coreutils findutils sed grep \
		mawk gawk diffutils gzip bzip2 xz-utils bc perl bison flex cpio kmod patch file tar util-linux \
		libc6-dev libelf-dev libssl-dev openssl) || exit
	ln -sf gcc-9 "$toolchain/usr/bin/gcc"
	ln -sf gcc-9 "$toolchain/usr/bin/cc"
	ln -sf gawk "$toolchain/usr/bin/awk"
	mkdir -p "$toolchain/tmp"
	compiler="gcc-9$(tree_flags "$1")"
}

# tree_flags TREE: what this compiler and binutils must be told, found by what the tree lacks. It
# belongs to the compiler's name, for it must reach what the kernel tries the compiler with, and
# code that is not built with the kernel's own flags; host programs must not get it.
tree_flags()
{
	# Debian's compilers make position-independent code unless told not to.
	grep -qE -- '-fno-(pie|PIE)' "$1/Makefile" || printf ' -fno-pie'
	# One header for each compiler of the day.
	if grep -q 'gcc_header(__GNUC__)' "$1/include/linux/compiler-gcc.h"; then
		printf ' -idirafter %s' "$PACKAGE/compat/compiler-gcc"
	fi
	# Handlers that must be of one size, which newer assemblers make smaller where they can.
	if grep -q 'early_idt_handlers' "$1/arch/x86/kernel/head_64.S"; then
		printf ' -Wa,-mshared'
	fi
	# Checks of variable arrays, with functions that KASAN has since 4.16.
	if [ -n "$DEBUG" ] && ! grep -qs 'asan_alloca_poison' -r "$1/mm/kasan"; then
		printf ' --param asan-instrument-allocas=0'
	fi
}

# object_flags TREE: until 4.10 ilog2() calls a function that does not exist where its argument is known and wrong. GCC
# since 7 makes such a branch in one file of 4.7 when it optimizes for speed, and the kernel cannot be linked.
object_flags()
{
	! grep -qs ____ilog2_NaN "$1/include/linux/log2.h" || echo CFLAGS_timekeeping.o=-Os
}

# launcher TREE: what must start the compiler. Compilers since GCC 7 describe global variables in a way that KASAN
# before 4.10 does not know; those are left out, what is on the heap and the stack is checked. The kernel's own flags
# say otherwise, so this must be the last one.
launcher()
{
	[ -n "$DEBUG" ] && [ -f "$1/mm/kasan/kasan.h" ] && ! grep -q 'odr_indicator' "$1/mm/kasan/kasan.h" || return 0
	# shellcheck disable=SC2016 # for the launcher
	printf '#!/bin/sh\nexec "$@" --param asan-globals=0\n' >"$toolchain/usr/bin/no-asan-globals"
	chmod +x "$toolchain/usr/bin/no-asan-globals"
	printf 'no-asan-globals '
}

# linker TREE: a kernel unpacks itself by moving each of its segments down. Linkers since binutils 2.31 put them so close
# together in the file that one of a kernel before 4.16 (e3d03598e8ae) may have to move up instead, over the next ones.
# Such a kernel says nothing at all.
linker()
{
	grep -q 'max-page-size' "$1/arch/x86/Makefile" && echo ld || echo 'ld -z max-page-size=0x200000'
}

# kmake TARGET...: the kernel's make, in the toolchain's release if there is one.
kmake()
{
	# shellcheck disable=SC2046 # one word or none
	in_toolchain make -C "$place/source" O="$place/build" ARCH=x86_64 CC="$launcher$compiler" \
		LD="$(linker "$tree")" HOSTCC="${compiler%% *}" KBUILD_NOCMDDEP=1 KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab \
		$(object_flags "$tree") -j"$(nproc)" "$@"
}

# in_toolchain COMMAND...: the folders it works on are where they are here, all trees read-only. Root
# does it in a mount namespace, anyone else in a user namespace of their own.
in_toolchain()
{
	if [ -z "$toolchain" ]; then
		"$@"
		return
	fi
	[ "$(id -u)" = 0 ] && map='' || map=--map-root-user
	# shellcheck disable=SC2016,SC2086 # for the inner shell; map may be nothing
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp TMPDIR=/tmp LC_ALL=C \
		unshare --mount $map sh -euc '
		root=$1 place=$2
		shift 2
		for folder in /dev /proc "$place"; do
			mkdir -p "$root$folder"
			mount --rbind "$folder" "$root$folder"
		done
		while [ "$1" != -- ]; do
			mkdir -p "$root$1"
			mount --rbind "$1" "$root$1"
			mount -o remount,bind,ro "$root$1"
			shift
		done
		shift
		exec chroot "$root" "$@"' sh "$toolchain" "$place" "$tree" "$PACKAGE" ${I915_SOURCE:+"$I915_SOURCE"} -- "$@"
}

# is_built: of the tree as it is now.
is_built()
{
	[ "$(fingerprint "$tree")" = "$(cat "$place/built" 2>/dev/null)" ]
}

# build_tree: what is there of an earlier build is used again, as kbuild sees fit.
build_tree()
{
	! is_built || return 0
	tell "building a test kernel from $tree"
	rm -f "$place/built"
	make_dir "$place/build"
	link_source
	kernel_config >"$place/config"
	if [ ! -f "$place/build/.config" ]; then
		tree_step kmake KCONFIG_ALLCONFIG="$place/config" allnoconfig
	fi
	tree_step kmake bzImage modules
	loadable "$place/build"
	rm -rf "$place/root"
	tree_step kmake INSTALL_MOD_PATH="$place/root" modules_install
	fingerprint "$tree" >"$place/built"
}

# tree_step COMMAND...
tree_step()
{
	logged "$@" || quit "$E_BUILD" "$tree: $(first_error "$WORK/out"); the log is $LOG"
}

# link_source: a tree that was built in must be cleaned first, so it is copied, by links if possible.
link_source()
{
	rm -rf "$place/source"
	if [ ! -f "$tree/.config" ] && [ ! -d "$tree/include/config" ]; then
		ln -s "$tree" "$place/source"
		return
	fi
	cp -al "$tree" "$place/source" 2>/dev/null || {
		rm -rf "$place/source"
		cp -a "$tree" "$place/source" ||
			quit "$E_SYSTEM" "$place/source: the copy of $tree failed; free some space"
	}
	tree_step in_toolchain make -C "$place/source" ARCH=x86_64 HOSTCC="${compiler%% *}" mrproper
}

# loadable BUILD: modules with no relocation that a loader of their time refuses.
loadable()
{
	plt32=$(set -e; host_program plt32 "$ROOM/pipeline/plt32.c")
	find "$1" -name '*.ko' | while read -r file; do
		tree_step "$plt32" "$file"
	done
}

# patched_module TREE: the tree's driver, or that of the tree I915_SOURCE, by the package's own pipeline;
# prints where it is.
patched_module()
{
	open_tree "$1"
	out=$place/patched$(newer_name)
	status=0
	(
		wait_lock "$place/.lock"
		logged in_toolchain make -C "$PACKAGE" -s module KDIR="$place/build" KSRC="$tree" O="$out" \
			${I915_SOURCE:+I915_SOURCE="$I915_SOURCE"} CC="$launcher$compiler"
	) || status=$?
	[ "$status" = 0 ] || return "$status"
	ls "$out"/i915*.ko
}

# newer_driver: I915_SOURCE is a tree, under its full name.
newer_driver()
{
	[ -n "${I915_SOURCE:-}" ] || return 0
	I915_SOURCE=$(readlink -f "$I915_SOURCE" || echo "$I915_SOURCE")
	[ -d "$I915_SOURCE" ] || quit "$E_SOURCE" "$I915_SOURCE: no such folder; set I915_SOURCE= to an unpacked kernel tree"
}

# newer_name: -i915-VERSION for a driver of I915_SOURCE, nothing for the tree's own.
newer_name()
{
	[ -z "${I915_SOURCE:-}" ] || echo "-i915-$(tree_version "$I915_SOURCE/Makefile")"
}

default_modules()
{
	case $1 in
	kernel) echo stock ;;
	tree) echo stock patched ;;
	esac
}

# find_module KIND KERNEL-FILE WHICH: where that i915.ko is; nothing for a driver that is built in.
find_module()
{
	case $1.$3 in
	tree.stock) [ -n "$BUILTIN" ] || stock_module "$(value modules <"$2")/lib/modules/$(value release <"$2")" ;;
	*.stock) stock_module "$(value modules <"$2")/lib/modules/$(value release <"$2")" ;;
	tree.patched) patched_module "$(value tree <"$2")" ;;
	*.patched) quit "$E_USAGE" "--module patched: only for --kernel-tree; give the file" ;;
	*) echo "$3" ;;
	esac
}

# stock_module DIR: not the one that DKMS may have put beside it. Vendors have folders and names of their own for it.
stock_module()
{
	found=$(find "$1/kernel" -name 'i915.ko*' -o -name 'i915_*.ko*')
	[ -n "$found" ] || quit "$E_KERNEL" "$1: has no module i915; name a kernel that has"
	[ "$(echo "$found" | wc -l)" = 1 ] ||
		quit "$E_KERNEL" "$1: has several i915 ($(echo "$found" | joined)); give the file as --module, or build one of them only (--config)"
	echo "$found"
}

# subject_name KERNEL-FILE WHICH
subject_name()
{
	case $2 in
	*/*) which=$(basename "$2" .ko) ;;
	patched) which=$2$(newer_name) ;;
	*) which=$2 ;;
	esac
	echo "$(value release <"$1")-$which${DEBUG:+-$DEBUG}${BUILTIN:+-$BUILTIN}"
}
