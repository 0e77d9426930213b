// SPDX-License-Identifier: GPL-2.0-only
/* Interrupt edges, masks and banks; legacy contexts (MI_SET_CONTEXT). */
#include <stdio.h>

#include "test.h"

static struct rig r;

static void user_interrupt(void)
{
	EMIT(&r, MI_USER_INTERRUPT, MI_NOOP);
	ring_submit(&r);
	run(&r);
}

static const struct irq_bank *bank(void)
{
	return &r.gpu.plat->bank[r.e->info->bank];
}

static void master(bool on)
{
	/* gen7: the master enable is bit 31 of DEIER */
	rig_write(&r, r.gpu.plat->irq_master, on ? DE_MASTER_IRQ : 0);
}

static void test_engine(const char *platform, const char *engine)
{
	u32 bit;

	rig_open(&r, platform, engine);
	ring_begin(&r);
	bit = r.e->info->irq_user;
	rig_write(&r, ENG(&r, RING_IMR), 0);
	rig_write(&r, bank()->imr, 0);
	rig_write(&r, bank()->ier, bit);
	user_interrupt();
	is(rig_read(&r, bank()->iir), bit, "%s %s: IIR has the engine's bit", platform, engine);
	is(rig_msis(&r), 0, "%s %s: master is off, no MSI", platform, engine);
	master(true);
	is(rig_msis(&r), 1, "%s %s: master on: MSI", platform, engine);
	user_interrupt();
	is(rig_msis(&r), 0, "%s %s: line is high: no second MSI", platform, engine);
	rig_write(&r, bank()->iir, bit);
	is(rig_read(&r, bank()->iir), 0, "%s %s: IIR clears", platform, engine);
	user_interrupt();
	is(rig_msis(&r), 1, "%s %s: next edge: MSI", platform, engine);
	/* what drivers do: master off, clear, master on */
	master(false);
	user_interrupt();
	rig_write(&r, bank()->iir, bit);
	user_interrupt();
	is(rig_msis(&r), 0, "%s %s: no MSI while master is off", platform, engine);
	master(true);
	is(rig_msis(&r), 1, "%s %s: what came meanwhile is not lost", platform, engine);
	rig_write(&r, bank()->iir, ~0u);
	rig_write(&r, ENG(&r, RING_IMR), bit);
	user_interrupt();
	is(rig_read(&r, bank()->iir), 0, "%s %s: masked in the ring", platform, engine);
	rig_write(&r, ENG(&r, RING_IMR), 0);
	rig_write(&r, bank()->imr, bit);
	user_interrupt();
	is(rig_read(&r, bank()->iir), 0, "%s %s: masked in the bank", platform, engine);
	rig_write(&r, bank()->imr, 0);
	rig_write(&r, bank()->ier, 0);
	user_interrupt();
	is(rig_read(&r, bank()->iir), bit, "%s %s: not enabled: IIR is set", platform, engine);
	is(rig_msis(&r), 0, "%s %s: not enabled: no MSI", platform, engine);
	rig_write(&r, bank()->ier, bit);
	is(rig_msis(&r), 1, "%s %s: enabled: MSI", platform, engine);
	rig_close(&r);
}

static void test_gen8_master(void)
{
	rig_open(&r, "broadwell", "vecs");
	ring_begin(&r);
	rig_write(&r, bank()->ier, ~0u);
	master(true);
	user_interrupt();
	is(rig_read(&r, 0x44200), DE_MASTER_IRQ | BIT(6), "gen8: master shows the bank");
	rig_write(&r, bank()->iir, ~0u);
	is(rig_read(&r, 0x44200), DE_MASTER_IRQ, "gen8: and no longer");
	rig_close(&r);
	rig_open(&r, "broadwell", "bcs");
	ring_begin(&r);
	rig_write(&r, bank()->ier, ~0u);
	master(true);
	user_interrupt();
	is(rig_read(&r, 0x44200), DE_MASTER_IRQ | BIT(1), "gen8: upper half of a bank");
	/* MI_FLUSH_DW with the notify bit */
	EMIT(&r, 0x26u << 23 | BIT(8) | 2, 0, 0, 0);
	ring_submit(&r);
	run(&r);
	is(rig_read(&r, bank()->iir), r.e->info->irq_user | r.e->info->irq_notify,
	   "gen8: flush notify");
	rig_close(&r);
}

/* The page directory pointers of a context come back with it (gen8), or stay (gen7). */
static void test_set_context(const char *platform)
{
	u32 a = CONTEXT_GGTT, b = CONTEXT_GGTT + 4 * PAGE_SIZE, gen8, reg;

	rig_open(&r, platform, "rcs");
	gen8 = r.gpu.plat->gen >= 8;
	reg = gen8 ? ENG(&r, RING_PDP_LDW(0)) : ENG(&r, RING_PP_DIR_BASE);
	ring_begin(&r);
	rig_ggtt_page(&r, a);
	rig_ggtt_page(&r, b);
	EMIT(&r, MI_SET_CONTEXT, a | BIT(8) | BIT(0), MI_NOOP);		/* restore inhibit */
	EMIT(&r, MI_LRI(2), reg, 0x111000, 0x7004, 0x00400040);
	EMIT(&r, MI_SET_CONTEXT, b | BIT(8) | BIT(0), MI_NOOP);
	EMIT(&r, MI_LRI(2), reg, 0x222000, 0x7004, 0x00400000);
	ring_submit(&r);
	run(&r);
	is(rig_read(&r, reg), 0x222000, "%s: second context", platform);
	EMIT(&r, MI_SET_CONTEXT, a | BIT(8), MI_NOOP, MI_NOOP);
	ring_submit(&r);
	run(&r);
	is(rig_read(&r, reg), gen8 ? 0x111000 : 0x222000, "%s: page directory after the switch",
	   platform);
	is(rig_read(&r, 0x7004) & 0x40, 0x40, "%s: register of the context", platform);
	is(rig_read(&r, ENG(&r, CCID)) & ~0xfffu, a, "%s: CCID", platform);
	is(r.e->stats.faults, 0, "%s: no fault", platform);
	rig_close(&r);
}

int main(void)
{
	static const char *const engines[] = { "rcs", "vcs", "bcs", "vecs" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		test_engine("broadwell", engines[i]);
		test_engine("haswell", engines[i]);
	}
	test_gen8_master();
	test_set_context("broadwell");
	test_set_context("haswell");
	return done();
}
