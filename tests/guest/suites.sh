# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# suites - what runs in the guest. A suite is one of the functions below or a
# program of that name. Descriptor 3 is where TAP goes.

CARD=/dev/dri/card0
ROOT=

# shellcheck source=i915-backport/system/gpu.sh
. /tests/gpu.sh

say()
{
	echo "$*" >&3
}

# count: the TAP lines that pass through it.
count()
{
	while IFS= read -r line; do
		case $line in
		"ok "* | "not ok "*)
			tests=$(cat /tmp/tests)
			echo "$((tests + 1))" >/tmp/tests ;;
		1..*)
			continue ;; # the plan is of all suites, and init's
		esac
		say "$line"
	done
}

# result STATUS NAME [REASON]: one test's line.
result()
{
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2${3:+: $3}"
	fi | count
}

# check_log NAME: what the kernel said since the last time, but for what a failing takeover has it say.
check_log()
{
	dmesg -c | case $1 in
	failing) grep -v 'Unknown symbol not_exported\|[*]ERROR[*] failed to init modeset' ;;
	*) cat ;;
	esac | judge_log "$1/kernel-log" | count
}

# run_suite NAME: what needs a driver is run with the one under test, or not at all. With built-in: before it, and failing, with the one
# that the other is to take over from.
run_suite()
{
	[ -e /tmp/tests ] || echo 0 >/tmp/tests
	began=$(uptime_seconds)
	suite=${1#built-in:}
	case $1,$(words lab.takeover=) in
	probe,* | crash,* | stall,*) "$1" ;;
	failing,run | built-in:*,run) run_with built_in_drives ;;
	failing,* | built-in:*) echo "ok - $suite # SKIP the driver does not take over while another one drives" | count ;;
	*) run_with drives ;;
	esac
	check_log "$suite"
	say "# $1 took $(($(uptime_seconds) - began)) s"
}

# run_with CHECK: the suite, if that says which driver drives.
run_with()
{
	if ! "$1" 2>/tmp/err; then
		result 1 "$suite/driver" "$(cat /tmp/err)"
		return
	fi
	case $suite in
	leak | clients | fuzz | reload | failing) "$suite" ;;
	*)
		# shellcheck disable=SC2046 # a list: lab.SUITE=TEST,... on the kernel command line
		run_program "$suite" $(words "lab.$suite=" | tr , ' ') ;;
	esac
}

uptime_seconds()
{
	cut -d. -f1 /proc/uptime
}

# A program says in TAP what failed; one that was killed has not.
run_program()
{
	{ "$@" 2>&1; echo $? >/tmp/status; } | count
	case $(cat /tmp/status) in
	0 | 1) ;;
	*) result 1 "$1/program" "ended with status $(cat /tmp/status)" ;;
	esac
}

# words PREFIX: what follows PREFIX in the words of the kernel command line that begin with it.
words()
{
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1//p"
}

# load_modules: what the module under test needs, in the order that the runner found out, then that module; in the place of one that
# is built in, if it is to. Without a file, the driver under test is built in.
load_modules()
{
	while read -r module; do
		name=$(basename "$module" .ko | tr - _)
		[ -d "/sys/module/$name" ] || insmod "/modules/$module" || return
	done </modules/order
	file=/modules/$(cat /modules/driver)
	# shellcheck disable=SC2046 # a list
	case $(words lab.takeover=) in
	run) takeover "$file" >/tmp/took ;;
	boot) insmod "$file" $(words i915. | grep -v '^modeset=') ;;
	*) [ ! -f "$file" ] || insmod "$file" $(words i915.) ;;
	esac && drives && [ -c "$CARD" ]
}

# takeover WORD...: nobody minds if a screen is dark meanwhile. What a console has lit is lit then, whatever came of it.
takeover()
{
	screens=$([ -z "$(consoles 1)" ] || lit_screens "$(intel_gpu)")
	/package/i915-backport/i915-backport takeover --dark "$@"
	ended=$?
	[ -z "$screens" ] || [ "$screens" = "$(lit_screens "$(intel_gpu)")" ] || {
		echo "lit before: $screens, and now: $(lit_screens "$(intel_gpu)" | grep . || echo none)" >&2
		return 1
	}
	return "$ended"
}

# drives: does the driver under test drive the GPU, and no other one? Of a module, the runner has put its build ID beside it.
drives()
{
	module=$(module_of "$(intel_gpu)")
	if [ -s /modules/driver ]; then
		cmp -s /modules/build-id "/sys/module/$module/notes/.note.gnu.build-id"
	else
		[ -n "$module" ] && is_built_in "$module"
	fi || {
		echo "the GPU is driven by ${module:-no driver}, not by the one under test" >&2
		return 1
	}
}

# built_in_drives: does the one that was not loaded?
built_in_drives()
{
	is_built_in "$(module_of "$(intel_gpu)")" && [ -c "$CARD" ] || {
		echo "the GPU is driven by $(module_of "$(intel_gpu)" | grep . || echo no driver), not by the one that is built in" >&2
		return 1
	}
}

probe()
{
	dmesg -c >/dev/null
	load_modules 2>/tmp/err
	result $? probe/load "$(head -n 1 /tmp/err)"
	[ ! -s /tmp/took ] || say "# $(cat /tmp/took)"
	say "# driver ready"
}

# leak [OPTION]: lab.leaktest=OPTION,... on the kernel command line are its options, --quick by default.
leak()
{
	# shellcheck disable=SC2046 # a list
	run_program leaktest "$@" $(words lab.leaktest= | tr , ' ' | grep . || echo --quick)
}

# clients: the scenarios of the leak suite that are real programs.
clients()
{
	leak --clients
}

# fuzz: lab.fuzz=OPTION,... on the kernel command line are its options; programs, if the guest has it, is what it plays.
fuzz()
{
	# shellcheck disable=SC2046 # a list
	run_program gem_fuzz $([ ! -e /tests/programs ] || echo --file /tests/programs) $(words lab.fuzz= | tr , ' ')
}

# leftovers MODULE DRIVER: what an unloaded i915 must not leave.
leftovers()
{
	ls -d "/sys/module/$1" "/sys/bus/pci/drivers/$2" "$CARD" 2>/dev/null
	grep -o '^i915[^ ]*' /proc/slabinfo
	find /sys/kernel/slab -maxdepth 1 -name 'i915*' 2>/dev/null
}

# reload: unload and load ten times. One that has taken over while another driver drove gives the GPU back and takes it again.
reload()
{
	if [ ! -s /modules/driver ]; then
		echo "ok - reload/unload # SKIP the driver is built in" | count
		return
	fi
	loaded=$(module_of "$(intel_gpu)") driver=$(driver_of "$(intel_gpu)")
	for i in $(seq 10); do
		case $(words lab.takeover=) in
		run) undo_takeover "$i" "$loaded" ;;
		*) unload "$i" "$loaded" "$driver" ;;
		esac
		load_modules 2>/tmp/err
		result $? "reload/load-$i" "$(head -n 1 /tmp/err)"
		[ ! -s /tmp/took ] || say "# $(cat /tmp/took)"
	done
}

# unload NUMBER MODULE DRIVER
unload()
{
	rmmod "$2" 2>/tmp/err
	result $? "reload/unload-$1" "$(head -n 1 /tmp/err)"
	left=$(leftovers "$2" "$3" | head -n 1)
	[ -z "$left" ]
	result $? "reload/nothing-left-$1" "$left"
}

# undo_takeover NUMBER MODULE
undo_takeover()
{
	takeover --undo >/tmp/took 2>/tmp/err
	result $? "reload/undo-$1" "$(head -n 1 /tmp/err)"
	say "# $(cat /tmp/took)"
	is_built_in "$(module_of "$(intel_gpu)")" && [ ! -d "/sys/module/$2" ] && [ -c "$CARD" ]
	result $? "reload/built-in-drives-$1" "$(driver_of "$(intel_gpu)")"
}

# failing: takeovers that fail, lab.failing=TIMES times in each way: the built-in driver drives as before, and works.
failing()
{
	taking=$(cat /modules/driver)
	for i in $(seq "$(words lab.failing= | grep . || echo 1)"); do
		for how in /modules/failing/*; do
			fails "$(basename "$how")-$i" 16 "$how/$taking"
		done
		driver_of "$(intel_gpu)" >"$(intel_gpu)/driver_override"
		fails "reserved-$i" 16 "/modules/$taking"
		echo >"$(intel_gpu)/driver_override"
		(exec 4<"$CARD" && exec sleep 600) &
		fails "in-use-$i" 15 "/modules/$taking"
		kill $!
		run_program gem_basic
	done
}

# fails TEST STATUS MODULE: so does a takeover by that, and it changes nothing.
fails()
{
	takeover "$3" >/tmp/took 2>/tmp/err
	ended=$?
	say "# $1: $(cat /tmp/err)"
	[ "$ended" = "$2" ] && built_in_drives 2>>/tmp/err && [ ! -d "/sys/module/$(basename "$3" .ko)" ]
	result $? "failing/$1" "status $ended: $(tail -n 1 /tmp/err)"
}

# For the tests of the lab itself: guests that do not end well.

crash()
{
	echo c >/proc/sysrq-trigger
}

stall()
{
	sleep 3600
}
