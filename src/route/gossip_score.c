#include "base/limits.h"
#include "route/gossip_priv.h"

#define PROMISES_MAX 2 /* points of misbehaviour: -25.6, and who brings messages has up to 30 */

/* ---- what a score lets a peer do ---- */

double peer_score(const struct gossip *g, const struct gossip_peer *p)
{
	return p->direct ? 0 : score_of(&g->scores, p->score, g->latest);
}

/* Direct peers are above all thresholds, wherever these are. */
static bool is_above(const struct gossip *g, const struct gossip_peer *p, double threshold)
{
	return p->direct || score_of(&g->scores, p->score, g->latest) >= threshold;
}

bool peer_may_gossip(const struct gossip *g, const struct gossip_peer *p)
{
	return is_above(g, p, g->config.params.score.gossip_threshold);
}

bool peer_may_get(const struct gossip *g, const struct gossip_peer *p)
{
	return is_above(g, p, g->config.params.score.publish_threshold);
}

bool peer_is_heard(const struct gossip *g, const struct gossip_peer *p)
{
	return is_above(g, p, g->config.params.score.graylist_threshold);
}

/* ---- what it has done ---- */

struct gossip_peer *peer_by_id(const struct gossip *g, const struct peer_id *id)
{
	struct map_node *node = map_find(&g->peers_by_id, peer_id_bytes(id));

	return node ? container_of(node, struct gossip_peer, node) : NULL;
}

void peer_misbehaved(struct gossip *g, struct gossip_peer *p, double points)
{
	score_on_misbehaviour(&g->scores, p->score, points, g->latest);
}

/*
 * Who is overloaded breaks promises, too, and does no harm by it: it is asked less (below the first
 * threshold), but what it has brought outweighs that, and it is never out of hearing.
 */
void peer_broke_promises(struct gossip *g, struct gossip_peer *p, double points)
{
	double room = PROMISES_MAX - score_misbehaviour(&g->scores, p->score, g->latest);

	if (room > 0)
		peer_misbehaved(g, p, points < room ? points : room);
}

/* A sender that we know only by its key: those in the mesh, which are all that count. */
static bool has_sent(const struct message *m, const struct gossip_peer *p)
{
	for (size_t i = 0; i < m->n_senders; i++)
		if (m->senders[i] == p->key)
			return true;
	return false;
}

static bool counts_deficits(const struct topic *t)
{
	return t->params.score.deficit_weight != 0;
}

void score_message_good(struct gossip *g, struct topic *t, const struct message *m)
{
	struct gossip_peer *via = peer_by_id(g, &m->via);
	struct member *member = via ? member_find(via, topic_name(t)) : NULL;

	if (m->was_asked_for && !(member && member_is_in_mesh(member)))
		t->n_pulled++;
	else
		t->n_pushed++;
	if (via)
		score_on_first(&g->scores, via->score, &t->score, g->latest);
	if (!counts_deficits(t))
		return;
	list_for_each (it, &t->mesh) {
		struct gossip_peer *p = list_entry(it, struct member, in_mesh)->peer;

		if (p != via && has_sent(m, p))
			score_on_copy(&g->scores, p->score, &t->score, 0, g->latest);
	}
}

void score_message_bad(struct gossip *g, struct topic *t, const struct message *m)
{
	struct gossip_peer *via = peer_by_id(g, &m->via);

	if (via)
		score_on_invalid(&g->scores, via->score, &t->score, g->latest);
	list_for_each (it, &t->mesh) {
		struct gossip_peer *p = list_entry(it, struct member, in_mesh)->peer;

		if (p != via && has_sent(m, p))
			score_on_invalid(&g->scores, p->score, &t->score, g->latest);
	}
}

void score_message_again(struct gossip *g, struct topic *t, struct gossip_peer *p,
			 const struct message *m)
{
	struct gossip_id key;

	if (!counts_deficits(t))
		return;
	key = gossip_seen_key(t->params.id_kind, topic_name(t), gossip_id_bytes(&m->id));
	score_on_copy(&g->scores, p->score, &t->score,
		      gossip_seen_age_ms(&g->seen, gossip_id_bytes(&key), g->latest), g->latest);
}

/* ---- to be asked, and told ---- */

bool gossip_peer_score(const struct gossip *g, const struct peer_id *id, struct mono now,
		       struct gossip_peer_score *ret)
{
	const struct gossip_peer *p = peer_by_id(g, id);

	if (!p)
		return false;
	*ret = (struct gossip_peer_score){
		.is_direct = p->direct,
		.parts = score_parts(&g->scores, p->score, now),
		.n_too_large = p->n_too_large,
		.rpc_max = p->rpc_max,
	};
	return true;
}

void gossip_peer_topic_scores(const struct gossip *g, const struct peer_id *id, struct mono now,
			      void (*each)(void *user, const struct score_topic_parts *parts),
			      void *user)
{
	const struct gossip_peer *p = peer_by_id(g, id);

	if (p)
		score_each_topic(&g->scores, p->score, now, each, user);
}

void gossip_set_app_score(struct gossip *g, const struct peer_id *id, double value)
{
	const struct gossip_peer *p = peer_by_id(g, id);

	if (p)
		score_set_app(&g->scores, p->score, value);
}
