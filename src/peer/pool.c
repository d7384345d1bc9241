#include "peer/peer.h"

#include <stdlib.h>
#include <string.h>

static void on_sweep(struct task *task);
static void on_stop_timer(struct timer *t);

/* ---- life ---- */

static int make_net(struct pool *pool)
{
	const struct pool_config *c = &pool->config;
	struct net_config config = {
		.loop = c->loop,
		.link = {
			.key = c->key,
			.id = c->id,
			.random = c->random,
			.extension = { .incarnation = c->incarnation },
			.serves = pool_serves,
		},
		.half_open_max = c->half_open_max,
		.per_ip_max = c->per_ip_max,
		.ops = &pool_net_ops,
		.user = pool,
	};

	memcpy(config.link.extension.version, c->version, sizeof(c->version));
	memcpy(config.link.extension.network, c->network, sizeof(c->network));
	return net_new(&config, &pool->net);
}

int pool_new(const struct pool_config *config, struct pool **ret)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	int r;

	if (!pool)
		return -ENOMEM;
	pool->config = *config;
	pool->loop = config->loop;
	map_init(&pool->peers, random_u64(&config->random), LIMIT_PEER_RECORDS);
	bans_init(&pool->bans);
	list_init(&pool->all);
	list_init(&pool->idle);
	list_init(&pool->links);
	list_init(&pool->targets);
	list_init(&pool->queue);
	list_init(&pool->snapshots);
	buf_init(&pool->record, LIMIT_SIGNED_RECORD);
	buf_init(&pool->record_covers, LIMIT_SIGNED_RECORD);
	task_init(&pool->sweep, on_sweep);
	pool->stop_timer.fire = on_stop_timer;
	pool_memory_init(pool);
	r = make_net(pool);
	if (r < 0) {
		free(pool);
		return r;
	}
	identify_init(pool);
	*ret = pool;
	return 0;
}

struct pool *pool_free(struct pool *pool)
{
	if (!pool)
		return NULL;
	/* Nobody is told any more. */
	pool->stopping = true;
	while (!list_is_empty(&pool->targets))
		target_free(list_entry(list_first(&pool->targets), struct target, of_pool));
	while (!list_is_empty(&pool->links))
		pool_link_free(list_entry(list_first(&pool->links), struct pool_link, of_pool));
	net_free(pool->net);
	while (!list_is_empty(&pool->all))
		peer_free(list_entry(list_first(&pool->all), struct peer, all));
	snapshots_free(pool);
	buf_deinit(&pool->record);
	buf_deinit(&pool->record_covers);
	list_remove(&pool->sweep.link);
	loop_timer_stop(pool->loop, &pool->stop_timer);
	pool_memory_deinit(pool);
	map_deinit(&pool->peers);
	free(pool);
	return NULL;
}

static void on_sweep(struct task *task)
{
	struct pool *pool = container_of(task, struct pool, sweep);

	snapshots_free(pool);
	list_for_each_safe (it, &pool->idle) {
		struct peer *p = list_entry(it, struct peer, idle);

		list_remove(it);
		if (list_is_empty(&p->links) && list_is_empty(&p->targets))
			peer_free(p);
	}
}

/* ---- the end ---- */

static void on_stop_timer(struct timer *t)
{
	struct pool *pool = container_of(t, struct pool, stop_timer);

	list_for_each_safe (it, &pool->links)
		net_link_abort(list_entry(it, struct pool_link, of_pool)->link, LINK_SHUTDOWN);
}

void pool_stop(struct pool *pool)
{
	if (pool->stopping)
		return;
	pool->stopping = true;
	targets_stop(pool);
	list_for_each_safe (it, &pool->all)
		peer_close_links(list_entry(it, struct peer, all), LINK_SHUTDOWN);
	/* Those that were refused. */
	list_for_each_safe (it, &pool->links)
		pool_link_close(list_entry(it, struct pool_link, of_pool), LINK_SHUTDOWN);
	net_close_all(pool->net, LINK_SHUTDOWN);
	loop_timer_set(pool->loop, &pool->stop_timer,
		       mono_add_ms(loop_now(pool->loop), LIMIT_DRAIN_MS));
}

bool pool_is_stopped(const struct pool *pool)
{
	return pool->stopping && list_is_empty(&pool->links) && list_is_empty(&pool->targets);
}

/* ---- what we serve ---- */

int pool_serve(struct pool *pool, const struct pool_protocol *protocol)
{
	if (pool->n_protocols == LIMIT_PROTOCOLS)
		return -ENOSPC;
	pool->protocols[pool->n_protocols++] = protocol;
	return 0;
}

int pool_listen(struct pool *pool, struct addr *at)
{
	int r;

	if (pool->n_listen == ARRAY_SIZE(pool->listen))
		return -ENOSPC;
	r = net_listen(pool->net, at);
	if (r < 0)
		return r;
	pool->listen[pool->n_listen++] = *at;
	identify_push(pool);
	return 0;
}

size_t pool_listen_addresses(const struct pool *pool, struct multiaddr *out, size_t max)
{
	size_t n = size_min(pool->n_listen, max);

	for (size_t i = 0; i < n; i++)
		multiaddr_from_addr(&pool->listen[i], &out[i]);
	return n;
}

/* ---- peers ---- */

struct peer *pool_find(struct pool *pool, const struct peer_id *id)
{
	struct map_node *node = map_find(&pool->peers, peer_id_bytes(id));

	return node ? container_of(node, struct peer, by_id) : NULL;
}

size_t pool_disconnect(struct pool *pool, struct peer *p)
{
	size_t n = peer_n_links(p);

	(void)pool;
	targets_drop(p);
	peer_close_links(p, LINK_DISCONNECTED);
	return n;
}

size_t pool_n_connected(const struct pool *pool)
{
	return pool->n_connected;
}

size_t pool_n_links(const struct pool *pool)
{
	size_t n = 0;

	list_for_each (it, &pool->links) {
		const struct pool_link *pl = list_entry(it, struct pool_link, of_pool);

		n += pl->peer && !pl->closing;
	}
	return n;
}

void pool_each(struct pool *pool, void (*each)(void *user, struct peer *p), void *user)
{
	list_for_each_safe (it, &pool->all)
		each(user, list_entry(it, struct peer, all));
}

struct net_counts pool_net_counts(const struct pool *pool)
{
	return net_counts(pool->net);
}
