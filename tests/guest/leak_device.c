// SPDX-License-Identifier: GPL-2.0-only
/* The device goes: it is suspended, or its driver taken away. */
#define _GNU_SOURCE
#include "census.h"
#include "gate.h"
#include "leak.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool file_has(const char *path, const char *word)
{
	FILE *f = fopen(path, "re");
	char line[256] = "";

	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return strstr(line, word);
}

/*
 * The kernel's own test of suspend: devices go to sleep and wake up again, the
 * machine does not. An importer went just before, its request still queued.
 */
void suspended(void)
{
	const char *state = file_has("/sys/power/state", "mem") ? "mem" : "freeze";
	struct gate gate;
	int fd, err;

	if (!file_has("/sys/power/pm_test", "devices"))
		skip("no /sys/power/pm_test: the kernel lacks CONFIG_PM_SLEEP_DEBUG");
	write_file("/sys/module/suspend/parameters/pm_test_delay", "1");
	in_child(import_and_go, &(struct importer) { .sync = true });
	fd = gem_open_device();
	gate = gate_shut(RENDER);
	gem_use(fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, import_by_name(fd));
	close(fd);
	gate_open(&gate);
	err = write_file("/sys/power/pm_test", "devices");
	if (!err)
		err = write_file("/sys/power/state", state);
	write_file("/sys/power/pm_test", "none");
	if (err)
		fail("suspend to %s: %s", state, strerror(-err));
}

/* Who else has the card open, or 0. */
static pid_t card_user(void)
{
	char target[PATH_MAX];
	pid_t pid = 0;
	glob_t links;

	if (glob("/proc/[0-9]*/fd/*", 0, NULL, &links))
		return 0;
	for (size_t i = 0; i < links.gl_pathc && !pid; i++) {
		ssize_t n = readlink(links.gl_pathv[i], target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		if (!strncmp(target, "/dev/dri/", 9))
			pid = strtol(links.gl_pathv[i] + sizeof("/proc"), NULL, 10);
	}
	globfree(&links);
	return pid;
}

/* The name by which the bus knows the card. */
static void card_address(char *address, size_t size)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/char/226:%u/device", gem_minor());
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		fail("%s: %s", path, strerror(errno));
	target[n] = '\0';
	snprintf(address, size, "%s", strrchr(target, '/') + 1);
}

/* Take the card from its driver, or give it back: the file is "unbind" or "bind". */
static void rebind(const char *file, const char *address)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/%s", gem_driver(), file);
	err = write_file(path, address);
	if (err)
		fail("%s of %s: %s", file, address, strerror(-err));
}

/*
 * The drivers of 3.18 to 4.2 expect the first context status at the beginning of
 * its buffer when they are loaded (next_context_status_buffer = 0), but the GPU
 * goes on where it was, and does not begin anew before it is reset. What they
 * miss by that, they keep: a request, its context, a GPU that is not idle.
 */
static void forget_context_status(void)
{
	reset_gpu();
	usleep(500000);
	gem_use_and_wait(exporter.fd, DEFAULT_CONTEXT, I915_EXEC_RENDER, 0);
}

/*
 * The console's framebuffer is there some time after the driver is. Drivers oops when the card is closed before that
 * (intel_fbdev_restore_mode(), 4.3 and 4.4).
 */
static bool console_there(void)
{
	return file_has("/proc/fb", "drmfb");
}

/*
 * The driver is taken from the device while it has not looked yet whether an
 * importer's request is done. Nothing can leak that a kernel which goes on would
 * not show: no VMA and no PPGTT may be in memory while there is no driver.
 *
 * The request has ended by then. With execlists the drivers of 4.3 to 4.7 wait
 * for its seqno when they go, but not for the GPU's event that it has left the
 * ring, and keep a request with its context for ever if that comes later.
 */
void driver_unloaded(void)
{
	bool console = console_there();
	char address[64];
	struct census c;

	if (!gate_is_virtual() && !options.asked_for)
		skip("takes the console away; to be asked for by --only");
	card_address(address, sizeof(address));
	gem_driver();
	forget_context_status();
	in_child(import_and_go, &(struct importer) { .sync = true });
	if (gate_is_virtual())
		gate_shut(RENDER);
	in_child(import_and_go, &(struct importer) { .sync = false });
	close(exporter.dmabuf);
	close(exporter.fd);
	gates_open_all();
	usleep(gate_is_virtual() ? 300000 : 50000);
	if (card_user())
		skip("process %d has the card open", card_user());
	rebind("unbind", address);
	c = census_take();
	rebind("bind", address);
	for (double end = seconds_now() + 10; console && !console_there() && seconds_now() < end; )
		usleep(5000);
	for (enum source s = VMAS_IN_MEMORY; s < N_SOURCES; s++)
		if (c.count[s] > 0)
			fail("left without a driver: %ld %s", c.count[s], source_names[s]);
	close(gem_open_device());
}
