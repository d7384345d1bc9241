#include <string.h>

#include "net/net_priv.h"

/* What every libp2p dialler says first: the length, and multistream's header line. */
static const uint8_t first_line[] = "\x13/multistream/1.0.0\n";
#define FIRST_LINE_SIZE (sizeof(first_line) - 1)

/* Some places among the half-open ones are kept for peers we know, so that strangers who come and
 * say nothing cannot keep everybody else out. */
static bool has_place(const struct net *n, bool stranger)
{
	size_t reserved = n->half_open_max * LIMIT_HALF_OPEN_RESERVED_PCT / 100;

	if (n->counts.half_open >= n->half_open_max)
		return false;
	return !stranger || n->n_half_open_strangers < n->half_open_max - reserved;
}

static void enter(struct carrier *c)
{
	c->is_half_open = true;
	c->net->counts.half_open++;
	if (c->is_stranger)
		c->net->n_half_open_strangers++;
}

void inbound_settle(struct carrier *c)
{
	if (!c->is_half_open)
		return;
	c->is_half_open = false;
	c->net->counts.half_open--;
	if (c->is_stranger)
		c->net->n_half_open_strangers--;
}

void inbound_forget(struct carrier *c)
{
	inbound_settle(c);
	ip_table_remove(&c->net->inbound, &c->remote);
}

/* 0, or the count that says why not. */
static uint64_t *refusal(struct net *n, const struct addr *from, bool stranger)
{
	if (!has_place(n, stranger))
		return &n->counts.refused_half_open;
	switch (ip_table_add(&n->inbound, from)) {
	case 0:
		return NULL;
	case -EDQUOT:
		return &n->counts.refused_per_ip;
	default:
		return &n->counts.accept_errors;
	}
}

static void on_accept(void *user, struct sock *s, const struct addr *from)
{
	struct net_listener *ls = user;
	struct net *n = ls->net;
	bool stranger = !n->ops->is_known || !n->ops->is_known(n->user, from);
	uint64_t *count = n->is_stopping ? &n->counts.accept_errors : refusal(n, from, stranger);
	struct carrier *c;

	if (count) {
		(*count)++;
		sock_close(s, true);
		return;
	}
	c = carrier_new(n, true, from);
	if (!c) {
		ip_table_remove(&n->inbound, from);
		n->counts.accept_errors++;
		sock_close(s, true);
		return;
	}
	n->counts.accepted++;
	c->sock = s;
	c->local = sock_local(s);
	c->is_stranger = stranger;
	enter(c);
	sock_start(s, &carrier_sock_ops, c);
	carrier_arm(c);
}

static void on_refused(void *user, int error __attribute__((unused)))
{
	struct net_listener *ls = user;

	ls->net->counts.accept_errors++;
}

const struct listener_ops inbound_listener_ops = {
	.on_accept = on_accept,
	.on_refused = on_refused,
};

/* What has been seen is known by heart, so nothing of it needs to be kept. */
static void become_link(struct carrier *c, struct bytes rest)
{
	if (carrier_add_link(c, NULL) < 0) {
		carrier_end(c, LINK_NO_MEMORY, 0, true);
		return;
	}
	c->state = CARRIER_SHAKING;
	carrier_input(c, BYTES(first_line, FIRST_LINE_SIZE));
	if (rest.n > 0 && c->state != CARRIER_OVER)
		carrier_input(c, rest);
}

void inbound_look(struct carrier *c, struct bytes b)
{
	size_t n = size_min(b.n, FIRST_LINE_SIZE - c->n_seen);

	if (memcmp(b.p, first_line + c->n_seen, n) != 0) {
		carrier_end(c, LINK_NOT_LIBP2P, 0, true);
		return;
	}
	c->n_seen += (uint8_t)n;
	if (c->n_seen == FIRST_LINE_SIZE)
		become_link(c, BYTES(b.p + n, b.n - n));
}
