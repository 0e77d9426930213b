// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "array.h"
#include "census.h"
#include "gem.h"
#include "tap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const source_names[N_SOURCES] = {
	[VMAS_LISTED] = "listed",
	[VMAS_IN_MEMORY] = "in memory",
	[CLEANUP_PENDING] = "cleanups pending",
	[PPGTTS] = "PPGTTs",
	[PAGE_TABLES] = "page tables",
	[DMA_MAPPINGS] = "DMA mappings",
};

const char *census_missing(enum source source)
{
	switch (source) {
	case VMAS_LISTED:
		return "debugfs has no i915_gem_gtt";
	case VMAS_IN_MEMORY:
		return "boot with slab_nomerge slub_debug=U to count VMAs in memory";
	case CLEANUP_PENDING:
		return "the module has no i915_context_cleanup in debugfs";
	case DMA_MAPPINGS:
		return "CONFIG_DMA_API_DEBUG, dma_debug_entries=262144 iommu=soft at boot, and enough of them";
	default:
		return "none was seen when a file was open; counting by allocating function needs slub_debug=U";
	}
}

static void add(long *count, long n)
{
	*count = (*count < 0 ? 0 : *count) + n;
}

/* A file of the card in debugfs, or NULL if there is none. */
static FILE *open_debugfs(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/%s", gem_minor(), name);
	return fopen(path, "re");
}

static long listed_vmas(void)
{
	static const char entry[] = "(ppgtt offset";
	FILE *f = open_debugfs("i915_gem_gtt");
	char *line = NULL;
	size_t size = 0;
	long count = 0;

	if (!f)
		return -1;
	while (getline(&line, &size, f) > 0)
		for (char *p = line; (p = strstr(p, entry)); p += sizeof(entry) - 1)
			count++;
	free(line);
	fclose(f);
	return count;
}

long cleanup_counter(const char *key)
{
	FILE *f = open_debugfs("i915_context_cleanup");
	size_t n = strlen(key);
	long count = -1;
	char line[128];

	if (!f)
		return -1;
	while (count < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n) && line[n] == ':')
			count = strtol(line + n + 1, NULL, 10);
	fclose(f);
	return count;
}

static long read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

/* The number after @option, which ends in "=", on the kernel's command line. */
static long boot_option(const char *option)
{
	FILE *f = fopen("/proc/cmdline", "re");
	char line[4096] = "", *at = NULL;

	if (f) {
		if (fgets(line, sizeof(line), f))
			at = strstr(line, option);
		fclose(f);
	}
	return at ? strtol(at + strlen(option), NULL, 10) : -1;
}

/*
 * Each mapping is an entry of a pool, and what is told is how many are free. When the pool is empty the checks switch
 * themselves off for good.
 */
static long dma_mappings(void)
{
	static long entries;
	long free = read_number("/sys/kernel/debug/dma-api/num_free_entries");
	FILE *f = fopen("/sys/kernel/debug/dma-api/disabled", "re");
	int off = 'Y';

	if (!entries)
		entries = boot_option("dma_debug_entries=");
	if (f) {
		off = fgetc(f);
		fclose(f);
	}
	return entries < 0 || free < 0 || off == 'Y' ? -1 : entries - free;
}

/* Objects on a processor's own slabs count as used until they are given back. */
static void shrink(const char *cache)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

/* A cache that others share says nothing. */
static bool is_shared(const char *cache)
{
	char path[128];
	int aliases = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/aliases", cache);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%d", &aliases) != 1)
			aliases = 0;
		fclose(f);
	}
	return aliases > 0;
}

/* Objects in use in a slab cache, or -1 if there is no such cache of its own. */
static long slab_objects(const char *cache)
{
	size_t n = strlen(cache);
	long count = -1;
	char line[512];
	FILE *f;

	if (is_shared(cache))
		return -1;
	shrink(cache);
	f = fopen("/proc/slabinfo", "re");
	if (!f)
		return -1;
	while (count < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, cache, n) && line[n] == ' ')
			count = strtol(line + n, NULL, 10);
	fclose(f);
	return count;
}

/*
 * Which function of i915_gem_gtt.c and intel_*_gtt.c allocates what. A static
 * function may be inlined, so there is more than one name for the same thing.
 */
static const struct {
	const char *symbol;
	enum source what;
} sites[] = {
	{ "__i915_gem_vma_create+", VMAS_IN_MEMORY },
	{ "i915_gem_vma_create+", VMAS_IN_MEMORY },
	{ "i915_gem_obj_lookup_or_create_vma+", VMAS_IN_MEMORY },
	{ "i915_gem_obj_lookup_or_create_vma_view+", VMAS_IN_MEMORY },
	{ "i915_gem_obj_lookup_or_create_ggtt_vma+", VMAS_IN_MEMORY },
	{ "i915_ppgtt_create+", PPGTTS },
	{ "gen6_ppgtt_create+", PPGTTS },
	{ "gen8_ppgtt_create+", PPGTTS },
	{ "alloc_pt", PAGE_TABLES },
	{ "alloc_pd", PAGE_TABLES },
	{ "__alloc_pd", PAGE_TABLES },
	{ "gen6_alloc_va_range", PAGE_TABLES },
	{ "gen8_alloc_va_range", PAGE_TABLES },
	{ "gen8_ppgtt_alloc", PAGE_TABLES },
	{ "gen6_ppgtt_alloc", PAGE_TABLES },
	{ "gen6_ppgtt_init", PAGE_TABLES },
	{ "gen8_ppgtt_init", PAGE_TABLES },
	{ "hw_ppgtt_init", PAGE_TABLES },
	{ "__hw_ppgtt_init", PAGE_TABLES },
};

/* Is a function of that line the driver's? The module is named after it, but of one that is built in. */
static bool is_drivers(const char *line)
{
	static char module[80];
	char path[128];

	if (!module[0]) {
		snprintf(path, sizeof(path), "/sys/module/%s/initstate", gem_driver());
		if (access(path, F_OK))
			snprintf(module, sizeof(module), "built in");
		else
			snprintf(module, sizeof(module), "[%s]", gem_driver());
	}
	return module[0] == '[' ? !!strstr(line, module) : !strchr(line, '[');
}

/* "     12 SYMBOL+OFFSET/SIZE [i915] age=..." */
static void count_line(const char *line, struct census *c)
{
	char symbol[128];
	long n;

	if (!is_drivers(line) || sscanf(line, "%ld %127s", &n, symbol) != 2)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(sites); i++)
		if (!strncmp(symbol, sites[i].symbol, strlen(sites[i].symbol))) {
			add(&c->count[sites[i].what], n);
			return;
		}
}

/* Listings of the caches that hold anything to count; the others would cost much time. */
static char *listings[16];
static unsigned int n_listings;
static bool learned[N_SOURCES];

static const struct census nothing_known = {
	.count = {
		[VMAS_LISTED] = -1, [CLEANUP_PENDING] = -1,
		[VMAS_IN_MEMORY] = -1, [PPGTTS] = -1, [PAGE_TABLES] = -1,
		[DMA_MAPPINGS] = -1,
	},
};

static void count_listing(const char *path, struct census *c)
{
	FILE *f = fopen(path, "re");
	char line[512];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		count_line(line, c);
	fclose(f);
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/*
 * Once is enough. SLUB keeps who allocated what, in sysfs until 5.13 and in debugfs since,
 * there with a call trace each, which can take a second to read.
 */
void census_learn(void)
{
	const double bearable = 0.1;
	glob_t files;

	if (n_listings)
		return;
	if (glob("/sys/kernel/slab/kmalloc-*/alloc_calls", 0, NULL, &files) &&
	    glob("/sys/kernel/debug/slab/kmalloc-*/alloc_traces", 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc && n_listings < ARRAY_SIZE(listings); i++) {
		struct census found = nothing_known;
		double begin = cpu_seconds(), took;

		count_listing(files.gl_pathv[i], &found);
		took = cpu_seconds() - begin;
		if (!memcmp(&found, &nothing_known, sizeof(found)))
			continue;
		if (took > bearable) {
			printf("# left out: %s takes %.1f s to read\n", files.gl_pathv[i], took);
			continue;
		}
		listings[n_listings++] = strdup(files.gl_pathv[i]);
		for (enum source s = 0; s < N_SOURCES; s++)
			learned[s] |= found.count[s] >= 0;
	}
	globfree(&files);
}

/* Of a driver that has taken over from a built-in one, the caches have its name before theirs. */
static long vmas_in_cache(void)
{
	static const char *const names[] = { "i915_vma", "i915_gem_vma" };
	long count = -1;
	char name[80];

	for (unsigned int i = 0; i < ARRAY_SIZE(names) && count < 0; i++) {
		snprintf(name, sizeof(name), "%s-%s", gem_driver(), names[i]);
		count = slab_objects(name);
		if (count < 0)
			count = slab_objects(names[i]);
	}
	return count;
}

struct census census_glance(void)
{
	struct census c = nothing_known;

	c.count[VMAS_LISTED] = listed_vmas();
	c.count[CLEANUP_PENDING] = cleanup_counter("pending");
	c.count[DMA_MAPPINGS] = dma_mappings();
	c.count[VMAS_IN_MEMORY] = vmas_in_cache();
	return c;
}

/*
 * The drivers that check a client's batches copy them to objects of their own, which 4.1 keeps for the next batch as
 * long as it is loaded. One that is bound is a line with its size and its address.
 */
static void leave_out_batch_pool(struct census *c)
{
	FILE *f = open_debugfs("i915_gem_batch_pool");
	char *line = NULL, *kib;
	size_t size = 0;

	if (!f)
		return;
	while (getline(&line, &size, f) > 0) {
		kib = strstr(line, "KiB ");
		if (!kib || !strstr(kib, "gtt offset: "))
			continue;
		while (kib > line && isdigit(kib[-1]))
			kib--;
		if (c->count[VMAS_IN_MEMORY] > 0)
			c->count[VMAS_IN_MEMORY]--;
		if (c->count[DMA_MAPPINGS] > 0)
			c->count[DMA_MAPPINGS] -= atol(kib) / 4;
	}
	free(line);
	fclose(f);
}

struct census census_take(void)
{
	struct census c = census_glance();

	for (enum source s = 0; s < N_SOURCES; s++)
		if (learned[s])
			add(&c.count[s], 0);
	for (unsigned int i = 0; i < n_listings; i++)
		count_listing(listings[i], &c);
	leave_out_batch_pool(&c);
	return c;
}

static long meminfo(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "re");
	size_t n = strlen(key);
	long kib = -1;
	char line[128];

	if (!f)
		fail("/proc/meminfo: %s", strerror(errno));
	while (kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n))
			kib = strtol(line + n, NULL, 10);
	fclose(f);
	return kib;
}

long memory_available(void)
{
	return meminfo("MemAvailable:");
}

long memory_free(void)
{
	return meminfo("MemFree:");
}
