#include "pool_world.h"

static struct {
	size_t n_calls;
	int error;
	struct perf_result result;
} got;

static void on_perf(void *user, int error, const struct perf_result *result)
{
	(void)user;
	got.n_calls++;
	got.error = error;
	got.result = *result;
}

static int perf(struct pnode *n, uint64_t upload, uint64_t download)
{
	memset(&got, 0, sizeof(got));
	return perf_start(n->loop, n->peer, upload, download, on_perf, NULL);
}

static void two_joined(struct pnode **a, struct pnode **b)
{
	world_begin(1);
	*a = node_new();
	*b = node_new();
	node_join(*a, *b);
}

TEST(bytes_go_both_ways_and_are_timed)
{
	static const struct {
		uint64_t up, down;
	} cases[] = {
		{ 0, 0 },
		{ 1, 0 },
		{ 0, 1 },
		{ 1, 1 },
		{ 20 * MIB, 0 },
		{ 0, 20 * MIB },
		{ 9 * MIB + 1, 9 * MIB - 1 },
	};
	struct pnode *a, *b;

	two_joined(&a, &b);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(perf(a, cases[i].up, cases[i].down), 0);
		assert_int_equal(got.n_calls, 0);
		world_run_for(the_world, 20000);
		assert_int_equal(got.n_calls, 1);
		assert_int_equal(got.error, 0);
		assert_int_equal(got.result.uploaded, cases[i].up);
		assert_int_equal(got.result.downloaded, cases[i].down);
		assert_true(got.result.upload_ns >= 9 * NS_PER_MS);
		if (cases[i].down > 1 * MIB)
			assert_true(got.result.download_ns >= 10 * NS_PER_MS);
	}
	world_end();
}

TEST(the_receiver_sets_the_pace_and_queues_stay_bounded)
{
	const struct world_link slow = { .latency_ns = NS_PER_MS, .bytes_per_s = 4 * MIB };
	struct pnode *a, *b;

	two_joined(&a, &b);
	world_set_link(the_world, &slow);
	assert_int_equal(perf(a, 40 * MIB, 0), 0);
	for (int i = 0; i < 50; i++) {
		world_run_for(the_world, 100);
		assert_true(link_queued(a->primary) <= LIMIT_LINK_SEND);
	}
	assert_int_equal(got.n_calls, 0);
	world_run_for(the_world, 20000);
	assert_int_equal(got.error, 0);
	assert_int_equal(got.result.uploaded, 40 * MIB);
	world_end();
}

TEST(what_cannot_be_asked_is_refused)
{
	struct multiaddr m = parse("/ip4/10.0.9.9/tcp/1");
	struct pnode *a, *b;

	two_joined(&a, &b);
	assert_int_equal(perf(a, LIMIT_PERF_BYTES + 1, 0), -EINVAL);
	assert_int_equal(perf(a, 0, LIMIT_PERF_BYTES + 1), -EINVAL);
	node_end(b);
	assert_int_equal(multiaddr_with_peer(&m, &b->id, &m), 0);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	assert_int_equal(perf_start(a->loop, peer_at(a, b), 1, 1, on_perf, NULL), -ENOTCONN);
	world_end();
}

TEST(a_link_that_dies_ends_the_run_with_what_it_has)
{
	const struct world_link slow = { .latency_ns = NS_PER_MS, .bytes_per_s = 1 * MIB };
	struct pnode *a, *b;

	two_joined(&a, &b);
	world_set_link(the_world, &slow);
	assert_int_equal(perf(a, 0, 10 * MIB), 0);
	world_run_for(the_world, 2000);
	world_reset_host(the_world, b->loop);
	world_run_for(the_world, 1000);
	assert_int_equal(got.n_calls, 1);
	assert_int_equal(got.error, -ECONNRESET);
	assert_in_range(got.result.downloaded, 1 * MIB, 3 * MIB);
	world_end();
}

/* A stream of our own to a perf server. */
static int ended;

static void on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)user;
	(void)s;
	(void)code;
	ended = (int)end + 1;
}

static void ask_by_hand(struct pnode *a, struct bytes b)
{
	static const char *const protocols[] = { "/perf/1.0.0", NULL };
	static const struct stream_ops ops = { .on_closed = on_closed };
	struct stream *s;

	ended = 0;
	assert_int_equal(link_open_stream(a->primary, protocols, &ops, NULL, &s), 0);
	assert_int_equal(stream_write(s, &b, 1), 0);
	stream_close(s);
	world_run_for(the_world, 2000);
}

TEST(questions_that_are_short_or_ask_too_much_are_reset)
{
	struct pnode *a, *b;

	two_joined(&a, &b);
	ask_by_hand(a, HEX("00 00 00 00 00 00 00 03"));
	assert_int_equal(ended, STREAM_DONE + 1);
	ask_by_hand(a, HEX("00 00 00 00 00 00 00"));
	assert_int_equal(ended, STREAM_RESET + 1);
	ask_by_hand(a, HEX("ff 00 00 00 00 00 00 00"));
	assert_int_equal(ended, STREAM_RESET + 1);
	assert_int_equal(pool_n_links(b->pool), 1);
	world_end();
}

/* Answers perf its own way. */
static void too_much(void *user, struct stream *s)
{
	(void)user;
	assert_int_equal(stream_write(s, &BYTES_LITERAL("more than was asked for"), 1), 0);
	stream_close(s);
}

static void too_little(void *user, struct stream *s)
{
	(void)user;
	stream_close(s);
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

	*protocol = (struct pool_protocol){ "/perf/1.0.0", on_stream, NULL };
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
	static const struct stream_ops more = { .on_eof = too_much };
	static const struct stream_ops less = { .on_eof = too_little };
	static const struct stream_ops never = { .on_eof = NULL };
	static const struct {
		const struct stream_ops *ops;
		int error;
	} cases[] = {
		{ &more, -EPROTO },
		{ &less, -ECONNRESET },
		{ &never, -ETIMEDOUT },
		{ NULL, -EPROTONOSUPPORT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool_protocol protocol;
		struct pnode *a, *b;

		world_begin(2);
		a = node_new();
		b = node_answering(cases[i].ops, &protocol);
		node_join(a, b);
		assert_int_equal(perf(a, 10, 10), 0);
		world_run_for(the_world, 3 * LIMIT_STALL_MS);
		assert_int_equal(got.n_calls, 1);
		assert_int_equal(got.error, cases[i].error);
		world_end();
	}
}

/* A stream of our own that asks for much and takes nothing of it. */
static int ask_and_hold(struct pnode *a, struct stream **ret)
{
	static const char *const protocols[] = { "/perf/1.0.0", NULL };
	static const struct stream_ops ops = { .on_closed = on_closed };
	const struct bytes b = HEX("00 00 00 00 10 00 00 00");

	ended = 0;
	assert_int_equal(link_open_stream(a->primary, protocols, &ops, NULL, ret), 0);
	assert_int_equal(stream_write(*ret, &b, 1), 0);
	stream_hold(*ret, true);
	stream_close(*ret);
	world_run_for(the_world, 500);
	return ended;
}

TEST(only_so_many_runs_are_answered_at_once)
{
	struct stream *s, *more, *of_first = NULL;
	struct pnode *askers[LIMIT_PERF / LIMIT_PERF_PER_PEER + 1], *b;

	world_begin(1);
	b = node_new();
	for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
		bool is_one_too_many = i == LIMIT_PERF / LIMIT_PERF_PER_PEER;

		askers[i] = node_new();
		node_join(askers[i], b);
		for (size_t j = 0; j < LIMIT_PERF_PER_PEER; j++)
			assert_int_equal(ask_and_hold(askers[i], &s),
					 is_one_too_many ? STREAM_RESET + 1 : 0);
		if (i == 0)
			of_first = s;
		assert_int_equal(ask_and_hold(askers[i], &more), STREAM_RESET + 1);
	}
	/* Who ends one may have another. */
	stream_reset(of_first, 0);
	world_run_for(the_world, 500);
	assert_int_equal(ask_and_hold(askers[ARRAY_SIZE(askers) - 1], &more), 0);
	world_end();
}

TEST(a_run_on_which_nothing_moves_is_given_up)
{
	struct pnode *a, *b;
	struct stream *s;

	two_joined(&a, &b);
	assert_int_equal(ask_and_hold(a, &s), 0);
	assert_true(link_queued(b->primary) > 1 * MIB);
	world_run_for(the_world, LIMIT_STALL_MS - 2000);
	assert_int_equal(ended, 0);
	world_run_for(the_world, LIMIT_STALL_MS + 2000);
	assert_int_equal(ended, STREAM_RESET + 1);
	assert_int_equal(link_queued(b->primary), 0);
	assert_int_equal(pool_n_links(b->pool), 1);
	world_end();
}

TESTS(RUN(only_so_many_runs_are_answered_at_once), RUN(a_run_on_which_nothing_moves_is_given_up),
      RUN(bytes_go_both_ways_and_are_timed),
      RUN(the_receiver_sets_the_pace_and_queues_stay_bounded), RUN(what_cannot_be_asked_is_refused),
      RUN(a_link_that_dies_ends_the_run_with_what_it_has),
      RUN(questions_that_are_short_or_ask_too_much_are_reset),
      RUN(wrong_no_and_unwilling_answers_are_told_apart))
