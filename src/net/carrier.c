#include "net/net_priv.h"

#include <stdlib.h>

/* Output is produced and written in pieces of about this size: enough for few system calls, and
 * little enough to be in the cache when the kernel copies it. */
#define FLUSH_PIECE ((size_t)128 * KIB)
/* Both sides have said all and the kernel has not taken the last of it: asked again after this. */
#define LAST_BYTES_MS 10

static void on_turn(struct task *t);
static void on_timer(struct timer *t);

struct carrier *carrier_of_link(const struct link *l)
{
	return link_driver(l);
}

static void wants_output(void *driver)
{
	struct carrier *c = driver;

	loop_task_post(c->net->loop, &c->turn);
}

/* ---- life ---- */

struct carrier *carrier_new(struct net *n, bool inbound, const struct addr *remote)
{
	struct carrier *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->net = n;
	c->inbound = inbound;
	c->remote = *remote;
	c->state = inbound ? CARRIER_LOOKING : CARRIER_CONNECTING;
	c->started_at = loop_now(n->loop);
	c->deadline = mono_add_ms(c->started_at, LIMIT_HANDSHAKE_MS);
	c->timer.fire = on_timer;
	c->timer_at = c->again_at = MONO_NEVER;
	task_init(&c->turn, on_turn);
	list_add_tail(&n->carriers, &c->node);
	return c;
}

int carrier_add_link(struct carrier *c, const struct peer_id *expected)
{
	int r = link_new(&c->net->link, !c->inbound, expected, c->started_at, &c->link);

	if (r == 0)
		link_set_driver(c->link, c, wants_output);
	return r;
}

void carrier_free(struct carrier *c)
{
	list_remove(&c->node);
	list_remove(&c->turn.link);
	loop_timer_stop(c->net->loop, &c->timer);
	sock_close(c->sock, true);
	link_free(c->link);
	free(c);
}

/* ---- time ---- */

static struct mono carrier_deadline(const struct carrier *c)
{
	switch (c->state) {
	case CARRIER_CONNECTING:
	case CARRIER_LOOKING:
		return c->deadline;
	case CARRIER_SHAKING:
	case CARRIER_UP:
		return link_deadline(c->link);
	case CARRIER_CLOSING:
		return mono_min(mono_min(c->deadline, c->again_at), link_deadline(c->link));
	case CARRIER_OVER:
		break;
	}
	return MONO_NEVER;
}

static void set_timer(struct carrier *c, struct mono at)
{
	if (at.ns == c->timer_at.ns)
		return;
	c->timer_at = at;
	loop_timer_set(c->net->loop, &c->timer, at);
}

void carrier_arm(struct carrier *c)
{
	if (c->state == CARRIER_OVER)
		return;
	set_timer(c, carrier_deadline(c));
	loop_task_post(c->net->loop, &c->turn);
}

/* ---- output ---- */

/* What the socket keeps for a kernel that takes no more is held for the peer, too. */
static void charge_socket(struct carrier *c)
{
	size_t n = c->sock ? sock_queued(c->sock) : 0;

	if (c->link)
		charge_adjust(link_charge(c->link), BUDGET_SEND, &c->charged, n);
}

static void flush_pieces(struct carrier *c)
{
	struct buf *out = &c->net->out;
	size_t n = 0;

	/* What the link still answers would come behind our FIN. */
	if (c->sent_fin)
		return;
	while (link_has_output(c->link) && sock_queued(c->sock) <= LIMIT_LINK_UNSENT) {
		struct bytes v;
		int r;

		if (n >= LIMIT_LINK_FLUSH) {
			loop_task_post(c->net->loop, &c->turn);
			return;
		}
		link_output(c->link, out, FLUSH_PIECE);
		v = buf_data(out);
		n += v.n;
		r = v.n > 0 ? sock_write(c->sock, &v, 1) : 0;
		buf_consume(out, v.n);
		/* -EPIPE: on_error follows. */
		if (r < 0 && r != -EPIPE)
			carrier_end(c, LINK_NO_MEMORY, r, true);
		if (r < 0)
			return;
	}
}

static void flush(struct carrier *c)
{
	flush_pieces(c);
	charge_socket(c);
}

void carrier_flush(struct carrier *c)
{
	if (c->state == CARRIER_UP)
		flush(c);
}

/* ---- the end ---- */

void carrier_end(struct carrier *c, enum link_reason reason, int error, bool reset)
{
	if (c->state == CARRIER_OVER)
		return;
	c->state = CARRIER_OVER;
	if (c->link) {
		/* Nothing can be written any more, and what was the reason before stays. */
		link_end(c->link, reason);
		reason = link_reason(c->link);
	}
	c->reason = reason;
	c->error = reason == LINK_NETWORK ? error : 0;
	sock_close(c->sock, reset);
	c->sock = NULL;
	charge_socket(c);
	loop_timer_stop(c->net->loop, &c->timer);
	if (c->inbound)
		inbound_forget(c);
	loop_task_post(c->net->loop, &c->turn);
}

static enum net_by by_whom(enum link_reason reason)
{
	if (reason == LINK_CLOSED)
		return NET_BY_THEM;
	return reason == LINK_NETWORK ? NET_BY_NETWORK : NET_BY_US;
}

static void count_failure(struct net *n, const struct carrier *c)
{
	if (!c->inbound)
		n->counts.dials_failed++;
	if (c->reason == LINK_HANDSHAKE_TIMEOUT)
		n->counts.handshake_timeouts++;
	else if (c->inbound && c->reason == LINK_NOT_LIBP2P)
		n->counts.not_libp2p++;
	else if (c->reason != LINK_NETWORK && c->reason != LINK_SHUTDOWN)
		n->counts.handshake_failures++;
}

/* Tells who has to know, and frees. */
static void carrier_report(struct carrier *c)
{
	struct net *n = c->net;

	/* No longer among those who can be closed or freed by what is called here. */
	list_remove(&c->node);
	if (c->was_up) {
		link_down(c->link);
		n->ops->on_down(n->user, c->link, c->reason, by_whom(c->reason));
	} else if (!c->dial.is_cancelled) {
		count_failure(n, c);
		if (!c->inbound)
			n->ops->on_dial_failed(n->user, c->dial.user, c->reason, c->error);
	}
	carrier_free(c);
}

/* The link is over by what arrived or by its deadline: its last words, then the end. */
static void end_with_link(struct carrier *c)
{
	/* A callback may have ended it already. */
	if (c->state == CARRIER_OVER)
		return;
	flush(c);
	carrier_end(c, link_reason(c->link), 0, false);
}

/* link_close() was called or their FIN has come. */
static void advance_closing(struct carrier *c)
{
	struct mono now = loop_now(c->net->loop);

	if (c->state != CARRIER_CLOSING) {
		c->state = CARRIER_CLOSING;
		c->deadline = mono_add_ms(now, LIMIT_PING_TIMEOUT_MS);
	}
	if (c->has_fin)
		c->deadline = mono_min(c->deadline, mono_add_ms(now, LIMIT_DRAIN_MS));
	if (!c->sent_fin && link_is_drained(c->link)) {
		c->sent_fin = true;
		sock_shutdown(c->sock);
	}
	if (!c->sent_fin || !c->has_fin)
		return;
	if (sock_queued(c->sock) == 0)
		carrier_end(c, link_reason(c->link), 0, false);
	else
		c->again_at = mono_add_ms(now, LAST_BYTES_MS);
}

static void on_turn(struct task *t)
{
	struct carrier *c = container_of(t, struct carrier, turn);

	if (c->state == CARRIER_OVER) {
		carrier_report(c);
		return;
	}
	if (c->state == CARRIER_CONNECTING || c->state == CARRIER_LOOKING)
		return;
	flush(c);
	if (c->state == CARRIER_OVER)
		return;
	if (c->state == CARRIER_CLOSING || (c->state == CARRIER_UP && link_is_closing(c->link)))
		advance_closing(c);
	if (c->state != CARRIER_OVER)
		set_timer(c, carrier_deadline(c));
}

static void on_timer(struct timer *t)
{
	struct carrier *c = container_of(t, struct carrier, timer);
	struct mono now = loop_now(c->net->loop);

	c->timer_at = c->again_at = MONO_NEVER;
	if (c->state == CARRIER_CONNECTING)
		carrier_end(c, LINK_NETWORK, -ETIMEDOUT, true);
	else if (c->state == CARRIER_LOOKING)
		carrier_end(c, LINK_HANDSHAKE_TIMEOUT, 0, true);
	else if (c->state == CARRIER_CLOSING && mono_reached(c->deadline, now))
		carrier_end(c, link_reason(c->link), 0, true);
	else if (link_tick(c->link, now) != 0)
		end_with_link(c);
	carrier_arm(c);
}

/* ---- what the socket reports ---- */

void carrier_input(struct carrier *c, struct bytes b)
{
	if (link_input(c->link, b, loop_now(c->net->loop)) != 0)
		end_with_link(c);
	carrier_arm(c);
}

static void on_fin(struct carrier *c)
{
	c->has_fin = true;
	if (!c->link)
		carrier_end(c, LINK_CLOSED, 0, false);
	else if (link_input_end(c->link, loop_now(c->net->loop)) != 0)
		end_with_link(c);
	carrier_arm(c);
}

static void on_connect(void *user)
{
	struct carrier *c = user;

	c->state = CARRIER_SHAKING;
	c->local = sock_local(c->sock);
	carrier_arm(c);
}

static void on_read(void *user, struct bytes b)
{
	struct carrier *c = user;

	if (b.n == 0)
		on_fin(c);
	else if (c->state == CARRIER_LOOKING)
		inbound_look(c, b);
	else
		carrier_input(c, b);
}

static void on_drain(void *user)
{
	struct carrier *c = user;

	loop_task_post(c->net->loop, &c->turn);
}

static void on_error(void *user, int error)
{
	struct carrier *c = user;

	/* Others say GoAway or FIN, close at once, and what was under way makes a reset of it. */
	if (c->link && link_is_up(c->link) && (c->has_fin || link_is_going(c->link)))
		carrier_end(c, LINK_CLOSED, 0, true);
	else
		carrier_end(c, LINK_NETWORK, error, true);
}

const struct sock_ops carrier_sock_ops = {
	.on_connect = on_connect,
	.on_read = on_read,
	.on_drain = on_drain,
	.on_error = on_error,
};

/* ---- what the link reports ---- */

static void on_up(void *user, struct link *l)
{
	struct net *n = user;
	struct carrier *c = carrier_of_link(l);

	c->state = CARRIER_UP;
	c->was_up = true;
	if (c->inbound)
		inbound_settle(c);
	n->ops->on_up(n->user, l, c->inbound ? NULL : c->dial.user);
}

static void on_stream(void *user, struct link *l, struct stream *s, struct bytes protocol)
{
	struct net *n = user;

	n->ops->on_stream(n->user, l, s, protocol);
}

static void on_going(void *user, struct link *l)
{
	struct net *n = user;

	n->ops->on_going(n->user, l);
}

static void on_rtt(void *user, struct link *l, uint64_t rtt_ns)
{
	struct net *n = user;

	n->ops->on_rtt(n->user, l, rtt_ns);
}

const struct link_ops carrier_link_ops = {
	.on_up = on_up,
	.on_stream = on_stream,
	.on_going = on_going,
	.on_rtt = on_rtt,
};
