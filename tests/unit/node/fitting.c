/* Proves that a list stops growing where it would not fit, and says how much is missing. */

#include <stdio.h>

#include "test.h"

#include "node/fitting.h"

static json_t *entry(const char *text)
{
	return json_pack("{s:s}", "a", text);
}

TEST(what_does_not_fit_is_counted)
{
	struct fitting f = fitting_of(30);
	json_t *answer = json_object();

	fitting_append(&f, entry("12345"));     /* 14 with its comma */
	fitting_append(&f, entry("123456789")); /* 18 */
	fitting_append(&f, entry("1234567"));   /* 16: just fits */
	fitting_append(&f, entry(""));
	fitting_put(&f, answer, "list", "left_out");
	assert_int_equal(json_array_size(json_object_get(answer, "list")), 2);
	assert_int_equal(json_integer_value(json_object_get(answer, "left_out")), 2);
	json_decref(answer);
}

TEST(a_list_that_fits_says_nothing_more)
{
	struct fitting f = fitting_of(20);
	json_t *answer = json_object();

	fitting_append(&f, entry("7"));
	fitting_put(&f, answer, "list", "left_out");
	assert_int_equal(json_array_size(json_object_get(answer, "list")), 1);
	assert_null(json_object_get(answer, "left_out"));
	json_decref(answer);
}

TESTS(RUN(what_does_not_fit_is_counted), RUN(a_list_that_fits_says_nothing_more))
