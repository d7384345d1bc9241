/* Proves that what waits is counted message by message, and that a subscription lives as long as
 * something waits for it. */

#include "door_fixture.h"

#include "share/door_priv.h"

TEST(a_mark_goes_with_the_last_byte_of_its_message)
{
	struct fixture f;
	struct client *cl, *sender;
	size_t n = strlen("MSG x 1 3\r\nabc\r\n");

	fixture_init(&f);
	cl = client_new(&f);
	sender = client_new(&f);
	say(cl, "SUB x 1\r\n");
	say(sender, "PUB x 3\r\nabc\r\n");
	say(cl, "PING\r\n");
	say(sender, "PUB x 3\r\nabc\r\n");
	assert_int_equal(cl->c->unsent.n, 2);
	consumer_sent(cl->c, n - 1);
	assert_int_equal(cl->c->unsent.n, 2);
	consumer_sent(cl->c, 1);
	assert_int_equal(cl->c->unsent.n, 1);
	consumer_sent(cl->c, 6 + n - 1);
	assert_int_equal(cl->c->unsent.n, 1);
	consumer_sent(cl->c, 1);
	assert_int_equal(cl->c->unsent.n, 0);
	fixture_deinit(&f);
}

TEST(a_subscription_that_ended_is_charged_until_its_messages_left)
{
	struct fixture f;
	struct client *cl, *sender;
	size_t cost;

	fixture_init(&f);
	cl = client_new(&f);
	sender = client_new(&f);
	say(cl, "SUB x 1\r\n");
	cost = cl->c->subs_cost;
	say(sender, "PUB x 1\r\na\r\n");
	say(cl, "UNSUB 1\r\nSUB x 1\r\n");
	say(sender, "PUB x 1\r\nb\r\n");
	assert_int_equal(cl->c->subs_cost, 2 * cost);
	assert_heard(cl, "MSG x 1 1\r\na\r\nMSG x 1 1\r\nb\r\n");
	say(cl, "UNSUB 1\r\n");
	assert_int_equal(cl->c->subs_cost, 0);
	fixture_deinit(&f);
}

TEST(who_leaves_with_messages_unsent_leaves_nothing_behind)
{
	struct fixture f;
	struct client *cl, *sender;

	fixture_init(&f);
	cl = client_new(&f);
	sender = client_new(&f);
	say(cl, "SUB topic.> 1\r\nSUB x 2\r\nUNSUB 2 1\r\n");
	gossip_brings(&f, BYTES_LITERAL("/t"), BYTES_LITERAL("m"));
	say(sender, "PUB x 1\r\na\r\n");
	assert_int_equal(cl->c->unsent.n, 2);
	client_gone(cl);
	fixture_deinit(&f); /* the sanitizer looks */
}

TESTS(RUN(a_mark_goes_with_the_last_byte_of_its_message),
      RUN(a_subscription_that_ended_is_charged_until_its_messages_left),
      RUN(who_leaves_with_messages_unsent_leaves_nothing_behind))
