/* Proves the blocking calls against a door that has already said everything: its words lie in one
 * end of a socket pair before they are read from the other, so nothing here waits for anybody. */

#include <poll.h>
#include <stdio.h>

#include "pair.h"

TEST(opening_succeeds_when_the_door_answers_the_first_ping)
{
	struct pair p = open_pair(GREETING);
	struct bytes heard;

	assert_int_equal(p.r, 0);
	assert_string_equal(client_error(p.c), "");
	assert_int_equal(client_publish(p.c, "a", BYTES_LITERAL("x")), 0);
	door_says(&p, "PONG\r\nPONG\r\n");
	assert_int_equal(client_flush(p.c, 50), 0);
	heard = door_heard(&p);
	assert_non_null(memmem(heard.p, heard.n, "PING\r\nPUB a 1\r\nx\r\nPING\r\n", 24));
	close_pair(&p);
}

TEST(opening_tells_why_the_door_refused)
{
	struct pair p = open_pair("INFO {}\r\n-ERR 'Authorization Violation'\r\n");

	assert_int_equal(p.r, CLIENT_E_REFUSED);
	assert_string_equal(client_error(p.c), "Authorization Violation");
	close_pair(&p);
}

TEST(a_door_that_says_nothing_times_out_and_one_that_leaves_is_told)
{
	struct pair p = open_pair("INFO {}\r\n");
	struct client_message m;

	assert_int_equal(p.r, CLIENT_E_TIMEOUT);
	close_pair(&p);
	p = open_greeted();
	close(p.theirs);
	assert_int_equal(client_next(p.c, 50, &m), CLIENT_E_CLOSED);
	client_close(p.c);
}

TEST(what_is_no_nats_server_is_refused)
{
	struct pair p = open_pair("SSH-2.0-OpenSSH_9.2\r\n");

	assert_int_equal(p.r, -EPROTO);
	assert_null(p.c);
	close_pair(&p);
	p = open_pair("INFO {}\r\nMSG a 1 0\r\n\r\n");
	assert_int_equal(p.r, -EPROTO);
	close_pair(&p);
}

TEST(messages_come_one_by_one_with_their_headers)
{
	struct pair p = open_greeted();
	struct client_message m;
	struct bytes heard;
	uint64_t sid;

	assert_int_equal(client_subscribe(p.c, "a.*", &sid), 0);
	door_says(&p, "HMSG a.b 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPING\r\nMSG a.c 1 0\r\n\r\n");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.subject, "a.b");
	assert_bytes(m.reply, "r");
	assert_bytes(m.header, "NATS/1.0\r\n\r\n");
	assert_bytes(m.payload, "hi");
	assert_int_equal(m.sid, sid);
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.subject, "a.c");
	assert_int_equal(client_next(p.c, 1, &m), CLIENT_E_TIMEOUT);
	heard = door_heard(&p);
	assert_non_null(memmem(heard.p, heard.n, "SUB a.* 1\r\nPONG\r\n", 17));
	close_pair(&p);
}

/* The inbox is random: the line of a first request, which nobody answers in time, tells it. */
static void learn_inbox(struct pair *p, char out[64])
{
	struct client_message m;
	struct bytes heard;
	const char *at, *end;

	assert_int_equal(client_request(p->c, "svc", BYTES_LITERAL("q"), 1, &m), CLIENT_E_TIMEOUT);
	heard = door_heard(p);
	at = memmem(heard.p, heard.n, "_INBOX.", 7);
	assert_non_null(at);
	end = strchr(at, '*');
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = 0;
}

TEST(a_request_gets_its_own_answer_and_keeps_other_messages_for_later)
{
	struct pair p = open_greeted();
	struct client_message m;
	char inbox[64], text[512];
	uint64_t sid;

	assert_int_equal(client_subscribe(p.c, "news", &sid), 0);
	learn_inbox(&p, inbox);
	snprintf(text, sizeof(text),
		 "MSG news 1 1\r\n1\r\nMSG %s1 0 4\r\nlate\r\nMSG news 1 1\r\n2\r\nMSG %s2 0 "
		 "2\r\nok\r\n",
		 inbox, inbox);
	door_says(&p, text);
	assert_int_equal(client_request(p.c, "svc", BYTES_LITERAL("q"), 50, &m), 0);
	assert_bytes(m.payload, "ok");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "1");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "2");
	assert_int_equal(client_next(p.c, 1, &m), CLIENT_E_TIMEOUT);
	snprintf(text, sizeof(text), "HMSG %s3 0 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", inbox);
	door_says(&p, text);
	assert_int_equal(client_request(p.c, "svc", BYTES_LITERAL("q"), 50, &m),
			 CLIENT_E_NO_RESPONDERS);
	close_pair(&p);
}

TEST(a_refusal_is_told_by_flush_and_does_not_end_the_connection)
{
	struct pair p = open_greeted();
	struct client_message m;
	uint64_t sid;

	assert_int_equal(client_subscribe(p.c, "b", &sid), 0);
	assert_int_equal(client_publish(p.c, "a", BYTES_LITERAL("x")), 0);
	door_says(
		&p,
		"MSG b 1 1\r\ny\r\n-ERR 'Permissions Violation for Publish to \"a\"'\r\nPONG\r\n");
	assert_int_equal(client_flush(p.c, 50), CLIENT_E_REFUSED);
	assert_string_equal(client_error(p.c), "Permissions Violation for Publish to \"a\"");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "y");
	assert_int_equal(client_flush(p.c, 1), CLIENT_E_TIMEOUT);
	close_pair(&p);
}

TEST(nobody_there_is_an_error_by_its_number)
{
	struct client_config config = { .address = "/nonexistent/peerline.sock", .timeout_ms = 50 };
	struct client *c;

	assert_int_equal(client_open(&config, &c), -ENOENT);
	assert_null(c);
	config.address = "nats://not-an-ip:1";
	assert_int_equal(client_open(&config, &c), -EINVAL);
	assert_string_equal(client_error(NULL), "");
	assert_null(client_close(NULL));
}

TEST(headers_replies_and_queue_groups_become_lines)
{
	const struct client_publication pub = { .subject = BYTES_LITERAL("a"),
						.reply = BYTES_LITERAL("r"),
						.header = BYTES_LITERAL("NATS/1.0\r\n\r\n"),
						.payload = BYTES_LITERAL("x") };
	struct pair p = open_greeted();
	struct client_message m;
	struct bytes heard;
	uint64_t sid;

	assert_int_equal(client_subscribe_queue(p.c, "work", "q", &sid), 0);
	assert_int_equal(client_publish_message(p.c, &pub), 0);
	assert_int_equal(client_next(p.c, 0, &m), CLIENT_E_TIMEOUT);
	heard = door_heard(&p);
	assert_bytes(heard, "SUB work q 1\r\nHPUB a r 12 13\r\nNATS/1.0\r\n\r\nx\r\n");
	assert_int_equal(client_counts(p.c).published, 1);
	close_pair(&p);
}

TEST(an_ended_subscription_gives_nothing_more)
{
	struct pair p = open_greeted();
	struct client_message m;
	uint64_t a, b;

	assert_int_equal(client_subscribe(p.c, "a", &a), 0);
	assert_int_equal(client_subscribe(p.c, "b", &b), 0);
	assert_int_equal(client_unsubscribe(p.c, b, 2), 0);
	door_says(&p, "MSG b 2 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG b 2 1\r\n3\r\nMSG b 2 1\r\n4\r\n");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "1");
	assert_int_equal(client_unsubscribe(p.c, a, 0), 0);
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "3");
	assert_int_equal(client_next(p.c, 1, &m), CLIENT_E_TIMEOUT);
	assert_int_equal(client_unsubscribe(p.c, b, 0), -ENOENT);
	assert_bytes(door_heard(&p), "SUB a 1\r\nSUB b 2\r\nUNSUB 2 2\r\nUNSUB 1\r\n");
	close_pair(&p);
}

TEST(gaps_are_fields_of_the_message_behind_them)
{
	struct pair p = open_greeted();
	struct client_message m;
	uint64_t sid;

	assert_int_equal(client_subscribe(p.c, "topic.a", &sid), 0);
	door_says(
		&p,
		"HMSG topic.a 1 36 43\r\nNATS/1.0\r\nPl-Epoch: 1\r\nPl-Seq: 4\r\n\r\n1234567\r\n");
	door_says(&p, "HMSG topic.a 1 36 36\r\nNATS/1.0\r\nPl-Epoch: 1\r\nPl-Seq: 7\r\n\r\n\r\n");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_int_equal(m.gap.why, GAP_NONE);
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_int_equal(m.gap.why, GAP_SLOW);
	assert_int_equal(m.gap.count, 2);
	assert_int_equal(client_counts(p.c).missed, 2);
	assert_int_equal(client_counts(p.c).received, 2);
	close_pair(&p);
}

TEST(draining_gives_what_was_on_its_way_and_ends)
{
	struct pair p = open_greeted();
	struct client_message m;
	uint64_t sid;

	assert_int_equal(client_subscribe(p.c, "a", &sid), 0);
	assert_int_equal(client_drain(p.c), 0);
	assert_bytes(door_heard(&p), "SUB a 1\r\nUNSUB 1\r\nPING\r\n");
	assert_int_equal(client_next(p.c, 0, &m), CLIENT_E_TIMEOUT);
	door_says(&p, "MSG a 1 1\r\n1\r\nPONG\r\n");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "1");
	assert_int_equal(client_next(p.c, 50, &m), CLIENT_E_CLOSED);
	assert_int_equal(client_publish(p.c, "a", BYTES_LITERAL("x")), CLIENT_E_CLOSED);
	assert_int_equal(client_subscribe(p.c, "a", &sid), CLIENT_E_CLOSED);
	assert_int_equal(client_drain(p.c), CLIENT_E_CLOSED);
	close_pair(&p);
}

static bool is_ready(struct client *c)
{
	struct pollfd p = { .fd = client_fd(c), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

TEST(its_descriptor_shows_when_there_is_something_to_do)
{
	struct pair p = open_greeted();
	struct client_message m;
	uint64_t sid;

	assert_false(is_ready(p.c));
	assert_int_equal(client_subscribe(p.c, "a", &sid), 0);
	assert_true(is_ready(p.c)); /* to write */
	assert_int_equal(client_next(p.c, 0, &m), CLIENT_E_TIMEOUT);
	assert_false(is_ready(p.c));
	door_says(&p, "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nPONG\r\n");
	assert_true(is_ready(p.c));
	assert_int_equal(client_next(p.c, 0, &m), 0);
	assert_true(is_ready(p.c)); /* the second one was read already */
	assert_int_equal(client_flush(p.c, 50), 0);
	assert_true(is_ready(p.c)); /* and was kept */
	assert_int_equal(client_next(p.c, 0, &m), 0);
	assert_bytes(m.payload, "2");
	assert_int_equal(client_next(p.c, 0, &m), CLIENT_E_TIMEOUT);
	assert_false(is_ready(p.c));
	close_pair(&p);
}

TEST(a_large_buffer_leaves_by_itself_and_a_full_one_takes_no_more)
{
	static uint8_t large[100000];
	struct pair p = open_greeted();
	size_t n = 0;

	assert_int_equal(client_publish(p.c, "a", BYTES(large, 1000)), 0);
	assert_int_equal(door_heard(&p).n, 0);
	assert_int_equal(client_publish(p.c, "a", BYTES(large, sizeof(large))), 0);
	assert_true(door_heard(&p).n > 0);
	while (client_publish(p.c, "a", BYTES(large, sizeof(large))) == 0)
		n++;
	assert_true(n > 30 && n < 100);
	assert_int_equal(client_publish(p.c, "a", BYTES(large, sizeof(large))), -ENOBUFS);
	close_pair(&p);
}

TESTS(RUN(opening_succeeds_when_the_door_answers_the_first_ping),
      RUN(opening_tells_why_the_door_refused),
      RUN(a_door_that_says_nothing_times_out_and_one_that_leaves_is_told),
      RUN(what_is_no_nats_server_is_refused), RUN(messages_come_one_by_one_with_their_headers),
      RUN(a_request_gets_its_own_answer_and_keeps_other_messages_for_later),
      RUN(a_refusal_is_told_by_flush_and_does_not_end_the_connection),
      RUN(headers_replies_and_queue_groups_become_lines),
      RUN(an_ended_subscription_gives_nothing_more),
      RUN(gaps_are_fields_of_the_message_behind_them),
      RUN(draining_gives_what_was_on_its_way_and_ends),
      RUN(its_descriptor_shows_when_there_is_something_to_do),
      RUN(a_large_buffer_leaves_by_itself_and_a_full_one_takes_no_more),
      RUN(nobody_there_is_an_error_by_its_number))
