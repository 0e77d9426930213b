# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# steps - the lab's steps, and what they go by unless an option says otherwise. LAB, PACKAGE and ROOM, the folders of the
# lab, the package and its programs, are set by who sources this.

# shellcheck disable=SC2034 # what the steps use

for step in common config progress headers tree find probe; do
	# shellcheck source=/dev/null
	. "$ROOM"/*/"$step.sh"
done
for step in unpack qemu kernel tree initramfs igt userspace boot report; do
	# shellcheck source=/dev/null
	. "$LAB/$step.sh"
done
unset step

CACHE=${LAB_CACHE:-$(cache_dir)/lab}
PLATFORM=broadwell
IGT=
IGT_TESTS=gem_exec_basic
USERSPACE=
TIMEOUT=300
CPUS=1
APPEND=
CONFIG=
IOMMU=
DEBUG=
BUILTIN=
TAKEOVER=
SHELL_IN_GUEST=
GUEST_FILES=
