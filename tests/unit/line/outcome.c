/* Proves that every result has a text. */

#include "test.h"

#include "peerline/consumer.h"

TEST(every_outcome_and_every_errno_has_a_text_of_its_own)
{
	const char *seen[8];
	size_t n = 0;

#define SEE(name, value, text)                                                                     \
	assert_int_equal(name, value);                                                             \
	assert_string_equal(pl_strerror(name), text);                                              \
	seen[n++] = pl_strerror(name);
	PL_OUTCOMES(SEE)
#undef SEE
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(seen[i], seen[j]);
	assert_string_equal(pl_strerror(0), "done");
	assert_string_equal(pl_strerror(-ENOENT), "No such file or directory");
	assert_string_equal(pl_strerror(-ECONNREFUSED), "Connection refused");
}

TEST(what_is_no_result_has_a_text_too)
{
	static const int rows[] = { 6, 1000, -4096, -100000, INT32_MIN, INT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(pl_strerror(rows[i]),
				    "a result that this library does not know");
}

TESTS(RUN(every_outcome_and_every_errno_has_a_text_of_its_own),
      RUN(what_is_no_result_has_a_text_too))
