// SPDX-License-Identifier: GPL-2.0-only
/* Page faults: counted, logged, and latched in the device's fault registers. */
#include "vgpu.h"
#include "regs.h"

#define LOGGED_FAULTS	64	/* per engine; a looping batch must not fill the disk */

/* gen8: one register for all engines, the address in two more; first one wins */
static void latch_gen8(struct engine *e, u64 addr, bool ppgtt, bool write)
{
	u32 *fault = reg_ptr(e->gpu, e->info->fault);

	if (*fault & FAULT_VALID)
		return;
	*reg_ptr(e->gpu, GEN8_FAULT_TLB_DATA0) = (u32)(addr >> 12);
	*reg_ptr(e->gpu, GEN8_FAULT_TLB_DATA1) =
		(u32)(addr >> 44 & 0xf) | (ppgtt ? 0 : FAULT_GTT_SEL);
	*fault = (u32)e->info->id << 12 | (write ? 1u << 1 : 0) | FAULT_VALID;
}

/* gen7: one register per engine that holds the page as well */
static void latch_gen7(struct engine *e, u64 addr, bool ppgtt, bool write)
{
	u32 *fault = reg_ptr(e->gpu, e->info->fault);

	if (*fault & FAULT_VALID)
		return;
	*fault = (u32)(addr & PAGE_MASK) | (ppgtt ? 0 : FAULT_GTTSEL_GEN7) |
		 (write ? 1u << 1 : 0) | FAULT_VALID;
}

/**
 * fault_report() - an engine touched an address that has no page
 * @ppgtt: the address is one of the current PPGTT, else of the GGTT
 */
void fault_report(struct engine *e, u64 addr, bool ppgtt, bool write)
{
	if (e->stats.faults++ < LOGGED_FAULTS)
		log_err("%s: fault: %s of %s address 0x%llx", e->info->name,
			write ? "write" : "read", ppgtt ? "PPGTT" : "GGTT",
			(unsigned long long)addr);
	*ring_reg(e, RING_DMA_FADD) = (u32)addr;
	*ring_reg(e, RING_DMA_FADD_UDW) = (u32)(addr >> 32);
	if (e->gpu->plat->gen >= 8)
		latch_gen8(e, addr, ppgtt, write);
	else
		latch_gen7(e, addr, ppgtt, write);
}
