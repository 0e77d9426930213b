# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# mini - miniatures of the driver, of five ages. A line 'AGE|...' of i915/* is of drivers of that age only:
#
#            3.18   4.1    4.3    4.4    4.7
#   oldest   x
#   middle          x
#   old      x      x
#   halfway                x
#   recent                 x      x      x
#   new                           x      x
#   newer           x      x      x      x
#   newest                               x
#   before   x      x      x      x
#   between         x      x      x

# mini_i915 AGE DIR
mini_i915()
{
	local words file

	case $1 in
	3.18) words='oldest old before' ;;
	4.1) words='middle old newer before between' ;;
	4.3) words='halfway recent newer before between' ;;
	4.4) words='recent new newer before between' ;;
	4.7) words='recent new newer newest' ;;
	esac
	mkdir -p "$2"
	for file in "$unit"/place/i915/*; do
		awk -v words=" $words " '
			/^[a-z]+\|/ { if (!index(words, " " substr($0, 1, index($0, "|") - 1) " ")) next; sub(/^[a-z]+\|/, "") }
			{ print }' "$file" >"$2/${file##*/}"
		[ -s "$2/${file##*/}" ] || rm "$2/${file##*/}"
	done
}
