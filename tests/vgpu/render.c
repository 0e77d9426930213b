// SPDX-License-Identifier: GPL-2.0-only
/*
 * State of the 3D pipeline. Commands only say how later primitives are to be
 * drawn, so the last one of each kind is kept, as it is; what it says is looked
 * at when something is drawn (draw.c). All of it belongs to the context, and is
 * in its image.
 *
 * Commands: PRM Haswell and Broadwell, volume 2a "Command Reference:
 * Instructions".
 */
#include <string.h>

#include "vgpu.h"

/* Upper halves of the commands' first dwords. */
enum { OP_STATE_BASE_ADDRESS = 0x6101, OP_VERTEX_BUFFERS = 0x7808, OP_VF_INSTANCING = 0x7849 };

static const u16 opcodes[RENDER_COMMANDS] = {
	[PIPELINE_SELECT] = 0x6904, [DEPTH_BUFFER] = 0x7805, [STENCIL_BUFFER] = 0x7806, [VERTEX_ELEMENTS] = 0x7809,
	[MULTISAMPLE] = 0x780d, [VS] = 0x7810, [GS] = 0x7811, [CLIP] = 0x7812, [SF] = 0x7813, [WM] = 0x7814,
	[SAMPLE_MASK] = 0x7818, [HS] = 0x781b, [TE] = 0x781c, [DS] = 0x781d, [STREAMOUT] = 0x781e, [SBE] = 0x781f,
	[PS] = 0x7820, [BLEND_POINTERS] = 0x7824, [BINDING_TABLE_PS] = 0x782a, [SAMPLERS_PS] = 0x782f,
	[VF_SGVS] = 0x784a, [VF_TOPOLOGY] = 0x784b, [PS_BLEND] = 0x784d, [WM_DEPTH_STENCIL] = 0x784e,
	[PS_EXTRA] = 0x784f, [RASTER] = 0x7850, [WM_HZ_OP] = 0x7852, [DRAWING_RECTANGLE] = 0x7900,
};

/* Each base has a bit of its own that says whether it changes. */
static void set_base(const struct engine *e, const struct command *c, u32 index, u64 *base)
{
	if (index < c->len && c->dw[index] & 1)
		*base = cs_byte_address(e, c, index) & PAGE_MASK;
}

static void set_bases(struct engine *e, const struct command *c)
{
	bool gen8 = e->gpu->plat->gen >= 8;

	set_base(e, c, gen8 ? 4 : 2, &e->render.surfaces);
	set_base(e, c, gen8 ? 6 : 3, &e->render.dynamic);
	set_base(e, c, gen8 ? 10 : 5, &e->render.instructions);
}

/* States of four dwords, of which the first has the buffer's number. */
static void set_vertex_buffers(struct engine *e, const struct command *c)
{
	u32 i, n;

	for (i = 1; i + 4 <= c->len && i + 4 <= CMD_KEPT; i += 4) {
		n = c->dw[i] >> 26;
		if (n >= VERTEX_BUFFERS)
			continue;
		e->render.vertex_buffer[n][0] = c->dw[i];
		if (c->dw[i] & BIT(14))		/* else the address stays */
			memcpy(&e->render.vertex_buffer[n][1], &c->dw[i + 1], 3 * sizeof(u32));
	}
}

static void set_instancing(struct engine *e, const struct command *c)
{
	u32 bit = BIT(c->dw[1] & 31);

	e->render.instanced &= ~bit;
	if (c->dw[1] & BIT(8))
		e->render.instanced |= bit;
}

/**
 * render_keep() - keep a command that says how later primitives are to be drawn
 */
void render_keep(struct engine *e, const struct command *c)
{
	u32 op = c->dw[0] >> 16, i;

	switch (op) {
	case OP_STATE_BASE_ADDRESS:
		set_bases(e, c);
		return;
	case OP_VERTEX_BUFFERS:
		set_vertex_buffers(e, c);
		return;
	case OP_VF_INSTANCING:
		set_instancing(e, c);
		return;
	}
	for (i = 0; i < RENDER_COMMANDS; i++)
		if (opcodes[i] == op)
			memcpy(e->render.command[i], c->dw, sizeof(e->render.command[i]));
}
