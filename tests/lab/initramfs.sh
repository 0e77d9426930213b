# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# initramfs - what the guest consists of: busybox, the test programs, i915 and the modules it needs, and what takes over a driver.
# Neither compressed nor compressing: the guest has better things to do than to unpack.

# drm_headers: the folder of i915_drm.h; Debian has it in libdrm-dev, others with the kernel's headers.
drm_headers()
{
	if [ -f /usr/include/libdrm/i915_drm.h ] || [ -f /usr/include/drm/i915_drm.h ]; then
		echo /usr/include/libdrm
		return
	fi
	root=$(unpacked bookworm libdrm libdrm-dev) || exit
	echo "$root/usr/include/libdrm"
}

# build_guest: sets GUEST, the folder of the test programs.
build_guest()
{
	if [ -z "${GUEST:-}" ]; then
		GUEST=$WORK/guest
		mkdir -p "$GUEST"
		headers=$(drm_headers) || exit
		logged make -C "$PACKAGE/tests/guest" O="$GUEST" DRM_HEADERS="$headers" ||
			quit "$E_BUILD" "tests/guest: $(why "$LOG"); libc's static library is needed, see $LOG"
	fi
	BUSYBOX=$(readlink -f "$(command -v busybox)")
	! ldd "$BUSYBOX" >/dev/null 2>&1 ||
		quit "$E_SYSTEM" "$BUSYBOX: needs libraries that the guest does not have; install busybox-static"
}

# make_initramfs KERNEL-FILE MODULE FILE: without a MODULE, the driver under test is in the kernel.
make_initramfs()
{
	tree=$WORK/initramfs
	rm -rf "$tree"
	mkdir -p "$tree"
	(cd "$tree" && mkdir bin dev modules proc sys tests tmp userspace)
	: >"$tree/modules/order"
	: >"$tree/modules/driver"
	cp "$BUSYBOX" "$tree/bin/busybox"
	"$BUSYBOX" --list | while read -r applet; do
		ln -s busybox "$tree/bin/$applet" 2>/dev/null || true
	done
	# shellcheck disable=SC2086 # a list
	cp "$GUEST"/* $GUEST_FILES "$PACKAGE/tests/guest/suites.sh" "$PACKAGE/tests/guest/server" "$ROOM/system/gpu.sh" "$tree/tests"
	cp "$PACKAGE/tests/guest/init" "$tree/init"
	chmod +x "$tree/init"
	[ -z "$2" ] || add_modules "$1" "$2" "$tree/modules"
	[ "$TAKEOVER" != run ] || { mkdir "$tree/package" && cp -R "$ROOM" "$PACKAGE/dkms.conf" "$tree/package"; }
	[ -z "$IGT" ] || add_igt "$tree"
	cp "$LAB/kmemleak-guest" "$tree/tests/kmemleak"
	(cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$3" 2>>"$LOG" ||
		quit "$E_SYSTEM" "$3: cannot be written; free some space"
}

# add_modules KERNEL-FILE MODULE DIR: the module under test, under its own name, which is in DIR/driver, and its build ID, by which the
# guest knows it from others; and what it needs, in the order of DIR/order.
add_modules()
{
	release=$(value release <"$1")
	modules=$(value modules <"$1")
	unpacked_module "$2" >"$WORK/driver.ko"
	section .note.gnu.build-id "$WORK/driver.ko" >"$3/build-id"
	[ -s "$3/build-id" ] ||
		quit "$E_USAGE" "$2: no module, or one without a build ID; give an i915.ko as the kernel's build has made it"
	# struct module: its name is after the state and a list
	name=$(section .gnu.linkonce.this_module "$WORK/driver.ko" | tail -c +25 | tr '\0' '\n' | head -n 1)
	mv "$WORK/driver.ko" "$3/$name.ko"
	echo "$name.ko" >"$3/driver"
	case ,$SUITES, in
	*,failing,*) add_failing "$3/$name.ko" "$3/failing" ;;
	esac
	for needed in $(modinfo -F depends "$3/$name.ko" | tr , ' ') $(userspace_modules); do
		modprobe -d "$modules" -S "$release" --ignore-install --show-depends "$needed" 2>>"$LOG" ||
			quit "$E_KERNEL" "$2: needs $needed, which $modules/lib/modules/$release does not have; give the i915.ko of this kernel"
	done >"$WORK/shown"
	awk '$1 == "insmod" && !seen[$2]++ { print $2 }' "$WORK/shown" >"$WORK/depends"
	while read -r file; do
		name=$(basename "$file" | sed 's/\.\(xz\|zst\|gz\)$//')
		unpacked_module "$file" >"$3/$name"
		echo "$name" >>"$3/order"
	done <"$WORK/depends"
}

# add_failing MODULE DIR: such as cannot take over, each under its name in a folder of DIR that says why: the kernel refuses it, for it is
# for another one (not by its release, which does not count where symbols have versions); an import is missing; its probe fails at once, or
# after much was set up.
add_failing()
{
	mkdir -p "$2/refused" "$2/import"
	LC_ALL=C sed 's/\(vermagic=[^ ]* \)[A-Za-z]/\1_/' "$1" >"$2/refused/${1##*/}"
	objcopy --redefine-sym "$(nm -u "$1" | awk '$1 == "U" && $2 ~ /^drm_/ { print $2; exit }')=not_exported" "$1" "$2/import/${1##*/}"
	failing_in "$1" "$2/probe" i915_driver_probe i915_driver_load
	failing_in "$1" "$2/probe-late" i915_gem_init
}

# failing_in MODULE DIR FUNCTION...: the same, but that its first function of such a name has no memory.
failing_in()
{
	file=$1 dir=$2
	shift 2
	for function; do
		! nm "$file" | grep -q " T $function\$" || break
	done
	mkdir -p "$dir"
	echo "int $function(void); int $function(void) { return -12; }" |
		cc -O2 -ffreestanding -fno-pie -fcf-protection=none -fno-asynchronous-unwind-tables -mcmodel=kernel -x c -c -o "$WORK/failing.o" - &&
		objcopy --weaken-symbol "$function" "$file" "$WORK/weak.ko" &&
		ld -r -o "$dir/${file##*/}" "$WORK/weak.ko" "$WORK/failing.o" ||
		quit "$E_BUILD" "$file: has no $function that could fail"
}

# section NAME FILE: nothing if the file has none.
section()
{
	objcopy -O binary --only-section="$1" --set-section-flags "$1=alloc" "$2" "$WORK/section" 2>>"$LOG" || return 0
	cat "$WORK/section"
}

# unpacked_module FILE: not every kernel can do that.
unpacked_module()
{
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}
