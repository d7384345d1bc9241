#ifndef PL_NODE_PEER_RULES_H
#define PL_NODE_PEER_RULES_H

/*
 * What the user said of single peers while nodes ran, as it is kept from one start to the next:
 * addresses that were added, and bans. `<data>/peer_rules.json`:
 *
 *     {"added": ["/ip4/…"], "banned": [{"peer_id": "12D3…", "until_ms": null}]}
 *
 * `until_ms` counts from 1970; null is for ever. Unknown keys are somebody else's mistake and
 * refused, or what they say would be lost with the next change.
 */

#include "peer/bans.h"
#include "wire/multiaddr.h"

struct peer_rules {
	size_t n_added, n_bans;
	struct multiaddr *added; /* at most LIMIT_MANAGED_PEERS */
	struct ban *bans;        /* at most LIMIT_BANS */
};

/* -EBADMSG: not what we wrote. -ENOMEM. `ret` is written on success only. */
_nodiscard_ int peer_rules_decode(struct bytes text, struct peer_rules *ret);
/* Text to be freed with free(); NULL: no memory. */
char *peer_rules_encode(const struct peer_rules *rules);
void peer_rules_deinit(struct peer_rules *rules);

/* The address that was added; n_added: it was not. */
size_t peer_rules_find_added(const struct peer_rules *rules, const struct multiaddr *address);
/* -ENOMEM, -ENOSPC: LIMIT_MANAGED_PEERS. One that is there stays. */
_nodiscard_ int peer_rules_add(struct peer_rules *rules, const struct multiaddr *address);
/* False: it was not there. */
bool peer_rules_remove(struct peer_rules *rules, const struct multiaddr *address);

#endif
