# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# record - what a module was made of. It is in the module's modinfo and nowhere else: build writes it there, check reads it again, and
# installed compares it with the plan of today.

# What a plan has a sum of, and a module the same sum in its modinfo.
PARTS='source series kernel'

# record GENERATION PLAN: as KEY=value lines.
record()
{
	local part

	printf '%s\n' "i915_backport=$(package_version) $1" "i915_backport_folder=$(planned folder "$2")"
	[ -z "$(planned takes_over "$2")" ] || printf '%s\n' "i915_backport_takes_over=$(planned takes_over "$2")"
	for part in $PARTS; do
		printf '%s\n' "i915_backport_$part=$(planned "${part}_sha256" "$2")"
	done
}
