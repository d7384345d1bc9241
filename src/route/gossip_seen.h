#ifndef PL_ROUTE_GOSSIP_SEEN_H
#define PL_ROUTE_GOSSIP_SEEN_H

/*
 * A set of message ids that forgets: the oldest first when it is full, each when its time is over.
 * All entries live equally long, so the oldest is always the next to go and everything is O(1). It
 * holds what we have seen, and per peer what that peer does not want.
 *
 *     gossip_seen_init(); gossip_seen_add() ... gossip_seen_has(); gossip_seen_expire() now and
 * then; gossip_seen_deinit()
 */

#include "base/def.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"

struct gossip_seen {
	struct map map;
	struct list order; /* oldest first */
	uint64_t ttl_ms;
	uint64_t n_evicted; /* forgotten before their time, for want of room */
};

void gossip_seen_init(struct gossip_seen *s, uint64_t seed, size_t n_max, uint64_t ttl_ms);
void gossip_seen_deinit(struct gossip_seen *s);

/* Also true of what is over its time and was not expired yet. */
bool gossip_seen_has(const struct gossip_seen *s, struct bytes id);
/* -EEXIST: it is there, with its old time. -EMSGSIZE: longer than LIMIT_GOSSIP_ID. -ENOMEM. */
_nodiscard_ int gossip_seen_add(struct gossip_seen *s, struct bytes id, struct mono now);
void gossip_seen_expire(struct gossip_seen *s, struct mono now);

static inline size_t gossip_seen_n(const struct gossip_seen *s)
{
	return s->map.n;
}

#endif
