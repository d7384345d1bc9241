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

#define assert_said(s, text)                                                                       \
	do {                                                                                       \
		assert_bytes(buf_data(&(s)->out), text);                                           \
		buf_clear(&(s)->out);                                                              \
	} while (0)

TEST(info_is_answered_with_connect_and_the_first_pong_lets_us_in)
{
	struct session s = begin("me \"\\\n", "t0k");
	struct nats_op op;

	assert_int_equal(hear(&s, "INFO {}\r\n", &op), SESSION_E_MORE);
	assert_said(&s, "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,"
			"\"no_responders\":true,\"protocol\":1,\"echo\":true,\"lang\":\"peerline\","
			"\"version\":\"" PL_VERSION "\",\"name\":\"me \\\"\\\\\\u000a\","
			"\"auth_token\":\"t0k\"}\r\nPING\r\n");
	assert_false(session_is_ready(&s));
	assert_int_equal(hear(&s, "INFO {}\r\nPONG\r\n", &op), SESSION_E_MORE);
	assert_true(session_is_ready(&s));
	assert_said(&s, "");
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
	assert_said(&s, "PONG\r\n");
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
	uint64_t sid, pong;

	assert_int_equal(session_subscribe(&s, BYTES_LITERAL("a.*"), BYTES_LITERAL("q"), &sid), 0);
	assert_int_equal(sid, 1);
	assert_int_equal(session_subscribe(&s, BYTES_LITERAL("b"), BYTES(NULL, 0), &sid), 0);
	assert_int_equal(
		session_publish(&s, BYTES_LITERAL("b"), BYTES_LITERAL("r"), BYTES_LITERAL("hi")),
		0);
	assert_int_equal(session_ping(&s, &pong), 0);
	assert_int_equal(pong, 1);
	assert_said(&s, "SUB a.* q 1\r\nSUB b 2\r\nPUB b r 2\r\nhi\r\nPING\r\n");
	session_deinit(&s);
}

TEST(what_would_break_a_line_is_refused)
{
	static const char *const words[] = { "", "a b", "a\tb", "a\rb", "a\nb" };
	struct session s = begin("", "");
	uint64_t sid;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct bytes w = bytes_of_text(words[i]);

		assert_int_equal(session_publish(&s, w, BYTES(NULL, 0), w), -EINVAL);
		assert_int_equal(session_subscribe(&s, w, BYTES(NULL, 0), &sid), -EINVAL);
		if (w.n == 0)
			continue;
		assert_int_equal(session_publish(&s, BYTES_LITERAL("a"), w, w), -EINVAL);
		assert_int_equal(session_subscribe(&s, BYTES_LITERAL("a"), w, &sid), -EINVAL);
	}
	assert_int_equal(session_publish(&s, BYTES_LITERAL("a"), BYTES(NULL, 0),
					 BYTES(words, (size_t)(1024 * 1024 + 1))),
			 -EMSGSIZE);
	assert_said(&s, "");
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
      RUN(what_would_break_a_line_is_refused), RUN(a_name_or_token_that_is_too_long_is_refused))
