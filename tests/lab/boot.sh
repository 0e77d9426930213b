# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# boot - one guest, from the virtual GPU's start to the guest's end or the time limit.
#
# What a subject's folder holds afterwards:
#   console     the guest's first serial line: the kernel's log
#   tap         its second one: the results
#   seconds     from QEMU's start to the driver being ready
#   ended       how far the guest ran: "to its end", or what went wrong
#   vgpu.log    what the virtual GPU saw; vgpu.log.out, what it should not have said
#   screen-*    pictures of what was on the screen
#   qemu.log    QEMU's command line and messages

# A guest that says nothing on either line for this long is lost. The longest silences are recovery
# from a hang and a scan of kmemleak, about 20 s each; several times that on a busy machine.
SILENCE=150

GUEST_MEMORY=1G
PIDS=

# Where in that memory 32 MiB are the GPU's own (stolen), which the kernel is told to leave alone, as firmware would; empty: it has none.
STOLEN=

# A display server wants a screen: the analog port, as if something were connected.
SCREEN=video=VGA-1:800x600e

# build_vgpu: sets VGPU, and PLUGIN for the QEMU of find_qemu.
build_vgpu()
{
	if [ -z "${VGPU:-}" ]; then
		logged make -C "$PACKAGE/tests/vgpu" O="$WORK/vgpu" ||
			quit "$E_BUILD" "tests/vgpu: $(why "$LOG")"
		VGPU=$WORK/vgpu/vgpu
	fi
	aperture_plugin
}

# start_vgpu SOCKET LOG [OPTION]...: and wait until it listens.
start_vgpu()
{
	socket=$1 said=$2
	shift 2
	"$VGPU" --socket "$socket" --platform "$PLATFORM" --log "$said" "$@" >>"$said.out" 2>&1 &
	PIDS="$PIDS $!"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -S "$socket" ] && return
		sleep 0.1
	done
	quit "$E_SYSTEM" "$VGPU: does not listen on $socket; see $said"
}

stop_guest()
{
	for pid in $PIDS; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in $PIDS; do
		wait "$pid" 2>/dev/null || true
	done
	PIDS=
}

# vfio_user SOCKET ADDRESS: a -device of QEMU. Its writes wait for the answer, or one that flushes the GGTT's TLB would
# be overtaken by accesses to the mapped aperture.
vfio_user()
{
	echo "{\"driver\":\"vfio-user-pci\",\"socket\":{\"path\":\"$1\",\"type\":\"unix\"},\"addr\":\"$2\",\"rombar\":0," \
		"\"x-no-posted-writes\":true}"
}

# command_line: the kernel's. An oops ends the guest at once, the log is large enough for a driver that warns at each
# context.
command_line()
{
	echo "console=ttyS0 log_buf_len=4M panic=-1 oops=panic no_timer_check ${COUNTING-$(counting)}" \
		"nokaslr mitigations=off fbcon=map:1 lab.suites=$SUITES ${SHELL_IN_GUEST:+lab.shell} $(taking)" \
		"${USERSPACE:+$SCREEN} ${STOLEN:+memmap=32M\$$STOLEN} $APPEND"
}

# taking: how the module under test gets the GPU from the driver that is built in.
taking()
{
	case $TAKEOVER in
	boot) echo "lab.takeover=boot i915.modeset=0" ;;
	run) echo "lab.takeover=run" ;;
	esac
}

# counting: what the leak suite counts by. Slab caches keep their names; there is room to note as many DMA mappings as
# fifty PPGTTs of 4.1 have, and each page is one of its own, but with an IOMMU, where the kernel does not offer that.
counting()
{
	# U counts VMAs by allocating function, and costs a stack trace for each allocation: too much beside KASAN
	case $DEBUG in
	debug) slub=FZP scan=off ;;
	kmemleak) slub=FZPU scan=on ;;
	*) slub=U scan=off ;;
	esac
	[ -n "$IOMMU" ] && mapping=intel_iommu=on || mapping='iommu=soft swiotlb=2048'
	echo "slab_nomerge slub_debug=$slub kmemleak=$scan dma_debug_entries=262144 $mapping"
}

# start_gpu DIR: the GPU, and the south bridge by which drivers of that time tell which display it has.
start_gpu()
{
	rm -f "$WORK/gpu" "$WORK/lpc" "$WORK/aperture"
	start_vgpu "$WORK/gpu" "$1/vgpu.log" --display --pictures "$1/screen" --aperture "$WORK/aperture" \
		${STOLEN:+--stolen "$STOLEN"}
	start_vgpu "$WORK/lpc" "$1/lpc.log" --lpc
}

# aperture_plugin: sets PLUGIN, if QEMU comes as far as the plugin's own complaint. Without it each access to the
# aperture is trapped.
aperture_plugin()
{
	PLUGIN=$(dirname "$VGPU")/aperture.so
	# shellcheck disable=SC2086,SC2153 # a command line; find_qemu has set it
	said=$($QEMU -machine none -display none -plugin "file=$PLUGIN" 2>&1) || true
	case $said in
	*socket=PATH*) ;;
	*)
		log "the aperture is trapped: $said"
		PLUGIN= ;;
	esac
}

cpu_model()
{
	case $PLATFORM in
	broadwell*) echo Broadwell-v4 ;;
	haswell) echo Haswell-v4 ;;
	esac
}

# exec_machine DIR [OPTION]...: with the GPU of start_gpu; does not return.
exec_machine()
{
	dir=$1
	shift
	# An IOMMU comes before the devices, and tells of each page that is mapped, for the virtual GPU has to know.
	# shellcheck disable=SC2086 # QEMU is a command line
	set -- $QEMU -accel tcg,thread=multi -cpu "$(cpu_model)" -smp "$CPUS" -m "$GUEST_MEMORY" \
		-object memory-backend-memfd,id=m,size="$GUEST_MEMORY",share=on \
		-machine q35,memory-backend=m -nodefaults -no-user-config -vga none -display none -no-reboot \
		${IOMMU:+-device intel-iommu,caching-mode=on} \
		${USERSPACE:+-virtfs local,path=$USERSPACE,mount_tag=userspace,security_model=none,readonly=on} \
		${PLUGIN:+-plugin file=$PLUGIN,socket=$WORK/aperture} \
		-device "$(vfio_user "$WORK/gpu" 2.0)" -device "$(vfio_user "$WORK/lpc" 3.0)" "$@"
	log "+ $*"
	echo "$*" >"$dir/qemu.log"
	exec "$@" 2>>"$dir/qemu.log"
}

# exec_qemu KERNEL-FILE DIR [OPTION]...: the same, with that kernel and the folder's initramfs.
exec_qemu()
{
	vmlinuz=$(value vmlinuz <"$1") dir=$2
	shift 2
	exec_machine "$dir" -kernel "$vmlinuz" -initrd "$dir/initramfs" -append "$(command_line)" "$@"
}

# boot KERNEL-FILE DIR WHAT SECONDS: until the guest has ended or must be ended; for the progress line, what it does and how long that takes the
# first time.
boot()
{
	rm -f "$2/seconds" "$2"/*.out
	: >"$2/console"
	: >"$2/tap"
	start_gpu "$2"
	begin=$(milliseconds)
	exec_qemu "$1" "$2" -serial "file:$2/console" -serial "file:$2/tap" </dev/null &
	qemu=$!
	PIDS="$PIDS $qemu"
	begin_line "$3" "$4"
	watch "$2" "$3" "$4" >"$2/ended"
	end_bar "$3"
	stop_guest
	# It is silent, unless it crashes or was built with sanitizers that have found something.
	if [ -s "$2/vgpu.log.out" ]; then
		echo "the virtual GPU failed: $(grep -m 1 -v '^=*$' "$2/vgpu.log.out")" >"$2/ended"
	fi
}

# end_bar WHAT
end_bar()
{
	[ ! -t 2 ] || clear_bar
	end_line "$1" "$((($(milliseconds) - begin) / 1000))"
}

milliseconds()
{
	date +%s%3N
}

# size_of DIR: bytes that the guest has said.
size_of()
{
	cat "$1/console" "$1/tap" | wc -c
}

# note_ready DIR: how long that took, as soon as the guest has said it.
note_ready()
{
	[ ! -e "$1/seconds" ] && grep -q '^# driver ready' "$1/tap" || return 0
	echo "$(($(milliseconds) - begin))" | awk '{ printf "%.1f\n", $1 / 1000 }' >"$1/seconds"
}

# watch DIR WHAT SECONDS: print why the guest ended.
watch()
{
	said=0 heard=$begin expected=$(expected "$2" "$3")
	while kill -0 "$qemu" 2>/dev/null; do
		sleep 0.2
		time=$(milliseconds)
		[ ! -t 2 ] || bar "$2" "$(((time - begin) / 1000))" "$expected" >&2
		note_ready "$1"
		bytes=$(size_of "$1")
		if [ "$bytes" != "$said" ]; then
			said=$bytes heard=$time
		fi
		if [ "$((time - begin))" -gt "$((TIMEOUT * 1000))" ]; then
			echo "time limit of $TIMEOUT s"
			return
		elif [ "$((time - heard))" -gt "$((SILENCE * 1000))" ]; then
			echo "silent for $SILENCE s"
			return
		fi
	done
	note_ready "$1"
	if grep -q '^1\.\.[0-9]' "$1/tap"; then
		echo "to its end"
	elif grep -qE 'Kernel panic|Oops' "$1/console"; then
		echo "the guest's kernel crashed"
	else
		echo "the guest ended before its tests did"
	fi
}

# shell_in_guest KERNEL-FILE DIR
shell_in_guest()
{
	[ -t 0 ] || tell "--shell: standard input is no terminal; commands are read from it"
	start_gpu "$2"
	(exec_qemu "$1" "$2" -serial mon:stdio -serial "file:$2/tap") || true
	stop_guest
}
