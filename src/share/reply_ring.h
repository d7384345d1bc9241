#ifndef PL_SHARE_REPLY_RING_H
#define PL_SHARE_REPLY_RING_H

/*
 * The reply subjects that a consumer was given last, at most LIMIT_DOOR_REPLIES: who serves may
 * answer there without any other right to publish. Only their keyed hashes are kept, so that it
 * costs the same whatever they are.
 *
 *     zeroed; reply_ring_add() as requests are delivered; reply_ring_has(); reply_ring_deinit()
 */

#include "base/def.h"
#include "base/random.h"

struct reply_ring {
	uint64_t *hashes; /* NULL: none yet */
	uint64_t seed[2];
	size_t n, next;
};

/* Without memory it is not remembered, and the answer will be refused. */
void reply_ring_add(struct reply_ring *r, const struct random *random, struct bytes subject);
bool reply_ring_has(const struct reply_ring *r, struct bytes subject);
void reply_ring_deinit(struct reply_ring *r);

#endif
