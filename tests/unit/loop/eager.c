#include "loop/eager.h"

#include "test.h"

/* A wait that ends after `ns`, with a look every microsecond while it is spent awake. Answers how
 * long that was. */
static uint64_t wait_for(struct eager *e, struct mono *now, uint64_t ns)
{
	struct mono began = *now, end = { now->ns + ns };
	uint64_t awake = 0;

	while (eager_before_wait(e, *now) && now->ns < end.ns) {
		now->ns += NS_PER_US;
		awake = mono_since_ns(began, *now);
	}
	now->ns = end.ns;
	eager_on_news(e, *now);
	now->ns += NS_PER_US;
	return awake;
}

static void wait_often(struct eager *e, struct mono *now, uint64_t ns, size_t n)
{
	while (n-- > 0)
		(void)wait_for(e, now, ns);
}

TEST(a_row_of_short_waits_makes_the_next_one_awake)
{
	struct mono now = { NS_PER_S };
	struct eager e;

	eager_init(&e);
	for (size_t i = 0; i < EAGER_ROW_MIN; i++)
		assert_int_equal(wait_for(&e, &now, 90 * NS_PER_US), 0);
	assert_int_equal(wait_for(&e, &now, 10 * NS_PER_US), 10 * NS_PER_US);
	assert_int_equal(wait_for(&e, &now, 10 * NS_PER_US), 10 * NS_PER_US);
}

TEST(one_long_wait_ends_the_row)
{
	struct mono now = { NS_PER_S };
	struct eager e;

	eager_init(&e);
	wait_often(&e, &now, 90 * NS_PER_US, EAGER_ROW_MIN - 1);
	(void)wait_for(&e, &now, NS_PER_MS);
	for (size_t i = 0; i < EAGER_ROW_MIN; i++)
		assert_int_equal(wait_for(&e, &now, 90 * NS_PER_US), 0);
}

TEST(nobody_looks_for_longer_than_a_moment)
{
	struct mono now = { NS_PER_S };
	struct eager e;

	eager_init(&e);
	wait_often(&e, &now, 90 * NS_PER_US, EAGER_ROW_MIN);
	assert_int_equal(wait_for(&e, &now, NS_PER_S), EAGER_LOOK_NS);
	assert_int_equal(wait_for(&e, &now, 90 * NS_PER_US), 0);
}

TEST(who_looks_in_vain_looks_ever_more_rarely)
{
	struct mono now = { NS_PER_S };
	uint64_t awake = 0;
	struct eager e;

	eager_init(&e);
	for (size_t i = 0; i < 100000; i++)
		awake += wait_for(&e, &now, 90 * NS_PER_US);
	assert_in_range(awake / EAGER_LOOK_NS, 50, 110);
	assert_int_equal(e.row_needed, EAGER_ROW_MAX);
}

TEST(what_was_learnt_in_vain_is_forgotten_with_every_success)
{
	struct mono now = { NS_PER_S };
	struct eager e;

	eager_init(&e);
	wait_often(&e, &now, 90 * NS_PER_US, 100);
	assert_in_range(e.row_needed, 4 * EAGER_ROW_MIN, 16 * EAGER_ROW_MIN);
	wait_often(&e, &now, 10 * NS_PER_US, 1000);
	assert_int_equal(e.row_needed, EAGER_ROW_MIN);
}

TEST(news_without_a_wait_teach_nothing)
{
	struct eager e;

	eager_init(&e);
	for (size_t i = 0; i < 100; i++)
		eager_on_news(&e, (struct mono){ i });
	assert_false(eager_before_wait(&e, (struct mono){ 200 }));
}

TESTS(RUN(a_row_of_short_waits_makes_the_next_one_awake), RUN(one_long_wait_ends_the_row),
      RUN(nobody_looks_for_longer_than_a_moment), RUN(who_looks_in_vain_looks_ever_more_rarely),
      RUN(what_was_learnt_in_vain_is_forgotten_with_every_success),
      RUN(news_without_a_wait_teach_nothing))
