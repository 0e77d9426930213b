// SPDX-License-Identifier: GPL-2.0-only
/* The command line: probe [--human|--facts|--json] DIR */
#include <stdio.h>
#include <string.h>

#include "probe.h"

static const char usage[] =
	"usage: probe [--human|--facts|--json] DIR\n"
	"Reads the i915 driver in DIR (drivers/gpu/drm/i915 of a kernel tree) and says whether a\n"
	"GPU context leaves VMAs behind when it goes: leaks, leaks-while-busy, clean or unknown.\n"
	"  --human  aligned text (default)\n"
	"  --facts  KEY='value' lines for a shell\n"
	"  --json   one JSON object\n"
	"Exit status: 0 a verdict was reached (any of the four), 2 usage, 3 DIR cannot be read or\n"
	"is not an i915 directory.\n";

enum format { HUMAN, FACTS, JSON };

/* Only what needs no quoting in a shell or in JSON. */
static void put_safe(const char *s, enum format format)
{
	for (; *s; s++) {
		if (format == FACTS && *s == '\'')
			fputs("'\\''", stdout);
		else if (format == JSON && (*s == '"' || *s == '\\'))
			printf("\\%c", *s);
		else
			putchar(*s >= ' ' && *s <= '~' ? *s : '?');
	}
}

static void put(enum format format, const char *key, const char *value)
{
	static int first = 1;

	if (format == HUMAN) {
		if (*value) {
			printf("%-15s ", key);
			put_safe(value, format);
			putchar('\n');
		}
	} else if (format == FACTS) {
		printf("%s='", key);
		put_safe(value, format);
		puts("'");
	} else {
		printf("%s\n  \"%s\": \"", first ? "{" : ",", key);
		put_safe(value, format);
		putchar('"');
		first = 0;
	}
}

static void put_where(enum format format, const char *key, const struct tree *t, struct where at)
{
	char buf[4200] = "";

	if (at.file >= 0 && at.line)
		snprintf(buf, sizeof(buf), "%s:%lu", t->files[at.file].path, (unsigned long)at.line);
	else if (at.file >= 0)
		snprintf(buf, sizeof(buf), "%s", t->files[at.file].path);
	put(format, key, buf);
}

static void report(const struct tree *t, const struct result *r, enum format format)
{
	char line[200];

	source_line(t, r->at, line, sizeof(line));
	put(format, "verdict", verdict_name(r->verdict));
	put(format, "why", r->why);
	put_where(format, "decided_at", t, r->at);
	put(format, "decided_by", line);
	put(format, "proof", r->proof);
	put(format, "handle_close", r->handle_ends ? r->handle_ends : "");
	put(format, "handle_close_by", r->handle_close);
	put(format, "context_type", r->context);
	put(format, "context_vm", r->vm_member);
	put(format, "vm_type", r->vm);
	put(format, "vma_type", r->vma);
	put(format, "vma_made_by", r->maker);
	put(format, "vma_pins_vm", r->pins < 0 ? "unknown" : r->pins ? "yes" : "no");
	put(format, "pin_ref", r->pin_ref);
	put_where(format, "pin_taken_at", t, r->get_at);
	put_where(format, "pin_dropped_at", t, r->put_at);
	put(format, "vm_lists", r->lists);
	put(format, "vm_link", r->link);
	put(format, "vma_unlisted", !*r->lists ? "" : r->unlisted ? "possible" : "no");
	put(format, "emptied", r->emptied);
	put(format, "context_release", r->release);
	put(format, "context_destroy", r->destroy);
	put(format, "file_close", r->close);
	put(format, "vm_release", r->vm_release);
	put(format, "unbind", r->unbind);
	put(format, "unbind_via", r->unbind_via ? r->unbind_via : "");
	put(format, "wait", r->wait);
	put(format, "retire", r->retire);
	put(format, "vma_free", !*r->vma_free ? "" : strstr(r->vma_free, "cache") ? "slab" : "kfree");
	if (format == JSON)
		puts("\n}");
}

int main(int argc, char **argv)
{
	enum format format = HUMAN;
	struct tree t;
	static struct result r;
	char err[4608];
	int i;

	memset(&t, 0, sizeof(t));
	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-' && !t.dir) {
			t.dir = argv[i];
		} else if (!strcmp(argv[i], "--human")) {
			format = HUMAN;
		} else if (!strcmp(argv[i], "--facts")) {
			format = FACTS;
		} else if (!strcmp(argv[i], "--json")) {
			format = JSON;
		} else {
			int asked = !strcmp(argv[i], "--help");

			fputs(usage, asked ? stdout : stderr);
			return asked ? 0 : 2;
		}
	}
	if (!t.dir || !*t.dir) {
		fputs(usage, stderr);
		return 2;
	}
	if (source_list(&t, err, sizeof(err))) {
		fprintf(stderr, "probe: %s\n", err);
		source_free(&t);
		return 3;
	}
	judge(&t, &r);
	report(&t, &r, format);
	source_free(&t);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "probe: standard output: cannot be written; make room and try again\n");
		return 3;
	}
	return 0;
}
