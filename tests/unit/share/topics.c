/* Proves that a topic is joined by the first who names it, left after the last, and counted without
 * a hole in between. */

#include "door_fixture.h"

#define LONG "teranode/bitcoin/1.0.0/mainnet-block"

TEST(the_first_subscription_joins_and_the_last_leaves)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	say(a, "SUB topic." LONG " 1\r\n");
	assert_noted(&f, "join " LONG "\n");
	say(a, "SUB topic.mainnet-block 2\r\n");
	say(b, "SUB topic." LONG " q 1\r\n");
	assert_noted(&f, "");
	assert_int_equal(door_topic_consumers(f.door, BYTES_LITERAL(LONG)), 3);
	say(a, "UNSUB 1\r\nUNSUB 2\r\n");
	assert_noted(&f, "");
	say(b, "UNSUB 1\r\n");
	assert_noted(&f, "leave " LONG "\n");
	assert_int_equal(door_topic_consumers(f.door, BYTES_LITERAL(LONG)), 0);
	say(a, "SUB topic." LONG " 1\r\nUNSUB 1 1\r\n");
	assert_noted(&f, "join " LONG "\n");
	gossip_brings(&f, BYTES_LITERAL(LONG), BYTES_LITERAL("x"));
	assert_noted(&f, "leave " LONG "\n");
	fixture_deinit(&f);
}

TEST(a_wildcard_joins_nothing_and_sees_what_is_joined)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	say(a, "SUB topic.> 1\r\nSUB topic.* 2\r\n");
	assert_noted(&f, "");
	say(b, "SUB topic./a 1\r\n");
	gossip_brings(&f, BYTES_LITERAL("/a"), BYTES_LITERAL("x"));
	hear(a);
	assert_memory_equal(buf_data(&a->heard).p, "HMSG topic./a 1 ", 16);
	assert_non_null(memmem(buf_data(&a->heard).p, buf_len(&a->heard), "HMSG topic./a 2 ", 16));
	fixture_deinit(&f);
}

TEST(a_topic_that_is_refused_is_not_subscribed_to)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	f.join_answer = -ENOSPC;
	say(a, "SUB topic./a 1\r\n");
	assert_heard(a, "-ERR 'Permissions Violation for Subscription to \"topic./a\": too many "
			"subscriptions or topics'\r\n");
	f.join_answer = -EACCES;
	say(a, "SUB topic./a 1\r\n");
	assert_heard(a,
		     "-ERR 'Permissions Violation for Subscription to \"topic./a\": not allowed to "
		     "this consumer'\r\n");
	f.join_answer = -EIO;
	say(a, "SUB topic./a 1\r\n");
	assert_heard(a, "-ERR 'Permissions Violation for Subscription to \"topic./a\": the node "
			"refuses'\r\n");
	gossip_brings(&f, BYTES_LITERAL("/a"), BYTES_LITERAL("x"));
	assert_heard(a, "");
	say(a, "SUB topic.%zz 1\r\n");
	assert_heard(a,
		     "-ERR 'Permissions Violation for Subscription to \"topic.%zz\": not a topic "
		     "name'\r\n");
	f.join_answer = 0;
	say(a, "SUB topic./a 1\r\n");
	gossip_brings(&f, BYTES_LITERAL("/a"), BYTES_LITERAL("x"));
	hear(a);
	assert_memory_equal(buf_data(&a->heard).p, "HMSG topic./a 1 ", 16);
	fixture_deinit(&f);
}

TEST(changing_ones_mind_in_one_breath_neither_leaves_nor_joins_twice)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB topic./a 1\r\nSUB topic./a 2\r\nUNSUB 1\r\n");
	assert_noted(&f, "join /a\n");
	fixture_deinit(&f);
}

TEST(messages_of_topics_nobody_names_do_not_fill_the_table)
{
	struct fixture f;
	struct client *a;
	char name[32];

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB topic.> 1\r\nSUB topic./keep 2\r\n");
	for (int i = 0; i < 3 * LIMIT_DOOR_TOPICS; i++) {
		int n = snprintf(name, sizeof(name), "/t%d", i);

		gossip_brings(&f, BYTES(name, (size_t)n), BYTES_LITERAL("x"));
		hear(a);
		assert_true(buf_len(&a->heard) > 0);
		buf_clear(&a->heard);
	}
	assert_int_equal(door_topic_consumers(f.door, BYTES_LITERAL("/keep")), 1);
	fixture_deinit(&f);
}

TESTS(RUN(the_first_subscription_joins_and_the_last_leaves),
      RUN(a_wildcard_joins_nothing_and_sees_what_is_joined),
      RUN(a_topic_that_is_refused_is_not_subscribed_to),
      RUN(changing_ones_mind_in_one_breath_neither_leaves_nor_joins_twice),
      RUN(messages_of_topics_nobody_names_do_not_fill_the_table))
