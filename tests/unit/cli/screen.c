#include "test.h"

#include "cli/screen.h"

static size_t cut(const char *line, size_t columns)
{
	return screen_cut(line, strlen(line), columns);
}

TEST(a_line_is_cut_at_the_edge_and_never_within_a_character)
{
	assert_int_equal(cut("abc", 5), 3);
	assert_int_equal(cut("abc", 2), 2);
	assert_int_equal(cut("", 2), 0);
	assert_int_equal(cut("abc", 0), 0);
	assert_int_equal(cut("\xc3\xa4\xc3\xb6x", 1), 2);
	assert_int_equal(cut("\xc3\xa4\xc3\xb6x", 2), 4);
	assert_int_equal(cut("\xe2\x82\xac", 1), 3);
}

TESTS(RUN(a_line_is_cut_at_the_edge_and_never_within_a_character))
