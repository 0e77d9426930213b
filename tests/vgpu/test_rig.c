// SPDX-License-Identifier: GPL-2.0-only
/* The rig of the unit tests; see test.h. Anything unexpected ends the test. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

static int tests, failures;

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void report(bool passed, const char *fmt, va_list args)
{
	printf("%s %d - ", passed ? "ok" : "not ok", ++tests);
	vprintf(fmt, args);
	putchar('\n');
	failures += !passed;
}

void ok(bool passed, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(passed, fmt, args);
	va_end(args);
}

void is(u64 got, u64 expected, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(got == expected, fmt, args);
	va_end(args);
	if (got != expected)
		printf("#   got 0x%llx, expected 0x%llx\n",
		       (unsigned long long)got, (unsigned long long)expected);
}

int done(void)
{
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}

/* ---- the client ---- */

static void send_message(struct rig *r, const struct vfio_header *h, const void *body, u32 len,
			 int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov[2] = { { (void *)h, sizeof(*h) }, { (void *)body, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = len ? 2 : 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	if (sendmsg(r->fd, &msg, 0) != (ssize_t)(sizeof(*h) + len))
		die("sendmsg");
}

static void receive_reply(struct rig *r, struct vfio_header *h, void *body, u32 *len, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { h, sizeof(*h) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int got = -1;

	if (recvmsg(r->fd, &msg, MSG_DONTWAIT) != (ssize_t)sizeof(*h))
		die("no reply");
	c = CMSG_FIRSTHDR(&msg);
	if (c)
		memcpy(&got, CMSG_DATA(c), sizeof(int));
	if (fd)
		*fd = got;
	else if (got >= 0)
		close(got);
	*len = h->size - (u32)sizeof(*h);
	if (*len && recv(r->fd, body, *len, MSG_DONTWAIT) != (ssize_t)*len)
		die("short reply");
}

/*
 * Send a command and take its reply; returns the reply's errno.
 */
int rig_call(struct rig *r, u16 command, const void *body, u32 len, int fd,
	     void *reply, u32 *reply_len, int *reply_fd)
{
	static u16 id;
	static u8 scratch[VFIO_MAX_BODY];
	struct vfio_header h = { ++id, command, (u32)sizeof(h) + len, 0, 0 };
	u32 n;

	send_message(r, &h, body, len, fd);
	/* header and body are received apart */
	if (transport_receive(&r->transport, &r->gpu) < 0)
		die("transport");
	receive_reply(r, &h, reply ? reply : scratch, &n, reply_fd);
	if (h.id != id || (h.flags & VFIO_USER_TYPE_MASK) != VFIO_USER_TYPE_REPLY)
		die("not the reply");
	if (reply_len)
		*reply_len = n;
	return h.flags & VFIO_USER_ERROR ? (int)h.error : 0;
}

int rig_map(struct rig *r, u64 iova, u64 size, int fd, u64 offset, u32 flags)
{
	struct { u32 argsz, flags; u64 offset, iova, size; } a = {
		sizeof(a), flags, offset, iova, size,
	};

	return rig_call(r, VFIO_USER_DMA_MAP, &a, sizeof(a), fd, NULL, NULL, NULL);
}

int rig_unmap(struct rig *r, u64 iova, u64 size)
{
	struct { u32 argsz, flags; u64 iova, size; } a = { sizeof(a), 0, iova, size };

	return rig_call(r, VFIO_USER_DMA_UNMAP, &a, sizeof(a), -1, NULL, NULL, NULL);
}

u32 rig_read(struct rig *r, u32 offset)
{
	struct { u64 offset; u32 region, count, value; } a = { offset, 0, 4, 0 };

	if (rig_call(r, VFIO_USER_REGION_READ, &a, 16, -1, &a, NULL, NULL))
		die("register read");
	return a.value;
}

void rig_write(struct rig *r, u32 offset, u32 value)
{
	struct { u64 offset; u32 region, count, value; } a = { offset, 0, 4, value };

	if (rig_call(r, VFIO_USER_REGION_WRITE, &a, 20, -1, NULL, NULL, NULL))
		die("register write");
}

/* MSIs since the last call. */
u32 rig_msis(struct rig *r)
{
	u64 n = 0;

	if (read(r->msi_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		die("eventfd");
	return (u32)n;
}

static void map_bar0(struct rig *r)
{
	struct {
		u32 argsz, flags, index, cap;
		u64 size, offset;
		u32 sparse[8];
	} a = { .argsz = 64 };
	int fd = -1;

	if (rig_call(r, VFIO_USER_DEVICE_GET_REGION_INFO, &a, 32, -1, &a, NULL, &fd) || fd < 0)
		die("region info");
	r->bar0 = mmap(NULL, a.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (r->bar0 == MAP_FAILED)
		die("mmap of BAR0");
	close(fd);
}

static void set_msi(struct rig *r)
{
	struct { u32 argsz, flags, index, start, count; } a = { sizeof(a), 0x24, 1, 0, 1 };

	r->msi_fd = eventfd(0, EFD_NONBLOCK);
	if (rig_call(r, VFIO_USER_DEVICE_SET_IRQS, &a, sizeof(a), r->msi_fd, NULL, NULL, NULL))
		die("set irqs");
}

void rig_open(struct rig *r, const char *platform, const char *engine)
{
	int pair[2];

	memset(r, 0, sizeof(*r));
	if (vgpu_create(&r->gpu, platform_find(platform), false, false, 0, 0) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || transport_open(&r->transport, pair[0]))
		die("create");
	r->fd = pair[1];
	r->ram_fd = memfd_create("ram", 0);
	if (ftruncate(r->ram_fd, RAM_SIZE) || rig_map(r, 0, RAM_SIZE, r->ram_fd, 0, 3))
		die("guest memory");
	r->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, r->ram_fd, 0);
	r->next_page = 16;
	map_bar0(r);
	set_msi(r);
	r->e = engine_by_name(&r->gpu, engine);
}

void rig_close(struct rig *r)
{
	munmap(r->bar0, r->gpu.plat->bar0_size);
	munmap(r->ram, RAM_SIZE);
	close(r->ram_fd);
	close(r->msi_fd);
	close(r->fd);
	transport_close(&r->transport);
	vgpu_destroy(&r->gpu);
}

/* ---- guest memory and page tables ---- */

u32 rig_page(struct rig *r)
{
	u32 page = r->next_page++ * PAGE_SIZE;

	if (page >= RAM_SIZE)
		die("out of guest memory");
	memset(r->ram + page, 0, PAGE_SIZE);
	return page;
}

u32 *rig_ram(struct rig *r, u32 addr)
{
	return (u32 *)(r->ram + addr);
}

void rig_ggtt(struct rig *r, u32 ggtt, u32 guest)
{
	const struct platform *plat = r->gpu.plat;
	u64 pte = guest | 1;

	memcpy(r->bar0 + plat->gtt_offset + ggtt / PAGE_SIZE * plat->pte_size, &pte,
	       plat->pte_size);
}

/* A new page of guest memory, mapped at @ggtt. */
u32 rig_ggtt_page(struct rig *r, u32 ggtt)
{
	u32 guest = rig_page(r);

	rig_ggtt(r, ggtt, guest);
	return guest;
}

u32 *gen8_slot(struct rig *r, u32 table, u32 index)
{
	return rig_ram(r, table + index * 8);
}

/* Enter @entry for @addr into a tree of @levels tables, making what is missing. */
void gen8_map(struct rig *r, u32 top, int levels, u64 addr, u64 entry)
{
	u32 table = top;
	int shift = 12 + 9 * (levels - 1);

	for (; shift > 12; shift -= 9) {
		u32 *slot = gen8_slot(r, table, addr >> shift & 511);

		if (!(slot[0] & 1))
			slot[0] = rig_page(r) | 3;
		table = slot[0] & ~0xfffu;
	}
	memcpy(gen8_slot(r, table, addr >> 12 & 511), &entry, 8);
}

/* The directory sits in the GGTT's array, at byte @directory of it. */
void gen7_map(struct rig *r, u32 directory, u64 addr, u32 guest)
{
	u32 *pde = (u32 *)(r->bar0 + r->gpu.plat->gtt_offset + directory) + (addr >> 22);

	if (!(*pde & 1))
		*pde = rig_page(r) | 1;
	*rig_ram(r, (*pde & ~0xfffu) + (addr >> 12 & 1023) * 4) = guest | 1;
}

/* ---- engines ---- */

/* A ring of one page at RING_GGTT, a status page, and all interrupts open. */
void ring_begin(struct rig *r)
{
	r->ring = rig_ram(r, rig_ggtt_page(r, RING_GGTT));
	rig_ggtt_page(r, HWSP_GGTT);
	r->tail = 0;
	rig_write(r, r->e->info->hwsp, HWSP_GGTT);
	rig_write(r, ENG(r, RING_START), RING_GGTT);
	rig_write(r, ENG(r, RING_CTL), RING_VALID);
}

void emit(struct rig *r, u32 dw)
{
	r->ring[r->tail / 4] = dw;
	r->tail = (r->tail + 4) % PAGE_SIZE;
}

void emit_all(struct rig *r, const u32 *dw, u32 n)
{
	while (n--)
		emit(r, *dw++);
}

/* Ring submission: the tail is a multiple of eight bytes. */
void ring_submit(struct rig *r)
{
	if (r->tail % 8)
		emit(r, MI_NOOP);
	rig_write(r, ENG(r, RING_TAIL), r->tail);
}

/* The state page of context @n, four levels of tables; its ring is the rig's. */
u32 *context_create(struct rig *r, u32 n, u32 pml4)
{
	u32 ggtt = CONTEXT_GGTT + n * 2 * PAGE_SIZE, *state;

	rig_ggtt_page(r, ggtt);
	state = rig_ram(r, rig_ggtt_page(r, ggtt + PAGE_SIZE));
	state[CTX_CONTEXT_CONTROL] = CTX_RESTORE_INHIBIT;
	state[CTX_RING_START] = RING_GGTT;
	state[CTX_RING_CTL] = RING_VALID;
	state[CTX_PDP_LDW(0)] = pml4;
	return state;
}

/* Submit contexts by number + 1; 0: no second element. The high half is the number. */
void elsp(struct rig *r, u32 second, u32 first)
{
	u32 port = ENG(r, RING_ELSP), flags = 0x19;	/* valid, four levels */

	rig_write(r, port, second);
	rig_write(r, port, second ? (CONTEXT_GGTT + (second - 1) * 2 * PAGE_SIZE) | flags : 0);
	rig_write(r, port, first);
	rig_write(r, port, (CONTEXT_GGTT + (first - 1) * 2 * PAGE_SIZE) | flags);
}

/* Let the engines work until they stop for whatever reason. */
enum run_state run(struct rig *r)
{
	enum run_state state;
	u64 deadline;
	int i;

	for (i = 0; i < 1000; i++) {
		state = engines_run(&r->gpu, &deadline);
		if (state != RUN_BUSY)
			break;
	}
	return state;
}
