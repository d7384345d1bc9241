#ifndef PL_TESTS_UNIT_ROUTE_NET_H
#define PL_TESTS_UNIT_ROUTE_NET_H

/*
 * A network of engines in one process, under a virtual clock: frames travel with latency and
 * jitter, arrive in pieces, and some are lost when the test says so. Everything comes from one
 * seed. Every message is a number, and the net counts how often each node got each.
 */

#include "test.h"

#include "base/limits.h"
#include "route/gossip_priv.h"
#include "wire/public_key.h"

#define NET_NODES 50
#define NET_MESSAGES 512
#define NET_TOPIC BYTES_LITERAL("teranode/bitcoin/1.0.0/mainnet-block")

struct net;

/* One direction of a pair: what `from` sends to `to`. */
struct net_end {
	struct net *net;
	size_t from, to;
	struct gossip_peer *p;       /* how `from` knows `to` */
	struct gossip_reader reader; /* of what `to` gets from `from` */
	struct mono last_at;
};

struct net_event {
	struct list link;
	struct mono at;
	struct net_end *end;
	struct shared_bytes *frame;
};

struct net_node {
	struct net *net;
	struct gossip *g;
	struct key_pair key;
	struct random_seeded seeded;
	uint16_t got[NET_MESSAGES];
};

struct net {
	struct random_seeded seeded;
	struct random random;
	struct mono now;
	size_t n;
	struct net_node nodes[NET_NODES];
	struct net_end ends[NET_NODES][NET_NODES];
	struct list events;    /* by time */
	uint64_t loss_percent; /* of frames that may be dropped */
	uint64_t n_frames;
	uint64_t hash; /* of everything that was sent */
};

static inline int net_send(void *user, void *peer_user, struct shared_bytes *frame, bool may_drop)
{
	struct net_node *node = user;
	struct net_end *end = peer_user;
	struct net *net = node->net;
	struct net_event *e;
	struct list *at;

	net->n_frames++;
	net->hash = net->hash * 31 + frame->n + end->from * 1009 + end->to * 9176 + net->now.ns;
	if (may_drop && random_below(&net->random, 100) < net->loss_percent)
		return 0;
	e = calloc(1, sizeof(*e));
	assert_non_null(e);
	e->end = end;
	e->frame = shared_bytes_ref(frame);
	e->at = mono_add_ms(net->now, 5 + random_below(&net->random, 20));
	if (e->at.ns < end->last_at.ns)
		e->at = end->last_at;
	end->last_at = e->at;
	for (at = net->events.prev; at != &net->events; at = at->prev)
		if (list_entry(at, struct net_event, link)->at.ns <= e->at.ns)
			break;
	list_insert_before(at->next, &e->link);
	return 0;
}

static inline void net_on_message(void *user, const struct gossip_delivery *d)
{
	struct net_node *node = user;
	uint32_t number;

	assert_true(d->data.n >= sizeof(number));
	memcpy(&number, d->data.p, sizeof(number));
	assert_true(number < NET_MESSAGES);
	node->got[number]++;
}

static const struct gossip_ops net_ops = { .send = net_send, .on_message = net_on_message };

static inline void net_init(struct net *net, size_t n, uint64_t seed,
			    const struct gossip_params *params)
{
	memset(net, 0, sizeof(*net));
	assert_int_equal(crypto_start(), 0);
	random_seeded_init(&net->seeded, seed);
	net->random = random_seeded_source(&net->seeded);
	net->now = (struct mono){ 1000 * NS_PER_S };
	net->n = n;
	list_init(&net->events);
	for (size_t i = 0; i < n; i++) {
		struct net_node *node = &net->nodes[i];
		uint8_t key[ED25519_SEED] = { 1, (uint8_t)i };
		struct gossip_config config = {
			.key = &node->key,
			.params = *params,
			.ops = &net_ops,
			.user = node,
		};

		node->net = net;
		key_pair_from_seed(key, &node->key);
		public_key_ed25519_peer_id(node->key.public, &config.id);
		random_seeded_init(&node->seeded, seed * 1000 + i);
		config.random = random_seeded_source(&node->seeded);
		assert_int_equal(gossip_new(&config, net->now, &node->g), 0);
	}
}

static inline void net_event_free(struct net_event *e)
{
	list_remove(&e->link);
	shared_bytes_unref(e->frame);
	free(e);
}

static inline void net_disconnect_end(struct net *net, size_t a, size_t b)
{
	struct net_end *end = &net->ends[a][b];

	list_for_each_safe (it, &net->events) {
		struct net_event *e = list_entry(it, struct net_event, link);

		if (e->end == end)
			net_event_free(e);
	}
	gossip_peer_remove(net->nodes[a].g, end->p);
	gossip_reader_deinit(&end->reader);
	end->p = NULL;
}

static inline void net_disconnect(struct net *net, size_t a, size_t b)
{
	if (!net->ends[a][b].p)
		return;
	net_disconnect_end(net, a, b);
	net_disconnect_end(net, b, a);
}

static inline void net_deinit(struct net *net)
{
	for (size_t a = 0; a < net->n; a++)
		for (size_t b = a + 1; b < net->n; b++)
			net_disconnect(net, a, b);
	for (size_t i = 0; i < net->n; i++)
		gossip_free(net->nodes[i].g);
}

static inline void net_connect_end(struct net *net, size_t a, size_t b, bool outbound)
{
	struct net_end *end = &net->ends[a][b];
	struct peer_id id;

	*end = (struct net_end){ .net = net, .from = a, .to = b };
	gossip_reader_init(&end->reader);
	public_key_ed25519_peer_id(net->nodes[b].key.public, &id);
	assert_int_equal(gossip_peer_add(net->nodes[a].g, &id, BYTES_LITERAL("/meshsub/1.2.0"),
					 outbound, end, &end->p),
			 0);
}

/* `a` dials `b`; nothing happens when they are connected or the same. */
static inline void net_connect(struct net *net, size_t a, size_t b)
{
	if (a == b || net->ends[a][b].p)
		return;
	net_connect_end(net, a, b, true);
	net_connect_end(net, b, a, false);
}

/* Everybody dials `degree` others; the ring makes it one component. */
static inline void net_connect_random(struct net *net, size_t degree)
{
	for (size_t a = 0; a < net->n; a++) {
		net_connect(net, a, (a + 1) % net->n);
		for (size_t i = 0; i < degree; i++)
			net_connect(net, a, (size_t)random_below(&net->random, net->n));
	}
}

static inline void net_arrive(struct net *net, struct net_event *e)
{
	struct net_end *end = e->end;
	struct net_end *back = &net->ends[end->to][end->from];
	struct bytes b = shared_bytes_data(e->frame);

	while (b.n > 0) {
		size_t n = 1 + (size_t)random_below(&net->random, b.n);

		assert_int_equal(gossip_input(net->nodes[end->to].g, back->p, &end->reader,
					      BYTES(b.p, n), net->now),
				 0);
		b = BYTES(b.p + n, b.n - n);
	}
	net_event_free(e);
}

static inline void net_run(struct net *net, uint64_t ms)
{
	struct mono until = mono_add_ms(net->now, ms);

	for (;;) {
		struct list *first = list_first(&net->events);
		struct net_event *e = first ? list_entry(first, struct net_event, link) : NULL;
		struct gossip *tick = NULL;
		struct mono at = e ? e->at : MONO_NEVER;

		for (size_t i = 0; i < net->n; i++) {
			struct mono deadline = gossip_deadline(net->nodes[i].g);

			if (deadline.ns < at.ns) {
				at = deadline;
				tick = net->nodes[i].g;
			}
		}
		if (at.ns > until.ns)
			break;
		net->now = at;
		if (tick)
			gossip_tick(tick, at);
		else
			net_arrive(net, e);
	}
	net->now = until;
}

static inline void net_join(struct net *net, size_t i)
{
	assert_int_equal(gossip_join(net->nodes[i].g, NET_TOPIC, net->now), 0);
}

static inline void net_join_all(struct net *net)
{
	for (size_t i = 0; i < net->n; i++)
		net_join(net, i);
}

/* A message with this number and `n` bytes in all. */
static inline void net_publish(struct net *net, size_t i, uint32_t number, size_t n)
{
	uint8_t data[4096] = { 0 };

	assert_true(n >= sizeof(number) && n <= sizeof(data));
	memcpy(data, &number, sizeof(number));
	assert_int_equal(gossip_publish(net->nodes[i].g, NET_TOPIC, BYTES(data, n), net->now, NULL),
			 0);
}

/* Every subscriber got messages [from, to) exactly once. */
static inline void net_assert_once(struct net *net, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < net->n; i++)
		for (uint32_t k = from; k < to; k++)
			if (gossip_is_joined(net->nodes[i].g, NET_TOPIC))
				assert_int_equal(net->nodes[i].got[k], 1);
}

static inline size_t net_n_mesh(struct net *net, size_t i)
{
	struct topic *t = topic_find(net->nodes[i].g, NET_TOPIC);

	return t ? t->n_mesh : 0;
}

#endif
