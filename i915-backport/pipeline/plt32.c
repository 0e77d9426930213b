// SPDX-License-Identifier: GPL-2.0-only
/*
 * plt32 - turn PLT32 relocations of an x86 kernel module into PC32.
 *
 * binutils 2.31 and later mark every call to an undefined symbol R_X86_64_PLT32 (from 2.36 on
 * R_386_PLT32 likewise). In a kernel module, which has no PLT, it means just what PC32 means;
 * module loaders learnt that in 2018 (Linux commit b21ebf2fb4cd) and 2021 (bb73d07148c4). Older
 * ones refuse the module. Types and layouts: System V ABI, AMD64 and i386 supplements.
 *
 * Usage: plt32 MODULE.ko     rewrites the file in place; exit status 1 if it is no ELF module.
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image {
	unsigned char *bytes;
	size_t size;
};

/* Where the two classes of ELF differ. The type is the low part of r_info in both. */
struct layout {
	unsigned int word;		/* bytes of an address */
	unsigned int shoff, shnum;	/* in the file header */
	unsigned int section;		/* size of a section header ... */
	unsigned int offset, size;	/* ... and what is where in it */
	unsigned int reloc_section;	/* its sh_type for relocations */
	unsigned int reloc, info;	/* size of a relocation, its r_info */
	unsigned int type_bytes;
};

static const struct layout x86_64 = {
	8, offsetof(Elf64_Ehdr, e_shoff), offsetof(Elf64_Ehdr, e_shnum), sizeof(Elf64_Shdr),
	offsetof(Elf64_Shdr, sh_offset), offsetof(Elf64_Shdr, sh_size), SHT_RELA,
	sizeof(Elf64_Rela), offsetof(Elf64_Rela, r_info), 4
};

static const struct layout i386 = {
	4, offsetof(Elf32_Ehdr, e_shoff), offsetof(Elf32_Ehdr, e_shnum), sizeof(Elf32_Shdr),
	offsetof(Elf32_Shdr, sh_offset), offsetof(Elf32_Shdr, sh_size), SHT_REL,
	sizeof(Elf32_Rel), offsetof(Elf32_Rel, r_info), 1
};

static int fail(const char *file, const char *cause)
{
	fprintf(stderr, "plt32: %s: %s\n", file, cause);
	return 1;
}

/* at() - the @size bytes at @offset of the file, or NULL where the file is shorter. */
static unsigned char *at(const struct image *elf, uint64_t offset, uint64_t size)
{
	if (offset > elf->size || size > elf->size - offset)
		return NULL;
	return elf->bytes + offset;
}

/* get() - a little-endian number of @bytes bytes. */
static uint64_t get(const unsigned char *from, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | from[bytes];
	return value;
}

static int patch_section(const struct image *elf, const struct layout *l, const unsigned char *header)
{
	uint64_t size = get(header + l->size, l->word);
	unsigned char *reloc = at(elf, get(header + l->offset, l->word), size);

	if (!reloc)
		return 1;
	/* R_X86_64_PC32 and R_386_PC32 are the same number, so are the two PLT32. */
	for (; size >= l->reloc; size -= l->reloc, reloc += l->reloc)
		if (get(reloc + l->info, l->type_bytes) == R_X86_64_PLT32)
			reloc[l->info] = R_X86_64_PC32;
	return 0;
}

static const struct layout *layout_of(const struct image *elf)
{
	const unsigned char *ident = elf->bytes;
	uint64_t machine;

	if (elf->size < sizeof(Elf64_Ehdr) || memcmp(ident, ELFMAG, SELFMAG) ||
	    ident[EI_DATA] != ELFDATA2LSB)
		return NULL;
	machine = get(ident + offsetof(Elf64_Ehdr, e_machine), 2);
	if (machine == EM_X86_64 && ident[EI_CLASS] == ELFCLASS64)
		return &x86_64;
	if (machine == EM_386 && ident[EI_CLASS] == ELFCLASS32)
		return &i386;
	return NULL;
}

static int patch(const struct image *elf)
{
	const struct layout *l = layout_of(elf);
	const unsigned char *header;
	uint64_t table, n, i;

	if (!l)
		return 1;
	table = get(elf->bytes + l->shoff, l->word);
	n = get(elf->bytes + l->shnum, 2);
	if (!at(elf, table, n * l->section))
		return 1;
	for (i = 0; i < n; i++) {
		header = elf->bytes + table + i * l->section;
		/* sh_type: the second word of 32 bits in both classes */
		if (get(header + 4, 4) == l->reloc_section && patch_section(elf, l, header))
			return 1;
	}
	return 0;
}

/* read_image - the whole of @file; 0, or nonzero if it cannot be read. @elf's bytes are the caller's to free. */
static int read_image(FILE *file, struct image *elf)
{
	long size = fseek(file, 0, SEEK_END) ? -1 : ftell(file);

	if (size < 0 || fseek(file, 0, SEEK_SET))
		return 1;
	elf->size = (size_t)size;
	elf->bytes = malloc(elf->size + 1);
	return !elf->bytes || fread(elf->bytes, 1, elf->size, file) != elf->size;
}

static int write_image(FILE *file, const struct image *elf)
{
	return fseek(file, 0, SEEK_SET) || fwrite(elf->bytes, 1, elf->size, file) != elf->size || fflush(file);
}

int main(int argc, char **argv)
{
	struct image elf = { NULL, 0 };
	const char *why = NULL;
	FILE *file;

	if (argc != 2) {
		fputs("Usage: plt32 MODULE.ko\n", stderr);
		return 2;
	}
	file = fopen(argv[1], "r+b");
	if (!file)
		return fail(argv[1], "cannot be opened for writing");
	if (read_image(file, &elf))
		why = "cannot be read";
	else if (patch(&elf))
		why = "not a whole x86 ELF module";
	else if (write_image(file, &elf))
		why = "cannot be written";
	free(elf.bytes);
	if (fclose(file) && !why)
		why = "cannot be written";
	return why ? fail(argv[1], why) : 0;
}
