// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer's execbufs: every engine, any objects, in ways that succeed and in ways that fail. */
#define _GNU_SOURCE
#include "array.h"
#include "fuzz.h"
#include "gate.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPARSE		(1u << 30)

/*
 * Larger than any address space; or, for drivers that make no such object, than what a client that knows nothing of 48
 * bits can address. Those of 4.3 give every client 48 bits, and would fetch all the smaller one's pages.
 */
#define HUGE		(1ull << 49)
#define LARGE		(8ull << 30)

/* How an execbuf is made; a set. */
enum {
	STORE = 1,		/* it writes to the first object */
	FAR = 2,		/* the first object a GiB from others: it moves, or others do */
	ONCE = 4,		/* not tried again after EAGAIN */
	ALIASED = 8,		/* the first object a second time, by another handle */
	SPIN = 16,		/* it runs until a step "release", or a reset */
	NO_RELOC = 32,
	FIXED = 64,		/* the first object at an address that the client chooses (4.5 and later) */
	FENCED = 128,
	DISCARD = 256,		/* the batch's handle is closed as soon as it has been submitted */
};

static const char *const how_words[] = {
	"store", "far", "once", "aliased", "spin", "no-reloc", "fixed", "fenced", "discard",
};

static const struct domain some_how = { .words = how_words, .n = 9, .set = true };

/* What comes before the objects, so that they are never bound: */
enum {
	NOTHING,
	CROWD_OF,	/* more objects that are far apart than there is room for: ENOSPC */
	TOO_LARGE,	/* one that no address space holds: E2BIG */
	FRESH,		/* memory of the client's, which a driver may want to get later: EAGAIN */
	DEAD,		/* memory of the client's that is unmapped: EFAULT */
};

static const char *const obstacle_words[] = { "nothing", "crowd", "too-large", "fresh", "dead" };
const struct domain some_obstacle = { .words = obstacle_words, .n = 5 };

#define EXEC_PINNED	(1 << 4)	/* EXEC_OBJECT_PINNED, of 4.5 */

#define MAX_LIST (CROWD + OBJECTS + 5)

/* An execbuf being made. */
struct list {
	const struct step *step;
	int fd;
	struct drm_i915_gem_exec_object2 objects[MAX_LIST];
	unsigned int n;
	uint32_t temporary[2];		/* handles to be closed, and memory to be unmapped, if they are not kept */
	void *memory;
};

static struct drm_i915_gem_exec_object2 *add(struct list *l, uint32_t handle)
{
	struct drm_i915_gem_exec_object2 *o = &l->objects[l->n++];

	*o = (struct drm_i915_gem_exec_object2) { .handle = handle };
	return o;
}

static int new_object(struct list *l, uint64_t size, uint32_t *handle)
{
	struct drm_i915_gem_create create = { .size = size };
	int err = step_ioctl(l->step, l->fd, DRM_IOCTL_I915_GEM_CREATE, &create);

	*handle = create.handle;
	return err;
}

static int add_crowd(struct list *l, struct file *f)
{
	for (unsigned int i = 0; i < CROWD; i++) {
		int err = f->crowd[i] ? 0 : new_object(l, PAGE, &f->crowd[i]);

		if (err)
			return err;
		add(l, f->crowd[i])->alignment = SPARSE;
	}
	return 0;
}

static int add_huge(struct list *l, struct file *f)
{
	int err = f->huge || !new_object(l, HUGE, &f->huge) ? 0 : new_object(l, LARGE, &f->huge);

	if (!err)
		add(l, f->huge);
	return err;
}

static int add_userptr(struct list *l, bool dead)
{
	struct drm_i915_gem_userptr user = { .user_size = PAGE };
	int err;

	l->memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (l->memory == MAP_FAILED)
		return -errno;
	user.user_ptr = (uintptr_t)l->memory;
	err = step_ioctl(l->step, l->fd, DRM_IOCTL_I915_GEM_USERPTR, &user);
	if (dead || err) {
		munmap(l->memory, PAGE);
		l->memory = NULL;
	}
	if (!err)
		add(l, l->temporary[0] = user.handle);
	return err;
}

static int add_obstacle(struct list *l, struct file *f, unsigned int obstacle)
{
	switch (obstacle) {
	case CROWD_OF:
		return add_crowd(l, f);
	case TOO_LARGE:
		return add_huge(l, f);
	case FRESH:
	case DEAD:
		return add_userptr(l, obstacle == DEAD);
	default:
		return 0;
	}
}

static int add_objects(struct list *l, unsigned int file, unsigned int set, unsigned int how)
{
	unsigned int first = l->n;

	for (unsigned int i = 0; i < OBJECTS; i++) {
		uint32_t handle;
		int err;

		if (!(set & 1u << i))
			continue;
		err = handle_get(l->step, file, i, &handle);
		if (err)
			return err;
		add(l, handle);
		if (l->n == first + 1 && how & ALIASED && !second_handle_get(l->step, file, i, &handle) &&
		    handle != l->objects[first].handle)
			add(l, handle);
	}
	if (l->n == first)
		return 0;
	if (how & FAR)
		l->objects[first].alignment = SPARSE;
	if (how & FENCED)
		l->objects[first].flags |= EXEC_OBJECT_NEEDS_FENCE;
	if (how & FIXED && stage->fixed_addresses) {
		l->objects[first].flags |= EXEC_PINNED;
		l->objects[first].offset = (1 + l->step->number % 4) * (64u << 20);
	}
	return 0;
}

/* The object that a batch stores to is the first of the set. */
static int first_of(unsigned int set)
{
	for (unsigned int i = 0; i < OBJECTS; i++)
		if (set & 1u << i)
			return i;
	return -1;
}

#define MI_ARB_CHECK		(0x05u << 23)
#define MI_BATCH_BUFFER_END	(0x0au << 23)
#define MI_STORE_DWORD_IMM	(0x20u << 23 | 2)
#define MI_BATCH_BUFFER_START	(0x31u << 23)
#define MI_BATCH_PPGTT		(1u << 8)

struct batch {
	uint32_t commands[16];
	struct drm_i915_gem_relocation_entry relocations[2];
	unsigned int n, n_relocations;
	unsigned int loop;		/* where that begins */
	bool gen8;
};

static void refer(struct batch *b, uint32_t handle, uint64_t delta, bool write)
{
	b->relocations[b->n_relocations++] = (struct drm_i915_gem_relocation_entry) {
		.target_handle = handle, .delta = delta, .offset = b->n * sizeof(uint32_t),
		.presumed_offset = ~0ull,
		.read_domains = write ? I915_GEM_DOMAIN_INSTRUCTION : I915_GEM_DOMAIN_COMMAND,
		.write_domain = write ? I915_GEM_DOMAIN_INSTRUCTION : 0,
	};
	b->commands[b->n++] = 0;
	if (b->gen8)
		b->commands[b->n++] = 0;
}

/* Before gen8 the first dword of a store is zero and the address the second. */
static void put_store(struct batch *b, uint32_t handle, uint64_t offset, uint32_t value)
{
	b->commands[b->n++] = MI_STORE_DWORD_IMM;
	if (!b->gen8)
		b->commands[b->n++] = 0;
	refer(b, handle, offset, true);
	b->commands[b->n++] = value;
}

/* A jump back, until the CPU writes an end where it jumps to. */
static void put_loop(struct batch *b)
{
	b->loop = b->n;
	b->commands[b->n++] = MI_ARB_CHECK;
	b->commands[b->n++] = MI_BATCH_BUFFER_START | MI_BATCH_PPGTT | (b->gen8 ? 1 : 0);
	refer(b, 0, b->loop * sizeof(uint32_t), false);
}

/* Where the loops of batches that spin begin. */
static volatile uint32_t *spinners[8];
static unsigned int n_spinners;

#define SPINNERS ARRAY_SIZE(spinners)

void end_spinners(void)
{
	for (unsigned int i = 0; i < SPINNERS; i++)
		if (spinners[i]) {
			*spinners[i] = MI_BATCH_BUFFER_END;
			spinners[i] = NULL;
		}
}

/* The map outlives the handle. */
static int keep_spinner(const struct step *step, int fd, uint32_t batch, unsigned int loop)
{
	struct drm_i915_gem_mmap map = { .handle = batch, .size = PAGE };
	volatile uint32_t **s = &spinners[n_spinners++ % SPINNERS];
	int err = step_ioctl(step, fd, DRM_IOCTL_I915_GEM_MMAP, &map);

	if (err)
		return err;
	if (*s)
		**s = MI_BATCH_BUFFER_END;
	*s = (uint32_t *)(uintptr_t)map.addr_ptr + loop;
	return 0;
}

static int add_batch(struct list *l, struct batch *b)
{
	struct drm_i915_gem_pwrite write = { .data_ptr = (uintptr_t)b->commands, .size = sizeof(b->commands) };
	struct drm_i915_gem_exec_object2 *o;
	int err = new_object(l, PAGE, &write.handle);

	if (err)
		return err;
	l->temporary[1] = write.handle;
	for (unsigned int i = 0; i < b->n_relocations; i++)
		if (!b->relocations[i].target_handle)
			b->relocations[i].target_handle = write.handle;
	b->commands[b->n++] = MI_BATCH_BUFFER_END;
	err = step_ioctl(l->step, l->fd, DRM_IOCTL_I915_GEM_PWRITE, &write);
	o = add(l, write.handle);
	o->relocs_ptr = (uintptr_t)b->relocations;
	o->relocation_count = b->n_relocations;
	return err;
}

static int submit(struct list *l, uint32_t context, unsigned int engine, unsigned int how)
{
	struct drm_i915_gem_execbuffer2 exec = {
		.buffers_ptr = (uintptr_t)l->objects, .buffer_count = l->n,
		.flags = engines[engine].flag | (how & NO_RELOC ? I915_EXEC_NO_RELOC : 0), .rsvd1 = context,
	};

	if (how & ONCE)
		return ioctl(l->fd, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec) ? -errno : 0;
	return step_ioctl(l->step, l->fd, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec);
}

/* Only the conductor's process can end a batch that spins. */
static bool may_spin(unsigned int how)
{
	return how & SPIN && this_process() == 0;
}

/* Some drivers run contexts other than a file's own on the render engine only. */
static unsigned int context_for(const struct step *s)
{
	return s->arg[2] != RENDER && stage->contexts_only_render ? DEFAULT_CONTEXT : s->arg[1];
}

static int make_and_submit(struct list *l, struct file *f, uint32_t context)
{
	unsigned int file = l->step->arg[0], engine = l->step->arg[2], set = l->step->arg[3], how = l->step->arg[5];
	struct batch b = { .gen8 = gem_generation(l->fd) >= 8 };
	unsigned int first;
	int err = add_obstacle(l, f, l->step->arg[6]);

	if (err)
		return err;
	first = l->n;
	err = add_objects(l, file, set, how);
	if (err)
		return err;
	if (how & STORE && l->n > first)
		put_store(&b, l->objects[first].handle,
			  word_offset(&stage->objects[first_of(set)], l->step->arg[4]), step_value(l->step));
	if (may_spin(how))
		put_loop(&b);
	err = add_batch(l, &b);
	if (!err && may_spin(how))
		err = keep_spinner(l->step, l->fd, l->temporary[1], b.loop);
	return err ? err : submit(l, context, engine, how);
}

static void clean_up(struct list *l)
{
	for (unsigned int i = 0; i < 2; i++)
		if (l->temporary[i]) {
			struct drm_gem_close close = { .handle = l->temporary[i] };

			ioctl(l->fd, DRM_IOCTL_GEM_CLOSE, &close);
		}
	if (l->memory)
		munmap(l->memory, PAGE);
}

static int do_exec(const struct step *s)
{
	struct list l = { .step = s };
	int object = s->arg[5] & STORE ? first_of(s->arg[3]) : -1, err;
	uint32_t context;

	err = context_get(s, s->arg[0], context_for(s), &context);
	if (err)
		return err;
	l.fd = stage->files[s->arg[0]].fd;
	if (object >= 0)
		write_begin(object);
	err = make_and_submit(&l, &stage->files[s->arg[0]], context);
	if (object >= 0)
		write_end(object, s->arg[4], step_value(s), !err);
	if (s->arg[5] & DISCARD)
		clean_up(&l);
	return err;
}

static const struct domain some_times = { .n = 4 };

/* Requests that use nothing: an engine gets on, and the driver looks at it. */
static int do_nop(const struct step *s)
{
	struct batch b = { .n = 0 };
	struct list l = { .step = s };
	int err = file_get(s->arg[0], &l.fd);

	if (!err)
		err = add_batch(&l, &b);
	for (unsigned int i = 0; i <= s->arg[2] && !err; i++)
		err = submit(&l, DEFAULT_CONTEXT, s->arg[1], 0);
	return err;
}

/* Nothing but a reset ends this batch. What was queued on any engine may never be done. */
static int do_hang(const struct step *s)
{
	struct batch b = { .gen8 = gem_generation(stage->files[OUTSIDE].fd) >= 8 };
	struct list l = { .step = s };
	struct drm_i915_gem_wait wait = { .timeout_ns = 50000000000ll };
	int err = file_get(s->arg[0], &l.fd);

	if (err)
		return err;
	gates_open_all();
	end_spinners();
	forget_all_words();
	put_loop(&b);
	b.commands[b.loop] = 0;
	err = add_batch(&l, &b);
	if (!err)
		err = submit(&l, DEFAULT_CONTEXT, s->arg[1], 0);
	wait.bo_handle = l.temporary[1];
	if (!err)
		err = step_ioctl(s, l.fd, DRM_IOCTL_I915_GEM_WAIT, &wait);
	forget_all_words();
	return err;
}

const struct op exec_ops[] = {
	{ "exec", 50, ALWAYS | USE, .run = do_exec,
	  .args = { { "file", &some_file }, { "ctx", &some_context }, { "engine", &some_engine },
		    { "objects", &some_objects }, { "word", &some_word }, { "how", &some_how },
		    { "after", &some_obstacle } } },
	{ "nop", 24, PROGRESS, .run = do_nop,
	  .args = { { "file", &some_file }, { "engine", &some_engine }, { "times", &some_times } } },
	{ "hang", 1, BY_ROOT | PATIENT | RARE | USE, .run = do_hang,
	  .args = { { "file", &some_file }, { "engine", &some_engine } } },
	{ 0 }
};
