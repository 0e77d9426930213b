// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer's model: which files, contexts, handles there are, and what each object must hold. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static void lock(void)
{
	pthread_mutex_lock(&stage->lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&stage->lock);
}

int file_get(unsigned int file, int *fd)
{
	struct file *f = &stage->files[file];

	lock();
	if (f->fd < 0) {
		memset(f, 0, sizeof(*f));
		/* Nobody has the render node only; the last file is of that node, whoever opens it. */
		f->render_node = this_actor() == NOBODY || file == FILES - 1;
		f->fd = open(f->render_node ? "/dev/dri/renderD128" : "/dev/dri/card0", O_RDWR | O_CLOEXEC);
	}
	*fd = f->fd;
	unlock();
	return *fd < 0 ? -errno : 0;
}

int holder(unsigned int object)
{
	for (unsigned int i = 0; i <= OUTSIDE; i++)
		if (stage->files[i].fd >= 0 &&
		    (stage->files[i].handle[object][0] || stage->files[i].handle[object][1]))
			return i;
	return -1;
}

static uint32_t any_handle(unsigned int file, unsigned int object)
{
	const uint32_t *handles = stage->files[file].handle[object];

	return handles[0] ? handles[0] : handles[1];
}

/* An object that nobody has a handle for is gone; what was mapped may stay mapped until the program ends. */
static void drop_lost_objects(void)
{
	for (unsigned int i = 0; i < OBJECTS; i++)
		if (stage->objects[i].alive && holder(i) < 0)
			memset(&stage->objects[i], 0, sizeof(stage->objects[i]));
}

int file_close(unsigned int file)
{
	struct file *f = &stage->files[file];
	int fd;

	lock();
	fd = f->fd;
	memset(f, 0, sizeof(*f));
	f->fd = -1;
	drop_lost_objects();
	unlock();
	if (fd < 0)
		return SKIPPED;
	return close(fd) ? -errno : 0;
}

void handle_forget(unsigned int file, unsigned int object, unsigned int which)
{
	lock();
	stage->files[file].handle[object][which] = 0;
	drop_lost_objects();
	unlock();
}

int context_get(const struct step *s, unsigned int file, unsigned int context, uint32_t *id)
{
	struct drm_i915_gem_context_create create = { 0 };
	struct file *f = &stage->files[file];
	int fd, err;

	*id = DEFAULT_CONTEXT;
	err = file_get(file, &fd);
	if (err || !context)
		return err;
	if (!f->context[context]) {
		err = step_ioctl(s, fd, DRM_IOCTL_I915_GEM_CONTEXT_CREATE, &create);
		if (err)
			return err;
		f->context[context] = create.ctx_id;
	}
	*id = f->context[context];
	return 0;
}

static void born(unsigned int object, uint64_t size, void *memory)
{
	struct object *o = &stage->objects[object];

	memset(o, 0, sizeof(*o));
	*o = (struct object) {
		.alive = true, .size = size, .memory = memory, .process = this_process(), .linear = true,
	};
	for (unsigned int i = 0; i < WORDS; i++)
		o->words[i].known = true;
}

static int create_userptr(const struct step *s, int fd, uint64_t size, void **memory, uint32_t *handle)
{
	struct drm_i915_gem_userptr user = { .user_size = size };
	int err;

	*memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*memory == MAP_FAILED)
		return -errno;
	user.user_ptr = (uintptr_t)*memory;
	err = step_ioctl(s, fd, DRM_IOCTL_I915_GEM_USERPTR, &user);
	if (err)
		munmap(*memory, size);
	*handle = user.handle;
	return err;
}

int object_create(const struct step *s, unsigned int file, unsigned int object, bool userptr, unsigned int pages,
		  uint32_t *handle)
{
	struct drm_i915_gem_create create = { .size = (uint64_t)pages * PAGE };
	void *memory = NULL;
	int fd, err;

	err = file_get(file, &fd);
	if (err)
		return err;
	if (userptr)
		err = create_userptr(s, fd, create.size, &memory, &create.handle);
	else
		err = step_ioctl(s, fd, DRM_IOCTL_I915_GEM_CREATE, &create);
	if (err)
		return err;
	*handle = create.handle;
	lock();
	born(object, create.size, memory);
	for (unsigned int i = 0; i <= OUTSIDE; i++)
		memset(stage->files[i].handle[object], 0, sizeof(stage->files[i].handle[object]));
	stage->files[file].handle[object][0] = create.handle;
	unlock();
	return 0;
}

/* Without a name where one of both has the render node only. */
static int import(const struct step *s, unsigned int from, unsigned int to, unsigned int object, bool by_name,
		  uint32_t *handle)
{
	int from_fd = stage->files[from].fd, fd, err;
	struct drm_gem_flink flink = { .handle = any_handle(from, object) };
	struct drm_gem_open open = { 0 };
	struct drm_prime_handle prime = { .handle = flink.handle, .flags = DRM_CLOEXEC };

	err = file_get(to, &fd);
	if (err)
		return err;
	if (by_name) {
		err = step_ioctl(s, from_fd, DRM_IOCTL_GEM_FLINK, &flink);
		if (err)
			return err;
		open.name = flink.name;
		err = step_ioctl(s, fd, DRM_IOCTL_GEM_OPEN, &open);
		*handle = open.handle;
		return err;
	}
	err = step_ioctl(s, from_fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);
	if (err)
		return err;
	err = step_ioctl(s, fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
	close(prime.fd);
	*handle = prime.handle;
	return err;
}

/* Memory that is gone makes every use fail alike. Do so a few times, then begin anew with other memory. */
static void replace_unmapped(const struct step *s, unsigned int object)
{
	struct object *o = &stage->objects[object];

	if (!o->unmapped || s->number % 4 == 0)
		return;
	lock();
	memset(o, 0, sizeof(*o));
	for (unsigned int i = 0; i <= OUTSIDE; i++)
		memset(stage->files[i].handle[object], 0, sizeof(stage->files[i].handle[object]));
	unlock();
}

/* The one that outlives the program is the driver's own memory, others are the client's. */
int handle_get(const struct step *s, unsigned int file, unsigned int object, uint32_t *handle)
{
	struct file *f = &stage->files[file];
	int from, err, fd;
	bool by_name;

	err = file_get(file, &fd);
	if (err)
		return err;
	replace_unmapped(s, object);
	*handle = any_handle(file, object);
	if (*handle)
		return 0;
	from = holder(object);
	if (from < 0) {
		err = object_create(s, file, object, object, 1 + object, handle);
		/* A driver without userptr. */
		return err == -ENODEV ? object_create(s, file, object, false, 1 + object, handle) : err;
	}
	by_name = !f->render_node && !stage->files[from].render_node && s->number % 2;
	err = import(s, from, file, object, by_name, handle);
	if (!err)
		f->handle[object][0] = *handle;
	return err;
}

/* By its name, an object has as many handles in a file as one likes. */
int second_handle_get(const struct step *s, unsigned int file, unsigned int object, uint32_t *handle)
{
	uint32_t *handles = stage->files[file].handle[object];
	int err;

	err = handle_get(s, file, object, handle);
	if (err || stage->files[file].render_node)
		return err ? err : SKIPPED;
	if (handles[0] && handles[1]) {
		*handle = handles[1];
		return 0;
	}
	err = import(s, file, file, object, true, handle);
	if (!err)
		handles[handles[0] ? 1 : 0] = *handle;
	return err;
}

/* A word in each quarter, none at the very beginning of a page, where a store gone astray would most likely go. */
uint64_t word_offset(const struct object *o, unsigned int word)
{
	return (o->size / WORDS * word & ~(uint64_t)63) + 16 + 4 * word;
}

uint32_t step_value(const struct step *s)
{
	return 0x5eed0000 + s->number;
}

void write_begin(unsigned int object)
{
	struct object *o = &stage->objects[object];

	lock();
	o->version++;
	if (o->writers++) {
		o->contested = true;
		for (unsigned int i = 0; i < WORDS; i++)
			o->words[i].known = false;
	}
	unlock();
}

void write_end(unsigned int object, unsigned int word, uint32_t value, bool written)
{
	struct object *o = &stage->objects[object];

	lock();
	o->version++;
	if (written) {
		o->words[word].known = !o->contested;
		o->words[word].value = value;
	}
	if (o->writers && --o->writers == 0)
		o->contested = false;
	unlock();
}

unsigned int read_begin(unsigned int object)
{
	unsigned int version;

	lock();
	version = stage->objects[object].writers ? 0 : stage->objects[object].version;
	unlock();
	return version;
}

void expect(unsigned int object, unsigned int version, unsigned int word, uint32_t seen, const char *how)
{
	struct object *o = &stage->objects[object];
	bool known;
	uint32_t value;

	lock();
	known = o->alive && !o->writers && o->version == version && o->words[word].known;
	value = o->words[word].value;
	unlock();
	if (known && seen != value)
		finding("wrong memory: word %u of o%u holds %#x, not %#x, by %s", word, object, seen, value, how);
}

void forget_words(unsigned int object)
{
	lock();
	stage->objects[object].version++;
	for (unsigned int i = 0; i < WORDS; i++)
		stage->objects[object].words[i].known = false;
	unlock();
}

void forget_all_words(void)
{
	for (unsigned int i = 0; i < OBJECTS; i++)
		forget_words(i);
}
