#ifndef PL_BENCH_DOOR_DRAIN_H
#define PL_BENCH_DOOR_DRAIN_H

/* A consumer of one subject that takes everything and looks at nothing: it counts bytes. */

#include "loop/loop.h"

struct door_drain {
	struct loop *loop;
	struct sock *sock;
	struct timer pong; /* unasked: what comes is not read, so neither are its pings */
	const char *token, *subject;
	uint64_t n_bytes;
};

/* `address` is "127.0.0.1:4222"; texts are borrowed for life. Failures end the program. */
void door_drain_open(struct door_drain *d, struct loop *loop, const char *address,
		     const char *token, const char *subject);

#endif
