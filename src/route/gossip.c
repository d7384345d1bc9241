#include "route/gossip.h"

#include <stdlib.h>

#include "base/limits.h"
#include "route/gossip_priv.h"
#include "route/gossip_sign.h"

#define IDONTWANT_MINOR '2' /* of "/meshsub/1.2.0" */
#define LATE_MS 200         /* we have more to do than we can */
#define MESHSUB_1 "/meshsub/1."

struct gossip_params gossip_params_default(void)
{
	return (struct gossip_params){
		.d = 6,
		.d_low = 5,
		.d_high = 12,
		.d_score = 4,
		.d_out = 2,
		.d_lazy = 6,
		.heartbeat_ms = 1000,
		.first_heartbeat_ms = 100,
		.prune_backoff_ms = 60000,
		.unsubscribe_backoff_ms = 10000,
		.graft_flood_ms = 10000,
		.opportunistic_heartbeats = 60,
		.opportunistic_peers = 2,
		.px = true,
		.fanout_ms = 60000,
		.history = 5,
		.history_gossip = 3,
		.seen_ms = LIMIT_GOSSIP_SEEN_MS,
		.seen_max = LIMIT_GOSSIP_SEEN,
		.idontwant_threshold = 1024,
		.d_eager = 3,
		.later_ms = 200,
		.flood_publish = true,
		.n_checkers = 2,
		.check_inline = 4,
		.score = score_params_default(),
	};
}

struct gossip_topic_params gossip_topic_params_of(const struct gossip *g, struct bytes topic)
{
	struct gossip_topic_params params = {
		.id_kind = GOSSIP_ID_GO,
		.validate_ms = LIMIT_GOSSIP_VALIDATE_MS,
		.score = score_topic_params_default(),
	};

	if (g->config.ops->topic_params)
		g->config.ops->topic_params(g->config.user, topic, &params);
	return params;
}

/* ---- life ---- */

static uint64_t seed(struct gossip *g)
{
	return random_u64(&g->config.random);
}

int gossip_new(const struct gossip_config *config, struct mono now, struct gossip **ret)
{
	const struct gossip_params *params = &config->params;
	struct gossip *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->config = *config;
	g->ids = calloc(LIMIT_GOSSIP_IHAVE, sizeof(*g->ids));
	if (!g->ids) {
		free(g);
		return -ENOMEM;
	}
	map_init(&g->topics, seed(g), LIMIT_GOSSIP_TOPICS);
	map_init(&g->peers_by_id, seed(g), LIMIT_GOSSIP_PEERS);
	list_init(&g->active);
	list_init(&g->peers);
	list_init(&g->dirty);
	list_init(&g->direct);
	g->latest = now;
	scores_init(&g->scores, seed(g), &params->score, now);
	promises_init(&g->promises, seed(g), params->heartbeat_ms, pull_ask, g);
	list_init(&g->unchecked);
	list_init(&g->batches);
	later_init(g, seed(g));
	map_init(&g->checking, seed(g), SIZE_MAX);
	map_init(&g->tickets, seed(g), LIMIT_GOSSIP_AWAITING + 1);
	gossip_seen_init(&g->seen, seed(g), params->seen_max, params->seen_ms);
	gossip_cache_init(&g->cache, seed(g), params->history, params->history_gossip);
	gossip_backoffs_init(&g->backoffs, seed(g));
	gossip_rpc_init(&g->rpc);
	buf_init(&g->scratch, 2 * LIMIT_GOSSIP_RPC);
	gossip_keys_init(&g->keys, seed(g));
	g->seqno = config->seqno_last;
	g->heartbeat_at = mono_add_ms(now, params->first_heartbeat_ms);
	*ret = g;
	return 0;
}

static void peer_free(struct gossip *g, struct gossip_peer *p)
{
	for (struct map_node *n = map_first(&p->members); n; n = map_first(&p->members))
		member_free(g, container_of(n, struct member, node));
	map_deinit(&p->members);
	promises_peer_deinit(&g->promises, &p->promises);
	score_peer_leave(&g->scores, p->score, g->latest);
	gossip_seen_deinit(&p->dontwant);
	charge_deinit(&p->charge);
	buf_deinit(&p->control);
	list_remove(&p->in_dirty);
	list_remove(&p->in_direct);
	list_remove(&p->in_peers);
	map_remove(&g->peers_by_id, &p->node);
	free(p);
}

struct gossip *gossip_free(struct gossip *g)
{
	static const struct gossip_ops silent = { 0 };

	if (!g)
		return NULL;
	g->config.ops = &silent;
	check_stop(g);
	later_deinit(g);
	list_for_each_safe (it, &g->peers)
		peer_free(g, list_entry(it, struct gossip_peer, in_peers));
	list_for_each_safe (at, &g->active) {
		struct topic *t = list_entry(at, struct topic, in_active);

		t->joined = false;
		verdict_forget(g, t);
		topic_collect(g, t);
	}
	promises_deinit(&g->promises);
	scores_deinit(&g->scores);
	map_deinit(&g->checking);
	gossip_keys_deinit(&g->keys);
	map_deinit(&g->tickets);
	map_deinit(&g->topics);
	map_deinit(&g->peers_by_id);
	gossip_seen_deinit(&g->seen);
	gossip_cache_deinit(&g->cache);
	gossip_backoffs_deinit(&g->backoffs);
	gossip_rpc_deinit(&g->rpc);
	buf_deinit(&g->scratch);
	free(g->pick);
	free(g->ids);
	free(g);
	return NULL;
}

/* ---- topics ---- */

/* Members that were our fanout become the mesh, where they may. */
static void adopt_fanout(struct gossip *g, struct topic *t, struct mono now)
{
	size_t n = members_choose(g, t, member_is_inside, t->n_mesh, now);

	for (size_t i = 0; i < n; i++)
		mesh_remove(g, g->pick[i]);
	t->fanout_until = MONO_NEVER;
	t->joined = true;
	for (size_t i = 0; i < n; i++)
		if (mesh_may_graft(g, g->pick[i], now))
			mesh_graft(g, g->pick[i]);
}

static void tell_members(struct gossip *g, const struct topic *t)
{
	if (!g->config.ops->on_topic_peer)
		return;
	list_for_each (it, &t->members)
		g->config.ops->on_topic_peer(g->config.user, topic_name(t),
					     &list_entry(it, struct member, in_topic)->peer->id,
					     true);
}

int gossip_join(struct gossip *g, struct bytes topic, struct mono now)
{
	struct topic *t;
	int r;

	g->latest = now;
	if (!topic_name_is_valid(topic))
		return -EINVAL;
	if (gossip_is_joined(g, topic))
		return -EEXIST;
	if (g->n_joined >= LIMIT_GOSSIP_TOPICS_LOCAL)
		return -ENOSPC;
	r = gossip_topic_get(g, topic, true, &t);
	if (r < 0)
		return r;
	g->n_joined++;
	topic_health_init(&t->health, now);
	topic_activate(g, t);
	/* The subscription first: a GRAFT for a topic we are not in would be ignored. */
	output_subscription(g, topic, true);
	tell_members(g, t);
	adopt_fanout(g, t, now);
	mesh_fill(g, t, g->config.params.d, now);
	output_flush(g);
	return 0;
}

void gossip_leave(struct gossip *g, struct bytes topic, struct mono now)
{
	struct topic *t = topic_find(g, topic);

	g->latest = now;
	if (!t || !t->joined)
		return;
	list_for_each_safe (it, &t->mesh)
		mesh_prune(g, list_entry(it, struct member, in_mesh),
			   g->config.params.unsubscribe_backoff_ms, now);
	output_flush(g);
	output_subscription(g, topic, false);
	verdict_forget(g, t);
	later_forget(g, t);
	score_topic_deinit(&t->score);
	t->joined = false;
	g->n_joined--;
	topic_deactivate(t);
	topic_collect(g, t);
}

bool gossip_is_joined(const struct gossip *g, struct bytes topic)
{
	const struct topic *t = topic_find(g, topic);

	return t && t->joined;
}

/* ---- peers ---- */

static bool speaks_idontwant(struct bytes protocol)
{
	const struct bytes head = BYTES_LITERAL(MESHSUB_1);

	return protocol.n > head.n && bytes_equal(BYTES(protocol.p, head.n), head) &&
	       protocol.p[head.n] >= IDONTWANT_MINOR;
}

/* Room to choose among one peer more. */
static int pick_reserve(struct gossip *g)
{
	size_t room = g->pick_room ? g->pick_room * 2 : 16;
	struct member **pick;

	if (g->peers_by_id.n < g->pick_room)
		return 0;
	pick = realloc(g->pick, room * sizeof(*pick));
	if (!pick)
		return -ENOMEM;
	g->pick = pick;
	g->pick_room = room;
	return 0;
}

static struct gossip_peer *peer_new(struct gossip *g, const struct peer_id *id)
{
	struct gossip_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->id = *id;
	p->key = map_hash(g->peers_by_id.seed, peer_id_bytes(id));
	p->rpc_max = LIMIT_GOSSIP_RPC_UNKNOWN;
	p->added_at = g->latest;
	list_init(&p->in_dirty);
	list_init(&p->in_direct);
	promises_peer_init(&p->promises, p);
	map_init(&p->members, seed(g), LIMIT_GOSSIP_TOPICS_PER_PEER);
	buf_init(&p->control, (size_t)2 * LIMIT_GOSSIP_FRAGMENT);
	gossip_seen_init(&p->dontwant, seed(g), (size_t)3 * LIMIT_GOSSIP_IDONTWANT,
			 3 * g->config.params.heartbeat_ms);
	return p;
}

int gossip_peer_add(struct gossip *g, const struct peer_id *id, struct bytes protocol,
		    bool outbound, void *peer_user, struct gossip_peer **ret)
{
	struct gossip_peer *p;
	int r;

	r = pick_reserve(g);
	if (r < 0)
		return r;
	p = peer_new(g, id);
	if (!p)
		return -ENOMEM;
	r = map_put(&g->peers_by_id, &p->node, peer_id_bytes(&p->id));
	if (r == 0)
		r = score_peer_join(&g->scores, id, g->latest, &p->score);
	if (r < 0) {
		map_remove(&g->peers_by_id, &p->node);
		free(p);
		return r;
	}
	p->user = peer_user;
	p->outbound = outbound;
	gossip_peer_set_protocol(p, protocol);
	list_add_tail(&g->peers, &p->in_peers);
	output_hello(g, p, false);
	*ret = p;
	return 0;
}

void gossip_peer_charge_to(struct gossip_peer *p, struct budget_account *a)
{
	charge_move(&p->charge, a);
}

void gossip_peer_remove(struct gossip *g, struct gossip_peer *p)
{
	if (!p)
		return;
	list_for_each (it, &g->active) {
		const struct topic *t = list_entry(it, struct topic, in_active);

		if (t->joined && g->config.ops->on_topic_peer && member_find(p, topic_name(t)))
			g->config.ops->on_topic_peer(g->config.user, topic_name(t), &p->id, false);
	}
	peer_free(g, p);
}

void gossip_peer_set_protocol(struct gossip_peer *p, struct bytes protocol)
{
	p->idontwant = speaks_idontwant(protocol);
}

void gossip_peer_set_address(struct gossip *g, struct gossip_peer *p, const struct addr *a)
{
	score_peer_set_address(&g->scores, p->score, a);
}

void gossip_peer_set_direct(struct gossip *g, struct gossip_peer *p, bool direct)
{
	p->direct = direct;
	list_remove(&p->in_direct);
	if (!direct)
		return;
	list_add_tail(&g->direct, &p->in_direct);
	list_for_each (it, &g->active) {
		const struct topic *t = list_entry(it, struct topic, in_active);
		struct member *m = member_find(p, topic_name(t));

		if (!m || !member_is_in_mesh(m))
			continue;
		if (t->joined)
			mesh_prune(g, m, g->config.params.prune_backoff_ms, g->latest);
		else
			mesh_remove(g, m);
	}
	output_flush(g);
}

void gossip_peer_set_rpc_max(struct gossip_peer *p, size_t n)
{
	p->rpc_max = size_min(size_max(n, LIMIT_GOSSIP_RPC_UNKNOWN), LIMIT_GOSSIP_RPC);
}

void gossip_peer_set_words(struct gossip_peer *p, enum gossip_id_kind words)
{
	if (!p->has_spoken)
		p->words = words;
}

size_t gossip_peer_rpc_longest(const struct gossip_peer *p)
{
	return p->rpc_longest;
}

void gossip_peer_resend(struct gossip *g, struct gossip_peer *p)
{
	output_hello(g, p, true);
	output_flush(g);
}

void gossip_peer_remind(struct gossip_peer *p)
{
	p->remind = true;
}

/* ---- publishing ---- */

bool gossip_has_seen(const struct gossip *g, const struct topic *t, struct bytes id)
{
	struct gossip_id key = gossip_seen_key(t->params.id_kind, topic_name(t), id);

	return gossip_seen_has(&g->seen, gossip_id_bytes(&key)) ||
	       gossip_seen_has(&t->remembered, gossip_id_bytes(&key));
}

int gossip_see(struct gossip *g, struct topic *t, struct bytes id, struct mono now)
{
	struct gossip_id key = gossip_seen_key(t->params.id_kind, topic_name(t), id);
	int r = gossip_seen_add(&g->seen, gossip_id_bytes(&key), now);

	if (r < 0 || t->params.remember_ms == 0)
		return r;
	return gossip_seen_add(&t->remembered, gossip_id_bytes(&key), now);
}

void gossip_keep(struct gossip *g, struct topic *t, struct bytes id, struct shared_bytes *frame,
		 struct mono now)
{
	/* Without it nobody can ask us for the message; everything else still works. */
	(void)!gossip_cache_put(&g->cache, t ? &t->cached : NULL, id, frame);
	if (t)
		t->last_message_at = now;
}

/* Peers of the topic that are not in the mesh: all with flood publishing, else as many as the mesh
 * is short of, so that a message does not wait for a mesh that is not there yet. */
static void send_beyond_mesh(struct gossip *g, struct topic *t, struct shared_bytes *frame,
			     struct mono now)
{
	size_t d = g->config.params.flood_publish ? SIZE_MAX : g->config.params.d;
	size_t n = d > t->n_mesh ? members_choose(g, t, mesh_is_beyond, d - t->n_mesh, now) : 0;

	for (size_t i = 0; i < n; i++) {
		g->counts.forwarded++;
		output_message(g, g->pick[i]->peer, frame);
	}
}

static void send_own(struct gossip *g, struct topic *t, const struct message *m, struct mono now)
{
	if (!t->joined) {
		if (mono_is_never(t->fanout_until))
			topic_activate(g, t);
		t->fanout_until = mono_add_ms(now, g->config.params.fanout_ms);
		mesh_fanout(g, t, now);
	}
	output_relay(g, t, m, now);
	if (t->joined || g->config.params.flood_publish)
		send_beyond_mesh(g, t, m->frame, now);
}

static void deliver_own(struct gossip *g, const struct message *m)
{
	struct gossip_delivery d = {
		.topic = m->check.message.topic,
		.from = g->config.id,
		.via = g->config.id,
		.id = m->id,
		.seqno = m->seqno,
		.data = m->check.message.data,
	};

	g->counts.delivered++;
	if (g->config.ops->on_message)
		g->config.ops->on_message(g->config.user, &d);
}

/* Signs `m` and makes it a frame. */
static int seal(struct gossip *g, struct gossip_message *m, struct shared_bytes **ret)
{
	uint8_t signature[ED25519_SIGNATURE];
	int r;

	r = gossip_sign(m, g->config.key, &g->scratch, signature);
	if (r < 0)
		return r;
	m->has_signature = true;
	m->signature = BYTES(signature, sizeof(signature));
	r = gossip_frame_message(m, ret);
	m->signature = BYTES(NULL, 0);
	return r;
}

static int publish(struct gossip *g, struct message *m, struct mono now)
{
	struct topic *t = topic_find(g, m->check.message.topic);
	struct bytes id = gossip_id_bytes(&m->id);
	int r;

	/* Where nobody is subscribed nothing comes back. */
	r = t ? gossip_see(g, t, id, now) : 0;
	if (r < 0)
		return r;
	gossip_keep(g, t, id, m->frame, now);
	g->counts.published++;
	if (!t)
		return 0;
	t->published++;
	send_own(g, t, m, now);
	if (t->joined)
		deliver_own(g, m);
	return 0;
}

int gossip_publish(struct gossip *g, struct bytes topic, struct bytes data, struct mono now,
		   struct gossip_id *ret_id)
{
	enum gossip_id_kind kind = gossip_topic_params_of(g, topic).id_kind;
	uint64_t seqno = __builtin_bswap64(g->seqno + 1);
	struct message m = {
		.check.author = g->config.id,
		.check.message = {
			.has_from = true,
			.has_data = true,
			.has_seqno = true,
			.has_topic = true,
			.from = peer_id_bytes(&g->config.id),
			.data = data,
			.seqno = BYTES(&seqno, sizeof(seqno)),
			.topic = topic,
		},
		.seqno = g->seqno + 1,
	};
	int r;

	g->latest = now;
	if (!topic_name_is_valid(topic))
		return -EINVAL;
	if (data.n > LIMIT_GOSSIP_DATA)
		return -EMSGSIZE;
	g->seqno++;
	m.id = gossip_message_id(kind, &m.check.message, &g->config.id, g->seqno);
	if (ret_id)
		*ret_id = m.id;
	r = seal(g, &m.check.message, &m.frame);
	if (r < 0)
		return r;
	r = publish(g, &m, now);
	shared_bytes_unref(m.frame);
	return r;
}

uint64_t gossip_seqno(const struct gossip *g)
{
	return g->seqno;
}

/* ---- time ---- */

struct mono gossip_deadline(const struct gossip *g)
{
	return mono_min(mono_min(g->heartbeat_at, later_deadline(g)), verdict_deadline(g));
}

void gossip_tick(struct gossip *g, struct mono now)
{
	g->latest = now;
	verdict_tick(g, now);
	later_tick(g, now);
	if (!mono_reached(g->heartbeat_at, now))
		return;
	g->is_late = mono_since_ms(g->heartbeat_at, now) >= LATE_MS;
	/* Late ones are not made up for: a heartbeat measures time, it does not count. */
	g->heartbeat_at = mono_add_ms(now, g->config.params.heartbeat_ms);
	mesh_heartbeat(g, now);
}

/* ---- asking ---- */

struct gossip_counts gossip_counts(const struct gossip *g)
{
	struct gossip_counts counts = g->counts;

	counts.seen_evicted = g->seen.n_evicted;
	counts.waiting = g->n_checking + g->n_awaiting;
	return counts;
}
