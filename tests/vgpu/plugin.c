// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's TCG that keeps the virtual GPU's aperture mapped:
 *
 *	qemu-system-x86_64 -plugin file=aperture.so,socket=PATH ...
 *
 * QEMU has mapped the aperture's own memory for the guest. In a thread of QEMU's
 * process this maps pages of guest memory over it, as the virtual GPU says
 * (aperture.c). The guest sees that at once: TCG keeps host addresses, which
 * stay the same. No event of the emulation is asked for, so it costs nothing.
 *
 * What is behind a fence cannot be mapped, for the CPU sees rows where memory has
 * tiles. Those pages are closed, and an access is a fault. Its handler puts there
 * what the CPU has to see, opens the page, and has the processor do that one
 * instruction; then what was written goes to where it belongs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <ucontext.h>
#include <unistd.h>

#include "vgpu.h"

/*
 * What QEMU looks for in a plugin; its header is not packaged everywhere. A
 * version of the interface that QEMU does not know is refused, though all have
 * had this function.
 */
int qemu_plugin_version = PLUGIN_API;

static int vgpu_link;
static u8 *aperture;		/* where QEMU has mapped it */
static u8 *flat;		/* what is behind fences, as it is in the GGTT */
static u8 *rows;		/* and as the CPU sees it, in pages that are open */
static u64 aperture_size;
static u8 *closed;		/* of each page: 1 behind a fence, else 0 */
static struct vgpu gpu;		/* its registers are the virtual GPU's, all else is empty */

/* ---- accesses to what is behind a fence ---- */

#define TRAP_FLAG	0x100	/* x86: stop after one instruction */

/* A page that is open. An instruction may read at one place and write at another, each across two pages. */
struct window {
	u64 at;			/* in the aperture */
	u8 before[PAGE_SIZE];
};

static struct window window[4];
static u32 num_windows;
static pthread_t owner;		/* the thread that does the instruction; 0: none */

/* Copy row by row to tiles, or back. */
static void copy_window(const struct window *w, bool to_tiles)
{
	u8 *now = rows + w->at;
	u32 done, n, i;

	for (done = 0; done < PAGE_SIZE; done += n) {
		u64 at;

		n = PAGE_SIZE - done;
		at = fence_translate(&gpu, w->at + done, &n);
		if (at > aperture_size - n || (to_tiles && !memcmp(now + done, w->before + done, n)))
			continue;
		if (!to_tiles) {
			memcpy(now + done, flat + at, n);
			continue;
		}
		for (i = done; i < done + n; i++)
			if (now[i] != w->before[i])	/* the GPU may write what the CPU does not */
				flat[at + i - done] = now[i];
	}
}

static void set_protection(const struct window *w, int protection)
{
	mprotect(aperture + w->at, PAGE_SIZE, protection);
}

/* What is mapped changes only while no window is open, or its page would be taken for what it was. */
static void lock_windows(void)
{
	pthread_t none = 0, self = pthread_self();

	if (__atomic_load_n(&owner, __ATOMIC_ACQUIRE) == self)
		return;
	while (!__atomic_compare_exchange_n(&owner, &none, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		none = 0;
		sched_yield();
	}
}

static void unlock_windows(void)
{
	__atomic_store_n(&owner, 0, __ATOMIC_RELEASE);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	const u64 at = (u64)((u8 *)info->si_addr - aperture);
	ucontext_t *uc = context;
	struct window *w;

	if (!aperture || at >= aperture_size) {
		signal(sig, SIG_DFL);	/* of somebody else */
		return;
	}
	lock_windows();
	if (!closed[at / PAGE_SIZE]) {		/* any more; the next try needs no help */
		unlock_windows();
		return;
	}
	if (num_windows == ARRAY_SIZE(window)) {
		signal(sig, SIG_DFL);
		return;
	}
	w = &window[num_windows++];
	w->at = at & PAGE_MASK;
	copy_window(w, false);
	memcpy(w->before, rows + w->at, PAGE_SIZE);
	set_protection(w, PROT_READ | PROT_WRITE);
	uc->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
	sigdelset(&uc->uc_sigmask, SIGTRAP);
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	if (__atomic_load_n(&owner, __ATOMIC_ACQUIRE) != pthread_self()) {
		signal(sig, SIG_DFL);
		return;
	}
	/* other threads may have written to an open page, so it is closed first */
	while (num_windows) {
		set_protection(&window[--num_windows], PROT_NONE);
		copy_window(&window[num_windows], true);
	}
	uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	unlock_windows();
}

static int take_faults(void)
{
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction trap = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_RESTART };

	return sigaction(SIGSEGV, &fault, NULL) || sigaction(SIGTRAP, &trap, NULL) ? -errno : 0;
}

/* ---- messages ---- */

/* Of all mappings only that one is of this file. */
static u8 *find_mapping(ino_t file)
{
	unsigned long start, inode;
	char line[512];
	u8 *found = NULL;
	FILE *maps = fopen("/proc/self/maps", "re");

	while (maps && !found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%*x %*s %*x %*x:%*x %lu", &start, &inode) == 2 && inode == file &&
		    strstr(line, "/memfd:vgpu-aperture"))
			found = (u8 *)start;
	if (maps)
		fclose(maps);
	return found;
}

static int find_aperture(const int *fd)
{
	struct stat st;
	u8 *found;

	if (fstat(fd[OWN_MEMORY], &st))
		return -errno;
	found = find_mapping(st.st_ino);
	if (!found)
		return -ENODEV;
	aperture_size = (u64)st.st_size;
	gpu.bar0 = mmap(NULL, MMIO_SIZE, PROT_READ, MAP_SHARED, fd[REGISTERS], 0);
	flat = mmap(NULL, aperture_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd[OWN_MEMORY], 0);
	rows = mmap(NULL, aperture_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd[OWN_MEMORY], 0);
	closed = calloc(aperture_size / PAGE_SIZE, sizeof(*closed));
	if (gpu.bar0 == MAP_FAILED || flat == MAP_FAILED || rows == MAP_FAILED || !closed)
		return -errno;
	aperture = found;
	return take_faults();
}

static int map_pages(u8 *base, const struct aperture_run *run, int protection, int fd, u64 offset)
{
	void *at = base + (u64)run->page * PAGE_SIZE;

	return mmap(at, (size_t)run->count * PAGE_SIZE, protection, MAP_SHARED | MAP_FIXED, fd,
		    (off_t)offset) == MAP_FAILED ? -errno : 0;
}

/* Behind a fence it is the flat mapping that has the pages; elsewhere that has none of the guest's. */
static int map_run(const struct aperture_run *run, const int *fd)
{
	const u64 own = (u64)run->page * PAGE_SIZE;
	u8 *pages = closed + run->page;
	int ret = 0;

	if (run->fenced || memchr(pages, 1, run->count))
		ret = map_pages(flat, run, PROT_READ | PROT_WRITE, fd[run->fenced ? run->file : OWN_MEMORY],
				run->fenced ? run->offset : own);
	if (!ret && run->fenced)
		ret = map_pages(aperture, run, PROT_NONE, fd[OWN_MEMORY], own);
	else if (!ret)
		ret = map_pages(aperture, run, PROT_READ | PROT_WRITE, fd[run->file], run->offset);
	memset(pages, run->fenced != 0, run->count);
	return ret;
}

static int map_runs(const struct aperture_run *run, u32 num, const int *fd, u32 num_fds)
{
	int ret = 0;

	if (num && num_fds < GUEST_FILES)
		return -EBADF;
	if (num && !aperture)
		ret = find_aperture(fd);
	lock_windows();
	for (; num && !ret; num--, run++) {
		const u64 pages = aperture_size / PAGE_SIZE;

		if (run->file >= num_fds || run->page > pages || run->count > pages - run->page)
			ret = -EINVAL;
		else
			ret = map_run(run, fd);
	}
	unlock_windows();
	return ret;
}

/* Receive a message; false: the virtual GPU has gone. */
static bool receive(struct aperture_run *run, u32 *num, int *fd, u32 *num_fds)
{
	union {
		char buf[CMSG_SPACE(APERTURE_FILES * sizeof(int))];
		struct cmsghdr header;
	} control;
	struct iovec iov = { num, sizeof(*num) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	const struct cmsghdr *c;
	ssize_t size;

	*num_fds = 0;
	if (recvmsg(vgpu_link, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC) != sizeof(*num))
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS) {
		*num_fds = (u32)((c->cmsg_len - CMSG_LEN(0)) / sizeof(*fd));
		memcpy(fd, CMSG_DATA(c), *num_fds * sizeof(*fd));
	}
	if (*num > APERTURE_RUNS)
		return false;
	size = (ssize_t)(*num * sizeof(*run));
	return !size || recv(vgpu_link, run, (size_t)size, MSG_WAITALL) == size;
}

static bool serve_message(void)
{
	static struct aperture_run run[APERTURE_RUNS];
	int fd[APERTURE_FILES], answer;
	u32 num, num_fds;
	bool whole = receive(run, &num, fd, &num_fds);

	answer = whole ? map_runs(run, num, fd, num_fds) : 0;
	while (num_fds)
		close(fd[--num_fds]);
	return whole && send(vgpu_link, &answer, sizeof(answer), MSG_NOSIGNAL) == sizeof(answer);
}

static void *serve(void *unused)
{
	while (serve_message())
		;
	return unused;
}

/* In a thread that takes none of QEMU's signals. */
static int start_thread(void)
{
	sigset_t all, before;
	pthread_t thread;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&thread, NULL, serve, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* Once the greeting is answered the virtual GPU will say that the aperture can be mapped. */
int qemu_plugin_install(u64 id, const void *info, int argc, char **argv)
{
	static const char option[] = "socket=";
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	(void)id;
	(void)info;
	if (argc != 1 || strncmp(argv[0], option, strlen(option)) ||
	    strlen(argv[0] + strlen(option)) >= sizeof(sa.sun_path)) {
		fprintf(stderr, "aperture.so: socket=PATH is needed, that of vgpu --aperture\n");
		return -1;
	}
	strcpy(sa.sun_path, argv[0] + strlen(option));
	vgpu_link = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (vgpu_link < 0 || connect(vgpu_link, (struct sockaddr *)&sa, sizeof(sa)) ||
	    !serve_message() || start_thread()) {
		fprintf(stderr, "aperture.so: %s: no virtual GPU that greets\n", sa.sun_path);
		return -1;
	}
	return 0;
}
