#include "test.h"

#include "cli/rates.h"

/* The rate of `n` of the topic called `id`. */
static double rate(const char *before, const char *now, size_t row, const char *counter)
{
	json_t *b = before ? json_loads(before, 0, NULL) : NULL, *a = json_loads(now, 0, NULL);
	struct rates r = { b, a, "topics", "topic" };
	double v;

	assert_non_null(a);
	v = rates_of(&r, json_array_get(json_object_get(a, "topics"), row), counter);
	json_decref(a);
	json_decref(b);
	return v;
}

#define BEFORE                                                                                     \
	"{\"uptime_ms\":1000,\"topics\":[{\"topic\":\"x\",\"n\":5},{\"topic\":\"y\",\"n\":100}]}"

TEST(a_rate_is_what_was_added_by_the_nodes_clock)
{
	const char *now = "{\"uptime_ms\":1500,\"topics\":[{\"topic\":\"y\",\"n\":150},"
			  "{\"topic\":\"x\",\"n\":5}]}";

	assert_true(rate(BEFORE, now, 0, "n") == 100);
	assert_true(rate(BEFORE, now, 1, "n") == 0);
}

TEST(what_is_new_or_began_anew_has_no_rate_yet)
{
	const char *now = "{\"uptime_ms\":2000,\"topics\":[{\"topic\":\"z\",\"n\":9},"
			  "{\"topic\":\"y\",\"n\":3},{\"n\":3}]}";

	assert_true(rate(BEFORE, now, 0, "n") == -1);
	assert_true(rate(BEFORE, now, 1, "n") == -1);
	assert_true(rate(BEFORE, now, 2, "n") == -1);
	assert_true(rate(BEFORE, now, 0, "unknown") == -1);
	assert_true(rate(NULL, now, 0, "n") == -1);
}

TEST(without_time_between_them_there_is_no_rate)
{
	assert_true(rate(BEFORE, BEFORE, 0, "n") == -1);
	assert_true(rate(BEFORE, "{\"uptime_ms\":10,\"topics\":[{\"topic\":\"x\",\"n\":50}]}", 0,
			 "n") == -1);
	assert_true(rate("{}", "{\"topics\":[{\"topic\":\"x\",\"n\":50}]}", 0, "n") == -1);
}

static const char *cell_of(double v, void (*add)(struct table *t, double rate))
{
	static const char *const heads[] = { "RATE", NULL };
	static char text[64];
	struct table t;

	table_init(&t, heads);
	add(&t, v);
	snprintf(text, sizeof(text), "%s",
		 json_string_value(json_array_get(json_array_get(t.rows, 1), 0)));
	table_deinit(&t);
	return text;
}

TEST(rates_are_shown_as_short_as_they_can_be)
{
	assert_string_equal(cell_of(-1, rates_add), "-");
	assert_string_equal(cell_of(0, rates_add), "0");
	assert_string_equal(cell_of(0.25, rates_add), "0.2");
	assert_string_equal(cell_of(1234.6, rates_add), "1235");
	assert_string_equal(cell_of(-1, rates_add_bytes), "-");
	assert_string_equal(cell_of(1536, rates_add_bytes), "1.5 KiB");
}

TESTS(RUN(a_rate_is_what_was_added_by_the_nodes_clock),
      RUN(what_is_new_or_began_anew_has_no_rate_yet),
      RUN(without_time_between_them_there_is_no_rate), RUN(rates_are_shown_as_short_as_they_can_be))
