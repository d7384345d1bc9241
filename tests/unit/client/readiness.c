/* Proves that one descriptor shows sockets that come and go, and moments. */

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "client/dial.h"
#include "client/readiness.h"

static bool is_ready(const struct readiness *r)
{
	struct pollfd p = { .fd = r->epoll_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void open_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
}

TEST(it_follows_the_socket_of_the_moment)
{
	int first[2], second[2];
	struct readiness r;

	assert_int_equal(readiness_open(&r), 0);
	open_pair(first);
	assert_int_equal(readiness_set(&r, first[0], false, MONO_NEVER), 0);
	assert_false(is_ready(&r));
	assert_int_equal(write(first[1], "x", 1), 1);
	assert_true(is_ready(&r));
	assert_int_equal(readiness_set(&r, -1, false, MONO_NEVER), 0);
	assert_false(is_ready(&r));
	close(first[0]);
	open_pair(second);
	assert_int_equal(readiness_set(&r, second[0], false, MONO_NEVER), 0);
	assert_false(is_ready(&r));
	close(second[1]);
	assert_true(is_ready(&r));
	readiness_close(&r);
	close(first[1]);
	close(second[0]);
}

TEST(who_has_something_to_write_is_ready_when_it_can_be_written)
{
	struct readiness r;
	int fds[2];

	assert_int_equal(readiness_open(&r), 0);
	open_pair(fds);
	assert_int_equal(readiness_set(&r, fds[0], true, MONO_NEVER), 0);
	assert_true(is_ready(&r));
	assert_int_equal(readiness_set(&r, fds[0], false, MONO_NEVER), 0);
	assert_false(is_ready(&r));
	readiness_close(&r);
	close(fds[0]);
	close(fds[1]);
}

TEST(moments_that_have_come_make_it_ready_until_another_is_set)
{
	struct readiness r;

	assert_int_equal(readiness_open(&r), 0);
	assert_int_equal(readiness_set(&r, -1, false, mono_add_ms(dial_now(), 60000)), 0);
	assert_false(is_ready(&r));
	assert_int_equal(readiness_set(&r, -1, false, (struct mono){ 0 }), 0);
	assert_true(is_ready(&r));
	assert_int_equal(readiness_set(&r, -1, false, MONO_NEVER), 0);
	assert_false(is_ready(&r));
	readiness_close(&r);
	readiness_close(&r);
}

TESTS(RUN(it_follows_the_socket_of_the_moment),
      RUN(who_has_something_to_write_is_ready_when_it_can_be_written),
      RUN(moments_that_have_come_make_it_ready_until_another_is_set))
