/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The leak suite: an exporter keeps an object alive, importers bind it into
 * address spaces of their own and go, in every way there is. When a scenario
 * returns, nothing of what it made may be there any more, while the exporter's
 * own binding must be as it was.
 *
 * A scenario is a function in one of the leak_*.c files and a row of the table
 * in leaktest.c.
 */
#ifndef LEAK_H
#define LEAK_H

#include "gem.h"

/* The exporter; each scenario has one of its own. */
struct exporter {
	int fd;
	uint32_t object;
	uint32_t name;		/* by flink */
	int dmabuf;
};

extern struct exporter exporter;

struct options {
	bool quick;
	bool safe;
	bool clients;		/* the scenarios that start programs of another system */
	bool asked_for;		/* the scenario was named on the command line */
	unsigned int seed;
	int importers;		/* of many-importers, 0 for as many as usual */
	int storm;		/* seconds of fork-storm, 0 for as long as usual */
};

extern struct options options;

/* How an importer gets the object, what it does with it, and how it goes. */
struct importer {
	bool by_name, by_dmabuf;	/* neither: by name */
	bool sync;			/* waits for its request */
	bool killed;			/* by SIGKILL, else it exits */
	unsigned int engine;		/* index in engines[] */
};

uint32_t import_by_name(int fd);

/* Import, use, go: to be run by in_child(). @arg is a struct importer. */
void import_and_go(void *arg);

/* Use an object that nobody else holds, and go. */
void use_own(void *arg);

/* Skip the scenario if @what is in the GGTT, which all contexts share. */
void need_full_ppgtt(const char *what);

/* What is there now is no leak: for scenarios that keep a context of their own. */
void leak_mark(void);

/* Something that is wrong beside the count: the scenario fails, and says both. */
void leak_also(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something to be told along with the count. */
void leak_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often a display server or a compositor is started anew. */
int times_to_restart(void);

/* Have the driver retire what has completed, as it would by itself within a second. */
void hurry(void);

/* False if going on would leave the machine without memory; the second says so too, and the scenario fails. */
bool memory_left(void);
bool memory_suffices(void);

/* leak_importers.c */
void own_object(void);
void exit_after_sync(void);
void exit_without_sync(void);
void killed(void);
void context_destroyed(void);
void own_contexts(void);
void prime(void);
void name_and_prime(void);
void every_engine(void);
void nothing_touched(void);
void many_importers(void);

/* leak_busy.c */
void busy_elsewhere(void);
void busy_elsewhere_queued(void);
void busy_on_other_engine(void);
void busy_on_other_engine_queued(void);
void busy_not_retired(void);
void freed_in_retire(void);
void last_vma_freed_in_retire(void);

/* leak_active.c */
void active_drop_caches(void);
void active_drop_bound(void);
void active_pressure(void);
void active_munmap(void);
void active_nobody(void);

/* leak_userptr.c */
void need_userptr(void);

/* The same if other files cannot be given such objects. */
void need_shared_userptr(void);

/* The same on drivers whose objects do not stay with a parent that forks while the GPU writes to them. */
void need_userptr_across_fork(void);
void userptr_contexts(void);
void userptr_munmap(void);
void userptr_mremap(void);
void userptr_fork(void);

/**
 * restart_server() - a display server of another system comes and goes, again and again
 * @server: words of the program server that say which
 * @clients: more of them, for the last time
 */
void restart_server(const char *server, const char *clients);

/* leak_handle.c */
void handle_closed(void);
void handle_closed_busy(void);
void handle_closed_busy_elsewhere(void);
void second_handle(void);
void second_handle_used_on(void);
void handle_reopened(void);
void handle_closed_idle(void);
void handle_closed_among_work(void);
void handle_closed_memory_wanted(void);
void handles_closed_at_once(void);
void handle_of_many_contexts(void);
void handle_closed_then_context(void);
void handle_closed_then_evicted(void);
void handle_closed_then_freed(void);
void handle_closed_then_file(void);
void handle_every_frame(void);
void large_importers(void);

/* leak_unbound.c */
/* Leave a VMA of the object in the file's default context that was never bound. */
void exceed_room(int fd, uint32_t handle);
void interrupt_bind(int fd, uint32_t handle);
void never_bound_no_room(void);
void never_bound_last(void);
void never_bound_signal(void);
void signal_storm(void);
void context_gone_in_execbuf(void);
void pinned_for_scanout(void);

/* leak_reset.c; reset_gpu() returns 0 or -errno, and the reset comes a little later */
int reset_gpu(void);
void reset_while_it_goes(void);
void context_banned(void);

/* leak_pressure.c */
void evicted(void);
void shrinker(void);
void memory_pressure(void);

/* Use the shared object and others, which compete for places in the file's address space, and close them. */
void crowd(int fd);

/* Have the system's shrinkers take what is not in use. */
void drop_caches(void);

/* leak_device.c */
void suspended(void);
void driver_unloaded(void);

/* leak_display.c */
void framebuffer(void);

/* leak_storm.c */
void fork_storm(void);

/* leak_compositor.c */
void compositor(void);

#endif
