/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's log: what it says while a test runs. */
#ifndef KLOG_H
#define KLOG_H

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
 * Return: the line, in a buffer of its own, or NULL.
 */
const char *klog_complaint(int fd);

#endif
