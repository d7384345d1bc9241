#include "loop/unix_probe.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

TEST(a_path_answers_exactly_while_somebody_listens_there)
{
	char dir[] = "/tmp/peerline-test-XXXXXX";
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(mkdtemp(dir));
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/sock", dir);
	assert_false(unix_socket_answers(un.sun_path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
	assert_false(unix_socket_answers(un.sun_path));
	assert_int_equal(listen(fd, 1), 0);
	assert_true(unix_socket_answers(un.sun_path));
	close(fd);
	assert_false(unix_socket_answers(un.sun_path)); /* what a crash leaves behind */
	assert_int_equal(unlink(un.sun_path), 0);
	assert_int_equal(rmdir(dir), 0);
}

TEST(a_path_too_long_for_a_socket_does_not_answer)
{
	char path[200] = { 0 };

	memset(path, 'x', sizeof(path) - 1);
	assert_false(unix_socket_answers(path));
}

TESTS(RUN(a_path_answers_exactly_while_somebody_listens_there),
      RUN(a_path_too_long_for_a_socket_does_not_answer))
