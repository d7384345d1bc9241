#ifndef PL_TESTS_UNIT_ROUTE_STREAMS_WORLD_H
#define PL_TESTS_UNIT_ROUTE_STREAMS_WORLD_H

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "loop/loop_virtual.h"
#include "route/gossip_streams.h"
#include "wire/gossip_rpc.h"
#include "wire/public_key.h"
#include "wire/rd.h"

/*
 * Whole pools with gossip on the virtual loop; and strangers, which are pools whose gossip the test
 * speaks by hand.
 */

#define NODES_MAX 10
#define MESSAGES_MAX 256
#define TOPIC BYTES_LITERAL("t")

static const char *const MESHSUB[] = { "/meshsub/1.1.0", NULL };

struct gnode {
	struct loop *loop;
	struct pool *pool;
	struct gossip_streams *gossip; /* NULL: a stranger */
	struct key_pair key;
	struct peer_id id;
	char ip[32];
	size_t got[MESSAGES_MAX], n_got;
	size_t n_unsent; /* links that had something to send when a message was delivered, in all */
	struct peer_id via;
	enum link_reason down_reason;
	size_t n_up;
	/* A stranger's: */
	struct pool_protocol protocol;
	struct stream *in, *out; /* the other's stream, and ours */
	bool holds;              /* does not read what comes */
	struct buf heard;        /* on `in`, all of it */
	size_t n_in, n_in_closed, n_out_closed;
};

static struct world *w;
static struct gnode nodes[NODES_MAX];
static size_t n_nodes;

/* ---- what pools and gossip report ---- */

static inline void on_peer_up(void *user, struct peer *p)
{
	struct gnode *n = user;

	(void)p;
	n->n_up++;
}

static inline void on_peer_down(void *user, struct peer *p)
{
	struct gnode *n = user;

	if (n->gossip)
		gossip_streams_on_peer_down(n->gossip, p);
}

static inline void on_primary(void *user, struct peer *p, struct link *l)
{
	struct gnode *n = user;

	if (n->gossip)
		gossip_streams_on_primary(n->gossip, p, l);
}

static inline void on_identified(void *user, struct peer *p)
{
	struct gnode *n = user;

	if (n->gossip)
		gossip_streams_on_identified(n->gossip, p);
}

static inline void on_link_down(void *user, struct peer *p, struct link *l, enum link_reason reason,
				enum net_by by)
{
	struct gnode *n = user;

	(void)p;
	(void)l;
	(void)by;
	n->down_reason = reason;
}

static const struct pool_ops pool_ops = {
	.on_peer_up = on_peer_up,
	.on_peer_down = on_peer_down,
	.on_primary = on_primary,
	.on_identified = on_identified,
	.on_link_down = on_link_down,
};

static inline void count_unsent(void *user, struct peer *p)
{
	struct gnode *n = user;
	const struct link *l = peer_primary(p);

	/* What the one that brought it is told may wait. */
	if (l && !peer_id_equal(peer_id_of(p), &n->via))
		n->n_unsent += link_has_output(l);
}

static inline void on_message(void *user, const struct gossip_delivery *d)
{
	struct gnode *n = user;
	uint32_t number;

	n->via = d->via;
	pool_each(n->pool, count_unsent, n);

	assert_true(d->data.n >= sizeof(number));
	memcpy(&number, d->data.p, sizeof(number));
	assert_true(number < MESSAGES_MAX);
	n->got[number]++;
	n->n_got++;
}

static const struct gossip_ops gossip_ops = { .on_message = on_message };

/* ---- nodes ---- */

static inline void world_begin(uint64_t seed)
{
	const struct world_link link = { .latency_ns = 5 * NS_PER_MS, .jitter_ns = NS_PER_MS };

	assert_int_equal(crypto_start(), 0);
	assert_int_equal(world_new(seed, &w), 0);
	world_set_link(w, &link);
	n_nodes = 0;
}

static inline struct gnode *node_bare(void)
{
	struct gnode *n = &nodes[n_nodes];
	uint8_t seed[ED25519_SEED] = { (uint8_t)++n_nodes };
	struct pool_config config = {
		.key = &n->key,
		.random = world_random(w),
		.version = "0.1.0",
		.agent = "peerline/0.1.0",
		.incarnation = 1,
		.peers_max = 50,
		.half_open_max = 256,
		.per_ip_max = 8,
		.reconnect_ms = 30000,
		.ops = &pool_ops,
		.user = n,
	};

	assert_true(n_nodes <= NODES_MAX);
	*n = (struct gnode){ 0 };
	snprintf(n->ip, sizeof(n->ip), "10.0.0.%zu", n_nodes);
	assert_int_equal(world_host(w, n->ip, &n->loop), 0);
	key_pair_from_seed(seed, &n->key);
	public_key_ed25519_peer_id(n->key.public, &n->id);
	config.loop = n->loop;
	config.id = n->id;
	assert_int_equal(pool_new(&config, &n->pool), 0);
	return n;
}

static inline void node_listen(struct gnode *n)
{
	struct addr at;

	assert_int_equal(addr_parse_ip(n->ip, &at), 0);
	at.port = 4001;
	assert_int_equal(pool_listen(n->pool, &at), 0);
}

static inline struct gnode *node_new(void)
{
	struct gnode *n = node_bare();
	struct gossip_streams_config config = {
		.loop = n->loop,
		.pool = n->pool,
		.key = &n->key,
		.id = n->id,
		.random = world_random(w),
		.params = gossip_params_default(),
		.ops = &gossip_ops,
		.user = n,
	};

	assert_int_equal(gossip_streams_new(&config, &n->gossip), 0);
	node_listen(n);
	return n;
}

static inline bool all_stopped(void *user)
{
	bool stopped = true;

	(void)user;
	for (size_t i = 0; i < n_nodes; i++)
		stopped &= pool_is_stopped(nodes[i].pool);
	return stopped;
}

static inline void world_end(void)
{
	for (size_t i = 0; i < n_nodes; i++)
		pool_stop(nodes[i].pool);
	assert_true(world_run_until(w, all_stopped, NULL, 10000));
	for (size_t i = 0; i < n_nodes; i++) {
		struct gnode *n = &nodes[i];

		if (n->gossip)
			assert_int_equal(gossip_streams_counts(n->gossip).n_peers, 0);
		n->gossip = gossip_streams_free(n->gossip);
		n->pool = pool_free(n->pool);
		buf_deinit(&n->heard);
	}
	w = world_free(w);
}

static inline void node_manage(struct gnode *a, const struct gnode *b)
{
	struct multiaddr m;
	struct addr at;

	assert_int_equal(addr_parse_ip(b->ip, &at), 0);
	at.port = 4001;
	multiaddr_from_addr(&at, &m);
	assert_int_equal(multiaddr_with_peer(&m, &b->id, &m), 0);
	assert_int_equal(pool_manage(a->pool, &m), 0);
}

static inline struct peer *peer_at(struct gnode *n, const struct gnode *other)
{
	return pool_find(n->pool, &other->id);
}

static inline struct gossip_streams_counts counts(const struct gnode *n)
{
	return gossip_streams_counts(n->gossip);
}

static inline struct gossip_counts engine_counts(const struct gnode *n)
{
	return gossip_counts(gossip_streams_engine(n->gossip));
}

static inline void node_join(struct gnode *n)
{
	assert_int_equal(gossip_streams_join(n->gossip, TOPIC), 0);
}

static inline void node_publish(struct gnode *n, uint32_t number, size_t size)
{
	uint8_t *data = calloc(1, size);

	assert_non_null(data);
	memcpy(data, &number, sizeof(number));
	assert_int_equal(gossip_streams_publish(n->gossip, TOPIC, BYTES(data, size), NULL), 0);
	free(data);
}

/* Two nodes that know each other, both in the topic. */
static inline void two_nodes(struct gnode **a, struct gnode **b)
{
	*a = node_new();
	*b = node_new();
	node_manage(*a, *b);
	node_join(*a);
	node_join(*b);
	world_run_for(w, 2000);
}

/* ---- strangers ---- */

static inline void stranger_on_data(void *user, struct stream *s, struct bytes b)
{
	struct gnode *n = user;

	if (s == n->in)
		assert_int_equal(buf_append(&n->heard, b.p, b.n), 0);
}

static inline void stranger_on_closed(void *user, struct stream *s, enum stream_end end,
				      uint32_t code)
{
	struct gnode *n = user;

	(void)end;
	(void)code;
	if (s == n->in) {
		n->in = NULL;
		n->n_in_closed++;
	} else {
		n->out = NULL;
		n->n_out_closed++;
	}
}

static const struct stream_ops stranger_ops = {
	.on_data = stranger_on_data,
	.on_closed = stranger_on_closed,
};

static inline void stranger_on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	struct gnode *n = user;

	(void)p;
	(void)l;
	n->in = s;
	n->n_in++;
	buf_clear(&n->heard);
	stream_accept(s, &stranger_ops, n);
	if (n->holds)
		stream_hold(s, true);
}

static inline struct gnode *stranger_new(bool serves)
{
	struct gnode *n = node_bare();

	buf_init(&n->heard, 16 * MIB);
	n->protocol = (struct pool_protocol){
		.name = MESHSUB[0],
		.on_stream = stranger_on_stream,
		.user = n,
	};
	if (serves)
		assert_int_equal(pool_serve(n->pool, &n->protocol), 0);
	node_listen(n);
	return n;
}

static inline void stranger_opens(struct gnode *n, struct gnode *other)
{
	assert_int_equal(link_open_stream(peer_primary(peer_at(n, other)), MESHSUB, &stranger_ops,
					  n, &n->out),
			 0);
}

static inline void stranger_says(struct gnode *n, struct stream *on, struct bytes b)
{
	(void)n;
	assert_int_equal(stream_write(on, &b, 1), 0);
}

/* Everything heard on the current stream, as one RPC. */
static inline void stranger_heard(struct gnode *n, struct gossip_rpc *ret, struct buf *mem)
{
	struct rd r = rd_of(buf_data(&n->heard));

	buf_clear(mem);
	while (r.left > 0) {
		struct bytes rpc = rd_varint_bytes(&r, LIMIT_GOSSIP_RPC);

		if (rd_is_bad(&r))
			break; /* the rest is on its way */
		assert_int_equal(buf_append(mem, rpc.p, rpc.n), 0);
	}
	assert_int_equal(gossip_rpc_decode(buf_data(mem), ret), 0);
}

/* A node in the topic and a stranger that is subscribed to it. */
static inline void node_and_stranger(struct gnode **a, struct gnode **s)
{
	*a = node_new();
	*s = stranger_new(true);
	node_manage(*a, *s);
	node_join(*a);
	world_run_for(w, 500);
	stranger_opens(*s, *a);
	stranger_says(*s, (*s)->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 500);
	assert_non_null((*s)->in);
}

#endif
