#ifndef PL_PEER_PING_H
#define PL_PEER_PING_H

/*
 * /ipfs/ping/1.0.0, both ways (libp2p specs, ping): 32 random bytes, echoed. Serving tolerates
 * partial reads, several streams and half-closed ones. Asking uses one kept stream, or a fresh one
 * for each round.
 */

#include "base/def.h"
#include "peer/pool.h"

#define PING_COUNT_MAX 100000

/* Registers the server with the pool. Before the first link. */
_nodiscard_ int ping_serve(struct pool *pool);

/* Exactly once. `error` 0, or -ECONNRESET (link or stream died), -EPROTO (wrong bytes), -ETIMEDOUT,
 * -EPROTONOSUPPORT; the round trips measured so far are given in either case, borrowed for the
 * call. */
typedef void (*ping_fn)(void *user, int error, const uint64_t *rtt_ns, size_t n);

struct ping_request {
	size_t count;       /* rounds, at most PING_COUNT_MAX */
	bool fresh_streams; /* a stream per round, opened and closed */
	ping_fn done;
	void *user;
};

/* -ENOTCONN, -EINVAL (count), -ENOMEM. */
_nodiscard_ int ping_start(struct loop *loop, const struct random *random, struct peer *p,
			   const struct ping_request *request);

#endif
