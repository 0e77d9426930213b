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

# check NAME COMMAND...: passes if the command does; what it printed is shown if it does not.
check()
{
	tap_name=$1
	shift
	if ("$@") >"$tap_out" 2>&1; then
		tap_line ok "$tap_name"
	else
		tap_line "not ok" "$tap_name"
		tail -n 30 "$tap_out" | sed 's/^/# /'
	fi
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
