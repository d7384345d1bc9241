#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/loop_uv_state.h"
#include "loop/sockaddr.h"

struct uv_listener {
	struct sock_base base;
	struct loop_uv *loop;
	struct list link; /* loop.listeners */
	uv_poll_t poll;
	int fd;
	bool is_tcp, is_closed;
	struct timer retry; /* set while no descriptor is left */
	const struct listener_ops *ops;
	void *user;
	/* Unix: the path, and which file we put there. */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t path_dev;
	ino_t path_ino;
};

static struct uv_listener *listener_of(struct listener *ls)
{
	return (struct uv_listener *)(void *)ls;
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* Somebody may have put another socket there meanwhile; that one is not ours to remove. */
static void remove_path(const struct uv_listener *ls)
{
	struct stat st;

	if (ls->path[0] && lstat(ls->path, &st) == 0 && st.st_dev == ls->path_dev &&
	    st.st_ino == ls->path_ino)
		(void)unlink(ls->path);
}

void uv_listener_close(struct listener *base)
{
	struct uv_listener *ls = listener_of(base);

	ls->is_closed = true;
	list_remove(&ls->link);
	timer_heap_stop(&ls->loop->timers, &ls->retry);
	remove_path(ls);
	uv_close((uv_handle_t *)&ls->poll, on_closed); /* stops the watch before the close */
	close(ls->fd);
}

void uv_listener_close_all(struct loop_uv *l)
{
	struct list *it;

	while ((it = list_first(&l->listeners)))
		uv_listener_close((struct listener *)list_entry(it, struct uv_listener, link));
}

struct addr uv_listener_addr(struct listener *base)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(sa);

	(void)getsockname(listener_of(base)->fd, (struct sockaddr *)&sa, &len);
	return addr_of_sockaddr((const struct sockaddr *)&sa);
}

static void report_refused(struct uv_listener *ls, int error)
{
	if (ls->ops->on_refused)
		ls->ops->on_refused(ls->user, error);
}

/* Gives the new connection to the owner. The descriptor is taken in any case. */
static void hand_over(struct uv_listener *ls, int fd, const struct addr *from)
{
	struct uv_sock *s;
	int r;

	if (ls->is_tcp && !ls->ops->may_use_reserved && fd >= ls->loop->peer_fd_end) {
		close(fd);
		report_refused(ls, -EMFILE);
		return;
	}
	r = uv_sock_new(ls->loop, fd, ls->is_tcp, from, &s);
	if (r < 0) {
		report_refused(ls, r);
		return;
	}
	s->state = UV_SOCK_OPEN;
	ls->ops->on_accept(ls->user, (struct sock *)s, from);
}

static void on_readable(uv_poll_t *h, int status, int events);

static void on_retry(struct timer *t)
{
	struct uv_listener *ls = container_of(t, struct uv_listener, retry);

	(void)uv_poll_start(&ls->poll, UV_READABLE, on_readable);
}

/*
 * The connection stays in the backlog and keeps the listener readable: to go on polling would be to
 * spin. So the listener rests.
 */
static void rest(struct uv_listener *ls, int error)
{
	(void)uv_poll_stop(&ls->poll);
	timer_heap_set(&ls->loop->timers, &ls->retry,
		       mono_add_ms((struct mono){ uv_hrtime() }, LIMIT_ACCEPT_RETRY_MS));
	report_refused(ls, error);
}

/* Errors of the connection that was waiting, not of the listener (accept(2)). */
static bool is_lost_connection(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

static void on_readable(uv_poll_t *h, int status __attribute__((unused)),
			int events __attribute__((unused)))
{
	struct uv_listener *ls = h->data;

	for (int i = 0; i < LIMIT_ACCEPTS && !ls->is_closed; i++) {
		struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(sa);
		struct addr from;
		int fd;

		fd = accept4(ls->fd, (struct sockaddr *)&sa, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && is_lost_connection(errno))
			continue;
		if (fd < 0 && errno != EAGAIN)
			rest(ls, -errno);
		if (fd < 0)
			return;
		from = addr_of_sockaddr((const struct sockaddr *)&sa);
		hand_over(ls, fd, &from);
	}
}

/* Takes a bound `fd` in any case. */
static int listener_new(struct loop *l, int fd, const struct listener_ops *ops, void *user,
			struct uv_listener **ret)
{
	struct uv_listener *ls = calloc(1, sizeof(*ls));
	int r;

	if (!ls) {
		close(fd);
		return -ENOMEM;
	}
	*ls = (struct uv_listener){ .base.ops = &loop_uv_ops, .loop = loop_uv_of(l), .fd = fd };
	ls->ops = ops;
	ls->user = user;
	ls->retry.fire = on_retry;
	ls->poll.data = ls;

	r = listen(fd, LIMIT_LISTEN_BACKLOG) < 0 ? -errno : 0;
	if (r == 0)
		r = uv_poll_init(&ls->loop->uv, &ls->poll, fd);
	if (r < 0) {
		close(fd);
		free(ls);
		return r;
	}
	(void)uv_poll_start(&ls->poll, UV_READABLE, on_readable);
	list_add_tail(&ls->loop->listeners, &ls->link);
	*ret = ls;
	return 0;
}

static int bind_tcp(int fd, const struct addr *at)
{
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_of_addr(at, &sa);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	/* [::] is not to take 0.0.0.0 along: whoever wants both listens on both. */
	if (at->family == ADDR_IP6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	return bind(fd, (const struct sockaddr *)&sa, len) < 0 ? -errno : 0;
}

int uv_listen_tcp(struct loop *l, const struct addr *at, const struct listener_ops *ops, void *user,
		  struct listener **ret)
{
	struct uv_listener *ls;
	int fd, r;

	if (at->family == ADDR_NONE)
		return -EINVAL;
	fd = socket(at->family == ADDR_IP6 ? AF_INET6 : AF_INET,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = bind_tcp(fd, at);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = listener_new(l, fd, ops, user, &ls);
	if (r < 0)
		return r;
	ls->is_tcp = true;
	*ret = (struct listener *)ls;
	return 0;
}

/* The mode is set before anybody can connect: that takes listen(). */
static int bind_unix(int fd, const struct sockaddr_un *at, struct stat *ret_st)
{
	int r;

	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		return -errno;
	if (chmod(at->sun_path, 0660) < 0 || lstat(at->sun_path, ret_st) < 0) {
		r = -errno;
		(void)unlink(at->sun_path);
		return r;
	}
	return 0;
}

int uv_listen_unix(struct loop *l, const char *path, const struct listener_ops *ops, void *user,
		   struct listener **ret)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct uv_listener *ls;
	struct stat st;
	int fd, r;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = bind_unix(fd, &at, &st);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = listener_new(l, fd, ops, user, &ls);
	if (r < 0) {
		(void)unlink(path);
		return r;
	}
	strcpy(ls->path, path);
	ls->path_dev = st.st_dev;
	ls->path_ino = st.st_ino;
	*ret = (struct listener *)ls;
	return 0;
}
