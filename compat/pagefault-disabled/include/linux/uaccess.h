/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/uaccess.h>

#ifndef COMPAT_PAGEFAULT_DISABLED
#define COMPAT_PAGEFAULT_DISABLED

/*
 * Until 4.1 to disable page faults is to disable preemption, and that is what
 * the fault handler asks for.
 */
#define pagefault_disabled() (preempt_count() != 0)

#endif /* COMPAT_PAGEFAULT_DISABLED */
