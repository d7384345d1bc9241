#include "test.h"

#include "base/limits.h"
#include "route/gossip_backoff.h"

static struct peer_id peer(uint32_t number)
{
	struct peer_id id = { .n = 38 };

	memcpy(id.b, &number, sizeof(number));
	return id;
}

static struct mono at_s(uint64_t s)
{
	return (struct mono){ s * NS_PER_S };
}

#define T BYTES_LITERAL("topic")

TEST(a_backoff_is_of_one_peer_in_one_topic)
{
	struct gossip_backoffs b;
	struct peer_id a = peer(1), c = peer(2);

	gossip_backoffs_init(&b, 1);
	assert_int_equal(gossip_backoffs_until(&b, T, &a).ns, 0);
	assert_int_equal(gossip_backoffs_set(&b, T, &a, at_s(60), at_s(1)), 0);
	assert_int_equal(gossip_backoffs_until(&b, T, &a).ns, at_s(60).ns);
	assert_int_equal(gossip_backoffs_until(&b, T, &c).ns, 0);
	assert_int_equal(gossip_backoffs_until(&b, BYTES_LITERAL("topi"), &a).ns, 0);
	gossip_backoffs_deinit(&b);
}

TEST(a_backoff_is_never_shortened)
{
	struct gossip_backoffs b;
	struct peer_id a = peer(1);

	gossip_backoffs_init(&b, 1);
	assert_int_equal(gossip_backoffs_set(&b, T, &a, at_s(60), at_s(1)), 0);
	assert_int_equal(gossip_backoffs_set(&b, T, &a, at_s(10), at_s(1)), 0);
	assert_int_equal(gossip_backoffs_until(&b, T, &a).ns, at_s(60).ns);
	assert_int_equal(gossip_backoffs_set(&b, T, &a, at_s(70), at_s(1)), 0);
	assert_int_equal(gossip_backoffs_until(&b, T, &a).ns, at_s(70).ns);
	gossip_backoffs_deinit(&b);
}

TEST(those_that_are_over_are_forgotten)
{
	struct gossip_backoffs b;
	struct peer_id a = peer(1), c = peer(2);

	gossip_backoffs_init(&b, 1);
	assert_int_equal(gossip_backoffs_set(&b, T, &a, at_s(60), at_s(1)), 0);
	assert_int_equal(gossip_backoffs_set(&b, T, &c, at_s(10), at_s(1)), 0);
	gossip_backoffs_expire(&b, at_s(30));
	assert_int_equal(b.map.n, 1);
	assert_int_equal(gossip_backoffs_until(&b, T, &a).ns, at_s(60).ns);
	gossip_backoffs_deinit(&b);
}

TEST(there_is_a_maximum)
{
	struct gossip_backoffs b;
	struct peer_id first = peer(0), second = peer(1);

	gossip_backoffs_init(&b, 1);
	for (uint32_t i = 0; i <= LIMIT_GOSSIP_BACKOFFS; i++) {
		struct peer_id p = peer(i);

		assert_int_equal(gossip_backoffs_set(&b, T, &p, at_s(60), at_s(1)), 0);
	}
	assert_int_equal(b.map.n, LIMIT_GOSSIP_BACKOFFS);
	assert_int_equal(gossip_backoffs_until(&b, T, &first).ns, 0);
	assert_int_equal(gossip_backoffs_until(&b, T, &second).ns, at_s(60).ns);
	gossip_backoffs_deinit(&b);
}

TEST(when_it_was_last_set_is_remembered_also_if_it_was_not_longer)
{
	struct gossip_backoffs b;
	struct peer_id a = peer(1);

	gossip_backoffs_init(&b, 1);
	assert_int_equal(gossip_backoffs_set_at(&b, T, &a).ns, 0);
	assert_int_equal(gossip_backoffs_set(&b, T, &a, at_s(60), at_s(1)), 0);
	assert_int_equal(gossip_backoffs_set_at(&b, T, &a).ns, at_s(1).ns);
	assert_int_equal(gossip_backoffs_set(&b, T, &a, at_s(50), at_s(2)), 0);
	assert_int_equal(gossip_backoffs_set_at(&b, T, &a).ns, at_s(2).ns);
	assert_int_equal(gossip_backoffs_until(&b, T, &a).ns, at_s(60).ns);
	gossip_backoffs_deinit(&b);
}

TESTS(RUN(a_backoff_is_of_one_peer_in_one_topic), RUN(a_backoff_is_never_shortened),
      RUN(those_that_are_over_are_forgotten), RUN(there_is_a_maximum),
      RUN(when_it_was_last_set_is_remembered_also_if_it_was_not_longer))
