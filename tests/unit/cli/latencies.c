#include "test.h"

#include "cli/latencies.h"

static struct latencies l, other;

static void begin(void)
{
	memset(&l, 0, sizeof(l));
	memset(&other, 0, sizeof(other));
}

static void near(uint64_t is, uint64_t should)
{
	assert_in_range(is, should, should + should / LATENCIES_PARTS + 1);
}

TEST(percentiles_are_what_so_many_do_not_exceed)
{
	begin();
	for (uint64_t i = 1; i <= 1000; i++)
		latencies_add(&l, i * 1000);
	near(latencies_percentile(&l, 50), 500000);
	near(latencies_percentile(&l, 90), 900000);
	near(latencies_percentile(&l, 99), 990000);
	near(latencies_percentile(&l, 100), 1000000);
}

TEST(every_value_falls_where_it_is_found_again)
{
	static const uint64_t values[] = { 1,    31,   32,    33,     63,        64,
					   65,   127,  128,   1000,   1000000,   123456789,
					   4096, 4095, 65535, 131072, 999999999, 60000000000 };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		begin();
		latencies_add(&l, values[i]);
		near(latencies_percentile(&l, 50), values[i]);
		near(latencies_percentile(&l, 99), values[i]);
	}
	begin();
	latencies_add(&l, UINT64_MAX);
	assert_int_equal(l.n, 1);
}

TEST(two_histograms_become_one)
{
	begin();
	for (int i = 0; i < 99; i++)
		latencies_add(&l, 10);
	latencies_add(&other, 1000000);
	latencies_merge(&l, &other);
	assert_int_equal(l.n, 100);
	near(latencies_percentile(&l, 99), 10);
	near(latencies_percentile(&l, 99.9), 1000000);
}

TEST(of_nothing_there_is_no_percentile)
{
	begin();
	assert_int_equal(latencies_percentile(&l, 50), 0);
}

TESTS(RUN(percentiles_are_what_so_many_do_not_exceed),
      RUN(every_value_falls_where_it_is_found_again), RUN(two_histograms_become_one),
      RUN(of_nothing_there_is_no_percentile))
