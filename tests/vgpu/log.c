// SPDX-License-Identifier: GPL-2.0-only
/* The log: one line per event, with the seconds since the start. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <time.h>

#include "vgpu.h"

static FILE *log_file;
static int log_verbosity;
static u64 log_start;

/**
 * clock_ns() - monotonic time in nanoseconds
 */
u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

/**
 * log_open() - send the log to a file
 * @path: file to create, NULL for standard error
 * @verbosity: highest level that is written
 *
 * Ends the program with status 3 when the file cannot be created.
 */
void log_open(const char *path, int verbosity)
{
	log_start = clock_ns();
	log_verbosity = verbosity;
	log_file = stderr;
	if (!path)
		return;
	log_file = fopen(path, "we");
	if (!log_file) {
		fprintf(stderr, "vgpu: %s: %s; give --log a writable file\n",
			path, strerror(errno));
		exit(3);
	}
}

void log_flush(void)
{
	if (log_file)
		fflush(log_file);
}

bool log_enabled(enum log_level level)
{
	return log_file && (int)level <= log_verbosity;
}

void vgpu_log(enum log_level level, const char *fmt, ...)
{
	va_list args;

	if (!log_enabled(level))
		return;
	fprintf(log_file, "[%10.6f] ", (double)(clock_ns() - log_start) / 1e9);
	va_start(args, fmt);
	vfprintf(log_file, fmt, args);
	va_end(args);
	fputc('\n', log_file);
}
