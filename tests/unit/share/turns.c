/* Proves that a member of a queue group that does not answer gets only so much, and that one that
 * answers gets its turn again. */

#include "door_fixture.h"

#include "share/door_priv.h"

static struct client *worker(struct fixture *f)
{
	struct client *cl = client_new(f);

	say(cl, "PING\r\nSUB job w 1\r\n");
	forget(cl);
	return cl;
}

static size_t n_heard(struct client *cl, const char *text)
{
	struct bytes all;
	const uint8_t *at, *end;
	size_t n = 0;

	hear(cl);
	all = buf_data(&cl->heard);
	end = all.p + all.n;
	for (at = all.p; at < end && (at = memmem(at, (size_t)(end - at), text, strlen(text)));
	     at++)
		n++;
	return n;
}

/* Reads, counts its jobs into `io`, and answers. */
static void work(struct client *cl, size_t *io)
{
	*io += n_heard(cl, "MSG job");
	for (size_t n = n_heard(cl, "PING\r\n"); n > 0; n--)
		say(cl, "PONG\r\n");
	buf_clear(&cl->heard);
}

TEST(a_frozen_member_gets_no_more_than_its_share_and_the_others_the_rest)
{
	struct client *frozen, *a, *b, *sender;
	size_t n_a = 0, n_b = 0;
	struct fixture f;

	fixture_init(&f);
	frozen = worker(&f);
	a = worker(&f);
	b = worker(&f);
	sender = client_new(&f);
	for (int i = 0; i < 3000; i++) {
		say(sender, "PUB job 1\r\n.\r\n");
		hear(frozen); /* its socket takes it, and it answers nothing */
		work(a, &n_a);
		work(b, &n_b);
	}
	assert_int_equal(n_heard(frozen, "MSG job"), LIMIT_DOOR_TURN_MESSAGES);
	assert_int_equal(n_a + n_b, 3000 - LIMIT_DOOR_TURN_MESSAGES);
	assert_true(n_a > 1200 && n_b > 1200);
	assert_int_equal(n_heard(frozen, "PING\r\n"), 1);
	fixture_deinit(&f);
}

TEST(a_member_that_took_one_message_and_does_not_answer_has_no_turn_until_it_does)
{
	struct client *frozen, *a, *sender;
	struct fixture f;
	size_t n = 0;

	fixture_init(&f);
	frozen = worker(&f);
	sender = client_new(&f);
	say(sender, "PUB job 1\r\n.\r\n");
	hear(frozen);
	pass_ms(&f, LIMIT_DOOR_TURN_MS / 4);
	assert_int_equal(n_heard(frozen, "PING\r\n"), 1);
	assert_int_equal(turn_of(frozen->c), TURN_READY);
	pass_ms(&f, LIMIT_DOOR_TURN_MS);
	assert_int_equal(turn_of(frozen->c), TURN_STALLED);
	a = worker(&f);
	for (int i = 0; i < 20; i++) {
		say(sender, "PUB job 1\r\n.\r\n");
		work(a, &n);
	}
	assert_int_equal(n, 20);
	say(frozen, "PONG\r\n");
	assert_int_equal(turn_of(frozen->c), TURN_READY);
	for (int i = 0; i < 100; i++) {
		say(sender, "PUB job 1\r\n.\r\n");
		hear(frozen);
		work(a, &n);
	}
	assert_true(n_heard(frozen, "MSG job") > 20);
	fixture_deinit(&f);
}

TEST(where_nobody_answers_messages_still_go_to_somebody)
{
	struct client *frozen, *sender;
	struct fixture f;

	fixture_init(&f);
	frozen = worker(&f);
	sender = client_new(&f);
	for (int i = 0; i < 500; i++)
		say(sender, "PUB job 1\r\n.\r\n");
	pass_ms(&f, 5000);
	for (int i = 0; i < 500; i++)
		say(sender, "PUB job 1\r\n.\r\n");
	assert_int_equal(n_heard(frozen, "MSG job"), 1000);
	fixture_deinit(&f);
}

TEST(who_was_never_answered_by_us_is_not_asked)
{
	struct client *cl, *sender;
	struct fixture f;

	fixture_init(&f);
	cl = client_new(&f);
	say(cl, "SUB job w 1\r\n");
	sender = client_new(&f);
	for (int i = 0; i < 100; i++)
		say(sender, "PUB job 1\r\n.\r\n");
	pass_ms(&f, 1000);
	assert_int_equal(n_heard(cl, "PING\r\n"), 0);
	fixture_deinit(&f);
}

TEST(answers_to_no_question_count_for_nothing)
{
	struct client *cl, *sender;
	struct fixture f;

	fixture_init(&f);
	cl = worker(&f);
	sender = client_new(&f);
	for (int i = 0; i < 200; i++)
		say(cl, "PONG\r\n");
	for (int i = 0; i < 100; i++)
		say(sender, "PUB job 1\r\n.\r\n");
	assert_int_equal(turn_of(cl->c), TURN_BUSY);
	say(cl, "PONG\r\n");
	assert_int_equal(cl->c->turn.known_messages, LIMIT_DOOR_TURN_MESSAGES / 2);
	fixture_deinit(&f);
}

/* More comes at once than all may have: the one that was frozen before gets none of it. */
TEST(bursts_beyond_what_all_may_have_go_to_those_that_answered)
{
	struct client *frozen, *a, *b, *sender;
	size_t n_a = 0, n_b = 0, n_frozen = 0;
	struct fixture f;

	fixture_init(&f);
	frozen = worker(&f);
	a = worker(&f);
	b = worker(&f);
	sender = client_new(&f);
	for (int burst = 0; burst < 10; burst++) {
		for (int i = 0; i < 900; i++)
			say(sender, "PUB job 1\r\n.\r\n");
		hear(frozen);
		pass_ms(&f, 1);
		work(a, &n_a);
		work(b, &n_b);
		if (burst == 0)
			n_frozen = n_heard(frozen, "MSG job");
	}
	assert_int_equal(n_heard(frozen, "MSG job"), n_frozen);
	assert_in_range(n_frozen, 290, 310);
	assert_int_equal(n_a + n_b, 9000 - n_frozen);
	fixture_deinit(&f);
}

TESTS(RUN(a_frozen_member_gets_no_more_than_its_share_and_the_others_the_rest),
      RUN(a_member_that_took_one_message_and_does_not_answer_has_no_turn_until_it_does),
      RUN(bursts_beyond_what_all_may_have_go_to_those_that_answered),
      RUN(where_nobody_answers_messages_still_go_to_somebody),
      RUN(who_was_never_answered_by_us_is_not_asked), RUN(answers_to_no_question_count_for_nothing))
