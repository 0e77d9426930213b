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
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT_BE_TRIED	77

/* Returns false at the end. */
static bool next_line(FILE *f, char *line, int size)
{
	if (!fgets(line, size, f))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* From its start to its end; @said gets the last line that it printed. */
static void serve(const char *server, const char *clients, char *said, int size)
{
	char command[256];
	int status;
	FILE *f;

	snprintf(command, sizeof(command), "exec /tests/server %s %s", server, clients);
	f = popen(command, "re");
	if (!f)
		fail("popen: %s", strerror(errno));
	said[0] = '\0';
	while (next_line(f, said, size))
		;
	status = pclose(f);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_BE_TRIED)
		skip("%s", said);
	if (status)
		fail("%s", said[0] ? said : "no end");
}

/* All servers of a kind, its first word, have to show the same as the first one of them, which draws by the CPU. */
static void compare_picture(const char *server, const char *picture)
{
	char path[64], expected[16];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/picture-%.*s", (int)strcspn(server, " "), server);
	f = fopen(path, "r");
	if (f && next_line(f, expected, sizeof(expected))) {
		if (strcmp(picture, expected))
			leak_also("the picture's CRC is %s, not %s as with the first server", picture, expected);
	} else {
		f = fopen(path, "w");
		if (f)
			fprintf(f, "%s\n", picture);
	}
	if (f)
		fclose(f);
}

/* A log that stays silent for minutes would be taken for a guest that hangs. */
void restart_server(const char *server, const char *clients)
{
	const int restarts = times_to_restart();
	double seconds[2] = { 0, 0 }, begin;
	char said[512] = "";

	for (int i = 0; i <= restarts; i++) {
		begin = seconds_now();
		serve(server, i < restarts ? "" : clients, said, sizeof(said));
		seconds[i == restarts] += seconds_now() - begin;
		dprintf(STDERR_FILENO, "# %s %d of %d\n", server, i + 1, restarts + 1);
	}
	leak_remark("%d restarts of %.1f s, one with clients of %.1f s", restarts, seconds[0] / restarts, seconds[1]);
	if (said[0])
		compare_picture(server, said);
}
