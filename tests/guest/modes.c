// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modesets, as a display server without atomic ioctls asks for them. After each
 * step three must agree with what was asked: what the ioctls answer, what sysfs
 * says of the connector, and the registers of pipe and port, for a driver may
 * well say "on" of a screen that is dark.
 *
 * The screen is the analog port (VGA), which has no link to be negotiated with
 * a monitor. Nothing is connected to the virtual GPU, so that port is forced
 * on, through debugfs. The driver checks itself after each modeset, and what it
 * finds is in the log.
 */
#define _GNU_SOURCE
#include "array.h"
#include "gate.h"
#include "gem.h"
#include "kms.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <linux/fb.h>
#include <linux/kd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* i915_reg.h; a pipe's registers are 0x1000 from those of the pipe before */
#define PIPE(pipe, reg)		((reg) + 0x1000 * (pipe))
#define PIPESRC			0x6001c
#define PIPECONF		0x70008
#define   PIPE_ENABLE		0x80000000
#define DSPCNTR			0x70180
#define   PLANE_ENABLE		0x80000000
#define DSPSURFLIVE		0x701ac
#define CURCNTR			0x70080
#define   CURSOR_MODE		0x27
#define CURPOS			0x70088
#define PCH_ADPA		0xe1100
#define   ADPA_DAC_ENABLE	0x80000000
#define   ADPA_SYNC_OFF		0x00000c00
#define   ADPA_VSYNC_HIGH	0x00000010
#define   ADPA_HSYNC_HIGH	0x00000008
#define   ADPA_SHOWS		(ADPA_DAC_ENABLE | ADPA_SYNC_OFF | ADPA_VSYNC_HIGH | ADPA_HSYNC_HIGH)

#define CURSOR_SIZE		64

enum { A, B };			/* CRTCs, and the pipes behind them */

/* The same file for all tests, since the display goes back to the console with the last one. */
static int fd;
static struct screen screen;
static const char *no_screen;
static const struct drm_mode_modeinfo *large, *small;
static uint32_t first, second;	/* framebuffers, large enough for both */

static uint32_t reg(uint64_t offset)
{
	static volatile uint32_t *page;
	static uint64_t mapped;

	if (!page || mapped != (offset & ~(PAGE - 1ull))) {
		mapped = offset & ~(PAGE - 1ull);
		page = gem_registers(mapped);
	}
	if (!page)
		fail("the GPU's registers cannot be mapped: %s", strerror(errno));
	return page[offset % PAGE / 4];
}

/* Returns what the file has in its first line, or "". */
static const char *connector_file(const char *name)
{
	static char text[32];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/drm/card%u-VGA-1/%s", gem_minor(), name);
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void expect_file(const char *step, const char *name, const char *text)
{
	if (strcmp(connector_file(name), text))
		fail("%s: %s is '%s', not '%s'", step, name, connector_file(name), text);
}

/* The connector must be where the mode is: its encoder is the CRTC's. */
static void expect_connector(const char *step, uint32_t crtc)
{
	struct drm_mode_get_connector c = { .connector_id = screen.connector, .count_modes = 1 };
	struct drm_mode_modeinfo mode;
	struct drm_mode_get_encoder e = { 0 };

	c.modes_ptr = (uintptr_t)&mode;
	if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c))
		fail("%s: GETCONNECTOR: %s", step, strerror(errno));
	e.encoder_id = c.encoder_id;
	if (ioctl(fd, DRM_IOCTL_MODE_GETENCODER, &e))
		fail("%s: GETENCODER of %u: %s", step, c.encoder_id, strerror(errno));
	if (e.crtc_id != crtc)
		fail("%s: the connector is on CRTC %u, not %u", step, e.crtc_id, crtc);
}

/* Every CRTC but this one has no mode; it has the mode and the framebuffer. */
static void expect_crtcs(const char *step, unsigned int crtc, const struct drm_mode_modeinfo *mode, uint32_t fb)
{
	for (unsigned int i = 0; i < screen.crtcs; i++) {
		struct drm_mode_crtc get = { .crtc_id = screen.crtc[i] };
		const bool has_mode = mode && i == crtc;

		if (ioctl(fd, DRM_IOCTL_MODE_GETCRTC, &get))
			fail("%s: GETCRTC: %s", step, strerror(errno));
		if (!!get.mode_valid != has_mode)
			fail("%s: CRTC %c has %s mode", step, 'A' + i, has_mode ? "no" : "a");
		if (!has_mode)
			continue;
		if (get.mode.hdisplay != mode->hdisplay || get.mode.vdisplay != mode->vdisplay ||
		    get.mode.clock != mode->clock)
			fail("%s: CRTC %c has %ux%u, not %ux%u", step, 'A' + i, get.mode.hdisplay,
			     get.mode.vdisplay, mode->hdisplay, mode->vdisplay);
		if (get.fb_id != fb)
			fail("%s: CRTC %c shows framebuffer %u, not %u", step, 'A' + i, get.fb_id, fb);
	}
}

/* What the registers say: the one pipe that is on, its size, and the port with its sync signals. */
static void expect_registers(const char *step, unsigned int crtc, const struct drm_mode_modeinfo *mode)
{
	uint32_t port = mode ? ADPA_DAC_ENABLE : 0;
	const uint32_t has = reg(PCH_ADPA) & (mode ? ADPA_SHOWS : ADPA_DAC_ENABLE);

	if (mode && (mode->flags & DRM_MODE_FLAG_PHSYNC))
		port |= ADPA_HSYNC_HIGH;
	if (mode && (mode->flags & DRM_MODE_FLAG_PVSYNC))
		port |= ADPA_VSYNC_HIGH;
	for (unsigned int i = 0; i < screen.crtcs; i++) {
		const bool on = reg(PIPE(i, PIPECONF)) & PIPE_ENABLE;

		if (on != (mode && i == crtc))
			fail("%s: pipe %c is %s", step, 'A' + i, on ? "on" : "off");
	}
	if (mode && reg(PIPE(crtc, PIPESRC)) != ((mode->hdisplay - 1u) << 16 | (mode->vdisplay - 1u)))
		fail("%s: PIPESRC is %#x, not %ux%u", step, reg(PIPE(crtc, PIPESRC)), mode->hdisplay, mode->vdisplay);
	if (has != port)
		fail("%s: the screen is %s (PCH_ADPA %#x, not %#x)", step,
		     has & ADPA_DAC_ENABLE ? "lit" : "dark", has, port);
}

static void expect_lit(const char *step, unsigned int crtc, const struct drm_mode_modeinfo *mode, uint32_t fb)
{
	expect_crtcs(step, crtc, mode, fb);
	expect_connector(step, screen.crtc[crtc]);
	expect_registers(step, crtc, mode);
	expect_file(step, "dpms", "On");
	expect_file(step, "enabled", "enabled");
}

/* What dpms says without a CRTC differs: before 4.1 it is what was set last. */
static void expect_off(const char *step)
{
	expect_crtcs(step, A, NULL, 0);
	expect_registers(step, A, NULL);
	expect_file(step, "enabled", "disabled");
}

/* Where each test begins. */
static void off(const char *step)
{
	int err;

	for (unsigned int i = 0; i < screen.crtcs; i++) {
		err = kms_set_crtc(fd, &screen, i, NULL, 0);
		if (err)
			fail("%s: SETCRTC: %s", step, strerror(-err));
	}
	expect_off(step);
}

static void show(const char *step, unsigned int crtc, const struct drm_mode_modeinfo *mode, uint32_t fb)
{
	int err = kms_set_crtc(fd, &screen, crtc, mode, fb);

	if (err)
		fail("%s: SETCRTC: %s", step, strerror(-err));
	expect_lit(step, crtc, mode, fb);
}

static void modeset(void)
{
	off("at first");
	show("modeset", A, large, first);
	off("off");
	show("on again", A, large, first);
}

static void mode_change(void)
{
	off("at first");
	show("large", A, large, first);
	show("small", A, small, second);
	show("same mode, other framebuffer", A, small, first);
	show("large again", A, large, first);
}

static uint32_t dpms_property(void)
{
	uint32_t properties[32] = { 0 };
	uint64_t values[32];
	struct drm_mode_modeinfo mode;
	struct drm_mode_get_connector c = {
		.connector_id = screen.connector, .modes_ptr = (uintptr_t)&mode, .count_modes = 1,
		.props_ptr = (uintptr_t)properties, .prop_values_ptr = (uintptr_t)values, .count_props = 32,
	};

	if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c))
		fail("GETCONNECTOR: %s", strerror(errno));
	for (uint32_t i = 0; i < c.count_props && i < 32; i++) {
		struct drm_mode_get_property p = { .prop_id = properties[i] };

		if (!ioctl(fd, DRM_IOCTL_MODE_GETPROPERTY, &p) && !strcmp(p.name, "DPMS"))
			return properties[i];
	}
	fail("the connector has no property DPMS");
}

static void set_dpms(uint64_t value)
{
	struct drm_mode_connector_set_property set = {
		.connector_id = screen.connector, .prop_id = dpms_property(), .value = value,
	};

	if (ioctl(fd, DRM_IOCTL_MODE_SETPROPERTY, &set))
		fail("DPMS %u: %s", (unsigned int)value, strerror(errno));
}

/* The CRTC keeps its mode and framebuffer, but the screen is dark. */
static void dark(const char *step, const struct drm_mode_modeinfo *mode, uint32_t fb)
{
	set_dpms(DRM_MODE_DPMS_OFF);
	expect_crtcs(step, A, mode, fb);
	expect_registers(step, A, NULL);
	expect_file(step, "dpms", "Off");
}

static void dpms(void)
{
	off("at first");
	show("modeset", A, large, first);
	for (int i = 0; i < 3; i++) {
		dark("dpms off", large, first);
		set_dpms(DRM_MODE_DPMS_ON);
		expect_lit("dpms on", A, large, first);
	}
}

/* A modeset lights a screen that was off. */
static void modeset_while_dark(void)
{
	off("at first");
	show("modeset", A, large, first);
	dark("dpms off", large, first);
	show("other mode while dark", A, small, second);
	dark("dpms off", small, second);
	show("other framebuffer while dark", A, small, first);
}

/* The connector is taken from one CRTC by another. */
static void other_crtc(void)
{
	off("at first");
	show("CRTC A", A, large, first);
	show("CRTC B", B, small, second);
	show("CRTC A again", A, small, second);
	show("CRTC B again", B, large, first);
}

static uint32_t wait_vblank(void)
{
	union drm_wait_vblank wait = { .request = { .type = _DRM_VBLANK_RELATIVE, .sequence = 1 } };

	if (ioctl(fd, DRM_IOCTL_WAIT_VBLANK, &wait))
		fail("WAIT_VBLANK: %s", strerror(errno));
	return wait.reply.sequence;
}

static void vblank(void)
{
	uint32_t before;

	off("at first");
	show("modeset", A, large, first);
	before = wait_vblank();
	for (int i = 0; i < 3; i++) {
		uint32_t now = wait_vblank();

		if ((int32_t)(now - before) < 1)
			fail("vertical blank %u comes after %u", now, before);
		before = now;
	}
}

/* Flip, and wait until the driver says it is done. */
static void flip(uint32_t fb)
{
	struct drm_mode_crtc_page_flip flip = {
		.crtc_id = screen.crtc[A], .fb_id = fb,
		.flags = DRM_MODE_PAGE_FLIP_EVENT, .user_data = fb,
	};
	struct pollfd events = { .fd = fd, .events = POLLIN };
	struct drm_event_vblank event;

	if (ioctl(fd, DRM_IOCTL_MODE_PAGE_FLIP, &flip))
		fail("PAGE_FLIP: %s", strerror(errno));
	if (poll(&events, 1, 2000) != 1)
		fail("the flip is not done after 2 s");
	if (read(fd, &event, sizeof(event)) != sizeof(event))
		fail("no event can be read: %s", strerror(errno));
	if (event.base.type != DRM_EVENT_FLIP_COMPLETE || event.user_data != fb)
		fail("an event of type %#x for %u, not of the flip to %u", event.base.type,
		     (unsigned int)event.user_data, fb);
}

/* When a flip is done, the plane shows another surface. */
static void page_flip(void)
{
	uint32_t fb = first;

	off("at first");
	show("modeset", A, large, first);
	wait_vblank();
	for (int i = 0; i < 6; i++) {
		uint32_t before = reg(PIPE(A, DSPSURFLIVE));

		fb = fb == first ? second : first;
		flip(fb);
		expect_lit("page flip", A, large, fb);
		if (reg(PIPE(A, DSPSURFLIVE)) == before)
			fail("after the flip the plane still shows the surface at %#x", before);
	}
}

static uint32_t cursor_image(void)
{
	struct drm_mode_create_dumb dumb = { .width = CURSOR_SIZE, .height = CURSOR_SIZE, .bpp = 32 };

	if (ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		fail("CREATE_DUMB: %s", strerror(errno));
	return dumb.handle;
}

/* @handle: the image to show, or 0 to hide the cursor */
static void set_cursor(uint32_t handle)
{
	struct drm_mode_cursor set = {
		.flags = DRM_MODE_CURSOR_BO, .crtc_id = screen.crtc[A], .handle = handle,
		.width = CURSOR_SIZE, .height = CURSOR_SIZE,
	};

	if (ioctl(fd, DRM_IOCTL_MODE_CURSOR, &set))
		fail("%s: %s", handle ? "cursor shown" : "cursor hidden", strerror(errno));
	if (!(reg(PIPE(A, CURCNTR)) & CURSOR_MODE) != !handle)
		fail("cursor %s: CURCNTR is %#x", handle ? "shown" : "hidden", reg(PIPE(A, CURCNTR)));
}

static void move_cursor(int x, int y)
{
	struct drm_mode_cursor move = {
		.flags = DRM_MODE_CURSOR_MOVE, .crtc_id = screen.crtc[A], .x = x, .y = y,
	};

	if (ioctl(fd, DRM_IOCTL_MODE_CURSOR, &move))
		fail("cursor moved: %s", strerror(errno));
	if (reg(PIPE(A, CURPOS)) != (uint32_t)(y << 16 | x))
		fail("cursor moved to %d, %d: CURPOS is %#x", x, y, reg(PIPE(A, CURPOS)));
}

/* An image that is shown goes away with its handle only when another is shown. */
static void cursor(void)
{
	off("at first");
	show("modeset", A, large, first);
	for (int i = 0; i < 3; i++) {
		uint32_t image = cursor_image();

		set_cursor(image);
		for (int at = 10; at < 14; at++)
			move_cursor(at, 2 * at);
		gem_close(fd, image);
		move_cursor(1, 1);
	}
	set_cursor(0);
	expect_lit("without the cursor", A, large, first);
}

/*
 * A framebuffer that is shown takes the picture with it: its CRTC is switched
 * off by older drivers, its plane by all.
 */
static void framebuffer_removed(void)
{
	struct drm_mode_crtc get = { .crtc_id = screen.crtc[A] };
	uint32_t fb, handle;
	int err;

	off("at first");
	err = kms_framebuffer(fd, large->hdisplay, large->vdisplay, &fb, &handle);
	if (err)
		fail("framebuffer: %s", strerror(-err));
	show("modeset", A, large, fb);
	if (ioctl(fd, DRM_IOCTL_MODE_RMFB, &fb))
		fail("RMFB: %s", strerror(errno));
	if (ioctl(fd, DRM_IOCTL_MODE_GETCRTC, &get) || get.fb_id)
		fail("the CRTC still shows framebuffer %u, which was removed", get.fb_id);
	if (reg(PIPE(A, DSPCNTR)) & PLANE_ENABLE)
		fail("the plane is still on, without a framebuffer");
	show("another framebuffer", A, large, first);
}

/* What is painted: no two pixels are alike. */
static uint32_t pattern(uint32_t x, uint32_t y)
{
	const uint32_t square = (x / 64 + y / 64) % 2 ? 0x00808080 : 0;

	return square ^ (x << 12 | y);
}

/* Bytes from the begin of an X-tiled surface to its pixel: tiles of 8 rows of 512 bytes lie row by row. */
static uint32_t tiled_offset(uint32_t pitch, uint32_t x, uint32_t y, uint32_t swizzle)
{
	const uint32_t column = 4 * x;
	uint32_t offset = y / 8 * 8 * pitch + column / 512 * 4096 + y % 8 * 512 + column % 512;

	if (swizzle == I915_BIT_6_SWIZZLE_9_10)
		offset ^= ((offset >> 9 ^ offset >> 10) & 1) << 6;
	return offset;
}

/* Of the pattern with a cursor on it: a square of one color at (@left, @top). */
static uint32_t pattern_crc(uint32_t left, uint32_t top, uint32_t size, uint32_t color)
{
	uint32_t crc = ~0u;

	for (uint32_t y = 0; y < small->vdisplay; y++)
		for (uint32_t x = 0; x < small->hdisplay; x++) {
			const bool covered = x - left < size && y - top < size;
			const uint32_t pixel = covered ? color : pattern(x, y);

			crc = picture_crc_add(crc, pixel);
		}
	return ~crc;
}

/* The virtual GPU takes a picture, and keeps it as a file outside of the guest. */
static void expect_picture(const char *step, uint32_t crc)
{
	volatile uint32_t *picture = gate_picture();

	*picture = A;
	if (*picture != crc)
		fail("%s: the picture's CRC is %#x, not %#x", step, *picture, crc);
}

/* @tiling: I915_TILING_NONE or I915_TILING_X */
static void show_pattern(uint32_t tiling)
{
	const uint32_t width = small->hdisplay, height = small->vdisplay;
	struct drm_i915_gem_set_tiling set = { .tiling_mode = tiling };
	const uint32_t pitch = (4 * width + 511) / 512 * 512, size = pitch * ((height + 7) / 8 * 8);
	uint32_t fb;
	uint8_t *pixels;
	int err;

	if (!gate_picture())
		skip("only the virtual GPU takes pictures");
	set.handle = gem_create(fd, (size + PAGE - 1) / PAGE * PAGE);
	set.stride = tiling ? pitch : 0;
	if (ioctl(fd, DRM_IOCTL_I915_GEM_SET_TILING, &set))
		fail("SET_TILING: %s", strerror(errno));
	if (set.swizzle_mode != I915_BIT_6_SWIZZLE_NONE && set.swizzle_mode != I915_BIT_6_SWIZZLE_9_10)
		skip("memory is swizzled in a way that the CPU cannot follow");
	pixels = gem_map(fd, set.handle, size);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			const uint32_t at = tiling ? tiled_offset(pitch, x, y, set.swizzle_mode) : y * pitch + 4 * x;

			*(uint32_t *)(pixels + at) = pattern(x, y);
		}
	err = kms_add_framebuffer(fd, set.handle, width, height, pitch, &fb);
	if (err)
		fail("framebuffer: %s", strerror(-err));
	off("at first");
	show("modeset", A, small, fb);
}

static void picture(void)
{
	uint32_t image;
	uint32_t *pixels;

	show_pattern(I915_TILING_NONE);
	expect_picture("without a cursor", pattern_crc(0, 0, 0, 0));
	image = cursor_image();
	pixels = gem_map(fd, image, 4 * CURSOR_SIZE * CURSOR_SIZE);
	for (uint32_t i = 0; i < CURSOR_SIZE * CURSOR_SIZE; i++)
		pixels[i] = 0xffffa000;
	set_cursor(image);
	move_cursor(100, 50);
	expect_picture("with a cursor", pattern_crc(100, 50, CURSOR_SIZE, 0xffa000));
	set_cursor(0);
}

static void picture_tiled(void)
{
	show_pattern(I915_TILING_X);
	expect_picture("X-tiled", pattern_crc(0, 0, 0, 0));
}

#define GLYPHS		512
#define GLYPH_BYTES	32	/* a glyph's rows, of up to eight pixels */
#define GREY		0xaaaaaa

static const char *const console_text[] = {
	"The quick brown fox jumps over the lazy dog.", "", "0123456789 !#$%&()*+,-./:;<=>?@[]^_{|}~",
};

struct font {
	struct console_font_op op;
	uint8_t rows[GLYPHS * GLYPH_BYTES];
};

/* What the CPU would paint: the text from the upper left corner on, grey on black. */
static uint32_t text_crc(const struct font *font, uint32_t width, uint32_t height)
{
	uint32_t crc = ~0u;

	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			const uint32_t row = y / font->op.height, column = x / font->op.width;
			const char *text = row < ARRAY_SIZE(console_text) ? console_text[row] : "";
			const uint8_t glyph = column < strlen(text) ? text[column] : ' ';
			const uint8_t bits = font->rows[glyph * GLYPH_BYTES + y % font->op.height];
			const uint32_t pixel = bits & 0x80 >> x % font->op.width ? GREY : 0;

			crc = picture_crc_add(crc, pixel);
		}
	return ~crc;
}

/* The console's own driver draws, with the CPU, through the aperture. */
static void console(void)
{
	static const char unbind[] = "/sys/class/vtconsole/vtcon1/bind";
	struct fb_con2fbmap map = { .console = 1, .framebuffer = 0 };
	static struct font font = {
		.op = { .op = KD_FONT_OP_GET, .width = 8, .height = 32, .charcount = GLYPHS, .data = font.rows },
	};
	struct fb_var_screeninfo info;
	const int fb = open("/dev/fb0", O_RDWR | O_CLOEXEC), tty = open("/dev/tty1", O_RDWR | O_CLOEXEC | O_NOCTTY);
	const char *picture_is_wrong = NULL;
	uint32_t crc;
	bool lit;

	if (fb < 0 || tty < 0)
		skip("no framebuffer console: %s", strerror(errno));
	if (!gate_picture())
		skip("only the virtual GPU takes pictures");
	if (access("/sys/class/vtconsole/vtcon0/bind", W_OK))
		skip("the kernel cannot unbind a console: the driver could not be unloaded again");
	if (ioctl(fb, FBIOPUT_CON2FBMAP, &map) || ioctl(fb, FBIOGET_VSCREENINFO, &info))
		fail("the framebuffer does not become the console's: %s", strerror(errno));
	/* 3.19 looks for screens when it is loaded, not when one is forced on later. */
	lit = reg(PIPE(A, PIPECONF)) & PIPE_ENABLE;
	if (ioctl(tty, KDFONTOP, &font.op) || font.op.width != 8)
		fail("the console's font: %s", strerror(errno));
	/* without its cursor, and no blanking */
	dprintf(tty, "\033[?25l\033[9;0]\033[H\033[2J");
	for (unsigned int i = 0; i < ARRAY_SIZE(console_text); i++)
		dprintf(tty, "%s\r\n", console_text[i]);
	tcdrain(tty);
	crc = text_crc(&font, info.xres, info.yres);
	*gate_picture() = A;
	if (*gate_picture() != crc)
		picture_is_wrong = "the picture is not that of the text";
	close(tty);
	close(fb);
	if (write_file(unbind, "0"))
		fail("%s: %s", unbind, strerror(errno));
	if (!lit)
		skip("the console lights no screen");
	if (picture_is_wrong)
		fail("%s: CRC %#x", picture_is_wrong, crc);
	note("%ux%u", info.xres, info.yres);
}

/* Returns 0, or -1 if there is no such connector. */
static int force_vga(const char *how)
{
	char path[64];
	int force, written;

	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/VGA-1/force", gem_minor());
	force = open(path, O_WRONLY | O_CLOEXEC);
	if (force < 0)
		return -1;
	written = write(force, how, strlen(how));
	close(force);
	return written < 0 ? -1 : 0;
}

/* Each connector has an encoder that some CRTC can feed. */
static void connectors(void)
{
	uint32_t connector[MAX_CONNECTORS], encoder[4] = { 0 };
	const unsigned int n = kms_connectors(fd, connector);

	if (no_screen)
		skip("%s", no_screen);
	for (unsigned int i = 0; i < n; i++) {
		struct drm_mode_get_connector c = {
			.connector_id = connector[i], .encoders_ptr = (uintptr_t)encoder, .count_encoders = 4,
		};
		struct drm_mode_get_encoder e = { 0 };

		if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c) || !c.count_encoders)
			fail("connector %u has no encoder: %s", connector[i], strerror(errno));
		e.encoder_id = encoder[0];
		if (ioctl(fd, DRM_IOCTL_MODE_GETENCODER, &e))
			fail("encoder %u: %s", encoder[0], strerror(errno));
		if (!e.possible_crtcs || e.possible_crtcs >> screen.crtcs)
			fail("encoder %u: possible CRTCs %#x of %u", encoder[0], e.possible_crtcs, screen.crtcs);
	}
	note("%u connectors, %u CRTCs, %u modes", n, screen.crtcs, screen.modes);
}

/* A connector is probed when it is asked for the number of its modes. */
static void probe_all(void)
{
	uint32_t connector[MAX_CONNECTORS];
	const unsigned int n = kms_connectors(fd, connector);

	for (unsigned int i = 0; i < n; i++) {
		struct drm_mode_get_connector c = { .connector_id = connector[i] };

		ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c);
	}
}

static void find_screen(void)
{
	const char *none;
	uint32_t handle;
	int err;

	if (force_vga("on")) {
		no_screen = "the driver has found no analog port (VGA-1)";
		return;
	}
	probe_all();
	none = kms_find_screen(fd, &screen);
	if (none)
		fail("VGA-1 is forced on, but %s", none);
	large = small = &screen.mode[0];
	for (unsigned int i = 0; i < screen.modes; i++)
		if (screen.mode[i].hdisplay < large->hdisplay)
			small = &screen.mode[i];
	err = kms_framebuffer(fd, large->hdisplay, large->vdisplay, &first, &handle);
	if (!err)
		err = kms_framebuffer(fd, large->hdisplay, large->vdisplay, &second, &handle);
	if (err)
		fail("framebuffer: %s", strerror(-err));
}

int main(int argc, char **argv)
{
	tap_begin("modes", argc, argv);
	fd = gem_open_device();
	find_screen();
	tap_run("connectors", 10, connectors);
	if (no_screen)
		return tap_end();
	tap_run("modeset", 10, modeset);
	tap_run("mode-change", 10, mode_change);
	tap_run("dpms", 10, dpms);
	tap_run("modeset-while-dark", 10, modeset_while_dark);
	tap_run("other-crtc", 10, other_crtc);
	tap_run("vblank", 10, vblank);
	tap_run("page-flip", 10, page_flip);
	tap_run("cursor", 10, cursor);
	tap_run("framebuffer-removed", 10, framebuffer_removed);
	tap_run("picture", 30, picture);
	tap_run("picture-tiled", 30, picture_tiled);
	close(fd);
	tap_run("console", 120, console);
	force_vga("unspecified");
	return tap_end();
}
