/* Proves that connections come, are kept alive, and go, in virtual time. */

#include "door_fixture.h"

TEST(the_door_speaks_first)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_TCP);
	assert_int_equal(cl->n_wakes, 0);
	assert_int_equal(door_attach(f.door, DOOR_TCP, cl, f.now, &cl->c), 0);
	hear(cl);
	assert_memory_equal(buf_data(&cl->heard).p, "INFO {\"server_id\":\"", 19);
	assert_non_null(
		memmem(buf_data(&cl->heard).p, buf_len(&cl->heard), "\"auth_required\":true", 20));
	fixture_deinit(&f);
}

TEST(who_does_not_say_connect_is_closed_after_two_seconds)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_TCP);
	say(cl, "CONN");
	assert_int_equal(door_deadline(f.door).ns, f.now.ns + LIMIT_DOOR_AUTH_MS * NS_PER_MS);
	pass_ms(&f, LIMIT_DOOR_AUTH_MS - 1);
	assert_false(cl->wants_close);
	pass_ms(&f, 1);
	assert_true(cl->wants_close);
	assert_heard(cl, "-ERR 'Authentication Timeout'\r\n");
	fixture_deinit(&f);
}

TEST(a_silent_consumer_is_pinged_and_then_closed_as_stale)
{
	struct fixture f;
	struct client *cl;
	uint64_t waited = 0;

	fixture_init(&f);
	cl = client_new(&f);
	pass_ms(&f, LIMIT_DOOR_FIRST_PING_MS + LIMIT_DOOR_FIRST_PING_MS / 5);
	assert_heard(cl, "PING\r\n");
	say(cl, "PONG\r\n");
	pass_ms(&f, LIMIT_DOOR_PING_MS - 1);
	assert_heard(cl, "");
	pass_ms(&f, 1);
	assert_heard(cl, "PING\r\n");
	pass_ms(&f, LIMIT_DOOR_PING_MS);
	assert_heard(cl, "PING\r\n");
	assert_false(cl->wants_close);
	for (; !cl->wants_close && waited < 10 * LIMIT_DOOR_PING_MS; waited += 1000)
		pass_ms(&f, 1000);
	assert_int_equal(waited, LIMIT_DOOR_PING_MS);
	assert_heard(cl, "-ERR 'Stale Connection'\r\n");
	assert_true(mono_is_never(door_deadline(f.door)));
	fixture_deinit(&f);
}

TEST(who_speaks_is_not_pinged)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_new(&f);
	pass_ms(&f, LIMIT_DOOR_FIRST_PING_MS * 2);
	assert_heard(cl, "PING\r\n");
	for (size_t i = 0; i < 20; i++) {
		pass_ms(&f, LIMIT_DOOR_PING_MS / 2);
		say(cl, "PUB x 0\r\n\r\n");
	}
	assert_heard(cl, "");
	fixture_deinit(&f);
}

TEST(one_consumer_more_than_the_most_is_told_so)
{
	struct fixture f;
	struct client *cl;
	struct consumer *c, *last = NULL;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_UNIX_OWNER);
	for (size_t i = 1; i < LIMIT_DOOR_CONSUMERS; i++)
		assert_int_equal(door_attach(f.door, DOOR_UNIX_OWNER, cl, f.now, &last), 0);
	c = cl->c;
	assert_int_equal(door_attach(f.door, DOOR_TCP, cl, f.now, &cl->c), -ENOSPC);
	hear(cl);
	assert_memory_equal(buf_data(&cl->heard).p, "INFO {", 6);
	assert_non_null(memmem(buf_data(&cl->heard).p, buf_len(&cl->heard),
			       "\r\n-ERR 'maximum connections exceeded'\r\n", 39));
	say(cl, HELLO);
	assert_int_equal(cl->ended, 1);
	door_detach(f.door, cl->c);
	door_detach(f.door, last);
	assert_int_equal(door_attach(f.door, DOOR_TCP, cl, f.now, &last), 0);
	cl->c = c;
	fixture_deinit(&f);
}

/* Everybody on the host may connect: that must not keep out who has the token. */
TEST(who_has_not_said_connect_makes_room_for_who_comes)
{
	struct fixture f;
	struct client *first, *second, *late, *owner;
	struct client others = { .f = &f };
	struct consumer *c;

	fixture_init(&f);
	first = client_attach(&f, DOOR_TCP);
	second = client_attach(&f, DOOR_UNIX_OTHER);
	for (size_t i = 2; i < LIMIT_DOOR_STRANGERS; i++)
		assert_int_equal(door_attach(f.door, DOOR_TCP, &others, f.now, &c), 0);
	assert_false(first->wants_close);
	owner = client_attach(&f, DOOR_UNIX_OWNER);
	assert_false(first->wants_close);
	late = client_attach(&f, DOOR_TCP);
	assert_true(first->wants_close);
	assert_heard(first, "-ERR 'maximum connections exceeded'\r\n");
	say(late, HELLO "PING\r\n");
	assert_heard(late, "PONG\r\n");
	/* Who is inside counts no longer. */
	assert_false(second->wants_close);
	(void)client_attach(&f, DOOR_TCP);
	assert_false(second->wants_close);
	(void)client_attach(&f, DOOR_TCP);
	assert_true(second->wants_close);
	assert_false(owner->wants_close || others.wants_close);
	fixture_deinit(&f);
}

TEST(a_lame_duck_says_so_to_everybody_inside)
{
	struct fixture f;
	struct client *in, *out;

	fixture_init(&f);
	in = client_new(&f);
	out = client_attach(&f, DOOR_TCP);
	door_lame_duck(f.door);
	hear(in);
	assert_non_null(memmem(buf_data(&in->heard).p, buf_len(&in->heard), "\"ldm\":true", 10));
	assert_heard(out, "");
	fixture_deinit(&f);
}

static void check_info(void *user, const struct consumer_info *info)
{
	size_t *n = user;

	(*n)++;
	assert_string_equal(info->id, "chaintracks");
	assert_int_equal(info->via, DOOR_UNIX_OWNER);
	assert_int_equal(info->n_subscriptions, 2);
	assert_int_equal(info->delivered, 1);
	assert_int_equal(info->published, 2);
	assert_int_equal(info->missed, 0);
	assert_true(info->bytes_out > 100);
	assert_true(info->bytes_held > 0 && info->bytes_held < 4096);
}

TEST(consumers_are_listed_with_what_they_did)
{
	struct fixture f;
	struct client *cl;
	size_t n = 0;

	fixture_init(&f);
	cl = client_attach(&f, DOOR_UNIX_OWNER);
	say(cl, HELLO_AS("chaintracks") "SUB a 1\r\nSUB b 2\r\nPUB a 1\r\nx\r\nPUB c 1\r\nx\r\n");
	hear(cl);
	(void)client_attach(&f, DOOR_TCP);
	door_consumers(f.door, check_info, &n);
	assert_int_equal(n, 1);
	assert_int_equal(door_n_consumers(f.door), 1);
	door_detach(f.door, NULL);
	fixture_deinit(&f);
}

TEST(a_door_without_a_token_lets_no_stranger_in)
{
	struct fixture f;
	struct door_config config = {
		.server_name = "x",
		.version = "0",
		.host = "",
		.token = "",
		.topic_prefix = "",
		.consumer_bytes = 1 << 20,
		.ops = &fixture_ops,
		.user = &f,
	};
	struct client cl = { .f = &f };
	struct door *d;

	random_seeded_init(&f.seed, 1);
	buf_init(&f.notes, 1000);
	config.random = random_seeded_source(&f.seed);
	assert_int_equal(door_new(&config, &d), 0);
	assert_int_equal(door_attach(d, DOOR_TCP, &cl, (struct mono){ 1 }, &cl.c), 0);
	assert_int_equal(consumer_input(cl.c, BYTES_LITERAL("CONNECT {\"auth_token\":\"\"}\r\n"),
					(struct mono){ 1 }),
			 1);
	door_free(d);
	buf_deinit(&f.notes);
	assert_null(door_free(NULL));
}

TESTS(RUN(who_has_not_said_connect_makes_room_for_who_comes), RUN(the_door_speaks_first),
      RUN(who_does_not_say_connect_is_closed_after_two_seconds),
      RUN(a_silent_consumer_is_pinged_and_then_closed_as_stale), RUN(who_speaks_is_not_pinged),
      RUN(one_consumer_more_than_the_most_is_told_so), RUN(a_lame_duck_says_so_to_everybody_inside),
      RUN(consumers_are_listed_with_what_they_did), RUN(a_door_without_a_token_lets_no_stranger_in))
