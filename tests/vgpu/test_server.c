// SPDX-License-Identifier: GPL-2.0-only
/* The server as a process: its sockets, its clients, the control socket. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "server.h"

static char dir[] = "/tmp/vgpu-test.XXXXXX";
static char gpu_path[64], control_path[64];

static pid_t start(bool persist)
{
	struct server s = { .transport.fd = -1, .aperture = -1, .persist = persist };
	struct vgpu gpu;
	pid_t pid;

	s.listener = server_listen(gpu_path);
	control_init(&s.control, server_listen(control_path));
	fflush(stdout);
	pid = fork();
	if (pid) {
		close(s.listener);
		close(s.control.listener);
		return pid;
	}
	alarm(20);	/* a server that hangs is a failure, not a wait */
	if (vgpu_create(&gpu, platform_find("broadwell"), false, false, 0, 0))
		_exit(1);
	s.gpu = &gpu;
	_exit(server_run(&s) ? 1 : 0);
}

/* The exit status of the server, -1 if it still runs. */
static int status_of(pid_t pid, int wait_ms)
{
	int status;

	for (; wait_ms > 0; wait_ms -= 10, usleep(10000))
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
	return -1;
}

static int attach(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval timeout = { 3, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sa.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Does the server answer a whole message? */
static bool answers(int fd)
{
	struct { struct vfio_header h; u32 info[4]; } m = {
		{ 1, VFIO_USER_DEVICE_GET_INFO, sizeof(m), 0, 0 }, { 16, 0, 0, 0 },
	};

	return write(fd, &m, sizeof(m)) == (ssize_t)sizeof(m) &&
	       recv(fd, &m, sizeof(m), MSG_WAITALL) == (ssize_t)sizeof(m) && m.info[2] == 9;
}

static bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) <= 0 && errno != EAGAIN;
}

static void test_paths(void)
{
	struct stat st;
	int fd = server_listen(gpu_path);

	ok(fd >= 0, "socket is created");
	stat(gpu_path, &st);
	is(st.st_mode & 07777, 0600, "mode 0600");
	is((u64)(int64_t)server_listen(gpu_path), (u64)(int64_t)-EADDRINUSE, "path that is served");
	close(fd);
	fd = server_listen(gpu_path);
	ok(fd >= 0, "socket that nobody serves is replaced");
	close(fd);
	unlink(gpu_path);
	fclose(fopen(gpu_path, "w"));
	is((u64)(int64_t)server_listen(gpu_path), (u64)(int64_t)-EEXIST,
	   "plain file is left alone");
	unlink(gpu_path);
	is((u64)(int64_t)server_listen("/nowhere/to/be"), (u64)(int64_t)-ENOENT, "no such folder");
}

static void test_clients(void)
{
	static u8 garbage[4096];
	pid_t pid = start(true);
	int a = attach(gpu_path), b;
	u32 i;

	ok(answers(a), "client is answered");
	b = attach(gpu_path);
	ok(is_closed(b), "second client is turned away");
	close(b);
	ok(answers(a), "first client is still served");
	(void)!write(a, garbage, 7);
	close(a);
	usleep(50000);
	a = attach(gpu_path);
	ok(answers(a), "next client, after one that left within a message");
	srand(1);
	for (i = 0; i < sizeof(garbage); i++)
		garbage[i] = (u8)rand();
	(void)!write(a, garbage, sizeof(garbage));
	ok(is_closed(a), "client that sends garbage is dropped");
	close(a);
	a = attach(gpu_path);
	ok(answers(a), "the server lives on");
	close(a);
	is((u64)(int64_t)status_of(pid, 50), (u64)-1, "and waits for more");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_end(void)
{
	pid_t pid = start(false);
	int a = attach(gpu_path);

	ok(answers(a), "client is answered");
	close(a);
	is((u64)(int64_t)status_of(pid, 3000), 0, "the server ends with its client");
}

static bool asks(int fd, const char *line, const char *answer)
{
	char reply[2048];
	ssize_t n;

	if (write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		return false;
	n = recv(fd, reply, sizeof(reply) - 1, 0);
	if (n <= 0)
		return false;
	reply[n] = '\0';
	return strstr(reply, answer) != NULL;
}

static void test_control(void)
{
	pid_t pid = start(true);
	int c = attach(control_path), more[CONTROL_CLIENTS + 1], i;
	char line[2 * CONTROL_LINE];
	struct stat st;

	stat(control_path, &st);
	is(st.st_mode & 07777, 0600, "control: mode 0600");
	ok(asks(c, "hold rcs\n", "ok\n"), "control: line");
	(void)!write(c, "sta", 3);
	usleep(20000);
	ok(asks(c, "tus\n", "rcs idle held"), "control: line in two parts");
	ok(asks(c, "nonsense\n", "error: "), "control: nonsense");
	memset(line, 'x', sizeof(line));
	(void)!write(c, line, sizeof(line));
	ok(is_closed(c), "control: endless line");
	close(c);
	for (i = 0; i <= CONTROL_CLIENTS; i++)
		more[i] = attach(control_path);
	ok(asks(more[0], "release all\n", "ok\n"), "control: first of many");
	ok(is_closed(more[CONTROL_CLIENTS]), "control: one too many");
	for (i = 0; i <= CONTROL_CLIENTS; i++)
		close(more[i]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	if (!mkdtemp(dir)) {
		printf("Bail out! mkdtemp: %s\n", strerror(errno));
		return 1;
	}
	snprintf(gpu_path, sizeof(gpu_path), "%s/gpu", dir);
	snprintf(control_path, sizeof(control_path), "%s/control", dir);
	signal(SIGPIPE, SIG_IGN);
	test_paths();
	test_clients();
	test_end();
	test_control();
	unlink(gpu_path);
	unlink(control_path);
	rmdir(dir);
	return done();
}
