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
# The driver that is worked on: its folder in a kernel's tree, its module, the symbol of the configuration that it is built by, and, where
# it is built into the kernel and a second one takes over, which: its name in the makefile. Where a kernel has another, or several, choose_i915,
# use_plan and use_installed set these.
usual_driver()
{
	I915=drivers/gpu/drm/i915
	DRIVER=i915
	SYMBOL=CONFIG_DRM_I915
	TAKES_OVER=
}

# take_place: of the driver that is built in. What the module is called that does, its PCI driver, and the folder of its trace events.
take_place()
{
	TAKES_OVER=$DRIVER
	DRIVER=i915_backport
}

usual_driver
# Where the stock driver is held while DKMS changes files (hold.sh).
HOLD=$ROOT/lib/i915-backport

# cache_dir: where unpacked sources and the probe are kept between runs.
cache_dir()
{
	if [ "$(id -u)" = 0 ]; then
		printf '%s\n' "$ROOT/var/cache/i915-backport"
	else
		printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/i915-backport"
	fi
}

# dkms_setting NAME: of DKMS's own settings, which are lines of a shell; the last one counts.
dkms_setting()
{
	cat "$ROOT"/etc/dkms/framework.conf "$ROOT"/etc/dkms/framework.conf.d/*.conf 2>/dev/null |
		sed -n "s/^[[:space:]]*\(export[[:space:]]*\)*$1=[\"']*\([^\"'[:space:]]*\).*/\2/p" | tail -n 1
}

# dkms_tree: where it keeps what it builds.
dkms_tree()
{
	dkms_setting dkms_tree | grep -x '/[A-Za-z0-9._+~@/-]*' || echo /var/lib/dkms
}

DKMS_NAME=i915-backport
DKMS_TREE=$ROOT$(dkms_tree)/$DKMS_NAME

# What may be set in the file; the first three are paths, the fourth a folder in a kernel's tree, the others 0 or 1.
SETTINGS='KSRC I915_SOURCE PATCHES I915_DIR TRUST_PATCHES TRUST_SOURCE STRICT_SUBLEVEL KEEP_STOCK'

# settings: those of the file as KEY=value or KEY[RELEASE]=value, one a line. Of a line that is none, "!" and why. The file is
# read, never run. awk is to be that of a frozen distribution too: mawk 1.3.3 knows neither classes of letters nor counts.
settings()
{
	[ -r "$CONF" ] || return 0
	KEYS=" $SETTINGS " awk '
		# without what it is set to, which may be private
		function wrong(why,   part) { split($0, part, "="); sub(/\r$/, "", part[1]); print "!line " NR " (" part[1] "): " why }
		function inside(text) { return text !~ /[^A-Za-z0-9._+~:@\/-]/ && ("/" text "/") !~ /\/(\.\.?)?\/|\/-/ }
		/^[ \t]*(#|$)/ { next }
		/\r$/ { wrong("ends in a carriage return, write it with the line ends of Unix"); next }
		NR == 1 && /^\357\273\277/ { wrong("begins with a byte order mark, write it without"); next }
		{
			at = index($0, "=")
			name = substr($0, 1, at - 1)
			text = substr($0, at + 1)
			sub(/^[ \t]+/, "", name)
			sub(/[ \t]+$/, "", name)
			sub(/^[ \t]+/, "", text)
			sub(/[ \t]+$/, "", text)
			if (text ~ /^".*"$/ || text ~ /^\047.*\047$/)
				text = substr(text, 2, length(text) - 2)
			key = name
			sub(/\[[A-Za-z0-9_][A-Za-z0-9._+~:@-]*\]$/, "", key)
			path = key == "KSRC" || key == "I915_SOURCE" || key == "PATCHES"
			if (!at || key == "" || !index(ENVIRON["KEYS"], " " key " "))
				wrong("no setting, those are" ENVIRON["KEYS"] "and the same with [RELEASE]")
			else if (key == "STRICT_SUBLEVEL" && name != key)
				wrong("is not set for one release")
			else if (name in seen && set[name] != text)
				wrong("is set on line " seen[name] " too, to something else")
			else if (text != "" && path && text !~ /^\//)
				wrong("is no absolute path")
			else if (text != "" && key == "I915_DIR" && !inside(text))
				wrong("is no folder in a kernel\047s tree")
			else if (text != "" && key != "I915_DIR" && !path && text !~ /^[01]$/)
				wrong("is neither 0 nor 1")
			else
				print name "=" text
			seen[name] = NR
			set[name] = text
		}' "$CONF"
}

# vet_settings: before any is used. What others may write to is not obeyed.
vet_settings()
{
	local wrong

	case ${J:-1} in
	*[!0-9]* | 0*) die bad-jobs value="$J" ;;
	esac
	for wrong in "${STRICT_SUBLEVEL:-0}" "${KEEP_STOCK:-0}"; do
		case $wrong in
		0 | 1) ;;
		*) die bad-switch value="$wrong" ;;
		esac
	done
	[ -z "${I915_DIR:-}" ] || is_inside "$I915_DIR" || die bad-i915-folder value="$I915_DIR"
	[ -e "$CONF" ] || [ -L "$CONF" ] || return 0
	[ -f "$CONF" ] && [ -r "$CONF" ] || die settings-unreadable file="$CONF"
	case $(stat -L -c %a "$CONF") in
	*[2367]) wrong=others ;;
	*[2367]?) wrong=$(stat -L -c %g "$CONF") ;;
	*) wrong=0 ;;
	esac
	case $(stat -L -c %u "$CONF") in
	0 | "$(id -u)") ;;
	*) wrong=others ;;
	esac
	[ "$wrong" = 0 ] || die settings-writable file="$CONF"
	wrong=$(settings | grep '^!' | head -n 1) || true
	[ -z "$wrong" ] || die settings-wrong file="$CONF" line="${wrong#!}"
}

# setting KEY [RELEASE]: from the environment, else KEY[RELEASE]= or KEY= of the configuration file.
setting()
{
	local given

	eval "given=\${$1:-}"
	if [ -n "$given" ]; then
		printf '%s\n' "$given"
		return
	fi
	settings | KEY=$1 RELEASE=${2:-} awk '
		{
			at = index($0, "=")
			name = substr($0, 1, at - 1)
			text = substr($0, at + 1)
			if (name == ENVIRON["KEY"])
				general = text
			if (ENVIRON["RELEASE"] != "" && name == ENVIRON["KEY"] "[" ENVIRON["RELEASE"] "]")
				special = text
		}
		END { print special != "" ? special : general }'
}

# source_setting RELEASE: the one that names the source of its i915, for messages. A source that no kernel was named for is none of a newer
# i915.
source_setting()
{
	[ -n "$1" ] && [ -n "$(setting I915_SOURCE "$1")" ] && echo I915_SOURCE || echo KSRC
}

# kept RELEASE: says so, if the user wants the stock driver for it.
kept()
{
	[ "$(setting KEEP_STOCK "$1")" != 1 ] || echo ' (KEEP_STOCK)'
}

must_be_root()
{
	[ "$(id -u)" = 0 ] || die needs-root command="$1"
}

# must_be_here COMMAND: DKMS and modprobe know of no other root.
must_be_here()
{
	[ -z "$ROOT" ] || die not-this-machine command="$1" folder="$ROOT"
}
