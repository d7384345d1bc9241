#include "client/readiness.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int add(const struct readiness *r, int fd, uint32_t events, int op)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(r->epoll_fd, op, fd, &e) < 0 ? -errno : 0;
}

int readiness_open(struct readiness *r)
{
	int error = 0;

	*r = (struct readiness){ .is_open = true,
				 .epoll_fd = -1,
				 .timer_fd = -1,
				 .watched_fd = -1,
				 .timer_at = MONO_NEVER };
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll_fd < 0)
		error = -errno;
	if (error == 0)
		r->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (error == 0 && r->timer_fd < 0)
		error = -errno;
	if (error == 0)
		error = add(r, r->timer_fd, EPOLLIN, EPOLL_CTL_ADD);
	if (error < 0)
		readiness_close(r);
	return error;
}

void readiness_close(struct readiness *r)
{
	if (!r->is_open)
		return;
	if (r->timer_fd >= 0)
		close(r->timer_fd);
	if (r->epoll_fd >= 0)
		close(r->epoll_fd);
	r->is_open = false;
}

static int watch(struct readiness *r, int fd, bool writing)
{
	uint32_t events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0);
	int error = 0;

	if (r->watched_fd == fd && r->watches_writing == writing)
		return 0;
	if (r->watched_fd >= 0 && r->watched_fd != fd) {
		(void)add(r, r->watched_fd, 0, EPOLL_CTL_DEL);
		r->watched_fd = -1;
	}
	if (fd >= 0)
		error = add(r, fd, events, r->watched_fd == fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);
	if (error < 0)
		return error;
	r->watched_fd = fd;
	r->watches_writing = writing;
	return 0;
}

/* The timer counts on the clock that the moments are made of. Zero would stop it. */
static int set_timer(struct readiness *r, struct mono at)
{
	uint64_t ns = mono_is_never(at) ? 0 : at.ns == 0 ? 1 : at.ns;
	struct itimerspec spec = {
		.it_value = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) },
	};

	if (r->timer_at.ns == at.ns)
		return 0;
	if (timerfd_settime(r->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
		return -errno;
	r->timer_at = at;
	return 0;
}

int readiness_set(struct readiness *r, int fd, bool writing, struct mono at)
{
	int error = watch(r, fd, writing);

	return error < 0 ? error : set_timer(r, at);
}
