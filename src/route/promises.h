#ifndef PL_ROUTE_PROMISES_H
#define PL_ROUTE_PROMISES_H

/*
 * Who announced a message (IHAVE) that has not come, whom of them we have asked for it (IWANT), and
 * who did not keep the promise in LIMIT_GOSSIP_PROMISE_MS. The first two announcers are asked at
 * once; while nothing comes, with every interval four times as many, and one for each promise that
 * is broken; those with the best record and the fewest debts come first. Who has a better record
 * than all that were asked does not wait, and who is late with answers does. So an honest network
 * sends little twice, and of any number that announce and never serve, all are through within three
 * intervals: before the others, who keep a message for five, have forgotten it. After that they
 * come last.
 *
 *     promises_init(); promises_announced() for each id of an IHAVE that we have not seen;
 * promises_kept() for each message that turns out good; promises_tick() with every heartbeat;
 * promises_broken() for each peer after it; promises_deinit()
 *
 * An id is known by what our own id function makes of the message. A peer may have other words for
 * it, and is asked in its own. An id that nobody can translate (`alien`) cannot be recognised when
 * its message comes: any message of that peer then counts as the answer, each for one.
 *
 * Limits: LIMIT_GOSSIP_WANTED, LIMIT_GOSSIP_ANNOUNCERS, LIMIT_GOSSIP_PROMISES*.
 */

#include "base/def.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"

struct promises {
	struct map wanted;
	struct list waiting; /* ids with announcers that were not asked yet, oldest first */
	struct list asked;   /* promises, by when they end */
	size_t n;
	uint64_t interval_ms;
	/* Says IWANT. False: cannot be asked now; it is forgotten that this peer announced it. */
	bool (*ask)(void *user, void *peer_user, struct bytes id);
	void *user;
};

/* One peer's part, embedded in its record. */
struct promises_peer {
	void *user; /* for ask() */
	struct list promises;
	struct list aliens; /* asked for, oldest first */
	size_t n;
	size_t n_asked;          /* of `promises`: it was asked for them */
	size_t n_late;           /* of these, since before the latest tick */
	size_t n_kept, n_broken; /* since promises_broken() */
	double record;           /* kept less broken, those of long ago for less */
};

void promises_init(struct promises *ps, uint64_t seed, uint64_t interval_ms,
		   bool (*ask)(void *user, void *peer_user, struct bytes id), void *user);
/* Every promises_peer_deinit() comes before. */
void promises_deinit(struct promises *ps);

void promises_peer_init(struct promises_peer *pp, void *user);
/* What it promised is asked of others with the next tick. */
void promises_peer_deinit(struct promises *ps, struct promises_peer *pp);

struct promise_announcement {
	struct bytes id;     /* as we would call it */
	struct bytes its_id; /* as the peer calls it: of at most LIMIT_GOSSIP_ID bytes */
	bool alien;
};

/* May ask at once. Without room or memory the announcement goes by unnoticed. */
void promises_announced(struct promises *ps, struct promises_peer *pp,
			const struct promise_announcement *a, struct mono now);
/* The message has come, from `via`: nobody owes it any more. Whether anybody had been asked. */
bool promises_kept(struct promises *ps, struct bytes id, struct promises_peer *via);
/* A message has come that we did not wait for: maybe an answer, in words we do not understand. */
void promises_kept_alien(struct promises *ps, struct promises_peer *via);
/*
 * It has sent what it had promised, by our name or its own, and it is nothing for us: nothing is
 * held against it, and others who announced it may be asked. `doubtful`: it may have made it up,
 * and comes after others the next time. True: it was perhaps what we had asked for in words that we
 * do not understand.
 */
bool promises_excuse(struct promises *ps, struct bytes id, struct promises_peer *via,
		     bool doubtful);
/* What was asked of this peer at `now` did not leave: nothing is held against it. */
void promises_not_sent(struct promises *ps, struct promises_peer *pp, struct mono now);
/* Promises end, others are asked. */
void promises_tick(struct promises *ps, struct mono now);

/*
 * Once per interval. What to hold against the peer since the last call, as misbehaviour: nothing
 * when it kept as many promises as it broke, half a point for a few broken ones, up to four for
 * hundreds.
 */
double promises_broken(struct promises_peer *pp);

static inline bool promises_want(const struct promises *ps, struct bytes id)
{
	return map_find(&ps->wanted, id) != NULL;
}

static inline bool promises_has_aliens(const struct promises_peer *pp)
{
	return !list_is_empty(&pp->aliens);
}

static inline size_t promises_n_wanted(const struct promises *ps)
{
	return ps->wanted.n;
}

#endif
