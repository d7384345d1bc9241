#ifndef PL_ROUTE_GOSSIP_BACKOFF_H
#define PL_ROUTE_GOSSIP_BACKOFF_H

/*
 * Until when a peer may not be grafted in a topic, by its word or by ours. Kept apart from peers
 * and topics, because neither a reconnect nor leaving and joining again ends a backoff.
 *
 * Limits: LIMIT_GOSSIP_BACKOFFS, beyond which the first set is forgotten.
 */

#include "base/def.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "wire/peer_id.h"

struct gossip_backoffs {
	struct map map;
	struct list order; /* as first set */
};

void gossip_backoffs_init(struct gossip_backoffs *b, uint64_t seed);
void gossip_backoffs_deinit(struct gossip_backoffs *b);

/* Never shortens what is there. `topic` has at most LIMIT_GOSSIP_TOPIC_NAME bytes. -ENOMEM. */
_nodiscard_ int gossip_backoffs_set(struct gossip_backoffs *b, struct bytes topic,
				    const struct peer_id *peer, struct mono until, struct mono now);
/* The beginning of time when there is none. */
struct mono gossip_backoffs_until(const struct gossip_backoffs *b, struct bytes topic,
				  const struct peer_id *peer);
/* When it was last set, longer or not; the beginning of time when there is none. */
struct mono gossip_backoffs_set_at(const struct gossip_backoffs *b, struct bytes topic,
				   const struct peer_id *peer);
/* Forgets those that ended before `now`: looks at all of them. */
void gossip_backoffs_expire(struct gossip_backoffs *b, struct mono now);

#endif
