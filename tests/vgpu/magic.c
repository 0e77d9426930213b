// SPDX-License-Identifier: GPL-2.0-only
/*
 * The magic block: registers that no Intel GPU has, for a test program in the
 * guest that maps BAR0. It tells the virtual GPU from a real one, controls time
 * (hold an engine, step it, delay it, see what it is doing), and takes pictures.
 */
#include "vgpu.h"
#include "regs.h"

enum {				/* of the device */
	MAGIC_REG_ID = 0x00,
	MAGIC_REG_VERSION = 0x04,
	MAGIC_REG_PLATFORM = 0x08,	/* generation in the upper half, device id */
	MAGIC_REG_ENGINES = 0x0c,
	MAGIC_REG_SCRATCH = 0x10,
	MAGIC_REG_MSI_COUNT = 0x14,
	MAGIC_REG_PICTURE = 0x18,	/* write a pipe's number; reads as the picture's CRC */
};

enum {				/* of an engine, from MAGIC_ENGINE(id) on */
	MAGIC_HOLD = 0x00,
	MAGIC_STEP = 0x04,
	MAGIC_DELAY = 0x08,		/* microseconds */
	MAGIC_STATUS = 0x0c,
	MAGIC_REQUESTS = 0x10,
	MAGIC_BATCHES = 0x14,
	MAGIC_SUBMITS = 0x18,
	MAGIC_FAULTS = 0x1c,
	MAGIC_RESETS = 0x20,
};

enum {				/* MAGIC_STATUS */
	MAGIC_BUSY = BIT(0),		/* has work, maybe behind the gate */
	MAGIC_IN_REQUEST = BIT(1),	/* a request has begun and not ended */
	MAGIC_WAITING = BIT(2),		/* for a semaphore */
	MAGIC_HUNG = BIT(3),
	MAGIC_IN_BATCH = BIT(4),
	MAGIC_HELD = BIT(5),
};

static struct engine *magic_engine(struct vgpu *gpu, u32 *offset)
{
	u32 index = (*offset - MAGIC_ENGINE(0)) / (MAGIC_ENGINE(1) - MAGIC_ENGINE(0));

	if (*offset < MAGIC_ENGINE(0) || index >= NUM_ENGINES)
		return NULL;
	*offset -= MAGIC_ENGINE(index);
	return &gpu->engine[index];
}

static u32 engine_status(const struct engine *e)
{
	return (engine_is_idle(e) ? 0 : MAGIC_BUSY) |
	       (e->in_request ? MAGIC_IN_REQUEST : 0) |
	       (e->waiting ? MAGIC_WAITING : 0) |
	       (e->hung ? MAGIC_HUNG : 0) |
	       (e->depth ? MAGIC_IN_BATCH : 0) |
	       (e->held ? MAGIC_HELD : 0);
}

static u32 read_engine(const struct engine *e, u32 offset)
{
	switch (offset) {
	case MAGIC_HOLD: return e->held;
	case MAGIC_STEP: return e->steps;
	case MAGIC_DELAY: return (u32)(e->delay_ns / 1000);
	case MAGIC_STATUS: return engine_status(e);
	case MAGIC_REQUESTS: return (u32)e->stats.requests;
	case MAGIC_BATCHES: return (u32)e->stats.batches;
	case MAGIC_SUBMITS: return (u32)e->stats.submits;
	case MAGIC_FAULTS: return (u32)e->stats.faults;
	case MAGIC_RESETS: return (u32)e->stats.resets;
	}
	return 0;
}

/**
 * magic_read() - read a register of the magic block
 * @offset: in BAR0
 */
u32 magic_read(struct vgpu *gpu, u32 offset)
{
	const struct engine *e;

	offset -= MAGIC_BASE;
	e = magic_engine(gpu, &offset);
	if (e)
		return read_engine(e, offset);
	switch (offset) {
	case MAGIC_REG_ID: return MAGIC_ID;
	case MAGIC_REG_VERSION: return MAGIC_VERSION;
	case MAGIC_REG_PLATFORM: return (u32)gpu->plat->gen << 16 | gpu->plat->device;
	case MAGIC_REG_ENGINES: return NUM_ENGINES;
	case MAGIC_REG_SCRATCH: return gpu->magic_scratch;
	case MAGIC_REG_MSI_COUNT: return (u32)gpu->msi_count;
	case MAGIC_REG_PICTURE: return gpu->display.picture_crc;
	}
	return 0;
}

/**
 * magic_write() - write a register of the magic block; others are ignored
 * @offset: in BAR0
 */
void magic_write(struct vgpu *gpu, u32 offset, u32 value)
{
	struct engine *e;

	offset -= MAGIC_BASE;
	e = magic_engine(gpu, &offset);
	if (!e) {
		if (offset == MAGIC_REG_SCRATCH)
			gpu->magic_scratch = value;
		else if (offset == MAGIC_REG_PICTURE)
			picture_save(gpu, value);
		return;
	}
	switch (offset) {
	case MAGIC_HOLD:
		engine_hold(e, value);
		break;
	case MAGIC_STEP:
		engine_step(e, value);
		break;
	case MAGIC_DELAY:
		engine_set_delay(e, value);
		break;
	}
}
