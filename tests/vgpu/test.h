/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A rig for tests: the model on one end of a socket pair, a client with a
 * memfd as guest memory on the other. All in one thread: the client's call
 * lets the model take the message before it reads the reply.
 */
#ifndef VGPU_TEST_H
#define VGPU_TEST_H

#include "vfio_user.h"
#include "regs.h"

#define RAM_SIZE	(16u << 20)

/* where the rig puts things in the GGTT */
#define RING_GGTT	0x100000u
#define HWSP_GGTT	0x200000u
#define CONTEXT_GGTT	0x300000u	/* contexts, 8 KiB each */
#define BATCH_GGTT	0x400000u

struct rig {
	struct vgpu gpu;
	struct transport transport;
	int fd;			/* the client's end */
	int ram_fd, msi_fd;
	u8 *ram;
	u8 *bar0;		/* as the client maps it */
	u32 next_page;		/* first free page of guest memory */
	struct engine *e;	/* the engine under test */
	u32 *ring;
	u32 tail;		/* bytes */
};

/* ---- TAP ---- */
void ok(bool passed, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void is(u64 got, u64 expected, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int done(void);

/* ---- the client ---- */
void rig_open(struct rig *r, const char *platform, const char *engine);
void rig_close(struct rig *r);
int rig_call(struct rig *r, u16 command, const void *body, u32 len, int fd,
	     void *reply, u32 *reply_len, int *reply_fd);
int rig_map(struct rig *r, u64 iova, u64 size, int fd, u64 offset, u32 flags);
int rig_unmap(struct rig *r, u64 iova, u64 size);
u32 rig_read(struct rig *r, u32 offset);
void rig_write(struct rig *r, u32 offset, u32 value);
u32 rig_msis(struct rig *r);

/* ---- guest memory and page tables ---- */
u32 rig_page(struct rig *r);
u32 *rig_ram(struct rig *r, u32 addr);
void rig_ggtt(struct rig *r, u32 ggtt, u32 guest);
u32 rig_ggtt_page(struct rig *r, u32 ggtt);
void gen8_map(struct rig *r, u32 top, int levels, u64 addr, u64 entry);
u32 *gen8_slot(struct rig *r, u32 table, u32 index);
void gen7_map(struct rig *r, u32 directory, u64 addr, u32 guest);

/* ---- engines ---- */
void ring_begin(struct rig *r);
void emit(struct rig *r, u32 dw);
void emit_all(struct rig *r, const u32 *dw, u32 n);
void ring_submit(struct rig *r);
u32 *context_create(struct rig *r, u32 n, u32 pml4);
void elsp(struct rig *r, u32 second, u32 first);
enum run_state run(struct rig *r);

#define EMIT(r, ...) do { \
	const u32 dw_[] = { __VA_ARGS__ }; \
	emit_all(r, dw_, ARRAY_SIZE(dw_)); \
} while (0)

#define ENG(r, reg)	((r)->e->info->base + (reg))

/* commands, as the tests write them */
#define MI_NOOP			0u
#define MI_USER_INTERRUPT	(0x02u << 23)
#define MI_ARB_CHECK		(0x05u << 23)
#define MI_ARB_ON_OFF(on)	(0x08u << 23 | (on))
#define MI_BATCH_BUFFER_END	(0x0au << 23)
#define MI_SET_CONTEXT		(0x18u << 23)
#define MI_STORE_DATA_IMM	(0x20u << 23 | 2)
#define MI_STORE_DATA_INDEX	(0x21u << 23 | 1)
#define MI_LRI(n)		(0x22u << 23 | (2 * (n) - 1))
#define MI_BBS_GEN8		(0x31u << 23 | 1)
#define MI_BBS_GEN7		(0x31u << 23)
#define MI_GGTT			BIT(22)
#define MI_PPGTT		BIT(8)

#endif
