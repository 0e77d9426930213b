# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# check - would the kernel take the module, and would the modules beside it still load?

# check STAGE KDIR RELEASE GENERATION PLAN
check()
{
	local module

	need modinfo modprobe nm
	module=$1/$I915/$DRIVER.ko
	check_vermagic "$module" "$2" "$3"
	check_imports "$module" "$2" "$3"
	if [ -n "$TAKES_OVER" ]; then
		check_beside "$module"
	else
		check_exports "$1" "$2"
	fi
	check_modinfo "$module" "$4" "$5"
}

# check_vermagic MODULE KDIR RELEASE
check_vermagic()
{
	local ours other theirs

	ours=$(modinfo -F vermagic "$1") || die check-unreadable driver="$DRIVER"
	other=$(any_module "$2" "$3")
	[ -z "$other" ] || modinfo -F vermagic "$other" 2>/dev/null | grep -q . || die check-stock-unreadable module="$other"
	IFS='	' read -r other theirs <<-EOT
		$(other_vermagic "$1" "$other" "$3")
	EOT
	case $other in
	'') log "vermagic: $ours" ;;
	-) die check-vermagic-release driver="$DRIVER" vermagic="$ours" release="$theirs" ;;
	*) die check-vermagic driver="$DRIVER" vermagic="$ours" module="$other" other="$theirs" ;;
	esac
}

# other_headers KDIR RELEASE: says so if they are of another build of this kernel than its i915, by the symbols that imports.
other_headers()
{
	local stock

	stock=$(stock_module "$1" "$2")
	[ -n "$stock" ] && [ -f "$1/Module.symvers" ] && modprobe --dump-modversions "$stock" >"$WORK/stock.imports" 2>/dev/null || return 0
	awk -F'\t' 'FILENAME == ARGV[1] { crc[$2] = $1; next }
		$2 in crc && same(crc[$2], $1) { print $2 " has CRC " crc[$2] " there, and " $1 " in the stock i915"; exit }
		function same(a, b) { sub(/^0x0*/, "", a); sub(/^0x0*/, "", b); return a != b }' "$1/Module.symvers" "$WORK/stock.imports"
}

# other_vermagic MODULE OTHER RELEASE: if OTHER, a module of the kernel or nothing, has another one, OTHER and that; or -, and the release it
# is not for. It is what the loader compares first.
other_vermagic()
{
	local ours theirs

	ours=$(modinfo -F vermagic "$1") || ours=''
	theirs=$(modinfo -F vermagic "$2" 2>/dev/null) || theirs=''
	if [ -z "$theirs" ]; then
		[ "${ours%% *}" = "$3" ] || printf '%s\t%s\n' - "$3"
	elif [ "$ours" != "$theirs" ]; then
		printf '%s\t%s\n' "$2" "$theirs"
	fi
}

# check_imports MODULE KDIR RELEASE
check_imports()
{
	local symbol ours where theirs

	[ -f "$2/Module.symvers" ] || die check-no-symvers driver="$DRIVER" symvers="$2/Module.symvers"
	[ -z "$TAKES_OVER" ] || check_kept "$1" "$2"
	IFS='	' read -r symbol ours where theirs <<-EOT
		$(bad_import "$1" "$2" "$3")
	EOT
	[ -z "$theirs" ] || die check-crc driver="$DRIVER" symbol="$symbol" this="$ours" where="$where" other="$theirs"
	[ -z "$symbol" ] || die check-not-exported driver="$DRIVER" symbol="$symbol"
	log "imports: $(wc -l <"$WORK/undefined") symbols, all in $2/Module.symvers"
}

# bad_import MODULE KDIR RELEASE: every undefined symbol of that file, which is not compressed, is to be exported, under the same CRC;
# and where the stock module imports it too, under the CRC that one has (the headers could be of another build). Of the first for which
# that is not so, the symbol, and if it has another CRC that, where the other is and the other, with tabs between. Without a
# Module.symvers only the stock module is asked. A weak symbol may be missing.
bad_import()
{
	local symvers=$2/Module.symvers stock

	nm -u "$1" 2>/dev/null | awk '{ print $NF "\t" $(NF - 1) }' | sort >"$WORK/undefined"
	modprobe --dump-modversions "$1" >"$WORK/imports" 2>/dev/null || : >"$WORK/imports"
	stock=$(stock_module "$2" "$3")
	: >"$WORK/stock.imports"
	[ -z "$stock" ] || modprobe --dump-modversions "$stock" >"$WORK/stock.imports" 2>/dev/null || true
	[ -f "$symvers" ] || { symvers=$WORK/none; : >"$WORK/none"; }
	awk -F'\t' -v OFS='\t' -v none="$WORK/none" '
		FILENAME == ARGV[1] { crc[$2] = $1; known[$2] = 1; next }
		FILENAME == ARGV[2] { stock[$2] = $1; next }
		FILENAME == ARGV[3] { ours[$2] = $1; next }
		!($1 in known) && $2 != "U"             { next }
		!($1 in known) && ARGV[1] != none       { print $1; exit }
		$1 in ours && $1 in crc && same(ours[$1], crc[$1]) { print $1, ours[$1], "Module.symvers", crc[$1]; exit }
		$1 in ours && $1 in stock && same(ours[$1], stock[$1]) { print $1, ours[$1], "the stock i915", stock[$1]; exit }
		# hexadecimal, with or without leading zeros
		function same(a, b) { sub(/^0x0*/, "", a); sub(/^0x0*/, "", b); return a != b }
		' "$symvers" "$WORK/stock.imports" "$WORK/imports" "$WORK/undefined"
}

# check_kept MODULE KDIR: a kernel that has i915 built in may be without an export that only a module needs. All of them are named.
check_kept()
{
	local missing

	missing=$(nm -u "$1" 2>/dev/null | awk '$1 == "U" { print $2 }' | awk -F'\t' '
		FILENAME == ARGV[1] { known[$2]; next }
		!($1 in known)' "$2/Module.symvers" - | sort | joined)
	[ -n "$missing" ] || return 0
	[ "$(kconfig "$2" CONFIG_TRIM_UNUSED_KSYMS)" != y ] || die beside-trimmed headers="$2" symbols="$missing"
	die beside-not-exported headers="$2" symbols="$missing"
}

# check_beside MODULE: a kernel with another i915 would take it, and nobody loads it unasked.
check_beside()
{
	local found

	found=$(nm "$1" | sed -n 's/.* __ksymtab_//p' | sort -u | joined)
	[ -z "$found" ] || die beside-exports driver="$DRIVER" symbols="$found"
	found=$(modinfo -F alias "$1" | joined)
	[ -z "$found" ] || die beside-alias driver="$DRIVER" aliases="$found"
	log "exports: none, beside the $TAKES_OVER that is built in"
}

# check_exports STAGE KDIR: what the stock i915 exports, ours exports too, under the same CRC and in
# the same way; else kvmgt and its like would refuse to load.
check_exports()
{
	local bad symbol how ours theirs

	DRIVER=$DRIVER awk -F'\t' '{ name = $3; sub(/.*\//, "", name) } name == ENVIRON["DRIVER"]' "$2/Module.symvers" >"$WORK/stock.exports"
	bad=$(awk -F'\t' -v OFS='\t' '
		FILENAME == ARGV[1]  { crc[$2] = $1; how[$2] = $4 "/" $5; next }
		!($2 in crc)         { print $2; exit }
		crc[$2] != $1        { print $2, "with CRC", crc[$2], $1; exit }
		how[$2] != $4 "/" $5 { print $2, "as", how[$2], $4 "/" $5; exit }
		' "$1/$I915/Module.symvers" "$WORK/stock.exports")
	IFS='	' read -r symbol how ours theirs <<-EOT
		$bad
	EOT
	[ -z "$theirs" ] || die check-export-changed driver="$DRIVER" symbol="$symbol" how="$how" this="$ours" other="$theirs"
	[ -z "$symbol" ] || die check-export-gone driver="$DRIVER" symbol="$symbol"
	log "exports: $(wc -l <"$WORK/stock.exports") symbols, as the stock i915"
}

# check_modinfo MODULE GENERATION PLAN: it can be told from the stock one, and DKMS will replace that.
check_modinfo()
{
	local line

	record "$2" "$3" >"$WORK/record"
	while IFS= read -r line; do
		[ "$(modinfo -F "${line%%=*}" "$1")" = "${line#*=}" ] || die check-unmarked driver="$DRIVER"
	done <"$WORK/record"
	[ "$(modinfo -F version "$1")" = "$(package_version)" ] ||
		die check-version driver="$DRIVER" version="$(modinfo -F version "$1" | tr '\n' ' ')"
}
