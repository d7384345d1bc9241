#ifndef PL_CLI_BENCH_CLIENTS_H
#define PL_CLI_BENCH_CLIENTS_H

/*
 * The clients of `peerline bench`: each a connection with a thread of its own, so that none waits
 * for another. What they send is a moment in time and padding, on subjects that are local to the
 * host: no other node ever hears of it.
 *
 *     bench_open() for each, listeners first; bench_run(): all at once, returns when all have
 * ended; bench_close()
 */

#include <stdatomic.h>

#include "base/def.h"
#include "cli/latencies.h"
#include "client/client.h"

#define BENCH_CLIENTS_MAX 64
#define BENCH_SIZE_MIN 8 /* the moment */

enum bench_role {
	BENCH_SUBSCRIBER, /* takes what publishers send */
	BENCH_RESPONDER,  /* answers what requesters ask */
	BENCH_PUBLISHER,
	BENCH_REQUESTER, /* one request at a time */
};

struct bench {
	const char *data; /* NULL: not given */
	uint64_t size, seconds;
	uint64_t count; /* of each sender; 0: as many as there is time for */
	uint64_t rate;  /* a second, of each publisher; 0: as fast as it goes */
	char subject[64];
	atomic_uint_fast64_t n_published; /* by all */
	atomic_uint n_senders;            /* that go on */
};

struct bench_client {
	struct bench *bench;
	enum bench_role role;
	struct client *client;
	uint64_t n;         /* messages or requests, sent or received */
	uint64_t active_ns; /* from its first to its last */
	struct latencies took;
	int error; /* of the client; 0: none */
};

/* EXIT_*, told on standard error. `number` tells one from another. */
_nodiscard_ int bench_open(struct bench *b, enum bench_role role, size_t number,
			   struct bench_client *ret);
/* -errno: a thread could not be made; then none runs any more. */
_nodiscard_ int bench_run(struct bench *b, struct bench_client *clients, size_t n);
void bench_close(struct bench_client *c);

#endif
