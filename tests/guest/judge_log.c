// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge_log - what dmesg says on standard input as a test's line of TAP. Warnings of the
 * drivers' own are no failure; they are told in a line "# the driver's own warning, N times: ...".
 */
#define _GNU_SOURCE
#include "klog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 20

static char first[KLOG_LINE];
static int complaints;

static void complain(const char *text)
{
	if (!complaints)
		snprintf(first, sizeof(first), "%.120s", text);
	if (complaints++ < SHOWN)
		printf("# %s\n", text);
}

static struct {
	const char *name;
	int times;
} own_warnings[16];

static void count_own(const char *name)
{
	unsigned int i = 0;

	while (own_warnings[i].name && strcmp(own_warnings[i].name, name))
		i++;
	own_warnings[i].name = name;
	own_warnings[i].times++;
}

static void tell(const char *test)
{
	for (unsigned int i = 0; own_warnings[i].name; i++)
		printf("# the driver's own warning, %d times: %s\n", own_warnings[i].times, own_warnings[i].name);
	if (complaints)
		printf("not ok - %s: %s\n", test, first);
	else
		printf("ok - %s\n", test);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	struct klog log = { 0 };
	const char *wrong, *own;
	ssize_t n;

	if (argc != 2) {
		fprintf(stderr, "Usage: dmesg | judge_log TEST\n");
		return 2;
	}
	do {
		n = getline(&line, &size, stdin);
		if (n > 0)
			line[strcspn(line, "\r\n")] = '\0';
		wrong = klog_line(&log, n > 0 ? line : NULL, &own);
		if (own)
			count_own(own);
		if (wrong)
			complain(wrong);
	} while (n > 0);
	free(line);
	tell(argv[1]);
	return complaints ? 1 : 0;
}
