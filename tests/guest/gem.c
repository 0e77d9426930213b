// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "array.h"
#include "gem.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * Commands, from Intel's Programmer's Reference Manual of Broadwell (volume 2a)
 * and Haswell: bits 28:23 opcode, low bits length in dwords less two.
 */
#define MI_NOOP			0u
#define MI_ARB_CHECK		(0x05u << 23)
#define MI_BATCH_BUFFER_END	(0x0au << 23)
#define MI_STORE_DWORD_IMM	(0x20u << 23 | 2)
#define MI_BATCH_BUFFER_START	(0x31u << 23)
#define MI_BATCH_PPGTT		(1u << 8)

const struct engine engines[] = {
	[RENDER] = { "render", I915_EXEC_RENDER, 0 },
	[BSD] = { "bsd", I915_EXEC_BSD, I915_PARAM_HAS_BSD },
	[BLT] = { "blt", I915_EXEC_BLT, I915_PARAM_HAS_BLT },
	[VEBOX] = { "vebox", I915_EXEC_VEBOX, I915_PARAM_HAS_VEBOX },
};

const unsigned int n_engines = ARRAY_SIZE(engines);

static int try_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret && (errno == EINTR || errno == EAGAIN));
	return ret ? -errno : 0;
}

static void must(int err, const char *what)
{
	if (err)
		fail("%s: %s", what, strerror(-err));
}

static const char *device = "/dev/dri/card0";

void gem_use_device(const char *path)
{
	device = path;
}

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

int gem_open_device(void)
{
	return open_node(device);
}

int gem_open_render(void)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/dri/renderD%u", 128 + gem_minor());
	return open_node(path);
}

/* Asked once: a card without its driver has no node. */
unsigned int gem_minor(void)
{
	static int number = -1;
	struct stat node;

	if (number < 0) {
		if (stat(device, &node) || !S_ISCHR(node.st_mode))
			fail("%s: not a device", device);
		number = minor(node.st_rdev);
	}
	return number;
}

int write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int gem_debugfs(const char *name, unsigned int value)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/%s", gem_minor(), name);
	snprintf(text, sizeof(text), "%#x", value);
	return write_file(path, text);
}

/* Asked once, for a card without its driver has none. */
const char *gem_driver(void)
{
	static char target[PATH_MAX];
	char path[64];

	if (!target[0]) {
		snprintf(path, sizeof(path), "/sys/dev/char/226:%u/device/driver", gem_minor());
		if (!realpath(path, target))
			fail("%s: %s", path, strerror(errno));
	}
	return strrchr(target, '/') + 1;
}

static void parameter_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, "/sys/module/%s/parameters/%s", gem_driver(), name);
}

int gem_set_parameter(const char *name, const char *value)
{
	char path[128];

	parameter_path(path, sizeof(path), name);
	return write_file(path, value);
}

volatile uint32_t *gem_registers(uint64_t offset)
{
	char path[64];
	void *page;
	int fd;

	snprintf(path, sizeof(path), "/sys/dev/char/226:%u/device/resource0", gem_minor());
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

int gem_param(int fd, int param, int otherwise)
{
	int value = otherwise;
	struct drm_i915_getparam get = { .param = param, .value = &value };

	return try_ioctl(fd, DRM_IOCTL_I915_GETPARAM, &get) ? otherwise : value;
}

bool gem_has_engine(int fd, const struct engine *e)
{
	return !e->param || gem_param(fd, e->param, 0);
}

const struct engine *gem_next_engine(int fd, const struct engine *e)
{
	for (e = e ? e + 1 : engines; e < engines + n_engines; e++)
		if (gem_has_engine(fd, e))
			return e;
	return NULL;
}

/* By PCI ID: Haswell's are 0x04xx, 0x0axx, 0x0cxx and 0x0dxx; later GPUs are at least gen8. */
int gem_generation(int fd)
{
	int id = gem_param(fd, I915_PARAM_CHIPSET_ID, 0);

	switch (id >> 8) {
	case 0x01:	/* Ivybridge; Sandybridge is below 0x0130 */
		return id < 0x0130 ? 6 : 7;
	case 0x04:
	case 0x0a:
	case 0x0c:
	case 0x0d:
		return 7;
	case 0x0f:	/* Bay Trail */
		return 7;
	default:
		return 8;
	}
}

/*
 * Up to 3.19 I915_PARAM_HAS_ALIASING_PPGTT is a flag, so ask the module, whose
 * parameter holds what the driver settled on. Drivers without the parameter
 * answer with the ioctl: 2 and 3 are full PPGTT.
 */
bool gem_has_full_ppgtt(int fd)
{
	char path[128];
	int mode = 0;
	FILE *f;

	parameter_path(path, sizeof(path), "enable_ppgtt");
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &mode) != 1)
			mode = 0;
		fclose(f);
	} else {
		mode = gem_param(fd, I915_PARAM_HAS_ALIASING_PPGTT, 0);
	}
	return mode >= 2;
}

uint32_t gem_create(int fd, uint64_t size)
{
	struct drm_i915_gem_create create = { .size = size };

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &create), "GEM_CREATE");
	return create.handle;
}

int try_userptr(int fd, void *memory, uint64_t size, uint32_t *handle)
{
	struct drm_i915_gem_userptr userptr = { .user_ptr = (uintptr_t)memory, .user_size = size };
	int err = try_ioctl(fd, DRM_IOCTL_I915_GEM_USERPTR, &userptr);

	*handle = userptr.handle;
	return err;
}

uint32_t gem_userptr(int fd, void *memory, uint64_t size)
{
	uint32_t handle;

	must(try_userptr(fd, memory, size, &handle), "GEM_USERPTR");
	return handle;
}

int try_close(int fd, uint32_t handle)
{
	struct drm_gem_close close = { .handle = handle };

	return try_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &close);
}

void gem_close(int fd, uint32_t handle)
{
	must(try_close(fd, handle), "GEM_CLOSE");
}

void gem_write(int fd, uint32_t handle, uint64_t offset, const void *from, uint64_t size)
{
	struct drm_i915_gem_pwrite w = {
		.handle = handle, .offset = offset, .size = size, .data_ptr = (uintptr_t)from,
	};

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_PWRITE, &w), "GEM_PWRITE");
}

void gem_read(int fd, uint32_t handle, uint64_t offset, void *to, uint64_t size)
{
	struct drm_i915_gem_pread r = {
		.handle = handle, .offset = offset, .size = size, .data_ptr = (uintptr_t)to,
	};

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_PREAD, &r), "GEM_PREAD");
}

void *gem_map(int fd, uint32_t handle, uint64_t size)
{
	struct drm_i915_gem_mmap map = { .handle = handle, .size = size };

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_MMAP, &map), "GEM_MMAP");
	return (void *)(uintptr_t)map.addr_ptr;
}

void *gem_map_gtt(int fd, uint32_t handle, uint64_t size)
{
	struct drm_i915_gem_mmap_gtt map = { .handle = handle };
	void *at;

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_MMAP_GTT, &map), "GEM_MMAP_GTT");
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, map.offset);
	if (at == MAP_FAILED)
		fail("mmap through the GTT: %s", strerror(errno));
	return at;
}

uint32_t gem_flink(int fd, uint32_t handle)
{
	struct drm_gem_flink flink = { .handle = handle };

	must(try_ioctl(fd, DRM_IOCTL_GEM_FLINK, &flink), "GEM_FLINK");
	return flink.name;
}

int try_open(int fd, uint32_t name, uint32_t *handle)
{
	struct drm_gem_open open = { .name = name };
	int err = try_ioctl(fd, DRM_IOCTL_GEM_OPEN, &open);

	*handle = open.handle;
	return err;
}

uint32_t gem_open(int fd, uint32_t name)
{
	uint32_t handle;

	must(try_open(fd, name, &handle), "GEM_OPEN");
	return handle;
}

bool gem_madvise(int fd, uint32_t handle, uint32_t advice)
{
	struct drm_i915_gem_madvise madvise = { .handle = handle, .madv = advice };

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_MADVISE, &madvise), "GEM_MADVISE");
	return madvise.retained;
}

int try_prime_export(int fd, uint32_t handle, int *dmabuf)
{
	struct drm_prime_handle prime = { .handle = handle, .flags = DRM_CLOEXEC };
	int err = try_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);

	*dmabuf = prime.fd;
	return err;
}

int gem_prime_export(int fd, uint32_t handle)
{
	int dmabuf;

	must(try_prime_export(fd, handle, &dmabuf), "PRIME_HANDLE_TO_FD");
	return dmabuf;
}

uint32_t gem_prime_import(int fd, int dmabuf)
{
	struct drm_prime_handle prime = { .fd = dmabuf };

	must(try_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), "PRIME_FD_TO_HANDLE");
	return prime.handle;
}

uint32_t gem_context_create(int fd)
{
	struct drm_i915_gem_context_create create = { 0 };

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_CREATE, &create), "GEM_CONTEXT_CREATE");
	return create.ctx_id;
}

void gem_context_destroy(int fd, uint32_t context)
{
	struct drm_i915_gem_context_destroy destroy = { .ctx_id = context };

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &destroy), "GEM_CONTEXT_DESTROY");
}

bool gem_busy(int fd, uint32_t handle)
{
	struct drm_i915_gem_busy busy = { .handle = handle };

	must(try_ioctl(fd, DRM_IOCTL_I915_GEM_BUSY, &busy), "GEM_BUSY");
	return busy.busy;
}

int try_wait(int fd, uint32_t handle, int64_t nanoseconds)
{
	struct drm_i915_gem_wait wait = { .bo_handle = handle, .timeout_ns = nanoseconds };

	return try_ioctl(fd, DRM_IOCTL_I915_GEM_WAIT, &wait);
}

void gem_wait(int fd, uint32_t handle)
{
	must(try_wait(fd, handle, 10000000000ll), "GEM_WAIT of 10 s");
}

int try_exec(int fd, struct drm_i915_gem_execbuffer2 *exec)
{
	return try_ioctl(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2, exec);
}

int try_exec_once(int fd, struct drm_i915_gem_execbuffer2 *exec)
{
	return ioctl(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2, exec) ? -errno : 0;
}

static const uint32_t empty[] = { MI_BATCH_BUFFER_END, MI_NOOP };

uint32_t gem_empty_batch(int fd)
{
	uint32_t batch = gem_create(fd, PAGE);

	gem_write(fd, batch, 0, empty, sizeof(empty));
	return batch;
}

bool gem_context_has_engine(int fd, uint32_t context, const struct engine *e)
{
	struct drm_i915_gem_exec_object2 batch = { .handle = gem_empty_batch(fd) };
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)&batch,
		.buffer_count = 1,
		.flags = e->flag,
		.rsvd1 = context,
	};
	int err;

	err = try_exec(fd, &exec);
	gem_close(fd, batch.handle);
	return err != -EINVAL;
}

/* Run @batch with @other (may be 0) in its list; the addresses come back in @objects. */
static void run(int fd, uint32_t context, uint64_t engine, uint32_t other, uint32_t batch,
		struct drm_i915_gem_relocation_entry *relocations, unsigned int n,
		struct drm_i915_gem_exec_object2 objects[2])
{
	struct drm_i915_gem_exec_object2 *first = other ? &objects[0] : &objects[1];
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)first,
		.buffer_count = &objects[2] - first,
		.flags = engine,
		.rsvd1 = context,
	};

	memset(objects, 0, 2 * sizeof(*objects));
	objects[0].handle = other;
	objects[1].handle = batch;
	objects[1].relocs_ptr = (uintptr_t)relocations;
	objects[1].relocation_count = n;
	must(try_exec(fd, &exec), "GEM_EXECBUFFER2");
}

uint32_t gem_use(int fd, uint32_t context, uint64_t engine, uint32_t handle)
{
	struct drm_i915_gem_exec_object2 objects[2];
	uint32_t batch = gem_empty_batch(fd);

	run(fd, context, engine, handle, batch, NULL, 0, objects);
	return batch;
}

void gem_use_and_wait(int fd, uint32_t context, uint64_t engine, uint32_t handle)
{
	uint32_t batch = gem_use(fd, context, engine, handle);

	gem_wait(fd, batch);
	gem_close(fd, batch);
}

/*
 * MI_STORE_DWORD_IMM of @value. Dwords 1 and 2 are the address, low half
 * first, from gen8 on; before, dword 1 is zero and dword 2 the address.
 *
 * Return: byte offset of the address in the batch.
 */
static uint64_t store_commands(int fd, uint32_t batch, uint64_t address, uint32_t value)
{
	bool gen8 = gem_generation(fd) >= 8;
	const uint32_t commands[] = {
		MI_STORE_DWORD_IMM,
		gen8 ? (uint32_t)address : 0,
		gen8 ? (uint32_t)(address >> 32) : (uint32_t)address,
		value,
		MI_BATCH_BUFFER_END, MI_NOOP,
	};

	gem_write(fd, batch, 0, commands, sizeof(commands));
	return gen8 ? 4 : 8;
}

uint64_t gem_store(int fd, uint32_t context, uint64_t engine, uint32_t target,
		   uint64_t offset, uint32_t value)
{
	uint32_t batch = gem_create(fd, PAGE);
	struct drm_i915_gem_relocation_entry relocation = {
		.target_handle = target,
		.delta = offset,
		.offset = store_commands(fd, batch, offset, value),
		.presumed_offset = 0,
		.read_domains = I915_GEM_DOMAIN_INSTRUCTION,
		.write_domain = I915_GEM_DOMAIN_INSTRUCTION,
	};
	struct drm_i915_gem_exec_object2 objects[2];

	run(fd, context, engine, target, batch, &relocation, 1, objects);
	gem_close(fd, batch);
	return objects[0].offset;
}

uint32_t gem_store_at(int fd, uint32_t context, uint64_t engine, uint64_t address,
		      uint32_t value, uint32_t keep)
{
	struct drm_i915_gem_exec_object2 objects[2];
	uint32_t batch = gem_create(fd, PAGE);

	store_commands(fd, batch, address, value);
	run(fd, context, engine, keep, batch, NULL, 0, objects);
	return batch;
}

/* A batch that jumps to its own start, and the relocation of that jump. */
static struct spinner loop(int fd, enum spin_kind kind, struct drm_i915_gem_relocation_entry *jump)
{
	bool gen8 = gem_generation(fd) >= 8;
	struct spinner s = { .fd = fd, .batch = gem_create(fd, PAGE) };
	const uint32_t commands[] = {
		kind == SPIN_PREEMPTIBLE ? MI_ARB_CHECK : MI_NOOP,
		MI_BATCH_BUFFER_START | MI_BATCH_PPGTT | (gen8 ? 1 : 0),
		0, 0, MI_BATCH_BUFFER_END, MI_NOOP,
	};

	*jump = (struct drm_i915_gem_relocation_entry) {
		.target_handle = s.batch,
		.offset = 2 * sizeof(uint32_t),
		.read_domains = I915_GEM_DOMAIN_COMMAND,
	};
	gem_write(fd, s.batch, 0, commands, sizeof(commands));
	s.map = gem_map(fd, s.batch, PAGE);
	return s;
}

struct spinner spin(int fd, uint32_t context, uint64_t engine, enum spin_kind kind, uint32_t with)
{
	struct drm_i915_gem_relocation_entry jump;
	struct drm_i915_gem_exec_object2 objects[2];
	struct spinner s = loop(fd, kind, &jump);

	run(fd, context, engine, with, s.batch, &jump, 1, objects);
	return s;
}

struct spinner spin_on(int fd, struct drm_i915_gem_exec_object2 *objects, unsigned int n, int *err)
{
	struct drm_i915_gem_relocation_entry jump;
	struct spinner s = loop(fd, SPIN_PREEMPTIBLE, &jump);
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)objects, .buffer_count = n + 1, .flags = I915_EXEC_RENDER,
	};

	objects[n] = (struct drm_i915_gem_exec_object2) {
		.handle = s.batch, .relocs_ptr = (uintptr_t)&jump, .relocation_count = 1,
	};
	*err = try_exec(fd, &exec);
	return s;
}

void spin_stop(struct spinner *s)
{
	s->map[0] = MI_BATCH_BUFFER_END;
}

void spin_end(struct spinner *s)
{
	spin_stop(s);
	munmap((void *)s->map, PAGE);
	gem_close(s->fd, s->batch);
}
