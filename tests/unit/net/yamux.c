#include "yamux_end.h"

#define W YAMUX_WINDOW_UPDATE
#define D YAMUX_DATA

TEST(streams_are_opened_by_a_window_update_or_by_data_with_syn)
{
	struct end *e = end_new(true);

	assert_int_equal(end_feed(e, W, YAMUX_SYN, 2, 0), 0);
	assert_int_equal(end_feed_data(e, YAMUX_SYN, 4, 10), 0);
	assert_int_equal(e->n_seen, 2);
	assert_int_equal(e->seen[0].id, 2);
	assert_int_equal(e->seen[1].id, 4);
	assert_int_equal(e->seen[1].n_data, 10);
	assert_frame(e, W, YAMUX_ACK, 2, 0);
	assert_frame(e, W, YAMUX_ACK, 4, 0);
	assert_no_frame(e);
	end_free(e);
}

TEST(fin_rides_on_data_or_on_a_window_update_and_comes_after_the_data)
{
	struct end *e = end_new(false);

	assert_int_equal(end_feed_data(e, YAMUX_SYN | YAMUX_FIN, 1, 10), 0);
	assert_int_equal(e->seen[0].n_data, 10);
	assert_int_equal(e->seen[0].n_eof, 1);
	assert_int_equal(end_feed(e, W, YAMUX_SYN | YAMUX_FIN, 3, 0), 0);
	assert_int_equal(e->seen[1].n_eof, 1);
	assert_int_equal(end_feed_data(e, YAMUX_SYN, 5, 1), 0);
	assert_int_equal(end_feed(e, D, YAMUX_FIN, 5, 0), 0);
	assert_int_equal(e->seen[2].n_eof, 1);
	/* A second FIN, and data after it, mean nothing. */
	assert_int_equal(end_feed_data(e, YAMUX_FIN, 5, 300000), 0);
	assert_int_equal(e->seen[2].n_eof, 1);
	assert_int_equal(e->seen[2].n_data, 1);
	assert_int_equal(e->seen[2].n_end, 0);
	end_free(e);
}

TEST(a_stream_ends_when_both_sides_have_closed_in_either_order)
{
	struct end *e = end_new(false);

	assert_int_equal(end_feed(e, W, YAMUX_SYN, 1, 0), 0);
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 3, 0), 0);
	yamux_stream_close(e->seen[0].s);
	end_flush(e);
	assert_int_equal(end_feed(e, W, YAMUX_FIN, 1, 0), 0);
	assert_int_equal(e->seen[0].n_eof, 1);
	assert_int_equal(e->seen[0].n_end, 1);
	assert_int_equal(e->seen[0].end, YAMUX_END_DONE);

	assert_int_equal(end_feed(e, W, YAMUX_FIN, 3, 0), 0);
	yamux_stream_close(e->seen[1].s);
	assert_false(yamux_has_events(e->y));
	end_flush(e);
	assert_int_equal(e->seen[1].n_end, 0);
	assert_true(yamux_has_events(e->y));
	yamux_events(e->y);
	assert_int_equal(e->seen[1].n_end, 1);
	assert_int_equal(yamux_n_streams(e->y), 0);
	end_free(e);
}

TEST(rst_rides_on_both_frames_and_its_code_is_no_credit)
{
	struct end *e = end_new(false);

	for (uint32_t id = 1; id <= 5; id += 2)
		assert_int_equal(end_feed(e, W, YAMUX_SYN, id, 0), 0);
	assert_int_equal(end_feed(e, W, YAMUX_RST, 1, UINT32_MAX), 0);
	assert_int_equal(e->seen[0].end, YAMUX_END_RESET);
	assert_int_equal(e->seen[0].code, UINT32_MAX);
	/* What follows a reset on a data frame is still there to be skipped. */
	assert_int_equal(end_feed_data(e, YAMUX_RST, 3, 500000), 0);
	assert_int_equal(e->seen[1].end, YAMUX_END_RESET);
	assert_int_equal(e->seen[1].code, 0);
	assert_int_equal(e->seen[1].n_data, 0);
	assert_int_equal(end_feed_data(e, 0, 5, 5), 0);
	assert_int_equal(e->seen[2].n_data, 5);
	/* Opened and reset at once. */
	assert_int_equal(end_feed(e, W, YAMUX_SYN | YAMUX_RST, 7, 3), 0);
	assert_int_equal(e->seen[3].code, 3);
	assert_int_equal(yamux_n_streams(e->y), 1);
	end_free(e);
}

TEST(frames_for_streams_that_are_not_there_are_drained)
{
	struct end *e = end_new(false);

	assert_int_equal(end_feed_data(e, 0, 9, LIMIT_YAMUX_FRAME_IN), 0);
	assert_int_equal(end_feed_data(e, YAMUX_FIN, 2, 100), 0);
	assert_int_equal(end_feed(e, W, YAMUX_RST, 9, 1), 0);
	assert_int_equal(end_feed(e, W, YAMUX_FIN, 9, 0), 0);
	assert_int_equal(end_feed(e, W, 0, 9, UINT32_MAX), 0);
	assert_int_equal(e->n_seen, 0);
	assert_no_frame(e);
	/* Likewise after our own reset. */
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 1, 0), 0);
	yamux_stream_reset(e->seen[0].s, 0x55);
	assert_int_equal(end_feed_data(e, 0, 1, 300000), 0);
	assert_int_equal(e->seen[0].n_data, 0);
	assert_frame(e, W, YAMUX_RST, 1, 0x55);
	assert_no_frame(e);
	end_free(e);
}

TEST(data_is_handed_on_as_it_comes_and_frames_are_never_collected)
{
	struct end *e = end_new(false);
	uint8_t byte = 1;

	assert_int_equal(end_feed(e, D, YAMUX_SYN, 1, 200000), 0);
	for (size_t i = 1; i <= 1000; i++) {
		assert_int_equal(yamux_input(e->y, BYTES(&byte, 1), e->now), 0);
		assert_int_equal(e->seen[0].n_data, i);
	}
	end_free(e);
}

TEST(every_split_of_the_input_means_the_same)
{
	/* Opens 1, sends "hello" and FIN on it, pings, updates an unknown stream, goes away. */
	const struct bytes in = HEX("00 01 0001 00000001 00000000  00 00 0004 00000001 00000005"
				    "68656c6c6f  00 02 0001 00000000 01020304"
				    "00 01 0000 00000009 00000001  00 03 0000 00000000 00000000");

	for (size_t cut = 0; cut <= in.n; cut++) {
		struct end *e = end_new(false);

		assert_int_equal(yamux_input(e->y, BYTES(in.p, cut), e->now), 0);
		assert_int_equal(yamux_input(e->y, BYTES(in.p + cut, in.n - cut), e->now), 0);
		assert_bytes(buf_data(&e->seen[0].data), "hello");
		assert_int_equal(e->seen[0].n_eof, 1);
		assert_int_equal(e->n_go_aways, 1);
		assert_frame(e, YAMUX_PING, YAMUX_ACK, 0, 0x01020304);
		assert_frame(e, W, YAMUX_ACK, 1, 0);
		assert_no_frame(e);
		end_free(e);
	}
}

TEST(protocol_errors_end_the_session_with_a_go_away)
{
	static const struct {
		const char *in;
		int error;
	} cases[] = {
		{ "01 00 0000 00000001 00000000", YAMUX_E_VERSION },
		{ "00 04 0000 00000001 00000000", YAMUX_E_TYPE },
		{ "00 00 0010 00000001 00000000", YAMUX_E_FLAGS },
		{ "00 02 0000 00000000 00000000", YAMUX_E_FLAGS },
		{ "00 00 0000 00000000 00000000", YAMUX_E_STREAM_ID },
		{ "00 01 0001 00000000 00000000", YAMUX_E_STREAM_ID },
		{ "00 01 0001 00000002 00000000", YAMUX_E_STREAM_ID },
		{ "00 01 0001 00000001 00000000 00 01 0001 00000001 00000000", YAMUX_E_STREAM_ID },
		{ "00 00 0000 00000001 01000001", YAMUX_E_FRAME },
		{ "00 00 0001 00000001 00040001", YAMUX_E_WINDOW },
		{ "00 01 0001 00000001 fffc0000", YAMUX_E_WINDOW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct end *e = end_new(false);
		struct yamux_stream *s;

		assert_int_equal(yamux_input(e->y, HEX(cases[i].in), e->now), cases[i].error);
		assert_int_equal(yamux_input(e->y, HEX(cases[i].in), e->now), cases[i].error);
		assert_int_equal(yamux_open(e->y, NULL, &s), -ESHUTDOWN);
		assert_frame(e, YAMUX_GO_AWAY, 0, 0, YAMUX_GO_AWAY_PROTOCOL);
		assert_false(yamux_has_output(e->y));
		yamux_ping(e->y, e->now);
		assert_no_frame(e);
		end_free(e);
	}
}

TEST(credit_up_to_2_to_the_32_minus_1_is_fine)
{
	struct end *e = end_new(false);

	assert_int_equal(end_feed(e, W, YAMUX_SYN, 1, UINT32_MAX - 256 * KIB), 0);
	assert_int_equal(end_feed(e, W, 0, 1, 0), 0);
	assert_int_equal(end_feed(e, W, 0, 1, 1), YAMUX_E_WINDOW);
	end_free(e);
}

TEST(a_ping_is_answered_with_its_value)
{
	struct end *e = end_new(true);

	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_SYN, 0, 0xcafe), 0);
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_SYN, 0, 0xcaff), 0);
	assert_frame(e, YAMUX_PING, YAMUX_ACK, 0, 0xcafe);
	assert_frame(e, YAMUX_PING, YAMUX_ACK, 0, 0xcaff);
	assert_no_frame(e);
	end_free(e);
}

TEST(a_flood_of_pings_is_remembered_up_to_its_maximum)
{
	struct end *e = end_new(true);

	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_SYN, 0, i), 0);
	end_flush(e);
	assert_int_equal(buf_len(&e->out), LIMIT_YAMUX_PONGS * YAMUX_HEADER_SIZE);
	assert_frame(e, YAMUX_PING, YAMUX_ACK, 0, 0);
	end_free(e);
}

TEST(our_ping_measures_the_round_trip_and_only_its_own_value_counts)
{
	struct end *e = end_new(true);
	struct yamux_header h;

	assert_true(mono_is_never(yamux_ping_sent_at(e->y)));
	yamux_ping(e->y, e->now);
	assert_int_equal(yamux_ping_sent_at(e->y).ns, e->now.ns);
	/* An answer to what was not sent yet is a guess. */
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_ACK, 0, 1), 0);
	assert_int_equal(e->n_pongs, 0);
	h = end_next(e);
	assert_int_equal(h.type, YAMUX_PING);
	assert_int_equal(h.flags, YAMUX_SYN);

	e->now = mono_add_ms(e->now, 3);
	yamux_ping(e->y, e->now);
	assert_no_frame(e);
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_ACK, 0, h.length + 1), 0);
	assert_int_equal(e->n_pongs, 0);
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_ACK, 0, h.length), 0);
	assert_int_equal(end_feed(e, YAMUX_PING, YAMUX_ACK, 0, h.length), 0);
	assert_int_equal(e->n_pongs, 1);
	assert_int_equal(e->rtt, 3 * NS_PER_MS);
	assert_int_equal(yamux_rtt_ns(e->y), 3 * NS_PER_MS);
	assert_true(mono_is_never(yamux_ping_sent_at(e->y)));
	end_free(e);
}

TEST(after_the_peers_go_away_nothing_is_opened_but_streams_live_on)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);
	struct yamux_stream *s;

	assert_frame(e, W, YAMUX_SYN, 1, 0);
	assert_int_equal(end_feed(e, YAMUX_GO_AWAY, 0, 0, 77), 0);
	assert_int_equal(end_feed(e, YAMUX_GO_AWAY, 0, 0, 78), 0);
	assert_int_equal(e->n_go_aways, 1);
	assert_int_equal(e->go_away_code, 77);
	assert_int_equal(yamux_open(e->y, NULL, &s), -ESHUTDOWN);
	assert_int_equal(end_feed_data(e, YAMUX_ACK, 1, 5), 0);
	assert_int_equal(v->n_data, 5);
	assert_int_equal(end_write(v, BYTES_LITERAL("more")), 0);
	assert_frame(e, D, 0, 1, 4);
	end_free(e);
}

TEST(after_our_go_away_we_open_nothing_and_serve_what_the_peer_opens)
{
	struct end *e = end_new(true);
	struct yamux_stream *s;

	yamux_go_away(e->y, YAMUX_GO_AWAY_NORMAL);
	yamux_go_away(e->y, YAMUX_GO_AWAY_INTERNAL);
	assert_frame(e, YAMUX_GO_AWAY, 0, 0, YAMUX_GO_AWAY_NORMAL);
	assert_int_equal(yamux_open(e->y, NULL, &s), -ESHUTDOWN);
	/* It had not heard of it. */
	assert_int_equal(end_feed_data(e, YAMUX_SYN, 2, 100), 0);
	assert_int_equal(e->n_seen, 1);
	assert_int_equal(e->seen[0].n_data, 100);
	assert_frame(e, W, YAMUX_ACK, 2, 0);
	assert_no_frame(e);
	end_free(e);
}

TEST(streams_beyond_the_maximum_are_reset_and_the_session_lives)
{
	struct end *e = end_new(true);

	for (uint32_t i = 1; i <= LIMIT_YAMUX_STREAMS; i++)
		assert_int_equal(end_feed(e, W, YAMUX_SYN, i * 2, 0), 0);
	end_flush(e);
	buf_clear(&e->out);
	assert_int_equal(end_feed_data(e, YAMUX_SYN, 5000, 100), 0);
	assert_int_equal(yamux_n_streams(e->y), LIMIT_YAMUX_STREAMS);
	assert_frame(e, W, YAMUX_RST, 5000, 0);
	assert_int_equal(end_feed_data(e, 0, 2, 100), 0);
	assert_int_equal(e->seen[0].n_data, 100);
	end_free(e);
}

TEST(a_peer_that_opens_for_ever_and_reads_nothing_is_ended)
{
	struct end *e = end_new(true);
	uint32_t n = 0;
	int r = 0;

	e->refuse = true;
	while (r == 0 && n < 100000)
		r = end_feed(e, W, YAMUX_SYN, ++n * 2, 0);
	assert_int_equal(r, YAMUX_E_FLOOD);
	assert_int_equal(n, LIMIT_YAMUX_RESETS + 1);
	assert_frame(e, YAMUX_GO_AWAY, 0, 0, YAMUX_GO_AWAY_PROTOCOL);
	assert_no_frame(e);
	end_free(e);
}

TEST(closing_ends_every_stream_once_oldest_first)
{
	struct end *e = end_new(true);
	struct yamux_stream *s;

	for (size_t i = 0; i < 5; i++)
		end_open(e);
	yamux_close(e->y);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(e->seen[i].n_end, 1);
		assert_int_equal(e->seen[i].end, YAMUX_END_SESSION);
	}
	assert_int_equal(yamux_open(e->y, NULL, &s), -ESHUTDOWN);
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 2, 0), 0);
	assert_int_equal(e->n_seen, 5);
	end_free(e);
}

static void close_session(struct end *e, struct seen *v)
{
	(void)v;
	yamux_close(e->y);
}

TEST(the_session_may_be_closed_from_any_callback)
{
	for (int i = 0; i < 3; i++) {
		struct end *e = end_new(false);

		e->data_hook = i == 0 ? close_session : NULL;
		e->eof_hook = i == 1 ? close_session : NULL;
		e->end_hook = i == 2 ? close_session : NULL;
		assert_int_equal(end_feed(e, W, YAMUX_SYN, 3, 0), 0);
		assert_int_equal(end_feed_data(e, YAMUX_SYN | YAMUX_FIN, 1, 9), 0);
		assert_int_equal(end_feed(e, W, YAMUX_RST, 1, 0), 0);
		assert_int_equal(e->seen[0].n_end, 1);
		assert_int_equal(e->seen[1].n_end, 1);
		assert_int_equal(yamux_n_streams(e->y), 0);
		end_free(e);
	}
}

static void reset_it(struct end *e, struct seen *v)
{
	struct yamux_stream *s = v->s;

	(void)e;
	v->s = NULL;
	yamux_stream_reset(s, 9);
}

static void forget_it(struct end *e, struct seen *v)
{
	struct yamux_stream *s = v->s;

	(void)e;
	v->s = NULL;
	yamux_stream_forget(s);
}

TEST(a_stream_may_be_reset_or_forgotten_from_its_own_callbacks)
{
	for (int i = 0; i < 4; i++) {
		struct end *e = end_new(false);

		e->data_hook = i == 0 ? reset_it : i == 1 ? forget_it : NULL;
		e->eof_hook = i == 2 ? reset_it : i == 3 ? forget_it : NULL;
		assert_int_equal(end_feed(e, D, YAMUX_SYN | YAMUX_FIN, 1, 4), 0);
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(end_feed_zeroes(e, 1), 0);
		assert_int_equal(e->seen[0].n_data, i < 2 ? 1 : 4);
		end_flush(e);
		assert_int_equal(yamux_n_streams(e->y), 0);
		assert_int_equal(e->seen[0].n_end, 0);
		end_free(e);
	}
}

TESTS(RUN(streams_are_opened_by_a_window_update_or_by_data_with_syn),
      RUN(fin_rides_on_data_or_on_a_window_update_and_comes_after_the_data),
      RUN(a_stream_ends_when_both_sides_have_closed_in_either_order),
      RUN(rst_rides_on_both_frames_and_its_code_is_no_credit),
      RUN(frames_for_streams_that_are_not_there_are_drained),
      RUN(data_is_handed_on_as_it_comes_and_frames_are_never_collected),
      RUN(every_split_of_the_input_means_the_same),
      RUN(protocol_errors_end_the_session_with_a_go_away),
      RUN(credit_up_to_2_to_the_32_minus_1_is_fine), RUN(a_ping_is_answered_with_its_value),
      RUN(a_flood_of_pings_is_remembered_up_to_its_maximum),
      RUN(our_ping_measures_the_round_trip_and_only_its_own_value_counts),
      RUN(after_the_peers_go_away_nothing_is_opened_but_streams_live_on),
      RUN(after_our_go_away_we_open_nothing_and_serve_what_the_peer_opens),
      RUN(streams_beyond_the_maximum_are_reset_and_the_session_lives),
      RUN(a_peer_that_opens_for_ever_and_reads_nothing_is_ended),
      RUN(closing_ends_every_stream_once_oldest_first),
      RUN(the_session_may_be_closed_from_any_callback),
      RUN(a_stream_may_be_reset_or_forgotten_from_its_own_callbacks))
