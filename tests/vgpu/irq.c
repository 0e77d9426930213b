// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts. An engine's event passes the ring's own mask (RING_IMR) and the
 * bank's (IMR), then stays in the bank's IIR until the CPU writes the bit back.
 * One MSI goes out on each rising edge of "master enabled and any IIR & IER".
 *
 * gen8: GT banks 0…3, and one for each pipe, under the master register 0x44200,
 * which also shows the banks that have something. gen7: banks of the GT, of power
 * management and of the display under bit 31 of DEIER.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "vgpu.h"
#include "regs.h"

void irq_set_eventfd(struct vgpu *gpu, int fd)
{
	if (gpu->msi_fd >= 0)
		close(gpu->msi_fd);
	gpu->msi_fd = fd;
}

static void send_msi(struct vgpu *gpu)
{
	u64 one = 1;

	if (gpu->msi_fd < 0)
		return;
	gpu->msi_count++;
	if (write(gpu->msi_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		log_err("irq: cannot signal the MSI: %s", strerror(errno));
}

/* The master register's status bits of all banks that have something. */
static u32 pending_banks(const struct vgpu *gpu, bool *any)
{
	const struct platform *plat = gpu->plat;
	u32 i, status = 0;

	*any = false;
	for (i = 0; i < plat->num_banks; i++) {
		const struct irq_bank *b = &plat->bank[i];
		u32 set = *reg_ptr(gpu, b->iir) & *reg_ptr(gpu, b->ier);

		/* gen7: DEIER's own bit 31 is the master enable */
		if (b->ier == plat->irq_master)
			set &= ~DE_MASTER_IRQ;
		*any |= set != 0;
		if (b->master_bit < 0)
			continue;
		if (set & 0xffff)
			status |= BIT(b->master_bit);
		if (set >> 16)
			status |= BIT(b->master_bit + 1);
	}
	return status;
}

/**
 * irq_update() - evaluate the line again after any of its inputs changed
 */
void irq_update(struct vgpu *gpu)
{
	u32 *master = reg_ptr(gpu, gpu->plat->irq_master);
	bool any, line;
	u32 status = pending_banks(gpu, &any);

	if (gpu->plat->gen >= 8)
		*master = (*master & DE_MASTER_IRQ) | status;
	line = (*master & DE_MASTER_IRQ) && any;
	if (line && !gpu->irq_line)
		send_msi(gpu);
	gpu->irq_line = line;
}

static void raise_in(struct vgpu *gpu, const struct irq_bank *b, u32 bits)
{
	bits &= ~*reg_ptr(gpu, b->imr);
	if (!bits)
		return;
	*reg_ptr(gpu, b->iir) |= bits;
	irq_update(gpu);
}

/**
 * irq_raise() - an engine has an event
 * @bits: in the layout of the engine's bank
 */
void irq_raise(struct engine *e, u32 bits)
{
	raise_in(e->gpu, &e->gpu->plat->bank[e->info->bank], bits & ~*ring_reg(e, RING_IMR));
}

/**
 * irq_display_source() - where an event of a pipe is told
 *
 * gen7 has one bank for all pipes, gen8 one for each.
 */
struct irq_source irq_display_source(const struct vgpu *gpu, u32 pipe, enum display_event event)
{
	const struct irq_bank *first = &gpu->plat->bank[gpu->plat->display_bank];

	if (gpu->plat->gen >= 8)
		return (struct irq_source){ first + pipe, event == VBLANK ? GEN8_PIPE_VBLANK : GEN8_PIPE_FLIP_DONE };
	return (struct irq_source){ first, event == VBLANK ? DE_VBLANK(pipe) : DE_FLIP_DONE(pipe) };
}

void irq_raise_display(struct vgpu *gpu, u32 pipe, enum display_event event)
{
	struct irq_source s = irq_display_source(gpu, pipe, event);

	raise_in(gpu, s.bank, s.bit);
}

/**
 * irq_display_wants() - would this event get through?
 */
bool irq_display_wants(const struct vgpu *gpu, u32 pipe, enum display_event event)
{
	struct irq_source s = irq_display_source(gpu, pipe, event);

	return s.bit & ~*reg_ptr(gpu, s.bank->imr);
}

/**
 * irq_display_pending() - has this event not been taken yet by a driver that listens?
 */
bool irq_display_pending(const struct vgpu *gpu, u32 pipe, enum display_event event)
{
	struct irq_source s = irq_display_source(gpu, pipe, event);

	return s.bit & *reg_ptr(gpu, s.bank->iir) & *reg_ptr(gpu, s.bank->ier);
}
