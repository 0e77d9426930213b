# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# rollback - the stock driver again, from the next boot on, and at once where the loaded one can go.

# keep_stock RELEASE VALUE: KEEP_STOCK[RELEASE]=1 in the configuration, so that DKMS's next autoinstall does not bring
# the fixed driver back; without a value it is taken out. The file is replaced whole; its other lines stay.
keep_stock()
{
	local mode=644 setting="KEEP_STOCK[$1]"

	: >"$WORK/settings"
	if [ -e "$CONF" ]; then
		mode=$(stat -L -c %a "$CONF")
		SETTING=$setting awk '{
			name = $0
			sub(/=.*/, "", name)
			gsub(/[ \t]/, "", name)
			if (!index($0, "=") || name != ENVIRON["SETTING"])
				print
		}' "$CONF" >"$WORK/settings" || die settings-not-copied file="$CONF" folder="$WORK"
	fi
	{ [ -z "$2" ] || printf '%s\n' "$setting = $2"; } >>"$WORK/settings" && put "$(readlink -f "$CONF")" "$mode" <"$WORK/settings" 2>"$WORK/err" ||
		die cannot-write path="$CONF"
	[ -s "$CONF" ] || rm -f "$CONF"
}

# roll_back RELEASE: however far a run before came; and one row of the table.
roll_back()
{
	local disk held

	use_installed "$1"
	must_go "$1"
	keep_stock "$1" 1
	take_out_all "$1"
	tables "$1" >>"$LOG" 2>&1 || true
	disk=$(module_on_disk "$1")
	[ "$(whose "$disk")" = stock ] || { [ -z "$disk" ] && has_built_in "$1"; } ||
		die rollback-left-module release="$1" held="$(whose "$disk")" why="$(why "$LOG")" log="$LOG"
	held=$(initramfs_i915 "$1")
	case $held in
	"$DKMS_NAME "*)
		logged renew_initramfs "$1" || die initramfs-keeps-fixed release="$1" why="$(why "$LOG")" log="$LOG"
		held=$(initramfs_i915 "$1") ;;
	esac
	printf '%s\t%s\t%s\t%s\n' "$1" "$(whose "$disk")" "$held" "$disk"
}

# users: what holds the loaded driver: programs that have its devices open, and modules.
users()
{
	local gpu

	gpu=$(intel_gpu)
	[ -z "$gpu" ] || clients_of "$gpu"
	(cd "$(sys)/holders" && ls)
}

# unload: the fixed driver out of memory and the stock one in; says why not. Where that is built in, it gets the GPU back before the module goes.
unload()
{
	local held_by gpu

	[ "$(cat "$(sys)/version" 2>/dev/null)" = "$(package_version)" ] || return 0
	held_by=$(users | tr '\n' ' ')
	if [ -n "$held_by" ]; then
		printf '%s\n' "The fixed driver stays loaded until the next boot; it is in use by: $held_by"
		return
	fi
	gpu=$(intel_gpu)
	if [ -n "$gpu" ] && [ -n "$(built_in_driver)" ]; then
		(give_back "$gpu" '' 1) 2>"$WORK/err" || printf '%s\n' "The fixed driver stays loaded until the next boot: $(last_said "$WORK/err")"
		return
	fi
	hide_consoles || true
	if ! modprobe -r "$DRIVER" 2>"$WORK/err"; then
		printf '%s\n' "The fixed driver stays loaded until the next boot: $(why "$WORK/err")"
	elif modprobe "$DRIVER" 2>"$WORK/err"; then
		echo "The stock driver is loaded."
	else
		printf '%s\n' "The fixed driver is unloaded, but the stock driver does not load before the next boot: $(why "$WORK/err")"
	fi
	show_consoles
}

# releases_meant [RELEASE]...: those named, else those that have the fixed driver.
releases_meant()
{
	local dir release

	if [ $# -gt 0 ]; then
		printf '%s\n' "$@"
		return
	fi
	for dir in "$MODULES"/*/; do
		release=$(basename "$dir")
		use_installed "$release"
		! is_ours "$(module_on_disk "$release")" || printf '%s\n' "$release"
	done
}

cmd_rollback()
{
	local undo release

	undo=
	case ${1:-} in
	--undo) undo=1; shift ;;
	-h | --help)
		echo "Usage: sudo i915-backport rollback [--undo] [RELEASE]..."
		echo "The stock driver again for every kernel that has the fixed one (or those named): on disk, in the initramfs, and in"
		printf '%s\n' "memory if nothing uses it. It stays that way (KEEP_STOCK[RELEASE] in $CONF) until 'rollback --undo' and"
		echo "'dkms-install'."
		return ;;
	-*) die no-such-option option="rollback $1" help='rollback --help' ;;
	esac
	must_be_root rollback
	must_be_here rollback
	need modinfo
	for release; do
		need_release "$release"
	done
	make_dir "$(cache_dir)"
	lock "$(cache_dir)/install.lock"
	open_work
	if [ -n "$undo" ]; then
		undo_rollback "$@"
		return
	fi
	LOG=$(cache_dir)/rollback.log
	: >"$LOG"
	printf 'KERNEL\tNEXT BOOT\tINITRAMFS\tDRIVER\n' >"$WORK/rows"
	use_installed "$(uname -r)"
	for release in $(releases_meant "$@"); do
		(roll_back "$release") >>"$WORK/rows"
	done
	table <"$WORK/rows" | answer
	unload
}

# undo_rollback [RELEASE]...: all, unless named.
undo_rollback()
{
	local release

	# shellcheck disable=SC2046 # kernel releases hold no blanks
	[ $# -gt 0 ] || set -- $(sed -n 's/^[[:blank:]]*KEEP_STOCK\[\([^]]*\)\].*/\1/p' "$CONF" 2>/dev/null | plain_names)
	for release; do
		keep_stock "$release" ""
		printf '%s\n' "$release: no longer kept at the stock driver; 'i915-backport dkms-install' installs the fixed one again"
	done
}
