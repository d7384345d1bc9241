#ifndef PL_WIRE_PEER_CACHE_H
#define PL_WIRE_PEER_CACHE_H

/*
 * The file in which go-p2p-message-bus remembers peers, peer_cache.json:
 *
 *     [{"id":"12D3…","name":"…","addrs":["/ip4/…/tcp/…"],"last_seen":"2025-11-20T13:30:00Z"}]
 *
 * `name` may be missing, and `last_seen` (RFC 3339) too. It is read only: we keep peers in a file
 * of our own.
 */

#include "base/def.h"
#include "base/time.h"
#include "wire/multiaddr.h"

#define PEER_CACHE_FAULTS_MAX 400 /* of text */

/* Borrowed for the call. */
struct peer_cache_entry {
	struct peer_id id;
	size_t n_addresses;
	struct multiaddr addresses[LIMIT_HINT_ADDRESSES]; /* more are passed over */
};

struct peer_cache_report {
	size_t n_used, n_expired, n_malformed;
	size_t n_beyond; /* LIMIT_HINTS_IMPORTED */
	/* Which were malformed, and why; the last ones may be missing. */
	char faults[PEER_CACHE_FAULTS_MAX];
};

/*
 * Calls `each` for every entry that is well-formed, has an address and was seen in the last
 * LIMIT_HINT_MS; one without a time counts as just seen. -EBADMSG: not such a file at all, or
 * longer than LIMIT_PEER_CACHE. -ENOMEM.
 */
_nodiscard_ int peer_cache_decode(struct bytes in, struct wall now,
				  void (*each)(void *user, const struct peer_cache_entry *e),
				  void *user, struct peer_cache_report *ret);

#endif
