# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dist - a built module as a Debian package, for machines without compilers: one package for one kernel.

# manifest MODULE MADE: what it was made of (make_module), and what the check found.
manifest()
{
	local cc

	cc=$(value cc <"$WORK/asked")
	cat <<-EOT
	package: i915-backport $(package_version)
	kernel: $(planned release "$2")
	vermagic: $(modinfo -F vermagic "$1")
	source: $(planned version "$2")
	source_sha256: $(planned source_sha256 "$2")
	series: $(planned made "$2")
	series_sha256: $(planned series_sha256 "$2")
	compiler: $($cc --version | head -n 1)
	$(grep -E '^(imports|exports): ' "$LOG")
	signer: $(signer_of "$1")
	module_sha256: $(sha256sum "$1" | cut -d' ' -f1)
	EOT
}

# signing_hash KDIR: the one that this kernel is made to take.
signing_hash()
{
	local hash

	hash=$(kconfig "$1" CONFIG_MODULE_SIG_HASH | tr -d '"')
	hash=${hash:-sha256}
	is_plain "$hash" || die odd-hash headers="$1"
	printf '%s\n' "$hash"
}

# sign FILE: with the user's key, if one is named; fails with a key and a certificate that are no pair. Nobody is asked for a passphrase.
sign()
{
	local headers hash

	[ -n "${SIGN_KEY:-}" ] || return 0
	[ -n "${KBUILD_SIGN_PIN:-}" ] || ! grep -q '^-----BEGIN ENCRYPTED\|^Proc-Type: .*ENCRYPTED' "$SIGN_KEY" 2>/dev/null ||
		die key-locked key="$SIGN_KEY"
	headers=${KDIR:-$MODULES/$(uname -r)/build}
	hash=$(set -e; signing_hash "$headers")
	"$headers/scripts/sign-file" "$hash" "$SIGN_KEY" "${SIGN_CERT:-}" "$1" 2>"$1.err" ||
		die cannot-sign key="$SIGN_KEY" why="$(why "$1.err")"
	rm -f "$1.err"
}

# finish MODULE: without debug information, and signed; a signature ends the file.
finish()
{
	"${CROSS_COMPILE:-}strip" -g "$1" 2>"$WORK/err" || die cannot-strip module="$1" why="$(why "$WORK/err")"
	sign "$1"
}

# try_key: before anything is built.
try_key()
(
	open_work
	echo text >"$WORK/text"
	sign "$WORK/text"
)

# maintainer_script NAME RELEASE MODULE: of the package. At every moment modules.dep names a driver that is there.
maintainer_script()
{
	{
		echo '#!/bin/sh'
		echo 'set -e'
		printf '%s\n' "release='$2'" "driver='$DRIVER'"
		printf '%s\n' "signer='$(signer_of "$3" | tr -d "'")'"
		printf '%s\n' "preference=/etc/depmod.d/$(package_name "$2").conf"
		printf '%s\n' "prefers_stock='$(prefers "$2" "kernel/$I915")'"
		"script_$1"
	} >"$WORK/package/DEBIAN/$1"
	chmod 755 "$WORK/package/DEBIAN/$1"
}

# script_refuse STEP: what the package has in that file of system/, and how to say no.
script_refuse()
{
	echo ROOT=
	sed '/^#/d' "$ROOM/system/$1.sh"
	cat <<-'EOT'
	refuse()
	{
		printf '%s\n' "i915-backport: $1" >&2
		exit 1
	}
	EOT
}

# script_preinst: another kernel's machine, or one whose kernel would refuse the module.
script_preinst()
{
	script_refuse signature
	cat <<-'EOT'
	# Of a kernel that has gone since, the package can still go on.
	[ "$1" = upgrade ] || [ -d "/lib/modules/$release/kernel" ] ||
		refuse "/lib/modules/$release: this kernel is not installed here; install the package of yours"
	! wants_signatures || knows_signer "$signer" ||
		refuse "this kernel loads signed modules only, and does not know the key of this one ($signer); enrol its certificate (mokutil --import) and restart"
	EOT
}

# script_room: depmod on a full disk puts what it could write in the place of what was there.
script_room()
{
	cat <<-'EOT'
	has_room()
	{
		[ "$(df -Pk "/lib/modules/$release" | awk 'NR == 2 { print $4 }')" -ge "$(du -ck "/lib/modules/$release"/modules.* | tail -n 1 | cut -f1)" ]
	}
	EOT
}

# script_prerm: the stock driver is taken from here on; on a full disk only when ours has made room. One that is built in must not have been
# told to leave the GPU alone.
script_prerm()
{
	echo '[ "$1" = remove ] && [ -d "/lib/modules/$release/kernel" ] || exit 0'
	if [ -n "$TAKES_OVER" ]; then
		script_refuse bootloader
		cat <<-'EOT'
		file=$(stands_back "$release")
		[ -z "$file" ] ||
			refuse "$release: $file has i915.modeset=0, by which the built-in i915 leaves the GPU alone, and without $driver.ko none would drive it; take it out there, for this kernel at least"
		EOT
	fi
	script_room
	cat <<-'EOT'
	mkdir -p "${preference%/*}"
	printf '%s\n' "$prefers_stock" >"$preference"
	! has_room || depmod "$release"
	sync
	EOT
}

script_postinst()
{
	script_room
	cat <<-'EOT'
	[ -d "/lib/modules/$release/kernel" ] || exit 0
	rm -f "$preference"
	if ! has_room; then
		printf '%s\n' "i915-backport: /lib/modules/$release: no space left for depmod's tables; free some, and run 'dpkg --configure -a'" >&2
		exit 1
	fi
	sync
	depmod "$release"
	image=/boot/initrd.img-$release
	if command -v lsinitramfs >/dev/null && lsinitramfs "$image" 2>/dev/null | grep -q "/$driver\.ko"; then
		update-initramfs -u -k "$release"
	elif command -v lsinitrd >/dev/null && lsinitrd "$image" 2>/dev/null | grep -q "/$driver\.ko"; then
		new=$(mktemp /boot/.i915-backport.XXXXXX)
		dracut --force "$new" "$release" && mv "$new" "$image" || { rm -f "$new"; exit 1; }
	fi
	EOT
}

# script_postrm: when a version gives way to another, the other's postinst does it.
script_postrm()
{
	echo '[ "$1" = remove ] || exit 0'
	script_postinst
}

# package_name RELEASE: of what a release is made of, dpkg has in a name small letters, digits, + - and . only. A release with anything else
# is told by its sum from those that it would be spelt like.
package_name()
{
	local spelt

	spelt=$(printf '%s\n' "$1" | tr 'A-Z' 'a-z' | tr -c 'a-z0-9.+\n-' -)
	[ "$spelt" = "$1" ] || spelt=$spelt+$(printf '%s\n' "$1" | sha256sum | cut -c 1-8)
	printf '%s\n' "i915-backport-modules-$spelt"
}

# architecture MODULE: dpkg's name of that which its ELF header has.
architecture()
{
	local machine

	machine=$(od -An -v -tu1 -j18 -N2 "$1" | tr -s ' ' .)
	case $machine in
	.3.0) echo i386 ;;
	.62.0) echo amd64 ;;
	*) die odd-machine driver="$DRIVER" machine="$machine" ;;
	esac
}

# vet_build: the number that the user gives this build, if any.
vet_build()
{
	case ${BUILD:-1} in
	*[!0-9]* | 0?* | ??????????????????*) die no-build-number number="$BUILD" ;;
	esac
}

# build_number BASE PART SUM: the user's; else that of the same package where it is as BASE_*.deb already; else one more than the last
# there of which PART of the version is the same.
build_number()
{
	local deb made number last=0

	[ -z "${BUILD:-}" ] || { printf '%s\n' "$BUILD"; return; }
	for deb in "$1"_*.deb; do
		made=$(dpkg-deb -f "$deb" Version 2>/dev/null) || continue
		number=${made#"$2-"}
		number=${number%%+*}
		case $number in
		'' | *[!0-9]*) continue ;; # of somebody else's making
		esac
		case $made in
		"$2-$number+"*".$3") printf '%s\n' "$number"; return ;;
		"$2-$number+"*) [ "$number" -le "$last" ] || last=$number ;;
		esac
	done
	printf '%s\n' "$((last + 1))"
}

# deb_version ROOT BASE MADE: of the package in ROOT. In this order: the version of i915-backport, that of the source, the number of the build;
# then the series, and a sum of all that is in the package: what has one version is one package.
deb_version()
{
	local part sum number

	part=$(package_version)+$(planned version "$3")
	sum=$(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-8)
	number=$(set -e; build_number "$2" "$part" "$sum")
	printf '%s\n' "$part-$number+$(planned generation "$3" | tr -c 'A-Za-z0-9.+\n' .).$sum"
}

# control RELEASE VERSION ARCHITECTURE
control()
{
	cat <<-EOT
	Package: $(package_name "$1")
	Version: $2
	Architecture: $3
	Section: kernel
	Priority: optional
	Maintainer: i915-backport maintainers <maintainers@i915-backport.invalid>
	Depends: kmod
	Conflicts: i915-backport-dkms
	Description: i915 driver whose GPU contexts leave no VMA behind, for $1
	 Built for this one kernel; it is refused where that is not installed.
	EOT
}

cmd_dist_modules()
{
	local made release module base root place doc script architecture version deb owner

	case ${1:-} in
	'') ;;
	-h | --help)
		cat <<-EOT
		Usage: make dist-modules [what 'make module' takes] [SIGN_KEY=FILE SIGN_CERT=FILE] [BUILD=NUMBER]
		Builds i915.ko for one kernel and packs it, with a manifest, into O as a .deb that needs no compiler.
		NUMBER counts in its version; unless given, it is one more than that of the last package in O.
		EOT
		return ;;
	*) die takes-no-argument argument="dist-modules $1" help='dist-modules --help' ;;
	esac
	need dpkg-deb modinfo strip
	vet_build
	try_key
	module_of_settings "${KCFLAGS:-} -g0" # debug information would be taken out again
	made=$(cat "$WORK/made")
	release=$(planned release "$made")
	module=$(planned file "$made")
	base=${module%/*}/$(package_name "$release")
	root=$WORK/package
	place=$root/lib/modules/$release/updates
	doc=$root/usr/share/doc/${base##*/}
	mkdir -p "$root/DEBIAN" "$place" "$doc"
	cp "$module" "$place/"
	finish "$place/$DRIVER.ko"
	manifest "$place/$DRIVER.ko" "$made" >"$doc/manifest"
	for script in preinst postinst prerm postrm; do
		maintainer_script "$script" "$release" "$place/$DRIVER.ko"
	done
	architecture=$(set -e; architecture "$place/$DRIVER.ko")
	version=$(set -e; deb_version "$root" "$base" "$made")
	control "$release" "$version" "$architecture" >"$root/DEBIAN/control"
	deb=${base}_${version}_$architecture.deb
	# The same module is the same package, whenever it is packed.
	find "$root" -exec touch -h -d @0 {} +
	owner=--root-owner-group
	dpkg-deb --help | grep -q -e "$owner" || owner=
	[ -n "$owner" ] || chown -R 0:0 "$root" 2>"$WORK/out" ||
		die package-needs-root package="$deb" why="$(why "$WORK/out")"
	SOURCE_DATE_EPOCH=0 dpkg-deb -Zxz ${owner:+"$owner"} --build "$root" "$WORK/deb" >"$WORK/out" 2>&1 && put "$deb" <"$WORK/deb" 2>>"$WORK/out" ||
		die package-not-made package="$deb" why="$(why "$WORK/out")"
	printf '%s\n' "$deb" | answer
}
