// SPDX-License-Identifier: GPL-2.0-only
/* What the fuzzer's clients do with files, contexts, objects and handles. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int do_open(const struct step *s)
{
	int fd;

	return file_get(s->arg[0], &fd);
}

static int do_close(const struct step *s)
{
	return file_close(s->arg[0]);
}

/* The file lives on by another descriptor. */
static int do_dup(const struct step *s)
{
	struct file *f = &stage->files[s->arg[0]];
	int old = f->fd, fd;

	if (old < 0)
		return SKIPPED;
	fd = fcntl(old, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	f->fd = fd;
	return close(old) ? -errno : 0;
}

static int do_context(const struct step *s)
{
	uint32_t id;

	return context_get(s, s->arg[0], s->arg[1], &id);
}

/* The default one, too: drivers refuse that. */
static int do_context_destroy(const struct step *s)
{
	struct file *f = &stage->files[s->arg[0]];
	struct drm_i915_gem_context_destroy destroy = { .ctx_id = f->context[s->arg[1]] };

	if (f->fd < 0 || (s->arg[1] && !destroy.ctx_id))
		return SKIPPED;
	f->context[s->arg[1]] = 0;
	return step_ioctl(s, f->fd, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy);
}

static const struct domain some_size = { .n = 6 };

static int do_create(const struct step *s)
{
	static const unsigned int pages[] = { 1, 2, 4, 16, 64, 513 };
	uint32_t handle;

	return object_create(s, s->arg[0], s->arg[1], s->arg[2], pages[s->arg[3]], &handle);
}

static int do_import(const struct step *s)
{
	uint32_t handle;

	return handle_get(s, s->arg[0], s->arg[1], &handle);
}

static int do_alias(const struct step *s)
{
	uint32_t handle;

	return second_handle_get(s, s->arg[0], s->arg[1], &handle);
}

static const struct domain some_handle = { .n = HANDLES };

static int do_close_handle(const struct step *s)
{
	struct file *f = &stage->files[s->arg[0]];
	struct drm_gem_close close = { .handle = f->handle[s->arg[1]][s->arg[2]] };

	if (f->fd < 0 || !close.handle)
		return SKIPPED;
	handle_forget(s->arg[0], s->arg[1], s->arg[2]);
	return step_ioctl(s, f->fd, DRM_IOCTL_GEM_CLOSE, &close);
}

/* Whether it is busy depends on how fast the GPU is; that the driver looks is what matters. */
static int do_busy(const struct step *s)
{
	struct drm_i915_gem_busy busy = { 0 };
	int err, fd;

	err = handle_get(s, s->arg[0], s->arg[1], &busy.handle);
	if (err)
		return err;
	err = file_get(s->arg[0], &fd);
	return err ? err : step_ioctl(s, fd, DRM_IOCTL_I915_GEM_BUSY, &busy);
}

static const char *const time_words[] = { "nothing", "short", "long" };
static const struct domain some_time = { .words = time_words, .n = 3 };

static int do_wait(const struct step *s)
{
	static const int64_t nanoseconds[] = { 0, 2000000, 5000000000 };
	struct drm_i915_gem_wait wait = { .timeout_ns = nanoseconds[s->arg[2]] };
	int err, fd;

	err = handle_get(s, s->arg[0], s->arg[1], &wait.bo_handle);
	if (err)
		return err;
	err = file_get(s->arg[0], &fd);
	return err ? err : step_ioctl(s, fd, DRM_IOCTL_I915_GEM_WAIT, &wait);
}

static int do_throttle(const struct step *s)
{
	int fd, err = file_get(s->arg[0], &fd);

	return err ? err : step_ioctl(s, fd, DRM_IOCTL_I915_GEM_THROTTLE, NULL);
}

#define ON_FILE		.args = { { "file", &some_file } }
#define ON_CONTEXT	.args = { { "file", &some_file }, { "ctx", &some_context } }
#define ON_OBJECT	.args = { { "file", &some_file }, { "object", &some_object } }

const struct op client_ops[] = {
	{ "open", 2, .run = do_open, ON_FILE },
	{ "close", 6, ENDS_FILE | ABANDON, .run = do_close, ON_FILE },
	{ "dup", 1, USES_FILE, .run = do_dup, ON_FILE },
	{ "context", 1, USE, .run = do_context, ON_CONTEXT },
	{ "context-destroy", 10, ENDS_CONTEXT | ABANDON, .run = do_context_destroy, ON_CONTEXT },
	{ "create", 3, .run = do_create,
	  .args = { { "file", &some_file }, { "object", &some_object },
		    { "kind", &some_kind }, { "size", &some_size } } },
	{ "import", 2, USE, .run = do_import, ON_OBJECT },
	{ "alias", 1, USE, .run = do_alias, ON_OBJECT },
	{ "close-handle", 6, USES_FILE | ABANDON, .run = do_close_handle,
	  .args = { { "file", &some_file }, { "object", &some_object }, { "handle", &some_handle } } },
	{ "busy", 3, LOOK, .run = do_busy, ON_OBJECT },
	{ "wait", 3, LOOK, .run = do_wait,
	  .args = { { "file", &some_file }, { "object", &some_object }, { "time", &some_time } } },
	{ "throttle", 1, LOOK, .run = do_throttle, ON_FILE },
	{ 0 }
};
