/* Proves who may do what at the door, how refusals read, and what a change of rights does. */

#include "door_rights.h"

#define NO_PUB(subject)                                                                            \
	"-ERR 'Permissions Violation for Publish to \"" subject                                    \
	"\": arcade may not publish there; see its \"publish\" in PEERLINE_CONSUMERS'\r\n"
#define NO_SUB(subject)                                                                            \
	"-ERR 'Permissions Violation for Subscription to \"" subject                               \
	"\": arcade may not see all of that; see its \"subscribe\" in PEERLINE_CONSUMERS'\r\n"

static void allow(struct rights_table *t, struct rights *r, enum rights_kind kind,
		  const char *pattern)
{
	assert_int_equal(rights_allow(t, r, kind, pattern), 0);
}

/* As the node's default is: it may see everything, and say nothing. */
static struct client *default_arcade(struct fixture *f)
{
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);

	allow(t, r, RIGHTS_SUBSCRIBE, ">");
	set_rights(f, t);
	return client_arcade(f, ARCADE);
}

TEST(a_wrong_token_is_a_violation_and_ends_the_connection)
{
	struct fixture f;
	struct rights *r;
	struct client *cl;

	fixture_init(&f);
	set_rights(&f, table_of_arcade(&r));
	cl = client_arcade(&f, "CONNECT {\"auth_token\":\"" OWN_TOKEN "x\"}\r\n");
	assert_heard(cl, "-ERR 'Authorization Violation'\r\n");
	assert_int_equal(cl->ended, 1);
	cl = client_arcade(&f, "CONNECT {\"auth_token\":\"\"}\r\n");
	assert_heard(cl, "-ERR 'Authorization Violation'\r\n");
	fixture_deinit(&f);
}

TEST(a_refusal_says_why_and_the_connection_goes_on)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = default_arcade(&f);
	say(cl,
	    "PUB a 1\r\nx\r\nPUB topic.t 1\r\nx\r\nSUB serve.m 1\r\nSUB _INBOX.> 2\r\nPING\r\n");
	assert_heard(cl, NO_PUB("a") NO_PUB("topic.t") "-ERR 'Permissions Violation for "
						       "Subscription to \"serve.m\": arcade "
						       "may not serve that; see its \"serve\" in "
						       "PEERLINE_CONSUMERS'\r\n" NO_SUB(
							       "_INBOX.>") "PONG\r\n");
	assert_noted(&f, "");
	assert_int_equal(cl->ended, 0);
	fixture_deinit(&f);
}

TEST(what_is_allowed_passes)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl, *owner;

	fixture_init(&f);
	allow(t, r, RIGHTS_SUBSCRIBE, "a.*");
	allow(t, r, RIGHTS_PUBLISH, "topic.t");
	allow(t, r, RIGHTS_PUBLISH, "b");
	set_rights(&f, t);
	cl = client_arcade(&f, ARCADE);
	owner = client_new(&f);
	say(owner, "SUB b 1\r\n");
	say(cl, "SUB a.1 1\r\nSUB a.> 2\r\nPUB topic.t 1\r\nx\r\nPUB b _INBOX.x 1\r\ny\r\n");
	say(owner, "PUB a.1 1\r\nz\r\n");
	assert_heard(cl, NO_SUB("a.>") "MSG a.1 1 1\r\nz\r\n");
	assert_heard(owner, "MSG b 1 _INBOX.x 1\r\ny\r\n");
	assert_noted(&f, "publish teranode/bitcoin/1.0.0/t x\n");
	fixture_deinit(&f);
}

/* Who listens to everything sees no events, questions, or replies to others. */
TEST(a_subscription_to_everything_does_not_show_what_is_between_others)
{
	struct fixture f;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = default_arcade(&f);
	owner = client_new(&f);
	say(cl, "SUB > 1\r\nSUB *.> 2\r\nSUB _INBOX.mine.* 3\r\n");
	say(owner, "SUB > 9\r\n");
	forget(owner);
	door_event(f.door, "GAP", bytes_of_text("{}"));
	say(owner, "PUB _INBOX.his.1 1\r\nx\r\nPUB serve.m 1\r\nx\r\nPUB $JS.x 1\r\nx\r\n"
		   "PUB _INBOX.mine.1 1\r\ny\r\nPUB a 1\r\nz\r\n");
	assert_heard(cl, "MSG _INBOX.mine.1 3 1\r\ny\r\nMSG a 1 1\r\nz\r\n");
	assert_heard(owner, "MSG $PL.EVENT.GAP 9 2\r\n{}\r\nMSG _INBOX.his.1 9 1\r\nx\r\n"
			    "MSG serve.m 9 1\r\nx\r\nMSG $JS.x 9 1\r\nx\r\n"
			    "MSG _INBOX.mine.1 9 1\r\ny\r\nMSG a 9 1\r\nz\r\n");
	fixture_deinit(&f);
}

TEST(who_serves_may_answer_what_it_was_asked_and_nothing_else)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl, *owner;

	fixture_init(&f);
	allow(t, r, RIGHTS_SUBSCRIBE, ">");
	allow(t, r, RIGHTS_SERVE, "m");
	set_rights(&f, t);
	cl = client_arcade(&f, ARCADE);
	owner = client_new(&f);
	say(cl, "SUB serve.m 1\r\nSUB other 2\r\n");
	say(owner, "SUB _INBOX.o.* 1\r\nPUB serve.m _INBOX.o.1 1\r\n?\r\n"
		   "PUB other _INBOX.o.2 1\r\n?\r\nPUB serve.m topic.t 1\r\n?\r\n");
	forget(cl);
	say(cl, "PUB _INBOX.o.1 1\r\n1\r\nPUB _INBOX.o.2 1\r\n2\r\nPUB topic.t 1\r\n3\r\n");
	assert_heard(cl, NO_PUB("_INBOX.o.2") NO_PUB("topic.t"));
	assert_heard(owner, "MSG _INBOX.o.1 1 1\r\n1\r\n");
	assert_noted(&f, "");
	fixture_deinit(&f);
}

/* Whoever is asked has other rights: it must not be made to speak where the asker may not. */
TEST(an_answer_may_only_come_back)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl;

	fixture_init(&f);
	allow(t, r, RIGHTS_PUBLISH, "ask");
	allow(t, r, RIGHTS_API, "STATUS");
	set_rights(&f, t);
	cl = client_arcade(&f, ARCADE);
	say(cl, "PUB ask topic.t 1\r\n?\r\nPUB $PL.API.STATUS ctl 0\r\n\r\n");
	assert_heard(cl,
		     "-ERR 'Permissions Violation for Publish with Reply of \"topic.t\": arcade "
		     "may not publish there, nor have others do so; see its \"publish\" in "
		     "PEERLINE_CONSUMERS'\r\n"
		     "-ERR 'Permissions Violation for Publish with Reply of \"ctl\": arcade may "
		     "not publish there, nor have others do so; see its \"publish\" in "
		     "PEERLINE_CONSUMERS'\r\n");
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TEST(verbs_are_asked_one_by_one)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl;

	fixture_init(&f);
	allow(t, r, RIGHTS_API, "STATUS");
	set_rights(&f, t);
	cl = client_arcade(&f, ARCADE);
	say(cl, "PUB $PL.API.STATUS _INBOX.x.1 0\r\n\r\nPUB $PL.API.STOP _INBOX.x.2 0\r\n\r\n");
	assert_heard(cl, "-ERR 'Permissions Violation for Publish to \"$PL.API.STOP\": arcade may "
			 "not ask that; see its \"api\" in PEERLINE_CONSUMERS'\r\n");
	assert_noted(&f, "api STATUS\n");
	fixture_deinit(&f);
}

TEST(so_many_subscriptions_and_no_more)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl;

	fixture_init(&f);
	allow(t, r, RIGHTS_SUBSCRIBE, ">");
	r->subscriptions = 2;
	set_rights(&f, t);
	cl = client_arcade(&f, ARCADE);
	say(cl, "SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nUNSUB 1\r\nSUB c 3\r\n");
	assert_heard(cl, "-ERR 'Permissions Violation for Subscription to \"c\": arcade has 2 "
			 "subscriptions; see its \"subscriptions\" in PEERLINE_CONSUMERS'\r\n");
	fixture_deinit(&f);
}

/* ---- ids ---- */

TEST(a_connection_with_its_own_token_is_called_by_it)
{
	struct fixture f;
	struct client *replica, *other;

	fixture_init(&f);
	(void)default_arcade(&f);
	replica = client_arcade(&f, ARCADE_AS("arcade#2") "PING\r\n");
	assert_heard(replica, "PONG\r\n");
	other = client_arcade(&f, ARCADE_AS("exchange"));
	assert_heard(other, "-ERR 'Permissions Violation: consumer id \"exchange\" is not for this "
			    "token: call yourself arcade or arcade#2'\r\n");
	/* Without a name it is arcade, and that is taken. */
	other = client_arcade(&f, ARCADE "PING\r\n");
	assert_heard(other, "");
	pass_ms(&f, 1);
	say(&f.clients[0], "PONG\r\n");
	assert_heard(other,
		     "-ERR 'Permissions Violation: consumer id \"arcade\" is held by another "
		     "live connection'\r\n");
	fixture_deinit(&f);
}

TEST(an_id_is_not_taken_over_with_another_token)
{
	struct fixture f;
	struct client *owner, *cl;

	fixture_init(&f);
	owner = client_attach(&f, DOOR_TCP);
	say(owner, HELLO_AS("arcade"));
	cl = default_arcade(&f);
	assert_heard(cl,
		     "-ERR 'Permissions Violation: consumer id \"arcade\" is held by a connection "
		     "with another token'\r\n");
	assert_heard(owner, "");
	fixture_deinit(&f);
}

TEST(a_second_connect_does_not_change_hands)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = default_arcade(&f);
	say(cl, ARCADE "CONNECT {\"verbose\":false}\r\nPING\r\n");
	assert_heard(cl, "PONG\r\n");
	say(cl, HELLO);
	assert_heard(cl, "-ERR 'Authorization Violation'\r\n");
	fixture_deinit(&f);
}

/* A program of the owner's that shows a token of its own wants to be held to it. */
TEST(a_token_counts_for_more_than_the_unix_socket)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl;

	fixture_init(&f);
	allow(t, r, RIGHTS_SUBSCRIBE, "a");
	set_rights(&f, t);
	cl = client_attach(&f, DOOR_UNIX_OWNER);
	say(cl, "CONNECT {\"verbose\":false}\r\n");
	cl = client_attach(&f, DOOR_UNIX_OWNER);
	say(cl, "SUB b 1\r\nSUB a 2\r\n");
	forget(cl);
	say(cl, ARCADE "PUB a 1\r\nx\r\n");
	assert_heard(cl,
		     "-ERR 'Permissions Violation for Subscription to \"b\": arcade may not see "
		     "that any more; see its \"subscribe\" in PEERLINE_CONSUMERS'\r\n" NO_PUB("a"));
	fixture_deinit(&f);
}

/* ---- a change ---- */

static bool hears(struct client *cl, const char *text)
{
	hear(cl);
	return memmem(buf_data(&cl->heard).p, buf_len(&cl->heard), text, strlen(text)) != NULL;
}

TEST(a_change_takes_only_what_is_not_allowed_any_more)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t;
	struct client *cl, *owner;
	struct door_rights_change change;

	fixture_init(&f);
	cl = default_arcade(&f);
	owner = client_new(&f);
	say(cl, "SUB a 1\r\nSUB topic.t 2\r\nSUB b q 3\r\n");
	assert_noted(&f, "join teranode/bitcoin/1.0.0/t\n");
	t = table_of_arcade(&r);
	allow(t, r, RIGHTS_SUBSCRIBE, "a");
	allow(t, r, RIGHTS_PUBLISH, "c");
	change = set_rights(&f, t);
	assert_int_equal(change.n_disconnected, 0);
	assert_int_equal(change.n_subscriptions_ended, 2);
	assert_noted(&f, "leave teranode/bitcoin/1.0.0/t\n");
	assert_true(hears(cl, "Subscription to \"topic.t\": arcade may not see that any more"));
	assert_true(hears(cl, "Subscription to \"b\" using queue \"q\": arcade"));
	forget(cl);
	say(owner, "PUB a 1\r\nx\r\nPUB b 1\r\nx\r\n");
	say(cl, "PUB c 1\r\nx\r\n");
	assert_heard(cl, "MSG a 1 1\r\nx\r\n");
	fixture_deinit(&f);
}

TEST(whose_token_is_gone_is_disconnected_and_nobody_else)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t;
	struct client *cl, *owner, *local, *stranger;
	struct door_rights_change change;

	fixture_init(&f);
	cl = default_arcade(&f);
	owner = client_new(&f);
	local = client_attach(&f, DOOR_UNIX_OWNER);
	stranger = client_attach(&f, DOOR_TCP);
	t = rights_table_new("");
	assert_int_equal(rights_table_add(t, "arcade", "another-token-of-it", &r), 0);
	change = set_rights(&f, t);
	assert_int_equal(change.n_disconnected, 1);
	assert_true(cl->wants_close);
	assert_heard(cl, "-ERR 'Authorization Violation'\r\n");
	assert_false(owner->wants_close || local->wants_close || stranger->wants_close);
	/* Once more, while it is on its way out. */
	change = set_rights(&f, NULL);
	assert_int_equal(change.n_disconnected, 0);
	say(stranger, HELLO "PING\r\n");
	assert_heard(stranger, "PONG\r\n");
	fixture_deinit(&f);
}

TEST(less_room_counts_from_now_on)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t;
	struct client *cl, *owner;
	char line[2048];

	fixture_init(&f);
	cl = default_arcade(&f);
	owner = client_new(&f);
	say(cl, "SUB a 1\r\n");
	t = table_of_arcade(&r);
	allow(t, r, RIGHTS_SUBSCRIBE, ">");
	r->consumer_bytes = 65536;
	set_rights(&f, t);
	snprintf(line, sizeof(line), "PUB a 1000\r\n%01000d\r\n", 0);
	for (int i = 0; i < 100; i++)
		say(owner, line);
	hear(cl);
	assert_in_range(buf_len(&cl->heard), 30000, 65536);
	assert_heard(owner, "");
	buf_clear(&cl->heard);
	fixture_deinit(&f);
}

TEST(so_many_connections_and_no_more)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *a, *b;

	fixture_init(&f);
	r->connections = 2;
	set_rights(&f, t);
	a = client_arcade(&f, ARCADE_AS("arcade#1"));
	client_arcade(&f, ARCADE_AS("arcade#2"));
	b = client_arcade(&f, ARCADE_AS("arcade#3"));
	assert_heard(b, "-ERR 'maximum connections exceeded'\r\n");
	assert_int_equal(b->ended, 1);
	say(a, ARCADE_AS("arcade#1")); /* it has its place */
	assert_int_equal(a->ended, 0);
	client_gone(a);
	b = client_arcade(&f, ARCADE_AS("arcade#3"));
	assert_int_equal(b->ended, 0);
	(void)client_new(&f); /* the owner's are not counted */
	fixture_deinit(&f);
}

TEST(the_last_place_can_be_taken_over)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *holder, *newcomer, *third;

	fixture_init(&f);
	r->connections = 1;
	set_rights(&f, t);
	holder = client_arcade(&f, ARCADE_AS("arcade"));
	newcomer = client_arcade(&f, ARCADE_AS("arcade") "PING\r\n");
	assert_int_equal(newcomer->ended, 0);
	third = client_arcade(&f, ARCADE_AS("arcade#2"));
	assert_heard(third, "-ERR 'maximum connections exceeded'\r\n");
	pass_ms(&f, LIMIT_DOOR_TAKEOVER_MS + 100);
	assert_true(holder->wants_close || holder->ended);
	assert_heard(newcomer, "PONG\r\n");
	third = client_arcade(&f, ARCADE_AS("arcade#2"));
	assert_heard(third, "-ERR 'maximum connections exceeded'\r\n");
	fixture_deinit(&f);
}

TEST(nobody_joins_the_topics_that_others_need)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl, *owner;
	char line[64];

	fixture_init(&f);
	allow(t, r, RIGHTS_SUBSCRIBE, ">");
	set_rights(&f, t);
	cl = client_arcade(&f, ARCADE);
	owner = client_new(&f);
	say(owner, "SUB topic./mine 1\r\n");
	for (int i = 0; i < LIMIT_DOOR_TOPICS_OF_ONE; i++) {
		snprintf(line, sizeof(line), "SUB topic./t%d %d\r\n", i, i);
		say(cl, line);
	}
	say(cl, "SUB topic./mine a\r\n");
	assert_heard(cl, "");
	t = table_of_arcade(&r);
	allow(t, r, RIGHTS_SUBSCRIBE, ">");
	set_rights(&f, t); /* it is the same arcade */
	say(cl, "SUB topic./more b\r\n");
	assert_heard(cl, "-ERR 'Permissions Violation for Subscription to \"topic./more\": too "
			 "many subscriptions or topics'\r\n");
	say(owner, "SUB topic./more 2\r\n");
	say(cl, "SUB topic./more b\r\n");
	assert_heard(cl, "");
	assert_heard(owner, "");
	fixture_deinit(&f);
}

TESTS(RUN(a_wrong_token_is_a_violation_and_ends_the_connection),
      RUN(a_refusal_says_why_and_the_connection_goes_on), RUN(what_is_allowed_passes),
      RUN(a_subscription_to_everything_does_not_show_what_is_between_others),
      RUN(who_serves_may_answer_what_it_was_asked_and_nothing_else),
      RUN(an_answer_may_only_come_back), RUN(verbs_are_asked_one_by_one),
      RUN(so_many_subscriptions_and_no_more), RUN(a_connection_with_its_own_token_is_called_by_it),
      RUN(so_many_connections_and_no_more), RUN(the_last_place_can_be_taken_over),
      RUN(nobody_joins_the_topics_that_others_need),
      RUN(an_id_is_not_taken_over_with_another_token), RUN(a_second_connect_does_not_change_hands),
      RUN(a_token_counts_for_more_than_the_unix_socket),
      RUN(a_change_takes_only_what_is_not_allowed_any_more),
      RUN(whose_token_is_gone_is_disconnected_and_nobody_else), RUN(less_room_counts_from_now_on))
