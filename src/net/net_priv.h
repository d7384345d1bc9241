#ifndef PL_NET_NET_PRIV_H
#define PL_NET_NET_PRIV_H

/*
 * What the files of net.h share:
 *
 *     net.c         the whole: listeners, questions, the end
 *     net_inbound.c strangers: limits, and the first look at what they speak
 *     net_dial.c    dials
 *     carrier.c     one connection: a socket tied to a link
 */

#include "base/limits.h"
#include "base/list.h"
#include "net/ip_table.h"
#include "net/net.h"

struct net_listener {
	struct net *net;
	struct listener *listener;
};

struct net {
	struct loop *loop;
	struct link_config link; /* with .ops, .user and .serves of our own */
	bool (*serves)(void *user, struct bytes protocol);
	size_t half_open_max;
	const struct net_ops *ops;
	void *user;

	struct list carriers;
	struct net_listener listeners[LIMIT_LISTENERS];
	size_t n_listeners;
	struct ip_table inbound;
	size_t n_half_open_strangers; /* of counts.half_open */
	struct net_counts counts;
	struct buf out; /* every flush goes through it, so that no link keeps one */
	bool is_stopping;
};

/* ---- carrier.c ---- */

enum carrier_state {
	CARRIER_CONNECTING, /* outbound, until TCP stands */
	CARRIER_LOOKING,    /* inbound, until its first bytes have told the dialect */
	CARRIER_SHAKING,    /* the link's handshake */
	CARRIER_UP,
	CARRIER_CLOSING, /* flushing, then our FIN, then waiting for theirs */
	CARRIER_OVER,    /* the socket is closed; what is to be reported follows in the task */
};

struct net_dial {
	void *user;
	bool is_cancelled;
};

struct carrier {
	struct net *net;
	struct list node;
	enum carrier_state state;
	bool inbound;
	bool is_half_open, is_stranger; /* inbound: what it is counted as */
	bool was_up;
	bool has_fin, sent_fin; /* theirs, ours */
	uint8_t n_seen;         /* LOOKING: bytes that were as expected */
	enum link_reason reason;
	int error;
	struct sock *sock;
	struct link *link; /* inbound: from the end of LOOKING */
	size_t charged;    /* to the link, for what the socket has queued */
	struct addr remote, local;
	struct mono started_at;
	struct mono deadline; /* CONNECTING, LOOKING: of the handshake; CLOSING: of patience */
	struct mono again_at; /* CLOSING: when to see whether the kernel has taken the last bytes */
	struct timer timer;
	struct mono timer_at;
	struct task turn; /* flushes; reports the end */
	struct net_dial dial;
};

extern const struct sock_ops carrier_sock_ops;
extern const struct link_ops carrier_link_ops;

/* On the net's list, without socket or link. NULL: no memory. */
struct carrier *carrier_new(struct net *n, bool inbound, const struct addr *remote);
/* The link, driven by this carrier. -ENOMEM. */
_nodiscard_ int carrier_add_link(struct carrier *c, const struct peer_id *expected);
/* Sets the timer to what comes next, and has the output flushed in this turn. */
void carrier_arm(struct carrier *c);
void carrier_input(struct carrier *c, struct bytes b);
/* Before the end of the turn, which finds nothing left to do. */
void carrier_flush(struct carrier *c);
/* Closes the socket now; whoever is to hear of it does so in this turn's task. */
void carrier_end(struct carrier *c, enum link_reason reason, int error, bool reset);
/* Frees without a word. */
void carrier_free(struct carrier *c);
struct carrier *carrier_of_link(const struct link *l);

/* ---- net_inbound.c ---- */

extern const struct listener_ops inbound_listener_ops;

/* Takes the first bytes; when they are libp2p's, the connection becomes a link. */
void inbound_look(struct carrier *c, struct bytes b);
/* The handshake is over, well or not: the place among the half-open ones is free. */
void inbound_settle(struct carrier *c);
/* The connection is over. */
void inbound_forget(struct carrier *c);

#endif
