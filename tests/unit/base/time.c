#include "base/time.h"

#include "test.h"

static struct mono at(uint64_t ns)
{
	return (struct mono){ ns };
}

TEST(a_deadline_is_reached_when_it_has_come)
{
	assert_false(mono_reached(at(10), at(9)));
	assert_true(mono_reached(at(10), at(10)));
	assert_true(mono_reached(at(10), at(11)));
	assert_false(mono_reached(MONO_NEVER, at(UINT64_MAX)));
	assert_true(mono_is_never(MONO_NEVER));
}

TEST(the_earlier_of_two_is_found_and_never_is_the_latest)
{
	assert_int_equal(mono_min(at(1), at(2)).ns, 1);
	assert_int_equal(mono_min(at(2), at(1)).ns, 1);
	assert_int_equal(mono_min(MONO_NEVER, at(2)).ns, 2);
}

TEST(adding_never_wraps_around)
{
	assert_int_equal(mono_add_ms(at(5), 2).ns, 5 + 2 * NS_PER_MS);
	assert_true(mono_is_never(mono_add_ns(at(5), UINT64_MAX)));
	assert_true(mono_is_never(mono_add_ms(at(0), UINT64_MAX)));
	assert_true(mono_is_never(mono_add_ms(MONO_NEVER, 1)));
}

TEST(time_since_a_moment_ahead_is_none)
{
	assert_int_equal(mono_since_ns(at(3), at(10)), 7);
	assert_int_equal(mono_since_ns(at(10), at(3)), 0);
	assert_int_equal(mono_since_ms(at(0), at(3 * NS_PER_MS - 1)), 2);
}

TESTS(RUN(a_deadline_is_reached_when_it_has_come),
      RUN(the_earlier_of_two_is_found_and_never_is_the_latest), RUN(adding_never_wraps_around),
      RUN(time_since_a_moment_ahead_is_none))
