// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address translation. Tables are walked on every access: the guest edits
 * them behind our back, and a page that has been unbound must fault at once.
 *
 * GGTT: an array of entries in BAR0. gen8: 8 bytes each, gen7: 4 bytes.
 * gen8 PPGTT: 4 levels of 512 entries from PDP0, or 3 from PDP0…PDP3.
 * gen7 PPGTT: 512 directory entries that sit in the GGTT's own array.
 */
#include <string.h>

#include "vgpu.h"
#include "regs.h"

#define PTE_PRESENT	1u
#define PTE_WRITE	2u	/* gen8 PPGTT only */
#define PDE_PS		0x80u	/* gen8: the entry maps 2 MiB */
#define GEN8_ADDR	0x7ffffff000ull

/* gen7 (HSW_PTE_ADDR_ENCODE): bits 38:32 of the address in bits 10:4 */
static u64 hsw_pte_addr(u32 pte)
{
	return (pte & 0xfffff000u) | (u64)(pte & 0x7f0) << 28;
}

/* gen6/7 directory entry (GEN6_PDE_ADDR_ENCODE): bits 39:32 in bits 11:4 */
static u64 gen7_pde_addr(u32 pde)
{
	return (pde & 0xfffff000u) | (u64)(pde & 0xff0) << 28;
}

/**
 * ggtt_entry() - an entry of the GGTT as it is now
 *
 * Return: the entry; 0, which is not present, beyond the end.
 */
u64 ggtt_entry(const struct vgpu *gpu, u64 index)
{
	const struct platform *plat = gpu->plat;
	const u8 *gtt = gpu->bar0 + plat->gtt_offset;
	u64 entry = 0;

	if (index < plat->gtt_size / plat->pte_size)
		memcpy(&entry, gtt + index * plat->pte_size, plat->pte_size);
	return entry;
}

/**
 * ggtt_page() - the page that an entry of the GGTT is for
 *
 * Return: its guest address, or XLATE_FAULT.
 */
u64 ggtt_page(const struct platform *plat, u64 entry)
{
	if (!(entry & PTE_PRESENT))
		return XLATE_FAULT;
	return plat->gen >= 8 ? entry & GEN8_ADDR : hsw_pte_addr((u32)entry);
}

/**
 * ggtt_translate() - GGTT address to guest address
 *
 * Return: the guest address, or XLATE_FAULT.
 */
u64 ggtt_translate(struct vgpu *gpu, u64 addr)
{
	u64 page = ggtt_page(gpu->plat, ggtt_entry(gpu, addr / PAGE_SIZE));

	return page == XLATE_FAULT ? page : page | (addr & ~PAGE_MASK);
}

/* Read entry @index of the gen8 table at @table; false if there is none. */
static bool gen8_entry(struct vgpu *gpu, u64 table, u32 index, u64 *entry)
{
	const u64 *p = mem_ptr(&gpu->mem, (table & GEN8_ADDR) + index * 8, 8, false);

	if (!p)
		return false;
	*entry = __atomic_load_n(p, __ATOMIC_RELAXED);
	return *entry & PTE_PRESENT;
}

static u64 ring_pdp(const struct engine *e, u32 n)
{
	return (u64)*ring_reg(e, RING_PDP_UDW(n)) << 32 | *ring_reg(e, RING_PDP_LDW(n));
}

static bool gen8_four_level(const struct engine *e)
{
	if (engine_uses_execlists(e))
		return (e->running[0].lo >> 3 & 3) == 3;
	return *ring_reg(e, RING_MODE) & GFX_PPGTT_48B;
}

/*
 * With three levels an address has 32 bits. Drivers up to 4.4 relocate by 0 to 4 GiB what SNA wants relocated by a
 * negative number, so bits above are set (relocate_entry_cpu()).
 */
static bool gen8_page_directory(struct engine *e, u64 addr, u64 *pd)
{
	u64 pdp;

	if (!gen8_four_level(e)) {
		*pd = ring_pdp(e, addr >> 30 & 3);
		return true;
	}
	return gen8_entry(e->gpu, ring_pdp(e, 0), addr >> 39 & 511, &pdp) &&
	       gen8_entry(e->gpu, pdp, addr >> 30 & 511, pd);
}

static u64 gen8_translate(struct engine *e, u64 addr, bool write)
{
	u64 pd, pde, pte;

	addr &= (1ull << 48) - 1;
	if (!gen8_page_directory(e, addr, &pd) ||
	    !gen8_entry(e->gpu, pd, addr >> 21 & 511, &pde))
		return XLATE_FAULT;
	if (pde & PDE_PS) {
		pte = (pde & GEN8_ADDR & ~0x1fffffull) | (addr & 0x1ff000) |
		      (pde & PTE_WRITE);
	} else if (!gen8_entry(e->gpu, pde, addr >> 12 & 511, &pte)) {
		return XLATE_FAULT;
	}
	if (write && !(pte & PTE_WRITE))
		return XLATE_READ_ONLY;
	return (pte & GEN8_ADDR) | (addr & ~PAGE_MASK);
}

static u64 gen7_translate(struct engine *e, u64 addr)
{
	const struct platform *plat = e->gpu->plat;
	/* PP_DIR_BASE: the directory's offset in the GGTT's array, in units of
	 * 64 bytes, in the upper half (get_pd_offset() in i915_gem_gtt.c)
	 */
	u64 dir = (u64)(*ring_reg(e, RING_PP_DIR_BASE) >> 16) * 64;
	u32 index = addr >> 22 & 511, pde, *pte;

	if (addr >> 31 || dir + (index + 1) * 4 > plat->gtt_size)
		return XLATE_FAULT;
	/* PP_DIR_DCLV: one bit for each 16 entries that may be fetched */
	if (!(*ring_reg(e, RING_PP_DIR_DCLV) & BIT(index / 16)))
		return XLATE_FAULT;
	memcpy(&pde, e->gpu->bar0 + plat->gtt_offset + dir + index * 4, 4);
	if (!(pde & PTE_PRESENT))
		return XLATE_FAULT;
	pte = mem_ptr(&e->gpu->mem, gen7_pde_addr(pde) + (addr >> 12 & 1023) * 4, 4, false);
	if (!pte || !(*pte & PTE_PRESENT))
		return XLATE_FAULT;
	return hsw_pte_addr(*pte) | (addr & ~PAGE_MASK);
}

/**
 * ppgtt_translate() - address in the engine's current PPGTT to guest address
 * @write: the access is a write
 *
 * Return: the guest address, XLATE_FAULT, or XLATE_READ_ONLY for a write to a
 * page that is mapped read-only: gen8 drops such a write without a fault.
 */
u64 ppgtt_translate(struct engine *e, u64 addr, bool write)
{
	return e->gpu->plat->gen >= 8 ? gen8_translate(e, addr, write) :
					gen7_translate(e, addr);
}

/**
 * engine_uses_ppgtt() - do commands without a GGTT bit mean the PPGTT?
 */
bool engine_uses_ppgtt(const struct engine *e)
{
	return engine_uses_execlists(e) || (*ring_reg(e, RING_MODE) & GFX_PPGTT_ENABLE);
}

/**
 * gpu_ptr() - reach memory through an engine's page tables
 * @len: bytes, not across a page boundary
 *
 * Return: the host address; NULL after a fault, which has been reported, and
 * for a write to a read-only page.
 */
void *gpu_ptr(struct engine *e, u64 addr, bool ppgtt, u32 len, bool write)
{
	u64 guest = ppgtt ? ppgtt_translate(e, addr, write) : ggtt_translate(e->gpu, addr);
	void *p = NULL;

	if (guest == XLATE_READ_ONLY)
		return NULL;
	if (guest != XLATE_FAULT)
		p = mem_ptr(&e->gpu->mem, guest, len, write);
	if (!p)
		fault_report(e, addr, ppgtt, write);
	return p;
}

bool gpu_read32(struct engine *e, u64 addr, bool ppgtt, u32 *value)
{
	const u32 *p = gpu_ptr(e, addr & ~3ull, ppgtt, 4, false);

	if (!p)
		return false;
	*value = __atomic_load_n(p, __ATOMIC_ACQUIRE);
	return true;
}

bool gpu_write32(struct engine *e, u64 addr, bool ppgtt, u32 value)
{
	u32 *p = gpu_ptr(e, addr & ~3ull, ppgtt, 4, true);

	if (!p)
		return false;
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
	return true;
}
