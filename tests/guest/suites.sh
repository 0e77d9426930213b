# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# suites - what runs in the guest. A suite is one of the functions below or a
# program of that name. Descriptor 3 is where TAP goes.

CARD=/dev/dri/card0

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

# check_log NAME: what the kernel said since the last time.
check_log()
{
	dmesg -c | judge_log "$1/kernel-log" | count
}

run_suite()
{
	[ -e /tmp/tests ] || echo 0 >/tmp/tests
	began=$(uptime_seconds)
	case $1 in
	leak | fuzz | probe | reload | crash | stall) "$1" ;;
	*) run_program "$1" ;;
	esac
	check_log "$1"
	say "# $1 took $(($(uptime_seconds) - began)) s"
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

# load_modules: in the order that the runner found out; i915 is the last.
load_modules()
{
	while read -r module; do
		name=$(basename "$module" .ko | tr - _)
		[ -d "/sys/module/$name" ] && continue
		case $name in
		i915) options=$(words i915.) ;;
		*) options= ;;
		esac
		# shellcheck disable=SC2086 # a list
		insmod "/modules/$module" $options || return 1
	done </modules/order
	[ -c "$CARD" ]
}

probe()
{
	dmesg -c >/dev/null
	load_modules 2>/tmp/err
	result $? probe/load "$(head -n 1 /tmp/err)"
	say "# driver ready"
}

# leak: lab.leaktest=OPTION,... on the kernel command line are its options, --quick by default.
leak()
{
	# shellcheck disable=SC2046 # a list
	run_program leaktest $(words lab.leaktest= | tr , ' ' | grep . || echo --quick)
}

# fuzz: lab.fuzz=OPTION,... on the kernel command line are its options; programs, if the guest has it, is what it plays.
fuzz()
{
	# shellcheck disable=SC2046 # a list
	run_program gem_fuzz $([ ! -e /tests/programs ] || echo --file /tests/programs) $(words lab.fuzz= | tr , ' ')
}

# leftovers: what an unloaded i915 must not leave.
leftovers()
{
	ls -d /sys/module/i915 /sys/bus/pci/drivers/i915 "$CARD" 2>/dev/null
	grep -o '^i915[^ ]*' /proc/slabinfo
	find /sys/kernel/slab -maxdepth 1 -name 'i915*' 2>/dev/null
}

# reload: unload and load ten times.
reload()
{
	for i in $(seq 10); do
		rmmod i915 2>/tmp/err
		result $? "reload/unload-$i" "$(head -n 1 /tmp/err)"
		left=$(leftovers | head -n 1)
		[ -z "$left" ]
		result $? "reload/nothing-left-$i" "$left"
		load_modules 2>/tmp/err
		result $? "reload/load-$i" "$(head -n 1 /tmp/err)"
	done
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
