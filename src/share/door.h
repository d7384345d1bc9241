#ifndef PL_SHARE_DOOR_H
#define PL_SHARE_DOOR_H

/*
 * The door: the server side of the NATS client protocol for local consumers, without I/O. Sockets
 * are the node's (node/door_sockets.c): bytes go in by consumer_input(), come out by
 * consumer_output().
 *
 *     door_new(); door_attach() per connection; consumer_input/_output/_sent; door_tick() at
 * door_deadline(); door_detach()
 *
 * What a consumer makes us hold is charged to it and bounded (consumer_bytes); publishing never
 * waits for a reader. A message that does not fit is dropped for that consumer, counted, and told:
 * the next message of that subscription carries `Pl-Gap: from-to`, and $PL.EVENT.GAP says so.
 *
 * What a consumer may do its rights say (share/rights.h), and how fast: beyond that it is not read.
 *
 * Callbacks of door_ops run inside any call here; they may call door_deliver(), door_event(),
 * door_api_reply() and gossip, but not consumer_input() or door_detach(). wants_output(),
 * wants_input() and wants_close() may call nothing here: they only note what is to be done.
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/random.h"
#include "base/time.h"
#include "route/gossip.h"
#include "share/account.h"
#include "share/authors.h"
#include "share/subject.h"

struct door;
struct consumer;
struct rights;
struct rights_table;

/* What happens to a consumer that does not read. */
enum door_slow {
	DOOR_SLOW_GAP,        /* what does not fit is dropped, and told with its next message */
	DOOR_SLOW_DISCONNECT, /* it is closed without a word, as a NATS server does */
};

/* "gap", "disconnect". */
const char *door_slow_text(enum door_slow slow);

/* What waits for a consumer. */
struct door_lag {
	size_t messages, bytes;
	uint64_t since_ms; /* so long nothing left; 0 while nothing waits */
};

enum door_gap_why {
	DOOR_GAP_SLOW,    /* the consumer did not read */
	DOOR_GAP_AWAY,    /* it was not connected, or its connection ended before this left */
	DOOR_GAP_RESTART, /* the same, and the node was away as well */
};

/* What one subscription missed. What did not fit is told once, when its next message gets through
 * or when the connection ends; what was said while a consumer was away, when it subscribes again.
 * Texts are borrowed for the call. */
struct door_gap {
	enum door_gap_why why;
	const char *consumer;  /* the id; "" if it has none */
	struct bytes subject;  /* of a topic's messages, else the subscription's pattern */
	uint64_t count, bytes; /* of what came here: what the node itself missed is unknown */
	bool has_seq;          /* topic messages only */
	uint64_t from, to;     /* Pl-Seq */
};

enum door_refused_why {
	DOOR_REFUSED_NAME_HELD,   /* by another connection */
	DOOR_REFUSED_NAME,        /* it is too long, or not for this token */
	DOOR_REFUSED_TOKEN,       /* nobody's, none, or not that of this connection */
	DOOR_REFUSED_CONNECTIONS, /* its token has as many as it may */
	DOOR_REFUSED_FULL,        /* all together are as many as may be */
};

/* "name_held", "name", "token", "connections", "full". */
const char *door_refused_text(enum door_refused_why why);

enum door_via {
	DOOR_UNIX_OWNER, /* same user, by SO_PEERCRED: needs no token */
	DOOR_UNIX_OTHER,
	DOOR_TCP,
};

/* "unix", "tcp". */
const char *door_via_text(enum door_via via);

/* A connection that was not let in. Texts are borrowed for the call. */
struct door_refusal {
	enum door_refused_why why;
	const char *consumer;    /* the name it gave; "" if it gave none */
	const char *credentials; /* NULL: it has shown none that are good */
	enum door_via via;
	const char *text;  /* the same in words, what to do included; never the token */
	uint64_t left_out; /* others, since the last one that was told */
};

struct door_ops {
	/* The first (last) subscription to a topic that names it without wildcards. A refusal
	 * (negative errno) becomes a Permissions Violation of that SUB. */
	int (*topic_join)(void *user, struct bytes topic);
	void (*topic_leave)(void *user, struct bytes topic);
	/* PUB on `topic.<name>`; a negative errno becomes a Permissions Violation that says why
	 * (`ret_text`, borrowed). */
	int (*topic_publish)(void *user, struct bytes topic, struct bytes data,
			     const char **ret_text);
	/* `$PL.API.<verb>` with a reply subject, from who may ask that. Answer now or later
	 * with door_api_reply(ticket, json). */
	void (*api)(void *user, struct bytes verb, struct bytes body, uint64_t ticket);
	/* What became of a message that door_validate() took; made from consumer_input() and
	 * door_tick() only. */
	void (*verdict)(void *user, uint64_t ticket, enum gossip_verdict verdict);
	/* From now on this author's messages are skipped on `payload.`; at most once a second, the
	 * others are only counted. */
	void (*on_author_skipped)(void *user, const struct peer_id *author, struct bytes topic);
	/* Since the last time `n` messages had no answer, the latest of them of this topic from
	 * this consumer; at most once a minute. */
	void (*on_validator_slow)(void *user, const char *consumer, struct bytes topic, uint64_t n);
	/* From door_tick() only: nothing left for a while although something waits, or nothing
	 * waits any more. `consumer` is its id. */
	void (*on_lag)(void *user, const char *consumer, bool lags, const struct door_lag *lag);
	/* At most once a second. May be NULL. */
	void (*on_refused)(void *user, const struct door_refusal *refusal);
	/* Something was missed: count it, and answer with door_event("GAP", door_gap_json()). */
	void (*on_gap)(void *user, const struct door_gap *gap);
	/* There is output for this connection, where there was none: call consumer_output() before
	 * the loop waits. */
	void (*wants_output)(void *user, void *connection);
	/* Stop (start again) reading from this connection: back-pressure. Notes it and calls
	 * nothing here. */
	void (*wants_input)(void *user, void *connection, bool wanted);
	/* The door is done with this connection: flush what consumer_output() has, close it, then
	 * door_detach(). */
	void (*wants_close)(void *user, void *connection);
};

struct door_config {
	const char *server_name; /* INFO */
	const char *version;     /* ours: announced as 2.10.0-peerline.<version> */
	const char *host;
	uint16_t port;
	const char *token;        /* the owner's; borrowed */
	const char *topic_prefix; /* "" or a prefix for names without '/' */
	struct peer_id id;        /* the author of what is published here */
	const char *client_name;  /* in envelopes; borrowed */
	bool teranode_rules;      /* hold our consumers to teranode_rules.h */
	size_t consumer_bytes;    /* held for one consumer of the owner's */
	enum door_slow slow;      /* of consumers that nothing else is said about */
	size_t consumers_memory;  /* for all together; 0: no limit */
	struct random random;
	const struct door_ops *ops;
	void *user;
};

_nodiscard_ int door_new(const struct door_config *config, struct door **ret);
struct door *door_free(struct door *d);

/* There is output at once, without a callback. -ENOSPC: LIMIT_DOOR_CONSUMERS; the NATS refusal is
 * then queued, flush and close; `ret` is set all the same. -ENOMEM. */
_nodiscard_ int door_attach(struct door *d, enum door_via via, void *connection, struct mono now,
			    struct consumer **ret);
/* The connection is gone; everything of it is freed. Takes NULL. */
void door_detach(struct door *d, struct consumer *c);

/* Any split. 1: the consumer made a mistake or is to go; flush consumer_output() and close. */
_nodiscard_ int consumer_input(struct consumer *c, struct bytes b, struct mono now);
/* What to write next, in pieces, borrowed until the next call on this door. Returns how many pieces
 * of `v` were filled; 0: nothing waits. */
size_t consumer_output(struct consumer *c, struct bytes *v, size_t n_v);
/* The first `n` bytes of it were taken. */
void consumer_sent(struct consumer *c, size_t n);
/* It broke off: takes what had come before that and waits, as far as its quota allows. */
void consumer_hang_up(struct consumer *c, struct mono now);

struct mono door_deadline(const struct door *d);
/* Also before consumer_sent() in a turn of the loop in which nothing came: it tells the time. */
void door_tick(struct door *d, struct mono now);

struct door_rights_change {
	size_t n_disconnected;        /* their token is gone */
	size_t n_subscriptions_ended; /* of others, whose rights shrank */
};

/* Takes `t`, which may be NULL: only the owner may come in. Consumers keep what they may have. */
void door_set_rights(struct door *d, struct rights_table *t, struct mono now,
		     struct door_rights_change *ret);
/* consumer_bytes, slow and consumers_memory of door_config, from now on. */
void door_set_limits(struct door *d, size_t consumer_bytes, enum door_slow slow,
		     size_t consumers_memory);
/*
 * For an orderly restart: what is to be known of numbers and of who was waited for, once every
 * consumer is detached; and the same again, before the first is attached. Nothing is joined or
 * numbered if it is not what door_save() wrote: -EBADMSG. Also -ENOMEM, -ENOBUFS.
 */
_nodiscard_ int door_save(struct door *d, struct wall wall, struct mono now, struct buf *out);
_nodiscard_ int door_restore(struct door *d, struct bytes saved, struct wall wall, struct mono now);
/* An INFO with ldm to everybody: the node is about to end. */
void door_lame_duck(struct door *d);

/* A topic message to everyone who wants it, as it came and without its envelope. */
void door_deliver(struct door *d, const struct gossip_delivery *m, bool verified,
		  struct wall received, struct mono now);
struct door_question {
	uint64_t ticket;
	uint64_t wait_ms; /* as long as the engine waits */
	struct wall received;
};

/* A message that is not accepted yet: did anybody get it who is to judge it? Then verdict() follows
 * with the ticket, unless wait_ms pass first. Calls nothing but wants_output() and wants_close().
 */
_nodiscard_ bool door_validate(struct door *d, const struct gossip_delivery *m,
			       const struct door_question *about, struct mono now);
/* `$PL.EVENT.<kind>`. Calls nothing but wants_output() and wants_close(), so it may be told from
 * anywhere; what it brings about waits for door_tick(), and door_deadline() may have become due. */
void door_event(struct door *d, const char *kind, struct bytes json);
/* The body of a GAP event; `out` is empty when there is no memory. */
void door_gap_json(const struct door_gap *gap, struct wall at, struct buf *out);
void door_api_reply(struct door *d, uint64_t ticket, struct bytes json);

struct door_counts {
	uint64_t teranode_refused; /* publications */
	/* Messages that somebody wanted by `payload.` and did not get: no envelope, another author
	 * named inside, their author skipped, no memory. */
	uint64_t payload_malformed, payload_mismatched, payload_skipped, payload_failed;
	uint64_t authors_skipped;
	/* Messages that validators were asked about, and the answers. What nobody answered in time
	 * and what all who were asked left behind counts as accepted by the engine. */
	uint64_t validate_asked, validate_accepted, validate_ignored, validate_rejected;
	uint64_t validate_unanswered, validate_abandoned;
};

struct consumer_info {
	const char *id; /* the connection's name; "" if it gave none */
	enum door_via via;
	const struct rights *rights;
	size_t n_subscriptions, bytes_held;
	uint64_t throttled_ms; /* it waited so long because of its quotas */
	uint64_t delivered, missed, published, bytes_in, bytes_out, gaps;
	const char *lang, *client_version;
	uint64_t up_ms;
	size_t bytes_max;
	enum door_slow slow;
	struct door_lag lag;
	const struct consumer *consumer;
};

/* What one subscription got. */
struct consumer_use {
	struct bytes subject, queue;
	uint64_t delivered;
	const struct account *account;
};

void consumer_uses(const struct consumer *c,
		   void (*each)(void *user, const struct consumer_use *use), void *user);

void door_consumers(const struct door *d,
		    void (*each)(void *user, const struct consumer_info *info), void *user);
size_t door_n_consumers(const struct door *d);
/* Consumers that named this topic. */
size_t door_topic_consumers(const struct door *d, struct bytes topic);
struct door_counts door_counts(const struct door *d);
/* payload_* of one topic, since somebody wanted it; the other counts are 0. */
struct door_counts door_topic_counts(const struct door *d, struct bytes topic);
/* Authors of messages that were no good (share/authors.h). */
void door_authors(const struct door *d, struct mono now,
		  void (*each)(void *user, const struct author_info *info), void *user);

#endif
