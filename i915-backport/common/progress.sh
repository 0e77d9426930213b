# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# progress - what a person sees of long work. On a terminal, a bar with the time that has passed and the
# time it took last; elsewhere nothing, or with PROGRESS_LINES=1 a line when it begins and when it ends.

CHILD=

stop_child()
{
	[ -z "$CHILD" ] || { kill -- "-$CHILD" && wait "$CHILD"; } 2>/dev/null || true
	CHILD=
}

# with_progress WHAT SECONDS PROGRAM...: a long one, its output into the log. It has a process group of its own,
# so that killing the command kills the whole build. WHAT says what it does, SECONDS how long that takes the first time.
with_progress()
{
	local what=$1 seconds=$2 ended begun

	shift 2
	log "+ $*"
	begun=$(date +%s)
	begin_line "$what" "$seconds"
	setsid "$@" </dev/null >>"$LOG" 2>&1 &
	CHILD=$!
	if [ "$VERBOSE" != 0 ]; then
		tail -n 0 -f --pid="$CHILD" "$LOG" >&2 &
	elif [ -t 2 ]; then
		bar_while "$what" "$seconds" "$CHILD" "$begun"
	fi
	ended=0
	wait "$CHILD" || ended=$?
	CHILD=
	[ "$VERBOSE" = 0 ] || wait
	[ "$ended" != 0 ] || end_line "$what" "$(($(date +%s) - begun))"
	return "$ended"
}

# begin_line WHAT SECONDS
begin_line()
{
	[ "${PROGRESS_LINES:-}" != 1 ] || [ -t 2 ] || printf '%s\n' "$1 (about $(clock "$(expected "$1" "$2")"))" >&2
}

# end_line WHAT TOOK
end_line()
{
	remember "$1" "$2"
	[ "${PROGRESS_LINES:-}" != 1 ] || printf '%s\n' "$1: done in $(clock "$2")" >&2
}

# bar_while WHAT SECONDS PID BEGUN: until that process has ended.
bar_while()
{
	local expected

	expected=$(expected "$1" "$2")
	while kill -0 "$3" 2>/dev/null; do
		bar "$1" "$(($(date +%s) - $4))" "$expected" >&2
		sleep 1
	done
	clear_bar
}

clear_bar()
{
	printf '\r\033[K' >&2
}

# bar WHAT PASSED EXPECTED: one line that fits 80 columns, written over the one before.
bar()
{
	local done

	done=$(($2 * 20 / $3))
	[ "$done" -le 20 ] || done=20
	printf '\r\033[K%.40s [%.*s%.*s] %s of about %s' "$1" "$done" "####################" \
		"$((20 - done))" "...................." "$(clock "$2")" "$(clock "$3")"
}

# clock SECONDS: minutes:seconds.
clock()
{
	printf '%d:%02d' "$(($1 / 60))" "$(($1 % 60))"
}

# expected WHAT SECONDS: those it took the last time on this machine, else SECONDS; never 0.
expected()
{
	local took

	took=$(WHAT=$1 awk -F'\t' '$2 == ENVIRON["WHAT"] { print $1 }' "$(times_file)" 2>/dev/null) || true
	took=${took:-$2}
	[ "$took" -gt 0 ] && printf '%s\n' "$took" || echo 1
}

# remember WHAT TOOK: for the next time; that this fails is no reason to fail.
remember()
{
	{
		WHAT=$1 awk -F'\t' '$2 != ENVIRON["WHAT"]' "$(times_file)" 2>/dev/null
		printf '%s\t%s\n' "$2" "$1"
	} 2>/dev/null >"$(times_file).$$" && mv "$(times_file).$$" "$(times_file)" 2>/dev/null || true
}

times_file()
{
	printf '%s\n' "$(cache_dir)/times"
}
