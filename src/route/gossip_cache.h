#ifndef PL_ROUTE_GOSSIP_CACHE_H
#define PL_ROUTE_GOSSIP_CACHE_H

/*
 * The messages of the last heartbeats, as the frames that went out: told to others by IHAVE while
 * they are among the newest `history_gossip` heartbeats, served on IWANT while among the newest
 * `history`.
 *
 *     gossip_cache_init(); gossip_cache_put() for every message; gossip_cache_ids() and
 * gossip_cache_shift() once per heartbeat; gossip_cache_serve(); gossip_cache_deinit()
 *
 * Limits: LIMIT_GOSSIP_CACHE messages, LIMIT_GOSSIP_CACHE_BYTES; beyond them the oldest go early.
 */

#include "base/def.h"
#include "base/list.h"
#include "base/map.h"
#include "base/shared_bytes.h"

struct gossip_cache {
	struct map map;
	struct list order; /* oldest first */
	size_t bytes;      /* of all frames */
	uint64_t heartbeat;
	size_t history, history_gossip;
};

/* The messages of one topic, embedded in it. */
struct gossip_cache_topic {
	struct list entries; /* oldest first */
};

void gossip_cache_init(struct gossip_cache *c, uint64_t seed, size_t history,
		       size_t history_gossip);
void gossip_cache_deinit(struct gossip_cache *c);

void gossip_cache_topic_init(struct gossip_cache_topic *t);
/* The topic goes; its messages stay for IWANT. */
void gossip_cache_topic_deinit(struct gossip_cache_topic *t);

/* References `frame`. `topic` NULL: not to be told. -EEXIST, -ENOMEM. */
_nodiscard_ int gossip_cache_put(struct gossip_cache *c, struct gossip_cache_topic *topic,
				 struct bytes id, struct shared_bytes *frame);

enum {
	GOSSIP_CACHE_E_UNKNOWN = 1,
	GOSSIP_CACHE_E_ENOUGH = 2, /* this peer got it LIMIT_GOSSIP_SERVED times */
};

/* For an IWANT of the peer that `peer_key` stands for; counts it. `*ret_frame` is borrowed until
 * the next call that changes the cache. -ENOMEM, GOSSIP_CACHE_E_*. */
_nodiscard_ int gossip_cache_serve(struct gossip_cache *c, struct bytes id, uint64_t peer_key,
				   struct shared_bytes **ret_frame);
/* Ids to tell of messages whose frame is no longer than `frame_max`, the newest first, borrowed
 * like frames; how many, at most `max`. */
size_t gossip_cache_ids(const struct gossip_cache *c, const struct gossip_cache_topic *topic,
			size_t frame_max, struct bytes *out, size_t max);
/* A heartbeat is over. */
void gossip_cache_shift(struct gossip_cache *c);

#endif
