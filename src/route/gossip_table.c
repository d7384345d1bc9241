#include "route/gossip_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define MAP_SLOTS_COST ((size_t)32) /* in two tables that are half empty */

bool topic_name_is_valid(struct bytes name)
{
	return name.n > 0 && name.n <= LIMIT_GOSSIP_TOPIC_NAME;
}

struct topic *topic_find(const struct gossip *g, struct bytes name)
{
	struct map_node *node = map_find(&g->topics, name);

	return node ? container_of(node, struct topic, node) : NULL;
}

static int topic_new(struct gossip *g, struct bytes name, struct topic **ret)
{
	struct topic *t = calloc(1, sizeof(*t) + name.n);
	int r;

	if (!t)
		return -ENOMEM;
	t->name_n = name.n;
	memcpy(t->name, name.p, name.n);
	r = map_put(&g->topics, &t->node, topic_name(t));
	if (r < 0) {
		free(t);
		return r;
	}
	list_init(&t->in_active);
	list_init(&t->members);
	list_init(&t->mesh);
	list_init(&t->waiting);
	t->params = gossip_topic_params_of(g, name);
	gossip_seen_init(&t->remembered, random_u64(&g->config.random), LIMIT_GOSSIP_REMEMBERED,
			 t->params.remember_ms);
	score_topic_init(&t->score, &t->params.score, topic_name(t));
	gossip_cache_topic_init(&t->cached);
	t->fanout_until = MONO_NEVER;
	t->last_message_at = MONO_NEVER;
	*ret = t;
	return 0;
}

int gossip_topic_get(struct gossip *g, struct bytes name, bool own, struct topic **ret)
{
	struct topic *t = topic_find(g, name);

	if (t) {
		*ret = t;
		return 0;
	}
	/* Peers that subscribe to everything must not keep us from joining. */
	if (!own && g->topics.n + LIMIT_GOSSIP_TOPICS_LOCAL >= g->topics.n_max)
		return -ENOSPC;
	return topic_new(g, name, ret);
}

void topic_collect(struct gossip *g, struct topic *t)
{
	if (t->joined || t->n_members > 0)
		return;
	score_topic_deinit(&t->score);
	gossip_cache_topic_deinit(&t->cached);
	gossip_seen_deinit(&t->remembered);
	list_remove(&t->in_active);
	map_remove(&g->topics, &t->node);
	free(t);
}

void topic_activate(struct gossip *g, struct topic *t)
{
	/* Joining a topic that had a fanout gives it a new place: the order is that of joining. */
	list_remove(&t->in_active);
	list_add_tail(&g->active, &t->in_active);
}

void topic_deactivate(struct topic *t)
{
	list_remove(&t->in_active);
}

struct member *member_find(const struct gossip_peer *p, struct bytes topic)
{
	struct map_node *node = map_find(&p->members, topic);

	return node ? container_of(node, struct member, node) : NULL;
}

/* What a subscription is counted as: as if nobody else were in the topic. */
static size_t cost_of(struct bytes name)
{
	return sizeof(struct member) + sizeof(struct topic) + MAP_SLOTS_COST + name.n;
}

static int member_insert(struct gossip_peer *p, struct topic *t, struct member **ret)
{
	struct member *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	r = map_put(&p->members, &m->node, topic_name(t));
	if (r < 0) {
		free(m);
		return r;
	}
	m->topic = t;
	m->peer = p;
	list_init(&m->in_mesh);
	list_add_tail(&t->members, &m->in_topic);
	t->n_members++;
	*ret = m;
	return 0;
}

int member_new(struct gossip *g, struct gossip_peer *p, struct bytes topic, struct member **ret)
{
	struct topic *t;
	int r;

	if (cost_of(topic) > charge_room(&p->charge))
		return -ENOSPC;
	r = gossip_topic_get(g, topic, false, &t);
	if (r < 0)
		return r;
	r = member_insert(p, t, ret);
	if (r < 0)
		topic_collect(g, t);
	else
		charge_take(&p->charge, BUDGET_GOSSIP, cost_of(topic));
	return r;
}

void member_free(struct gossip *g, struct member *m)
{
	struct topic *t = m->topic;

	if (member_is_in_mesh(m))
		mesh_remove(g, m);
	map_remove(&m->peer->members, &m->node);
	charge_give(&m->peer->charge, BUDGET_GOSSIP, cost_of(topic_name(t)));
	list_remove(&m->in_topic);
	t->n_members--;
	free(m);
	topic_collect(g, t);
}

bool member_is_inside(const struct gossip *g, const struct member *m, struct mono now)
{
	(void)g;
	(void)now;
	return member_is_in_mesh(m);
}

bool member_is_outside(const struct gossip *g, const struct member *m, struct mono now)
{
	(void)g;
	(void)now;
	return !member_is_in_mesh(m);
}

size_t members_choose(struct gossip *g, struct topic *t, member_fits_fn fits, size_t k,
		      struct mono now)
{
	g->n_pick = 0;
	list_for_each (it, &t->members) {
		struct member *m = list_entry(it, struct member, in_topic);

		if (fits(g, m, now))
			g->pick[g->n_pick++] = m;
	}
	k = size_min(k, g->n_pick);
	for (size_t i = 0; i < k; i++) {
		size_t j = i + (size_t)random_below(&g->config.random, g->n_pick - i);
		struct member *m = g->pick[i];

		g->pick[i] = g->pick[j];
		g->pick[j] = m;
	}
	return k;
}

void gossip_peer_topics(const struct gossip *g, const struct peer_id *id,
			void (*each)(void *user, struct bytes topic, bool in_mesh), void *user)
{
	const struct gossip_peer *p = peer_by_id(g, id);

	if (!p)
		return;
	for (struct map_node *it = map_first(&p->members); it; it = map_next(&p->members, it)) {
		const struct member *m = container_of(it, struct member, node);

		each(user, topic_name(m->topic), member_is_in_mesh(m));
	}
}
