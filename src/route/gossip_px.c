#include "base/limits.h"
#include "route/gossip_priv.h"

/*
 * Peer exchange: who is pruned from a full mesh hears of others in the topic. What is said of them
 * is worth no more than who says it: a hint, for the address book.
 */

/* ---- what we say ---- */

static bool may_be_told(const struct gossip *g, const struct gossip_peer *p)
{
	/* Who is direct was agreed on in private. */
	return !p->direct && peer_score(g, p) >= 0;
}

/* Some of those that may be told, each as likely as any other; how many. */
static size_t choose(struct gossip *g, const struct topic *t, const struct gossip_peer *but,
		     const struct gossip_peer **out, size_t max)
{
	size_t n = 0;

	list_for_each (it, &t->members) {
		const struct gossip_peer *p = list_entry(it, struct member, in_topic)->peer;
		size_t at;

		if (p == but || !may_be_told(g, p))
			continue;
		at = n < max ? n : (size_t)random_below(&g->config.random, n + 1);
		if (at < max)
			out[at] = p;
		n++;
	}
	return size_min(n, max);
}

size_t px_choose(struct gossip *g, const struct topic *t, const struct gossip_peer *p,
		 struct gossip_px *out)
{
	const struct gossip_peer *chosen[LIMIT_GOSSIP_PX];
	size_t room = LIMIT_GOSSIP_PX_BYTES, n;

	if (!g->config.params.px || peer_score(g, p) < 0 || p->direct)
		return 0;
	n = choose(g, t, p, chosen, ARRAY_SIZE(chosen));
	for (size_t i = 0; i < n; i++) {
		struct bytes record;

		out[i] = (struct gossip_px){ .peer_id = peer_id_bytes(&chosen[i]->id) };
		if (!g->config.ops->signed_record ||
		    !g->config.ops->signed_record(g->config.user, chosen[i]->user, &record) ||
		    record.n > room)
			continue;
		out[i].signed_record = record;
		room -= record.n;
	}
	g->counts.px_sent += n;
	return n;
}

/* ---- what we hear ---- */

static bool may_be_heard(struct gossip *g, struct gossip_peer *p)
{
	if (!g->config.ops->on_px || g->n_px >= LIMIT_GOSSIP_PX_ALL ||
	    p->n_px >= LIMIT_GOSSIP_PX_PEER)
		return false;
	return peer_score(g, p) >= g->config.params.score.accept_px_threshold;
}

static bool is_news(const struct gossip *g, const struct peer_id *id)
{
	return !peer_id_equal(id, &g->config.id) && !peer_by_id(g, id);
}

void px_hear(struct gossip *g, struct gossip_peer *p, const struct gossip_prune *prune)
{
	size_t n = size_min(prune->n_peers, LIMIT_GOSSIP_PX);

	g->counts.px_ignored += prune->n_peers - n;
	for (size_t i = 0; i < n; i++) {
		const struct gossip_px *px = &g->rpc.px.v[prune->first_peer + i];
		struct peer_id id;

		if (!may_be_heard(g, p) || peer_id_decode(px->peer_id, &id) < 0 ||
		    !is_news(g, &id)) {
			g->counts.px_ignored++;
			continue;
		}
		p->n_px++;
		g->n_px++;
		g->counts.px_heard++;
		g->config.ops->on_px(g->config.user, &p->id, &id, px->signed_record);
	}
}
