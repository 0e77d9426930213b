# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# gpu - what drives the Intel GPU, by what sysfs says of the device, whatever the driver is called. The lab's guest has these
# functions too.

# intel_gpus: the folders of the devices, a line each.
intel_gpus()
{
	grep -l '^pci:v00008086d[0-9A-F]*sv.*bc03' "$ROOT"/sys/bus/pci/devices/*/modalias 2>/dev/null | sed 's|/modalias$||'
}

# intel_gpu: the first; nothing without one. No machine with the drivers that this package is about has two.
intel_gpu()
{
	intel_gpus | head -n 1
}

# pci_id DEVICE: vendor, device and revision, which is no file of its own before Linux 4.10.
pci_id()
{
	printf '%s\n' "$(cut -c 3- "$1/vendor"):$(cut -c 3- "$1/device") revision $(od -An -v -tx1 -j 8 -N 1 "$1/config" 2>/dev/null | tr -d ' ' | grep . || echo unknown)"
}

# leads_to LINK: the name of that; nothing where there is no such link.
leads_to()
{
	local target

	target=$(readlink "$1") || return 0
	printf '%s\n' "${target##*/}"
}

# driver_of DEVICE: as the bus knows it; nothing while none drives it.
driver_of()
{
	leads_to "$1/driver"
}

# module_of DEVICE: that driver's module, which may be built in. Until Linux 4.8 DRM registers its drivers in their place, and they seem
# to be its own; then the module has the driver's name.
module_of()
{
	local module

	module=$(leads_to "$1/driver/module")
	case $module in
	'' | drm) module=$(driver_of "$1") ;;
	esac
	printf '%s\n' "$module"
}

# is_built_in MODULE: it is there, and was not loaded.
is_built_in()
{
	[ -n "$1" ] && [ -d "$ROOT/sys/module/$1" ] && [ ! -e "$ROOT/sys/module/$1/initstate" ]
}

# built_in_driver: the name of the module of the kernel's own i915, where that is built in; nothing where it is not.
built_in_driver()
{
	local module

	for module in "$ROOT"/sys/module/i915*; do
		! is_built_in "${module##*/}" || { printf '%s\n' "${module##*/}"; return; }
	done
}

# options_of DRIVER: what a kernel's command line, on stdin, has for it, a line each.
options_of()
{
	tr -s ' \t' '\n' | sed -n "s/^$1[.]//p"
}

# options_to_carry DRIVER: those of one that is built in which are meant for another in its place as well: not that it is to leave the GPU
# alone.
options_to_carry()
{
	options_of "$1" | sed '/^modeset=/d'
}

# bus_driver MODULE: what the PCI bus knows of it; nothing while it has not registered there.
bus_driver()
{
	local driver

	for driver in "$ROOT/sys/module/$1/drivers"/pci:* "$ROOT/sys/bus/pci/drivers/$1"; do
		[ ! -e "$driver" ] || { driver=${driver##*/}; printf '%s\n' "${driver#pci:}"; return; }
	done
}

# nodes_of DEVICE: what programs can open of it: its cards, frame buffers and I2C buses, as paths of files.
nodes_of()
{
	find "$1/" -name uevent -exec sed -n 's|^DEVNAME=|/dev/|p' {} + 2>/dev/null | sort -u
}

# clients_of DEVICE: the programs that have one of those open or mapped, or a buffer that they were given by a driver;
# by the names that they have given themselves, without what a terminal would obey.
clients_of()
{
	local pid comm

	nodes_of "$1" >"$WORK/nodes"
	{
		ls -l "$ROOT"/proc/[0-9]*/fd | awk '
			nodes { node[$0]; next }
			/^\/.*\/fd:$/ { n = split($0, part, "/"); pid = part[n - 1]; next }
			{ sub(/^.* -> /, "") }
			$0 in node || /^(anon_inode:|\/)dmabuf/ { print pid }' nodes=1 "$WORK/nodes" nodes=0 -
		grep -lF -e anon_inode:dmabuf -e /dmabuf: -f "$WORK/nodes" "$ROOT"/proc/[0-9]*/maps | sed 's|/maps$||; s|.*/||'
	} 2>/dev/null | sort -un | while IFS= read -r pid; do
		! comm=$({ tr -d '[:cntrl:]' <"$ROOT/proc/$pid/comm"; } 2>/dev/null) || printf '%s\n' "$comm ($pid)"
	done
}

# lit_screens DEVICE: the connectors whose screen is on.
lit_screens()
{
	local connector

	for connector in "$1"/drm/card*/card*-*; do
		[ "$(cat "$connector/enabled" "$connector/dpms" 2>/dev/null | tr '\n' ' ')" != 'enabled On ' ] || printf '%s\n' "${connector##*/card?-}"
	done
}

# into VALUE FILE: write that to a file of sysfs; why not is in the file 'cause'.
into()
{
	printf '%s\n' "$1" | dd of="$2" conv=notrunc 2>"$WORK/dd" && return
	printf '%s\n' "$2: $(sed -n 's/^dd: .*: //p' "$WORK/dd" | head -n 1)" >"$WORK/cause"
	return "$E_SYSTEM"
}

# consoles VALUE: the frame buffer's text consoles that are shown (1), or are not (0).
consoles()
{
	local console

	for console in "$ROOT"/sys/class/vtconsole/*; do
		! grep -q 'frame buffer' "$console/name" 2>/dev/null || [ "$(cat "$console/bind")" != "$1" ] || printf '%s\n' "$console"
	done
}

# hide_consoles: they let go of the driver; which did is in the file 'consoles'. A kernel that cannot do that says nothing.
hide_consoles()
{
	local console

	consoles 1 >"$WORK/consoles"
	for console in $(cat "$WORK/consoles"); do
		into 0 "$console/bind" || return
		[ "$(cat "$console/bind")" = 0 ] || {
			printf '%s\n' "$console: the kernel keeps its console at the frame buffer, as without CONFIG_VT_HW_CONSOLE_BINDING" >"$WORK/cause"
			return "$E_SYSTEM"
		}
	done
}

# show_consoles: if there were any. The driver makes its frame buffer some time after it has started, and the console may have another
# number then, or be shown already.
show_consoles()
{
	local console

	[ -s "$WORK/consoles" ] || return 0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		for console in $(consoles 0); do
			into 1 "$console/bind" || true
		done
		[ -z "$(consoles 1)" ] || return 0
		sleep 0.5
	done
}
