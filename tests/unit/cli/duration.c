#include "test.h"

#include "cli/duration.h"

static uint64_t ms(const char *text)
{
	uint64_t v = 7;

	return duration_parse(text, &v) ? v : 0;
}

TEST(a_number_and_a_unit_are_a_time)
{
	assert_true(ms("90s") == 90000);
	assert_true(ms("15m") == 900000);
	assert_true(ms("24h") == 86400000);
	assert_true(ms("7d") == UINT64_C(604800000));
	assert_true(ms("2w") == UINT64_C(1209600000));
	assert_true(ms("3650d") == DURATION_MS_MAX);
}

TEST(what_says_no_time_is_refused)
{
	static const char *const texts[] = { "",
					     "h",
					     "24",
					     "24 h",
					     "-1h",
					     "1.5h",
					     "24x",
					     "24hh",
					     "0s",
					     "3651d",
					     "99999999999999999999999999s" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_true(ms(texts[i]) == 0);
}

TESTS(RUN(a_number_and_a_unit_are_a_time), RUN(what_says_no_time_is_refused))
