#include "test.h"

#include "node/nearest.h"

TEST(the_distance_counts_single_edits)
{
	assert_int_equal(edit_distance("", ""), 0);
	assert_int_equal(edit_distance("port", "port"), 0);
	assert_int_equal(edit_distance("port", "prot"), 2);
	assert_int_equal(edit_distance("port", "ports"), 1);
	assert_int_equal(edit_distance("port", "pot"), 1);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
}

TEST(words_that_are_too_long_are_far_away)
{
	char word[100];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_true(edit_distance(word, "x") == SIZE_MAX);
}

TEST(the_nearest_word_is_found_and_a_strange_one_is_near_nothing)
{
	static const char *const known[] = { "p2p_port", "p2p_host", "max_peers" };

	assert_string_equal(nearest_word("p2p_prot", known, 3), "p2p_port");
	assert_string_equal(nearest_word("maxpeers", known, 3), "max_peers");
	assert_null(nearest_word("colour", known, 3));
}

TESTS(RUN(the_distance_counts_single_edits), RUN(words_that_are_too_long_are_far_away),
      RUN(the_nearest_word_is_found_and_a_strange_one_is_near_nothing))
