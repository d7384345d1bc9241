#include "streams_world.h"

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

TESTS(RUN(nonsense_costs_the_stream_it_came_on_and_no_more),
      RUN(a_peer_may_end_its_stream_and_open_another), RUN(an_rpc_that_trickles_costs_the_link),
      RUN(an_rpc_that_was_fast_and_stops_costs_the_link),
      RUN(small_rpcs_one_after_the_other_are_no_stall),
      RUN(an_rpc_that_is_more_than_its_senders_share_of_memory_costs_the_stream))
