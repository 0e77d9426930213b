// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer's conductor, who hands out the steps, and the actors that do them. */
#define _GNU_SOURCE
#include "fuzz.h"
#include "gate.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define UID_NOBODY	65534
#define ASLEEP		0.015	/* who has slept in the kernel for so many is blocked */

struct stage *stage;

static __thread unsigned int me;
static unsigned int process;
static const struct program *program;

unsigned int this_actor(void)
{
	return me;
}

unsigned int this_process(void)
{
	return process;
}

void finding(const char *format, ...)
{
	va_list args;

	if (stage->finding[0])
		return;
	stage->where = stage->actors[me].step;
	va_start(args, format);
	vsnprintf(stage->finding, sizeof(stage->finding), format, args);
	va_end(args);
}

int step_ioctl(const struct step *s, int fd, unsigned long request, void *arg)
{
	const int often = 1000;

	for (int i = 0; ioctl(fd, request, arg); i++) {
		if ((errno != EINTR && errno != EAGAIN) || s->signal || i == often)
			return -errno;
		if (errno == EAGAIN)
			usleep(500);
	}
	return 0;
}

struct harbour {
	sigjmp_buf place;
};

static __thread struct harbour *harbour;

static void on_fault(int signal)
{
	if (harbour)
		siglongjmp(harbour->place, 1);
	finding("signal %d", signal);
	_exit(1);
}

static void on_interrupt(int signal)
{
	(void)signal;
}

int touching(void (*touch)(void *arg), void *arg)
{
	struct harbour here;

	if (sigsetjmp(here.place, 1)) {
		harbour = NULL;
		return -EFAULT;
	}
	harbour = &here;
	touch(arg);
	harbour = NULL;
	return 0;
}

void catch_signals(void)
{
	struct sigaction fault = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	struct sigaction interrupt = { .sa_handler = on_interrupt };

	sigaction(SIGBUS, &fault, NULL);
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGUSR1, &interrupt, NULL);
}

/* Wait until *@futex is no longer @value; false if it still is after @seconds. */
static bool await_change(int *futex, int value, double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds, .tv_nsec = (seconds - (time_t)seconds) * 1e9 };

	if (__atomic_load_n(futex, __ATOMIC_ACQUIRE) == value)
		syscall(SYS_futex, futex, FUTEX_WAIT, value, &t, NULL, 0);
	return __atomic_load_n(futex, __ATOMIC_ACQUIRE) != value;
}

static void count_up(int *futex)
{
	__atomic_add_fetch(futex, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, futex, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void act(unsigned int number)
{
	struct actor *a = &stage->actors[number];

	me = number;
	a->tid = syscall(SYS_gettid);
	for (int done = 0;; done++) {
		while (!await_change(&a->posted, done, 1.0) && !stage->over)
			;
		if (stage->over)
			return;
		stage->results[a->step].err = program->steps[a->step].op->run(&program->steps[a->step]);
		stage->results[a->step].ended = true;
		count_up(&a->done);
	}
}

static void *thread_main(void *arg)
{
	act((uintptr_t)arg);
	return NULL;
}

/* A process of its own that has the files of this one in common, so that a slot means the same to all. */
static void start_nobody(void)
{
	pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid)
		return;
	process = 1;
	if (syscall(SYS_setresgid, UID_NOBODY, UID_NOBODY, UID_NOBODY) ||
	    syscall(SYS_setresuid, UID_NOBODY, UID_NOBODY, UID_NOBODY))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	act(NOBODY);
	_exit(0);
}

/* Seconds after which a step that nothing holds up is stuck. */
static double give_up(const struct actor *a)
{
	return program->steps[a->step].op->flags & PATIENT ? 60 : 10;
}

static bool is_busy(const struct actor *a)
{
	return __atomic_load_n(&a->done, __ATOMIC_ACQUIRE) != a->posted;
}

/* Does it sleep in the kernel? */
static bool sleeps(const struct actor *a)
{
	char path[64], stat[256] = "", *name;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", a->tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(stat, sizeof(stat), f))
		stat[0] = '\0';
	fclose(f);
	name = strrchr(stat, ')');
	return name && (name[2] == 'S' || name[2] == 'D');
}

/* Until the step has ended, or its actor is seen to be blocked. */
static void wait_or_see_it_block(struct actor *a, bool patient)
{
	double asleep_since = 0, end = seconds_now() + give_up(a);

	while (!await_change(&a->done, a->posted - 1, 0.003)) {
		if (seconds_now() > end)
			return;
		if (patient)
			continue;
		if (!sleeps(a))
			asleep_since = 0;
		else if (!asleep_since)
			asleep_since = seconds_now();
		else if (seconds_now() - asleep_since > ASLEEP)
			return;
	}
}

/* With everything released, what still does not end is stuck. */
static void relieve(struct actor *a)
{
	if (!is_busy(a))
		return;
	gates_open_all();
	end_spinners();
	/* A suspend interrupts what waits. */
	for (double end = seconds_now() + give_up(a); seconds_now() < end;)
		if (await_change(&a->done, a->posted - 1, 0.1))
			return;
	me = a - stage->actors;
	finding("no end: step %u (%s) still sleeps %.0f s after all engines were released", a->step,
		program->steps[a->step].op->name, give_up(a));
	_exit(1);
}

/* While another step is under way, what comes of either depends on which is faster. */
static void note_overlap(unsigned int index)
{
	for (unsigned int i = 0; i < ACTORS; i++)
		if (is_busy(&stage->actors[i])) {
			stage->results[index].overlapped = true;
			stage->results[stage->actors[i].step].overlapped = true;
		}
}

/* Memory is only within reach of the process that has it. */
static struct actor *actor_of(const struct step *s)
{
	unsigned int number = s->actor;

	if (s->op->flags & BY_ROOT)
		number = 0;
	else if (s->op->flags & ON_MEMORY && stage->objects[s->arg[0]].process)
		number = NOBODY;
	else if (s->op->flags & ON_MEMORY && number == NOBODY)
		number = 0;
	return &stage->actors[number];
}

static void post(unsigned int index)
{
	const struct step *s = &program->steps[index];
	struct actor *a = actor_of(s);

	relieve(a);
	note_overlap(index);
	stage->results[index].begun = true;
	a->step = index;
	count_up(&a->posted);
	if (s->signal && !await_change(&a->done, a->posted - 1, s->signal / 1e6))
		syscall(SYS_tkill, a->tid, SIGUSR1);
	if (!s->async)
		wait_or_see_it_block(a, s->op->flags & PATIENT);
}

static void conduct(unsigned int index)
{
	const struct step *s = &program->steps[index];
	struct result *r = &stage->results[index];

	if (!(s->op->flags & BY_CONDUCTOR)) {
		post(index);
		return;
	}
	r->begun = true;
	r->err = s->op->run(s);
	r->ended = true;
}

static void check_all(void)
{
	const struct step last = { .number = MAX_STEPS };

	for (unsigned int i = 0; i < OBJECTS; i++)
		if (holder(i) >= 0)
			check_object(&last, i);
}

void program_play(const struct program *p)
{
	pthread_t threads[ACTORS];

	program = p;
	start_nobody();
	for (uintptr_t i = 0; i < NOBODY; i++)
		pthread_create(&threads[i], NULL, thread_main, (void *)i);
	while (!stage->actors[0].tid || !stage->actors[1].tid || !stage->actors[NOBODY].tid)
		usleep(100);
	for (unsigned int i = 0; i < p->n; i++)
		conduct(i);
	for (unsigned int i = 0; i < ACTORS; i++)
		relieve(&stage->actors[i]);
	gates_open_all();
	end_spinners();
	check_all();
	stage->over = true;
	_exit(0);
}
