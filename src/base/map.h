#ifndef PL_BASE_MAP_H
#define PL_BASE_MAP_H

/*
 * Hash table with a maximum, embedded in what it holds. The key is a run of bytes inside the owner
 * of the node and must not change while the node is in. The hash is keyed (SipHash-1-3), so
 * strangers cannot choose colliding keys.
 *
 *     map_init(&m, seed, max); map_put(&m, &thing->node, key); map_find(&m, key) -> node ->
 * container_of; map_remove(...)
 */

#include "base/def.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
	struct bytes
	        key; /* borrowed from the node's owner; key.p is NULL while the node is in no map */
};

struct map {
	struct map_node **buckets;
	size_t n_buckets; /* 0 or a power of two */
	size_t n;
	size_t n_max;
	uint64_t seed[2];
};

void map_init(struct map *m, uint64_t seed, size_t n_max);
/* Frees the table, not what it held. */
void map_deinit(struct map *m);

/* -EEXIST: the key is there. -ENOSPC: the map holds n_max. -ENOMEM. The node stays out on any
 * error. */
_nodiscard_ int map_put(struct map *m, struct map_node *node, struct bytes key);
struct map_node *map_find(const struct map *m, struct bytes key);
/* Safe on a node that is in no map (zeroed). */
void map_remove(struct map *m, struct map_node *node);

/* Iteration in no particular order; the body may remove the current node only after asking for the
 * next one. */
struct map_node *map_first(const struct map *m);
struct map_node *map_next(const struct map *m, const struct map_node *node);

uint64_t map_hash(const uint64_t seed[2], struct bytes key);

#endif
