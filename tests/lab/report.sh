# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# report - one line for each subject while they run, what failed, and the leak suite side by side.

ran_to_its_end()
{
	[ "$(cat "$1/ended")" = "to its end" ]
}

# passed_over DIR: the commands that the virtual GPU does not model, each with the number of times.
passed_over()
{
	sed -n 's/^\[[^]]*\] \(.* is not modelled\)$/\1/p' "$1/vgpu.log" | sort | uniq -c | sort -rn
}

# modelled DIR: was no command passed over? IGT and the fuzzer may send what they like.
modelled()
{
	case ,$SUITES, in
	*,igt,* | *,fuzz,*) ;;
	*) [ -z "$(passed_over "$1")" ] ;;
	esac
}

# all_passed DIR: did the guest end as it should, every test pass, and the virtual GPU know each command?
# The number of tests that the guest announces at its end must be there.
all_passed()
{
	planned=$(sed -n 's/^1\.\.//p' "$1/tap")
	seen=$(grep -cE '^(not )?ok ' "$1/tap") || true
	if ran_to_its_end "$1" && [ "$planned" != "$seen" ]; then
		echo "$planned tests ran, $seen results came through" >"$1/ended"
	fi
	ran_to_its_end "$1" && [ "$planned" != 0 ] && ! grep -q '^not ok ' "$1/tap" && modelled "$1"
}

# tally DIR PATTERN
tally()
{
	grep -cE "$2" "$1/tap" || true
}

# In $ARTIFACTS:
#   subjects   the names of those that ran, one a line
#   modules    which i915 each had
#   versions   what ran them
#   table      the tables at the end
report_head()
{
	: >"$ARTIFACTS/subjects"
	: >"$ARTIFACTS/modules"
	{
		echo "i915-backport $(package_version)"
		# shellcheck disable=SC2086 # a command line
		$QEMU --version | head -n 1
	} >"$ARTIFACTS/versions"
	printf '%-40s %6s %6s %7s %9s  %s\n' subject passed failed skipped 'ready (s)' log
}

# report_line NAME DIR
report_line()
{
	echo "$1" >>"$ARTIFACTS/subjects"
	echo "$1: i915 $(cat "$2/i915")" >>"$ARTIFACTS/modules"
	skipped=$(tally "$2" '^ok .*# SKIP')
	printf '%-40s %6s %6s %7s %9s  %s\n' "$1" "$(($(tally "$2" '^ok ') - skipped))" \
		"$(tally "$2" '^not ok ')" "$skipped" "$(cat "$2/seconds" 2>/dev/null || echo -)" "$2"
	sed -n 's/^not ok - /    failed: /p' "$2/tap"
	sed -n "s/^# \(the driver's own warning.*\)/    \1/p" "$2/tap"
	passed_over "$2" | head -n 5 | sed 's/^ *\([0-9]*\) \(.*\)/    the virtual GPU passed over, \1 times: \2/'
	if ! ran_to_its_end "$2"; then
		echo "    $(cat "$2/ended"); the last lines of $2/console:"
		tail -n 12 "$2/console" | tr -d '\r' | sed 's/^/        /'
	fi
}

# leaks DIR: "SCENARIO VMAS" for each scenario of the leak suite; what did not run to its end is "-".
leaks()
{
	sed -nE -e 's/^(not )?ok - (leak|clients)\/([^:]*): ([0-9-]+) VMAs left behind.*/\3 \4/p' \
		-e 's/^not ok - (leak|clients)\/([^: ]*).*/\2 -/p' "$1/tap" | grep -v '^kernel-log' || true
}

# igt_results DIR: "TEST PASSED/FAILED/SKIPPED" for each of IGT's test programs.
igt_results()
{
	sed -nE 's/^((not )?ok) - igt\/([^@: ]*)(.*)$/\3 \1 \4/p' "$1/tap" | grep -v '^kernel-log' | awk '
		!($1 in seen) { seen[$1] = ++n; test[n] = $1 }
		{ count[$1, / # SKIP /? "skip" : $2]++ }
		END {
			for (i = 1; i <= n; i++)
				printf "%s %d/%d/%d\n", test[i], count[test[i], "ok"], count[test[i], "not"], count[test[i], "skip"]
		}'
}

# side_by_side TITLE RESULTS: a row for each first word that RESULTS prints of a subject, a column for each subject.
side_by_side()
{
	while read -r name; do
		"$2" "$ARTIFACTS/$name" | sed "s/^/$name /"
	done <"$ARTIFACTS/subjects" | awk -v title="$1" '
		!($1 in column) { column[$1] = ++n; name[n] = $1 }
		!($2 in row) { row[$2] = ++m; scenario[m] = $2 }
		{ cell[$2, $1] = $3 }
		END {
			if (!m)
				exit
			printf "\n%-30s", title
			for (i = 1; i <= n; i++)
				printf "  %s", name[i]
			print ""
			for (j = 1; j <= m; j++) {
				printf "%-30s", scenario[j]
				for (i = 1; i <= n; i++)
					printf "  %*s", length(name[i]), (scenario[j], name[i]) in cell ? cell[scenario[j], name[i]] : "-"
				print ""
			}
		}'
}

report_end()
{
	{
		side_by_side "VMAs left behind" leaks
		side_by_side "IGT: pass/fail/skip" igt_results
	} | tee "$ARTIFACTS/table"
	echo
	echo "everything is in $ARTIFACTS"
}
