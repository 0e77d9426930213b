# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034 # the statuses are used by the other steps
#
# common - exit statuses, messages (their texts are in the file of that name), the log, locks and private folders.

E_NO=1
E_USAGE=2
E_SOURCE=3
E_MISMATCH=4
E_VERDICT=5
E_SERIES=6
E_BUILD=7
E_CHECK=8
E_BUILTIN=9
E_SYSTEM=10
E_BUSY=11
E_KERNEL=12
E_DKMS=13
E_COMPAT=14
E_REFUSED=15
E_FAILED=16
E_UNDRIVEN=17
E_CLEAN=77

VERBOSE=${VERBOSE:-0}
LOG=
# The private folder of this command, and why there is none.
WORK=
NO_WORK=

# statuses: what each exit status means, a line for each; --help shows them.
statuses()
{
	awk '$1 == "exit:" { status = $2 }
	     $1 == "means:" { $1 = ""; printf "%2d %s\n", status, $0 }' "$ROOM/common/messages"
}

package_version()
{
	sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$PACKAGE/dkms.conf"
}

# echo TEXT: as it is. The shell's own may take a backslash for more, and paths, settings and lines of a source come here.
echo()
{
	printf '%s\n' "$*"
}

# message ID [NAME=VALUE]...: the exit status and the line that the file 'messages' has of it.
message()
{
	local message

	message=$(awk -f "$ROOM/common/table.awk" -f "$ROOM/common/message.awk" "$ROOM/common/messages" "$@" 2>/dev/null) || message="$E_SYSTEM $*"
	printf '%s\n' "$message"
}

# said ID [NAME=VALUE]...: the line, on stdout.
said()
{
	local message

	message=$(message "$@")
	printf '%s\n' "${message#* }"
}

# tell LINE: on stderr, as one, without what a terminal would obey.
tell()
{
	printf 'i915-backport: %s\n' "$(printf '%s' "$1" | tr '\n' ' ' | tr -d '[:cntrl:]')" >&2 || true
}

# quit STATUS LINE: of a message that was made before, or is none of the package's.
quit()
{
	tell "$2"
	exit "$1"
}

# warn ID [NAME=VALUE]...
warn()
{
	local message

	message=$(message "$@")
	tell "${message#* }"
}

# die ID [NAME=VALUE]...: with the exit status of that message.
die()
{
	local message

	message=$(message "$@")
	quit "${message%% *}" "${message#* }"
}

# answer: what was asked for, from stdin to stdout. Who reads it may have seen enough.
answer()
{
	cat 2>/dev/null || {
		[ $? -le 128 ] || exit 141
		die cannot-answer
	}
}

# log TEXT: one line for the log, and for the screen with -v.
log()
{
	[ -z "$LOG" ] || printf '%s\n' "$*" >>"$LOG"
	[ "$VERBOSE" = 0 ] || printf '%s\n' "$*" >&2
}

# logged COMMAND...: its output goes to the log, and to the screen with -v.
logged()
{
	local logged_rc

	log "+ $*"
	logged_rc=0
	"$@" >"$WORK/out" 2>&1 || logged_rc=$?
	log "$(cat "$WORK/out")"
	return "$logged_rc"
}

# last_said [FILE]: the last line of a file, or of stdin, that this program has written, without the name at its beginning.
last_said()
{
	sed -n 's/^i915-backport: //p' ${1:+"$1"} 2>/dev/null | tail -n 1
}

# why FILE: the last line a failed program wrote there, for the cause of an error message; on a full
# disk it could write none.
why()
{
	grep -v '^[[:space:]]*$' "$1" 2>/dev/null | tail -n 1 | cut -c 1-300 | grep . && return
	disk_full "$(dirname "$1")" || echo "no cause was given"
}

# disk_full DIR: says so if it is, or was: a compiler that could not write its file to the end removes it.
disk_full()
{
	local free

	free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
	[ "${free:-4096}" -lt 4096 ] && echo "No space left on device"
}

# first_error FILE: of a compiler or of make, where that can be told: a full disk before what comes of
# it, a compiler's word before modpost's and make's, which mixes the lines of what runs in parallel.
first_error()
{
	local cause

	for cause in 'No space left' '(error: |undefined reference|Permission denied)' '^(ERROR|FATAL|FAILED|Error): '; do
		grep -m 1 -E "$cause" "$1" | cut -c 1-300 | grep . && return
	done
	disk_full "$(dirname "$1")" || grep -m 1 -F '***' "$1" | cut -c 1-300 | grep . || why "$1"
}

# need PROGRAM...: every one must be on the PATH.
need()
{
	local program

	for program; do
		command -v "$program" >/dev/null ||
			die program-missing program="$program"
	done
}

# is_plain NAME: of a kernel's release or the like: nothing that a shell, a makefile, an expression or a path takes for more.
is_plain()
{
	case $1 in
	'' | *[!A-Za-z0-9._+~:@-]* | [.-]*) return 1 ;;
	esac
}

# plain_names: of the lines on stdin, those that could be a kernel's release.
plain_names()
{
	local name

	while IFS= read -r name; do
		! is_plain "$name" || printf '%s\n' "$name"
	done
}

# minor VERSION: its VERSION.PATCHLEVEL.
minor()
{
	printf '%s\n' "$1" | cut -d. -f1-2
}

# is_inside PATH: it leads into a folder and not out of it again, and every part of it is a plain name.
is_inside()
{
	case /$1/ in
	*[!A-Za-z0-9._+~:@/-]* | *//* | */./* | */../* | */-*) return 1 ;;
	esac
}

# absolute PATH: so that no program takes it for an option or for a name of its own.
absolute()
{
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$PWD/$1" ;;
	esac
}

# private_dir: a new folder that only this user can enter; removed when the command ends.
private_dir()
{
	local dir

	dir=$(mktemp -d "${TMPDIR:-/tmp}/i915-backport.XXXXXX" 2>&1) ||
		die no-temporary-folder folder="${TMPDIR:-/tmp}" why="${dir##*: }"
	printf '%s\n' "$dir"
}

# open_work: makes it.
open_work()
{
	try_work
	[ -n "$WORK" ] || quit "$E_SYSTEM" "$NO_WORK"
}

# try_work: the same, where the command goes on without one.
try_work()
{
	WORK=$(private_dir 2>&1) || {
		NO_WORK=${WORK#i915-backport: }
		WORK=
	}
	on_exit '[ -z "$WORK" ] || rm -rf "$WORK"'
}

# on_exit COMMAND: what to run when the command ends, however it ends; after the program that runs
# in the background has been stopped.
on_exit()
{
	# shellcheck disable=SC2064 # the command is meant as it is now
	trap "stop_child; $1" EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# make_dir DIR: with its parents, or say why not.
make_dir()
{
	local cause

	cause=$(mkdir -p "$1" 2>&1) && [ -w "$1" ] ||
		die cannot-make-folder folder="$1" why="${cause:-not writable}"
}

# is_own DIR MODE: a folder of this user with these permissions, and no link.
is_own()
{
	[ -d "$1" ] && [ ! -L "$1" ] && [ "$(stat -c '%u %a' "$1")" = "$(id -u) $2" ]
}

# put FILE [MODE]: what comes on stdin, whole or not at all. It is written beside it under a name that nobody has, and takes
# its place: no link is followed, and no file that somebody else has made is written to, even where the folder is theirs.
put()
{
	local new

	[ ! -d "$1" ] && new=$(mktemp -u "$(dirname "$1")/.i915-backport.XXXXXX") || return
	(umask "$(printf '%o' $((0666 & ~0${2:-644})))" && set -C && cat >"$new") && mv -fT "$new" "$1" || {
		rm -f "$new"
		return 1
	}
}

# make_file FILE: a new one, empty, in the place of what was there.
make_file()
{
	rm -f "$1" && (set -C && : >"$1") 2>/dev/null
}

# lock_file FILE: it is there, no link, and made by us or by who has the folder.
lock_file()
{
	[ -e "$1" ] || [ -L "$1" ] || (set -C && : >"$1") 2>/dev/null || true
	[ -f "$1" ] && [ ! -L "$1" ] && case $(stat -c %u "$1") in
	"$(id -u)" | "$(stat -c %u "$(dirname "$1")")") ;;
	*) false ;;
	esac || die not-your-lock file="$1"
}

# lock FILE: hold it until this process ends; a second run is told so at once.
# The descriptor is closed for nobody on purpose: a build that outlives us keeps the lock.
lock()
{
	lock_file "$1"
	exec 9>>"$1" || die cannot-lock file="$1"
	flock -n 9 || die busy folder="$(dirname "$1")"
}

# wait_lock FILE: the same, but wait for the other one.
wait_lock()
{
	lock_file "$1"
	exec 8>>"$1" || die cannot-lock file="$1"
	flock 8
}

# started PID: when, in clock ticks since boot: a process ID can be taken again, this pair cannot.
started()
{
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# process_of PID: that pair.
process_of()
{
	printf '%s\n' "$1 $(started "$1")"
}

# is_running PROCESS: of process_of.
is_running()
{
	[ -n "${1#* }" ] && [ "$(started "${1% *}")" = "${1#* }" ]
}

# value KEY: of KEY=value lines on stdin, the value; quotes that the probe put around it are taken off.
value()
{
	KEY=$1 awk 'index($0, ENVIRON["KEY"] "=") == 1 { print substr($0, length(ENVIRON["KEY"]) + 2); exit }' |
		sed "s/^'\(.*\)'\$/\1/; s/'\\\\''/'/g"
}

# listed: the names on stdin, the first three by name.
listed()
{
	awk '{ n++; if (n <= 3) list = list (n > 1 ? ", " : "") $0 }
	     END { if (n) print list (n > 3 ? " and " n - 3 " more" : "") }'
}

# joined: the lines of stdin in one.
joined()
{
	awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $0 } END { print "" }'
}

# table: lines of fields with tabs between, in columns.
table()
{
	awk -F'\t' '
		{ n = NF > n ? NF : n
		  for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
		END { for (r = 1; r <= NR; r++) {
			line = ""
			for (i = 1; i <= n; i++)
				line = line sprintf("%-" (i < n ? width[i] + 2 : 1) "s", cell[r, i])
			sub(/ +$/, "", line)
			print line } }'
}

# planned KEY PLAN: what it says under KEY; of several, the first. Asked often, so without another process.
planned()
{
	local line rest

	line="
"
	rest=$line$2
	case $rest in
	*"$line$1="*) rest=${rest#*"$line$1="} ;;
	*) return 0 ;;
	esac
	printf '%s\n' "${rest%%"$line"*}"
}
