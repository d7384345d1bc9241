#include "net/net_end.h"

static struct stream *open_sink(struct site *x)
{
	struct stream *s;

	assert_int_equal(link_open_stream_lazy(x->link, "/sink/1", &site_stream_ops, x, &s), 0);
	return s;
}

TEST(bytes_flow_until_both_have_them)
{
	static uint8_t big[LIMIT_STREAM_PENDING];
	struct bytes v = BYTES(big, sizeof(big));
	struct stream *s;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	s = open_sink(&p.a);
	assert_int_equal(stream_write(s, &v, 1), 0);
	stream_close(s);
	world_run_for(p.w, 2000);
	assert_int_equal(p.b.n_got, sizeof(big));
	assert_int_equal(p.b.n_eof, 1);
	pair_deinit(&p);
}

TEST(a_link_that_is_flushed_does_not_wait_for_the_end_of_the_turn)
{
	struct bytes v = BYTES("now", 3);
	struct stream *s;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	s = open_sink(&p.a);
	assert_int_equal(stream_write(s, &v, 1), 0);
	assert_true(link_has_output(p.a.link));
	net_link_flush(p.a.link);
	assert_false(link_has_output(p.a.link));
	world_run_for(p.w, 1000);
	assert_int_equal(p.b.n_got, 3);
	/* With nothing to say, and on one that is over, nothing happens. */
	net_link_flush(p.a.link);
	net_link_abort(p.a.link, LINK_LIMIT);
	net_link_flush(p.a.link);
	world_run_for(p.w, 1000);
	assert_int_equal(p.a.n_down, 1);
	pair_deinit(&p);
}

TEST(what_a_socket_does_not_take_is_not_produced)
{
	static uint8_t big[LIMIT_STREAM_PENDING];
	struct world_link slow = { .latency_ns = NS_PER_MS, .bytes_per_s = 100 * KIB };
	struct bytes v = BYTES(big, sizeof(big));
	struct stream *s;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	s = open_sink(&p.a);
	/* A first exchange has widened the window by nothing: 256 KiB leave, the rest waits here.
	 */
	world_set_link(p.w, &slow);
	assert_int_equal(stream_write(s, &v, 1), 0);
	world_run_for(p.w, 500);
	assert_true(link_queued(p.a.link) >= sizeof(big) - 512 * KIB);
	world_run_for(p.w, 60000);
	assert_int_equal(p.b.n_got, sizeof(big));
	pair_deinit(&p);
}

TEST(a_writer_is_told_when_there_is_room_and_nothing_is_lost)
{
	static uint8_t piece[100 * KIB];
	struct bytes v = BYTES(piece, sizeof(piece));
	struct stream *s;
	size_t n = 0;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	s = open_sink(&p.a);
	p.a.wants_more = true;
	for (int turn = 0; turn < 5000 && n < 300; turn++) {
		while (p.a.wants_more && n < 300) {
			int r = stream_write(s, &v, 1);

			assert_true(r == 0 || r == -EAGAIN);
			if (r == 0)
				n++;
			else
				p.a.wants_more = false;
		}
		world_run_for(p.w, 1);
	}
	assert_int_equal(n, 300);
	world_run_for(p.w, 1000);
	assert_int_equal(p.b.n_got, 300 * sizeof(piece));
	pair_deinit(&p);
}

TEST(both_ways_at_once_with_full_buffers_there_is_no_deadlock)
{
	static uint8_t big[LIMIT_STREAM_PENDING];
	struct world_link slow = { .latency_ns = 5 * NS_PER_MS,
				   .bytes_per_s = 4 * MIB,
				   .chunk_max = 40000 };
	struct bytes v = BYTES(big, sizeof(big));
	struct pair p;

	pair_init(&p, 1);
	world_set_link(p.w, &slow);
	pair_connect(&p);
	assert_int_equal(stream_write(open_sink(&p.a), &v, 1), 0);
	assert_int_equal(stream_write(open_sink(&p.b), &v, 1), 0);
	world_run_for(p.w, 10000);
	assert_int_equal(p.a.n_got, sizeof(big));
	assert_int_equal(p.b.n_got, sizeof(big));
	pair_deinit(&p);
}

TEST(a_link_that_is_closed_flushes_first_and_both_hear_why)
{
	static uint8_t some[200 * KIB];
	struct bytes v = BYTES(some, sizeof(some));
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	assert_int_equal(stream_write(open_sink(&p.a), &v, 1), 0);
	link_close(p.a.link, LINK_DUPLICATE);
	world_run_for(p.w, 1000);
	assert_int_equal(p.b.n_got, sizeof(some));
	assert_int_equal(p.a.n_down, 1);
	assert_int_equal(p.a.reason, LINK_DUPLICATE);
	assert_int_equal(p.a.by, NET_BY_US);
	assert_int_equal(p.b.n_going, 1);
	assert_int_equal(p.b.n_down, 1);
	assert_int_equal(p.b.reason, LINK_CLOSED);
	assert_int_equal(p.b.by, NET_BY_THEM);
	/* The streams ended before their link did. */
	assert_int_equal(p.b.n_closed, 1);
	pair_deinit(&p);
}

TEST(the_other_side_flushes_too_before_it_answers_with_its_fin)
{
	static uint8_t some[200 * KIB];
	struct bytes v = BYTES(some, sizeof(some));
	struct stream *s;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	s = open_sink(&p.b);
	world_run_for(p.w, 10);
	assert_int_equal(stream_write(s, &v, 1), 0);
	link_close(p.a.link, LINK_DUPLICATE);
	world_run_for(p.w, 1000);
	assert_int_equal(p.a.n_got, sizeof(some));
	assert_int_equal(p.a.n_down + p.b.n_down, 2);
	pair_deinit(&p);
}

TEST(more_than_the_windows_hold_arrives_both_ways_when_one_end_closes)
{
	static uint8_t big[LIMIT_STREAM_PENDING];
	struct bytes v = BYTES(big, sizeof(big));
	struct stream *of_a, *of_b;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	of_a = open_sink(&p.a);
	of_b = open_sink(&p.b);
	world_run_for(p.w, 10);
	assert_int_equal(stream_write(of_a, &v, 1), 0);
	assert_int_equal(stream_write(of_b, &v, 1), 0);
	link_close(p.a.link, LINK_SHUTDOWN);
	world_run_for(p.w, 2000);
	assert_int_equal(p.a.n_got, sizeof(big));
	assert_int_equal(p.b.n_got, sizeof(big));
	assert_int_equal(p.a.n_down, 1);
	assert_int_equal(p.b.n_down, 1);
	assert_int_equal(p.a.reason, LINK_SHUTDOWN);
	assert_int_equal(p.b.reason, LINK_CLOSED);
	assert_int_equal(p.b.by, NET_BY_THEM);
	pair_deinit(&p);
}

TEST(a_peer_that_never_answers_a_close_is_given_up_after_the_liveness_timeout)
{
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	world_block(p.w, p.a.loop, p.b.loop, true);
	link_close(p.a.link, LINK_DUPLICATE);
	world_run_for(p.w, LIMIT_PING_TIMEOUT_MS - 10);
	assert_int_equal(p.a.n_down, 0);
	world_run_for(p.w, 20);
	assert_int_equal(p.a.n_down, 1);
	assert_int_equal(p.a.reason, LINK_DUPLICATE);
	world_block(p.w, p.a.loop, p.b.loop, false);
	pair_deinit(&p);
}

TEST(an_aborted_link_is_down_in_the_next_turn_and_the_other_side_sees_the_network)
{
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	net_link_abort(p.a.link, LINK_LIVENESS_TIMEOUT);
	assert_int_equal(p.a.n_down, 0);
	world_run_for(p.w, 10);
	assert_int_equal(p.a.n_down, 1);
	assert_int_equal(p.a.reason, LINK_LIVENESS_TIMEOUT);
	assert_int_equal(p.a.by, NET_BY_US);
	assert_int_equal(p.b.n_down, 1);
	assert_int_equal(p.b.reason, LINK_NETWORK);
	assert_int_equal(p.b.by, NET_BY_NETWORK);
	pair_deinit(&p);
}

TEST(an_owner_may_abort_or_close_inside_on_up)
{
	for (int aborts = 0; aborts < 2; aborts++) {
		struct pair p;

		pair_init(&p, 1);
		p.b.aborts_on_up = aborts;
		p.b.closes_on_up = !aborts;
		(void)site_dial(&p.a, &p.b);
		world_run_for(p.w, 1000);
		assert_int_equal(p.b.n_up, 1);
		assert_int_equal(p.b.n_down, 1);
		assert_int_equal(p.b.reason, aborts ? LINK_LIMIT : LINK_DUPLICATE);
		assert_int_equal(p.a.n_up, 1);
		assert_int_equal(p.a.n_down, 1);
		pair_deinit(&p);
	}
}

TEST(a_reset_from_outside_takes_both_sides_down)
{
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	open_sink(&p.a);
	world_run_for(p.w, 10);
	world_reset_host(p.w, p.a.loop);
	world_run_for(p.w, 10);
	assert_int_equal(p.a.n_down, 1);
	assert_int_equal(p.b.n_down, 1);
	assert_int_equal(p.a.reason, LINK_NETWORK);
	assert_int_equal(p.a.n_closed, 1);
	assert_int_equal(p.b.n_closed, 1);
	pair_deinit(&p);
}

TEST(both_closing_at_once_is_in_order)
{
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	link_close(p.a.link, LINK_DUPLICATE);
	link_close(p.b.link, LINK_DISCONNECTED);
	world_run_for(p.w, 100);
	assert_int_equal(p.a.reason, LINK_DUPLICATE);
	assert_int_equal(p.b.reason, LINK_DISCONNECTED);
	assert_int_equal(p.a.n_down + p.b.n_down, 2);
	pair_deinit(&p);
}

TEST(a_negotiation_nobody_answers_ends_by_the_timer)
{
	struct stream *s;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	world_block(p.w, p.a.loop, p.b.loop, true);
	assert_int_equal(link_open_stream_lazy(p.a.link, "/sink/1", &site_stream_ops, &p.a, &s), 0);
	world_run_for(p.w, LIMIT_STREAM_NEGOTIATE_MS - 10);
	assert_int_equal(p.a.n_closed, 0);
	world_run_for(p.w, 20);
	assert_int_equal(p.a.n_closed, 1);
	world_block(p.w, p.a.loop, p.b.loop, false);
	pair_deinit(&p);
}

TEST(an_idle_link_wakes_nobody)
{
	uint64_t before;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	world_run_for(p.w, 1000);
	before = world_log_hash(p.w);
	world_run_for(p.w, 3600 * 1000);
	assert_true(world_log_hash(p.w) == before);
	pair_deinit(&p);
}

TEST(what_a_socket_keeps_is_charged_to_the_peer)
{
	static uint8_t piece[200 * KIB];
	struct world_link slow = { .latency_ns = NS_PER_MS, .bytes_per_s = 10 * KIB };
	struct bytes v = BYTES(piece, sizeof(piece));
	struct budget budget;
	struct budget_account account;
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	budget_init(&budget, 64 * MIB);
	budget_account_init(&account, &budget);
	link_charge_to(p.a.link, &account);
	world_set_link(p.w, &slow);
	assert_int_equal(stream_write(open_sink(&p.a), &v, 1), 0);
	assert_int_equal(stream_write(open_sink(&p.a), &v, 1), 0);
	world_run_for(p.w, 100);
	/* All of it is with the socket, as records; some has gone. */
	assert_int_equal(link_queued(p.a.link), 0);
	assert_true(budget.kinds[BUDGET_SEND] > 100 * KIB);
	world_run_for(p.w, 60000);
	assert_int_equal(p.b.n_got, 2 * sizeof(piece));
	assert_int_equal(budget.kinds[BUDGET_SEND], 0);
	assert_int_equal(stream_write(open_sink(&p.a), &v, 1), 0);
	assert_int_equal(stream_write(open_sink(&p.a), &v, 1), 0);
	world_run_for(p.w, 100);
	assert_true(budget.kinds[BUDGET_SEND] > 100 * KIB);
	net_link_abort(p.a.link, LINK_OVER_BUDGET);
	world_run_for(p.w, 100);
	assert_int_equal(p.a.reason, LINK_OVER_BUDGET);
	assert_int_equal(budget.held, 0);
	pair_deinit(&p);
	budget_account_deinit(&account);
}

TESTS(RUN(what_a_socket_keeps_is_charged_to_the_peer), RUN(bytes_flow_until_both_have_them),
      RUN(a_link_that_is_flushed_does_not_wait_for_the_end_of_the_turn),
      RUN(what_a_socket_does_not_take_is_not_produced),
      RUN(a_writer_is_told_when_there_is_room_and_nothing_is_lost),
      RUN(both_ways_at_once_with_full_buffers_there_is_no_deadlock),
      RUN(a_link_that_is_closed_flushes_first_and_both_hear_why),
      RUN(the_other_side_flushes_too_before_it_answers_with_its_fin),
      RUN(more_than_the_windows_hold_arrives_both_ways_when_one_end_closes),
      RUN(a_peer_that_never_answers_a_close_is_given_up_after_the_liveness_timeout),
      RUN(an_aborted_link_is_down_in_the_next_turn_and_the_other_side_sees_the_network),
      RUN(an_owner_may_abort_or_close_inside_on_up),
      RUN(a_reset_from_outside_takes_both_sides_down), RUN(both_closing_at_once_is_in_order),
      RUN(a_negotiation_nobody_answers_ends_by_the_timer), RUN(an_idle_link_wakes_nobody))
