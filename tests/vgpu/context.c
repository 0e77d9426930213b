// SPDX-License-Identifier: GPL-2.0-only
/*
 * Context images. With execlists the second page of an image holds the ring
 * state, the page directory pointers and the engine's registers, each as the
 * value of a (register, value) pair; then our state of the 3D pipeline. With ring submission MI_SET_CONTEXT names
 * the image of the RCS; gen8 keeps the page directory pointers in it too, and
 * its driver relies on getting them back (needs_pd_load_post()).
 */
#include <string.h>

#include "vgpu.h"
#include "regs.h"

#define MI_RESTORE_INHIBIT	BIT(0)
#define MI_FORCE_RESTORE	BIT(1)
#define MI_LRI(n)		(0x22u << 23 | (2 * (n) - 1))

/* The state page of the running context, NULL after a logged error. */
static u32 *state_page(struct engine *e, u32 address)
{
	u64 guest = ggtt_translate(e->gpu, address);
	u32 *page = guest == XLATE_FAULT ? NULL :
		    mem_ptr(&e->gpu->mem, guest, PAGE_SIZE, true);

	if (!page)
		fault_report(e, address, false, true);
	return page;
}

static u32 *running_state(struct engine *e)
{
	return state_page(e, (e->running[0].lo & ~0xfffu) + PAGE_SIZE);
}

/* ---- registers kept in the image ---- */

static u32 context_registers(const struct platform *plat)
{
	u32 i, n = 0;

	for (i = 0; i < plat->num_context; i++)
		n += (plat->context[i].last - plat->context[i].first) / 4 + 1;
	return n;
}

static void save_registers(struct engine *e, u32 *state)
{
	const struct platform *plat = e->gpu->plat;
	u32 i, offset, *p = state + CTX_ENGINE_STATE;

	if (e->info->id != 0)
		return;
	*p++ = MI_LRI(context_registers(plat));
	for (i = 0; i < plat->num_context; i++)
		for (offset = plat->context[i].first; offset <= plat->context[i].last;
		     offset += 4) {
			*p++ = offset;
			*p++ = *reg_ptr(e->gpu, offset) |
			       (mmio_is_masked(e->gpu, offset) ? 0xffff0000u : 0);
		}
	memcpy(p, &e->render, sizeof(e->render));
}

static void restore_registers(struct engine *e, const u32 *state)
{
	const struct platform *plat = e->gpu->plat;
	const u32 *p = state + CTX_ENGINE_STATE;
	u32 i, n = context_registers(plat);

	/* an image that was never saved has no list */
	if (e->info->id != 0 || *p != MI_LRI(n))
		return;
	for (i = 0, p++; i < n; i++, p += 2)
		if (in_spans(plat->context, plat->num_context, p[0] & ~3u))
			mmio_write(e->gpu, p[0] & ~3u, p[1]);
	memcpy(&e->render, p, sizeof(e->render));
}

static void save_pdps(struct engine *e, u32 *state)
{
	int n;

	for (n = 0; n < 4; n++) {
		state[CTX_PDP_UDW(n)] = *ring_reg(e, RING_PDP_UDW(n));
		state[CTX_PDP_LDW(n)] = *ring_reg(e, RING_PDP_LDW(n));
	}
}

static void load_pdps(struct engine *e, const u32 *state)
{
	int n;

	for (n = 0; n < 4; n++) {
		*ring_reg(e, RING_PDP_UDW(n)) = state[CTX_PDP_UDW(n)];
		*ring_reg(e, RING_PDP_LDW(n)) = state[CTX_PDP_LDW(n)];
	}
}

/* ---- execlists ---- */

/* A context that was switched out within a batch goes on there. */
static void load_batch(struct engine *e, u32 *state)
{
	bool ppgtt;
	u64 addr;

	if (!(state[CTX_BB_HEAD_L] & BB_HEAD_VALID))
		return;
	addr = (u64)state[CTX_BB_HEAD_U] << 32 | (state[CTX_BB_HEAD_L] & ~3u);
	ppgtt = state[CTX_BB_STATE] & BB_STATE_PPGTT;
	e->depth = 1;
	e->batch[1] = (struct batch_level){ addr, addr, 0, ppgtt, !ppgtt };
	e->in_request = true;
	state[CTX_BB_HEAD_L] &= ~BB_HEAD_VALID;
}

/**
 * context_load() - the running context begins or goes on
 */
void context_load(struct engine *e)
{
	u32 *state = running_state(e);

	if (!state) {
		*ring_reg(e, RING_HEAD) = *ring_reg(e, RING_TAIL) = 0;
		return;
	}
	*ring_reg(e, RING_HEAD) = state[CTX_RING_HEAD] & 0x1ffffc;
	*ring_reg(e, RING_TAIL) = state[CTX_RING_TAIL] & 0x1ffff8;
	*ring_reg(e, RING_START) = state[CTX_RING_START] & ~0xfffu;
	*ring_reg(e, RING_CTL) = state[CTX_RING_CTL];
	load_pdps(e, state);
	load_batch(e, state);
	if (!(state[CTX_CONTEXT_CONTROL] & CTX_RESTORE_INHIBIT))
		restore_registers(e, state);
	log_cs("%s: load context %08x:%08x head 0x%x tail 0x%x start 0x%x",
	       e->info->name, e->running[0].hi, e->running[0].lo,
	       *ring_reg(e, RING_HEAD), *ring_reg(e, RING_TAIL), *ring_reg(e, RING_START));
}

/**
 * context_update_tail() - lite restore: only the tail has moved
 */
void context_update_tail(struct engine *e)
{
	const u32 *state = running_state(e);

	if (state)
		*ring_reg(e, RING_TAIL) = state[CTX_RING_TAIL] & 0x1ffff8;
}

/**
 * context_save() - the running context is switched out
 */
void context_save(struct engine *e)
{
	u32 *state = running_state(e);

	if (!state)
		return;
	state[CTX_RING_HEAD] = *ring_reg(e, RING_HEAD);
	state[CTX_TIMESTAMP] = (u32)cs_timestamp();
	state[CTX_CONTEXT_CONTROL] &= ~CTX_RESTORE_INHIBIT;
	if (e->depth) {
		state[CTX_BB_HEAD_U] = (u32)(e->batch[1].addr >> 32);
		state[CTX_BB_HEAD_L] = (u32)e->batch[1].addr | BB_HEAD_VALID;
		state[CTX_BB_STATE] = e->batch[1].ppgtt ? BB_STATE_PPGTT : 0;
	}
	save_pdps(e, state);
	save_registers(e, state);
}

/* ---- ring submission ---- */

/**
 * context_set() - MI_SET_CONTEXT
 * @address: of the new image in the GGTT
 * @flags: low bits of the command's second dword
 */
void context_set(struct engine *e, u32 address, u32 flags)
{
	u32 *ccid = ring_reg(e, CCID), *state;
	bool same = (*ccid & ~0xfffu) == address && (*ccid & CCID_EN);
	bool has_pdps = e->gpu->plat->gen >= 8;

	if (same && !(flags & MI_FORCE_RESTORE))
		return;
	if (*ccid & CCID_EN) {
		state = state_page(e, *ccid & ~0xfffu);
		if (state) {
			save_registers(e, state);
			if (has_pdps)
				save_pdps(e, state);
		}
	}
	*ccid = address | CCID_EN;
	state = state_page(e, address);
	if (!state || (flags & MI_RESTORE_INHIBIT))
		return;
	restore_registers(e, state);
	if (has_pdps)
		load_pdps(e, state);
	cs_forget_fetch(e);
}
