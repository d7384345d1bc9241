/* Proves that every request ends, once. */

#include "test.h"

#include "base/limits.h"
#include "client/requests.h"

static struct mono at(uint64_t ms)
{
	return (struct mono){ ms * NS_PER_MS };
}

static uint64_t add(struct requests *t, struct mono deadline)
{
	uint64_t ticket;

	assert_int_equal(requests_add(t, deadline, &ticket), 0);
	return ticket;
}

TEST(an_answer_ends_a_request_and_a_second_one_is_nobodys)
{
	struct requests t;
	uint64_t a, b;

	requests_init(&t, 1);
	a = add(&t, MONO_NEVER);
	b = add(&t, at(5));
	assert_int_not_equal(a, b);
	assert_true(requests_is_waiting(&t, a));
	assert_true(requests_answer(&t, a));
	assert_false(requests_answer(&t, a));
	assert_false(requests_is_waiting(&t, a));
	assert_true(requests_is_waiting(&t, b));
	requests_deinit(&t);
}

TEST(time_passes_for_each_by_itself)
{
	struct requests t;
	enum request_end end;
	uint64_t late, soon, got;

	requests_init(&t, 1);
	assert_true(mono_is_never(requests_deadline(&t)));
	late = add(&t, at(20));
	soon = add(&t, at(10));
	(void)add(&t, MONO_NEVER);
	assert_int_equal(requests_deadline(&t).ns, at(10).ns);
	assert_false(requests_over(&t, at(9), 0, &got, &end));
	assert_true(requests_over(&t, at(10), 0, &got, &end));
	assert_int_equal(got, soon);
	assert_int_equal(end, REQUEST_TIMED_OUT);
	assert_false(requests_over(&t, at(10), 0, &got, &end));
	assert_int_equal(requests_deadline(&t).ns, at(20).ns);
	assert_false(requests_over(&t, at(30), 3, &got, &end));
	assert_int_equal(requests_deadline(&t).ns, 0); /* something is over */
	assert_true(requests_over(&t, at(30), late, &got, &end));
	assert_true(mono_is_never(requests_deadline(&t)));
	requests_deinit(&t);
}

TEST(with_the_connection_all_are_lost)
{
	struct requests t;
	enum request_end end;
	uint64_t got, n = 0;

	requests_init(&t, 1);
	for (int i = 0; i < 5; i++)
		(void)add(&t, at(10));
	requests_lose(&t);
	assert_false(requests_answer(&t, 1));
	while (requests_over(&t, at(10), 0, &got, &end)) {
		assert_int_equal(got, ++n);
		assert_int_equal(end, REQUEST_LOST);
	}
	assert_int_equal(n, 5);
	requests_deinit(&t);
}

TEST(too_many_at_once_are_refused)
{
	struct requests t;
	uint64_t ticket;

	requests_init(&t, 1);
	for (size_t i = 0; i < LIMIT_CLIENT_REQUESTS; i++)
		(void)add(&t, MONO_NEVER);
	assert_int_equal(requests_add(&t, MONO_NEVER, &ticket), -ENOSPC);
	assert_true(requests_answer(&t, 1));
	assert_int_equal(requests_add(&t, MONO_NEVER, &ticket), 0);
	assert_int_equal(ticket, LIMIT_CLIENT_REQUESTS + 1);
	requests_deinit(&t);
}

TESTS(RUN(an_answer_ends_a_request_and_a_second_one_is_nobodys),
      RUN(time_passes_for_each_by_itself), RUN(with_the_connection_all_are_lost),
      RUN(too_many_at_once_are_refused))
