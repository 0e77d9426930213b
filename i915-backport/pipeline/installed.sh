# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# installed - is a module of this package what the plan wants now? Its modinfo says what it was made of (record, in build.sh); kernel,
# source, series, settings and this package may have changed since.

# differs RELEASE MODULE PLAN: of a module of this package, what is not so as the plan has it, in one line; nothing if all is. What the plan
# could not find out is not compared.
differs()
{
	local lists=''

	[ -n "$2" ] && [ -n "$WORK" ] && is_ours "$2" || return 0
	modinfo "$2" >"$WORK/modinfo" 2>/dev/null || true
	{
		other_plan "$1" "$3"
		other_parts "$3"
		other_version
		other_settings "$1"
		other_kernel "$1" "$2"
		other_key "$2"
	} >"$WORK/differs"
	lists=$(joined <"$WORK/differs")
	[ -z "$lists" ] || printf '%s\n' "$lists"
}

# told KEY: what the modinfo of the module that is looked at says.
told()
{
	sed -n "s/^$1: *//p" "$WORK/modinfo" | head -n 1
}

# other_plan RELEASE PLAN: the kernel is to have its stock driver.
other_plan()
{
	[ "$(planned status "$2")" = "$E_CLEAN" ] || return 0
	if [ -n "$(kept "$1")" ]; then
		echo "KEEP_STOCK is set"
	elif [ "$(planned verdict "$2")" = clean ]; then
		echo "the source is clean now"
	else
		echo "the kernel has no i915 now"
	fi
}

# other_parts PLAN: by their sums.
other_parts()
{
	local part was now what

	for part in $PARTS; do
		was=$(told "i915_backport_$part")
		now=$(planned "${part}_sha256" "$1")
		[ -n "$now" ] && [ "$was" != "$now" ] || continue
		case $part in
		kernel) what="made for another configuration of this kernel" ;;
		*) what="of another $part" ;;
		esac
		was=$(printf '%.8s' "$was") now=$(printf '%.8s' "$now")
		printf '%s\n' "$what (${was:-not recorded}, now $now)"
	done
}

# other_version: of this package.
other_version()
{
	local was

	was=$(told i915_backport)
	was=${was%% *}
	[ "$was" = "$(package_version)" ] && [ "$(told version)" = "$was" ] ||
		printf '%s\n' "made by i915-backport ${was:-of no version}, which is $(package_version) now"
}

# other_settings RELEASE: it was made against a rule that the user had switched off, and has not any more.
other_settings()
{
	local key

	for key in TRUST_PATCHES TRUST_SOURCE; do
		case $(told i915_backport) in
		*"($key)"*) [ "$(setting "$key" "$1")" = 1 ] || printf '%s\n' "made with $key=1, which is not set now" ;;
		esac
	done
}

# other_kernel RELEASE MODULE: the kernel was built anew under the same release, and would refuse it.
other_kernel()
{
	local build=$MODULES/$1/build other symbol ours where theirs

	IFS='	' read -r other theirs <<-EOT
		$(other_vermagic "$2" "$(any_module "$build" "$1")" "$1")
	EOT
	if [ -n "$theirs" ]; then
		printf '%s\n' "refused by this kernel (vermagic '$(told vermagic)', not '$theirs')"
		return
	fi
	command -v nm >/dev/null && module_data "$2" >"$WORK/module.ko" 2>/dev/null || return 0
	IFS='	' read -r symbol ours where theirs <<-EOT
		$(bad_import "$WORK/module.ko" "$build" "$1")
	EOT
	if [ -n "$theirs" ]; then
		printf '%s\n' "refused by this kernel (symbol $symbol has CRC $ours, $where $theirs)"
	elif [ -n "$symbol" ]; then
		printf '%s\n' "refused by this kernel (symbol $symbol is exported by nothing in Module.symvers)"
	fi
}

# other_key MODULE: DKMS's key was replaced after it was signed. By the number of its certificate.
other_key()
{
	local key was now

	key=$ROOT$(certificate)
	was=$(told sig_key | number)
	[ -n "$was" ] && [ "$key" -nt "$1" ] && command -v openssl >/dev/null || return 0
	now=$({ openssl x509 -inform DER -in "$key" -noout -serial || openssl x509 -in "$key" -noout -serial; } 2>/dev/null | sed 's/^serial=//' | number)
	[ -z "$now" ] || [ "$was" = "$now" ] || printf '%s\n' "signed with another key than DKMS's ($key)"
}

# number: hexadecimal, as one program and the other write it.
number()
{
	tr -d ': \n' | tr a-f A-F | sed 's/^0*//'
}

# is_refused DIFFERENCES: the kernel would not load it.
is_refused()
{
	case $1 in
	*'refused by this kernel ('*) ;;
	*) return 1 ;;
	esac
}

# outdated PLAN: the line that says so of what is installed; nothing if it is as planned. Of an i915 in the place of the fixed one that cannot be
# read, too.
outdated()
{
	local different

	different=$(planned different "$1")
	if [ -n "$different" ]; then
		said outdated different="$different"
	elif [ "$(planned installed "$1")" = unreadable ]; then
		said module-unreadable module="$(planned installed_module "$1")"
	fi
}

# discard_build RELEASE PLAN [DIFFERENCES]: what DKMS has built for it and not installed, if that is not what the plan wants, or what
# was installed had these: DKMS would install it.
discard_build()
{
	local built version

	version=$(package_version)
	! is_active "$1" "$version" || return 0
	for built in "$DKMS_TREE/$version/$1"/*/module/*.ko*; do
		[ -f "$built" ] || continue
		is_ours "$built" && is_named "$built" && [ -z "${3:-$(differs "$1" "$built" "$2")}" ] || rm -rf "${DKMS_TREE:?}/$version/$1"
	done
}

# is_named MODULE: it is a file of the driver that is meant now.
is_named()
{
	case ${1##*/} in
	"$DRIVER".ko*) ;;
	*) return 1 ;;
	esac
}

# is_active RELEASE VERSION: DKMS has installed it there, by its own mark. Those of a kernel whose release begins so,
# such as 4.1-rt beside 4.1, are among what is found.
is_active()
{
	case "
$(readlink "$DKMS_TREE/kernel-$1-"*)" in
	*"
$2/$1/"*) ;;
	*) return 1 ;;
	esac
}
