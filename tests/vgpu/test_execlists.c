// SPDX-License-Identifier: GPL-2.0-only
/* Execlists: submissions and the context status each of them must leave. */
#include "test.h"

#define IDLE_ACTIVE	0x01
#define PREEMPTED	0x02
#define SWITCH_DONE	0x14	/* element switch, complete */
#define IDLE_DONE	0x18	/* active to idle, complete */
#define LITE		0x8002	/* lite restore, preempted */

static u32 csb_read;

static void setup(struct rig *r)
{
	rig_open(r, "broadwell", "rcs");
	ring_begin(r);
	rig_write(r, ENG(r, RING_MODE), GFX_RUN_LIST_ENABLE << 16 | GFX_RUN_LIST_ENABLE);
	rig_write(r, ENG(r, RING_IMR), ~r->e->info->irq_switch);
	rig_write(r, 0x4430c, ~0u);
	rig_write(r, 0x44200, DE_MASTER_IRQ);
	csb_read = CSB_WRITE_PTR_RESET;
}

/* The next status of the buffer must be @status of context @id. */
static void expect(struct rig *r, u32 status, u32 id, const char *what)
{
	u32 *hwsp = rig_ram(r, (u32)ggtt_translate(&r->gpu, HWSP_GGTT));
	u32 write = rig_read(r, ENG(r, RING_CSB_PTR)) & CSB_WRITE_PTR_MASK;

	if (write == csb_read) {
		ok(false, "%s: status is there", what);
		return;
	}
	csb_read = csb_read >= CSB_ENTRIES - 1 ? 0 : csb_read + 1;
	is(rig_read(r, ENG(r, RING_CSB_LDW(csb_read))), status, "%s: status", what);
	is(rig_read(r, ENG(r, RING_CSB_UDW(csb_read))), id, "%s: context", what);
	is(hwsp[HWSP_CSB_DWORD + 2 * csb_read], status, "%s: status page agrees", what);
	is(hwsp[HWSP_CSB_WRITE_DWORD], write, "%s: pointer in the status page agrees", what);
}

static void expect_no_more(struct rig *r, const char *what)
{
	is(rig_read(r, ENG(r, RING_CSB_PTR)) & CSB_WRITE_PTR_MASK, csb_read, "%s: nothing more",
	   what);
}

static u32 store(struct rig *r, u32 value)
{
	u32 at = HWSP_GGTT + 0x400;

	EMIT(r, MI_STORE_DATA_IMM | MI_GGTT, at, 0, value);
	return (u32)ggtt_translate(&r->gpu, at);
}

static void test_one(void)
{
	struct rig r;
	u32 *state, at;

	setup(&r);
	state = context_create(&r, 0, rig_page(&r));
	at = store(&r, 0x1234);
	state[CTX_RING_TAIL] = r.tail;
	is(rig_msis(&r), 0, "one: no MSI before");
	elsp(&r, 0, 1);
	expect(&r, IDLE_ACTIVE, 0, "one: submitted");
	is(rig_msis(&r), 1, "one: MSI");
	is(*rig_ram(&r, at), 0, "one: nothing is executed within the write");
	is(rig_read(&r, ENG(&r, RING_EXECLIST_STATUS)) >> 14 & 3, 3, "one: active");
	is(rig_read(&r, ENG(&r, RING_EXECLIST_STATUS_HI)), 1, "one: says which context is active");
	run(&r);
	expect(&r, IDLE_DONE, 1, "one: done");
	expect_no_more(&r, "one");
	is(*rig_ram(&r, at), 0x1234, "one: executed");
	is(state[CTX_RING_HEAD], r.tail, "one: head is saved");
	is(state[CTX_CONTEXT_CONTROL] & CTX_RESTORE_INHIBIT, 0,
	   "one: restore is no longer inhibited");
	is(rig_read(&r, ENG(&r, RING_EXECLIST_STATUS)), 0, "one: not active");
	is(rig_msis(&r), 0, "one: line is still high, no second MSI");
	rig_close(&r);
}

static void test_two(void)
{
	struct rig r;
	u32 *a, *b;

	setup(&r);
	a = context_create(&r, 0, rig_page(&r));
	b = context_create(&r, 1, rig_page(&r));
	store(&r, 1);
	a[CTX_RING_TAIL] = r.tail;
	b[CTX_RING_HEAD] = r.tail;
	store(&r, 2);
	b[CTX_RING_TAIL] = r.tail;
	elsp(&r, 2, 1);
	run(&r);
	expect(&r, IDLE_ACTIVE, 0, "two: submitted");
	expect(&r, SWITCH_DONE, 1, "two: first");
	expect(&r, IDLE_DONE, 2, "two: second");
	expect_no_more(&r, "two");
	is(b[CTX_RING_HEAD], r.tail, "two: second has run");
	rig_close(&r);
}

static void test_lite_restore(void)
{
	struct rig r;
	u32 *a, at;

	setup(&r);
	a = context_create(&r, 0, rig_page(&r));
	engine_hold(r.e, true);
	at = store(&r, 1);
	a[CTX_RING_TAIL] = r.tail;
	elsp(&r, 0, 1);
	run(&r);
	store(&r, 2);
	a[CTX_RING_TAIL] = r.tail;
	elsp(&r, 0, 1);
	run(&r);
	expect(&r, IDLE_ACTIVE, 0, "lite restore: submitted");
	expect(&r, LITE, 1, "lite restore: again");
	expect_no_more(&r, "lite restore");
	engine_hold(r.e, false);
	run(&r);
	expect(&r, IDLE_DONE, 1, "lite restore: done");
	is(*rig_ram(&r, at), 2, "lite restore: new tail is reached");
	rig_close(&r);
}

/* What is submitted last counts, also while another submission waits. */
static void test_resubmission(void)
{
	struct rig r;
	u32 *a;

	setup(&r);
	a = context_create(&r, 0, rig_page(&r));
	context_create(&r, 1, rig_page(&r));
	engine_hold(r.e, true);
	store(&r, 1);
	a[CTX_RING_TAIL] = r.tail;
	elsp(&r, 0, 1);
	elsp(&r, 0, 2);
	elsp(&r, 0, 1);
	engine_hold(r.e, false);
	run(&r);
	expect(&r, IDLE_ACTIVE, 0, "resubmission: first");
	expect(&r, PREEMPTED, 1, "resubmission: gives way to itself");
	expect(&r, IDLE_DONE, 1, "resubmission: is done");
	expect_no_more(&r, "resubmission");
	rig_close(&r);
}

/* A batch that waits for a semaphore gives way, and goes on where it was. */
static void test_preemption(void)
{
	u32 flag = HWSP_GGTT + 0x500, n = 0, *a, *b, *batch, *sem, at;
	struct rig r;

	setup(&r);
	batch = rig_ram(&r, rig_ggtt_page(&r, BATCH_GGTT));
	batch[n++] = 0x1cu << 23 | MI_GGTT | 1 << 15 | 4 << 12 | 2;	/* wait: equal */
	batch[n++] = 7;
	batch[n++] = flag;
	batch[n++] = 0;
	batch[n++] = MI_LRI(1);
	batch[n++] = 0x2640;
	batch[n++] = 5;
	batch[n++] = MI_BATCH_BUFFER_END;
	a = context_create(&r, 0, rig_page(&r));
	b = context_create(&r, 1, rig_page(&r));
	EMIT(&r, MI_BBS_GEN8, BATCH_GGTT, 0, MI_NOOP);
	at = store(&r, 0xa);
	a[CTX_RING_TAIL] = r.tail;
	elsp(&r, 0, 1);
	is(run(&r), RUN_WAIT, "preemption: first waits");
	b[CTX_RING_HEAD] = r.tail;
	store(&r, 0xb);
	b[CTX_RING_TAIL] = r.tail;
	elsp(&r, 0, 2);
	run(&r);
	expect(&r, IDLE_ACTIVE, 0, "preemption: submitted");
	expect(&r, PREEMPTED, 1, "preemption: first gives way");
	expect(&r, IDLE_DONE, 2, "preemption: second is done");
	is(*rig_ram(&r, at), 0xb, "preemption: second has run, first has not");
	is(a[CTX_BB_HEAD_L] & BB_HEAD_VALID, 1, "preemption: position in the batch is saved");
	sem = rig_ram(&r, (u32)ggtt_translate(&r.gpu, flag));
	*sem = 7;
	elsp(&r, 0, 1);
	run(&r);
	expect(&r, IDLE_ACTIVE, 0, "preemption: first again");
	expect(&r, IDLE_DONE, 1, "preemption: first is done");
	is(rig_read(&r, 0x2640), 5, "preemption: the rest of its batch is executed");
	is(*rig_ram(&r, at), 0xa, "preemption: first went on");
	rig_close(&r);
}

/* Of two batches that jump to their own start only the one with MI_ARB_CHECK in it gives way. */
static void test_endless(bool preemptible)
{
	u32 n = 0, *a, *b, *batch, at, i;
	const char *what = preemptible ? "endless, preemptible" : "endless";
	struct rig r;

	setup(&r);
	batch = rig_ram(&r, rig_ggtt_page(&r, BATCH_GGTT));
	batch[n++] = preemptible ? MI_ARB_CHECK : MI_NOOP;
	batch[n++] = MI_BBS_GEN8;
	batch[n++] = BATCH_GGTT;
	batch[n++] = 0;
	a = context_create(&r, 0, rig_page(&r));
	b = context_create(&r, 1, rig_page(&r));
	EMIT(&r, MI_BBS_GEN8, BATCH_GGTT, 0, MI_NOOP);
	a[CTX_RING_TAIL] = r.tail;
	elsp(&r, 0, 1);
	engine_run(r.e, 4096);
	b[CTX_RING_HEAD] = r.tail;
	at = store(&r, 0xb);
	b[CTX_RING_TAIL] = r.tail;
	elsp(&r, 0, 2);
	for (i = 0; i < 8; i++)
		engine_run(r.e, 4096);
	expect(&r, IDLE_ACTIVE, 0, what);
	if (preemptible) {
		expect(&r, PREEMPTED, 1, what);
		expect(&r, IDLE_DONE, 2, what);
	} else {
		expect_no_more(&r, what);
	}
	is(*rig_ram(&r, at), preemptible ? 0xb : 0, "%s: has the second run", what);
	rig_close(&r);
}

static void test_wrap(void)
{
	struct rig r;
	u32 i, *a;

	setup(&r);
	a = context_create(&r, 0, rig_page(&r));
	for (i = 0; i < 5; i++) {
		store(&r, i);
		a[CTX_RING_TAIL] = r.tail;
		elsp(&r, 0, 1);
		run(&r);
		expect(&r, IDLE_ACTIVE, 0, "wrap: submitted");
		expect(&r, IDLE_DONE, 1, "wrap: done");
	}
	rig_close(&r);
}

static void test_registers(void)
{
	struct rig r;
	u32 *a, *b;

	setup(&r);
	a = context_create(&r, 0, rig_page(&r));
	b = context_create(&r, 1, rig_page(&r));
	/* CACHE_MODE_1 is masked and belongs to the context */
	EMIT(&r, MI_LRI(1), 0x7004, 0x00400040, MI_NOOP);
	a[CTX_RING_TAIL] = r.tail;
	b[CTX_RING_HEAD] = r.tail;
	EMIT(&r, MI_LRI(1), 0x7004, 0x00400000, MI_NOOP);
	b[CTX_RING_TAIL] = r.tail;
	elsp(&r, 2, 1);
	run(&r);
	is(rig_read(&r, 0x7004) & 0x40, 0, "registers: of the second context");
	elsp(&r, 0, 1);
	is(rig_read(&r, 0x7004) & 0x40, 0x40, "registers: of the first are restored");
	rig_close(&r);
}

static void test_odd(void)
{
	struct rig r;
	u32 i;

	setup(&r);
	for (i = 0; i < 4; i++)
		rig_write(&r, ENG(&r, RING_ELSP), 0);
	run(&r);
	expect_no_more(&r, "odd: submission of nothing");
	elsp(&r, 0, 9);			/* no such image */
	run(&r);
	expect(&r, IDLE_ACTIVE, 0, "odd: context without an image");
	expect(&r, IDLE_DONE, 9, "odd: ends at once");
	ok(r.e->stats.faults > 0, "odd: and is a fault");
	rig_write(&r, ENG(&r, RING_MODE), GFX_RUN_LIST_ENABLE << 16);
	elsp(&r, 0, 1);
	expect_no_more(&r, "odd: submission in ring mode");
	rig_close(&r);
}

int main(void)
{
	test_one();
	test_two();
	test_lite_restore();
	test_resubmission();
	test_preemption();
	test_endless(true);
	test_endless(false);
	test_wrap();
	test_registers();
	test_odd();
	return done();
}
