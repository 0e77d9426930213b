// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real clients: display servers of another system, in /userspace, which come and go, and programs on them. Each server
 * looks at the console's framebuffer, which stays; that is how this leak was found.
 */
#define _GNU_SOURCE
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drm.h>

#define CANNOT_BE_TRIED	77
#define MAX_WORDS	12

/* What the screen shows with the server that draws by the CPU, for those after it. */
#define PICTURE_OF_CPU	"/tmp/picture-of-cpu"

/* Returns false at the end. */
static bool next_line(FILE *f, char *line, int size)
{
	if (!fgets(line, size, f))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* From its start to its end; @said gets the last line that it printed. */
static void serve(char *const argv[], char *said, int size)
{
	int out[2], status;
	pid_t pid;
	FILE *f;

	if (pipe(out))
		fail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execv(argv[0], argv);
		_exit(CANNOT_BE_TRIED);
	}
	close(out[1]);
	said[0] = '\0';
	f = fdopen(out[0], "r");
	if (!f)
		fail("fdopen: %s", strerror(errno));
	while (next_line(f, said, size))
		;
	fclose(f);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		fail("fork: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_BE_TRIED)
		skip("%s", said);
	if (status)
		fail("%s", said[0] ? said : "no end");
}

/* All servers have to show the same. */
static void compare_picture(const char *picture, bool by_cpu)
{
	FILE *f = fopen(PICTURE_OF_CPU, by_cpu ? "w" : "r");
	char expected[16];

	if (!f)
		return;
	if (by_cpu)
		fprintf(f, "%s\n", picture);
	else if (next_line(f, expected, sizeof(expected)) && strcmp(picture, expected))
		leak_also("the picture's CRC is %s, not %s as drawn by the CPU", picture, expected);
	fclose(f);
}

static void append(char *to[], char *const from[])
{
	unsigned int n = 0;

	while (to[n])
		n++;
	for (unsigned int i = 0; from[i] && n < MAX_WORDS - 1; i++)
		to[n++] = from[i];
	to[n] = NULL;
}

/*
 * The file that was opened first is the display's master, which a server wants to be. A log that stays silent for
 * minutes would be taken for a guest that hangs.
 */
static void restart(char *const server[], char *const clients[])
{
	char *alone[MAX_WORDS] = { "/tests/server", NULL }, *with_clients[MAX_WORDS] = { NULL };
	const int restarts = options.quick ? 2 : 10;
	double seconds[2] = { 0, 0 }, begin;
	char said[512] = "";

	append(alone, server);
	append(with_clients, alone);
	append(with_clients, clients);
	ioctl(exporter.fd, DRM_IOCTL_DROP_MASTER, 0);
	for (int i = 0; i <= restarts; i++) {
		begin = seconds_now();
		serve(i < restarts ? alone : with_clients, said, sizeof(said));
		seconds[i == restarts] += seconds_now() - begin;
		dprintf(STDERR_FILENO, "# %s %d of %d\n", server[0], i + 1, restarts + 1);
	}
	leak_remark("%d restarts of %.1f s, one with clients of %.1f s", restarts, seconds[0] / restarts, seconds[1]);
	if (said[0])
		compare_picture(said, server[1] && !strcmp(server[2], "none"));
}

static void x(char *driver, char *method, char *dri)
{
	restart((char *[]){ "x", driver, method, dri, "root", NULL },
		(char *[]){ "perf", "software_gl", "terminal", NULL });
}

void x_none(void)
{
	x("intel", "none", "0");
}

void x_sna_dri2(void)
{
	x("intel", "sna", "2");
}

void x_sna_dri3(void)
{
	x("intel", "sna", "3");
}

void x_blt(void)
{
	x("intel", "blt", "2");
}

void x_uxa(void)
{
	x("intel", "uxa", "2");
}

void x_modesetting(void)
{
	x("modesetting", "none", "0");
}

void weston(void)
{
	restart((char *[]){ "weston", NULL }, (char *[]){ "pictures", "damage", NULL });
}
