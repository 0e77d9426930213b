# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tap - results of a suite in the Test Anything Protocol, on stdout. Sourced by every suite in shell.

tap_count=0
tap_out=$(mktemp)

# tap_line WORD NAME [DIRECTIVE]
tap_line()
{
	tap_count=$((tap_count + 1))
	echo "$1 $tap_count - $2${3:+ # $3}"
}

# check NAME COMMAND...: passes if the command does. If it does not, the command, its status and what it printed are shown.
check()
{
	tap_name=$1 tap_status=0
	shift
	("$@") >"$tap_out" 2>&1 || tap_status=$?
	if [ "$tap_status" = 0 ]; then
		tap_line ok "$tap_name"
	else
		tap_line "not ok" "$tap_name"
		printf '# exit status %s of: %s\n' "$tap_status" "$(printf '%s' "$*" | tr '\n' ' ' | cut -c -200)"
		tap_show
	fi
}

# tap_show: what the command printed; the middle of much is left out, but for lines that tell of a failure.
tap_show()
{
	awk 'NR == FNR { lines++; next }
	     FNR <= 40 || FNR > lines - 60 || /^not ok|(error|warning|failed|refused)|(ERROR|WARNING|CHECK):/ { print "# " $0; next }
	     !left_out++ { print "# [...]" }' "$tap_out" "$tap_out"
}

skip()
{
	tap_line ok "$1" "SKIP $2"
}

tap_end()
{
	echo "1..$tap_count"
	rm -f "$tap_out"
}

# equal GOT WANTED: says both when they differ.
equal()
{
	[ "$1" = "$2" ] && return
	printf 'got    %s\nwanted %s\n' "$1" "$2"
	return 1
}

# has TEXT PATTERN: an extended regular expression.
has()
{
	printf '%s\n' "$1" | grep -Eq -- "$2" && return
	printf 'no /%s/ in:\n%s\n' "$2" "$1"
	return 1
}
