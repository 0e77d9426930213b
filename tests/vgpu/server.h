/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SERVER_H
#define SERVER_H

#include "vfio_user.h"

/* ---- control.c ---- */
#define CONTROL_CLIENTS	4
#define CONTROL_LINE	128

struct control_client {
	int fd;			/* -1: free */
	char line[CONTROL_LINE];
	size_t have;
};

struct control {
	int listener;		/* -1: none */
	struct control_client client[CONTROL_CLIENTS];
};

void control_init(struct control *c, int listener);
void control_close(struct control *c);
void control_accept(struct control *c);
void control_receive(struct control_client *client, struct vgpu *gpu);
int control_execute(struct vgpu *gpu, char *line, char *reply, size_t size);

/* ---- server.c ---- */
struct server {
	struct vgpu *gpu;
	int listener;
	struct transport transport;	/* fd -1: no client */
	struct control control;
	int aperture;			/* listens for the plugin; -1: none */
	bool persist;			/* serve the next client too */
};

int server_listen(const char *path);
int server_run(struct server *s);
void server_stop(void);

#endif
