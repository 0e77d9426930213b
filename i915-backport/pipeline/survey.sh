# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# survey - many kernel trees at once: which i915 each has, whether it leaks, and whether the fix has its place in it.

survey_usage()
{
	cat <<-EOT
	Usage: i915-backport survey [--json] DIR...
	DIR is a kernel tree, an i915 directory, or a folder with such in it, at any depth. For
	every i915 there is a line with its kernel tree, its verdict, whether the fix has its
	place in it, and if not, what is in the way. Nothing is written into the trees.
	  --json   an array with an object for each i915
	J=N looks at so many at a time (default: the number of processors).
	EOT
}

cmd_survey()
{
	local form=columns dir prober placer

	while [ $# -gt 0 ]; do
		case $1 in
		--json) form=json ;;
		-h | --help) survey_usage; return ;;
		-*) die no-such-option option="survey $1" help='survey --help' ;;
		*) break ;;
		esac
		shift
	done
	[ $# -gt 0 ] || die needs-trees command=survey
	open_work
	for dir; do
		drivers_in "$(absolute "$dir")" "$dir"
	done >"$WORK/drivers"
	prober=$(set -e; host_program probe "$ROOM"/pipeline/probe/*.c)
	placer=$(set -e; host_program place "$ROOM"/pipeline/place/*.c)
	survey_all "$(wc -l <"$WORK/drivers")"
	survey_as "$form" <"$WORK/rows" | answer
}

# drivers_in DIR NAME: the i915 directories in it, one a line.
drivers_in()
{
	local i915

	[ -d "$1" ] || die no-such-folder folder="$2"
	i915_folders "$1" >"$WORK/found"
	[ -s "$WORK/found" ] || warn no-driver-in folder="$2"
	cat "$WORK/found"
}

# survey_all COUNT: makes $WORK/rows, in the order of $WORK/drivers; J processes share them.
survey_all()
{
	local jobs part=0 children=''

	jobs=${J:-$(nproc)}
	while [ "$part" -lt "$jobs" ]; do
		survey_part "$part" "$jobs" >"$WORK/rows.$part" &
		children="$children $!"
		part=$((part + 1))
	done
	for part in $children; do
		wait "$part" || exit
	done
	sort -n "$WORK"/rows.* | cut -f 2- >"$WORK/rows"
	[ "$(wc -l <"$WORK/rows")" = "$1" ] || die cannot-write path="$WORK"
}

# survey_part PART PARTS: the rows of each PARTS-th driver, their numbers before them.
survey_part()
{
	local n=0 i915

	while IFS= read -r i915; do
		n=$((n + 1))
		[ "$((n % $2))" != "$1" ] || printf '%s\t%s\n' "$n" "$(survey_row "$i915" "$WORK/part.$1")"
	done <"$WORK/drivers"
}

# survey_row I915 SCRATCH: tree, kernel, i915, module, verdict, the fix and what is in the way, with tabs between.
survey_row()
{
	local tree verdict='?' fix=- missing='' module

	rm -rf "$2"
	make_dir "$2"
	tree=$(tree_of "$1")
	module=$(made_by "$1/Makefile" | cut -f1)
	if "$prober" --facts "$1" >"$2/facts" 2>"$2/err"; then
		verdict=$(value verdict <"$2/facts")
		[ "$verdict" = clean ] || missing=$(placed why "$2/facts")
	else
		missing=$(why "$2/err")
	fi
	case $verdict in
	leaks*)
		missing=$(unplaced "$1" "$2")
		[ -n "$missing" ] || fix=fits ;;
	esac
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s' "$(one_line "${tree:--}")" \
		"$([ -z "$tree" ] || tree_version "$tree/Makefile")" "$(one_line "${1#"${tree:-//}"/}")" "${module:+$module.ko}" \
		"$verdict" "$fix" "$(one_line "$missing")"
}

# unplaced I915 SCRATCH: what keeps the fix out of this driver, or the driver with it from being found clean; else nothing.
unplaced()
{
	local with="$2/with"

	mkdir "$2/changed"
	"$placer" --upto 99 "$PACKAGE/patches" "$1" "$2/changed" 2>"$2/err" || { missed "$2/err"; return; }
	cp -RL -- "$1" "$with" 2>"$2/err" && cp -- "$2/changed"/* "$with" 2>>"$2/err" || { why "$2/err"; return; }
	"$prober" --facts "$with" >"$2/facts" 2>"$2/err" || { why "$2/err"; return; }
	[ "$(value verdict <"$2/facts")" = clean ] || printf '%s\n' "with the fix: $(placed why "$2/facts")"
}

# one_line TEXT: without what a table or a terminal would take for more.
one_line()
{
	printf '%s' "$1" | tr '[:cntrl:]' ' '
}

survey_as()
{
	case $1 in
	columns)
		{ printf 'TREE\tKERNEL\tI915\tMODULE\tVERDICT\tFIX\tWHAT IS IN THE WAY\n' && cat; } | table ;;
	json)
		awk -F'\t' '
		function text(s) {
			gsub(/[\\"]/, "\\\\&", s)
			return s == "" || s == "-" ? "null" : "\"" s "\""
		}
		BEGIN { split("tree kernel i915 module verdict fix missing", name, " "); printf "[" }
		{ printf "%s\n  {", (NR > 1 ? "," : "")
		  for (i = 1; i <= 7; i++)
			printf "%s\"%s\": %s", (i > 1 ? ", " : ""), name[i], (i == 6 ? ($i == "fits" ? "true" : "false") : text($i))
		  printf "}" }
		END { print NR ? "\n]" : "]" }' ;;
	esac
}
