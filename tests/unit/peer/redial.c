#include "peer/redial.h"

#include "base/limits.h"
#include "test.h"

#define RECONNECT_MS 30000

static struct random_seeded g;

static struct random source(void)
{
	random_seeded_init(&g, 3);
	return random_seeded_source(&g);
}

TEST(dials_are_five_seconds_apart_for_two_minutes_and_then_as_configured)
{
	struct random random = source();
	struct mono start = { 77 * NS_PER_S }, now = start;
	size_t n_early = 0;
	struct redial r;

	redial_begin(&r, start);
	for (int i = 0; i < 40; i++) {
		bool early = mono_since_ms(start, now) < LIMIT_REDIAL_EAGER_MS;
		uint64_t ms = early ? LIMIT_REDIAL_MS : RECONNECT_MS;
		struct mono next;

		redial_on_try(&r, now);
		next = redial_next(&r, RECONNECT_MS, &random);
		assert_in_range(mono_since_ms(now, next), ms * 9 / 10, ms * 11 / 10);
		n_early += early;
		now = next;
	}
	assert_in_range(n_early, 21, 28);
}

TEST(a_shorter_interval_than_the_early_one_is_kept_to)
{
	struct random random = source();
	struct redial r;

	redial_begin(&r, (struct mono){ 0 });
	assert_in_range(redial_next(&r, 1000, &random).ns, 900 * NS_PER_MS, 1100 * NS_PER_MS);
}

TEST(intervals_without_end_never_come)
{
	struct random random = source();
	struct redial r;

	redial_begin(&r, (struct mono){ 0 });
	redial_on_try(&r, (struct mono){ 1000 * NS_PER_S });
	assert_true(mono_is_never(redial_next(&r, UINT64_MAX, &random)));
}

TEST(jitter_differs_from_one_time_to_the_next)
{
	struct random random = source();
	struct redial r;

	redial_begin(&r, (struct mono){ 0 });
	assert_int_not_equal(redial_next(&r, RECONNECT_MS, &random).ns,
			     redial_next(&r, RECONNECT_MS, &random).ns);
}

TESTS(RUN(dials_are_five_seconds_apart_for_two_minutes_and_then_as_configured),
      RUN(a_shorter_interval_than_the_early_one_is_kept_to), RUN(intervals_without_end_never_come),
      RUN(jitter_differs_from_one_time_to_the_next))
