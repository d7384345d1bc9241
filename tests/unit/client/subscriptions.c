/* Proves what is remembered of subscriptions. */

#include "test.h"

#include "base/limits.h"
#include "client/subscriptions.h"

static struct subscription *add(struct subscriptions *t, const char *subject, const char *queue)
{
	struct subscription *s;

	assert_int_equal(subscriptions_add(t, bytes_of_text(subject), bytes_of_text(queue), &s), 0);
	return s;
}

TEST(each_has_a_sid_of_its_own_for_ever)
{
	struct subscriptions t;
	struct subscription *a, *b;

	subscriptions_init(&t, 1);
	a = add(&t, "a.b", "");
	b = add(&t, "a.b", "workers");
	assert_int_equal(a->sid, 1);
	assert_int_equal(b->sid, 2);
	assert_bytes(b->subject, "a.b");
	assert_bytes(b->queue, "workers");
	assert_ptr_equal(subscriptions_find(&t, 2), b);
	subscriptions_remove(&t, b);
	assert_null(subscriptions_find(&t, 2));
	assert_int_equal(add(&t, "c", "")->sid, 3);
	subscriptions_deinit(&t);
}

TEST(wildcards_are_whole_tokens)
{
	static const struct {
		const char *subject;
		bool has;
	} rows[] = {
		{ "a", false },    { "*", true },     { "a.*", true },
		{ "*.a", true },   { ">", true },     { "a.>", true },
		{ "a*.b", false }, { "a.b>", false }, { "*a", false },
	};
	struct subscriptions t;

	subscriptions_init(&t, 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(add(&t, rows[i].subject, "")->has_wildcard, rows[i].has);
	subscriptions_deinit(&t);
}

TEST(a_maximum_is_counted_down)
{
	struct subscriptions t;
	struct subscription *s;

	subscriptions_init(&t, 1);
	s = add(&t, "a", "");
	assert_false(subscription_is_over(s));
	assert_int_equal(subscription_left(s), 0);
	s->max = 3;
	assert_int_equal(subscription_left(s), 2);
	assert_false(subscription_is_over(s));
	assert_true(subscription_is_over(s));
	subscriptions_deinit(&t);
}

TEST(there_are_at_most_as_many_as_the_door_takes)
{
	struct subscriptions t;
	struct subscription *s;
	size_t n = 0;

	subscriptions_init(&t, 1);
	for (size_t i = 0; i < LIMIT_CLIENT_SUBSCRIPTIONS; i++)
		(void)add(&t, "a", "");
	assert_int_equal(subscriptions_add(&t, BYTES_LITERAL("a"), BYTES(NULL, 0), &s), -ENOSPC);
	for (s = subscriptions_first(&t); s; s = subscriptions_next(&t, s))
		n++;
	assert_int_equal(n, LIMIT_CLIENT_SUBSCRIPTIONS);
	subscriptions_deinit(&t);
}

TESTS(RUN(each_has_a_sid_of_its_own_for_ever), RUN(wildcards_are_whole_tokens),
      RUN(a_maximum_is_counted_down), RUN(there_are_at_most_as_many_as_the_door_takes))
