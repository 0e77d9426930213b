# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# plan - what one kernel is to have, and why, as KEY=value lines (docs/plan.md). It is made once: what acts on it or shows it is
# given its text, and what DKMS calls finds it in the cache.

# can_be_served KDIR RELEASE: as far as it is known without the source. What else is built by a symbol that begins so is another i915,
# if it is a module, which options are not; or if there is no i915 that it could be an option of.
can_be_served()
{
	local config

	[ -d "$1" ] || die no-headers-folder headers="$1" release="$2"
	config=$(config_of "$1")
	[ -n "$config" ] ||
		die headers-not-configured headers="$1" release="$2"
	[ -z "$(setting I915_DIR "$2")" ] || return 0
	! grep -q "^CONFIG_DRM_I915_[A-Z0-9_]*=[m$(kconfig "$1" CONFIG_DRM_I915 | grep -q . || echo y)]\$" "$config" || return 0
	is_driver "$1" "$2"
}

# is_driver KDIR RELEASE: the driver that was chosen is built, as a module, or into a kernel that loads modules.
is_driver()
{
	case $(how_built "$1") in
	m:* | y:y) ;;
	y:*) die built-in headers="$1" symbol="$SYMBOL" ;;
	*) die no-i915 release="$2" symbol="$SYMBOL" ;;
	esac
}

# how_built KDIR: the driver that was chosen, y, m or nothing, and after a colon y if this kernel loads modules.
how_built()
{
	printf '%s\n' "$(kconfig "$1" "$SYMBOL"):$(kconfig "$1" CONFIG_MODULES)"
}

# make_plan KDIR RELEASE: find, stage, probe and choose, in $WORK/stage, $WORK/facts and $WORK/fix. Prints the lines as they become
# known; dies as soon as there is nothing to be built.
make_plan()
{
	local kdir=$1 release=$2 stock alien origin tree version

	empty_stage
	usual_driver
	vet_settings
	can_be_served "$kdir" "$release"
	origin=$(find_source "$kdir" "$release")
	if [ -n "$origin" ]; then
		printf '%s\n' "source=$origin"
		tree=$(set -e; tree_at "$origin" "$release")
		choose_i915 "$tree" "$kdir" "$release"
		[ "$(how_built "$kdir")" != y:y ] || take_place
		printf '%s\n' "folder=$I915" "module=$DRIVER" "takes_over=$TAKES_OVER"
		is_driver "$kdir" "$release"
	fi
	stock=$(known_stock "$kdir" "$release")
	printf '%s\n' "stock=$stock"
	sums "$kdir" "$release" "$stock"
	alien=$(other_headers "$kdir" "$release")
	[ -z "$alien" ] || die other-headers headers="$kdir" why="$alien"
	[ -n "$origin" ] || no_source "$release" "$(minor "$(headers_version "$kdir")")"
	stage "$tree" "$WORK/stage" "$origin" "$release"
	version=$(tree_version "$WORK/stage/Makefile")
	printf '%s\n' "version=$version"
	belongs "$version" "$kdir" "$origin" "$release"
	believe "$WORK/stage" "$kdir" "$release" "$origin"
	printf '%s\n' "kernel_sha256=$(kernel_sha256 "$kdir")" "source_sha256=$(source_sha256 "$WORK/stage")"
	choose_fix "$origin" "$release"
	echo status=0
}

# empty_stage: nothing is left of another kernel's plan.
empty_stage()
{
	rm -rf "$WORK/stage" "$WORK/facts" "$WORK/fix" "$WORK/plain"
}

# sums KDIR RELEASE STOCK: of what a plan is made of beside its source and series: this package, the settings, and what is looked at of
# the headers and the stock driver.
sums()
{
	local stock=$3 file

	(cd "$PACKAGE" && find dkms.conf i915-backport patches -type f -print0 | sort -z | xargs -0 sha256sum) | sum_of package
	{
		stat -L -c '%u %a' "$CONF" && cat "$CONF"
		for file in $SETTINGS; do
			eval "printf '%s\n' \"\${$file:-}\""
		done
	} 2>/dev/null | sum_of settings
	{
		printf '%s\n' "$1" "$2" "$stock"
		for file in "$(config_of "$1")" "$1/include/generated/uapi/linux/version.h" "$1/include/linux/version.h" "$1/Module.symvers"; do
			[ ! -f "$file" ] || sha256sum "$file"
		done
		[ -d "$stock" ] && ls "$stock" || [ -z "$stock" ] || sha256sum "$stock"
	} 2>/dev/null | sum_of headers
}

# sum_of WHAT: of stdin, as a line of the plan.
sum_of()
{
	printf '%s\n' "$1_sha256=$(sha256sum | cut -d' ' -f1)"
}

# choose_fix ORIGIN RELEASE: probe and choose, for what was staged from ORIGIN.
choose_fix()
{
	local verdict series

	probe facts "$WORK/stage/$I915" >"$WORK/facts"
	verdict=$(value verdict <"$WORK/facts")
	printf '%s\n' "verdict=$verdict"
	printf '%s\n' "reason=$(placed decided_by "$WORK/facts")"
	if [ "$verdict" = clean ] && is_backport "$2"; then
		printf '%s\n' series_sha256=none generation=none
		return
	fi
	need_leak "$1" "$WORK/facts" "$2"
	series=$(set -e; choose "$WORK/stage" "$2")
	[ "$series" != "$WORK/fix" ] && printf '%s\n' "series=$series" || echo series=fix
	printf '%s\n' "series_sha256=$(series_sha256 "$series")"
	printf '%s\n' "generation=$(generation_of "$series")"
}

# need_leak ORIGIN FACTS RELEASE: a driver that leaks, by what the probe has said of it, or there is nothing to mend.
need_leak()
{
	local reason

	reason=$(placed decided_by "$2")
	case $(value verdict <"$2") in
	leaks*) ;;
	clean) die clean source="$1" reason="$reason" ;;
	*) die verdict-unknown source="$1" reason="$reason" setting="$(source_setting "$3")" ;;
	esac
}

# series_of PLAN: the folder of its series, the package's own or one of the user's; nothing where the driver needs none.
series_of()
{
	local series

	series=$(planned series "$1")
	[ "$series" != fix ] || series=$WORK/fix
	printf '%s\n' "$series"
}

# decide KDIR RELEASE: the plan as far as it is made of sources, headers and settings; prints it whatever comes, with the status and the
# line that it ended with.
decide()
{
	local plan status says

	set +e
	plan=$(set -e; make_plan "$1" "$2" 2>"$WORK/plan.err")
	status=$?
	set -e
	printf '%s\n' "$plan"
	if [ "$status" != 0 ]; then
		says=$(sed 's/^i915-backport: //' "$WORK/plan.err" 2>/dev/null | tail -n 1)
		printf '%s\n' "status=$status" "says=${says:-$(said stopped status="$status")}"
		sed -i '$d' "$WORK/plan.err" 2>/dev/null || true
	fi
	sed -n 's/^i915-backport: /warns=/p' "$WORK/plan.err" 2>/dev/null || true
}

# hand_over RELEASE DECIDED RUN: into the cache, for what this process runs. It is good for as long as that lives, and only where it
# can be proven: what is said of a machine that cannot be read, say, is made anew each time.
hand_over()
{
	local place new

	case $(planned status "$2") in
	0 | "$E_CLEAN") ;;
	*) return 0 ;;
	esac
	place=$(cache_dir)/plan
	mkdir -p "$place" 2>/dev/null && new=$(mktemp -d "$place/.new.XXXXXX" 2>/dev/null) || return 0
	{
		printf '%s\n' "$3" >"$new/run" && printf '%s\n' "$2" >"$new/plan" && cp "$WORK/facts" "$new/" &&
			{ [ ! -d "$WORK/fix" ] || cp -R "$WORK/fix" "$new/"; } && rm -rf "${place:?}/$1" && mv -T "$new" "$place/$1"
	} 2>/dev/null || rm -rf "$new"
}

# handed_over RELEASE: what was decided by a run that this process is a part of, with its series; fails where that is of somebody else,
# or of a run that has ended. Who builds by it asks is_current, too.
handed_over()
{
	local place decided

	place=$(cache_dir)/plan/$1
	is_own "$place" 700 && is_running "$(cat "$place/run" 2>/dev/null)" && decided=$(cat "$place/plan" 2>/dev/null) || return
	empty_stage
	cp "$place/facts" "$WORK/facts" 2>/dev/null && { [ ! -d "$place/fix" ] || cp -R "$place/fix" "$WORK/fix" 2>/dev/null; } || return
	printf '%s\n' "$decided"
}

# anew RELEASE: what was handed over does not count any more.
anew()
{
	rm -rf "$(cache_dir)/plan/${1:?}"
}

# is_current DECIDED KDIR RELEASE: by the sums of all that it was made of. Leaves the source in $WORK/stage.
is_current()
{
	local origin tree series

	use_plan "$1"
	[ "$(printf '%s\n' "$1" | grep -e '^package_sha256=' -e '^settings_sha256=' -e '^headers_sha256=')" = "$(sums "$2" "$3" "$(known_stock "$2" "$3")")" ] || return
	origin=$(planned source "$1")
	[ -n "$origin" ] && [ "$(find_source "$2" "$3")" = "$origin" ] && tree=$(tree_at "$origin" "$3" 2>/dev/null) && [ -d "$tree" ] &&
		(stage "$tree" "$WORK/stage" "$origin" "$3") 2>/dev/null || return
	[ "$(tree_version "$WORK/stage/Makefile")" = "$(planned version "$1")" ] &&
		[ "$(source_sha256 "$WORK/stage")" = "$(planned source_sha256 "$1")" ] || return
	series=$(series_of "$1")
	[ -z "$series" ] || [ "$(series_sha256 "$series")" = "$(planned series_sha256 "$1")" ]
}

# plan_of RELEASE [RUN]: the whole plan, printed whatever comes. RUN is a process and its start (process_of): what it runs finds what was
# decided here.
plan_of()
{
	local kdir decided

	kdir=$(readlink -f "$MODULES/$1/build") || kdir=''
	if [ -z "$WORK" ]; then
		decided="status=$E_SYSTEM
says=$NO_WORK"
	elif ! decided=$(handed_over "$1"); then
		decided=$(decide "$kdir" "$1")
		[ -z "${2:-}" ] || hand_over "$1" "$decided" "$2"
	fi
	with_state "$1" "headers=$kdir
$decided"
}

# attempt RELEASE: where the last attempt of DKMS to build its module has left what came of it, for everybody to read.
attempt()
{
	printf '%s\n' "$ROOT/var/cache/i915-backport/attempt/$(package_version)/$1"
}

# record_attempt RELEASE PLAN SAYS: with what the attempt to build or install by that plan ended. That a full disk has no room for it is
# no reason to fail.
record_attempt()
{
	local dir

	dir=$(attempt "$1")
	mkdir -p "$dir" && { sums_of "$2" && printf '%s\n' "says=$3"; } | put "$dir/failed" || true
}

# last_attempt RELEASE PLAN: prints that, if it was by the same plan.
last_attempt()
{
	local recorded

	recorded=$(cat "$(attempt "$1")/failed" 2>/dev/null) && [ "$(sums_of "$recorded")" = "$(sums_of "$2")" ] || return 0
	planned says "$recorded"
}

# sums_of PLAN: its lines of what it was made of.
sums_of()
{
	printf '%s\n' "$1" | grep '^[a-z]*_sha256='
}

# use_plan PLAN: what follows is about its driver.
use_plan()
{
	local folder

	folder=$(planned folder "$1")
	if [ -n "$folder" ]; then
		I915=$folder
		DRIVER=$(planned module "$1")
		TAKES_OVER=$(planned takes_over "$1")
	fi
}

# with_state RELEASE DECIDED: the plan of what was decided, what is installed, and what is wished: what is to happen.
with_state()
{
	local plan status says disk whose different='' failed='' action=none

	use_installed "$1"
	use_plan "$2"
	status=$(planned status "$2")
	says=$(planned says "$2")
	disk=$(module_on_disk "$1")
	whose=$(whose "$disk")
	if [ "$status" = 0 ]; then
		if [ -n "$(kept "$1")" ]; then
			status=$E_CLEAN says=$(said kept-stock file="$CONF" release="$1")
		else
			says=$(taken "$1" "$disk" "$whose")
			[ -z "$says" ] || status=$E_DKMS
		fi
	fi
	plan="release=$1
folder=$I915
module=$DRIVER
takes_over=$TAKES_OVER
package=$(package_version)
$(printf '%s\n' "$2" | grep -v '^\(status\|says\|folder\|module\|takes_over\)=')
installed=$whose
installed_module=$disk
installed_signer=$(signer_of "$disk")
status=$status
says=$says"
	different=$(differs "$1" "$disk" "$plan")
	case $status-$whose in
	"0-$DKMS_NAME "*) [ -n "$different" ] && action=install || action=keep ;;
	"0-"*) action=install failed=$(last_attempt "$1" "$plan") ;;
	"$E_CLEAN-$DKMS_NAME "*) action=remove ;;
	*) ! is_refused "$different" || action=remove ;;
	esac
	printf '%s\n' "$plan" "different=$different" "failed=$failed" "action=$action"
}

# taken RELEASE MODULE WHOSE: says so, if another driver than the kernel's or the fixed one is installed, or depmod was told to prefer one.
taken()
{
	local file line

	IFS='	' read -r file line <<-EOT
		$(other_preferred "$1")
	EOT
	[ -z "$file" ] || {
		said depmod-prefers file="$file" line="$line" release="$1" conf="$CONF"
		return
	}
	case $3 in
	foreign*) said foreign-driver module="$2" whose="$3" release="$1" file="$CONF" ;;
	esac
}

cmd_plan()
{
	case ${1:-} in
	-h | --help)
		echo "Usage: i915-backport plan [RELEASE]"
		echo "What that kernel (or the running one) is to have, and why, as KEY=value lines (docs/plan.md)."
		return ;;
	-*) die no-such-option option="plan $1" help='plan --help' ;;
	esac
	[ $# -le 1 ] || die too-many-arguments arguments="plan $*" help='plan --help'
	need modinfo
	[ $# = 1 ] || set -- "$(uname -r)"
	need_release "$1"
	open_work
	plan_of "$1" >"$WORK/answer"
	answer <"$WORK/answer"
}
