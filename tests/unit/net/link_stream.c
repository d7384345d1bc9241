#include "net/foreign.h"

#define ECHO_LINE "\x08/echo/1\n"
#define OTHER_LINE "\x09/other/1\n"

static const char *const echo[] = { "/echo/1", NULL };
static const char *const other_then_echo[] = { "/other/1", "/echo/1", NULL };
static const char *const others[] = { "/other/1", "/other/2", NULL };

static void write_text(struct stream *s, const char *text)
{
	struct bytes v = bytes_of_text(text);

	assert_int_equal(stream_write(s, &v, 1), 0);
}

static struct stream *open_on(struct end *e, const char *const *protocols)
{
	struct stream *s;

	assert_int_equal(link_open_stream(e->l, protocols, &end_stream_ops, e, &s), 0);
	return s;
}

TEST(a_stream_is_negotiated_and_carries_bytes_both_ways)
{
	for (size_t piece = 0; piece < 60; piece++) {
		struct end a, b;
		struct stream *s;

		ends_connect(&a, &b);
		s = open_on(&a, echo);
		write_text(s, "before the answer");
		ends_talk(&a, &b, piece, AT(2));
		assert_int_equal(a.n_open, 1);
		assert_string_equal(a.protocol, "/echo/1");
		assert_string_equal(b.protocol, "/echo/1");
		assert_bytes(buf_data(&b.got), "before the answer");
		write_text(b.stream, "back");
		stream_close(b.stream);
		ends_talk(&a, &b, piece, AT(2));
		assert_bytes(buf_data(&a.got), "back");
		assert_int_equal(a.n_eof, 1);
		assert_int_equal(a.n_closed, 0);
		stream_close(s);
		ends_talk(&a, &b, piece, AT(2));
		assert_int_equal(a.n_closed, 1);
		assert_int_equal(a.end, STREAM_DONE);
		assert_int_equal(b.n_closed, 1);
		assert_int_equal(b.end, STREAM_DONE);
		assert_int_equal(link_counts(a.l).streams_out, 1);
		assert_int_equal(link_counts(b.l).streams_in, 1);
		ends_deinit(&a, &b);
	}
}

TEST(the_second_proposal_is_taken_when_the_first_is_not_spoken)
{
	struct end a, b;

	ends_connect(&a, &b);
	(void)open_on(&a, other_then_echo);
	ends_talk(&a, &b, 0, AT(2));
	assert_string_equal(a.protocol, "/echo/1");
	assert_int_equal(b.n_streams, 1);
	ends_deinit(&a, &b);
}

TEST(a_stream_whose_protocols_are_not_spoken_is_refused)
{
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	s = open_on(&a, others);
	write_text(s, "never sent");
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(a.n_closed, 1);
	assert_int_equal(a.end, STREAM_REFUSED);
	assert_int_equal(b.n_streams, 0);
	assert_int_equal(buf_len(&b.got), 0);
	assert_int_equal(link_queued(a.l), 0);
	ends_deinit(&a, &b);
}

TEST(a_lazy_stream_sends_its_data_at_once)
{
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream_lazy(a.l, "/echo/1", &end_stream_ops, &a, &s), 0);
	write_text(s, "in one flight");
	end_flush(&a);
	end_carry(&a, &b, buf_len(&a.wire), AT(2));
	assert_bytes(buf_data(&b.got), "in one flight");
	assert_int_equal(a.n_open, 0);
	ends_talk(&a, &b, 1, AT(2));
	assert_int_equal(a.n_open, 1);
	ends_deinit(&a, &b);
}

TEST(a_lazy_stream_that_is_not_served_ends_as_refused_and_harms_nobody)
{
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream_lazy(a.l, "/other/1", &end_stream_ops, &a, &s), 0);
	write_text(s, "\xff\xff\xff\xff garbage to a listener");
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(a.n_closed, 1);
	assert_int_equal(a.end, STREAM_REFUSED);
	assert_true(link_is_up(a.l) && link_is_up(b.l));
	ends_deinit(&a, &b);
}

TEST(a_lazy_stream_closed_before_the_answer_is_served_all_the_same)
{
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	assert_int_equal(link_open_stream_lazy(a.l, "/echo/1", &end_stream_ops, &a, &s), 0);
	write_text(s, "request");
	stream_close(s);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(a.n_open, 1);
	assert_bytes(buf_data(&b.got), "request");
	assert_int_equal(b.n_eof, 1);
	write_text(b.stream, "answer");
	stream_close(b.stream);
	ends_talk(&a, &b, 0, AT(2));
	assert_bytes(buf_data(&a.got), "answer");
	assert_int_equal(a.end, STREAM_DONE);
	ends_deinit(&a, &b);
}

TEST(what_is_written_and_closed_before_the_agreement_leaves_after_it)
{
	struct end a, b;
	struct stream *s;
	struct bytes v = BYTES_LITERAL("late");

	ends_connect(&a, &b);
	s = open_on(&a, other_then_echo);
	write_text(s, "request");
	assert_int_equal(stream_queued(s), 7 + 20 + 10); /* with header and proposal */
	stream_close(s);
	assert_int_equal(stream_write(s, &v, 1), -EPIPE);
	ends_talk(&a, &b, 0, AT(2));
	assert_bytes(buf_data(&b.got), "request");
	assert_int_equal(b.n_eof, 1);
	ends_deinit(&a, &b);
}

TEST(a_forgotten_stream_finishes_by_itself)
{
	for (int when = 0; when < 3; when++) {
		struct end a, b;
		struct stream *s;

		ends_connect(&a, &b);
		s = open_on(&a, echo);
		write_text(s, "last words");
		if (when == 1)
			ends_talk(&a, &b, 0, AT(2));
		if (when == 2) {
			end_flush(&a);
			end_carry(&a, &b, buf_len(&a.wire), AT(2));
		}
		stream_forget(s);
		ends_talk(&a, &b, 0, AT(2));
		assert_bytes(buf_data(&b.got), "last words");
		assert_int_equal(b.n_eof, 1);
		write_text(b.stream, "to nobody");
		stream_close(b.stream);
		ends_talk(&a, &b, 0, AT(2));
		assert_int_equal(buf_len(&a.got), 0);
		assert_int_equal(a.n_closed, 0);
		assert_int_equal(b.end, STREAM_DONE);
		ends_deinit(&a, &b);
	}
}

TEST(a_forgotten_stream_that_is_refused_tells_nobody)
{
	struct end a, b;

	ends_connect(&a, &b);
	stream_forget(open_on(&a, others));
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(a.n_closed + a.n_open, 0);
	stream_forget(open_on(&a, echo));
	ends_deinit(&a, &b);
}

TEST(a_reset_tells_its_code_and_a_user_who_resets_hears_nothing)
{
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	s = open_on(&a, echo);
	ends_talk(&a, &b, 0, AT(2));
	stream_reset(s, 12);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(a.n_closed, 0);
	assert_int_equal(b.n_closed, 1);
	assert_int_equal(b.end, STREAM_RESET);
	assert_int_equal(b.code, 12);
	ends_deinit(&a, &b);
}

TEST(an_owner_may_refuse_a_stream_and_one_that_does_not_decide_refuses_it)
{
	for (int ignores = 0; ignores < 2; ignores++) {
		struct end a, b;

		ends_connect(&a, &b);
		b.refuses = !ignores;
		b.ignores = ignores;
		(void)open_on(&a, echo);
		ends_talk(&a, &b, 0, AT(2));
		assert_int_equal(a.n_closed, 1);
		assert_int_equal(a.end, STREAM_RESET);
		assert_int_equal(a.code, ignores ? 0 : 7);
		ends_deinit(&a, &b);
	}
}

TEST(callbacks_may_reset_their_own_stream)
{
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	a.resets_on_open = true;
	(void)open_on(&a, echo);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(b.code, 3);
	a.resets_on_open = false;
	b.resets_on_data = true;
	assert_int_equal(link_open_stream_lazy(a.l, "/echo/1", &end_stream_ops, &a, &s), 0);
	write_text(s, "x");
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(a.end, STREAM_RESET);
	assert_int_equal(a.code, 4);
	ends_deinit(&a, &b);
}

TEST(a_negotiation_without_an_answer_ends_after_ten_seconds)
{
	struct end a, b;

	ends_connect(&a, &b);
	(void)open_on(&a, echo);
	/* Opened outside of any input: the clock is asked for first. */
	assert_int_equal(link_deadline(a.l).ns, 0);
	assert_int_equal(link_tick(a.l, AT(5000)), 0);
	assert_int_equal(link_deadline(a.l).ns, AT(5000 + LIMIT_STREAM_NEGOTIATE_MS).ns);
	(void)open_on(&a, echo);
	assert_int_equal(link_tick(a.l, AT(6000)), 0);
	assert_int_equal(link_tick(a.l, AT(4999 + LIMIT_STREAM_NEGOTIATE_MS)), 0);
	assert_int_equal(a.n_closed, 0);
	assert_int_equal(link_tick(a.l, AT(5000 + LIMIT_STREAM_NEGOTIATE_MS)), 0);
	assert_int_equal(a.n_closed, 1);
	assert_int_equal(a.end, STREAM_TIMEOUT);
	assert_int_equal(link_deadline(a.l).ns, AT(6000 + LIMIT_STREAM_NEGOTIATE_MS).ns);
	ends_deinit(&a, &b);
}

TEST(streams_end_with_their_link)
{
	struct end a, b;

	ends_connect(&a, &b);
	(void)open_on(&a, echo);
	ends_talk(&a, &b, 0, AT(2));
	(void)open_on(&a, echo);
	stream_forget(open_on(&a, echo));
	link_down(a.l);
	assert_int_equal(a.n_closed, 2);
	assert_int_equal(a.end, STREAM_LINK_DOWN);
	link_down(a.l);
	ends_deinit(&a, &b);
}

TEST(before_the_agreement_only_so_much_may_be_written)
{
	static uint8_t big[LIMIT_STREAM_PENDING + 1];
	struct bytes v = BYTES(big, sizeof(big));
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	s = open_on(&a, echo);
	assert_int_equal(stream_write(s, &v, 1), -EMSGSIZE);
	v.n = LIMIT_STREAM_PENDING;
	assert_int_equal(stream_write(s, &v, 1), 0);
	v.n = 1;
	assert_int_equal(stream_write(s, &v, 1), -EAGAIN);
	assert_true(link_queued(a.l) >= LIMIT_STREAM_PENDING);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(a.n_writable, 1);
	assert_int_equal(buf_len(&b.got), LIMIT_STREAM_PENDING);
	assert_int_equal(stream_write(s, &v, 1), 0);
	v.n = LIMIT_STREAM_SEND + 1;
	assert_int_equal(stream_write(s, &v, 1), -EMSGSIZE);
	ends_deinit(&a, &b);
}

TEST(all_streams_of_a_link_together_hold_only_so_much_and_lose_nothing)
{
	static uint8_t big[1 << 20];
	struct bytes v = BYTES(big, sizeof(big));
	struct stream *early, *full[2];
	struct end a, b;
	size_t n = 0;

	ends_connect(&a, &b);
	full[0] = open_on(&a, echo);
	full[1] = open_on(&a, echo);
	ends_talk(&a, &b, 0, AT(2));
	early = open_on(&a, echo);
	assert_int_equal(stream_write(early, &v, 1), 0);
	n++;
	/* The link is filled while the last one still waits for its answer. */
	for (int i = 0; i < 2; i++)
		for (; stream_write(full[i], &v, 1) == 0;)
			n++;
	assert_in_range(n, LIMIT_LINK_SEND / sizeof(big) - 1, LIMIT_LINK_SEND / sizeof(big) + 1);
	stream_close(early);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(buf_len(&b.got), n << 20);
	assert_int_equal(b.n_eof, 1);
	assert_true(a.n_writable >= 1);
	ends_deinit(&a, &b);
}

TEST(a_stream_that_is_held_stops_its_writer)
{
	static uint8_t big[1 << 20];
	struct bytes v = BYTES(big, sizeof(big));
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	s = open_on(&a, echo);
	ends_talk(&a, &b, 0, AT(2));
	stream_hold(b.stream, true);
	assert_int_equal(stream_write(s, &v, 1), 0);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(buf_len(&b.got), 256 * KIB - (sizeof(HEADER ECHO_LINE) - 1));
	stream_hold(b.stream, false);
	ends_talk(&a, &b, 0, AT(2));
	assert_int_equal(buf_len(&b.got), 1 * MIB);
	ends_deinit(&a, &b);
}

/* ---- foreign streams, frame by frame ---- */

#define TYPE_DATA 0
#define TYPE_WINDOW 1
#define SYN 1
#define FIN 4

static void up_against(struct end *e, struct foreign *f)
{
	end_init(e, 1);
	foreign_init(f, true, 60);
	end_start(e, false, NULL);
	f->muxers[0] = "/yamux/1.0.0";
	assert_int_equal(foreign_dial(f, e), 0);
	foreign_split(f);
}

static void send_frame(struct foreign *f, struct end *e, uint8_t type, uint8_t flags,
		       const char *data)
{
	uint8_t frame[512] = { 0, type, 0, flags, 0, 0, 0, 1 };
	size_t n = strlen(data);

	frame[10] = (uint8_t)(n >> 8);
	frame[11] = (uint8_t)n;
	memcpy(frame + 12, data, n);
	assert_int_equal(foreign_send_sealed(f, e, BYTES(frame, 12 + n)), 0);
}

/* The data frames of stream 1 that the link sends, one after the other. */
static void expect_data(struct foreign *f, struct end *e, const char *text, bool *ret_fin)
{
	uint8_t got[1024];
	size_t n = 0;
	struct bytes m;

	*ret_fin = false;
	while (foreign_take(f, e, &m)) {
		uint8_t plain[1024];
		struct bytes rest;

		assert_int_equal(noise_open(f->receive, m, plain), 0);
		rest = BYTES(plain, m.n - NOISE_TAG);
		buf_consume(&f->said, 2 + m.n);
		while (rest.n >= 12) {
			size_t len = (size_t)rest.p[10] << 8 | rest.p[11];

			if (rest.p[1] > TYPE_WINDOW || rest.p[7] != 1 || rest.p[1] == TYPE_WINDOW)
				len = 0;
			if (rest.p[3] & FIN)
				*ret_fin = true;
			memcpy(got + n, rest.p + 12, len);
			n += len;
			rest = BYTES(rest.p + 12 + len, rest.n - 12 - len);
		}
	}
	assert_bytes(BYTES(got, n), text);
}

TEST(a_foreign_lazy_stream_closed_before_our_answer_still_gets_the_echo)
{
	struct foreign f;
	struct end e;
	bool fin;

	up_against(&e, &f);
	send_frame(&f, &e, TYPE_DATA, SYN | FIN, HEADER ECHO_LINE "data");
	assert_int_equal(e.n_streams, 1);
	assert_bytes(buf_data(&e.got), "data");
	assert_int_equal(e.n_eof, 1);
	expect_data(&f, &e, HEADER ECHO_LINE, &fin);
	assert_false(fin);
	write_text(e.stream, "answer");
	stream_close(e.stream);
	expect_data(&f, &e, "answer", &fin);
	assert_true(fin);
	end_deinit(&e);
	foreign_deinit(&f);
}

TEST(garbage_behind_an_unserved_proposal_gets_na_and_a_gentle_end)
{
	struct foreign f;
	struct end e;
	bool fin;

	up_against(&e, &f);
	send_frame(&f, &e, TYPE_DATA, SYN, HEADER OTHER_LINE "\xff\xff\xff\xff");
	expect_data(&f, &e, HEADER "\x03na\n", &fin);
	assert_true(fin);
	assert_true(link_is_up(e.l));
	send_frame(&f, &e, TYPE_DATA, 0, "more of it");
	send_frame(&f, &e, TYPE_DATA, FIN, "");
	assert_true(link_is_up(e.l));
	end_deinit(&e);
	foreign_deinit(&f);
}

TEST(a_foreign_stream_that_ends_without_a_whole_proposal_is_let_go)
{
	struct foreign f;
	struct end e;
	bool fin;

	up_against(&e, &f);
	send_frame(&f, &e, TYPE_WINDOW, SYN, "");
	send_frame(&f, &e, TYPE_DATA, 0, HEADER "\x08/ec");
	send_frame(&f, &e, TYPE_WINDOW, FIN, "");
	assert_int_equal(e.n_streams, 0);
	expect_data(&f, &e, HEADER, &fin);
	assert_true(fin);
	assert_int_equal(link_deadline(e.l).ns == 0 ? link_tick(e.l, AT(1)) : 0, 0);
	assert_true(mono_is_never(link_deadline(e.l)));
	end_deinit(&e);
	foreign_deinit(&f);
}

TEST(a_foreign_stream_that_speaks_no_multistream_is_reset)
{
	struct foreign f;
	struct end e;

	up_against(&e, &f);
	send_frame(&f, &e, TYPE_DATA, SYN,
		   "GET / HTTP/1.1\r\n\r\n0123456789012345678901234567"
		   "89012345678901234567890123456789");
	assert_int_equal(e.n_streams, 0);
	assert_true(link_is_up(e.l));
	end_deinit(&e);
	foreign_deinit(&f);
}

TEST(a_foreign_stream_that_proposes_nothing_is_reset_after_ten_seconds)
{
	struct foreign f;
	struct end e;

	up_against(&e, &f);
	send_frame(&f, &e, TYPE_WINDOW, SYN, "");
	assert_int_equal(link_tick(e.l, AT(10)), 0);
	assert_int_equal(link_deadline(e.l).ns, AT(10 + LIMIT_STREAM_NEGOTIATE_MS).ns);
	assert_int_equal(link_tick(e.l, AT(10 + LIMIT_STREAM_NEGOTIATE_MS)), 0);
	assert_true(link_has_output(e.l));
	assert_true(mono_is_never(link_deadline(e.l)));
	end_deinit(&e);
	foreign_deinit(&f);
}

TEST(what_a_link_holds_is_charged_and_given_back)
{
	static const char *const sink[] = { "/sink/1", NULL };
	static uint8_t piece[100 * KIB];
	const struct bytes v = BYTES(piece, sizeof(piece));
	struct budget budget;
	struct budget_account account;
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	budget_init(&budget, 64 * MIB);
	budget_account_init(&account, &budget);
	link_charge_to(a.l, &account);
	link_charge_to(b.l, &account);
	assert_int_equal(budget.held, 0);
	assert_int_equal(link_open_stream(a.l, sink, &end_stream_ops, &a, &s), 0);
	assert_int_equal(stream_write(s, &v, 1), 0);
	assert_true(budget.kinds[BUDGET_SEND] >= sizeof(piece));
	assert_int_equal(budget.kinds[BUDGET_STREAMS], LIMIT_STREAM_COST);
	end_flush(&a);
	/* The first byte of a record has come. */
	end_carry(&a, &b, 1, AT(2));
	assert_int_equal(budget.kinds[BUDGET_RECEIVE], 1);
	ends_talk(&a, &b, 0, AT(3));
	assert_int_equal(budget.kinds[BUDGET_SEND], 0);
	assert_int_equal(budget.kinds[BUDGET_RECEIVE], 0);
	assert_int_equal(budget.kinds[BUDGET_STREAMS], 2 * LIMIT_STREAM_COST);
	ends_deinit(&a, &b);
	assert_int_equal(budget.held, 0);
	budget_account_deinit(&account);
}

TEST(a_write_that_found_memory_short_is_tried_again)
{
	static const uint8_t one[1];
	const struct bytes v = BYTES(one, 1);
	struct budget budget;
	struct budget_account account, other;
	struct charge foreign;
	struct end a, b;
	struct stream *s;

	ends_connect(&a, &b);
	budget_init(&budget, 16 * MIB);
	budget_account_init(&account, &budget);
	budget_account_init(&other, &budget);
	charge_init(&foreign, &other);
	link_charge_to(a.l, &account);
	assert_int_equal(link_open_stream_lazy(a.l, "/sink/1", &end_stream_ops, &a, &s), 0);
	ends_talk(&a, &b, 0, AT(2));
	charge_take(&foreign, BUDGET_SEND, 16 * MIB);
	assert_int_equal(stream_write(s, &v, 1), -EAGAIN);
	a.n_writable = 0;
	end_tick(&a, AT(2));
	end_tick(&a, AT(2 + LIMIT_BUDGET_AGAIN_MS));
	assert_int_equal(a.n_writable, 0);
	charge_deinit(&foreign);
	end_tick(&a, AT(2 + 2 * LIMIT_BUDGET_AGAIN_MS - 1));
	assert_int_equal(a.n_writable, 0);
	end_tick(&a, AT(2 + 2 * LIMIT_BUDGET_AGAIN_MS));
	assert_int_equal(a.n_writable, 1);
	assert_int_equal(stream_write(s, &v, 1), 0);
	ends_deinit(&a, &b);
	budget_account_deinit(&account);
}

TESTS(RUN(what_a_link_holds_is_charged_and_given_back),
      RUN(a_write_that_found_memory_short_is_tried_again),
      RUN(a_stream_is_negotiated_and_carries_bytes_both_ways),
      RUN(the_second_proposal_is_taken_when_the_first_is_not_spoken),
      RUN(a_stream_whose_protocols_are_not_spoken_is_refused),
      RUN(a_lazy_stream_sends_its_data_at_once),
      RUN(a_lazy_stream_that_is_not_served_ends_as_refused_and_harms_nobody),
      RUN(a_lazy_stream_closed_before_the_answer_is_served_all_the_same),
      RUN(what_is_written_and_closed_before_the_agreement_leaves_after_it),
      RUN(a_forgotten_stream_finishes_by_itself),
      RUN(a_forgotten_stream_that_is_refused_tells_nobody),
      RUN(a_reset_tells_its_code_and_a_user_who_resets_hears_nothing),
      RUN(an_owner_may_refuse_a_stream_and_one_that_does_not_decide_refuses_it),
      RUN(callbacks_may_reset_their_own_stream),
      RUN(a_negotiation_without_an_answer_ends_after_ten_seconds), RUN(streams_end_with_their_link),
      RUN(before_the_agreement_only_so_much_may_be_written),
      RUN(all_streams_of_a_link_together_hold_only_so_much_and_lose_nothing),
      RUN(a_stream_that_is_held_stops_its_writer),
      RUN(a_foreign_lazy_stream_closed_before_our_answer_still_gets_the_echo),
      RUN(garbage_behind_an_unserved_proposal_gets_na_and_a_gentle_end),
      RUN(a_foreign_stream_that_ends_without_a_whole_proposal_is_let_go),
      RUN(a_foreign_stream_that_speaks_no_multistream_is_reset),
      RUN(a_foreign_stream_that_proposes_nothing_is_reset_after_ten_seconds))
