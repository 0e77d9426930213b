// SPDX-License-Identifier: GPL-2.0-only
/* The MI_* commands: batches, memory and register writes, semaphores, interrupts. */
#include "vgpu.h"
#include "regs.h"

#define MI_USE_GGTT			BIT(22)
#define MI_FLUSH_DW_STORE_INDEX		BIT(21)
#define MI_FLUSH_DW_NOTIFY		BIT(8)
#define MI_FLUSH_DW_USE_GTT		BIT(2)		/* in the address */
#define MI_BATCH_SECOND_LEVEL		BIT(22)
#define MI_BATCH_PPGTT			BIT(8)
#define MI_BATCH_NON_SECURE_HSW		BIT(13)
#define MI_SEMAPHORE_UPDATE		BIT(21)
#define MI_SEMAPHORE_COMPARE		BIT(20)
#define MI_SEMAPHORE_REGISTER		BIT(18)

/* A batch that jumps to its own start more often than this only spins. */
#define FREE_LOOPS			1000u

enum {
	MI_NOOP = 0x00, MI_USER_INTERRUPT = 0x02, MI_ARB_CHECK = 0x05,
	MI_ARB_ON_OFF = 0x08, MI_BATCH_BUFFER_END = 0x0a, MI_DISPLAY_FLIP = 0x14,
	MI_SEMAPHORE_MBOX = 0x16,
	MI_SET_CONTEXT = 0x18, MI_SEMAPHORE_WAIT = 0x1c, MI_STORE_DATA_IMM = 0x20,
	MI_STORE_DATA_INDEX = 0x21, MI_LOAD_REGISTER_IMM = 0x22,
	MI_STORE_REGISTER_MEM = 0x24, MI_FLUSH_DW = 0x26,
	MI_LOAD_REGISTER_MEM = 0x29, MI_LOAD_REGISTER_REG = 0x2a,
	MI_COPY_MEM_MEM = 0x2e, MI_BATCH_BUFFER_START = 0x31,
	MI_CONDITIONAL_BATCH_BUFFER_END = 0x36,
};

static u32 mi_opcode(u32 dw0)
{
	return dw0 >> 23 & 0x3f;
}

/**
 * mi_opens_request() - does a request begin with this command?
 *
 * Padding and waiting between two requests does not count, so that a context
 * whose last request is done can drain while the gate is closed.
 */
bool mi_opens_request(u32 dw0)
{
	switch (mi_opcode(dw0)) {
	case MI_NOOP:
	case MI_USER_INTERRUPT:
	case MI_ARB_CHECK:
	case MI_ARB_ON_OFF:
	case MI_SEMAPHORE_MBOX:
	case MI_SEMAPHORE_WAIT:
		return false;
	}
	return true;
}

/* The GGTT bit of a command counts in privileged code only. */
static bool uses_ppgtt(const struct engine *e, bool ggtt_bit)
{
	return engine_uses_ppgtt(e) && !(ggtt_bit && cs_is_secure(e));
}

static bool command_ppgtt(const struct engine *e, const struct command *c)
{
	return uses_ppgtt(e, c->dw[0] & MI_USE_GGTT);
}

static u64 status_page(const struct engine *e)
{
	return *reg_ptr(e->gpu, e->info->hwsp) & ~0xfffu;
}

/* ---- registers ---- */

/* FORCE_TO_NONPRIV: registers that the driver opens to user batches (gen8) */
static bool forced_unprivileged(const struct engine *e, u32 reg)
{
	u32 i;

	if (e->gpu->plat->gen < 8)
		return false;
	for (i = 0; i < NUM_FORCE_TO_NONPRIV; i++)
		if ((*ring_reg(e, RING_FORCE_TO_NONPRIV(i)) & 0x7ffffc) == reg && reg)
			return true;
	return false;
}

/* Registers that would pull the rug from under the command being executed. */
static bool never_from_ring(struct vgpu *gpu, u32 reg)
{
	const struct engine *e = engine_at(gpu, reg);

	return reg >= MAGIC_BASE || reg == GEN6_GDRST ||
	       (e && reg == e->info->base + RING_ELSP);
}

static void write_register(struct engine *e, u32 reg, u32 value)
{
	const struct platform *plat = e->gpu->plat;

	reg &= 0x7ffffc;
	if (never_from_ring(e->gpu, reg) ||
	    (!cs_is_secure(e) && !forced_unprivileged(e, reg) &&
	     !in_spans(plat->unprivileged, plat->num_unprivileged, reg))) {
		log_cs("%s: write to register 0x%x dropped", e->info->name, reg);
		return;
	}
	log_cs("%s: register 0x%x = 0x%x", e->info->name, reg, value);
	mmio_write(e->gpu, reg, value);
}

static u32 read_register(struct engine *e, u32 reg)
{
	reg &= 0x7ffffc;
	return reg < MAGIC_BASE ? mmio_read(e->gpu, reg) : 0;
}

static enum cs_result load_register_imm(struct engine *e, struct command *c)
{
	u32 i, reg, value;

	for (i = 1; i + 1 < c->len; i += 2) {
		if (!cs_fetch(e, i, &reg) || !cs_fetch(e, i + 1, &value))
			return CS_HANG;
		write_register(e, reg, value);
	}
	return CS_NEXT;
}

static enum cs_result store_register_mem(struct engine *e, struct command *c)
{
	gpu_write32(e, cs_address(e, c, 2), command_ppgtt(e, c), read_register(e, c->dw[1]));
	return CS_NEXT;
}

static enum cs_result load_register_mem(struct engine *e, struct command *c)
{
	u32 value;

	if (gpu_read32(e, cs_address(e, c, 2), command_ppgtt(e, c), &value))
		write_register(e, c->dw[1], value);
	return CS_NEXT;
}

static enum cs_result load_register_reg(struct engine *e, struct command *c)
{
	write_register(e, c->dw[2], read_register(e, c->dw[1]));
	return CS_NEXT;
}

/* ---- memory ---- */

static enum cs_result store_data_imm(struct engine *e, struct command *c)
{
	/* gen7 has a reserved dword where gen8 has the low half of the address */
	u64 addr = cs_address(e, c, e->gpu->plat->gen >= 8 ? 1 : 2);
	bool ppgtt = command_ppgtt(e, c);
	u32 i, value;

	for (i = 3; i < c->len; i++, addr += 4) {
		if (!cs_fetch(e, i, &value))
			return CS_HANG;
		gpu_write32(e, addr, ppgtt, value);
	}
	cs_forget_fetch(e);
	return CS_NEXT;
}

static enum cs_result store_data_index(struct engine *e, struct command *c)
{
	u64 addr = status_page(e) + (c->dw[1] & 0xffc);

	gpu_write32(e, addr, false, c->dw[2]);
	if (c->len > 3)
		gpu_write32(e, addr + 4, false, c->dw[3]);
	return CS_NEXT;
}

static enum cs_result copy_mem_mem(struct engine *e, struct command *c)
{
	u32 value;

	/* its GGTT bits: 22 for the source, 21 for the destination */
	if (gpu_read32(e, cs_address(e, c, 3), uses_ppgtt(e, c->dw[0] & BIT(22)), &value))
		gpu_write32(e, cs_address(e, c, 1), uses_ppgtt(e, c->dw[0] & BIT(21)), value);
	return CS_NEXT;
}

static enum cs_result flush_dw(struct engine *e, struct command *c)
{
	u32 data = 1 + cs_address_dwords(e);
	u64 addr = cs_address(e, c, 1) & ~7ull;
	bool ppgtt = uses_ppgtt(e, c->dw[1] & MI_FLUSH_DW_USE_GTT);

	if (c->dw[0] & MI_FLUSH_DW_STORE_INDEX) {
		addr = status_page(e) + (c->dw[1] & 0xff8);
		ppgtt = false;
	}
	cs_post_sync(e, c->dw[0] >> 14 & 3, addr, ppgtt,
		     (u64)c->dw[data + 1] << 32 | c->dw[data], c->len > data + 1);
	cs_forget_fetch(e);
	if (c->dw[0] & MI_FLUSH_DW_NOTIFY)
		irq_raise(e, e->info->irq_notify);
	return CS_NEXT;
}

/* ---- batches ---- */

/*
 * Not a point of arbitration: a batch that only jumps to its own start keeps the engine until
 * a reset, which drivers' and IGT's hanging batches rely on (igt_spinner of i915's selftests).
 */
static enum cs_result batch_buffer_start(struct engine *e, struct command *c)
{
	bool ppgtt = engine_uses_ppgtt(e) && (c->dw[0] & MI_BATCH_PPGTT);
	bool secure = e->gpu->plat->gen >= 8 ? !ppgtt : !(c->dw[0] & MI_BATCH_NON_SECURE_HSW);
	const struct batch_level *parent = &e->batch[e->depth];
	u64 addr = cs_address(e, c, 1);
	u32 loops = 0;

	/* a user batch cannot start a privileged one */
	if (!cs_is_secure(e)) {
		ppgtt = parent->ppgtt;
		secure = false;
	}
	cs_advance(e, c->len);
	if (!e->depth || ((c->dw[0] & MI_BATCH_SECOND_LEVEL) && e->depth < MAX_DEPTH))
		e->depth++;
	else if (parent->start == addr)
		loops = parent->loops + 1;
	e->batch[e->depth] = (struct batch_level){ addr, addr, loops, ppgtt, secure };
	e->stats.batches += !loops;
	log_cs("%s: batch at %s 0x%llx", e->info->name, ppgtt ? "PPGTT" : "GGTT",
	       (unsigned long long)addr);
	return loops > FREE_LOOPS ? CS_YIELD : CS_JUMP;
}

static enum cs_result batch_buffer_end(struct engine *e, struct command *c)
{
	(void)c;
	if (!e->depth)
		return CS_NEXT;
	e->depth--;
	return CS_JUMP;
}

static enum cs_result conditional_batch_end(struct engine *e, struct command *c)
{
	u32 value;

	if (gpu_read32(e, cs_address(e, c, 2), command_ppgtt(e, c), &value) &&
	    value <= c->dw[1])
		return batch_buffer_end(e, c);
	return CS_NEXT;
}

static enum cs_result set_context(struct engine *e, struct command *c)
{
	if (e->info->id != 0 || !cs_is_secure(e) || engine_uses_execlists(e))
		log_err("%s: MI_SET_CONTEXT out of place", e->info->name);
	else
		context_set(e, c->dw[1] & ~0xfffu, c->dw[1] & 0xfff);
	return CS_NEXT;
}

/* ---- interrupts, arbitration, semaphores ---- */

static enum cs_result user_interrupt(struct engine *e, struct command *c)
{
	(void)c;
	if (!e->depth)
		engine_request_done(e);
	irq_raise(e, e->info->irq_user);
	return CS_NEXT;
}

/* The numbers of planes are those of MI_DISPLAY_FLIP_IVB_PLANE_*; the others are sprites. */
static enum cs_result flip_plane(struct engine *e, struct command *c)
{
	static const u32 surface[8] = { [0] = DSPSURF(0), [1] = DSPSURF(1), [4] = DSPSURF(2) };
	u32 plane = c->dw[0] >> 19 & 7;

	if (cs_is_secure(e) && surface[plane])
		display_flip(e->gpu, surface[plane], c->dw[2] & ~0xfffu);
	return CS_NEXT;
}

static enum cs_result arb_on_off(struct engine *e, struct command *c)
{
	e->arbitration = c->dw[0] & 1;
	return CS_NEXT;
}

static enum cs_result arb_check(struct engine *e, struct command *c)
{
	(void)c;
	e->arb_point = e->depth == 1;
	return CS_NEXT;
}

static enum cs_result semaphore(struct engine *e, bool signalled)
{
	e->waiting = !signalled;
	if (signalled)
		return CS_NEXT;
	e->arb_point = e->depth == 1;
	return CS_WAIT;
}

/* gen8: poll a dword in memory; the operation compares memory with the data */
static enum cs_result semaphore_wait(struct engine *e, struct command *c)
{
	u32 mem, data = c->dw[1];

	if (!gpu_read32(e, cs_address(e, c, 2), command_ppgtt(e, c), &mem))
		return CS_HANG;
	switch (c->dw[0] >> 12 & 7) {
	case 0: return semaphore(e, mem > data);
	case 1: return semaphore(e, mem >= data);
	case 2: return semaphore(e, mem < data);
	case 3: return semaphore(e, mem <= data);
	case 4: return semaphore(e, mem == data);
	case 5: return semaphore(e, mem != data);
	}
	return semaphore(e, true);
}

/*
 * gen7: wait until one of the ring's own mailbox registers, written by the
 * other rings, exceeds the data (gen6_ring_sync(), gen6_signal()).
 */
static enum cs_result semaphore_mbox(struct engine *e, struct command *c)
{
	static const u32 mailbox[] = { RING_SYNC_0, RING_SYNC_2, RING_SYNC_1 };
	u32 select = c->dw[0] >> 16 & 3;

	if (!(c->dw[0] & MI_SEMAPHORE_REGISTER) || (c->dw[0] & MI_SEMAPHORE_UPDATE) ||
	    select >= ARRAY_SIZE(mailbox)) {
		cs_pass_over(e, "MI_SEMAPHORE_MBOX", c->dw[0]);
		return CS_NEXT;
	}
	if (!(c->dw[0] & MI_SEMAPHORE_COMPARE))
		return CS_NEXT;
	return semaphore(e, *ring_reg(e, mailbox[select]) > c->dw[1]);
}

static enum cs_result (*const mi_commands[0x40])(struct engine *e, struct command *c) = {
	[MI_USER_INTERRUPT] = user_interrupt,
	[MI_ARB_CHECK] = arb_check,
	[MI_ARB_ON_OFF] = arb_on_off,
	[MI_BATCH_BUFFER_END] = batch_buffer_end,
	[MI_DISPLAY_FLIP] = flip_plane,
	[MI_SEMAPHORE_MBOX] = semaphore_mbox,
	[MI_SET_CONTEXT] = set_context,
	[MI_SEMAPHORE_WAIT] = semaphore_wait,
	[MI_STORE_DATA_IMM] = store_data_imm,
	[MI_STORE_DATA_INDEX] = store_data_index,
	[MI_LOAD_REGISTER_IMM] = load_register_imm,
	[MI_STORE_REGISTER_MEM] = store_register_mem,
	[MI_FLUSH_DW] = flush_dw,
	[MI_LOAD_REGISTER_MEM] = load_register_mem,
	[MI_LOAD_REGISTER_REG] = load_register_reg,
	[MI_COPY_MEM_MEM] = copy_mem_mem,
	[MI_BATCH_BUFFER_START] = batch_buffer_start,
	[MI_CONDITIONAL_BATCH_BUFFER_END] = conditional_batch_end,
};

/* Commands that are not modelled and would change registers or memory. What others do, nobody can see. */
static const char *const missing[0x40] = {
	[0x01] = "MI_SET_PREDICATE", [0x07] = "MI_REPORT_HEAD", [0x0c] = "MI_PREDICATE", [0x1a] = "MI_MATH",
	[0x23] = "MI_UPDATE_GTT", [0x28] = "MI_REPORT_PERF_COUNT", [0x2b] = "MI_RS_STORE_DATA_IMM",
	[0x2c] = "MI_LOAD_URB_MEM", [0x2d] = "MI_STORE_URB_MEM", [0x2f] = "MI_ATOMIC",
};

/**
 * mi_execute() - execute an MI_* command; others than those modelled are skipped
 */
enum cs_result mi_execute(struct engine *e, struct command *c)
{
	u32 op = mi_opcode(c->dw[0]);

	if (mi_commands[op])
		return mi_commands[op](e, c);
	if (missing[op])
		cs_pass_over(e, missing[op], c->dw[0]);
	return CS_NEXT;
}
