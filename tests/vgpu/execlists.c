// SPDX-License-Identifier: GPL-2.0-only
/*
 * Execlists (gen8): the submit port, the two elements the hardware works on,
 * and the context status buffer that tells the driver what became of them.
 */
#include "vgpu.h"
#include "regs.h"

/* context status (intel_lrc.c: GEN8_CTX_STATUS_*) */
#define CTX_STATUS_IDLE_ACTIVE		BIT(0)
#define CTX_STATUS_PREEMPTED		BIT(1)
#define CTX_STATUS_ELEMENT_SWITCH	BIT(2)
#define CTX_STATUS_ACTIVE_IDLE		BIT(3)
#define CTX_STATUS_COMPLETE		BIT(4)
#define CTX_STATUS_LITE_RESTORE		BIT(15)

#define DESC_VALID	BIT(0)

/* Newer drivers read the buffer in the status page, older ones by MMIO. */
static void status_to_memory(struct engine *e, u32 slot, u32 status, u32 id)
{
	u64 guest = ggtt_translate(e->gpu, *reg_ptr(e->gpu, e->info->hwsp) & ~0xfffu);
	u32 *page = guest == XLATE_FAULT ? NULL :
		    mem_ptr(&e->gpu->mem, guest, PAGE_SIZE, true);

	if (!page) {
		log_err("%s: no status page at 0x%x", e->info->name,
			*reg_ptr(e->gpu, e->info->hwsp));
		return;
	}
	__atomic_store_n(&page[HWSP_CSB_DWORD + slot * 2], status, __ATOMIC_RELAXED);
	__atomic_store_n(&page[HWSP_CSB_DWORD + slot * 2 + 1], id, __ATOMIC_RELAXED);
	/* the pointer must not be seen before the entry */
	__atomic_store_n(&page[HWSP_CSB_WRITE_DWORD], slot, __ATOMIC_RELEASE);
}

static void write_status(struct engine *e, u32 status, u32 id)
{
	u32 *ptr = ring_reg(e, RING_CSB_PTR);
	u32 slot = *ptr & CSB_WRITE_PTR_MASK;

	/* after a reset the pointer is 7: the first entry goes to slot 0 */
	slot = slot >= CSB_ENTRIES - 1 ? 0 : slot + 1;
	*ring_reg(e, RING_CSB_LDW(slot)) = status;
	*ring_reg(e, RING_CSB_UDW(slot)) = id;
	status_to_memory(e, slot, status, id);
	*ptr = (*ptr & ~CSB_WRITE_PTR_MASK) | slot;
	log_cs("%s: CSB[%u] 0x%x context %x", e->info->name, slot, status, id);
	irq_raise(e, e->info->irq_switch);
}

static void begin_context(struct engine *e)
{
	engine_abandon(e);
	context_load(e);
}

static bool same_context(const struct context_desc *a, const struct context_desc *b)
{
	return a->hi == b->hi && !((a->lo ^ b->lo) & ~0xfffu);
}

static void submit(struct engine *e)
{
	/* the port takes the second element first, each high half first */
	struct context_desc first = { e->elsp[3], e->elsp[2] };
	struct context_desc second = { e->elsp[1], e->elsp[0] };

	e->stats.submits++;
	log_cs("%s: ELSP %08x:%08x %08x:%08x", e->info->name,
	       first.hi, first.lo, second.hi, second.lo);
	if (!(first.lo & DESC_VALID)) {
		log_err("%s: ELSP: first element is not valid", e->info->name);
		return;
	}
	if (!e->active) {
		e->running[0] = first;
		e->running[1] = second;
		e->active = true;
		e->preempt = false;
		write_status(e, CTX_STATUS_IDLE_ACTIVE, 0);
		begin_context(e);
	} else if (!e->preempt && same_context(&first, &e->running[0])) {
		e->running[0] = first;
		e->running[1] = second;
		context_update_tail(e);
		write_status(e, CTX_STATUS_LITE_RESTORE | CTX_STATUS_PREEMPTED, first.hi);
	} else {
		e->pending[0] = first;
		e->pending[1] = second;
		e->preempt = true;
	}
}

/**
 * execlists_write_elsp() - one of the four writes that make a submission
 */
void execlists_write_elsp(struct engine *e, u32 value)
{
	e->elsp[e->elsp_count++] = value;
	if (e->elsp_count < ARRAY_SIZE(e->elsp))
		return;
	e->elsp_count = 0;
	if (engine_uses_execlists(e))
		submit(e);
	else
		log_err("%s: ELSP written in ring mode", e->info->name);
}

/**
 * execlists_status() - EXECLIST_STATUS: who is active
 */
u32 execlists_status(const struct engine *e)
{
	if (!e->active)
		return 0;
	/* current active element 0, its valid bit, and both active bits */
	return BIT(18) | 3u << 14 | BIT(4);
}

/**
 * execlists_preempt() - give way to the submission that waits
 */
void execlists_preempt(struct engine *e)
{
	u32 id = e->running[0].hi;

	context_save(e);
	e->running[0] = e->pending[0];
	e->running[1] = e->pending[1];
	e->preempt = false;
	write_status(e, CTX_STATUS_PREEMPTED, id);
	begin_context(e);
}

/**
 * execlists_context_done() - the running context's ring is empty
 */
void execlists_context_done(struct engine *e)
{
	u32 id = e->running[0].hi;

	context_save(e);
	if (e->running[1].lo & DESC_VALID) {
		e->running[0] = e->running[1];
		e->running[1].lo = 0;
		write_status(e, CTX_STATUS_ELEMENT_SWITCH | CTX_STATUS_COMPLETE, id);
		begin_context(e);
	} else {
		e->active = false;
		write_status(e, CTX_STATUS_ACTIVE_IDLE | CTX_STATUS_COMPLETE, id);
	}
}
