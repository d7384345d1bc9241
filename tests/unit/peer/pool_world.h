#ifndef PL_TESTS_UNIT_PEER_POOL_WORLD_H
#define PL_TESTS_UNIT_PEER_POOL_WORLD_H

/*
 * Whole pools on the virtual loop: each node has a host of its own, listens on port 4001, and
 * remembers what its pool reported.
 */

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "crypto/keys.h"
#include "loop/loop_virtual.h"
#include "peer/perf.h"
#include "peer/ping.h"
#include "peer/pool.h"
#include "wire/public_key.h"

#define NODES_MAX 12

struct pnode {
	struct loop *loop;
	struct pool *pool;
	struct key_pair key;
	struct peer_id id;
	char ip[32];
	struct addr at; /* where it listens */
	/* What its pool told. */
	size_t n_peer_up, n_peer_down, n_identified, n_link_up, n_link_down, n_dial_failed;
	size_t n_refused, n_primary;
	struct peer *peer; /* the latest that came up; NULL after it went down */
	struct link *primary;
	enum link_reason down_reason, dial_reason, refused_reason;
	enum net_by down_by;
	char dial_text[256], dial_address[256];
	struct mono dial_failed_at[64];
	/* The outcome of pool_connect(). */
	size_t n_outcomes;
	struct peer *outcome;
	enum link_reason outcome_reason;
	char outcome_text[256];
};

static struct world *the_world;
static struct pnode nodes[NODES_MAX];
static size_t n_nodes;

static void on_peer_up(void *user, struct peer *p)
{
	struct pnode *n = user;

	n->n_peer_up++;
	n->peer = p;
	assert_true(peer_is_connected(p));
}

static void on_peer_down(void *user, struct peer *p)
{
	struct pnode *n = user;

	n->n_peer_down++;
	if (n->peer == p)
		n->peer = NULL;
	assert_false(peer_is_connected(p));
	assert_null(peer_primary(p));
}

static void on_primary(void *user, struct peer *p, struct link *l)
{
	struct pnode *n = user;

	n->n_primary++;
	n->primary = l;
	assert_ptr_equal(peer_primary(p), l);
}

static void on_identified(void *user, struct peer *p)
{
	struct pnode *n = user;

	(void)p;
	n->n_identified++;
}

static void on_link_up(void *user, struct peer *p, struct link *l)
{
	struct pnode *n = user;

	(void)p;
	n->n_link_up++;
	assert_true(link_is_up(l));
}

static void on_link_down(void *user, struct peer *p, struct link *l, enum link_reason reason,
			 enum net_by by)
{
	struct pnode *n = user;

	(void)p;
	(void)l;
	n->n_link_down++;
	n->down_reason = reason;
	n->down_by = by;
}

static void on_refused(void *user, const struct peer_id *id, struct link *l,
		       enum link_reason reason)
{
	struct pnode *n = user;

	(void)l;
	assert_true(peer_id_is_set(id));
	n->n_refused++;
	n->refused_reason = reason;
}

static void on_dial_failed(void *user, const char *address, const struct peer_id *id,
			   enum link_reason reason, const char *text)
{
	struct pnode *n = user;

	(void)id;
	n->dial_failed_at[n->n_dial_failed++ % ARRAY_SIZE(n->dial_failed_at)] =
		world_now(the_world);
	n->dial_reason = reason;
	snprintf(n->dial_text, sizeof(n->dial_text), "%s", text);
	snprintf(n->dial_address, sizeof(n->dial_address), "%s", address);
}

static const struct pool_ops recording_ops = {
	.on_peer_up = on_peer_up,
	.on_peer_down = on_peer_down,
	.on_primary = on_primary,
	.on_identified = on_identified,
	.on_link_up = on_link_up,
	.on_link_down = on_link_down,
	.on_refused = on_refused,
	.on_dial_failed = on_dial_failed,
};

static inline struct pool_config node_config(struct pnode *n)
{
	return (struct pool_config){
		.loop = n->loop,
		.key = &n->key,
		.id = n->id,
		.random = world_random(the_world),
		.version = "0.1.0",
		.network = "mainnet",
		.agent = "peerline/0.1.0",
		.incarnation = 1,
		.peers_max = 50,
		.half_open_max = 256,
		.per_ip_max = 8,
		.reconnect_ms = 30000,
		.ops = &recording_ops,
		.user = n,
	};
}

/* A host and its key, without a pool yet. `ip` NULL: one of its own on a private network. */
static inline struct pnode *node_host_at(const char *ip)
{
	struct pnode *n = &nodes[n_nodes];
	uint8_t seed[ED25519_SEED] = { (uint8_t)++n_nodes };

	assert_true(n_nodes <= NODES_MAX);
	*n = (struct pnode){ 0 };
	if (ip)
		snprintf(n->ip, sizeof(n->ip), "%s", ip);
	else
		snprintf(n->ip, sizeof(n->ip), "10.0.0.%zu", n_nodes);
	assert_int_equal(world_host(the_world, n->ip, &n->loop), 0);
	key_pair_from_seed(seed, &n->key);
	public_key_ed25519_peer_id(n->key.public, &n->id);
	return n;
}

static inline struct pnode *node_host(void)
{
	return node_host_at(NULL);
}

static inline void node_start(struct pnode *n, const struct pool_config *config)
{
	assert_int_equal(pool_new(config, &n->pool), 0);
	assert_int_equal(ping_serve(n->pool), 0);
	assert_int_equal(perf_serve(n->pool), 0);
	assert_int_equal(addr_parse_ip(n->ip, &n->at), 0);
	n->at.port = 4001;
	assert_int_equal(pool_listen(n->pool, &n->at), 0);
}

static inline struct pnode *node_new(void)
{
	struct pnode *n = node_host();
	struct pool_config config = node_config(n);

	node_start(n, &config);
	return n;
}

static inline bool all_stopped(void *user)
{
	bool stopped = true;

	(void)user;
	for (size_t i = 0; i < n_nodes; i++)
		stopped &= !nodes[i].pool || pool_is_stopped(nodes[i].pool);
	return stopped;
}

static inline void node_end(struct pnode *n)
{
	if (n->pool)
		pool_stop(n->pool);
	for (int i = 0; i < 100 && n->pool && !pool_is_stopped(n->pool); i++)
		world_run_for(the_world, 50);
	if (n->pool)
		assert_true(pool_is_stopped(n->pool));
	n->pool = pool_free(n->pool);
}

static inline void world_begin(uint64_t seed)
{
	const struct world_link link = { .latency_ns = 5 * NS_PER_MS, .jitter_ns = NS_PER_MS };

	assert_int_equal(crypto_start(), 0);
	assert_int_equal(world_new(seed, &the_world), 0);
	world_set_link(the_world, &link);
	n_nodes = 0;
}

static inline void world_end(void)
{
	for (size_t i = 0; i < n_nodes; i++)
		if (nodes[i].pool)
			pool_stop(nodes[i].pool);
	assert_true(world_run_until(the_world, all_stopped, NULL, 10000));
	for (size_t i = 0; i < n_nodes; i++)
		nodes[i].pool = pool_free(nodes[i].pool);
	the_world = world_free(the_world);
}

static inline struct multiaddr parse(const char *text)
{
	struct multiaddr m;

	assert_int_equal(multiaddr_parse(bytes_of_text(text), &m), 0);
	return m;
}

/* Where a node listens, with or without its id. */
static inline struct multiaddr address_of_node(const struct pnode *n, bool with_id)
{
	struct addr a;
	struct multiaddr m;

	assert_int_equal(addr_parse_ip(n->ip, &a), 0);
	a.port = 4001;
	multiaddr_from_addr(&a, &m);
	if (with_id)
		assert_int_equal(multiaddr_with_peer(&m, &n->id, &m), 0);
	return m;
}

static inline void on_outcome(void *user, struct peer *p, enum link_reason reason, const char *text)
{
	struct pnode *n = user;

	n->n_outcomes++;
	n->outcome = p;
	n->outcome_reason = reason;
	snprintf(n->outcome_text, sizeof(n->outcome_text), "%s", text ? text : "");
}

static inline int node_connect(struct pnode *n, const struct multiaddr *m)
{
	return pool_connect(n->pool, m, on_outcome, n);
}

static inline void node_join(struct pnode *a, struct pnode *b)
{
	struct multiaddr m = address_of_node(b, true);

	assert_int_equal(node_connect(a, &m), 0);
	world_run_for(the_world, 500);
	assert_non_null(a->outcome);
}

static inline struct peer *peer_at(struct pnode *n, struct pnode *other)
{
	return pool_find(n->pool, &other->id);
}

static inline size_t links_between(struct pnode *a, struct pnode *b)
{
	return world_connections(the_world, a->loop, b->loop);
}

#endif
