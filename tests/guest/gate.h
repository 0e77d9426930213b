/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A gate before an engine: requests wait in front of it until a test has put
 * everything in order. The virtual GPU has one; on real hardware batches that
 * spin until the CPU ends them do the same.
 *
 * A driver takes an engine that stands still for a hung one: have a gate open
 * again within two seconds.
 */
#ifndef GATE_H
#define GATE_H

#include "gem.h"

struct gate {
	unsigned int engine;		/* index in engines[] */
	struct spinner first, last;	/* without a virtual GPU */
	bool passed;			/* first has ended */
	int fd;				/* of the request that keeps an object busy */
	uint32_t batch;			/* that request's batch */
};

/* True if the GPU is the virtual one and its controls can be reached. */
bool gate_is_virtual(void);

/* Do as on real hardware, even with a virtual GPU. */
void gate_use_spinners(void);

/*
 * The virtual GPU's camera, or NULL without one: write the number of a pipe, and read the CRC-32
 * of what it shows, three bytes (red, green, blue) a pixel; 0 if the pipe is off.
 */
volatile uint32_t *gate_picture(void);

/* PNG's CRC, from ~0 on, with one more pixel (0xRRGGBB). A picture's is the last one's complement. */
uint32_t picture_crc_add(uint32_t crc, uint32_t pixel);

struct gate gate_shut(unsigned int engine);

/* Queue a request of @fd that uses @object and stays behind the gate until gate_open(). */
void gate_occupy(struct gate *g, int fd, uint32_t object);

/* Have everything that was queued before gate_occupy() run; @batch is the last of it. */
void gate_pass(struct gate *g, int fd, uint32_t batch);

/* Everything runs, and what gate_occupy() queued has ended when this returns. */
void gate_open(struct gate *g);

/* Of the virtual GPU's own gates, without a request; nothing without a virtual GPU. */
void gate_hold(unsigned int engine, bool hold);
void gate_step(unsigned int engine, unsigned int requests);

/* Wait until the engine has nothing more that it may do, for at most @us microseconds. */
void gate_settle(unsigned int engine, unsigned int us);

/* Open all that a test which failed has left shut. */
void gates_open_all(void);

#endif
