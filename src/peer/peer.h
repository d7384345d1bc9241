#ifndef PL_PEER_PEER_H
#define PL_PEER_PEER_H

/*
 * What the files of the pool share:
 *
 *     pool.c        the whole: life, what is served, questions
 *     peer.c        records of peers
 *     pool_link.c   links: adopted or refused, settled, kept alive, lost
 *     pool_memory.c who loses its links when memory is short
 *     pool_dial.c   addresses to be dialled: slots, schedule, outcomes
 *     pool_rules.c  what the user says of single peers: bans, and addresses no longer to be kept
 *     lookup.c      an address's names, down to what can be dialled
 *     identify.c    identify and push, both ways; with signed_record.c, signed addresses
 *
 * A record lives while it has links or addresses; when it has neither it goes at the end of the
 * turn, so nobody on the call stack loses it.
 */

#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "peer/bans.h"
#include "peer/identity.h"
#include "peer/keeper.h"
#include "peer/liveness.h"
#include "peer/lookup.h"
#include "peer/pool.h"
#include "peer/redial.h"

struct identify_read;

/* Our record of one link; its user. */
struct pool_link {
	struct list of_pool; /* all, also those that were refused and those that are closing */
	struct list of_peer; /* oldest first */
	struct pool *pool;
	struct peer *peer; /* NULL: refused */
	struct link *link;
	bool closing; /* by us */
	struct liveness liveness;
	struct timer timer;
	struct identify_read *asked, *pushed; /* being read; NULL: nothing */
};

struct peer {
	struct map_node by_id; /* unless the id is not known yet: n = 0 */
	struct list all, idle;
	struct pool *pool;
	struct peer_id id;
	struct list links, targets;
	bool is_up;         /* on_peer_up was called, on_peer_down was not */
	bool is_identified; /* since it came up */
	struct link *primary;
	struct keeper keeper;
	struct timer timer;        /* the keeper's */
	struct identity *identity; /* NULL: none yet */
	struct buf record;         /* its signed addresses, checked; empty: none */
	uint64_t record_seq;
	struct mono record_check_at; /* not before */
	struct budget_account account;
	size_t n_perf; /* runs we answer */
	void *route_user;
};

enum target_state {
	TARGET_IDLE,    /* connected, or never to be dialled again */
	TARGET_WAITING, /* for its timer */
	TARGET_QUEUED,  /* for a slot */
	TARGET_LOOKUP,
	TARGET_DIALING,
	TARGET_ENDING, /* goes with its timer, which is due */
};

/* An address somebody wants a link to: once, or for ever (managed). */
struct target {
	struct list of_pool, of_peer, queue;
	struct pool *pool;
	struct peer *peer; /* whom it leads to; NULL: not known */
	bool bound;        /* the address names the peer */
	bool managed;
	bool is_group; /* a dnsaddr without a peer: stands for others, is not dialled itself */
	bool is_self;
	pool_may_dial_fn may_dial; /* NULL: all that is found */
	void *may_dial_user;
	enum target_state state;
	struct timer timer;
	struct mono at; /* of the timer */
	struct redial redial;
	struct lookup *lookup;
	struct net_dial *dial;
	struct candidate *candidates;
	size_t n_candidates, next;
	struct addr latest; /* what was dialled last */
	struct list waiters;
	size_t n_waiters;
	enum link_reason reason;
	char *error; /* NULL: the latest try was no failure */
	size_t n_address;
	uint8_t address[];
};

struct pool {
	struct pool_config config;
	struct loop *loop;
	struct net *net;
	struct map peers;
	struct list all;   /* peers, oldest first */
	struct list idle;  /* those that may have to go */
	struct list links; /* all */
	struct list targets, queue;
	size_t n_targets, n_managed, n_dialing, n_connected;
	bool is_pumping;
	struct bans bans;
	const struct pool_protocol *protocols[LIMIT_PROTOCOLS];
	size_t n_protocols;
	struct pool_protocol identify, push;
	struct addr listen[LIMIT_LISTENERS];
	size_t n_listen;
	struct buf record, record_covers; /* ours, and the addresses in it */
	uint64_t record_seq;
	struct task sweep; /* frees idle peers and snapshots */
	struct list snapshots;
	bool stopping;
	struct timer stop_timer;
	struct budget budget;
	struct timer budget_timer;
	uint64_t n_over_budget;
	size_t n_perf; /* runs we answer */
};

/* ---- peer.c ---- */

/* `id` NULL: not known yet. NULL: no memory, or LIMIT_PEER_RECORDS. */
struct peer *peer_new(struct pool *pool, const struct peer_id *id);
void peer_free(struct peer *p);
/* It may have nothing left to live for. */
void peer_may_go(struct peer *p);
bool peer_is_managed(const struct peer *p);
size_t peer_n_links(const struct peer *p); /* but those that we are closing */
void snapshots_free(struct pool *pool);

/* ---- pool_link.c ---- */

extern const struct net_ops pool_net_ops;

bool pool_is_banned(const struct pool *pool, const struct peer_id *id);
bool pool_serves(void *user, struct bytes protocol);

/* Does nothing for a link that is closing. When it is the primary, on_primary comes first. */
void pool_link_close(struct pool_link *pl, enum link_reason reason);
void peer_close_links(struct peer *p, enum link_reason reason);
/* Frees the record of a link that is over. */
void pool_link_free(struct pool_link *pl);
static inline struct pool_link *pool_link_of(const struct link *l)
{
	return link_user(l);
}
/* Does what the keeper wants, and tells where to write. */
void peer_settle(struct peer *p);

/* ---- pool_memory.c ---- */

void pool_memory_init(struct pool *pool);
void pool_memory_deinit(struct pool *pool);

/* ---- pool_dial.c ---- */

/* The link of this target's dial is up; then it is adopted as `p`'s, or refused with a reason. */
void target_on_answer(struct target *t);
void target_on_up(struct target *t, struct peer *p);
void target_on_refused(struct target *t, enum link_reason reason);
void target_on_dial_failed(struct target *t, enum link_reason reason, int error);
/* For each target of the peer. */
void targets_on_peer_up(struct peer *p);
void targets_on_peer_down(struct peer *p);
/* Those that wait are dialled now. */
void targets_hurry(struct peer *p);
/* Ends those of a peer; all. Their outcomes come later. */
void targets_drop(struct peer *p);
void targets_stop(struct pool *pool);
void target_free(struct target *t);
/* The managed one with this address; NULL: there is none. */
struct target *target_find_managed(struct pool *pool, const struct multiaddr *m);
bool targets_know(const struct pool *pool, const struct addr *a);

/* ---- identify.c ---- */

void identify_init(struct pool *pool);
/* Asks on the link, unless it is being asked. */
void identify_ask(struct pool_link *pl);
/* What we say where we can be reached, to whoever is at the other end of `l`; their number. */
size_t identify_addresses(const struct pool *pool, const struct link *l,
			  struct multiaddr ret[LIMIT_LISTENERS]);
/* Tells all peers what has changed on our side. */
void identify_push(struct pool *pool);
/* The link is over: what was being read has no use any more. */
void identify_forget(struct pool_link *pl);

#endif
