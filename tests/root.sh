# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# root - Debian roots in a cache, so that no test changes the machine it runs on.

TEST_CACHE=${TEST_CACHE:-/var/cache/i915-backport-tests}

# again COMMAND...: up to three times, for a mirror is not always there.
again()
{
	"$@" || { sleep 20 && "$@"; } || { sleep 60 && "$@"; }
}

# lock_root ROOT: one program at a time uses it; release_root, or the end of the shell that called, gives it free.
lock_root()
{
	mkdir -p "$TEST_CACHE"
	exec 9>"$1.lock"
	flock 9
}

# bootstrap SUITE ROOT PACKAGES: from nothing.
bootstrap()
{
	unmount_root "$2"
	rm -rf --one-file-system "$2"
	debootstrap --variant=minbase --include="$3" "$1" "$2" ${MIRROR:+"$MIRROR"}
}

# make_root NAME SUITE PACKAGE...: prints the folder. A root that was made with the same packages is
# used again; one that was not finished is made anew.
make_root()
{
	name=$1 suite=$2
	shift 2
	root=$TEST_CACHE/$name
	stamp="$suite $*"
	(
		lock_root "$root"
		[ "$(cat "$root/.whole" 2>/dev/null)" != "$stamp" ] || exit 0
		again bootstrap "$suite" "$root" "$(echo "$*" | tr ' ' ',')" >"$TEST_CACHE/$name.log" 2>&1 || {
			echo "debootstrap $suite: $(tail -n 1 "$TEST_CACHE/$name.log"); the log is $TEST_CACHE/$name.log" >&2
			exit 1
		}
		echo "$stamp" >"$root/.whole"
	) || return
	echo "$root"
}

# enter_root ROOT: this shell's until release_root, with what programs in it expect to be mounted.
enter_root()
{
	lock_root "$1"
	mountpoint -q "$1/proc" || mount -t proc proc "$1/proc"
	mountpoint -q "$1/dev" || mount --rbind --make-rslave /dev "$1/dev"
}

release_root()
{
	unmount_root "$1"
	exec 9>&-
}

# unmount_root ROOT: an empty name would be this machine's own.
unmount_root()
{
	for where in proc dev; do
		! mountpoint -q "${1:?}/$where" || umount -R -l "$1/$where"
	done
}

# lend_root ROOT / take_back_root ROOT: to what changes it. One that does not come back, as it was, is made anew when it is next wanted:
# a life that is cut short leaves a root without its stock driver.
lend_root()
{
	mv "$1/.whole" "$1/.lent"
}

take_back_root()
{
	mv "$1/.lent" "$1/.whole"
}

# in_root ROOT COMMAND...: what it leaves running does not hold the lock.
in_root()
{
	inside=$1
	shift
	chroot "$inside" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C TERM=dumb \
		CCACHE_DEPEND=1 CCACHE_NOHASHDIR=1 "$@" 9>&-
}

# kernel_of ROOT: the release of the kernel that linux-headers-amd64 has brought.
kernel_of()
{
	basename "$(echo "$1"/lib/modules/*[0-9]-amd64)"
}

# kernel_root SUITE: that Debian with what building a module takes, the headers of its kernel,
# its source, and the modules it comes with (out of the kernel's package, which would want a boot loader if installed).
kernel_root()
{
	root=$(make_root "$1" "$1" gcc libc6-dev make patch kmod xz-utils bzip2 zstd ccache dkms openssl \
		linux-headers-amd64 linux-headers-cloud-amd64 linux-source procps git) || return
	(
		lock_root "$root"
		[ ! -f "$root/.image" ] || exit 0
		release=$(kernel_of "$root")
		again in_root "$root" sh -ec "cd /tmp && apt-get update -q && apt-get download linux-image-$release && dpkg-deb -x linux-image-*.deb /tmp/image &&
			cp -a \"\$(find /tmp/image -type d -path '*/modules/$release')/.\" /lib/modules/$release/ && rm -rf /tmp/image /tmp/*.deb &&
			depmod $release" >>"$TEST_CACHE/$1.log" 2>&1 || {
			echo "linux-image-$release: $(tail -n 1 "$TEST_CACHE/$1.log"); the log is $TEST_CACHE/$1.log" >&2
			exit 1
		}
		: >"$root/.image"
	) || return
	echo "$root"
}

# put_package ROOT PACKAGE: at /i915-backport in it.
put_package()
{
	rm -rf "$1/i915-backport"
	mkdir "$1/i915-backport"
	(cd "$2" && tar -cf - --exclude=build --exclude=./.git .) |
		tar -xf - -C "$1/i915-backport" --no-same-owner
}
