#include "client/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct mono dial_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct mono){ (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec };
}

static socklen_t unix_address(const struct address *a, struct sockaddr_storage *ret)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, a->path, strlen(a->path));
	memcpy(ret, &un, sizeof(un));
	return sizeof(un);
}

static socklen_t tcp_address(const struct address *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->tcp.port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->tcp.port) };

	if (a->tcp.family == ADDR_IP4) {
		memcpy(&in.sin_addr, a->tcp.ip, 4);
		memcpy(ret, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, a->tcp.ip, 16);
	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}

int dial_begin(const struct address *to, int *ret_fd)
{
	struct sockaddr_storage at;
	socklen_t n = to->is_unix ? unix_address(to, &at) : tcp_address(to, &at);
	int fd, r, on = 1;

	fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!to->is_unix)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&at, n) < 0 && errno != EINPROGRESS) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int dial_pair(int ret_fds[2])
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

int dial_finish(int fd)
{
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -errno;
	return -error;
}

/* Rounded up, so that the wait is never short. */
static int timeout_of(struct mono until)
{
	uint64_t left_ms = mono_since_ms(dial_now(), until);

	if (mono_is_never(until))
		return -1;
	if (mono_reached(until, dial_now()))
		return 0;
	return left_ms >= INT32_MAX ? INT32_MAX : (int)left_ms + 1;
}

int dial_wait(int fd, short events, struct mono until)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int r = poll(&p, 1, timeout_of(until));

		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (mono_reached(until, dial_now()))
			return 1;
	}
}
