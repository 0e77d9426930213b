# SPDX-License-Identifier: GPL-2.0-only
#
# Every verb of the package; each is a line or two, the work is done in i915-backport/.
# Variables given here (KDIR= KSRC= PATCHES= O= V= J= ARCH= CC= ...) reach them in the environment.

COMMAND := i915-backport/i915-backport

# As with kbuild, a compiler counts on make's command line and not in the environment, where DKMS puts one.
ifneq ($(origin CC),command line)
unexport CC
endif
ifneq ($(origin LD),command line)
unexport LD
endif

.PHONY: help docs deb rpm dist-modules module dkms-install dkms-uninstall dkms-module status check check-fast demo lab bench

help:
	@echo "sudo make dkms-install    build and install for every kernel that has headers, through DKMS"
	@echo "sudo make dkms-uninstall  take it away again; the stock driver stays"
	@echo "make module KDIR= KSRC=   build i915.ko for one kernel, without root or DKMS"
	@echo "make status               what each installed kernel has"
	@echo "make deb                  a Debian package of all this"
	@echo "make rpm                  the same as an RPM package for Fedora and its relatives"
	@echo "make dist-modules         i915.ko for one kernel as a .deb for machines without a compiler; takes what module does"
	@echo "sudo make demo            the main job from end to end, on a virtual GPU (KERNEL_TREE=: on your tree)"
	@echo "sudo make check           run every test (installs what it needs)"
	@echo "sudo make check-fast      those that need neither a Debian root nor a virtual machine"
	@echo "make bench                measure what the pipeline costs"
	@echo "make docs                 write the messages into the documents again"
	@echo "make lab                  Debian's driver on a virtual GPU; KERNEL_TREE=: yours; LAB='OPTIONS', see"
	@echo "                          i915-backport/i915-backport lab --help"

module dkms-install dkms-uninstall status:
	@$(COMMAND) $@

# DKMS's own call, in its build folder; + hands our -j on.
dkms-module:
	+@$(COMMAND) $@

demo:
	@tests/demo/demo

check:
	@tests/run

lab:
	@if [ -n "$$KERNEL_TREE" ]; then set -- --kernel-tree "$$KERNEL_TREE"; else set -- --kernel "$${KERNEL:-bookworm}"; fi; \
		$(COMMAND) lab "$$@" $$LAB

check-fast:
	@tests/run lint probe place compat survey apply several builtin takeover safety vgpu

bench:
	@tests/bench/run

deb:
	@debian/make-deb

rpm:
	@rpm/make-rpm

dist-modules:
	@$(COMMAND) $@

# What documents have of i915-backport/common/messages.
docs:
	@docs/make-docs
