#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "loop/world_state.h"

#define GATHER_NS                                                                                  \
	(100 * NS_PER_US) /* arrived bytes wait so long at most, where reads are split             \
			   */
#define UNREACHABLE_NS (3 * NS_PER_S)

enum packet_kind {
	PACKET_DIAL,     /* TCP's SYN */
	PACKET_ACCEPTED, /* SYN ACK */
	PACKET_REFUSED,  /* the RST that answers a SYN */
	PACKET_STANDS,   /* the ACK that ends the handshake: now the other side accepts */
	PACKET_DATA,
	PACKET_FIN,
	PACKET_RESET,
	PACKET_CREDIT, /* the reader took so much: an ACK that opens the window */
};

struct packet {
	struct list link; /* vsock.sent */
	enum packet_kind kind;
	struct mono at;
	size_t n;       /* DATA, CREDIT */
	uint8_t data[]; /* DATA */
};

/* ---- on the way ---- */

static struct mono mono_max(struct mono a, struct mono b)
{
	return a.ns > b.ns ? a : b;
}

/* When something that `s` sends now is there. Never before what it sent earlier. */
static struct mono arrival_of(struct vsock *s, size_t n)
{
	struct vconn *c = s->conn;
	const struct world_link *link = path_link(c->world, c->path);
	struct mono *busy = &c->path->busy_until[s->direction];
	struct mono at = c->world->now;

	if (link->bytes_per_s && n > 0) {
		at = mono_add_ns(mono_max(at, *busy), n * NS_PER_S / link->bytes_per_s);
		*busy = at;
	}
	at = mono_add_ns(at, link->latency_ns);
	if (link->jitter_ns)
		at = mono_add_ns(at, random_below(&c->world->net_random, link->jitter_ns + 1));
	s->last_arrival = mono_max(at, s->last_arrival);
	return s->last_arrival;
}

static void push_packet(struct vsock *s, enum packet_kind kind, const uint8_t *data, size_t n)
{
	size_t n_data = kind == PACKET_DATA ? n : 0;
	struct packet *p;

	p = malloc(sizeof(*p) + n_data);
	if (!p) {
		if (s->state == VSOCK_CONNECTING || s->state == VSOCK_OPEN)
			vsock_break_later(s, -ENOMEM);
		return;
	}
	p->kind = kind;
	p->at = arrival_of(s, n_data);
	p->n = n;
	if (n_data > 0)
		memcpy(p->data, data, n_data);
	if (list_is_empty(&s->sent))
		timer_heap_set(&s->conn->world->events, &s->head, p->at);
	list_add_tail(&s->sent, &p->link);
}

static void send_packet(struct vsock *s, enum packet_kind kind, const uint8_t *data, size_t n)
{
	if (s->conn->path && !(s->host && s->host->is_cut))
		push_packet(s, kind, data, n);
}

void vsock_pump(struct vsock *s)
{
	size_t n = size_min(buf_len(&s->queue), WORLD_WINDOW - s->in_flight);

	if (s->state != VSOCK_OPEN)
		return;
	if (n > 0) {
		s->in_flight += n;
		send_packet(s, PACKET_DATA, buf_data(&s->queue).p, n);
		buf_consume(&s->queue, n);
	}
	if (s->fin_wanted && !s->fin_sent && buf_len(&s->queue) == 0) {
		s->fin_sent = true;
		send_packet(s, PACKET_FIN, NULL, 0);
	}
}

void vsock_send_reset(struct vsock *s)
{
	send_packet(s, PACKET_RESET, NULL, 0);
}

void vsock_send_dial(struct vsock *s)
{
	struct world *w = s->conn->world;

	if (s->conn->path)
		send_packet(s, PACKET_DIAL, NULL, 0);
	else
		timer_heap_set(&w->events, &s->deliver, mono_add_ns(w->now, UNREACHABLE_NS));
}

/* ---- to the reader ---- */

static void report_reset(struct vsock *s)
{
	s->state = VSOCK_BROKEN;
	s->error = -ECONNRESET;
	world_log(s->conn->world, s->host, WORLD_ERROR, ECONNRESET, 0);
	s->ops->on_error(s->user, s->error);
}

static void report_fin(struct vsock *s)
{
	s->fin_reported = true;
	world_log(s->conn->world, s->host, WORLD_FIN, 0, 0);
	s->ops->on_read(s->user, BYTES(NULL, 0));
}

/* Credit comes in large pieces, as delayed acknowledgements do: the window is never closed by it.
 */
static void credit(struct vsock *s, size_t n)
{
	s->owed += n;
	if (s->owed < WORLD_WINDOW / 2)
		return;
	send_packet(s, PACKET_CREDIT, NULL, s->owed);
	s->owed = 0;
}

void vsock_report_bytes(struct vsock *s, size_t n)
{
	struct world *w = s->conn->world;

	/* A copy, because the callback may close the socket. */
	memcpy(w->read_buffer, buf_data(&s->in).p, n);
	buf_consume(&s->in, n);
	credit(s, n);
	world_log(w, s->host, WORLD_READ, n, 0);
	s->ops->on_read(s->user, BYTES(w->read_buffer, n));
}

static bool has_delivery(const struct vsock *s)
{
	if (s->state != VSOCK_OPEN || !s->is_started || s->is_paused)
		return false;
	switch (s->tail) {
	case TAIL_NONE:
		return buf_len(&s->in) > 0;
	case TAIL_FIN:
		return buf_len(&s->in) > 0 || !s->fin_reported;
	case TAIL_RESET:
		return true;
	}
	return false;
}

static size_t chunk_max(const struct vsock *s)
{
	return path_link(s->conn->world, s->conn->path)->chunk_max;
}

static void deliver(struct vsock *s)
{
	size_t n = buf_len(&s->in);

	if (!has_delivery(s))
		return;
	host_enter(s->host);
	if (n > 0 && chunk_max(s))
		n = size_min(n, 1 + random_below(&s->conn->world->net_random, chunk_max(s)));
	if (n > 0)
		vsock_report_bytes(s, n);
	else if (s->tail == TAIL_RESET)
		report_reset(s);
	else
		report_fin(s);
	host_leave(s->host);
	vsock_wants_delivery(s);
}

void vsock_wants_delivery(struct vsock *s)
{
	struct world *w = s->conn->world;
	uint64_t wait;

	if (!has_delivery(s) || timer_is_set(&s->deliver))
		return;
	wait = chunk_max(s) ? random_below(&w->net_random, GATHER_NS) : 0;
	timer_heap_set(&w->events, &s->deliver, mono_add_ns(w->now, wait));
}

static void on_deliver(struct timer *t)
{
	struct vsock *s = container_of(t, struct vsock, deliver);
	struct vconn *c = s->conn;

	if (s->state == VSOCK_CONNECTING) {
		vsock_break_later(s, -EHOSTUNREACH);
		return;
	}
	c->n_busy++;
	deliver(s);
	c->n_busy--;
	vconn_settle(c);
}

/* ---- arriving ---- */

static void arrive_dial(struct vsock *to)
{
	struct vconn *c = to->conn;

	/* Asked now: the host may have been restarted while the packet was on its way. */
	to->host = world_find_host(c->world, c->ends[0].host, &to->local);
	if (to->host && vlistener_find(to->host, &to->local))
		send_packet(to, PACKET_ACCEPTED, NULL, 0);
	else
		send_packet(to, PACKET_REFUSED, NULL, 0);
}

static void arrive_accepted(struct vsock *to)
{
	if (to->state != VSOCK_CONNECTING)
		return;
	to->state = VSOCK_OPEN;
	send_packet(to, PACKET_STANDS, NULL, 0);
	host_enter(to->host);
	world_log(to->conn->world, to->host, WORLD_CONNECT, to->remote.port, 0);
	to->ops->on_connect(to->user);
	vsock_pump(to);
	host_leave(to->host);
}

static void arrive_stands(struct vsock *to)
{
	struct vlistener *ls = to->host->is_gone ? NULL : vlistener_find(to->host, &to->local);

	if (!ls) {
		to->state = VSOCK_CLOSED;
		send_packet(to, PACKET_RESET, NULL, 0);
		return;
	}
	to->state = VSOCK_OPEN;
	host_enter(to->host);
	world_log(to->conn->world, to->host, WORLD_ACCEPT, to->local.port, 0);
	vlistener_accept(ls, to);
	host_leave(to->host);
}

static void arrive_data(struct vsock *to, const struct packet *p)
{
	int r;

	if (to->state == VSOCK_CLOSED)
		send_packet(to, PACKET_RESET, NULL, 0);
	if (to->state != VSOCK_OPEN)
		return;
	r = buf_append(&to->in, p->data, p->n); /* the window keeps it within its maximum */
	if (r < 0)
		vsock_break_later(to, r);
	else if (chunk_max(to))
		vsock_wants_delivery(to);
	else
		deliver(to);
}

static void arrive_tail(struct vsock *to, enum vsock_tail tail)
{
	if (to->state != VSOCK_OPEN)
		return;
	to->tail = tail;
	vsock_wants_delivery(to);
}

static void arrive_credit(struct vsock *to, size_t n)
{
	to->in_flight -= n;
	if (to->state != VSOCK_OPEN)
		return;
	vsock_pump(to);
	if (!to->was_above || buf_len(&to->queue) >= SOCK_QUEUE_LOW / 2)
		return;
	to->was_above = false;
	host_enter(to->host);
	world_log(to->conn->world, to->host, WORLD_DRAIN, 0, 0);
	if (to->ops->on_drain)
		to->ops->on_drain(to->user);
	host_leave(to->host);
}

/* Whoever has the address now knows nothing of the connection. */
static void arrive_at_cut(struct vsock *to, enum packet_kind kind)
{
	bool is_answered = kind == PACKET_ACCEPTED || kind == PACKET_STANDS ||
			   kind == PACKET_DATA || kind == PACKET_FIN;

	if (is_answered && world_find_host(to->conn->world, NULL, &to->local))
		push_packet(to, PACKET_RESET, NULL, 0);
}

static void arrive(struct vsock *to, const struct packet *p)
{
	if (to->host && to->host->is_cut && p->kind != PACKET_DIAL) {
		arrive_at_cut(to, p->kind);
		return;
	}
	switch (p->kind) {
	case PACKET_DIAL:
		arrive_dial(to);
		return;
	case PACKET_ACCEPTED:
		arrive_accepted(to);
		return;
	case PACKET_REFUSED:
		if (to->state == VSOCK_CONNECTING)
			vsock_break_later(to, -ECONNREFUSED);
		return;
	case PACKET_STANDS:
		arrive_stands(to);
		return;
	case PACKET_DATA:
		arrive_data(to, p);
		return;
	case PACKET_FIN:
		arrive_tail(to, TAIL_FIN);
		return;
	case PACKET_RESET:
		arrive_tail(to, TAIL_RESET);
		return;
	case PACKET_CREDIT:
		arrive_credit(to, p->n);
		return;
	}
}

static struct packet *first_sent(struct vsock *s)
{
	struct list *it = list_first(&s->sent);

	return it ? list_entry(it, struct packet, link) : NULL;
}

static void on_head(struct timer *t)
{
	struct vsock *s = container_of(t, struct vsock, head);
	struct vconn *c = s->conn;
	struct packet *p = first_sent(s), *next;

	if (c->path->is_blocked)
		return; /* vconn_unblock() comes back to it */
	list_remove(&p->link);
	next = first_sent(s);
	if (next)
		timer_heap_set(&c->world->events, &s->head, next->at);
	c->n_busy++;
	arrive(vsock_other(s), p);
	free(p);
	c->n_busy--;
	vconn_settle(c);
}

void vconn_unblock(struct vconn *c)
{
	uint64_t latency_ns = path_link(c->world, c->path)->latency_ns;

	for (size_t i = 0; i < ARRAY_SIZE(c->ends); i++) {
		struct vsock *s = &c->ends[i];
		struct packet *p = first_sent(s);

		if (p && !timer_is_set(&s->head))
			timer_heap_set(&c->world->events, &s->head,
				       mono_add_ns(c->world->now, latency_ns));
	}
}

/* ---- life ---- */

int vconn_new(struct host *h, const struct addr *to, struct vconn **ret)
{
	struct host *target = world_find_host(h->world, h, to);
	struct vconn *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->world = h->world;
	if (target) {
		c->path = world_path(h->world, &h->ip, &target->ip);
		if (!c->path) {
			free(c);
			return -ENOMEM;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(c->ends); i++) {
		vsock_init(&c->ends[i], c, i == 0 ? h : target);
		c->ends[i].head.fire = on_head;
		c->ends[i].deliver.fire = on_deliver;
	}
	if (c->path) {
		c->ends[0].direction = path_direction(c->path, &h->ip);
		c->ends[1].direction = 1 - c->ends[0].direction;
	}
	list_add_tail(&h->world->conns, &c->link);
	*ret = c;
	return 0;
}

void vconn_free(struct vconn *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->ends); i++) {
		struct vsock *s = &c->ends[i];
		struct packet *p;

		while ((p = first_sent(s))) {
			list_remove(&p->link);
			free(p);
		}
		timer_heap_stop(&c->world->events, &s->head);
		timer_heap_stop(&c->world->events, &s->deliver);
		list_remove(&s->break_task.link);
		buf_deinit(&s->queue);
		buf_deinit(&s->in);
	}
	list_remove(&c->link);
	free(c);
}

void vconn_settle(struct vconn *c)
{
	const struct vsock *a = &c->ends[0], *b = &c->ends[1];

	if (c->n_busy == 0 && a->state == VSOCK_CLOSED &&
	    (b->state == VSOCK_NONE || b->state == VSOCK_CLOSED) && list_is_empty(&a->sent) &&
	    list_is_empty(&b->sent))
		vconn_free(c);
}
