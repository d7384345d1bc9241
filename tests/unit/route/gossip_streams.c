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

static void on_peer_up(void *user, struct peer *p)
{
	struct gnode *n = user;

	(void)p;
	n->n_up++;
}

static void on_peer_down(void *user, struct peer *p)
{
	struct gnode *n = user;

	if (n->gossip)
		gossip_streams_on_peer_down(n->gossip, p);
}

static void on_primary(void *user, struct peer *p, struct link *l)
{
	struct gnode *n = user;

	if (n->gossip)
		gossip_streams_on_primary(n->gossip, p, l);
}

static void on_identified(void *user, struct peer *p)
{
	struct gnode *n = user;

	if (n->gossip)
		gossip_streams_on_identified(n->gossip, p);
}

static void on_link_down(void *user, struct peer *p, struct link *l, enum link_reason reason,
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

static void on_message(void *user, const struct gossip_delivery *d)
{
	struct gnode *n = user;
	uint32_t number;

	assert_true(d->data.n >= sizeof(number));
	memcpy(&number, d->data.p, sizeof(number));
	assert_true(number < MESSAGES_MAX);
	n->got[number]++;
	n->n_got++;
}

static const struct gossip_ops gossip_ops = { .on_message = on_message };

/* ---- nodes ---- */

static void world_begin(uint64_t seed)
{
	const struct world_link link = { .latency_ns = 5 * NS_PER_MS, .jitter_ns = NS_PER_MS };

	assert_int_equal(crypto_start(), 0);
	assert_int_equal(world_new(seed, &w), 0);
	world_set_link(w, &link);
	n_nodes = 0;
}

static struct gnode *node_bare(void)
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

static void node_listen(struct gnode *n)
{
	struct addr at;

	assert_int_equal(addr_parse_ip(n->ip, &at), 0);
	at.port = 4001;
	assert_int_equal(pool_listen(n->pool, &at), 0);
}

static struct gnode *node_new(void)
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

static bool all_stopped(void *user)
{
	bool stopped = true;

	(void)user;
	for (size_t i = 0; i < n_nodes; i++)
		stopped &= pool_is_stopped(nodes[i].pool);
	return stopped;
}

static void world_end(void)
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

static void node_manage(struct gnode *a, const struct gnode *b)
{
	struct multiaddr m;
	struct addr at;

	assert_int_equal(addr_parse_ip(b->ip, &at), 0);
	at.port = 4001;
	multiaddr_from_addr(&at, &m);
	assert_int_equal(multiaddr_with_peer(&m, &b->id, &m), 0);
	assert_int_equal(pool_manage(a->pool, &m), 0);
}

static struct peer *peer_at(struct gnode *n, const struct gnode *other)
{
	return pool_find(n->pool, &other->id);
}

static struct gossip_streams_counts counts(const struct gnode *n)
{
	return gossip_streams_counts(n->gossip);
}

static struct gossip_counts engine_counts(const struct gnode *n)
{
	return gossip_counts(gossip_streams_engine(n->gossip));
}

static void node_join(struct gnode *n)
{
	assert_int_equal(gossip_streams_join(n->gossip, TOPIC), 0);
}

static void node_publish(struct gnode *n, uint32_t number, size_t size)
{
	uint8_t *data = calloc(1, size);

	assert_non_null(data);
	memcpy(data, &number, sizeof(number));
	assert_int_equal(gossip_streams_publish(n->gossip, TOPIC, BYTES(data, size), NULL), 0);
	free(data);
}

/* Two nodes that know each other, both in the topic. */
static void two_nodes(struct gnode **a, struct gnode **b)
{
	*a = node_new();
	*b = node_new();
	node_manage(*a, *b);
	node_join(*a);
	node_join(*b);
	world_run_for(w, 2000);
}

/* ---- strangers ---- */

static void stranger_on_data(void *user, struct stream *s, struct bytes b)
{
	struct gnode *n = user;

	if (s == n->in)
		assert_int_equal(buf_append(&n->heard, b.p, b.n), 0);
}

static void stranger_on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
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

static void stranger_on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
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

static struct gnode *stranger_new(bool serves)
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

static void stranger_opens(struct gnode *n, struct gnode *other)
{
	assert_int_equal(link_open_stream(peer_primary(peer_at(n, other)), MESHSUB, &stranger_ops,
					  n, &n->out),
			 0);
}

static void stranger_says(struct gnode *n, struct stream *on, struct bytes b)
{
	(void)n;
	assert_int_equal(stream_write(on, &b, 1), 0);
}

/* Everything heard on the current stream, as one RPC. */
static void stranger_heard(struct gnode *n, struct gossip_rpc *ret, struct buf *mem)
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
static void node_and_stranger(struct gnode **a, struct gnode **s)
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

/* ---- tests ---- */

TEST(two_nodes_open_one_stream_each_and_hear_each_other)
{
	struct gnode *a, *b;

	world_begin(1);
	two_nodes(&a, &b);
	node_publish(a, 1, 100);
	node_publish(b, 2, 100);
	world_run_for(w, 100);
	for (uint32_t k = 1; k <= 2; k++) {
		assert_int_equal(a->got[k], 1);
		assert_int_equal(b->got[k], 1);
	}
	assert_int_equal(counts(a).opened, 1);
	assert_int_equal(counts(a).accepted, 1);
	assert_int_equal(counts(b).opened, 1);
	assert_int_equal(counts(b).accepted, 1);
	assert_int_equal(counts(a).n_peers, 1);
	world_end();
}

TEST(the_largest_message_arrives)
{
	struct gnode *a, *b;

	world_begin(2);
	two_nodes(&a, &b);
	node_publish(a, 1, LIMIT_GOSSIP_DATA);
	world_run_for(w, 2000);
	assert_int_equal(b->got[1], 1);
	world_end();
}

TEST(messages_pass_through_a_node_in_the_middle)
{
	struct gnode *a, *b, *c;

	world_begin(3);
	two_nodes(&a, &b);
	c = node_new();
	node_join(c);
	node_manage(c, b);
	world_run_for(w, 2000);
	node_publish(a, 1, 100);
	node_publish(c, 2, 5000);
	world_run_for(w, 200);
	assert_int_equal(a->got[2], 1);
	assert_int_equal(b->got[1] + b->got[2], 2);
	assert_int_equal(c->got[1], 1);
	world_end();
}

TEST(ten_nodes_that_all_dial_each_other_get_every_message_once)
{
	world_begin(4);
	for (size_t i = 0; i < NODES_MAX; i++)
		node_join(node_new());
	for (size_t i = 0; i < NODES_MAX; i++)
		for (size_t k = 0; k < NODES_MAX; k++)
			if (i != k)
				node_manage(&nodes[i], &nodes[k]);
	world_run_for(w, 8000);
	for (uint32_t k = 0; k < 50; k++) {
		node_publish(&nodes[k % NODES_MAX], k, 200 + 50 * k);
		world_run_for(w, 20);
	}
	world_run_for(w, 3000);
	for (size_t i = 0; i < NODES_MAX; i++)
		for (uint32_t k = 0; k < 50; k++)
			assert_int_equal(nodes[i].got[k], 1);
	world_end();
}

static void note_peers(void *user, const struct gossip_topic_info *info)
{
	*(size_t *)user = info->n_peers;
}

static bool has_topic_peer(const struct gnode *n)
{
	size_t n_peers = 0;

	gossip_topics(gossip_streams_engine(n->gossip), note_peers, &n_peers);
	return n_peers > 0;
}

/* Both dial, two links come up, one is closed: the stream moves and nothing is lost. */
TEST(messages_survive_the_settling_of_two_links)
{
	for (uint64_t seed = 10; seed < 30; seed++) {
		struct gnode *a, *b;

		world_begin(seed);
		a = node_new();
		b = node_new();
		node_join(a);
		node_join(b);
		node_manage(a, b);
		node_manage(b, a);
		while (!has_topic_peer(a) || !has_topic_peer(b))
			world_run_for(w, 1);
		for (uint32_t k = 0; k < 40; k++) {
			node_publish(k % 2 ? a : b, k, 100);
			world_run_for(w, 1);
		}
		world_run_for(w, 3000);
		for (uint32_t k = 0; k < 40; k++) {
			assert_int_equal(a->got[k], 1);
			assert_int_equal(b->got[k], 1);
		}
		assert_int_equal(world_connections(w, a->loop, b->loop), 1);
		world_end();
	}
}

TEST(a_lost_link_is_followed_by_a_new_stream)
{
	struct gnode *a, *b;

	world_begin(5);
	two_nodes(&a, &b);
	world_reset_host(w, b->loop);
	world_run_for(w, 100);
	assert_int_equal(counts(a).n_peers, 0);
	world_run_for(w, 20000);
	assert_int_equal(counts(a).n_peers, 1);
	node_publish(a, 1, 100);
	world_run_for(w, 200);
	assert_int_equal(b->got[1], 1);
	assert_int_equal(counts(a).opened, 2);
	world_end();
}

TEST(who_does_not_speak_gossip_is_left_alone)
{
	struct gnode *a, *s;

	world_begin(6);
	a = node_new();
	s = stranger_new(false);
	node_manage(a, s);
	node_join(a);
	world_run_for(w, 2000);
	assert_true(peer_is_connected(peer_at(a, s)));
	assert_int_equal(counts(a).n_peers, 0);
	assert_int_equal(counts(a).opened, 0);
	world_end();
}

TEST(who_opens_a_stream_but_refuses_ours_is_dropped)
{
	struct gnode *a, *s;

	world_begin(7);
	a = node_new();
	s = stranger_new(false);
	node_manage(a, s);
	world_run_for(w, 500);
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 500);
	assert_int_equal(counts(a).accepted, 1);
	assert_int_equal(counts(a).n_peers, 0);
	assert_int_equal(s->n_out_closed, 1);
	assert_true(peer_is_connected(peer_at(a, s)));
	world_end();
}

TEST(a_stranger_gets_the_hello_and_is_grafted)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(8);
	node_and_stranger(&a, &s);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stranger_heard(s, &rpc, &mem);
	/* Once as the hello, once as the answer to its stream. */
	assert_int_equal(rpc.subscriptions.n, 2);
	assert_bytes(rpc.subscriptions.v[0].topic, "t");
	assert_bytes(rpc.subscriptions.v[1].topic, "t");
	assert_int_equal(rpc.graft.n, 1);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

TEST(a_stream_the_peer_reset_is_opened_again_with_everything)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(9);
	node_and_stranger(&a, &s);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 500);
	/* Meanwhile messages are dropped, and counted. */
	node_publish(a, 1, 100);
	assert_int_equal(engine_counts(a).send_dropped, 1);
	assert_int_equal(s->n_in, 1);
	world_run_for(w, 1000);
	assert_int_equal(s->n_in, 2);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.subscriptions.n, 1);
	assert_int_equal(rpc.graft.n, 1);
	/* The second time we wait longer. */
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 1500);
	assert_int_equal(s->n_in, 2);
	world_run_for(w, 1000);
	assert_int_equal(s->n_in, 3);
	/* A stream that had lasted is opened again at once. */
	world_run_for(w, 70000);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 1200);
	assert_int_equal(s->n_in, 4);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

/* What a stream had not delivered when it died, and what was said before the next one. */
TEST(messages_that_were_lost_with_a_stream_are_told_of_on_the_next_one)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(34);
	node_and_stranger(&a, &s);
	stream_hold(s->in, true);
	node_publish(a, 1, 100);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 100);
	node_publish(a, 2, 100);
	assert_int_equal(engine_counts(a).send_dropped, 1);
	world_run_for(w, 2100);
	assert_int_equal(s->n_in, 2);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.messages.n, 0);
	assert_int_equal(rpc.ihave.n, 1);
	assert_bytes(rpc.ihave.v[0].topic, "t");
	assert_int_equal(rpc.ihave.v[0].n, 2);
	/* And not again. */
	node_publish(a, 3, 100);
	world_run_for(w, 3000);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.messages.n, 1);
	assert_int_equal(rpc.ihave.n, 1);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

/* Some give a stream up by a FIN alone, and then drop what still comes without a word. */
TEST(who_ends_its_side_of_our_stream_reads_no_more_and_gets_another)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(36);
	node_and_stranger(&a, &s);
	stream_close(s->in);
	world_run_for(w, 500);
	assert_int_equal(s->n_in_closed, 1);
	node_publish(a, 1, 100);
	assert_int_equal(engine_counts(a).send_dropped, 1);
	world_run_for(w, 2000);
	assert_int_equal(s->n_in, 2);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.subscriptions.n, 1);
	assert_int_equal(rpc.graft.n, 1);
	assert_int_equal(rpc.ihave.n, 1);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

TEST(what_is_said_on_our_stream_is_not_listened_to)
{
	struct gnode *a, *s;

	world_begin(31);
	node_and_stranger(&a, &s);
	stranger_says(s, s->in, HEX("ffffffffffffffffffffffff"));
	world_run_for(w, 500);
	node_publish(a, 1, 100);
	world_run_for(w, 100);
	assert_int_equal(engine_counts(a).send_dropped, 0);
	assert_int_equal(counts(a).reset_malformed, 0);
	assert_true(buf_len(&s->heard) > 100);
	world_end();
}

TEST(nonsense_costs_the_stream_it_came_on_and_no_more)
{
	struct gnode *a, *s;

	world_begin(32);
	node_and_stranger(&a, &s);
	stranger_says(s, s->out, HEX("02 0a05"));
	world_run_for(w, 100);
	assert_int_equal(s->n_out_closed, 1);
	assert_int_equal(counts(a).reset_malformed, 1);
	assert_int_equal(s->n_in_closed, 0);
	/* And it may begin again. */
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 100);
	assert_int_equal(s->n_out_closed, 1);
	assert_int_equal(counts(a).accepted, 2);
	world_end();
}

TEST(a_peer_may_end_its_stream_and_open_another)
{
	struct gnode *a, *s;
	struct stream *old;

	world_begin(33);
	node_and_stranger(&a, &s);
	old = s->out;
	/* The old one is still read while the new one is there. */
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120175"));
	stranger_says(s, old, HEX("07 0a05 0801 12"));
	world_run_for(w, 100);
	stranger_says(s, old, HEX("0176"));
	stream_close(old);
	world_run_for(w, 100);
	assert_int_equal(counts(a).reset_malformed, 0);
	/* `old` was closed by both sides. */
	assert_int_equal(s->n_out_closed, 1);
	s->out = NULL;
	/* There may be as many as links, then the oldest goes: here two. */
	for (size_t i = 0; i < LIMIT_GOSSIP_INBOUND + 1; i++) {
		stranger_opens(s, a);
		world_run_for(w, 100);
	}
	assert_int_equal(s->n_out_closed, 3);
	world_end();
}

TEST(a_peer_that_does_not_read_holds_a_bounded_queue)
{
	struct gnode *a, *b, *s;
	struct stream *held;

	world_begin(34);
	a = node_new();
	s = stranger_new(true);
	s->holds = true;
	b = node_new();
	node_join(a);
	node_join(b);
	node_manage(a, s);
	node_manage(a, b);
	world_run_for(w, 500);
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 1000);
	held = s->in;
	for (uint32_t k = 0; k < 200; k++) {
		node_publish(a, k, 20000);
		world_run_for(w, 50);
	}
	/* The other got everything; the silent one a window and what we hold for it. */
	assert_int_equal(b->n_got, 200);
	assert_in_range(engine_counts(a).send_dropped, 100, 200);
	assert_true(link_queued(peer_primary(peer_at(a, s))) <= LIMIT_GOSSIP_SEND);
	assert_int_equal(counts(a).reset_full, 0);
	assert_ptr_equal(s->in, held);
	/* What must not be lost fits into the reserve for a while, then the stream is reset. */
	for (uint32_t k = 0; k < 1200 && counts(a).reset_full == 0; k++) {
		char name[200];

		memset(name, 'x', sizeof(name));
		memcpy(name, &k, sizeof(k));
		assert_int_equal(gossip_streams_join(a->gossip, BYTES(name, sizeof(name))), 0);
		gossip_streams_leave(a->gossip, BYTES(name, sizeof(name)));
	}
	assert_int_equal(counts(a).reset_full, 1);
	s->holds = false;
	world_run_for(w, 3000);
	assert_int_equal(s->n_in, 2);
	assert_true(peer_is_connected(peer_at(a, s)));
	node_publish(a, 201, 100);
	world_run_for(w, 100);
	assert_true(buf_len(&s->heard) > 100);
	world_end();
}

/* It answers pings, and reads now and then or never. */
static void hold_back(uint64_t seed, bool reads_slowly, bool ends)
{
	struct gnode *a, *s;

	world_begin(seed);
	a = node_new();
	s = stranger_new(true);
	s->holds = true;
	node_join(a);
	node_manage(a, s);
	world_run_for(w, 500);
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 1000);
	for (uint32_t k = 0; k < 240 && peer_is_connected(peer_at(a, s)); k++) {
		node_publish(a, k, 20000);
		world_run_for(w, 100);
		if (reads_slowly && k % 60 == 59) {
			stream_hold(s->in, false);
			world_run_for(w, 5);
			stream_hold(s->in, true);
		}
	}
	assert_true(engine_counts(a).send_dropped > 0);
	assert_int_equal(peer_is_connected(peer_at(a, s)), !ends);
	assert_int_equal(counts(a).stalled, ends);
	if (ends)
		assert_int_equal(a->down_reason, LINK_STALLED);
	world_end();
}

TEST(a_peer_that_takes_nothing_for_ten_seconds_of_dropping_loses_its_link)
{
	hold_back(35, false, true);
}

TEST(a_peer_that_is_slow_keeps_its_link)
{
	hold_back(36, true, false);
}

/* Announces the largest RPC and sends `step` bytes of it every second. */
static void trickle(uint64_t seed, size_t step, size_t seconds, bool ends)
{
	static const uint8_t zeros[4096];
	struct gnode *a, *s;

	world_begin(seed);
	node_and_stranger(&a, &s);
	stranger_says(s, s->out, HEX("808040"));
	for (size_t i = 0; i < seconds; i++) {
		world_run_for(w, 1000);
		if (peer_is_connected(peer_at(a, s)) && s->out)
			stranger_says(s, s->out, BYTES(zeros, step));
	}
	assert_int_equal(counts(a).stalled, ends ? 1 : 0);
	if (ends)
		assert_int_equal(a->down_reason, LINK_STALLED);
	world_end();
}

TEST(an_rpc_that_trickles_costs_the_link)
{
	trickle(35, 1, 29, false);
	trickle(36, 1, 31, true);
	trickle(37, 900, 31, true);
	trickle(38, 1100, 200, false);
}

TEST(an_rpc_that_was_fast_and_stops_costs_the_link)
{
	static const uint8_t zeros[4096];
	struct gnode *a, *s;

	world_begin(39);
	node_and_stranger(&a, &s);
	stranger_says(s, s->out, HEX("808040"));
	for (size_t i = 0; i < 100; i++)
		stranger_says(s, s->out, BYTES(zeros, sizeof(zeros)));
	world_run_for(w, 59000);
	assert_int_equal(counts(a).stalled, 0);
	world_run_for(w, 2500);
	assert_int_equal(counts(a).stalled, 1);
	world_end();
}

TEST(small_rpcs_one_after_the_other_are_no_stall)
{
	struct gnode *a, *s;

	world_begin(40);
	node_and_stranger(&a, &s);
	for (size_t i = 0; i < 60; i++) {
		/* The first half of one, and with it the second half of the one before. */
		stranger_says(s, s->out, i == 0 ? HEX("07 0a05") : HEX("0801 120174 07 0a05"));
		world_run_for(w, 2000);
	}
	assert_int_equal(counts(a).stalled, 0);
	assert_int_equal(counts(a).reset_malformed, 0);
	world_end();
}

TEST(an_rpc_that_is_more_than_its_senders_share_of_memory_costs_the_stream)
{
	static const uint8_t zeros[100 * KIB];
	struct budget_account others;
	struct charge of_others;
	struct gnode *a, *s;

	world_begin(41);
	node_and_stranger(&a, &s);
	stranger_says(s, s->out, HEX("808040"));
	stranger_says(s, s->out, BYTES(zeros, sizeof(zeros)));
	world_run_for(w, 100);
	assert_true(pool_budget(a->pool)->kinds[BUDGET_RECEIVE] >= sizeof(zeros));
	budget_account_init(&others, peer_account(peer_at(a, s))->budget);
	charge_init(&of_others, &others);
	charge_take(&of_others, BUDGET_SEND, budget_free(pool_budget(a->pool)) - 500 * KIB);
	stranger_says(s, s->out, BYTES(zeros, 1));
	world_run_for(w, 1000);
	assert_int_equal(counts(a).reset_over_budget, 1);
	assert_int_equal(s->n_out_closed, 1);
	assert_int_equal(pool_budget(a->pool)->kinds[BUDGET_RECEIVE], 0);
	charge_deinit(&of_others);
	world_end();
}

TEST(leaving_is_heard_by_the_others)
{
	struct gnode *a, *b;

	world_begin(41);
	two_nodes(&a, &b);
	gossip_streams_leave(b->gossip, TOPIC);
	world_run_for(w, 100);
	node_publish(a, 1, 100);
	world_run_for(w, 100);
	assert_int_equal(b->n_got, 0);
	assert_int_equal(engine_counts(b).received, 0);
	assert_false(gossip_is_joined(gossip_streams_engine(b->gossip), TOPIC));
	world_end();
}

TEST(the_same_seed_gives_the_same_run)
{
	uint64_t hash[2];

	for (size_t i = 0; i < 2; i++) {
		struct gnode *a, *b;

		world_begin(42);
		two_nodes(&a, &b);
		node_publish(a, 1, 3000);
		world_run_for(w, 5000);
		hash[i] = world_log_hash(w);
		world_end();
	}
	assert_int_equal(hash[0], hash[1]);
}

TESTS(RUN(an_rpc_that_is_more_than_its_senders_share_of_memory_costs_the_stream),
      RUN(a_peer_that_takes_nothing_for_ten_seconds_of_dropping_loses_its_link),
      RUN(a_peer_that_is_slow_keeps_its_link),
      RUN(two_nodes_open_one_stream_each_and_hear_each_other), RUN(the_largest_message_arrives),
      RUN(messages_pass_through_a_node_in_the_middle),
      RUN(ten_nodes_that_all_dial_each_other_get_every_message_once),
      RUN(messages_survive_the_settling_of_two_links), RUN(a_lost_link_is_followed_by_a_new_stream),
      RUN(who_does_not_speak_gossip_is_left_alone),
      RUN(who_opens_a_stream_but_refuses_ours_is_dropped),
      RUN(a_stranger_gets_the_hello_and_is_grafted),
      RUN(a_stream_the_peer_reset_is_opened_again_with_everything),
      RUN(messages_that_were_lost_with_a_stream_are_told_of_on_the_next_one),
      RUN(who_ends_its_side_of_our_stream_reads_no_more_and_gets_another),
      RUN(what_is_said_on_our_stream_is_not_listened_to),
      RUN(nonsense_costs_the_stream_it_came_on_and_no_more),
      RUN(a_peer_may_end_its_stream_and_open_another),
      RUN(a_peer_that_does_not_read_holds_a_bounded_queue),
      RUN(an_rpc_that_trickles_costs_the_link), RUN(an_rpc_that_was_fast_and_stops_costs_the_link),
      RUN(small_rpcs_one_after_the_other_are_no_stall), RUN(leaving_is_heard_by_the_others),
      RUN(the_same_seed_gives_the_same_run))
