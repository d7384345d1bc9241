#ifndef PL_SHARE_DOOR_PRIV_H
#define PL_SHARE_DOOR_PRIV_H

/*
 * What the files of the door share. One file per idea:
 *
 *     door.c          attach, detach, deadlines, what the node asks
 *     announce.c      what the node says: topic messages and events
 *     payload.c       topic messages without their envelopes
 *     validate.c      topic messages before they are accepted, and the answers
 *     consumer.c      one connection: its input, its verbs
 *     publish.c       PUB and HPUB: where a message goes by its subject
 *     subscription.c  SUB and UNSUB: the life of one subscription
 *     deliver.c       one message to everybody who wants it
 *     holes.c         what a consumer missed, until it is told
 *     topics.c        gossip topics that are named here, and their counters
 *     identity.c      consumer ids: who holds one, and who takes over
 *     tickets.c       control requests that wait for the node's answer
 *
 * While a message is being handed out nothing is freed and no callback but wants_output() and
 * wants_close() is made: what must happen then is put on lists, and door_settle() does it.
 */

#include "base/buf.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "share/door.h"
#include "share/greeting.h"
#include "share/outbox.h"
#include "share/subjects.h"
#include "share/teranode_rules.h"
#include "share/topic_subject.h"
#include "wire/nats_line.h"

#define DOOR_TOKEN_MAX 256

/* One way of seeing a topic; each numbers its messages by itself. */
struct view {
	struct topic *topic;
	struct bytes subject; /* in the topic's `text` */
	uint64_t epoch;       /* of `seq` */
	uint64_t seq;         /* of its last message */
};

/* A gossip topic that a subscription names, or whose messages came. */
struct topic {
	struct map_node by_name;
	struct bytes name; /* in `text` */
	struct view views[TOPIC_VIEWS];
	size_t n_named; /* subscriptions that name it in any view; the first joined it */
	size_t n_holes;
	bool joined;
	struct list leaving; /* on door.leaving */
	struct door_counts counts;
	uint8_t text[];
};

struct hole {
	struct list link;  /* on its subscription's list, then on door.told */
	struct view *view; /* NULL: of a local subject */
	struct consumer *consumer;
	uint64_t from, to, count, bytes;
	size_t n_subject;
	uint8_t subject[];
};

struct sub {
	struct subjects_entry entry;
	struct map_node by_sid;
	struct list link; /* on door.dead */
	struct consumer *consumer;
	struct view *view; /* of a topic named without wildcards; else NULL */
	struct list holes;
	uint64_t n_delivered, max; /* max 0: none */
	size_t cost;
	bool validates;                   /* it is to judge what it gets */
	bool dead;                        /* out of the index and of its consumer's map */
	struct bytes pattern, queue, sid; /* as written; in `text` */
	uint8_t text[];
};

enum consumer_state {
	CONSUMER_NEW,     /* a token is needed, and CONNECT has not come */
	CONSUMER_WAITING, /* for its id: another connection holds it and was pinged */
	CONSUMER_READY,
	CONSUMER_CLOSING, /* flushes what it has; nothing is read any more */
};

struct consumer {
	struct door *door;
	struct list link;
	struct list ending; /* on door.ended */
	void *connection;
	enum door_via via;
	enum consumer_state state;
	uint64_t number;
	struct nats_parser in;
	struct outbox out;
	struct greeting_options options;
	struct map subs; /* by sid */
	size_t subs_cost, n_holes, n_tickets;

	struct map_node by_id; /* in while it holds its id */
	char id[LIMIT_CONSUMER_ID + 1];
	struct consumer *rival;   /* it waits for this one's id, or this one for its */
	struct mono silent_until; /* a holder that was pinged for its id; MONO_NEVER: was not */
	struct buf waiting_input; /* what came while it waited */

	struct mono attached_at, heard_at, ping_at;
	unsigned int pings_out;
	bool was_pinged;
	bool attached; /* its owner knows it, so that callbacks may name it */
	uint64_t delivered, missed, published, bytes_out;
};

struct ticket {
	struct map_node by_number;
	uint64_t number;
	struct consumer *consumer; /* NULL: gone */
	size_t n_reply;
	uint8_t reply[];
};

/* A message that validators were asked about. */
struct question {
	struct map_node by_number;
	struct list link; /* on door.questions, the earliest deadline first; or on door.abandoned */
	uint64_t number;  /* in the reply subject; nobody can guess it */
	uint64_t ticket;  /* the engine's */
	struct mono deadline;
	struct consumer *asked[LIMIT_DOOR_VALIDATORS];
	size_t n_asked;
	size_t n_topic;
	uint8_t topic[LIMIT_GOSSIP_TOPIC_NAME];
};

struct door {
	struct door_config config;
	struct list consumers;
	size_t n_consumers;
	uint64_t last_number;
	struct map ids, topics, tickets, question_numbers;
	struct list questions, abandoned;
	size_t n_validators;                      /* subscriptions to `validate.` */
	uint64_t n_unanswered;                    /* since the node was told of it */
	struct mono slow_told_at, author_told_at; /* {0}: never */
	struct authors authors;
	struct teranode_rules *rules; /* NULL: none */
	struct door_counts counts;
	struct subjects subjects;
	char server_id[33];
	struct mono now, deadline;
	struct consumer *feeding;    /* whose owner is in a call about it, and learns of its end */
	struct consumer *publishing; /* whose topic message is on its way through gossip */
	size_t n_handling;           /* operations under way */
	bool delivering, settling;
	struct list dead, told, leaving, ended;
	struct buf scratch;    /* header blocks, lines */
	struct buf name, data; /* of an envelope */
};

/* ---- door.c ---- */

/* Does what was put off while a message was handed out: frees, tells gaps, leaves topics. */
void door_settle(struct door *d);
/* The same with the next tick, which becomes due. */
void door_settle_later(struct door *d);
void door_deadline_at(struct door *d, struct mono at);

/* ---- consumer.c ---- */

/* Puts a line on the queue, into its reserve if need be; no room there ends the connection. */
void consumer_send(struct consumer *c, struct bytes line);
void consumer_send_text(struct consumer *c, const char *line);
void consumer_send_op(struct consumer *c, const struct nats_op *op);
/* -ERR with a text that begins `Permissions Violation for`, and goes on with `what` ("Publish to"),
 * the subject in quotes, a queue if there is one, and `why`, which may be NULL. The connection goes
 * on. */
void consumer_refuse(struct consumer *c, const char *what, struct bytes subject, struct bytes queue,
		     const char *why);
/* A negative errno of the node's, in words. */
const char *consumer_why_not(int error);
/* Flush and close; `error` is what -ERR says, NULL for a close without a word. What it held is
 * given back by door_settle(). */
void consumer_close(struct consumer *c, const char *error);
/* Takes away what it held: subscriptions, id, tickets. */
void consumer_bury(struct consumer *c);
/* The id is settled: goes on with what came in the meantime. */
void consumer_resume(struct consumer *c);
void consumer_send_info(struct consumer *c, bool lame_duck);
static inline bool consumer_is_open(const struct consumer *c)
{
	return c->state == CONSUMER_READY || c->state == CONSUMER_WAITING;
}

/* ---- publish.c ---- */

void consumer_publish(struct consumer *c, const struct nats_op *op);

/* ---- subscription.c ---- */

void consumer_subscribe(struct consumer *c, const struct nats_op *op);
void consumer_unsubscribe(struct consumer *c, const struct nats_op *op);
/* Out of every look-up now; freed by door_settle(). */
void sub_kill(struct sub *s);
void sub_free(struct sub *s);

/* ---- deliver.c ---- */

struct letter {
	struct bytes subject, reply, header, payload;
	const struct consumer *from; /* NULL: from the node */
	struct view *view;           /* NULL: a local subject */
	struct question *question;   /* that it puts; NULL: none */
	uint64_t seq;
	struct shared_bytes *shared; /* header, payload, CR LF; made for the first who needs it */
};

/* To everybody who wants it; returns how many that are. */
size_t deliver(struct door *d, struct letter *l);

/* ---- announce.c ---- */

/* What a topic message brings along besides its bytes. */
struct about {
	const struct gossip_delivery *message;
	bool verified;
	struct wall received;
	const struct bytes *name; /* the envelope's; NULL: is not said */
};

/* Numbers `l` in its view, which is set, gives it its headers and hands it out; returns how many
 * want it. */
size_t announce(struct door *d, struct letter *l, const struct about *about);

/* ---- payload.c ---- */

void payload_deliver(struct door *d, struct topic *t, const struct about *about);

/* ---- validate.c ---- */

/* It has the message that `q` is about. */
void question_asked(struct question *q, struct consumer *c);
/* PUB on a reply subject of ours. */
bool verdict_subject_is(struct bytes subject);
void verdict_take(struct consumer *c, const struct nats_op *op);
/* It will not answer any more. */
void questions_forget(struct consumer *c);
void questions_tick(struct door *d, struct mono now);
struct mono questions_deadline(const struct door *d);
void questions_free(struct door *d);

/* ---- holes.c ---- */

/* The open hole of this subscription for this view (NULL: for local subjects), or NULL. */
struct hole *hole_find(struct sub *s, const struct view *view);
/* One message more was missed. -ENOSPC, -ENOMEM: it could not be written down. */
_nodiscard_ int hole_dig(struct sub *s, const struct letter *l);
/* The next message got through: door_settle() tells. */
void hole_close(struct hole *h);
void hole_tell(struct hole *h);

/* ---- topics.c ---- */

/* Finds or adds. -ENOSPC, -ENOMEM. */
_nodiscard_ int topic_get(struct door *d, struct bytes name, struct topic **ret);
/* One subscription more (less) names it. A refusal of topic_join is returned unchanged. */
_nodiscard_ int topic_name(struct door *d, struct topic *t);
void topic_unname(struct door *d, struct topic *t);
/* Frees it if nothing refers to it. */
void topic_unused(struct door *d, struct topic *t);

/* ---- identity.c ---- */

/* Takes the id of its options: at once, or after the holder was found silent (CONSUMER_WAITING), or
 * never (CONSUMER_CLOSING). */
void identity_claim(struct consumer *c);
/* The holder gave a sign of life. */
void identity_holder_lives(struct consumer *holder);
/* It goes away: gives back its id, or its claim. */
void identity_release(struct consumer *c);

/* ---- tickets.c ---- */

void ticket_open(struct consumer *c, struct bytes verb, const struct nats_op *op);
void tickets_forget(struct consumer *c);
void tickets_free(struct door *d);

#endif
