// SPDX-License-Identifier: GPL-2.0-only
/* The device: put together from its rooms, reset, taken apart. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vgpu.h"

static int create_bar0(struct vgpu *gpu)
{
	u32 size = gpu->plat->bar0_size;
	void *p;

	gpu->bar0_fd = memfd_create("vgpu-bar0", MFD_CLOEXEC);
	if (gpu->bar0_fd < 0 || ftruncate(gpu->bar0_fd, size))
		return -errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, gpu->bar0_fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	gpu->bar0 = p;
	return 0;
}

/**
 * vgpu_create() - a device as after power-up
 * @lpc: pose as the platform's ISA bridge, for drivers that look for the PCH
 * @display: the display is there, though nothing is connected to it
 * @seed: of the random order and delays; 0: none
 * @delay_ns: delay of each request, nanoseconds
 *
 * Return: 0, -ENOMEM, or the error of memfd_create() or mmap().
 */
int vgpu_create(struct vgpu *gpu, const struct platform *plat, bool lpc,
		bool display, u64 seed, u64 delay_ns)
{
	int ret;

	memset(gpu, 0, sizeof(*gpu));
	gpu->plat = plat;
	gpu->lpc = lpc;
	gpu->display.present = display;
	gpu->rng = seed;
	gpu->delay_ns = delay_ns;
	gpu->msi_fd = -1;
	gpu->bar0_fd = -1;
	gpu->aperture.link = -1;
	gpu->rule_of = calloc(MMIO_SIZE / 4, 1);
	if (!gpu->rule_of)
		return -ENOMEM;
	ret = create_bar0(gpu);
	if (ret)
		return ret;
	engine_init(gpu);
	mmio_init(gpu);
	vgpu_reset(gpu);
	return 0;
}

void vgpu_destroy(struct vgpu *gpu)
{
	irq_set_eventfd(gpu, -1);
	aperture_detach(gpu);
	mem_unmap_all(&gpu->mem);
	if (gpu->bar0)
		munmap(gpu->bar0, gpu->plat->bar0_size);
	if (gpu->bar0_fd >= 0)
		close(gpu->bar0_fd);
	free(gpu->rule_of);
	memset(gpu, 0, sizeof(*gpu));
}

/**
 * vgpu_reset() - PCI function reset: all but the memory maps and time control
 */
void vgpu_reset(struct vgpu *gpu)
{
	int i;

	pci_init(gpu);
	mmio_reset(gpu);
	memset(gpu->bar0 + gpu->plat->gtt_offset, 0, gpu->plat->gtt_size);
	aperture_update(gpu);
	gpu->irq_line = false;
	for (i = 0; i < NUM_ENGINES; i++)
		engine_reset(&gpu->engine[i]);
}

/**
 * vgpu_random() - next number of the device's own sequence
 *
 * Return: always 0 without a seed.
 */
u64 vgpu_random(struct vgpu *gpu)
{
	/* xorshift64: never leaves 0, never reaches it from elsewhere */
	gpu->rng ^= gpu->rng << 13;
	gpu->rng ^= gpu->rng >> 7;
	gpu->rng ^= gpu->rng << 17;
	return gpu->rng;
}
