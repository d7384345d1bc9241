/* Proves the waits and the failures that need nobody at the other end. */

#include <poll.h>
#include <unistd.h>

#include "test.h"

#include "client/dial.h"

TEST(a_wait_ends_with_the_event_or_with_its_time)
{
	int fds[2];

	assert_int_equal(dial_pair(fds), 0);
	assert_int_equal(dial_wait(fds[0], POLLIN, dial_now()), 1);
	assert_int_equal(dial_wait(fds[0], POLLOUT, MONO_NEVER), 0);
	close(fds[1]);
	assert_int_equal(dial_wait(fds[0], POLLIN, MONO_NEVER), 0);
	assert_int_equal(dial_finish(fds[0]), 0);
	close(fds[0]);
	assert_int_equal(dial_wait(-1, 0, mono_add_ms(dial_now(), 1)), 1);
}

TEST(nobody_there_is_an_error_by_its_number)
{
	struct address at;
	int fd = -1;

	assert_int_equal(address_parse("/nonexistent/peerline.sock", &at), 0);
	assert_int_equal(dial_begin(&at, &fd), -ENOENT);
	assert_int_equal(fd, -1);
	assert_int_equal(dial_finish(-1), -EBADF);
}

TEST(the_clock_does_not_go_back)
{
	struct mono before = dial_now();

	assert_true(dial_now().ns >= before.ns);
}

TESTS(RUN(a_wait_ends_with_the_event_or_with_its_time), RUN(nobody_there_is_an_error_by_its_number),
      RUN(the_clock_does_not_go_back))
