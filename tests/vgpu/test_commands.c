// SPDX-License-Identifier: GPL-2.0-only
/* Each command of the streamer and the blitter, on both generations. */
#include <string.h>

#include "test.h"

#define DATA_GGTT	0x500000u	/* a page for the commands to write to */
#define DIRECTORY	0x80000u	/* gen7: page directory, in the GGTT's array */
#define VA		0x40000u	/* the batch, in the PPGTT */
#define DATA_VA		0x41000u

static struct rig r;
static u32 *data;		/* the page at DATA_GGTT */
static bool gen8;

static void ppgtt_map(u32 va, u32 guest)
{
	if (gen8)
		gen8_map(&r, rig_read(&r, ENG(&r, RING_PDP_LDW(0))), 4, va, guest | 3);
	else
		gen7_map(&r, DIRECTORY, va, guest);
}

static void setup(const char *platform, const char *engine)
{
	rig_open(&r, platform, engine);
	gen8 = r.gpu.plat->gen >= 8;
	ring_begin(&r);
	data = rig_ram(&r, rig_ggtt_page(&r, DATA_GGTT));
	rig_write(&r, ENG(&r, RING_MODE),
		  0xffff0000 | GFX_PPGTT_ENABLE | (gen8 ? GFX_PPGTT_48B : 0));
	rig_write(&r, ENG(&r, RING_PDP_LDW(0)), rig_page(&r));
	rig_write(&r, ENG(&r, RING_PP_DIR_BASE), DIRECTORY / 64 << 16);
	rig_write(&r, ENG(&r, RING_PP_DIR_DCLV), ~0u);
}

static void go(void)
{
	ring_submit(&r);
	run(&r);
}

/* An address: two dwords on gen8, one on gen7. */
static void emit_address(u32 addr)
{
	emit(&r, addr);
	if (gen8)
		emit(&r, 0);
}

static void emit_store(u32 addr, u32 value)
{
	if (gen8)
		EMIT(&r, MI_STORE_DATA_IMM | MI_GGTT, addr, 0, value);
	else
		EMIT(&r, MI_STORE_DATA_IMM | MI_GGTT, 0, addr, value);
}

static void test_store(void)
{
	u32 adw = gen8 ? 1 : 0;

	emit_store(DATA_GGTT + 8, 0x11);
	go();
	is(data[2], 0x11, "MI_STORE_DATA_IMM");
	EMIT(&r, (MI_STORE_DATA_IMM | MI_GGTT) + 1, gen8 ? DATA_GGTT + 16 : 0,
	     gen8 ? 0 : DATA_GGTT + 16, 1, 2);
	go();
	is(data[4] | (u64)data[5] << 32, 2ull << 32 | 1, "MI_STORE_DATA_IMM of a qword");
	EMIT(&r, MI_STORE_DATA_INDEX, 0x88, 0x22);
	go();
	is(rig_ram(&r, (u32)ggtt_translate(&r.gpu, HWSP_GGTT))[0x22], 0x22, "MI_STORE_DATA_INDEX");
	EMIT(&r, MI_LRI(2), 0x2600, 0x33, 0x2604, 0x44);
	go();
	is(rig_read(&r, 0x2600), 0x33, "MI_LOAD_REGISTER_IMM");
	is(rig_read(&r, 0x2604), 0x44, "MI_LOAD_REGISTER_IMM: second pair");
	EMIT(&r, 0x24u << 23 | MI_GGTT | (1 + adw), 0x2604);
	emit_address(DATA_GGTT + 32);
	go();
	is(data[8], 0x44, "MI_STORE_REGISTER_MEM");
	data[9] = 0x55;
	EMIT(&r, 0x29u << 23 | MI_GGTT | (1 + adw), 0x2608);
	emit_address(DATA_GGTT + 36);
	go();
	is(rig_read(&r, 0x2608), 0x55, "MI_LOAD_REGISTER_MEM");
	EMIT(&r, 0x2au << 23 | 1, 0x2608, 0x2610);
	go();
	is(rig_read(&r, 0x2610), 0x55, "MI_LOAD_REGISTER_REG");
}

static void test_post_sync(void)
{
	EMIT(&r, 0x26u << 23 | 1 << 14 | (gen8 ? 2 : 1));
	emit_address((DATA_GGTT + 64) | 4);
	EMIT(&r, 0x66);
	go();
	is(data[16], 0x66, "MI_FLUSH_DW: post-sync write");
	EMIT(&r, 0x26u << 23 | 1 << 14 | BIT(21) | (gen8 ? 2 : 1));
	emit_address(0x100 | 4);
	EMIT(&r, 0x77);
	go();
	is(rig_ram(&r, (u32)ggtt_translate(&r.gpu, HWSP_GGTT))[0x40], 0x77,
	   "MI_FLUSH_DW: into the status page");
	EMIT(&r, 0x7a000000u | (gen8 ? 4 : 3), BIT(24) | 1 << 14);
	emit_address(DATA_GGTT + 72);
	EMIT(&r, 0x88, 0x99);
	go();
	is(data[18] | (u64)data[19] << 32, 0x99ull << 32 | 0x88, "PIPE_CONTROL: post-sync write");
	EMIT(&r, 0x7a000000u | (gen8 ? 4 : 3), BIT(24) | 3 << 14);
	emit_address(DATA_GGTT + 80);
	EMIT(&r, 0, 0);
	go();
	ok(data[20] || data[21], "PIPE_CONTROL: timestamp");
}

/* A batch in the PPGTT: what it may do, and what it must not. */
static void test_batch(void)
{
	u32 bit = gen8 ? MI_PPGTT : MI_PPGTT | BIT(13), *b, n = 0, base = r.e->info->base, user;

	b = rig_ram(&r, rig_page(&r));
	ppgtt_map(VA, (u32)((u8 *)b - r.ram));
	ppgtt_map(DATA_VA, (u32)ggtt_translate(&r.gpu, DATA_GGTT));
	b[n++] = MI_STORE_DATA_IMM;
	b[n++] = gen8 ? DATA_VA + 0x100 : 0;
	b[n++] = gen8 ? 0 : DATA_VA + 0x100;
	b[n++] = 0xaa;
	/* the GGTT bit does not count here: this goes to the PPGTT as well */
	b[n++] = MI_STORE_DATA_IMM | MI_GGTT;
	b[n++] = gen8 ? DATA_VA + 0x104 : 0;
	b[n++] = gen8 ? 0 : DATA_VA + 0x104;
	b[n++] = 0xbb;
	b[n++] = MI_LRI(2);
	b[n++] = 0x2620;
	b[n++] = 0xcc;
	b[n++] = base + RING_SYNC_0;		/* not for user batches */
	b[n++] = 0xdd;
	b[n++] = MI_BATCH_BUFFER_END;
	EMIT(&r, (gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7) | bit);
	emit_address(VA);
	emit_store(DATA_GGTT + 0x108, 0xee);
	go();
	is(data[0x40], 0xaa, "batch: store by PPGTT address");
	is(data[0x41], 0xbb, "batch: GGTT bit without privilege");
	is(rig_read(&r, 0x2620), 0xcc, "batch: register of the user");
	is(rig_read(&r, base + RING_SYNC_0), 0, "batch: register that is privileged");
	is(data[0x42], 0xee, "batch: the ring goes on");
	is(r.e->stats.faults, 0, "batch: no fault");
	user = base + RING_SYNC_1;
	rig_write(&r, base + RING_FORCE_TO_NONPRIV(0), user);
	b[11] = user;
	EMIT(&r, (gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7) | bit);
	emit_address(VA);
	go();
	is(rig_read(&r, user), gen8 ? 0xdd : 0, "batch: FORCE_TO_NONPRIV (gen8 only)");
}

static void test_nested(void)
{
	u32 *b = rig_ram(&r, rig_ggtt_page(&r, BATCH_GGTT)), n = 0;
	u32 *c = rig_ram(&r, rig_ggtt_page(&r, BATCH_GGTT + PAGE_SIZE));
	u32 bbs = gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7;

	b[n++] = bbs | BIT(22);			/* second level: returns */
	b[n++] = BATCH_GGTT + PAGE_SIZE;
	if (gen8)
		b[n++] = 0;
	b[n++] = MI_LRI(1);
	b[n++] = 0x2630;
	b[n++] = 2;
	b[n++] = bbs;				/* chained: does not */
	b[n++] = BATCH_GGTT + PAGE_SIZE;
	if (gen8)
		b[n++] = 0;
	b[n++] = MI_LRI(1);
	b[n++] = 0x2638;
	b[n++] = 3;
	c[0] = MI_LRI(1);
	c[1] = 0x2634;
	c[2] = 1;
	c[3] = MI_BATCH_BUFFER_END;
	EMIT(&r, bbs);
	emit_address(BATCH_GGTT);
	go();
	is(rig_read(&r, 0x2634), 1, "second-level batch is executed");
	is(rig_read(&r, 0x2630), 2, "first level goes on after it");
	is(rig_read(&r, 0x2638), 0, "but not after a chained batch");
	is((u32)r.e->depth, 0, "back in the ring");
}

static void test_semaphores(void)
{
	if (gen8) {
		EMIT(&r, 0x1cu << 23 | MI_GGTT | 1 << 15 | 1 << 12 | 2, 5, DATA_GGTT + 0x200, 0);
	} else {
		/* mailbox 0, wait until it exceeds 4 */
		EMIT(&r, 0x16u << 23 | BIT(20) | BIT(18) | 1, 4, 0, MI_NOOP);
	}
	emit_store(DATA_GGTT + 0x204, 1);
	ring_submit(&r);
	is(run(&r), RUN_WAIT, "semaphore: waits");
	if (gen8)
		data[0x80] = 4;
	else
		rig_write(&r, ENG(&r, RING_SYNC_0), 4);
	is(run(&r), RUN_WAIT, "semaphore: one less is not enough");
	is(data[0x81], 0, "semaphore: nothing after it");
	if (gen8)
		data[0x80] = 5;
	else
		rig_write(&r, ENG(&r, RING_SYNC_0), 5);
	is(run(&r), RUN_IDLE, "semaphore: signalled");
	is(data[0x81], 1, "semaphore: goes on");
}

static void test_loop(void)
{
	u32 *b = rig_ram(&r, (u32)ggtt_translate(&r.gpu, BATCH_GGTT));

	b[0] = gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7;
	b[1] = BATCH_GGTT;
	b[2] = 0;
	EMIT(&r, b[0]);
	emit_address(BATCH_GGTT);
	ring_submit(&r);
	is(run(&r), RUN_WAIT, "endless batch: does not keep the server");
	is(r.e->batch[r.e->depth].loops, 1001, "endless batch: it may turn a thousand times");
	is(engine_run(r.e, ~0u), RUN_WAIT, "endless batch: then each turn yields");
	is(r.e->batch[r.e->depth].loops, 1002, "endless batch: after it");
	b[0] = MI_BATCH_BUFFER_END;
	is(run(&r), RUN_IDLE, "endless batch: ends when it is told to");
	b[0] = gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7;
	EMIT(&r, b[0]);
	emit_address(BATCH_GGTT);
	emit_store(DATA_GGTT + 0x400, 0x34);
	ring_submit(&r);
	run(&r);
	rig_write(&r, ENG(&r, RING_CTL), 0);
	is(run(&r), RUN_IDLE, "endless batch: stops with the ring");
	rig_write(&r, ENG(&r, RING_CTL), RING_VALID);
	is(run(&r), RUN_IDLE, "endless batch: is not taken up again");
	is(data[0x100], 0x34, "endless batch: the ring goes on after it");
}

static void test_fetch_fault(void)
{
	u64 before = r.e->stats.faults;

	EMIT(&r, (gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7) | MI_PPGTT);
	emit_address(0x777000);
	go();
	ok(r.e->hung, "batch without a page: the engine hangs");
	is(r.e->stats.faults, before + 1, "batch without a page: is a fault");
	is(rig_read(&r, ENG(&r, RING_ACTHD)), 0x777000, "batch without a page: ACTHD");
}

/* Long commands use up the slice, or a batch of them would keep the server. */
static void test_slice(void)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		EMIT(&r, MI_STORE_DATA_IMM | MI_GGTT | 98, gen8 ? DATA_GGTT : 0, gen8 ? 0 : DATA_GGTT);
		r.tail = (r.tail + 97 * 4) % PAGE_SIZE;
	}
	ring_submit(&r);
	is(engine_run(r.e, 150), RUN_BUSY, "slice: ends after two long commands");
	is((rig_read(&r, ENG(&r, RING_TAIL)) - rig_read(&r, ENG(&r, RING_HEAD))) % PAGE_SIZE, 200 * 4,
	   "slice: two are left");
	is(run(&r), RUN_IDLE, "slice: the rest");
}

/* A command across the end of the ring. */
static void test_ring_wrap(void)
{
	while (r.tail != PAGE_SIZE - 8)
		emit(&r, MI_NOOP);
	go();
	emit_store(DATA_GGTT + 0x300, 0x12);
	go();
	is(data[0xc0], 0x12, "ring wraps within a command");
	is(rig_read(&r, ENG(&r, RING_HEAD)), r.tail, "head is at the tail");
}

static void color_blit(u32 dst, u32 pitch, u32 x1, u32 y1, u32 x2, u32 y2, u32 color)
{
	EMIT(&r, 0x54300000u | (gen8 ? 5 : 4), 3u << 24 | 0xf0 << 16 | pitch, y1 << 16 | x1,
	     y2 << 16 | x2);
	emit_address(dst);
	EMIT(&r, color);
}

static void test_blitter(void)
{
	u32 *page[3], i;

	for (i = 0; i < 3; i++) {
		page[i] = rig_ram(&r, rig_page(&r));
		ppgtt_map(0x80000 + i * PAGE_SIZE, (u32)((u8 *)page[i] - r.ram));
	}
	color_blit(0x80000, 256, 1, 1, 3, 3, 0xc0ffee);
	go();
	is(page[0][64], 0, "XY_COLOR_BLT: left of it");
	is(page[0][65], 0xc0ffee, "XY_COLOR_BLT: first pixel");
	is(page[0][130], 0xc0ffee, "XY_COLOR_BLT: last pixel");
	is(page[0][67] | page[0][193], 0, "XY_COLOR_BLT: right of and below it");
	/* copy 2×2 pixels, the second row lands on the next page */
	EMIT(&r, 0x54c00000u | 3u << 20 | (gen8 ? 8 : 6), 3u << 24 | 0xcc << 16 | 0x1000, 0,
	     2u << 16 | 2);
	emit_address(0x81000);
	EMIT(&r, 1u << 16 | 1, 256);
	emit_address(0x80000);
	go();
	is(page[1][0] | (u64)page[1][1] << 32, 0xc0ffeeull << 32 | 0xc0ffee,
	   "XY_SRC_COPY_BLT: first row");
	is(page[2][1], 0xc0ffee, "XY_SRC_COPY_BLT: second row");
	/* a pixel row across a page boundary */
	color_blit(0x80ff8, 0x1000, 0, 0, 4, 1, 0x77);
	go();
	is(page[0][1023] | (u64)page[1][0] << 32, 0x77ull << 32 | 0x77,
	   "XY_COLOR_BLT: across pages");
	/* only RGB is written */
	page[2][8] = 0xff000000;
	EMIT(&r, 0x54100000u | (gen8 ? 5 : 4), 3u << 24 | 0xf0 << 16 | 64, 0, 1u << 16 | 1);
	emit_address(0x82020);
	EMIT(&r, 0x12345678);
	go();
	is(page[2][8], 0xff345678, "XY_COLOR_BLT: alpha is masked");
	is(r.e->stats.faults, 0, "blits: no fault");
	color_blit(0x90000, 256, 0, 0, 8, 8, 1);
	go();
	ok(r.e->stats.faults > 0, "blit without a page is a fault");
	/* gigabytes: must come in slices, and end */
	color_blit(0x80000, 0, 0, 0, 0x4000, 0x7fff, 2);
	ring_submit(&r);
	is(engine_run(r.e, 1000), RUN_BUSY, "big blit: comes in slices");
	ok(r.e->blit_row > 0, "big blit: has begun");
	rig_write(&r, GEN6_GDRST, r.e->info->reset);
	is(run(&r), RUN_IDLE, "big blit: reset ends it");
}

static void passes_over(u32 command, u64 expected, const char *name)
{
	u64 before = r.e->stats.passed_over;

	EMIT(&r, command);
	for (u32 n = 1; n < (command & 0xff) + 2; n++)
		EMIT(&r, 0);
	go();
	is(r.e->stats.passed_over - before, expected, "%s", name);
}

/* What has an effect is noted if it is not modelled; state alone has none, nor what the driver draws. */
static void test_passed_over(void)
{
	u32 *b = rig_ram(&r, rig_page(&r));
	u64 before;

	passes_over(0x1au << 23 | 1, 1, "MI_MATH is noted");
	passes_over(0x2fu << 23 | 1, 1, "so is MI_ATOMIC");
	passes_over(0x27u << 23 | 1, 0, "MI_CLFLUSH is not");
	passes_over(0x7b000005, 0, "nor is a primitive of the driver's");
	passes_over(0x78230000, 0, "nor state");
	ppgtt_map(VA, (u32)((u8 *)b - r.ram));
	b[0] = 0x7b000005;
	b[7] = MI_BATCH_BUFFER_END;
	before = r.e->stats.passed_over;
	EMIT(&r, (gen8 ? MI_BBS_GEN8 : MI_BBS_GEN7) | (gen8 ? MI_PPGTT : MI_PPGTT | BIT(13)));
	emit_address(VA);
	go();
	is(r.e->stats.passed_over - before, 1, "a client's is");
}

static void test_platform(const char *platform)
{
	setup(platform, "rcs");
	test_store();
	test_post_sync();
	test_batch();
	test_nested();
	test_semaphores();
	test_loop();
	test_slice();
	test_ring_wrap();
	test_passed_over();
	test_fetch_fault();
	rig_close(&r);
	setup(platform, "bcs");
	test_blitter();
	rig_close(&r);
}

int main(void)
{
	test_platform("broadwell");
	test_platform("haswell");
	return done();
}
