#include "base/limits.h"
#include "route/gossip_priv.h"

/*
 * IHAVE: with every heartbeat some peers outside of the mesh are told which messages came lately,
 * so that they can ask for what they have missed.
 */

#define PIECE_IDS 256 /* in one IHAVE */

/* ---- to whom ---- */

/*
 * Those that are told alike. What some do not take they are not told of, and nobody is told by ids
 * that it does not know again when the message comes: they would ask for it in vain, or for what
 * they have, and hold it against us.
 */
struct audience {
	size_t frame_max;
	enum gossip_id_kind words;
};

static bool is_in_audience(const struct topic *t, const struct gossip_peer *p,
			   const struct audience *a)
{
	return (p->rpc_max > LIMIT_GOSSIP_RPC_UNKNOWN) ==
		       (a->frame_max > LIMIT_GOSSIP_RPC_UNKNOWN) &&
	       peer_words(t, p) == a->words;
}

/* Of the first `k` of gossip.pick. */
static bool is_anybody(const struct gossip *g, const struct topic *t, size_t k,
		       const struct audience *a)
{
	for (size_t i = 0; i < k; i++)
		if (is_in_audience(t, g->pick[i]->peer, a))
			return true;
	return false;
}

/* ---- what ---- */

/* `n` ids, at most PIECE_IDS, as the audience calls them. */
static int write_ids(struct gossip *g, const struct topic *t, const struct bytes *ids, size_t n,
		     enum gossip_id_kind words)
{
	struct gossip_id its[PIECE_IDS];
	struct bytes v[PIECE_IDS];
	struct wr w = wr_to(&g->scratch);

	buf_clear(&g->scratch);
	if (words == t->params.id_kind) {
		gossip_write_ihave(&w, topic_name(t), ids, n);
		return wr_finish(&w);
	}
	for (size_t i = 0; i < n; i++) {
		(void)gossip_id_translate(words, ids[i], &its[i]);
		v[i] = gossip_id_bytes(&its[i]);
	}
	gossip_write_ihave(&w, topic_name(t), v, n);
	return wr_finish(&w);
}

static void tell_ids(struct gossip *g, const struct topic *t, const struct bytes *ids, size_t n,
		     size_t k, const struct audience *a)
{
	if (write_ids(g, t, ids, n, a->words) < 0)
		return;
	for (size_t i = 0; i < k; i++) {
		struct gossip_peer *p = g->pick[i]->peer;

		if (!is_in_audience(t, p, a) || p->n_ihave_told + n > LIMIT_GOSSIP_IHAVE)
			continue;
		p->n_ihave_told += n;
		output_ihave(g, p, buf_data(&g->scratch));
	}
}

/* All that they take, in pieces. */
static void tell_audience(struct gossip *g, const struct topic *t, size_t k,
			  const struct audience *a)
{
	size_t n;

	if (!is_anybody(g, t, k, a))
		return;
	n = gossip_cache_ids(&g->cache, &t->cached, a->frame_max, g->ids, LIMIT_GOSSIP_IHAVE);
	for (size_t i = 0; i < n; i += PIECE_IDS)
		tell_ids(g, t, g->ids + i, size_min(PIECE_IDS, n - i), k, a);
}

static void tell_chosen(struct gossip *g, const struct topic *t, size_t k)
{
	for (size_t words = 0; words < GOSSIP_ID_KINDS; words++) {
		const struct audience big = { SIZE_MAX, (enum gossip_id_kind)words };
		const struct audience small = { LIMIT_GOSSIP_RPC_UNKNOWN,
						(enum gossip_id_kind)words };

		tell_audience(g, t, k, &big);
		tell_audience(g, t, k, &small);
	}
}

/* ---- choosing ---- */

/* Outside of the mesh, and may be told what we have. */
static bool may_be_told(const struct gossip *g, const struct member *m, struct mono now)
{
	(void)now;
	return !member_is_in_mesh(m) && !m->peer->direct && peer_may_gossip(g, m->peer);
}

/* Members of the mesh that may have missed what was sent to them. */
static size_t choose_reminded(struct gossip *g, const struct topic *t)
{
	size_t k = 0;

	list_for_each (it, &t->mesh) {
		struct member *m = list_entry(it, struct member, in_mesh);

		if (m->peer->remind)
			g->pick[k++] = m;
	}
	return k;
}

/* Those that were told longest ago: in the heartbeats for which a message is told, it is others
 * each time. Chosen at random, some would never hear of it. */
static size_t choose_untold(struct gossip *g, struct topic *t, size_t k, struct mono now)
{
	size_t n = 0;

	list_for_each (it, &t->members) {
		struct member *m = list_entry(it, struct member, in_topic);

		if (n == k)
			break;
		if (may_be_told(g, m, now))
			g->pick[n++] = m;
	}
	for (size_t i = 0; i < n; i++) {
		list_remove(&g->pick[i]->in_topic);
		list_add_tail(&t->members, &g->pick[i]->in_topic);
	}
	return n;
}

static void tell_topic(struct gossip *g, struct topic *t, struct mono now)
{
	size_t times = g->config.params.history_gossip; /* that a message is told */
	size_t k = (t->n_members - t->n_mesh + times - 1) / times;

	if (list_is_empty(&t->cached.entries))
		return;
	/* So all of them hear of it, however many there are. */
	k = size_max(g->config.params.d_lazy, k);
	tell_chosen(g, t, choose_untold(g, t, k, now));
	tell_chosen(g, t, choose_reminded(g, t));
}

void tell_topics(struct gossip *g, struct mono now)
{
	list_for_each (it, &g->active)
		tell_topic(g, list_entry(it, struct topic, in_active), now);
	list_for_each (it, &g->peers)
		list_entry(it, struct gossip_peer, in_peers)->remind = false;
	output_flush(g);
}
