#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/limits.h"
#include "loop/task_list.h"
#include "loop/world_state.h"

#define PORT_FIRST 32768 /* of those the kernel chooses */
#define PORT_LAST 60999

struct vlistener {
	struct sock_base base;
	struct host *host;
	struct list link; /* host.listeners */
	struct addr at;   /* ADDR_NONE: a Unix path */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const struct listener_ops *ops;
	void *user;
};

static struct vsock *vsock_of(struct sock *s)
{
	return (struct vsock *)(void *)s;
}

static const struct vsock *vsock_of_const(const struct sock *s)
{
	return (const struct vsock *)(const void *)s;
}

static struct vlistener *vlistener_of(struct listener *ls)
{
	return (struct vlistener *)(void *)ls;
}

/* ---- listeners ---- */

struct vlistener *vlistener_find(struct host *h, const struct addr *to)
{
	list_for_each (it, &h->listeners) {
		struct vlistener *ls = list_entry(it, struct vlistener, link);

		if (ls->at.family == to->family && ls->at.port == to->port &&
		    (addr_is_unspecified(&ls->at) || addr_same_ip(&ls->at, to)))
			return ls;
	}
	return NULL;
}

void vlistener_accept(struct vlistener *ls, struct vsock *s)
{
	ls->ops->on_accept(ls->user, (struct sock *)s, &s->remote);
}

static bool is_port_taken(struct host *h, const struct addr *at)
{
	list_for_each (it, &h->listeners) {
		const struct addr *other = &list_entry(it, struct vlistener, link)->at;

		if (other->family == at->family && other->port == at->port &&
		    (addr_same_ip(other, at) || addr_is_unspecified(other) ||
		     addr_is_unspecified(at)))
			return true;
	}
	return false;
}

/* A number no listener has; connections may share one, towards different other ends. */
static uint16_t choose_port(struct host *h, const struct addr *ip)
{
	struct addr at = *ip;

	do {
		at.port = h->next_port++;
		if (h->next_port < PORT_FIRST || h->next_port > PORT_LAST)
			h->next_port = PORT_FIRST;
	} while (at.port < PORT_FIRST || is_port_taken(h, &at));
	return at.port;
}

static int vlistener_new(struct loop *l, const struct listener_ops *ops, void *user,
			 struct vlistener **ret)
{
	struct host *h = host_of(l);
	struct vlistener *ls = calloc(1, sizeof(*ls));

	if (!ls)
		return -ENOMEM;
	ls->base.ops = &loop_virtual_ops;
	ls->host = h;
	ls->ops = ops;
	ls->user = user;
	list_add_tail(&h->listeners, &ls->link);
	*ret = ls;
	return 0;
}

int vsock_listen_tcp(struct loop *l, const struct addr *at, const struct listener_ops *ops,
		     void *user, struct listener **ret)
{
	struct host *h = host_of(l);
	struct vlistener *ls;
	struct addr a = *at;
	int r;

	if (a.family == ADDR_NONE)
		return -EINVAL;
	if (!addr_is_unspecified(&a) && !addr_is_loopback(&a) && !addr_same_ip(&a, &h->ip))
		return -EADDRNOTAVAIL;
	if (a.port == 0)
		a.port = choose_port(h, &a);
	else if (is_port_taken(h, &a))
		return -EADDRINUSE;
	r = vlistener_new(l, ops, user, &ls);
	if (r < 0)
		return r;
	ls->at = a;
	*ret = (struct listener *)ls;
	return 0;
}

int vsock_listen_unix(struct loop *l, const char *path, const struct listener_ops *ops, void *user,
		      struct listener **ret)
{
	struct host *h = host_of(l);
	struct vlistener *ls;
	int r;

	if (strlen(path) >= sizeof(ls->path))
		return -ENAMETOOLONG;
	list_for_each (it, &h->listeners)
		if (strcmp(list_entry(it, struct vlistener, link)->path, path) == 0)
			return -EADDRINUSE;
	r = vlistener_new(l, ops, user, &ls);
	if (r < 0)
		return r;
	strcpy(ls->path, path);
	*ret = (struct listener *)ls;
	return 0;
}

struct addr vlistener_addr(struct listener *ls)
{
	return vlistener_of(ls)->at;
}

void vlistener_close(struct listener *base)
{
	struct vlistener *ls = vlistener_of(base);

	list_remove(&ls->link);
	free(ls);
}

void vlistener_close_all(struct host *h)
{
	list_for_each_safe (it, &h->listeners)
		vlistener_close((struct listener *)list_entry(it, struct vlistener, link));
}

/* ---- sockets ---- */

/* What had arrived before the end is often why it ended: the owner gets it first. */
static void on_break(struct task *t)
{
	struct vsock *s = container_of(t, struct vsock, break_task);
	struct vconn *c = s->conn;

	if (!s->is_started) /* accepted, and the owner is still in on_accept */
		return;
	c->n_busy++;
	if (buf_len(&s->in) > 0 && !s->is_paused)
		vsock_report_bytes(s, buf_len(&s->in));
	if (s->state == VSOCK_BROKEN) {
		world_log(c->world, s->host, WORLD_ERROR, (uint64_t)-s->error, 0);
		s->ops->on_error(s->user, s->error);
	}
	c->n_busy--;
	vconn_settle(c);
}

void vsock_init(struct vsock *s, struct vconn *c, struct host *h)
{
	s->base.ops = &loop_virtual_ops;
	s->conn = c;
	s->host = h;
	list_init(&s->sent);
	buf_init(&s->queue, LIMIT_SOCK_QUEUE);
	buf_init(&s->in, WORLD_WINDOW);
	task_init(&s->break_task, on_break);
}

void vsock_break_later(struct vsock *s, int error)
{
	s->state = VSOCK_BROKEN;
	s->error = error;
	loop_task_post(&s->host->base, &s->break_task);
}

static void name_ends(struct vconn *c, const struct addr *to)
{
	struct vsock *a = &c->ends[0], *b = &c->ends[1];

	a->remote = b->local = *to;
	a->local = a->host->ip;
	if (addr_is_loopback(to))
		a->local = *to; /* as the kernel does: 127.0.0.2 is reached from itself, too */
	a->local.port = 0;
	a->local.port = choose_port(a->host, &a->local);
	b->remote = a->local;
}

int vsock_connect_tcp(struct loop *l, const struct addr *to, const struct sock_ops *ops, void *user,
		      struct sock **ret)
{
	struct host *h = host_of(l);
	struct vconn *c;
	struct vsock *s;
	int r;

	if (to->family == ADDR_NONE)
		return -EINVAL;
	if (!addr_is_loopback(to) && to->family != h->ip.family)
		return -ENETUNREACH;
	r = vconn_new(h, to, &c);
	if (r < 0)
		return r;
	s = &c->ends[0];
	name_ends(c, to);
	s->state = VSOCK_CONNECTING;
	s->is_started = true;
	s->ops = ops;
	s->user = user;
	vsock_send_dial(s);
	*ret = (struct sock *)s;
	return 0;
}

void vsock_start(struct sock *base, const struct sock_ops *ops, void *user)
{
	struct vsock *s = vsock_of(base);

	s->ops = ops;
	s->user = user;
	s->is_started = true;
	if (s->state == VSOCK_BROKEN)
		loop_task_post(&s->host->base, &s->break_task);
	vsock_wants_delivery(s);
}

static int queue_all(struct vsock *s, const struct bytes *v, size_t n_v)
{
	int r;

	for (size_t i = 0; i < n_v; i++) {
		r = buf_append(&s->queue, v[i].p, v[i].n);
		if (r < 0)
			return r;
	}
	return 0;
}

int vsock_write(struct sock *base, const struct bytes *v, size_t n_v)
{
	struct vsock *s = vsock_of(base);
	size_t total = 0;
	int r;

	for (size_t i = 0; i < n_v; i++)
		total += v[i].n;
	if (s->state == VSOCK_BROKEN || s->fin_wanted)
		return -EPIPE;
	if (s->tail == TAIL_RESET) {
		vsock_break_later(s, -ECONNRESET);
		return -EPIPE;
	}
	if (total > buf_room(&s->queue))
		return -ENOBUFS;
	r = queue_all(s, v, n_v);
	if (r < 0) {
		vsock_break_later(s, r);
		return r;
	}
	vsock_pump(s);
	if (buf_len(&s->queue) > SOCK_QUEUE_LOW / 2)
		s->was_above = true;
	world_log(s->conn->world, s->host, WORLD_WRITE, total, buf_len(&s->queue));
	return 0;
}

/* As much of `v` from `offset` on as `room` allows; returns how much that was, or -ENOMEM. */
static ssize_t queue_part(struct vsock *s, const struct bytes *v, size_t n_v, size_t offset,
			  size_t room)
{
	size_t n = 0;
	int r;

	for (size_t i = 0; i < n_v && n < room; i++) {
		size_t skip = size_min(offset, v[i].n), part = size_min(v[i].n - skip, room - n);

		offset -= skip;
		r = buf_append(&s->queue, v[i].p + skip, part);
		if (r < 0)
			return r;
		n += part;
	}
	return (ssize_t)n;
}

/* What a real kernel's buffer would hold is the queue here, up to SOCK_QUEUE_LOW. */
int vsock_write_part(struct sock *base, const struct bytes *v, size_t n_v, size_t *ret_taken)
{
	struct vsock *s = vsock_of(base);
	size_t total = 0, taken = 0;
	ssize_t n;

	for (size_t i = 0; i < n_v; i++)
		total += v[i].n;
	if (s->state == VSOCK_BROKEN || s->fin_wanted)
		return -EPIPE;
	if (s->tail == TAIL_RESET) {
		vsock_break_later(s, -ECONNRESET);
		return -EPIPE;
	}
	while (taken < total && buf_len(&s->queue) <= SOCK_QUEUE_LOW / 2) {
		n = queue_part(s, v, n_v, taken, SOCK_QUEUE_LOW - buf_len(&s->queue));
		if (n < 0) {
			vsock_break_later(s, (int)n);
			return (int)n;
		}
		taken += (size_t)n;
		vsock_pump(s);
	}
	if (buf_len(&s->queue) > SOCK_QUEUE_LOW / 2)
		s->was_above = true;
	world_log(s->conn->world, s->host, WORLD_WRITE, taken, buf_len(&s->queue));
	*ret_taken = taken;
	return 0;
}

size_t vsock_queued(const struct sock *s)
{
	return buf_len(&vsock_of_const(s)->queue);
}

void vsock_pause(struct sock *base, bool paused)
{
	struct vsock *s = vsock_of(base);

	s->is_paused = paused;
	vsock_wants_delivery(s);
}

void vsock_shutdown(struct sock *base)
{
	struct vsock *s = vsock_of(base);

	s->fin_wanted = true;
	vsock_pump(s);
}

/* The kernel's part of a close: what the window takes, then FIN, or RST where bytes were unread. */
static void end_stream(struct vsock *s, bool reset)
{
	if (s->state != VSOCK_OPEN || s->tail == TAIL_RESET)
		return;
	if (!reset)
		vsock_pump(s);
	if (reset || buf_len(&s->in) > 0) {
		vsock_send_reset(s);
	} else if (!s->fin_sent) {
		buf_clear(&s->queue);
		s->fin_wanted = true;
		vsock_pump(s);
	}
}

void vsock_close(struct sock *base, bool reset)
{
	struct vsock *s = vsock_of(base);

	ASSERT(s->state != VSOCK_CLOSED);
	world_log(s->conn->world, s->host, WORLD_CLOSE, reset, 0);
	end_stream(s, reset);
	s->state = VSOCK_CLOSED;
	list_remove(&s->break_task.link);
	timer_heap_stop(&s->conn->world->events, &s->deliver);
	buf_deinit(&s->queue);
	buf_deinit(&s->in);
	vconn_settle(s->conn);
}

struct addr vsock_local(const struct sock *s)
{
	return vsock_of_const(s)->local;
}

struct addr vsock_remote(const struct sock *s)
{
	return vsock_of_const(s)->remote;
}

struct sock_credentials vsock_credentials(const struct sock *s __attribute__((unused)))
{
	return (struct sock_credentials){ .known = false }; /* nobody dials a Unix path here */
}
