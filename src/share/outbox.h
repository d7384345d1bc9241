#ifndef PL_SHARE_OUTBOX_H
#define PL_SHARE_OUTBOX_H

/*
 * What waits to be written to one consumer: a queue of pieces with a maximum. What is its own is
 * copied, one behind the other, into blocks; what others get too are references to bytes that many
 * outboxes share.
 *
 *     outbox_init(); outbox_begin() -> fill -> outbox_end(), outbox_share(); outbox_gather() ->
 * write -> outbox_sent(); outbox_deinit()
 *
 * Everything it holds is counted: the bytes, the pieces themselves, and of shared ones the whole
 * block that it keeps from being freed, once while runs of it stand one behind the other. What
 * cannot be taken whole is not begun: ask outbox_has_room() first, and outbox_can_share().
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/shared_bytes.h"

#define OUTBOX_BLOCK (32 * 1024)
#define OUTBOX_COPY_MAX 12288 /* one outbox_begin() */
#define OUTBOX_PIECE_COST 64  /* what a piece counts beyond its bytes */

struct outbox_piece {
	const uint8_t *p;
	size_t n;
	struct shared_bytes *owner;
	size_t run;    /* bytes that were shared; 0: it is a copy */
	size_t charge; /* of a shared one: what is counted for its block until it has left */
};

struct outbox {
	struct outbox_piece *ring;
	size_t cap, first, n;       /* cap is 0 or a power of two */
	struct shared_pool *pool;   /* of OUTBOX_BLOCK; borrowed */
	struct shared_bytes *block; /* where copies go; NULL while nothing was copied */
	size_t block_used;
	const struct shared_bytes *charged; /* the last block that was shared and is counted */
	size_t charges, runs;               /* of all shared pieces */
	size_t waiting;                     /* bytes to be written */
	size_t held, max;
	uint64_t n_sent; /* bytes since outbox_init() */
};

void outbox_init(struct outbox *o, size_t max, struct shared_pool *pool);
void outbox_deinit(struct outbox *o);

static inline bool outbox_is_empty(const struct outbox *o)
{
	return o->n == 0;
}

/* Where the queue ends, in bytes since outbox_init(): what was sent, and what waits. */
static inline uint64_t outbox_end_at(const struct outbox *o)
{
	return o->n_sent + o->waiting;
}

/* Room for a message of `n` bytes, however it is cut into pieces, with `reserve` bytes to spare. */
static inline bool outbox_has_room(const struct outbox *o, size_t n, size_t reserve)
{
	/* A message is at most a copied and a shared piece, and a copy may begin a second block. */
	size_t need = n + reserve + 3 * OUTBOX_PIECE_COST;

	return need <= o->max && o->held <= o->max - need;
}

/* Is there room for a run of `n` bytes inside `owner`, which counts in full? No also where too much
 * of what it holds would be blocks of which it needs little. */
bool outbox_can_share(const struct outbox *o, const struct shared_bytes *owner, size_t n,
		      size_t reserve);

/* Where `n` bytes (at most OUTBOX_COPY_MAX) may be put; they count once outbox_end() says how many.
 * -ENOMEM. */
_nodiscard_ int outbox_begin(struct outbox *o, size_t n, uint8_t **ret);
void outbox_end(struct outbox *o, size_t n);
/* Adds a run inside `owner`, which is referenced until it is written. -ENOMEM. */
_nodiscard_ int outbox_share(struct outbox *o, struct shared_bytes *owner, struct bytes run);
/* Takes the last `n` bytes back, which were copied: a message that could not be finished. */
void outbox_take_back(struct outbox *o, size_t n);

/* Drops all but the first `n` waiting bytes. */
void outbox_cut(struct outbox *o, size_t n);

/* Appends `n` waiting bytes, from the one after `skip` others on. -ENOBUFS, -ENOMEM; -EINVAL: there
 * are not so many. */
_nodiscard_ int outbox_copy(const struct outbox *o, size_t skip, size_t n, struct buf *out);
/* Fills `v` from the front of the queue; returns how many. Borrowed until the outbox changes. */
size_t outbox_gather(const struct outbox *o, struct bytes *v, size_t n_v);
void outbox_sent(struct outbox *o, size_t n);

#endif
