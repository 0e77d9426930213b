# SPDX-License-Identifier: GPL-2.0-only
#
# message - of one message its exit status, a blank and its line. After table.awk; the arguments are the table, the message's ID and
# NAME=VALUE for each {NAME} in it. What comes from a source, a series, a setting or a path is text: no {NAME} in it is replaced, and
# nothing of it begins another line or is obeyed by a terminal.

function plain(text) {
	gsub(/[\n\t]/, " ", text)
	gsub(/[\001-\037\177]|\302[\200-\237]/, "", text)
	return text
}

function filled(text,   done, name) {
	while (match(text, /[{][a-z]+[}]/)) {
		name = substr(text, RSTART + 1, RLENGTH - 2)
		done = done substr(text, 1, RSTART - 1) (name in value ? value[name] : "{" name "}")
		text = substr(text, RSTART + RLENGTH)
	}
	return done text
}

BEGIN {
	for (i = 3; i < ARGC; i++) {
		at = index(ARGV[i], "=")
		value[substr(ARGV[i], 1, at - 1)] = plain(substr(ARGV[i], at + 1))
	}
	while ((getline <ARGV[1]) > 0) {
		if (field("id") == ARGV[2]) {
			print field("status") " " filled(field("text") "; " field("next"))
			exit 0
		}
	}
	exit 1
}
