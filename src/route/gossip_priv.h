#ifndef PL_ROUTE_GOSSIP_PRIV_H
#define PL_ROUTE_GOSSIP_PRIV_H

/*
 * Inside the engine. Who is subscribed to what is a table of three: peers, topics, and one `struct
 * member` for each pair of them, which also says whether the peer is in the topic's mesh.
 *
 *   gossip.c         the public calls
 *   gossip_table.c   peers, topics, members
 *   gossip_input.c   what peers send
 *   gossip_check.c   are their messages signed by their authors?
 *   gossip_verdict.c are they good?
 *   gossip_output.c  what peers get
 *   gossip_later.c   and who gets it a moment later
 *   mesh.c           who is grafted and pruned; the heartbeat
 */

#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "route/gossip.h"
#include "route/gossip_backoff.h"
#include "route/gossip_cache.h"
#include "route/gossip_keys.h"
#include "route/gossip_seen.h"
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
	uint64_t received, duplicates, published;
	struct mono last_message_at;
	struct topic_health health; /* while joined */
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
	bool idontwant;   /* it speaks 1.2 or later */
	uint64_t told_at; /* the heartbeat in which it last brought a message or told of one */
	bool remind;      /* is told at the next heartbeat what it should have got */
	struct map members;
	/* Control entries written and not sent yet; all of one call leave together. */
	struct buf control;
	bool control_may_drop; /* none of them is GRAFT or PRUNE */
	struct list in_dirty;
	struct gossip_seen dontwant;
	/* Of this heartbeat: */
	size_t n_ihave_rpcs, n_iwant_ids, n_idontwant_ids, n_bad, n_ihave_told, n_changes;
};

struct gossip {
	struct gossip_config config;
	struct map topics, peers_by_id;
	struct list active; /* topics, in the order of joining */
	struct list peers;  /* in the order of coming */
	struct list dirty;  /* peers with control waiting */
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
	bool is_finishing;                 /* batches are being gone through */
	struct map tickets;                /* struct message */
	uint64_t ticket;                   /* the last one */
	size_t n_awaiting, awaiting_bytes; /* verdicts */
	struct list later; /* messages for the rest of the mesh, the first to go first */
	struct map later_by_id;
	size_t n_later, later_bytes;
	struct mono heartbeat_at;
	uint64_t n_heartbeats;
	struct gossip_counts counts;
};

/* ---- gossip_table.c ---- */

bool topic_name_is_valid(struct bytes name);
struct topic *topic_find(const struct gossip *g, struct bytes name);
/* Finds or creates. -ENOMEM; -ENOSPC: too many of them (`own`: some places are kept for us). */
_nodiscard_ int gossip_topic_get(struct gossip *g, struct bytes name, bool own, struct topic **ret);
/* Frees it when nobody needs it any more. */
void topic_collect(struct gossip *g, struct topic *t);
void topic_activate(struct gossip *g, struct topic *t);
void topic_deactivate(struct topic *t);

struct member *member_find(const struct gossip_peer *p, struct bytes topic);
/* -EEXIST; -ENOSPC: LIMIT_GOSSIP_TOPICS_PER_PEER; -ENOMEM. */
_nodiscard_ int member_new(struct gossip *g, struct gossip_peer *p, struct bytes topic,
			   struct member **ret);
/* Out of the mesh, too; collects the topic. */
void member_free(struct gossip *g, struct member *m);

/* Fills gossip.pick with the members of `t` that fit, `k` of them chosen at random, put first; how
 * many there are, at most `k`. */
typedef bool (*member_fits_fn)(const struct gossip *g, const struct member *m, struct mono now);
bool member_is_inside(const struct gossip *g, const struct member *m, struct mono now);
bool member_is_outside(const struct gossip *g, const struct member *m, struct mono now);
size_t members_choose(struct gossip *g, struct topic *t, member_fits_fn fits, size_t k,
		      struct mono now);

/* ---- gossip_output.c ---- */

/* Everything of these that fails for want of memory or room is counted as dropped. */
void output_frame(struct gossip *g, struct gossip_peer *p, struct shared_bytes *frame,
		  bool may_drop);
void output_subscription(struct gossip *g, struct bytes topic, bool subscribe);
/* All of ours. `again`: also that we are not in its other topics, and our meshes. */
void output_hello(struct gossip *g, struct gossip_peer *p, bool again);
/* Control entries wait for output_flush(). */
void output_graft(struct gossip *g, struct gossip_peer *p, struct bytes topic);
void output_prune(struct gossip *g, struct gossip_peer *p, struct bytes topic, uint64_t backoff_ms);
void output_iwant(struct gossip *g, struct gossip_peer *p, const struct bytes *ids, size_t n);
/* What is written in `entries`, an IHAVE. */
void output_ihave(struct gossip *g, struct gossip_peer *p, struct bytes entries);
void output_flush(struct gossip *g);
/* To the members of the mesh that speak it, but not to its senders. At once. */
void output_idontwant(struct gossip *g, const struct topic *t, const struct message *m);
/* To the mesh, but not to its senders, its author, and who does not want it. At once. */
void output_relay(struct gossip *g, struct topic *t, const struct message *m, struct mono now);
/* False: it has said that it has it. */
bool output_unless_unwanted(struct gossip *g, struct gossip_peer *p, struct bytes id,
			    struct shared_bytes *frame);

/* ---- gossip_later.c ---- */

struct later;

void later_init(struct gossip *g, uint64_t seed);
void later_deinit(struct gossip *g);
/* A message that is not for everybody at once: later_has() says for whom it was. NULL: it is, or
 * there is no room to wait. Borrowed until the engine is asked anything else. */
struct later *later_add(struct gossip *g, struct topic *t, const struct message *m,
			struct mono now);
void later_has(struct later *l, const struct gossip_peer *p);
void later_on_copy(struct gossip *g, const struct gossip_peer *via, struct bytes id);
/* The topic is left; NULL: all of them. */
void later_forget(struct gossip *g, const struct topic *t);
struct mono later_deadline(const struct gossip *g);
void later_tick(struct gossip *g, struct mono now);

/* ---- mesh.c ---- */

void mesh_add(struct gossip *g, struct member *m);
void mesh_remove(struct gossip *g, struct member *m);
/* Members that may be grafted: not in the mesh, no backoff. */
bool mesh_may_graft(const struct gossip *g, const struct member *m, struct mono now);
void mesh_graft(struct gossip *g, struct member *m);
void mesh_prune(struct gossip *g, struct member *m, uint64_t backoff_ms, struct mono now);
/* Grafts until there are `d`. */
void mesh_fill(struct gossip *g, struct topic *t, size_t d, struct mono now);
/* A peer's GRAFT and PRUNE. */
void mesh_on_graft(struct gossip *g, struct gossip_peer *p, struct bytes topic, struct mono now);
void mesh_on_prune(struct gossip *g, struct gossip_peer *p, const struct gossip_prune *prune,
		   struct mono now);
/* The fanout of a topic that is not joined, filled up to `d`. */
void mesh_fanout(struct gossip *g, struct topic *t, struct mono now);
void mesh_heartbeat(struct gossip *g, struct mono now);

/* ---- gossip_check.c ---- */

/* A message of the form, to be checked at the next check_flush(). -ENOMEM. */
_nodiscard_ int check_add(struct gossip *g, struct gossip_peer *via, const struct message *like,
			  const struct gossip_message *m);
/* The same message, byte by byte, is being checked: `via` has it, too. */
bool check_is_duplicate(struct gossip *g, const struct gossip_peer *via, struct bytes id,
			const struct gossip_message *m);
bool check_has(const struct gossip *g, struct bytes id);
/* Has everything checked that was added, or seen to. */
void check_flush(struct gossip *g, struct mono now);
/* Nothing is asked any more, and batches that are out are on their own. */
void check_stop(struct gossip *g);
void message_free(struct message *m);

/* ---- gossip_verdict.c ---- */

/* A new message with a good signature, which is given up. */
void verdict_ask(struct gossip *g, struct topic *t, struct message *m, struct mono now);
/* The topic is left: nobody is waited for. */
void verdict_forget(struct gossip *g, struct topic *t);
/* When the next verdict is overdue. */
struct mono verdict_deadline(const struct gossip *g);
void verdict_tick(struct gossip *g, struct mono now);

/* ---- gossip_input.c ---- */

/* Passes it on and delivers it. */
void accept_message(struct gossip *g, struct topic *t, const struct message *m, struct mono now);

/* ---- gossip.c ---- */

/* Is it a duplicate? */
bool gossip_has_seen(const struct gossip *g, const struct topic *t, struct bytes id);
/* From now on. -EEXIST; -EMSGSIZE; -ENOMEM. */
_nodiscard_ int gossip_see(struct gossip *g, struct topic *t, struct bytes id, struct mono now);
struct gossip_topic_params gossip_topic_params_of(const struct gossip *g, struct bytes topic);
struct gossip_topic_info topic_info(const struct topic *t);
/* Keeps a message for who will ask for it. */
void gossip_keep(struct gossip *g, struct topic *t, struct bytes id, struct shared_bytes *frame,
		 struct mono now);

#endif
