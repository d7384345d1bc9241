#include "peer/liveness.h"

#include "base/limits.h"
#include "test.h"

static struct mono at(uint64_t ms)
{
	return (struct mono){ (1000 + ms) * NS_PER_MS };
}

TEST(a_ping_leaves_at_once_and_then_at_each_interval)
{
	struct liveness v;

	liveness_init(&v, at(0));
	assert_int_equal(liveness_next(&v, MONO_NEVER, at(0)), LIVENESS_PING);
	assert_int_equal(liveness_next(&v, at(0), at(0)), LIVENESS_REST);
	/* The pong is there. */
	assert_int_equal(liveness_next(&v, MONO_NEVER, at(5)), LIVENESS_REST);
	assert_int_equal(liveness_deadline(&v, MONO_NEVER).ns, at(LIMIT_PING_INTERVAL_MS).ns);
	assert_int_equal(liveness_next(&v, MONO_NEVER, at(LIMIT_PING_INTERVAL_MS)), LIVENESS_PING);
	assert_int_equal(liveness_deadline(&v, MONO_NEVER).ns, at(2 * LIMIT_PING_INTERVAL_MS).ns);
}

TEST(a_ping_without_an_answer_is_the_end)
{
	struct liveness v;

	liveness_init(&v, at(0));
	assert_int_equal(liveness_next(&v, MONO_NEVER, at(0)), LIVENESS_PING);
	assert_int_equal(liveness_deadline(&v, at(0)).ns, at(LIMIT_PING_TIMEOUT_MS).ns);
	assert_int_equal(liveness_next(&v, at(0), at(LIMIT_PING_TIMEOUT_MS - 1)), LIVENESS_REST);
	assert_int_equal(liveness_next(&v, at(0), at(LIMIT_PING_TIMEOUT_MS)), LIVENESS_DEAD);
}

TEST(while_one_ping_is_under_way_no_other_leaves)
{
	struct liveness v;

	liveness_init(&v, at(0));
	assert_int_equal(liveness_next(&v, at(0), at(LIMIT_PING_INTERVAL_MS + 1)), LIVENESS_REST);
	assert_int_equal(liveness_next(&v, MONO_NEVER, at(LIMIT_PING_INTERVAL_MS + 2)),
			 LIVENESS_PING);
}

TESTS(RUN(a_ping_leaves_at_once_and_then_at_each_interval),
      RUN(a_ping_without_an_answer_is_the_end), RUN(while_one_ping_is_under_way_no_other_leaves))
