#ifndef PL_PEER_BANS_H
#define PL_PEER_BANS_H

/*
 * Peers that the user wants no link with: by id, each until a moment of the calendar, so that a ban
 * outlives the node. Without I/O; whoever keeps them writes them down.
 *
 *     bans_init(); bans_add(); bans_find() at each handshake and before each dial; bans_remove()
 *
 * A ban that is over is as good as none, and makes room for the next.
 */

#include "base/limits.h"
#include "base/time.h"
#include "wire/peer_id.h"

#define BAN_FOREVER ((struct wall){ INT64_MAX })

struct ban {
	struct peer_id id;
	struct wall until;
};

struct bans {
	size_t n;
	struct ban entries[LIMIT_BANS]; /* the oldest first */
};

static inline bool ban_is_forever(const struct ban *b)
{
	return b->until.ns == INT64_MAX;
}

void bans_init(struct bans *b);
/* A ban that stands gets the new end. -ENOSPC: LIMIT_BANS others stand. */
_nodiscard_ int bans_add(struct bans *b, const struct peer_id *id, struct wall until,
			 struct wall now);
/* False: there was none. */
bool bans_remove(struct bans *b, const struct peer_id *id, struct wall now);
/* NULL: not banned. Borrowed until the next call that changes something. */
const struct ban *bans_find(const struct bans *b, const struct peer_id *id, struct wall now);
/* Forgets those that are over; then `entries` are those that stand. */
void bans_expire(struct bans *b, struct wall now);

#endif
