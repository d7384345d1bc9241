/* Proves that what a member of a queue group was not sent goes to another, as it was, and is told
 * where there is none. */

#include "door_fixture.h"

static struct client *worker(struct fixture *f, const char *subs)
{
	struct client *cl = client_new(f);

	say(cl, subs);
	return cl;
}

TEST(what_waited_for_a_member_that_ends_goes_to_another_in_its_order)
{
	struct client *a, *b, *sender;
	struct fixture f;

	fixture_init(&f);
	a = worker(&f, "SUB job w 1\r\nSUB plain 2\r\n");
	sender = client_new(&f);
	say(sender, "PUB job back 1\r\na\r\nPUB plain 1\r\n.\r\n");
	say(a, "PING\r\n");
	say(sender, "HPUB job 15 16\r\nNATS/1.0\r\nX\r\n\r\nb\r\n");
	b = worker(&f, "SUB job w 9\r\n");
	buf_clear(&f.notes);
	client_gone(a);
	assert_heard(b, "MSG job 9 back 1\r\na\r\nHMSG job 9 15 16\r\nNATS/1.0\r\nX\r\n\r\nb\r\n");
	assert_noted(&f, "gap  1 missed 0-0 plain away\n");
	fixture_deinit(&f);
}

TEST(a_message_of_which_a_part_has_left_is_not_given_and_is_told)
{
	struct client *a, *b, *sender;
	struct fixture f;

	fixture_init(&f);
	a = worker(&f, "SUB job w 1\r\n");
	sender = client_new(&f);
	say(sender, "PUB job 1\r\na\r\nPUB job 1\r\nb\r\n");
	consumer_sent(a->c, 4);
	b = worker(&f, "SUB job w 9\r\n");
	buf_clear(&f.notes);
	client_gone(a);
	assert_heard(b, "MSG job 9 1\r\nb\r\n");
	assert_noted(&f, "gap  1 missed 0-0 job away\n");
	fixture_deinit(&f);
}

TEST(where_nobody_is_left_the_messages_are_told)
{
	struct client *a, *sender;
	struct fixture f;

	fixture_init(&f);
	a = worker(&f, "SUB job w 1\r\n");
	sender = client_new(&f);
	say(sender, "PUB job 1\r\na\r\nPUB job 1\r\nb\r\n");
	buf_clear(&f.notes);
	client_gone(a);
	assert_noted(&f, "gap  2 missed 0-0 job away\n");
	fixture_deinit(&f);
}

TEST(a_large_message_of_a_topic_is_given_with_its_number)
{
	static char large[100000];
	struct client *a, *b;
	struct fixture f;

	memset(large, 'x', sizeof(large));
	fixture_init(&f);
	a = worker(&f, "SUB topic./t w 1\r\n");
	gossip_brings(&f, BYTES_LITERAL("/t"), BYTES(large, sizeof(large)));
	b = worker(&f, "SUB topic./t w 9\r\n");
	buf_clear(&f.notes);
	client_gone(a);
	hear(b);
	assert_memory_equal(buf_data(&b->heard).p, "HMSG topic./t 9 ", 16);
	assert_non_null(memmem(buf_data(&b->heard).p, buf_len(&b->heard), "Pl-Seq: 1\r\n", 11));
	assert_true(buf_len(&b->heard) > sizeof(large));
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TEST(what_was_given_to_another_does_not_leave_all_the_same)
{
	struct client *a, *b, *sender;
	struct fixture f;

	fixture_init(&f);
	a = worker(&f, "SUB job w 1\r\nSUB plain 2\r\n");
	sender = client_new(&f);
	say(sender, "PUB plain 1\r\na\r\nPUB job 1\r\nb\r\n");
	consumer_sent(a->c, 4);
	b = worker(&f, "SUB job w 9\r\n");
	buf_clear(&f.notes);
	say(a, "WHAT\r\n");
	assert_int_equal(a->ended, 1);
	assert_heard(b, "MSG job 9 1\r\nb\r\n");
	/* A message of which a part has left is finished, and counts as missed. */
	assert_heard(a, "plain 2 1\r\na\r\n-ERR 'Unknown Protocol Operation'\r\n");
	assert_noted(&f, "gap  1 missed 0-0 plain away\n");
	fixture_deinit(&f);
}

TEST(only_the_last_words_follow_what_was_given)
{
	struct client *a, *b, *sender;
	struct fixture f;

	fixture_init(&f);
	a = worker(&f, "SUB job w 1\r\nSUB plain 2\r\n");
	sender = client_new(&f);
	say(sender, "PUB job 1\r\na\r\nPUB plain 1\r\nb\r\n");
	b = worker(&f, "SUB job w 9\r\n");
	buf_clear(&f.notes);
	say(a, "PING\r\nWHAT\r\n");
	assert_heard(b, "MSG job 9 1\r\na\r\n");
	assert_heard(a, "-ERR 'Unknown Protocol Operation'\r\n");
	assert_noted(&f, "gap  1 missed 0-0 plain away\n");
	client_gone(a);
	assert_heard(b, "");
	fixture_deinit(&f);
}

TESTS(RUN(what_waited_for_a_member_that_ends_goes_to_another_in_its_order),
      RUN(a_message_of_which_a_part_has_left_is_not_given_and_is_told),
      RUN(where_nobody_is_left_the_messages_are_told),
      RUN(a_large_message_of_a_topic_is_given_with_its_number),
      RUN(what_was_given_to_another_does_not_leave_all_the_same),
      RUN(only_the_last_words_follow_what_was_given))
