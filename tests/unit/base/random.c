#include "base/random.h"

#include "test.h"

TEST(the_same_seed_gives_the_same_run)
{
	struct random_seeded a, b, c;
	struct random ra, rb, rc;
	bool differs = false;

	random_seeded_init(&a, 5);
	random_seeded_init(&b, 5);
	random_seeded_init(&c, 6);
	ra = random_seeded_source(&a);
	rb = random_seeded_source(&b);
	rc = random_seeded_source(&c);
	for (int i = 0; i < 100; i++) {
		uint64_t v = random_u64(&ra);

		assert_true(v == random_u64(&rb));
		differs = differs || v != random_u64(&rc);
	}
	assert_true(differs);
}

TEST(any_number_of_bytes_is_filled)
{
	uint8_t out[40], zero[40] = { 0 };
	struct random_seeded g;
	struct random r;

	random_seeded_init(&g, 1);
	r = random_seeded_source(&g);
	for (size_t n = 0; n < sizeof(out); n++) {
		memset(out, 0, sizeof(out));
		random_fill(&r, out, n);
		assert_memory_equal(out + n, zero, sizeof(out) - n);
		if (n >= 8)
			assert_memory_not_equal(out, zero, n);
	}
}

TEST(a_bounded_draw_stays_below_and_reaches_everything)
{
	struct random_seeded g;
	struct random r;
	size_t n[7] = { 0 };

	random_seeded_init(&g, 1);
	r = random_seeded_source(&g);
	for (int i = 0; i < 7000; i++) {
		uint64_t v = random_below(&r, 7);

		assert_true(v < 7);
		n[v]++;
	}
	for (size_t i = 0; i < 7; i++)
		assert_true(n[i] > 800 && n[i] < 1200);
	assert_int_equal(random_below(&r, 0), 0);
	assert_int_equal(random_below(&r, 1), 0);
}

/* A source that first says what would favour small results. */
static void high_then_low(void *ctx, void *out, size_t n)
{
	int *draws = ctx;

	memset(out, (*draws)++ == 0 ? 0xff : 0x00, n);
}

TEST(what_would_favour_small_results_is_drawn_again)
{
	int draws = 0;
	struct random r = { .fill = high_then_low, .ctx = &draws };

	assert_int_equal(random_below(&r, 10), 0);
	assert_int_equal(draws, 2);
}

TESTS(RUN(the_same_seed_gives_the_same_run), RUN(any_number_of_bytes_is_filled),
      RUN(a_bounded_draw_stays_below_and_reaches_everything),
      RUN(what_would_favour_small_results_is_drawn_again))
