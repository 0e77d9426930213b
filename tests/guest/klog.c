// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int klog_open(const char *mark)
{
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return fd;
	lseek(fd, 0, SEEK_END);
	/* One write is one message. */
	if (mark && write(fd, mark, strlen(mark)) < 0)
		perror("/dev/kmsg");
	return fd;
}

/* The same as in suites.sh, which looks at what no test program has seen. */
static bool is_bad(const char *text)
{
	static const char *const bad[] = {
		"WARNING:", "WARN_ON", "BUG:", "BUG at", "Oops", "general protection", "Call Trace",
		"*ERROR*", "INFO: ", "KASAN", "UBSAN", "list_add corruption", "list_del corruption",
		"refcount_t", "unreferenced object", "blocked for more than", "Objects remaining",
	};

	/* What a test brings about on purpose, or what every kernel says without harm. */
	static const char *const expected[] = {
		"INFO: lockdep is turned off", "gpu hanging too fast, banning!",
	};

	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (strstr(text, expected[i]))
			return false;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(text, bad[i]))
			return true;
	return false;
}

/* A record: "PRIORITY,SEQUENCE,TIME,FLAGS;TEXT\n", then lines that begin with a blank. */
const char *klog_complaint(int fd)
{
	static char record[8192];
	const char *found = NULL;

	while (!found && fd >= 0) {
		ssize_t n = read(fd, record, sizeof(record) - 1);
		char *text;

		if (n < 0 && errno == EPIPE)
			continue;	/* the ring went round; go on with the oldest */
		if (n <= 0)
			break;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (is_bad(text))
			found = text + 1;
	}
	if (fd >= 0)
		close(fd);
	return found;
}
