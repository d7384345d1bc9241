/* Proves that nobody is read beyond its quota, that nothing of it is lost, and that one consumer's
 * turn ends. */

#include "door_rights.h"

#include "share/door_priv.h"

/* arcade, which may publish, so fast. */
static struct client *fast_arcade(struct fixture *f, uint64_t messages, uint64_t bytes)
{
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);

	assert_int_equal(rights_allow(t, r, RIGHTS_PUBLISH, ">"), 0);
	r->messages_rate = messages;
	r->bytes_rate = bytes;
	set_rights(f, t);
	return client_arcade(f, ARCADE);
}

static void say_many(struct client *cl, const char *line, size_t n)
{
	struct buf all;

	buf_init(&all, LIMIT_DOOR_HELD_INPUT);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_append(&all, line, strlen(line)), 0);
	say_bytes(cl, buf_data(&all));
	buf_deinit(&all);
}

static size_t count(struct client *cl, const char *what)
{
	size_t n = 0;
	const uint8_t *at, *end;

	hear(cl);
	end = buf_data(&cl->heard).p + buf_len(&cl->heard);
	for (at = buf_data(&cl->heard).p; at; n += at != NULL) {
		at = memmem(at, (size_t)(end - at), what, strlen(what));
		at = at ? at + strlen(what) : NULL;
		if (!at)
			break;
	}
	return n;
}

static uint64_t throttled;
static void note_throttled(void *user, const struct consumer_info *info)
{
	(void)user;
	throttled += info->throttled_ms;
}

TEST(who_publishes_too_fast_is_read_later_and_loses_nothing)
{
	struct fixture f;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = fast_arcade(&f, 100, 0);
	owner = client_new(&f);
	say(owner, "SUB a 1\r\n");
	say_many(cl, "PUB a 1\r\nx\r\n", 1000);
	assert_true(cl->is_paused);
	assert_in_range(count(owner, "MSG a 1 1\r\n"), 10, 11);
	assert_heard(cl, "");
	for (int i = 0; i < 5000; i++) {
		assert_true(door_deadline(f.door).ns > f.now.ns);
		pass_ms(&f, 1);
	}
	assert_in_range(count(owner, "MSG a 1 1\r\n"), 510, 512);
	assert_true(cl->is_paused);
	throttled = 0;
	door_consumers(f.door, note_throttled, NULL);
	assert_in_range(throttled, 4900, 5000);
	for (int i = 0; i < 5000; i++)
		pass_ms(&f, 1);
	assert_int_equal(count(owner, "MSG a 1 1\r\n"), 1000);
	assert_false(cl->is_paused);
	throttled = 0;
	door_consumers(f.door, note_throttled, NULL);
	assert_in_range(throttled, 9700, 9990);
	buf_clear(&owner->heard);
	fixture_deinit(&f);
}

TEST(bytes_count_as_messages_do)
{
	struct fixture f;
	struct client *cl, *owner;
	char line[1200];

	fixture_init(&f);
	cl = fast_arcade(&f, 0, 10000);
	owner = client_new(&f);
	say(owner, "SUB a 1\r\n");
	snprintf(line, sizeof(line), "PUB a 1000\r\n%01000d\r\n", 0);
	say_many(cl, line, 100);
	for (int i = 0; i < 5000; i++)
		pass_ms(&f, 1);
	assert_in_range(count(owner, "MSG a 1 1000\r\n"), 50, 53);
	buf_clear(&owner->heard);
	fixture_deinit(&f);
}

TEST(only_publishing_counts)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = fast_arcade(&f, 1, 1);
	say_many(cl, "PING\r\n", 500);
	assert_int_equal(count(cl, "PONG\r\n"), 500);
	assert_false(cl->is_paused);
	buf_clear(&cl->heard);
	fixture_deinit(&f);
}

TEST(others_are_answered_while_one_waits_for_its_quota)
{
	struct fixture f;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = fast_arcade(&f, 10, 0);
	owner = client_new(&f);
	say_many(cl, "PUB a 1\r\nx\r\n", 100);
	say(cl, "PING\r\n"); /* its own comes in its turn */
	say(owner, "PING\r\n");
	assert_heard(owner, "PONG\r\n");
	assert_heard(cl, "");
	for (int i = 0; i < 110; i++)
		pass_ms(&f, 100);
	assert_heard(cl, "PONG\r\n");
	fixture_deinit(&f);
}

/* It cannot be heard, because we do not listen. */
TEST(who_waits_for_its_quota_is_not_taken_for_dead)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = fast_arcade(&f, 1, 0);
	say_many(cl, "PUB a 1\r\nx\r\n", 2000);
	for (int i = 0; i < 1990; i++)
		pass_ms(&f, 1000);
	assert_true(cl->is_paused);
	assert_false(cl->wants_close);
	fixture_deinit(&f);
}

/* Whoever comes with the same token and name is no less: a program that was killed with much behind
 * it must be able to begin again. */
TEST(its_id_is_taken_over_while_it_waits)
{
	struct fixture f;
	struct client *cl, *again;

	fixture_init(&f);
	cl = fast_arcade(&f, 1, 0);
	say_many(cl, "PUB a 1\r\nx\r\n", 2000);
	again = client_arcade(&f, ARCADE "PING\r\n");
	pass_ms(&f, LIMIT_DOOR_TAKEOVER_MS);
	assert_true(cl->wants_close);
	assert_heard(again, "PONG\r\n");
	fixture_deinit(&f);
}

static void next_turn(struct fixture *f)
{
	f->now = mono_add_ns(f->now, 1);
	door_tick(f->door, f->now);
}

TEST(one_turn_ends_and_the_next_goes_on_where_it_was)
{
	struct fixture f;
	struct client *cl, *owner;
	size_t n_first;

	fixture_init(&f);
	cl = client_new(&f);
	owner = client_new(&f);
	say(owner, "SUB a 1\r\n");
	say_many(cl, "PUB a 1\r\nx\r\n", 10000);
	n_first = count(owner, "MSG a 1 1\r\n");
	assert_in_range(n_first, 1000, LIMIT_DOOR_TURN);
	assert_true(cl->is_paused);
	assert_int_equal(door_deadline(f.door).ns, f.now.ns + 1);
	pass_ms(&f, 0);
	assert_int_equal(count(owner, "MSG a 1 1\r\n"), n_first);
	for (int i = 0; i < 10; i++)
		next_turn(&f);
	assert_int_equal(count(owner, "MSG a 1 1\r\n"), 10000);
	assert_false(cl->is_paused);
	throttled = 0;
	door_consumers(f.door, note_throttled, NULL);
	assert_int_equal(throttled, 0);
	buf_clear(&owner->heard);
	fixture_deinit(&f);
}

/* What a message makes us do counts, not only that it came. */
TEST(many_readers_make_a_turn_shorter)
{
	struct fixture f;
	struct client *cl, *owner;
	char line[64];

	fixture_init(&f);
	cl = client_new(&f);
	owner = client_new(&f);
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "SUB a %d\r\n", i);
		say(owner, line);
	}
	say_many(cl, "PUB a 1\r\nx\r\n", 100);
	assert_in_range(count(owner, "MSG a 7 1\r\n"), 5, 15);
	buf_clear(&owner->heard);
	fixture_deinit(&f);
}

TEST(long_messages_make_a_turn_shorter)
{
	struct fixture f;
	struct client *cl, *owner;
	char line[64 * KIB + 64];

	fixture_init(&f);
	cl = client_new(&f);
	owner = client_new(&f);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "SUB a %d\r\n", i);
		say(owner, line);
	}
	snprintf(line, sizeof(line), "PUB a 60000\r\n%060000d\r\n", 0);
	say_many(cl, line, 4);
	assert_int_equal(count(owner, "MSG a 7 60000\r\n"), 3);
	next_turn(&f);
	assert_int_equal(count(owner, "MSG a 7 60000\r\n"), 4);
	buf_clear(&owner->heard);
	fixture_deinit(&f);
}

/* Who comes first has a whole one, the second half of one, and so on; then all have the same. */
TEST(who_are_busy_share_a_portion)
{
	struct fixture f;
	struct client *cl[8], *owner;
	size_t n;

	fixture_init(&f);
	owner = client_new(&f);
	say(owner, "SUB a 1\r\n");
	for (size_t i = 0; i < ARRAY_SIZE(cl); i++)
		cl[i] = client_new(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cl); i++)
		say_many(cl[i], "PUB a 1\r\nx\r\n", 20000);
	say(owner, "PING\r\n"); /* says little, and takes nothing from them */
	n = count(owner, "MSG a 1 1\r\n");
	assert_in_range(n, 4096 * 2.7, 4096 * 2.8);
	next_turn(&f);
	assert_in_range(count(owner, "MSG a 1 1\r\n") - n, 4000, 4100);
	for (int i = 0; i < 8; i++)
		next_turn(&f);
	assert_in_range(count(owner, "MSG a 1 1\r\n") - n, 9 * 4000, 9 * 4100);
	buf_clear(&owner->heard);
	fixture_deinit(&f);
}

TEST(a_message_in_two_parts_survives_the_wait_between)
{
	struct fixture f;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = fast_arcade(&f, 10, 0);
	owner = client_new(&f);
	say(owner, "SUB a 1\r\n");
	say(cl, "PUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 5\r\nab");
	say(cl, "cde\r\nPUB a 1\r\n4\r\n");
	for (int i = 0; i < 20; i++)
		pass_ms(&f, 100);
	assert_heard(owner, "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG a 1 5\r\nabcde\r\n"
			    "MSG a 1 1\r\n4\r\n");
	fixture_deinit(&f);
}

TEST(what_came_before_the_connection_broke_is_taken)
{
	struct fixture f;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = client_new(&f);
	owner = client_new(&f);
	say(owner, "SUB a 1\r\n");
	say_many(cl, "PUB a 1\r\nx\r\n", 10000);
	consumer_hang_up(cl->c, f.now);
	client_gone(cl);
	assert_int_equal(count(owner, "MSG a 1 1\r\n"), 10000);
	buf_clear(&owner->heard);
	fixture_deinit(&f);
}

#define MANY_A "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"

/* Patterns that begin in all ways in which a subject of `a` can, and do not match it. */
static void say_bushy(struct client *cl)
{
	char line[128];

	for (unsigned int i = 0; i < 512; i++) {
		size_t n = (size_t)snprintf(line, sizeof(line), "SUB ");

		for (unsigned int bit = 0; bit < 9; bit++)
			n += (size_t)snprintf(line + n, sizeof(line) - n, "%s.",
					      i >> bit & 1 ? "*" : "a");
		snprintf(line + n, sizeof(line) - n, "a.a.a.a.a.z %u\r\n", i);
		say(cl, line);
	}
}

TEST(what_is_looked_at_in_vain_makes_a_turn_shorter_too)
{
	struct fixture f;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = client_new(&f);
	owner = client_new(&f);
	say_bushy(cl);
	say(owner, "SUB " MANY_A " 1\r\n");
	say_many(cl, "PUB " MANY_A " 1\r\nx\r\n", 1000);
	assert_true(cl->is_paused);
	assert_in_range(count(owner, "MSG " MANY_A " 1 1\r\n"), 5, 50);
	fixture_deinit(&f);
}

TEST(so_does_a_group_of_many_members)
{
	struct fixture f;
	struct client *cl, *owner;
	char line[64];

	fixture_init(&f);
	cl = client_new(&f);
	owner = client_new(&f);
	for (int i = 0; i < 4000; i++) {
		snprintf(line, sizeof(line), "SUB a q %d\r\n", i);
		say(owner, line);
	}
	say_many(cl, "PUB a 1\r\nx\r\n", 1000);
	assert_true(cl->is_paused);
	assert_in_range(count(owner, "MSG a "), 5, 50);
	fixture_deinit(&f);
}

TEST(another_quota_begins_anew)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = fast_arcade(&f, 0, 1);
	owner = client_new(&f);
	say(owner, "SUB a 1\r\n");
	say_many(cl,
		 "PUB a 90\r\n"
		 "012345678901234567890123456789012345678901234"
		 "567890123456789012345678901234567890123456789\r\n",
		 2);
	assert_int_equal(count(owner, "MSG a 1 90\r\n"), 1);
	pass_ms(&f, 1000);
	t = table_of_arcade(&r);
	assert_int_equal(rights_allow(t, r, RIGHTS_PUBLISH, ">"), 0);
	r->bytes_rate = 1000000;
	set_rights(&f, t);
	pass_ms(&f, 1);
	assert_int_equal(count(owner, "MSG a 1 90\r\n"), 2);
	assert_false(cl->is_paused);
	fixture_deinit(&f);
}

TEST(what_a_broken_connection_had_said_does_not_hold_up_the_others)
{
	struct fixture f;
	struct client *cl, *owner;
	char line[64];

	fixture_init_bytes(&f, 65536);
	cl = client_new(&f);
	owner = client_new(&f);
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "SUB a %d\r\n", i);
		say(owner, line);
	}
	say_many(cl, "PUB a 0\r\n\r\n", 20000);
	consumer_hang_up(cl->c, f.now);
	assert_in_range(cl->c->published, LIMIT_DOOR_LAST_TURNS, 9 * LIMIT_DOOR_LAST_TURNS);
	client_gone(cl);
	fixture_deinit(&f);
}

TESTS(RUN(who_publishes_too_fast_is_read_later_and_loses_nothing), RUN(bytes_count_as_messages_do),
      RUN(only_publishing_counts), RUN(others_are_answered_while_one_waits_for_its_quota),
      RUN(who_waits_for_its_quota_is_not_taken_for_dead), RUN(its_id_is_taken_over_while_it_waits),
      RUN(one_turn_ends_and_the_next_goes_on_where_it_was), RUN(many_readers_make_a_turn_shorter),
      RUN(long_messages_make_a_turn_shorter), RUN(who_are_busy_share_a_portion),
      RUN(what_is_looked_at_in_vain_makes_a_turn_shorter_too), RUN(so_does_a_group_of_many_members),
      RUN(a_message_in_two_parts_survives_the_wait_between), RUN(another_quota_begins_anew),
      RUN(what_a_broken_connection_had_said_does_not_hold_up_the_others),
      RUN(what_came_before_the_connection_broke_is_taken))
