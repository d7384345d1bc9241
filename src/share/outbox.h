#ifndef PL_SHARE_OUTBOX_H
#define PL_SHARE_OUTBOX_H

/*
 * What waits to be written to one consumer: a queue of pieces with a maximum. Small things are
 * copied, one behind the other, into blocks; large ones are references to bytes that many outboxes
 * share.
 *
 *     outbox_init(); outbox_begin() -> fill -> outbox_end(), outbox_share(); outbox_gather() ->
 * write -> outbox_sent(); outbox_deinit()
 *
 * Everything it holds is counted: the bytes, shared ones in full, and the pieces themselves. What
 * cannot be taken whole is not begun: ask outbox_has_room() first.
 */

#include "base/def.h"
#include "base/shared_bytes.h"

#define OUTBOX_COPY_MAX 8192 /* one outbox_begin() */
#define OUTBOX_PIECE_COST 64 /* what a piece counts beyond its bytes */

struct outbox_piece {
	const uint8_t *p;
	size_t n;
	struct shared_bytes *owner;
};

struct outbox {
	struct outbox_piece *ring;
	size_t cap, first, n;       /* cap is 0 or a power of two */
	struct shared_bytes *block; /* where copies go; NULL while nothing was copied */
	size_t block_used;
	size_t held, max;
};

void outbox_init(struct outbox *o, size_t max);
void outbox_deinit(struct outbox *o);

static inline bool outbox_is_empty(const struct outbox *o)
{
	return o->n == 0;
}

/* Room for a message of `n` bytes, however it is cut into pieces, with `reserve` bytes to spare. */
bool outbox_has_room(const struct outbox *o, size_t n, size_t reserve);

/* Where `n` bytes (at most OUTBOX_COPY_MAX) may be put; they count once outbox_end() says how many.
 * -ENOMEM. */
_nodiscard_ int outbox_begin(struct outbox *o, size_t n, uint8_t **ret);
void outbox_end(struct outbox *o, size_t n);
/* Adds a run inside `owner`, which is referenced until it is written. -ENOMEM. */
_nodiscard_ int outbox_share(struct outbox *o, struct shared_bytes *owner, struct bytes run);
/* Takes the last `n` bytes back, which were copied: a message that could not be finished. */
void outbox_take_back(struct outbox *o, size_t n);

/* Fills `v` from the front of the queue; returns how many. Borrowed until the outbox changes. */
size_t outbox_gather(const struct outbox *o, struct bytes *v, size_t n_v);
void outbox_sent(struct outbox *o, size_t n);

#endif
