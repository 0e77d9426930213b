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
	fputs("Usage: place [--partly] --list PATCHES I915          which patches the driver in the folder I915 needs:\n"
	      "                                                    NUMBER NAME\n"
	      "       place --message N PATCHES I915               author, date, subject and message of one of them\n"
	      "       place --letter PATCHES I915                  the text of the cover letter\n"
	      "       place [--partly] --upto N PATCHES I915 INTO  every file that they change, with the patches up to N\n"
	      "       place --misses PATCHES I915                  the hooks that have no place in it, and why\n"
	      "--partly: the hooks that have a place, even if others have none.\n"
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

/* The patches into the driver, in memory: all hooks that have a place. */
static void try_all(struct placing *pl, struct conditions *c)
{
	struct patch *patches;
	size_t i, n = choose(pl->d, pl->dir, pl->upto, c, &patches);

	for (i = 0; i < n && !pl->already; i++)
		place_patch(pl, &patches[i]);
	free_patches(patches, n);
}

/* Is it the first one that has no place for this reason, and does it not wait for another? */
static bool is_news(const struct placing *pl, size_t i)
{
	size_t j;

	for (j = 0; j < i && strcmp(pl->misses[j].why.s, pl->misses[i].why.s); j++)
		;
	return j == i && !pl->misses[i].waits;
}

/* What the series is for. */
static void write_letter(const char *dir, const char *i915)
{
	struct driver d = { .dir = i915 };
	struct conditions c;
	struct text raw = { 0 }, t = { 0 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/conditions", dir);
	ask(&d, path, &c);
	snprintf(path, sizeof(path), "%s/cover-letter", dir);
	if (!read_text(path, &raw))
		complain(BAD_USE, "%s: not there; install the package again", path);
	resolve(path, &raw, &c, ALL, &t);
	fputs(t.s + strcspn(t.s, "\n") + 2, stdout);	/* behind the licence */
	free(raw.s);
	free(t.s);
	forget(&d);
}

/* Ends the program if there is no place for a hook, with a line for each. */
static void put_in(struct driver *d, const char *dir, int upto, bool partly)
{
	struct conditions c;
	struct placing pl = { .d = d, .dir = dir, .c = &c, .upto = upto };
	size_t i;

	try_all(&pl, &c);
	for (i = pl.already ? pl.n - 1 : 0; i < pl.n && (!partly || pl.already); i++)
		if (pl.already || is_news(&pl, i))
			fprintf(stderr, "%s: %s\n", pl.misses[i].patch, pl.misses[i].why.s);
	if (pl.n && (!partly || pl.already))
		exit(MISFIT);
	forget_misses(&pl);
}

/* As '#' lines with patch and reason, and the hook itself; those that wait for others come with these. */
static void write_misses(const char *dir, const char *i915)
{
	struct driver d = { .dir = i915 };
	struct conditions c;
	struct placing pl = { .d = &d, .dir = dir, .c = &c, .upto = ALL };
	size_t i, waits = 0;

	try_all(&pl, &c);
	for (i = 0; i < pl.n; i++)
		waits += pl.misses[i].waits;
	if (pl.n)
		printf("# %zu of %zu hooks have no place in this driver, and %zu of them only because of others.\n",
		       pl.n, pl.hooks, waits);
	for (i = 0; i < pl.n; i++) {
		const struct miss *m = &pl.misses[i];

		printf("\n# %s\n# %s%s\n%s", m->patch, m->why.s,
		       m->waits ? ": another hook would bring it" : "", m->hook.s);
	}
	forget_misses(&pl);
	forget(&d);
}

/* Every file that all of the patches change, as it is with those up to one. */
static void write_files(const char *dir, const char *i915, int upto, const char *into, bool partly)
{
	struct driver with = { .dir = i915 }, all = { .dir = i915 };
	const struct source *f;
	char path[4096];

	put_in(&all, dir, ALL, partly);
	put_in(&with, dir, upto, partly);
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
	bool partly = argc > 1 && !strcmp(argv[1], "--partly");
	const char *what;
	struct driver d = { 0 };
	struct conditions c;
	struct patch *patches;
	size_t i, n;
	int number;

	argc -= partly;
	argv += partly;
	what = argc > 1 ? argv[1] : "";
	if (!strcmp(what, "--help")) {
		usage(stdout);
	} else if (!strcmp(what, "--upto") && argc == 6) {
		write_files(argv[3], argv[4], atoi(argv[2]), argv[5], partly);
	} else if (!strcmp(what, "--misses") && argc == 4) {
		write_misses(argv[2], argv[3]);
	} else if (!strcmp(what, "--letter") && argc == 4) {
		write_letter(argv[2], argv[3]);
	} else if (!strcmp(what, "--list") && argc == 4) {
		d.dir = argv[3];
		put_in(&d, argv[2], ALL, partly);
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
