#ifndef PL_BENCH_GAPS_H
#define PL_BENCH_GAPS_H

/*
 * The worst gap between two deliveries at a reader, and what of it the kernel is to blame for: how
 * long we and the server waited for a processor that others had. Both may have waited at once, so
 * what is left is the least that was the server's own. What the hypervisor takes is not known.
 *
 *     gaps_init(); gaps_look() before each wait for the sockets; gaps_heard() on each delivery;
 *     gaps_deinit()
 */

#include "base/def.h"

#define GAPS_LOOKS_MAX 16384

struct gaps_look {
	double at, waited; /* seconds; the latter by both since they began */
};

struct gaps {
	int fds[2];              /* what the kernel tells of the server, and of us; -1: nothing */
	struct gaps_look *looks; /* GAPS_LOOKS_MAX; the last ones, in order */
	size_t n_looks;
	double worst, worst_net; /* seconds */
};

/* `pid` is the server's. */
void gaps_init(struct gaps *g, long pid);
void gaps_deinit(struct gaps *g);
/* Notes now and then how long both have waited. */
void gaps_look(struct gaps *g, double now);
/* A reader has something; before that it had at `*io_heard_at`, 0: never. */
void gaps_heard(struct gaps *g, double *io_heard_at, double now);

#endif
