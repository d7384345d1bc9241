/* Proves that a consumer that does not read is noticed, told, and, if that is its policy,
 * disconnected. */

#include "door_fixture.h"

static void publish(struct client *from, const char *subject, size_t n)
{
	char *line = malloc(n + 128);
	int n_line = sprintf(line, "PUB %s %zu\r\n", subject, n);

	memset(line + n_line, 'x', n);
	memcpy(line + n_line + n, "\r\n", 2);
	say_bytes(from, BYTES(line, (size_t)n_line + n + 2));
	forget(from); /* it reads */
	free(line);
}

static struct client *named(struct fixture *f)
{
	struct client *cl = client_attach(f, DOOR_TCP);

	say(cl, HELLO_AS("slow") "SUB load 1\r\n");
	forget(cl);
	return cl;
}

TEST(who_takes_nothing_for_a_second_lags_until_nothing_waits)
{
	struct fixture f;
	struct client *cl, *sender;

	fixture_init(&f);
	cl = named(&f);
	sender = client_new(&f);
	publish(sender, "load", 3);
	publish(sender, "load", 3);
	pass_ms(&f, LIMIT_DOOR_LAG_MS - 1);
	assert_noted(&f, "");
	pass_ms(&f, 1);
	assert_noted(&f, "lags slow 2 38\n");
	pass_ms(&f, 100);
	assert_noted(&f, "");
	hear(cl);
	pass_ms(&f, 0);
	assert_noted(&f, "reads slow\n");
	fixture_deinit(&f);
}

TEST(who_reads_a_little_every_half_second_does_not_lag)
{
	struct fixture f;
	struct client *cl, *sender;

	fixture_init(&f);
	cl = named(&f);
	sender = client_new(&f);
	for (size_t i = 0; i < 10; i++)
		publish(sender, "load", 100);
	for (size_t i = 0; i < 10; i++) {
		struct bytes v[1];

		assert_int_equal(consumer_output(cl->c, v, 1), 1);
		consumer_sent(cl->c, 10);
		pass_ms(&f, LIMIT_DOOR_LAG_MS / 2);
		forget(sender);
	}
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TEST(lagging_is_not_told_again_at_once)
{
	struct fixture f;
	struct client *cl, *sender;

	fixture_init(&f);
	cl = named(&f);
	sender = client_new(&f);
	for (size_t i = 0; i < 3; i++) {
		publish(sender, "load", 3);
		pass_ms(&f, 2000);
		hear(cl);
		pass_ms(&f, 1);
	}
	assert_noted(&f, "lags slow 1 19\nreads slow\n");
	publish(sender, "load", 3);
	pass_ms(&f, 2000);
	assert_noted(&f, "");
	pass_ms(&f, LIMIT_DOOR_BLOCKED_MS - 6000);
	assert_noted(&f, "lags slow 1 19\n");
	fixture_deinit(&f);
}

TEST(who_is_to_be_disconnected_is_when_its_queue_is_full)
{
	struct fixture f;
	struct client *cl, *sender;

	fixture_init_slow(&f, 64 * KIB, DOOR_SLOW_DISCONNECT);
	cl = named(&f);
	sender = client_new(&f);
	for (size_t i = 0; i < 4; i++)
		publish(sender, "load", 10000);
	assert_false(cl->wants_close);
	publish(sender, "load", 10000);
	assert_true(cl->wants_close);
	assert_noted(&f, "gap slow 1 missed 0-0 load\ngap slow 4 missed 0-0 load away\n");
	/* Without a word, and without what waited. */
	assert_heard(cl, "");
	fixture_deinit(&f);
}

TEST(who_is_to_be_disconnected_is_when_it_takes_nothing_for_ten_seconds)
{
	struct fixture f;
	struct client *cl, *sender;

	fixture_init_slow(&f, 64 * KIB, DOOR_SLOW_DISCONNECT);
	cl = named(&f);
	sender = client_new(&f);
	publish(sender, "load", 10);
	pass_ms(&f, LIMIT_DOOR_BLOCKED_MS - 1);
	assert_false(cl->wants_close);
	pass_ms(&f, 1);
	assert_true(cl->wants_close);
	fixture_deinit(&f);
}

struct seen {
	size_t n;
	struct consumer_info info;
};

static void each(void *user, const struct consumer_info *info)
{
	struct seen *s = user;

	if (strcmp(info->id, "slow") != 0)
		return;
	s->n++;
	s->info = *info;
}

TEST(what_waits_and_since_when_is_known)
{
	struct seen s = { 0 };
	struct fixture f;
	struct client *cl, *sender;

	fixture_init(&f);
	cl = named(&f);
	sender = client_new(&f);
	publish(sender, "load", 3);
	publish(sender, "load", 3);
	pass_ms(&f, 3000);
	door_consumers(f.door, each, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.info.lag.messages, 2);
	assert_int_equal(s.info.lag.bytes, 2 * 19 + 6); /* and a PING */
	assert_int_equal(s.info.lag.since_ms, 3000);
	assert_int_equal(s.info.slow, DOOR_SLOW_GAP);
	assert_int_equal(s.info.bytes_max, LIMIT_DOOR_CONSUMER_BYTES);
	hear(cl);
	door_consumers(f.door, each, &s);
	assert_int_equal(s.info.lag.messages, 0);
	assert_int_equal(s.info.lag.bytes, 0);
	assert_int_equal(s.info.lag.since_ms, 0);
	fixture_deinit(&f);
}

TEST(policies_have_names)
{
	assert_string_equal(door_slow_text(DOOR_SLOW_GAP), "gap");
	assert_string_equal(door_slow_text(DOOR_SLOW_DISCONNECT), "disconnect");
}

TESTS(RUN(who_takes_nothing_for_a_second_lags_until_nothing_waits),
      RUN(who_reads_a_little_every_half_second_does_not_lag),
      RUN(lagging_is_not_told_again_at_once),
      RUN(who_is_to_be_disconnected_is_when_its_queue_is_full),
      RUN(who_is_to_be_disconnected_is_when_it_takes_nothing_for_ten_seconds),
      RUN(what_waits_and_since_when_is_known), RUN(policies_have_names))
