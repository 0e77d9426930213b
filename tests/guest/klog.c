// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "array.h"
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is said in more than one line. */
static const struct {
	const char *begin, *end;
} blocks[] = {
	{ "[ cut here ]", "[ end trace " },
	{ "possible recursive locking detected", "_fastpath+" },
};

#define NO_RELOAD	"render ring didn't clear reload"
#define RPS_LATE	"RPS is switched on while the driver goes"
#define VBLANK_LATE	"vblank is switched off while the driver goes"
#define OUTPUT_TAKEN	"a CRTC lost its output and is given another framebuffer"
#define S_ACTIVE	"s_active is locked twice when the driver is unbound"
#define FLIP_LATE	"a flip took more than three frames"
#define VBLANK_WAIT	"a vertical blank did not come within 100 ms"
#define COPY_OF_MAPPED	"a client's own memory is copied on write while the GPU has it mapped"

/*
 * Blocks that unmodified drivers bring about whatever they run on; docs/lab.md
 * says why. @head is in the line that says what is wrong (the function that is
 * named there depends on what was inlined), @text anywhere.
 */
static const struct {
	const char *name, *head, *text[2];
} own_warnings[] = {
	{ NO_RELOAD, " i915_gem_ringbuffer_submission+", { "render ring didn't clear reload" } },
	{ RPS_LATE, " snb_update_pm_irq+", { ": events intel_gen6_powersave_work " } },
	{ RPS_LATE, " bdw_update_pm_irq+", { ": events intel_gen6_powersave_work " } },
	{ RPS_LATE, " gen6_enable_rps_interrupts+", { ": events intel_gen6_powersave_work " } },
	{ RPS_LATE, " gen8_enable_rps_interrupts+", { ": events intel_gen6_powersave_work " } },
	{ VBLANK_LATE, " ironlake_disable_display_irq+", { " drm_vblank_cleanup+" } },
	{ VBLANK_LATE, " ironlake_disable_vblank+", { " drm_vblank_cleanup+" } },
	{ OUTPUT_TAKEN, " i915_gem_track_fb+", { "WARN_ON(!(old->frontbuffer_bits", " intel_prepare_plane_fb+" } },
	{ COPY_OF_MAPPED, " debug_dma_assert_idle+", { "cpu touching an active dma mapped cacheline" } },
	{ S_ACTIVE, "recursive locking", { "(s_active#", " acpi_video_unregister+" } },
	{ FLIP_LATE, " intel_check_page_flip+", { "Kicking stuck page flip" } },
	{ VBLANK_WAIT, " drm_wait_one_vblank+", { "vblank wait timed out on crtc" } },
};

/* The same in one line. */
static const struct {
	const char *name, *text;
} own_lines[] = {
	{ "a plane was changed across a vertical blank", "*ERROR* Atomic update failure on pipe " },
};

static bool has_any(const char *line, const char *const words[], unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

static bool is_bad(const char *line)
{
	static const char *const bad[] = {
		"WARNING:", "WARN_ON", "BUG:", "BUG at", "Oops", "general protection", "Call Trace",
		"*ERROR*", "INFO: ", "KASAN", "UBSAN", "list_add corruption", "list_del corruption",
		"refcount_t", "unreferenced object", "blocked for more than", "Objects remaining",
		"Unknown symbol", "disagrees about",
	};
	/* What a test brings about on purpose, or what every kernel says without harm. */
	static const char *const expected[] = {
		"INFO: lockdep is turned off", "gpu hanging too fast, banning!",
	};

	return !has_any(line, expected, ARRAY_SIZE(expected)) && has_any(line, bad, ARRAY_SIZE(bad));
}

static const char *end_of_block(const char *begin)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(blocks); i++)
		if (strstr(begin, blocks[i].begin))
			return blocks[i].end;
	return NULL;
}

static void add_to_block(struct klog *log, const char *line)
{
	size_t n = strlen(log->block);

	snprintf(log->block + n, sizeof(log->block) - n, "%s\n", line);
}

static const char *own_name(const struct klog *log)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(own_warnings); i++) {
		const char *const *text = own_warnings[i].text;

		if (strstr(log->head, own_warnings[i].head) && strstr(log->block, text[0]) &&
		    (!text[1] || strstr(log->block, text[1])))
			return own_warnings[i].name;
	}
	return NULL;
}

static const char *own_line(const char *line)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(own_lines); i++)
		if (strstr(line, own_lines[i].text))
			return own_lines[i].name;
	return NULL;
}

/* What is wrong with the block. One without an end is nobody's own. */
static const char *leave_block(struct klog *log, bool complete, const char **own)
{
	static char head[KLOG_LINE];

	if (complete)
		*own = own_name(log);
	strcpy(head, log->head);
	memset(log, 0, sizeof(*log));
	return *own || !head[0] ? NULL : head;
}

/* What follows the first line of a warning. i915's own WARN_ON() has its condition as text. */
static bool belongs_to_warning(const char *line)
{
	return strstr(line, "Call Trace") || strstr(line, "WARN_ON(");
}

/* What else is in a block, an oops or another warning, is as bad there as anywhere. */
const char *klog_line(struct klog *log, const char *line, const char **own)
{
	const char *end = line ? end_of_block(line) : NULL, *wrong = NULL;

	*own = NULL;
	if (!line || end) {
		wrong = leave_block(log, false, own);
		log->end = end;
	}
	if (!line)
		return wrong;
	if (log->end)
		add_to_block(log, line);
	if (log->end && !log->head[0] && is_bad(line))
		snprintf(log->head, sizeof(log->head), "%s", line);
	else if (log->end && strstr(line, log->end))
		wrong = leave_block(log, true, own);
	else if (is_bad(line) && !(log->head[0] && belongs_to_warning(line)))
		wrong = (*own = own_line(line)) ? NULL : line;
	return wrong;
}

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

/*
 * The next line, or NULL at the end. A record is "PRIORITY,SEQUENCE,TIME,FLAGS;TEXT\n", then lines
 * that begin with a blank. A block that has begun is waited for.
 */
static char *next_line(int fd, bool in_block)
{
	static char record[8192];
	struct pollfd more = { .fd = fd, .events = POLLIN };
	char *text = NULL;

	while (!text && poll(&more, 1, in_block ? 500 : 0) > 0) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE)
			continue;	/* the ring went round; go on with the oldest */
		if (n <= 0)
			break;
		record[n] = '\0';
		text = strchr(record, ';');
	}
	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

const char *klog_complaint(int fd)
{
	const char *found = NULL, *line, *own;
	static struct klog log;

	if (fd < 0)
		return NULL;
	memset(&log, 0, sizeof(log));
	do {
		line = next_line(fd, log.end);
		found = klog_line(&log, line ? line + 1 : NULL, &own);
	} while (line && !found);
	close(fd);
	return found;
}
