# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# config - where things are, and what the user said of them.
#
# ROOT= is put before every path of the system, as --root of other tools does.

ROOT=${ROOT:-}
MODULES=$ROOT/lib/modules
SOURCES=$ROOT/usr/src
CONF=$ROOT/etc/i915-backport.conf

# cache_dir: where unpacked sources and the probe are kept between runs.
cache_dir()
{
	if [ "$(id -u)" = 0 ]; then
		echo "$ROOT/var/cache/i915-backport"
	else
		echo "${XDG_CACHE_HOME:-$HOME/.cache}/i915-backport"
	fi
}

# setting KEY [RELEASE]: from the environment, else KEY[RELEASE]= or KEY= of the configuration
# file. The file is read, never run.
setting()
{
	eval "given=\${$1:-}"
	if [ -n "$given" ]; then
		echo "$given"
		return
	fi
	[ -r "$CONF" ] || return 0
	awk -v key="$1" -v release="${2:-}" '
		{
			at = index($0, "=")
			if (/^[[:space:]]*(#|$)/ || !at)
				next
			name = substr($0, 1, at - 1)
			text = substr($0, at + 1)
			gsub(/^[[:space:]]+|[[:space:]]+$/, "", name)
			gsub(/^[[:space:]"]+|[[:space:]"]+$/, "", text)
			if (name == key)
				general = text
			if (release != "" && name == key "[" release "]")
				special = text
		}
		END { print special != "" ? special : general }' "$CONF"
}
