// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command streamer: where the next command is, how long it is, and who
 * executes it. Commands of the 3D and media pipelines are skipped, except
 * PIPE_CONTROL, whose post-sync writes and interrupt the drivers live on.
 */
#include "vgpu.h"
#include "regs.h"

enum { CMD_MI = 0, CMD_BLITTER = 2, CMD_RENDER = 3 };

/* upper half of dword 0 */
#define PIPE_CONTROL			0x7a00
#define PRIMITIVE			0x7b00		/* 3DPRIMITIVE */
#define GPGPU_WALKER			0x7105
#define SO_DECL_LIST			0x7917
#define PIPE_CONTROL_NOTIFY		BIT(8)
#define PIPE_CONTROL_STORE_INDEX	BIT(21)
#define PIPE_CONTROL_GLOBAL_GTT		BIT(24)

#define POST_SYNC_IMMEDIATE		1
#define POST_SYNC_DEPTH_COUNT		2
#define POST_SYNC_TIMESTAMP		3

#define LOGGED_COMMANDS			64		/* per engine, as of faults */

/**
 * cs_pass_over() - a command that is not modelled, and has no effect therefore
 * @what: its name
 */
void cs_pass_over(struct engine *e, const char *what, u32 dw0)
{
	if (e->stats.passed_over++ < LOGGED_COMMANDS)
		log_err("%s: %s 0x%08x is not modelled", e->info->name, what, dw0);
}

/**
 * cs_timestamp() - the free-running counter, in units of 80 ns
 */
u64 cs_timestamp(void)
{
	return clock_ns() / 80;
}

static u32 ring_size(const struct engine *e)
{
	return (*ring_reg(e, RING_CTL) & 0x1ff000) + PAGE_SIZE;
}

/**
 * cs_forget_fetch() - commands may be somewhere else now
 */
void cs_forget_fetch(struct engine *e)
{
	e->fetch_host = NULL;
}

/**
 * cs_fetch() - read a dword of the current command
 * @index: dword within the command
 *
 * Return: false after a fault, which has been reported.
 */
bool cs_fetch(struct engine *e, u32 index, u32 *value)
{
	const struct batch_level *b = &e->batch[e->depth];
	bool ppgtt = e->depth && b->ppgtt;
	u64 addr, page;

	if (e->depth)
		addr = b->addr + index * 4;
	else
		addr = *ring_reg(e, RING_START) +
		       (*ring_reg(e, RING_HEAD) + index * 4) % ring_size(e);
	page = addr & PAGE_MASK;
	if (!e->fetch_host || page != e->fetch_page || ppgtt != e->fetch_ppgtt) {
		e->fetch_host = gpu_ptr(e, page, ppgtt, PAGE_SIZE, false);
		if (!e->fetch_host)
			return false;
		e->fetch_page = page;
		e->fetch_ppgtt = ppgtt;
	}
	*value = __atomic_load_n(&e->fetch_host[(addr & ~PAGE_MASK) / 4], __ATOMIC_RELAXED);
	return true;
}

/**
 * cs_advance() - go past some dwords, in the ring or in the batch
 */
void cs_advance(struct engine *e, u32 dwords)
{
	u32 *head = ring_reg(e, RING_HEAD);

	if (e->depth)
		e->batch[e->depth].addr += dwords * 4;
	else
		*head = (*head + dwords * 4) % ring_size(e);
}

/**
 * cs_is_secure() - may the current command use the GGTT and any register?
 */
bool cs_is_secure(const struct engine *e)
{
	return !e->depth || e->batch[e->depth].secure;
}

/**
 * cs_address_dwords() - dwords of an address within a command
 */
u32 cs_address_dwords(const struct engine *e)
{
	return e->gpu->plat->gen >= 8 ? 2 : 1;
}

/**
 * cs_byte_address() - an address within a command, all bits of it
 * @index: dword where it begins
 */
u64 cs_byte_address(const struct engine *e, const struct command *c, u32 index)
{
	u64 addr = c->dw[index];

	if (cs_address_dwords(e) == 2)
		addr |= (u64)c->dw[index + 1] << 32;
	return addr;
}

/**
 * cs_address() - the same where the two lowest bits are none of the address
 */
u64 cs_address(const struct engine *e, const struct command *c, u32 index)
{
	return cs_byte_address(e, c, index) & ~3ull;
}

/**
 * cs_post_sync() - the write that PIPE_CONTROL and MI_FLUSH_DW end with
 * @op: post-sync operation field of the command
 * @qword: @data has 64 bits
 */
void cs_post_sync(struct engine *e, u32 op, u64 addr, bool ppgtt, u64 data, bool qword)
{
	if (op == POST_SYNC_TIMESTAMP)
		data = cs_timestamp();
	else if (op == POST_SYNC_DEPTH_COUNT)
		data = 0;
	else if (op != POST_SYNC_IMMEDIATE)
		return;
	if (gpu_write32(e, addr, ppgtt, (u32)data) && (qword || op != POST_SYNC_IMMEDIATE))
		gpu_write32(e, addr + 4, ppgtt, (u32)(data >> 32));
}

static enum cs_result pipe_control(struct engine *e, const struct command *c)
{
	u32 data = 2 + cs_address_dwords(e), flags = c->dw[1];
	u64 addr = cs_address(e, c, 2);
	bool ppgtt = engine_uses_ppgtt(e) &&
		     !(cs_is_secure(e) && (flags & PIPE_CONTROL_GLOBAL_GTT));

	if (flags & PIPE_CONTROL_STORE_INDEX) {
		addr = (*reg_ptr(e->gpu, e->info->hwsp) & ~0xfffu) + (addr & 0xffc);
		ppgtt = false;
	}
	cs_post_sync(e, flags >> 14 & 3, addr, ppgtt,
		     (u64)c->dw[data + 1] << 32 | c->dw[data], c->len > data + 1);
	cs_forget_fetch(e);
	if (flags & PIPE_CONTROL_NOTIFY)
		irq_raise(e, e->info->irq_notify);
	return CS_NEXT;
}

/* Dwords of a command, 0 for what is no command. */
static u32 command_length(u32 dw0)
{
	u32 op = dw0 >> 23 & 0x3f, sub = dw0 >> 27 & 3;

	switch (dw0 >> 29) {
	case CMD_MI:
		if (op < 0x10)
			return 1;
		if (op == 0x20)		/* MI_STORE_DATA_IMM */
			return (dw0 & 0x3ff) + 2;
		if (op == 0x26)		/* MI_FLUSH_DW: flags from bit 7 on */
			return (dw0 & 0x3f) + 2;
		return (dw0 & 0xff) + 2;
	case CMD_BLITTER:
		return (dw0 & 0xff) + 2;
	case CMD_RENDER:
		if (sub == 1)
			return 1;
		if (sub == 2)
			return (dw0 & 0xffff) + 2;
		return (dw0 & (dw0 >> 16 == SO_DECL_LIST ? 0x1ff : 0xff)) + 2;
	}
	return 0;
}

/*
 * State does nothing until something is drawn or computed with it. What the driver itself draws, in a batch with
 * privileges, sets a new context's state and is seen by nobody.
 */
static enum cs_result render(struct engine *e, const struct command *c, u32 *budget)
{
	switch (c->dw[0] >> 16) {
	case PIPE_CONTROL:
		return pipe_control(e, c);
	case PRIMITIVE:
		return cs_is_secure(e) ? CS_NEXT : draw_primitive(e, c, budget);
	case GPGPU_WALKER:
		if (!cs_is_secure(e))
			cs_pass_over(e, "GPGPU_WALKER", c->dw[0]);
		break;
	default:
		render_keep(e, c);
	}
	return CS_NEXT;
}

static enum cs_result execute(struct engine *e, struct command *c, u32 *budget)
{
	switch (c->dw[0] >> 29) {
	case CMD_MI:
		return mi_execute(e, c);
	case CMD_BLITTER:
		return blit_execute(e, c, budget);
	}
	return render(e, c, budget);
}

static bool fetch_command(struct engine *e, struct command *c)
{
	u32 i;

	c->len = command_length(c->dw[0]);
	for (i = 1; i < c->len && i < CMD_KEPT; i++)
		if (!cs_fetch(e, i, &c->dw[i]))
			return false;
	return true;
}

static bool opens_request(const struct engine *e, u32 dw0)
{
	return !e->depth && (dw0 >> 29 != CMD_MI || mi_opens_request(dw0));
}

static enum cs_result hang(struct engine *e, const char *why, u32 dw0)
{
	log_err("%s: hung: %s, command 0x%08x, depth %d, ring head 0x%x",
		e->info->name, why, dw0, e->depth, *ring_reg(e, RING_HEAD));
	return CS_HANG;
}

/**
 * cs_step() - execute one command
 * @budget: is reduced by what the command costs
 */
enum cs_result cs_step(struct engine *e, u32 *budget)
{
	struct command c = { .len = 0 };
	enum cs_result result;

	e->arb_point = false;
	if (!cs_fetch(e, 0, &c.dw[0]))
		return hang(e, "no page to fetch from", 0);
	if (opens_request(e, c.dw[0]) && !engine_gate(e))
		return CS_WAIT;
	*ring_reg(e, RING_IPEHR) = c.dw[0];
	if (!command_length(c.dw[0]))
		return hang(e, "no such command", c.dw[0]);
	if (!fetch_command(e, &c))
		return hang(e, "no page to fetch from", c.dw[0]);
	log_cs("%s: %d: %08x %08x %08x %08x", e->info->name, e->depth,
	       c.dw[0], c.dw[1], c.dw[2], c.dw[3]);
	result = execute(e, &c, budget);
	*budget -= c.len < *budget ? c.len : *budget;
	if (result == CS_NEXT)
		cs_advance(e, c.len);
	if (result == CS_NEXT || result == CS_JUMP || result == CS_YIELD)
		e->stats.commands++;
	return result;
}
