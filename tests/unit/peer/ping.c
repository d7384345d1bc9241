#include "pool_world.h"

static struct {
	size_t n_calls, n;
	int error;
	uint64_t rtt_ns[1000];
} got;

static void on_pinged(void *user, int error, const uint64_t *rtt_ns, size_t n)
{
	(void)user;
	got.n_calls++;
	got.error = error;
	got.n = n;
	memcpy(got.rtt_ns, rtt_ns, size_min(n, 1000) * sizeof(rtt_ns[0]));
}

static int ping(struct pnode *n, size_t count, bool fresh)
{
	struct random random = world_random(the_world);
	const struct ping_request request = { count, fresh, on_pinged, NULL };

	memset(&got, 0, sizeof(got));
	return ping_start(n->loop, &random, n->peer, &request);
}

static void two_joined(struct pnode **a, struct pnode **b)
{
	world_begin(1);
	*a = node_new();
	*b = node_new();
	node_join(*a, *b);
}

TEST(each_round_trip_is_measured)
{
	struct pnode *a, *b;

	two_joined(&a, &b);
	assert_int_equal(ping(a, 100, false), 0);
	assert_int_equal(got.n_calls, 0);
	world_run_for(the_world, 5000);
	assert_int_equal(got.n_calls, 1);
	assert_int_equal(got.error, 0);
	assert_int_equal(got.n, 100);
	for (size_t i = 0; i < 100; i++)
		assert_in_range(got.rtt_ns[i], 10 * NS_PER_MS, 13 * NS_PER_MS);
	/* One stream for all of them. */
	assert_true(link_counts(a->primary).streams_out <= 2);
	world_end();
}

TEST(a_thousand_streams_may_be_opened_and_closed)
{
	struct pnode *a, *b;

	two_joined(&a, &b);
	assert_int_equal(ping(a, 1000, true), 0);
	world_run_for(the_world, 60000);
	assert_int_equal(got.n_calls, 1);
	assert_int_equal(got.error, 0);
	assert_int_equal(got.n, 1000);
	assert_true(link_counts(b->primary).streams_in >= 1000);
	world_end();
}

TEST(answers_may_come_in_pieces)
{
	const struct world_link link = { .latency_ns = NS_PER_MS, .chunk_max = 7 };
	struct pnode *a, *b;

	two_joined(&a, &b);
	world_set_link(the_world, &link);
	assert_int_equal(ping(a, 10, false), 0);
	world_run_for(the_world, 60000);
	assert_int_equal(got.error, 0);
	assert_int_equal(got.n, 10);
	world_end();
}

TEST(what_cannot_be_asked_is_refused)
{
	const struct ping_request request = { .count = 1, .done = on_pinged };
	struct multiaddr m = parse("/ip4/10.0.9.9/tcp/1");
	struct random random;
	struct pnode *a, *b;

	two_joined(&a, &b);
	random = world_random(the_world);
	assert_int_equal(ping(a, 0, false), -EINVAL);
	assert_int_equal(ping(a, PING_COUNT_MAX + 1, false), -EINVAL);
	node_end(b);
	/* Known, but not connected. */
	assert_int_equal(multiaddr_with_peer(&m, &b->id, &m), 0);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	assert_int_equal(ping_start(a->loop, &random, peer_at(a, b), &request), -ENOTCONN);
	world_end();
}

TEST(a_link_that_dies_ends_the_run_with_what_it_has)
{
	struct pnode *a, *b;

	two_joined(&a, &b);
	assert_int_equal(ping(a, 100000, false), 0);
	world_run_for(the_world, 500);
	world_reset_host(the_world, b->loop);
	world_run_for(the_world, 500);
	assert_int_equal(got.n_calls, 1);
	assert_int_equal(got.error, -ECONNRESET);
	assert_in_range(got.n, 10, 60);
	world_end();
}

TEST(silence_ends_the_run)
{
	struct pnode *a, *b;

	two_joined(&a, &b);
	assert_int_equal(ping(a, 1000, false), 0);
	world_run_for(the_world, 100);
	world_block(the_world, a->loop, b->loop, true);
	world_run_for(the_world, LIMIT_PING_TIMEOUT_MS + 1000);
	assert_int_equal(got.n_calls, 1);
	assert_true(got.error == -ETIMEDOUT || got.error == -ECONNRESET);
	world_end();
}

/* Serves ping its own way. */
static void answer(void *user, struct stream *s, struct bytes b)
{
	static uint8_t wrong[64];

	(void)user;
	b = BYTES(wrong, b.n);
	assert_int_equal(stream_write(s, &b, 1), 0);
}

static void answer_close(void *user, struct stream *s, struct bytes b)
{
	(void)user;
	(void)b;
	stream_close(s);
	stream_forget(s);
}

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	(void)p;
	(void)l;
	stream_accept(s, user, NULL);
}

static struct pnode *node_answering(const struct stream_ops *ops, struct pool_protocol *protocol)
{
	struct pnode *n = node_host();
	struct pool_config config = node_config(n);

	*protocol = (struct pool_protocol){ "/ipfs/ping/1.0.0", on_stream, NULL };
	memcpy(&protocol->user, &ops, sizeof(ops));
	assert_int_equal(pool_new(&config, &n->pool), 0);
	if (ops)
		assert_int_equal(pool_serve(n->pool, protocol), 0);
	assert_int_equal(addr_parse_ip(n->ip, &n->at), 0);
	n->at.port = 4001;
	assert_int_equal(pool_listen(n->pool, &n->at), 0);
	return n;
}

TEST(wrong_no_and_unwilling_answers_are_told_apart)
{
	static const struct stream_ops wrong = { .on_data = answer };
	static const struct stream_ops closing = { .on_data = answer_close };
	static const struct {
		const struct stream_ops *ops;
		int error;
	} cases[] = {
		{ &wrong, -EPROTO },
		{ &closing, -ECONNRESET },
		{ NULL, -EPROTONOSUPPORT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_protocol protocol;
		struct pnode *a, *b;

		world_begin(2);
		a = node_new();
		b = node_answering(cases[i].ops, &protocol);
		node_join(a, b);
		assert_int_equal(ping(a, 3, false), 0);
		world_run_for(the_world, 2000);
		assert_int_equal(got.n_calls, 1);
		assert_int_equal(got.error, cases[i].error);
		assert_int_equal(got.n, 0);
		world_end();
	}
}

static void ended(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)s;
	(void)code;
	*(int *)user = (int)end + 1;
}

TEST(a_peer_that_pings_and_does_not_read_loses_its_stream)
{
	static const char *const protocols[] = { "/ipfs/ping/1.0.0", NULL };
	static const struct stream_ops ops = { .on_closed = ended };
	static uint8_t flood[1 * MIB];
	struct pnode *a, *b;
	struct stream *s;
	int end = 0;

	two_joined(&a, &b);
	assert_int_equal(link_open_stream(a->primary, protocols, &ops, &end, &s), 0);
	stream_hold(s, true);
	assert_int_equal(stream_write(s, &BYTES(flood, sizeof(flood)), 1), 0);
	world_run_for(the_world, 5000);
	assert_int_equal(end, STREAM_RESET + 1);
	assert_int_equal(pool_n_links(b->pool), 1);
	world_end();
}

TESTS(RUN(each_round_trip_is_measured), RUN(a_thousand_streams_may_be_opened_and_closed),
      RUN(answers_may_come_in_pieces), RUN(what_cannot_be_asked_is_refused),
      RUN(a_link_that_dies_ends_the_run_with_what_it_has), RUN(silence_ends_the_run),
      RUN(wrong_no_and_unwilling_answers_are_told_apart),
      RUN(a_peer_that_pings_and_does_not_read_loses_its_stream))
