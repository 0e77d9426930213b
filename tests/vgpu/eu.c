// SPDX-License-Identifier: GPL-2.0-only
/*
 * The execution unit: pixel shader kernels, instruction by instruction. A
 * kernel is decoded as a whole before a pixel is drawn, and refused if there is
 * anything in it that is not modelled; it is a straight line, for what branches
 * is not. So no kernel can run for long, and all that one reads and writes is
 * known to lie within the register file.
 *
 * Modelled are mov, add and mul of floats, mov of dwords, pln, and send to the
 * sampler ("sample", with a header or without) and to the render cache
 * ("render target write", single source).
 *
 * Instructions: PRM Haswell and Broadwell, volume 7 "3D-Media-GPGPU", chapters
 * "EU ISA Summary" and "Instruction Reference"; messages: "3D Sampler" and
 * "Data Port" of the same volume. Between the two generations only the
 * fields' places differ.
 */
#include <string.h>

#include "render.h"

enum { MOV = 0x01, SEND = 0x31, ADD = 0x40, MUL = 0x41, PLN = 0x5a };
enum { ARCHITECTURE = 0, GENERAL = 1, IMMEDIATE = 3 };		/* register files */
enum { TYPE_UD = 0, TYPE_F = 7 };
enum { FUNCTION_SAMPLER = 2, FUNCTION_RENDER_CACHE = 5 };

#define FILE_SIZE	(EU_REGISTERS * 32)

/* ---- messages ---- */

#define END_OF_THREAD	BIT(31)
#define HEADER		BIT(19)

static u32 message_length(u32 descriptor)
{
	return BITS(descriptor, 28, 25);
}

static u32 response_length(u32 descriptor)
{
	return BITS(descriptor, 24, 20);
}

static u32 binding(u32 descriptor)
{
	return BITS(descriptor, 7, 0);
}

static u32 sampler_of(u32 descriptor)
{
	return BITS(descriptor, 11, 8);
}

/* ---- decoding ---- */

static void decode_region(u32 dw, struct eu_operand *src)
{
	u32 vertical = BITS(dw, 24, 21);

	src->at = (u16)(BITS(dw, 12, 5) * 32 + BITS(dw, 4, 0));
	src->absolute = dw & BIT(13);
	src->negated = dw & BIT(14);
	src->horizontal = (u8)(1u << BITS(dw, 17, 16) >> 1);
	src->width = (u8)(1u << BITS(dw, 20, 18));
	src->vertical = (u16)(1u << vertical >> 1);
}

/* The fields that the generations have at different places. */
static void decode_types(bool gen8, const u32 *dw, struct eu_instruction *i)
{
	if (gen8) {
		i->all_channels = dw[1] & BIT(2);
		i->dst.file = BITS(dw[1], 4, 3);
		i->dst.type = BITS(dw[1], 8, 5);
		i->src[0].file = BITS(dw[1], 10, 9);
		i->src[0].type = BITS(dw[1], 14, 11);
		i->src[1].file = BITS(dw[2], 26, 25);
		i->src[1].type = BITS(dw[2], 30, 27);
	} else {
		i->all_channels = dw[0] & BIT(9);
		i->dst.file = BITS(dw[1], 1, 0);
		i->dst.type = BITS(dw[1], 4, 2);
		i->src[0].file = BITS(dw[1], 6, 5);
		i->src[0].type = BITS(dw[1], 9, 7);
		i->src[1].file = BITS(dw[1], 11, 10);
		i->src[1].type = BITS(dw[1], 14, 12);
	}
}

static const char *decode_header(bool gen8, const u32 *dw, struct eu_instruction *i)
{
	u32 address_modes = dw[1] & BIT(31), later_channels = BITS(dw[0], 13, 12);

	i->opcode = BITS(dw[0], 6, 0);
	i->channels = (u8)(1u << BITS(dw[0], 23, 21));
	i->saturate = dw[0] & BIT(31);
	i->function = BITS(dw[0], 27, 24);
	if (i->opcode != MOV && i->opcode != ADD && i->opcode != MUL && i->opcode != PLN && i->opcode != SEND)
		return "instruction of another kind";
	if (dw[0] & BIT(29))
		return "compacted instruction";
	if (dw[0] & BIT(8))
		return "instruction in align16 mode";
	if (BITS(dw[0], 19, 16))
		return "predicated instruction";
	if (i->opcode != SEND && i->function)
		return "instruction with a condition";
	if (i->channels > 16 || later_channels || (gen8 ? dw[0] & BIT(11) : dw[1] & BIT(15)))
		return "instruction of channels from the 17th on, or of a later group";
	if (i->src[0].file == GENERAL)
		address_modes |= dw[2] & BIT(15);
	if (i->src[1].file == GENERAL && i->opcode != SEND)
		address_modes |= dw[3] & BIT(15);
	return address_modes ? "instruction with indirect addressing" : NULL;
}

static bool within(u32 at, u32 bytes)
{
	return at % 4 == 0 && at + bytes <= FILE_SIZE;
}

/* Bytes from the first to the end of the last element. */
static u32 extent(const struct eu_operand *src, u32 channels)
{
	u32 columns = channels < src->width ? channels : src->width;

	return ((channels - 1) / src->width * src->vertical + (columns - 1) * src->horizontal + 1) * 4;
}

/* Do registers hold something when an instruction comes to be executed? */
static bool all_defined(const u8 *defined, const struct eu_operand *src, u32 bytes)
{
	u32 r;

	for (r = src->at / 32; r * 32 < src->at + bytes; r++)
		if (!defined[r] || (defined[r] == EU_HEADER && src->type != TYPE_UD))
			return false;
	return true;
}

static const char *use_source(const u8 *defined, const struct eu_operand *src, u32 bytes)
{
	if (src->file == IMMEDIATE)
		return NULL;
	if (src->file != GENERAL)
		return "instruction with an architecture register";
	if (!within(src->at, bytes))
		return "instruction with a source that is none";
	return all_defined(defined, src, bytes) ? NULL : "kernel that reads what is not modelled of its payload";
}

static const char *use_destination(u8 *defined, const struct eu_operand *dst, u32 bytes)
{
	if (dst->file != GENERAL || !within(dst->at, bytes))
		return "instruction with a destination that is none";
	memset(defined + dst->at / 32, EU_DEFINED, (dst->at + bytes - 1) / 32 - dst->at / 32 + 1);
	return NULL;
}

static bool is_modified(const struct eu_operand *src)
{
	return src->negated || src->absolute;
}

static const char *check_alu(const struct eu_instruction *i, u8 *defined)
{
	u32 sources = i->opcode == MOV ? 1 : 2, n;
	const char *why = NULL;

	/* dwords are moved as they are */
	if (i->dst.type != TYPE_F &&
	    (i->dst.type != TYPE_UD || i->opcode != MOV || i->saturate || is_modified(&i->src[0])))
		return "instruction's type";
	for (n = 0; n < sources && !why; n++) {
		if (i->src[n].type != i->dst.type)
			return "instruction that converts";
		why = use_source(defined, &i->src[n], extent(&i->src[n], i->channels));
	}
	if (i->dst.horizontal != 1)
		return "instruction with gaps in its destination";
	return why ? why : use_destination(defined, &i->dst, i->channels * 4u);
}

/* Planes are four floats; of the coordinates there are two registers for each eight channels. */
static const char *check_pln(const struct eu_instruction *i, u8 *defined)
{
	const struct eu_operand *plane = &i->src[0], *at = &i->src[1];
	const char *why;

	if (plane->type != TYPE_F || at->type != TYPE_F || i->dst.type != TYPE_F || i->channels < 8)
		return "pln's types";
	if (plane->file != GENERAL || plane->at % 16 || is_modified(plane) ||
	    at->file != GENERAL || at->at % 32 || is_modified(at) || i->dst.at % 32)
		return "pln's operands";
	why = use_source(defined, plane, 16);
	if (!why)
		why = use_source(defined, at, i->channels * 8u);
	return why ? why : use_destination(defined, &i->dst, i->channels * 4u);
}

static const char *check_sample(const struct eu_instruction *i, u8 *defined, struct eu_kernel *kernel)
{
	u32 d = i->descriptor, group = kernel->width / 8, length = message_length(d), response = response_length(d);
	const char *why;

	if (BITS(d, 16, 12) || BITS(d, 18, 17) != group || length != 2 * group + !!(d & HEADER) || !response ||
	    d & END_OF_THREAD || (!(d & HEADER) && response != 4 * group))
		return "message to the sampler";
	if (binding(d) >= EU_SURFACES)
		return "surface's number";
	kernel->surfaces |= BIT(binding(d));
	kernel->samplers |= BIT(sampler_of(d));
	why = use_source(defined, &i->src[0], length * 32);
	return why ? why : use_destination(defined, &i->dst, response * 32);
}

static const char *check_write(const struct eu_instruction *i, const u8 *defined, struct eu_kernel *kernel)
{
	u32 d = i->descriptor, group = kernel->width / 8;

	/* of a render target, of one color, of the first pixels; the last one */
	if (BITS(d, 17, 14) != 12 || BITS(d, 10, 8) != (group == 2 ? 0 : 4) || d & BIT(11) || !(d & BIT(12)) ||
	    d & HEADER || message_length(d) != 4 * group || response_length(d) || !(d & END_OF_THREAD))
		return "message to the render cache";
	if (binding(d) >= EU_SURFACES)
		return "surface's number";
	kernel->targets |= BIT(binding(d));
	return use_source(defined, &i->src[0], 4 * group * 32);
}

static const char *check_send(const struct eu_instruction *i, u8 *defined, struct eu_kernel *kernel)
{
	if (i->src[0].file != GENERAL || i->src[0].at % 32 || i->src[1].file != IMMEDIATE ||
	    (i->dst.file == GENERAL && i->dst.at % 32))
		return "send's operands";
	switch (i->function) {
	case FUNCTION_SAMPLER:
		return check_sample(i, defined, kernel);
	case FUNCTION_RENDER_CACHE:
		return check_write(i, defined, kernel);
	}
	return "send to another function";
}

static const char *check(const struct eu_instruction *i, u8 *defined, struct eu_kernel *kernel)
{
	switch (i->opcode) {
	case PLN:
		return check_pln(i, defined);
	case SEND:
		return check_send(i, defined, kernel);
	}
	return check_alu(i, defined);
}

static const char *decode(bool gen8, const u32 *dw, struct eu_instruction *i)
{
	memset(i, 0, sizeof(*i));
	decode_types(gen8, dw, i);
	i->dst.at = (u16)(BITS(dw[1], 28, 21) * 32 + BITS(dw[1], 20, 16));
	i->dst.horizontal = (u8)(1u << BITS(dw[1], 30, 29) >> 1);
	decode_region(dw[2], &i->src[0]);
	decode_region(dw[3], &i->src[1]);
	i->src[0].immediate = dw[3];
	i->src[1].immediate = dw[3];
	i->descriptor = dw[3];
	return decode_header(gen8, dw, i);
}

/**
 * eu_decode() - read a kernel up to its end
 * @address: of its first instruction
 * @width: pixels of a thread, 8 or 16
 * @payload: of each register, EU_DEFINED or EU_HEADER if it holds something when the kernel begins
 *
 * Return: NULL, or what of it is not modelled.
 */
const char *eu_decode(struct engine *e, u64 address, u32 width, const u8 *payload, struct eu_kernel *kernel)
{
	u8 defined[EU_REGISTERS];
	const char *why;
	u32 dw[4];

	memcpy(defined, payload, sizeof(defined));
	memset(kernel, 0, sizeof(*kernel));
	kernel->width = width;
	for (; kernel->count < EU_INSTRUCTIONS; address += sizeof(dw)) {
		struct eu_instruction *i = &kernel->instruction[kernel->count++];

		if (!read_state(e, address, dw, 4))
			return "kernel out of reach";
		why = decode(e->gpu->plat->gen >= 8, dw, i);
		if (!why)
			why = check(i, defined, kernel);
		if (why)
			return why;
		if (i->opcode == SEND && i->descriptor & END_OF_THREAD)
			return NULL;
	}
	return "kernel's length";
}

/* ---- execution ---- */

static u32 *dword_at(struct eu_thread *t, u32 at)
{
	return &t->r[at / 32].ud[at % 32 / 4];
}

static float *float_at(struct eu_thread *t, u32 at)
{
	return &t->r[at / 32].f[at % 32 / 4];
}

static u32 source(struct eu_thread *t, const struct eu_operand *src, u32 channel)
{
	u32 element = channel / src->width * src->vertical + channel % src->width * src->horizontal;

	return src->file == IMMEDIATE ? src->immediate : *dword_at(t, src->at + element * 4);
}

static float float_source(struct eu_thread *t, const struct eu_operand *src, u32 channel)
{
	u32 bits = source(t, src, channel);
	float f;

	if (src->file != IMMEDIATE && src->absolute)
		bits &= ~BIT(31);
	if (src->file != IMMEDIATE && src->negated)
		bits ^= BIT(31);
	memcpy(&f, &bits, sizeof(f));
	return f;
}

static float plane(struct eu_thread *t, const struct eu_instruction *i, u32 channel)
{
	const float *p = float_at(t, i->src[0].at);
	u32 at = i->src[1].at + channel / 8 * 64 + channel % 8 * 4;

	return p[0] * *float_at(t, at) + p[1] * *float_at(t, at + 32) + p[3];
}

static void compute(struct eu_thread *t, const struct eu_instruction *i)
{
	u32 channel, result[16];
	float f = 0;

	/* all sources are read before anything is written */
	for (channel = 0; channel < i->channels; channel++) {
		if (i->dst.type == TYPE_UD) {
			result[channel] = source(t, &i->src[0], channel);
			continue;
		}
		if (i->opcode == PLN)
			f = plane(t, i, channel);
		else
			f = float_source(t, &i->src[0], channel);
		if (i->opcode == ADD)
			f += float_source(t, &i->src[1], channel);
		if (i->opcode == MUL)
			f *= float_source(t, &i->src[1], channel);
		if (i->saturate)
			f = clamped(f);
		memcpy(&result[channel], &f, sizeof(f));
	}
	for (channel = 0; channel < i->channels; channel++)
		if (i->all_channels || t->mask & BIT(channel))
			*dword_at(t, i->dst.at + channel * 4) = result[channel];
}

/*
 * A header says which of red, green, blue and alpha are not wanted; the others follow each other in the response. It
 * may also name other samplers, or an offset.
 */
static const char *sample(struct eu_thread *t, const struct eu_instruction *i, struct eu_shared *shared)
{
	u32 d = i->descriptor, group = BITS(d, 18, 17) * 32, at = i->src[0].at, without = 0, channel, c, to;

	if (d & HEADER) {
		const u32 *header = dword_at(t, at);

		without = BITS(header[2], 15, 12);
		if (header[2] & ~0xf000u || (header[3] & ~31u) != shared->samplers)
			return "header of a message to the sampler";
		if (response_length(d) * 32 != (4u - (u32)__builtin_popcount(without)) * group)
			return "length of the sampler's response";
		at += 32;
	}
	for (channel = 0; channel < group / 4; channel++) {
		struct color color;

		if (!(t->mask & BIT(channel)))
			continue;
		color = image_sample(&shared->surface[binding(d)], &shared->sampler[sampler_of(d)],
				     *float_at(t, at + channel * 4), *float_at(t, at + group + channel * 4));
		for (c = 0, to = i->dst.at + channel * 4; c < 4; c++) {
			if (without & BIT(c))
				continue;
			*float_at(t, to) = color.c[c];
			to += group;
		}
	}
	return NULL;
}

static void write_pixels(struct eu_thread *t, const struct eu_instruction *i, struct eu_shared *shared, u32 width)
{
	u32 channel, c;

	for (channel = 0; channel < width; channel++) {
		struct color color;

		if (!(t->mask & BIT(channel)))
			continue;
		for (c = 0; c < 4; c++)
			color.c[c] = *float_at(t, i->src[0].at + (c * width + channel) * 4);
		image_blend(&shared->surface[binding(i->descriptor)], &shared->blend, t->x + channel, t->y, color);
	}
}

/**
 * eu_run() - a thread, from its payload to its end
 *
 * Return: NULL, or what it came upon that is not modelled; then it stopped there.
 */
const char *eu_run(const struct eu_kernel *kernel, struct eu_shared *shared, struct eu_thread *thread)
{
	const char *why = NULL;
	u32 n;

	for (n = 0; n < kernel->count && !why; n++) {
		const struct eu_instruction *i = &kernel->instruction[n];

		if (i->opcode != SEND)
			compute(thread, i);
		else if (i->function == FUNCTION_SAMPLER)
			why = sample(thread, i, shared);
		else
			write_pixels(thread, i, shared, kernel->width);
	}
	return why;
}
