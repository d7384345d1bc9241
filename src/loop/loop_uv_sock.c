#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "loop/loop_uv.h"
#include "loop/loop_uv_state.h"
#include "loop/sockaddr.h"
#include "loop/task_list.h"

#define IOV_BATCH 64
#define LAST_READS 64 /* of a dead connection: more than a receive buffer holds */

static struct uv_sock *sock_of(struct sock *s)
{
	return (struct uv_sock *)(void *)s;
}

static const struct uv_sock *sock_of_const(const struct sock *s)
{
	return (const struct uv_sock *)(const void *)s;
}

static void on_poll(uv_poll_t *h, int status, int events);

/* Watches for what there is a use for; anything else would spin, the poll being level-triggered. */
static void update_poll(struct uv_sock *s)
{
	int events = 0, r = 0;

	if (s->state == UV_SOCK_CONNECTING)
		events = UV_WRITABLE;
	if (s->state == UV_SOCK_OPEN && s->is_started && !s->is_paused && !s->has_eof)
		events |= UV_READABLE;
	if (s->state == UV_SOCK_OPEN && (buf_len(&s->queue) > 0 || s->wants_room))
		events |= UV_WRITABLE;
	if (events == s->poll_events)
		return;
	s->poll_events = events;
	r = events ? uv_poll_start(&s->poll, events, on_poll) : uv_poll_stop(&s->poll);
	ASSERT(r ==
	       0); /* fails only on a handle that is closing or a number that is watched twice */
}

/* The connection is over; the owner hears of it from the loop. `error` 0: the kernel still has it.
 */
static void break_later(struct uv_sock *s, int error)
{
	s->state = UV_SOCK_BROKEN;
	s->error = error;
	update_poll(s);
	task_list_post(&s->loop->tasks, &s->break_task);
}

static int pending_error(const struct uv_sock *s)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? -errno : -error;
}

/* 1: there may be more. 0: nothing now, or FIN. Else the error. */
static int read_once(struct uv_sock *s)
{
	ssize_t n = recv(s->fd, s->loop->read_buffer, LIMIT_LOOP_READ, 0);

	if (n > 0) {
		s->ops->on_read(s->user, BYTES(s->loop->read_buffer, n));
		return 1;
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	/* Once the error was taken from a broken socket, 0 no longer tells a FIN from a reset. */
	if (!s->has_eof && (s->state == UV_SOCK_OPEN || s->error == 0)) {
		s->has_eof = true;
		update_poll(s);
		s->ops->on_read(s->user, BYTES(NULL, 0));
	}
	return 0;
}

/* What had arrived before the end is often why it ended: the owner gets it first. */
static void on_break(struct task *t)
{
	struct uv_sock *s = container_of(t, struct uv_sock, break_task);
	int r = 1;

	if (!s->is_started) /* accepted, and the owner is still in on_accept */
		return;
	for (int i = 0; i < LAST_READS && s->state == UV_SOCK_BROKEN && r > 0; i++)
		r = s->is_paused || s->has_eof ? 0 : read_once(s);
	if (s->state != UV_SOCK_BROKEN)
		return;
	if (s->error == 0)
		s->error = r < 0 ? r : pending_error(s);
	s->ops->on_error(s->user, s->error < 0 ? s->error : -ECONNRESET);
}

int uv_sock_new(struct loop_uv *l, int fd, bool is_tcp, const struct addr *remote,
		struct uv_sock **ret)
{
	struct uv_sock *s = calloc(1, sizeof(*s));
	int on = 1, r;

	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	s->base.ops = &loop_uv_ops;
	s->loop = l;
	s->fd = fd;
	s->is_tcp = is_tcp;
	s->remote = *remote;
	s->poll.data = s;
	buf_init(&s->queue, LIMIT_SOCK_QUEUE);
	task_init(&s->break_task, on_break);
	/* Whole turns are flushed at once: there is nothing for Nagle's algorithm to gather. */
	if (is_tcp)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

	r = uv_poll_init(&l->uv, &s->poll, fd);
	if (r < 0) {
		close(fd);
		free(s);
		return r;
	}
	list_add_tail(&l->socks, &s->link);
	*ret = s;
	return 0;
}

int loop_uv_adopt(struct loop *l, int fd, struct sock **ret)
{
	const struct addr nowhere = { .family = ADDR_NONE };
	struct uv_sock *s;
	int r;

	r = uv_sock_new(loop_uv_of(l), fd, false, &nowhere, &s);
	if (r < 0)
		return r;
	s->state = UV_SOCK_OPEN;
	*ret = (struct sock *)s;
	return 0;
}

int uv_sock_connect_tcp(struct loop *base, const struct addr *to, const struct sock_ops *ops,
			void *user, struct sock **ret)
{
	struct loop_uv *l = loop_uv_of(base);
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_of_addr(to, &sa);
	struct uv_sock *s;
	int fd, r;

	if (len == 0)
		return -EINVAL;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (fd >= l->peer_fd_end) {
		close(fd);
		return -EMFILE;
	}
	r = uv_sock_new(l, fd, true, to, &s);
	if (r < 0)
		return r;
	s->ops = ops;
	s->user = user;
	s->is_started = true;
	if (connect(fd, (const struct sockaddr *)&sa, len) < 0 && errno != EINPROGRESS) {
		r = -errno;
		uv_sock_close((struct sock *)s, false);
		return r;
	}
	update_poll(s); /* also when it stands already: on_connect comes from the loop */
	*ret = (struct sock *)s;
	return 0;
}

void uv_sock_start(struct sock *base, const struct sock_ops *ops, void *user)
{
	struct uv_sock *s = sock_of(base);

	s->ops = ops;
	s->user = user;
	s->is_started = true;
	if (s->state == UV_SOCK_BROKEN) /* a write failed before: nobody was there to be told */
		task_list_post(&s->loop->tasks, &s->break_task);
	update_poll(s);
}

static size_t total_of(const struct bytes *v, size_t n_v)
{
	size_t n = 0;

	for (size_t i = 0; i < n_v; i++)
		n += v[i].n;
	return n;
}

/* One sendmsg() of at most IOV_BATCH pieces from `*i` on; moves `*i` and `*offset` past what was
 * taken. 1: all of the batch. 0: the kernel takes no more. */
static int send_batch(int fd, const struct bytes *v, size_t n_v, size_t *i, size_t *offset)
{
	struct iovec iov[IOV_BATCH];
	struct msghdr m = { .msg_iov = iov };
	ssize_t n;

	for (size_t k = *i; k < n_v && m.msg_iovlen < IOV_BATCH; k++) {
		size_t skip = k == *i ? *offset : 0;

		/* sendmsg() only reads; its iovec is shared with recvmsg(). */
		iov[m.msg_iovlen].iov_base = (void *)(uintptr_t)(v[k].p + skip);
		iov[m.msg_iovlen++].iov_len = v[k].n - skip;
	}
	n = sendmsg(fd, &m, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (size_t k = 0; k < m.msg_iovlen; k++) {
		if ((size_t)n < iov[k].iov_len) {
			*offset += (size_t)n;
			return 0;
		}
		n -= (ssize_t)iov[k].iov_len;
		(*i)++;
		*offset = 0;
	}
	return 1;
}

static int queue_rest(struct uv_sock *s, const struct bytes *v, size_t n_v, size_t offset)
{
	int r;

	for (size_t i = 0; i < n_v; i++) {
		r = buf_append(&s->queue, v[i].p + offset, v[i].n - offset);
		if (r < 0)
			return r;
		offset = 0;
	}
	return 0;
}

int uv_sock_write(struct sock *base, const struct bytes *v, size_t n_v)
{
	struct uv_sock *s = sock_of(base);
	size_t i = 0, offset = 0;
	int r = 1;

	if (s->state == UV_SOCK_BROKEN || s->fin_wanted)
		return -EPIPE;
	if (total_of(v, n_v) > buf_room(&s->queue))
		return -ENOBUFS;
	if (s->state == UV_SOCK_OPEN && buf_len(&s->queue) == 0)
		while (r > 0 && i < n_v)
			r = send_batch(s->fd, v, n_v, &i, &offset);
	if (r < 0) {
		break_later(s, r);
		return -EPIPE;
	}
	r = queue_rest(s, v + i, n_v - i, offset);
	if (r < 0) { /* a part may have left: what follows would make no sense */
		break_later(s, r);
		return r;
	}
	if (buf_len(&s->queue) > SOCK_QUEUE_LOW / 2)
		s->was_above = true;
	update_poll(s);
	return 0;
}

int uv_sock_write_part(struct sock *base, const struct bytes *v, size_t n_v, size_t *ret_taken)
{
	struct uv_sock *s = sock_of(base);
	size_t i = 0, offset = 0, n = 0;
	int r = 1;

	if (s->state == UV_SOCK_BROKEN || s->fin_wanted)
		return -EPIPE;
	while (s->state == UV_SOCK_OPEN && r > 0 && i < n_v)
		r = send_batch(s->fd, v, n_v, &i, &offset);
	if (r < 0) {
		break_later(s, r);
		return -EPIPE;
	}
	n = total_of(v, i) + offset;
	s->wants_room = i < n_v;
	update_poll(s);
	*ret_taken = n;
	return 0;
}

size_t uv_sock_queued(const struct sock *s)
{
	return buf_len(&sock_of_const(s)->queue);
}

void uv_sock_pause(struct sock *base, bool paused)
{
	struct uv_sock *s = sock_of(base);

	s->is_paused = paused;
	update_poll(s);
}

static void send_fin(struct uv_sock *s)
{
	if (!s->fin_wanted || s->fin_sent || s->state != UV_SOCK_OPEN || buf_len(&s->queue) > 0)
		return;
	s->fin_sent = true;
	(void)shutdown(s->fd, SHUT_WR); /* fails only where the connection is gone: reading tells */
}

void uv_sock_shutdown(struct sock *base)
{
	struct uv_sock *s = sock_of(base);

	s->fin_wanted = true;
	send_fin(s);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void uv_sock_close(struct sock *base, bool reset)
{
	struct uv_sock *s = sock_of(base);
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	struct bytes rest = buf_data(&s->queue);

	ASSERT(s->state != UV_SOCK_CLOSED);
	if (reset && s->is_tcp)
		(void)setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (!reset && s->state == UV_SOCK_OPEN && rest.n > 0)
		(void)send(s->fd, rest.p, rest.n, MSG_NOSIGNAL); /* the last chance */
	s->state = UV_SOCK_CLOSED;
	list_remove(&s->link);
	list_remove(&s->break_task.link);
	buf_deinit(&s->queue);
	uv_close((uv_handle_t *)&s->poll, on_closed); /* stops the watch before the close */
	close(s->fd);
}

void uv_sock_close_all(struct loop_uv *l)
{
	struct list *it;

	while ((it = list_first(&l->socks)))
		uv_sock_close((struct sock *)list_entry(it, struct uv_sock, link), false);
}

/* A port of ours can be its own other end when both numbers meet; nobody listens there. */
static bool is_own_end(const struct uv_sock *s)
{
	struct addr local = uv_sock_local((const struct sock *)s);

	return addr_equal(&local, &s->remote);
}

static void finish_connect(struct uv_sock *s)
{
	int r = pending_error(s);

	if (r == 0 && is_own_end(s))
		r = -ECONNREFUSED;
	if (r < 0) {
		s->state = UV_SOCK_BROKEN;
		update_poll(s);
		s->ops->on_error(s->user, r);
		return;
	}
	s->state = UV_SOCK_OPEN;
	update_poll(s);
	s->ops->on_connect(s->user);
}

static void flush_queue(struct uv_sock *s)
{
	struct bytes b = buf_data(&s->queue);
	ssize_t n = b.n ? send(s->fd, b.p, b.n, MSG_NOSIGNAL) : 0;
	bool wanted_room = s->wants_room;

	s->wants_room = false;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		break_later(s, -errno);
		return;
	}
	if (n > 0)
		buf_consume(&s->queue, (size_t)n);
	send_fin(s);
	update_poll(s);
	if (wanted_room || (s->was_above && buf_len(&s->queue) < SOCK_QUEUE_LOW / 2)) {
		s->was_above = false;
		if (s->ops->on_drain)
			s->ops->on_drain(s->user);
	}
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct uv_sock *s = h->data;
	int r = 0;

	s->loop->has_news = true;
	if (s->state == UV_SOCK_CONNECTING) {
		if (status < 0)
			s->poll_events = 0; /* libuv has stopped it */
		finish_connect(s);
		events &= ~UV_READABLE;
	} else if (status < 0) {
		s->poll_events = 0;
		break_later(s, 0);
	}
	if (s->state == UV_SOCK_OPEN && (events & UV_WRITABLE))
		flush_queue(s);
	/* Asked again: the calls above may have paused or closed it. */
	if (s->state == UV_SOCK_OPEN && (events & s->poll_events & UV_READABLE))
		r = read_once(s);
	if (r < 0 && s->state == UV_SOCK_OPEN)
		break_later(s, r);
}

struct addr uv_sock_local(const struct sock *base)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(sa);

	(void)getsockname(sock_of_const(base)->fd, (struct sockaddr *)&sa, &len);
	return addr_of_sockaddr((const struct sockaddr *)&sa);
}

struct addr uv_sock_remote(const struct sock *base)
{
	return sock_of_const(base)->remote;
}

struct sock_credentials uv_sock_credentials(const struct sock *base)
{
	const struct uv_sock *s = sock_of_const(base);
	struct ucred c;
	socklen_t len = sizeof(c);

	if (s->is_tcp || getsockopt(s->fd, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0)
		return (struct sock_credentials){ .known = false };
	return (struct sock_credentials){ .known = true, .uid = c.uid, .gid = c.gid, .pid = c.pid };
}
