// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket: time control, state and pictures, one line in, lines out, the last
 * of which is "ok" or "error: …". docs/vgpu.md lists the commands.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

#define REPLY_SIZE	2048

void control_init(struct control *c, int listener)
{
	int i;

	c->listener = listener;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
}

static void drop_client(struct control_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->have = 0;
}

void control_close(struct control *c)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		drop_client(&c->client[i]);
	if (c->listener >= 0)
		close(c->listener);
	c->listener = -1;
}

/**
 * control_accept() - take a new client; one too many is turned away
 */
void control_accept(struct control *c)
{
	int i, fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd < 0) {
			c->client[i].fd = fd;
			return;
		}
	log_err("control: more than %d clients", CONTROL_CLIENTS);
	close(fd);
}

static int show_status(struct vgpu *gpu, char *reply, size_t size)
{
	size_t n;
	int i;

	n = (size_t)snprintf(reply, size, "platform %s msi %llu lost-pages %u\n",
			     gpu->plat->name, (unsigned long long)gpu->msi_count,
			     mem_sigbus_count());
	for (i = 0; i < NUM_ENGINES && n < size; i++) {
		const struct engine *e = &gpu->engine[i];
		const struct engine_stats *s = &e->stats;

		n += (size_t)snprintf(reply + n, size - n,
			"%s %s%s%s%s delay %llu steps %u submits %llu requests %llu "
			"batches %llu commands %llu faults %llu resets %llu\n",
			e->info->name, engine_is_idle(e) ? "idle" : "busy",
			e->held ? " held" : "", e->waiting ? " waiting" : "",
			e->hung ? " hung" : "",
			(unsigned long long)e->delay_ns / 1000, e->steps,
			(unsigned long long)s->submits, (unsigned long long)s->requests,
			(unsigned long long)s->batches, (unsigned long long)s->commands,
			(unsigned long long)s->faults, (unsigned long long)s->resets);
	}
	return 0;
}

static int take_picture(struct vgpu *gpu, const char *pipe, char *reply, size_t size)
{
	int number;

	if (!pipe || strlen(pipe) != 1)
		return -EINVAL;
	number = picture_save(gpu, (u32)(*pipe - 'a'));
	if (number < 0)
		return number;
	snprintf(reply, size, "picture %d crc 0x%08x\n", number, gpu->display.picture_crc);
	return 0;
}

static int command_engine(struct engine *e, const char *verb, bool has_number, u32 number)
{
	if (!strcmp(verb, "hold") && !has_number)
		engine_hold(e, true);
	else if (!strcmp(verb, "release") && !has_number)
		engine_hold(e, false);
	else if (!strcmp(verb, "step"))
		engine_step(e, has_number ? number : 1);
	else if (!strcmp(verb, "delay") && has_number)
		engine_set_delay(e, number);
	else
		return -EINVAL;
	return 0;
}

/**
 * control_execute() - do what a line says
 * @line: without the newline; is changed
 * @reply: receives the lines before the "ok", each ended by a newline
 * @size: of @reply, bytes
 *
 * Return: 0, -EINVAL for a line that is no command, -ENODEV for an engine that
 * does not exist, or what picture_save() says.
 */
int control_execute(struct vgpu *gpu, char *line, char *reply, size_t size)
{
	char *save = NULL, *end = NULL;
	char *verb = strtok_r(line, " \t\r", &save), *name, *argument;
	u32 number = 0;
	int i, ret;

	reply[0] = '\0';
	if (!verb)
		return -EINVAL;
	if (!strcmp(verb, "status"))
		return show_status(gpu, reply, size);
	name = strtok_r(NULL, " \t\r", &save);
	argument = strtok_r(NULL, " \t\r", &save);
	if (!strcmp(verb, "picture") && !argument)
		return take_picture(gpu, name, reply, size);
	if (!name || strtok_r(NULL, " \t\r", &save))
		return -EINVAL;
	if (argument) {
		number = (u32)strtoul(argument, &end, 10);
		if (*end || end == argument)
			return -EINVAL;
	}
	if (strcmp(name, "all")) {
		if (!engine_by_name(gpu, name))
			return -ENODEV;
		return command_engine(engine_by_name(gpu, name), verb, argument, number);
	}
	for (i = 0, ret = 0; i < NUM_ENGINES && !ret; i++)
		ret = command_engine(&gpu->engine[i], verb, argument, number);
	return ret;
}

static bool answer(struct control_client *client, struct vgpu *gpu, char *line)
{
	char reply[REPLY_SIZE];
	size_t n;
	int ret = control_execute(gpu, line, reply, sizeof(reply) - 64);

	n = strlen(reply);
	if (ret)
		n += (size_t)snprintf(reply + n, sizeof(reply) - n, "error: %s\n", strerror(-ret));
	else
		n += (size_t)snprintf(reply + n, sizeof(reply) - n, "ok\n");
	return send(client->fd, reply, n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

/**
 * control_receive() - take what a control client has sent
 */
void control_receive(struct control_client *client, struct vgpu *gpu)
{
	ssize_t n = recv(client->fd, client->line + client->have,
			 sizeof(client->line) - client->have, MSG_DONTWAIT);
	char *newline;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop_client(client);
		return;
	}
	client->have += (size_t)n;
	while ((newline = memchr(client->line, '\n', client->have))) {
		size_t used = (size_t)(newline - client->line) + 1;

		*newline = '\0';
		if (!answer(client, gpu, client->line)) {
			log_err("control: a client does not read its replies");
			drop_client(client);
			return;
		}
		client->have -= used;
		memmove(client->line, client->line + used, client->have);
	}
	if (client->have == sizeof(client->line)) {
		log_err("control: line too long");
		drop_client(client);
	}
}
