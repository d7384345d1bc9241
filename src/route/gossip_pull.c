#include "base/limits.h"
#include "route/gossip_priv.h"

/*
 * Messages that do not come by the mesh: peers tell which they have (IHAVE), we ask for what we
 * miss (IWANT, promises.h), they ask us. And those that need not come: IDONTWANT.
 */

/* ---- what we ask for ---- */

/* Who announces is asked in one IWANT, others with the next heartbeat one by one. */
bool pull_ask(void *user, void *peer_user, struct bytes id)
{
	struct gossip *g = user;
	struct gossip_peer *p = peer_user;

	if (p->n_iwant_ids >= LIMIT_GOSSIP_IWANT || !peer_may_gossip(g, p))
		return false;
	p->n_iwant_ids++;
	g->counts.iwant_asked++;
	if (g->asking == p)
		g->ids[g->n_asking++] = id;
	else
		output_iwant(g, p, &id, 1);
	return true;
}

/* Whoever tells of messages, tells by its own ids. */
static void learn_words(struct gossip_peer *p, struct bytes id)
{
	if (id.n <= LIMIT_GOSSIP_ID && gossip_id_kind_of(id, &p->words))
		p->has_spoken = true;
}

enum gossip_id_kind peer_words(const struct topic *t, const struct gossip_peer *p)
{
	return t->params.id_kind == GOSSIP_ID_GO ? p->words : t->params.id_kind;
}

static void on_announced(struct gossip *g, struct gossip_peer *p, const struct topic *t,
			 struct bytes its_id)
{
	struct gossip_id id;
	struct promise_announcement a = { .its_id = its_id };

	if (its_id.n == 0 || its_id.n > LIMIT_GOSSIP_ID)
		return;
	if (t->params.id_kind == GOSSIP_ID_GO)
		learn_words(p, its_id);
	a.alien = !gossip_id_translate(t->params.id_kind, its_id, &id);
	a.id = gossip_id_bytes(&id);
	if (a.alien && p->n_alien_vain >= LIMIT_GOSSIP_ALIENS)
		return;
	if (!gossip_has_seen(g, t, a.id) && !check_has(g, a.id))
		promises_announced(&g->promises, &p->promises, &a, g->latest);
}

static void on_ihave(struct gossip *g, struct gossip_peer *p, const struct gossip_ids *ihave)
{
	const struct topic *t = topic_find(g, ihave->topic);

	if (!t || !t->joined)
		return;
	g->asking = p;
	g->n_asking = 0;
	for (size_t i = 0; i < ihave->n && p->n_ihave_ids < LIMIT_GOSSIP_IHAVE; i++) {
		p->n_ihave_ids++;
		on_announced(g, p, t, g->rpc.ids.v[ihave->first + i]);
	}
	g->asking = NULL;
	if (g->n_asking > 0)
		output_iwant(g, p, g->ids, g->n_asking);
}

/* Others send one RPC for each topic. */
static size_t ihaves_max(const struct gossip *g)
{
	return LIMIT_GOSSIP_IHAVES + g->n_joined;
}

void pull_on_ihaves(struct gossip *g, struct gossip_peer *p)
{
	if (g->rpc.ihave.n == 0)
		return;
	if (p->n_ihave_rpcs++ >= ihaves_max(g) || !peer_may_gossip(g, p)) {
		g->counts.ihave_ignored++;
		if (p->n_ihave_rpcs % LIMIT_GOSSIP_FLOOD == 0)
			peer_misbehaved(g, p, 1);
		return;
	}
	for (size_t i = 0; i < g->rpc.ihave.n; i++)
		on_ihave(g, p, &g->rpc.ihave.v[i]);
}

/*
 * Who announced the message by an id that we could not read has perhaps answered with it. When all
 * that comes of such ids is what we have, the network uses ids of its own, and the mesh does.
 */
void pull_on_message(struct gossip *g, struct gossip_peer *p, struct bytes id, bool seen)
{
	if (!promises_has_aliens(&p->promises) || promises_want(&g->promises, id))
		return;
	promises_kept_alien(&g->promises, &p->promises);
	p->n_alien_vain = seen ? p->n_alien_vain + 1 : 0;
}

void pull_on_refused(struct gossip *g, struct gossip_peer *p, struct bytes id, bool doubtful)
{
	if (p->promises.n > 0 && promises_excuse(&g->promises, id, &p->promises, doubtful))
		p->n_alien_vain++;
}

void pull_tick(struct gossip *g, struct mono now)
{
	promises_tick(&g->promises, now);
	list_for_each (it, &g->peers) {
		struct gossip_peer *p = list_entry(it, struct gossip_peer, in_peers);
		double points = promises_broken(&p->promises);

		/* We are late ourselves: perhaps the answers are here and nobody has read them. */
		if (points == 0 || g->is_late)
			continue;
		g->counts.promises_broken++;
		peer_broke_promises(g, p, points);
	}
	output_flush(g);
}

/* ---- what we are asked for ---- */

/* By our id, or by its own. */
static int find_cached(struct gossip *g, const struct gossip_peer *p, struct bytes id,
		       struct shared_bytes **ret_frame)
{
	struct gossip_id ours;
	int r;

	r = gossip_cache_serve(&g->cache, id, p->key, ret_frame);
	if (r != GOSSIP_CACHE_E_UNKNOWN || id.n > LIMIT_GOSSIP_ID ||
	    !gossip_id_translate(GOSSIP_ID_GO, id, &ours))
		return r;
	return gossip_cache_serve(&g->cache, gossip_id_bytes(&ours), p->key, ret_frame);
}

static void on_iwant(struct gossip *g, struct gossip_peer *p, const struct gossip_ids *iwant)
{
	for (size_t i = 0; i < iwant->n; i++) {
		struct bytes id = g->rpc.ids.v[iwant->first + i];
		struct shared_bytes *frame;

		if (gossip_seen_has(&p->dontwant, id) || find_cached(g, p, id, &frame) != 0)
			continue;
		g->counts.iwant_served++;
		output_message(g, p, frame);
	}
}

void pull_on_iwants(struct gossip *g, struct gossip_peer *p)
{
	if (!peer_may_gossip(g, p))
		return;
	for (size_t i = 0; i < g->rpc.iwant.n; i++)
		on_iwant(g, p, &g->rpc.iwant.v[i]);
}

/* ---- what a peer has ---- */

/* It says so in its words, and is to be understood in a topic that uses others. */
static void on_idontwant(struct gossip *g, struct gossip_peer *p, struct bytes id)
{
	struct gossip_id ours;

	if (!p->has_spoken)
		learn_words(p, id);
	p->n_idontwant_ids++;
	/* Not remembered: the peer gets a message that it has. */
	(void)!gossip_seen_add(&p->dontwant, id, g->latest);
	if (id.n <= LIMIT_GOSSIP_ID && gossip_id_translate(GOSSIP_ID_GO, id, &ours) &&
	    !bytes_equal(gossip_id_bytes(&ours), id))
		(void)!gossip_seen_add(&p->dontwant, gossip_id_bytes(&ours), g->latest);
}

static void note_unwanted(struct gossip *g, struct gossip_peer *p)
{
	for (size_t k = 0; k < g->rpc.idontwant.n; k++) {
		const struct gossip_ids *ids = &g->rpc.idontwant.v[k];

		for (size_t i = 0; i < ids->n; i++) {
			if (p->n_idontwant_ids >= LIMIT_GOSSIP_IDONTWANT)
				return;
			on_idontwant(g, p, g->rpc.ids.v[ids->first + i]);
		}
	}
}

void pull_on_idontwants(struct gossip *g, struct gossip_peer *p)
{
	if (g->rpc.idontwant.n == 0)
		return;
	p->told_at = p->unwanted_at = g->n_heartbeats;
	if (charge_room(&p->charge) < 2 * LIMIT_GOSSIP_IDONTWANT * GOSSIP_DONTWANT_COST)
		return;
	note_unwanted(g, p);
	dontwant_changed(p);
}
