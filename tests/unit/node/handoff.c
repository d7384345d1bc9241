/* Proves the one queue between threads, in one thread: order, bound, and who closes what. */

#include <unistd.h>

#include "test.h"

#include "node/handoff.h"

static int new_fd(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	return fd;
}

static bool is_open(int fd)
{
	int copy = dup(fd);

	if (copy >= 0)
		close(copy);
	return copy >= 0;
}

TEST(descriptors_come_out_in_the_order_they_went_in)
{
	int a = new_fd(), b = new_fd();
	struct handoff h;

	handoff_init(&h);
	assert_int_equal(handoff_take(&h), -1);
	assert_int_equal(handoff_put(&h, a), 0);
	assert_int_equal(handoff_put(&h, b), 0);
	assert_int_equal(handoff_take(&h), a);
	assert_int_equal(handoff_take(&h), b);
	assert_int_equal(handoff_take(&h), -1);
	handoff_deinit(&h);
	assert_true(is_open(a) && is_open(b));
	close(a);
	close(b);
}

TEST(what_does_not_fit_is_refused_and_closed)
{
	struct handoff h;
	int last;

	handoff_init(&h);
	for (size_t i = 0; i < LIMIT_HANDOFFS; i++)
		assert_int_equal(handoff_put(&h, new_fd()), 0);
	last = new_fd();
	assert_int_equal(handoff_put(&h, last), -EAGAIN);
	assert_false(is_open(last));
	handoff_deinit(&h);
}

TEST(after_the_end_nothing_is_taken_and_nothing_stays_open)
{
	int a = new_fd(), b = new_fd();
	struct handoff h;

	handoff_init(&h);
	assert_int_equal(handoff_put(&h, a), 0);
	handoff_close(&h);
	assert_false(is_open(a));
	assert_int_equal(handoff_put(&h, b), -ESHUTDOWN);
	assert_false(is_open(b));
	assert_int_equal(handoff_take(&h), -1);
	handoff_close(&h);
	handoff_deinit(&h);
}

TESTS(RUN(descriptors_come_out_in_the_order_they_went_in),
      RUN(what_does_not_fit_is_refused_and_closed),
      RUN(after_the_end_nothing_is_taken_and_nothing_stays_open))
