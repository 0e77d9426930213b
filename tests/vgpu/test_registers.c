// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of a value that is written to a register which is not RAM, on both platforms. */
#include "test.h"

#define HALF_SLICE_CHICKEN3	0xe184
#define GEN8_RTCR		0x4260
#define GEN8_FUSE2		0x9120
#define FPGA_DBG		0x42300
#define EDP_PSR_IIR		0x64838
#define GTFIFOCTL		0x120008

#define SET(bits)		((bits) << 16 | (bits))
#define CLEAR(bits)		((bits) << 16)

static struct rig r;
static const char *platform;

static void becomes(u32 offset, u32 written, u32 expected, const char *what)
{
	rig_write(&r, offset, written);
	is(rig_read(&r, offset), expected, "%s: 0x%x: %s", platform, offset, what);
}

/* Only the bits count that are set in the upper half, which itself is not kept. */
static void masked(u32 offset)
{
	becomes(offset, SET(0x5u), 0x5, "the bits of the mask are set");
	becomes(offset, SET(0x2u), 0x7, "those outside it stay");
	becomes(offset, CLEAR(0x4u), 0x3, "the bits of the mask are cleared");
	becomes(offset, 0xff, 0x3, "without a mask nothing is written");
	ok(mmio_is_masked(&r.gpu, offset), "%s: 0x%x is known to be masked", platform, offset);
}

static void test_masked(void)
{
	masked(HALF_SLICE_CHICKEN3);
	masked(ENG(&r, RING_PSMI_CTL));
	masked(ENG(&r, RING_CONTEXT_CONTROL));
	masked(ENG(&r, RING_INSTPM));
	becomes(ENG(&r, RING_INSTPM), SET(INSTPM_SYNC_FLUSH), 0x3, "a sync flush is done at once");
	ok(!mmio_is_masked(&r.gpu, GEN6_PCODE_MAILBOX), "%s: a mailbox is not", platform);
}

static void test_power(void)
{
	u32 i;

	becomes(GEN6_PCODE_MAILBOX, PCODE_READY | 0x1234, 0x1200,
		"the power controller is ready, without an error");
	for (i = 0; i < 16; i += 4)
		becomes(HSW_PWR_WELL_CTL + i, 0x80000000, 0xc0000000, "a power well is on");
	becomes(HSW_PWR_WELL_CTL, 0x40000008, 0x0000000c, "a state cannot be asked for");
	becomes(HSW_PWR_WELL_CTL, 0, 0, "a power well is off");
	becomes(FORCEWAKE_MT, SET(1u), 1, "awake");
	is(rig_read(&r, FORCEWAKE_ACK_HSW), 1, "%s: which is acknowledged", platform);
	becomes(FORCEWAKE_MT, CLEAR(1u), 0, "asleep");
	is(rig_read(&r, FORCEWAKE_ACK_HSW), 0, "%s: which is acknowledged", platform);
}

static void test_clocks(void)
{
	becomes(LCPLL_CTL, 0, LCPLL_PLL_LOCK, "the display's PLL locks");
	becomes(LCPLL_CTL, LCPLL_PLL_DISABLE | LCPLL_CD_SOURCE_FCLK,
		LCPLL_PLL_DISABLE | LCPLL_CD_SOURCE_FCLK | LCPLL_CD_SOURCE_DONE,
		"it is off, and the clock another");
	becomes(SOUTH_CHICKEN2, FDI_MPHY_RESET_CTL, FDI_MPHY_RESET_CTL | FDI_MPHY_RESET_STATUS,
		"FDI's PHY is in reset");
	becomes(SOUTH_CHICKEN2, FDI_MPHY_RESET_STATUS, 0, "and out of it");
}

static void test_done_at_once(void)
{
	becomes(GEN8_RTCR, 1, 0, "the TLBs are invalidated");
	becomes(FPGA_DBG, ~0u, 0, "no access was unclaimed");
	*reg_ptr(&r.gpu, EDP_PSR_IIR) = 0xf;
	becomes(EDP_PSR_IIR, 0x3, 0xc, "a one clears");
	becomes(PCH_GMBUS2, 0, GMBUS_NAK, "nobody answers");
}

static void read_only(u32 offset)
{
	u32 before = rig_read(&r, offset);

	becomes(offset, ~before, before, "cannot be written");
}

static void test_read_only(void)
{
	read_only(GEN8_FUSE2);
	read_only(FUSE_STRAP);
	read_only(GTFIFOCTL);
	read_only(ENG(&r, RING_EXECLIST_STATUS));
	read_only(ENG(&r, RING_EXECLIST_STATUS_HI));
}

/* Tail and head are where dwords, and quadwords, begin. */
static void test_ring(void)
{
	becomes(ENG(&r, RING_TAIL), ~0u, 0x1ffff8, "a tail has no low bits");
	becomes(ENG(&r, RING_TAIL), 0, 0, "a tail");
	becomes(ENG(&r, RING_HEAD), ~0u, 0xfffffffc, "a head has no low bits");
	becomes(ENG(&r, RING_HEAD), 0, 0, "a head");
	becomes(ENG(&r, RING_RESET_CTL), SET(RESET_CTL_REQUEST), RESET_CTL_REQUEST | RESET_CTL_READY,
		"an engine is ready for its reset");
	becomes(ENG(&r, RING_RESET_CTL), CLEAR(RESET_CTL_REQUEST), 0, "and not");
	becomes(ENG(&r, RING_MODE), SET(GFX_RUN_LIST_ENABLE),
		r.gpu.plat->has_execlists ? GFX_RUN_LIST_ENABLE : 0, "execlists are for gen8");
}

static void test_platform(const char *name)
{
	platform = name;
	rig_open(&r, name, "rcs");
	test_masked();
	test_power();
	test_clocks();
	test_done_at_once();
	test_read_only();
	test_ring();
	rig_close(&r);
}

int main(void)
{
	test_platform("broadwell");
	test_platform("haswell");
	return done();
}
