// SPDX-License-Identifier: GPL-2.0-only
/* Framebuffers of the fuzzer's objects: made, shown, flipped to. Where there is no screen they are only made. */
#define _GNU_SOURCE
#include "fuzz.h"
#include "kms.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH	640
#define HEIGHT	480

static struct screen screen;
static bool there_is_a_screen;

void find_screen(int master)
{
	const char *none = kms_find_screen(master, &screen);

	for (unsigned int i = 0; !none && i < screen.modes; i++)
		if (screen.mode[i].hdisplay == WIDTH && screen.mode[i].vdisplay == HEIGHT) {
			screen.mode[0] = screen.mode[i];
			there_is_a_screen = true;
			return;
		}
}

/* As large as the object allows: what is too small to be shown has a framebuffer all the same. */
static int add_framebuffer(const struct step *s, int fd, uint32_t handle, uint64_t size, uint32_t *fb)
{
	bool large = size >= WIDTH * HEIGHT * 4;
	struct drm_mode_fb_cmd add = {
		.width = large ? WIDTH : 32, .height = large ? HEIGHT : 32, .pitch = large ? WIDTH * 4 : 128,
		.bpp = 32, .depth = 24, .handle = handle,
	};
	int err = step_ioctl(s, fd, DRM_IOCTL_MODE_ADDFB, &add);

	*fb = add.fb_id;
	return err;
}

static int do_framebuffer(const struct step *s)
{
	struct file *f = &stage->files[s->arg[0]];
	uint32_t handle, fb;
	int err = handle_get(s, s->arg[0], s->arg[1], &handle);

	if (err)
		return err;
	err = add_framebuffer(s, f->fd, handle, stage->objects[s->arg[1]].size, &fb);
	if (!err)
		f->framebuffer = fb;
	return err;
}

static int do_remove(const struct step *s)
{
	struct file *f = &stage->files[s->arg[0]];
	uint32_t fb = f->framebuffer;

	if (f->fd < 0 || !fb)
		return SKIPPED;
	f->framebuffer = 0;
	return step_ioctl(s, f->fd, DRM_IOCTL_MODE_RMFB, &fb);
}

static void remove_framebuffer(uint32_t fb)
{
	if (fb)
		ioctl(stage->files[OUTSIDE].fd, DRM_IOCTL_MODE_RMFB, &fb);
}

/* Only the master may, which is the file outside. The object needs no handle any more once it has a framebuffer. */
static int framebuffer_outside(const struct step *s, unsigned int object, uint32_t *fb)
{
	uint32_t *handle = &stage->files[OUTSIDE].handle[object][0], got;
	bool had_it = *handle;
	int master = stage->files[OUTSIDE].fd;
	struct drm_gem_close close = { 0 };
	int err;

	if (holder(object) < 0 || !there_is_a_screen)
		return SKIPPED;
	err = handle_get(s, OUTSIDE, object, &got);
	if (err)
		return err;
	err = add_framebuffer(s, master, got, stage->objects[object].size, fb);
	close.handle = got;
	if (!had_it) {
		*handle = 0;
		ioctl(master, DRM_IOCTL_GEM_CLOSE, &close);
	}
	return err;
}

static int do_show(const struct step *s)
{
	uint32_t fb = 0, before = stage->shown;
	int err = framebuffer_outside(s, s->arg[0], &fb);

	if (err)
		return err;
	err = kms_set_crtc(stage->files[OUTSIDE].fd, &screen, 0, &screen.mode[0], fb);
	if (err) {
		remove_framebuffer(fb);
	} else {
		stage->shown = fb;
		remove_framebuffer(before);
	}
	return err;
}

/* The flip is under way when the framebuffer before goes, which switches the screen off. */
static int do_flip(const struct step *s)
{
	struct drm_mode_crtc_page_flip flip = { .crtc_id = screen.crtc[0] };
	uint32_t before = stage->shown;
	int err;

	if (!before)
		return SKIPPED;
	err = framebuffer_outside(s, s->arg[0], &flip.fb_id);
	if (err)
		return err;
	err = step_ioctl(s, stage->files[OUTSIDE].fd, DRM_IOCTL_MODE_PAGE_FLIP, &flip);
	if (err) {
		remove_framebuffer(flip.fb_id);
	} else {
		stage->shown = flip.fb_id;
		remove_framebuffer(before);
	}
	return err;
}

static int do_hide(const struct step *s)
{
	uint32_t before = stage->shown;

	(void)s;
	if (!before)
		return SKIPPED;
	stage->shown = 0;
	remove_framebuffer(before);
	return 0;
}

void hide(void)
{
	do_hide(NULL);
}

const struct op display_ops[] = {
	{ "framebuffer", 1, USE, .run = do_framebuffer,
	  .args = { { "file", &some_file }, { "object", &some_object } } },
	{ "framebuffer-remove", 1, ABANDON, .run = do_remove, .args = { { "file", &some_file } } },
	{ "show", 2, BY_ROOT | USE, .run = do_show, .args = { { "object", &some_object } } },
	{ "flip", 2, BY_ROOT | USE, .run = do_flip, .args = { { "object", &some_object } } },
	{ "hide", 1, BY_ROOT | ABANDON, .run = do_hide },
	{ 0 }
};
