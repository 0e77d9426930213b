# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dkms - the package under DKMS, from 2.8 to 3.2.

LINK=$ROOT/usr/local/sbin/i915-backport

# ---- what DKMS calls ---------------------------------------------------------------------------

# dkms-conf RELEASE ACTION PID: dkms.conf asks, before DKMS does anything, what to do for this kernel.
# Prints the lines that differ from dkms.conf, and nothing else, for a shell runs them. It tells DKMS to skip a kernel that is
# clean or cannot be built for; otherwise installing this package, or a kernel's, would fail. At autoinstall, where DKMS 3.0
# counts a skipped kernel as a failure, it says that there is nothing to install.
cmd_dkms_conf()
{
	exclude_or_not "$@" 3>&1 >&2
}

exclude_or_not()
{
	local release=$1 action=$2 pid=$3 plan failed

	case " $action " in
	*" remove "* | *" uninstall "* | *" unbuild "*)
		hold_all "$release"
		use_installed "$release"
		name_module
		return ;;
	# DKMS 2.8 and 3.0 read it for each kernel that has the module, to know whether another one is to get it.
	*" autoinstall "* | *" kernel_postinst "*) release='' ;;
	*" build "* | *" install "*) ;;
	*) return ;;
	esac
	[ -n "$release" ] || release=$(dkms_release "$pid")
	is_plain "$release" || die not-a-release release="$release"
	tidy_held
	try_work
	plan=$(plan_of "$release" "$(process_of "$pid")")
	use_plan "$plan"
	name_module
	if [ "$(planned status "$plan")" != 0 ]; then
		exclude "$release: $(planned says "$plan")"
		warn_if_undriven "$release"
		return
	fi
	case " $action " in
	*" build "* | *" install "*) ;;
	*) discard_build "$release" "$plan" ;;
	esac
	take_turn "$pid"
	! acts_for_package "$action" || failed=$(build_ahead "$release" "$plan" "$(process_of "$pid")") ||
		exclude "$(said not-made release="$release" why="${failed:-no cause was given}")"
}

# exclude WHY: DKMS skips the kernel, and at autoinstall there is nothing to install.
exclude()
{
	echo 'BUILD_EXCLUSIVE_KERNEL="^nothing-to-do$"' >&3
	echo 'AUTOINSTALL=""' >&3
	tell "$1"
}

# warn_if_undriven RELEASE: a kernel that is new here, for example, where all are told the same.
warn_if_undriven()
{
	local file

	file=$(undriven "$1")
	[ -z "$file" ] || warn stands-back release="$1" file="$file"
}

# name_module: where it is not the usual one, for DKMS.
name_module()
{
	[ "$DRIVER" = i915 ] || printf '%s\n' "BUILT_MODULE_NAME=\"$DRIVER\"" >&3
}

# dkms_release PID: the kernel that DKMS was called for.
dkms_release()
{
	tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null |
		awk '/^(-k|--kernelver)$/ { take = 1; next }
		     take { release = $0; take = 0 }
		     /^--kernelver=/ { release = substr($0, 13) }
		     END { sub(/\/.*/, "", release); print release }' | grep . || uname -r
}

# take_turn PID: DKMS builds a version of a module in one folder, whatever the kernel, and empties it
# first. The DKMS process that comes second waits here, until the first has ended.
take_turn()
{
	local turn me owner

	turn=$(cache_dir)/dkms.turn
	make_dir "$(cache_dir)"
	me=$(process_of "$1")
	while :; do
		wait_lock "$turn.lock"
		owner=$(cat "$turn" 2>/dev/null) || owner=
		if [ "$owner" = "$me" ] || ! is_running "$owner"; then
			printf '%s\n' "$me" >"$turn"
			exec 8>&-
			return
		fi
		exec 8>&-
		sleep 1
	done
}

# dkms-outdated RELEASE [PID]: before DKMS's hook, which is run by the process PID too, and asks nobody about a kernel that has its
# module: where that is not as planned any more, it is taken out, for DKMS to make it anew or for the stock driver. Never a reason
# for a kernel's installation to fail.
cmd_dkms_outdated()
{
	local plan different

	must_be_root dkms-outdated
	is_plain "$1" && [ -d "$MODULES/$1" ] && is_active "$1" "$(package_version)" || return 0
	try_work
	plan=$(plan_of "$1" "${2:+"$(process_of "$2")"}")
	use_plan "$plan"
	different=$(planned different "$plan")
	[ -n "$different" ] || return 0
	case $(planned status "$plan") in
	0 | "$E_CLEAN") ;;
	*) is_refused "$different" || return 0 ;;
	esac
	warn outdated-taken-out release="$1" different="$different"
	take_out "$1" "$(package_version)" >&2
	discard_build "$1" "$plan" "$different"
}

# dkms-hold RELEASE: PRE_INSTALL of dkms.conf. DKMS installs nothing if it fails.
cmd_dkms_hold()
{
	local different plan

	need_release "$1"
	try_work
	plan=$(plan_of "$1")
	use_plan "$plan"
	different=$(built_differs "$1" "$plan")
	if [ -n "$different" ]; then
		anew "$1"
		different=$(built_differs "$1" "$(plan_of "$1")")
	fi
	[ -z "$different" ] || die built-outdated release="$1" different="$different"
	hold_stock "$1"
}

# built_differs RELEASE PLAN: says in what DKMS has built another than that.
built_differs()
{
	local built different

	for built in "$DKMS_TREE/$(package_version)/$1"/*/module/*.ko*; do
		[ -f "$built" ] || continue
		different=$(differs "$1" "$built" "$2")
		[ -z "$different" ] || { printf '%s\n' "$different"; return; }
	done
}

# dkms-release RELEASE: POST_INSTALL and POST_REMOVE.
cmd_dkms_release()
{
	is_plain "$1" || die not-a-release release="$1"
	try_work
	tidy_held
	rm -rf "$(attempt "$1")"
	[ -d "$MODULES/$1" ] || return 0
	use_installed "$1"
	release_stock "$1" || warn depmod-failed release="$1"
	renew_initramfs "$1" || true
}

# dkms-module: the MAKE of dkms.conf, in DKMS's build folder, KDIR= and RELEASE= given.
cmd_dkms_module()
{
	local flags=${KCFLAGS:-}

	VERBOSE=1
	! (take_ahead "$RELEASE" .) || return 0
	# DKMS strips the debug information anyway: do not make it.
	[ -f "$KDIR/vmlinux" ] || flags="$flags -g0"
	make_module "$(readlink -f "$KDIR")" "$RELEASE" . "$flags"
}

# ---- what the user calls -----------------------------------------------------------------------

# needed_packages: those that are missing, with the source of each kernel that has none.
needed_packages()
{
	local release kdir

	missing_packages
	for release in $(installed_kernels); do
		kdir=$(readlink -f "$MODULES/$release/build")
		[ -n "$(find_source "$kdir" "$release")" ] || source_package "$(minor "$(headers_version "$kdir")")"
	done
}

# What is put into /usr/src, there and by the packages of debian/ and rpm/, which read this line.
SHIPPED='Makefile dkms.conf i915-backport patches compat tests'
# What copy_package leaves in /usr/src says so: in its first line where it was put, then the sum of each of its files.
MARK=.put-by-dkms-install

# package_home: where dkms-install puts a copy of the package, for DKMS.
package_home()
{
	printf '%s\n' "$SOURCES/$DKMS_NAME-$(package_version)"
}

# shipped: the files of the package below this folder, each with a null byte behind it. What was built in a checkout is none.
shipped()
{
	# shellcheck disable=SC2086 # a list
	find $SHIPPED -type d \( -name build -o -name obj \) -prune -o ! -type d ! -name '*.o' ! -name '*.ko' -print0
}

# copy_package: into /usr/src, whole or not at all.
copy_package()
{
	local home new cause

	home=$(package_home)
	[ "$PACKAGE" != "$home" ] || return 0
	remove_unfinished
	mkdir -p "$SOURCES" && new=$(mktemp -d "$SOURCES/.$DKMS_NAME.XXXXXX") ||
		die cannot-write path="$SOURCES"
	printf '%s\n' "$home" >"$new/$MARK" && chmod 755 "$new" && (cd "$PACKAGE" && shipped >"$WORK/shipped" && xargs -0 cp -P --parents -t "$new" -- <"$WORK/shipped") 2>"$WORK/err" &&
		mark_copy "$new" "$home" || {
		cause=$(why "$WORK/err")
		rm -rf "$new"
		die cannot-copy-package folder="$home" why="${cause:-unknown}"
	}
	if [ -d "$home" ] && diff -r -x "$MARK" "$home" "$new" >/dev/null; then
		rm -rf "$new"
		return
	fi
	forget "$(package_version)"
	[ ! -e "$home" ] && [ ! -L "$home" ] && mv "$new" "$home" || {
		rm -rf "$new"
		die copy-not-alone folder="$home"
	}
}

# remove_unfinished: the copies of runs that were killed.
remove_unfinished()
{
	local dir

	for dir in "$SOURCES/.$DKMS_NAME".*/; do
		case $(head -n 1 "$dir$MARK" 2>/dev/null) in
		"$SOURCES/$DKMS_NAME"-*) rm -rf "$dir" ;;
		esac
	done
}

# mark_copy DIR HOME: of the copy in DIR, which is to be at HOME.
mark_copy()
{
	printf '%s\n' "$2" >"$1/$MARK" &&
		(cd "$1" && find . -type f ! -path "./$MARK" -print0 | sort -z | xargs -0 sha256sum) >>"$1/$MARK"
}

# remove_copy HOME: the files that copy_package has put there and nobody has changed since. What else is there stays, and is named.
remove_copy()
{
	local file

	[ -e "$1" ] || [ -L "$1" ] || return 0
	if [ -L "$1" ] || [ "$(head -n 1 "$1/$MARK" 2>/dev/null)" != "$1" ]; then
		warn copy-not-put folder="$1"
		return
	fi
	(cd "$1" && sed 1d "$MARK" | sha256sum -c 2>/dev/null | sed -n 's|^\./\(.*\): OK$|\1|p') >"$WORK/proven"
	while IFS= read -r file; do
		! is_inside "$file" || rm -f "$1/$file"
	done <"$WORK/proven"
	find "$1" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
	if [ "$(cd "$1" && ls -A)" = "$MARK" ]; then
		rm -f "$1/$MARK" && rmdir "$1"
	else
		warn copy-changed folder="$1" file="$(cd "$1" && find . -type f ! -path "./$MARK" | sed 's|^\./||' | sort | head -n 1)"
	fi
}

# remove_rest VERSION: what DKMS has left of one that it does not know.
remove_rest()
{
	local dir=$DKMS_TREE/$1

	[ ! -L "$dir/source" ] || rm -f "$dir/source"
	rm -rf "$dir/build"
	for dir in "$dir"/*/*; do
		rm -rf "$dir/module" "$dir/log"
		rmdir "$dir" "${dir%/*}" 2>/dev/null || true
	done
	rmdir "$DKMS_TREE/$1" 2>/dev/null || true
}

# run_dkms ARGUMENT...: it leaves a program behind for a while, which must not keep our lock.
run_dkms()
{
	dkms "$@" 9>&-
}

# forget VERSION: out of DKMS, and what dkms-install has put into /usr/src.
forget()
{
	local release package

	package=$(package_of "$SOURCES/$DKMS_NAME-$1") || package=''
	[ -z "$package" ] || die belongs-to-package folder="$SOURCES/$DKMS_NAME-$1" package="$package"
	for release in $(kernels_with "$1"); do
		must_go "$release"
	done
	if is_registered "$1"; then
		run_dkms remove "$DKMS_NAME/$1" --all >>"$WORK/dkms.log" 2>&1 ||
			run_dkms remove -m "$DKMS_NAME" -v "$1" --all >>"$WORK/dkms.log" 2>&1 ||
			die dkms-remove-failed version="$DKMS_NAME/$1" why="$(why "$WORK/dkms.log")"
	fi
	remove_modules "$1"
	remove_copy "$SOURCES/$DKMS_NAME-$1"
	remove_rest "$1"
}

# remove_modules VERSION: where DKMS has taken it out and it is still there; and what was held for that is let go.
remove_modules()
{
	local release module

	for release in $(cd "$MODULES" 2>/dev/null && ls | plain_names); do
		# shellcheck disable=SC2044 # nothing in /lib/modules has a blank in its name
		for module in $(find "$MODULES/$release/updates" "$MODULES/$release/extra" -name '*.ko*' 2>/dev/null); do
			[ "$(modinfo -F i915_backport "$module" 2>/dev/null | cut -d' ' -f1)" = "$1" ] || continue
			use_installed "$release"
			may_go "$release" && rm -f "$module" 2>"$WORK/dkms.log" ||
				die dkms-left-module module="$module" why="$(why "$WORK/dkms.log")"
			is_held "$release" || tables "$release"
		done
		! is_held "$release" || release_stock "$release" || warn depmod-failed release="$release"
	done
}

# is_installed RELEASE VERSION: as DKMS sees it, which does not look for the file.
is_installed()
{
	run_dkms status -m "$DKMS_NAME" -v "$2" -k "$1" 2>/dev/null | grep -q ': installed'
}

# take_out RELEASE VERSION: DKMS installs it there no longer, but may again. DKMS 2.2 has an uninstall that does nothing
# (have_one_kernel() answers no), and DKMS before 3.2 forgets a version that no kernel has.
take_out()
(
	may_go "$1" || return 0
	run_dkms uninstall -m "$DKMS_NAME" -v "$2" -k "$1" || true
	is_installed "$1" "$2" || return 0
	run_dkms remove -m "$DKMS_NAME" -v "$2" -k "$1" || true
	is_registered "$2" || run_dkms add -m "$DKMS_NAME" -v "$2" || true
)

# stays RELEASE: as it is on disk.
stays()
{
	local who

	who=$(whose "$(module_on_disk "$1")")
	case $who in
	none) has_built_in "$1" && echo "the driver that is built in stays" || echo "no driver of it there" ;;
	stock) echo "stock driver stays" ;;
	*) printf '%s\n' "$who stays" ;;
	esac
}

# row RELEASE PLAN STATUS RESULT: of the table that dkms-install ends with; STATUS is its exit status, if it is the first that is not 0.
row()
{
	local verdict reason

	verdict=$(planned verdict "$2" | grep . || echo -)
	reason=$(planned reason "$2")
	printf '%s\t%s\t%s\t%s\n' "$1" "$(planned source "$2" | grep . || echo none)" "$verdict" "$4" >>"$WORK/rows"
	[ -z "$reason" ] || printf '%s\n' "$1: $verdict: $reason" >>"$WORK/reasons"
	[ "$3" = 0 ] || printf '%s\n' "$3" >>"$WORK/failures"
}

# install_for RELEASE RUN: what its plan says is to happen.
install_for()
{
	local plan status says

	plan=$(plan_of "$1" "$2")
	use_plan "$plan"
	status=$(planned status "$plan")
	says=$(planned says "$plan")
	[ "$(planned action "$plan")" != remove ] || take_out_all "$1"
	case $status in
	0) dkms_install_for "$1" "$plan" ;;
	"$E_CLEAN")
		row "$1" "$plan" 0 "nothing to do, $(stays "$1")$(kept "$1")"
		log "$1: $says" ;;
	*)
		row "$1" "$plan" "$status" "failed, $(stays "$1")"
		tell "$1: $says" ;;
	esac
}

# take_out_all RELEASE: whatever version DKMS has installed there.
take_out_all()
{
	local version

	for version in $(cd "$DKMS_TREE" 2>/dev/null && find . -path "*/$1" | cut -d/ -f2 | sort -u); do
		! is_registered "$version" || take_out "$1" "$version" >>"$LOG" 2>&1
	done
}

# dkms_install_for RELEASE PLAN: what DKMS had installed before the machine stopped, or before the kernel knew the key, is taken further;
# what is not as planned any more is made anew.
dkms_install_for()
{
	local disk different='' installed override make_log cause

	if is_installed "$1" "$(package_version)"; then
		! is_held "$1" || release_stock "$1"
		disk=$(module_on_disk "$1")
		different=$(differs "$1" "$disk" "$2")
		if is_ours "$disk" && [ -z "$different" ]; then
			initramfs_agrees "$1" "$(initramfs_i915 "$1")" || renew_initramfs "$1" >>"$LOG" || true
			row "$1" "$2" 0 "installed already"
			return
		fi
		take_out "$1" "$(package_version)" >>"$LOG" 2>&1
	fi
	discard_build "$1" "$2" "$different"
	installed=0
	# The version that is asked for, also where a newer one is installed; DKMS 2.2 knows no such option, and installs it.
	override=$(run_dkms --help 2>&1 | grep -o -m 1 -e '--force-version-override') || true
	# As run_dkms does, which is no program.
	# shellcheck disable=SC2016 # for the inner shell
	with_progress "$1: building under DKMS" 150 sh -c 'exec "$@" 9>&-' sh dkms install -m "$DKMS_NAME" -v "$(package_version)" -k "$1" ${override:+"$override"} || installed=$?
	# A DKMS that another run has begun may have been faster: what counts is what is there.
	if is_ours "$(module_on_disk "$1")" && { [ "$installed" = 0 ] || is_installed "$1" "$(package_version)"; }; then
		row "$1" "$2" 0 "installed, generation $(planned generation "$2")${different:+, in the place of one $different}"
		[ -z "$TAKES_OVER" ] || tell "$1: $(said takes-over driver="$DRIVER" stock="$TAKES_OVER")"
		return
	fi
	make_log=$DKMS_TREE/$(package_version)/build/make.log
	cause=$(sed -n "s/^i915-backport: $1: //p" "$LOG" | tail -n 1)
	cause=${cause:-$(last_said "$make_log")}
	row "$1" "$2" "$E_DKMS" "failed, $(stays "$1")"
	record_attempt "$1" "$2" "${cause:-DKMS: $(why "$LOG")}"
	if [ -n "$cause" ]; then
		tell "$1: $cause"
	else
		warn dkms-failed release="$1" why="$(why "$LOG")" log="$LOG"
	fi
}

cmd_dkms_install()
{
	local release run

	case ${1:-} in
	'') ;;
	-h | --help)
		echo "Usage: sudo make dkms-install [NO_APT=1] [KSRC=TREE] [PATCHES=DIR]"
		echo "Registers the package with DKMS, builds and installs it for every kernel that has headers."
		return ;;
	*) die takes-no-argument argument="dkms-install $1" help='dkms-install --help' ;;
	esac
	must_be_root dkms-install
	must_be_here dkms-install
	unset DPKG_MAINTSCRIPT_PACKAGE # who calls this wants to know how it ended
	[ -n "$(installed_kernels)" ] ||
		die no-headers folder="$MODULES"
	make_dir "$(cache_dir)"
	lock "$(cache_dir)/install.lock"
	open_work
	on_exit 'rm -rf "$WORK" "$(cache_dir)/plan"'
	run=$(process_of "$$")
	LOG=$(cache_dir)/install.log
	: >"$LOG"
	vet_settings
	# shellcheck disable=SC2046 # names of packages
	apt_install $(needed_packages | uniq)
	need dkms depmod
	need_for_build
	copy_package
	is_registered "$(package_version)" || logged run_dkms add -m "$DKMS_NAME" -v "$(package_version)" ||
		die dkms-add-failed why="$(why "$LOG")" log="$LOG"
	tidy_held
	[ "$PACKAGE" = "$(package_home)" ] || { make_link "$LINK" i915-backport && make_hooks; }
	printf 'KERNEL\tSOURCE\tVERDICT\tRESULT\n' >"$WORK/rows"
	: >"$WORK/reasons"
	: >"$WORK/failures"
	for release in $(installed_kernels); do
		install_for "$release" "$run"
	done
	for release in $(all_kernels); do
		! without_headers "$release" || warn kernel-without-headers release="$release"
	done
	{ table <"$WORK/rows" && cat "$WORK/reasons"; } | answer
	return "$(head -n 1 "$WORK/failures" | grep . || echo 0)"
}

# is_our_link LINK: it leads into a copy of the package.
is_our_link()
{
	case $(readlink "$1") in
	"$SOURCES/$DKMS_NAME"-*/i915-backport/*) ;;
	*) return 1 ;;
	esac
}

# make_link LINK FILE: the command, where the PATH finds it; the hook, before DKMS's. What somebody else has put there stays.
make_link()
{
	local file

	file=$(package_home)/i915-backport/$2
	if is_our_link "$1" || { [ ! -e "$1" ] && [ ! -L "$1" ]; }; then
		mkdir -p "${1%/*}" && ln -sfn "$file" "$1" ||
			warn no-link link="$1" file="$file"
	else
		warn other-link link="$1" file="$file"
	fi
}

# make_hooks: where there are such for kernels, and for the start of the machine.
make_hooks()
{
	local hook unit

	for hook in $HOOKS; do
		[ ! -d "${hook%/*}" ] || make_link "$hook" dkms/kernel-hook
	done
	[ -d "$ROOT/etc/systemd/system" ] || return 0
	for unit in $UNITS; do
		make_link "$unit" field/i915-backport-takeover.service
	done
}

# is_registered VERSION: as DKMS sees it.
is_registered()
{
	[ -L "$DKMS_TREE/$1/source" ]
}

cmd_dkms_uninstall()
{
	local version module link release dir

	case ${1:-} in
	'') ;;
	-h | --help)
		echo "Usage: sudo make dkms-uninstall"
		echo "Takes every version of the package out of DKMS; each kernel has its stock driver again."
		return ;;
	*) die takes-no-argument argument="dkms-uninstall $1" help='dkms-uninstall --help' ;;
	esac
	must_be_root dkms-uninstall
	must_be_here dkms-uninstall
	make_dir "$(cache_dir)"
	lock "$(cache_dir)/install.lock"
	open_work
	LOG=$WORK/log
	: >"$LOG"
	for dir in "$DKMS_TREE"/*/ "$SOURCES/$DKMS_NAME"-*/; do
		version=$(basename "$dir")
		case $version in
		"$DKMS_NAME"-*) version=${version#"$DKMS_NAME"-} ;;
		kernel-* | original_module | '*') continue ;;
		esac
		# A folder of that name which is neither registered nor a copy that dkms-install has made is none of our business.
		[ -d "$DKMS_TREE/$version" ] || [ -e "$SOURCES/$DKMS_NAME-$version/$MARK" ] || continue
		forget "$version"
	done
	# DKMS 3.2 keeps the stock module there while ours is installed.
	rmdir "$DKMS_TREE" 2>/dev/null || true
	tidy_held
	remove_unfinished
	for release in $(cd "$MODULES" && ls | plain_names); do
		module=$(module_on_disk "$release")
		[ -z "$module" ] || printf '%s\t%s\t%s\n' "$release" "$(whose "$module")" "$module" >>"$WORK/rows"
	done
	[ ! -f "$WORK/rows" ] || table <"$WORK/rows" | answer
	for link in "$LINK" $HOOKS $UNITS; do
		! is_our_link "$link" || rm -f "$link"
	done
	empty_cache
}

# empty_cache: what the pipeline has kept there. The lab's share is not its own.
empty_cache()
{
	(cd "$(cache_dir)" && rm -rf source plan attempt leaktest qualify takeover && rm -f probe-* plt32-* times times.* dkms.turn dkms.turn.lock ./*.log install.lock)
	rmdir "$(cache_dir)" 2>/dev/null || true
}
