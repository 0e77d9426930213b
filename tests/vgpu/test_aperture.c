// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mapped aperture. Of most tests the other end is the test itself, which
 * answers before it is asked and then looks at the runs; of the last the real
 * plugin, with this process in the part of QEMU.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "server.h"

#define BAR2	2u
#define PAGES	(256u << 20 >> 12)

static struct aperture_run run_of[APERTURE_RUNS];

static void answer(int fd, int error)
{
	(void)!write(fd, &error, sizeof(error));
}

/* Take a message: the number of its runs, -1 if there is none; @fds gets the number of descriptors. */
static int take(int fd, u32 *fds)
{
	char control[CMSG_SPACE(APERTURE_FILES * sizeof(int))];
	u32 num, size, i;
	struct iovec iov = { &num, sizeof(num) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	int got;

	if (recvmsg(fd, &msg, MSG_DONTWAIT) != sizeof(num))
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	*fds = c ? (u32)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
	for (i = 0; i < *fds; i++) {
		memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		close(got);
	}
	size = num * (u32)sizeof(*run_of);
	return size && recv(fd, run_of, size, MSG_DONTWAIT) != (ssize_t)size ? -1 : (int)num;
}

static void flush_gtt(struct rig *r)
{
	rig_write(r, GFX_FLSH_CNTL_GEN6, 1);
}

/* The flush of a driver, of which the plugin maps all; returns the number of runs. */
static int flush_and_take(struct rig *r, int fd)
{
	u32 fds;

	answer(fd, 0);
	flush_gtt(r);
	return take(fd, &fds);
}

static void is_run(u32 i, u32 page, u32 count, u32 file, u64 offset, const char *what)
{
	const struct aperture_run *run = &run_of[i];

	ok(run->page == page && run->count == count && run->file == file && run->offset == offset,
	   "%s: run %u", what, i);
	if (run->page != page || run->count != count || run->file != file || run->offset != offset)
		printf("#   got page %u count %u file %u offset 0x%llx\n", run->page, run->count,
		       run->file, (unsigned long long)run->offset);
}

/* A rig with a plugin, of which this is the end. */
static int attach_plugin(struct rig *r, const char *platform)
{
	u32 fds = 0;
	int pair[2];

	rig_open(r, platform, "rcs");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	answer(pair[1], 0);
	is((u64)aperture_attach(&r->gpu, pair[0]), 0, "%s: attach", platform);
	is((u64)take(pair[1], &fds), 0, "%s: the greeting has no runs", platform);
	is(fds, 3, "%s: but descriptors: own memory, BAR0, the guest's memory", platform);
	return pair[1];
}

static void test_runs(const char *platform)
{
	struct rig r;
	int fd = attach_plugin(&r, platform);
	u32 i, fds;

	flush_gtt(&r);
	is((u64)take(fd, &fds), (u64)-1, "%s: nothing has changed", platform);
	for (i = 0; i < 3; i++)
		rig_ggtt(&r, (10 + i) * PAGE_SIZE, 0x100000 + i * PAGE_SIZE);
	rig_ggtt(&r, 13 * PAGE_SIZE, 0x200000);
	rig_ggtt(&r, PAGES * PAGE_SIZE, 0x300000);
	is((u64)take(fd, &fds), (u64)-1, "%s: nothing before the flush", platform);
	is((u64)flush_and_take(&r, fd), 2, "%s: pages in a row make a run", platform);
	is_run(0, 10, 3, GUEST_FILES, 0x100000, platform);
	is_run(1, 13, 1, GUEST_FILES, 0x200000, platform);
	rig_ggtt(&r, 11 * PAGE_SIZE, 0x400000);
	memset(r.bar0 + r.gpu.plat->gtt_offset + 13 * r.gpu.plat->pte_size, 0, r.gpu.plat->pte_size);
	rig_ggtt(&r, 14 * PAGE_SIZE, 14 * PAGE_SIZE);
	is((u64)flush_and_take(&r, fd), 3, "%s: another page, one no more, a new one", platform);
	is_run(0, 11, 1, GUEST_FILES, 0x400000, platform);
	is_run(1, 13, 1, OWN_MEMORY, 13 * PAGE_SIZE, platform);
	is_run(2, 14, 1, GUEST_FILES, 14 * PAGE_SIZE, platform);
	answer(fd, 0);
	vgpu_reset(&r.gpu);
	is((u64)take(fd, &fds), 2, "%s: after a reset nothing is mapped", platform);
	is_run(0, 10, 3, OWN_MEMORY, 10 * PAGE_SIZE, platform);
	is_run(1, 14, 1, OWN_MEMORY, 14 * PAGE_SIZE, platform);
	close(fd);
	rig_close(&r);
}

/* Each page of the aperture is a scratch page, but for two in which there is something. */
static void test_filler(void)
{
	struct rig r;
	int fd = attach_plugin(&r, "haswell");
	u32 i;

	for (i = 0; i < PAGES; i++)
		rig_ggtt(&r, i * PAGE_SIZE, 0x5000);
	rig_ggtt(&r, 100 * PAGE_SIZE, 0x7000);
	rig_ggtt(&r, 102 * PAGE_SIZE, 0x8000);
	is((u64)flush_and_take(&r, fd), 5, "filler: few mappings");
	is_run(0, 0, 100, OWN_MEMORY, 0, "filler");
	is_run(1, 100, 1, GUEST_FILES, 0x7000, "filler");
	is_run(2, 101, 1, GUEST_FILES, 0x5000, "filler, alone");
	is_run(3, 102, 1, GUEST_FILES, 0x8000, "filler");
	is_run(4, 103, PAGES - 103, OWN_MEMORY, 103 * PAGE_SIZE, "filler");
	close(fd);
	rig_close(&r);
}

/* Guest memory comes, goes, and comes as other memory at the same address, as with an IOMMU. */
static void test_memory(void)
{
	const u64 iova = 1u << 30;
	struct rig r;
	int fd = attach_plugin(&r, "broadwell"), more = memfd_create("more", 0);
	u32 fds;

	if (ftruncate(more, 4 * PAGE_SIZE))
		return;
	rig_ggtt(&r, 5 * PAGE_SIZE, iova);
	is((u64)flush_and_take(&r, fd), 1, "memory: not there yet");
	is_run(0, 5, 1, OWN_MEMORY, 5 * PAGE_SIZE, "memory: not there yet");
	rig_map(&r, iova, PAGE_SIZE, r.ram_fd, 0x6000, 3);
	is((u64)flush_and_take(&r, fd), 1, "memory: has come");
	is_run(0, 5, 1, GUEST_FILES, 0x6000, "memory: has come");
	rig_unmap(&r, iova, PAGE_SIZE);
	rig_map(&r, iova, PAGE_SIZE, more, PAGE_SIZE, 3);
	is((u64)flush_and_take(&r, fd), 3, "memory: other memory at that address");
	is_run(1, 5, 1, GUEST_FILES + 1, PAGE_SIZE, "memory: other memory at that address");
	rig_unmap(&r, iova, PAGE_SIZE);
	rig_map(&r, iova, PAGE_SIZE, r.ram_fd, 0x6000, 1);
	flush_and_take(&r, fd);
	is_run(0, 0, PAGES, OWN_MEMORY, 0, "memory: read-only");
	answer(fd, 0);
	rig_ggtt(&r, 5 * PAGE_SIZE, 0x9000);
	flush_gtt(&r);
	is((u64)take(fd, &fds), 1, "memory: one run");
	is(fds, 4, "memory: two files");
	close(more);
	close(fd);
	rig_close(&r);
}

static void write_fence(struct rig *r, u32 i, u32 first, u32 pages, u32 pitch, u32 flags)
{
	rig_write(r, FENCE_LOW(i), 0);
	rig_write(r, FENCE_HIGH(i), (first + pages - 1) * PAGE_SIZE | (pitch / 128 - 1));
	rig_write(r, FENCE_LOW(i), flags ? first * PAGE_SIZE | flags : 0);
}

static void test_fences(void)
{
	struct rig r;
	int fd = attach_plugin(&r, "broadwell");
	u32 i, fds;

	for (i = 0; i < 8; i++)
		rig_ggtt(&r, (10 + i) * PAGE_SIZE, 0x100000 + i * PAGE_SIZE);
	flush_and_take(&r, fd);
	ok(!run_of[0].fenced, "fences: none yet");
	answer(fd, 0);
	write_fence(&r, 3, 12, 4, 512, FENCE_VALID);
	is((u64)take(fd, &fds), 1, "fences: one has come");
	is_run(0, 12, 4, GUEST_FILES, 0x102000, "fences: one has come");
	ok(run_of[0].fenced, "fences: it is told of");
	rig_ggtt(&r, 11 * PAGE_SIZE, 0x200000);
	rig_ggtt(&r, 12 * PAGE_SIZE, 0x201000);
	is((u64)flush_and_take(&r, fd), 2, "fences: no run has pages on both sides");
	ok(!run_of[0].fenced && run_of[1].fenced, "fences: the second page is behind it");
	answer(fd, 0);
	write_fence(&r, 3, 12, 4, 512, 0);
	is((u64)take(fd, &fds), 2, "fences: it has gone");
	ok(!run_of[0].fenced && !run_of[1].fenced, "fences: its pages are as the others");
	is((u64)r.gpu.aperture.error, 0, "fences: no error");
	close(fd);
	rig_close(&r);
}

/* More runs than a message holds. */
static void test_many(void)
{
	struct rig r;
	int fd = attach_plugin(&r, "broadwell");
	u32 i, fds;

	for (i = 0; i < APERTURE_RUNS + 1; i++)
		rig_ggtt(&r, i * PAGE_SIZE, 0x100000 + 2 * i * PAGE_SIZE);
	answer(fd, 0);
	answer(fd, 0);
	flush_gtt(&r);
	is((u64)take(fd, &fds), APERTURE_RUNS, "many: a full message");
	is((u64)take(fd, &fds), 1, "many: the rest");
	is_run(0, APERTURE_RUNS, 1, GUEST_FILES, 0x100000 + 2 * APERTURE_RUNS * PAGE_SIZE, "many");
	close(fd);
	rig_close(&r);
}

static void test_failure(void)
{
	struct rig r;
	int fd = attach_plugin(&r, "broadwell"), pair[2];
	u32 fds;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	is((u64)(int64_t)aperture_attach(&r.gpu, pair[0]), (u64)(int64_t)-EBUSY, "a second plugin");
	close(pair[1]);
	rig_ggtt(&r, 0, 0x1000);
	answer(fd, -ENOMEM);
	flush_gtt(&r);
	is((u64)(int64_t)r.gpu.aperture.error, (u64)(int64_t)-ENOMEM, "failure: is an error");
	take(fd, &fds);
	rig_ggtt(&r, 0, 0x2000);
	flush_gtt(&r);
	is((u64)take(fd, &fds), (u64)-1, "failure: the plugin is asked no more");
	close(fd);
	rig_close(&r);
	fd = attach_plugin(&r, "broadwell");
	close(fd);
	rig_ggtt(&r, 0, 0x1000);
	flush_gtt(&r);
	is((u64)(int64_t)r.gpu.aperture.error, (u64)(int64_t)-ECONNRESET, "a plugin that has gone");
	rig_close(&r);
	fd = attach_plugin(&r, "broadwell");
	close(fd);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	answer(pair[1], 0);
	is((u64)aperture_attach(&r.gpu, pair[0]), 0, "after a plugin that has gone another one can come");
	close(pair[1]);
	rig_close(&r);
}

/* ---- with the plugin ---- */

static char path[64];

static void *install(void *result)
{
	char option[80];
	char *argv[] = { option };

	snprintf(option, sizeof(option), "socket=%s", path);
	*(int *)result = qemu_plugin_install(0, NULL, 1, argv);
	return NULL;
}

/* Maps the region as QEMU does; NULL: it is not to be mapped. */
static u32 *map_region(struct rig *r)
{
	struct {
		u32 argsz, flags, index, cap;
		u64 size, offset;
		u32 cap_id, next, areas, rsv;
		u64 at, bytes;
	} a = { .argsz = 64, .index = BAR2 };
	u8 *p;
	int fd = -1;

	rig_call(r, VFIO_USER_DEVICE_GET_REGION_INFO, &a, 32, -1, &a, NULL, &fd);
	if (fd < 0)
		return NULL;
	is(a.bytes, a.size, "plugin: all of the region is to be mapped");
	p = mmap(NULL, a.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : (u32 *)p;
}

/* As the CPU reads it through the mapping, and as it would if the aperture were trapped. */
static bool reads_as_trapped(struct rig *r, const u8 *mapped, u32 at, u32 len)
{
	u8 trapped[2 * PAGE_SIZE];
	u32 i;

	pci_access(&r->gpu, BAR2, at, trapped, len, false);
	for (i = 0; i < len; i++)
		if (((const volatile u8 *)mapped)[at + i] != trapped[i])
			return false;
	return true;
}

static void test_fence_with_plugin(struct rig *r, u8 *mapped, u32 pitch, u32 flags, const char *what)
{
	const u32 at = 32 * PAGE_SIZE, size = 8 * PAGE_SIZE;
	u8 *guest = (u8 *)rig_ram(r, 0x600000);
	u64 value = 0x8877665544332211ull, before, across;
	u32 i;

	for (i = 0; i < size / PAGE_SIZE; i++)
		rig_ggtt(r, at + i * PAGE_SIZE, 0x600000 + i * PAGE_SIZE);
	flush_gtt(r);
	for (i = 0; i < size; i++)
		guest[i] = (u8)(i * 7 + i / 256);
	write_fence(r, 0, at / PAGE_SIZE, size / PAGE_SIZE, pitch, flags);
	ok(reads_as_trapped(r, mapped, at, 2 * PAGE_SIZE), "%s: reads rows", what);
	ok(memcmp(mapped + at, guest, PAGE_SIZE), "%s: which are not what lies in memory", what);
	memset(guest, 0xa5, PAGE_SIZE);
	ok(reads_as_trapped(r, mapped, at, PAGE_SIZE), "%s: and what has changed there since", what);
	before = *(volatile u64 *)(mapped + at + 1024 + 512 - 8);
	*(volatile u64 *)(mapped + at + 1024 + 512) = value;
	pci_access(&r->gpu, BAR2, at + 1024 + 512, (u8 *)&across, 8, false);
	is(across, value, "%s: a write goes where a trapped one would", what);
	is(*(volatile u64 *)(mapped + at + 1024 + 512 - 8), before, "%s: and nowhere else", what);
	memcpy(mapped + at + PAGE_SIZE - 4, &value, 8);
	pci_access(&r->gpu, BAR2, at + PAGE_SIZE - 4, (u8 *)&across, 8, false);
	is(across, value, "%s: a write across two pages", what);
	memset(mapped + at + 3000, 0x5a, 3000);
	ok(reads_as_trapped(r, mapped, at + 2048, 2 * PAGE_SIZE), "%s: a long write", what);
	write_fence(r, 0, at / PAGE_SIZE, size / PAGE_SIZE, pitch, 0);
	ok(!memcmp(mapped + at, guest, size), "%s: without the fence memory is seen as it is", what);
}

static bool writing;

static void *write_on(void *page)
{
	volatile u32 *p = page;
	u32 i;

	for (i = 0; __atomic_load_n(&writing, __ATOMIC_RELAXED); i++)
		p[0] = i;
	return NULL;
}

/* Of the aperture and of guest memory. */
static u32 num_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	u32 lines = 0;

	while (maps && fgets(line, sizeof(line), maps))
		lines += strstr(line, "/memfd:") != NULL;
	if (maps)
		fclose(maps);
	return lines;
}

/* A fence goes while another thread writes to what is behind it: the page must be mapped then, and be the right one. */
static void test_fence_race(struct rig *r, u8 *mapped)
{
	const u32 at = 32 * PAGE_SIZE, rounds = 100;
	u32 i, open = 0, right = 0, before;
	pthread_t writer;
	int sink[2];

	if (pipe(sink))
		abort();
	rig_ggtt(r, at, 0x600000);
	flush_gtt(r);
	before = num_mappings();
	for (i = 0; i < rounds; i++) {
		write_fence(r, 0, at / PAGE_SIZE, 1, 512, FENCE_VALID);
		writing = true;
		pthread_create(&writer, NULL, write_on, mapped + at);
		usleep(500);
		rig_ggtt(r, at, i % 2 ? 0x600000 : 0x700000);
		write_fence(r, 0, at / PAGE_SIZE, 1, 512, 0);
		usleep(200);
		__atomic_store_n(&writing, false, __ATOMIC_RELAXED);
		pthread_join(writer, NULL);
		open += write(sink[1], mapped + at, 1) == 1;	/* the kernel's accesses are helped by nobody */
		right += !memcmp(mapped + at, rig_ram(r, i % 2 ? 0x600000 : 0x700000), PAGE_SIZE);
	}
	is(open, rounds, "race: pages are open without a fence");
	is(right, rounds, "race: and show what the GGTT maps");
	is(num_mappings(), before, "race: a fence that has gone leaves no mappings");
	close(sink[0]);
	close(sink[1]);
}

/* What two processors write to one page behind a fence, each at other places, is all there in the end. */
static void test_fence_shared(struct rig *r, u8 *mapped)
{
	const u32 at = 32 * PAGE_SIZE;
	u32 seen[PAGE_SIZE / 4], i, right = 0;
	pthread_t writer;

	write_fence(r, 0, at / PAGE_SIZE, 1, 512, FENCE_VALID);
	writing = true;
	pthread_create(&writer, NULL, write_on, mapped + at);
	usleep(500);
	for (i = 1; i < ARRAY_SIZE(seen); i++)
		((volatile u32 *)(mapped + at))[i] = ~i;
	__atomic_store_n(&writing, false, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	pci_access(&r->gpu, BAR2, at, (u8 *)seen, sizeof(seen), false);
	for (i = 1; i < ARRAY_SIZE(seen); i++)
		right += seen[i] == ~i;
	is(right, ARRAY_SIZE(seen) - 1, "two processors: nothing is lost");
	write_fence(r, 0, at / PAGE_SIZE, 1, 512, 0);
}

static void test_plugin(const char *socket_path)
{
	pthread_t thread;
	struct rig r;
	int result = 1, listener;
	volatile u32 *p;

	snprintf(path, sizeof(path), "%s", socket_path);
	rig_open(&r, "haswell", "rcs");
	ok(!map_region(&r), "no plugin: the aperture is trapped");
	listener = server_listen(path);
	fcntl(listener, F_SETFL, 0);
	pthread_create(&thread, NULL, install, &result);
	is((u64)aperture_attach(&r.gpu, accept(listener, NULL, NULL)), 0, "plugin: attach");
	pthread_join(thread, NULL);
	is((u64)result, 0, "plugin: is installed");
	p = map_region(&r);
	if (!p)
		abort();
	rig_ggtt(&r, 3 * PAGE_SIZE, 0x100000);
	rig_ggtt(&r, 4 * PAGE_SIZE, 0x300000);
	flush_gtt(&r);
	p[3 * 1024] = 0x11111111;
	p[4 * 1024 + 1] = 0x22222222;
	is(*rig_ram(&r, 0x100000), 0x11111111, "plugin: a page is the guest's");
	is(*rig_ram(&r, 0x300004), 0x22222222, "plugin: and the next another of it");
	*rig_ram(&r, 0x100008) = 0x33333333;
	is(p[3 * 1024 + 2], 0x33333333, "plugin: what the guest's CPU or the GPU writes is seen");
	rig_ggtt(&r, 3 * PAGE_SIZE, 0x500000);
	is(p[3 * 1024], 0x11111111, "plugin: before the flush the old page is seen");
	flush_gtt(&r);
	is(p[3 * 1024], 0, "plugin: another page after it");
	vgpu_reset(&r.gpu);
	p[3 * 1024] = 0x44444444;
	is(*rig_ram(&r, 0x500000), 0, "plugin: no page after a reset");
	test_fence_with_plugin(&r, (u8 *)p, 1024, FENCE_VALID, "X tiles");
	test_fence_with_plugin(&r, (u8 *)p, 512, FENCE_VALID | FENCE_Y_TILED, "Y tiles");
	rig_write(&r, TILECTL, TILECTL_SWZCTL);
	test_fence_with_plugin(&r, (u8 *)p, 1024, FENCE_VALID, "X tiles, swizzled");
	test_fence_race(&r, (u8 *)p);
	test_fence_shared(&r, (u8 *)p);
	is((u64)r.gpu.aperture.error, 0, "plugin: no error");
	close(listener);
	unlink(path);
	rig_close(&r);
}

int main(void)
{
	char dir[] = "/tmp/vgpu-test.XXXXXX", socket_path[64];

	alarm(60);	/* who waits for the other end for ever has failed */
	test_runs("broadwell");
	test_runs("haswell");
	test_filler();
	test_memory();
	test_fences();
	test_many();
	test_failure();
	if (!mkdtemp(dir)) {
		printf("Bail out! mkdtemp: %s\n", strerror(errno));
		return 1;
	}
	snprintf(socket_path, sizeof(socket_path), "%s/aperture", dir);
	test_plugin(socket_path);
	rmdir(dir);
	return done();
}
