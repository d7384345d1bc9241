#include "net/link_end.h"

#include <stdlib.h>

#include "base/limits.h"
#include "net/link_priv.h"

static const char *const echo[] = { "/echo/1", NULL };

TEST(every_reason_has_a_text_of_its_own)
{
	for (int i = LINK_CLOSED; i <= LINK_NO_MEMORY; i++) {
		assert_true(strlen(link_reason_text((enum link_reason)i)) > 0);
		for (int j = LINK_CLOSED; j < i; j++)
			assert_string_not_equal(link_reason_text((enum link_reason)i),
						link_reason_text((enum link_reason)j));
	}
	assert_string_equal(link_reason_text(LINK_DUPLICATE), "duplicate");
}

TEST(a_link_closed_by_us_says_goodbye_and_writes_nothing_new)
{
	struct bytes v = BYTES_LITERAL("queued before");
	struct stream *s, *more;
	struct end a, b;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(stream_write(s, &v, 1), 0);
	link_close(a.l, LINK_DUPLICATE);
	assert_true(link_is_closing(a.l) && link_is_going(a.l) && link_is_up(a.l));
	assert_false(link_is_drained(a.l));
	assert_int_equal(stream_write(s, &v, 1), -EPIPE);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &more), -ESHUTDOWN);
	ends_talk(&a, &b, 0, AT(2));
	assert_bytes(buf_data(&b.got), "queued before");
	assert_true(link_is_drained(a.l));
	assert_int_equal(b.n_going, 1);
	/* And so did the other end, having nothing more to say. */
	assert_true(link_is_going(b.l) && link_is_closing(b.l) && link_is_drained(b.l));
	assert_int_equal(link_reason(b.l), LINK_CLOSED);
	assert_int_equal(link_reason(a.l), LINK_DUPLICATE);
	assert_int_equal(a.n_going, 0);
	ends_deinit(&a, &b);
}

TEST(a_closing_link_still_hears_the_other_side)
{
	struct bytes v = BYTES_LITERAL("on its way");
	struct stream *s;
	struct end a, b;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	ends_talk(&a, &b, 0, AT(2));
	link_close(a.l, LINK_DUPLICATE);
	assert_int_equal(stream_write(b.stream, &v, 1), 0);
	ends_talk(&a, &b, 0, AT(2));
	assert_bytes(buf_data(&a.got), "on its way");
	ends_deinit(&a, &b);
}

TEST(the_first_reason_stays)
{
	struct end a, b;

	ends_connect(&a, &b);
	link_close(a.l, LINK_DUPLICATE);
	link_close(a.l, LINK_SHUTDOWN);
	link_end(a.l, LINK_NETWORK);
	link_end(a.l, LINK_LIMIT);
	assert_int_equal(link_reason(a.l), LINK_DUPLICATE);
	assert_false(link_is_up(a.l));
	ends_deinit(&a, &b);
}

TEST(their_fin_lets_us_say_the_rest)
{
	struct bytes v = BYTES_LITERAL("rest");
	struct stream *s;
	struct end a, b;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(stream_write(s, &v, 1), 0);
	assert_int_equal(link_input_end(a.l, AT(3)), 0);
	assert_int_equal(a.n_going, 1);
	assert_true(link_is_closing(a.l));
	assert_int_equal(link_reason(a.l), LINK_CLOSED);
	assert_false(link_is_drained(a.l));
	end_flush(&a);
	assert_true(link_is_drained(a.l));
	end_carry(&a, &b, buf_len(&a.wire), AT(3));
	assert_bytes(buf_data(&b.got), "rest");
	ends_deinit(&a, &b);
}

TEST(what_waits_for_the_window_of_someone_gone_does_not_keep_the_link)
{
	static uint8_t big[1 << 20];
	struct bytes v = BYTES(big, sizeof(big));
	struct stream *s;
	struct end a, b;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(stream_write(s, &v, 1), 0);
	end_flush(&a);
	assert_true(link_queued(a.l) > 0);
	link_close(a.l, LINK_SHUTDOWN);
	end_flush(&a);
	assert_false(link_is_drained(a.l));
	assert_int_equal(link_input_end(a.l, AT(3)), 0);
	assert_true(link_is_drained(a.l));
	ends_deinit(&a, &b);
}

/* Streams from a to b and from b to a that are open and quiet. */
static void open_both_ways(struct end *a, struct end *b, struct stream **ab, struct stream **ba)
{
	ends_connect(a, b);
	assert_int_equal(link_open_stream(a->l, echo, &end_stream_ops, a, ab), 0);
	assert_int_equal(link_open_stream(b->l, echo, &end_stream_ops, b, ba), 0);
	ends_talk(a, b, 0, AT(2));
}

TEST(many_windows_that_were_queued_both_ways_arrive_whoever_closes)
{
	static uint8_t big[LIMIT_STREAM_SEND];
	struct bytes v = BYTES(big, sizeof(big));
	struct stream *ab, *ba;
	struct end a, b;

	for (int both = 0; both < 2; both++) {
		open_both_ways(&a, &b, &ab, &ba);
		assert_int_equal(stream_write(ab, &v, 1), 0);
		assert_int_equal(stream_write(ba, &v, 1), 0);
		link_close(a.l, LINK_DUPLICATE);
		if (both)
			link_close(b.l, LINK_SHUTDOWN);
		ends_talk(&a, &b, 10000, AT(3));
		assert_int_equal(buf_len(&a.got), sizeof(big));
		assert_int_equal(buf_len(&b.got), sizeof(big));
		assert_true(link_is_drained(a.l) && link_is_drained(b.l));
		assert_int_equal(link_reason(a.l), LINK_DUPLICATE);
		assert_int_equal(link_reason(b.l), both ? LINK_SHUTDOWN : LINK_CLOSED);
		ends_deinit(&a, &b);
	}
}

TEST(a_peerline_is_waited_for_until_it_has_said_goodbye)
{
	struct bytes v = BYTES_LITERAL("the rest");
	struct stream *ab, *ba;
	struct end a, b;

	open_both_ways(&a, &b, &ab, &ba);
	assert_int_equal(stream_write(ba, &v, 1), 0);
	link_close(a.l, LINK_DUPLICATE);
	end_flush(&a);
	assert_false(link_is_drained(a.l));
	end_carry(&a, &b, buf_len(&a.wire), AT(3));
	end_flush(&b);
	assert_true(link_is_drained(b.l));
	end_carry(&b, &a, buf_len(&b.wire), AT(3));
	assert_true(link_is_drained(a.l));
	assert_bytes(buf_data(&a.got), "the rest");
	assert_int_equal(a.n_going, 0);
	ends_deinit(&a, &b);
}

TEST(foreign_software_has_half_a_second_to_read_to_the_end)
{
	struct stream *ab, *ba;
	struct end a, b;

	for (int answers = 0; answers < 2; answers++) {
		open_both_ways(&a, &b, &ab, &ba);
		free(a.l->extension);
		a.l->extension = NULL;
		stream_close(ab);
		link_close(a.l, LINK_SHUTDOWN);
		ends_talk(&a, &b, 0, AT(5));
		assert_int_equal(b.n_eof, 1);
		assert_false(link_is_drained(a.l));
		assert_false(link_is_going(b.l));
		assert_int_equal(link_deadline(a.l).ns, AT(5 + LIMIT_LINGER_MS).ns);
		if (answers)
			stream_close(b.stream);
		ends_talk(&a, &b, 0, AT(answers ? 6 : 4 + LIMIT_LINGER_MS));
		assert_int_equal(link_is_drained(a.l), answers);
		ends_talk(&a, &b, 0, AT(5 + LIMIT_LINGER_MS));
		assert_true(link_is_drained(a.l) && link_is_going(b.l));
		ends_deinit(&a, &b);
	}
}

TEST(foreign_software_has_ended_when_it_has_read_our_goodbye)
{
	struct bytes v = BYTES_LITERAL("the rest");
	struct stream *ab, *ba;
	struct end a, b;

	open_both_ways(&a, &b, &ab, &ba);
	/* As if it had not told that it is a peerline. */
	free(a.l->extension);
	a.l->extension = NULL;
	assert_int_equal(stream_write(ab, &v, 1), 0);
	link_close(a.l, LINK_SHUTDOWN);
	assert_false(link_is_drained(a.l));
	end_flush(&a);
	assert_true(link_is_drained(a.l));
	ends_deinit(&a, &b);
}

TEST(what_waits_for_a_negotiation_leaves_before_the_goodbye)
{
	struct bytes v = BYTES_LITERAL("written before the protocol was agreed");
	struct stream *s;
	struct end a, b;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	assert_int_equal(stream_write(s, &v, 1), 0);
	stream_forget(s);
	link_close(a.l, LINK_SHUTDOWN);
	end_flush(&a);
	assert_false(link_is_drained(a.l));
	end_carry(&a, &b, buf_len(&a.wire), AT(3));
	assert_false(link_is_going(b.l));
	ends_talk(&a, &b, 0, AT(3));
	assert_bytes(buf_data(&b.got), "written before the protocol was agreed");
	assert_int_equal(b.n_eof, 1);
	assert_true(link_is_drained(a.l) && link_is_drained(b.l));
	ends_deinit(&a, &b);
}

TEST(what_the_other_side_opened_before_it_heard_of_the_end_is_served)
{
	struct bytes v = BYTES_LITERAL("just opened");
	struct stream *s;
	struct end a, b;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(b.l, echo, &end_stream_ops, &b, &s), 0);
	assert_int_equal(stream_write(s, &v, 1), 0);
	link_close(a.l, LINK_DUPLICATE);
	ends_talk(&a, &b, 0, AT(3));
	assert_int_equal(a.n_streams, 1);
	assert_bytes(buf_data(&a.got), "just opened");
	assert_true(link_is_drained(a.l) && link_is_drained(b.l));
	ends_deinit(&a, &b);
}

TEST(an_owner_may_close_as_soon_as_it_is_up)
{
	struct end a, b;

	end_init(&a, 1);
	end_init(&b, 2);
	a.closes_on_up = true;
	end_start(&a, true, NULL);
	end_start(&b, false, NULL);
	ends_talk(&a, &b, 0, AT(1));
	assert_int_equal(link_reason(a.l), LINK_DISCONNECTED);
	assert_int_equal(b.n_up, 1);
	assert_int_equal(b.n_going, 1);
	ends_deinit(&a, &b);
}

TEST(closing_before_it_is_up_ends_a_link_at_once)
{
	struct end a;

	end_init(&a, 1);
	end_start(&a, true, NULL);
	link_close(a.l, LINK_SHUTDOWN);
	assert_int_equal(link_deadline(a.l).ns, 0);
	assert_int_equal(link_tick(a.l, AT(1)), 1);
	assert_int_equal(link_reason(a.l), LINK_SHUTDOWN);
	link_ping(a.l, AT(1));
	assert_true(mono_is_never(link_ping_sent_at(a.l)));
	assert_int_equal(link_rtt_ns(a.l), 0);
	end_deinit(&a);
}

TEST(a_ping_measures_the_round_trip)
{
	struct end a, b;

	ends_connect(&a, &b);
	link_ping(a.l, AT(100));
	assert_int_equal(link_ping_sent_at(a.l).ns, AT(100).ns);
	end_flush(&a);
	end_carry(&a, &b, buf_len(&a.wire), AT(110));
	end_flush(&b);
	end_carry(&b, &a, buf_len(&b.wire), AT(120));
	assert_int_equal(a.n_rtt, 1);
	assert_int_equal(link_rtt_ns(a.l), 20 * NS_PER_MS);
	assert_true(mono_is_never(link_ping_sent_at(a.l)));
	ends_deinit(&a, &b);
}

static void count_call(void *driver)
{
	++*(size_t *)driver;
}

TEST(the_driver_is_told_when_there_is_something_to_flush)
{
	size_t n_calls = 0, before;
	struct stream *s;
	struct end a, b;

	ends_connect(&a, &b);
	link_set_driver(a.l, &n_calls, count_call);
	assert_ptr_equal(link_driver(a.l), &n_calls);
	link_ping(a.l, AT(1));
	assert_true(n_calls > 0);
	before = n_calls;
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	assert_true(n_calls > before);
	before = n_calls;
	stream_reset(s, 0);
	assert_true(n_calls > before);
	before = n_calls;
	link_close(a.l, LINK_LIMIT);
	assert_true(n_calls > before);
	ends_deinit(&a, &b);
}

TEST(a_link_keeps_what_its_owner_hangs_on_it_and_counts_bytes)
{
	struct link_counts ca, cb;
	struct end a, b;

	ends_connect(&a, &b);
	link_set_user(a.l, &b);
	assert_ptr_equal(link_user(a.l), &b);
	ca = link_counts(a.l);
	cb = link_counts(b.l);
	assert_true(ca.bytes_out > 0 && ca.bytes_out == cb.bytes_in);
	assert_true(cb.bytes_out > 0 && cb.bytes_out == ca.bytes_in);
	ends_deinit(&a, &b);
}

TEST(output_keeps_about_to_the_size_asked_for)
{
	static uint8_t big[200 * KIB];
	struct bytes v = BYTES(big, sizeof(big));
	struct stream *s;
	struct end a, b;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(stream_write(s, &v, 1), 0);
	assert_true(link_output(a.l, &a.wire, 1000));
	assert_true(buf_len(&a.wire) >= 1000 && buf_len(&a.wire) <= 150 * KIB);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(buf_len(&b.got), sizeof(big));
	ends_deinit(&a, &b);
}

TEST(an_output_without_room_ends_the_link_and_nothing_follows)
{
	struct bytes v = BYTES_LITERAL("does not fit");
	struct stream *s;
	struct end a, b;
	struct buf small;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream(a.l, echo, &end_stream_ops, &a, &s), 0);
	assert_int_equal(stream_write(s, &v, 1), 0);
	buf_init(&small, 10);
	assert_false(link_output(a.l, &small, 1000));
	assert_int_equal(buf_len(&small), 0);
	assert_int_equal(link_tick(a.l, AT(3)), 1);
	assert_int_equal(link_reason(a.l), LINK_NO_MEMORY);
	buf_deinit(&small);
	ends_deinit(&a, &b);
}

TESTS(RUN(every_reason_has_a_text_of_its_own),
      RUN(a_link_closed_by_us_says_goodbye_and_writes_nothing_new),
      RUN(a_closing_link_still_hears_the_other_side), RUN(the_first_reason_stays),
      RUN(their_fin_lets_us_say_the_rest),
      RUN(what_waits_for_the_window_of_someone_gone_does_not_keep_the_link),
      RUN(many_windows_that_were_queued_both_ways_arrive_whoever_closes),
      RUN(a_peerline_is_waited_for_until_it_has_said_goodbye),
      RUN(foreign_software_has_half_a_second_to_read_to_the_end),
      RUN(foreign_software_has_ended_when_it_has_read_our_goodbye),
      RUN(what_waits_for_a_negotiation_leaves_before_the_goodbye),
      RUN(what_the_other_side_opened_before_it_heard_of_the_end_is_served),
      RUN(an_owner_may_close_as_soon_as_it_is_up), RUN(closing_before_it_is_up_ends_a_link_at_once),
      RUN(a_ping_measures_the_round_trip), RUN(the_driver_is_told_when_there_is_something_to_flush),
      RUN(a_link_keeps_what_its_owner_hangs_on_it_and_counts_bytes),
      RUN(output_keeps_about_to_the_size_asked_for),
      RUN(an_output_without_room_ends_the_link_and_nothing_follows))
