# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# signature - what the running kernel wants of a module. A package of dist-modules has these functions too.

# wants_signatures: it was told to (sig_enforce), or it is locked down, for integrity or more.
wants_signatures()
{
	[ "$(cat "$ROOT/sys/module/module/parameters/sig_enforce" 2>/dev/null)" = Y ] ||
		grep -qE '\[(integrity|confidentiality)\]' "$ROOT/sys/kernel/security/lockdown" 2>/dev/null
}

# knows_signer NAME: it has a key of that name. The kernel puts the organization, if there is one, before a certificate's name.
knows_signer()
{
	[ -n "$1" ] && grep -qF -e "asymmetri $1: " -e ": $1: " "$ROOT/proc/keys" 2>/dev/null
}
