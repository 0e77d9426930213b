# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# status - for each kernel, what its i915 is and whose module it would load.

SYS=$ROOT/sys/module/i915

# plan_of KDIR RELEASE: the plan in a folder of its own, in $PLAN; why it ended early, in $PLAN_ERROR.
plan_of()
{
	WORK=$(private_dir)
	PLAN=$( (plan "$1" "$2") 2>"$WORK/plan.err") && PLAN_STATUS=0 || PLAN_STATUS=$?
	PLAN_ERROR=$(sed 's/^i915-backport: //' "$WORK/plan.err" | tail -n 1)
	rm -rf "$WORK"
	[ "$PLAN_STATUS" != 0 ] || [ -z "$(kept "$2")" ] || {
		PLAN_STATUS=$E_CLEAN
		PLAN_ERROR="KEEP_STOCK in $CONF; 'i915-backport rollback --undo $2' takes it out"
	}
}

# kept RELEASE: says so, if the user wants the stock driver for it.
kept()
{
	[ "$(setting KEEP_STOCK "$1")" != 1 ] || echo ' (KEEP_STOCK)'
}

plan_value()
{
	echo "$PLAN" | value "$1"
}

# module_on_disk RELEASE: the i915.ko that modprobe would take; nothing if there is none.
module_on_disk()
{
	modinfo -b "$ROOT/" -k "$1" -F filename i915 2>/dev/null | sed -n 's|^//*|/|p'
}

# signer_of MODULE
signer_of()
{
	[ -z "$1" ] || modinfo -F signer "$1" | grep . || echo unsigned
}

# certificate: of the key that DKMS signs with: what its settings name, else Ubuntu's, else its own.
certificate()
{
	named=$(cat "$ROOT"/etc/dkms/framework.conf "$ROOT"/etc/dkms/framework.conf.d/*.conf 2>/dev/null |
		sed -n 's/^[[:space:]]*mok_certificate=//p' | tail -n 1 | tr -d "\"'")
	ubuntu=/var/lib/shim-signed/mok/MOK.der
	[ -n "$named" ] || [ ! -f "$ROOT$ubuntu" ] || named=$ubuntu
	echo "${named:-/var/lib/dkms/mok.pub}"
}

# signature RELEASE MODULE: who signed it, and whether the running kernel, if that is its release, would not have that.
signature()
{
	signer=$(signer_of "$2")
	if [ -n "$signer" ] && [ "$1" = "$(uname -r)" ] && wants_signatures && ! knows_signer "$signer"; then
		signer="$signer: refused by this kernel"
	fi
	echo "$signer"
}

# whose MODULE
whose()
{
	case $1 in
	'') echo none ;;
	*) is_ours "$1" && modinfo -F i915_backport "$1" | sed 's/^/ours /' || echo stock ;;
	esac
}

# loaded RELEASE MODULE: of the running kernel, is the driver in memory the one on disk?
loaded()
{
	if [ "$1" != "$(uname -r)" ]; then
		echo "-"
	elif [ ! -d "$SYS" ]; then
		echo "not loaded"
	elif is_loaded "$2"; then
		whose "$2" | cut -d' ' -f1
	elif [ "$(cat "$SYS/version" 2>/dev/null)" = "$(package_version)" ]; then
		echo "ours, of another build"
	else
		echo stock
	fi
}

# table: lines of fields with tabs between, in columns.
table()
{
	awk -F'\t' '
		{ n = NF > n ? NF : n
		  for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
		END { for (r = 1; r <= NR; r++) {
			line = ""
			for (i = 1; i <= n; i++)
				line = line sprintf("%-" (i < n ? width[i] + 2 : 1) "s", cell[r, i])
			sub(/ +$/, "", line)
			print line } }'
}

# status_row RELEASE
status_row()
{
	build=$MODULES/$1/build
	disk=$(module_on_disk "$1")
	if [ -f "$build/Makefile" ]; then
		plan_of "$(readlink -f "$build")" "$1"
		origin=$(plan_value source)
		[ "$PLAN_STATUS" = 0 ] || [ "$PLAN_STATUS" = "$E_CLEAN" ] || echo "$1: $PLAN_ERROR" >>"$NOTES"
	else
		PLAN='' origin='no headers'
	fi
	verdict=$(plan_value verdict)
	generation=$(plan_value generation)
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "${origin:-none}" "${verdict:--}" "${generation:--}" \
		"$(whose "$disk")$(kept "$1")" "$(loaded "$1" "$disk")" "$(initramfs_i915 "$1")" "$(signature "$1" "$disk")"
}

cmd_status()
{
	case ${1:-} in
	-h | --help)
		echo "Usage: i915-backport status [RELEASE]..."
		echo "For each installed kernel (or those named): source, verdict, generation, the module on disk, the one loaded,"
		echo "the one in the initramfs, and who signed the one on disk, and if the running kernel refuses that."
		return ;;
	-*) die "$E_USAGE" "status $1: no such option; see 'i915-backport status --help'" ;;
	esac
	need modinfo
	if [ $# = 0 ]; then
		# shellcheck disable=SC2046 # kernel releases hold no blanks
		set -- $(cd "$MODULES" 2>/dev/null && find . -mindepth 1 -maxdepth 1 -type d | sed 's|^\./||' | plain_names | sort -V)
		[ $# -gt 0 ] || die "$E_KERNEL" "$MODULES: no kernel is installed there; install one, with its headers"
	fi
	for release; do
		need_release "$release"
	done
	NOTES=$(mktemp)
	on_exit 'rm -rf "$NOTES" "$WORK"'
	{
		printf 'KERNEL\tSOURCE\tVERDICT\tGENERATION\tON DISK\tLOADED\tINITRAMFS\tSIGNER\n'
		for release; do
			status_row "$release"
		done
	} | table
	sed 's/^/i915-backport: /' "$NOTES" >&2
}
