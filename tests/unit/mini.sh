# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# mini - a kernel tree with a miniature driver that leaks, a series that mends it, and a machine of folders: enough for what
# the pipeline does before it builds. The drivers are those of tests/unit/probe.
# shellcheck disable=SC2154 # package, its folder, is set by the suite

# mini_driver CASE DIR
mini_driver()
{
	mkdir -p "$2"
	(cd "$2" && awk -v parts="$package/tests/unit/probe/parts" '
		$1 == "////" && $2 == "expect" { next }
		$1 == "////" && $2 == "use" {
			while ((getline text < (parts "/" $3)) > 0)
				print text >$3
			next
		}
		$1 == "////" { file = $2; next }
		file { print >file }' "$package/tests/unit/probe/cases/$1")
	printf '#include "i915_types.h"\n' >"$2/i915_drv.h"
	printf 'obj-m += i915.o\ni915-y := i915_context.o i915_file.o i915_vma.o\n' >"$2/Makefile"
}

# mini_tree DIR [CASE]: a tree of 4.1.2.
mini_tree()
{
	mini_driver "${2:-leaks}" "$1/drivers/gpu/drm/i915"
	printf 'VERSION = 4\nPATCHLEVEL = 1\nSUBLEVEL = 2\n' >"$1/Makefile"
}

# mini_patch OLD NEW [FILE]...: what 'git format-patch' would make of the difference.
mini_patch()
{
	printf 'From: A <a@b>\nDate: Thu, 1 Jan 2015 00:00:00 +0000\nSubject: [PATCH] mend\n\nText.\n---\n'
	(cd "$1/.." && diff -ruN "$(basename "$1")" "$(basename "$2")") |
		sed "s|^diff -ruN $(basename "$1")/\\(.*\\) $(basename "$2")/.*|diff --git a/\\1 b/\\1|
			s|^--- $(basename "$1")/\\([^	]*\\).*|--- a/\\1|; s|^+++ $(basename "$2")/\\([^	]*\\).*|+++ b/\\1|"
	printf -- '-- \n2.0\n\n'
}

# mini_series DIR: the series that mends the driver.
mini_series()
{
	mkdir -p "$1/made"
	mini_tree "$1/made/old"
	mini_tree "$1/made/new" both-lists
	mini_patch "$1/made/old" "$1/made/new" >"$1/0001-mend.patch"
	rm -r "$1/made"
	echo 0001-mend.patch >"$1/series"
}

# mini_package DIR: the package with a fix for the miniature driver in the place of its own.
mini_package()
{
	mkdir -p "$1/patches"
	cp -R "$package/i915-backport" "$package/dkms.conf" "$1"
	cp "$package/patches/conditions" "$package/patches/cover-letter" "$1/patches"
	cat >"$1/patches/01-mend.hooks" <<-'EOT'
		From: A <maintainers@i915-backport.invalid>
		Date: Thu, 1 Jan 2015 00:00:00 +0000
		Subject: mend

		Text.
		---
		@@ i915_context.c
		+static void sweep(struct list_head *side)
		+{
		+	struct i915_vma *vma, *n;
		+
		+	list_for_each_entry_safe(vma, n, side, side_link)
		+		take_apart(vma, false);
		+}
		+
		 void context_last(struct kref *ref)
		@@ i915_context.c: context_last
		+	sweep(&ctx->ppgtt->base.idle_side);
		+	sweep(&ctx->ppgtt->base.busy_side);
		 	ppgtt_drop(ctx->ppgtt);
	EOT
}

# mini_headers DIR RELEASE: what the pipeline looks at before it builds.
mini_headers()
{
	mkdir -p "$1/include/generated/uapi/linux" "$1/include/config"
	printf '#define UTS_RELEASE "%s"\n' "$2" >"$1/include/generated/utsrelease.h"
	printf '#define LINUX_VERSION_CODE %d\n' $((4 << 16 | 1 << 8 | 2)) >"$1/include/generated/uapi/linux/version.h"
	echo CONFIG_DRM_I915=m >"$1/include/config/auto.conf"
	: >"$1/Makefile"
}

# mini_module FILE TEXT...: of what modinfo reads. MINI_ASM is what else is in it.
mini_module()
{
	mini_file=$1
	shift
	{
		printf '.section .modinfo,"a"\n'
		printf '.asciz "%s"\n' "$@"
		printf '.section .text\n.zero 5000\n%s\n' "${MINI_ASM:-}"
	} >"$mini_file.s"
	"${CC:-cc}" -c -o "$mini_file" "$mini_file.s"
	rm "$mini_file.s"
}

# mini_stock RELEASE: puts a stock driver into this machine, for a kernel that leaks.
mini_stock()
{
	mini_kernel "" "$1"
	mini_module "/lib/modules/$1/kernel/drivers/gpu/drm/i915/i915.ko" "vermagic=$1 SMP " license=GPL
	touch "/lib/modules/$1/modules.order" "/lib/modules/$1/modules.builtin"
	depmod "$1"
}

# mini_import NAME CRC: of a module, for MINI_ASM.
mini_import()
{
	printf '.section __versions,"a"\n.quad %s\n.asciz "%s"\n.balign 64\n.section .text\n.quad %s\n' "$2" "$1" "$1"
}

# mini_symbols NAME...: defined by a module, for MINI_ASM; and one of its own.
mini_symbols()
{
	printf '.data\nown:\n'
	for mini_name; do
		printf '.globl %s\n%s: .quad 0\n' "$mini_name" "$mini_name"
	done
}

# mini_ours FILE RELEASE [SUFFIX]: what DKMS would build for it by the plan as it is, with SUFFIX after the generation.
mini_ours()
{
	mini_record=$(
		ROOM=$package/i915-backport
		# shellcheck disable=SC2034 # for the steps
		PACKAGE=$package
		for step in common config distribution gpu driver headers tree find stage probe series compat record build check stock plan module hold dkms installed; do
			# shellcheck source=/dev/null
			. "$ROOM"/*/"$step.sh"
		done
		WORK=$(mktemp -d)
		mini_plan=$(make_plan "/usr/src/headers-$2" "$2")
		record "$(planned generation "$mini_plan")${3:-}" "$mini_plan"
		rm -rf "$WORK"
	)
	mini_ours=$1
	set -- "vermagic=$(modinfo -F vermagic "/lib/modules/$2/kernel/drivers/gpu/drm/i915/i915.ko")" license=GPL \
		"version=$("$package/i915-backport/i915-backport" --version | cut -d' ' -f2)"
	while IFS= read -r mini_line; do
		set -- "$@" "$mini_line"
	done <<-EOT
		$mini_record
	EOT
	mini_module "$mini_ours" "$@"
}

# mini_dkms DIR: a stand-in for DKMS, which does in the same order what matters here. It installs DIR/ours.ko.
mini_dkms()
{
	mkdir -p "$1/bin"
	mini_ours "$1/ours.ko" 4.1.2
	ln -s "$package/tests/unit/mini-dkms" "$1/bin/dkms"
	ln -s "$(command -v true)" "$1/bin/sync" # it waits for whatever else this machine writes
	export PATH="$1/bin:$PATH" OURS="$1/ours.ko"
}

# mini_kernel ROOT RELEASE: with headers.
mini_kernel()
{
	mkdir -p "$1/lib/modules/$2/kernel/drivers/gpu/drm/i915" "$1/etc"
	mini_headers "$1/usr/src/headers-$2" "$2"
	ln -sfn "$1/usr/src/headers-$2" "$1/lib/modules/$2/build"
}

# mini_kbuild HEADERS: these can build: a kbuild that takes the driver's Kbuild for what it is, and makes of it a module in which
# only our own file is. As with the real one, it calls programs of its own.
mini_kbuild()
{
	mkdir -p "$1/scripts/basic" "$1/scripts/mod" "$1/include/linux"
	cp /bin/true "$1/scripts/basic/fixdep"
	cp /bin/true "$1/scripts/mod/modpost"
	: >"$1/Module.symvers"
	cat >"$1/include/linux/module.h" <<-EOT
		#define MODULE_INFO(tag, text) static const char info_##tag[] __attribute__((used, section(".modinfo"))) = #tag "=" text
		#define MODULE_VERSION(text) MODULE_INFO(version, text)
		MODULE_INFO(vermagic, "$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$1/include/generated/utsrelease.h") SMP ");
	EOT
	cat >"$1/Makefile" <<-'EOT'
		.RECIPEPREFIX = >
		CC = cc
		LD = ld
		srctree := $(CURDIR)
		src := $(M)
		KBUILD_CFLAGS := -fno-PIE
		LINUXINCLUDE := -I$(CURDIR)/include
		-include $(CURDIR)/include/config/auto.conf
		include $(src)/Kbuild
		modules: $(patsubst %.o,$(src)/%.ko,$(obj-m)) ;
		$(src)/%.ko: $(KBUILD_OUTPUT) $(KBUILD_EXTRA_SYMBOLS) $(KBUILD_SRC)
		> $(CC) $(KCFLAGS) $(LINUXINCLUDE) -c -o $(src)/i915_backport_record.o $(src)/i915_backport_record.c
		> scripts/basic/fixdep
		> scripts/mod/modpost
		> $(EXTRA)
		> $(LD) $(patsubst -m32,-m elf_i386,$(filter -m32,$(KCFLAGS))) -r -o $@ $(src)/i915_backport_record.o
		> : >$(src)/Module.symvers
		-include $(CURDIR)/Makefile.extra
	EOT
}
