/* Proves that an id is held by one connection: the living keep it, the silent lose it. */

#include "door_fixture.h"

#define REFUSED                                                                                    \
	"-ERR 'Permissions Violation: consumer id \"arcade\" is held by another live "             \
	"connection'\r\n"

static struct client *attach_as_arcade(struct fixture *f)
{
	struct client *cl = client_attach(f, DOOR_TCP);

	say(cl, HELLO_AS("arcade") "PING\r\n");
	return cl;
}

TEST(a_newcomer_is_refused_when_the_holder_answers)
{
	struct fixture f;
	struct client *holder, *newcomer;

	fixture_init(&f);
	holder = attach_as_arcade(&f);
	forget(holder);
	newcomer = attach_as_arcade(&f);
	assert_int_equal(newcomer->ended, 0);
	assert_heard(newcomer, "");
	assert_heard(holder, "PING\r\n");
	say(holder, "PONG\r\n");
	assert_true(newcomer->wants_close);
	assert_heard(newcomer, REFUSED);
	say(newcomer, "PING\r\n");
	assert_int_equal(newcomer->ended, 1);
	pass_ms(&f, LIMIT_DOOR_TAKEOVER_MS);
	assert_false(holder->wants_close);
	say(holder, "PING\r\n");
	forget(holder);
	fixture_deinit(&f);
}

TEST(a_silent_holder_loses_its_id_after_two_seconds)
{
	struct fixture f;
	struct client *holder, *newcomer, *sender;

	fixture_init(&f);
	holder = attach_as_arcade(&f);
	say(holder, "SUB x 1\r\n");
	forget(holder);
	newcomer = attach_as_arcade(&f);
	say(newcomer, "SUB x");
	say(newcomer, " 2\r\nPUB y 1\r\n");
	assert_true(door_deadline(f.door).ns <= mono_add_ms(f.now, LIMIT_DOOR_TAKEOVER_MS).ns);
	pass_ms(&f, LIMIT_DOOR_TAKEOVER_MS - 1);
	assert_false(holder->wants_close);
	assert_heard(newcomer, "");
	pass_ms(&f, 1);
	assert_true(holder->wants_close);
	assert_heard(holder, "PING\r\n-ERR 'Stale Connection'\r\n");
	assert_heard(newcomer, "PONG\r\n");
	sender = client_new(&f);
	say(sender, "PUB x 1\r\n!\r\n");
	assert_heard(newcomer, "MSG x 2 1\r\n!\r\n");
	assert_heard(holder, "");
	client_gone(holder);
	/* The id is the newcomer's now. */
	(void)attach_as_arcade(&f);
	hear(newcomer);
	assert_non_null(
		memmem(buf_data(&newcomer->heard).p, buf_len(&newcomer->heard), "PING\r\n", 6));
	fixture_deinit(&f);
}

TEST(a_holder_that_goes_away_makes_room_at_once)
{
	struct fixture f;
	struct client *holder, *newcomer;

	fixture_init(&f);
	holder = attach_as_arcade(&f);
	newcomer = attach_as_arcade(&f);
	assert_heard(newcomer, "");
	client_gone(holder);
	assert_heard(newcomer, "PONG\r\n");
	fixture_deinit(&f);
}

TEST(a_newcomer_that_goes_away_leaves_the_question_open)
{
	struct fixture f;
	struct client *holder, *first, *second;

	fixture_init(&f);
	holder = attach_as_arcade(&f);
	first = attach_as_arcade(&f);
	pass_ms(&f, 1500);
	client_gone(first);
	pass_ms(&f, 100);
	second = attach_as_arcade(&f);
	forget(holder);
	pass_ms(&f, 400);
	assert_true(holder->wants_close);
	assert_heard(second, "PONG\r\n");
	fixture_deinit(&f);
}

TEST(while_one_waits_a_third_is_refused)
{
	struct fixture f;
	struct client *third;

	fixture_init(&f);
	(void)attach_as_arcade(&f);
	(void)attach_as_arcade(&f);
	third = attach_as_arcade(&f);
	assert_int_equal(third->ended, 1);
	assert_heard(third, REFUSED);
	fixture_deinit(&f);
}

TEST(who_waits_may_not_send_without_bounds)
{
	struct fixture f;
	struct client *newcomer;
	size_t n = 0;

	fixture_init(&f);
	(void)attach_as_arcade(&f);
	newcomer = attach_as_arcade(&f);
	while (!newcomer->ended && n < 10000) {
		say(newcomer, "PUB some.subject 8\r\n12345678\r\n");
		n++;
	}
	assert_int_equal(newcomer->ended, 1);
	assert_true(n * 30 > LIMIT_DOOR_HELD_INPUT - 1000);
	fixture_deinit(&f);
}

TEST(a_newcomer_that_spoke_nonsense_while_it_waited_is_closed_when_it_is_let_in)
{
	struct fixture f;
	struct client *holder, *newcomer;

	fixture_init(&f);
	holder = attach_as_arcade(&f);
	newcomer = attach_as_arcade(&f);
	say(newcomer, "NONSENSE\r\n");
	assert_int_equal(newcomer->ended, 0);
	client_gone(holder);
	assert_true(newcomer->wants_close);
	assert_heard(newcomer, "PONG\r\n-ERR 'Unknown Protocol Operation'\r\n");
	fixture_deinit(&f);
}

TEST(connections_without_a_name_do_not_meet)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	say(a, "PING\r\n");
	say(b, "PING\r\n");
	assert_heard(a, "PONG\r\n");
	assert_heard(b, "PONG\r\n");
	fixture_deinit(&f);
}

TEST(an_id_stays_what_it_was_first)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = attach_as_arcade(&f);
	say(a, HELLO_AS("other"));
	b = client_attach(&f, DOOR_TCP);
	say(b, HELLO_AS("other") "PING\r\n");
	assert_heard(b, "PONG\r\n");
	fixture_deinit(&f);
}

TEST(a_connection_that_was_nobody_may_become_somebody)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB x 1\r\n" HELLO_AS("arcade"));
	b = attach_as_arcade(&f);
	assert_heard(a, "PING\r\n");
	assert_heard(b, "");
	say(a, "PONG\r\n");
	assert_heard(b, REFUSED);
	fixture_deinit(&f);
}

TEST(a_name_that_is_too_long_is_refused)
{
	char text[512];
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_attach(&f, DOOR_TCP);
	snprintf(text, sizeof(text),
		 "CONNECT {\"auth_token\":\"" TOKEN "\",\"name\":\"%0129d\"}\r\n", 1);
	say(a, text);
	assert_int_equal(a->ended, 1);
	assert_heard(a, "-ERR 'Permissions Violation: the name of the connection is too long'\r\n");
	fixture_deinit(&f);
}

TESTS(RUN(a_newcomer_is_refused_when_the_holder_answers),
      RUN(a_silent_holder_loses_its_id_after_two_seconds),
      RUN(a_holder_that_goes_away_makes_room_at_once),
      RUN(a_newcomer_that_goes_away_leaves_the_question_open),
      RUN(while_one_waits_a_third_is_refused), RUN(who_waits_may_not_send_without_bounds),
      RUN(a_newcomer_that_spoke_nonsense_while_it_waited_is_closed_when_it_is_let_in),
      RUN(connections_without_a_name_do_not_meet), RUN(an_id_stays_what_it_was_first),
      RUN(a_connection_that_was_nobody_may_become_somebody),
      RUN(a_name_that_is_too_long_is_refused))
