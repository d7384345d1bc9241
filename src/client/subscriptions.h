#ifndef PL_CLIENT_SUBSCRIPTIONS_H
#define PL_CLIENT_SUBSCRIPTIONS_H

/*
 * What a consumer is subscribed to, by sid: remembered so that it can be restored on another
 * connection, and so that what comes late for an ended one is known as such.
 */

#include "base/def.h"
#include "base/map.h"

struct subscription {
	struct map_node by_sid;
	uint64_t sid;
	uint64_t n_delivered;
	uint32_t max;        /* messages in all; 0: no end */
	uint64_t n_absences; /* of its consumer, before it was made (client/continuity.h) */
	bool has_wildcard;
	struct bytes subject, queue; /* in `text` */
	char text[];
};

struct subscriptions {
	struct map by_sid;
	uint64_t last_sid;
};

void subscriptions_init(struct subscriptions *t, uint64_t seed);
void subscriptions_deinit(struct subscriptions *t);

/* Its sid was never used before. -ENOSPC: LIMIT_CLIENT_SUBSCRIPTIONS. -ENOMEM. */
_nodiscard_ int subscriptions_add(struct subscriptions *t, struct bytes subject, struct bytes queue,
				  struct subscription **ret);
/* NULL: there is none. */
struct subscription *subscriptions_find(const struct subscriptions *t, uint64_t sid);
void subscriptions_remove(struct subscriptions *t, struct subscription *s);
/* In no particular order; the body removes none. */
struct subscription *subscriptions_first(const struct subscriptions *t);
struct subscription *subscriptions_next(const struct subscriptions *t,
					const struct subscription *s);

/* One message more for it: true when that was its last. */
bool subscription_is_over(struct subscription *s);
/* How many are to come; 0: no end. */
static inline uint32_t subscription_left(const struct subscription *s)
{
	return s->max == 0 ? 0 : s->max - (uint32_t)s->n_delivered;
}

#endif
