// SPDX-License-Identifier: GPL-2.0-only
/*
 * place - the fix for one i915: which patches it needs, and the files as each of them leaves them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

#define ALL 99

static void usage(FILE *to)
{
	fputs("Usage: place --list PATCHES I915          which patches the driver in the folder I915 needs: NUMBER NAME\n"
	      "       place --message N PATCHES I915     author, date, subject and message of one of them\n"
	      "       place --upto N PATCHES I915 INTO   every file that they change, with the patches up to N\n"
	      "The driver itself is only read.\n"
	      "Exit status: 0 done, 1 they do not fit, 2 wrong usage or patches, 3 the system refused\n", to);
}

/* What the driver is asked, and the patches that it needs up to one. */
static size_t choose(struct driver *d, const char *dir, int upto, struct conditions *c, struct patch **patches)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/conditions", dir);
	ask(d, path, c);
	return read_patches(dir, c, upto, patches);
}

/* The patches into the driver, in memory; ends the program if there is no place for a hook. */
static void put_in(struct driver *d, const char *dir, int upto)
{
	struct conditions c;
	struct placing pl = { .d = d, .dir = dir, .c = &c, .upto = upto };
	struct patch *patches;
	size_t i, n = choose(d, dir, upto, &c, &patches);

	for (i = 0; i < n; i++)
		if (!place_patch(&pl, &patches[i]))
			complain(MISFIT, "%s: %s", patches[i].name, pl.why.s);
	free_patches(patches, n);
	free(pl.why.s);
}

/* Every file that all of the patches change, as it is with those up to one. */
static void write_files(const char *dir, const char *i915, int upto, const char *into)
{
	struct driver with = { .dir = i915 }, all = { .dir = i915 };
	const struct source *f;
	char path[4096];

	put_in(&all, dir, ALL);
	put_in(&with, dir, upto);
	for (f = all.files; f; f = f->next) {
		const struct source *g = file_of(&with, f->name);

		if (!f->changed || !g->text.len)
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", into, f->name) >= sizeof(path))
			complain(NO_SYSTEM, "%s: the path is too long; use another folder", into);
		write_text(path, &g->text);
	}
	forget(&all);
	forget(&with);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct driver d = { 0 };
	struct conditions c;
	struct patch *patches;
	size_t i, n;
	int number;

	if (!strcmp(what, "--help")) {
		usage(stdout);
	} else if (!strcmp(what, "--upto") && argc == 6) {
		write_files(argv[3], argv[4], atoi(argv[2]), argv[5]);
	} else if (!strcmp(what, "--list") && argc == 4) {
		d.dir = argv[3];
		put_in(&d, argv[2], ALL);
		forget(&d);
		n = choose(&d, argv[2], ALL, &c, &patches);
		for (i = 0; i < n; i++)
			printf("%d %s\n", patches[i].number, patches[i].name);
		free_patches(patches, n);
		forget(&d);
	} else if (!strcmp(what, "--message") && argc == 5) {
		d.dir = argv[4];
		number = atoi(argv[2]);
		n = choose(&d, argv[3], number, &c, &patches);
		if (n && patches[n - 1].number == number)
			fputs(patches[n - 1].head.s, stdout);
		free_patches(patches, n);
		forget(&d);
	} else {
		usage(stderr);
		return BAD_USE;
	}
	return ferror(stdout) || fflush(stdout) ? NO_SYSTEM : DONE;
}
