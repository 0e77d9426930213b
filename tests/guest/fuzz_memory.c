// SPDX-License-Identifier: GPL-2.0-only
/* How the fuzzer's clients reach what objects hold, and what they do to memory of their own. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an access needs to know. */
struct access {
	const struct step *step;
	struct object *object;
	unsigned int number;
	int fd;
	uint32_t handle;
};

static int open_access(struct access *a, const struct step *s, unsigned int file, unsigned int object)
{
	int err;

	*a = (struct access) { .step = s, .object = &stage->objects[object], .number = object };
	err = handle_get(s, file, object, &a->handle);
	return err ? err : file_get(file, &a->fd);
}

static int set_domain(const struct access *a, uint32_t domain, bool write)
{
	struct drm_i915_gem_set_domain set = {
		.handle = a->handle, .read_domains = domain, .write_domain = write ? domain : 0,
	};

	return step_ioctl(a->step, a->fd, DRM_IOCTL_I915_GEM_SET_DOMAIN, &set);
}

/* A dword at an address, which may not be there. */
struct touch {
	volatile uint32_t *at;
	uint32_t value;
	bool write;
};

static void touch(void *arg)
{
	struct touch *t = arg;

	if (t->write)
		*t->at = t->value;
	else
		t->value = *t->at;
}

static int reach(void *memory, uint64_t offset, uint32_t *value, bool write)
{
	struct touch t = { .at = (uint32_t *)((char *)memory + offset), .value = *value, .write = write };
	int err = touching(touch, &t);

	*value = t.value;
	return err;
}

static int map_cpu(const struct access *a, void **map)
{
	struct drm_i915_gem_mmap m = { .handle = a->handle, .size = a->object->size };
	int err = step_ioctl(a->step, a->fd, DRM_IOCTL_I915_GEM_MMAP, &m);

	*map = (void *)(uintptr_t)m.addr_ptr;
	return err;
}

static int map_gtt(const struct access *a, void **map)
{
	struct drm_i915_gem_mmap_gtt m = { .handle = a->handle };
	int err = step_ioctl(a->step, a->fd, DRM_IOCTL_I915_GEM_MMAP_GTT, &m);

	if (err)
		return err;
	*map = mmap(NULL, a->object->size, PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, m.offset);
	return *map == MAP_FAILED ? -errno : 0;
}

enum { BY_PWRITE, BY_CPU_MAP, BY_GTT_MAP, BY_OWN_MEMORY };

static const char *const way_words[] = { "ioctl", "cpu-map", "gtt-map", "own-memory" };
static const struct domain some_way = { .words = way_words, .n = 4 };

static int transfer(const struct access *a, uint64_t offset, uint32_t *value, bool write)
{
	struct drm_i915_gem_pwrite w = {
		.handle = a->handle, .offset = offset, .size = sizeof(*value), .data_ptr = (uintptr_t)value,
	};
	struct drm_i915_gem_pread r = {
		.handle = a->handle, .offset = offset, .size = sizeof(*value), .data_ptr = (uintptr_t)value,
	};

	return write ? step_ioctl(a->step, a->fd, DRM_IOCTL_I915_GEM_PWRITE, &w) :
		       step_ioctl(a->step, a->fd, DRM_IOCTL_I915_GEM_PREAD, &r);
}

/* A map that an earlier step has left is used again: it may have lost its pages meanwhile. */
static int by_map(const struct access *a, uint64_t offset, uint32_t *value, bool write, bool gtt)
{
	unsigned int p = this_process();
	void *map = a->object->map[p];
	int err;

	if (map && a->object->map_is_gtt[p] != gtt)
		map = NULL;
	err = map ? 0 : gtt ? map_gtt(a, &map) : map_cpu(a, &map);
	if (err)
		return err;
	err = set_domain(a, gtt ? I915_GEM_DOMAIN_GTT : I915_GEM_DOMAIN_CPU, write);
	if (!err)
		err = reach(map, offset, value, write);
	if (a->step->number % 2) {
		a->object->map[p] = map;
		a->object->map_is_gtt[p] = gtt;
	} else if (map != a->object->map[p]) {
		munmap(map, a->object->size);
	}
	return err;
}

int look_through_gtt(int fd, uint32_t handle, uint64_t size)
{
	struct object o = { .size = size };
	const struct step s = { 0 };
	struct access a = { .step = &s, .object = &o, .fd = fd, .handle = handle };
	uint32_t value = 0;
	void *map;
	int err = map_gtt(&a, &map);

	if (err)
		return err;
	err = reach(map, 0, &value, false);
	munmap(map, size);
	return err;
}

static int by_own_memory(const struct access *a, uint64_t offset, uint32_t *value, bool write)
{
	int err;

	if (!a->object->memory || a->object->process != this_process() || a->object->unmapped)
		return SKIPPED;
	err = set_domain(a, I915_GEM_DOMAIN_CPU, write);
	return err ? err : reach(a->object->memory, offset, value, write);
}

static int access_word(const struct access *a, unsigned int way, unsigned int word, uint32_t *value, bool write)
{
	uint64_t offset = word_offset(a->object, word);

	/* There is but one way to such memory, as drivers know. Ask them now and then. */
	if (a->object->memory && way != BY_OWN_MEMORY && a->step->number % 8)
		way = BY_OWN_MEMORY;
	switch (way) {
	case BY_PWRITE:
		return transfer(a, offset, value, write);
	case BY_CPU_MAP:
		return by_map(a, offset, value, write, false);
	case BY_GTT_MAP:
		return by_map(a, offset, value, write, true);
	default:
		return by_own_memory(a, offset, value, write);
	}
}

/* Through the GTT a tiled object looks different. */
static bool shows_words(const struct access *a, unsigned int way)
{
	return way != BY_GTT_MAP || a->object->linear;
}

static int do_write(const struct step *s)
{
	unsigned int object = s->arg[1], way = s->arg[2], word = s->arg[3];
	uint32_t value = step_value(s);
	struct access a;
	int err = open_access(&a, s, s->arg[0], object);

	if (err)
		return err;
	write_begin(object);
	err = access_word(&a, way, word, &value, true);
	write_end(object, word, value, !err && shows_words(&a, way));
	/* Interrupted, it may have been written or not; and who knows where in a tiled object. */
	if ((err && err != SKIPPED) || !shows_words(&a, way))
		forget_words(object);
	return err;
}

static int do_read(const struct step *s)
{
	unsigned int object = s->arg[1], way = s->arg[2], word = s->arg[3], version;
	uint32_t value = 0;
	struct access a;
	int err = open_access(&a, s, s->arg[0], object);

	if (err)
		return err;
	version = read_begin(object);
	err = access_word(&a, way, word, &value, false);
	if (!err && shows_words(&a, way))
		expect(object, version, word, value, way_words[way]);
	return err;
}

int check_object(const struct step *s, unsigned int object)
{
	unsigned int way = stage->objects[object].memory ? BY_OWN_MEMORY : BY_PWRITE, version;
	struct access a;
	int err = open_access(&a, s, holder(object), object);

	for (unsigned int word = 0; word < WORDS && !err; word++) {
		uint32_t value = 0;

		version = read_begin(object);
		err = access_word(&a, way, word, &value, false);
		if (!err)
			expect(object, version, word, value, way_words[way]);
	}
	return err;
}

static const char *const domain_words[] = { "cpu", "gtt" };
static const struct domain some_domain = { .words = domain_words, .n = 2 };
static const struct domain yes_or_no = { .n = 2 };

static int do_domain(const struct step *s)
{
	struct access a;
	int err = open_access(&a, s, s->arg[0], s->arg[1]);

	return err ? err : set_domain(&a, s->arg[2] ? I915_GEM_DOMAIN_GTT : I915_GEM_DOMAIN_CPU, s->arg[3]);
}

static const char *const tiling_words[] = { "linear", "x", "y" };
static const struct domain some_tiling = { .words = tiling_words, .n = 3 };

static int do_tiling(const struct step *s)
{
	struct drm_i915_gem_set_tiling t = { .tiling_mode = s->arg[2], .stride = s->arg[2] ? 512 : 0 };
	struct access a;
	int err = open_access(&a, s, s->arg[0], s->arg[1]);

	if (err)
		return err;
	t.handle = a.handle;
	err = step_ioctl(s, a.fd, DRM_IOCTL_I915_GEM_SET_TILING, &t);
	if (!err)
		a.object->linear = !s->arg[2];
	return err;
}

static const struct domain some_caching = { .n = 3 };

static int do_caching(const struct step *s)
{
	struct drm_i915_gem_caching c = { .caching = s->arg[2] };
	struct access a;
	int err = open_access(&a, s, s->arg[0], s->arg[1]);

	c.handle = a.handle;
	return err ? err : step_ioctl(s, a.fd, DRM_IOCTL_I915_GEM_SET_CACHING, &c);
}

static const char *const advice_words[] = { "will-need", "dont-need" };
static const struct domain some_advice = { .words = advice_words, .n = 2 };

static int do_madvise(const struct step *s)
{
	struct drm_i915_gem_madvise m = { .madv = s->arg[2] ? I915_MADV_DONTNEED : I915_MADV_WILLNEED };
	struct access a;
	int err = open_access(&a, s, s->arg[0], s->arg[1]);

	if (err)
		return err;
	m.handle = a.handle;
	err = step_ioctl(s, a.fd, DRM_IOCTL_I915_GEM_MADVISE, &m);
	/* What is not needed may be gone from here on, or be said to be there and go before it is read. */
	if (!err && (s->arg[2] || !m.retained))
		forget_words(s->arg[1]);
	return err;
}

/* Only who has the memory can do something to it. */
static struct object *own_memory(unsigned int object)
{
	struct object *o = &stage->objects[object];

	return o->alive && o->memory && o->process == this_process() ? o : NULL;
}

static int do_unmap(const struct step *s)
{
	struct object *o = own_memory(s->arg[0]);

	if (!o || o->unmapped)
		return SKIPPED;
	forget_words(s->arg[0]);
	o->unmapped = true;
	return munmap(o->memory, o->size) ? -errno : 0;
}

/* Other memory at the same place. */
static int do_remap(const struct step *s)
{
	struct object *o = own_memory(s->arg[0]);

	if (!o)
		return SKIPPED;
	forget_words(s->arg[0]);
	if (mmap(o->memory, o->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		return -errno;
	o->unmapped = false;
	return 0;
}

/* The memory moves away and back. */
static int do_mremap(const struct step *s)
{
	struct object *o = own_memory(s->arg[0]);
	void *elsewhere;

	if (!o || o->unmapped)
		return SKIPPED;
	forget_words(s->arg[0]);
	elsewhere = mmap(NULL, o->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (elsewhere == MAP_FAILED ||
	    mremap(o->memory, o->size, o->size, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) == MAP_FAILED ||
	    mremap(elsewhere, o->size, o->size, MREMAP_MAYMOVE | MREMAP_FIXED, o->memory) == MAP_FAILED)
		return -errno;
	return 0;
}

/* A child shares the pages until somebody writes. */
static int do_fork(const struct step *s)
{
	pid_t pid = fork();

	(void)s;
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		for (unsigned int i = 0; i < OBJECTS; i++) {
			struct object *o = own_memory(i);
			uint32_t value = 0;

			if (o && !o->unmapped)
				reach(o->memory, 0, &value, true);
		}
		_exit(0);
	}
	/* What the GPU writes may go to a page that the client has a copy of by now. */
	for (unsigned int i = 0; i < OBJECTS; i++)
		if (own_memory(i))
			forget_words(i);
	return waitpid(pid, NULL, 0) == pid ? 0 : -errno;
}

#define ON_OBJECT(what, domain) \
	.args = { { "file", &some_file }, { "object", &some_object }, { what, domain } }
#define ON_WORD \
	.args = { { "file", &some_file }, { "object", &some_object }, { "way", &some_way }, { "word", &some_word } }
#define ON_OWN .args = { { "object", &some_object } }

const struct op memory_ops[] = {
	{ "write", 8, LOOK, .run = do_write, ON_WORD },
	{ "read", 6, LOOK, .run = do_read, ON_WORD },
	{ "domain", 3, LOOK, .run = do_domain,
	  .args = { { "file", &some_file }, { "object", &some_object },
		    { "domain", &some_domain }, { "write", &yes_or_no } } },
	{ "tiling", 2, .run = do_tiling, ON_OBJECT("tiling", &some_tiling) },
	{ "caching", 2, .run = do_caching, ON_OBJECT("level", &some_caching) },
	{ "madvise", 3, PRESSURE | PURGES, .run = do_madvise, ON_OBJECT("advice", &some_advice) },
	{ "unmap", 16, ON_MEMORY | PRESSURE, .run = do_unmap, ON_OWN },
	{ "remap", 5, ON_MEMORY | PRESSURE, .run = do_remap, ON_OWN },
	{ "mremap", 2, ON_MEMORY | PRESSURE, .run = do_mremap, ON_OWN },
	{ "fork", 1, PRESSURE, .run = do_fork },
	{ 0 }
};
