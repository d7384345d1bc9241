#ifndef PL_PEER_HINT_BOOK_H
#define PL_PEER_HINT_BOOK_H

/*
 * The book of hints: peers that somebody told us of, and where they may be. Unranked, because who
 * tells is believed nothing; bounded, because whoever tells costs us memory; and without I/O.
 *
 *     hint_book_init(); hint_book_charge() before anything that a peer tells is looked at;
 * hint_book_add(); hint_book_choose(), hint_book_on_tried(), hint_book_on_failed() or
 * hint_book_on_connected(); hint_book_wanted(), for whom addresses are to be asked;
 * hint_book_tick() now and then; hint_book_deinit()
 *
 * What a peer tells is charged to it: LIMIT_HINTS_PER_SOURCE at once, and no more in one burst,
 * which grows back by one every LIMIT_HINTS_REFILL_MS. Where its share is full it displaces its own
 * oldest; where the book is full, the oldest of whoever has told the most.
 */

#include "base/list.h"
#include "base/map.h"
#include "base/random.h"
#include "base/time.h"
#include "net/link.h"
#include "wire/multiaddr.h"

/* One that told us of others; or the user. */
struct hint_source {
	struct map_node by_id;
	struct list hints; /* least recently told first */
	size_t n;
	struct peer_id id;
	unsigned tokens;
	struct mono refilled_at;
};

struct hint_address {
	bool told_by_user;
	bool public_only; /* what is found behind it must be public too */
	uint16_t n;
	uint8_t b[]; /* a multiaddr without /p2p that we could dial */
};

struct hint {
	struct map_node by_id;
	struct list all, of_source; /* least recently told first */
	struct hint_source *source; /* who told first, to whom it is charged */
	struct peer_id id;
	struct mono told_at;
	struct mono tried_at, asked_at; /* MONO_NEVER: not yet */
	unsigned n_failed;              /* in a row */
	enum link_reason error;         /* where n_failed > 0 */
	bool is_certified;              /* its addresses stood in a record it signed ... */
	uint64_t seq;                   /* ... of this number */
	size_t n;                       /* 0: we know of the peer, and not where it is */
	struct hint_address *addresses[LIMIT_HINT_ADDRESSES];
};

struct hint_book {
	struct peer_id own; /* nobody tells us of ourselves */
	struct map hints, sources;
	struct list all; /* least recently told first */
	struct hint_source user;
	uint64_t n_refused; /* over somebody's share */
};

struct hint_news {
	const struct peer_id *via; /* NULL: the user */
	bool via_is_public;        /* then it is no source for private addresses */
	struct peer_id id;
	size_t n;
	const struct bytes *addresses; /* multiaddrs, unchecked, with or without /p2p */
	bool is_certified;
	uint64_t seq;
};

void hint_book_init(struct hint_book *b, const struct peer_id *own, uint64_t seed);
void hint_book_deinit(struct hint_book *b);

static inline size_t hint_book_n(const struct hint_book *b)
{
	return b->hints.n;
}

/* May `via` tell us something new? False: it has told enough, and is counted. */
bool hint_book_charge(struct hint_book *b, const struct peer_id *via, struct mono now);
/* The same for what it does not tell by itself, as the authors of what it relays: half of what it
 * may tell stays for the rest, because anybody can make up authors. */
bool hint_book_charge_spare(struct hint_book *b, const struct peer_id *via, struct mono now);
/*
 * Addresses that we could not dial, that are of no single host, or that are private and come from a
 * public peer are not kept. Certified ones replace all others, uncertified ones are added while
 * there is room. News without addresses of a peer that is not known displace only others of that
 * source which were asked for in vain. False: nothing was kept.
 */
bool hint_book_add(struct hint_book *b, const struct hint_news *news, struct mono now);
struct hint *hint_book_find(const struct hint_book *b, const struct peer_id *id);
/* It is gone then. */
void hint_book_remove(struct hint_book *b, struct hint *h);

/* Is this one of interest? Those that are connected are not. */
typedef bool (*hint_filter_fn)(void *user, const struct hint *h);

/* One of those that have an address and were not tried for LIMIT_HINT_AGAIN_MS: every source has
 * the same chance, and then every hint of it. NULL: none. */
struct hint *hint_book_choose(struct hint_book *b, const struct random *random, hint_filter_fn is,
			      void *user, struct mono now);
/* Some of those for whom addresses are wanted and were not asked for in that time, each with the
 * same chance: who invents peers does not keep us from asking for those there are. Each then counts
 * as asked for. Their number. */
size_t hint_book_wanted(struct hint_book *b, const struct random *random, hint_filter_fn is,
			void *user, struct mono now, struct peer_id ret[LIMIT_ADDR_ROUND_IDS]);

void hint_book_on_tried(struct hint *h, struct mono now);
/* It is gone when it has failed LIMIT_HINT_TRIES times, unless the user told of it. */
void hint_book_on_failed(struct hint_book *b, struct hint *h, enum link_reason reason);
void hint_book_on_connected(struct hint *h);
/* Forgets what nobody told again for LIMIT_HINT_MS. */
void hint_book_tick(struct hint_book *b, struct mono now);

#endif
