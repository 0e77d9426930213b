// SPDX-License-Identifier: GPL-2.0-only
/*
 * The display, as far as a driver that sets modes waits for it: pipes that are
 * on or off, the FDI link to the analog port, frames that go by, surfaces that
 * are flipped to. picture.c shows them; no monitor answers.
 *
 * Drivers write a pipe's registers between two vertical blanks, with interrupts
 * off, and complain if one comes in between. A guest without KVM is slow and may
 * be kept waiting, so a frame does not end before the interrupt of the last one
 * was taken, nor while the pipes are at work on: accesses to them are closer to
 * each other than some milliseconds, more of them if nobody waits for the end.
 */
#include "vgpu.h"
#include "regs.h"

#define FRAME_NS	16666667ull	/* 60 Hz */
#define AWAITED_NS	20000000ull	/* since the last access to a pipe, with the interrupt on */
#define UNAWAITED_NS	60000000ull	/* with it off; drivers give up after 100 ms with it on */
#define TAKEN_NS	1000000ull	/* until it is looked again if the interrupt was taken */

static bool pipe_is_on(const struct vgpu *gpu, u32 pipe)
{
	return *reg_ptr(gpu, PIPECONF(pipe)) & STATE_ENABLE;
}

static u32 pipe_of(u32 offset)
{
	return offset >> 12 & 3;
}

static void touch(struct vgpu *gpu)
{
	gpu->display.touched_ns = clock_ns();
	gpu->display.polls = 0;
}

u32 display_read(struct vgpu *gpu, u32 offset)
{
	touch(gpu);
	return *reg_ptr(gpu, offset);
}

void display_write(struct vgpu *gpu, u32 offset, u32 value)
{
	touch(gpu);
	*reg_ptr(gpu, offset) = value;
}

/**
 * display_write_enable() - pipes and transcoders: the state bit follows the enable bit at once
 */
void display_write_enable(struct vgpu *gpu, u32 offset, u32 value)
{
	display_write(gpu, offset, value & ENABLE ? value | STATE_ENABLE : value & ~STATE_ENABLE);
}

/**
 * display_read_frame() - frames whose end the driver may know of
 *
 * Read before and after work on a pipe. Three times in a row, it is polled.
 */
u32 display_read_frame(struct vgpu *gpu, u32 offset)
{
	if (++gpu->display.polls > 2)
		gpu->display.touched_ns = 0;
	return gpu->display.frame - irq_display_pending(gpu, pipe_of(offset), VBLANK);
}

/**
 * display_read_line() - where the pipe is: within the first half of the picture
 *
 * Drivers keep away from the lines before the vertical blank, and wait there.
 */
u32 display_read_line(struct vgpu *gpu, u32 offset)
{
	u32 lines = (*reg_ptr(gpu, VTOTAL(pipe_of(offset))) & 0xfff) / 2;
	u64 elapsed = clock_ns() - gpu->display.began_ns;

	touch(gpu);
	return lines ? (u32)(elapsed / (FRAME_NS / 1000) % lines) : 0;
}

/**
 * display_flip() - a plane is to show another surface from the next frame on
 * @offset: DSPSURF of the plane
 */
void display_flip(struct vgpu *gpu, u32 offset, u32 surface)
{
	display_write(gpu, offset, surface);
	gpu->display.flips |= BIT(pipe_of(offset));
}

u32 display_read_buffer(struct vgpu *gpu, u32 offset)
{
	u32 value = *reg_ptr(gpu, offset);

	return value & ENABLE ? value : value | DDI_BUF_IS_IDLE;
}

/**
 * display_read_training() - FDI is trained as soon as both of its ends are on
 */
u32 display_read_training(struct vgpu *gpu, u32 offset)
{
	u32 control = *reg_ptr(gpu, DP_TP_CTL_E);
	bool both = *reg_ptr(gpu, DDI_BUF_CTL_E) & *reg_ptr(gpu, FDI_RX_CTL) & ENABLE;

	(void)offset;
	return both && control & ENABLE && control & DP_TP_FDI_AUTOTRAIN ? DP_TP_AUTOTRAIN_DONE : 0;
}

static void end_frame(struct vgpu *gpu, u32 pipe)
{
	irq_raise_display(gpu, pipe, VBLANK);
	if (gpu->display.flips & BIT(pipe)) {
		gpu->display.flips &= ~BIT(pipe);
		*reg_ptr(gpu, DSPSURFLIVE(pipe)) = *reg_ptr(gpu, DSPSURF(pipe));
		++*reg_ptr(gpu, PIPE_FLIPCOUNT(pipe));
		irq_raise_display(gpu, pipe, FLIP_DONE);
	}
}

/* When may the frame end? */
static u64 frame_end(const struct display *d, bool awaited)
{
	u64 end = d->began_ns + FRAME_NS, quiet = d->touched_ns + (awaited ? AWAITED_NS : UNAWAITED_NS);

	return end > quiet ? end : quiet;
}

/**
 * display_run() - end the frame, if it is time
 *
 * Return: when to call again, on clock_ns()'s clock; 0 if nobody waits for a frame.
 */
u64 display_run(struct vgpu *gpu)
{
	struct display *d = &gpu->display;
	bool awaited = false, pending = false;
	u64 now = clock_ns(), end;
	u32 pipe, on = 0;

	for (pipe = 0; pipe < NUM_PIPES; pipe++) {
		if (!pipe_is_on(gpu, pipe))
			continue;
		on |= BIT(pipe);
		awaited |= irq_display_wants(gpu, pipe, VBLANK);
		pending |= irq_display_pending(gpu, pipe, VBLANK);
	}
	d->flips &= on;
	end = frame_end(d, awaited);
	if (now < end)
		return awaited || d->flips ? end : 0;
	if (pending)
		return now + TAKEN_NS;
	for (pipe = 0; pipe < NUM_PIPES; pipe++)
		if (on & BIT(pipe))
			end_frame(gpu, pipe);
	d->frame++;
	d->began_ns = now;
	return awaited ? now + FRAME_NS : 0;
}
