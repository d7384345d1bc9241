#ifndef PL_ROUTE_GOSSIP_SEEN_H
#define PL_ROUTE_GOSSIP_SEEN_H

/*
 * A set of message ids that forgets: the oldest first when it is full, each when its time is over.
 * All entries live equally long, so the oldest is always the next to go and everything is O(1). It
 * holds what we have seen, and per peer what that peer does not want.
 *
 *     gossip_seen_init(); gossip_seen_add() ... gossip_seen_has(); gossip_seen_expire() now and
 * then; gossip_seen_deinit()
 *
 * An id is kept as 128 bits of a keyed hash, which nobody outside can aim at, so an entry takes 32
 * bytes however long the id. The set is as large as what came within its time, and never larger
 * than its maximum; memory grows and shrinks with it.
 */

#include "base/def.h"
#include "base/time.h"

struct gossip_seen_entry {
	uint64_t tag[2];
	struct mono until;
};

struct gossip_seen {
	uint64_t seed;
	struct gossip_seen_entry *ring; /* `cap` of them; entry i is at i modulo cap */
	uint32_t *slots;                /* 2 * cap, by tag: an entry's i + 1, or 0 */
	size_t cap;                     /* 0 or a power of two */
	uint32_t first;                 /* the oldest entry's i, which may wrap around */
	size_t n, n_max;
	uint64_t ttl_ms;
	uint64_t n_evicted; /* forgotten before their time, for want of room */
};

/* `n_max`: at most 2^30. */
void gossip_seen_init(struct gossip_seen *s, uint64_t seed, size_t n_max, uint64_t ttl_ms);
void gossip_seen_deinit(struct gossip_seen *s);

/* Also true of what is over its time and was not expired yet. */
bool gossip_seen_has(const struct gossip_seen *s, struct bytes id);
/* How long it has been there; UINT64_MAX: it is not. */
uint64_t gossip_seen_age_ms(const struct gossip_seen *s, struct bytes id, struct mono now);
/* -EEXIST: it is there, with its old time. -EMSGSIZE: longer than LIMIT_GOSSIP_ID. -ENOMEM. */
_nodiscard_ int gossip_seen_add(struct gossip_seen *s, struct bytes id, struct mono now);
void gossip_seen_expire(struct gossip_seen *s, struct mono now);

static inline size_t gossip_seen_n(const struct gossip_seen *s)
{
	return s->n;
}

/* Bytes of memory. */
size_t gossip_seen_size(const struct gossip_seen *s);

#endif
