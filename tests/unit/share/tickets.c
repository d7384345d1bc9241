/* Proves that control requests are answered to who asked, once, and cannot pile up. */

#include "door_fixture.h"

TEST(a_control_request_is_answered_now_or_later)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB in.* 1\r\nPUB $PL.API.STATUS in.1 2\r\n{}\r\n");
	assert_noted(&f, "api STATUS {}\n");
	assert_heard(a, "");
	door_api_reply(f.door, f.ticket, BYTES_LITERAL("{\"x\":1}"));
	assert_heard(a, "MSG in.1 1 7\r\n{\"x\":1}\r\n");
	door_api_reply(f.door, f.ticket, BYTES_LITERAL("{\"x\":2}"));
	assert_heard(a, "");
	f.answers_api = true;
	say(a, "PUB $PL.API.PEERS in.2 0\r\n\r\n");
	assert_heard(a, "MSG in.2 1 5\r\nPEERS\r\n");
	fixture_deinit(&f);
}

TEST(a_request_without_a_reply_is_done_and_answers_nobody)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	f.answers_api = true;
	a = client_new(&f);
	say(a, "SUB > 1\r\nPUB $PL.API.STOP 0\r\n\r\n");
	assert_noted(&f, "api STOP\n");
	assert_heard(a, "");
	fixture_deinit(&f);
}

TEST(an_answer_for_who_left_finds_nobody)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB in.* 1\r\nPUB $PL.API.STATUS in.1 2\r\n{}\r\n");
	client_gone(a);
	door_api_reply(f.door, f.ticket, BYTES_LITERAL("{}"));
	door_api_reply(f.door, 999, BYTES_LITERAL("{}"));
	fixture_deinit(&f);
}

TEST(a_consumer_that_asks_too_much_at_once_is_told_so)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB in.* 1\r\n");
	for (size_t i = 0; i < LIMIT_DOOR_TICKETS_PER_CONSUMER; i++)
		say(a, "PUB $PL.API.PING in.1 2\r\n{}\r\n");
	assert_heard(a, "");
	say(a, "PUB $PL.API.PING in.2 2\r\n{}\r\n");
	hear(a);
	assert_non_null(memmem(buf_data(&a->heard).p, buf_len(&a->heard), "E_BUSY", 6));
	buf_clear(&a->heard);
	door_api_reply(f.door, f.ticket, BYTES_LITERAL("{}"));
	assert_heard(a, "MSG in.1 1 2\r\n{}\r\n");
	buf_clear(&f.notes);
	say(a, "PUB $PL.API.PING in.3 2\r\n{}\r\n");
	assert_noted(&f, "api PING {}\n");
	fixture_deinit(&f);
}

TEST(a_request_or_an_answer_that_is_too_large_becomes_an_error)
{
	static char text[LIMIT_API_REQUEST + 100], answer[LIMIT_DOOR_PAYLOAD + 1];
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB in.* 1\r\n");
	snprintf(text, sizeof(text), "PUB $PL.API.X in.1 %d\r\n%0*d\r\n", LIMIT_API_REQUEST + 1,
		 LIMIT_API_REQUEST + 1, 0);
	say(a, text);
	assert_noted(&f, "");
	hear(a);
	assert_non_null(memmem(buf_data(&a->heard).p, buf_len(&a->heard), "E_TOO_LARGE", 11));
	buf_clear(&a->heard);
	say(a, "PUB $PL.API.X in.1 2\r\n{}\r\n");
	door_api_reply(f.door, f.ticket, BYTES(answer, sizeof(answer)));
	hear(a);
	assert_non_null(memmem(buf_data(&a->heard).p, buf_len(&a->heard), "E_TOO_LARGE", 11));
	fixture_deinit(&f);
}

TESTS(RUN(a_control_request_is_answered_now_or_later),
      RUN(a_request_without_a_reply_is_done_and_answers_nobody),
      RUN(an_answer_for_who_left_finds_nobody),
      RUN(a_consumer_that_asks_too_much_at_once_is_told_so),
      RUN(a_request_or_an_answer_that_is_too_large_becomes_an_error))
