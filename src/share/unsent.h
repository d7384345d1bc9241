#ifndef PL_SHARE_UNSENT_H
#define PL_SHARE_UNSENT_H

/*
 * Which messages wait in an outbox. The outbox knows bytes; when a connection ends, or lags, the
 * question is about messages: how many wait, for which subscriptions, from which number on. One
 * mark per message, in the order of the queue, says so; it is forgotten once its last byte was
 * taken.
 *
 *     unsent_init(); unsent_reserve() -> queue the message -> unsent_add(); unsent_sent();
 * unsent_deinit()
 *
 * There are never more marks than messages in the outbox, whose maximum bounds them.
 */

#include "base/def.h"

struct sub;
struct view;

struct mark {
	struct sub *sub;
	struct view *view; /* NULL: of a local subject */
	uint64_t from;     /* the first number it accounts for: its own, or its Pl-Gap's */
	uint64_t seq;
	uint64_t end; /* outbox_end_at() behind its last byte */
	size_t n_payload;
	bool given; /* to another member of the queue group */
};

struct unsent {
	struct mark *ring;
	size_t cap, first, n; /* cap is 0 or a power of two */
	uint64_t last_end;    /* of the mark that was dropped last, or of an empty queue */
};

void unsent_init(struct unsent *u);
void unsent_deinit(struct unsent *u);

/* Room for one mark more. -ENOMEM. */
_nodiscard_ int unsent_reserve(struct unsent *u);
/* The next mark, to be filled in where it is, for the reason that deliver.c gives at room_init();
 * there is room. */
static inline struct mark *unsent_add(struct unsent *u)
{
	ASSERT(u->n < u->cap);
	return &u->ring[(u->first + u->n++) & (u->cap - 1)];
}

static inline struct mark *unsent_first(const struct unsent *u)
{
	return u->n > 0 ? &u->ring[u->first] : NULL;
}

/* The i-th from the front. */
static inline struct mark *unsent_at(const struct unsent *u, size_t i)
{
	return &u->ring[(u->first + i) & (u->cap - 1)];
}

/* The oldest mark is done with; there is one. */
void unsent_drop(struct unsent *u);
static inline size_t unsent_bytes(const struct unsent *u)
{
	return u->cap * sizeof(struct mark);
}

#endif
