#include "share/reply_ring.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"

void reply_ring_add(struct reply_ring *r, const struct random *random, struct bytes subject)
{
	if (!r->hashes) {
		r->hashes = calloc(LIMIT_DOOR_REPLIES, sizeof(*r->hashes));
		if (!r->hashes)
			return;
		r->seed[0] = random_u64(random);
		r->seed[1] = random_u64(random);
	}
	r->hashes[r->next] = map_hash(r->seed, subject);
	r->next = (r->next + 1) % LIMIT_DOOR_REPLIES;
	r->n = size_min(r->n + 1, LIMIT_DOOR_REPLIES);
}

bool reply_ring_has(const struct reply_ring *r, struct bytes subject)
{
	uint64_t hash = map_hash(r->seed, subject);

	for (size_t i = 0; i < r->n; i++)
		if (r->hashes[i] == hash)
			return true;
	return false;
}

void reply_ring_deinit(struct reply_ring *r)
{
	free(r->hashes);
	*r = (struct reply_ring){ 0 };
}
