# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# status - for each kernel, what its i915 is and whose module it would load.

# signature RELEASE SIGNER: of a module, and whether the running kernel, if that is its release, would not have that.
signature()
{
	local signer=$2

	if [ -n "$signer" ] && [ "$1" = "$(uname -r)" ] && wants_signatures && ! knows_signer "$signer"; then
		signer="$signer: refused by this kernel"
	fi
	printf '%s\n' "$signer"
}

# status_row RELEASE: of the table, and below it the lines of notes, each after a blank. No file need be made: the disk may be full.
status_row()
{
	local plan disk origin different failed file

	if [ -f "$MODULES/$1/build/Makefile" ]; then
		plan=$(plan_of "$1")
		origin=$(planned source "$plan")
		case $(planned status "$plan") in
		0 | "$E_CLEAN")
			failed=$(planned failed "$plan")
			[ -z "$failed" ] || printf ' %s\n' "$(said not-made release="$1" why="$failed")" ;;
		*) printf ' %s\n' "$1: $(planned says "$plan")" ;;
		esac
	else
		plan=$(with_state "$1" "status=$E_KERNEL") origin='no headers'
		! without_headers "$1" || printf ' %s\n' "$(said kernel-without-headers release="$1")"
	fi
	use_plan "$plan"
	file=$(undriven "$1")
	[ -z "$file" ] || printf ' %s\n' "$(said stands-back release="$1" file="$file")"
	disk=$(planned installed_module "$plan")
	different=$(outdated "$plan")
	[ -z "$different" ] || printf ' %s\n' "$1: $different"
	[ -z "$TAKES_OVER" ] || [ "$(planned status "$plan")" != 0 ] || printf ' %s\n' "$1: $(said takes-over driver="$DRIVER" stock="$TAKES_OVER")"
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
