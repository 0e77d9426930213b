/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vfio-user protocol, as QEMU's docs/interop/vfio-user.rst defines it.
 * Everything is in the host's byte order.
 */
#ifndef VFIO_USER_H
#define VFIO_USER_H

#include "vgpu.h"

#define VFIO_MAX_FDS		8
#define VFIO_MAX_TRANSFER	(1u << 20)
#define VFIO_MAX_BODY		(VFIO_MAX_TRANSFER + 64)

enum vfio_user_command {
	VFIO_USER_VERSION = 1, VFIO_USER_DMA_MAP, VFIO_USER_DMA_UNMAP,
	VFIO_USER_DEVICE_GET_INFO, VFIO_USER_DEVICE_GET_REGION_INFO,
	VFIO_USER_DEVICE_GET_REGION_IO_FDS, VFIO_USER_DEVICE_GET_IRQ_INFO,
	VFIO_USER_DEVICE_SET_IRQS, VFIO_USER_REGION_READ, VFIO_USER_REGION_WRITE,
	VFIO_USER_DMA_READ, VFIO_USER_DMA_WRITE, VFIO_USER_DEVICE_RESET,
};

#define VFIO_USER_TYPE_MASK	0xfu
#define VFIO_USER_TYPE_COMMAND	0u
#define VFIO_USER_TYPE_REPLY	1u
#define VFIO_USER_NO_REPLY	BIT(4)
#define VFIO_USER_ERROR		BIT(5)

struct vfio_header {
	u16 id, command;
	u32 size;		/* with the header */
	u32 flags;
	u32 error;		/* errno, in replies */
};

struct vfio_message {
	struct vfio_header h;
	u8 *body;
	u32 len;		/* of the body */
	int fds[VFIO_MAX_FDS];	/* taken ones are set to -1 */
	u32 num_fds;
};

struct vfio_reply {
	u8 *body;		/* room for VFIO_MAX_BODY bytes */
	u32 len;
	int fd;			/* to pass along, -1: none */
};

/* ---- vfio_user.c ---- */
int vfio_user_handle(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r);

/* ---- transport.c ---- */
struct transport {
	int fd;
	struct vfio_message m;
	u8 *rx, *tx;
	u32 have;		/* bytes of the message received so far */
};

int transport_open(struct transport *t, int fd);
void transport_close(struct transport *t);
int transport_receive(struct transport *t, struct vgpu *gpu);

#endif
