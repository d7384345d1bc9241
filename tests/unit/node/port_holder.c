#include "test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/port_holder.h"

static int listen_somewhere(int family, uint16_t *ret_port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	socklen_t n = family == AF_INET ? sizeof(in) : sizeof(in6);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, at, n) < 0 || listen(fd, 1) < 0 || getsockname(fd, at, &n) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*ret_port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	return fd;
}

static void assert_we_hold(int family)
{
	char holder[PORT_HOLDER_MAX], wanted[32];
	uint16_t port = 0;
	int fd = listen_somewhere(family, &port);

	if (fd < 0)
		skip(); /* no IPv6 here */
	assert_true(port_holder(port, holder));
	snprintf(wanted, sizeof(wanted), ", pid %ld", (long)getpid());
	assert_non_null(strstr(holder, wanted));
	close(fd);
	assert_false(port_holder(port, holder));
}

TEST(a_listener_is_named_with_its_pid)
{
	assert_we_hold(AF_INET);
}

TEST(a_listener_on_ipv6_is_named_too)
{
	assert_we_hold(AF_INET6);
}

TEST(a_port_that_nobody_has_is_held_by_nobody)
{
	char holder[PORT_HOLDER_MAX];

	assert_false(port_holder(0, holder));
}

TESTS(RUN(a_listener_is_named_with_its_pid), RUN(a_listener_on_ipv6_is_named_too),
      RUN(a_port_that_nobody_has_is_held_by_nobody))
