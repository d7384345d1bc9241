#include "test.h"

#include "cli/savings.h"

static struct savings of(const char *status)
{
	json_t *o = json_loads(status, 0, NULL);
	struct savings s = savings_of(o);

	assert_non_null(o);
	json_decref(o);
	return s;
}

static const char *text_of(const char *status)
{
	static char text[SAVINGS_TEXT_MAX];
	struct savings s = of(status);

	return savings_text(&s, text) ? text : NULL;
}

TEST(all_but_one_consumer_would_have_every_link_once_more)
{
	const char *status =
		"{\"links\":8,\"consumers\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]}";

	assert_string_equal(text_of(status), "3 consumers share 8 links: 16 connections avoided");
	assert_int_equal(of(status).avoided, 16);
}

TEST(one_link_and_one_connection_are_singular)
{
	assert_string_equal(text_of("{\"links\":1,\"consumers\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"),
			    "2 consumers share 1 link: 1 connection avoided");
}

TEST(one_consumer_saves_nothing_and_neither_do_two_without_links)
{
	assert_null(text_of("{\"links\":8,\"consumers\":[{\"id\":\"a\"}]}"));
	assert_null(text_of("{\"links\":8,\"consumers\":[]}"));
	assert_null(text_of("{\"links\":0,\"consumers\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"));
	assert_null(text_of("{}"));
	assert_int_equal(of("{}").avoided, 0);
}

TEST(our_own_command_lines_are_no_consumers)
{
	assert_null(
		text_of("{\"links\":8,\"consumers\":[{\"id\":\"a\"},{\"id\":\"peerline-cli-7\"},"
			"{\"id\":\"peerline-sub-8\"}]}"));
	assert_true(savings_is_command("peerline-top-1"));
	assert_false(savings_is_command("peerline-sub"));
	assert_false(savings_is_command("peerline-sub-"));
	assert_false(savings_is_command("peerline-sub-12x"));
	assert_false(savings_is_command("peerline-4"));
	assert_false(savings_is_command("peerline-arcade-one"));
	assert_false(savings_is_command(""));
}

TEST(consumers_without_a_name_and_those_that_did_not_fit_count)
{
	assert_int_equal(of("{\"links\":2,\"consumers\":[{\"id\":null},{\"id\":\"b\"}],"
			    "\"consumers_left_out\":3}")
				 .avoided,
			 8);
}

TESTS(RUN(all_but_one_consumer_would_have_every_link_once_more),
      RUN(one_link_and_one_connection_are_singular),
      RUN(one_consumer_saves_nothing_and_neither_do_two_without_links),
      RUN(our_own_command_lines_are_no_consumers),
      RUN(consumers_without_a_name_and_those_that_did_not_fit_count))
