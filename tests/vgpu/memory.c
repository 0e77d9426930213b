// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's memory. The client announces each range with a descriptor that
 * is mapped here, so that the model reads and writes it directly. Some ranges
 * come without one (ROMs, the device's own mapped BAR): they are known, but
 * not reachable. Read-only ranges are mapped read-only; mem_ptr() refuses to
 * hand them out for writing, or a GPU write would end the server.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vgpu.h"

/* With an IOMMU each page that the guest maps is one. A process may have 65,530. */
#define MAX_MAPS	60000u

static volatile sig_atomic_t sigbus_pages;

static bool map_contains(const struct dma_map *m, u64 addr, u64 len)
{
	return addr >= m->iova && len <= m->size && addr - m->iova <= m->size - len;
}

static struct dma_map *map_find(struct memory *mem, u64 addr, u64 len)
{
	u32 i;

	if (mem->last < mem->count && map_contains(&mem->map[mem->last], addr, len))
		return &mem->map[mem->last];
	for (i = 0; i < mem->count; i++)
		if (map_contains(&mem->map[i], addr, len)) {
			mem->last = i;
			return &mem->map[i];
		}
	return NULL;
}

static int map_reserve(struct memory *mem)
{
	struct dma_map *bigger;
	u32 capacity = mem->capacity ? mem->capacity * 2 : 32;

	if (mem->count < mem->capacity)
		return 0;
	if (mem->count >= MAX_MAPS)
		return -ENOSPC;
	bigger = realloc(mem->map, capacity * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	mem->map = bigger;
	mem->capacity = capacity;
	return 0;
}

static bool map_overlaps(const struct memory *mem, u64 iova, u64 size)
{
	u32 i;

	for (i = 0; i < mem->count; i++)
		if (iova < mem->map[i].iova + mem->map[i].size &&
		    mem->map[i].iova < iova + size)
			return true;
	return false;
}

/* With an IOMMU each map has a descriptor of its own, but all are of the same file. */
static int keep_file(struct memory *mem, int fd, const struct stat *st)
{
	struct stat kept;
	u32 i;

	for (i = 0; i < mem->num_files; i++)
		if (!fstat(mem->file[i], &kept) && kept.st_ino == st->st_ino && kept.st_dev == st->st_dev)
			return (int)i;
	if (i == MEM_FILES)
		return -EMFILE;
	mem->file[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (mem->file[i] < 0)
		return -errno;
	mem->num_files++;
	return (int)i;
}

static int map_host(struct memory *mem, struct dma_map *m, int fd, u64 offset)
{
	struct stat st;
	void *host;
	int file;

	if (fstat(fd, &st))
		return -errno;
	/* beyond the end of the file every access would be a SIGBUS */
	if (offset > (u64)st.st_size || m->size > (u64)st.st_size - offset)
		return -EINVAL;
	file = keep_file(mem, fd, &st);
	if (file < 0)
		return file;
	host = mmap(NULL, m->size, PROT_READ | (m->writable ? PROT_WRITE : 0),
		    MAP_SHARED, fd, (off_t)offset);
	if (host == MAP_FAILED)
		return -errno;
	m->host = host;
	m->file = (u32)file;
	m->offset = offset;
	return 0;
}

/**
 * mem_map() - make a range of guest memory reachable
 * @iova: guest address, bytes
 * @size: bytes
 * @fd: descriptor to map; -1 for a range that only exists. Stays the caller's.
 * @offset: of the range in @fd
 * @writable: the device may write
 *
 * Return: 0; -EINVAL for an empty or wrapping range or one longer than the
 * file, -EEXIST for one that overlaps another, -ENOSPC for too many,
 * -EMFILE for one of too many files, or the error of mmap().
 */
int mem_map(struct memory *mem, u64 iova, u64 size, int fd, u64 offset, bool writable)
{
	struct dma_map m = { .iova = iova, .size = size, .writable = writable };
	int ret;

	if (!size || iova + size < iova)
		return -EINVAL;
	if (map_overlaps(mem, iova, size))
		return -EEXIST;
	ret = map_reserve(mem);
	if (!ret && fd >= 0)
		ret = map_host(mem, &m, fd, offset);
	if (ret)
		return ret;
	mem->map[mem->count++] = m;
	return 0;
}

static void map_drop(struct memory *mem, u32 i)
{
	if (mem->map[i].host)
		munmap(mem->map[i].host, mem->map[i].size);
	mem->share_lost |= mem->map[i].shared;
	mem->map[i] = mem->map[--mem->count];
}

/**
 * mem_unmap() - forget every map that lies within a range
 *
 * Return: 0, or -ENOENT when there is none.
 */
int mem_unmap(struct memory *mem, u64 iova, u64 size)
{
	u32 i = 0, dropped = 0;

	while (i < mem->count) {
		const struct dma_map *m = &mem->map[i];

		if (m->iova >= iova && m->size <= size && m->iova - iova <= size - m->size) {
			map_drop(mem, i);
			dropped++;
		} else {
			i++;
		}
	}
	return dropped ? 0 : -ENOENT;
}

void mem_unmap_all(struct memory *mem)
{
	while (mem->count)
		map_drop(mem, 0);
	free(mem->map);
	while (mem->num_files)
		close(mem->file[--mem->num_files]);
	*mem = (struct memory){ .share_lost = mem->share_lost };
}

/**
 * mem_ptr() - reach guest memory
 * @addr: guest address
 * @len: bytes; the whole range must lie in one map
 * @write: the caller will write
 *
 * Return: the host address, or NULL if the range is not mapped, has no
 * descriptor, or is read-only and @write is set.
 */
void *mem_ptr(struct memory *mem, u64 addr, u64 len, bool write)
{
	const struct dma_map *m = map_find(mem, addr, len);

	if (!m || !m->host || (write && !m->writable))
		return NULL;
	return m->host + (addr - m->iova);
}

/**
 * mem_share() - where a page of guest memory is, for another process to map it
 * @page: guest address of a whole page, which that process may write to
 * @offset: receives the page's place in the file
 *
 * When it is unmapped, @mem->share_lost tells of it.
 *
 * Return: the number of the file, or -EFAULT as mem_ptr() returns NULL.
 */
int mem_share(struct memory *mem, u64 page, u64 *offset)
{
	struct dma_map *m = map_find(mem, page, PAGE_SIZE);

	if (!m || !m->host || !m->writable)
		return -EFAULT;
	m->shared = true;
	*offset = m->offset + (page - m->iova);
	return (int)m->file;
}

/*
 * A client that shrinks the file behind a map leaves holes. Put an anonymous
 * page into the hole and go on: the device then sees memory nobody else sees,
 * which is what happens to a guest that dies.
 */
static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	void *page = (void *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE_SIZE - 1));

	(void)sig;
	(void)context;
	sigbus_pages++;
	if (info->si_code != BUS_ADRERR ||
	    mmap(page, PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(SIGBUS, SIG_DFL);
}

void mem_guard_sigbus(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &sa, NULL);
}

/**
 * mem_sigbus_count() - pages of guest memory that vanished so far
 */
u32 mem_sigbus_count(void)
{
	return (u32)sigbus_pages;
}
