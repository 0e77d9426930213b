/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's log: is there a warning or an error in it that should not be? */
#ifndef KLOG_H
#define KLOG_H

#include <stdbool.h>

#define KLOG_LINE 256

/* A log that is read line by line. All zero at its beginning. */
struct klog {
	const char *end;	/* in a warning of several lines: what ends it */
	char head[KLOG_LINE];	/* which of them says what is wrong */
	char block[8192];	/* all of them */
};

/**
 * klog_line() - judge the next line of a log
 * @log: what has been read so far
 * @line: the line, or NULL at the log's end
 * @own: set to the name of a warning of the drivers' own that ends here, or to NULL
 *
 * What a warning is, is known at its end.
 *
 * Return: what is wrong, which lives as long as @log and @line, or NULL.
 */
const char *klog_line(struct klog *log, const char *line, const char **own);

/**
 * klog_open() - begin to listen
 * @mark: a line to put into the log first, or NULL
 *
 * Return: a file descriptor, or -1 if the log cannot be read.
 */
int klog_open(const char *mark);

/**
 * klog_complaint() - the first warning or error since klog_open()
 * @fd: as klog_open() returned it; it is closed
 *
 * Warnings of the drivers' own do not count.
 *
 * Return: the line, in a buffer of its own, or NULL.
 */
const char *klog_complaint(int fd);

#endif
