// SPDX-License-Identifier: GPL-2.0-only
/* Time control, the control lines, the magic block, reset. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "server.h"

#define SEQNO	0xc0		/* byte in the status page */

/* A request as drivers emit it: seqno, interrupt. */
static void request(struct rig *r, u32 seqno)
{
	EMIT(r, MI_STORE_DATA_INDEX, SEQNO, seqno, MI_USER_INTERRUPT, MI_NOOP, MI_NOOP);
}

static u32 seqno(struct rig *r)
{
	return *rig_ram(r, (u32)ggtt_translate(&r->gpu, HWSP_GGTT) + SEQNO);
}

static u32 magic(const struct rig *r, u32 offset)
{
	return MAGIC_BASE + MAGIC_ENGINE(r->e->info->id) + offset;
}

static void test_hold(struct rig *r)
{
	u32 i;

	rig_write(r, magic(r, 0), 1);
	for (i = 1; i <= 5; i++)
		request(r, i);
	ring_submit(r);
	is(run(r), RUN_GATED, "hold: gated");
	is(seqno(r), 0, "hold: nothing is done");
	is(rig_read(r, magic(r, 0xc)), BIT(0) | BIT(5), "hold: busy and held");
	is(rig_read(r, ENG(r, RING_MI_MODE)) & MODE_IDLE, 0, "hold: ring is not idle");
	rig_write(r, magic(r, 4), 1);
	run(r);
	is(seqno(r), 1, "step: one request");
	rig_write(r, magic(r, 4), 2);
	run(r);
	is(seqno(r), 3, "step: two more");
	is(rig_read(r, magic(r, 0x10)), 3, "requests are counted");
	rig_write(r, magic(r, 0), 0);
	is(run(r), RUN_IDLE, "release: idle");
	is(seqno(r), 5, "release: all is done");
	rig_write(r, magic(r, 4), 3);
	is(rig_read(r, magic(r, 4)), 0, "step of a running engine means nothing");
	rig_write(r, magic(r, 0), 1);
	request(r, 6);
	ring_submit(r);
	run(r);
	is(seqno(r), 5, "and does not add up");
	rig_write(r, magic(r, 0), 0);
	run(r);
}

static void test_delay(struct rig *r)
{
	u64 deadline, start = clock_ns();

	rig_write(r, magic(r, 8), 20000);
	request(r, 7);
	ring_submit(r);
	is(engines_run(&r->gpu, &deadline), RUN_GATED, "delay: gated");
	ok(deadline > start && deadline <= clock_ns() + 20000000, "delay: deadline");
	while (clock_ns() < deadline)
		usleep(1000);
	run(r);
	is(seqno(r), 7, "delay: done after it");
	ok(clock_ns() - start >= 20000000, "delay: not before it");
	rig_write(r, magic(r, 8), 0);
}

static int control(struct rig *r, const char *text, char *reply)
{
	char line[64];

	snprintf(line, sizeof(line), "%s", text);
	return control_execute(&r->gpu, line, reply, 1024);
}

static void test_control(struct rig *r)
{
	char reply[1024], line[32];
	static const char *const bad[] = {
		"", "hold", "hold rcs 1", "step rcs x", "delay rcs", "dance rcs", "hold rcs 1 2",
	};
	u32 i;

	snprintf(line, sizeof(line), "hold %s", r->e->info->name);
	is((u64)control(r, line, reply), 0, "control: hold");
	ok(r->e->held, "control: is held");
	is((u64)control(r, "step all 4", reply), 0, "control: step all");
	is(r->e->steps, 4, "control: steps");
	is((u64)control(r, "delay all 7", reply), 0, "control: delay");
	is(r->e->delay_ns, 7000, "control: delay is set");
	is((u64)control(r, "status", reply), 0, "control: status");
	ok(strstr(reply, "held") && strstr(reply, "vecs idle"), "control: status tells");
	is((u64)control(r, "release all", reply), 0, "control: release");
	control(r, "delay all 0", reply);
	ok(!r->e->held, "control: is released");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		is((u64)(int64_t)control(r, bad[i], reply), (u64)(int64_t)-EINVAL,
		   "control: '%s' is no command", bad[i]);
	is((u64)(int64_t)control(r, "hold xcs", reply), (u64)(int64_t)-ENODEV,
	   "control: no such engine");
}

static void test_magic(struct rig *r)
{
	is(rig_read(r, MAGIC_BASE), MAGIC_ID, "magic: id");
	is(rig_read(r, MAGIC_BASE + 8), (u32)r->gpu.plat->gen << 16 | r->gpu.plat->device,
	   "magic: platform");
	rig_write(r, MAGIC_BASE, 1);
	is(rig_read(r, MAGIC_BASE), MAGIC_ID, "magic: id is read-only");
	rig_write(r, MAGIC_BASE + 0x10, 0x55);
	is(rig_read(r, MAGIC_BASE + 0x10), 0x55, "magic: scratch");
	is(rig_read(r, MAGIC_BASE + 0xffc), 0, "magic: the rest reads as zero");
	/* the GPU's own commands must not reach it */
	EMIT(r, MI_LRI(1), magic(r, 0), 1, MI_NOOP);
	ring_submit(r);
	run(r);
	is(rig_read(r, magic(r, 0)), 0, "magic: no command can hold an engine");
}

static void test_stop(struct rig *r)
{
	rig_write(r, ENG(r, RING_MI_MODE), STOP_RING << 16 | STOP_RING);
	request(r, 20);
	ring_submit(r);
	run(r);
	is(seqno(r), 7, "stopped ring does nothing");
	is(rig_read(r, ENG(r, RING_MI_MODE)) & MODE_IDLE, MODE_IDLE, "stopped ring is idle");
	rig_write(r, ENG(r, RING_MI_MODE), STOP_RING << 16);
	run(r);
	is(seqno(r), 20, "and goes on");
}

static void test_reset(struct rig *r)
{
	struct engine *other = r->e == &r->gpu.engine[0] ? &r->gpu.engine[1] : &r->gpu.engine[0];
	u32 resets = (u32)other->stats.resets;

	EMIT(r, 0x80000000u, MI_NOOP);		/* no command of any client */
	ring_submit(r);
	run(r);
	is(rig_read(r, magic(r, 0xc)) & BIT(3), BIT(3), "hang: engine is hung");
	is(rig_read(r, ENG(r, RING_IPEHR)), 0x80000000u, "hang: IPEHR");
	rig_write(r, ENG(r, RING_RESET_CTL), RESET_CTL_REQUEST << 16 | RESET_CTL_REQUEST);
	is(rig_read(r, ENG(r, RING_RESET_CTL)) & RESET_CTL_READY, RESET_CTL_READY, "reset: ready");
	rig_write(r, GEN6_GDRST, r->e->info->reset);
	is(rig_read(r, GEN6_GDRST), 0, "reset: done");
	is(rig_read(r, ENG(r, RING_CTL)), 0, "reset: ring is off");
	is(rig_read(r, magic(r, 0xc)), 0, "reset: engine is idle");
	is(other->stats.resets, resets, "reset: another engine is left alone");
	rig_write(r, GEN6_GDRST, GRDOM_FULL);
	is(other->stats.resets, resets + 1, "full reset: of every engine");
}

static void test_seed(void)
{
	struct vgpu a, b;
	int i, same = 1, moves = 0;

	vgpu_create(&a, platform_find("broadwell"), false, false, 42, 0);
	vgpu_create(&b, platform_find("broadwell"), false, false, 42, 0);
	for (i = 0; i < 100; i++) {
		u64 x = vgpu_random(&a);

		same &= x == vgpu_random(&b);
		moves += x % 4 != 0;
	}
	ok(same, "seed: the same numbers");
	ok(moves > 50, "seed: that vary");
	vgpu_destroy(&a);
	vgpu_destroy(&b);
}

/* With a seed a delay is between a half and three halves of what was asked for, without one just that. */
static void test_jitter(u64 seed)
{
	const u64 delay_ns = 1000000000;
	u64 least = ~0ull, most = 0;
	struct vgpu gpu;
	int i;

	vgpu_create(&gpu, platform_find("broadwell"), false, false, seed, delay_ns);
	for (i = 0; i < 100; i++) {
		struct engine *e = &gpu.engine[0];
		u64 delay, before = clock_ns();

		ok(!engine_gate(e), "jitter: a delay has begun");
		/* what the clock does in between is far less than a tenth of the delay */
		delay = (e->gate_ns - before) / (delay_ns / 10);
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
		e->gate_ns = 0;
	}
	is(least, seed ? 5 : 10, "jitter: the shortest, in tenths");
	is(most, seed ? 14 : 10, "jitter: the longest, in tenths");
	vgpu_destroy(&gpu);
}

static void test_platform(const char *platform, const char *engine)
{
	struct rig r;

	printf("# %s %s\n", platform, engine);
	rig_open(&r, platform, engine);
	ring_begin(&r);
	test_hold(&r);
	test_delay(&r);
	test_control(&r);
	test_magic(&r);
	test_stop(&r);
	test_reset(&r);
	rig_close(&r);
}

int main(void)
{
	test_platform("broadwell", "rcs");
	test_platform("haswell", "vecs");
	test_seed();
	test_jitter(0);
	test_jitter(42);
	return done();
}
