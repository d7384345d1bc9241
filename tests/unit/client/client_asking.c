/* Proves that many requests may be under way, and that each ends once. */

#include "pair.h"

#define INFO "INFO {}\r\nPONG\r\n"

static const struct client_publication question = { .subject = BYTES_LITERAL("svc"),
						    .payload = BYTES_LITERAL("q") };

/* The inbox is random: the line of a request tells it. */
static void learn_inbox(struct bytes heard, char out[64])
{
	const char *at = memmem(heard.p, heard.n, "_INBOX.", 7);
	const char *end = at ? strchr(at, '*') : NULL;

	assert_non_null(end);
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = 0;
}

static void answer(struct doors *d, const char *inbox, uint64_t ticket, const char *text)
{
	char line[256];

	snprintf(line, sizeof(line), "MSG %s%llu 0 %zu\r\n%s\r\n", inbox,
		 (unsigned long long)ticket, strlen(text), text);
	doors_say(d, 0, line);
}

TEST(answers_come_in_any_order_each_with_its_ticket)
{
	struct doors d = { .says = { INFO } };
	struct client_message m;
	uint64_t a, b;
	char inbox[64];

	doors_open(&d);
	assert_int_equal(client_ask(d.c, &question, CLIENT_FOREVER, &a), 0);
	assert_int_equal(client_ask(d.c, &question, CLIENT_FOREVER, &b), 0);
	assert_int_equal(client_next(d.c, 0, &m), CLIENT_E_TIMEOUT);
	learn_inbox(doors_heard(&d, 0), inbox);
	answer(&d, inbox, b, "second");
	answer(&d, inbox, b, "twice");
	answer(&d, inbox, a, "first");
	assert_int_equal(client_next(d.c, 50, &m), 0);
	assert_int_equal(m.kind, CLIENT_ANSWER);
	assert_int_equal(m.ticket, b);
	assert_bytes(m.payload, "second");
	assert_int_equal(client_next(d.c, 50, &m), 0);
	assert_int_equal(m.ticket, a);
	assert_int_equal(m.end, 0);
	assert_int_equal(client_next(d.c, 0, &m), CLIENT_E_TIMEOUT);
	doors_close(&d);
}

TEST(answers_that_come_while_another_is_awaited_are_kept)
{
	struct doors d = { .says = { INFO } };
	struct client_message m;
	char inbox[64];
	uint64_t a;

	doors_open(&d);
	assert_int_equal(client_ask(d.c, &question, CLIENT_FOREVER, &a), 0);
	assert_int_equal(client_next(d.c, 0, &m), CLIENT_E_TIMEOUT);
	learn_inbox(doors_heard(&d, 0), inbox);
	answer(&d, inbox, a, "first");
	answer(&d, inbox, a + 1, "second");
	assert_int_equal(client_request_message(d.c, &question, 50, &m), 0);
	assert_bytes(m.payload, "second");
	assert_int_equal(client_next(d.c, 0, &m), 0);
	assert_int_equal(m.ticket, a);
	assert_bytes(m.payload, "first");
	doors_close(&d);
}

TEST(nobody_who_answers_is_an_answer_too)
{
	struct doors d = { .says = { INFO } };
	struct client_message m;
	char inbox[64], line[128];
	uint64_t a;

	doors_open(&d);
	assert_int_equal(client_ask(d.c, &question, 1, &a), 0);
	assert_int_equal(client_next(d.c, 2000, &m), 0);
	assert_int_equal(m.kind, CLIENT_ANSWER);
	assert_int_equal(m.ticket, a);
	assert_int_equal(m.end, CLIENT_E_TIMEOUT);
	learn_inbox(doors_heard(&d, 0), inbox);
	answer(&d, inbox, a, "late");
	assert_int_equal(client_ask(d.c, &question, CLIENT_FOREVER, &a), 0);
	snprintf(line, sizeof(line), "HMSG %s%llu 0 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", inbox,
		 (unsigned long long)a);
	doors_say(&d, 0, line);
	assert_int_equal(client_next(d.c, 2000, &m), 0);
	assert_int_equal(m.ticket, a);
	assert_int_equal(m.end, CLIENT_E_NO_RESPONDERS);
	doors_close(&d);
}

TEST(a_lost_connection_ends_them_all_and_repeats_none)
{
	struct doors d = { .says = { INFO, INFO }, .r = -ECONNREFUSED };
	struct client_message m;
	uint64_t a;

	doors_open(&d);
	assert_int_equal(client_ask(d.c, &question, CLIENT_FOREVER, &a), 0);
	doors_leave(&d, 0);
	assert_int_equal(client_request_message(d.c, &question, 2000, &m), CLIENT_E_LOST);
	assert_int_equal(client_next(d.c, 2000, &m), 0);
	assert_int_equal(m.kind, CLIENT_LOST);
	assert_int_equal(client_next(d.c, 2000, &m), 0);
	assert_int_equal(m.kind, CLIENT_ANSWER);
	assert_int_equal(m.ticket, a);
	assert_int_equal(m.end, CLIENT_E_LOST);
	assert_int_equal(client_next(d.c, 2000, &m), 0);
	assert_int_equal(m.kind, CLIENT_BACK);
	assert_int_equal(client_next(d.c, 0, &m), CLIENT_E_TIMEOUT);
	{
		struct bytes heard = doors_heard(&d, 1);

		assert_non_null(memmem(heard.p, heard.n, ".* 0\r\n", 6));
		assert_null(memmem(heard.p, heard.n, "PUB svc", 7));
	}
	doors_close(&d);
}

TEST(a_question_that_cannot_be_asked_leaves_nothing_behind)
{
	const struct client_publication bad = { .subject = BYTES_LITERAL("a b") };
	struct doors d = { .says = { INFO } };
	struct client_message m;
	uint64_t a;

	doors_open(&d);
	assert_int_equal(client_ask(d.c, &bad, 1, &a), -EINVAL);
	assert_int_equal(client_request(d.c, "", BYTES(NULL, 0), 1, &m), -EINVAL);
	assert_int_equal(client_next(d.c, 3, &m), CLIENT_E_TIMEOUT);
	doors_close(&d);
}

TESTS(RUN(answers_come_in_any_order_each_with_its_ticket),
      RUN(answers_that_come_while_another_is_awaited_are_kept),
      RUN(nobody_who_answers_is_an_answer_too),
      RUN(a_lost_connection_ends_them_all_and_repeats_none),
      RUN(a_question_that_cannot_be_asked_leaves_nothing_behind))
