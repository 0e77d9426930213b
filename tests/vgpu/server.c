// SPDX-License-Identifier: GPL-2.0-only
/* The loop: messages of the client, lines of the control socket, engine work. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server.h"

#define SEMAPHORE_POLL_NS	200000ull	/* the guest may signal by a plain store */
#define IDLE_NS			1000000000ull

static volatile bool stopping;

void server_stop(void)
{
	stopping = true;
}

/* A socket that nobody listens on is left over from a run that was killed. */
static int remove_stale(const struct sockaddr_un *sa)
{
	struct stat st;
	int fd, ret;

	if (lstat(sa->sun_path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) ? errno : 0;
	close(fd);
	if (ret != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(sa->sun_path) ? -errno : 0;
}

/**
 * server_listen() - a listening UNIX socket of mode 0600
 *
 * Return: the descriptor; -EEXIST if @path is something else than a socket,
 * -EADDRINUSE if someone serves it, or another negative errno.
 */
int server_listen(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, ret;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	ret = remove_stale(&sa);
	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0177);
	ret = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 4) ? -errno : 0;
	umask(mask);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

/* Returns a connection, or -1. Whoever comes when a client is there is turned away. */
static int accept_first(const struct server *s, int listener, const char *who)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0 || s->transport.fd < 0)
		return fd;
	log_err("%s is turned away", who);
	close(fd);
	return -1;
}

static void accept_client(struct server *s)
{
	int fd = accept_first(s, s->listener, "client: a second one");

	if (fd < 0)
		return;
	if (transport_open(&s->transport, fd)) {
		log_err("client: out of memory");
		transport_close(&s->transport);
		return;
	}
	log_info("client: connected");
}

/* The client asks whether it may map the aperture once, and its plugin connects before it does. */
static void accept_plugin(struct server *s)
{
	int fd = accept_first(s, s->aperture, "aperture: a plugin that comes after the client"), ret;

	if (fd < 0)
		return;
	ret = aperture_attach(s->gpu, fd);
	if (ret)
		log_err("aperture: a plugin is turned away: %s", strerror(-ret));
	else
		log_info("aperture: it will be mapped");
}

/* The guest is gone: so is its memory, and what the GPU was doing for it. */
static void drop_client(struct server *s, int why)
{
	if (why == -ECONNRESET)
		log_info("client: gone");
	else
		log_err("client: dropped: %s", strerror(-why));
	transport_close(&s->transport);
	irq_set_eventfd(s->gpu, -1);
	aperture_detach(s->gpu);
	picture_save_all(s->gpu);
	mem_unmap_all(&s->gpu->mem);
	vgpu_reset(s->gpu);
	if (!s->persist)
		server_stop();
}

/* How long may the loop sleep before the engines or the display want to run again? */
static u64 run_model(struct vgpu *gpu)
{
	u64 deadline, frame, now;

	if (gpu->lpc)
		return IDLE_NS;
	frame = display_run(gpu);
	switch (engines_run(gpu, &deadline)) {
	case RUN_BUSY:
		return 0;
	case RUN_WAIT:
		return SEMAPHORE_POLL_NS;
	default:
		if (frame && (!deadline || frame < deadline))
			deadline = frame;
		if (!deadline)
			return IDLE_NS;
		now = clock_ns();
		return deadline > now ? deadline - now : 0;
	}
}

enum {
	CLIENT_LISTENER, CLIENT, CONTROL_LISTENER, PLUGIN_LISTENER, FIRST_CONTROL_CLIENT,
	NUM_POLLED = FIRST_CONTROL_CLIENT + CONTROL_CLIENTS,
};

static int wait_for_events(struct server *s, struct pollfd *p, u64 timeout_ns)
{
	struct timespec t = { (time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000) };
	int i;

	p[CLIENT_LISTENER] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
	p[CLIENT] = (struct pollfd){ .fd = s->transport.fd, .events = POLLIN };
	p[CONTROL_LISTENER] = (struct pollfd){ .fd = s->control.listener, .events = POLLIN };
	p[PLUGIN_LISTENER] = (struct pollfd){ .fd = s->aperture, .events = POLLIN };
	for (i = 0; i < CONTROL_CLIENTS; i++)
		p[FIRST_CONTROL_CLIENT + i] = (struct pollfd){ .fd = s->control.client[i].fd, .events = POLLIN };
	return ppoll(p, NUM_POLLED, &t, NULL);
}

/* Returns 0, or a negative errno if the client was dropped through no fault of its own. */
static int receive_from_client(struct server *s)
{
	int ret = transport_receive(&s->transport, s->gpu), error = s->gpu->aperture.error;

	if (ret || error)
		drop_client(s, ret ? ret : error);
	return error == -ECONNRESET ? 0 : error;
}

/**
 * server_run() - serve until the client has gone or server_stop()
 *
 * Return: 0, or a negative errno when waiting for events fails or the
 * aperture cannot be mapped.
 */
int server_run(struct server *s)
{
	struct pollfd p[NUM_POLLED];
	int i, ret;

	while (!stopping) {
		u64 timeout = run_model(s->gpu);

		/* nothing to do for a while: a good time to write the log */
		if (timeout >= IDLE_NS)
			log_flush();
		ret = wait_for_events(s, p, timeout);
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (ret <= 0)
			continue;
		if (p[CLIENT].revents) {
			ret = receive_from_client(s);
			if (ret)
				return ret;
		}
		if (p[CLIENT_LISTENER].revents)
			accept_client(s);
		if (p[CONTROL_LISTENER].revents)
			control_accept(&s->control);
		if (p[PLUGIN_LISTENER].revents)
			accept_plugin(s);
		for (i = 0; i < CONTROL_CLIENTS; i++)
			if (p[FIRST_CONTROL_CLIENT + i].revents)
				control_receive(&s->control.client[i], s->gpu);
	}
	return 0;
}
