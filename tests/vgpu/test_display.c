// SPDX-License-Identifier: GPL-2.0-only
/* What a modeset waits for: state bits, the link to the analog port, frames, flips. */
#include <unistd.h>

#include "test.h"

#define FRAME_MS	17
#define AWAITED_NS	20000000u	/* as in display.c */
#define MI_DISPLAY_FLIP	(0x14u << 23 | 1)
#define FLIP_PLANE_C	(4u << 19)

static struct rig r;

static void test_enables(void)
{
	rig_write(&r, PIPECONF(1), ENABLE);
	is(rig_read(&r, PIPECONF(1)), ENABLE | STATE_ENABLE, "a pipe is on at once");
	rig_write(&r, PIPECONF(1), STATE_ENABLE);
	is(rig_read(&r, PIPECONF(1)), 0, "and off");
	rig_write(&r, LPT_TRANSCONF, ENABLE);
	is(rig_read(&r, LPT_TRANSCONF), ENABLE | STATE_ENABLE, "the transcoder as well");
	is(rig_read(&r, DDI_BUF_CTL_A), DDI_BUF_IS_IDLE, "a port that is off is idle");
	rig_write(&r, DDI_BUF_CTL_A, ENABLE);
	is(rig_read(&r, DDI_BUF_CTL_A), ENABLE, "one that is on is not");
	rig_write(&r, PCH_ADPA, ENABLE | ADPA_FORCE_TRIGGER);
	is(rig_read(&r, PCH_ADPA), ENABLE, "the search for a monitor ends, and finds none");
	*reg_ptr(&r.gpu, SERR_INT) = 9;
	rig_write(&r, SERR_INT, 8);
	is(rig_read(&r, SERR_INT), 1, "errors are cleared by a one");
}

static u32 sideband(u32 control, u32 address, u32 data)
{
	rig_write(&r, SBI_ADDR, address << 16);
	rig_write(&r, SBI_DATA, data);
	rig_write(&r, SBI_CTL_STAT, control | SBI_BUSY);
	is(rig_read(&r, SBI_CTL_STAT), control, "the sideband is done at once");
	return rig_read(&r, SBI_DATA);
}

static void test_sideband(void)
{
	sideband(SBI_WRITES, 0x600, 0x1234);
	sideband(SBI_WRITES | SBI_PHY, 0x600, 0x5678);
	is(sideband(0, 0x600, 0), 0x1234, "a clock's register keeps what was written");
	is(sideband(SBI_PHY, 0x600, 0), 0x5678, "so does the PHY's of that address");
	is(sideband(0, 0x604, 0), 0, "the next one does not");
}

static void test_training(void)
{
	rig_write(&r, DP_TP_CTL_E, ENABLE | DP_TP_FDI_AUTOTRAIN);
	rig_write(&r, DDI_BUF_CTL_E, ENABLE);
	is(rig_read(&r, DP_TP_STATUS_E), 0, "FDI is not trained: its receiver is off");
	rig_write(&r, FDI_RX_CTL, ENABLE);
	is(rig_read(&r, DP_TP_STATUS_E), DP_TP_AUTOTRAIN_DONE, "it is when both ends are on");
	rig_write(&r, DDI_BUF_CTL_E, 0);
	is(rig_read(&r, DP_TP_STATUS_E), 0, "and no longer without its sender");
}

/* Sleep beyond the end of a frame, and see to it. */
static void frame(void)
{
	usleep(4 * FRAME_MS * 1000);	/* as long as it takes if nobody waits for it */
	display_run(&r.gpu);
}

static void test_frames(void)
{
	struct irq_source s = irq_display_source(&r.gpu, 2, VBLANK);
	const struct irq_bank *b = s.bank;
	u32 before;
	u64 end;

	is(display_run(&r.gpu), 0, "no pipe: nobody waits for a frame");
	rig_write(&r, PIPECONF(2), ENABLE);
	rig_write(&r, b->imr, ~0u);
	is(display_run(&r.gpu), 0, "masked: nobody waits for a frame");
	rig_write(&r, b->ier, s.bit);
	rig_write(&r, b->imr, ~s.bit);
	rig_write(&r, b->iir, ~0u);
	frame();
	rig_write(&r, b->iir, ~0u);
	ok(display_run(&r.gpu), "not masked: a frame is waited for");
	frame();
	is(rig_read(&r, b->iir), s.bit, "the vertical blank is that of the pipe that is on");
	before = rig_read(&r, PIPE_FRMCOUNT(2));
	frame();
	is(rig_read(&r, PIPE_FRMCOUNT(2)), before, "no frame ends before that interrupt was taken");
	rig_write(&r, b->iir, ~0u);
	is(rig_read(&r, PIPE_FRMCOUNT(2)), before + 1, "which is when the frame counts");
	for (end = clock_ns() + 3 * FRAME_MS * 1000000ull; clock_ns() < end; ) {
		u64 written = clock_ns();

		rig_write(&r, DSPSURF(0), 0);
		before = r.gpu.display.frame;
		display_run(&r.gpu);
		if (clock_ns() - written >= AWAITED_NS)
			before = r.gpu.display.frame;	/* this machine was busy */
		if (r.gpu.display.frame != before)
			break;
	}
	is(r.gpu.display.frame, before, "no frame ends while pipes are written to");
}

static void test_flips(void)
{
	struct irq_source s = irq_display_source(&r.gpu, 2, FLIP_DONE);
	const struct irq_bank *b = s.bank;

	rig_write(&r, b->imr, ~s.bit);
	rig_write(&r, b->iir, ~0u);
	rig_write(&r, DSPSURF(2), 0x5000);
	is(rig_read(&r, DSPSURFLIVE(2)), 0, "a flip waits for the frame's end");
	ok(display_run(&r.gpu), "which is waited for");
	frame();
	is(rig_read(&r, DSPSURFLIVE(2)), 0x5000, "then the surface is shown");
	is(rig_read(&r, PIPE_FLIPCOUNT(2)), 1, "the flip is counted");
	is(rig_read(&r, b->iir), s.bit, "and told");
	ring_begin(&r);
	EMIT(&r, MI_DISPLAY_FLIP | FLIP_PLANE_C, 4096, 0x9000, MI_NOOP);
	ring_submit(&r);
	run(&r);
	frame();
	is(rig_read(&r, DSPSURFLIVE(2)), 0x9000, "a ring flips as well");
	is(rig_read(&r, PIPE_FLIPCOUNT(2)), 2, "which is counted, too");
}

/* @iir: the register where the vertical blank of pipe C is told, and @master what then shows that it is */
static void test_source(u32 iir, u32 bit, u32 master)
{
	struct irq_source s = irq_display_source(&r.gpu, 2, VBLANK);

	rig_write(&r, s.bank->imr, 0);
	rig_write(&r, s.bank->ier, bit);
	irq_raise_display(&r.gpu, 2, VBLANK);
	is(rig_read(&r, iir), bit, "the vertical blank of the third pipe is told in its place");
	is(rig_read(&r, 0x44200), master, "and by the master register, where there is one");
	rig_write(&r, iir, ~0u);
	rig_write(&r, s.bank->ier, 0);
	is(rig_read(&r, 0x44200), 0, "until it is cleared");
}

static void test_platform(const char *name, u32 iir, u32 bit, u32 master)
{
	rig_open(&r, name, "rcs");
	test_source(iir, bit, master);
	test_enables();
	test_sideband();
	test_training();
	test_frames();
	test_flips();
	rig_close(&r);
}

int main(void)
{
	test_platform("haswell", 0x44008, BIT(10), 0);
	test_platform("broadwell-h", 0x44428, BIT(0), BIT(18));
	return done();
}
