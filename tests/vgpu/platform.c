// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform tables. A new platform of a known generation is a struct platform;
 * the code asks the generation only where the hardware really differs.
 */
#include <stdio.h>
#include <string.h>

#include "vgpu.h"
#include "regs.h"

/* ---- gen8: Broadwell ---- */

#define GEN8_BANK(n)	{ 0x44304 + 16 * (n), 0x44308 + 16 * (n), 0x4430c + 16 * (n), 2 * (n) }
#define GEN8_PIPE(n)	{ 0x44404 + 16 * (n), 0x44408 + 16 * (n), 0x4440c + 16 * (n), 16 + (n) }

enum { GEN8_BANK_DE = 4 };

static const struct irq_bank gen8_banks[] = {
	GEN8_BANK(0), GEN8_BANK(1), GEN8_BANK(2), GEN8_BANK(3),
	[GEN8_BANK_DE] = GEN8_PIPE(0), GEN8_PIPE(1), GEN8_PIPE(2),
};

/* events of a gen8 engine within its half of a bank */
#define GEN8_EVENTS(shift) \
	.irq_user = BIT(0) << (shift), .irq_notify = BIT(4) << (shift), \
	.irq_switch = BIT(8) << (shift)

static const struct reg_value common_values[] = {
	{ 0x120008, 0x3f },		/* GTFIFOCTL: entries free */
	{ LCPLL_CTL, LCPLL_PLL_LOCK },
	{ 0x145948, 0x0600 },		/* GEN6_GT_PERF_STATUS: runs at the lowest frequency */
	{ 0x145998, 0x00060812 },	/* GEN6_RP_STATE_CAP: frequencies, 50 MHz */
	/* MCH_SSKPD: watermark latencies, must not be zero */
	{ 0x145d10, 2 | 4 << 4 | 0x1c << 12 | 0x48 << 20 },
	{ 0x145d14, 0x6c | 2 << 24 },
	{ 0x8504, 0x1000 },		/* GEN8_RC6_CTX_INFO: 6.1 wants non-zero */
	{ 0x9120, BIT(25) },		/* GEN8_FUSE2: slice 0, all subslices */
};

static const struct reg_span gen8_masked[] = {
	{ 0x20d4, 0x20d4 },		/* _3D_CHICKEN3… */
	{ 0x20e0, 0x20e4 },		/* FF_SLICE_CS_CHICKEN, MI_ARB_STATE */
	{ 0x2580, 0x2580 },		/* GEN8_CS_CHICKEN1 */
	{ 0x7000, 0x701c },		/* CACHE_MODE_0, _1, GT_MODE, COMMON_SLICE_CHICKEN */
	{ 0x7300, 0x7304 },		/* HDC_CHICKEN0 */
	{ 0xe100, 0xe100 },		/* HALF_SLICE_CHICKEN1 */
	{ 0xe180, 0xe194 },		/* HALF_SLICE_CHICKEN2, 3, SAMPLER_MODE */
	{ 0xe4f0, 0xe4f4 },		/* GEN8_ROW_CHICKEN, ROW_CHICKEN2 */
	{ BCS_SWCTRL, BCS_SWCTRL },
};

static const struct reg_span gen8_context[] = {
	{ 0x20c0, 0x20c0 },		/* INSTPM */
	{ 0x2580, 0x2580 },
	{ 0x2600, 0x267c },		/* CS general purpose registers */
	{ 0x7000, 0x701c },
	{ 0x7300, 0x7300 },
	{ 0xe100, 0xe100 },
	{ 0xe180, 0xe194 },
	{ 0xe4f0, 0xe4f4 },
};

/* what the streamer lets a batch without privileges write */
static const struct reg_span user_registers[] = {
	{ 0x2290, 0x2294 },		/* predicate and OA scratch */
	{ 0x2300, 0x234c },		/* pipeline statistics */
	{ 0x2400, 0x2454 },		/* MI_PREDICATE_*, 3DPRIM_* */
	{ 0x2500, 0x2508 },		/* GPGPU dispatch dimensions */
	{ 0x2600, 0x267c },		/* CS general purpose registers */
	{ 0x5200, 0x52ff },		/* stream-out counters and offsets */
	{ 0x7000, 0x701c },
	{ 0x7034, 0x7034 },		/* GEN8_L3CNTLREG */
	{ 0xb010, 0xb024 },		/* L3SQCREG1, L3CNTLREG2, 3 */
	{ 0xe184, 0xe184 },
	{ BCS_SWCTRL, BCS_SWCTRL },
	{ 0x12600, 0x1267c }, { 0x1a600, 0x1a67c }, { 0x22600, 0x2267c },
};

/* ---- gen7.5: Haswell ---- */

/* events of engines sit in two shared banks (GT_* and PM_* interrupt names) */
enum { HSW_BANK_GT, HSW_BANK_PM, HSW_BANK_DE };

static const struct irq_bank hsw_banks[] = {
	[HSW_BANK_GT] = { 0x44014, 0x44018, 0x4401c, -1 },
	[HSW_BANK_PM] = { 0x44024, 0x44028, 0x4402c, -1 },
	[HSW_BANK_DE] = { 0x44004, 0x44008, 0x4400c, -1 },
};

static const struct reg_span hsw_masked[] = {
	{ 0x20d4, 0x20d4 },
	{ 0x20e0, 0x20e4 },
	{ 0x7000, 0x7010 },		/* CACHE_MODE_0_GEN7, CACHE_MODE_1, GT_MODE, … */
	{ 0xe100, 0xe100 },
	{ 0xe180, 0xe188 },
	{ 0xe49c, 0xe49c },		/* HSW_ROW_CHICKEN3 */
	{ 0xe4f0, 0xe4f4 },
	{ BCS_SWCTRL, BCS_SWCTRL },
};

static const struct reg_span hsw_context[] = {
	{ 0x20c0, 0x20c0 },
	{ 0x2600, 0x267c },
	{ 0x7000, 0x7010 },
	{ 0xe100, 0xe100 },
	{ 0xe180, 0xe188 },
};

#define COMMON_TABLES(gen) \
	.reset_values = common_values, .num_reset_values = ARRAY_SIZE(common_values), \
	.unprivileged = user_registers, .num_unprivileged = ARRAY_SIZE(user_registers), \
	.masked = gen ## _masked, .num_masked = ARRAY_SIZE(gen ## _masked), \
	.context = gen ## _context, .num_context = ARRAY_SIZE(gen ## _context), \
	.bank = gen ## _banks, .num_banks = ARRAY_SIZE(gen ## _banks)

/* What the Broadwells have alike. */
#define BROADWELL \
	.gen = 8, .revision = 9, \
	.gmch_ctl = 3 << 6,		/* GGMS: 8 MiB of PTEs; no stolen memory */ \
	.bar0_size = 16 << 20, .gtt_offset = 8 << 20, .gtt_size = 8 << 20, \
	.aperture_size = 256 << 20, \
	.pte_size = 8, \
	.has_execlists = true, \
	.irq_master = 0x44200, \
	.display_bank = GEN8_BANK_DE, \
	.engine = { \
		{ "rcs", 0x02000, 0x02080, GEN8_RING_FAULT, 0, 0, GEN8_EVENTS(0), .reset = BIT(1) }, \
		{ "vcs", 0x12000, 0x12080, GEN8_RING_FAULT, 1, 1, GEN8_EVENTS(0), .reset = BIT(2) }, \
		{ "bcs", 0x22000, 0x22080, GEN8_RING_FAULT, 2, 0, GEN8_EVENTS(16), .reset = BIT(3) }, \
		{ "vecs", 0x1a000, 0x1a080, GEN8_RING_FAULT, 3, 3, GEN8_EVENTS(0), .reset = BIT(4) }, \
	}, \
	COMMON_TABLES(gen8)

static const struct platform platforms[] = {
	{
		/* A ULT: it has no analog port. */
		.name = "broadwell",
		.device = 0x1616, .subsystem = 0x2057,
		.lpc_device = 0x9cc3,		/* Wildcat Point-LP */
		BROADWELL,
	},
	{
		.name = "broadwell-h",
		.device = 0x1612, .subsystem = 0x2057,
		.lpc_device = 0x8cc3,		/* Wildcat Point HM97 */
		BROADWELL,
	},
	{
		.name = "haswell",
		.gen = 7,
		.device = 0x0412, .revision = 6, .subsystem = 0x2010,
		.lpc_device = 0x8c44,		/* Lynx Point Z87 */
		.gmch_ctl = 2 << 8,		/* GGMS: 2 MiB of PTEs; no stolen memory */
		.bar0_size = 4 << 20, .gtt_offset = 2 << 20, .gtt_size = 2 << 20,
		.aperture_size = 256 << 20,
		.pte_size = 4,
		.irq_master = 0x4400c,		/* DEIER */
		.display_bank = HSW_BANK_DE,
		.engine = {
			{ "rcs", 0x02000, 0x4080, 0x4094, 0, HSW_BANK_GT,
			  .irq_user = BIT(0), .irq_notify = BIT(4), .reset = BIT(1) },
			{ "vcs", 0x12000, 0x4180, 0x4194, 1, HSW_BANK_GT,
			  .irq_user = BIT(12), .irq_notify = BIT(16), .reset = BIT(2) },
			{ "bcs", 0x22000, 0x4280, 0x4294, 2, HSW_BANK_GT,
			  .irq_user = BIT(22), .irq_notify = BIT(26), .reset = BIT(3) },
			{ "vecs", 0x1a000, 0x4380, 0x4394, 3, HSW_BANK_PM,
			  .irq_user = BIT(10), .irq_notify = BIT(13), .reset = BIT(4) },
		},
		COMMON_TABLES(hsw),
	},
};

/**
 * platform_find() - platform by the name given on the command line
 * @name: NULL for the one that it is unless a name is given
 *
 * Return: NULL if there is none.
 */
const struct platform *platform_find(const char *name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(platforms); i++)
		if (!name || !strcmp(platforms[i].name, name))
			return &platforms[i];
	return NULL;
}

/**
 * platform_names() - the platforms that there are
 *
 * Return: their names, for a message.
 */
const char *platform_names(void)
{
	static char names[16 * ARRAY_SIZE(platforms)];
	u32 i;

	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(platforms); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", platforms[i].name);
	return names;
}
