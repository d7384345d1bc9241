#ifndef PL_ROUTE_GOSSIP_STREAMS_H
#define PL_ROUTE_GOSSIP_STREAMS_H

/*
 * Gossip over the pool's links. For each peer that speaks gossipsub, which identify tells or the
 * peer shows by opening a stream to us, there is one outbound stream, on the primary link; it
 * follows the primary from link to link. What is queued on the old one leaves there, in order, and
 * the peer is told by IHAVE of the messages of the last heartbeats, so that it can ask for what was
 * lost with a link or stream. The peer's own stream to us is read; while the peer moves to another
 * link the old one is read to its end.
 *
 *     gossip_streams_new() before the pool's first link; the owner of the pool hands on
 * on_primary, on_identified and on_peer_down of its pool_ops; join, leave, publish; once the pool
 * is stopped gossip_streams_free(), then pool_free() in the same turn of the loop
 *
 * A peer that does not read: messages beyond LIMIT_GOSSIP_SEND are dropped and counted. What must
 * not be dropped (subscriptions, GRAFT, PRUNE) resets the stream when it finds no room; a new one
 * begins with all of it. One that takes next to nothing for LIMIT_GOSSIP_FULL_MS after a drop loses
 * its link, as does a peer that announces an RPC and sends it too slowly (LINK_STALLED);
 * one that sends so much of an RPC that it would hold more than its share
 * (budget.h) loses the stream; one that sends nonsense loses the stream it sent it on.
 *
 * An RPC may have LIMIT_GOSSIP_RPC bytes, but rust-libp2p takes LIMIT_GOSSIP_RPC_UNKNOWN unless it
 * is told otherwise, and resets the stream. So a peer gets long ones when it is known to be
 * something else or has sent one itself, and no more of them when it resets the stream right after.
 */

#include "peer/pool.h"
#include "route/gossip.h"

struct gossip_streams;

struct gossip_streams_config {
	struct loop *loop;
	struct pool *pool;
	const struct key_pair *key; /* borrowed for life */
	struct peer_id id;
	struct random random;
	struct gossip_params params;
	uint64_t seqno_last;          /* as in struct gossip_config */
	const struct peer_id *direct; /* those that gossip_peer_set_direct() is for; borrowed */
	size_t n_direct;
	const struct gossip_ops *ops; /* borrowed for life; `send` and `verify` are not used */
	void *user;
};

struct gossip_streams_counts {
	uint64_t opened, accepted;
	uint64_t reset_full;        /* ours, for want of room for what must not be dropped */
	uint64_t reset_malformed;   /* theirs */
	uint64_t reset_over_budget; /* theirs, for want of memory for what has come of an RPC */
	uint64_t stalled;           /* links */
	size_t n_peers;             /* now */
};

/* -ENOSPC (protocols of the pool), -ENOMEM. */
_nodiscard_ int gossip_streams_new(const struct gossip_streams_config *config,
				   struct gossip_streams **ret);
/* Takes NULL. */
struct gossip_streams *gossip_streams_free(struct gossip_streams *gs);

/* What the pool reports. */
void gossip_streams_on_primary(struct gossip_streams *gs, struct peer *p, struct link *l);
void gossip_streams_on_identified(struct gossip_streams *gs, struct peer *p);
void gossip_streams_on_peer_down(struct gossip_streams *gs, struct peer *p);

/* As gossip_join(), gossip_leave(), gossip_publish(), now. */
_nodiscard_ int gossip_streams_join(struct gossip_streams *gs, struct bytes topic);
void gossip_streams_leave(struct gossip_streams *gs, struct bytes topic);
_nodiscard_ int gossip_streams_publish(struct gossip_streams *gs, struct bytes topic,
				       struct bytes data, struct gossip_id *ret_id);

/* As gossip_verdict(). */
void gossip_streams_verdict(struct gossip_streams *gs, uint64_t ticket,
			    enum gossip_verdict verdict);

/* As gossip_set_app_score(). */
void gossip_streams_set_app_score(struct gossip_streams *gs, const struct peer_id *id,
				  double value);

/* To be asked: gossip_is_joined(), gossip_seqno(), gossip_counts(), gossip_topics(),
 * gossip_peer_score(). */
const struct gossip *gossip_streams_engine(const struct gossip_streams *gs);
struct gossip_streams_counts gossip_streams_counts(const struct gossip_streams *gs);

#endif
