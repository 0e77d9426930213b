# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# headers - what a kernel's headers say of it: version, release and configuration.

# headers_macro KDIR NAME: the number that version.h defines for NAME.
headers_macro()
{
	local header

	for header in include/generated/uapi/linux/version.h include/linux/version.h; do
		[ -f "$1/$header" ] || continue
		sed -n "s/^#define[[:space:]]*$2[[:space:]]*\([0-9][0-9]*\)[[:space:]]*$/\1/p" "$1/$header" | head -n 1
		return
	done
}

# headers_version KDIR: VERSION.PATCHLEVEL.SUBLEVEL of the headers. LINUX_VERSION_CODE holds
# eight bits of SUBLEVEL; later headers say it in full beside it.
headers_version()
{
	local code sublevel

	code=$(headers_macro "$1" LINUX_VERSION_CODE)
	[ -n "$code" ] || return 0
	sublevel=$(headers_macro "$1" LINUX_VERSION_SUBLEVEL)
	printf '%s\n' "$((code >> 16)).$((code >> 8 & 255)).${sublevel:-$((code & 255))}"
}

# headers_release KDIR: what 'uname -r' says on that kernel.
headers_release()
{
	sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$1/include/generated/utsrelease.h" 2>/dev/null | plain_names | head -n 1
}

# config_of KDIR: the file with the configuration that a kernel's headers, or a tree, have; nothing if there is none.
config_of()
{
	local file

	for file in "$1/include/config/auto.conf" "$1/.config"; do
		[ ! -f "$file" ] || { printf '%s\n' "$file"; return; }
	done
}

# kconfig KDIR SYMBOL: y, m, another value or nothing.
kconfig()
{
	local config

	config=$(config_of "$1")
	[ -z "$config" ] || sed -n "s/^$2=//p" "$config" 2>/dev/null | head -n 1
}

# kernel_sha256 KDIR: of what these headers say of their kernel: its configuration, without what is of the compiler; and the symbols
# it exports, where no CRC tells of each of them whether it has changed.
kernel_sha256()
{
	grep '^CONFIG_' "$(config_of "$1")" | grep -vE '^CONFIG_(CC|GCC|CLANG|LD|LLD|AS|PAHOLE|RUSTC|BINDGEN|TOOLS)_' | sort >"$WORK/config"
	grep -qx 'CONFIG_MODVERSIONS=y' "$WORK/config" || sort "$1/Module.symvers" >>"$WORK/config" 2>/dev/null || true
	sha256sum <"$WORK/config" | cut -d' ' -f1
}
