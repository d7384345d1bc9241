#include "yamux_end.h"

#define W YAMUX_WINDOW_UPDATE
#define D YAMUX_DATA

static uint8_t zeroes[1 * MIB];

TEST(output_stays_near_what_was_asked_for)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES(zeroes, 200000)), 0);
	while (yamux_has_output(e->y)) {
		size_t before = buf_len(&e->out);

		assert_true(yamux_output(e->y, &e->out, 16 * KIB));
		assert_true(buf_len(&e->out) - before <= 16 * KIB + 1024);
	}
	assert_false(yamux_output(e->y, &e->out, 16 * KIB));
	assert_int_equal(yamux_queued(e->y), 0);
	end_free(e);
}

TEST(frames_are_as_large_as_allowed_and_never_larger)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES(zeroes, 150000)), 0);
	assert_true(yamux_output(e->y, &e->out, SIZE_MAX / 2));
	assert_frame(e, W, YAMUX_SYN, 1, 0);
	assert_frame(e, D, 0, 1, LIMIT_YAMUX_FRAME);
	assert_frame(e, D, 0, 1, LIMIT_YAMUX_FRAME);
	assert_frame(e, D, 0, 1, 150000 - 2 * LIMIT_YAMUX_FRAME);
	end_free(e);
}

TEST(many_small_writes_leave_in_one_frame)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	for (int i = 0; i < 1000; i++)
		assert_int_equal(end_write(v, BYTES(zeroes, 7)), 0);
	assert_frame(e, W, YAMUX_SYN, 1, 0);
	assert_frame(e, D, 0, 1, 7000);
	assert_no_frame(e);
	end_free(e);
}

TEST(streams_take_turns)
{
	struct end *e = end_new(true);
	struct seen *v[3] = { end_open(e), end_open(e), end_open(e) };

	end_flush(e);
	buf_clear(&e->out);
	assert_int_equal(end_write(v[0], BYTES(zeroes, 200000)), 0);
	assert_int_equal(end_write(v[1], BYTES(zeroes, 10)), 0);
	assert_int_equal(end_write(v[2], BYTES(zeroes, 10)), 0);
	assert_frame(e, D, 0, 1, LIMIT_YAMUX_FRAME);
	assert_frame(e, D, 0, 3, 10);
	assert_frame(e, D, 0, 5, 10);
	assert_frame(e, D, 0, 1, LIMIT_YAMUX_FRAME);
	end_free(e);
}

TEST(a_stream_without_credit_does_not_stop_the_others)
{
	struct end *e = end_new(true);
	struct seen *a = end_open(e), *b = end_open(e);

	assert_int_equal(end_write(a, BYTES(zeroes, 300000)), 0);
	end_flush(e);
	buf_clear(&e->out);
	assert_false(yamux_has_output(e->y));
	assert_int_equal(end_write(b, BYTES(zeroes, 5)), 0);
	assert_frame(e, D, 0, 3, 5);
	assert_no_frame(e);
	/* Credit in the update that acknowledges, and in later ones, adds to the 256 KiB. */
	assert_int_equal(end_feed(e, W, YAMUX_ACK, 1, 1000), 0);
	assert_frame(e, D, 0, 1, 1000);
	assert_int_equal(end_feed(e, W, 0, 1, 500), 0);
	assert_frame(e, D, 0, 1, 500);
	assert_no_frame(e);
	end_free(e);
}

TEST(credit_given_with_syn_adds_to_the_256_kib)
{
	struct end *e = end_new(false);

	assert_int_equal(end_feed(e, W, YAMUX_SYN, 1, 5), 0);
	assert_int_equal(end_write(&e->seen[0], BYTES(zeroes, 300000)), 0);
	end_flush(e);
	assert_int_equal(yamux_queued(e->y), 300000 - 256 * KIB - 5);
	end_free(e);
}

TEST(the_session_speaks_before_its_streams_and_says_goodbye_after_them)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES(zeroes, 10)), 0);
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_SYN, 0, 5), 0);
	yamux_ping(e->y, e->now);
	yamux_go_away(e->y, 0);
	yamux_stream_close(v->s);
	assert_frame(e, YAMUX_PING, YAMUX_ACK, 0, 5);
	assert_frame(e, YAMUX_PING, YAMUX_SYN, 0, 1);
	assert_frame(e, W, YAMUX_SYN, 1, 0);
	assert_frame(e, D, 0, 1, 10);
	assert_frame(e, W, YAMUX_FIN, 1, 0);
	assert_frame(e, YAMUX_GO_AWAY, 0, 0, 0);
	assert_no_frame(e);
	end_free(e);
}

TEST(a_goodbye_waits_for_what_waits_for_credit)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES(zeroes, 256 * KIB + 100)), 0);
	yamux_stream_close(v->s);
	yamux_go_away(e->y, 0);
	end_flush(e);
	assert_false(yamux_has_output(e->y));
	assert_false(yamux_output(e->y, &e->out, 1000));
	assert_false(yamux_has_gone(e->y));
	buf_clear(&e->out);
	assert_int_equal(end_feed(e, W, 0, 1, 60), 0);
	assert_frame(e, D, 0, 1, 60);
	assert_no_frame(e);
	assert_int_equal(end_feed(e, W, 0, 1, 60), 0);
	assert_frame(e, D, 0, 1, 40);
	assert_frame(e, W, YAMUX_FIN, 1, 0);
	assert_frame(e, YAMUX_GO_AWAY, 0, 0, 0);
	assert_no_frame(e);
	assert_true(yamux_has_gone(e->y));
	end_free(e);
}

TEST(a_goodbye_that_lingers_waits_for_the_fin_that_answers_ours)
{
	struct end *e = end_new(true);
	struct seen *open = end_open(e), *closed = end_open(e), *other = end_open(e);

	assert_non_null(open->s);
	end_flush(e);
	yamux_stream_close(closed->s);
	yamux_linger(e->y, true);
	yamux_go_away(e->y, 0);
	assert_false(yamux_is_lingering(e->y)); /* our FIN comes first */
	end_flush(e);
	buf_clear(&e->out);
	assert_true(yamux_is_lingering(e->y));
	assert_false(yamux_has_output(e->y));
	assert_int_equal(end_feed(e, W, YAMUX_FIN, 3, 0), 0);
	assert_false(yamux_is_lingering(e->y));
	yamux_stream_forget(other->s);
	assert_frame(e, W, YAMUX_FIN, 5, 0);
	assert_no_frame(e);
	assert_true(yamux_is_lingering(e->y));
	yamux_linger(e->y, false);
	assert_false(yamux_is_lingering(e->y));
	assert_frame(e, YAMUX_GO_AWAY, 0, 0, 0);
	assert_true(yamux_has_gone(e->y));
	end_free(e);
}

TEST(what_is_owed_after_the_goodbye_still_leaves)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	end_flush(e);
	yamux_go_away(e->y, 0);
	end_flush(e);
	buf_clear(&e->out);
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_SYN, 0, 5), 0);
	assert_frame(e, YAMUX_PING, YAMUX_ACK, 0, 5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(end_feed_data(e, YAMUX_ACK, 1, 50000), 0);
	assert_int_equal(v->n_data, 200000);
	assert_true(yamux_has_output(e->y));
	end_free(e);
}

/* Everything that can be owed at once, into a buffer of each size: nothing is lost, nothing cut. */
TEST(a_full_buffer_loses_nothing)
{
	for (size_t max = 0; max < 300; max++) {
		struct end *e = end_new(true), *peer = end_new(false);
		struct seen *v = end_open(e);
		struct buf small;

		buf_init(&small, max);
		assert_int_equal(end_write(v, BYTES(zeroes, 100)), 0);
		yamux_stream_close(v->s);
		yamux_stream_reset(end_open(e)->s, 0);
		assert_int_equal(end_feed(e, W, YAMUX_SYN, 2, 0), 0);
		yamux_stream_reset(e->seen[2].s, 3);
		assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_SYN, 0, 5), 0);
		yamux_ping(e->y, e->now);
		yamux_go_away(e->y, 0);

		yamux_output(e->y, &small, 1000);
		assert_int_equal(yamux_input(peer->y, buf_data(&small), peer->now), 0);
		buf_deinit(&small);
		assert_int_equal(buf_len(&e->out), 0);
		end_flush(e);
		assert_int_equal(yamux_input(peer->y, buf_data(&e->out), peer->now), 0);
		assert_int_equal(peer->n_go_aways, 1);
		assert_int_equal(peer->n_seen, 1);
		assert_int_equal(peer->seen[0].n_data, 100);
		assert_int_equal(peer->seen[0].n_eof, 1);
		end_free(e);
		end_free(peer);
	}
}

TEST(a_stream_of_low_priority_sends_when_no_other_can)
{
	static const uint8_t some[1000];
	struct end *e = end_new(true);
	struct seen *low = end_open(e), *usual = end_open(e);

	assert_int_equal(end_write(low, BYTES(some, sizeof(some))), 0);
	yamux_stream_set_low(low->s, true);
	assert_int_equal(end_write(usual, BYTES(some, sizeof(some))), 0);
	yamux_stream_close(usual->s);
	assert_frame(e, YAMUX_WINDOW_UPDATE, YAMUX_SYN, 1, 0);
	assert_frame(e, YAMUX_WINDOW_UPDATE, YAMUX_SYN, 3, 0);
	assert_frame(e, YAMUX_DATA, 0, 3, sizeof(some));
	assert_frame(e, YAMUX_WINDOW_UPDATE, YAMUX_FIN, 3, 0);
	assert_frame(e, YAMUX_DATA, 0, 1, sizeof(some));
	assert_no_frame(e);
	end_free(e);
}

TESTS(RUN(a_stream_of_low_priority_sends_when_no_other_can),
      RUN(output_stays_near_what_was_asked_for),
      RUN(frames_are_as_large_as_allowed_and_never_larger),
      RUN(many_small_writes_leave_in_one_frame), RUN(streams_take_turns),
      RUN(a_stream_without_credit_does_not_stop_the_others),
      RUN(credit_given_with_syn_adds_to_the_256_kib),
      RUN(the_session_speaks_before_its_streams_and_says_goodbye_after_them),
      RUN(a_goodbye_waits_for_what_waits_for_credit),
      RUN(a_goodbye_that_lingers_waits_for_the_fin_that_answers_ours),
      RUN(what_is_owed_after_the_goodbye_still_leaves), RUN(a_full_buffer_loses_nothing))
