#include "route/gossip_backoff.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define KEY_MAX (1 + PEER_ID_MAX + LIMIT_GOSSIP_TOPIC_NAME)

struct backoff {
	struct map_node node;
	struct list in_order;
	struct mono until, set_at;
	uint8_t key[];
};

/* Peer id with its length first, then the topic: no two pairs have the same key. */
static struct bytes key_of(struct bytes topic, const struct peer_id *peer, uint8_t out[KEY_MAX])
{
	ASSERT(topic.n > 0 && topic.n <= LIMIT_GOSSIP_TOPIC_NAME);
	out[0] = peer->n;
	memcpy(out + 1, peer->b, peer->n);
	memcpy(out + 1 + peer->n, topic.p, topic.n);
	return BYTES(out, 1 + peer->n + topic.n);
}

void gossip_backoffs_init(struct gossip_backoffs *b, uint64_t seed)
{
	map_init(&b->map, seed, LIMIT_GOSSIP_BACKOFFS);
	list_init(&b->order);
}

static void drop(struct gossip_backoffs *b, struct backoff *e)
{
	map_remove(&b->map, &e->node);
	list_remove(&e->in_order);
	free(e);
}

void gossip_backoffs_deinit(struct gossip_backoffs *b)
{
	list_for_each_safe (it, &b->order)
		drop(b, list_entry(it, struct backoff, in_order));
	map_deinit(&b->map);
}

static struct backoff *find(const struct gossip_backoffs *b, struct bytes key)
{
	struct map_node *node = map_find(&b->map, key);

	return node ? container_of(node, struct backoff, node) : NULL;
}

static int add(struct gossip_backoffs *b, struct bytes key, struct mono until, struct mono now)
{
	struct backoff *e = malloc(sizeof(*e) + key.n);
	int r;

	if (!e)
		return -ENOMEM;
	if (b->map.n >= b->map.n_max)
		drop(b, list_entry(b->order.next, struct backoff, in_order));
	e->until = until;
	e->set_at = now;
	memcpy(e->key, key.p, key.n);
	r = map_put(&b->map, &e->node, BYTES(e->key, key.n));
	if (r < 0) {
		free(e);
		return r;
	}
	list_add_tail(&b->order, &e->in_order);
	return 0;
}

int gossip_backoffs_set(struct gossip_backoffs *b, struct bytes topic, const struct peer_id *peer,
			struct mono until, struct mono now)
{
	uint8_t mem[KEY_MAX];
	struct bytes key = key_of(topic, peer, mem);
	struct backoff *e = find(b, key);

	if (!e)
		return add(b, key, until, now);
	e->set_at = now;
	if (until.ns > e->until.ns)
		e->until = until;
	return 0;
}

struct mono gossip_backoffs_until(const struct gossip_backoffs *b, struct bytes topic,
				  const struct peer_id *peer)
{
	uint8_t mem[KEY_MAX];
	const struct backoff *e = find(b, key_of(topic, peer, mem));

	return e ? e->until : (struct mono){ 0 };
}

struct mono gossip_backoffs_set_at(const struct gossip_backoffs *b, struct bytes topic,
				   const struct peer_id *peer)
{
	uint8_t mem[KEY_MAX];
	const struct backoff *e = find(b, key_of(topic, peer, mem));

	return e ? e->set_at : (struct mono){ 0 };
}

void gossip_backoffs_expire(struct gossip_backoffs *b, struct mono now)
{
	list_for_each_safe (it, &b->order) {
		struct backoff *e = list_entry(it, struct backoff, in_order);

		if (mono_reached(e->until, now))
			drop(b, e);
	}
}
