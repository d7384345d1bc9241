/* Proves that a consumer's subscriptions are bounded, and gone when it is. */

#include "door_fixture.h"

static size_t n_subscriptions;

static void count(void *user, const struct consumer_info *info)
{
	(void)user;
	n_subscriptions += info->n_subscriptions;
}

static size_t count_subscriptions(struct fixture *f)
{
	n_subscriptions = 0;
	door_consumers(f->door, count, NULL);
	return n_subscriptions;
}

TEST(a_consumer_may_have_so_many_subscriptions_and_is_refused_the_next)
{
	struct fixture f;
	struct client *a;
	char text[64];

	fixture_init(&f);
	a = client_new(&f);
	for (int i = 0; i < LIMIT_DOOR_SUBSCRIPTIONS; i++) {
		snprintf(text, sizeof(text), "SUB s.%d %d\r\n", i, i);
		say(a, text);
	}
	assert_heard(a, "");
	say(a, "SUB one.more x\r\n");
	assert_heard(a, "-ERR 'Permissions Violation for Subscription to \"one.more\": too many "
			"subscriptions or topics'\r\n");
	assert_int_equal(count_subscriptions(&f), LIMIT_DOOR_SUBSCRIPTIONS);
	say(a, "UNSUB 7\r\nSUB one.more x\r\nPUB one.more 1\r\n1\r\nPUB s.7 1\r\n2\r\nPUB s.8 "
	       "1\r\n3\r\n");
	assert_heard(a, "MSG one.more x 1\r\n1\r\nMSG s.8 8 1\r\n3\r\n");
	client_gone(a);
	assert_int_equal(count_subscriptions(&f), 0);
	fixture_deinit(&f);
}

TEST(what_subscriptions_cost_is_bounded_too)
{
	struct fixture f;
	struct client *a;
	char text[2048];
	size_t n = 0;

	fixture_init(&f);
	a = client_new(&f);
	for (;; n++) {
		snprintf(text, sizeof(text), "SUB %01000d.*.*.*.*.*.*.*.*.*.*.*.> %zu\r\n", (int)n,
			 n);
		say(a, text);
		hear(a);
		if (buf_len(&a->heard) > 0)
			break;
	}
	assert_true(n > 100 && n < LIMIT_DOOR_SUBSCRIPTIONS);
	assert_int_equal(a->ended, 0);
	fixture_deinit(&f);
}

TEST(a_sid_that_could_not_be_echoed_closes)
{
	char text[2048];
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	snprintf(text, sizeof(text), "SUB a %01024d\r\nPUB a 1\r\nx\r\n", 1);
	say(a, text);
	hear(a);
	assert_true(buf_len(&a->heard) > 1024);
	snprintf(text, sizeof(text), "SUB a %01025d\r\n", 2);
	say(a, text);
	assert_int_equal(a->ended, 1);
	fixture_deinit(&f);
}

TEST(a_queue_name_that_fits_no_answer_is_refused)
{
	char text[2048];
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	snprintf(text, sizeof(text), "SUB a %01025d 1\r\n", 1);
	say(a, text);
	hear(a);
	assert_memory_equal(buf_data(&a->heard).p, "-ERR 'Permissions Violation", 27);
	assert_int_equal(count_subscriptions(&f), 0);
	fixture_deinit(&f);
}

TESTS(RUN(a_consumer_may_have_so_many_subscriptions_and_is_refused_the_next),
      RUN(what_subscriptions_cost_is_bounded_too), RUN(a_sid_that_could_not_be_echoed_closes),
      RUN(a_queue_name_that_fits_no_answer_is_refused))
