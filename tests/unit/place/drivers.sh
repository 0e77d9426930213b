# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# shellcheck disable=SC3043,SC2154 # local; unit is set by who sources this
#
# drivers - miniatures of the driver, of several ages; 4.8+ is what vendors took from upstream between 4.8 and 4.9, with requests in a file
# of their own.

# Age, which patches it needs, and the words of its lines: a line 'WORD|...' of i915/* is of drivers with that word only.
ages='
3.18  1 2 3 4 5 6 7 8 9 10  oldest old before apart refs
4.1   1 2 3 4 5 6 7 8 9 10  middle old newer before between apart keeps refs
4.3     2 3 4 5 6 7 8 9 10  halfway recent newer before between apart keeps reserves refs
4.4       3 4 5 6 7 8 9 10  recent new newer before between apart keeps reserves refs
4.7       3 4 5 6 7 8 9 10  recent new newer newest apart keeps reserves refs
4.8       3 4 5 6 7 8 9 10  recent new newer newest latest within refs
4.8+      3 4 5 6 7 8 9 10  recent new newer newest latest own
4.18      11  destroys
'

# of_age AGE CHARACTERS: what is made of these in its row.
of_age()
{
	echo "$ages" | AGE=$1 awk -v of="^[$2]+\$" '$1 "" == ENVIRON["AGE"] { for (i = 2; i <= NF; i++) if ($i ~ of) printf "%s ", $i }'
}

# mini_i915 AGE DIR
mini_i915()
{
	local words file

	words=$(of_age "$1" a-z)
	mkdir -p "$2"
	for file in "$unit"/place/i915/*; do
		awk -v words=" $words" '
			/^[a-z]+\|/ { if (!index(words, " " substr($0, 1, index($0, "|") - 1) " ")) next; sub(/^[a-z]+\|/, "") }
			{ print }' "$file" >"$2/${file##*/}"
		[ -s "$2/${file##*/}" ] || rm "$2/${file##*/}"
	done
}

# fix_series STAGE DIR [PLACE]: the series that the package makes for the driver in STAGE, in DIR; with that program, or the package's own.
fix_series()
(
	PACKAGE=$(dirname "$(dirname "$unit")")
	ROOM=$PACKAGE/i915-backport program=${3:-}
	for step in common config stage probe place series; do
		# shellcheck source=/dev/null
		. "$ROOM"/*/"$step.sh"
	done
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	# shellcheck disable=SC2317 # called by make_series
	[ -z "$program" ] || host_program() { printf '%s\n' "$program"; }
	make_series "$1" "$2"
	vet_series "$2"
)
