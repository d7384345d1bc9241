#ifndef PL_ROUTE_GOSSIP_STATE_H
#define PL_ROUTE_GOSSIP_STATE_H

/*
 * What the engine knows. Who is subscribed to what is a table of three: peers, topics, and one
 * `struct member` for each pair of them, which also says whether the peer is in the topic's mesh.
 */

#include "base/limits.h"
#include "base/budget.h"
#include "base/list.h"
#include "base/map.h"
#include "route/gossip.h"
#include "route/gossip_backoff.h"
#include "route/gossip_cache.h"
#include "route/gossip_keys.h"
#include "route/gossip_seen.h"
#include "route/promises.h"
#include "wire/gossip_rpc.h"

/* A message on its way through the engine. */
struct message {
	struct gossip_check check;  /* its fields are in `frame` */
	struct shared_bytes *frame; /* as it will be relayed */
	struct gossip_id id;
	uint64_t seqno;
	struct list in_queue; /* gossip.unchecked, a batch, or topic.waiting */
	struct peer_id via;
	/* Who has it: `via` and those who sent it since. The peers' keys. */
	uint64_t senders[LIMIT_GOSSIP_SENDERS];
	size_t n_senders;
	/* While its signature is checked: in gossip.checking, by id, unless another one is there
	 * under the same id. */
	struct map_node by_id;
	/* While it waits for a verdict: in gossip.tickets. */
	struct map_node by_ticket;
	uint64_t ticket;
	struct mono deadline;
	bool is_decided;
	enum gossip_verdict verdict;
	bool was_asked_for; /* by IWANT */
};

static inline struct message *message_of_queue(struct list *l)
{
	return list_entry(l, struct message, in_queue);
}

struct topic {
	struct map_node node;  /* in gossip.topics, by name */
	struct list in_active; /* in gossip.active while joined or with a fanout */
	struct list members;
	size_t n_members;
	/* Joined: the mesh. Not joined: the fanout, to whom our messages go. */
	struct list mesh;
	size_t n_mesh;
	bool joined;
	struct mono fanout_until; /* not joined and no fanout: MONO_NEVER */
	struct gossip_cache_topic cached;
	struct gossip_topic_params params;
	struct gossip_seen remembered; /* while joined, with remember_ms */
	struct list waiting; /* for verdicts, in the order of coming: the first is the next to go */
	size_t waiting_cost; /* of these: bytes, and some for each */
	uint64_t received, duplicates, published;
	struct mono last_message_at;
	struct topic_health health; /* while joined */
	struct score_topic score;
	/* New messages that the mesh brought, and that we had to ask others for; those of long
	 * ago count for less. */
	double n_pushed, n_pulled;
	uint64_t opportunistic_at; /* heartbeat: the mesh was given better peers */
	size_t name_n;
	uint8_t name[];
};

static inline struct bytes topic_name(const struct topic *t)
{
	return BYTES(t->name, t->name_n);
}

/* A peer that is subscribed to a topic. */
struct member {
	struct map_node node; /* in gossip_peer.members, by the topic's name */
	struct list in_topic, in_mesh;
	struct topic *topic;
	struct gossip_peer *peer;
	uint64_t heard_at; /* topic.received, when it last brought a message or was grafted */
};

static inline bool member_is_in_mesh(const struct member *m)
{
	return !list_is_empty(&m->in_mesh);
}

struct gossip_peer {
	struct map_node node; /* in gossip.peers_by_id */
	struct list in_peers;
	struct peer_id id;
	uint64_t key; /* stands for the id, also after a reconnect */
	void *user;
	bool outbound;
	bool idontwant;       /* it speaks 1.2 or later */
	uint64_t told_at;     /* the heartbeat in which it last brought a message or told of one */
	bool remind;          /* is told at the next heartbeat what it should have got */
	uint64_t unwanted_at; /* the heartbeat of its latest IDONTWANT; 0: none yet */
	enum gossip_id_kind words; /* in which it calls messages, maybe ... */
	bool has_spoken;           /* ... or certainly */
	bool direct;
	struct list in_direct;
	struct mono added_at;
	struct score_peer *score;
	struct promises_peer promises;
	size_t n_alien_vain; /* ids that mean nothing to us, asked for, and we had the message */
	size_t rpc_max, rpc_longest;
	uint64_t n_too_large;
	struct map members;
	/* Control entries written and not sent yet; all of one call leave together. */
	struct buf control;
	bool control_may_drop; /* none of them is GRAFT or PRUNE */
	bool control_asks;     /* there is IWANT among them */
	bool asks_lost;        /* IWANT did not leave */
	struct list in_dirty;
	struct gossip_seen dontwant;
	struct charge charge; /* for members and for `dontwant`, the latter with ... */
	size_t dontwant_charged;
	/* Of this heartbeat: */
	size_t n_ihave_rpcs, n_ihave_ids, n_iwant_ids, n_idontwant_ids;
	size_t n_bad, n_ihave_told, n_changes, n_px;
};

struct gossip {
	struct gossip_config config;
	struct map topics, peers_by_id;
	struct list active; /* topics, in the order of joining */
	struct list peers;  /* in the order of coming */
	struct list dirty;  /* peers with control waiting */
	struct list direct; /* peers */
	struct mono latest; /* the latest moment that anybody told us */
	struct scores scores;
	struct promises promises;
	struct gossip_peer *asking; /* what it is asked for is collected in `ids` */
	size_t n_asking;
	size_t n_px; /* of this heartbeat */
	size_t n_joined;
	struct gossip_seen seen;
	struct gossip_cache cache;
	struct gossip_backoffs backoffs;
	struct gossip_rpc rpc; /* the one being read */
	struct buf scratch;
	struct bytes *ids; /* LIMIT_GOSSIP_IHAVE of them */
	/* Members to choose from; room for all peers. */
	struct member **pick;
	size_t n_pick, pick_room;
	uint64_t seqno;
	struct gossip_keys keys;
	struct map checking;   /* struct message */
	struct list unchecked; /* in no batch yet */
	size_t n_unchecked, unchecked_bytes;
	struct list batches; /* in the order of their messages */
	size_t n_batches_out;
	size_t n_checking;                 /* unchecked, or in a batch */
	bool is_finishing;                 /* batches are being gone through ... */
	bool is_last;                      /* ... and this is the last message of all */
	struct map tickets;                /* struct message */
	uint64_t ticket;                   /* the last one */
	size_t n_awaiting, awaiting_bytes; /* verdicts */
	struct list later; /* messages for the rest of the mesh, the first to go first */
	struct map later_by_id;
	size_t n_later, later_bytes;
	struct mono heartbeat_at;
	bool is_late; /* the latest heartbeat came so late that others may not be to blame */
	uint64_t n_heartbeats;
	struct gossip_counts counts;
};

#endif
