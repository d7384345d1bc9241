#ifndef PL_NET_LINK_H
#define PL_NET_LINK_H

/*
 * A link: one authenticated libp2p connection, without I/O. It negotiates security (multistream,
 * Noise) and the muxer (early in the Noise payload, else by multistream), verifies who is there,
 * and then carries streams, each with its own protocol negotiation. net.h drives links over
 * sockets; it is the only caller of the *_input/_output/_tick group.
 *
 * A link that is up belongs to whoever got on_up until on_down. Callbacks come from link_input()
 * and link_tick() only, never inside the other calls; they may call everything but the driver's
 * group and link_free().
 */

#include "base/addr.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/def.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "wire/noise_payload.h"
#include "wire/peer_id.h"

struct link;
struct stream;

/* Why a link ended. Texts (link_reason_text) are stable: they stand in events, logs and metrics. */
enum link_reason {
	LINK_CLOSED,             /* "closed": orderly, by the other side or the network's FIN */
	LINK_SHUTDOWN,           /* "shutdown": this node ends */
	LINK_DUPLICATE,          /* "duplicate": settled by the keeper; never a failure */
	LINK_DISCONNECTED,       /* "disconnected": the owner asked for it */
	LINK_LIMIT,              /* "limit": a maximum of ours */
	LINK_NETWORK,            /* "network": reset, unreachable, refused */
	LINK_HANDSHAKE_TIMEOUT,  /* "handshake_timeout" */
	LINK_LIVENESS_TIMEOUT,   /* "liveness_timeout": no answer to pings */
	LINK_STALLED,            /* "stalled": announced bytes do not come */
	LINK_NOT_LIBP2P,         /* "not_libp2p": the first bytes are of no dialect we speak */
	LINK_NO_COMMON_PROTOCOL, /* "no_common_protocol": security or muxer */
	LINK_BAD_HANDSHAKE,      /* "bad_handshake": Noise failed or its payload is malformed */
	LINK_BAD_IDENTITY,       /* "bad_identity": the signature or key does not verify */
	LINK_WRONG_PEER,         /* "wrong_peer": not the peer id that was dialled */
	LINK_SELF,               /* "self": we reached ourselves */
	LINK_WRONG_NETWORK,      /* "wrong_network": a peerline of another network name */
	LINK_PROTOCOL_ERROR,     /* "protocol_error": yamux or framing */
	LINK_OVER_BUDGET, /* "over_budget": held much and took nothing while memory was short */
	LINK_BANNED,      /* "banned": the user wants no link with it */
	LINK_NO_MEMORY,   /* "no_memory" */
};

const char *link_reason_text(enum link_reason r);

/* What all links of a node share; borrowed for life. */
struct link_config {
	const struct key_pair *key;
	struct peer_id id; /* of `key` */
	struct random random;
	struct noise_extension
		extension; /* what we tell other peerlines; link_id is filled per link */
	/* Is `protocol` (without newline) one we answer? Decides on inbound streams. */
	bool (*serves)(void *user, struct bytes protocol);
	const struct link_ops *ops;
	void *user;
};

struct link_ops {
	/* Handshake done, peer verified, streams possible. */
	void (*on_up)(void *user, struct link *l);
	/* The other side opened a stream for a protocol we serve. Call stream_accept() or
	 * stream_reset() before returning. */
	void (*on_stream)(void *user, struct link *l, struct stream *s, struct bytes protocol);
	/* The other side ends the link: close the streams on it, or write the last on them; after
	 * this call nothing can be written any more, what is queued still leaves. */
	void (*on_going)(void *user, struct link *l);
	/* Round trip by yamux ping. */
	void (*on_rtt)(void *user, struct link *l, uint64_t rtt_ns);
};

/* ---- the driver's group (net.c) ---- */

/* `expected` NULL: whoever answers. The handshake deadline counts from `now`. */
_nodiscard_ int link_new(const struct link_config *config, bool dialer,
			 const struct peer_id *expected, struct mono now, struct link **ret);
/* Over at once: the connection is gone, or what came on it is a violation. A reason given earlier
 * by link_close() stays. */
void link_end(struct link *l, enum link_reason reason);
/*
 * Ends all streams (on_closed with STREAM_LINK_DOWN); from then on the link only answers questions.
 * The driver calls it before it tells the owner that the link is down, so that this is the last the
 * owner hears.
 */
void link_down(struct link *l);
/* link_down() where it has not been, then frees. Takes NULL. */
struct link *link_free(struct link *l);
/* 0, or 1: the link is over, see link_reason(); flush what link_output() still gives, then close.
 */
_nodiscard_ int link_input(struct link *l, struct bytes b, struct mono now);
/* The other side's FIN: as link_input(). What is queued may still be sent. */
_nodiscard_ int link_input_end(struct link *l, struct mono now);
/* Encrypted bytes for the socket, appended to `out`, about `max` of them. False when nothing is
 * left to say. */
bool link_output(struct link *l, struct buf *out, size_t max);
bool link_has_output(const struct link *l);
/* link_close() was called, or the other side has gone: what is queued leaves, nothing is added. */
bool link_is_closing(const struct link *l);
/* Closing, and all is said: time for the FIN. */
bool link_is_drained(const struct link *l);
/* Changes with input, output and whatever calls `wants_output`; ask again after each. */
struct mono link_deadline(const struct link *l);
/* As link_input(). */
_nodiscard_ int link_tick(struct link *l, struct mono now);
void link_set_driver(struct link *l, void *driver, void (*wants_output)(void *driver));
void *link_driver(const struct link *l);

/* ---- for everyone ---- */

bool link_is_up(const struct link *l);
bool link_is_dialer(const struct link *l);
bool link_is_going(const struct link *l);
const struct peer_id *link_peer(const struct link *l); /* verified; set once up */
struct bytes link_peer_key(const struct link *l);      /* the PublicKey protobuf it proved */
/* What the other peerline told in its extension; NULL for foreign software. */
const struct noise_extension *link_extension(const struct link *l);
uint64_t link_id(const struct link *l); /* ours for this link, also told to other peerlines */
enum link_reason link_reason(const struct link *l);
uint64_t link_rtt_ns(const struct link *l);
struct mono link_up_at(const struct link *l);
struct link_counts {
	uint64_t bytes_in, bytes_out; /* on the socket */
	uint64_t streams_in, streams_out;
};
struct link_counts link_counts(const struct link *l);
size_t link_queued(const struct link *l);
/*
 * Who pays for what the link holds: queues, what of a record has come, streams. Nobody until it is
 * called. The link must be freed, or on another account, before `a` goes.
 */
void link_charge_to(struct link *l, struct budget_account *a);
/* For what the link's users and its driver hold on behalf of the peer. */
struct charge *link_charge(struct link *l);
void *link_user(const struct link *l);
void link_set_user(struct link *l, void *user);

void link_ping(struct link *l, struct mono now);
/* When the oldest unanswered ping left; MONO_NEVER: none. */
struct mono link_ping_sent_at(const struct link *l);

/* ---- streams ---- */

enum stream_end {
	STREAM_DONE,    /* both sides closed */
	STREAM_RESET,   /* by the other side, `code` as sent */
	STREAM_REFUSED, /* no proposed protocol is spoken there */
	STREAM_TIMEOUT, /* negotiation took too long */
	STREAM_LINK_DOWN,
};

/* NULL entries are allowed. on_closed comes last and exactly once, unless the user reset or forgot
 * the stream. */
struct stream_ops {
	void (*on_open)(void *user, struct stream *s,
			struct bytes protocol);                        /* outbound: negotiated */
	void (*on_data)(void *user, struct stream *s, struct bytes b); /* borrowed */
	void (*on_eof)(void *user, struct stream *s);
	void (*on_writable)(void *user, struct stream *s);
	void (*on_closed)(void *user, struct stream *s, enum stream_end end, uint32_t code);
};

/*
 * Opens a stream and proposes `protocols` in order (NULL-terminated, literals: borrowed for life).
 * Data may be written at once; it leaves after the negotiation. Errors as yamux_open().
 */
_nodiscard_ int link_open_stream(struct link *l, const char *const *protocols,
				 const struct stream_ops *ops, void *user, struct stream **ret);
/* As link_open_stream() for one protocol the peer is known to serve: header, proposal and data
 * leave in one flight. */
_nodiscard_ int link_open_stream_lazy(struct link *l, const char *protocol,
				      const struct stream_ops *ops, void *user,
				      struct stream **ret);
void stream_accept(struct stream *s, const struct stream_ops *ops, void *user);
struct link *stream_link(const struct stream *s);
/* All or nothing. -EAGAIN: on_writable follows. -EPIPE: closed, or the link is closing. -EMSGSIZE:
 * more than LIMIT_STREAM_SEND at once. -ENOMEM. */
_nodiscard_ int stream_write(struct stream *s, const struct bytes *v, size_t n_v);
size_t stream_queued(const struct stream *s);
void stream_close(struct stream *s); /* our side; reading goes on */
void stream_reset(struct stream *s, uint32_t code);
void stream_forget(struct stream *s); /* finishes by itself, without callbacks */
void stream_hold(struct stream *s, bool hold);
/* The link's other streams go first, and it is the first that memory is short for. */
void stream_set_low(struct stream *s, bool low);

/*
 * Ends the link in order: what is queued, the FINs of streams that were closed, GoAway, FIN.
 * Nothing can be written any more, and streams that are to end well are closed before: foreign
 * software forgets what it has not read of a stream that is open when the link ends, so it also has
 * LIMIT_LINGER_MS to answer those FINs. Meanwhile we read, and serve what the other side opens;
 * another peerline says GoAway when it has said all, and then comes the FIN. on_down of net.h
 * follows with this reason, at the latest after the liveness timeout.
 */
void link_close(struct link *l, enum link_reason reason);

#endif
