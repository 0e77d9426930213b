/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of i915's uAPI that every driver since 3.18 has, one function per
 * ioctl. What fails ends the running test; functions whose failure is part of
 * a test start with "try_" and return 0 or -errno.
 */
#ifndef GEM_H
#define GEM_H

#include <stdbool.h>
#include <stdint.h>

#include <i915_drm.h>

#define PAGE 4096u

/* A context's default is the one every file is given when it is opened. */
#define DEFAULT_CONTEXT 0

struct engine {
	const char *name;
	uint64_t flag;		/* for execbuf */
	int param;		/* I915_GETPARAM that tells if the GPU has it; 0: always */
};

enum { RENDER, BSD, BLT, VEBOX };	/* in engines[] */

extern const struct engine engines[];
extern const unsigned int n_engines;

/* The engine after @e (NULL: the first) that the GPU has, or NULL. */
const struct engine *gem_next_engine(int fd, const struct engine *e);

#define for_each_engine(fd, e) for ((e) = NULL; ((e) = gem_next_engine(fd, e)); )

/* The node that gem_open_device() opens: /dev/dri/card0 unless told otherwise. */
void gem_use_device(const char *path);
int gem_open_device(void);

/* The card's node for clients that only render. */
int gem_open_render(void);

/* Number of the card: 0 is /dev/dri/card0, and debugfs dri/0. */
unsigned int gem_minor(void);

/* The card's driver, by the name that the bus and its module have: i915, unless another one has taken over. */
const char *gem_driver(void);

/* Write to a file of the system's; returns 0 or -errno. */
int write_file(const char *path, const char *value);

/**
 * gem_debugfs() - write to a file of the card in debugfs
 * @name: of the file
 * @value: what to write
 *
 * Return: 0, or -errno; -ENOENT on a driver that does not have the file.
 */
int gem_debugfs(const char *name, unsigned int value);

/* Set a parameter of the card's driver; returns 0 or -errno, -ENOENT if the driver does not have it. */
int gem_set_parameter(const char *name, const char *value);

/* What may be written to debugfs i915_gem_drop_caches. */
enum {
	DROP_UNBOUND = 0x1,	/* what the shrinkers take first: memory that nothing binds */
	DROP_BOUND = 0x2,
	DROP_RETIRE = 0x4,
	DROP_FREED = 0x10,
};

/**
 * gem_registers() - a page of the card's registers
 * @offset: in BAR 0, a multiple of PAGE
 *
 * Return: where it is mapped, or NULL if the system does not allow it.
 */
volatile uint32_t *gem_registers(uint64_t offset);

bool gem_has_engine(int fd, const struct engine *e);
int gem_param(int fd, int param, int otherwise);
int gem_generation(int fd);

/* What the driver's parameter enable_ppgtt says (or its successors). */
bool gem_has_full_ppgtt(int fd);

uint32_t gem_create(int fd, uint64_t size);

/* An object of the process's own memory. Drivers have it if the kernel has MMU notifiers. */
uint32_t gem_userptr(int fd, void *memory, uint64_t size);
int try_userptr(int fd, void *memory, uint64_t size, uint32_t *handle);
void gem_close(int fd, uint32_t handle);
int try_close(int fd, uint32_t handle);
void gem_write(int fd, uint32_t handle, uint64_t offset, const void *from, uint64_t size);
void gem_read(int fd, uint32_t handle, uint64_t offset, void *to, uint64_t size);
void *gem_map(int fd, uint32_t handle, uint64_t size);

/* The same through the GTT, where a read waits for what the GPU writes. */
void *gem_map_gtt(int fd, uint32_t handle, uint64_t size);
uint32_t gem_flink(int fd, uint32_t handle);
uint32_t gem_open(int fd, uint32_t name);
int try_open(int fd, uint32_t name, uint32_t *handle);

/* I915_MADV_WILLNEED, ..._DONTNEED; false if the driver has given the object's memory back meanwhile. */
bool gem_madvise(int fd, uint32_t handle, uint32_t advice);
int gem_prime_export(int fd, uint32_t handle);
int try_prime_export(int fd, uint32_t handle, int *dmabuf);
uint32_t gem_prime_import(int fd, int dmabuf);
uint32_t gem_context_create(int fd);
void gem_context_destroy(int fd, uint32_t context);
bool gem_busy(int fd, uint32_t handle);
void gem_wait(int fd, uint32_t handle);
int try_wait(int fd, uint32_t handle, int64_t nanoseconds);

/* Drivers before 4.2 run contexts other than a file's own on the render engine only. */
bool gem_context_has_engine(int fd, uint32_t context, const struct engine *e);
int try_exec(int fd, struct drm_i915_gem_execbuffer2 *exec);

/* The same, once: -EINTR if a signal came while it waited. */
int try_exec_once(int fd, struct drm_i915_gem_execbuffer2 *exec);

/* A batch that does nothing. */
uint32_t gem_empty_batch(int fd);

/**
 * gem_use() - have a batch refer to an object without touching it
 * @fd: DRM file
 * @context: context to run in
 * @engine: I915_EXEC_RENDER, ...
 * @handle: the object, or 0
 *
 * Binding the object into the context's address space is all that a leak needs.
 *
 * Return: handle of the batch, to wait for or to close.
 */
uint32_t gem_use(int fd, uint32_t context, uint64_t engine, uint32_t handle);

/* The same, and wait for it. */
void gem_use_and_wait(int fd, uint32_t context, uint64_t engine, uint32_t handle);

/**
 * gem_store() - have the GPU write a dword into an object
 * @fd: DRM file
 * @context: context to run in
 * @engine: I915_EXEC_RENDER, ...
 * @target: the object
 * @offset: byte offset in the object
 * @value: what to write
 *
 * Return: GPU address of the object in that context's address space.
 */
uint64_t gem_store(int fd, uint32_t context, uint64_t engine, uint32_t target,
		   uint64_t offset, uint32_t value);

/**
 * gem_store_at() - have the GPU write a dword to an address
 * @fd: DRM file
 * @context: context to run in
 * @engine: I915_EXEC_RENDER, ...
 * @address: GPU address, written as it is
 * @value: what to write
 * @keep: object to keep bound while the batch runs, or 0
 *
 * Return: handle of the batch.
 */
uint32_t gem_store_at(int fd, uint32_t context, uint64_t engine, uint64_t address,
		      uint32_t value, uint32_t keep);

/* A batch that runs until it is told to end. */
struct spinner {
	int fd;
	uint32_t batch;
	volatile uint32_t *map;
};

/* What the GPU may do with a spinner when something more urgent comes. */
enum spin_kind {
	SPIN_PREEMPTIBLE,
	SPIN_HANG,	/* nothing short of a reset stops it */
};

/* @with: an object that the spinner keeps busy, or 0 */
struct spinner spin(int fd, uint32_t context, uint64_t engine, enum spin_kind kind, uint32_t with);

/**
 * spin_on() - a preemptible spinner that keeps several objects busy
 * @fd: DRM file; it runs in the file's default context on the render engine
 * @objects: of these, and room for one more
 * @n: number of objects
 *
 * Return: the spinner, if *@err is 0 or the driver's -errno otherwise.
 */
struct spinner spin_on(int fd, struct drm_i915_gem_exec_object2 *objects, unsigned int n, int *err);
/* Let it end; spin_end() also gives back what it was made of. */
void spin_stop(struct spinner *s);
void spin_end(struct spinner *s);

#endif
