// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "gate.h"
#include "tap.h"

#include <unistd.h>

/* The virtual GPU's magic block, see docs/vgpu.md. */
#define MAGIC_OFFSET	0x1ff000
#define MAGIC_ID	0x55504756
#define WITH_PICTURES	2	/* version of the block */
#define HOLD(engine)	(0x100 / 4 + 0x10 * (engine))
#define STEP(engine)	(HOLD(engine) + 1)
#define STATUS(engine)	(HOLD(engine) + 3)
#define HAS_WORK	0x1
#define WITHIN_REQUEST	0x2
#define HELD		0x20

static bool looked;	/* for the magic block */

void gate_use_spinners(void)
{
	looked = true;
}

static volatile uint32_t *magic(void)
{
	static volatile uint32_t *block;

	if (looked)
		return block;
	looked = true;
	block = gem_registers(MAGIC_OFFSET);
	if (block && block[0] != MAGIC_ID)
		block = NULL;
	return block;
}

bool gate_is_virtual(void)
{
	return magic();
}

volatile uint32_t *gate_picture(void)
{
	return magic() && magic()[1] >= WITH_PICTURES ? &magic()[6] : NULL;
}

uint32_t picture_crc_add(uint32_t crc, uint32_t pixel)
{
	for (int shift = 16; shift >= 0; shift -= 8) {
		crc ^= pixel >> shift & 0xff;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

struct gate gate_shut(unsigned int engine)
{
	struct gate g = { .engine = engine };

	if (magic())
		magic()[HOLD(engine)] = 1;
	else
		g.first = spin(gem_open_device(), DEFAULT_CONTEXT, engines[engine].flag,
			       SPIN_PREEMPTIBLE, 0);
	return g;
}

void gate_occupy(struct gate *g, int fd, uint32_t object)
{
	g->fd = fd;
	if (magic()) {
		g->batch = gem_use(fd, DEFAULT_CONTEXT, engines[g->engine].flag, object);
	} else {
		g->last = spin(fd, DEFAULT_CONTEXT, engines[g->engine].flag, SPIN_PREEMPTIBLE, object);
		g->batch = g->last.batch;
	}
}

/* A request of the test may be several of the engine's: what sets up a context is one of its own. */
void gate_pass(struct gate *g, int fd, uint32_t batch)
{
	if (!magic()) {
		spin_end(&g->first);
		close(g->first.fd);
		g->passed = true;
		gem_wait(fd, batch);
		return;
	}
	while (gem_busy(fd, batch)) {
		magic()[STEP(g->engine)] = 1;
		for (int i = 0; i < 1000 && (magic()[STEP(g->engine)] ||
					     magic()[STATUS(g->engine)] & WITHIN_REQUEST); i++)
			usleep(200);
	}
}

void gate_open(struct gate *g)
{
	if (magic()) {
		magic()[HOLD(g->engine)] = 0;
	} else {
		if (!g->passed) {
			spin_end(&g->first);
			close(g->first.fd);
		}
		if (g->batch)
			spin_stop(&g->last);
	}
	if (g->batch) {
		gem_wait(g->fd, g->batch);
		gem_close(g->fd, g->batch);
	}
}

void gate_hold(unsigned int engine, bool hold)
{
	if (magic())
		magic()[HOLD(engine)] = hold;
}

void gate_step(unsigned int engine, unsigned int requests)
{
	if (magic())
		magic()[STEP(engine)] = requests;
}

/* The steps that were granted to an engine without work stay. */
void gate_settle(unsigned int engine, unsigned int us)
{
	for (; magic() && us >= 200; us -= 200) {
		uint32_t status = magic()[STATUS(engine)];

		if (!(status & HAS_WORK) || (status & HELD && !magic()[STEP(engine)] && !(status & WITHIN_REQUEST)))
			return;
		usleep(200);
	}
}

void gates_open_all(void)
{
	if (magic())
		for (unsigned int i = 0; i < n_engines; i++)
			magic()[HOLD(i)] = 0;
}
