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

# with_progress PROGRAM...: a long one, its output into the log. It has a process group of its own,
# so that killing the command kills the whole build. PROGRESS says what it does, EXPECTED how many
# seconds that takes the first time.
with_progress()
{
	local ended begun

	log "+ $*"
	begun=$(date +%s)
	begin_line
	setsid "$@" </dev/null >>"$LOG" 2>&1 &
	CHILD=$!
	if [ "$VERBOSE" != 0 ]; then
		tail -n 0 -f --pid="$CHILD" "$LOG" >&2 &
	elif [ -t 2 ]; then
		bar_while "$CHILD" "$begun"
	fi
	ended=0
	wait "$CHILD" || ended=$?
	CHILD=
	[ "$VERBOSE" = 0 ] || wait
	[ "$ended" != 0 ] || end_line "$(($(date +%s) - begun))"
	return "$ended"
}

begin_line()
{
	[ "${PROGRESS_LINES:-}" != 1 ] || [ -t 2 ] || printf '%s\n' "$PROGRESS (about $(clock "$(expected)"))" >&2
}

end_line()
{
	remember "$1"
	[ "${PROGRESS_LINES:-}" != 1 ] || printf '%s\n' "$PROGRESS: done in $(clock "$1")" >&2
}

# bar_while PID BEGUN: until that process has ended.
bar_while()
{
	local expected

	expected=$(expected)
	while kill -0 "$1" 2>/dev/null; do
		bar "$(($(date +%s) - $2))" "$expected" >&2
		sleep 1
	done
	clear_bar
}

clear_bar()
{
	printf '\r\033[K' >&2
}

# bar SECONDS EXPECTED: one line that fits 80 columns, written over the one before.
bar()
{
	local done

	done=$(($1 * 20 / $2))
	[ "$done" -le 20 ] || done=20
	printf '\r\033[K%.40s [%.*s%.*s] %s of about %s' "$PROGRESS" "$done" "####################" \
		"$((20 - done))" "...................." "$(clock "$1")" "$(clock "$2")"
}

# clock SECONDS: minutes:seconds.
clock()
{
	printf '%d:%02d' "$(($1 / 60))" "$(($1 % 60))"
}

# expected: the seconds it took the last time on this machine, else EXPECTED; never 0.
expected()
{
	local took

	took=$(awk -F'\t' -v name="$PROGRESS" '$2 == name { print $1 }' "$(times_file)" 2>/dev/null) || true
	took=${took:-${EXPECTED:-60}}
	[ "$took" -gt 0 ] && printf '%s\n' "$took" || echo 1
}

# remember SECONDS: for the next time; that this fails is no reason to fail.
remember()
{
	{
		awk -F'\t' -v name="$PROGRESS" '$2 != name' "$(times_file)" 2>/dev/null
		printf '%s\t%s\n' "$1" "$PROGRESS"
	} 2>/dev/null >"$(times_file).$$" && mv "$(times_file).$$" "$(times_file)" 2>/dev/null || true
}

times_file()
{
	printf '%s\n' "$(cache_dir)/times"
}
