#include "base/limits.h"
#include "route/gossip_priv.h"

#define BACKOFF_SLACK 2      /* heartbeats: their clock may be behind ours */
#define BACKOFF_CLEAN 15     /* heartbeats */
#define BETTER_BY 1          /* so much higher a score makes a peer welcome in a full mesh */
#define TALKING_MIN 3        /* members of a mesh that are not silent */
#define SILENT_MESSAGES 10   /* so many of others and none of its own, and a member is silent */
#define SILENT_HEARTBEATS 10 /* and has not said either that it does not want any */
#define PULLED_MIN 2         /* messages that had to be asked for, before a mesh is failing */
#define PULLED_SHARE 16      /* one in so many, too */
#define PULLED_KEPT 0.9      /* of them, from one heartbeat to the next */
#define FAILING_PAUSE 3      /* heartbeats, before better peers are looked for again */

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
	m->heard_at = m->topic->received;
	/* Of what came before, nobody tells it any more: who is in the mesh gets no IHAVE. */
	m->peer->remind = true;
	if (m->topic->joined)
		score_on_graft(&g->scores, m->peer->score, &m->topic->score, g->latest);
	tell_mesh(g, m, true);
}

void mesh_remove(struct gossip *g, struct member *m)
{
	list_remove(&m->in_mesh);
	m->topic->n_mesh--;
	score_on_prune(&g->scores, m->peer->score, &m->topic->score, g->latest);
	tell_mesh(g, m, false);
}

/* Without memory for it the backoff is not kept: then the peer answers our early GRAFT with a
 * PRUNE. */
static void set_backoff(struct gossip *g, const struct gossip_peer *p, struct bytes topic,
			uint64_t ms, struct mono now)
{
	(void)!gossip_backoffs_set(&g->backoffs, topic, &p->id, mono_add_ms(now, ms), now);
}

void mesh_graft(struct gossip *g, struct member *m)
{
	mesh_add(g, m);
	output_graft(g, m->peer, topic_name(m->topic));
}

static void send_prune(struct gossip *g, const struct topic *t, struct gossip_peer *p,
		       uint64_t backoff_ms, bool with_px, struct mono now)
{
	struct gossip_px px[LIMIT_GOSSIP_PX];
	size_t n = with_px ? px_choose(g, t, p, px) : 0;

	set_backoff(g, p, topic_name(t), backoff_ms, now);
	output_prune(g, p, topic_name(t), backoff_ms, px, n);
}

void mesh_prune(struct gossip *g, struct member *m, uint64_t backoff_ms, struct mono now)
{
	mesh_remove(g, m);
	send_prune(g, m->topic, m->peer, backoff_ms, true, now);
}

/* ---- who says nothing ---- */

void mesh_on_message(const struct topic *t, const struct gossip_peer *p)
{
	struct member *m = member_find(p, topic_name(t));

	if (m)
		m->heard_at = t->received;
}

/*
 * So many messages have come, and none of them by this one, nor has it said that it does not want
 * any. It may be that it hears of everything from us. It may also be one that passes nothing on: it
 * keeps its place, but does not take anybody else's.
 */
static bool is_silent(const struct gossip *g, const struct member *m)
{
	return m->topic->received - m->heard_at >= SILENT_MESSAGES &&
	       (m->peer->unwanted_at == 0 ||
		m->peer->unwanted_at + SILENT_HEARTBEATS < g->n_heartbeats);
}

static size_t n_talking(const struct gossip *g, const struct topic *t)
{
	size_t n = 0;

	list_for_each (it, &t->mesh)
		n += !is_silent(g, list_entry(it, struct member, in_mesh));
	return n;
}

/* ---- whom to choose ---- */

bool mesh_may_graft(const struct gossip *g, const struct member *m, struct mono now)
{
	struct mono until = gossip_backoffs_until(&g->backoffs, topic_name(m->topic), &m->peer->id);
	uint64_t slack = until.ns == 0 ? 0 : BACKOFF_SLACK * g->config.params.heartbeat_ms;

	return !member_is_in_mesh(m) && !m->peer->direct && peer_score(g, m->peer) >= 0 &&
	       mono_reached(mono_add_ms(until, slack), now);
}

bool mesh_is_beyond(const struct gossip *g, const struct member *m, struct mono now)
{
	(void)now;
	return !member_is_in_mesh(m) && !m->peer->direct && peer_may_get(g, m->peer);
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

static bool has_backoff(const struct gossip *g, const struct gossip_peer *p, struct bytes topic,
			struct mono now)
{
	return now.ns < gossip_backoffs_until(&g->backoffs, topic, &p->id).ns;
}

/* Who came since has perhaps been restarted and knows nothing of a backoff: once is a mistake. */
static void punish_graft(struct gossip *g, struct gossip_peer *p, struct bytes topic,
			 struct mono now)
{
	struct mono set_at = gossip_backoffs_set_at(&g->backoffs, topic, &p->id);

	if (set_at.ns < p->added_at.ns)
		return;
	peer_misbehaved(g, p, mono_since_ms(set_at, now) < g->config.params.graft_flood_ms ? 2 : 1);
}

/* More than half of the mesh is worth noticeably less. */
static bool would_improve(const struct gossip *g, const struct topic *t,
			  const struct gossip_peer *p)
{
	double score = peer_score(g, p) - BETTER_BY;
	size_t n = 0;

	list_for_each (it, &t->mesh)
		n += peer_score(g, list_entry(it, struct member, in_mesh)->peer) < score;
	return 2 * n > t->n_mesh;
}

/*
 * Peers that we dialled are welcome in a full mesh: a mesh of those that came to us could be all of
 * one attacker's. So are some where others are silent, or worse. The heartbeat prunes.
 */
static bool has_place(const struct gossip *g, const struct topic *t, const struct gossip_peer *p)
{
	size_t d_high = g->config.params.d_high;

	if (t->n_mesh < d_high || p->outbound)
		return true;
	return t->n_mesh < 2 * d_high && (n_talking(g, t) < d_high || would_improve(g, t, p));
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
	if (has_backoff(g, p, topic, now))
		punish_graft(g, p, topic, now);
	else if (m && !p->direct && peer_score(g, p) >= 0 && has_place(g, t, p)) {
		mesh_add(g, m);
		return;
	}
	/* Only who comes too late is told where else to go. */
	is_full = m && !has_backoff(g, p, topic, now);
	g->counts.graft_refused++;
	send_prune(g, t, p, g->config.params.prune_backoff_ms, is_full, now);
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
	px_hear(g, p, prune);
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

/* Of the `n` in gossip.pick, which are in a random order, brings the `k` best to the front. */
static void prefer_best(struct gossip *g, size_t n, size_t k)
{
	for (size_t i = 0; i < k && i < n; i++) {
		size_t best = i;
		struct member *m = g->pick[i];

		for (size_t j = i + 1; j < n; j++)
			if (peer_score(g, g->pick[j]->peer) > peer_score(g, g->pick[best]->peer))
				best = j;
		g->pick[i] = g->pick[best];
		g->pick[best] = m;
	}
}

/* Of the `n` in gossip.pick those behind the first `k` are put in order: who is silent comes last.
 */
static void silent_last(struct gossip *g, size_t n, size_t k)
{
	for (size_t i = k; i < n; i++) {
		struct member *m = g->pick[i];

		if (is_silent(g, m))
			continue;
		g->pick[i] = g->pick[k];
		g->pick[k++] = m;
	}
}

static void prune_excess(struct gossip *g, struct topic *t, struct mono now)
{
	const struct gossip_params *params = &g->config.params;
	size_t n = members_choose(g, t, member_is_inside, t->n_mesh, now);

	silent_last(g, n, 0);
	prefer_best(g, n, params->d_score);
	silent_last(g, n, params->d_score);
	prefer_outbound(g, params->d, params->d_out);
	for (size_t i = params->d; i < n; i++)
		mesh_prune(g, g->pick[i], params->prune_backoff_ms, now);
}

/* Who has earned less than nothing goes, and is not told of others. */
static void prune_bad(struct gossip *g, struct topic *t, struct mono now)
{
	list_for_each_safe (it, &t->mesh) {
		struct member *m = list_entry(it, struct member, in_mesh);

		if (peer_score(g, m->peer) >= 0)
			continue;
		g->counts.pruned_for_score++;
		mesh_prune(g, m, g->config.params.prune_backoff_ms, now);
	}
}

/* A mesh in which nearly all are silent depends on the few that are not. */
static void fill_talking(struct gossip *g, struct topic *t, struct mono now)
{
	size_t n = n_talking(g, t);

	if (n < TALKING_MIN)
		graft_chosen(g, members_choose(g, t, mesh_may_graft, TALKING_MIN - n, now));
}

static void want_outbound(struct gossip *g, struct topic *t, struct mono now)
{
	const struct gossip_params *params = &g->config.params;
	size_t n_out = n_outbound(t);

	if (t->n_mesh < params->d_low || n_out >= params->d_out)
		return;
	graft_chosen(g, members_choose(g, t, may_graft_outbound, params->d_out - n_out, now));
}

/* ---- heartbeat: a mesh that does not do its work ---- */

/* The middle one of the mesh's scores, the upper of two. */
static double median_score(struct gossip *g, struct topic *t, struct mono now)
{
	size_t n = members_choose(g, t, member_is_inside, t->n_mesh, now);

	prefer_best(g, n, (n + 1) / 2);
	return peer_score(g, g->pick[(n - 1) / 2]->peer);
}

/*
 * Gossipsub looks once in a minute whether half of the mesh has brought next to nothing. We know
 * more: what we had to ask others for, although the mesh should have brought it. While that is more
 * than a little, those who answered are grafted every few heartbeats. In an honest network it is
 * next to nothing; a tenth would already delay every tenth message by a second.
 */
static bool is_failing(const struct gossip *g, const struct topic *t)
{
	return t->n_pulled * PULLED_SHARE > t->n_pushed && t->n_pulled >= PULLED_MIN &&
	       g->n_heartbeats - t->opportunistic_at >= FAILING_PAUSE;
}

static bool is_time_to_look(const struct gossip *g, const struct topic *t)
{
	size_t every = g->config.params.opportunistic_heartbeats;

	return t->n_mesh > 0 && ((every > 0 && g->n_heartbeats % every == 0) || is_failing(g, t));
}

/* The `n` that gossip.pick begins with may be grafted; those above `score` of them are, the best
 * first. */
static void graft_above(struct gossip *g, size_t n, double score)
{
	prefer_best(g, n, g->config.params.opportunistic_peers);
	for (size_t i = 0; i < n && i < g->config.params.opportunistic_peers; i++) {
		if (peer_score(g, g->pick[i]->peer) <= score)
			return;
		g->counts.opportunistic++;
		mesh_graft(g, g->pick[i]);
	}
}

static void graft_better(struct gossip *g, struct topic *t, struct mono now)
{
	double median;

	if (is_time_to_look(g, t)) {
		median = median_score(g, t, now);
		if (median < g->config.params.score.opportunistic_graft_threshold ||
		    is_failing(g, t))
			graft_above(g, members_choose(g, t, mesh_may_graft, SIZE_MAX, now), median);
		t->opportunistic_at = g->n_heartbeats;
	}
	t->n_pushed *= PULLED_KEPT;
	t->n_pulled *= PULLED_KEPT;
}

/* ---- heartbeat: every topic ---- */

static void maintain_mesh(struct gossip *g, struct topic *t, struct mono now)
{
	const struct gossip_params *params = &g->config.params;

	prune_bad(g, t, now);
	if (t->n_mesh < params->d_low)
		mesh_fill(g, t, params->d, now);
	else
		fill_talking(g, t, now);
	if (t->n_mesh > params->d_high)
		prune_excess(g, t, now);
	want_outbound(g, t, now);
	graft_better(g, t, now);
}

void mesh_fanout(struct gossip *g, struct topic *t, struct mono now)
{
	size_t d = g->config.params.d, n;

	if (t->n_mesh >= d)
		return;
	n = members_choose(g, t, mesh_is_beyond, d - t->n_mesh, now);
	for (size_t i = 0; i < n; i++)
		mesh_add(g, g->pick[i]);
}

/* Those who are not worth our messages any more make room. */
static void refresh_fanout(struct gossip *g, struct topic *t, struct mono now)
{
	list_for_each_safe (it, &t->mesh) {
		struct member *m = list_entry(it, struct member, in_mesh);

		if (!peer_may_get(g, m->peer) || m->peer->direct)
			mesh_remove(g, m);
	}
	mesh_fanout(g, t, now);
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
			refresh_fanout(g, t, now);
	}
	output_flush(g);
}

/* ---- the heartbeat ---- */

static void begin_peer(struct gossip_peer *p, struct mono now)
{
	p->n_ihave_rpcs = p->n_ihave_ids = p->n_iwant_ids = p->n_idontwant_ids = 0;
	p->n_bad = p->n_ihave_told = p->n_changes = p->n_px = 0;
	gossip_seen_expire(&p->dontwant, now);
	dontwant_changed(p);
}

void mesh_heartbeat(struct gossip *g, struct mono now)
{
	g->n_heartbeats++;
	g->n_px = 0;
	list_for_each (it, &g->peers)
		begin_peer(list_entry(it, struct gossip_peer, in_peers), now);
	gossip_seen_expire(&g->seen, now);
	pull_tick(g, now);
	maintain_topics(g, now);
	tell_topics(g, now);
	topics_watch(g, now);
	gossip_cache_shift(&g->cache);
	if (g->n_heartbeats % BACKOFF_CLEAN == 0) {
		uint64_t slack = BACKOFF_SLACK * g->config.params.heartbeat_ms * NS_PER_MS;

		if (now.ns > slack)
			gossip_backoffs_expire(&g->backoffs, (struct mono){ now.ns - slack });
	}
}
