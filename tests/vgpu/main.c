// SPDX-License-Identifier: GPL-2.0-only
/* The command line of the virtual GPU. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_FILE = 3, EXIT_SYSTEM = 4 };

struct options {
	const char *socket, *control, *aperture, *log, *pictures;
	const struct platform *platform;
	bool lpc, persist, display;
	int verbosity;
	u64 seed, delay_us, stolen;
};

static const char usage[] =
"Usage: vgpu --socket PATH [OPTION]...\n"
"Serve a virtual Intel GPU to one vfio-user client, such as QEMU.\n"
"\n"
"  -s, --socket PATH     UNIX socket to serve (mode 0600)\n"
"  -p, --platform NAME   one of %s (default: the first)\n"
"  -l, --lpc             be the platform's ISA bridge instead of the GPU\n"
"  -c, --control PATH    UNIX socket for time control and state\n"
"  -a, --aperture PATH   UNIX socket for the plugin aperture.so of QEMU, which maps the aperture\n"
"  -o, --log FILE        write the log there, not to standard error\n"
"  -v, --verbose         log more: -v events, -vv registers, -vvv commands\n"
"  -r, --seed N          random engine order and delays, the same for the same N\n"
"  -d, --delay USEC      each request begins USEC microseconds after its turn\n"
"  -D, --display         the display is not fused off (nothing is connected)\n"
"  -S, --stolen ADDRESS  32 MiB of the guest's memory there are the GPU's; its kernel must leave them alone\n"
"  -P, --pictures NAME   write pictures of what a pipe shows to NAME-1.png, NAME-2.png, ...:\n"
"                        when asked to, and at the end\n"
"  -k, --persist         serve the next client when one has gone\n"
"  -h, --help            show this text\n"
"\n"
"Exit status: 0 the client has gone, or SIGTERM or SIGINT came; 2 wrong usage;\n"
"3 a socket or the log cannot be created; 4 out of memory or another error.\n";

static u64 number(const char *name, const char *text)
{
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end || end == text || value > INT32_MAX) {
		fprintf(stderr, "vgpu: --%s %s: not a number from 0 to %d\n",
			name, text, INT32_MAX);
		exit(EXIT_USAGE);
	}
	return value;
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "platform", required_argument, NULL, 'p' },
		{ "lpc", no_argument, NULL, 'l' },
		{ "control", required_argument, NULL, 'c' },
		{ "aperture", required_argument, NULL, 'a' },
		{ "log", required_argument, NULL, 'o' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "seed", required_argument, NULL, 'r' },
		{ "delay", required_argument, NULL, 'd' },
		{ "display", no_argument, NULL, 'D' },
		{ "stolen", required_argument, NULL, 'S' },
		{ "pictures", required_argument, NULL, 'P' },
		{ "persist", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "s:p:lc:a:o:vr:d:DS:P:kh", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'c':
			o->control = optarg;
			break;
		case 'a':
			o->aperture = optarg;
			break;
		case 'o':
			o->log = optarg;
			break;
		case 'l':
			o->lpc = true;
			break;
		case 'P':
			o->pictures = optarg;
			break;
		case 'k':
			o->persist = true;
			break;
		case 'D':
			o->display = true;
			break;
		case 'S':
			o->stolen = number("stolen", optarg);
			break;
		case 'v':
			o->verbosity++;
			break;
		case 'r':
			o->seed = number("seed", optarg);
			break;
		case 'd':
			o->delay_us = number("delay", optarg);
			break;
		case 'p':
			o->platform = platform_find(optarg);
			if (o->platform)
				break;
			fprintf(stderr, "vgpu: --platform %s: use one of %s\n",
				optarg, platform_names());
			exit(EXIT_USAGE);
		case 'h':
			printf(usage, platform_names());
			exit(EXIT_OK);
		default:
			exit(EXIT_USAGE);
		}
	}
	if (!o->socket || optind != argc) {
		fputs("vgpu: --socket PATH is needed, and no other arguments; see --help\n",
		      stderr);
		exit(EXIT_USAGE);
	}
}

static int listen_or_exit(const char *path)
{
	int fd = server_listen(path);

	if (fd < 0) {
		fprintf(stderr, "vgpu: %s: %s; give a path that can be created\n",
			path, strerror(-fd));
		exit(EXIT_FILE);
	}
	return fd;
}

static void on_signal(int sig)
{
	(void)sig;
	server_stop();
}

static void summary(const struct vgpu *gpu)
{
	int i;

	log_info("end: %llu MSIs", (unsigned long long)gpu->msi_count);
	if (mem_sigbus_count())
		log_err("memory: %u pages vanished under the client's maps", mem_sigbus_count());
	for (i = 0; i < NUM_ENGINES; i++) {
		const struct engine_stats *s = &gpu->engine[i].stats;

		log_info("end: %s: %llu submits, %llu requests, %llu batches, "
			 "%llu commands, %llu faults, %llu commands passed over",
			 gpu->engine[i].info->name, (unsigned long long)s->submits,
			 (unsigned long long)s->requests, (unsigned long long)s->batches,
			 (unsigned long long)s->commands, (unsigned long long)s->faults,
			 (unsigned long long)s->passed_over);
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct options o = { .platform = platform_find(NULL) };
	struct server server = { .transport.fd = -1, .aperture = -1 };
	struct vgpu gpu;
	int ret;

	parse(argc, argv, &o);
	log_open(o.log, o.verbosity);
	ret = vgpu_create(&gpu, o.platform, o.lpc, o.display, o.seed, o.delay_us * 1000);
	if (ret) {
		fprintf(stderr, "vgpu: cannot create the device: %s; free some memory\n",
			strerror(-ret));
		return EXIT_SYSTEM;
	}
	gpu.display.pictures = o.pictures;
	pci_steal(&gpu, o.stolen);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	mem_guard_sigbus();

	server.gpu = &gpu;
	server.persist = o.persist;
	server.listener = listen_or_exit(o.socket);
	control_init(&server.control, o.control ? listen_or_exit(o.control) : -1);
	if (o.aperture)
		server.aperture = listen_or_exit(o.aperture);
	ret = server_run(&server);

	if (server.transport.fd >= 0) {
		picture_save_all(&gpu);
		transport_close(&server.transport);
	}
	control_close(&server.control);
	close(server.listener);
	unlink(o.socket);
	if (o.control)
		unlink(o.control);
	if (o.aperture)
		unlink(o.aperture);
	summary(&gpu);
	vgpu_destroy(&gpu);
	log_flush();
	if (ret)
		fprintf(stderr, "vgpu: ended by an error: %s; the log may say more\n", strerror(-ret));
	return ret ? EXIT_SYSTEM : EXIT_OK;
}
