#ifndef PL_CLIENT_CONTINUITY_H
#define PL_CLIENT_CONTINUITY_H

/*
 * Nothing may be missed silently: watches the numbers of a topic's messages (Pl-Epoch, Pl-Seq), per
 * subscription and subject, over all connections of a consumer, and says what lies between two of
 * them that came after one another. What the node itself tells (Pl-Gap) is believed; what it cannot
 * know, because it was restarted or the consumer was away, is found here.
 *
 *     continuity_init(); each message in its order: continuity_check(); a connection lost and made
 *     again: continuity_absent(); a subscription ended: continuity_forget()
 */

#include "base/def.h"
#include "base/map.h"

enum gap_why {
	GAP_NONE = 0,
	GAP_SLOW = 1,    /* the consumer did not read in time */
	GAP_AWAY = 2,    /* its connection was lost */
	GAP_RESTART = 3, /* the node was restarted */
};

struct gap {
	enum gap_why why;
	uint64_t from, to; /* Pl-Seq, in the epoch of the message that follows; 0: unknown */
	uint64_t count;
	bool is_exact; /* else `count` is what is known of, and there may have been more */
};

struct continuity {
	struct map views;
	uint64_t n_absences;
	bool restarted; /* the node, in the latest absence */
};

/* Where a message came by. */
struct continuity_place {
	uint64_t sid;
	struct bytes subject;
	uint64_t n_absences; /* there had been when the subscription was made */
	bool is_shared;      /* a queue group: numbers are missing because others have them */
	bool has_wildcard;
	bool is_named; /* its consumer has an id, by which the node may know it from earlier */
};

void continuity_init(struct continuity *c, uint64_t seed);
void continuity_deinit(struct continuity *c);
void continuity_absent(struct continuity *c, bool restarted);
/* What was missed right before this message; GAP_NONE for what carries no numbers. */
struct gap continuity_check(struct continuity *c, const struct continuity_place *at,
			    struct bytes header);
void continuity_forget(struct continuity *c, uint64_t sid);

#endif
