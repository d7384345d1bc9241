#include "yamux_end.h"

#include "net/yamux_priv.h"

#define W YAMUX_WINDOW_UPDATE
#define HALF (128 * KIB)

static struct end *with_stream(void)
{
	struct end *e = end_new(false);

	e->keep = false;
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 1, 0), 0);
	assert_frame(e, W, YAMUX_ACK, 1, 0);
	return e;
}

/* A session that knows its round trip. */
static void measure(struct end *e, uint64_t ms)
{
	yamux_ping(e->y, e->now);
	end_flush(e);
	buf_clear(&e->out);
	e->now = mono_add_ms(e->now, ms);
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_ACK, 0, e->y->ping_value), 0);
}

TEST(credit_returns_when_half_the_window_is_used_and_not_before)
{
	struct end *e = with_stream();

	assert_int_equal(end_feed_data(e, 0, 1, HALF - 1), 0);
	assert_no_frame(e);
	assert_int_equal(end_feed_data(e, 0, 1, 1), 0);
	assert_frame(e, W, 0, 1, HALF);
	assert_no_frame(e);
	end_free(e);
}

TEST(only_what_has_come_is_credited_in_the_middle_of_a_frame)
{
	struct end *e = with_stream();

	assert_int_equal(end_feed(e, YAMUX_DATA, 0, 1, 256 * KIB), 0);
	assert_int_equal(end_feed_zeroes(e, HALF + 5), 0);
	assert_frame(e, W, 0, 1, HALF + 5);
	assert_int_equal(end_feed_zeroes(e, HALF - 5), 0);
	assert_no_frame(e);
	assert_int_equal(end_feed_data(e, 0, 1, 5), 0);
	assert_frame(e, W, 0, 1, HALF);
	end_free(e);
}

TEST(the_last_byte_of_credit_may_be_used_and_not_one_more)
{
	struct end *e = with_stream();

	yamux_stream_hold(e->seen[0].s, true);
	assert_int_equal(end_feed_data(e, 0, 1, 256 * KIB), 0);
	assert_int_equal(end_feed(e, YAMUX_DATA, 0, 1, 0), 0);
	assert_int_equal(end_feed(e, YAMUX_DATA, 0, 1, 1), YAMUX_E_WINDOW);
	end_free(e);
}

TEST(credit_that_was_not_sent_yet_may_not_be_used)
{
	struct end *e = with_stream();

	assert_int_equal(end_feed_data(e, 0, 1, 256 * KIB), 0);
	assert_int_equal(end_feed(e, YAMUX_DATA, 0, 1, 1), YAMUX_E_WINDOW);
	end_free(e);
}

TEST(a_held_stream_gives_no_credit_until_it_is_let_go)
{
	struct end *e = with_stream();
	struct yamux_stream *s = e->seen[0].s;

	yamux_stream_hold(s, true);
	assert_int_equal(end_feed_data(e, 0, 1, 200 * KIB), 0);
	assert_no_frame(e);
	yamux_stream_hold(s, false);
	assert_frame(e, W, 0, 1, 200 * KIB);
	/* Held after credit had become due. */
	assert_int_equal(end_feed_data(e, 0, 1, 200 * KIB), 0);
	yamux_stream_hold(s, true);
	assert_false(yamux_has_output(e->y));
	yamux_stream_hold(s, false);
	assert_frame(e, W, 0, 1, 200 * KIB);
	end_free(e);
}

TEST(a_stream_the_peer_has_closed_gets_no_more_credit)
{
	struct end *e = with_stream();

	assert_int_equal(end_feed_data(e, YAMUX_FIN, 1, 200 * KIB), 0);
	assert_no_frame(e);
	yamux_stream_hold(e->seen[0].s, true);
	yamux_stream_hold(e->seen[0].s, false);
	assert_no_frame(e);
	end_free(e);
}

TEST(a_window_used_up_within_four_round_trips_doubles)
{
	struct end *e = with_stream();

	measure(e, 10);
	assert_int_equal(end_feed_data(e, 0, 1, HALF), 0);
	assert_frame(e, W, 0, 1, HALF + 256 * KIB);
	e->now = mono_add_ms(e->now, 39);
	assert_int_equal(end_feed_data(e, 0, 1, 256 * KIB), 0);
	assert_frame(e, W, 0, 1, 256 * KIB + 512 * KIB);
	e->now = mono_add_ms(e->now, 40);
	assert_int_equal(end_feed_data(e, 0, 1, 512 * KIB), 0);
	assert_frame(e, W, 0, 1, 512 * KIB);
	end_free(e);
}

TEST(without_a_known_round_trip_windows_stay_as_they_are)
{
	struct end *e = with_stream();

	for (int i = 0; i < 10; i++) {
		assert_int_equal(end_feed_data(e, 0, 1, HALF), 0);
		assert_frame(e, W, 0, 1, HALF);
	}
	end_free(e);
}

TEST(a_round_trip_counts_as_a_millisecond_at_least)
{
	struct end *e = with_stream();

	measure(e, 0);
	e->now = mono_add_ms(e->now, 3);
	assert_int_equal(end_feed_data(e, 0, 1, HALF), 0);
	assert_frame(e, W, 0, 1, HALF + 256 * KIB);
	e->now = mono_add_ms(e->now, 4);
	assert_int_equal(end_feed_data(e, 0, 1, 256 * KIB), 0);
	assert_frame(e, W, 0, 1, 256 * KIB);
	end_free(e);
}

/* Uses up windows as fast as they are given, until they grow no more; the last window. */
static size_t grown(struct end *e, uint32_t id)
{
	size_t window = 256 * KIB;

	for (int i = 0; i < 12; i++) {
		for (size_t left = window; left > 0; left -= size_min(left, 64 * KIB))
			assert_int_equal(end_feed_data(e, 0, id, size_min(left, 64 * KIB)), 0);
		window = end_next(e).length;
	}
	return window;
}

TEST(windows_stop_at_their_own_maximum_and_at_that_of_the_link)
{
	struct end *e = with_stream();

	measure(e, 10);
	assert_int_equal(grown(e, 1), LIMIT_YAMUX_WINDOW);
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 3, 0), 0);
	assert_frame(e, W, YAMUX_ACK, 3, 0);
	assert_int_equal(grown(e, 3), LIMIT_YAMUX_WINDOW);
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 5, 0), 0);
	assert_frame(e, W, YAMUX_ACK, 5, 0);
	/* What the first two have left of it. */
	assert_int_equal(grown(e, 5), 768 * KIB);
	assert_int_equal(e->y->window_more, LIMIT_YAMUX_WINDOW_LINK);
	/* A stream that ends gives its part back. */
	yamux_stream_reset(e->seen[0].s, 0);
	assert_int_equal(e->y->window_more,
			 LIMIT_YAMUX_WINDOW_LINK - LIMIT_YAMUX_WINDOW + 256 * KIB);
	end_free(e);
}

TEST(no_window_grows_while_memory_is_short)
{
	struct end *e = with_stream();
	struct budget budget;
	struct budget_account account;
	struct charge charge;

	budget_init(&budget, 16 * MIB);
	budget_account_init(&account, &budget);
	charge_init(&charge, &account);
	charge_take(&charge, BUDGET_STREAMS, LIMIT_STREAM_COST); /* the one that is there */
	yamux_charge_to(e->y, &charge);
	measure(e, 10);
	charge_take(&charge, BUDGET_SEND, 13 * MIB);
	assert_int_equal(end_feed_data(e, 0, 1, HALF), 0);
	assert_frame(e, W, 0, 1, HALF);
	charge_give(&charge, BUDGET_SEND, 13 * MIB);
	assert_int_equal(end_feed_data(e, 0, 1, HALF), 0);
	assert_frame(e, W, 0, 1, HALF + 256 * KIB);
	end_free(e);
	charge_deinit(&charge);
}

TESTS(RUN(no_window_grows_while_memory_is_short),
      RUN(credit_returns_when_half_the_window_is_used_and_not_before),
      RUN(only_what_has_come_is_credited_in_the_middle_of_a_frame),
      RUN(the_last_byte_of_credit_may_be_used_and_not_one_more),
      RUN(credit_that_was_not_sent_yet_may_not_be_used),
      RUN(a_held_stream_gives_no_credit_until_it_is_let_go),
      RUN(a_stream_the_peer_has_closed_gets_no_more_credit),
      RUN(a_window_used_up_within_four_round_trips_doubles),
      RUN(without_a_known_round_trip_windows_stay_as_they_are),
      RUN(a_round_trip_counts_as_a_millisecond_at_least),
      RUN(windows_stop_at_their_own_maximum_and_at_that_of_the_link))
