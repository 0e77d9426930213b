// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register file. A register is RAM unless a rule says otherwise: a rule
 * has a span of offsets and what happens on a read or a write. Rules of the
 * engines are relative to the engine's base. An index finds the rule of each
 * dword, so the order of the tables does not matter, except that later ones win.
 */
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"
#include "regs.h"

struct reg_rule {
	u32 first, last;
	u32 (*read)(struct vgpu *gpu, u32 offset);	/* NULL: RAM */
	void (*write)(struct vgpu *gpu, u32 offset, u32 value);	/* NULL: RAM */
};

static void write_ignored(struct vgpu *gpu, u32 offset, u32 value)
{
	(void)gpu;
	(void)offset;
	(void)value;
}

/* A request that is done as soon as it is made. */
static void write_zero(struct vgpu *gpu, u32 offset, u32 value)
{
	(void)value;
	*reg_ptr(gpu, offset) = 0;
}

/* The upper half of the value says which bits of the lower half count. */
static void write_masked(struct vgpu *gpu, u32 offset, u32 value)
{
	u32 *reg = reg_ptr(gpu, offset), mask = value >> 16;

	*reg = (*reg & ~mask) | (value & mask);
}

static void write_one_clears(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) &= ~value;
}

static void write_iir(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) &= ~value;
	irq_update(gpu);
}

static void write_ier(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) = value;
	irq_update(gpu);
}

static void write_forcewake(struct vgpu *gpu, u32 offset, u32 value)
{
	write_masked(gpu, offset, value);
	*reg_ptr(gpu, FORCEWAKE_ACK_HSW) = *reg_ptr(gpu, offset) & 0xffff;
}

static void write_gdrst(struct vgpu *gpu, u32 offset, u32 value)
{
	int i;

	log_info("reset: GDRST 0x%x", value);
	for (i = 0; i < NUM_ENGINES; i++)
		if (value & (GRDOM_FULL | gpu->engine[i].info->reset))
			engine_reset(&gpu->engine[i]);
	*reg_ptr(gpu, offset) = 0;
}

/* A fence, or the flush of the GGTT's TLB when a driver has written entries. */
static void write_aperture(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) = value;
	aperture_update(gpu);
}

/* Every request to the power controller succeeds: error code 0 in the low byte. */
static void write_pcode(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) = value & ~PCODE_READY & ~0xffu;
}

/* The sideband to the south bridge's clocks: registers behind an address and a data register. */
static void write_sbi(struct vgpu *gpu, u32 offset, u32 value)
{
	u32 address = *reg_ptr(gpu, SBI_ADDR) >> 16;
	u32 *cell = &gpu->sbi[value & SBI_PHY ? 1 : 0][address / 4];

	if (value & SBI_WRITES)
		*cell = *reg_ptr(gpu, SBI_DATA);
	else
		*reg_ptr(gpu, SBI_DATA) = *cell;
	*reg_ptr(gpu, offset) = value & ~SBI_BUSY;
}

/* Power wells follow at once: each state bit sits right below its request bit. */
static void write_power_well(struct vgpu *gpu, u32 offset, u32 value)
{
	u32 requests = value & 0xaaaaaaaa;

	*reg_ptr(gpu, offset) = requests | requests >> 1;
}

/* The FDI's PHY is in or out of reset as soon as it is asked to be. */
static void write_south_chicken2(struct vgpu *gpu, u32 offset, u32 value)
{
	value &= ~FDI_MPHY_RESET_STATUS;
	*reg_ptr(gpu, offset) = value | (value & FDI_MPHY_RESET_CTL ? FDI_MPHY_RESET_STATUS : 0);
}

/* Drivers switch the display's clock over and its PLL off before they suspend (hsw_disable_lcpll). */
static void write_lcpll(struct vgpu *gpu, u32 offset, u32 value)
{
	value &= ~(LCPLL_PLL_LOCK | LCPLL_CD_SOURCE_DONE);
	if (!(value & LCPLL_PLL_DISABLE))
		value |= LCPLL_PLL_LOCK;
	if (value & LCPLL_CD_SOURCE_FCLK)
		value |= LCPLL_CD_SOURCE_DONE;
	*reg_ptr(gpu, offset) = value;
}

/* No monitor is found, at once. */
static void write_adpa(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) = value & ~ADPA_FORCE_TRIGGER;
}

/* Nobody answers on the wires that a monitor's EDID would come by. */
static u32 read_gmbus_status(struct vgpu *gpu, u32 offset)
{
	(void)gpu;
	(void)offset;
	return GMBUS_NAK;
}

static u32 read_timestamp(struct vgpu *gpu, u32 offset)
{
	(void)gpu;
	return (u32)(cs_timestamp() >> (offset & 4 ? 32 : 0));
}

/* ---- registers of an engine ---- */

static u32 read_mi_mode(struct vgpu *gpu, u32 offset)
{
	u32 value = *reg_ptr(gpu, offset) & ~MODE_IDLE;

	return engine_is_idle(engine_at(gpu, offset)) ? value | MODE_IDLE : value;
}

static u32 read_execlist_status(struct vgpu *gpu, u32 offset)
{
	return execlists_status(engine_at(gpu, offset));
}

/* The upper dword: the descriptor's of the context that runs. i915 takes from it whom to blame for a hang. */
static u32 read_execlist_status_hi(struct vgpu *gpu, u32 offset)
{
	const struct engine *e = engine_at(gpu, offset);

	return e->active ? e->running[0].hi : 0;
}

static void write_elsp(struct vgpu *gpu, u32 offset, u32 value)
{
	if (gpu->plat->has_execlists)
		execlists_write_elsp(engine_at(gpu, offset), value);
}

static void write_tail(struct vgpu *gpu, u32 offset, u32 value)
{
	struct engine *e = engine_at(gpu, offset);

	*reg_ptr(gpu, offset) = value & 0x1ffff8;
	if (!engine_uses_execlists(e))
		e->stats.submits++;
}

static void write_head(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) = value & 0xfffffffc;
}

/* A ring that is disabled leaves the batch it was in. */
static void write_ctl(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) = value;
	if (!(value & RING_VALID))
		engine_abandon(engine_at(gpu, offset));
}

static void write_instpm(struct vgpu *gpu, u32 offset, u32 value)
{
	write_masked(gpu, offset, value);
	*reg_ptr(gpu, offset) &= ~INSTPM_SYNC_FLUSH;
}

static void write_reset_ctl(struct vgpu *gpu, u32 offset, u32 value)
{
	u32 *reg = reg_ptr(gpu, offset);

	write_masked(gpu, offset, value);
	if (*reg & RESET_CTL_REQUEST)
		*reg |= RESET_CTL_READY;
	else
		*reg &= ~RESET_CTL_READY;
}

static void write_pdp(struct vgpu *gpu, u32 offset, u32 value)
{
	*reg_ptr(gpu, offset) = value;
	cs_forget_fetch(engine_at(gpu, offset));
}

/* GFX_MODE: bits of what the platform does not have cannot be set. */
static void write_ring_mode(struct vgpu *gpu, u32 offset, u32 value)
{
	struct engine *e = engine_at(gpu, offset);

	write_masked(gpu, offset, value);
	if (!gpu->plat->has_execlists)
		*ring_reg(e, RING_MODE) &= ~(GFX_RUN_LIST_ENABLE | GFX_PPGTT_48B);
	cs_forget_fetch(e);
}

static const struct reg_rule engine_rules[] = {
	{ RING_TAIL, RING_TAIL, NULL, write_tail },
	{ RING_HEAD, RING_HEAD, NULL, write_head },
	{ RING_CTL, RING_CTL, NULL, write_ctl },
	{ RING_PSMI_CTL, RING_PSMI_CTL, NULL, write_masked },
	{ RING_MI_MODE, RING_MI_MODE, read_mi_mode, write_masked },
	{ RING_INSTPM, RING_INSTPM, NULL, write_instpm },
	{ RING_RESET_CTL, RING_RESET_CTL, NULL, write_reset_ctl },
	{ RING_PP_DIR_DCLV, RING_PP_DIR_DCLV, NULL, write_pdp },
	{ RING_PP_DIR_BASE, RING_PP_DIR_BASE, NULL, write_pdp },
	{ RING_ELSP, RING_ELSP, NULL, write_elsp },
	{ RING_EXECLIST_STATUS, RING_EXECLIST_STATUS, read_execlist_status, write_ignored },
	{ RING_EXECLIST_STATUS_HI, RING_EXECLIST_STATUS_HI, read_execlist_status_hi, write_ignored },
	{ RING_CONTEXT_CONTROL, RING_CONTEXT_CONTROL, NULL, write_masked },
	{ RING_PDP_LDW(0), RING_PDP_UDW(3), NULL, write_pdp },
	{ RING_MODE, RING_MODE, NULL, write_ring_mode },
	{ RING_TIMESTAMP, RING_TIMESTAMP_UDW, read_timestamp, write_ignored },
	{ RING_CSB_PTR, RING_CSB_PTR, NULL, write_masked },
};

static const struct reg_rule common_rules[] = {
	{ 0x4260, 0x4270, NULL, write_zero },		/* GEN8_RTCR…: TLB invalidation */
	{ GEN6_GDRST, GEN6_GDRST, NULL, write_gdrst },
	{ 0x9120, 0x9120, NULL, write_ignored },	/* GEN8_FUSE2 */
	{ FENCE_LOW(0), FENCE_HIGH(NUM_FENCES - 1), NULL, write_aperture },
	{ GFX_FLSH_CNTL_GEN6, GFX_FLSH_CNTL_GEN6, NULL, write_aperture },
	{ FORCEWAKE_MT, FORCEWAKE_MT, NULL, write_forcewake },
	{ FUSE_STRAP, FUSE_STRAP, NULL, write_ignored },
	{ 0x42300, 0x42300, NULL, write_zero },		/* FPGA_DBG: no unclaimed access */
	{ 0x44070, 0x44074, read_timestamp, write_ignored },
	{ HSW_PWR_WELL_CTL, HSW_PWR_WELL_CTL + 0xc, NULL, write_power_well },
	{ 0x64838, 0x64838, NULL, write_one_clears },	/* EDP_PSR_IIR */
	{ 0xc4008, 0xc4008, NULL, write_one_clears },	/* SDEIIR */
	{ SOUTH_CHICKEN2, SOUTH_CHICKEN2, NULL, write_south_chicken2 },
	{ SBI_CTL_STAT, SBI_CTL_STAT, NULL, write_sbi },
	{ 0x120008, 0x120008, NULL, write_ignored },	/* GTFIFOCTL */
	{ LCPLL_CTL, LCPLL_CTL, NULL, write_lcpll },
	{ GEN7_ERR_INT, GEN7_ERR_INT, NULL, write_one_clears },
	{ SERR_INT, SERR_INT, NULL, write_one_clears },
	{ PCH_GMBUS2, PCH_GMBUS2, read_gmbus_status, write_ignored },
	{ PCH_ADPA, PCH_ADPA, NULL, write_adpa },
	{ LPT_TRANSCONF, LPT_TRANSCONF, NULL, display_write_enable },
	{ DP_TP_STATUS_E, DP_TP_STATUS_E, display_read_training, write_ignored },
	{ GEN6_PCODE_MAILBOX, GEN6_PCODE_MAILBOX, NULL, write_pcode },
	{ 0x145998, 0x145998, NULL, write_ignored },	/* GEN6_RP_STATE_CAP */
	{ MAGIC_BASE, MAGIC_BASE + 0xfff, magic_read, magic_write },
};

static const struct reg_rule pipe_rules[] = {
	{ PIPEDSL(0), PIPEDSL(0), display_read_line, write_ignored },
	{ PIPECONF(0), PIPECONF(0), display_read, display_write_enable },
	{ PIPE_FRMCOUNT(0), PIPE_FRMCOUNT(0), display_read_frame, write_ignored },
	{ DSPSURF(0), DSPSURF(0), display_read, display_flip },
};

static const struct reg_rule pipes_rule = { 0, 0, display_read, display_write };
static const struct reg_rule buffer_rule = { 0, 0, display_read_buffer, NULL };

/* Interrupt banks of gen8 beside those of its platform table: nothing raises them, but they must clear. */
static const struct reg_rule gen8_rules[] = {
	{ 0x44200, 0x44200, NULL, write_ier },		/* GEN8_MASTER_IRQ */
	{ 0x44448, 0x44448, NULL, write_one_clears },	/* GEN8_DE_PORT_IIR */
	{ 0x44468, 0x44468, NULL, write_one_clears },	/* GEN8_DE_MISC_IIR */
	{ 0x444e8, 0x444e8, NULL, write_one_clears },	/* GEN8_PCU_IIR */
};

static const struct reg_rule masked_rule = { 0, 0, NULL, write_masked };
static const struct reg_rule iir_rule = { 0, 0, NULL, write_iir };
static const struct reg_rule ier_rule = { 0, 0, NULL, write_ier };

/* Rules by number; 0 means RAM. */
#define MAX_RULES	128
static const struct reg_rule *rules[MAX_RULES];
static u32 num_rules = 1;

static u8 rule_number(const struct reg_rule *rule)
{
	u32 i;

	for (i = 1; i < num_rules; i++)
		if (rules[i] == rule)
			return (u8)i;
	if (num_rules == MAX_RULES)
		abort();
	rules[num_rules] = rule;
	return (u8)num_rules++;
}

static void set_rule(struct vgpu *gpu, const struct reg_rule *rule, u32 first, u32 last)
{
	u32 offset;

	for (offset = first; offset <= last; offset += 4)
		gpu->rule_of[offset / 4] = rule_number(rule);
}

static void set_rules(struct vgpu *gpu, const struct reg_rule *table, u32 n, u32 base)
{
	u32 i;

	for (i = 0; i < n; i++)
		set_rule(gpu, &table[i], base + table[i].first, base + table[i].last);
}

/**
 * mmio_init() - build the index of rules for the device's platform
 */
void mmio_init(struct vgpu *gpu)
{
	const struct platform *plat = gpu->plat;
	u32 i;

	set_rule(gpu, &pipes_rule, DISPLAY_PIPES, DISPLAY_PIPES_LAST);
	set_rules(gpu, common_rules, ARRAY_SIZE(common_rules), 0);
	if (plat->gen >= 8)
		set_rules(gpu, gen8_rules, ARRAY_SIZE(gen8_rules), 0);
	for (i = 0; i < plat->num_masked; i++)
		set_rule(gpu, &masked_rule, plat->masked[i].first, plat->masked[i].last);
	for (i = 0; i < plat->num_banks; i++) {
		set_rule(gpu, &iir_rule, plat->bank[i].iir, plat->bank[i].iir);
		set_rule(gpu, &ier_rule, plat->bank[i].ier, plat->bank[i].ier);
	}
	for (i = DDI_BUF_CTL_A; i <= DDI_BUF_CTL_E; i += 0x100)
		set_rule(gpu, &buffer_rule, i, i);
	for (i = 0; i < NUM_PIPES; i++)
		set_rules(gpu, pipe_rules, ARRAY_SIZE(pipe_rules), 0x1000 * i);
	for (i = 0; i < NUM_ENGINES; i++)
		set_rules(gpu, engine_rules, ARRAY_SIZE(engine_rules), plat->engine[i].base);
}

/**
 * mmio_reset() - registers as after power-up
 */
void mmio_reset(struct vgpu *gpu)
{
	const struct platform *plat = gpu->plat;
	u32 i;

	memset(gpu->bar0, 0, MMIO_SIZE);
	memset(gpu->sbi, 0, sizeof(gpu->sbi));
	gpu->display.flips = 0;
	for (i = 0; i < plat->num_reset_values; i++)
		*reg_ptr(gpu, plat->reset_values[i].offset) = plat->reset_values[i].value;
	if (!gpu->display.present)
		*reg_ptr(gpu, FUSE_STRAP) = DISPLAY_FUSED_OFF;
}

bool in_spans(const struct reg_span *span, u32 n, u32 offset)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (offset >= span[i].first && offset <= span[i].last)
			return true;
	return false;
}

/**
 * mmio_is_masked() - does a write carry its own mask in the upper half?
 */
bool mmio_is_masked(const struct vgpu *gpu, u32 offset)
{
	const struct reg_rule *rule = rules[gpu->rule_of[offset / 4]];

	return rule && (rule->write == write_masked || rule->write == write_instpm ||
			rule->write == write_ring_mode);
}

/**
 * mmio_read() - read a register
 * @offset: below MMIO_SIZE, a multiple of four
 */
u32 mmio_read(struct vgpu *gpu, u32 offset)
{
	const struct reg_rule *rule = rules[gpu->rule_of[offset / 4]];

	return rule && rule->read ? rule->read(gpu, offset) : *reg_ptr(gpu, offset);
}

/**
 * mmio_write() - write a register
 * @offset: below MMIO_SIZE, a multiple of four
 *
 * Never executes commands: engines run between the client's messages.
 */
void mmio_write(struct vgpu *gpu, u32 offset, u32 value)
{
	const struct reg_rule *rule = rules[gpu->rule_of[offset / 4]];

	if (rule && rule->write)
		rule->write(gpu, offset, value);
	else
		*reg_ptr(gpu, offset) = value;
}
