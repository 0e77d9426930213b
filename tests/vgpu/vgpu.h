/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual GPU: everything the rooms of the model share.
 *
 * One struct vgpu is one PCI function. It is driven from a single thread:
 * messages of the vfio-user client and slices of engine work take turns.
 */
#ifndef VGPU_H
#define VGPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define BIT(n)		(1u << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE_SIZE	4096u
#define PAGE_MASK	(~(u64)(PAGE_SIZE - 1))

#define NUM_ENGINES	4
#define NUM_FENCES	32u
#define MMIO_SIZE	(2u << 20)	/* registers: the first 2 MiB of BAR0 */
#define CONFIG_SIZE	256u

/* ---- log.c ---- */
enum log_level { LOG_ERROR, LOG_INFO, LOG_MMIO, LOG_CS };

void log_open(const char *path, int verbosity);
void log_flush(void);
bool log_enabled(enum log_level level);
void vgpu_log(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
u64 clock_ns(void);

#define log_err(...)	vgpu_log(LOG_ERROR, __VA_ARGS__)
#define log_info(...)	vgpu_log(LOG_INFO, __VA_ARGS__)
#define log_mmio(...)	do { if (log_enabled(LOG_MMIO)) vgpu_log(LOG_MMIO, __VA_ARGS__); } while (0)
#define log_cs(...)	do { if (log_enabled(LOG_CS)) vgpu_log(LOG_CS, __VA_ARGS__); } while (0)

/* ---- memory.c: the guest's memory as the client maps it ---- */
struct dma_map {
	u64 iova, size;
	u8 *host;		/* NULL: the client passed no descriptor */
	u32 file;		/* else the number of its file, */
	u64 offset;		/* and where in that the range is */
	bool writable;
	bool shared;		/* mem_share() has told of a page of it */
};

#define MEM_FILES	16

struct memory {
	struct dma_map *map;
	u32 count, capacity;
	u32 last;		/* hint: the map that matched last */
	int file[MEM_FILES];	/* what the maps are of */
	u32 num_files;
	bool share_lost;	/* a map has gone that mem_share() had told of */
};

int mem_map(struct memory *mem, u64 iova, u64 size, int fd, u64 offset, bool writable);
int mem_unmap(struct memory *mem, u64 iova, u64 size);
void mem_unmap_all(struct memory *mem);
void *mem_ptr(struct memory *mem, u64 addr, u64 len, bool write);
int mem_share(struct memory *mem, u64 page, u64 *offset);
void mem_guard_sigbus(void);
u32 mem_sigbus_count(void);

/* ---- platform.c: what really differs between two GPUs ---- */
struct reg_value {
	u32 offset, value;
};

struct reg_span {
	u32 first, last;	/* byte offsets, both inclusive */
};

struct irq_bank {
	u32 imr, iir, ier;
	int master_bit;		/* status bit of the low half in the master register, high half one above; -1: none */
};

struct engine_info {
	const char *name;
	u32 base;		/* of the ring registers */
	u32 hwsp;		/* hardware status page address register */
	u32 fault;		/* fault register */
	u8 id;			/* hardware engine id, as in fault registers */
	u8 bank;		/* interrupt bank */
	u32 irq_user, irq_notify, irq_switch;
	u32 reset;		/* bit in GDRST */
};

struct platform {
	const char *name;
	int gen;
	u16 device, lpc_device, subsystem;
	u8 revision;
	u16 gmch_ctl;		/* config 0x50: GTT and stolen memory size */
	u32 bar0_size, gtt_offset, gtt_size;
	u32 aperture_size;
	u8 pte_size;
	bool has_execlists;
	u32 irq_master;
	const struct irq_bank *bank;
	u32 num_banks;
	u32 display_bank;	/* number of the first one of the display */
	struct engine_info engine[NUM_ENGINES];
	const struct reg_value *reset_values;
	u32 num_reset_values;
	const struct reg_span *masked;		/* 16-bit masked registers */
	u32 num_masked;
	const struct reg_span *unprivileged;	/* writable by user batches */
	u32 num_unprivileged;
	const struct reg_span *context;		/* kept in the RCS context image */
	u32 num_context;
};

const struct platform *platform_find(const char *name);
const char *platform_names(void);

/* ---- render.c: state of the 3D pipeline ---- */

/* Commands whose last one is kept. */
enum render_command {
	PIPELINE_SELECT, DEPTH_BUFFER, STENCIL_BUFFER, VERTEX_ELEMENTS, MULTISAMPLE, VS, GS, CLIP, SF, WM, SAMPLE_MASK,
	HS, TE, DS, STREAMOUT, SBE, PS, BLEND_POINTERS, BINDING_TABLE_PS, SAMPLERS_PS, VF_SGVS, VF_TOPOLOGY, PS_BLEND,
	WM_DEPTH_STENCIL, PS_EXTRA, RASTER, WM_HZ_OP, DRAWING_RECTANGLE, RENDER_COMMANDS
};

#define RENDER_KEPT	16u	/* dwords of each */
#define VERTEX_BUFFERS	16u

struct render {
	u64 surfaces, dynamic, instructions;	/* bases of addresses */
	u32 command[RENDER_COMMANDS][RENDER_KEPT];
	u32 vertex_buffer[VERTEX_BUFFERS][4];
	u32 instanced;		/* vertex elements that are stepped by instances, a bit each */
	u32 reserved;
};

/* ---- engine.c ---- */
#define MAX_DEPTH	2	/* ring, batch, second-level batch */

struct batch_level {
	u64 addr;		/* of the next command */
	u64 start;		/* where the batch began */
	u32 loops;		/* times it jumped back there */
	bool ppgtt;
	bool secure;
};

struct context_desc {
	u32 lo, hi;
};

struct engine_stats {
	u64 commands, batches, requests, submits, faults, resets, passed_over;
};

enum run_state {
	RUN_IDLE,		/* nothing to do */
	RUN_BUSY,		/* more to do at once */
	RUN_WAIT,		/* for memory to change: a semaphore, an endless batch */
	RUN_GATED,		/* held, or the delay has not passed */
};

struct engine {
	struct vgpu *gpu;
	const struct engine_info *info;

	/* where the command streamer is; the ring's position is RING_HEAD */
	int depth;
	struct batch_level batch[MAX_DEPTH + 1];
	bool arbitration;	/* MI_ARB_ON_OFF */
	bool arb_point;		/* a batch may be preempted here */
	bool waiting;
	bool hung;
	u32 blit_row;		/* rows of the current blit already done */
	u32 blit_setup[10];	/* the last XY_SETUP command, gen8's being the longest */
	u32 blit_clip[2];	/* its clip rectangle, or that of XY_SETUP_CLIP_BLT */
	struct render render;
	u32 draw_rectangle, draw_row;	/* of the current primitive, already done */
	u64 fetch_page;		/* one-entry cache of command fetches */
	bool fetch_ppgtt;
	const u32 *fetch_host;

	/* execlists */
	u32 elsp[4];
	u32 elsp_count;
	struct context_desc running[2], pending[2];
	bool active, preempt;

	/* time control */
	bool held;
	u32 steps;
	u64 delay_ns, gate_ns;
	bool in_request;

	struct engine_stats stats;
};

void engine_init(struct vgpu *gpu);
void engine_reset(struct engine *e);
void engine_abandon(struct engine *e);
enum run_state engine_run(struct engine *e, u32 budget);
bool engine_is_idle(const struct engine *e);
bool engine_uses_execlists(const struct engine *e);
struct engine *engine_by_name(struct vgpu *gpu, const char *name);
struct engine *engine_at(struct vgpu *gpu, u32 offset);
enum run_state engines_run(struct vgpu *gpu, u64 *deadline_ns);
bool engine_gate(struct engine *e);
void engine_request_done(struct engine *e);
void engine_hold(struct engine *e, bool hold);
void engine_step(struct engine *e, u32 requests);
void engine_set_delay(struct engine *e, u32 usec);

/* ---- execlists.c ---- */
void execlists_write_elsp(struct engine *e, u32 value);
u32 execlists_status(const struct engine *e);
void execlists_preempt(struct engine *e);
void execlists_context_done(struct engine *e);

/* ---- context.c ---- */
void context_load(struct engine *e);
void context_update_tail(struct engine *e);
void context_save(struct engine *e);
void context_set(struct engine *e, u32 address, u32 flags);

/* ---- pagetable.c ---- */
#define XLATE_FAULT	(~0ull)
#define XLATE_READ_ONLY	(~1ull)

u64 ggtt_entry(const struct vgpu *gpu, u64 index);
u64 ggtt_page(const struct platform *plat, u64 entry);
u64 ggtt_translate(struct vgpu *gpu, u64 addr);
u64 ppgtt_translate(struct engine *e, u64 addr, bool write);
bool engine_uses_ppgtt(const struct engine *e);
void *gpu_ptr(struct engine *e, u64 addr, bool ppgtt, u32 len, bool write);
bool gpu_read32(struct engine *e, u64 addr, bool ppgtt, u32 *value);
bool gpu_write32(struct engine *e, u64 addr, bool ppgtt, u32 value);

/* ---- aperture.c; plugin.c within QEMU ---- */

/*
 * A message to the plugin is the number of runs, then the runs. It carries descriptors: of the aperture's own memory,
 * of BAR0, then of the files that the guest's memory is in. The plugin maps all runs and answers with a negative errno,
 * or 0, of 32 bits.
 */
struct aperture_run {
	u32 page, count;	/* of the aperture */
	u32 file;		/* which of the descriptors */
	u32 fenced;		/* shown row by row */
	u64 offset;		/* in the file */
};

enum { OWN_MEMORY, REGISTERS, GUEST_FILES };

#define APERTURE_RUNS	512u
#define APERTURE_FILES	(GUEST_FILES + MEM_FILES)

struct aperture {
	int link;		/* to the plugin; -1: there is none, and each access is trapped */
	int memory;		/* descriptor of what pages show that have none of the guest's */
	u8 *seen;		/* the GGTT's entries, as the plugin was told */
	u32 fences[2 * NUM_FENCES];	/* the registers, likewise */
	int error;		/* a page may show what it should not */
};

int aperture_attach(struct vgpu *gpu, int link);
void aperture_detach(struct vgpu *gpu);
void aperture_update(struct vgpu *gpu);
void aperture_access(struct vgpu *gpu, u64 offset, u8 *buf, u32 len, bool write);
int qemu_plugin_install(u64 id, const void *info, int argc, char **argv);

/* ---- fault.c ---- */
void fault_report(struct engine *e, u64 addr, bool ppgtt, bool write);

/* ---- mmio.c ---- */
void mmio_init(struct vgpu *gpu);
void mmio_reset(struct vgpu *gpu);
u32 mmio_read(struct vgpu *gpu, u32 offset);
void mmio_write(struct vgpu *gpu, u32 offset, u32 value);
bool mmio_is_masked(const struct vgpu *gpu, u32 offset);
bool in_spans(const struct reg_span *span, u32 n, u32 offset);

/* ---- irq.c ---- */
void irq_set_eventfd(struct vgpu *gpu, int fd);
void irq_update(struct vgpu *gpu);
void irq_raise(struct engine *e, u32 bits);

enum display_event { VBLANK, FLIP_DONE };

/* Where an event of a pipe is told. */
struct irq_source {
	const struct irq_bank *bank;
	u32 bit;
};

struct irq_source irq_display_source(const struct vgpu *gpu, u32 pipe, enum display_event event);
void irq_raise_display(struct vgpu *gpu, u32 pipe, enum display_event event);
bool irq_display_wants(const struct vgpu *gpu, u32 pipe, enum display_event event);
bool irq_display_pending(const struct vgpu *gpu, u32 pipe, enum display_event event);

/* ---- tiling.c ---- */
enum tiling { TILING_NONE, TILING_X, TILING_Y };

u64 surface_offset(enum tiling tiling, u32 stride, u32 x, u32 y, bool swizzled);

/* ---- fence.c ---- */
u64 fence_translate(const struct vgpu *gpu, u64 offset, u32 *len);
bool fence_covers(const struct vgpu *gpu, u64 offset);

/* ---- picture.c, png.c ---- */
struct picture {
	u32 width, height;
	u8 *rgb;		/* three bytes a pixel, row by row */
};

int picture_take(struct vgpu *gpu, u32 pipe, struct picture *p);
int picture_save(struct vgpu *gpu, u32 pipe);
void picture_save_all(struct vgpu *gpu);
int png_write(const char *path, const struct picture *p);
u32 crc32(const u8 *data, size_t n);

/* ---- display.c ---- */
struct display {
	bool present;		/* not fused off */
	const char *pictures;	/* how the files' names begin; NULL: none are written */
	u32 taken, picture_crc;	/* pictures so far; of the last one, 0: there is none */
	u64 began_ns, touched_ns;	/* the frame's begin; last access to a pipe */
	u32 frame, polls;	/* frames so far; reads of their number in a row */
	u32 flips;		/* planes with a new surface, a bit each */
};

u32 display_read(struct vgpu *gpu, u32 offset);
u32 display_read_frame(struct vgpu *gpu, u32 offset);
u32 display_read_line(struct vgpu *gpu, u32 offset);
u32 display_read_buffer(struct vgpu *gpu, u32 offset);
u32 display_read_training(struct vgpu *gpu, u32 offset);
void display_write(struct vgpu *gpu, u32 offset, u32 value);
void display_write_enable(struct vgpu *gpu, u32 offset, u32 value);
void display_flip(struct vgpu *gpu, u32 offset, u32 surface);
u64 display_run(struct vgpu *gpu);

/* ---- cs.c, cs_mi.c, blitter.c, render.c, draw.c ---- */
enum cs_result {
	CS_NEXT,		/* go on after this command */
	CS_JUMP,		/* the command moved the position itself */
	CS_WAIT,		/* try this command again later */
	CS_YIELD,		/* as CS_JUMP, but others go first */
	CS_AGAIN,		/* the budget is used up within this command */
	CS_HANG,		/* the engine stops until it is reset */
};

#define CMD_KEPT	64	/* dwords of a command that are kept */

struct command {
	u32 dw[CMD_KEPT];
	u32 len;		/* in dwords; may exceed CMD_KEPT */
};

enum cs_result cs_step(struct engine *e, u32 *budget);
bool cs_fetch(struct engine *e, u32 index, u32 *value);
void cs_pass_over(struct engine *e, const char *what, u32 dw0);
void cs_forget_fetch(struct engine *e);
u64 cs_address(const struct engine *e, const struct command *c, u32 index);
u64 cs_byte_address(const struct engine *e, const struct command *c, u32 index);
u32 cs_address_dwords(const struct engine *e);
bool cs_is_secure(const struct engine *e);
void cs_advance(struct engine *e, u32 dwords);
void cs_post_sync(struct engine *e, u32 op, u64 addr, bool ppgtt, u64 data, bool qword);
u64 cs_timestamp(void);
enum cs_result mi_execute(struct engine *e, struct command *c);
bool mi_opens_request(u32 dw0);
enum cs_result blit_execute(struct engine *e, struct command *c, u32 *budget);
void render_keep(struct engine *e, const struct command *c);
enum cs_result draw_primitive(struct engine *e, const struct command *c, u32 *budget);

/* ---- magic.c: time control for a program in the guest ---- */
u32 magic_read(struct vgpu *gpu, u32 offset);
void magic_write(struct vgpu *gpu, u32 offset, u32 value);

/* ---- pci.c ---- */
struct region {
	u64 size;
	bool mmap;
	u64 mmap_offset, mmap_size;
	int fd;			/* to map; stays the device's */
};

void pci_steal(struct vgpu *gpu, u32 base);
void pci_init(struct vgpu *gpu);
bool pci_region(const struct vgpu *gpu, u32 index, struct region *r);
int pci_access(struct vgpu *gpu, u32 region, u64 offset, u8 *buf, u32 len, bool write);

/* ---- the device ---- */
struct vgpu {
	const struct platform *plat;
	u32 stolen;		/* where its own memory is in the guest's, or 0 */
	bool lpc;			/* poses as the ISA bridge instead */
	struct display display;
	u32 sbi[2][0x4000];		/* behind the sideband: clocks, PHY */
	u8 *bar0;
	int bar0_fd;
	struct aperture aperture;
	u8 config[CONFIG_SIZE], config_wmask[CONFIG_SIZE];
	struct memory mem;
	struct engine engine[NUM_ENGINES];
	u8 *rule_of;			/* mmio.c: rule number of each dword */
	int msi_fd;
	bool irq_line;
	u64 msi_count;
	u32 magic_scratch;
	u64 rng;			/* 0: no jitter */
	u64 delay_ns;			/* the engines' delay at power-up */
};

int vgpu_create(struct vgpu *gpu, const struct platform *plat, bool lpc,
		bool display, u64 seed, u64 delay_ns);
void vgpu_destroy(struct vgpu *gpu);
void vgpu_reset(struct vgpu *gpu);
u64 vgpu_random(struct vgpu *gpu);

static inline u32 *reg_ptr(const struct vgpu *gpu, u32 offset)
{
	return (u32 *)(gpu->bar0 + offset);
}

static inline u32 *ring_reg(const struct engine *e, u32 offset)
{
	return reg_ptr(e->gpu, e->info->base + offset);
}

#endif
