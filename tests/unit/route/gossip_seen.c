#include "test.h"

#include "base/limits.h"
#include "route/gossip_seen.h"

#define TTL_MS 1000

static struct mono at_ms(uint64_t ms)
{
	return (struct mono){ ms * NS_PER_MS };
}

static int add(struct gossip_seen *s, uint32_t number, uint64_t ms)
{
	return gossip_seen_add(s, BYTES(&number, sizeof(number)), at_ms(ms));
}

static bool has(struct gossip_seen *s, uint32_t number)
{
	return gossip_seen_has(s, BYTES(&number, sizeof(number)));
}

TEST(what_was_added_is_there_once)
{
	struct gossip_seen s;

	gossip_seen_init(&s, 1, 10, TTL_MS);
	assert_false(has(&s, 1));
	assert_int_equal(add(&s, 1, 0), 0);
	assert_true(has(&s, 1));
	assert_int_equal(add(&s, 1, 500), -EEXIST);
	assert_int_equal(gossip_seen_n(&s), 1);
	gossip_seen_deinit(&s);
}

TEST(each_is_forgotten_when_its_time_is_over)
{
	struct gossip_seen s;

	gossip_seen_init(&s, 1, 10, TTL_MS);
	assert_int_equal(add(&s, 1, 0), 0);
	assert_int_equal(add(&s, 2, 400), 0);
	/* Adding again does not make it younger. */
	assert_int_equal(add(&s, 1, 900), -EEXIST);
	gossip_seen_expire(&s, at_ms(999));
	assert_true(has(&s, 1));
	gossip_seen_expire(&s, at_ms(1000));
	assert_false(has(&s, 1));
	assert_true(has(&s, 2));
	gossip_seen_expire(&s, at_ms(1400));
	assert_int_equal(gossip_seen_n(&s), 0);
	gossip_seen_deinit(&s);
}

TEST(a_full_set_forgets_the_oldest_and_counts_it)
{
	struct gossip_seen s;

	gossip_seen_init(&s, 1, 100, TTL_MS);
	for (uint32_t i = 0; i < 250; i++)
		assert_int_equal(add(&s, i, i), 0);
	assert_int_equal(gossip_seen_n(&s), 100);
	assert_int_equal(s.n_evicted, 150);
	assert_false(has(&s, 149));
	assert_true(has(&s, 150));
	gossip_seen_deinit(&s);
}

TEST(an_id_has_a_maximum_and_no_minimum)
{
	uint8_t id[LIMIT_GOSSIP_ID + 1] = { 0 };
	struct gossip_seen s;

	gossip_seen_init(&s, 1, 10, TTL_MS);
	assert_int_equal(gossip_seen_add(&s, BYTES(id, sizeof(id)), at_ms(0)), -EMSGSIZE);
	assert_int_equal(gossip_seen_add(&s, BYTES(id, sizeof(id) - 1), at_ms(0)), 0);
	assert_int_equal(gossip_seen_add(&s, BYTES(NULL, 0), at_ms(0)), 0);
	assert_true(gossip_seen_has(&s, BYTES(NULL, 0)));
	gossip_seen_deinit(&s);
}

/* Against a list of what should be there, with the index about to wrap around. */
TEST(it_agrees_with_a_simple_model)
{
	enum { N = 3000, MAX = 700 };
	struct gossip_seen s;

	gossip_seen_init(&s, 1, MAX, TTL_MS);
	s.first = UINT32_MAX - 1000;
	for (uint32_t i = 0; i < N; i++) {
		/* Each two ms: 500 within the time, but for a burst that fills it. */
		uint64_t ms = i < 1000 ? 0 : 2 * i;
		uint32_t oldest = i < 1000 ? (i < MAX ? 0 : i - MAX + 1) : i - 499;

		gossip_seen_expire(&s, at_ms(ms));
		assert_int_equal(add(&s, i, ms), 0);
		if (i >= 1000 && i < 1500)
			continue; /* the burst has not gone everywhere yet */
		assert_true(has(&s, i));
		assert_true(has(&s, oldest));
		if (oldest > 0)
			assert_false(has(&s, oldest - 1));
		assert_int_equal(gossip_seen_n(&s), i - oldest + 1);
	}
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(has(&s, i), i >= N - 500);
	gossip_seen_deinit(&s);
}

TEST(a_million_ids_of_any_length_take_34_megabytes_and_give_them_back)
{
	uint8_t id[LIMIT_GOSSIP_ID] = { 0 };
	struct gossip_seen s;

	gossip_seen_init(&s, 1, LIMIT_GOSSIP_SEEN, TTL_MS);
	for (uint32_t i = 0; i < 1000000; i++) {
		memcpy(id, &i, sizeof(i));
		assert_int_equal(gossip_seen_add(&s, BYTES(id, sizeof(id)), at_ms(0)), 0);
	}
	assert_int_equal(gossip_seen_n(&s), 1000000);
	assert_int_equal(s.n_evicted, 0);
	assert_true(gossip_seen_size(&s) <= (size_t)34 * 1000 * 1000);
	gossip_seen_expire(&s, at_ms(TTL_MS));
	assert_int_equal(gossip_seen_size(&s), 0);
	gossip_seen_deinit(&s);
}

TEST(what_was_needed_once_is_not_kept_for_ever)
{
	struct gossip_seen s;

	gossip_seen_init(&s, 1, 100000, TTL_MS);
	for (uint32_t i = 0; i < 50000; i++)
		assert_int_equal(add(&s, i, i < 49990 ? 0 : 500), 0);
	for (size_t i = 0; i < 20; i++)
		gossip_seen_expire(&s, at_ms(TTL_MS));
	assert_int_equal(gossip_seen_n(&s), 10);
	assert_true(gossip_seen_size(&s) < 4096);
	for (uint32_t i = 49990; i < 50000; i++)
		assert_true(has(&s, i));
	gossip_seen_deinit(&s);
}

TEST(how_long_it_has_been_there_can_be_asked)
{
	const uint32_t known = 1, unknown = 2;
	struct gossip_seen s;

	gossip_seen_init(&s, 1, 10, TTL_MS);
	assert_int_equal(gossip_seen_age_ms(&s, BYTES(&known, 4), at_ms(0)), UINT64_MAX);
	assert_int_equal(add(&s, known, 100), 0);
	assert_int_equal(gossip_seen_age_ms(&s, BYTES(&known, 4), at_ms(100)), 0);
	assert_int_equal(gossip_seen_age_ms(&s, BYTES(&known, 4), at_ms(350)), 250);
	assert_int_equal(gossip_seen_age_ms(&s, BYTES(&known, 4), at_ms(5000)), TTL_MS);
	assert_int_equal(gossip_seen_age_ms(&s, BYTES(&unknown, 4), at_ms(350)), UINT64_MAX);
	gossip_seen_deinit(&s);
}

TESTS(RUN(what_was_added_is_there_once), RUN(each_is_forgotten_when_its_time_is_over),
      RUN(a_full_set_forgets_the_oldest_and_counts_it), RUN(an_id_has_a_maximum_and_no_minimum),
      RUN(it_agrees_with_a_simple_model),
      RUN(a_million_ids_of_any_length_take_34_megabytes_and_give_them_back),
      RUN(what_was_needed_once_is_not_kept_for_ever), RUN(how_long_it_has_been_there_can_be_asked))
