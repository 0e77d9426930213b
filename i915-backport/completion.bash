# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# completion - of i915-backport's commands and their arguments, for bash.

_i915_backport()
{
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}

	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(i915-backport --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\).*/\1/p')" -- "$word")
		return
	fi
	case $command in
	status | plan)
		mapfile -t COMPREPLY < <(compgen -W --help -- "$word"; cd /lib/modules && compgen -d -- "$word") ;;
	rollback)
		mapfile -t COMPREPLY < <(compgen -W "--undo --help" -- "$word"; cd /lib/modules && compgen -d -- "$word") ;;
	verdict | survey)
		mapfile -t COMPREPLY < <(compgen -W "--json --help" -- "$word"; compgen -f -- "$word") ;;
	apply)
		mapfile -t COMPREPLY < <(compgen -W "--check --reverse --help" -- "$word"; compgen -f -- "$word") ;;
	facts | format-patches | adapt | report)
		mapfile -t COMPREPLY < <(compgen -W --help -- "$word"; compgen -f -- "$word") ;;
	takeover)
		mapfile -t COMPREPLY < <(compgen -W "--undo --dark --check --boot --help" -- "$word"; compgen -f -- "$word") ;;
	qualify)
		mapfile -t COMPREPLY < <(compgen -W "--all --help" -- "$word"; compgen -f -- "$word") ;;
	verify)
		mapfile -t COMPREPLY < <(compgen -W "--leaktest --help" -- "$word") ;;
	esac
}

complete -o filenames -F _i915_backport i915-backport
