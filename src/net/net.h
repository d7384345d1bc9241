#ifndef PL_NET_NET_H
#define PL_NET_NET_H

/*
 * Links over sockets: listening, dialling, the first look at what an inbound connection speaks, the
 * handshake's absolute deadline, the limits on strangers (per address, half-open), flushing once
 * per turn of the loop, closing. Knows no peers.
 *
 *     net_new(); net_listen(); net_dial() ... on_up, on_stream, on_down; net_close_all();
 * net_free()
 */

#include "loop/loop.h"
#include "net/link.h"

struct net;
struct net_dial;

/* Who ended it, for the record: every close has a reason, from both sides. */
enum net_by {
	NET_BY_US,
	NET_BY_THEM,
	NET_BY_NETWORK,
};

struct net_ops {
	/* A link is up. `dial_user` is what net_dial() was given, NULL for inbound. */
	void (*on_up)(void *user, struct link *l, void *dial_user);
	void (*on_stream)(void *user, struct link *l, struct stream *s, struct bytes protocol);
	void (*on_going)(void *user, struct link *l);
	void (*on_rtt)(void *user, struct link *l, uint64_t rtt_ns);
	/* A link that was up is over: last call, `l` is freed after it returns. */
	void (*on_down)(void *user, struct link *l, enum link_reason reason, enum net_by by);
	/* A dial did not become a link. `error` is a negative errno with LINK_NETWORK, else 0. */
	void (*on_dial_failed)(void *user, void *dial_user, enum link_reason reason, int error);
	/* Does this address belong to a peer we know? Such connections may use the reserved
	 * half-open places. May be NULL. */
	bool (*is_known)(void *user, const struct addr *a);
};

struct net_config {
	struct loop *loop;
	/* .ops and .user are net's own: leave them zero. .serves gets the `user` below. */
	struct link_config link;
	size_t half_open_max, per_ip_max;
	const struct net_ops *ops;
	void *user;
};

/* Counted for ever; named as in the status answer. */
struct net_counts {
	uint64_t accepted, refused_per_ip, refused_half_open, handshake_timeouts,
		handshake_failures, not_libp2p;
	uint64_t dials, dials_failed, accept_errors;
	size_t half_open; /* inbound connections without a finished handshake, now */
};

_nodiscard_ int net_new(const struct net_config *config, struct net **ret);
/* All links must be down; what else is left (dials, strangers) goes without a word. Takes NULL. */
struct net *net_free(struct net *n);

/* `at` with port 0: the kernel chooses; the real one is put into `at`. */
_nodiscard_ int net_listen(struct net *n, struct addr *at);
/* Errors other than -ENOMEM come as on_dial_failed, so that every dial has exactly one outcome. */
_nodiscard_ int net_dial(struct net *n, const struct addr *to, const struct peer_id *expected,
			 void *dial_user, struct net_dial **ret);
/* No outcome is reported. Not after the dial had its outcome. */
void net_dial_cancel(struct net_dial *d);
/* Stops listening and dialling; closes every link with `reason`. */
void net_close_all(struct net *n, enum link_reason reason);
struct net_counts net_counts(const struct net *n);

struct addr net_link_remote(const struct link *l);
struct addr net_link_local(const struct link *l);
/* Everything leaves at the end of the loop's turn; what has been written on this link leaves now.
 * Not inside a callback of the same link. */
void net_link_flush(struct link *l);
/* Drops the socket without a word: for links whose peer is silent. on_down follows; a reason given
 * earlier by link_close() stays. */
void net_link_abort(struct link *l, enum link_reason reason);

#endif
