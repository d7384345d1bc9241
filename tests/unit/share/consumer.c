/* Proves that a connection hears at the door, byte for byte and at every split of what it says,
 * what a NATS server of version 2.9 answers to the same lines. */

#include "door_fixture.h"

#define VERBOSE "CONNECT {\"auth_token\":\"" TOKEN "\",\"pedantic\":false}\r\n"
#define QUIET(more) "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false" more "}\r\n"
#define STATUS_503 "16 16\r\nNATS/1.0 503\r\n\r\n\r\n"

struct row {
	const char *say, *hear;
	bool closes;
};

static const struct row rows[] = {
	{ HELLO "PING\r\n", "PONG\r\n", false },
	{ VERBOSE "SUB a 1\r\nPUB a 2\r\nhi\r\nUNSUB 1\r\nPING\r\n",
	  "+OK\r\n+OK\r\n+OK\r\nMSG a 1 2\r\nhi\r\n+OK\r\nPONG\r\n", false },
	{ "CONNECT {\"auth_token\":\"" TOKEN "\"}\r\nPUB a.* 1\r\nx\r\nPING\r\n",
	  "+OK\r\n-ERR 'Invalid Publish Subject'\r\n+OK\r\nPONG\r\n", false },
	{ QUIET(",\"pedantic\":null") "PING\r\n", "PONG\r\n", false },
	{ QUIET("") "CONNECT {\"verbose\":true}\r\nPING\r\n", "+OK\r\nPONG\r\n", false },
	{ QUIET(",\"lang\":\"x\",\"user\":null,\"jwt\":1,\"new\":{\"a\":[1]}") "PING\r\n",
	  "PONG\r\n", false },
	{ HELLO "sub\ta   7\r\nPub a\t3\r\nabc\r\npInG\n", "MSG a 7 3\r\nabc\r\nPONG\r\n", false },
	{ HELLO "SUB a  1\r\nPUB a  2\r\nhi\r\nUNSUB 1 \r\nPUB a 2\r\nho\r\n",
	  "MSG a 1 2\r\nhi\r\n", false },
	{ HELLO "SUB a x-y_9\r\nPUB a 1\r\nz\r\n", "MSG a x-y_9 1\r\nz\r\n", false },
	{ HELLO "SUB a 1\r\nSUB b 1\r\nPUB b 1\r\nb\r\nPUB a 1\r\na\r\n", "MSG a 1 1\r\na\r\n",
	  false },
	{ HELLO "SUB a 1\r\nPUB a 0\r\n\r\n", "MSG a 1 0\r\n\r\n", false },
	{ HELLO "SUB a 1\r\nPUB a to.me 2\r\nhi\r\n", "MSG a 1 to.me 2\r\nhi\r\n", false },
	{ HELLO "SUB a 1\r\nHPUB a 26 28\r\nNATS/1.0\r\nK: v\r\nk:  w \r\n\r\nhi\r\n",
	  "HMSG a 1 26 28\r\nNATS/1.0\r\nK: v\r\nk:  w \r\n\r\nhi\r\n", false },
	{ HELLO "SUB a 1\r\nHPUB a 0 2\r\nhi\r\n", "MSG a 1 2\r\nhi\r\n", false },
	{ HELLO "SUB a 1\r\nHPUB a r 4 6\r\njunkhi\r\n", "HMSG a 1 r 4 6\r\njunkhi\r\n", false },
	{ HELLO "SUB foo.* 1\r\nSUB foo.bar 2\r\nPUB foo.* 1\r\nx\r\n", "MSG foo.* 1 1\r\nx\r\n",
	  false },
	{ HELLO "SUB in.* 9\r\nUNSUB 9 1\r\nPUB no in.1 2\r\nhi\r\nPUB no in.2 2\r\nhi\r\n",
	  "HMSG in.1 9 " STATUS_503 "HMSG in.2 9 " STATUS_503, false },
	{ HELLO "SUB in 1\r\nPUB a..b in 1\r\nx\r\nPING\r\n", "HMSG in 1 " STATUS_503 "PONG\r\n",
	  false },
	{ HELLO "SUB in.* q 9\r\nPUB no in.1 2\r\nhi\r\n", "", false },
	{ HELLO "PUB no in.1 2\r\nhi\r\n", "", false },
	{ QUIET(",\"headers\":true") "SUB in.* 9\r\nPUB no in.1 2\r\nhi\r\n", "", false },
	{ QUIET(",\"headers\":true,\"no_responders\":true,\"echo\":false") "SUB no 1\r\nSUB in.* "
									   "9\r\n"
									   "PUB no in.1 "
									   "2\r\nhi\r\n",
	  "HMSG in.1 9 " STATUS_503, false },
	{ HELLO "SUB a 1\r\nPUB a 1\r\n1\r\nUNSUB 1 2\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n",
	  "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n", false },
	{ HELLO "SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 2\r\nPUB a 1\r\n3\r\n",
	  "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n", false },
	{ HELLO "SUB a 1\r\nUNSUB 1 2\r\nUNSUB 1 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\n"
		"SUB b 1\r\nPUB b 1\r\n3\r\n",
	  "MSG a 1 1\r\n1\r\nMSG b 1 1\r\n3\r\n", false },
	{ HELLO "SUB a 1\r\nUNSUB 1 x\r\nPUB a 1\r\n1\r\nUNSUB 77\r\n", "", false },
	{ QUIET(",\"echo\":false") "SUB a 1\r\nSUB a q 2\r\nPUB a 1\r\nx\r\nPING\r\n", "PONG\r\n",
	  false },
	{ HELLO "+OK\r\nINFO {}\r\nPONG\r\nPING junk\r\n", "PONG\r\n", false },
	{ HELLO "PUB a _R_.x 1\r\nx\r\nPUB a $JS.ACK.x 1\r\nx\r\nPING\r\n",
	  "-ERR 'Permissions Violation for Publish with Reply of \"_R_.x\"'\r\n"
	  "-ERR 'Permissions Violation for Publish with Reply of \"$JS.ACK.x\"'\r\nPONG\r\n",
	  false },
	{ VERBOSE "SUB a..b 1\r\nPING\r\n",
	  "+OK\r\n-ERR 'Permissions Violation for Subscription to \"a..b\": not a valid "
	  "subject'\r\nPONG\r\n",
	  false },
	{ VERBOSE "PUB a _R_.x 1\r\nx\r\nPING\r\n",
	  "+OK\r\n-ERR 'Permissions Violation for Publish with Reply of \"_R_.x\"'\r\nPONG\r\n",
	  false },
	{ HELLO "SUB a.>.b q 1\r\nPING\r\n",
	  "-ERR 'Permissions Violation for Subscription to \"a.>.b\" using queue \"q\": not a "
	  "valid "
	  "subject'\r\nPONG\r\n",
	  false },
	{ HELLO "PUB $PL.EVENT.LINK_UP 2\r\n{}\r\nPING\r\n",
	  "-ERR 'Permissions Violation for Publish to \"$PL.EVENT.LINK_UP\": only the node speaks "
	  "there'\r\nPONG\r\n",
	  false },
	/* What closes, and with which words. */
	{ "CONNECT {\"auth_token\":\"wrong\"}\r\nPING\r\n", "-ERR 'Authorization Violation'\r\n",
	  true },
	{ "CONNECT {\"auth_token\":\"s3cre\"}\r\nPING\r\n", "-ERR 'Authorization Violation'\r\n",
	  true },
	{ "CONNECT {\"auth_token\":\"s3cret2\"}\r\nPING\r\n", "-ERR 'Authorization Violation'\r\n",
	  true },
	{ "CONNECT {}\r\n", "-ERR 'Authorization Violation'\r\n", true },
	{ "PING\r\n", "-ERR 'Authorization Violation'\r\n", true },
	{ "SUB a 1\r\n", "-ERR 'Authorization Violation'\r\n", true },
	{ "XYZ\r\n", "-ERR 'Authorization Violation'\r\n", true },
	{ QUIET("") "CONNECT {\"auth_token\":\"no\"}\r\nPING\r\n",
	  "-ERR 'Authorization Violation'\r\n", true },
	{ QUIET(",\"protocol\":7") "PING\r\n", "-ERR 'invalid client protocol'\r\n", true },
	{ QUIET(",\"no_responders\":true") "PING\r\n",
	  "-ERR 'no responders requires headers support'\r\n", true },
	{ HELLO "HELLO there\r\nPING\r\n", "-ERR 'Unknown Protocol Operation'\r\n", true },
	{ HELLO "MSG a 1 1\r\nx\r\nPING\r\n", "-ERR 'Unknown Protocol Operation'\r\n", true },
	{ HELLO "\r\n", "-ERR 'Unknown Protocol Operation'\r\n", true },
	{ HELLO " PING\r\n", "-ERR 'Unknown Protocol Operation'\r\n", true },
	{ HELLO "PUB\r\n", "-ERR 'Unknown Protocol Operation'\r\n", true },
	{ HELLO "PUB a 2\r\nhi!\r\n", "-ERR 'Unknown Protocol Operation'\r\n", true },
	{ HELLO "PUB a 2\r\nhi\nPING\r\n", "-ERR 'Unknown Protocol Operation'\r\n", true },
	{ HELLO "PUB a 1048577\r\n", "-ERR 'Maximum Payload Violation'\r\n", true },
	{ HELLO "HPUB a 1 1048577\r\n", "-ERR 'Maximum Payload Violation'\r\n", true },
	/* What closes without a word. */
	{ "CONNECT {\"auth_token\":\r\n", "", true },
	{ "CONNECT []\r\n", "", true },
	{ "CONNECT \r\n", "", true },
	{ QUIET(",\"pedantic\":\"no\""), "", true },
	{ QUIET(",\"protocol\":\"1\""), "", true },
	{ QUIET(",\"name\":7"), "", true },
	{ QUIET(",\"lang\":7"), "", true },
	{ HELLO "PUB a\r\n", "", true },
	{ HELLO "PUB a x\r\n", "", true },
	{ HELLO "PUB a 1234567890\r\n", "", true },
	{ HELLO "HPUB a 20 10\r\n", "", true },
	{ HELLO "UNSUB 1 2 3\r\n", "", true },
	{ HELLO "-ERR 'x'\r\nPING\r\n", "", true },
	{ QUIET("") "HPUB a 0 1\r\nx\r\nPING\r\n", "", true },
};

static void check_row(const struct row *row, size_t step)
{
	size_t n = strlen(row->say);
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_TCP);
	for (size_t at = 0; at < n; at += step) {
		size_t n_piece = size_min(step, n - at);
		char *piece = malloc(n_piece);

		assert_non_null(piece);
		memcpy(piece, row->say + at, n_piece);
		say_bytes(cl, BYTES(piece, n_piece));
		free(piece);
	}
	assert_int_equal(cl->ended, row->closes);
	assert_false(cl->wants_close);
	assert_heard(cl, row->hear);
	fixture_deinit(&f);
}

TEST(every_conversation_is_answered_as_by_a_nats_server)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i], strlen(rows[i].say));
}

TEST(no_split_of_what_is_said_changes_what_is_heard)
{
	static const size_t steps[] = { 1, 2, 3, 5, 17 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(steps); k++)
			check_row(&rows[i], steps[k]);
	for (size_t step = 1; step < strlen(rows[1].say); step++)
		check_row(&rows[1], step);
}

TEST(a_control_line_may_be_4096_bytes_and_no_longer)
{
	static const size_t subjects[] = { 1024, 1025, 4094, 4095 };
	char line[8192];

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		size_t n = subjects[i];
		struct fixture f;
		struct client *cl;

		fixture_init(&f);
		cl = client_new(&f);
		memcpy(line, "SUB ", 4);
		memset(line + 4, 'a', n);
		memcpy(line + 4 + n, " 1\r\n", 5);
		say(cl, line);
		hear(cl);
		assert_int_equal(cl->ended, n == 4095);
		if (n == 1024)
			assert_heard(cl, "");
		else if (n == 4095)
			assert_heard(cl, "-ERR 'maximum control line exceeded'\r\n");
		else
			assert_memory_equal(buf_data(&cl->heard).p,
					    "-ERR 'Permissions Violation for ", 32);
		assert_true(buf_len(&cl->heard) < 4096);
		fixture_deinit(&f);
	}
}

TEST(http_is_told_what_this_is)
{
	static const char *const requests[] = { "GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n" };

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct fixture f;
		struct client *cl;

		fixture_init(&f);
		cl = client_attach(&f, DOOR_TCP);
		say(cl, requests[i]);
		assert_int_equal(cl->ended, 1);
		hear(cl);
		assert_memory_equal(buf_data(&cl->heard).p, "HTTP/1.1 400 ", 13);
		assert_non_null(memmem(buf_data(&cl->heard).p, buf_len(&cl->heard), "NATS", 4));
		fixture_deinit(&f);
	}
}

TEST(the_owner_on_the_unix_socket_needs_no_token_and_not_even_connect)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_UNIX_OWNER);
	say(cl, "PING\r\n");
	assert_heard(cl, "PONG\r\n");
	say(cl, "CONNECT {\"verbose\":false,\"name\":\"me\"}\r\nPING\r\n");
	assert_heard(cl, "PONG\r\n");
	pass_ms(&f, LIMIT_DOOR_AUTH_MS + 500);
	assert_false(cl->wants_close);
	/* Who has a token of its own, and it is not good any more, must not become the owner. */
	cl = client_attach(&f, DOOR_UNIX_OWNER);
	say(cl, "CONNECT {\"verbose\":false,\"auth_token\":\"whatever\"}\r\nPING\r\n");
	assert_heard(cl, "-ERR 'Authorization Violation'\r\n");
	assert_int_equal(cl->ended, 1);
	fixture_deinit(&f);
}

TEST(others_on_the_unix_socket_need_the_token)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_UNIX_OTHER);
	say(cl, "CONNECT {}\r\n");
	assert_int_equal(cl->ended, 1);
	assert_heard(cl, "-ERR 'Authorization Violation'\r\n");
	cl = client_attach(&f, DOOR_UNIX_OTHER);
	say(cl, HELLO "PING\r\n");
	assert_heard(cl, "PONG\r\n");
	fixture_deinit(&f);
}

TEST(before_its_token_a_connection_makes_us_hold_no_payload)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_TCP);
	say(cl, "PUB a 1000000");
	assert_int_equal(cl->ended, 1);
	assert_heard(cl, "-ERR 'Authorization Violation'\r\n");
	fixture_deinit(&f);
}

TEST(deep_json_is_closed_without_being_parsed)
{
	static char line[4096];
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_TCP);
	memcpy(line, "CONNECT ", 8);
	memset(line + 8, '[', 4000);
	memcpy(line + 4008, "\r\n", 3);
	say(cl, line);
	assert_int_equal(cl->ended, 1);
	assert_heard(cl, "");
	fixture_deinit(&f);
}

TEST(nothing_is_heard_of_a_connection_that_ended)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_new(&f);
	say(cl, "SUB a 1\r\nBAD\r\n");
	forget(cl);
	say(cl, "PING\r\n");
	assert_int_equal(cl->ended, 1);
	say(client_new(&f), "PUB a 1\r\nx\r\n");
	assert_heard(cl, "");
	assert_int_equal(door_n_consumers(f.door), 1);
	fixture_deinit(&f);
}

TEST(a_largest_message_passes_whole_in_small_pieces)
{
	static uint8_t payload[LIMIT_DOOR_PAYLOAD];
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_new(&f);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31 % 251);
	say(cl, "SUB big 1\r\nPUB big 1048576\r\n");
	for (size_t at = 0; at < sizeof(payload); at += 10000)
		say_bytes(cl, BYTES(payload + at, size_min(10000, sizeof(payload) - at)));
	say(cl, "\r\n");
	hear(cl);
	assert_int_equal(buf_len(&cl->heard), 19 + sizeof(payload) + 2);
	assert_memory_equal(buf_data(&cl->heard).p, "MSG big 1 1048576\r\n", 19);
	assert_memory_equal(buf_data(&cl->heard).p + 19, payload, sizeof(payload));
	fixture_deinit(&f);
}

TESTS(RUN(every_conversation_is_answered_as_by_a_nats_server),
      RUN(no_split_of_what_is_said_changes_what_is_heard),
      RUN(a_control_line_may_be_4096_bytes_and_no_longer), RUN(http_is_told_what_this_is),
      RUN(the_owner_on_the_unix_socket_needs_no_token_and_not_even_connect),
      RUN(others_on_the_unix_socket_need_the_token),
      RUN(before_its_token_a_connection_makes_us_hold_no_payload),
      RUN(deep_json_is_closed_without_being_parsed),
      RUN(nothing_is_heard_of_a_connection_that_ended),
      RUN(a_largest_message_passes_whole_in_small_pieces))
