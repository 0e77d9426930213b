// SPDX-License-Identifier: GPL-2.0-only
/* What the fuzzer has the system and the GPU do. */
#define _GNU_SOURCE
#include "census.h"
#include "fuzz.h"
#include "gate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* An engine that works on is given so long to come to its end, µs; one that spins never does. */
#define PATIENCE 10000

static int do_hold(const struct step *s)
{
	gate_hold(s->arg[0], true);
	return 0;
}

static int do_release(const struct step *s)
{
	gate_hold(s->arg[0], false);
	end_spinners();
	for (unsigned int i = 0; i < n_engines; i++)
		gate_settle(i, PATIENCE);
	return 0;
}

static const struct domain some_requests = { .n = 3 };

static int do_step(const struct step *s)
{
	gate_step(s->arg[0], 1 + s->arg[1]);
	gate_settle(s->arg[0], PATIENCE);
	return 0;
}

static const struct domain some_milliseconds = { .n = 5 };

static int do_sleep(const struct step *s)
{
	usleep(1000 << s->arg[0]);
	return 0;
}

static const struct domain some_caches = { .n = 4 };

static int do_drop_caches(const struct step *s)
{
	const char value[2] = { '0' + s->arg[0] };

	return s->arg[0] ? write_file("/proc/sys/vm/drop_caches", value) : SKIPPED;
}

/* Of debugfs i915_gem_drop_caches, in the order of their bits. */
static const char *const drop_words[] = { "unbound", "bound", "retire", "active" };
static const struct domain some_drops = { .words = drop_words, .n = 4, .set = true };

static int do_drop_objects(const struct step *s)
{
	return gem_debugfs("i915_gem_drop_caches", s->arg[0]);
}

/* The reset comes a little later. What was not done yet may never be. */
static int do_reset(const struct step *s)
{
	const unsigned int all_engines = 0xffff;
	int err;

	(void)s;
	forget_all_words();
	gem_debugfs("i915_params/error_capture", 0);
	err = gem_debugfs("i915_wedged", all_engines);
	usleep(300000);
	forget_all_words();
	return err;
}

/* Not i915_dump_lrc: it warns where the memory of an idle context is not bound, with every driver that has it. */
static const char *const debugfs_words[] = {
	"i915_gem_objects", "i915_gem_gtt", "i915_gem_active", "i915_gem_inactive", "i915_gem_request", "i915_gem_seqno",
	"i915_context_status", "i915_ppgtt_info", "i915_gem_framebuffer", "i915_gem_pinned", "i915_execlists",
};

static const struct domain some_listing = { .words = debugfs_words, .n = 11 };

static int do_listing(const struct step *s)
{
	char path[128], buffer[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/%s", gem_minor(), debugfs_words[s->arg[0]]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buffer, sizeof(buffer));
	} while (n > 0);
	close(fd);
	return n < 0 ? -errno : 0;
}

/* The kernel's own test of suspend: devices sleep and wake up again, the machine does not. Nothing may hold it up. */
static int do_suspend(const struct step *s)
{
	int err;

	(void)s;
	gates_open_all();
	end_spinners();
	forget_all_words();
	write_file("/sys/module/suspend/parameters/pm_test_delay", "1");
	err = write_file("/sys/power/pm_test", "devices");
	if (!err)
		err = write_file("/sys/power/state", "mem");
	if (err == -EINVAL)
		err = write_file("/sys/power/state", "freeze");
	write_file("/sys/power/pm_test", "none");
	return err;
}

/* Somebody takes all the memory there is, but for room to live, for a moment. */
static int do_hoard(const struct step *s)
{
	const long room = 64l << 10;	/* KiB */
	const size_t chunk = 8 << 20;
	pid_t pid = fork();

	(void)s;
	if (pid < 0)
		return -errno;
	if (pid)
		return waitpid(pid, NULL, 0) == pid ? 0 : -errno;
	for (int i = 0; i < 256 && memory_free() > room; i++)
		if (mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) ==
		    MAP_FAILED)
			break;
	_exit(0);
}

static const char *const switch_words[] = { "off", "on" };
static const struct domain some_switch = { .words = switch_words, .n = 2 };

/*
 * The fixed drivers' own parameter; switched off they leak as they were made to. Others do not have it, which is no
 * difference.
 */
static int do_cleanup(const struct step *s)
{
	stage->leaks_allowed = true;
	gem_set_parameter(CLEANUP_PARAMETER, s->arg[0] ? "1" : "0");
	return 0;
}

/* Everybody dies at once, whatever they are about. */
static int do_kill(const struct step *s)
{
	(void)s;
	kill(0, SIGKILL);
	return 0;
}

#define ON_ENGINE .args = { { "engine", &some_engine } }

const struct op system_ops[] = {
	{ "hold", 12, BY_CONDUCTOR | ALWAYS | HOLDS, do_hold, ON_ENGINE },
	{ "release", 14, BY_CONDUCTOR | RELEASES | PROGRESS, do_release, ON_ENGINE },
	{ "step", 4, BY_CONDUCTOR | RELEASES | PROGRESS, do_step,
	  .args = { { "engine", &some_engine }, { "more", &some_requests } } },
	{ "sleep", 1, BY_CONDUCTOR | PROGRESS, do_sleep, .args = { { "log2ms", &some_milliseconds } } },
	{ "drop-caches", 5, BY_ROOT | PRESSURE, do_drop_caches, .args = { { "what", &some_caches } } },
	{ "drop-objects", 5, BY_ROOT | PRESSURE, do_drop_objects, .args = { { "what", &some_drops } } },
	{ "reset", 1, BY_ROOT | PATIENT | RARE | PRESSURE, .run = do_reset },
	{ "listing", 2, BY_ROOT | LOOK, do_listing, .args = { { "file", &some_listing } } },
	{ "suspend", 1, BY_ROOT | PATIENT | RARE | PRESSURE, .run = do_suspend },
	{ "hoard", 1, BY_ROOT | PATIENT | RARE | PRESSURE, .run = do_hoard },
	{ "cleanup", 1, BY_ROOT, do_cleanup, .args = { { "switch", &some_switch } } },
	{ "kill", 1, BY_CONDUCTOR, .run = do_kill },
	{ 0 }
};
