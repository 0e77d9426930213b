# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# takeover - a running machine's GPU goes from the i915 that is built into its kernel to the fixed one, a module of another name,
# and back. Needs a shell and what busybox has.
#
# The module is loaded while the built-in driver still drives: one that the kernel refuses changes nothing, and the GPU is without a
# driver only while one lets go of it and the other starts. From there on no signal ends the command before a driver drives again.

# bind GPU DRIVER: it drives the GPU then, and there is a card. Loading a module may have done that.
bind()
{
	[ "$(driver_of "$1")" = "$2" ] || into "${1##*/}" "$ROOT/sys/bus/pci/drivers/$2/bind" || return
	[ "$(driver_of "$1")" = "$2" ] && [ -n "$(find "$1/drm/" -name 'card[0-9]*' 2>/dev/null)" ] || {
		printf '%s\n' "$2 does not drive ${1##*/}" >"$WORK/cause"
		return "$E_SYSTEM"
	}
}

# unbind GPU: whatever drives it lets go of it.
unbind()
{
	[ -z "$(driver_of "$1")" ] || into "${1##*/}" "$1/driver/unbind"
}

# load MODULE FILE OPTION...: one that an earlier takeover has left goes first.
load()
{
	local name=$1 file=$2

	shift 2
	[ ! -d "$ROOT/sys/module/$name" ] || unload_module "$name" || return
	insmod "$file" "$@" 2>"$WORK/insmod" || {
		why "$WORK/insmod" >"$WORK/cause"
		return "$E_SYSTEM"
	}
	[ -n "$(bus_driver "$name")" ] || {
		printf '%s\n' "the file is no PCI driver of the name $name" >"$WORK/cause"
		return "$E_SYSTEM"
	}
}

# unload_module MODULE
unload_module()
{
	rmmod "$1" 2>"$WORK/rmmod" || {
		why "$WORK/rmmod" >"$WORK/cause"
		return "$E_SYSTEM"
	}
}

seconds()
{
	cut -d' ' -f1 /proc/uptime
}

# swap_drivers GPU DRIVER: it drives the GPU, in the place of what has; the seconds without a driver are in the file 'took'.
swap_drivers()
{
	local begun

	hide_consoles || return
	begun=$(seconds)
	[ "$(driver_of "$1")" = "$2" ] || unbind "$1" || return
	bind "$1" "$2" || return
	awk "BEGIN { printf \"%.2f\n\", $(seconds) - $begun }" >"$WORK/took"
	show_consoles
}

# swap_back GPU DRIVER MODULE: that driver drives the GPU as before, whatever came in between, and the module goes; the command ends with
# why it failed. There may have been no driver before.
swap_back()
{
	local cause back=''

	cause=$(cat "$WORK/cause")
	[ "$(driver_of "$1")" = "$2" ] || unbind "$1" || true
	[ -z "$2" ] || ! bind "$1" "$2" || { back=1; show_consoles; }
	[ ! -d "$ROOT/sys/module/$3" ] || [ "$(module_of "$1")" = "$3" ] || unload_module "$3" || true
	[ -n "$back" ] || die takeover-left-nothing why="$cause" gpu="${1##*/}"
	die takeover-failed why="$cause" driver="$2"
}

# parameters_of FILE: those that a module has, a line each.
parameters_of()
{
	tr '\0' '\n' <"$1" | sed -n 's/^parmtype=\([A-Za-z0-9_]*\):.*/\1/p' | sort -u
}

# boot_parameters STOCK MODULE FILE: what the kernel's command line has for the built-in driver, what the settings of
# modprobe have for the module, and what the command line has for that, as far as the one in FILE knows it; a line each.
# Of one that is there twice the last counts.
boot_parameters()
{
	local known word name

	known=$(parameters_of "$3")
	{
		options_to_carry "$1" <"$ROOT/proc/cmdline"
		modprobe -c 2>/dev/null | sed -n "s/^options $2 //p" | tr ' ' '\n'
		options_of "$2" <"$ROOT/proc/cmdline"
	} | while IFS= read -r word; do
		name=$(printf '%s\n' "${word%%=*}" | tr - _)
		printf '%s\n' "$known" | grep -qxF "$name" || continue
		case $word in
		*=*) printf '%s\n' "$name=${word#*=}" ;;
		*) printf '%s\n' "$name" ;;
		esac
	done
}

# later_parameters MODULE NEW: what was written to parameters of the first since boot is written to those of the second.
later_parameters()
{
	local file name

	for file in $(find "$ROOT/sys/module/$1/parameters/" -type f -perm -200 2>/dev/null); do
		name=${file##*/}
		[ -f "$ROOT/sys/module/$2/parameters/$name" ] && ! cmp -s "$file" "$ROOT/sys/module/$2/parameters/$name" || continue
		! into "$(cat "$file")" "$ROOT/sys/module/$2/parameters/$name" || printf '%s\n' "$name=$(cat "$file")"
	done
}

# must_be_idle GPU DARK: nobody has it open; no screen is lit, unless it may go dark.
must_be_idle()
{
	local clients screens

	clients=$(clients_of "$1" | listed)
	[ -z "$clients" ] || die gpu-in-use clients="$clients"
	screens=$(lit_screens "$1" | listed)
	[ -z "$screens" ] || [ -n "$2" ] || die screen-lit screens="$screens"
}

# take_gpu GPU CHECK DARK FILE
take_gpu()
{
	local gpu=$1 check=$2 file=$4 stock module driver option carried

	[ -f "$file" ] || die no-takeover-module file="${file:-i915_backport.ko}"
	module=${file##*/}
	module=$(printf '%s\n' "${module%%.ko*}" | tr - _)
	stock=$(built_in_driver)
	[ -n "$stock" ] || die driver-not-built-in
	driver=$(driver_of "$gpu")
	[ "$(module_of "$gpu")" != "$module" ] || die gpu-taken driver="$module"
	[ -z "$driver" ] || is_built_in "$(module_of "$gpu")" || die gpu-driven-by-module driver="$(module_of "$gpu")"
	must_be_idle "$gpu" "$3"
	module_data "$file" >"$WORK/$module.ko" 2>"$WORK/unpack" || die takeover-module-unread file="$file" why="$(why "$WORK/unpack")"
	set --
	boot_parameters "$stock" "$module" "$WORK/$module.ko" >"$WORK/parameters"
	while IFS= read -r option; do
		set -- "$@" "$option"
	done <"$WORK/parameters"
	if [ -n "$check" ]; then
		printf '%s\n' "would load $file${*:+ with $*}, and give ${gpu##*/} to it${driver:+ in the place of $driver}"
		return
	fi
	trap '' HUP INT TERM
	load "$module" "$WORK/$module.ko" "$@" && swap_drivers "$gpu" "$(bus_driver "$module")" || swap_back "$gpu" "$driver" "$module"
	later_parameters "$stock" "$module" >>"$WORK/parameters"
	carried=$(joined <"$WORK/parameters")
	printf '%s\n' "$module drives ${gpu##*/}${driver:+; it was without a driver for $(cat "$WORK/took") s}${carried:+; parameters: $carried}"
}

# give_back GPU CHECK DARK: to the built-in driver.
give_back()
{
	local module driver stock

	module=$(module_of "$1")
	driver=$(driver_of "$1")
	[ -z "$driver" ] || ! is_built_in "$module" || die gpu-taken driver="$module"
	stock=$(bus_driver "$(built_in_driver)")
	[ -n "$stock" ] || die no-built-in-driver
	must_be_idle "$1" "$3"
	if [ -n "$2" ]; then
		printf '%s\n' "would give ${1##*/} to $stock, which is built in${module:+, and unload $module}"
		return
	fi
	trap '' HUP INT TERM
	swap_drivers "$1" "$stock" || swap_back "$1" "$driver" "$module"
	[ -z "$module" ] || unload_module "$module" || warn module-stays module="$module" why="$(cat "$WORK/cause")"
	printf '%s\n' "$stock drives ${1##*/}; it was without a driver for $(cat "$WORK/took") s"
}

# end_splash: a splash screen has the GPU open.
end_splash()
{
	! command -v plymouth >/dev/null 2>&1 || plymouth quit >/dev/null 2>&1 || true
}

# take_at_boot GPU: when the machine starts, by the module that is installed for its kernel, if that is for this. One with which that
# was begun before and did not end, because the machine did, is not tried again.
take_at_boot()
{
	local file mark status=0

	[ -n "$1" ] && [ -n "$(built_in_driver)" ] || return 0
	use_installed "$(uname -r)"
	file=$(module_on_disk "$(uname -r)")
	if [ -z "$file" ]; then
		warn_if_undriven "$(uname -r)"
		return
	fi
	[ -n "$TAKES_OVER" ] && [ "$(module_of "$1")" != "$DRIVER" ] || return 0
	mark=$(cache_dir)/takeover
	[ "$(cat "$mark" 2>/dev/null)" != "$(cksum <"$file")" ] || die takeover-did-not-end file="$file"
	make_dir "${mark%/*}"
	# Whoever ends this command has not stopped the machine.
	trap '' HUP INT TERM
	cksum <"$file" | put "$mark" && sync || die cannot-write path="$mark"
	end_splash
	(take_gpu "$1" '' 1 "$file") || status=$?
	rm -f "$mark"
	return "$status"
}

cmd_takeover()
{
	local check='' dark='' undo='' boot='' file='' gpu

	while [ $# -gt 0 ]; do
		case $1 in
		--check) check=1 ;;
		--dark) dark=1 ;;
		--undo) undo=1 ;;
		--boot) boot=1 ;;
		-h | --help)
			cat <<-EOT
			Usage: sudo i915-backport takeover [--check] [--dark] [MODULE.ko]
			       sudo i915-backport takeover --undo [--check] [--dark]
			       sudo i915-backport takeover --boot

			On a kernel with a built-in i915: loads the fixed driver and gives the GPU to it, without a restart. If that fails,
			the built-in driver drives again. Nothing may have the GPU open.

			  MODULE.ko  the fixed driver (default: the one that is installed for this kernel)
			  --undo     gives the GPU back to the built-in driver and unloads the module
			  --dark     a screen may be lit; it is dark until the other driver drives
			  --boot     what runs when the machine starts: as with --dark, and nothing where nothing is to be done
			  --check    says what would be done, or why it is refused, and does nothing

			Exit status: 0 done, $E_CLEAN it is so already, $E_REFUSED refused and nothing was changed, $E_FAILED failed and the driver from
			before drives again, $E_UNDRIVEN failed and no driver drives the GPU.
			EOT
			return ;;
		-*) die no-such-option option="takeover $1" help='takeover --help' ;;
		*) file=$1 ;;
		esac
		shift
	done
	must_be_root takeover
	need insmod rmmod dd find cmp
	gpu=$(intel_gpu)
	[ -n "$gpu" ] || [ -n "$boot" ] || die no-gpu
	open_work
	if [ -n "$boot" ]; then
		take_at_boot "$gpu"
	elif [ -n "$undo" ]; then
		give_back "$gpu" "$check" "$dark"
	else
		[ -n "$file" ] || { use_installed "$(uname -r)"; file=$(module_on_disk "$(uname -r)"); }
		take_gpu "$gpu" "$check" "$dark" "$file"
		[ -n "$check" ] || rm -f "$(cache_dir)/takeover"
	fi
}
