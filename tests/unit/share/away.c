/* Proves that whoever comes back is told exactly what it missed while it was away, and that nothing
 * is kept for ever. */

#include "door_rights.h"

#include "share/door_priv.h"

#define T BYTES_LITERAL("/t")
#define U BYTES_LITERAL("/u")

static struct client *named(struct fixture *f, const char *subs)
{
	struct client *cl = client_attach(f, DOOR_TCP);

	say(cl, HELLO_AS("svc"));
	say(cl, subs);
	assert_int_equal(cl->ended, 0);
	forget(cl);
	return cl;
}

static void bring(struct fixture *f, struct bytes topic, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gossip_brings(f, topic, BYTES_LITERAL("abc"));
}

static bool heard(struct client *cl, const char *text)
{
	hear(cl);
	return memmem(buf_data(&cl->heard).p, buf_len(&cl->heard), text, strlen(text)) != NULL;
}

static size_t n_heard(struct client *cl, const char *text)
{
	struct bytes all = buf_data(&cl->heard);
	const uint8_t *at = all.p, *end = all.p + all.n;
	size_t n = 0;

	for (; (at = memmem(at, (size_t)(end - at), text, strlen(text))); at++)
		n++;
	return n;
}

static void forget_notes(struct fixture *f)
{
	buf_clear(&f->notes);
}

TEST(who_comes_back_is_told_what_came_meanwhile)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	bring(&f, T, 3);
	forget(cl);
	forget_notes(&f);
	client_gone(cl);
	assert_noted(&f, ""); /* the topic stays joined */
	bring(&f, T, 4);
	cl = named(&f, "SUB topic./t 1\r\n");
	assert_noted(&f, "gap svc 4 missed 4-7 topic./t away\n");
	bring(&f, T, 1);
	assert_true(heard(cl, "Pl-Seq: 8\r\n"));
	assert_true(heard(cl, "Pl-Gap: 4-7\r\n"));
	assert_noted(&f, "");
	forget(cl);
	bring(&f, T, 1);
	assert_false(heard(cl, "Pl-Gap"));
	fixture_deinit(&f);
}

/* Envelopes are opened only for who wants what they hold; who is away counts. */
TEST(what_comes_in_envelopes_is_numbered_for_who_is_away)
{
	const struct bytes envelope = BYTES_LITERAL("{\"name\":\"n\",\"data\":\"YWJj\"}");
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB payload./t 1\r\n");
	gossip_brings(&f, T, envelope);
	forget(cl);
	client_gone(cl);
	forget_notes(&f);
	for (size_t i = 0; i < 3; i++)
		gossip_brings(&f, T, envelope);
	cl = named(&f, "SUB payload./t 1\r\n");
	gossip_brings(&f, T, envelope);
	assert_true(heard(cl, "Pl-Seq: 5\r\n"));
	assert_true(heard(cl, "Pl-Gap: 2-4\r\n"));
	fixture_deinit(&f);
}

TEST(who_missed_nothing_is_told_nothing)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	bring(&f, T, 3);
	forget(cl);
	client_gone(cl);
	forget_notes(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	bring(&f, T, 1);
	assert_false(heard(cl, "Pl-Gap"));
	assert_true(heard(cl, "Pl-Seq: 4\r\n"));
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TEST(what_had_not_left_the_queue_was_missed_too)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB topic./t 1\r\nSUB topic./t 2\r\n");
	bring(&f, T, 2);
	forget(cl);
	bring(&f, T, 3);
	forget_notes(&f);
	client_gone(cl);
	bring(&f, T, 1);
	cl = named(&f, "SUB topic./t 1\r\nSUB topic./t 2\r\n");
	assert_noted(&f, "gap svc 4 missed 3-6 topic./t away\n");
	bring(&f, T, 1);
	assert_true(heard(cl, "Pl-Gap: 3-6\r\n"));
	/* Both subscriptions are told on their own first message. */
	assert_int_equal(n_heard(cl, "Pl-Gap: 3-6\r\n"), 2);
	fixture_deinit(&f);
}

TEST(a_hole_that_its_header_never_told_is_in_the_next_ones)
{
	struct fixture f;
	struct client *cl;
	static char large[20000];

	memset(large, 'x', sizeof(large));
	fixture_init_bytes(&f, 64 * KIB);
	cl = named(&f, "SUB topic./t 1\r\n");
	for (size_t i = 0; i < 4; i++)
		gossip_brings(&f, T, BYTES(large, sizeof(large)));
	forget(cl); /* 1 and 2; 3 and 4 did not fit */
	forget_notes(&f);
	client_gone(cl);
	assert_noted(&f, "gap svc 2 missed 3-4 topic./t\n");
	bring(&f, T, 1);
	cl = named(&f, "SUB topic./t 1\r\n");
	assert_noted(&f, "gap svc 1 missed 5-5 topic./t away\n");
	bring(&f, T, 1);
	assert_true(heard(cl, "Pl-Gap: 3-5\r\n"));
	fixture_deinit(&f);
}

TEST(what_was_told_as_dropped_is_not_counted_again)
{
	struct fixture f;
	struct client *cl;
	static char large[20000];

	memset(large, 'x', sizeof(large));
	fixture_init_bytes(&f, 64 * KIB);
	cl = named(&f, "SUB topic./t 1\r\n");
	for (size_t i = 0; i < 4; i++)
		gossip_brings(&f, T, BYTES(large, sizeof(large)));
	forget_notes(&f); /* 1 and 2 wait; 3 and 4 did not fit */
	client_gone(cl);
	assert_noted(&f, "gap svc 2 missed 3-4 topic./t\n");
	bring(&f, T, 1);
	cl = named(&f, "SUB topic./t 1\r\n");
	assert_noted(&f, "gap svc 3 missed 1-5 topic./t away\n");
	bring(&f, T, 1);
	assert_true(heard(cl, "Pl-Gap: 1-5\r\n"));
	fixture_deinit(&f);
}

TEST(who_goes_again_before_its_first_message_is_told_all_of_it)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	client_gone(cl);
	bring(&f, T, 2);
	cl = named(&f, "SUB topic./t 1\r\n");
	client_gone(cl);
	bring(&f, T, 1);
	forget_notes(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	assert_noted(&f, "gap svc 1 missed 3-3 topic./t away\n");
	bring(&f, T, 1);
	assert_true(heard(cl, "Pl-Gap: 1-3\r\n"));
	fixture_deinit(&f);
}

TEST(a_wildcard_is_told_of_each_topic_it_saw)
{
	struct fixture f;
	struct client *cl, *namer;

	fixture_init(&f);
	namer = client_new(&f);
	say(namer, "SUB topic./t 1\r\nSUB topic./u 2\r\n");
	cl = named(&f, "SUB topic.> 1\r\n");
	bring(&f, T, 1);
	bring(&f, U, 1);
	forget(cl);
	client_gone(cl);
	bring(&f, U, 2);
	forget_notes(&f);
	cl = named(&f, "SUB topic.> 1\r\n");
	assert_noted(&f, "gap svc 2 missed 2-3 topic./u away\n");
	bring(&f, T, 1);
	assert_false(heard(cl, "Pl-Gap"));
	bring(&f, U, 1);
	assert_true(heard(cl, "Pl-Gap: 2-3\r\n"));
	fixture_deinit(&f);
}

TEST(who_unsubscribed_or_has_no_name_is_not_waited_for)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	forget_notes(&f);
	say(cl, "UNSUB 1\r\n");
	assert_noted(&f, "leave /t\n");
	client_gone(cl);
	cl = client_new(&f);
	say(cl, "SUB topic./u 1\r\n");
	forget_notes(&f);
	client_gone(cl);
	assert_noted(&f, "leave /u\n");
	fixture_deinit(&f);
}

TEST(who_stays_away_is_forgotten_and_the_topic_left)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	forget_notes(&f);
	client_gone(cl);
	pass_ms(&f, LIMIT_DOOR_AWAY_MS - 1);
	assert_noted(&f, "");
	pass_ms(&f, 1);
	assert_noted(&f, "leave /t\n");
	cl = named(&f, "SUB topic./t 1\r\n");
	assert_noted(&f, "join /t\n");
	fixture_deinit(&f);
}

TEST(a_name_with_other_credentials_or_another_name_is_somebody_else)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f, "SUB topic./t 1\r\n");
	client_gone(cl);
	bring(&f, T, 1);
	forget_notes(&f);
	cl = client_attach(&f, DOOR_TCP);
	say(cl, HELLO_AS("svc#2") "SUB topic./t 1\r\n");
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TEST(only_so_many_are_remembered_and_who_went_first_is_forgotten_first)
{
	struct fixture f;
	char hello[512], id[32];

	fixture_init(&f);
	for (int i = 0; i < LIMIT_DOOR_AWAY + 1; i++) {
		struct client *cl = client_attach(&f, DOOR_TCP);

		f.n_clients--;
		snprintf(id, sizeof(id), "c%d", i);
		snprintf(hello, sizeof(hello),
			 "CONNECT {\"verbose\":false,\"pedantic\":false,\"auth_token\":\"" TOKEN
			 "\",\"protocol\":1,\"name\":\"%s\"}\r\nSUB topic./%s 1\r\n",
			 id, i == 0 ? "first" : "t");
		say(cl, hello);
		forget_notes(&f);
		client_gone(cl);
		buf_deinit(&cl->heard);
	}
	assert_noted(&f, "leave /first\n");
	fixture_deinit(&f);
}

TEST(the_last_of_a_group_is_missed_and_the_next_one_told)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	say(a, "SUB topic./t q 1\r\n");
	say(b, "SUB topic./t q 1\r\n");
	bring(&f, T, 3);
	forget(a);
	forget(b);
	client_gone(a);
	bring(&f, T, 1);
	forget(b);
	client_gone(b);
	bring(&f, T, 2);
	forget_notes(&f);
	a = client_new(&f);
	say(a, "SUB topic./t q 7\r\n");
	assert_noted(&f, "gap  2 missed 5-6 topic./t away\n");
	bring(&f, T, 1);
	assert_true(heard(a, "Pl-Gap: 5-6\r\n"));
	fixture_deinit(&f);
}

TEST(who_is_forgotten_for_whoever_goes_takes_no_topic_from_under_it)
{
	struct fixture f;
	struct client *w1, *w2, *reader, *cl;
	char line[512];

	fixture_init(&f);
	reader = client_new(&f);
	w1 = client_attach(&f, DOOR_TCP);
	say(w1, HELLO_AS("w1"));
	say(w1, "SUB topic.> 1\r\n");
	w2 = client_attach(&f, DOOR_TCP);
	say(w2, HELLO_AS("w2"));
	say(w2, "SUB topic.> 1\r\n");
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "SUB topic./old%d %d\r\n", i, i);
		say(reader, line);
	}
	client_gone(w1);
	/* From now on only what is noted of w1 holds them. */
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "UNSUB %d\r\n", i);
		say(reader, line);
	}
	for (int i = 1; i < LIMIT_DOOR_AWAY; i++) {
		cl = client_attach(&f, DOOR_TCP);
		f.n_clients--;
		snprintf(line, sizeof(line),
			 "CONNECT {\"verbose\":false,\"pedantic\":false,\"auth_token\":\"" TOKEN
			 "\",\"protocol\":1,\"name\":\"c%d\"}\r\nSUB topic./t 1\r\n",
			 i);
		say(cl, line);
		client_gone(cl);
		buf_deinit(&cl->heard);
	}
	client_gone(w2);
	bring(&f, T, 2);
	forget_notes(&f);
	cl = client_attach(&f, DOOR_TCP);
	say(cl, HELLO_AS("w2"));
	say(cl, "SUB topic.> 1\r\n");
	assert_noted(&f, "gap w2 2 missed 1-2 topic./t away\n");
	fixture_deinit(&f);
}

TEST(nobody_takes_long_to_leave)
{
	struct fixture f;
	struct client *cl, *reader;
	char line[64];

	fixture_init(&f);
	reader = client_new(&f);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "SUB topic./n%d %d\r\n", i, i);
		say(reader, line);
	}
	cl = named(&f, "PING\r\n");
	for (int i = 0; i < LIMIT_DOOR_SUBSCRIPTIONS; i++) {
		snprintf(line, sizeof(line), i & 1 ? "SUB > %d\r\n" : "SUB topic.> q%d %d\r\n", i,
			 i);
		say(cl, line);
	}
	forget(cl);
	say(cl, "WHAT\r\n");
	assert_int_equal(cl->ended, 1);
	assert_in_range(cl->c->n_looks, 1 << 20, (1 << 20) + 100000);
	client_gone(cl);
	bring(&f, BYTES_LITERAL("/n7"), 3);
	forget_notes(&f);
	(void)named(&f, "SUB topic./n7 1\r\n");
	assert_noted(&f, "gap svc 3 missed 1-3 topic./n7 away\n");
	fixture_deinit(&f);
}

TEST(one_token_does_not_make_the_others_be_forgotten)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl;
	char line[64];

	fixture_init(&f);
	assert_int_equal(rights_allow(t, r, RIGHTS_SUBSCRIBE, ">"), 0);
	set_rights(&f, t);
	client_gone(named(&f, "SUB topic./t 1\r\n"));
	cl = client_arcade(&f, ARCADE);
	for (int i = 0; i < LIMIT_DOOR_AWAY; i++) {
		snprintf(line, sizeof(line), "SUB topic./u g%d %d\r\n", i, i);
		say(cl, line);
	}
	client_gone(cl);
	bring(&f, T, 2);
	bring(&f, U, 1);
	forget_notes(&f);
	(void)named(&f, "SUB topic./t 1\r\n");
	assert_noted(&f, "gap svc 2 missed 1-2 topic./t away\n");
	fixture_deinit(&f);
}

TESTS(RUN(who_comes_back_is_told_what_came_meanwhile),
      RUN(what_comes_in_envelopes_is_numbered_for_who_is_away),
      RUN(who_missed_nothing_is_told_nothing), RUN(what_had_not_left_the_queue_was_missed_too),
      RUN(a_hole_that_its_header_never_told_is_in_the_next_ones),
      RUN(what_was_told_as_dropped_is_not_counted_again),
      RUN(who_goes_again_before_its_first_message_is_told_all_of_it),
      RUN(a_wildcard_is_told_of_each_topic_it_saw),
      RUN(who_unsubscribed_or_has_no_name_is_not_waited_for),
      RUN(who_stays_away_is_forgotten_and_the_topic_left),
      RUN(a_name_with_other_credentials_or_another_name_is_somebody_else),
      RUN(only_so_many_are_remembered_and_who_went_first_is_forgotten_first),
      RUN(who_is_forgotten_for_whoever_goes_takes_no_topic_from_under_it),
      RUN(nobody_takes_long_to_leave), RUN(one_token_does_not_make_the_others_be_forgotten),
      RUN(the_last_of_a_group_is_missed_and_the_next_one_told))
