# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# environment - what of the caller's environment counts here. The programs that are run obey many variables that somebody has set
# for another purpose, or that our own make has left: these go, in this one place. What counts is in i915-backport(8), ENVIRONMENT.

umask 022
export LC_ALL=C
# An ordinary user's PATH may lack what modinfo is in.
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin

# J=, else what -j our own make was given.
[ -n "${J:-}" ] || J=$(printf '%s\n' " ${MAKEFLAGS:-} " | sed -n 's/.* -j\([0-9][0-9]*\) .*/\1/p')

# A path is that of the folder in which we were called, in whatever folder DKMS calls us again.
for name in KSRC I915_SOURCE PATCHES; do
	eval "value=\${$name:-}"
	case $value in
	'' | /*) ;;
	*) export "$name=$PWD/$value" ;;
	esac
done

# Shells, and the programs of the system.
unset IFS ENV BASH_ENV CDPATH GREP_OPTIONS POSIXLY_CORRECT QUOTING_STYLE BLOCK_SIZE BLOCKSIZE DF_BLOCK_SIZE DU_BLOCK_SIZE \
	TAR_OPTIONS GZIP BZIP BZIP2 XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS MODPROBE_OPTIONS \
	VERSION_CONTROL SIMPLE_BACKUP_SUFFIX PATCH_GET PATCH_VERSION_CONTROL AWKPATH AWKLIBPATH MAWKBINMODE MAWK_LONG_OPTIONS WHINY_USERS
# git, which is called in a hook of another tree, say.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR GIT_NAMESPACE GIT_PREFIX \
	GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS GIT_EXTERNAL_DIFF GIT_DIFF_OPTS
# make and compilers.
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEOVERRIDES MAKEFILES MAKELEVEL CPATH C_INCLUDE_PATH DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES \
	GCC_COMPARE_DEBUG LDEMULATION CCC_OVERRIDE_OPTIONS
# kbuild: whatever has a name of its own, and those that have not. What counts is V, ARCH, CROSS_COMPILE, LLVM, KCFLAGS
# and its like, and for sign-file the passphrase of a key.
for name in $(env | sed -n 's/^\(KBUILD_[A-Za-z0-9_]*\)=.*/\1/p' | grep -vx KBUILD_SIGN_PIN); do
	unset "$name"
done
unset SUBDIRS KCONFIG_CONFIG KCONFIG_ALLCONFIG NOSTDINC_FLAGS LDFLAGS_MODULE INSTALL_MOD_PATH W C M CF CHECK LOCALVERSION KERNELRELEASE

# Descriptors that the caller has closed would be those of the first files that are opened.
[ -e /proc/self/fd/0 ] || exec </dev/null
[ -e /proc/self/fd/1 ] || exec >/dev/null
[ -e /proc/self/fd/2 ] || exec 2>/dev/null
