#include "route/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define IP_KEY_MAX 9          /* family, then IPv4 or the first half of IPv6 */
#define TICK_NEVER UINT64_MAX /* what was added up in an interval that never was */

/* What a peer did in one topic. Counters are as of `tick`. */
struct stat {
	struct list in_peer, in_topic;
	struct score_peer *peer;
	struct score_topic *topic;
	uint64_t tick;
	double first, failure, invalid;
	double brought;      /* P3: in the window, since it counts */
	double carried_base; /* P3: what the topic had carried when the member began to count */
	bool in_mesh, is_counted;
	struct mono mesh_at;
};

/* Peers at one address. */
struct score_ip {
	struct map_node node;
	size_t n_peers;
	size_t n_key;
	uint8_t key[IP_KEY_MAX];
};

struct score_peer {
	struct map_node node;
	struct peer_id id;
	bool is_gone;
	struct list in_gone;
	struct mono gone_at;
	struct list stats;
	struct score_ip *ip; /* NULL: not known, or does not count */
	double app;
	double behaviour;
	uint64_t tick; /* of `behaviour` */
	double topics; /* the sum of the topics, as of ... */
	uint64_t topics_tick;
};

/* The weights are explained in docs/decisions/0007-scoring.md. */
struct score_params score_params_default(void)
{
	return (struct score_params){
		.topic_cap = 50,
		.app_weight = 1,
		.colocation_weight = -5,
		.colocation_threshold = LIMIT_PEERS_PER_IP,
		.behaviour_weight = -10,
		.behaviour_threshold = 0.4,
		.behaviour_decay = 0.97716, /* half of it in 30 s */
		.decay_interval_ms = 1000,
		.decay_to_zero = 0.1,
		.retain_ms = 3600000,
		.gossip_threshold = -10,
		.publish_threshold = -50,
		.graylist_threshold = -80,
		.accept_px_threshold = 0,
		.opportunistic_graft_threshold = 1,
	};
}

struct score_topic_params score_topic_params_default(void)
{
	return (struct score_topic_params){
		.weight = 1,
		.time_weight = 0.001,
		.time_cap = 500,
		.time_quantum_ms = 1000,
		.first_weight = 1,
		.first_decay = 0.98851, /* half of it in 60 s */
		.first_cap = 30,
		.deficit_weight = 0,
		.deficit_decay = 0.98851,
		.deficit_share = 0.1,
		.deficit_cap = 20,
		.deficit_activation_ms = 30000,
		.deficit_window_ms = 2000,
		.failure_weight = 0,
		.failure_decay = 0.98851,
		.invalid_weight = -5,
		.invalid_decay = 0.98851,
	};
}

/* ---- decay ---- */

static uint64_t tick_of(const struct scores *s, struct mono now)
{
	return mono_since_ms(s->began_at, now) / s->params.decay_interval_ms;
}

/* `v` after `n` intervals. */
static double decayed(const struct scores *s, double v, double factor, uint64_t n)
{
	for (; n > 0 && v != 0; n >>= 1, factor *= factor)
		if (n & 1)
			v *= factor;
	return v < s->params.decay_to_zero ? 0 : v;
}

static uint64_t elapsed(uint64_t *tick, uint64_t now)
{
	uint64_t n = now > *tick ? now - *tick : 0;

	*tick += n;
	return n;
}

static void topic_refresh(const struct scores *s, struct score_topic *t, uint64_t tick)
{
	uint64_t n = elapsed(&t->tick, tick);

	if (n > 0)
		t->carried = decayed(s, t->carried, t->params->deficit_decay, n);
}

/* From when on a member of the mesh owes messages. */
static bool owes(const struct stat *st, struct mono now)
{
	return st->in_mesh &&
	       mono_since_ms(st->mesh_at, now) >= st->topic->params->deficit_activation_ms;
}

static void stat_refresh(const struct scores *s, struct stat *st, struct mono now)
{
	const struct score_topic_params *params = st->topic->params;
	uint64_t n = elapsed(&st->tick, tick_of(s, now));

	topic_refresh(s, st->topic, tick_of(s, now));
	if (n > 0) {
		st->first = decayed(s, st->first, params->first_decay, n);
		st->failure = decayed(s, st->failure, params->failure_decay, n);
		st->invalid = decayed(s, st->invalid, params->invalid_decay, n);
		st->brought = decayed(s, st->brought, params->deficit_decay, n);
		st->carried_base = decayed(s, st->carried_base, params->deficit_decay, n);
	}
	if (!st->is_counted && owes(st, now)) {
		st->is_counted = true;
		st->brought = 0;
		st->carried_base = st->topic->carried;
	}
}

static void peer_refresh(const struct scores *s, struct score_peer *p, uint64_t tick)
{
	uint64_t n = elapsed(&p->tick, tick);

	if (n > 0)
		p->behaviour = decayed(s, p->behaviour, s->params.behaviour_decay, n);
}

/* ---- records of a topic ---- */

static struct stat *stat_find(const struct score_peer *p, const struct score_topic *t)
{
	list_for_each (it, &p->stats) {
		struct stat *st = list_entry(it, struct stat, in_peer);

		if (st->topic == t)
			return st;
	}
	return NULL;
}

static struct stat *stat_new(const struct scores *s, struct score_peer *p, struct score_topic *t,
			     struct mono now)
{
	struct stat *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->peer = p;
	st->topic = t;
	st->tick = tick_of(s, now);
	list_add_tail(&p->stats, &st->in_peer);
	list_add_tail(&t->stats, &st->in_topic);
	return st;
}

/* Up to date. The one asked for last is put first, because who brings a message brings more. NULL:
 * no memory, then the event goes by unnoticed. */
static struct stat *stat_get(const struct scores *s, struct score_peer *p, struct score_topic *t,
			     struct mono now)
{
	struct stat *st = stat_find(p, t);

	if (!st)
		st = stat_new(s, p, t, now);
	if (!st)
		return NULL;
	list_remove(&st->in_peer);
	list_insert_before(p->stats.next, &st->in_peer);
	stat_refresh(s, st, now);
	return st;
}

static void stat_free(struct stat *st)
{
	st->peer->topics_tick = TICK_NEVER;
	list_remove(&st->in_peer);
	list_remove(&st->in_topic);
	free(st);
}

/* ---- what a peer owes its mesh ---- */

static double deficit_of(const struct stat *st)
{
	const struct score_topic_params *params = st->topic->params;
	double due = params->deficit_share * (st->topic->carried - st->carried_base);
	double deficit = due - st->brought;

	if (!st->in_mesh || !st->is_counted || deficit <= 0)
		return 0;
	return deficit < params->deficit_cap ? deficit : params->deficit_cap;
}

/* `st` is up to date. What was still owed is remembered when the debtor goes (P3b). */
static void stat_prune(struct stat *st)
{
	double deficit = deficit_of(st);

	st->failure += deficit * deficit;
	st->in_mesh = st->is_counted = false;
	st->brought = 0;
	st->peer->topics_tick = TICK_NEVER;
}

/* ---- the sum ---- */

static double quanta_in_mesh(const struct stat *st, struct mono now)
{
	const struct score_topic_params *params = st->topic->params;
	double n;

	if (!st->in_mesh || params->time_quantum_ms == 0)
		return 0;
	n = (double)(mono_since_ms(st->mesh_at, now) / params->time_quantum_ms);
	return n < params->time_cap ? n : params->time_cap;
}

/* `st` is up to date. */
static struct score_topic_parts stat_parts(const struct stat *st, struct mono now)
{
	const struct score_topic_params *params = st->topic->params;
	double deficit = deficit_of(st);
	struct score_topic_parts parts = {
		.topic = st->topic->name,
		.in_mesh = st->in_mesh,
		.time = params->time_weight * quanta_in_mesh(st, now),
		.first = params->first_weight * st->first,
		.deficit = params->deficit_weight * deficit * deficit,
		.failure = params->failure_weight * st->failure,
		.invalid = params->invalid_weight * st->invalid * st->invalid,
	};

	parts.total = params->weight *
		      (parts.time + parts.first + parts.deficit + parts.failure + parts.invalid);
	return parts;
}

static double topics_sum(const struct scores *s, const struct score_peer *p, struct mono now)
{
	double sum = 0;

	list_for_each (it, &p->stats) {
		struct stat *st = list_entry(it, struct stat, in_peer);

		stat_refresh(s, st, now);
		sum += stat_parts(st, now).total;
	}
	return sum < s->params.topic_cap ? sum : s->params.topic_cap;
}

static double colocation_of(const struct scores *s, const struct score_peer *p)
{
	double excess;

	if (!p->ip || p->ip->n_peers <= s->params.colocation_threshold)
		return 0;
	excess = (double)(p->ip->n_peers - s->params.colocation_threshold);
	return s->params.colocation_weight * excess * excess;
}

static double behaviour_of(const struct scores *s, const struct score_peer *p)
{
	double excess = p->behaviour - s->params.behaviour_threshold;

	return excess > 0 ? s->params.behaviour_weight * excess * excess : 0;
}

static struct score_parts parts_of(const struct scores *s, const struct score_peer *p,
				   double topics)
{
	struct score_parts parts = {
		.topics = topics,
		.application = s->params.app_weight * p->app,
		.colocation = colocation_of(s, p),
		.behaviour = behaviour_of(s, p),
	};

	parts.total = parts.topics + parts.application + parts.colocation + parts.behaviour;
	return parts;
}

double score_of(const struct scores *s, struct score_peer *p, struct mono now)
{
	uint64_t tick = tick_of(s, now);

	if (p->topics_tick != tick) {
		p->topics = topics_sum(s, p, now);
		p->topics_tick = tick;
	}
	peer_refresh(s, p, tick);
	return parts_of(s, p, p->topics).total;
}

struct score_parts score_parts(const struct scores *s, const struct score_peer *p, struct mono now)
{
	struct score_peer copy = *p;

	peer_refresh(s, &copy, tick_of(s, now));
	return parts_of(s, &copy, topics_sum(s, p, now));
}

void score_each_topic(const struct scores *s, const struct score_peer *p, struct mono now,
		      void (*each)(void *user, const struct score_topic_parts *parts), void *user)
{
	list_for_each (it, &p->stats) {
		struct stat *st = list_entry(it, struct stat, in_peer);
		struct score_topic_parts parts;

		stat_refresh(s, st, now);
		parts = stat_parts(st, now);
		each(user, &parts);
	}
}

/* ---- addresses ---- */

static size_t ip_key(const struct addr *a, uint8_t out[IP_KEY_MAX])
{
	size_t n = a->family == ADDR_IP6 ? 8 : 4;

	out[0] = (uint8_t)a->family;
	memcpy(out + 1, a->ip, n);
	return 1 + n;
}

static struct score_ip *ip_get(struct scores *s, const struct addr *a)
{
	uint8_t key[IP_KEY_MAX];
	size_t n = ip_key(a, key);
	struct map_node *node = map_find(&s->ips, BYTES(key, n));
	struct score_ip *ip;

	if (node)
		return container_of(node, struct score_ip, node);
	ip = calloc(1, sizeof(*ip));
	if (!ip)
		return NULL;
	ip->n_key = n;
	memcpy(ip->key, key, n);
	if (map_put(&s->ips, &ip->node, BYTES(ip->key, n)) < 0) {
		free(ip);
		return NULL;
	}
	return ip;
}

static void leave_ip(struct scores *s, struct score_peer *p)
{
	struct score_ip *ip = TAKE_PTR(p->ip);

	if (!ip || --ip->n_peers > 0)
		return;
	map_remove(&s->ips, &ip->node);
	free(ip);
}

void score_peer_set_address(struct scores *s, struct score_peer *p, const struct addr *a)
{
	leave_ip(s, p);
	if (a->family == ADDR_NONE || (addr_is_loopback(a) && !s->params.colocation_loopback))
		return;
	p->ip = ip_get(s, a);
	if (p->ip)
		p->ip->n_peers++;
}

/* ---- peers ---- */

static void peer_free(struct scores *s, struct score_peer *p)
{
	leave_ip(s, p);
	list_for_each_safe (it, &p->stats)
		stat_free(list_entry(it, struct stat, in_peer));
	if (p->is_gone) {
		list_remove(&p->in_gone);
		s->n_gone--;
	}
	map_remove(&s->peers, &p->node);
	free(p);
}

static int peer_new(struct scores *s, const struct peer_id *id, struct mono now,
		    struct score_peer **ret)
{
	struct score_peer *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->id = *id;
	r = map_put(&s->peers, &p->node, peer_id_bytes(&p->id));
	if (r < 0) {
		free(p);
		return r;
	}
	list_init(&p->stats);
	list_init(&p->in_gone);
	p->tick = tick_of(s, now);
	p->topics_tick = TICK_NEVER;
	*ret = p;
	return 0;
}

/* While it was away time stood still for it: staying away must not pay. */
static void peer_return(struct scores *s, struct score_peer *p, struct mono now)
{
	list_remove(&p->in_gone);
	s->n_gone--;
	p->is_gone = false;
	p->tick = tick_of(s, now);
	p->topics_tick = TICK_NEVER;
	list_for_each (it, &p->stats)
		list_entry(it, struct stat, in_peer)->tick = p->tick;
}

struct score_peer *score_peer_find(const struct scores *s, const struct peer_id *id)
{
	struct map_node *node = map_find(&s->peers, peer_id_bytes(id));

	return node ? container_of(node, struct score_peer, node) : NULL;
}

static void forget_gone(struct scores *s, struct mono now)
{
	list_for_each_safe (it, &s->gone) {
		struct score_peer *p = list_entry(it, struct score_peer, in_gone);

		if (s->n_gone <= LIMIT_GOSSIP_SCORES_GONE &&
		    mono_since_ms(p->gone_at, now) < s->params.retain_ms)
			return;
		peer_free(s, p);
	}
}

int score_peer_join(struct scores *s, const struct peer_id *id, struct mono now,
		    struct score_peer **ret)
{
	struct score_peer *p;

	forget_gone(s, now);
	p = score_peer_find(s, id);
	if (!p)
		return peer_new(s, id, now, ret);
	if (!p->is_gone)
		return -EEXIST;
	peer_return(s, p, now);
	*ret = p;
	return 0;
}

/* Merits end with the link: they are earned by being here. */
static void keep_penalties(const struct scores *s, struct score_peer *p, struct mono now)
{
	list_for_each_safe (it, &p->stats) {
		struct stat *st = list_entry(it, struct stat, in_peer);

		stat_refresh(s, st, now);
		stat_prune(st);
		st->first = 0;
		if (st->failure == 0 && st->invalid == 0)
			stat_free(st);
	}
}

void score_peer_leave(struct scores *s, struct score_peer *p, struct mono now)
{
	keep_penalties(s, p, now);
	peer_refresh(s, p, tick_of(s, now));
	leave_ip(s, p);
	if (list_is_empty(&p->stats) && p->behaviour == 0 && p->app >= 0) {
		peer_free(s, p);
		return;
	}
	p->is_gone = true;
	p->gone_at = now;
	list_add_tail(&s->gone, &p->in_gone);
	s->n_gone++;
	forget_gone(s, now);
}

/* ---- events ---- */

void score_on_graft(struct scores *s, struct score_peer *p, struct score_topic *t, struct mono now)
{
	struct stat *st = stat_get(s, p, t, now);

	if (!st)
		return;
	st->in_mesh = true;
	st->is_counted = false;
	st->mesh_at = now;
	p->topics_tick = TICK_NEVER;
}

void score_on_prune(struct scores *s, struct score_peer *p, struct score_topic *t, struct mono now)
{
	struct stat *st = stat_find(p, t);

	if (!st)
		return;
	stat_refresh(s, st, now);
	stat_prune(st);
}

void score_on_first(struct scores *s, struct score_peer *p, struct score_topic *t, struct mono now)
{
	struct stat *st = stat_get(s, p, t, now);

	topic_refresh(s, t, tick_of(s, now));
	t->carried++;
	if (!st)
		return;
	if (st->first + 1 <= t->params->first_cap)
		st->first++;
	else
		st->first = t->params->first_cap;
	st->brought += st->is_counted;
}

void score_on_copy(struct scores *s, struct score_peer *p, struct score_topic *t, uint64_t late_ms,
		   struct mono now)
{
	struct stat *st = stat_find(p, t);

	if (!st || !st->in_mesh || late_ms > t->params->deficit_window_ms)
		return;
	stat_refresh(s, st, now);
	st->brought += st->is_counted;
}

void score_on_invalid(struct scores *s, struct score_peer *p, struct score_topic *t,
		      struct mono now)
{
	struct stat *st = stat_get(s, p, t, now);

	if (!st)
		return;
	st->invalid++;
	p->topics_tick = TICK_NEVER;
}

double score_misbehaviour(const struct scores *s, struct score_peer *p, struct mono now)
{
	peer_refresh(s, p, tick_of(s, now));
	return p->behaviour;
}

void score_on_misbehaviour(struct scores *s, struct score_peer *p, double amount, struct mono now)
{
	peer_refresh(s, p, tick_of(s, now));
	p->behaviour += amount;
	if (p->behaviour > LIMIT_GOSSIP_MISBEHAVIOUR)
		p->behaviour = LIMIT_GOSSIP_MISBEHAVIOUR;
}

void score_set_app(struct scores *s, struct score_peer *p, double value)
{
	const double max = LIMIT_GOSSIP_SCORE_APP;

	(void)s;
	if (value > max)
		value = max;
	p->app = value >= -max ? value : -max;
}

/* ---- life ---- */

void scores_init(struct scores *s, uint64_t seed, const struct score_params *params,
		 struct mono now)
{
	*s = (struct scores){ .params = *params, .began_at = now };
	map_init(&s->peers, seed, LIMIT_GOSSIP_PEERS + LIMIT_GOSSIP_SCORES_GONE + 1);
	map_init(&s->ips, seed + 1, LIMIT_GOSSIP_PEERS);
	list_init(&s->gone);
}

void scores_deinit(struct scores *s)
{
	for (struct map_node *node = map_first(&s->peers); node; node = map_first(&s->peers))
		peer_free(s, container_of(node, struct score_peer, node));
	map_deinit(&s->peers);
	map_deinit(&s->ips);
}

void score_topic_init(struct score_topic *t, const struct score_topic_params *params,
		      struct bytes name)
{
	*t = (struct score_topic){ .params = params, .name = name };
	list_init(&t->stats);
}

void score_topic_deinit(struct score_topic *t)
{
	list_for_each_safe (it, &t->stats)
		stat_free(list_entry(it, struct stat, in_topic));
}
