# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# shellcheck disable=SC3043,SC2154 # local; unit is set by who sources this
#
# drivers - miniatures of the driver, of seven ages; 4.8+ is what vendors took from upstream between 4.8 and 4.9, with requests in a file of their
# own. A line 'AGE|...' of i915/* is of drivers of that age only:
#
#            3.18   4.1    4.3    4.4    4.7    4.8    4.8+
#   oldest   x
#   middle          x
#   old      x      x
#   halfway                x
#   recent                 x      x      x      x      x
#   new                           x      x      x      x
#   newer           x      x      x      x      x      x
#   newest                               x      x      x
#   latest                                      x      x
#   within                                      x
#   own                                                x
#   before   x      x      x      x
#   between         x      x      x
#   apart    x      x      x      x      x
#   keeps           x      x      x      x
#   reserves               x      x      x
#   refs     x      x      x      x      x      x

# mini_i915 AGE DIR
mini_i915()
{
	local words file

	case $1 in
	3.18) words='oldest old before apart refs' ;;
	4.1) words='middle old newer before between apart keeps refs' ;;
	4.3) words='halfway recent newer before between apart keeps reserves refs' ;;
	4.4) words='recent new newer before between apart keeps reserves refs' ;;
	4.7) words='recent new newer newest apart keeps reserves refs' ;;
	4.8) words='recent new newer newest latest within refs' ;;
	4.8+) words='recent new newer newest latest own' ;;
	esac
	mkdir -p "$2"
	for file in "$unit"/place/i915/*; do
		awk -v words=" $words " '
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
