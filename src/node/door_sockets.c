#include "node/door_sockets.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"

#define LISTENERS_MAX 2
#define PIECES 64
#define LINGER_MS 1000 /* a client that is to go gets this long to read why */

struct connection {
	struct door_sockets *owner;
	struct sock *sock;
	struct consumer *consumer; /* NULL once the door is done with it */
	struct list all, dirty;
	struct timer linger;
	bool closing, lingering;
};

struct door_sockets {
	struct loop *loop;
	struct door *door;
	struct listener *listeners[LISTENERS_MAX];
	size_t n_listeners;
	struct list connections, dirty;
	size_t n_lingering;
	struct task flush;
	struct timer tick;
};

static void connection_free(struct connection *c)
{
	if (c->consumer)
		door_detach(c->owner->door, c->consumer);
	loop_timer_stop(c->owner->loop, &c->linger);
	c->owner->n_lingering -= c->lingering;
	list_remove(&c->all);
	list_remove(&c->dirty);
	sock_close(c->sock, false);
	free(c);
}

static void on_linger_over(struct timer *t)
{
	connection_free(container_of(t, struct connection, linger));
}

enum flushed {
	FLUSH_DONE,
	FLUSH_WAITS, /* on_drain follows */
	FLUSH_GONE,  /* the connection failed and is freed */
};

/* What the kernel does not take stays with the door, which counts it. */
static enum flushed connection_flush(struct connection *c)
{
	struct bytes v[PIECES];

	while (c->consumer) {
		size_t n = consumer_output(c->consumer, v, ARRAY_SIZE(v)), total = 0, taken;

		if (n == 0)
			return FLUSH_DONE;
		for (size_t i = 0; i < n; i++)
			total += v[i].n;
		if (sock_write_part(c->sock, v, n, &taken) < 0) {
			connection_free(c);
			return FLUSH_GONE;
		}
		consumer_sent(c->consumer, taken);
		if (taken < total)
			return FLUSH_WAITS;
	}
	return FLUSH_DONE;
}

static void mark_dirty(struct connection *c)
{
	if (!list_is_empty(&c->dirty))
		return;
	list_add_tail(&c->owner->dirty, &c->dirty);
	loop_task_post(c->owner->loop, &c->owner->flush);
}

/* The door has said its last word to this one, behind all that it had to say before: it leaves as
 * far as it is read in time, then we close. */
static void connection_finish(struct connection *c)
{
	struct door_sockets *s = c->owner;

	sock_pause(c->sock, false); /* to see it go */
	if (!timer_is_set(&c->linger))
		loop_timer_set(s->loop, &c->linger, mono_add_ms(loop_now(s->loop), LINGER_MS));
	if (connection_flush(c) != FLUSH_DONE)
		return;
	door_detach(s->door, c->consumer);
	c->consumer = NULL;
	if (s->n_lingering >= LIMIT_DOOR_LINGERING) {
		connection_free(c);
		return;
	}
	s->n_lingering++;
	c->lingering = true;
	sock_shutdown(c->sock);
}

static void on_flush(struct task *t)
{
	struct door_sockets *s = container_of(t, struct door_sockets, flush);
	struct list *first;

	door_tick(s->door, loop_now(s->loop));
	while ((first = list_first(&s->dirty))) {
		struct connection *c = list_entry(first, struct connection, dirty);

		list_remove(&c->dirty);
		if (c->closing && c->consumer)
			connection_finish(c);
		else
			(void)connection_flush(c);
	}
	door_sockets_rearm(s);
}

static void on_read(void *user, struct bytes b)
{
	struct connection *c = user;
	struct door_sockets *s = c->owner;

	if (b.n == 0) {
		connection_free(c);
		door_sockets_rearm(s);
		return;
	}
	if (!c->consumer || c->closing)
		return; /* lingering: what it still says is of no interest */
	if (consumer_input(c->consumer, b, loop_now(s->loop)) != 0)
		c->closing = true;
	mark_dirty(c);
}

static void on_drain(void *user)
{
	mark_dirty(user);
}

static void on_error(void *user, int error)
{
	struct connection *c = user;
	struct door_sockets *s = c->owner;

	(void)error; /* a local program that went away needs no reason */
	if (c->consumer && !c->closing)
		consumer_hang_up(c->consumer, loop_now(s->loop));
	connection_free(c);
	door_sockets_rearm(s);
}

static const struct sock_ops connection_ops = {
	.on_read = on_read,
	.on_drain = on_drain,
	.on_error = on_error,
};

static enum door_via via_of(struct sock *sock, const struct addr *from)
{
	struct sock_credentials who;

	if (from->family != ADDR_NONE)
		return DOOR_TCP;
	who = sock_credentials(sock);
	return who.known && who.uid == geteuid() ? DOOR_UNIX_OWNER : DOOR_UNIX_OTHER;
}

static void on_accept(void *user, struct sock *sock, const struct addr *from)
{
	struct door_sockets *s = user;
	struct connection *c = s->door ? calloc(1, sizeof(*c)) : NULL;

	if (!c) {
		sock_close(sock, true);
		return;
	}
	c->owner = s;
	c->sock = sock;
	c->linger.fire = on_linger_over;
	list_init(&c->dirty);
	list_add_tail(&s->connections, &c->all);
	sock_start(sock, &connection_ops, c);
	if (door_attach(s->door, via_of(sock, from), c, loop_now(s->loop), &c->consumer) < 0)
		c->closing = true;
	if (!c->consumer) {
		connection_free(c);
		return;
	}
	mark_dirty(c);
}

void door_sockets_adopt(struct door_sockets *s, struct sock *sock)
{
	on_accept(s, sock, &(struct addr){ .family = ADDR_NONE });
}

static const struct listener_ops listener_ops = {
	.on_accept = on_accept,
	/* Status must be had when peers use up all descriptors. */
	.may_use_reserved = true,
};

static void on_tick(struct timer *t)
{
	struct door_sockets *s = container_of(t, struct door_sockets, tick);

	door_tick(s->door, loop_now(s->loop));
	door_sockets_rearm(s);
}

int door_sockets_new(struct loop *loop, struct door_sockets **ret)
{
	struct door_sockets *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	list_init(&s->connections);
	list_init(&s->dirty);
	task_init(&s->flush, on_flush);
	s->tick.fire = on_tick;
	*ret = s;
	return 0;
}

struct door_sockets *door_sockets_free(struct door_sockets *s)
{
	struct list *first;

	if (!s)
		return NULL;
	door_sockets_close_listeners(s);
	while ((first = list_first(&s->connections)))
		connection_free(list_entry(first, struct connection, all));
	loop_timer_stop(s->loop, &s->tick);
	list_remove(&s->flush.link);
	free(s);
	return NULL;
}

int door_sockets_listen_tcp(struct door_sockets *s, struct addr *at)
{
	struct listener *l;
	int r = loop_listen_tcp(s->loop, at, &listener_ops, s, &l);

	if (r < 0)
		return r;
	*at = listener_addr(l);
	s->listeners[s->n_listeners++] = l;
	return 0;
}

int door_sockets_listen_unix(struct door_sockets *s, const char *path)
{
	struct listener *l;
	int r = loop_listen_unix(s->loop, path, &listener_ops, s, &l);

	if (r == 0)
		s->listeners[s->n_listeners++] = l;
	return r;
}

void door_sockets_set_door(struct door_sockets *s, struct door *door)
{
	s->door = door;
	if (door)
		door_sockets_rearm(s);
}

void door_sockets_close_listeners(struct door_sockets *s)
{
	while (s->n_listeners > 0)
		listener_close(s->listeners[--s->n_listeners]);
}

bool door_sockets_is_flushed(const struct door_sockets *s)
{
	if (!list_is_empty(&s->dirty))
		return false;
	list_for_each (it, &s->connections) {
		struct connection *c = list_entry(it, struct connection, all);
		struct bytes first;

		if (c->consumer && consumer_output(c->consumer, &first, 1) > 0)
			return false;
	}
	return true;
}

void door_sockets_rearm(struct door_sockets *s)
{
	loop_timer_set(s->loop, &s->tick, door_deadline(s->door));
}

void door_sockets_wants_output(struct door_sockets *s, void *connection)
{
	(void)s;
	mark_dirty(connection);
}

void door_sockets_wants_input(struct door_sockets *s, void *connection, bool wanted)
{
	struct connection *c = connection;

	(void)s;
	sock_pause(c->sock, !wanted && !c->closing);
}

void door_sockets_wants_close(struct door_sockets *s, void *connection)
{
	struct connection *c = connection;

	(void)s;
	c->closing = true;
	mark_dirty(c);
}
