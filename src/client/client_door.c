#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "client/client_priv.h"
#include "client/dial.h"

static uint64_t any_number(void)
{
	uint64_t v = 0;

	/* Without randomness there is no jitter, and no harm. */
	(void)!getrandom(&v, sizeof(v), 0);
	return v;
}

/* ---- what is kept for later ---- */

int client_keep(struct client *c, const struct nats_op *op)
{
	size_t n;
	int r;

	/* What was given out is needed no longer: nothing is borrowed across calls. */
	buf_consume(&c->kept, c->n_kept_read);
	c->n_kept_read = 0;
	n = buf_len(&c->kept);
	r = nats_op_encode(op, &c->kept);
	if (r < 0)
		buf_cut(&c->kept, n);
	return r;
}

static int keep_note(struct client *c, struct bytes text)
{
	return client_keep(c, &(struct nats_op){ .verb = NATS_INFO, .text = text });
}

/* ---- a connection begins and ends ---- */

void client_begin(struct client *c, int fd, bool is_connected)
{
	c->fd = fd;
	c->refused = false;
	c->state = is_connected ? CLIENT_GREETING : CLIENT_CONNECTING;
	c->attempt_until = mono_add_ms(dial_now(), LIMIT_CLIENT_CONNECT_MS);
}

static void hang_up(struct client *c)
{
	if (c->fd < 0)
		return;
	/* The next one may get the same number. */
	if (c->readiness.is_open)
		(void)!readiness_set(&c->readiness, -1, false, MONO_NEVER);
	close(c->fd);
	c->fd = -1;
	c->unread = BYTES(NULL, 0);
}

static int give_up(struct client *c)
{
	hang_up(c);
	c->state = CLIENT_OVER;
	return CLIENT_E_CLOSED;
}

static int try_later(struct client *c, struct mono at)
{
	if (mono_is_never(at))
		return give_up(c);
	c->state = CLIENT_DOWN;
	c->retry_at = at;
	return 0;
}

/* An attempt to come back failed. */
static int failed(struct client *c)
{
	int r;

	hang_up(c);
	session_restart(&c->session);
	r = outgoing_salvage(&c->outgoing, &c->session.out, client_inbox(c));
	if (r < 0)
		return r;
	return try_later(c, retry_failed(&c->retry, dial_now(), c->refused, any_number()));
}

static int lost(struct client *c)
{
	int r;

	if (!c->config.returns || !c->was_ready || c->draining)
		return give_up(c);
	if (c->state != CLIENT_READY)
		return failed(c);
	hang_up(c);
	c->counts.lost++;
	session_restart(&c->session);
	requests_lose(&c->requests);
	r = outgoing_salvage(&c->outgoing, &c->session.out, client_inbox(c));
	if (r == 0)
		r = keep_note(c, CLIENT_NOTE_LOST);
	if (r < 0)
		return r;
	return try_later(c, retry_lost(&c->retry, dial_now(), any_number()));
}

/* ---- the greeting ---- */

static int restore(struct client *c)
{
	struct subscription *s;
	char text[64];
	int r = 0;

	for (s = subscriptions_first(&c->subscriptions); s && r == 0;
	     s = subscriptions_next(&c->subscriptions, s))
		r = session_restore(&c->session, s->subject, s->queue, s->sid,
				    subscription_left(s));
	if (r < 0 || !c->has_inbox)
		return r;
	strcpy(text, c->inbox);
	strcat(text, "*");
	return session_restore(&c->session, bytes_of_text(text), BYTES(NULL, 0), CLIENT_INBOX_SID,
			       0);
}

/* The door let us in. */
static int arrive(struct client *c)
{
	bool restarted = strcmp(c->server_id, c->session.server_id) != 0;
	int r = 0;

	c->state = CLIENT_READY;
	strcpy(c->server_id, c->session.server_id);
	if (c->was_ready) {
		r = restore(c);
		if (r == 0)
			r = keep_note(c, restarted ? CLIENT_NOTE_RESTARTED : CLIENT_NOTE_BACK);
		c->counts.back++;
		c->n_returns++;
	}
	c->was_ready = true;
	return r;
}

/* ---- operations ---- */

static void keep_error(struct client *c, struct bytes text)
{
	size_t n = size_min(text.n, sizeof(c->error) - 1);

	memcpy(c->error, text.p, n);
	c->error[n] = 0;
}

/* While we come back nobody asked for anything that could be refused, so nobody is told; the door
 * closes the connection. */
static int on_error(struct client *c, struct bytes text)
{
	keep_error(c, text);
	if (c->state == CLIENT_READY || !c->was_ready)
		return CLIENT_E_REFUSED;
	c->refused = true;
	return CLIENT_E_TIMEOUT;
}

int client_take_op(struct client *c, struct nats_op *ret)
{
	bool greeting = c->state == CLIENT_GREETING;
	int r;

	if (c->unread.n == 0)
		return CLIENT_E_TIMEOUT;
	r = session_next(&c->session, &c->unread, ret);
	if (r == 0 && ret->verb == NATS_ERR)
		return on_error(c, ret->text);
	/* A message before anything was asked for is none of NATS's either. */
	if (r == SESSION_E_PROTOCOL || r == -EBADMSG || (r == 0 && greeting)) {
		r = c->config.returns && c->was_ready ? lost(c) : -EPROTO;
		return r == 0 ? CLIENT_E_TIMEOUT : r;
	}
	if (r != SESSION_E_MORE)
		return r;
	if (greeting && session_is_ready(&c->session))
		r = arrive(c);
	return r < 0 ? r : CLIENT_E_TIMEOUT;
}

/* ---- bytes ---- */

static bool has_output(const struct client *c)
{
	return !outgoing_is_empty(&c->outgoing) || buf_len(&c->session.urgent) > 0 ||
	       (c->state == CLIENT_READY && buf_len(&c->session.out) > 0);
}

int client_write(struct client *c)
{
	while (c->fd >= 0 && c->state >= CLIENT_GREETING) {
		struct bytes b;
		ssize_t n;

		outgoing_fill(&c->outgoing, &c->session.urgent);
		if (c->state == CLIENT_READY)
			outgoing_fill(&c->outgoing, &c->session.out);
		b = outgoing_data(&c->outgoing);
		if (b.n == 0)
			break;
		n = send(c->fd, b.p, b.n, MSG_NOSIGNAL);
		if (n >= 0)
			outgoing_sent(&c->outgoing, (size_t)n);
		else if (errno == EAGAIN || errno == EPIPE || errno == ECONNRESET)
			break; /* reading tells why */
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* 0: something came, or it is lost and comes back; CLIENT_E_TIMEOUT: nothing is there. */
static int read_some(struct client *c)
{
	ssize_t n;

	do
		n = recv(c->fd, c->read_mem, CLIENT_READ_BYTES, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		c->unread = BYTES(c->read_mem, (size_t)n);
		return 0;
	}
	if (n < 0 && errno == EAGAIN)
		return CLIENT_E_TIMEOUT;
	return lost(c); /* whatever the error is called: this connection is over */
}

/* ---- a step ---- */

/* Waits for the socket of the moment, if there is one, until `until` or an earlier `own`, which is
 * then due: 0. */
static int wait_for(struct client *c, short events, struct mono own, struct mono until)
{
	int r = dial_wait(c->fd, events, mono_min(own, until));

	if (r == 1)
		return mono_reached(own, dial_now()) ? 0 : CLIENT_E_TIMEOUT;
	return r;
}

static int step_down(struct client *c, struct mono deadline)
{
	int r, fd = -1;

	if (!mono_reached(c->retry_at, dial_now()))
		return wait_for(c, 0, c->retry_at, deadline);
	r = c->config.connect ? c->config.connect(c->config.user, &fd)
			      : dial_begin(&c->address, &fd);
	if (r == -ESHUTDOWN)
		return give_up(c);
	if (r < 0)
		return failed(c);
	client_begin(c, fd, c->config.connect != NULL);
	return 0;
}

static int step_connecting(struct client *c, struct mono deadline)
{
	int r = wait_for(c, POLLOUT, c->attempt_until, deadline);

	if (r != 0)
		return r;
	r = mono_reached(c->attempt_until, dial_now()) ? -ETIMEDOUT : dial_finish(c->fd);
	if (r < 0)
		return c->was_ready ? failed(c) : r;
	c->state = CLIENT_GREETING;
	return 0;
}

static int step_talking(struct client *c, struct mono deadline)
{
	bool greeting = c->state == CLIENT_GREETING && c->was_ready;
	int r = client_write(c);

	if (r == 0)
		r = read_some(c);
	if (r != CLIENT_E_TIMEOUT)
		return r;
	if (greeting && mono_reached(c->attempt_until, dial_now()))
		return failed(c);
	return wait_for(c, (short)(POLLIN | (has_output(c) ? POLLOUT : 0)),
			greeting ? c->attempt_until : MONO_NEVER, deadline);
}

int client_step(struct client *c, struct mono deadline)
{
	switch (c->state) {
	case CLIENT_DOWN:
		return step_down(c, deadline);
	case CLIENT_CONNECTING:
		return step_connecting(c, deadline);
	case CLIENT_GREETING:
	case CLIENT_READY:
		return step_talking(c, deadline);
	case CLIENT_OVER:
		break;
	}
	return CLIENT_E_CLOSED;
}

/* ---- what its descriptor shows ---- */

static struct mono due_at(const struct client *c)
{
	if (c->unread.n > 0 || buf_len(&c->kept) > c->n_kept_read)
		return (struct mono){ 0 };
	switch (c->state) {
	case CLIENT_DOWN:
		return c->retry_at;
	case CLIENT_CONNECTING:
	case CLIENT_GREETING:
		return c->attempt_until;
	case CLIENT_READY:
		return MONO_NEVER;
	case CLIENT_OVER:
		break;
	}
	return (struct mono){ 0 };
}

void client_show(struct client *c)
{
	if (!c->readiness.is_open)
		return;
	/* Without memory for it the descriptor is late; the calls are not. */
	(void)!readiness_set(&c->readiness, c->fd, c->state == CLIENT_CONNECTING || has_output(c),
			     mono_min(due_at(c), requests_deadline(&c->requests)));
}
