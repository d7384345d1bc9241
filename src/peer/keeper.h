#ifndef PL_PEER_KEEPER_H
#define PL_PEER_KEEPER_H

/*
 * Which of several links to one peer stays (design rule 4, first form). Pure: links are opaque, and
 * what is to be done is asked for.
 *
 * One end is the keeper; only it closes duplicates. After each arrival it pings the primary, the
 * oldest link. The pong to that ping: the others are closed. No pong in LIMIT_SETTLE_MS: the silent
 * link is closed, the next oldest is primary and is pinged. The other end never closes a duplicate;
 * its primary is the oldest link, too. Where a peer tells its incarnation, links of an older one
 * are dead whatever they look like, and cannot be primary.
 *
 *     keeper_init(); keeper_add() / keeper_remove() / keeper_going() / keeper_on_pong() as it
 * happens; after each, and at keeper_deadline(), keeper_next() until KEEPER_REST
 */

#include "base/def.h"
#include "base/limits.h"
#include "base/time.h"

struct keeper_link {
	void *link;
	uint64_t incarnation; /* 0: not told */
	bool going;           /* nothing new can be opened on it */
};

struct keeper {
	bool is_us;
	bool must_ask; /* the primary is to be pinged */
	bool asking;   /* it was, and has not answered */
	bool stale;    /* an older ping is under way: its pong proves nothing */
	bool settled;  /* it answered: the others are to be closed */
	struct mono deadline;
	size_t n;
	struct keeper_link links[LIMIT_LINKS_PER_PEER]; /* oldest first */
};

enum keeper_do {
	KEEPER_REST,
	KEEPER_PING,            /* ping it; say with keeper_pinged() what came of it */
	KEEPER_CLOSE_DUPLICATE, /* close it: the primary lives; it is out of the keeper already */
	KEEPER_CLOSE_SILENT,    /* close it: it did not answer; likewise */
};

struct keeper_step {
	enum keeper_do what;
	void *link;
};

void keeper_init(struct keeper *k, bool is_us);
/* -ENOSPC: LIMIT_LINKS_PER_PEER. */
_nodiscard_ int keeper_add(struct keeper *k, void *link, uint64_t incarnation);
/* Does nothing for a link it does not hold, like the two below. */
void keeper_remove(struct keeper *k, const void *link);
void keeper_going(struct keeper *k, const void *link);
void keeper_on_pong(struct keeper *k, const void *link);
/* `stale`: the link was waiting for an older pong, so this ping did not leave. */
void keeper_pinged(struct keeper *k, bool stale);

struct keeper_step keeper_next(struct keeper *k, struct mono now);
struct mono keeper_deadline(const struct keeper *k);
/* Where to write; NULL: on none. */
void *keeper_primary(const struct keeper *k);

#endif
