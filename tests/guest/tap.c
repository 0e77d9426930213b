// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "klog.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PASSED = 0, FAILED = 1, SKIPPED = 77 };

static struct {
	const char *suite;
	char **wanted;
	int tests, failed;
	bool in_test;
	char *reason;	/* shared with the test's processes */
} tap;

#define REASON_SIZE 4096

void tap_begin(const char *suite, int argc, char **argv)
{
	tap.suite = suite;
	tap.wanted = argc > 1 ? argv + 1 : NULL;
	tap.reason = mmap(NULL, REASON_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tap.reason == MAP_FAILED) {
		perror("mmap");
		exit(FAILED);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static bool is_wanted(const char *name)
{
	if (!tap.wanted)
		return true;
	for (char **w = tap.wanted; *w; w++)
		if (!strcmp(*w, name))
			return true;
	return false;
}

double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* The test leads a process group, so that none of its children survives it. */
static int run(void (*test)(void), unsigned int seconds)
{
	double end = seconds_now() + seconds;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setpgid(0, 0);
		tap.in_test = true;
		test();
		exit(PASSED);
	}
	setpgid(pid, pid);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (seconds_now() > end) {
			kill(-pid, SIGKILL);
			snprintf(tap.reason, REASON_SIZE, "no end after %u s", seconds);
			/* A task stuck in the kernel does not die either. */
			usleep(100000);
			waitpid(pid, &status, WNOHANG);
			return FAILED;
		}
		usleep(5000);
	}
	kill(-pid, SIGKILL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	snprintf(tap.reason, REASON_SIZE, "killed by signal %d", WTERMSIG(status));
	return FAILED;
}

/* The kernel's log tells which test a message belongs to, and a complaint in it fails the test. */
static int run_logged(const char *name, void (*test)(void), unsigned int seconds)
{
	const char *complaint;
	char mark[128];
	int log, status;

	snprintf(mark, sizeof(mark), "lab: %s/%s\n", tap.suite, name);
	log = klog_open(mark);
	status = run(test, seconds);
	complaint = klog_complaint(log);
	if (complaint) {
		size_t n = strlen(tap.reason);

		snprintf(tap.reason + n, REASON_SIZE - n, "%sthe kernel says: %s", n ? "; " : "", complaint);
		status = FAILED;
	}
	return status;
}

bool tap_run(const char *name, unsigned int seconds, void (*test)(void))
{
	if (!is_wanted(name))
		return false;
	tap.reason[0] = '\0';
	tap.tests++;
	switch (run_logged(name, test, seconds)) {
	case PASSED:
		printf("ok - %s/%s", tap.suite, name);
		if (tap.reason[0])
			printf(": %s", tap.reason);
		putchar('\n');
		break;
	case SKIPPED:
		printf("ok - %s/%s # SKIP %s\n", tap.suite, name, tap.reason);
		break;
	default:
		printf("not ok - %s/%s: %s\n", tap.suite, name, tap.reason);
		tap.failed++;
	}
	return true;
}

int tap_end(void)
{
	printf("1..%d\n", tap.tests);
	return tap.failed ? FAILED : PASSED;
}

#define SAY_WHY(format) do {						\
	va_list args;							\
	va_start(args, format);						\
	vsnprintf(tap.reason, REASON_SIZE, format, args);		\
	va_end(args);							\
} while (0)

void fail(const char *format, ...)
{
	SAY_WHY(format);
	if (!tap.in_test)
		printf("not ok - %s/setup: %s\n", tap.suite, tap.reason);
	_exit(FAILED);
}

void skip(const char *format, ...)
{
	SAY_WHY(format);
	_exit(SKIPPED);
}

void note(const char *format, ...)
{
	SAY_WHY(format);
}

int reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		fail("wait: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) != PASSED)
		_exit(WEXITSTATUS(status));
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		fail("child killed by signal %d", WTERMSIG(status));
	return status;
}

void in_child(void (*part)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		part(arg);
		exit(PASSED);
	}
	if (pid < 0)
		fail("fork: %s", strerror(errno));
	reap(pid);
}
