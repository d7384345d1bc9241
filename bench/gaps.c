#include "bench/gaps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/figures.h"

#define LOOK_S 0.002  /* between two looks; so much of a gap may be blamed on the wrong one */
#define SHORT_S 0.002 /* a gap that is not worth asking the kernel about */

static int open_schedstat(long pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/schedstat", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Of the main thread, in seconds. */
static double waited(int fd)
{
	char line[128];
	ssize_t n = fd < 0 ? 0 : pread(fd, line, sizeof(line) - 1, 0);
	unsigned long long ns = 0;

	if (n <= 0)
		return 0;
	line[n] = 0;
	return sscanf(line, "%*u %llu", &ns) == 1 ? (double)ns / 1e9 : 0;
}

static double waited_by_both(const struct gaps *g)
{
	return waited(g->fds[0]) + waited(g->fds[1]);
}

void gaps_init(struct gaps *g, long pid)
{
	*g = (struct gaps){
		.fds = { open_schedstat(pid), open_schedstat((long)getpid()) },
		.looks = must_alloc(GAPS_LOOKS_MAX, sizeof(struct gaps_look)),
	};
}

void gaps_deinit(struct gaps *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(g->fds); i++)
		if (g->fds[i] >= 0)
			close(g->fds[i]);
	free(g->looks);
}

void gaps_look(struct gaps *g, double now)
{
	if (g->n_looks > 0 && now - g->looks[g->n_looks - 1].at < LOOK_S)
		return;
	if (g->n_looks == GAPS_LOOKS_MAX)
		g->n_looks = 0; /* a gap that began before it is then not excused */
	g->looks[g->n_looks++] = (struct gaps_look){ .at = now, .waited = waited_by_both(g) };
}

/* Since `from`, from the last look before it on. */
static double waited_since(const struct gaps *g, double from)
{
	for (size_t i = g->n_looks; i-- > 0;)
		if (g->looks[i].at <= from)
			return waited_by_both(g) - g->looks[i].waited;
	return 0;
}

void gaps_heard(struct gaps *g, double *io_heard_at, double now)
{
	double gap = *io_heard_at > 0 ? now - *io_heard_at : 0, net = gap;

	if (gap > SHORT_S)
		net -= waited_since(g, *io_heard_at);
	*io_heard_at = now;
	if (gap > g->worst)
		g->worst = gap;
	if (net > g->worst_net)
		g->worst_net = net;
}
