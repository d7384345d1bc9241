/* Proves the consumer's side of the protocol: what it answers by itself, and what it hands on. */

#include "test.h"

#include "client/session.h"

static struct session begin(const char *name, const char *token)
{
	struct session s;

	assert_int_equal(session_init(&s, &(struct session_config){ .name = name, .token = token }),
			 0);
	return s;
}

static int hear(struct session *s, const char *text, struct nats_op *ret)
{
	struct bytes in = bytes_of_text(text);

	return session_next(s, &in, ret);
}

#define assert_in(b, text)                                                                         \
	do {                                                                                       \
		assert_bytes(buf_data(b), text);                                                   \
		buf_clear(b);                                                                      \
	} while (0)
#define assert_answered(s, text) assert_in(&(s)->urgent, text)
#define assert_said(s, text) assert_in(&(s)->out, text)

TEST(info_is_answered_with_connect_and_the_first_pong_lets_us_in)
{
	struct session s = begin("me \"\\\n", "t0k");
	struct nats_op op;

	assert_int_equal(hear(&s, "INFO {}\r\n", &op), SESSION_E_MORE);
	assert_answered(&s,
			"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,"
			"\"no_responders\":true,\"protocol\":1,\"echo\":true,\"lang\":\"peerline\","
			"\"version\":\"" PL_VERSION "\",\"name\":\"me \\\"\\\\\\u000a\","
			"\"auth_token\":\"t0k\"}\r\nPING\r\n");
	assert_false(session_is_ready(&s));
	assert_int_equal(hear(&s, "INFO {}\r\nPONG\r\n", &op), SESSION_E_MORE);
	assert_true(session_is_ready(&s));
	assert_answered(&s, "");
	session_deinit(&s);
}

TEST(pings_are_answered_and_messages_and_errors_are_the_callers)
{
	struct session s = begin("", "");
	struct bytes in = BYTES_LITERAL("PING\r\n+OK\r\nMSG a 1 2\r\nhi\r\n-ERR 'no'\r\n");
	struct nats_op op;

	assert_int_equal(session_next(&s, &in, &op), 0);
	assert_int_equal(op.verb, NATS_MSG);
	assert_bytes(op.payload, "hi");
	assert_answered(&s, "PONG\r\n");
	assert_int_equal(session_next(&s, &in, &op), 0);
	assert_int_equal(op.verb, NATS_ERR);
	assert_bytes(op.text, "no");
	assert_int_equal(session_next(&s, &in, &op), SESSION_E_MORE);
	session_deinit(&s);
}

TEST(what_no_server_says_ends_the_session)
{
	static const char *const rows[] = { "HELLO\r\n", "SUB a 1\r\n", "MSG a\r\n" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct session s = begin("", "");
		struct nats_op op;

		assert_int_equal(hear(&s, rows[i], &op), SESSION_E_PROTOCOL);
		session_deinit(&s);
	}
}

TEST(what_the_caller_says_becomes_lines)
{
	struct session s = begin("", "");
	const struct session_message plain = { .subject = BYTES_LITERAL("b"),
					       .reply = BYTES_LITERAL("r"),
					       .payload = BYTES_LITERAL("hi") };
	const struct session_message headed = { .subject = BYTES_LITERAL("b"),
						.payload = BYTES_LITERAL("hi"),
						.header = BYTES_LITERAL("NATS/1.0\r\n\r\n") };
	uint64_t pong;

	assert_int_equal(session_subscribe(&s, BYTES_LITERAL("a.*"), BYTES_LITERAL("q"), 1), 0);
	assert_int_equal(session_subscribe(&s, BYTES_LITERAL("b"), BYTES(NULL, 0), 2), 0);
	assert_int_equal(session_publish(&s, &plain), 0);
	assert_int_equal(session_publish(&s, &headed), 0);
	assert_int_equal(session_unsubscribe(&s, 1, 0), 0);
	assert_int_equal(session_unsubscribe(&s, 2, 7), 0);
	assert_int_equal(session_ping(&s, &pong), 0);
	assert_int_equal(pong, 1);
	assert_said(&s, "SUB a.* q 1\r\nSUB b 2\r\nPUB b r 2\r\nhi\r\n"
			"HPUB b 12 14\r\nNATS/1.0\r\n\r\nhi\r\nUNSUB 1\r\nUNSUB 2 7\r\nPING\r\n");
	assert_answered(&s, "");
	session_deinit(&s);
}

TEST(what_would_break_a_line_is_refused)
{
	static const char *const words[] = { "", "a b", "a\tb", "a\rb", "a\nb" };
	static const uint8_t large[1024 * 1024 + 1];
	struct session s = begin("", "");
	struct session_message m;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct bytes w = bytes_of_text(words[i]);

		m = (struct session_message){ .subject = w };
		assert_int_equal(session_publish(&s, &m), -EINVAL);
		assert_int_equal(session_subscribe(&s, w, BYTES(NULL, 0), 1), -EINVAL);
		if (w.n == 0)
			continue;
		m = (struct session_message){ .subject = BYTES_LITERAL("a"), .reply = w };
		assert_int_equal(session_publish(&s, &m), -EINVAL);
		assert_int_equal(session_subscribe(&s, BYTES_LITERAL("a"), w, 1), -EINVAL);
	}
	m = (struct session_message){ .subject = BYTES_LITERAL("a"),
				      .payload = BYTES(large, sizeof(large)) };
	assert_int_equal(session_publish(&s, &m), -EMSGSIZE);
	m.payload.n = sizeof(large) - 5;
	m.header = BYTES_LITERAL("NATS/1.0\r\n\r\n");
	assert_int_equal(session_publish(&s, &m), -EMSGSIZE);
	assert_said(&s, "");
	session_deinit(&s);
}

TEST(what_is_said_in_advance_is_bounded)
{
	static const uint8_t large[1024 * 1024];
	const struct session_message m = { .subject = BYTES_LITERAL("a"),
					   .payload = BYTES(large, sizeof(large)) };
	struct session s = begin("", "");
	size_t n = 0;

	while (session_publish(&s, &m) == 0)
		n++;
	assert_int_equal(n, 3);
	n = buf_len(&s.out);
	assert_int_equal(session_publish(&s, &m), -ENOBUFS);
	assert_int_equal(buf_len(&s.out), n);
	session_deinit(&s);
}

TEST(another_connection_is_greeted_anew_and_what_was_said_stays)
{
	const struct session_message m = { .subject = BYTES_LITERAL("b"),
					   .payload = BYTES_LITERAL("hi") };
	struct session s = begin("", "");
	struct nats_op op;

	assert_int_equal(hear(&s, "INFO {\"server_id\":\"one\"}\r\nPONG\r\nMSG a 1 100\r\nxx", &op),
			 SESSION_E_MORE);
	assert_string_equal(s.server_id, "one");
	assert_true(session_is_ready(&s));
	assert_int_equal(session_publish(&s, &m), 0);
	session_restart(&s);
	assert_false(session_is_ready(&s));
	assert_answered(&s, "");
	assert_int_equal(session_restore(&s, BYTES_LITERAL("a"), BYTES_LITERAL("q"), 1, 0), 0);
	assert_int_equal(session_restore(&s, BYTES_LITERAL("c"), BYTES(NULL, 0), 2, 5), 0);
	assert_answered(&s, "SUB a q 1\r\nSUB c 2\r\nUNSUB 2 5\r\n");
	assert_int_equal(hear(&s, "INFO {\"server_id\":\"two\"}\r\nPONG\r\n", &op), SESSION_E_MORE);
	assert_string_equal(s.server_id, "two");
	assert_true(session_is_ready(&s));
	assert_said(&s, "PUB b 2\r\nhi\r\n");
	session_restart(&s);
	assert_int_equal(hear(&s, "INFO {\"server_id\":\"\"}\r\n", &op), SESSION_E_MORE);
	assert_string_equal(s.server_id, "");
	session_deinit(&s);
}

TEST(a_name_or_token_that_is_too_long_is_refused)
{
	char text[300];
	struct session s;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	assert_int_equal(session_init(&s, &(struct session_config){ .name = text, .token = "" }),
			 -EINVAL);
	session_deinit(&s);
	assert_int_equal(session_init(&s, &(struct session_config){ .name = "", .token = text }),
			 -EINVAL);
	session_deinit(&s);
}

TESTS(RUN(info_is_answered_with_connect_and_the_first_pong_lets_us_in),
      RUN(pings_are_answered_and_messages_and_errors_are_the_callers),
      RUN(what_no_server_says_ends_the_session), RUN(what_the_caller_says_becomes_lines),
      RUN(what_would_break_a_line_is_refused), RUN(what_is_said_in_advance_is_bounded),
      RUN(another_connection_is_greeted_anew_and_what_was_said_stays),
      RUN(a_name_or_token_that_is_too_long_is_refused))
