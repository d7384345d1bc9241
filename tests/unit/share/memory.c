/* Proves that all consumers together make us hold no more than they may, and that nobody is kept
 * out by those who hold much. */

#include "door_fixture.h"

#include "share/door_priv.h"

static size_t held;
static void add_held(void *user, const struct consumer_info *info)
{
	(void)user;
	held += info->bytes_held;
}

static size_t all_held(struct fixture *f)
{
	held = 0;
	door_consumers(f->door, add_held, NULL);
	return held;
}

static void publish(struct fixture *f, struct client *cl, const char *subject)
{
	char line[1200];

	snprintf(line, sizeof(line), "PUB %s 1000\r\n%01000d\r\n", subject, 0);
	f->now = mono_add_ms(f->now, LIMIT_DOOR_COUNT_MS);
	say(cl, line);
}

TEST(n_who_do_not_read_get_each_their_share)
{
	struct fixture f;
	struct client *owner, *frozen[4], *healthy;
	char line[64];

	fixture_init(&f);
	door_set_limits(f.door, LIMIT_DOOR_CONSUMER_BYTES, DOOR_SLOW_GAP, 3000000);
	owner = client_new(&f);
	for (size_t i = 0; i < ARRAY_SIZE(frozen); i++) {
		frozen[i] = client_new(&f);
		snprintf(line, sizeof(line), "SUB a%zu 1\r\n", i);
		say(frozen[i], line);
	}
	healthy = client_new(&f);
	say(healthy, "SUB b 1\r\n");
	for (size_t i = 0; i < 3000; i++)
		publish(&f, owner, "a0");
	assert_in_range(all_held(&f), 980000, 1030000);
	for (size_t i = 0; i < 12000; i++) {
		snprintf(line, sizeof(line), "a%zu", i % 4);
		publish(&f, owner, line);
	}
	/* The first had its third before the others came; they share what was left. */
	assert_in_range(all_held(&f), 2000000, 2500000);
	for (int i = 0; i < 200; i++)
		publish(&f, owner, "b");
	hear(healthy);
	assert_in_range(buf_len(&healthy->heard), 200000, 206000);
	/* Who reads again gives it back. */
	for (size_t i = 0; i < ARRAY_SIZE(frozen); i++)
		hear(frozen[i]);
	assert_true(all_held(&f) < 20000);
	buf_clear(&healthy->heard);
	fixture_deinit(&f);
}

TEST(what_must_be_said_is_said_however_little_is_left)
{
	struct fixture f;
	struct client *owner, *frozen;

	fixture_init(&f);
	door_set_limits(f.door, LIMIT_DOOR_CONSUMER_BYTES, DOOR_SLOW_GAP, 200000);
	owner = client_new(&f);
	frozen = client_new(&f);
	say(frozen, "SUB a 1\r\n");
	for (int i = 0; i < 500; i++)
		publish(&f, owner, "a");
	say(frozen, "PING\r\n");
	assert_int_equal(frozen->ended, 0);
	say(owner, "PING\r\n");
	hear(frozen);
	assert_memory_equal(buf_data(&frozen->heard).p + buf_len(&frozen->heard) - 6, "PONG\r\n",
			    6);
	buf_clear(&frozen->heard);
	assert_heard(owner, "PONG\r\n");
	fixture_deinit(&f);
}

/* Everybody begins a large message and none ends. */
TEST(what_all_together_have_sent_in_part_is_bounded)
{
	struct fixture f;
	struct client *cl[CLIENTS_MAX - 1], *other;
	static char part[400000];
	size_t n_open = 0;

	memset(part, 'x', sizeof(part));
	memcpy(part, "PUB a 1000000\r\n", 15);
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cl); i++)
		cl[i] = client_new(&f);
	door_set_limits(f.door, LIMIT_DOOR_CONSUMER_BYTES, DOOR_SLOW_GAP, 4000000);
	for (size_t i = 0; i < ARRAY_SIZE(cl); i++) {
		f.now = mono_add_ms(f.now, LIMIT_DOOR_COUNT_MS);
		if (!cl[i]->wants_close)
			say_bytes(cl[i], BYTES(part, sizeof(part)));
	}
	other = client_new(&f);
	for (int i = 0; i < 5; i++) { /* one ends at each count */
		f.now = mono_add_ms(f.now, LIMIT_DOOR_COUNT_MS);
		say(other, "PING\r\n");
	}
	for (size_t i = 0; i < ARRAY_SIZE(cl); i++)
		n_open += !cl[i]->wants_close && !cl[i]->ended;
	assert_in_range(n_open, 8, 10);
	assert_true(all_held(&f) <= 4000000);
	assert_heard(other, "PONG\r\nPONG\r\nPONG\r\nPONG\r\nPONG\r\n");
	fixture_deinit(&f);
}

TEST(who_brought_it_what_is_counted_too)
{
	struct fixture f;
	struct client *cl;
	size_t before;

	fixture_init(&f);
	cl = client_new(&f);
	say(cl, "SUB topic./t 1\r\nSUB topic.> 2\r\n");
	before = memory_of_input(cl->c);
	gossip_brings(&f, BYTES_LITERAL("/t"), BYTES_LITERAL("m"));
	forget(cl);
	assert_int_equal(memory_of_input(cl->c), before + 2 * sizeof(struct account_peer));
	say(cl, "UNSUB 1\r\nUNSUB 2\r\n");
	assert_int_equal(memory_of_input(cl->c), 0);
	fixture_deinit(&f);
}

TESTS(RUN(who_brought_it_what_is_counted_too), RUN(n_who_do_not_read_get_each_their_share),
      RUN(what_must_be_said_is_said_however_little_is_left),
      RUN(what_all_together_have_sent_in_part_is_bounded))
