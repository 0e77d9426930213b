// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI function: configuration space and BARs. QEMU sizes the BARs and
 * handles the MSI capability itself; what it passes on is kept here.
 *
 * BAR0: registers (trapped) and the GTT's entries (mapped by the client, so a
 * PTE write costs nothing). BAR2: aperture, mapped if a plugin is there that
 * follows the GTT (aperture.c), else trapped. BAR4: I/O, dead.
 */
#include <errno.h>
#include <string.h>

#include "vgpu.h"
#include "regs.h"

enum { BAR0 = 0, BAR2 = 2, BAR4 = 4, CONFIG = 7 };

#define BAR4_SIZE	64u
#define CAP_MSI		0x90u
#define CAP_PM		0xd0u
#define CAP_AF		0xa4u		/* Advanced Features: a function can be reset */
#define AF_CONTROL	(CAP_AF + 4)

static void put(struct vgpu *gpu, u32 offset, u32 size, u32 value, u32 wmask)
{
	memcpy(gpu->config + offset, &value, size);
	memcpy(gpu->config_wmask + offset, &wmask, size);
}

static void init_common(struct vgpu *gpu, u16 device, u8 revision, u32 class)
{
	put(gpu, 0x00, 2, 0x8086, 0);
	put(gpu, 0x02, 2, device, 0);
	put(gpu, 0x04, 2, 0, 0x0547);		/* command */
	put(gpu, 0x08, 1, revision, 0);
	put(gpu, 0x09, 3, class, 0);
	put(gpu, 0x0c, 1, 0, 0xff);		/* cache line size */
	put(gpu, 0x2c, 2, 0x8086, 0);
	put(gpu, 0x3c, 1, 0, 0xff);		/* interrupt line */
}

/* GMS of GGC: a unit is 32 MiB. */
static u16 stolen_size(const struct vgpu *gpu)
{
	return gpu->stolen ? 1 << (gpu->plat->gen >= 8 ? 8 : 3) : 0;
}

/**
 * pci_init() - configuration space as after power-up
 */
void pci_init(struct vgpu *gpu)
{
	const struct platform *plat = gpu->plat;

	memset(gpu->config, 0, sizeof(gpu->config));
	memset(gpu->config_wmask, 0, sizeof(gpu->config_wmask));
	if (gpu->lpc) {
		init_common(gpu, plat->lpc_device, 3, 0x060100);
		put(gpu, 0x2e, 2, plat->lpc_device, 0);
		return;
	}
	init_common(gpu, plat->device, plat->revision, 0x030000);
	put(gpu, 0x06, 2, 0x0010, 0);			/* has capabilities */
	put(gpu, 0x10, 4, 0x4, ~(plat->bar0_size - 1));
	put(gpu, 0x14, 4, 0, ~0u);
	put(gpu, 0x18, 4, 0xc, ~(plat->aperture_size - 1));
	put(gpu, 0x1c, 4, 0, ~0u);
	put(gpu, 0x20, 4, 0x1, ~(BAR4_SIZE - 1));
	put(gpu, 0x2e, 2, plat->subsystem, 0);
	put(gpu, 0x34, 1, CAP_MSI, 0);
	put(gpu, 0x50, 2, plat->gmch_ctl | stolen_size(gpu), 0);	/* GGC */
	put(gpu, 0x5c, 4, gpu->stolen, 0);		/* BDSM */
	put(gpu, CAP_MSI, 4, 0x05 | CAP_PM << 8, 0x00710000);
	put(gpu, CAP_MSI + 4, 4, 0, 0xfffffffc);	/* message address */
	put(gpu, CAP_MSI + 8, 2, 0, 0xffff);		/* message data */
	put(gpu, CAP_PM, 4, 0x01 | CAP_AF << 8 | 0x0022 << 16, 0);
	put(gpu, CAP_PM + 4, 2, 0, 0x0103);
	put(gpu, CAP_AF, 4, 0x13 | 6 << 16 | 0x03 << 24, 0);
	put(gpu, AF_CONTROL, 1, 0, 0x01);
}

/**
 * pci_steal() - have 32 MiB of stolen memory at an address of the guest's memory
 * @base: a multiple of 1 MiB; 0: have none
 *
 * Drivers find it, and reach it through the GGTT and PPGTTs as they reach other memory. As firmware
 * does, whoever starts the guest has to keep its kernel from using it.
 */
void pci_steal(struct vgpu *gpu, u32 base)
{
	gpu->stolen = base;
	pci_init(gpu);
}

/**
 * pci_region() - a region by its number in the vfio-user protocol
 *
 * Return: false if the device has no such region.
 */
bool pci_region(const struct vgpu *gpu, u32 index, struct region *r)
{
	const struct platform *plat = gpu->plat;

	memset(r, 0, sizeof(*r));
	if (index == CONFIG)
		r->size = CONFIG_SIZE;
	if (gpu->lpc)
		return r->size;
	switch (index) {
	case BAR0:
		r->size = plat->bar0_size;
		r->mmap = true;
		r->mmap_offset = plat->gtt_offset;
		r->mmap_size = plat->bar0_size - plat->gtt_offset;
		r->fd = gpu->bar0_fd;
		break;
	case BAR2:
		r->size = plat->aperture_size;
		r->mmap = gpu->aperture.link >= 0;
		r->mmap_size = plat->aperture_size;
		r->fd = gpu->aperture.memory;
		break;
	case BAR4:
		r->size = BAR4_SIZE;
		break;
	}
	return r->size;
}

static void config_access(struct vgpu *gpu, u32 offset, u8 *buf, u32 len, bool write)
{
	u32 i;

	if (!write) {
		memcpy(buf, gpu->config + offset, len);
		return;
	}
	for (i = 0; i < len; i++) {
		u8 mask = gpu->config_wmask[offset + i];

		gpu->config[offset + i] = (gpu->config[offset + i] & ~mask) | (buf[i] & mask);
	}
	if (gpu->config[AF_CONTROL]) {
		log_info("guest: function reset");
		vgpu_reset(gpu);
	}
}

/* One access that lies within one register. */
static void register_access(struct vgpu *gpu, u32 offset, u8 *buf, u32 len, bool write)
{
	u32 reg = offset & ~3u, value = 0;

	if (write && len == 4) {
		memcpy(&value, buf, 4);
		log_mmio("W %06x = %08x", reg, value);
		mmio_write(gpu, reg, value);
		return;
	}
	value = mmio_read(gpu, reg);
	if (write) {
		memcpy((u8 *)&value + (offset & 3), buf, len);
		log_mmio("W %06x = %08x (%u bytes)", reg, value, len);
		mmio_write(gpu, reg, value);
	} else {
		log_mmio("R %06x = %08x", reg, value);
		memcpy(buf, (u8 *)&value + (offset & 3), len);
	}
}

static void bar0_access(struct vgpu *gpu, u32 offset, u8 *buf, u32 len, bool write)
{
	while (len && offset < MMIO_SIZE) {
		u32 n = 4 - offset % 4;

		if (n > len)
			n = len;
		register_access(gpu, offset, buf, n, write);
		offset += n;
		buf += n;
		len -= n;
	}
	if (write)
		memcpy(gpu->bar0 + offset, buf, len);
	else
		memcpy(buf, gpu->bar0 + offset, len);
}

/**
 * pci_access() - the client reads or writes a region
 *
 * Return: 0, or -EINVAL when the access is not within an existing region.
 */
int pci_access(struct vgpu *gpu, u32 region, u64 offset, u8 *buf, u32 len, bool write)
{
	struct region r;

	if (!pci_region(gpu, region, &r) || offset > r.size || len > r.size - offset)
		return -EINVAL;
	switch (region) {
	case CONFIG:
		config_access(gpu, (u32)offset, buf, len, write);
		break;
	case BAR0:
		bar0_access(gpu, (u32)offset, buf, len, write);
		break;
	case BAR2:
		aperture_access(gpu, offset, buf, len, write);
		break;
	default:
		if (!write)
			memset(buf, 0, len);
	}
	return 0;
}
