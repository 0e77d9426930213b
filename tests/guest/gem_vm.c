// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces keep clients apart: a store through one is not seen in
 * another, although both use the same GPU address.
 */
#include "gem.h"
#include "tap.h"

#include <stdio.h>
#include <unistd.h>

static const uint32_t before = 0x11111111, mine = 0x22222222, stray = 0x33333333;

struct client {
	int fd;
	uint32_t context, object;
	uint64_t address;	/* of the object, in this client's address space */
};

/* Bind the client's object by a store into it. */
static struct client client(int fd, uint32_t context)
{
	struct client c = { fd, context, gem_create(fd, PAGE), 0 };

	c.address = gem_store(fd, context, I915_EXEC_RENDER, c.object, 0, before);
	gem_wait(fd, c.object);
	return c;
}

static uint32_t content(struct client *c)
{
	uint32_t value;

	gem_read(c->fd, c->object, 0, &value, sizeof(value));
	return value;
}

static void expect(struct client *c, const char *who, uint32_t want)
{
	if (content(c) != want)
		fail("%s object at %#llx holds %#x, not %#x", who,
		     (unsigned long long)c->address, content(c), want);
}

/*
 * Both make the same calls, so a driver that gives each its own address space
 * puts both objects at the same address.
 */
static void separate(struct client a, struct client b)
{
	const struct engine *e;

	if (a.address != b.address)
		fail("objects at %#llx and %#llx: not two fresh address spaces",
		     (unsigned long long)a.address, (unsigned long long)b.address);
	for_each_engine(a.fd, e) {
		uint32_t batch;

		if (!gem_context_has_engine(a.fd, a.context, e))
			continue;
		batch = gem_store_at(a.fd, a.context, e->flag, a.address, mine + e->flag, a.object);
		gem_wait(a.fd, batch);
		gem_close(a.fd, batch);
		expect(&a, "own", mine + e->flag);
		expect(&b, "other client's", before);
	}

	/* Where only the other has something mapped: the store must go nowhere. */
	gem_close(a.fd, a.object);
	gem_wait(a.fd, gem_store_at(a.fd, a.context, I915_EXEC_RENDER, a.address, stray, 0));
	expect(&b, "other client's", before);
}

static void need_full_ppgtt(int fd)
{
	if (!gem_has_full_ppgtt(fd))
		skip("no full PPGTT: all clients share an address space");
}

static void two_files(void)
{
	int a = gem_open_device(), b = gem_open_device();

	need_full_ppgtt(a);
	separate(client(a, DEFAULT_CONTEXT), client(b, DEFAULT_CONTEXT));
}

static void two_contexts(void)
{
	int fd = gem_open_device();

	need_full_ppgtt(fd);
	separate(client(fd, gem_context_create(fd)), client(fd, gem_context_create(fd)));
}

/* A handle belongs to its file: another file's handle of the same number is another object. */
static void two_handles(void)
{
	int a = gem_open_device(), b = gem_open_device();
	uint32_t in_a = gem_create(a, PAGE), in_b = gem_create(b, PAGE), value;

	if (in_a != in_b)
		fail("first handles of two files are %u and %u", in_a, in_b);
	gem_store(a, DEFAULT_CONTEXT, I915_EXEC_RENDER, in_a, 0, mine);
	gem_read(b, in_b, 0, &value, sizeof(value));
	if (value)
		fail("a store to one file's handle %u shows %#x in the other's", in_a, value);
}

int main(int argc, char **argv)
{
	tap_begin("gem_vm", argc, argv);
	tap_run("two-files", 20, two_files);
	tap_run("two-contexts", 20, two_contexts);
	tap_run("two-handles", 20, two_handles);
	return tap_end();
}
