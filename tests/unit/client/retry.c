/* Proves when a lost connection is tried again. */

#include "test.h"

#include "base/limits.h"
#include "client/retry.h"

static const struct mono start = { 5 * NS_PER_S };

static uint64_t after_ms(struct mono at)
{
	return mono_since_ms(start, at);
}

TEST(tries_are_spread_between_two_bounds)
{
	uint64_t low = UINT64_MAX, high = 0;
	struct retry r;

	retry_init(&r, UINT64_MAX);
	for (uint64_t random = 0; random < 1000; random++) {
		uint64_t ms = after_ms(retry_lost(&r, start, random));

		assert_int_equal(ms, after_ms(retry_failed(&r, start, false, random)));
		low = ms < low ? ms : low;
		high = ms > high ? ms : high;
	}
	assert_int_equal(low, LIMIT_CLIENT_RETRY_MS);
	assert_int_equal(high, LIMIT_CLIENT_RETRY_LATE_MS);
}

TEST(who_was_refused_waits_longer)
{
	struct retry r;

	retry_init(&r, UINT64_MAX);
	(void)retry_lost(&r, start, 0);
	for (uint64_t random = 0; random < 5000; random += 7) {
		uint64_t ms = after_ms(retry_failed(&r, start, true, random));

		assert_true(ms >= LIMIT_CLIENT_RETRY_REFUSED_MS / 2);
		assert_true(ms <= LIMIT_CLIENT_RETRY_REFUSED_MS);
	}
}

TEST(a_limit_counts_from_the_loss)
{
	struct retry r;

	retry_init(&r, 1000);
	assert_false(mono_is_never(retry_lost(&r, start, 0)));
	assert_false(mono_is_never(retry_failed(&r, mono_add_ms(start, 999), false, 0)));
	assert_true(mono_is_never(retry_failed(&r, mono_add_ms(start, 1000), false, 0)));
	assert_false(mono_is_never(retry_lost(&r, mono_add_ms(start, 2000), 0)));
	retry_init(&r, 0);
	assert_true(mono_is_never(retry_lost(&r, start, 0)));
}

TESTS(RUN(tries_are_spread_between_two_bounds), RUN(who_was_refused_waits_longer),
      RUN(a_limit_counts_from_the_loss))
