#include "yamux_end.h"

#include <malloc.h>

#include "net/yamux_priv.h"

#define W YAMUX_WINDOW_UPDATE
#define D YAMUX_DATA

static uint8_t zeroes[LIMIT_STREAM_SEND + 1];

TEST(ids_are_odd_for_the_dialer_and_even_for_the_listener)
{
	struct end *d = end_new(true), *l = end_new(false);

	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(end_open(d)->id, 1 + 2 * i);
		assert_int_equal(end_open(l)->id, 2 + 2 * i);
	}
	end_free(d);
	end_free(l);
}

TEST(ids_run_out_in_order)
{
	struct end *e = end_new(true);
	struct yamux_stream *s;

	e->y->next_id = UINT32_MAX - 2;
	end_open(e);
	assert_int_equal(yamux_open(e->y, NULL, &s), -ESHUTDOWN);
	end_free(e);
}

TEST(no_more_than_the_backlog_is_opened_before_it_is_acknowledged)
{
	struct end *e = end_new(true);
	struct yamux_stream *s;

	for (size_t i = 0; i < LIMIT_YAMUX_BACKLOG; i++)
		end_open(e);
	assert_int_equal(yamux_open(e->y, NULL, &s), -EAGAIN);
	end_flush(e);
	/* An ACK makes room for one, so does data without it, a reset, and our own. */
	assert_int_equal(end_feed(e, W, YAMUX_ACK, 1, 0), 0);
	assert_int_equal(end_feed(e, W, YAMUX_ACK, 1, 0), 0);
	end_open(e);
	assert_int_equal(yamux_open(e->y, NULL, &s), -EAGAIN);
	assert_int_equal(end_feed_data(e, 0, 3, 1), 0);
	end_open(e);
	assert_int_equal(end_feed(e, W, YAMUX_RST, 5, 0), 0);
	end_open(e);
	yamux_stream_reset(e->seen[3].s, 0);
	end_open(e);
	assert_int_equal(yamux_open(e->y, NULL, &s), -EAGAIN);
	end_free(e);
}

TEST(no_more_streams_than_the_maximum_are_opened)
{
	struct end *e = end_new(true);
	struct yamux_stream *s;

	for (uint32_t i = 0; i < LIMIT_YAMUX_STREAMS; i++) {
		struct seen *v = end_open(e);

		assert_int_equal(end_feed(e, W, YAMUX_ACK, v->id, 0), 0);
	}
	assert_int_equal(yamux_open(e->y, NULL, &s), -EAGAIN);
	end_free(e);
}

TEST(forgotten_streams_that_only_wait_for_the_peer_make_place)
{
	struct end *e = end_new(true);
	struct yamux_stream *s;

	for (uint32_t i = 0; i < LIMIT_YAMUX_STREAMS; i++) {
		struct seen *v = end_open(e);

		assert_int_equal(end_feed(e, W, YAMUX_ACK, v->id, 0), 0);
		if (i == 5 || i == 6) {
			yamux_stream_forget(v->s);
			end_flush(e);
		}
	}
	buf_clear(&e->out);
	end_open(e);
	assert_int_equal(yamux_n_streams(e->y), LIMIT_YAMUX_STREAMS);
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 2, 0), 0);
	assert_int_equal(yamux_n_streams(e->y), LIMIT_YAMUX_STREAMS);
	assert_int_equal(yamux_open(e->y, NULL, &s), -EAGAIN);
	assert_frame(e, W, YAMUX_RST, 11, 0);
	assert_frame(e, W, YAMUX_RST, 13, 0);
	end_free(e);
}

TEST(a_write_beyond_the_queue_is_refused_whole_and_on_writable_follows)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES(zeroes, LIMIT_STREAM_SEND - 10)), 0);
	assert_int_equal(end_write(v, BYTES(zeroes, 11)), -EAGAIN);
	assert_int_equal(yamux_stream_queued(v->s), LIMIT_STREAM_SEND - 10);
	assert_int_equal(end_write(v, BYTES(zeroes, LIMIT_STREAM_SEND + 1)), -EMSGSIZE);
	end_flush(e);
	/* The peer's window has stopped it. */
	assert_int_equal(yamux_stream_queued(v->s), LIMIT_STREAM_SEND - 10 - 256 * KIB);
	assert_false(yamux_has_events(e->y));
	assert_int_equal(end_feed(e, W, YAMUX_ACK, 1, 16 * MIB), 0);
	assert_int_equal(v->n_writable, 0);
	end_flush(e);
	/* Output calls nobody: there is a turn of its own for it. */
	assert_int_equal(v->n_writable, 0);
	assert_true(yamux_has_events(e->y));
	yamux_events(e->y);
	assert_int_equal(v->n_writable, 1);
	assert_false(yamux_has_events(e->y));
	end_free(e);
}

TEST(on_writable_waits_for_as_much_room_as_was_asked_for)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES(zeroes, LIMIT_STREAM_SEND)), 0);
	assert_int_equal(end_write(v, BYTES(zeroes, LIMIT_STREAM_SEND)), -EAGAIN);
	assert_int_equal(end_feed(e, W, YAMUX_ACK, 1, LIMIT_STREAM_SEND - 256 * KIB - 1), 0);
	end_flush(e);
	assert_int_equal(yamux_stream_queued(v->s), 1);
	assert_false(yamux_has_events(e->y));
	assert_int_equal(end_feed(e, W, 0, 1, 1), 0);
	end_flush(e);
	yamux_events(e->y);
	assert_int_equal(v->n_writable, 1);
	assert_int_equal(end_write(v, BYTES(zeroes, LIMIT_STREAM_SEND)), 0);
	end_free(e);
}

TEST(all_streams_together_queue_no_more_than_a_link_may)
{
	struct end *e = end_new(true);
	struct seen *a = end_open(e), *b = end_open(e), *c = end_open(e);

	assert_int_equal(end_write(a, BYTES(zeroes, LIMIT_STREAM_SEND)), 0);
	assert_int_equal(end_write(b, BYTES(zeroes, LIMIT_STREAM_SEND)), 0);
	assert_int_equal(yamux_queued(e->y), LIMIT_LINK_SEND);
	assert_int_equal(end_write(c, BYTES(zeroes, 1)), -EAGAIN);
	yamux_stream_reset(a->s, 0);
	assert_int_equal(yamux_queued(e->y), LIMIT_LINK_SEND / 2);
	yamux_events(e->y);
	assert_int_equal(c->n_writable, 1);
	assert_int_equal(end_write(c, BYTES(zeroes, 1)), 0);
	end_free(e);
}

TEST(closing_sends_what_is_queued_first_and_refuses_more)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES_LITERAL("last words")), 0);
	yamux_stream_close(v->s);
	yamux_stream_close(v->s);
	assert_int_equal(end_write(v, BYTES_LITERAL("more")), -EPIPE);
	assert_frame(e, W, YAMUX_SYN, 1, 0);
	assert_frame(e, D, 0, 1, 10);
	assert_frame(e, W, YAMUX_FIN, 1, 0);
	assert_no_frame(e);
	/* Reading goes on. */
	assert_int_equal(end_feed_data(e, YAMUX_ACK, 1, 6), 0);
	assert_int_equal(v->n_data, 6);
	end_free(e);
}

TEST(a_fin_waits_for_the_window_like_the_data_before_it)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);

	assert_int_equal(end_write(v, BYTES(zeroes, 256 * KIB + 1)), 0);
	yamux_stream_close(v->s);
	assert_frame(e, W, YAMUX_SYN, 1, 0);
	for (int i = 0; i < 4; i++)
		assert_frame(e, D, 0, 1, 64 * KIB);
	assert_no_frame(e);
	assert_int_equal(end_feed(e, W, YAMUX_ACK, 1, 100), 0);
	assert_frame(e, D, 0, 1, 1);
	assert_frame(e, W, YAMUX_FIN, 1, 0);
	end_free(e);
}

TEST(a_reset_drops_what_is_queued_and_carries_its_code)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e), *w = end_open(e);

	assert_frame(e, W, YAMUX_SYN, 1, 0);
	assert_frame(e, W, YAMUX_SYN, 3, 0);
	assert_int_equal(end_write(v, BYTES(zeroes, 1000)), 0);
	yamux_stream_reset(v->s, 0x1234);
	assert_int_equal(yamux_queued(e->y), 0);
	assert_frame(e, W, YAMUX_RST, 1, 0x1234);
	assert_no_frame(e);
	assert_int_equal(v->n_end, 0);
	/* A stream the peer never heard of goes without a word. */
	yamux_stream_reset(end_open(e)->s, 1);
	assert_no_frame(e);
	assert_int_equal(yamux_n_streams(e->y), 1);
	(void)w;
	end_free(e);
}

TEST(a_forgotten_stream_sends_what_it_has_drains_and_goes)
{
	struct end *e = end_new(true);
	struct seen *v = end_open(e);
	size_t credit = 0;

	assert_int_equal(end_write(v, BYTES_LITERAL("bye")), 0);
	yamux_stream_hold(v->s, true);
	yamux_stream_forget(v->s);
	assert_frame(e, W, YAMUX_SYN, 1, 0);
	assert_frame(e, D, 0, 1, 3);
	assert_frame(e, W, YAMUX_FIN, 1, 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(end_feed_data(e, YAMUX_ACK, 1, 256 * KIB), 0);
		credit += end_next(e).length;
	}
	assert_int_equal(credit, 10 * 256 * KIB);
	assert_int_equal(v->n_data, 0);
	assert_int_equal(yamux_n_streams(e->y), 1);
	assert_int_equal(end_feed(e, W, YAMUX_FIN, 1, 0), 0);
	assert_int_equal(yamux_n_streams(e->y), 0);
	assert_int_equal(v->n_end + v->n_eof, 0);
	end_free(e);
}

TEST(forgetting_a_stream_whose_end_is_due_frees_it)
{
	struct end *e = end_new(false);

	assert_int_equal(end_feed(e, W, YAMUX_SYN | YAMUX_FIN, 1, 0), 0);
	yamux_stream_close(e->seen[0].s);
	end_flush(e);
	assert_true(yamux_has_events(e->y));
	yamux_stream_forget(e->seen[0].s);
	assert_false(yamux_has_events(e->y));
	assert_int_equal(yamux_n_streams(e->y), 0);
	/* Resetting it says nothing to a peer that has closed as well. */
	assert_int_equal(end_feed(e, W, YAMUX_SYN | YAMUX_FIN, 3, 0), 0);
	yamux_stream_close(e->seen[1].s);
	end_flush(e);
	buf_clear(&e->out);
	yamux_stream_reset(e->seen[1].s, 5);
	assert_no_frame(e);
	end_free(e);
}

static void misuse(struct end *e, struct seen *v)
{
	(void)e;
	assert_int_equal(end_write(v, BYTES_LITERAL("late")), -EPIPE);
	yamux_stream_hold(v->s, true);
	yamux_stream_close(v->s);
	yamux_stream_forget(v->s);
	yamux_stream_reset(v->s, 1);
}

TEST(inside_its_last_callback_a_stream_takes_any_call)
{
	struct end *e = end_new(false);

	e->end_hook = misuse;
	assert_int_equal(end_feed(e, W, YAMUX_SYN, 1, 0), 0);
	assert_int_equal(end_feed(e, W, YAMUX_RST, 1, 4), 0);
	assert_int_equal(e->seen[0].n_end, 1);
	assert_int_equal(yamux_n_streams(e->y), 0);
	end_free(e);
}

#define BATCH 250

/* Opened by one end, closed by both. */
static void open_and_close(struct end *a, struct end *b)
{
	size_t first_a = a->n_seen, first_b = b->n_seen;

	for (size_t i = 0; i < BATCH; i++)
		yamux_stream_close(end_open(a)->s);
	end_exchange(a, b);
	for (size_t i = 0; i < BATCH; i++)
		yamux_stream_close(b->seen[(first_b + i) % END_STREAMS].s);
	end_exchange(a, b);
	for (size_t i = 0; i < BATCH; i++)
		assert_int_equal(a->seen[(first_a + i) % END_STREAMS].n_end, 1);
}

TEST(a_million_streams_opened_and_closed_leave_nothing)
{
	struct end *a = end_new(true), *b = end_new(false);
	struct mallinfo2 before = { 0 };

	for (size_t i = 0; i < 1000000 / BATCH; i++) {
		open_and_close(a, b);
		assert_int_equal(yamux_n_streams(a->y) + yamux_n_streams(b->y), 0);
		if (i == 100)
			before = mallinfo2();
	}
	/* Under a sanitizer both are 0 and its leak check has the word. */
	assert_true(mallinfo2().uordblks <= before.uordblks);
	assert_int_equal(a->y->next_id, 2000001);
	assert_int_equal(a->y->n_unacked, 0);
	assert_int_equal(a->y->window_more + b->y->window_more, 0);
	end_free(a);
	end_free(b);
}

TEST(idle_streams_and_sessions_are_small)
{
	assert_true(sizeof(struct yamux_stream) <= 208);
	assert_true(sizeof(struct yamux) <= 512);
}

/* Memory for peers, of which somebody else holds so much that this much is free. */
struct purse {
	struct budget budget;
	struct budget_account own, other;
	struct charge charge, foreign;
};

static void purse_init(struct purse *p, struct end *e, size_t max, size_t left)
{
	budget_init(&p->budget, max);
	budget_account_init(&p->own, &p->budget);
	budget_account_init(&p->other, &p->budget);
	charge_init(&p->charge, &p->own);
	charge_init(&p->foreign, &p->other);
	charge_take(&p->foreign, BUDGET_SEND, max - left);
	yamux_charge_to(e->y, &p->charge);
}

static void purse_deinit(struct purse *p)
{
	assert_int_equal(p->own.held, 0);
	charge_deinit(&p->foreign);
	assert_int_equal(p->budget.held, 0);
}

TEST(what_a_peer_has_no_memory_for_is_refused_and_asked_for_again)
{
	struct end *e = end_new(true);
	struct purse p;
	struct seen *a, *b;

	purse_init(&p, e, 16 * MIB, 1800 * KIB);
	a = end_open(e);
	b = end_open(e);
	/* Alone it may be as large as half of what is free; behind something, a ninth. */
	assert_int_equal(end_write(a, BYTES(zeroes, 1000 * KIB)), -EAGAIN);
	assert_true(yamux_is_starved(e->y));
	assert_int_equal(end_write(a, BYTES(zeroes, 800 * KIB)), 0);
	assert_int_equal(p.budget.kinds[BUDGET_SEND], 16 * MIB - 1000 * KIB);
	assert_int_equal(end_write(b, BYTES(zeroes, 10 * KIB)), -EAGAIN);
	/* What is queued brings it back when it leaves: there is no need to ask. */
	assert_false(yamux_is_starved(e->y));
	assert_int_equal(end_feed(e, W, YAMUX_ACK, 1, 16 * MIB), 0);
	end_flush(e);
	yamux_events(e->y);
	assert_int_equal(b->n_writable, 1);
	yamux_stream_reset(a->s, 0);
	/* With nothing queued it is others who make room. */
	charge_take(&p.foreign, BUDGET_SEND, 1790 * KIB);
	assert_int_equal(end_write(b, BYTES(zeroes, 10 * KIB)), -EAGAIN);
	assert_true(yamux_is_starved(e->y));
	yamux_retry(e->y);
	assert_false(yamux_has_events(e->y));
	charge_give(&p.foreign, BUDGET_SEND, 1 * MIB);
	yamux_retry(e->y);
	yamux_events(e->y);
	assert_int_equal(b->n_writable, 2);
	assert_false(yamux_is_starved(e->y));
	assert_int_equal(end_write(b, BYTES(zeroes, 10 * KIB)), 0);
	end_free(e);
	purse_deinit(&p);
}

TEST(streams_are_charged_and_a_peer_that_has_too_many_is_refused)
{
	struct end *e = end_new(false);
	struct purse p;

	purse_init(&p, e, 16 * MIB, 90 * LIMIT_STREAM_COST);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(end_feed(e, W, YAMUX_SYN, 2 * i + 1, 0), 0);
	/* A ninth of what is free. */
	assert_int_equal(e->n_seen, 10);
	assert_int_equal(yamux_n_streams(e->y), 10);
	assert_int_equal(p.budget.kinds[BUDGET_STREAMS], 10 * LIMIT_STREAM_COST);
	assert_frame(e, W, YAMUX_RST, 21, 0);
	end_free(e);
	purse_deinit(&p);
}

TEST(whoever_is_low_waits_while_memory_is_short)
{
	struct end *e = end_new(true);
	struct purse p;
	struct seen *low, *usual;

	purse_init(&p, e, 64 * MIB, 60 * MIB);
	low = end_open(e);
	usual = end_open(e);
	yamux_stream_set_low(low->s, true);
	assert_int_equal(end_write(low, BYTES(zeroes, 300 * KIB)), 0);
	charge_take(&p.foreign, BUDGET_SEND, 50 * MIB);
	assert_int_equal(end_write(low, BYTES(zeroes, 1)), -EAGAIN);
	assert_int_equal(end_write(usual, BYTES(zeroes, 1)), 0);
	charge_give(&p.foreign, BUDGET_SEND, 50 * MIB);
	assert_int_equal(end_write(low, BYTES(zeroes, 1)), 0);
	end_free(e);
	purse_deinit(&p);
}

TESTS(RUN(what_a_peer_has_no_memory_for_is_refused_and_asked_for_again),
      RUN(streams_are_charged_and_a_peer_that_has_too_many_is_refused),
      RUN(whoever_is_low_waits_while_memory_is_short),
      RUN(ids_are_odd_for_the_dialer_and_even_for_the_listener), RUN(ids_run_out_in_order),
      RUN(no_more_than_the_backlog_is_opened_before_it_is_acknowledged),
      RUN(no_more_streams_than_the_maximum_are_opened),
      RUN(forgotten_streams_that_only_wait_for_the_peer_make_place),
      RUN(a_write_beyond_the_queue_is_refused_whole_and_on_writable_follows),
      RUN(on_writable_waits_for_as_much_room_as_was_asked_for),
      RUN(all_streams_together_queue_no_more_than_a_link_may),
      RUN(closing_sends_what_is_queued_first_and_refuses_more),
      RUN(a_fin_waits_for_the_window_like_the_data_before_it),
      RUN(a_reset_drops_what_is_queued_and_carries_its_code),
      RUN(a_forgotten_stream_sends_what_it_has_drains_and_goes),
      RUN(forgetting_a_stream_whose_end_is_due_frees_it),
      RUN(inside_its_last_callback_a_stream_takes_any_call),
      RUN(a_million_streams_opened_and_closed_leave_nothing),
      RUN(idle_streams_and_sessions_are_small))
