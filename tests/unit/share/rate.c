/* Proves that a rate holds on average, whatever the sizes, and lets a small burst pass. */

#include "test.h"

#include "base/limits.h"
#include "share/rate.h"

static struct mono at_ms(uint64_t ms)
{
	return (struct mono){ ms * NS_PER_MS };
}

/* How many units of `size` pass between two moments, asked every millisecond. */
static uint64_t passed(struct rate *r, size_t size, uint64_t from_ms, uint64_t to_ms)
{
	uint64_t n = 0;

	for (uint64_t ms = from_ms; ms < to_ms; ms++) {
		while (rate_has_room(r, at_ms(ms))) {
			rate_take(r, size, at_ms(ms));
			n += size;
		}
	}
	return n;
}

TEST(without_a_limit_there_is_always_room)
{
	struct rate r = { 0 };

	for (int i = 0; i < 1000; i++)
		rate_take(&r, 1 << 20, at_ms(5));
	assert_true(rate_has_room(&r, at_ms(5)));
}

TEST(the_average_holds_for_every_size)
{
	static const size_t sizes[] = { 1, 3, 100, 7777, 1 << 20 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct rate r = { .per_second = 1000000 };
		uint64_t n = passed(&r, sizes[i], 1000, 101000);

		assert_in_range(n, 99000000, 100200000 + sizes[i]);
	}
}

TEST(who_was_silent_may_say_a_tenth_of_a_second_at_once)
{
	struct rate r = { .per_second = 1000 };

	(void)passed(&r, 1, 0, 2000);
	assert_in_range(passed(&r, 1, 100000, 100001), 100, 102);
	assert_in_range(passed(&r, 1, 100001, 101001), 998, 1002);
}

TEST(one_that_is_larger_than_the_rate_passes_and_is_paid_for)
{
	struct rate r = { .per_second = 1000 };

	assert_true(rate_has_room(&r, at_ms(1000)));
	rate_take(&r, 5000, at_ms(1000));
	assert_false(rate_has_room(&r, at_ms(5899)));
	assert_true(rate_has_room(&r, at_ms(5900)));
	assert_int_equal(r.due.ns, 5900 * NS_PER_MS);
}

TEST(the_largest_message_at_the_largest_rate_is_counted_right)
{
	struct rate r = { .per_second = LIMIT_RATE_MAX };

	rate_take(&r, 2 * LIMIT_DOOR_PAYLOAD, at_ms(1000));
	assert_int_equal(r.due.ns, 900 * NS_PER_MS + 2 * LIMIT_DOOR_PAYLOAD / 1000);
}

TESTS(RUN(without_a_limit_there_is_always_room), RUN(the_average_holds_for_every_size),
      RUN(who_was_silent_may_say_a_tenth_of_a_second_at_once),
      RUN(one_that_is_larger_than_the_rate_passes_and_is_paid_for),
      RUN(the_largest_message_at_the_largest_rate_is_counted_right))
