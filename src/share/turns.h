#ifndef PL_SHARE_TURNS_H
#define PL_SHARE_TURNS_H

/*
 * Whose turn it is in a queue group. A frozen program's socket goes on taking bytes, and every
 * message that it takes is one that the group does not get. So each member is asked by PING whether
 * it is alive, every client library answers by itself, and a member gets only so much beyond what
 * it has answered for.
 *
 *     turn_took() per message; turn_answered() per PONG; turn_tick() at turn_deadline(); turn_of()
 */

#include "base/def.h"
#include "base/time.h"

struct consumer;

struct turn {
	uint64_t messages, bytes;             /* of its groups, put into its queue */
	uint64_t known_messages, known_bytes; /* of these, before a PING that it answered */
	uint64_t asked_messages, asked_bytes; /* of these, before the PING that is under way */
	uint64_t ping;                        /* the number of that; 0: none */
	struct mono asked_at, took_at;        /* took_at: the first that is not known */
};

/* Better first. */
enum turn_rank {
	TURN_READY,
	TURN_BUSY,    /* it has as much as it may, and its answer is under way */
	TURN_STALLED, /* it does not answer */
};

void turn_took(struct consumer *c, size_t bytes);
void turn_answered(struct consumer *c);
enum turn_rank turn_of(const struct consumer *c);
/* Below 0: it is rather a's turn than b's. */
int turn_compare(const struct consumer *a, const struct consumer *b);
void turn_tick(struct consumer *c);
struct mono turn_deadline(const struct consumer *c);

#endif
