# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# driver - the i915 that are on this machine: which modprobe would take, whose each is, who signed it, and which is loaded.

# sys: of the driver in sysfs, where a module's name has no -.
sys()
{
	printf '%s\n' "$ROOT/sys/module/$(printf '%s\n' "$DRIVER" | tr - _)"
}

# use_installed RELEASE: what follows is about the driver that ours has the place of there, whatever the plan is today: the one that DKMS has
# built, that is installed, or that is held.
use_installed()
{
	local module folder

	usual_driver
	for module in "$DKMS_TREE"/*/"$1"/*/module/*.ko* "$MODULES/$1"/updates/*.ko* "$MODULES/$1"/updates/dkms/*.ko* "$MODULES/$1"/extra/*.ko* \
		"$HOLD/$1"/*.ko*; do
		[ -f "$module" ] || continue
		case $module in
		"$HOLD"/*) folder=$(cd "$MODULES/$1/kernel" 2>/dev/null && find . -name "${module##*/}" | sed 's|^\./||; s|/[^/]*$||' | head -n 1) ;;
		*) folder=$(modinfo -F i915_backport_folder "$module" 2>/dev/null) || folder= ;;
		esac
		[ -n "$folder" ] || continue
		I915=$folder DRIVER=${module##*/}
		DRIVER=${DRIVER%%.ko*}
		TAKES_OVER=$(modinfo -F i915_backport_takes_over "$module" 2>/dev/null) || TAKES_OVER=
		return
	done
}

# kind_of MODULE: ours, other, or unread: a file that is cut and a modinfo that was killed say nothing of whose it is. Asked
# twice, before it is.
kind_of()
{
	local said

	[ -f "$1" ] || { echo unread; return; }
	said=$(modinfo "$1" 2>/dev/null) || said=$(modinfo "$1" 2>/dev/null) || said=''
	case $said in
	*"
i915_backport:"*"
vermagic:"* | *"
vermagic:"*"
i915_backport:"*) echo ours ;;
	*"
vermagic:"*) echo other ;;
	*) echo unread ;;
	esac
}

is_ours()
{
	[ "$(kind_of "$1")" = ours ]
}

# is_other MODULE: it was read, and is not ours.
is_other()
{
	[ "$(kind_of "$1")" = other ]
}

# stock_module KDIR RELEASE: the driver that the kernel came with; nothing if it is not on this machine.
stock_module()
{
	local module

	for module in "$MODULES/$2/kernel/$I915/$DRIVER".ko* "$DKMS_TREE/original_module/$2"/*/"$DRIVER".ko* "$HOLD/$2/$DRIVER".ko* \
		"$1/$I915/$DRIVER.ko"; do
		is_other "$module" && printf '%s\n' "$module" && return
	done
	return 0
}

# has_built_in RELEASE: an i915 is part of that kernel's image.
has_built_in()
{
	grep -q '/i915[^/]*\.ko$' "$MODULES/$1/modules.builtin" 2>/dev/null
}

# any_module KDIR RELEASE: some module of that kernel, for its vermagic.
any_module()
{
	local module

	module=$(stock_module "$1" "$2")
	[ -n "$module" ] || module=$(find -H "$MODULES/$2/kernel" -name '*.ko*' 2>/dev/null | head -n 1)
	[ -n "$module" ] || module=$(find "$1/drivers" "$1/lib" "$1/fs" -name '*.ko' 2>/dev/null | head -n 1)
	printf '%s\n' "$module"
}

# module_on_disk RELEASE: the file of the driver that modprobe would take; nothing if there is none.
module_on_disk()
{
	modinfo -b "$ROOT/" -k "$1" -F filename "$DRIVER" 2>/dev/null | sed -n 's|^//*|/|p'
}

# whose MODULE: this package's, with what it was made of; the stock one; or one of somebody else, who is named if it is DKMS that knows.
whose()
{
	[ -n "$1" ] || { echo none; return; }
	case $(kind_of "$1") in
	ours) printf '%s\n' "$DKMS_NAME $(modinfo -F i915_backport "$1")" ;;
	other) foreign "$1" || echo stock ;;
	*) echo unreadable ;;
	esac
}

# foreign MODULE: where it takes the place of the stock driver, and whose it is; fails where it does not.
foreign()
{
	local inside=${1##*/lib/modules/} release module package version

	release=${inside%%/*}
	case ${inside#*/} in
	updates/* | extra/* | weak-updates/*) ;;
	*) return 1 ;;
	esac
	for module in "${DKMS_TREE%/*}"/*/"kernel-$release-"*/module/"$DRIVER".ko*; do
		package=${module%/kernel-*}
		[ -f "$module" ] && [ "$package" != "$DKMS_TREE" ] && version=$(readlink "${module%/module/*}") || continue
		case $version in
		*/"$release"/*) ;;
		*) continue ;; # of a kernel whose release begins so
		esac
		printf '%s\n' "foreign, ${package##*/}/${version%%/*}"
		return
	done
	# DKMS puts the stock driver back there on some distributions: it is then the only one.
	for module in "$MODULES/$release/kernel/$I915/$DRIVER".ko*; do
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
			[ ! -r "$file" ] || RELEASE=$1 DRIVER=$DRIVER awk '
				function ours(dir) { return dir ~ /^(updates|extra)(\/|$)/ }
				$1 == "override" && $2 == ENVIRON["DRIVER"] && ($3 == "*" || ENVIRON["RELEASE"] ~ $3) && !ours($4) { print FILENAME "\t" $0; exit }
				$1 == "search" {
					for (i = 2; i <= NF && !ours($i); i++)
						if ($i == "built-in") { print FILENAME "\t" $0; exit }
				}' "$file" 2>/dev/null || true
		done
	done | head -n 1
}

# module_data MODULE: not compressed.
module_data()
{
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
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

hex()
{
	od -An -v -tx1 | tr -d ' \n'
}

# is_loaded MODULE: is that file what is in memory? By its build ID, which an ELF note carries after 16 bytes
# of heading; by srcversion where the kernel shows no notes.
is_loaded()
{
	local note

	note=$(sys)/notes/.note.gnu.build-id
	if [ -r "$note" ]; then
		module_data "$1" | hex | grep -q "$(hex <"$note" | cut -c 33-)"
	else
		[ "$(cat "$(sys)/srcversion" 2>/dev/null)" = "$(modinfo -F srcversion "$1")" ]
	fi
}

# loaded RELEASE MODULE: of the running kernel, is the driver in memory the one on disk, and is it the one that drives the GPU?
loaded()
{
	local gpu driving

	if [ "$1" != "$(uname -r)" ]; then
		echo "-"
		return
	fi
	gpu=$(intel_gpu)
	driving=$(module_of "$gpu")
	if [ -n "$driving" ] && is_built_in "$driving"; then
		printf '%s\n' "stock, $driving is built in"
	elif [ -n "$driving" ] && [ "$driving" != "$(basename "$(sys)")" ]; then
		printf '%s\n' "foreign, $driving"
	elif [ ! -d "$(sys)" ]; then
		echo "not loaded"
	else
		printf '%s%s\n' "$(in_memory "$2")" "$([ -z "$gpu" ] || [ -n "$driving" ] || echo ', drives nothing')"
	fi
}

# in_memory MODULE: whose the loaded driver is.
in_memory()
{
	if is_loaded "$1"; then
		whose "$1" | cut -d' ' -f1 | tr -d ,
	elif [ "$(cat "$(sys)/version" 2>/dev/null)" = "$(package_version)" ]; then
		printf '%s\n' "$DKMS_NAME, of another build"
	else
		echo stock
	fi
}
