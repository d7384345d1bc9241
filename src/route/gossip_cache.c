#include "route/gossip_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* How often one peer got one message. */
struct served {
	uint64_t peer_key;
	size_t n;
};

struct cache_entry {
	struct map_node node;
	struct list in_order, in_topic;
	struct shared_bytes *frame;
	uint64_t heartbeat;
	struct served *served;
	size_t n_served, n_served_room;
	uint8_t id[];
};

void gossip_cache_init(struct gossip_cache *c, uint64_t seed, size_t history, size_t history_gossip)
{
	*c = (struct gossip_cache){ .history = history, .history_gossip = history_gossip };
	map_init(&c->map, seed, LIMIT_GOSSIP_CACHE);
	list_init(&c->order);
}

static struct cache_entry *oldest(struct gossip_cache *c)
{
	struct list *first = list_first(&c->order);

	return first ? list_entry(first, struct cache_entry, in_order) : NULL;
}

static void drop(struct gossip_cache *c, struct cache_entry *e)
{
	map_remove(&c->map, &e->node);
	list_remove(&e->in_order);
	list_remove(&e->in_topic);
	c->bytes -= e->frame->n;
	shared_bytes_unref(e->frame);
	free(e->served);
	free(e);
}

void gossip_cache_deinit(struct gossip_cache *c)
{
	for (struct cache_entry *e = oldest(c); e; e = oldest(c))
		drop(c, e);
	map_deinit(&c->map);
}

void gossip_cache_topic_init(struct gossip_cache_topic *t)
{
	list_init(&t->entries);
}

void gossip_cache_topic_deinit(struct gossip_cache_topic *t)
{
	list_for_each_safe (it, &t->entries)
		list_remove(it);
}

static void make_room(struct gossip_cache *c, size_t n)
{
	while (c->map.n > 0 &&
	       (c->map.n >= LIMIT_GOSSIP_CACHE || c->bytes + n > LIMIT_GOSSIP_CACHE_BYTES))
		drop(c, oldest(c));
}

int gossip_cache_put(struct gossip_cache *c, struct gossip_cache_topic *topic, struct bytes id,
		     struct shared_bytes *frame)
{
	struct cache_entry *e;
	int r;

	if (map_find(&c->map, id))
		return -EEXIST;
	make_room(c, frame->n);
	e = calloc(1, sizeof(*e) + id.n);
	if (!e)
		return -ENOMEM;
	memcpy(e->id, id.p, id.n);
	r = map_put(&c->map, &e->node, BYTES(e->id, id.n));
	if (r < 0) {
		free(e);
		return r;
	}
	e->frame = shared_bytes_ref(frame);
	e->heartbeat = c->heartbeat;
	c->bytes += frame->n;
	list_add_tail(&c->order, &e->in_order);
	list_init(&e->in_topic);
	if (topic)
		list_add_tail(&topic->entries, &e->in_topic);
	return 0;
}

static struct served *served_of(struct cache_entry *e, uint64_t peer_key)
{
	for (size_t i = 0; i < e->n_served; i++)
		if (e->served[i].peer_key == peer_key)
			return &e->served[i];
	return NULL;
}

/* Peers are few and messages live for seconds: a short array, bounded by the number of peers. */
static int served_add(struct cache_entry *e, uint64_t peer_key)
{
	size_t room = e->n_served_room ? e->n_served_room * 2 : 4;
	struct served *v;

	if (e->n_served == e->n_served_room) {
		v = realloc(e->served, room * sizeof(*v));
		if (!v)
			return -ENOMEM;
		e->served = v;
		e->n_served_room = room;
	}
	e->served[e->n_served++] = (struct served){ .peer_key = peer_key, .n = 1 };
	return 0;
}

int gossip_cache_serve(struct gossip_cache *c, struct bytes id, uint64_t peer_key,
		       struct shared_bytes **ret_frame)
{
	struct map_node *node = map_find(&c->map, id);
	struct cache_entry *e;
	struct served *s;
	int r;

	if (!node)
		return GOSSIP_CACHE_E_UNKNOWN;
	e = container_of(node, struct cache_entry, node);
	s = served_of(e, peer_key);
	if (s && s->n >= LIMIT_GOSSIP_SERVED)
		return GOSSIP_CACHE_E_ENOUGH;
	if (!s) {
		if (e->n_served >= LIMIT_GOSSIP_PEERS)
			return GOSSIP_CACHE_E_ENOUGH;
		r = served_add(e, peer_key);
		if (r < 0)
			return r;
	} else {
		s->n++;
	}
	*ret_frame = e->frame;
	return 0;
}

size_t gossip_cache_ids(const struct gossip_cache *c, const struct gossip_cache_topic *topic,
			size_t frame_max, struct bytes *out, size_t max)
{
	size_t n = 0;

	for (struct list *it = topic->entries.prev; it != &topic->entries && n < max;
	     it = it->prev) {
		const struct cache_entry *e = list_entry(it, struct cache_entry, in_topic);

		if (c->heartbeat - e->heartbeat >= c->history_gossip)
			break;
		if (e->frame->n <= frame_max)
			out[n++] = e->node.key;
	}
	return n;
}

void gossip_cache_shift(struct gossip_cache *c)
{
	c->heartbeat++;
	for (struct cache_entry *e = oldest(c); e && c->heartbeat - e->heartbeat >= c->history;
	     e = oldest(c))
		drop(c, e);
}
