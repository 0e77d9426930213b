# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# initramfs - what the guest consists of: busybox, the test programs, i915 and the modules it needs.
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

# make_initramfs KERNEL-FILE MODULE FILE
make_initramfs()
{
	tree=$WORK/initramfs
	rm -rf "$tree"
	mkdir -p "$tree"
	(cd "$tree" && mkdir bin dev modules proc sys tests tmp)
	cp "$BUSYBOX" "$tree/bin/busybox"
	"$BUSYBOX" --list | while read -r applet; do
		ln -s busybox "$tree/bin/$applet" 2>/dev/null || true
	done
	# shellcheck disable=SC2086 # a list
	cp "$GUEST"/* $GUEST_FILES "$PACKAGE/tests/guest/suites.sh" "$tree/tests"
	cp "$PACKAGE/tests/guest/init" "$tree/init"
	chmod +x "$tree/init"
	add_modules "$1" "$2" "$tree/modules"
	[ -z "$IGT" ] || add_igt "$tree"
	cp "$LAB/kmemleak-guest" "$tree/tests/kmemleak"
	(cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$3" 2>>"$LOG" ||
		quit "$E_SYSTEM" "$3: cannot be written; free some space"
}

# add_modules KERNEL-FILE MODULE DIR: i915 and, before it, what it needs, in DIR/order.
add_modules()
{
	release=$(value release <"$1")
	modules=$(value modules <"$1")
	for name in $(modinfo -F depends "$2" | tr , ' '); do
		modprobe -d "$modules" -S "$release" --ignore-install --show-depends "$name" 2>>"$LOG" ||
			quit "$E_KERNEL" "$2: needs $name, which $modules/lib/modules/$release does not have; give the i915.ko of this kernel"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$WORK/depends"
	while read -r file; do
		add_module_file "$file" "$3"
	done <"$WORK/depends"
	add_module_file "$2" "$3" i915.ko
}

# add_module_file FILE DIR [NAME]: unpacked, because not every kernel can.
add_module_file()
{
	name=${3:-$(basename "$1" | sed 's/\.\(xz\|zst\|gz\)$//')}
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac >"$2/$name"
	echo "$name" >>"$2/order"
}
