#include "peer/peer.h"

#include <stdlib.h>
#include <string.h>

/* Links: what net reports of them. */

static struct mono now_of(const struct pool *pool)
{
	return loop_now(pool->loop);
}

/* ---- records ---- */

static void on_liveness_timer(struct timer *t);

static struct pool_link *pool_link_new(struct pool *pool, struct link *l)
{
	struct pool_link *pl = calloc(1, sizeof(*pl));

	if (!pl)
		return NULL;
	pl->pool = pool;
	pl->link = l;
	pl->timer.fire = on_liveness_timer;
	list_init(&pl->of_peer);
	list_add_tail(&pool->links, &pl->of_pool);
	link_set_user(l, pl);
	return pl;
}

void pool_link_free(struct pool_link *pl)
{
	loop_timer_stop(pl->pool->loop, &pl->timer);
	identify_forget(pl);
	list_remove(&pl->of_peer);
	list_remove(&pl->of_pool);
	link_set_user(pl->link, NULL);
	free(pl);
}

/* Tells where to write. */
static void set_primary(struct peer *p, struct pool_link *pl)
{
	struct pool *pool = p->pool;
	struct link *l = pl ? pl->link : NULL;

	if (l == p->primary)
		return;
	p->primary = l;
	if (pl && !p->is_identified)
		identify_ask(pl);
	if (pool->config.ops->on_primary)
		pool->config.ops->on_primary(pool->config.user, p, l);
}

void pool_link_close(struct pool_link *pl, enum link_reason reason)
{
	struct peer *p = pl->peer;

	if (pl->closing)
		return;
	pl->closing = true;
	loop_timer_stop(pl->pool->loop, &pl->timer);
	if (p) {
		keeper_remove(&p->keeper, pl);
		/* Who writes on it moves while its streams can still be ended in order. */
		set_primary(p, keeper_primary(&p->keeper));
	}
	link_close(pl->link, reason);
}

void peer_close_links(struct peer *p, enum link_reason reason)
{
	/* All at once: nobody moves to a link that is the next to be closed. */
	list_for_each (it, &p->links)
		keeper_remove(&p->keeper, list_entry(it, struct pool_link, of_peer));
	list_for_each_safe (it, &p->links)
		pool_link_close(list_entry(it, struct pool_link, of_peer), reason);
}

/* ---- liveness ---- */

static void watch(struct pool_link *pl)
{
	struct mono now = now_of(pl->pool);

	if (pl->closing)
		return;
	switch (liveness_next(&pl->liveness, link_ping_sent_at(pl->link), now)) {
	case LIVENESS_REST:
		break;
	case LIVENESS_PING:
		link_ping(pl->link, now);
		break;
	case LIVENESS_DEAD:
		net_link_abort(pl->link, LINK_LIVENESS_TIMEOUT);
		return;
	}
	loop_timer_set(pl->pool->loop, &pl->timer,
		       liveness_deadline(&pl->liveness, link_ping_sent_at(pl->link)));
}

static void on_liveness_timer(struct timer *t)
{
	watch(container_of(t, struct pool_link, timer));
}

/* ---- settling ---- */

static void ping_for_keeper(struct peer *p, struct pool_link *pl)
{
	bool stale = !mono_is_never(link_ping_sent_at(pl->link));

	link_ping(pl->link, now_of(p->pool));
	keeper_pinged(&p->keeper, stale);
	watch(pl);
}

static bool settle_step(struct peer *p)
{
	struct keeper_step step = keeper_next(&p->keeper, now_of(p->pool));

	switch (step.what) {
	case KEEPER_REST:
		return false;
	case KEEPER_PING:
		ping_for_keeper(p, step.link);
		break;
	case KEEPER_CLOSE_DUPLICATE:
		pool_link_close(step.link, LINK_DUPLICATE);
		break;
	case KEEPER_CLOSE_SILENT:
		pool_link_close(step.link, LINK_LIVENESS_TIMEOUT);
		break;
	}
	return true;
}

void peer_settle(struct peer *p)
{
	while (settle_step(p))
		;
	loop_timer_set(p->pool->loop, &p->timer, keeper_deadline(&p->keeper));
	set_primary(p, keeper_primary(&p->keeper));
}

/* ---- up ---- */

/* Between peerlines the greater id keeps; others do not know that there is anything to keep. */
static bool we_keep(const struct pool *pool, const struct link *l)
{
	return !link_extension(l) || peer_id_compare(&pool->config.id, link_peer(l)) > 0;
}

static bool is_other_network(const struct pool *pool, const struct link *l)
{
	const struct noise_extension *e = link_extension(l);

	return e && e->network[0] && pool->config.network[0] &&
	       strcmp(e->network, pool->config.network) != 0;
}

/* May this link be adopted? False: `ret` says why not. */
static bool is_welcome(struct pool *pool, const struct link *l, enum link_reason *ret)
{
	const struct peer *p = pool_find(pool, link_peer(l));

	*ret = LINK_LIMIT;
	if (pool->stopping)
		*ret = LINK_SHUTDOWN;
	else if (pool_is_banned(pool, link_peer(l)))
		*ret = LINK_BANNED;
	else if (is_other_network(pool, l))
		*ret = LINK_WRONG_NETWORK;
	else if (p && p->keeper.n >= LIMIT_LINKS_PER_PEER)
		return false;
	else if (link_is_dialer(l) || pool->n_connected < pool->config.peers_max)
		return true;
	else
		return p && (p->is_up || peer_is_managed(p));
	return false;
}

static void come_up(struct peer *p)
{
	struct pool *pool = p->pool;

	p->is_up = true;
	p->is_identified = false;
	/* It may have been another program with another clock. */
	buf_clear(&p->record);
	pool->n_connected++;
	if (pool->config.ops->on_peer_up)
		pool->config.ops->on_peer_up(pool->config.user, p);
}

static void adopt(struct peer *p, struct pool_link *pl)
{
	struct pool *pool = p->pool;
	const struct noise_extension *e = link_extension(pl->link);
	int r;

	if (!p->is_up)
		keeper_init(&p->keeper, we_keep(pool, pl->link));
	r = keeper_add(&p->keeper, pl, e ? e->incarnation : 0);
	/* is_welcome() has seen that there is room. */
	ASSERT(r == 0);
	pl->peer = p;
	link_charge_to(pl->link, &p->account);
	list_add_tail(&p->links, &pl->of_peer);
	liveness_init(&pl->liveness, now_of(pool));
	watch(pl);
	if (pool->config.ops->on_link_up)
		pool->config.ops->on_link_up(pool->config.user, p, pl->link);
	if (!p->is_up)
		come_up(p);
	peer_settle(p);
}

static void refuse(struct pool *pool, struct link *l, struct target *t, enum link_reason reason)
{
	struct pool_link *pl = pool_link_of(l);

	if (pl)
		pool_link_close(pl, reason);
	else
		net_link_abort(l, reason);
	if (t)
		target_on_refused(t, reason);
	else if (pool->config.ops->on_refused)
		pool->config.ops->on_refused(pool->config.user, link_peer(l), l, reason);
}

static void on_up(void *user, struct link *l, void *dial_user)
{
	struct pool *pool = user;
	struct pool_link *pl = pool_link_new(pool, l);
	struct peer *p = pool_find(pool, link_peer(l));
	enum link_reason reason;

	if (dial_user)
		target_on_answer(dial_user);
	if (!pl || !is_welcome(pool, l, &reason)) {
		refuse(pool, l, dial_user, pl ? reason : LINK_NO_MEMORY);
		return;
	}
	if (!p)
		p = peer_new(pool, link_peer(l));
	if (!p) {
		refuse(pool, l, dial_user, LINK_NO_MEMORY);
		return;
	}
	adopt(p, pl);
	if (dial_user)
		target_on_up(dial_user, p);
	targets_on_peer_up(p);
}

/* ---- down ---- */

static void go_down(struct peer *p)
{
	struct pool *pool = p->pool;

	p->is_up = false;
	pool->n_connected--;
	if (pool->config.ops->on_peer_down)
		pool->config.ops->on_peer_down(pool->config.user, p);
	targets_on_peer_down(p);
	peer_may_go(p);
}

static void on_down(void *user, struct link *l, enum link_reason reason, enum net_by by)
{
	struct pool *pool = user;
	struct pool_link *pl = pool_link_of(l);
	struct peer *p = pl ? pl->peer : NULL;

	if (p)
		keeper_remove(&p->keeper, pl);
	if (pl)
		pool_link_free(pl);
	if (!p)
		return;
	if (pool->config.ops->on_link_down)
		pool->config.ops->on_link_down(pool->config.user, p, l, reason, by);
	peer_settle(p);
	if (list_is_empty(&p->links))
		go_down(p);
}

static void on_going(void *user, struct link *l)
{
	struct pool_link *pl = pool_link_of(l);

	(void)user;
	if (!pl || !pl->peer)
		return;
	keeper_going(&pl->peer->keeper, pl);
	peer_settle(pl->peer);
}

/* ---- the rest ---- */

static void on_rtt(void *user, struct link *l, uint64_t rtt_ns)
{
	struct pool_link *pl = pool_link_of(l);

	(void)user;
	(void)rtt_ns;
	if (!pl || !pl->peer)
		return;
	keeper_on_pong(&pl->peer->keeper, pl);
	watch(pl);
	peer_settle(pl->peer);
}

static const struct pool_protocol *find_protocol(const struct pool *pool, struct bytes name)
{
	for (size_t i = 0; i < pool->n_protocols; i++)
		if (bytes_equal(bytes_of_text(pool->protocols[i]->name), name))
			return pool->protocols[i];
	return NULL;
}

static void on_stream(void *user, struct link *l, struct stream *s, struct bytes protocol)
{
	const struct pool_protocol *served = find_protocol(user, protocol);
	struct pool_link *pl = pool_link_of(l);

	if (served && pl && pl->peer)
		served->on_stream(served->user, pl->peer, l, s);
	else
		stream_reset(s, 0);
}

bool pool_serves(void *user, struct bytes protocol)
{
	return find_protocol(user, protocol) != NULL;
}

static void on_dial_failed(void *user, void *dial_user, enum link_reason reason, int error)
{
	(void)user;
	target_on_dial_failed(dial_user, reason, error);
}

static bool is_known(void *user, const struct addr *a)
{
	const struct pool *pool = user;

	list_for_each (it, &pool->links) {
		struct addr remote =
			net_link_remote(list_entry(it, struct pool_link, of_pool)->link);

		if (addr_same_ip(&remote, a))
			return true;
	}
	return targets_know(pool, a);
}

const struct net_ops pool_net_ops = {
	.on_up = on_up,
	.on_stream = on_stream,
	.on_going = on_going,
	.on_rtt = on_rtt,
	.on_down = on_down,
	.on_dial_failed = on_dial_failed,
	.is_known = is_known,
};
