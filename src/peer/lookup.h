#ifndef PL_PEER_LOOKUP_H
#define PL_PEER_LOOKUP_H

/*
 * From an address with a name to addresses that can be dialled: dns4, dns6, dns, and dnsaddr, whose
 * TXT records hold addresses that may have names again (multiformats/multiaddr, DNSADDR). Bounded
 * in depth, look-ups and results. Where the address names a peer, only what leads to it is kept.
 *
 *     lookup_start() -> done, once, later, unless lookup_cancel()
 */

#include "loop/loop.h"
#include "wire/multiaddr.h"

struct lookup;

struct candidate {
	struct addr addr;
	bool has_peer;
	struct peer_id peer;
};

/* `c` is borrowed for the call. `n` 0: `error` says why, -ENOENT: there is nothing we can dial. */
typedef void (*lookup_fn)(void *user, int error, const struct candidate *c, size_t n);

/* -EPROTONOSUPPORT: not plain TCP; -EINVAL: an IP address, which needs no look-up; -ENOMEM, or what
 * loop_resolve() answers. */
_nodiscard_ int lookup_start(struct loop *loop, const struct multiaddr *address, lookup_fn done,
			     void *user, struct lookup **ret);
void lookup_cancel(struct lookup *q);

#endif
