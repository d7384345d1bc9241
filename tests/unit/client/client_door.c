/* Proves what becomes of a consumer whose connection is lost. The doors are socket pairs that the
 * client is given when it comes back, which it does after some tens of milliseconds. */

#include <poll.h>

#include "pair.h"

#define INFO(id) "INFO {\"server_id\":\"" id "\"}\r\nPONG\r\n"
#define NUMBERED(epoch, seq, n)                                                                    \
	"HMSG topic.a 1 " n " " n "\r\nNATS/1.0\r\nPl-Epoch: " epoch "\r\nPl-Seq: " seq            \
	"\r\n\r\n\r\n"

static enum client_kind next_kind(struct doors *d, struct client_message *ret)
{
	assert_int_equal(client_next(d->c, 2000, ret), 0);
	return ret->kind;
}

TEST(it_comes_back_with_its_subscriptions_and_tells_so_in_order)
{
	struct doors d = { .says = { INFO("one"), INFO("one") }, .r = -ECONNREFUSED };
	struct client_message m;
	uint64_t a, b, c;

	doors_open(&d);
	assert_int_equal(client_subscribe(d.c, "topic.a", &a), 0);
	assert_int_equal(client_subscribe_queue(d.c, "b", "q", &b), 0);
	assert_int_equal(client_subscribe(d.c, "c", &c), 0);
	assert_int_equal(client_unsubscribe(d.c, b, 5), 0);
	assert_int_equal(client_unsubscribe(d.c, c, 0), 0);
	doors_say(&d, 0, NUMBERED("1", "4", "36") "MSG b 2 1\r\nx\r\n");
	assert_int_equal(next_kind(&d, &m), CLIENT_MESSAGE);
	doors_leave(&d, 0);
	assert_int_equal(next_kind(&d, &m), CLIENT_MESSAGE);
	assert_int_equal(next_kind(&d, &m), CLIENT_LOST);
	assert_int_equal(next_kind(&d, &m), CLIENT_BACK);
	assert_false(m.restarted);
	doors_say(&d, 1, NUMBERED("1", "7", "36"));
	assert_int_equal(next_kind(&d, &m), CLIENT_MESSAGE);
	assert_int_equal(m.sid, a);
	assert_int_equal(m.gap.why, GAP_AWAY);
	assert_int_equal(m.gap.count, 2);
	assert_true(m.gap.is_exact);
	{
		struct bytes heard = doors_heard(&d, 1);

		assert_non_null(memmem(heard.p, heard.n, "SUB topic.a 1\r\n", 15));
		assert_non_null(memmem(heard.p, heard.n, "SUB b q 2\r\nUNSUB 2 4\r\n", 22));
		assert_null(memmem(heard.p, heard.n, "SUB c", 5));
	}
	assert_int_equal(client_counts(d.c).lost, 1);
	assert_int_equal(client_counts(d.c).back, 1);
	doors_close(&d);
}

TEST(a_restarted_node_is_told_from_one_that_went_on)
{
	struct doors d = { .says = { INFO("one"), INFO("two") }, .r = -ECONNREFUSED };
	struct client_message m;
	uint64_t sid;

	doors_open(&d);
	assert_int_equal(client_subscribe(d.c, "topic.a", &sid), 0);
	doors_leave(&d, 0);
	assert_int_equal(next_kind(&d, &m), CLIENT_LOST);
	assert_int_equal(next_kind(&d, &m), CLIENT_BACK);
	assert_true(m.restarted);
	doors_say(&d, 1, NUMBERED("9", "1", "36"));
	assert_int_equal(next_kind(&d, &m), CLIENT_MESSAGE);
	assert_int_equal(m.gap.why, GAP_RESTART);
	assert_false(m.gap.is_exact);
	doors_close(&d);
}

TEST(what_was_published_while_it_was_away_is_said_when_it_is_back)
{
	struct doors d = { .says = { INFO("one"), INFO("one") }, .r = -ECONNREFUSED };
	struct client_message m;
	struct bytes heard;

	doors_open(&d);
	doors_leave(&d, 0);
	assert_int_equal(next_kind(&d, &m), CLIENT_LOST);
	assert_int_equal(client_publish(d.c, "a", BYTES_LITERAL("x")), 0);
	assert_int_equal(next_kind(&d, &m), CLIENT_BACK);
	assert_int_equal(client_next(d.c, 0, &m), CLIENT_E_TIMEOUT);
	heard = doors_heard(&d, 1);
	assert_non_null(memmem(heard.p, heard.n, "PING\r\nPUB a 1\r\nx\r\n", 18));
	doors_close(&d);
}

/* Nobody is there for the first tries, then a door that refuses. */
TEST(it_goes_on_trying_and_keeps_what_the_door_said)
{
	struct doors d = { .says = { INFO("one"), NULL }, .r = -ECONNREFUSED };
	struct client_message m;

	doors_open(&d);
	doors_leave(&d, 0);
	assert_int_equal(next_kind(&d, &m), CLIENT_LOST);
	assert_int_equal(client_next(d.c, 260, &m), CLIENT_E_TIMEOUT);
	d.says[1] = "INFO {}\r\n-ERR 'not you'\r\n";
	while (d.n < 2)
		assert_int_equal(client_next(d.c, 5, &m), CLIENT_E_TIMEOUT);
	assert_int_equal(client_next(d.c, 5, &m), CLIENT_E_TIMEOUT);
	assert_string_equal(client_error(d.c), "not you");
	/* When it comes again after that is client/retry.c's business. */
	doors_close(&d);
}

TEST(there_is_an_end_where_there_will_be_no_more_doors)
{
	struct doors d = { .says = { INFO("one"), NULL }, .r = -ESHUTDOWN };
	struct client_message m;

	doors_open(&d);
	doors_leave(&d, 0);
	assert_int_equal(next_kind(&d, &m), CLIENT_LOST);
	assert_int_equal(client_next(d.c, 2000, &m), CLIENT_E_CLOSED);
	assert_int_equal(client_next(d.c, 2000, &m), CLIENT_E_CLOSED);
	doors_close(&d);
}

TEST(a_flush_that_was_overtaken_by_a_loss_says_so)
{
	struct doors d = { .says = { INFO("one"), INFO("one") }, .r = -ECONNREFUSED };
	struct client_message m;

	doors_open(&d);
	assert_int_equal(client_publish(d.c, "a", BYTES_LITERAL("x")), 0);
	doors_leave(&d, 0);
	assert_int_equal(client_flush(d.c, 2000), CLIENT_E_LOST);
	assert_int_equal(next_kind(&d, &m), CLIENT_LOST);
	assert_int_equal(next_kind(&d, &m), CLIENT_BACK);
	doors_say(&d, 1, "PONG\r\n");
	assert_int_equal(client_flush(d.c, 2000), 0);
	doors_close(&d);
}

TEST(its_descriptor_wakes_it_when_it_is_time_to_try)
{
	struct doors d = { .says = { INFO("one"), INFO("one") }, .r = -ECONNREFUSED };
	struct client_message m;
	struct pollfd p;
	int r = 0;

	doors_open(&d);
	p = (struct pollfd){ .fd = client_fd(d.c), .events = POLLIN };
	assert_int_equal(client_next(d.c, 0, &m), CLIENT_E_TIMEOUT);
	assert_int_equal(poll(&p, 1, 0), 0);
	doors_leave(&d, 0);
	while (d.n < 2 || r == 0) {
		assert_int_equal(poll(&p, 1, 2000), 1);
		r = client_next(d.c, 0, &m);
	}
	assert_int_equal(p.fd, client_fd(d.c));
	doors_close(&d);
}

TEST(nonsense_from_the_door_is_a_lost_connection)
{
	struct doors d = { .says = { INFO("one"), INFO("one") }, .r = -ECONNREFUSED };
	struct client_message m;

	doors_open(&d);
	doors_say(&d, 0, "HELLO\r\n");
	assert_int_equal(next_kind(&d, &m), CLIENT_LOST);
	assert_int_equal(next_kind(&d, &m), CLIENT_BACK);
	doors_close(&d);
}

TESTS(RUN(it_comes_back_with_its_subscriptions_and_tells_so_in_order),
      RUN(a_restarted_node_is_told_from_one_that_went_on),
      RUN(what_was_published_while_it_was_away_is_said_when_it_is_back),
      RUN(it_goes_on_trying_and_keeps_what_the_door_said),
      RUN(there_is_an_end_where_there_will_be_no_more_doors),
      RUN(a_flush_that_was_overtaken_by_a_loss_says_so),
      RUN(its_descriptor_wakes_it_when_it_is_time_to_try),
      RUN(nonsense_from_the_door_is_a_lost_connection))
