// SPDX-License-Identifier: GPL-2.0-only
/*
 * The aperture: 256 MiB by which the CPU reaches what the GGTT maps.
 *
 * The client can map a region once, and as one file, but each page of the
 * aperture is one of guest memory, and another when the GGTT says so. So a
 * plugin in the client's process (plugin.c) maps pages of guest memory over
 * the aperture's mapping, as it is told: when the driver flushes the GGTT's TLB,
 * the entries that have changed since. Between a write to an entry and the
 * flush the aperture shows the old page, as hardware does. What is behind a
 * fence is mapped elsewhere, and the plugin does each access to it.
 *
 * Where there is no plugin the client passes each access on (aperture_access()).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vgpu.h"
#include "regs.h"

#define ANSWER_SECONDS	4	/* the client waits for five */
#define TRY_AGAIN	0xff	/* each byte of an entry in @seen that equals none */

struct batch {
	u32 num;
	struct aperture_run run[APERTURE_RUNS];
};

static u32 collect_files(const struct vgpu *gpu, int *fd)
{
	fd[OWN_MEMORY] = gpu->aperture.memory;
	fd[REGISTERS] = gpu->bar0_fd;
	memcpy(fd + GUEST_FILES, gpu->mem.file, gpu->mem.num_files * sizeof(*fd));
	return GUEST_FILES + gpu->mem.num_files;
}

/* Have the plugin map what is in @b. */
static int flush(struct vgpu *gpu, struct batch *b)
{
	union {
		char buf[CMSG_SPACE(APERTURE_FILES * sizeof(int))];
		struct cmsghdr header;
	} control = { 0 };
	struct iovec iov[2] = { { &b->num, sizeof(b->num) }, { b->run, b->num * sizeof(*b->run) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = control.buf };
	int fd[APERTURE_FILES], answer;
	u32 files = collect_files(gpu, fd);
	ssize_t n;

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(files * sizeof(*fd));
	memcpy(CMSG_DATA(&control.header), fd, files * sizeof(*fd));
	msg.msg_controllen = CMSG_SPACE(files * sizeof(*fd));
	n = sendmsg(gpu->aperture.link, &msg, MSG_NOSIGNAL);
	if (n > 0)
		n = recv(gpu->aperture.link, &answer, sizeof(answer), MSG_WAITALL);
	b->num = 0;
	if (n == sizeof(answer))
		return answer;
	if (n < 0 && errno == EAGAIN)
		return -ETIMEDOUT;
	return n < 0 && errno != EPIPE ? -errno : -ECONNRESET;
}

/* One more page to map: to the last run, if it goes on there. */
static int add(struct vgpu *gpu, struct batch *b, u32 page, u32 file, u64 offset)
{
	struct aperture_run *last = b->num ? &b->run[b->num - 1] : NULL;
	u32 fenced = fence_covers(gpu, (u64)page * PAGE_SIZE);
	int ret;

	if (last && last->file == file && last->fenced == fenced && last->page + last->count == page &&
	    last->offset + (u64)last->count * PAGE_SIZE == offset) {
		last->count++;
		return 0;
	}
	if (b->num == APERTURE_RUNS) {
		ret = flush(gpu, b);
		if (ret)
			return ret;
	}
	b->run[b->num++] = (struct aperture_run){ page, 1, file, fenced, offset };
	return 0;
}

/*
 * Drivers fill what they do not use with one page. Neighbours that have the
 * same page would each be a mapping, of which a process can have 65,530.
 */
static bool is_filler(struct vgpu *gpu, u32 page, u64 guest)
{
	return ggtt_page(gpu->plat, ggtt_entry(gpu, (u64)page - 1)) == guest ||
	       ggtt_page(gpu->plat, ggtt_entry(gpu, (u64)page + 1)) == guest;
}

static int update_page(struct vgpu *gpu, struct batch *b, u32 page)
{
	const struct platform *plat = gpu->plat;
	u8 *seen = gpu->aperture.seen + (u64)page * plat->pte_size;
	u64 entry = ggtt_entry(gpu, page), guest = ggtt_page(plat, entry), offset;
	int file;

	if (!memcmp(seen, &entry, plat->pte_size))
		return 0;
	memcpy(seen, &entry, plat->pte_size);
	if (guest != XLATE_FAULT && !is_filler(gpu, page, guest)) {
		file = mem_share(&gpu->mem, guest, &offset);
		if (file >= 0)
			return add(gpu, b, page, GUEST_FILES + (u32)file, offset);
		memset(seen, TRY_AGAIN, plat->pte_size);
	}
	return add(gpu, b, page, OWN_MEMORY, (u64)page * PAGE_SIZE);
}

static u32 num_pages(const struct vgpu *gpu)
{
	return gpu->plat->aperture_size / PAGE_SIZE;
}

static int update(struct vgpu *gpu)
{
	const struct platform *plat = gpu->plat;
	const u8 *gtt = gpu->bar0 + plat->gtt_offset;
	const u32 step = 512;
	struct batch b = { .num = 0 };
	u32 first, i;
	int ret = 0;

	for (first = 0; first < num_pages(gpu) && !ret; first += step) {
		u64 at = (u64)first * plat->pte_size;

		if (!memcmp(gpu->aperture.seen + at, gtt + at, step * plat->pte_size))
			continue;
		for (i = first; i < first + step && !ret; i++)
			ret = update_page(gpu, &b, i);
	}
	return ret || !b.num ? ret : flush(gpu, &b);
}

static void forget(struct vgpu *gpu, u64 first, u64 pages)
{
	const u32 size = gpu->plat->pte_size, all = num_pages(gpu);

	if (first >= all)
		return;
	if (pages > all - first)
		pages = all - first;
	memset(gpu->aperture.seen + first * size, TRY_AGAIN, pages * size);
}

/* A fence has come, gone or changed: what was, and what is behind it, is mapped in another way. */
static void forget_fenced(struct vgpu *gpu, u32 low, u32 high)
{
	if (low & FENCE_VALID && (high & FENCE_PAGE) >= (low & FENCE_PAGE))
		forget(gpu, low / PAGE_SIZE, high / PAGE_SIZE - low / PAGE_SIZE + 1);
}

static void compare_fences(struct vgpu *gpu)
{
	u32 *seen = gpu->aperture.fences;
	const u32 *now = reg_ptr(gpu, FENCE_LOW(0));

	for (u32 i = 0; i < NUM_FENCES; i++, seen += 2, now += 2) {
		if (!memcmp(seen, now, 8))
			continue;
		forget_fenced(gpu, seen[0], seen[1]);
		forget_fenced(gpu, now[0], now[1]);
		memcpy(seen, now, 8);
	}
}

/**
 * aperture_update() - have the aperture show what the GGTT maps now, and as the
 * fences say
 *
 * Without a plugin it always does. If a page cannot be mapped, the aperture's
 * error says why: the client must not go on.
 */
void aperture_update(struct vgpu *gpu)
{
	struct aperture *a = &gpu->aperture;

	if (a->link < 0 || a->error)
		return;
	/* What was mapped there can be mapped again, as other memory at the same guest address. */
	if (gpu->mem.share_lost)
		forget(gpu, 0, num_pages(gpu));
	gpu->mem.share_lost = false;
	compare_fences(gpu);
	a->error = update(gpu);
	if (a->error)
		log_err("aperture: the plugin cannot map it: %s", strerror(-a->error));
}

/* A QEMU that ends before it connects as a client leaves a plugin that nobody asks any more. */
static bool has_gone(int link)
{
	struct pollfd p = { .fd = link, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && p.revents & POLLHUP;
}

/**
 * aperture_attach() - a plugin has connected
 * @link: to it; belongs to the device from here on
 *
 * Return: 0, -EBUSY if there is one, or another negative errno: then the
 * plugin is let go.
 */
int aperture_attach(struct vgpu *gpu, int link)
{
	struct timeval timeout = { ANSWER_SECONDS, 0 };
	struct aperture *a = &gpu->aperture;
	struct batch greeting = { .num = 0 };
	int ret;

	if (a->link >= 0 && has_gone(a->link))
		aperture_detach(gpu);
	if (a->link >= 0) {
		close(link);
		return -EBUSY;
	}
	setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	*a = (struct aperture){
		.link = link,
		.memory = memfd_create("vgpu-aperture", MFD_CLOEXEC),
		.seen = calloc(num_pages(gpu), gpu->plat->pte_size),
	};
	if (a->memory < 0 || !a->seen || ftruncate(a->memory, gpu->plat->aperture_size))
		ret = -errno;
	else
		ret = flush(gpu, &greeting);
	if (ret)
		aperture_detach(gpu);
	return ret;
}

/**
 * aperture_detach() - the client, and the plugin in it, have gone
 */
void aperture_detach(struct vgpu *gpu)
{
	struct aperture *a = &gpu->aperture;

	if (a->link < 0)
		return;
	close(a->link);
	if (a->memory >= 0)
		close(a->memory);
	free(a->seen);
	*a = (struct aperture){ .link = -1 };
}

/**
 * aperture_access() - the CPU reads or writes BAR2
 *
 * What is not mapped reads as zero, and swallows writes.
 */
void aperture_access(struct vgpu *gpu, u64 offset, u8 *buf, u32 len, bool write)
{
	while (len) {
		u32 n = PAGE_SIZE - (u32)(offset % PAGE_SIZE);
		u64 guest;
		u8 *p = NULL;

		if (n > len)
			n = len;
		guest = ggtt_translate(gpu, fence_translate(gpu, offset, &n));
		if (guest != XLATE_FAULT)
			p = mem_ptr(&gpu->mem, guest, n, write);
		if (!p) {
			log_info("aperture: no page at 0x%llx", (unsigned long long)offset);
			if (!write)
				memset(buf, 0, n);
		} else if (write) {
			memcpy(p, buf, n);
		} else {
			memcpy(buf, p, n);
		}
		offset += n;
		buf += n;
		len -= n;
	}
}
