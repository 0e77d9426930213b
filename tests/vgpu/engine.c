// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engines: who may run, when, and for how long.
 *
 * Time control works on requests. A request begins with the first command in
 * the ring that is not mere padding or waiting, and ends with its
 * MI_USER_INTERRUPT. The gate before a request is closed while the engine is
 * held, and until the engine's delay has passed; a request that has begun is
 * never stopped by the gate.
 */
#include <string.h>

#include "vgpu.h"
#include "regs.h"

#define SLICE_BUDGET	40000u	/* per turn; about a millisecond */

void engine_init(struct vgpu *gpu)
{
	int i;

	for (i = 0; i < NUM_ENGINES; i++) {
		struct engine *e = &gpu->engine[i];

		e->gpu = gpu;
		e->info = &gpu->plat->engine[i];
		e->delay_ns = gpu->delay_ns;
	}
}

/**
 * engine_abandon() - back to the ring, between two requests
 */
void engine_abandon(struct engine *e)
{
	e->depth = 0;
	e->arbitration = true;
	e->waiting = e->in_request = false;
	e->blit_row = e->draw_rectangle = e->draw_row = 0;
	e->gate_ns = 0;
	cs_forget_fetch(e);
}

/**
 * engine_reset() - forget all work; ring registers as after power-up
 *
 * Time control stays as it was set.
 */
void engine_reset(struct engine *e)
{
	static const u32 cleared[] = {
		RING_TAIL, RING_HEAD, RING_START, RING_CTL, RING_RESET_CTL,
		RING_MODE, RING_ACTHD, RING_ACTHD_UDW, RING_IPEHR, RING_MI_MODE,
		RING_BBADDR, RING_BBADDR_UDW, RING_BBSTATE, RING_DMA_FADD,
	};
	u32 i;

	memset(e->blit_setup, 0, sizeof(e->blit_setup));
	memset(e->blit_clip, 0, sizeof(e->blit_clip));
	memset(&e->render, 0, sizeof(e->render));
	for (i = 0; i < ARRAY_SIZE(cleared); i++)
		*ring_reg(e, cleared[i]) = 0;
	if (e->gpu->plat->has_execlists)
		*ring_reg(e, RING_CSB_PTR) = CSB_WRITE_PTR_RESET;
	*ring_reg(e, RING_INSTDONE) = ~0u;
	if (e->info->id == 0)
		*ring_reg(e, CCID) = 0;
	engine_abandon(e);
	e->hung = e->active = e->preempt = false;
	e->elsp_count = 0;
	memset(e->running, 0, sizeof(e->running));
	e->stats.resets++;
}

bool engine_uses_execlists(const struct engine *e)
{
	return *ring_reg(e, RING_MODE) & GFX_RUN_LIST_ENABLE;
}

static bool engine_is_stopped(const struct engine *e)
{
	return e->hung || (*ring_reg(e, RING_MI_MODE) & STOP_RING) ||
	       (*ring_reg(e, RING_RESET_CTL) & RESET_CTL_READY);
}

static bool engine_has_work(const struct engine *e)
{
	if (engine_uses_execlists(e))
		return e->active;
	return (*ring_reg(e, RING_CTL) & RING_VALID) &&
	       (e->depth || *ring_reg(e, RING_HEAD) != *ring_reg(e, RING_TAIL));
}

/**
 * engine_is_idle() - what MI_MODE's idle bit says
 */
bool engine_is_idle(const struct engine *e)
{
	return (engine_is_stopped(e) && !e->hung) || !engine_has_work(e);
}

struct engine *engine_by_name(struct vgpu *gpu, const char *name)
{
	int i;

	for (i = 0; i < NUM_ENGINES; i++)
		if (!strcmp(gpu->engine[i].info->name, name))
			return &gpu->engine[i];
	return NULL;
}

/**
 * engine_at() - the engine that a register belongs to
 * @offset: within the 4 KiB from the engine's base
 */
struct engine *engine_at(struct vgpu *gpu, u32 offset)
{
	int i;

	for (i = 0; i < NUM_ENGINES; i++)
		if ((offset & ~0xfffu) == gpu->engine[i].info->base)
			return &gpu->engine[i];
	return NULL;
}

/* With a seed, a delay varies between a half and three halves of its value. */
static u64 gate_delay(struct engine *e)
{
	u64 random = vgpu_random(e->gpu);

	return random ? e->delay_ns / 2 + random % (e->delay_ns + 1) : e->delay_ns;
}

/**
 * engine_gate() - may the next request begin?
 */
bool engine_gate(struct engine *e)
{
	if (e->in_request)
		return true;
	if (e->held && !e->steps)
		return false;
	if (e->delay_ns) {
		if (!e->gate_ns)
			e->gate_ns = clock_ns() + gate_delay(e);
		if (clock_ns() < e->gate_ns)
			return false;
		e->gate_ns = 0;
	}
	if (e->held)
		e->steps--;
	e->in_request = true;
	return true;
}

void engine_request_done(struct engine *e)
{
	e->stats.requests++;
	e->in_request = false;
}

/**
 * engine_hold() - close the gate before the next request, or open it
 */
void engine_hold(struct engine *e, bool hold)
{
	log_info("%s: %s", e->info->name, hold ? "held" : "released");
	e->held = hold;
	e->steps = 0;
}

/**
 * engine_step() - let a held engine do some more requests
 */
void engine_step(struct engine *e, u32 requests)
{
	log_info("%s: step %u", e->info->name, requests);
	if (e->held)
		e->steps += requests;
}

/**
 * engine_set_delay() - time from a request's turn to its begin
 * @usec: microseconds; 0: none
 */
void engine_set_delay(struct engine *e, u32 usec)
{
	log_info("%s: delay %u us", e->info->name, usec);
	e->delay_ns = (u64)usec * 1000;
	e->gate_ns = 0;
}

static void show_position(struct engine *e)
{
	const struct batch_level *b = &e->batch[e->depth];
	u64 at = e->depth ? b->addr : *ring_reg(e, RING_START) + *ring_reg(e, RING_HEAD);

	*ring_reg(e, RING_ACTHD) = (u32)at;
	*ring_reg(e, RING_ACTHD_UDW) = (u32)(at >> 32);
	*ring_reg(e, RING_BBADDR) = e->depth ? (u32)b->addr | BB_HEAD_VALID : 0;
	*ring_reg(e, RING_BBADDR_UDW) = e->depth ? (u32)(b->addr >> 32) : 0;
	*ring_reg(e, RING_INSTDONE) = engine_has_work(e) ? ~1u : ~0u;
}

/* At the end of the ring: the context is done, or the ring is idle. */
static bool ring_is_empty(const struct engine *e)
{
	return !e->depth && *ring_reg(e, RING_HEAD) == *ring_reg(e, RING_TAIL);
}

static enum run_state engine_loop(struct engine *e, u32 budget)
{
	while (budget) {
		if (engine_is_stopped(e) || !engine_has_work(e))
			return RUN_IDLE;
		if (e->preempt && e->arbitration && (!e->depth || e->arb_point)) {
			execlists_preempt(e);
			continue;
		}
		if (ring_is_empty(e)) {
			execlists_context_done(e);
			continue;
		}
		switch (cs_step(e, &budget)) {
		case CS_NEXT:
		case CS_JUMP:
			break;
		case CS_WAIT:
			return e->waiting ? RUN_WAIT : RUN_GATED;
		case CS_YIELD:
			return RUN_WAIT;
		case CS_AGAIN:
			return RUN_BUSY;
		case CS_HANG:
			e->hung = true;
			return RUN_IDLE;
		}
	}
	return RUN_BUSY;
}

/**
 * engine_run() - execute commands until the budget is used up or none is left
 * @budget: dwords of commands; a blit counts by rows and pages as well
 */
enum run_state engine_run(struct engine *e, u32 budget)
{
	enum run_state state;

	if (engine_is_stopped(e) || !engine_has_work(e))
		return RUN_IDLE;
	cs_forget_fetch(e);
	state = engine_loop(e, budget);
	show_position(e);
	return state;
}

/**
 * engines_run() - give each engine one slice
 * @deadline_ns: earliest time at which a delay passes; 0 if there is none
 *
 * With a seed the engines take their turns in a random order.
 *
 * Return: RUN_BUSY if any engine can go on at once, else RUN_WAIT if any waits
 * for a semaphore, else RUN_GATED or RUN_IDLE.
 */
enum run_state engines_run(struct vgpu *gpu, u64 *deadline_ns)
{
	u32 i, first = (u32)(vgpu_random(gpu) % NUM_ENGINES);
	bool busy = false, wait = false, gated = false;

	*deadline_ns = 0;
	for (i = 0; i < NUM_ENGINES; i++) {
		struct engine *e = &gpu->engine[(first + i) % NUM_ENGINES];
		enum run_state state = engine_run(e, SLICE_BUDGET);

		busy |= state == RUN_BUSY;
		wait |= state == RUN_WAIT;
		gated |= state == RUN_GATED;
		if (state == RUN_GATED && e->gate_ns &&
		    (!*deadline_ns || e->gate_ns < *deadline_ns))
			*deadline_ns = e->gate_ns;
	}
	return busy ? RUN_BUSY : wait ? RUN_WAIT : gated ? RUN_GATED : RUN_IDLE;
}
