#include "base/limits.h"
#include "route/gossip_priv.h"

#define GOSSIP_SHARE 4   /* IHAVE goes to d_lazy peers or to one in so many, if that is more */
#define BACKOFF_SLACK 2  /* heartbeats: their clock may be behind ours */
#define BACKOFF_CLEAN 15 /* heartbeats */
#define IHAVE_PIECE (48 * KIB) /* bytes of one IHAVE entry */

/* ---- one member ---- */

static void tell_mesh(struct gossip *g, const struct member *m, bool grafted)
{
	if (g->config.ops->on_mesh && m->topic->joined)
		g->config.ops->on_mesh(g->config.user, topic_name(m->topic), &m->peer->id, grafted);
}

void mesh_add(struct gossip *g, struct member *m)
{
	list_add_tail(&m->topic->mesh, &m->in_mesh);
	m->topic->n_mesh++;
	tell_mesh(g, m, true);
}

void mesh_remove(struct gossip *g, struct member *m)
{
	list_remove(&m->in_mesh);
	m->topic->n_mesh--;
	tell_mesh(g, m, false);
}

/* Without memory for it the backoff is not kept: then the peer answers our early GRAFT with a
 * PRUNE. */
static void set_backoff(struct gossip *g, const struct gossip_peer *p, struct bytes topic,
			uint64_t ms, struct mono now)
{
	(void)!gossip_backoffs_set(&g->backoffs, topic, &p->id, mono_add_ms(now, ms));
}

void mesh_graft(struct gossip *g, struct member *m)
{
	mesh_add(g, m);
	output_graft(g, m->peer, topic_name(m->topic));
}

void mesh_prune(struct gossip *g, struct member *m, uint64_t backoff_ms, struct mono now)
{
	mesh_remove(g, m);
	set_backoff(g, m->peer, topic_name(m->topic), backoff_ms, now);
	output_prune(g, m->peer, topic_name(m->topic), backoff_ms);
}

/* ---- whom to choose ---- */

bool mesh_may_graft(const struct gossip *g, const struct member *m, struct mono now)
{
	struct mono until = gossip_backoffs_until(&g->backoffs, topic_name(m->topic), &m->peer->id);
	uint64_t slack = until.ns == 0 ? 0 : BACKOFF_SLACK * g->config.params.heartbeat_ms;

	return !member_is_in_mesh(m) && mono_reached(mono_add_ms(until, slack), now);
}

static bool may_graft_outbound(const struct gossip *g, const struct member *m, struct mono now)
{
	return m->peer->outbound && mesh_may_graft(g, m, now);
}

static size_t n_outbound(const struct topic *t)
{
	size_t n = 0;

	list_for_each (it, &t->mesh)
		n += list_entry(it, struct member, in_mesh)->peer->outbound;
	return n;
}

static void graft_chosen(struct gossip *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mesh_graft(g, g->pick[i]);
}

void mesh_fill(struct gossip *g, struct topic *t, size_t d, struct mono now)
{
	if (t->n_mesh < d)
		graft_chosen(g, members_choose(g, t, mesh_may_graft, d - t->n_mesh, now));
}

/* ---- what a peer asks for ---- */

static void refuse_graft(struct gossip *g, struct gossip_peer *p, struct bytes topic,
			 struct mono now)
{
	g->counts.graft_refused++;
	set_backoff(g, p, topic, g->config.params.prune_backoff_ms, now);
	output_prune(g, p, topic, g->config.params.prune_backoff_ms);
}

void mesh_on_graft(struct gossip *g, struct gossip_peer *p, struct bytes topic, struct mono now)
{
	const struct topic *t = topic_find(g, topic);
	struct member *m = member_find(p, topic);
	bool is_full;

	/* An answer would let a stranger make us talk about topics that do not exist. */
	if (!t || !t->joined)
		return;
	if (m && member_is_in_mesh(m))
		return;
	/* Peers that we dialled are welcome in a full mesh: a mesh of those that came to us could
	 * be all of one attacker's. */
	is_full = t->n_mesh >= g->config.params.d_high && !p->outbound;
	if (!m || is_full || now.ns < gossip_backoffs_until(&g->backoffs, topic, &p->id).ns)
		refuse_graft(g, p, topic, now);
	else
		mesh_add(g, m);
}

void mesh_on_prune(struct gossip *g, struct gossip_peer *p, const struct gossip_prune *prune,
		   struct mono now)
{
	const struct topic *t = topic_find(g, prune->topic);
	struct member *m = member_find(p, prune->topic);
	uint64_t ms = g->config.params.prune_backoff_ms;

	if (!t || !t->joined)
		return;
	if (prune->backoff_s > 0)
		ms = prune->backoff_s < LIMIT_GOSSIP_BACKOFF_MS / 1000 ? prune->backoff_s * 1000
								       : LIMIT_GOSSIP_BACKOFF_MS;
	if (m && member_is_in_mesh(m))
		mesh_remove(g, m);
	set_backoff(g, p, prune->topic, ms, now);
}

/* ---- heartbeat: the mesh ---- */

/* Of the chosen in gossip.pick the first `d` stay: brings outbound ones to the front until there
 * are `d_out` among them. */
static void prefer_outbound(struct gossip *g, size_t d, size_t d_out)
{
	size_t n_out = 0, last = d;

	for (size_t i = 0; i < d; i++)
		n_out += g->pick[i]->peer->outbound;
	for (size_t i = d; i < g->n_pick && n_out < d_out; i++) {
		if (!g->pick[i]->peer->outbound)
			continue;
		while (last > 0 && g->pick[last - 1]->peer->outbound)
			last--;
		if (last == 0)
			return;
		struct member *m = g->pick[last - 1];

		g->pick[last - 1] = g->pick[i];
		g->pick[i] = m;
		n_out++;
	}
}

static void prune_excess(struct gossip *g, struct topic *t, struct mono now)
{
	const struct gossip_params *params = &g->config.params;
	size_t n = members_choose(g, t, member_is_inside, t->n_mesh, now);

	prefer_outbound(g, params->d, params->d_out);
	for (size_t i = params->d; i < n; i++)
		mesh_prune(g, g->pick[i], params->prune_backoff_ms, now);
}

static void maintain_mesh(struct gossip *g, struct topic *t, struct mono now)
{
	const struct gossip_params *params = &g->config.params;
	size_t n_out;

	if (t->n_mesh < params->d_low)
		mesh_fill(g, t, params->d, now);
	if (t->n_mesh > params->d_high)
		prune_excess(g, t, now);
	if (t->n_mesh < params->d_low)
		return;
	n_out = n_outbound(t);
	if (n_out < params->d_out)
		graft_chosen(g,
			     members_choose(g, t, may_graft_outbound, params->d_out - n_out, now));
}

void mesh_fanout(struct gossip *g, struct topic *t, struct mono now)
{
	size_t d = g->config.params.d, n;

	if (t->n_mesh >= d)
		return;
	n = members_choose(g, t, member_is_outside, d - t->n_mesh, now);
	for (size_t i = 0; i < n; i++)
		mesh_add(g, g->pick[i]);
}

static void end_fanout(struct gossip *g, struct topic *t)
{
	list_for_each_safe (it, &t->mesh)
		mesh_remove(g, list_entry(it, struct member, in_mesh));
	t->fanout_until = MONO_NEVER;
	topic_deactivate(t);
	topic_collect(g, t);
}

static void maintain_topics(struct gossip *g, struct mono now)
{
	list_for_each_safe (it, &g->active) {
		struct topic *t = list_entry(it, struct topic, in_active);

		gossip_seen_expire(&t->remembered, now);
		if (t->joined)
			maintain_mesh(g, t, now);
		else if (mono_reached(t->fanout_until, now))
			end_fanout(g, t);
		else
			mesh_fanout(g, t, now);
	}
	output_flush(g);
}

/* ---- heartbeat: telling what we have ---- */

/* One IHAVE of ids[0..n) for the first `k` of gossip.pick. */
static void tell_ids(struct gossip *g, const struct topic *t, const struct bytes *ids, size_t n,
		     size_t k)
{
	struct wr w = wr_to(&g->scratch);

	buf_clear(&g->scratch);
	gossip_write_ihave(&w, topic_name(t), ids, n);
	if (wr_finish(&w) < 0)
		return;
	for (size_t i = 0; i < k; i++) {
		struct gossip_peer *p = g->pick[i]->peer;

		if (p->n_ihave_told + n > LIMIT_GOSSIP_IHAVE)
			continue;
		p->n_ihave_told += n;
		output_ihave(g, p, buf_data(&g->scratch));
	}
}

/* All of gossip.ids, in pieces. */
static void tell_all(struct gossip *g, const struct topic *t, size_t n, size_t k)
{
	size_t first = 0, bytes = 0;

	if (k == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		bytes += g->ids[i].n + 2;
		if (bytes >= IHAVE_PIECE || i + 1 == n) {
			tell_ids(g, t, g->ids + first, i + 1 - first, k);
			first = i + 1;
			bytes = 0;
		}
	}
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

static void tell_topic(struct gossip *g, struct topic *t, struct mono now)
{
	size_t n = gossip_cache_ids(&g->cache, &t->cached, g->ids, LIMIT_GOSSIP_IHAVE);
	size_t k;

	if (n == 0)
		return;
	k = size_max(g->config.params.d_lazy, (t->n_members - t->n_mesh) / GOSSIP_SHARE);
	tell_all(g, t, n, members_choose(g, t, member_is_outside, k, now));
	tell_all(g, t, n, choose_reminded(g, t));
}

static void tell_topics(struct gossip *g, struct mono now)
{
	list_for_each (it, &g->active)
		tell_topic(g, list_entry(it, struct topic, in_active), now);
	list_for_each (it, &g->peers)
		list_entry(it, struct gossip_peer, in_peers)->remind = false;
	output_flush(g);
}

/* ---- heartbeat: what is ill ---- */

static void watch_topics(struct gossip *g, struct mono now)
{
	list_for_each (it, &g->active) {
		struct topic *t = list_entry(it, struct topic, in_active);
		struct topic_health_facts facts = {
			.n_connected = g->peers_by_id.n,
			.n_mesh = t->n_mesh,
		};

		if (!t->joined || !topic_health_update(&t->health, &facts, now) ||
		    !g->config.ops->on_topic_health)
			continue;
		struct gossip_topic_info info = topic_info(t);

		g->config.ops->on_topic_health(g->config.user, &info);
	}
}

/* ---- the heartbeat ---- */

static void begin_peer(struct gossip_peer *p, struct mono now)
{
	p->n_ihave_rpcs = p->n_iwant_ids = p->n_idontwant_ids = 0;
	p->n_bad = p->n_ihave_told = p->n_changes = 0;
	gossip_seen_expire(&p->dontwant, now);
}

void mesh_heartbeat(struct gossip *g, struct mono now)
{
	g->n_heartbeats++;
	list_for_each (it, &g->peers)
		begin_peer(list_entry(it, struct gossip_peer, in_peers), now);
	gossip_seen_expire(&g->seen, now);
	maintain_topics(g, now);
	tell_topics(g, now);
	watch_topics(g, now);
	gossip_cache_shift(&g->cache);
	if (g->n_heartbeats % BACKOFF_CLEAN == 0) {
		uint64_t slack = BACKOFF_SLACK * g->config.params.heartbeat_ms * NS_PER_MS;

		if (now.ns > slack)
			gossip_backoffs_expire(&g->backoffs, (struct mono){ now.ns - slack });
	}
}
