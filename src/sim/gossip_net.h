#ifndef PL_SIM_GOSSIP_NET_H
#define PL_SIM_GOSSIP_NET_H

/*
 * A gossip network in one thread: any number of real engines (route/gossip.h) on one virtual clock,
 * and between them links with a latency, jitter and the sender's bandwidth, which lose and reorder
 * nothing. Above the byte stream everything is what a node runs; below it, no bytes are copied:
 * a frame travels as a reference.
 *
 *     gossip_net_new(); gossip_net_add() for every node; gossip_net_dial(); gossip_join() and
 * gossip_publish() on the engines; gossip_net_run_for() ... gossip_net_free()
 *
 * Whoever does not keep to the rules is an actor: a table of functions that gets the frames of its
 * links and writes its own. It shares nothing with the engine.
 *
 * Time passes in windows as long as the lowest latency, in which each node lives alone (see
 * gossip_wheel.h). Between two windows the network stands still: that is when links are made and
 * cut, nodes frozen, killed and started. All randomness comes from the seed, and
 * gossip_net_hash() tells whether two runs were the same.
 *
 * What a full queue does is as in gossip_streams.c: a frame that may be dropped is refused. What
 * must not be dropped always finds room here. Nobody loses a link for being slow.
 *
 * A simulation is one of many tries under a harness, so a lack of memory here is an assertion, not
 * an error.
 */

#include "route/gossip.h"

struct gossip_net;
struct gossip_net_end; /* one end of a link */

struct gossip_net_ops {
	/* Any may be NULL. `node` got a message; `now` is its clock. */
	void (*on_message)(void *user, size_t node, const struct gossip_delivery *d,
			   struct mono now);
	/* A window begins: what happens in it may be planned with gossip_net_at(). */
	void (*on_window)(void *user, struct mono begin, struct mono end);
};

struct gossip_net_config {
	uint64_t seed;
	/* One way, drawn for each link; the lowest is at least 1 ms. */
	uint64_t latency_min_ms, latency_max_ms;
	uint64_t jitter_ms;   /* added to each frame, up to so much */
	uint64_t bytes_per_s; /* that a node can send on all its links; 0: no limit */
	bool split;           /* frames arrive in pieces */
	struct gossip_params params;
	const struct gossip_net_ops *ops; /* borrowed for life */
	void *user;
};

/* Who is no engine. All calls are between frames, at the actor's own time. */
struct gossip_actor_ops {
	/* The link is up (down); `end` is good until it is down. */
	void (*on_link)(void *actor, struct gossip_net_end *end, bool up, struct mono now);
	/* One RPC without its length, borrowed for the call. */
	void (*on_rpc)(void *actor, struct gossip_net_end *end, struct bytes rpc, struct mono now);
	/* Called when its time has come; returns when to call again. MONO_NEVER: not again. */
	struct mono (*on_time)(void *actor, struct mono now);
};

struct gossip_net *gossip_net_new(const struct gossip_net_config *config);
/* Takes NULL. */
struct gossip_net *gossip_net_free(struct gossip_net *net);

/* ---- nodes: numbered from 0 as they are added ---- */

size_t gossip_net_add(struct gossip_net *net);
/* `ops` and `actor` are borrowed for life. */
size_t gossip_net_add_actor(struct gossip_net *net, const struct gossip_actor_ops *ops,
			    void *actor);
size_t gossip_net_n(const struct gossip_net *net);
/* NULL: an actor, or killed. */
struct gossip *gossip_net_engine(struct gossip_net *net, size_t node);
const struct peer_id *gossip_net_id(const struct gossip_net *net, size_t node);
/* An actor signs what it makes up. */
const struct key_pair *gossip_net_key(const struct gossip_net *net, size_t node);
/* SIZE_MAX: nobody's. */
size_t gossip_net_find(const struct gossip_net *net, const struct peer_id *id);

/* It dies: its links end, and the others notice when the news has travelled. */
void gossip_net_kill(struct gossip_net *net, size_t node);
/* It is there again, with its key, and remembers nothing but its sequence number. */
void gossip_net_start(struct gossip_net *net, size_t node);
/* It stands still, its links stand: what is sent to it waits. */
void gossip_net_freeze(struct gossip_net *net, size_t node, bool frozen);

/* ---- links ---- */

/* Nothing happens between those that are linked already, or dead, or the same. */
void gossip_net_dial(struct gossip_net *net, size_t from, size_t to);
void gossip_net_cut(struct gossip_net *net, size_t a, size_t b);
/* What is sent waits on the way, both ways, until it is over. */
void gossip_net_block(struct gossip_net *net, size_t a, size_t b, bool blocked);
bool gossip_net_is_linked(const struct gossip_net *net, size_t a, size_t b);
size_t gossip_net_degree(const struct gossip_net *net, size_t node);
/* Calls `each` for every node that `node` is linked to. It may cut that link. */
void gossip_net_neighbours(struct gossip_net *net, size_t node,
			   void (*each)(void *user, size_t other), void *user);

/* For actors. The other's number, and what is sent to it: a frame with its length. References
 * `frame`. */
size_t gossip_net_end_node(const struct gossip_net_end *end);
void gossip_net_send(struct gossip_net_end *end, struct shared_bytes *frame);

/* ---- time ---- */

struct mono gossip_net_now(const struct gossip_net *net);
struct random gossip_net_random(struct gossip_net *net);
/* Calls `call` at that time of the node's, unless it is dead by then. */
void gossip_net_at(struct gossip_net *net, size_t node, struct mono at,
		   void (*call)(void *user, size_t node, struct mono now), void *user);
/* In whole windows, at least one. */
void gossip_net_run_for(struct gossip_net *net, uint64_t ms);

struct gossip_net_counts {
	uint64_t frames, bytes; /* that arrived */
	uint64_t refused;       /* for want of room in a queue */
	uint64_t verified;      /* signatures that were computed */
	uint64_t recalled;      /* signatures that another engine had computed before */
};

struct gossip_net_counts gossip_net_counts(const struct gossip_net *net);
/* Over (time, from, to, size) of every frame that arrived. */
uint64_t gossip_net_hash(const struct gossip_net *net);

#endif
