# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# unpack - Debian packages unpacked into the cache. They are only taken apart, never installed:
# no root is needed and nothing on this machine changes. What is in the cache is whole (a folder
# gets its name when everything is in it), and once it is there no network is needed.

# Where this machine has its own packages from, unless the user says otherwise.
# shellcheck disable=SC2016 # for apt-get
LAB_MIRROR=${LAB_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
	'Label: Debian' 2>/dev/null | head -n 1 | sed 's|/$||')}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt SUITE PROGRAM [ARGUMENT]...: an apt of its own, which knows SUITE alone and believes that
# nothing is installed.
apt()
{
	suite=$1 program=$2
	shift 2
	state=$CACHE/apt/$suite
	"$program" \
		-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
		-o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 "$@"
}

# apt_sources SUITE: backports hold the newer QEMU.
apt_sources()
{
	for part in "$LAB_MIRROR $1" "$LAB_MIRROR $1-backports" "$LAB_MIRROR-security $1-security"; do
		echo "deb [arch=amd64 signed-by=$KEYRING] $part main"
	done
}

# apt_lists SUITE: fetch the lists of packages. Suites that have been archived lack some parts.
apt_lists()
{
	need apt-get dpkg-deb
	[ -n "$LAB_MIRROR" ] ||
		quit "$E_SYSTEM" "apt: this machine knows no Debian mirror; set LAB_MIRROR="
	[ -f "$KEYRING" ] ||
		quit "$E_SYSTEM" "$KEYRING: not there, Debian's packages cannot be trusted; install debian-archive-keyring"
	make_dir "$CACHE/apt/$1/lists/partial"
	make_dir "$CACHE/apt/$1/cache/archives/partial"
	: >"$CACHE/apt/$1/status"
	apt_sources "$1" >"$CACHE/apt/$1/sources.list"
	logged apt "$1" apt-get update || log "some of the lists of $1 could not be had"
}

# unpack_deb FILE DIR: the folders of /usr are merged, as every release since bullseye expects.
unpack_deb()
{
	for merged in bin lib lib64 sbin; do
		mkdir -p "$2/usr/$merged"
		[ -e "$2/$merged" ] || ln -s "usr/$merged" "$2/$merged"
	done
	dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner -C "$2"
}

# alone COMMAND...: no other lab puts anything into the cache meanwhile. COMMAND sees whether that is there by now.
alone()
{
	alone_in "$CACHE" "$@"
}

# alone_in FOLDER COMMAND...: nor into this folder of it.
alone_in()
{
	make_dir "$1"
	(
		wait_lock "$1/.lock"
		shift
		"$@"
	) || exit
}

# is_folder NAME: of the user's, as its slash says; any other name is a release of Debian.
is_folder()
{
	case $1 in
	*/*) ;;
	*) return 1 ;;
	esac
}

# unpacked SUITE NAME PACKAGE...: the folder that holds these packages and all they depend on. A
# suite of backports is preferred to the release that it belongs to.
unpacked()
{
	target=$1 root=$CACHE/roots/$2
	shift 2
	[ -d "$root" ] || alone unpack_packages "$target" "$root" "$@"
	echo "$root"
}

# unpack_packages SUITE ROOT PACKAGE...
unpack_packages()
{
	from=${1%-backports} target=$1 root=$2
	shift 2
	[ ! -d "$root" ] || return 0
	tell "fetching $1 from Debian $target, once"
	apt_lists "$from"
	logged apt "$from" apt-get install -y --no-install-recommends --download-only -t "$target" "$@" ||
		quit "$E_SYSTEM" "$*: not to be had from Debian $target; see $LOG, or set LAB_MIRROR="
	rm -rf "$root.new"
	make_dir "$root.new"
	for deb in "$CACHE/apt/$from/cache/archives"/*.deb; do
		unpack_deb "$deb" "$root.new" 2>>"$LOG" ||
			quit "$E_SYSTEM" "$deb: cannot be unpacked into $root.new; free some space"
	done
	rm -f "$CACHE/apt/$from/cache/archives"/*.deb
	mv "$root.new" "$root"
}
