# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# verify - is the fixed driver loaded, and is the fix at work?

DEBUGFS=$ROOT/sys/kernel/debug

# say WHAT TEXT, wrong WHAT TEXT: one line of the answer. Each function of verify ends with one of them, and fails after the second.
# They are called in conditions: what cannot be said ends the command here.
say()
{
	printf '%-10s %s\n' "$1" "$2" | answer || exit
}

wrong()
{
	say "$1" "$2"
	return "$E_NO"
}

# verify_disk RELEASE MODULE PLAN
verify_disk()
{
	local different

	different=$(outdated "$3")
	if [ -n "$different" ]; then
		wrong disk "$different"
	elif is_ours "$2"; then
		say disk "$(whose "$2"): $2"
	else
		wrong disk "$(whose "$2"): $2; run 'i915-backport status $1' to see why"
	fi
}

# verify_initramfs RELEASE
verify_initramfs()
{
	local held

	held=$(initramfs_i915 "$1")
	if initramfs_agrees "$1" "$held"; then
		say initramfs "$held"
	else
		wrong initramfs "$held, not what is on disk; make it again (update-initramfs -u -k $1, dracut --force --kver $1)"
	fi
}

# verify_loaded WHOSE
verify_loaded()
{
	case $1 in
	"$DKMS_NAME") say loaded "$DKMS_NAME, the file on disk" ;;
	"stock, "*) wrong loaded "$1; run 'i915-backport takeover'" ;;
	*) wrong loaded "$1; restart, or unload it and run 'modprobe $DRIVER'" ;;
	esac
}

# verify_signature MODULE
verify_signature()
{
	local signer

	signer=$(signer_of "$1")
	if ! wants_signatures; then
		say signature "$signer; this kernel asks for none"
	elif knows_signer "$signer"; then
		say signature "$signer, a key this kernel knows"
	else
		wrong signature "$signer, and this kernel loads signed modules only; enrol DKMS's key: mokutil --import $(certificate)"
	fi
}

verify_switch()
{
	local switch

	switch=$(sys)/parameters/context_cleanup
	if [ ! -e "$switch" ]; then
		say fix "on; this series has no switch"
	elif [ "$(cat "$switch")" = Y ]; then
		say fix on
	else
		wrong fix "switched off: $DRIVER.context_cleanup; 'echo Y >$switch' switches it on"
	fi
}

# gone FILE: contexts that went, by the counters of the fix.
gone()
{
	sed -n 's/^contexts gone: //p' "$1"
}

# A file that is opened and closed is a context that comes and goes, where each has an address space of its own.
verify_counters()
{
	local counters card

	for counters in "$DEBUGFS"/dri/*/i915_context_cleanup; do
		card=$ROOT/dev/dri/card$(basename "$(dirname "$counters")")
		[ ! -e "$counters" ] || [ ! -e "$card" ] || break
	done
	if [ ! -e "$(sys)/parameters/context_cleanup" ]; then
		say counters "this series has none"
	elif [ ! -r "$counters" ]; then
		wrong counters "no $DEBUGFS/dri/*/i915_context_cleanup; run 'mount -t debugfs none $DEBUGFS'"
	elif [ "$(cat "$(sys)/parameters/enable_ppgtt" 2>/dev/null || echo 2)" -lt 2 ]; then
		say counters "stand still: no full PPGTT on this GPU ($DRIVER.enable_ppgtt), so nothing that could leak"
	else
		watch_counters "$counters" "$card"
	fi
}

# watch_counters COUNTERS CARD: they move when it is opened and closed.
watch_counters()
{
	local counters=$1 card=$2 before after

	before=$(gone "$counters")
	for _ in 1 2 3 4 5; do
		(: <"$card") 2>/dev/null || {
			wrong counters "$card cannot be opened, so whether they move is not known; see 'dmesg'"
			return
		}
		sleep 1
		after=$(gone "$counters")
		[ "$after" = "$before" ] || break
	done
	if [ "$after" != "$before" ]; then
		say counters "move: contexts gone $before, then $after"
	else
		wrong counters "do not move: contexts gone $before, after $card was opened and closed too; please report it ('i915-backport report')"
	fi
}

verify_leaktest()
{
	(cmd_leaktest --quick) >"$WORK/leaktest" 2>&1 && say "leak test" "$(grep -c '^ok' "$WORK/leaktest") passed" ||
		wrong "leak test" "$(grep -m 1 '^not ok' "$WORK/leaktest" || why "$WORK/leaktest"); see 'i915-backport leaktest'"
}

# plan_of_running RELEASE: the plan of the running kernel; without its headers only what is installed.
plan_of_running()
{
	if [ -d "$MODULES/$1/build" ]; then
		plan_of "$1"
	else
		with_state "$1" "status=$E_KERNEL"
	fi
}

cmd_verify()
{
	local release disk plan says memory answer=0

	case ${1:-} in
	'' | --leaktest) ;;
	-h | --help)
		echo "Usage: sudo i915-backport verify [--leaktest]"
		printf '%s\n' "Is the fixed driver loaded, and is the fix at work? Exit status 0 yes, $E_NO no, $E_CLEAN there is nothing to fix."
		return ;;
	*) die no-such-option option="verify $1" help='verify --help' ;;
	esac
	[ $# -le 1 ] || die too-many-arguments arguments="verify $*" help='verify --help'
	must_be_root verify
	need modinfo
	release=$(uname -r)
	use_installed "$release"
	disk=$(module_on_disk "$release")
	[ -n "$disk" ] || die no-module folder="$MODULES/$release"
	try_work
	plan=$(plan_of_running "$release")
	use_plan "$plan"
	disk=$(planned installed_module "$plan")
	[ -n "$disk" ] || die no-module folder="$MODULES/$release"
	says=$(planned says "$plan")
	[ "$(planned status "$plan")" != "$E_CLEAN" ] || is_ours "$disk" || quit "$E_CLEAN" "$says"
	memory=$(loaded "$release" "$disk")
	say kernel "$release"
	verify_disk "$release" "$disk" "$plan" || answer=$E_NO
	verify_initramfs "$release" || answer=$E_NO
	verify_loaded "$memory" || answer=$E_NO
	verify_signature "$disk" || answer=$E_NO
	case $memory in
	"$DKMS_NAME" | "$DKMS_NAME, of another build")
		verify_switch || answer=$E_NO
		verify_counters || answer=$E_NO
		[ -n "$WORK" ] || quit "$E_SYSTEM" "$NO_WORK"
		[ "${1:-}" != --leaktest ] || verify_leaktest || answer=$E_NO ;;
	esac
	return "$answer"
}
