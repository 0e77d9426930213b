// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the client. Each handler gets a body of known length, checks
 * what it uses, and returns 0 or a negative errno that goes into the reply.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vfio_user.h"

#define NUM_REGIONS	9u
#define NUM_IRQS	5u
#define IRQ_MSI		1u

#define DEVICE_FLAGS_RESET	BIT(0)
#define DEVICE_FLAGS_PCI	BIT(1)
#define REGION_FLAG_READ	BIT(0)
#define REGION_FLAG_WRITE	BIT(1)
#define REGION_FLAG_MMAP	BIT(2)
#define REGION_FLAG_CAPS	BIT(3)
#define REGION_CAP_SPARSE_MMAP	1u
#define IRQ_FLAG_EVENTFD	BIT(0)
#define IRQ_FLAG_NORESIZE	BIT(3)
#define IRQ_SET_EVENTFD		BIT(2)
#define DMA_FLAG_WRITE		BIT(1)
#define UNMAP_FLAG_ALL		BIT(1)

struct device_info {
	u32 argsz, flags, num_regions, num_irqs;
};

struct region_info {
	u32 argsz, flags, index, cap_offset;
	u64 size, offset;
};

struct sparse_mmap_cap {
	u16 id, version;
	u32 next;
	u32 num_areas, reserved;
	u64 offset, size;
};

struct irq_info {
	u32 argsz, flags, index, count;
};

struct irq_set {
	u32 argsz, flags, index, start, count;
};

struct dma_map_args {
	u32 argsz, flags;
	u64 offset, iova, size;
};

struct dma_unmap_args {
	u32 argsz, flags;
	u64 iova, size;
};

struct region_access {
	u64 offset;
	u32 region, count;
};

/* Copy the arguments out: the body has no alignment to rely on. */
static int get_args(const struct vfio_message *m, void *args, u32 size)
{
	if (m->len < size)
		return -EINVAL;
	memcpy(args, m->body, size);
	return 0;
}

static void put_reply(struct vfio_reply *r, const void *data, u32 len)
{
	memcpy(r->body + r->len, data, len);
	r->len += len;
}

static int handle_version(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	u16 version[2], ours[2] = { 0, 0 };
	char json[160];
	int ret = get_args(m, version, sizeof(version));

	(void)gpu;
	if (ret)
		return ret;
	log_info("client: protocol %u.%u", version[0], version[1]);
	if (version[0] != 0)
		return -EINVAL;
	snprintf(json, sizeof(json), "{\"capabilities\":{\"max_msg_fds\":%d,"
		 "\"max_data_xfer_size\":%u,\"pgsizes\":4096,\"write_multiple\":false}}",
		 VFIO_MAX_FDS, VFIO_MAX_TRANSFER);
	put_reply(r, ours, sizeof(ours));
	put_reply(r, json, (u32)strlen(json) + 1);
	return 0;
}

static int handle_dma_map(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct dma_map_args a;
	int ret = get_args(m, &a, sizeof(a));

	(void)r;
	if (ret)
		return ret;
	ret = mem_map(&gpu->mem, a.iova, a.size, m->num_fds ? m->fds[0] : -1,
		      a.offset, a.flags & DMA_FLAG_WRITE);
	log_info("client: map 0x%llx + 0x%llx%s%s: %s", (unsigned long long)a.iova,
		 (unsigned long long)a.size, a.flags & DMA_FLAG_WRITE ? "" : " read-only",
		 m->num_fds ? "" : " without descriptor", ret ? strerror(-ret) : "ok");
	return ret;
}

static int handle_dma_unmap(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct dma_unmap_args a;
	int ret = get_args(m, &a, sizeof(a));

	if (ret)
		return ret;
	if (a.flags & UNMAP_FLAG_ALL)
		mem_unmap_all(&gpu->mem);
	else
		ret = mem_unmap(&gpu->mem, a.iova, a.size);
	log_info("client: unmap 0x%llx + 0x%llx: %s", (unsigned long long)a.iova,
		 (unsigned long long)a.size, ret ? strerror(-ret) : "ok");
	put_reply(r, &a, sizeof(a));
	return ret;
}

static int handle_device_info(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct device_info info = {
		sizeof(info), DEVICE_FLAGS_RESET | DEVICE_FLAGS_PCI, NUM_REGIONS, NUM_IRQS,
	};

	(void)gpu;
	(void)m;
	put_reply(r, &info, sizeof(info));
	return 0;
}

/*
 * A client first asks with room for the plain structure only; the reply's
 * argsz tells it how much room the capability takes, and it asks again.
 */
static int handle_region_info(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct sparse_mmap_cap cap = { .id = REGION_CAP_SPARSE_MMAP, .version = 1, .num_areas = 1 };
	struct region_info info;
	struct region region;
	u32 room;
	int ret = get_args(m, &info, 16);

	if (ret)
		return ret;
	if (info.index >= NUM_REGIONS)
		return -EINVAL;
	room = info.argsz;
	pci_region(gpu, info.index, &region);
	info.argsz = sizeof(info);
	info.flags = region.size ? REGION_FLAG_READ | REGION_FLAG_WRITE : 0;
	info.cap_offset = 0;
	info.size = region.size;
	info.offset = 0;
	if (region.mmap) {
		info.flags |= REGION_FLAG_MMAP | REGION_FLAG_CAPS;
		info.argsz += sizeof(cap);
		info.cap_offset = sizeof(info);
		cap.offset = region.mmap_offset;
		cap.size = region.mmap_size;
	}
	put_reply(r, &info, sizeof(info));
	if (region.mmap && room >= info.argsz) {
		put_reply(r, &cap, sizeof(cap));
		r->fd = region.fd;
	}
	return 0;
}

static int handle_irq_info(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct irq_info info;
	int ret = get_args(m, &info, sizeof(info));

	if (ret)
		return ret;
	if (info.index >= NUM_IRQS)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.count = info.index == IRQ_MSI && !gpu->lpc;
	info.flags = info.count ? IRQ_FLAG_EVENTFD | IRQ_FLAG_NORESIZE : 0;
	put_reply(r, &info, sizeof(info));
	return 0;
}

static int handle_set_irqs(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct irq_set a;
	int ret = get_args(m, &a, sizeof(a));

	(void)r;
	if (ret)
		return ret;
	log_info("client: interrupts: index %u flags 0x%x start %u count %u, %u descriptors",
		 a.index, a.flags, a.start, a.count, m->num_fds);
	if (a.index >= NUM_IRQS)
		return -EINVAL;
	if (a.index != IRQ_MSI || gpu->lpc)
		return a.count ? -EINVAL : 0;
	if (a.start || a.count > 1)
		return -EINVAL;
	if ((a.flags & IRQ_SET_EVENTFD) && m->num_fds) {
		irq_set_eventfd(gpu, m->fds[0]);
		m->fds[0] = -1;
	} else {
		irq_set_eventfd(gpu, -1);
	}
	return 0;
}

static int handle_region_read(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct region_access a;
	int ret = get_args(m, &a, sizeof(a));

	if (ret)
		return ret;
	if (a.count > VFIO_MAX_TRANSFER)
		return -E2BIG;
	put_reply(r, &a, sizeof(a));
	ret = pci_access(gpu, a.region, a.offset, r->body + r->len, a.count, false);
	r->len += a.count;
	return ret;
}

static int handle_region_write(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	struct region_access a;
	int ret = get_args(m, &a, sizeof(a));

	if (ret)
		return ret;
	if (a.count != m->len - sizeof(a))
		return -EINVAL;
	put_reply(r, &a, sizeof(a));
	return pci_access(gpu, a.region, a.offset, m->body + sizeof(a), a.count, true);
}

static int handle_reset(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	(void)m;
	(void)r;
	log_info("client: device reset");
	vgpu_reset(gpu);
	return 0;
}

static int (*const handlers[])(struct vgpu *, struct vfio_message *, struct vfio_reply *) = {
	[VFIO_USER_VERSION] = handle_version,
	[VFIO_USER_DMA_MAP] = handle_dma_map,
	[VFIO_USER_DMA_UNMAP] = handle_dma_unmap,
	[VFIO_USER_DEVICE_GET_INFO] = handle_device_info,
	[VFIO_USER_DEVICE_GET_REGION_INFO] = handle_region_info,
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = handle_irq_info,
	[VFIO_USER_DEVICE_SET_IRQS] = handle_set_irqs,
	[VFIO_USER_REGION_READ] = handle_region_read,
	[VFIO_USER_REGION_WRITE] = handle_region_write,
	[VFIO_USER_DEVICE_RESET] = handle_reset,
};

/**
 * vfio_user_handle() - do what one message asks for
 * @m: a whole message; descriptors that are kept are set to -1 in it
 * @r: receives the reply's body
 *
 * Return: 0, or the negative errno for the reply: -EINVAL for a message that
 * makes no sense, -ENOTSUP for a command that is not served.
 */
int vfio_user_handle(struct vgpu *gpu, struct vfio_message *m, struct vfio_reply *r)
{
	int ret;

	r->len = 0;
	r->fd = -1;
	if (m->h.command >= ARRAY_SIZE(handlers) || !handlers[m->h.command]) {
		log_err("client: command %u is not served", m->h.command);
		return -ENOTSUP;
	}
	ret = handlers[m->h.command](gpu, m, r);
	if (ret)
		log_err("client: command %u refused: %s", m->h.command, strerror(-ret));
	return ret;
}
