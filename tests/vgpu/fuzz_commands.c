// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz the command streamer. The input is the guest's memory: ring, context
 * image, page tables and batches are whatever it says. GGTT page n is guest
 * page n; the ring is page 0, the context's state page 1, the PML4 page 2.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vgpu.h"
#include "regs.h"

#define RAM_PAGES	16u
#define SLICES		4

static u8 *ram;
static int ram_fd;

static void create(struct vgpu *gpu, const char *platform)
{
	u64 pte;
	u32 i;

	if (vgpu_create(gpu, platform_find(platform), false, false, 0, 0))
		abort();
	if (mem_map(&gpu->mem, 0, RAM_PAGES / 2 * PAGE_SIZE, ram_fd, 0, true) ||
	    mem_map(&gpu->mem, RAM_PAGES / 2 * PAGE_SIZE, RAM_PAGES / 2 * PAGE_SIZE, ram_fd,
		    RAM_PAGES / 2 * PAGE_SIZE, false))
		abort();
	for (i = 0; i < RAM_PAGES + 2; i++) {
		pte = i * PAGE_SIZE | 1;
		memcpy(gpu->bar0 + gpu->plat->gtt_offset + i * gpu->plat->pte_size, &pte,
		       gpu->plat->pte_size);
	}
}

static void fill_ram(const u8 *data, size_t size)
{
	u32 page;

	memset(ram, 0, RAM_PAGES * PAGE_SIZE);
	/* every page begins with a slice of the input */
	for (page = 0; page < RAM_PAGES && size; page++) {
		size_t n = size < 256 ? size : 256;

		memcpy(ram + page * PAGE_SIZE, data, n);
		data += n;
		size -= n;
	}
}

static void start(struct engine *e, bool execlists)
{
	struct vgpu *gpu = e->gpu;
	u32 base = e->info->base, i;

	mmio_write(gpu, e->info->hwsp, 3 * PAGE_SIZE);
	mmio_write(gpu, base + RING_MODE, 0xffff0000 | GFX_PPGTT_ENABLE |
		   (execlists ? GFX_RUN_LIST_ENABLE : 0));
	mmio_write(gpu, base + RING_PDP_LDW(0), 2 * PAGE_SIZE);
	mmio_write(gpu, base + RING_PP_DIR_DCLV, ~0u);
	mmio_write(gpu, base + RING_START, 0);
	mmio_write(gpu, base + RING_CTL, RING_VALID);
	if (execlists) {
		/* descriptor of a context whose state page is page 1 */
		for (i = 0; i < 4; i++)
			mmio_write(gpu, base + RING_ELSP, i == 3 ? 0x19 : 0);
	}
	mmio_write(gpu, base + RING_TAIL, 256);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct vgpu gpu[2];
	struct vgpu *g;
	struct engine *e;
	int i;

	if (size < 2)
		return 0;
	if (!ram) {
		ram_fd = memfd_create("ram", 0);
		if (ftruncate(ram_fd, RAM_PAGES * PAGE_SIZE))
			abort();
		ram = mmap(NULL, RAM_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd,
			   0);
		create(&gpu[0], "broadwell");
		create(&gpu[1], "haswell");
	}
	g = &gpu[data[0] & 1];
	e = &g->engine[data[0] >> 1 & 3];
	mmio_reset(g);
	for (i = 0; i < NUM_ENGINES; i++)
		engine_reset(&g->engine[i]);
	fill_ram(data + 1, size - 1);
	start(e, g->plat->has_execlists && (data[0] & 8));
	for (i = 0; i < SLICES; i++)
		engine_run(e, 200);
	return 0;
}
