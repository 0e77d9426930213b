# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# series - which series of patches fits a stage, and its application.

# series_patches DIR: the patches of a quilt series in their order.
series_patches()
{
	sed 's/[[:space:]]*#.*//; s/[[:space:]].*//; /^$/d' "$1/series"
}

# touched DIR: the files that a series changes, makes or removes.
touched()
{
	series_patches "$1" | while read -r name; do
		sed -n 's#^\(--- a\|+++ b\)/\([^[:space:]]*\).*#\2#p' "$1/$name"
	done | sort -u
}

# vet_series DIR: before any of it is used.
vet_series()
{
	[ -f "$1/series" ] || die "$E_SERIES" "$1: no file 'series' in it; set PATCHES= to a folder in quilt's form"
	[ -n "$(series_patches "$1")" ] || die "$E_SERIES" "$1/series: names no patch; list the patches in it"
	series_patches "$1" | while read -r name; do
		[ -f "$1/$name" ] || die "$E_SERIES" "$1/series: $name is not there; mend the series"
	done
	outside=$(touched "$1" | grep -v "^$I915/" | head -n 1) || true
	[ -z "$outside" ] || die "$E_SERIES" "$1: changes $outside, which is outside $I915; only the module can be replaced"
}

# patched FILE TREE [OPTION]: that patch, not bent to fit. What patch says goes to $WORK/patch.out.
patched()
{
	patch -d "$2" -p1 --fuzz=0 --force ${3:+"$3"} --no-backup-if-mismatch <"$1" >>"$WORK/patch.out" 2>&1
}

# apply DIR TREE: all patches.
apply()
{
	: >"$WORK/patch.out"
	series_patches "$1" | while read -r name; do
		echo "in $name" >>"$WORK/patch.out"
		patched "$1/$name" "$2" || exit 1
	done
}

# copy_touched DIR STAGE: into $WORK/try, what there is of the files that a series changes.
copy_touched()
{
	rm -rf "$WORK/try"
	mkdir -p "$WORK/try"
	touched "$1" >"$WORK/touched"
	while read -r file; do
		[ ! -f "$2/$file" ] || (cd "$2" && cp --parents "$file" "$WORK/try")
	done <"$WORK/touched"
}

# try_series DIR STAGE: does it fit? Tried on a copy of the files it changes.
try_series()
{
	copy_touched "$1" "$2"
	apply "$1" "$WORK/try"
}

# misfit DIR STAGE: where a series does not fit, as "PATCH: FILE, hunk N of line L".
misfit()
{
	try_series "$1" "$2" && return
	grep -Eq "FAILED|find file|malformed|garbage" "$WORK/patch.out" ||
		die "$E_SYSTEM" "$WORK: $1 cannot be tried there: $(why "$WORK/patch.out"); free some space"
	awk '/^in / { patch = $2 }
	     /^patching file / { file = $3 }
	     /^can.t find file/ { file = "a file that is not there" }
	     /^Hunk #[0-9]+ FAILED/ && !n++ { where = file ", hunk " $2 " at line " $5; sub(/\.$/, "", where) }
	     END { print patch ": " (n ? where (n > 1 ? " and " n - 1 " more" : "") : file) }' "$WORK/patch.out"
}

# all_series: the folders of the package's generations.
all_series()
{
	for dir in "$PACKAGE"/patches/*/; do
		[ -f "${dir}series" ] && echo "${dir%/}"
	done
}

# facts_agree DIR: does the driver have every '# fact KEY=VALUE' that the series file names?
facts_agree()
{
	sed -n 's/^# fact //p' "$1/series" | while read -r fact; do
		[ "$(value "${fact%%=*}" <"$WORK/facts")" = "${fact#*=}" ] || exit 1
	done
}

# choose STAGE RELEASE: the folder of the series that fits; exactly one may.
choose()
{
	need patch
	own=$(setting PATCHES "$2")
	if [ -n "$own" ]; then
		vet_series "$own"
		place=$(misfit "$own" "$1")
		[ -z "$place" ] || refuse "$own" "$1" "$place"
		readlink -f "$own"
		return
	fi
	fits=
	for dir in $(all_series); do
		! { facts_agree "$dir" && try_series "$dir" "$1"; } || fits="$fits $dir"
	done
	# shellcheck disable=SC2086 # a list of paths
	set -- "$1" $fits
	case $# in
	2) echo "$2" ;;
	1) refuse_all "$1" ;;
	*) die "$E_SERIES" "$1: several series fit ($(shift; basename -a "$@" | tr '\n' ' ' | sed 's/ $//')); name the right one with PATCHES=" ;;
	esac
}

# refuse SERIES STAGE PLACE: it is in already, or there is a hunk that does not fit.
refuse()
{
	! is_in "$1" "$2" ||
		die "$E_SERIES" "$I915: the tree has the series $1 already; give the unpatched source with KSRC="
	die "$E_SERIES" "$1/$3 does not fit this tree; adapt the series and give it with PATCHES="
}

# is_in SERIES STAGE: does all of it come off cleanly, last patch first, or at least its first patch?
is_in()
{
	series_patches "$1" | head -n 1 >"$WORK/first"
	all_comes_off "$1" "$2" || comes_off "$1" "$2" <"$WORK/first"
}

# all_comes_off SERIES STAGE: the whole series, last patch first.
all_comes_off()
{
	series_patches "$1" | tac >"$WORK/backwards"
	comes_off "$1" "$2" <"$WORK/backwards"
}

# comes_off SERIES STAGE: the patches named on stdin, tried on a copy.
comes_off()
{
	copy_touched "$1" "$2"
	take_off "$1" "$WORK/try"
}

# take_off SERIES TREE: the patches named on stdin.
take_off()
{
	while read -r name; do
		patch -d "$2" -p1 -R --fuzz=0 --force -s --no-backup-if-mismatch <"$1/$name" >/dev/null 2>&1 || return 1
	done
}

# refuse_all STAGE: none of ours fits; name the one that comes closest.
refuse_all()
{
	best= fewest=
	for dir in $(all_series); do
		! is_in "$dir" "$1" ||
			die "$E_SERIES" "$I915: the tree has the series $(basename "$dir") already; give the unpatched source with KSRC="
		place=$(misfit "$dir" "$1")
		failed=$(grep -c 'FAILED\|find file' "$WORK/patch.out") || true
		if [ -z "$fewest" ] || [ "$failed" -lt "$fewest" ]; then
			fewest=$failed best=$(basename "$dir")/$place
		fi
	done
	[ -n "$best" ] || die "$E_SERIES" "$PACKAGE/patches: no series in the package; give one with PATCHES="
	die "$E_SERIES" "patches/$best does not fit this tree, and no other series comes closer; adapt it and give it with PATCHES="
}
