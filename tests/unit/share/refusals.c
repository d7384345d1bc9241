/* Proves that the node hears of every kind of connection that was not let in, once a second. */

#include "door_rights.h"

#define HELD(who)                                                                                  \
	"refused name_held same of " who ", 0 left out: consumer id \"same\" is held by another "  \
	"live connection\n"

static struct client *attach_saying(struct fixture *f, const char *text)
{
	struct client *cl = client_attach(f, DOOR_TCP);

	say(cl, text);
	return cl;
}

TEST(a_name_that_is_held_is_told_when_its_holder_answers)
{
	struct fixture f;
	struct client *holder;

	fixture_init(&f);
	holder = attach_saying(&f, HELLO_AS("same"));
	(void)attach_saying(&f, HELLO_AS("same"));
	assert_noted(&f, "");
	say(holder, "PONG\r\n");
	assert_noted(&f, HELD("owner"));
	fixture_deinit(&f);
}

TEST(one_a_second_is_told_and_the_others_are_counted)
{
	struct fixture f;
	struct client *holder;

	fixture_init(&f);
	holder = attach_saying(&f, HELLO_AS("same"));
	(void)attach_saying(&f, HELLO_AS("same"));
	hear(holder);
	for (int i = 0; i < 4; i++)
		(void)attach_saying(&f, HELLO_AS("same"));
	assert_noted(&f, HELD("owner"));
	pass_ms(&f, LIMIT_DOOR_REFUSED_TOLD_MS - 1);
	(void)attach_saying(&f, "CONNECT {\"auth_token\":\"guess\"}\r\n");
	assert_noted(&f, "");
	pass_ms(&f, 1);
	(void)attach_saying(&f, "CONNECT {\"auth_token\":\"guess\",\"name\":\"thief\"}\r\n");
	assert_noted(&f, "refused token thief of nobody, 4 left out: the token is missing, or "
			 "nobody's here; see peerline url, and PEERLINE_CONSUMERS\n");
	pass_ms(&f, LIMIT_DOOR_REFUSED_TOLD_MS);
	(void)attach_saying(&f, "CONNECT {}\r\n");
	assert_noted(&f, "refused token  of nobody, 0 left out: the token is missing, or nobody's "
			 "here; see peerline url, and PEERLINE_CONSUMERS\n");
	fixture_deinit(&f);
}

TEST(a_name_that_is_not_for_its_token_is_told_with_those_that_are)
{
	struct fixture f;
	struct rights *arcade;
	struct rights_table *t = table_of_arcade(&arcade);

	fixture_init(&f);
	(void)set_rights(&f, t);
	(void)client_arcade(&f, ARCADE_AS("exchange"));
	assert_noted(&f, "refused name exchange of arcade, 0 left out: consumer id \"exchange\" is "
			 "not for this token: call yourself arcade or arcade#2\n");
	fixture_deinit(&f);
}

TEST(a_name_that_another_token_holds_is_told)
{
	struct fixture f;
	struct rights *arcade;
	struct rights_table *t = table_of_arcade(&arcade);

	fixture_init(&f);
	(void)set_rights(&f, t);
	(void)attach_saying(&f, HELLO_AS("arcade"));
	(void)client_arcade(&f, ARCADE);
	assert_noted(&f, "refused name_held arcade of arcade, 0 left out: consumer id \"arcade\" "
			 "is held by a connection with another token\n");
	fixture_deinit(&f);
}

TEST(a_name_that_is_too_long_is_told_without_it)
{
	char text[512];
	struct fixture f;

	fixture_init(&f);
	snprintf(text, sizeof(text),
		 "CONNECT {\"auth_token\":\"" TOKEN "\",\"name\":\"%0129d\"}\r\n", 1);
	(void)attach_saying(&f, text);
	assert_noted(&f, "refused name  of owner, 0 left out: the name of the connection is too "
			 "long\n");
	fixture_deinit(&f);
}

TEST(an_entry_with_all_its_connections_is_told_what_limits_them)
{
	struct fixture f;
	struct rights *arcade;
	struct rights_table *t = table_of_arcade(&arcade);
	struct client *second;

	fixture_init(&f);
	arcade->connections = 1;
	(void)set_rights(&f, t);
	(void)client_arcade(&f, ARCADE_AS("arcade#1"));
	second = client_arcade(&f, ARCADE_AS("arcade#2"));
	assert_heard(second, "-ERR 'maximum connections exceeded'\r\n");
	assert_noted(&f, "refused connections arcade#2 of arcade, 0 left out: arcade has all its "
			 "connections; see its \"connections\" (1) in PEERLINE_CONSUMERS\n");
	fixture_deinit(&f);
}

TEST(a_door_that_is_full_is_told)
{
	struct consumer *all[LIMIT_DOOR_CONSUMERS + 1];
	struct client cl = { 0 };
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < LIMIT_DOOR_CONSUMERS; i++)
		assert_int_equal(door_attach(f.door, DOOR_UNIX_OWNER, &cl, f.now, &all[i]), 0);
	assert_noted(&f, "");
	assert_int_equal(
		door_attach(f.door, DOOR_UNIX_OTHER, &cl, f.now, &all[LIMIT_DOOR_CONSUMERS]),
		-ENOSPC);
	assert_noted(&f, "refused full  of nobody, 0 left out: the door has as many connections "
			 "as it may\n");
	fixture_deinit(&f);
}

TEST(the_ways_in_have_names)
{
	assert_string_equal(door_via_text(DOOR_TCP), "tcp");
	assert_string_equal(door_via_text(DOOR_UNIX_OWNER), "unix");
	assert_string_equal(door_via_text(DOOR_UNIX_OTHER), "unix");
}

TESTS(RUN(a_name_that_is_held_is_told_when_its_holder_answers),
      RUN(one_a_second_is_told_and_the_others_are_counted),
      RUN(a_name_that_is_not_for_its_token_is_told_with_those_that_are),
      RUN(a_name_that_another_token_holds_is_told), RUN(a_name_that_is_too_long_is_told_without_it),
      RUN(an_entry_with_all_its_connections_is_told_what_limits_them),
      RUN(a_door_that_is_full_is_told), RUN(the_ways_in_have_names))
