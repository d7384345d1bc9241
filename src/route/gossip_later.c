/*
 * Large messages go to a few members of the mesh at once, and to the others a moment later, unless
 * they have said meanwhile that they have it (IDONTWANT, or a copy). Without this two neighbours
 * that hear of a message at about the same time send it to each other, on nearly every link whose
 * latency is longer than the difference: docs/decisions/0009-relay-in-two-steps.md has the figures.
 */

#include <stdlib.h>

#include "route/gossip_priv.h"

#define HAS_MAX (LIMIT_GOSSIP_SENDERS + 8) /* one that is not remembered gets it once more */

struct later {
	struct list in_queue;  /* gossip.later: all wait equally long, so the first goes first */
	struct map_node by_id; /* in gossip.later_by_id, unless another one is there */
	struct mono at;
	struct topic *topic;
	struct shared_bytes *frame;
	struct gossip_id id;
	uint64_t has[HAS_MAX]; /* the keys of peers */
	size_t n_has;
};

static struct later *first_of(const struct gossip *g)
{
	struct list *first = g->later.next;

	return first != &g->later ? list_entry(first, struct later, in_queue) : NULL;
}

static void later_free(struct gossip *g, struct later *l)
{
	list_remove(&l->in_queue);
	map_remove(&g->later_by_id, &l->by_id);
	g->n_later--;
	g->later_bytes -= l->frame->n;
	shared_bytes_unref(l->frame);
	free(l);
}

void later_init(struct gossip *g, uint64_t seed)
{
	list_init(&g->later);
	map_init(&g->later_by_id, seed, LIMIT_GOSSIP_LATER);
}

void later_forget(struct gossip *g, const struct topic *t)
{
	list_for_each_safe (it, &g->later) {
		struct later *l = list_entry(it, struct later, in_queue);

		if (!t || l->topic == t)
			later_free(g, l);
	}
}

void later_deinit(struct gossip *g)
{
	later_forget(g, NULL);
	map_deinit(&g->later_by_id);
}

/* A small one costs no more than the talk about it, and our own nobody else has. */
static bool is_worth_waiting(const struct gossip *g, const struct topic *t, const struct message *m)
{
	const struct gossip_params *params = &g->config.params;

	return params->later_ms > 0 && m->n_senders > 0 && t->n_mesh > params->d_eager &&
	       m->check.message.data.n >= params->idontwant_threshold &&
	       g->n_later < LIMIT_GOSSIP_LATER &&
	       g->later_bytes + m->frame->n <= LIMIT_GOSSIP_LATER_BYTES;
}

static bool has(const struct later *l, uint64_t key)
{
	for (size_t i = 0; i < l->n_has; i++)
		if (l->has[i] == key)
			return true;
	return false;
}

void later_has(struct later *l, const struct gossip_peer *p)
{
	if (l->n_has < HAS_MAX && !has(l, p->key))
		l->has[l->n_has++] = p->key;
}

struct later *later_add(struct gossip *g, struct topic *t, const struct message *m, struct mono now)
{
	struct later *l;

	if (!is_worth_waiting(g, t, m))
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->at = mono_add_ms(now, g->config.params.later_ms);
	l->topic = t;
	l->frame = shared_bytes_ref(m->frame);
	l->id = m->id;
	for (size_t i = 0; i < m->n_senders; i++)
		l->has[l->n_has++] = m->senders[i];
	l->has[l->n_has++] = map_hash(g->peers_by_id.seed, peer_id_bytes(&m->check.author));
	list_add_tail(&g->later, &l->in_queue);
	(void)!map_put(&g->later_by_id, &l->by_id, gossip_id_bytes(&l->id));
	g->n_later++;
	g->later_bytes += l->frame->n;
	return l;
}

void later_on_copy(struct gossip *g, const struct gossip_peer *via, struct bytes id)
{
	struct map_node *node = map_find(&g->later_by_id, id);

	if (node)
		later_has(container_of(node, struct later, by_id), via);
}

struct mono later_deadline(const struct gossip *g)
{
	const struct later *l = first_of(g);

	return l ? l->at : MONO_NEVER;
}

static void send(struct gossip *g, const struct later *l)
{
	list_for_each (it, &l->topic->mesh) {
		struct gossip_peer *p = list_entry(it, struct member, in_mesh)->peer;

		if (!has(l, p->key))
			output_unless_unwanted(g, p, gossip_id_bytes(&l->id), l->frame);
	}
}

void later_tick(struct gossip *g, struct mono now)
{
	for (struct later *l = first_of(g); l && mono_reached(l->at, now); l = first_of(g)) {
		send(g, l);
		later_free(g, l);
	}
}
