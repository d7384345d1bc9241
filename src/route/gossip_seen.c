#include "route/gossip_seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct seen_entry {
	struct map_node node;
	struct list in_order;
	struct mono until;
	uint8_t id[];
};

void gossip_seen_init(struct gossip_seen *s, uint64_t seed, size_t n_max, uint64_t ttl_ms)
{
	*s = (struct gossip_seen){ .ttl_ms = ttl_ms };
	map_init(&s->map, seed, n_max);
	list_init(&s->order);
}

static struct seen_entry *oldest(struct gossip_seen *s)
{
	struct list *first = list_first(&s->order);

	return first ? list_entry(first, struct seen_entry, in_order) : NULL;
}

static void forget(struct gossip_seen *s, struct seen_entry *e)
{
	map_remove(&s->map, &e->node);
	list_remove(&e->in_order);
	free(e);
}

void gossip_seen_deinit(struct gossip_seen *s)
{
	for (struct seen_entry *e = oldest(s); e; e = oldest(s))
		forget(s, e);
	map_deinit(&s->map);
}

bool gossip_seen_has(const struct gossip_seen *s, struct bytes id)
{
	return map_find(&s->map, id) != NULL;
}

static void make_room(struct gossip_seen *s)
{
	if (s->map.n > 0 && s->map.n >= s->map.n_max) {
		forget(s, oldest(s));
		s->n_evicted++;
	}
}

int gossip_seen_add(struct gossip_seen *s, struct bytes id, struct mono now)
{
	struct seen_entry *e;
	int r;

	if (id.n > LIMIT_GOSSIP_ID)
		return -EMSGSIZE;
	if (gossip_seen_has(s, id))
		return -EEXIST;
	make_room(s);
	e = malloc(sizeof(*e) + id.n);
	if (!e)
		return -ENOMEM;
	e->until = mono_add_ms(now, s->ttl_ms);
	if (id.n > 0)
		memcpy(e->id, id.p, id.n);
	r = map_put(&s->map, &e->node, BYTES(e->id, id.n));
	if (r < 0) {
		free(e);
		return r;
	}
	list_add_tail(&s->order, &e->in_order);
	return 0;
}

void gossip_seen_expire(struct gossip_seen *s, struct mono now)
{
	for (struct seen_entry *e = oldest(s); e && mono_reached(e->until, now); e = oldest(s))
		forget(s, e);
}
