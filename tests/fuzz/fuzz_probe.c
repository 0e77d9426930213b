// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage-guided fuzzing of the probe.
 *
 * One input stands for a directory: it is cut at lines that begin with `//// NAME`,
 * each part is a file of that name. source.c is replaced by a reader of these parts,
 * the rest is the program as it is. Invariants are checked besides memory safety.
 *
 * Build and run: see docs/probe.md.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "../../i915-backport/pipeline/probe/probe.h"

static struct part {
	const char *text;
	size_t len;
} parts[64];

char *source_read(const struct tree *t, uint32_t file, size_t *len)
{
	char *copy = malloc(parts[file].len + 1);

	(void)t;
	if (!copy)
		abort();
	memcpy(copy, parts[file].text, parts[file].len);
	copy[parts[file].len] = '\0';
	*len = parts[file].len;
	return copy;
}

static void cut(struct tree *t, const char *s, size_t len)
{
	static struct file files[64];
	static char name[] = "part.c";
	size_t i, from = 0;

	memset(files, 0, sizeof(files));
	t->files = files;
	for (i = 0; i <= len && t->nfiles < 64; i++) {
		if (i < len && !(len - i > 5 && (i == 0 || s[i - 1] == '\n') && memcmp(s + i, "//// ", 5) == 0))
			continue;
		if (i > from) {
			parts[t->nfiles].text = s + from;
			parts[t->nfiles].len = i - from;
			files[t->nfiles++].path = name;
		}
		from = i;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree t;
	struct result r;

	memset(&t, 0, sizeof(t));
	t.dir = "fuzz";
	cut(&t, (const char *)data, size);
	judge(&t, &r);
	if (r.verdict == CLEAN && (!*r.context || r.at.file < 0 || !r.at.line))
		abort();		/* clean needs evidence, and a line to show */
	if (r.verdict == LEAKS && r.pins != 1)
		abort();
	return 0;
}
