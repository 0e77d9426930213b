# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# material - the drivers the tests work on: a distribution's i915, the same with the seed, and that fixed.
# shellcheck disable=SC2154,SC2034 # package, its folder, and work are set by the suite; status is for it

# i915_tree TARBALL DIR: of linux-source, what a kernel tree needs to be one with i915; clean as it is.
i915_tree()
{
	mkdir -p "$2"
	tar -xf "$1" -C "$2" --strip-components=1 --no-wildcards-match-slash --wildcards \
		'*/Makefile' '*/drivers/gpu/drm/i915' '*/drivers/platform/x86/intel_ips.h'
}

# put_patches DIR TREE: every patch in DIR.
put_patches()
{
	for patch in "$1"/*.patch; do
		patch -s -d "$2" -p1 --fuzz=0 <"$patch"
	done
}

# seed TREE: the lifetime rule of 3.18 to 4.3, in which nobody empties a VM. Sets seed, the folder of the seed
# that fits, and fix, the series that mends it.
seed()
{
	for seed in "$package"/tests/seed/*; do
		cat "$seed"/*.patch | patch -s -d "$1" -p1 --fuzz=0 --dry-run >/dev/null && break
	done
	fix=$seed/fix
	put_patches "$seed" "$1"
}

# fix TREE: what was seeded.
fix()
{
	put_patches "$fix" "$1"
}

# bare_module ROOT RELEASE TREE FILE: FILE is the i915.ko of TREE, a folder in ROOT, for that kernel of ROOT; built once for each
# FILE, which should name all that it is made of.
bare_module()
{
	[ ! -f "$4" ] || return 0
	rm -rf "$1/srv/bare"
	cp -a "$1$3" "$1/srv/bare"
	bare_kbuild "$1/srv/bare"
	in_root "$1" make -C "/lib/modules/$2/build" M=/srv/bare/drivers/gpu/drm/i915 -j"$(nproc)" \
		DEBIAN_KERNEL_USE_CCACHE=1 KCFLAGS=-g0 modules || return
	cp "$1/srv/bare/drivers/gpu/drm/i915/i915.ko" "$4.new"
	mv "$4.new" "$4"
	rm -rf "$1/srv/bare"
}

# bare_kbuild TREE: so that 'make M=' of its i915 makes i915.ko outside a kernel tree, and no more.
bare_kbuild()
{
	cat >"$1/drivers/gpu/drm/i915/Kbuild" <<-'EOT'
		include $(src)/Makefile
		obj-m := $(filter i915.o,$(obj-m))
		subdir-ccflags-y := $(subst $(srctree)/$(src),$(src),$(subdir-ccflags-y))
		ccflags-y := $(subst $(srctree)/$(src),$(src),$(ccflags-y)) -I$(src)/../..
	EOT
}

# seeded_and_fixed: $work/seeded.ko and $work/fixed.ko of Debian's i915, for $release, its kernel. They are built once for each seed, series and
# kernel. root is set while it is entered.
seeded_and_fixed()
{
	root=$(kernel_root bookworm) || return
	release=$(kernel_of "$root")
	enter_root "$root"
	rm -rf "$root/srv/kept"
	i915_tree "$(echo "$root"/usr/src/linux-source-*.tar.xz)" "$root/srv/kept"
	seed "$root/srv/kept"
	kept_module seeded "$seed"/*.patch
	fix "$root/srv/kept"
	kept_module fixed "$seed"/*.patch "$fix"/*.patch
	rm -rf "$root/srv/kept"
	release_root "$root"
	root=
}

# kept_module NAME PATCH...: made of the tree as it is now, and of these patches.
kept_module()
{
	name=$1
	shift
	kept=$TEST_CACHE/$name-$release-$(cat "$@" | sha256sum | cut -c 1-16).ko
	bare_module "$root" "$release" /srv/kept "$kept" && cp "$kept" "$work/$name.ko"
}

# lab_on_both OPTION...: the lab on both of these drivers. Leaves status, and what it says in $work/lab.out.
lab_on_both()
{
	status=0
	"$package/tests/lab/lab" --artifacts "$work/lab" --kernel "$release" --module "$work/seeded.ko" --module "$work/fixed.ko" \
		--platform broadwell-h "$@" >"$work/lab.out" 2>&1 </dev/null || status=$?
}

# runs_to_its_end NAME: the guest with that driver, seeded or fixed.
runs_to_its_end()
{
	cat "$work/lab.out"
	equal "$(cat "$work/lab/$release-$1/ended")" "to its end"
}
