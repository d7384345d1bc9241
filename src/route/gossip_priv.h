#ifndef PL_ROUTE_GOSSIP_PRIV_H
#define PL_ROUTE_GOSSIP_PRIV_H

/*
 * Inside the engine: what its files do for each other. What it knows is in gossip_state.h.
 *
 *   gossip.c         the public calls
 *   gossip_table.c   peers, topics, members
 *   gossip_input.c   what peers send
 *   gossip_pull.c    messages told of, asked for and not wanted
 *   gossip_check.c   are their messages signed by their authors?
 *   gossip_verdict.c are they good?
 *   gossip_output.c  what peers get
 *   gossip_later.c   and who gets it a moment later
 *   gossip_px.c      peers told of in PRUNE
 *   gossip_score.c   what a peer's score lets it do
 *   gossip_watch.c   figures and health of topics
 *   gossip_tell.c    what peers are told that we have
 *   mesh.c           who is grafted and pruned; the heartbeat
 */

#include "route/gossip_state.h"

/* What one id in gossip_peer.dontwant is counted as. */
#define GOSSIP_DONTWANT_COST ((size_t)80)

static inline void dontwant_changed(struct gossip_peer *p)
{
	charge_adjust(&p->charge, BUDGET_GOSSIP, &p->dontwant_charged,
		      gossip_seen_n(&p->dontwant) * GOSSIP_DONTWANT_COST);
}

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
/* -EEXIST; -ENOSPC: LIMIT_GOSSIP_TOPICS_PER_PEER, or its share of memory; -ENOMEM. */
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
bool output_frame(struct gossip *g, struct gossip_peer *p, struct shared_bytes *frame,
		  bool may_drop);
/* False: the peer takes none so long, or none now. */
bool output_message(struct gossip *g, struct gossip_peer *p, struct shared_bytes *frame);
void output_subscription(struct gossip *g, struct bytes topic, bool subscribe);
/* All of ours. `again`: also that we are not in its other topics, and our meshes. */
void output_hello(struct gossip *g, struct gossip_peer *p, bool again);
/* Control entries wait for output_flush(). */
void output_graft(struct gossip *g, struct gossip_peer *p, struct bytes topic);
/* `px` has `n` peers. */
void output_prune(struct gossip *g, struct gossip_peer *p, struct bytes topic, uint64_t backoff_ms,
		  const struct gossip_px *px, size_t n);
void output_iwant(struct gossip *g, struct gossip_peer *p, const struct bytes *ids, size_t n);
/* What is written in `entries`, an IHAVE. */
void output_ihave(struct gossip *g, struct gossip_peer *p, struct bytes entries);
void output_flush(struct gossip *g);
/* To the members of the mesh that speak it, but not to its senders. At once. */
void output_idontwant(struct gossip *g, const struct topic *t, const struct message *m);
/* To the mesh and to direct peers, but not to its senders, its author, and who does not want it. */
void output_relay(struct gossip *g, struct topic *t, const struct message *m, struct mono now);
/* False: it has said that it has it, or takes none so long, or none now. */
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
/* Members that may be grafted: not in the mesh, no backoff, nothing held against them. */
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
/* A peer has brought a message, new or not. */
void mesh_on_message(const struct topic *t, const struct gossip_peer *p);
/* Outside of it, and worth a message of ours. */
bool mesh_is_beyond(const struct gossip *g, const struct member *m, struct mono now);
void mesh_heartbeat(struct gossip *g, struct mono now);

/* ---- gossip_px.c ---- */

/* Members of the topic for a PRUNE to `p`; `out` has room for LIMIT_GOSSIP_PX. How many. */
size_t px_choose(struct gossip *g, const struct topic *t, const struct gossip_peer *p,
		 struct gossip_px *out);
void px_hear(struct gossip *g, struct gossip_peer *p, const struct gossip_prune *prune);

/* ---- gossip_pull.c ---- */

/* Messages the peer has, asks for, does not want, in the RPC being read. */
void pull_on_ihaves(struct gossip *g, struct gossip_peer *p);
void pull_on_iwants(struct gossip *g, struct gossip_peer *p);
void pull_on_idontwants(struct gossip *g, struct gossip_peer *p);
/* By whose ids the peer is told of messages of the topic. */
enum gossip_id_kind peer_words(const struct topic *t, const struct gossip_peer *p);
/* A message has come; `seen`: we had it. Its peer may have been asked for it in other words. */
void pull_on_message(struct gossip *g, struct gossip_peer *p, struct bytes id, bool seen);
/* What has come is nothing for us, which need not be the fault of who sent it. `doubtful`: but it
 * could have been made up in place of something else. */
void pull_on_refused(struct gossip *g, struct gossip_peer *p, struct bytes id, bool doubtful);
/* Asks for promises.ask. */
bool pull_ask(void *user, void *peer_user, struct bytes id);
/* Promises are over: once per heartbeat. */
void pull_tick(struct gossip *g, struct mono now);

/* ---- gossip_tell.c ---- */

/* Once per heartbeat: IHAVE of the latest messages of every topic. */
void tell_topics(struct gossip *g, struct mono now);

/* ---- gossip_score.c ---- */

/* A direct peer's is 0. */
double peer_score(const struct gossip *g, const struct gossip_peer *p);
/* Above the thresholds for IHAVE and IWANT; for messages of ours outside a mesh; at all. */
bool peer_may_gossip(const struct gossip *g, const struct gossip_peer *p);
bool peer_may_get(const struct gossip *g, const struct gossip_peer *p);
bool peer_is_heard(const struct gossip *g, const struct gossip_peer *p);
/* NULL: not here. */
struct gossip_peer *peer_by_id(const struct gossip *g, const struct peer_id *id);
void peer_misbehaved(struct gossip *g, struct gossip_peer *p, double points);
/* The same, but no more than costs a peer that brings messages its place. */
void peer_broke_promises(struct gossip *g, struct gossip_peer *p, double points);
/* What became of a message: its senders get what they deserve for it. */
void score_message_good(struct gossip *g, struct topic *t, const struct message *m);
void score_message_bad(struct gossip *g, struct topic *t, const struct message *m);
/* `p` sent what we had. */
void score_message_again(struct gossip *g, struct topic *t, struct gossip_peer *p,
			 const struct message *m);

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
/* Keeps a message for who will ask for it. */
void gossip_keep(struct gossip *g, struct topic *t, struct bytes id, struct shared_bytes *frame,
		 struct mono now);

/* ---- gossip_watch.c ---- */

/* Tells which topics became healthy or ill. */
void topics_watch(struct gossip *g, struct mono now);

#endif
