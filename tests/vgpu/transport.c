// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages on the socket. Never blocks on a client that sends half a message:
 * what has arrived is kept until the rest does. A client that does not take
 * its replies is given up after some seconds.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfio_user.h"

#ifndef SEND_TIMEOUT_MS		/* a fuzzer does not wait */
#define SEND_TIMEOUT_MS	5000
#endif

static void drop_fds(struct vfio_message *m)
{
	u32 i;

	for (i = 0; i < m->num_fds; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->num_fds = 0;
}

/**
 * transport_open() - serve a connected socket
 * @fd: belongs to the transport from here on
 *
 * Return: 0 or -ENOMEM.
 */
int transport_open(struct transport *t, int fd)
{
	memset(t, 0, sizeof(*t));
	t->fd = fd;
	t->rx = malloc(VFIO_MAX_BODY);
	t->tx = malloc(VFIO_MAX_BODY);
	return t->rx && t->tx ? 0 : -ENOMEM;
}

void transport_close(struct transport *t)
{
	drop_fds(&t->m);
	free(t->rx);
	free(t->tx);
	close(t->fd);
	memset(t, 0, sizeof(*t));
	t->fd = -1;
}

/* Descriptors beyond what a message may carry are closed at once. */
static void take_fds(struct vfio_message *m, struct msghdr *msg)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (m->num_fds < VFIO_MAX_FDS)
				m->fds[m->num_fds++] = fd;
			else
				close(fd);
		}
	}
}

/* Read up to @len bytes; 0: nothing there yet. */
static ssize_t receive_some(struct transport *t, void *buf, size_t len)
{
	char control[CMSG_SPACE(VFIO_MAX_FDS * sizeof(int))];
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(t->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n > 0)
		take_fds(&t->m, &msg);
	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n;
}

static int check_header(const struct vfio_header *h)
{
	if (h->size < sizeof(*h) || h->size - sizeof(*h) > VFIO_MAX_BODY) {
		log_err("client: message of %u bytes", h->size);
		return -EPROTO;
	}
	if ((h->flags & VFIO_USER_TYPE_MASK) != VFIO_USER_TYPE_COMMAND) {
		log_err("client: message of type %u", h->flags & VFIO_USER_TYPE_MASK);
		return -EPROTO;
	}
	return 0;
}

/* 1: the message is whole, 0: more has to come. */
static int receive_message(struct transport *t)
{
	struct vfio_message *m = &t->m;
	u32 header = sizeof(m->h);
	ssize_t n;
	int ret;

	if (t->have < header) {
		n = receive_some(t, (u8 *)&m->h + t->have, header - t->have);
		if (n <= 0)
			return (int)n;
		t->have += (u32)n;
		if (t->have < header)
			return 0;
		ret = check_header(&m->h);
		if (ret)
			return ret;
	}
	if (t->have < m->h.size) {
		n = receive_some(t, t->rx + (t->have - header), m->h.size - t->have);
		if (n <= 0)
			return (int)n;
		t->have += (u32)n;
	}
	return t->have == m->h.size;
}

static int send_all(struct transport *t, struct msghdr *msg, size_t len)
{
	struct pollfd p = { .fd = t->fd, .events = POLLOUT };
	ssize_t n;

	for (;;) {
		n = sendmsg(t->fd, msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0) {
			len -= (size_t)n;
			msg->msg_controllen = 0;	/* passed with the first byte */
			while (msg->msg_iovlen && (size_t)n >= msg->msg_iov->iov_len) {
				n -= (ssize_t)msg->msg_iov->iov_len;
				msg->msg_iov++;
				msg->msg_iovlen--;
			}
			if (!len)
				return 0;
			msg->msg_iov->iov_base = (u8 *)msg->msg_iov->iov_base + n;
			msg->msg_iov->iov_len -= (size_t)n;
		}
		if (poll(&p, 1, SEND_TIMEOUT_MS) == 0)
			return -ETIMEDOUT;
	}
}

static int send_reply(struct transport *t, const struct vfio_reply *r, int error)
{
	struct vfio_header h = t->m.h;
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov[2] = { { &h, sizeof(h) }, { r->body, r->len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = r->len ? 2 : 1 };

	if (h.flags & VFIO_USER_NO_REPLY)
		return 0;
	h.flags = VFIO_USER_TYPE_REPLY | (error ? VFIO_USER_ERROR : 0);
	h.error = (u32)-error;
	h.size = (u32)sizeof(h) + r->len;
	if (r->fd >= 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &r->fd, sizeof(int));
	}
	return send_all(t, &msg, h.size);
}

/**
 * transport_receive() - take what the client has sent; answer whole messages
 *
 * Return: 0 to go on; -ECONNRESET when the client has gone, -EPROTO after a
 * message that cannot be framed, -ETIMEDOUT when replies are not taken, or
 * another negative errno: the connection is of no use any more.
 */
int transport_receive(struct transport *t, struct vgpu *gpu)
{
	struct vfio_reply reply = { .body = t->tx, .fd = -1 };
	int ret = receive_message(t);

	if (ret <= 0)
		return ret;
	t->m.body = t->rx;
	t->m.len = t->m.h.size - (u32)sizeof(t->m.h);
	t->have = 0;
	ret = vfio_user_handle(gpu, &t->m, &reply);
	if (ret)
		reply.len = 0;
	ret = send_reply(t, &reply, ret);
	drop_fds(&t->m);
	return ret;
}
