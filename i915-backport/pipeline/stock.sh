# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# stock - is this source that kernel's? A kernel of the same version may have other patches in it (a distribution's real-time one, a
# vendor's). What its stock i915 says of itself is compared with the source before the build, and with the module after it.

# known_stock KDIR RELEASE: what can be asked of the driver that the kernel came with: its module. One that is built in has its lines in the
# list of what built-in modules say of themselves (since 5.2); before, the running kernel shows its parameters. Nothing if none is there.
known_stock()
{
	local list

	[ -n "$TAKES_OVER" ] || { stock_module "$1" "$2"; return; }
	for list in "$MODULES/$2/modules.builtin.modinfo" "$1/modules.builtin.modinfo"; do
		[ -z "$(built_in_modinfo "$list")" ] || { printf '%s\n' "$list"; return; }
	done
	list=$ROOT/sys/module/$(printf '%s\n' "$TAKES_OVER" | tr - _)/parameters
	[ "$2" != "$(uname -r)" ] || [ ! -d "$list" ] || printf '%s\n' "$list"
}

# built_in_modinfo LIST: the lines of the driver that is built in.
built_in_modinfo()
{
	cat "$1" 2>/dev/null | tr '\0' '\n' | sed -n "s/^$TAKES_OVER\.//p"
}

# traits STOCK: of a module, or of what known_stock has found, what its source and configuration decide, as "KIND NAME" lines. Nothing but what
# modinfo says of one that was stripped.
traits()
{
	case $1 in
	*/modules.builtin.modinfo)
		built_in_modinfo "$1" | sed -n 's/^parm=\([A-Za-z0-9_]*\):.*/parameter \1/p; s/^firmware=/firmware /p'
		return ;;
	*/parameters)
		(cd "$1" && ls) | sed 's/^/parameter /'
		return ;;
	esac
	modinfo "$1" 2>/dev/null | sed -n 's/^parm: *\([A-Za-z0-9_]*\):.*/parameter \1/p; s/^firmware: */firmware /p; s/^alias: */alias /p'
	module_data "$1" 2>/dev/null >"$WORK/traits.ko" && nm "$WORK/traits.ko" 2>/dev/null >"$WORK/traits.nm" || return 0
	grep -q ' [tdrb] ' "$WORK/traits.nm" || return 0
	awk '$1 == "U" { print "import", $2; next }
		sub(/^__tracepoint_/, "", $3) { print "tracepoint", $3; next }
		sub(/^__ksymtab_/, "", $3) { print "export", $3 }' "$WORK/traits.nm"
}

# source_differs KDIR RELEASE STAGE: the parameters and tracepoints of the stock i915 that the source does not name; and the tracepoints
# that the source has whatever the configuration, and the stock i915 has not.
source_differs()
{
	local stock missing

	stock=$(known_stock "$1" "$2")
	[ -n "$stock" ] || return 0
	traits "$stock" >"$WORK/stock.traits"
	sed -n 's/^\(parameter\|tracepoint\) //p' "$WORK/stock.traits" | sort -u >"$WORK/named"
	{ [ ! -s "$WORK/named" ] || grep -rhowFf "$WORK/named" -- "$3/$I915" 2>/dev/null || true; } | sort -u >"$WORK/found"
	missing=$(comm -23 "$WORK/named" "$WORK/found" | listed)
	[ -z "$missing" ] || printf '%s\n' "$stock has $missing, of which this source knows nothing"
	[ "$(kconfig "$1" CONFIG_TRACEPOINTS)" = y ] && grep -q '^import ' "$WORK/stock.traits" || return 0
	own_tracepoints "$3/$I915/i915_trace.h" | sort -u >"$WORK/found"
	missing=$(comm -13 "$WORK/named" "$WORK/found" | listed)
	[ -z "$missing" ] || printf '%s\n' "$stock has no tracepoint $missing, and this source has"
}

# own_tracepoints HEADER: those in no condition but its guard against being read twice.
own_tracepoints()
{
	awk '/^[ \t]*#[ \t]*if/ { if (!depth && /TRACE_HEADER_MULTI_READ/) guard = 1; depth++ }
		/^[ \t]*#[ \t]*endif/ { depth-- }
		depth > guard { next }
		/^(TRACE|DEFINE)_EVENT(_CONDITION|_PRINT)?\(/ {
			n = split($0, part, /[(, \t]+/)
			name = part[/^TRACE/ ? 2 : 3]
			if (name ~ /^[a-z_0-9]+$/)
				print name
		}' "$1" 2>/dev/null || true
}

# believe STAGE KDIR RELEASE SOURCE: before anything is said or made of it.
believe()
{
	local unlike

	unlike=$(source_differs "$2" "$3" "$1" | joined)
	[ -z "$unlike" ] || disbelieve "$4" "$3" "$unlike" >/dev/null
}

# disbelieve SOURCE RELEASE WHY: ends here, unless the user knows better, or wants the i915 of another release.
disbelieve()
{
	if is_backport "$2"; then
		warn other-i915 source="$1" why="$3"
	elif [ "$(setting TRUST_SOURCE "$2")" = 1 ]; then
		warn other-patches-trusted source="$1" why="$3"
		echo ", other than the stock driver (TRUST_SOURCE)"
	else
		die other-patches source="$1" why="$3"
	fi
}

# compare_with_stock STAGE KDIR RELEASE SOURCE SERIES: the module that was built. What the series names is not of the source. With
# TRUST_SOURCE=1 it prints what goes into modinfo, which 'status' shows.
compare_with_stock()
{
	local stock

	stock=$(known_stock "$2" "$3")
	[ -n "$stock" ] || { log "stock: no i915 of $3 here to compare with"; return 0; }
	traits "$stock" | sort -u >"$WORK/stock.traits"
	traits "$1/$I915/$DRIVER.ko" | sort -u >"$WORK/our.traits"
	: >"$WORK/explained"
	[ -z "$5" ] || ! plain_series "$5" || cat "$WORK/plain"/[0-9]* | sed -n 's/^[-+]//p' | tr -cs 'A-Za-z0-9_' '\n' | sort -u >"$WORK/explained"
	{ comm -23 "$WORK/stock.traits" "$WORK/our.traits" | sed 's/^/lost /'; comm -13 "$WORK/stock.traits" "$WORK/our.traits" | sed 's/^/more /'; } |
		awk 'FILENAME == ARGV[1] { explained[$1] = 1; next } !($3 in explained)' "$WORK/explained" - >"$WORK/unlike"
	log "stock: $(wc -l <"$WORK/unlike") differences to $stock"
	log "$(cat "$WORK/unlike")"
	# A stripped one says nothing of its symbols, nor does one that is built in; a running one of nothing but some of its parameters.
	grep -q '^import ' "$WORK/stock.traits" || sed -i '/^more \(import\|tracepoint\|export\) /d' "$WORK/unlike"
	case $stock in
	*/parameters) sed -i '/^more /d' "$WORK/unlike" ;;
	esac
	unlike 'firmware|tracepoint' 'lost (parameter|alias)' >"$WORK/wrong"
	unlike 'import|export' 'more (parameter|alias)' >"$WORK/odd"
	if [ -s "$WORK/wrong" ]; then
		disbelieve "$4" "$3" "$(cat "$WORK/wrong" "$WORK/odd" | joined)"
	elif [ -s "$WORK/odd" ] && ! is_backport "$3"; then
		warn other-details source="$4" module="$stock" why="$(joined <"$WORK/odd")"
	fi
}

# unlike KINDS WAYS: a sentence for each way in which one of these KINDS differs, and each of these WAYS.
unlike()
{
	local way kind names who

	for way in lost more; do
		for kind in parameter alias firmware tracepoint export import; do
			printf '%s\n' "$way $kind" | grep -qE "^(lost|more) ($1)\$|^($2)\$" || continue
			names=$(sed -n "s/^$way $kind //p" "$WORK/unlike" | listed)
			case $way in
			lost) who="only the stock i915" ;;
			*) who="only this one" ;;
			esac
			[ -z "$names" ] || printf '%s\n' "$who has the $kind $names"
		done
	done
}
