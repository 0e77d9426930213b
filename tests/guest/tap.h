/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that report in the Test Anything Protocol, each in a process of its
 * own, so that a failure or a hang of one leaves the others alone.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * tap_begin() - name the program's tests and pick those to run
 * @suite: first half of every test's name
 * @argc: as main() got it
 * @argv: as main() got it; each argument is the name of a test to run, none
 *	means all
 */
void tap_begin(const char *suite, int argc, char **argv);

/**
 * tap_run() - run one test and print its line
 * @name: second half of the test's name
 * @seconds: time limit in seconds, after which the test has failed
 * @test: returns when the test has passed
 *
 * A warning or an error in the kernel's log fails the test too.
 *
 * Return: false if the test is none of those that were picked.
 */
bool tap_run(const char *name, unsigned int seconds, void (*test)(void));

/**
 * tap_end() - print the plan
 *
 * Return: the program's exit status, 0 if every test passed or was skipped, 1 otherwise.
 */
int tap_end(void);

/* End the running test, from any of its processes. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void skip(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* What the line says of a test that passed. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * in_child() - run a part of a test as another process and wait for it
 * @part: what to do there; it may call fail()
 * @arg: handed to @part
 *
 * The test fails if the part fails. A part that kills itself with SIGKILL has
 * done what it was asked to.
 */
void in_child(void (*part)(void *arg), void *arg);

/* Seconds since some moment, which no clock that is set changes. */
double seconds_now(void);

#define ANY_CHILD	(-1)

/**
 * reap() - wait for a process of the test
 * @pid: which, or ANY_CHILD
 *
 * The test ends as that process ended, if that did not pass.
 *
 * Return: 0, or its status if SIGKILL ended it.
 */
int reap(pid_t pid);

#endif
