// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz the messages of the client. The input is a list of messages: a command,
 * options, a length, and a body of that length; the header is made from them,
 * or taken as it is when the options say so, to reach the framing as well.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfio_user.h"

#define OPT_RAW		BIT(7)	/* the body is everything, header included */
#define OPT_FD		BIT(0)	/* pass a descriptor along */
#define OPT_NO_REPLY	BIT(1)
#define RAM_SIZE	(1u << 20)

static int ram_fd = -1;

static void send_bytes(int fd, const void *header, size_t n, const u8 *body, size_t len, bool pass)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov[2] = { { (void *)header, n }, { (void *)body, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (pass) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &ram_fd, sizeof(int));
	}
	if (n + len)
		(void)!sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void drain(int fd)
{
	static u8 sink[1 << 16];

	while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

/* Send one message of the input; returns the bytes used. */
static size_t one_message(int fd, const u8 *data, size_t size)
{
	struct vfio_header h = { 1, data[0], 0, 0, 0 };
	size_t len = data[2];

	if (len > size - 3)
		len = size - 3;
	h.size = (u32)(sizeof(h) + len);
	h.flags = data[1] & OPT_NO_REPLY ? VFIO_USER_NO_REPLY : 0;
	send_bytes(fd, &h, data[1] & OPT_RAW ? 0 : sizeof(h), data + 3, len, data[1] & OPT_FD);
	return 3 + len;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct vgpu gpu[2];
	struct vgpu *g = &gpu[size & 1];
	static int pair[2];
	struct transport t;
	int i, ret = 0;

	if (ram_fd < 0) {
		ram_fd = memfd_create("ram", 0);
		if (ftruncate(ram_fd, RAM_SIZE) ||
		    vgpu_create(&gpu[0], platform_find("broadwell"), false, false, 1, 0) ||
		    vgpu_create(&gpu[1], platform_find("haswell"), false, false, 0, 0) ||
		    socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
			abort();
	}
	/* one pair for all inputs: closing a socket that holds descriptors is slow */
	if (transport_open(&t, dup(pair[0])))
		abort();
	while (size >= 3 && !ret) {
		size_t used = one_message(pair[1], data, size);

		data += used;
		size -= used;
		for (i = 0; i < 3 && !ret; i++)
			ret = transport_receive(&t, g);
		drain(pair[1]);
		for (i = 0; i < NUM_ENGINES; i++)
			engine_run(&g->engine[i], 100);
	}
	transport_close(&t);
	drain(pair[0]);
	irq_set_eventfd(g, -1);
	mem_unmap_all(&g->mem);
	pci_init(g);
	mmio_reset(g);
	for (i = 0; i < NUM_ENGINES; i++)
		engine_reset(&g->engine[i]);
	return 0;
}
