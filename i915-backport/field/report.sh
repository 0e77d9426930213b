# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# report - one archive for a bug report. Only its owner can read it; what is in it is said.

# note FILE COMMAND...: what it prints, with its exit status if that is not 0.
note()
{
	local into

	into=$WORK/report/$1
	shift
	("$@") >"$into" 2>&1 </dev/null || printf '%s\n' "(exit status $?)" >>"$into"
}

versions()
{
	local program

	printf '%s\n' "i915-backport $(package_version)"
	uname -srvm # not the host's name
	grep -E '^(ID|VERSION_ID|PRETTY_NAME)=' "$ROOT/etc/os-release"
	for program in dkms modinfo make patch "${CC:-gcc}" ld; do
		printf '%s: ' "$program"
		"$program" --version 2>/dev/null | head -n 1 | grep . || echo "not installed"
	done
}

# facts_of RELEASE: its plan, and what the probe says of its source.
facts_of()
{
	plan_of "$1"
	cat "$WORK/facts" 2>/dev/null || true
}

gpus()
{
	local dev module

	for dev in "$ROOT"/sys/class/drm/card[0-9]*/device; do
		[ -f "$dev/vendor" ] && printf '%s\n' "$dev $(pci_id "$dev")"
	done
	for dev in $(intel_gpus); do
		module=$(module_of "$dev")
		printf '%s\n' "$dev: driver $(driver_of "$dev" | grep . || echo none)${module:+, of $module$(! is_built_in "$module" || echo ', built in')}"
	done
	return 0
}

modules()
{
	local file release

	for release in $(cd "$MODULES" && ls); do
		use_installed "$release"
		file=$(module_on_disk "$release")
		[ -n "$file" ] || continue
		printf '%s\n' "$file"
		modinfo "$file" | grep -E '^(filename|version|srcversion|vermagic|depends|signer|sig_|i915_backport)'
	done
}

# loaded_driver: what sysfs and debugfs have of it, and of another that drives the GPU.
loaded_driver()
{
	local dir file

	use_installed "$(uname -r)"
	for dir in $({ sys; module_of "$(intel_gpu)" | sed "s|^|$ROOT/sys/module/|"; } | sort -u); do
		for file in "$dir"/version "$dir"/srcversion "$dir"/taint "$dir"/refcnt "$dir"/parameters/*; do
			[ -f "$file" ] && printf '%s: %s\n' "$file" "$(cat "$file" 2>&1)"
		done
	done
	for file in "$DEBUGFS"/dri/*/i915_context_cleanup; do
		[ -f "$file" ] && printf '%s: %s\n' "$file" "$(cat "$file" 2>&1)"
	done
	return 0
}

# kernel_log: what i915 and drm say. Their names are in the kernel's command line and in its version too, with much that is nobody's
# business.
kernel_log()
{
	dmesg | grep -iE '\[drm|drm:|i915[a-z_]* [0-9a-f]{4}:|i915[a-z_]*:|\[i915[a-z_]*\]|drivers/gpu/drm|i915drmfb' |
		grep -viE 'command line|linux version|BOOT_IMAGE|root=|parameters'
}

# settings_said: without the comments, which are the user's own.
settings_said()
{
	settings | sed 's/^!line \([0-9]*\).*/(line \1 is no setting)/'
}

# build_logs: of DKMS and of our own installation, as they are.
build_logs()
{
	local file

	find "$DKMS_TREE" -name '*.log' -type f 2>/dev/null | while IFS= read -r file; do
		cp -P "$file" "$WORK/report/dkms.$(printf '%s\n' "${file#"$DKMS_TREE"/}" | tr / .)"
	done
	for file in "$(cache_dir)"/*.log; do
		[ ! -f "$file" ] || [ -L "$file" ] || cp -P "$file" "$WORK/report/"
	done
}

# results: of 'qualify', as it has kept them.
results()
{
	local file

	for file in "$(cache_dir)"/qualify/*; do
		[ ! -f "$file" ] || [ -L "$file" ] || cp -P "$file" "$WORK/report/qualify-${file##*/}"
	done
}

# can_report FILE: what that takes is there.
can_report()
{
	need tar xz modinfo
	[ -w "$(dirname "$1")" ] && [ ! -d "$1" ] || die cannot-write-report file="$1"
}

cmd_report()
{
	local archive release

	case ${1:-} in
	-h | --help)
		echo "Usage: sudo i915-backport report [FILE.tar.xz]"
		echo "One archive for a bug report (default: i915-backport-report.tar.xz here). Only you can read it."
		return ;;
	-*) die no-such-option option="report $1" help='report --help' ;;
	esac
	[ $# -le 1 ] || die too-many-arguments arguments="report $*" help='report --help'
	archive=${1:-i915-backport-report.tar.xz}
	can_report "$archive"
	umask 077
	open_work
	mkdir "$WORK/report"
	note versions versions
	# shellcheck disable=SC2046 # kernel releases hold no blanks
	note status show_status $(all_kernels)
	note modules modules
	note gpus gpus
	note loaded loaded_driver
	note dkms-status dkms status
	note kernel-log kernel_log
	for release in $(installed_kernels); do
		note "facts-$release" facts_of "$release"
	done
	[ ! -r "$CONF" ] || note i915-backport.conf settings_said
	build_logs
	results
	tar -C "$WORK" -cJf "$WORK/report.tar.xz" --owner=0 --group=0 report && put "$archive" 600 <"$WORK/report.tar.xz" 2>"$WORK/err" || die cannot-write-report file="$archive"
	printf '%s\n' "$archive holds, and nothing else:"
	(cd "$WORK/report" && ls) | sed 's/^/  /'
	echo "It has no keys, no host name and no kernel log lines but those of i915 and drm; paths of source trees are in it."
	echo "Only you can read it (mode 0600): look through it before you send it."
}
