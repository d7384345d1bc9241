#ifndef PL_PEER_ADDR_REQUEST_H
#define PL_PEER_ADDR_REQUEST_H

/*
 * "Where is this peer?", the protocol of go-p2p-message-bus: whoever asks opens a stream and writes
 * a peer id in text, without length or newline; the other end answers with a JSON array of
 * multiaddrs, `[]` where it knows none, and closes. The question is read as soon as it is a whole
 * id, because the bus does not close its side before it reads the answer.
 *
 *     addr_requests_new(), before the pool's first link; addr_requests_ask(); addr_requests_free()
 *
 * Addresses that are private are not told to a peer at a public address. Each conversation has
 * LIMIT_ADDR_REQUEST_MS; LIMIT_ADDR_REQUESTS questions are answered at once, and
 * LIMIT_ADDR_REQUESTS_PER_PEER of one peer: more lose their streams.
 */

#include "peer/pool.h"

struct addr_requests;

#define ADDR_REQUEST_PROTOCOL "/p2p-msg-bus/peer-addr-request/1.0.0"

/* Addresses in one answer, before it is seen what fits. */
#define ADDR_REQUEST_ADDRESSES_MAX 32

struct addr_requests_ops {
	/* Where we believe `id` to be, for whoever is at the other end of `l`. The number. */
	size_t (*known)(void *user, const struct peer_id *id, const struct link *l,
			struct multiaddr ret[ADDR_REQUEST_ADDRESSES_MAX]);
	/* `via` says that `id` is there; at least one address. Everything is borrowed. */
	void (*on_answer)(void *user, struct peer *via, const struct peer_id *id,
			  const struct multiaddr *addresses, size_t n);
};

struct addr_requests_counts {
	uint64_t asked, answered; /* questions of ours; of others */
	uint64_t refused;         /* too many at once, or no questions */
};

/* `ops` is borrowed for life. -ENOSPC (protocols of the pool), -ENOMEM. */
_nodiscard_ int addr_requests_new(struct loop *loop, struct pool *pool,
				  const struct addr_requests_ops *ops, void *user,
				  struct addr_requests **ret);
/* Takes NULL. Conversations end without a word, before the pool is freed. */
struct addr_requests *addr_requests_free(struct addr_requests *r);

/* The answer, if any, comes by on_answer. -ENOTCONN, -EPROTONOSUPPORT (identify does not list it),
 * -ENOMEM. */
_nodiscard_ int addr_requests_ask(struct addr_requests *r, struct peer *p,
				  const struct peer_id *id);
struct addr_requests_counts addr_requests_counts(const struct addr_requests *r);

#endif
