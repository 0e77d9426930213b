# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# status - for each kernel, what its i915 is and whose module it would load.

SYS=$ROOT/sys/module/i915

# module_on_disk RELEASE: the i915.ko that modprobe would take; nothing if there is none.
module_on_disk()
{
	modinfo -b "$ROOT/" -k "$1" -F filename i915 2>/dev/null | sed -n 's|^//*|/|p'
}

# signer_of MODULE: modinfo before kmod 26 does not say it of the signatures of Linux 4.3 and later.
signer_of()
{
	[ -z "$1" ] || modinfo -F signer "$1" 2>/dev/null | grep . || signer_in "$1"
}

# signer_in MODULE: as the signature at its end names him, by the common name of the certificate's issuer; that there is none, or
# that it could not be looked at.
signer_in()
(
	[ -n "$WORK" ] && module_data "$1" >"$WORK/signed" 2>/dev/null || { echo unknown; exit; }
	[ "$(tail -c 28 "$WORK/signed" | tr -d '\0')" = "~Module signature appended~" ] || { echo unsigned; exit; }
	# struct module_signature: its third byte is the kind, 2 for PKCS#7, its last four the length
	# shellcheck disable=SC2046 # numbers
	set -- $(tail -c 40 "$WORK/signed" | head -c 12 | od -An -v -tu1)
	[ "$3" = 2 ] || { echo "signed, this modinfo does not say by whom"; exit; }
	tail -c "$(((($9 * 256 + ${10}) * 256 + ${11}) * 256 + ${12} + 40))" "$WORK/signed" |
		head -c "$(((($9 * 256 + ${10}) * 256 + ${11}) * 256 + ${12}))" >"$WORK/signature"
	openssl asn1parse -inform DER -in "$WORK/signature" 2>/dev/null |
		awk '/:commonName/ { take = 1; next }
		     take { sub(/^[^:]*:[^:]*:[^:]*:/, ""); name = $0; take = 0 }
		     END { print name }' | grep . || echo "signed, this modinfo does not say by whom; install openssl"
)

# certificate: of the key that DKMS signs with: what its settings name, else Ubuntu's, else its own.
certificate()
{
	local named ubuntu

	named=$(dkms_setting mok_certificate)
	ubuntu=/var/lib/shim-signed/mok/MOK.der
	[ -n "$named" ] || [ ! -f "$ROOT$ubuntu" ] || named=$ubuntu
	printf '%s\n' "${named:-$(dkms_tree)/mok.pub}"
}

# signature RELEASE SIGNER: of a module, and whether the running kernel, if that is its release, would not have that.
signature()
{
	local signer=$2

	if [ -n "$signer" ] && [ "$1" = "$(uname -r)" ] && wants_signatures && ! knows_signer "$signer"; then
		signer="$signer: refused by this kernel"
	fi
	printf '%s\n' "$signer"
}

# whose MODULE: ours, the stock one, or one of somebody else, who is named if it is DKMS that knows.
whose()
{
	[ -n "$1" ] || { echo none; return; }
	case $(kind_of "$1") in
	ours) modinfo -F i915_backport "$1" | sed 's/^/ours /' | grep . || echo ours ;;
	other) foreign "$1" || echo stock ;;
	*) echo unreadable ;;
	esac
}

# foreign MODULE: where it takes the place of the stock driver, and whose it is; fails where it does not.
foreign()
{
	local inside=${1##*/lib/modules/} release module package

	release=${inside%%/*}
	case ${inside#*/} in
	updates/* | extra/* | weak-updates/*) ;;
	*) return 1 ;;
	esac
	for module in "${DKMS_TREE%/*}"/*/"kernel-$release-"*/module/i915.ko*; do
		package=${module%/kernel-*}
		[ -f "$module" ] && [ "$package" != "$DKMS_TREE" ] || continue
		package=${package##*/}/$(readlink "${module%/module/*}" | cut -d/ -f1)
		printf '%s\n' "foreign, $package"
		return
	done
	# DKMS puts the stock driver back there on some distributions: it is then the only one.
	for module in "$MODULES/$release"/kernel/"$I915"/i915.ko*; do
		[ ! -f "$module" ] || cmp -s "$module" "$1" || { echo foreign; return; }
	done
	return 1
}

# other_preferred RELEASE: the setting of depmod by which it prefers another i915 to one of DKMS: its file, a tab and its line.
other_preferred()
{
	local dir file seen=' '

	for dir in etc run usr/local/lib usr/lib lib; do
		for file in "$ROOT/$dir"/depmod.d/*.conf; do
			case $seen${file##*/} in
			*" ${file##*/} "* | *' i915-backport-'*) continue ;;
			esac
			seen="$seen${file##*/} "
			[ ! -r "$file" ] || RELEASE=$1 awk '
				function ours(dir) { return dir ~ /^(updates|extra)(\/|$)/ }
				$1 == "override" && $2 == "i915" && ($3 == "*" || ENVIRON["RELEASE"] ~ $3) && !ours($4) { print FILENAME "\t" $0; exit }
				$1 == "search" {
					for (i = 2; i <= NF && !ours($i); i++)
						if ($i == "built-in") { print FILENAME "\t" $0; exit }
				}' "$file" 2>/dev/null || true
		done
	done | head -n 1
}

# loaded RELEASE MODULE: of the running kernel, is the driver in memory the one on disk?
loaded()
{
	if [ "$1" != "$(uname -r)" ]; then
		echo "-"
	elif [ ! -d "$SYS" ]; then
		echo "not loaded"
	elif is_loaded "$2"; then
		whose "$2" | cut -d' ' -f1 | tr -d ,
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

# status_row RELEASE: of the table, and below it the lines of notes, each after a blank. No file need be made: the disk may be full.
status_row()
{
	local plan disk origin different

	if [ -f "$MODULES/$1/build/Makefile" ]; then
		plan=$(plan_of "$1")
		origin=$(planned source "$plan")
		case $(planned status "$plan") in
		0 | "$E_CLEAN") ;;
		*) printf ' %s\n' "$1: $(planned says "$plan")" ;;
		esac
	else
		plan=$(with_state "$1" "status=$E_KERNEL") origin='no headers'
		! without_headers "$1" || printf ' %s\n' "$(said kernel-without-headers release="$1")"
	fi
	disk=$(planned installed_module "$plan")
	different=$(outdated "$plan")
	[ -z "$different" ] || printf ' %s\n' "$1: $different"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "${origin:-none}" "$(planned verdict "$plan" | grep . || echo -)" \
		"$(planned generation "$plan" | grep . || echo -)" "$(planned installed "$plan")${different:+, outdated}$(kept "$1")" \
		"$(loaded "$1" "$disk")" "$(initramfs_i915 "$1")" "$(signature "$1" "$(planned installed_signer "$plan")")"
}

# show_status RELEASE...: the table, and on stderr what is to be said beside it.
show_status()
{
	local rows release

	rows=$(for release; do
		status_row "$release"
	done)
	{
		printf 'KERNEL\tSOURCE\tVERDICT\tGENERATION\tON DISK\tLOADED\tINITRAMFS\tSIGNER\n'
		printf '%s\n' "$rows" | grep -v '^ '
	} | table | answer
	printf '%s\n' "$rows" | sed -n 's/^ /i915-backport: /p' >&2
}

cmd_status()
{
	local release

	case ${1:-} in
	-h | --help)
		echo "Usage: i915-backport status [RELEASE]..."
		echo "For each installed kernel (or those named): source, verdict, generation, the module on disk, the one loaded,"
		echo "the one in the initramfs, and who signed the one on disk, and if the running kernel refuses that."
		return ;;
	-*) die no-such-option option="status $1" help='status --help' ;;
	esac
	need modinfo
	if [ $# = 0 ]; then
		# shellcheck disable=SC2046 # kernel releases hold no blanks
		set -- $(all_kernels)
		[ $# -gt 0 ] || die no-kernels folder="$MODULES"
	fi
	for release; do
		need_release "$release"
	done
	try_work
	show_status "$@"
}
