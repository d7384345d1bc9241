#ifndef PL_PEER_PERF_H
#define PL_PEER_PERF_H

/*
 * /perf/1.0.0, both ways (libp2p specs, perf): the client sends how much it wants (8 bytes, big
 * endian), uploads, closes its side; the server then sends that much and closes. Bounded by
 * LIMIT_PERF_BYTES; back-pressure both ways. What is answered is the least important thing a node
 * does: its streams give way to all others of the link, LIMIT_PERF of them run at once and
 * LIMIT_PERF_PER_PEER for one peer (more are reset), and one on which nothing moves for
 * LIMIT_STALL_MS is given up.
 */

#include "base/def.h"
#include "peer/pool.h"

_nodiscard_ int perf_serve(struct pool *pool);

struct perf_result {
	uint64_t uploaded, downloaded;   /* bytes */
	uint64_t upload_ns, download_ns; /* first byte queued to all acknowledged by the answer's
					    start; then to FIN */
};

/* Exactly once. `error` as in ping.h. */
typedef void (*perf_fn)(void *user, int error, const struct perf_result *result);

/* -ENOTCONN, -EINVAL (beyond LIMIT_PERF_BYTES), -ENOMEM. */
_nodiscard_ int perf_start(struct loop *loop, struct peer *p, uint64_t upload, uint64_t download,
			   perf_fn done, void *user);

#endif
