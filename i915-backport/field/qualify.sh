# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# qualify - this machine's GPU with the driver that drives it now: what is safe of the leak test is run. The result is kept until the
# other driver, stock or fixed, has had its turn. Then both are side by side, and in the archive that 'report' makes.

# result_of RELEASE WHICH: where it is kept; WHICH is stock or fixed.
result_of()
{
	printf '%s\n' "$(cache_dir)/qualify/$1.$2"
}

# spaces_of MODULE: those that say what address spaces there are, and who switches between them.
spaces_of()
{
	local name file

	for name in enable_ppgtt enable_execlists semaphores; do
		file=$ROOT/sys/module/$1/parameters/$name
		[ ! -r "$file" ] || printf '%s\n' "$name=$(cat "$file")"
	done | joined
}

# describe RELEASE GPU DRIVER PLAN: what the result is of.
describe()
{
	say kernel "$1"
	say gpu "$(pci_id "$2")"
	say driver "$3"
	say parameters "$(spaces_of "$(module_of "$2")")"
	say verdict "$(planned verdict "$4" | grep . || planned says "$4" | grep . || echo "not known: no headers of this kernel")"
}

# side_by_side RELEASE: what each scenario left behind with the one driver and with the other; - is skipped, or not run.
side_by_side()
{
	awk '
		/^(not )?ok - / {
			bad = /^not /
			sub(/^(not )?ok - [a-z]*\//, "")
			name = $0
			sub(/[: ].*/, "", name)
			left = bad ? "failed" : "passed"
			if (match($0, /[0-9]+ VMAs left behind/) && (!bad || $0 !~ /: 0 VMAs/))
				left = substr($0, RSTART, RLENGTH - length(" VMAs left behind"))
			if (/ # SKIP /)
				left = "-"
			if (!(name in row))
				order[row[name] = ++n] = name
			cell[name, column] = left
		}
		END {
			print "VMAs LEFT BEHIND\tSTOCK\tFIXED"
			for (i = 1; i <= n; i++)
				print order[i] "\t" ((order[i], 1) in cell ? cell[order[i], 1] : "-") "\t" ((order[i], 2) in cell ? cell[order[i], 2] : "-")
		}' column=1 "$(kept_or_none "$1" stock)" column=2 "$(kept_or_none "$1" fixed)" | table | answer
}

# kept_or_none RELEASE WHICH: the file with that result.
kept_or_none()
{
	local file

	file=$(result_of "$1" "$2")
	[ -f "$file" ] || file=/dev/null
	printf '%s\n' "$file"
}

# as_it_comes FILE: the lines of stdin at its end, each on the disk before the next one is waited for.
as_it_comes()
{
	local line

	while IFS= read -r line || [ -n "$line" ]; do
		printf '%s\n' "$line" >>"$1"
		sync "$1" 2>/dev/null || true
	done
}

# next_of RELEASE DISK: what is to be done now.
next_of()
{
	if [ -f "$(result_of "$1" stock)" ] && [ -f "$(result_of "$1" fixed)" ]; then
		echo "both drivers have had their turn; send the archive"
	elif [ -f "$(result_of "$1" fixed)" ]; then
		echo "for the stock driver: 'i915-backport rollback', restart, and run this again; then 'rollback --undo' and 'dkms-install'"
	elif is_ours "$2"; then
		echo "the fixed driver is installed: restart, and run this again"
	else
		echo "run 'i915-backport dkms-install', restart, and run this again"
	fi
}

cmd_qualify()
{
	local safe=--safe archive gpu release plan disk driver which result clients answer=0

	case ${1:-} in
	-h | --help)
		cat <<-EOT
			Usage: sudo i915-backport qualify [--all] [FILE.tar.xz]
			Runs what is safe of the leak test on this machine's GPU, with the driver that drives it now, says what to do next,
			and makes the archive of 'report', with the results of the stock and of the fixed driver side by side. Nobody else
			may be using the GPU. With --all also what hangs or resets the GPU, or brings down a driver that is at fault.
			Exit status 0: it ran, $E_NO: a test failed with the fixed driver, or it did not come to its end.
		EOT
		return ;;
	--all) safe='' && shift ;;
	esac
	case ${1:-} in
	-*) die no-such-option option="qualify $1" help='qualify --help' ;;
	esac
	[ $# -le 1 ] || die too-many-arguments arguments="qualify $*" help='qualify --help'
	archive=${1:-i915-backport-report.tar.xz}
	must_be_root qualify
	can_report "$archive"
	gpu=$(intel_gpu)
	[ -n "$gpu" ] || die no-gpu
	[ -n "$(module_of "$gpu")" ] || die gpu-not-driven
	open_work
	clients=$(clients_of "$gpu" | listed)
	[ -z "$clients" ] || die gpu-in-use clients="$clients"
	(cmd_leaktest --list) >/dev/null || return
	release=$(uname -r)
	plan=$(plan_of_running "$release")
	use_plan "$plan"
	disk=$(planned installed_module "$plan")
	driver=$(loaded "$release" "$disk")
	case $driver in
	"$DKMS_NAME"*) which=fixed ;;
	stock*) which=stock ;;
	*) die gpu-driven-by-other driver="$driver" ;;
	esac
	make_dir "$(cache_dir)/qualify"
	result=$(result_of "$release" "$which")
	make_file "$result" || die cannot-keep-result file="$result"
	describe "$release" "$gpu" "$driver" "$plan" >>"$result"
	[ "$which" = stock ] || verify_switch >>"$result" || answer=$E_NO
	answer <"$result"
	# Where the machine stops, that much is there.
	(cmd_leaktest --quick --spin ${safe:+"$safe"} --card "$ROOT$(nodes_of "$gpu" | grep -m 1 '/dri/card')") 2>&1 | as_it_comes "$result" || true
	[ "$which" = stock ] || ! grep -q '^not ok ' "$result" || answer=$E_NO
	grep -q '^1\.\.' "$result" || {
		warn leaktest-did-not-end why="$(why "$result")"
		answer=$E_NO
	}
	side_by_side "$release"
	say next "$(next_of "$release" "$disk")"
	(cmd_report "$archive") || return
	return "$answer"
}
