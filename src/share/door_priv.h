#ifndef PL_SHARE_DOOR_PRIV_H
#define PL_SHARE_DOOR_PRIV_H

/*
 * What the files of the door share. One file per idea:
 *
 *     door.c          attach, detach, deadlines, what the node asks
 *     announce.c      what the node says: topic messages and events
 *     payload.c       topic messages without their envelopes
 *     validate.c      topic messages before they are accepted, and the answers
 *     consumer.c      one connection: its verbs, its end
 *     intake.c        what it says, in portions and at its rate
 *     memory.c        what all of them may make us hold
 *     inbox.c         whose an inbox is
 *     credentials.c   what it may do, and when that changes
 *     publish.c       PUB and HPUB: where a message goes by its subject
 *     subscription.c  SUB and UNSUB: the life of one subscription
 *     deliver.c       one message to everybody who wants it
 *     turns.c         whose turn it is in a queue group
 *     give_back.c     what a member of one was not sent, when it ends
 *     marks.c         which messages wait in a consumer's queue
 *     holes.c         what a consumer missed, until it is told
 *     lag.c           who does not read
 *     away.c          who ended and may come back, and what it misses meanwhile
 *     restart.c       the same across an orderly restart, in the format of numbers.h
 *     topics.c        gossip topics that are named here, and their counters
 *     refusals.c      who was not let in, told
 *     identity.c      consumer ids: who holds one, and who takes over
 *     tickets.c       control requests that wait for the node's answer
 *     user_info.c     what NATS' own tools ask about their connection
 *
 * While a message is being handed out nothing is freed and no callback but wants_output() and
 * wants_close() is made: what must happen then is put on lists, and door_settle() does it.
 */

#include "share/door_state.h"

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
void consumer_ping(struct consumer *c);
/* Close without a word, and without what waits: it is not read. */
void consumer_drop(struct consumer *c);
/* Takes away what it held: subscriptions, id, tickets. */
void consumer_bury(struct consumer *c);
/* One operation; a mistake in the protocol, one of NATS_E_*. */
void consumer_handle(struct consumer *c, const struct nats_op *op);
void consumer_mistook(struct consumer *c, int outcome);
/* The id is settled: goes on with what came in the meantime. */
void consumer_resume(struct consumer *c);
void consumer_send_info(struct consumer *c, bool lame_duck);
static inline bool consumer_is_open(const struct consumer *c)
{
	return c->state == CONSUMER_READY || c->state == CONSUMER_WAITING;
}

/* ---- intake.c ---- */

void intake_add(struct consumer *c, struct bytes b);
/* With what is held; at intake_deadline(), MONO_NEVER: nothing is. */
void intake_go_on(struct consumer *c);
struct mono intake_deadline(const struct consumer *c);
/* Other rates begin anew: nobody waits for what an earlier one made it owe. */
void intake_set_rates(struct consumer *c, uint64_t messages, uint64_t bytes);

/* ---- memory.c ---- */

/* Counts what all consumers make us hold, and gives each its share; at most once in
 * LIMIT_DOOR_COUNT_MS. May end one. */
void memory_count(struct door *d);
size_t memory_of_input(const struct consumer *c);
size_t memory_of_output(const struct consumer *c);

/* ---- credentials.c ---- */

/* From now on it has these; subscriptions that it may not have any more are ended, and it is told.
 * Returns how many. */
size_t consumer_set_rights(struct consumer *c, const struct rights *rights);
/* Its credentials allow one connection more. Who waits for another's id is not counted: it takes
 * that one's place, or is refused. */
bool consumer_has_place(const struct consumer *c);
/* NULL, or why it may not, in `room`. */
#define REASON_MAX (LIMIT_CONSUMER_ID + 128)
const char *consumer_may_not_subscribe(const struct consumer *c, struct bytes pattern,
				       char room[REASON_MAX]);
const char *consumer_may_not_publish(const struct consumer *c, const struct nats_op *op,
				     char room[REASON_MAX]);
const char *consumer_may_not_be_answered(const struct consumer *c, struct bytes reply,
					 char room[REASON_MAX]);
const char *consumer_may_not_ask(const struct consumer *c, struct bytes verb,
				 char room[REASON_MAX]);

/* ---- inbox.c ---- */

/* Is that where a consumer with other rights has its replies? `c` did not have to be told of it: it
 * sees where others want theirs when it is asked something. */
bool inbox_is_anothers(const struct consumer *c, struct bytes pattern);
/* `c` has its replies there: whoever listens there by nothing but the right to an inbox of its own
 * is ended, if `c` is the owner's. */
void inbox_take(struct consumer *c, struct bytes pattern);

/* ---- publish.c ---- */

void consumer_publish(struct consumer *c, const struct nats_op *op);

/* ---- subscription.c ---- */

void consumer_subscribe(struct consumer *c, const struct nats_op *op);
void consumer_unsubscribe(struct consumer *c, const struct nats_op *op);
/* Out of every look-up now; freed by door_settle(), once no mark refers to it. */
void sub_kill(struct sub *s);
void sub_free(struct sub *s);

/* ---- deliver.c ---- */

/* So many subscriptions that are looked at take the time of one delivery, and so many bytes that
 * are to be written to sockets. */
#define LOOKED_AT_PER_WORK 8
#define BYTES_PER_WORK 2048

struct letter {
	struct bytes subject, reply, header, payload;
	const struct consumer *from; /* NULL: from the node */
	const struct peer_id *via;   /* who brought it; NULL: a local subject */
	struct view *view;           /* NULL: a local subject */
	struct question *question;   /* that it puts; NULL: none */
	uint64_t seq;
	size_t n_hits;                /* subscriptions that match */
	bool alike;                   /* it looks the same to several of them */
	struct frame frame;           /* made for the first who needs it ... */
	const struct sub *looks_like; /* ... as that one is to see it */
};

/* To everybody who wants it; returns how many that are. */
size_t deliver(struct door *d, struct letter *l);
/* To one member of this queue group, if one has room. */
bool deliver_in_group(struct door *d, struct letter *l, struct bytes queue);

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

/* ---- topics.c ---- */

/* Finds or adds. -ENOSPC, -ENOMEM. */
_nodiscard_ int topic_get(struct door *d, struct bytes name, struct topic **ret);
/* One subscription more (less) names it. A refusal of topic_join is returned unchanged; -ENOSPC:
 * LIMIT_DOOR_TOPICS_OF_ONE. */
_nodiscard_ int topic_name(struct door *d, struct topic *t, const struct rights *rights);
/* The table takes the place of the door's. */
void topics_set_rights(struct door *d, const struct rights_table *t);
void topic_unname(struct door *d, struct topic *t);
/* Nobody names it any more, nor is it kept for anybody: door_settle() leaves it. */
void topic_may_leave(struct door *d, struct topic *t);
/* Nobody here heard the topic for a while: one number stands for whatever was said in that time, so
 * that it is seen in the numbers of whoever goes on where it was. */
void topic_pause(struct topic *t);
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

/* ---- refusals.c ---- */

/* Tells it, if none was told this second. */
void door_refused(struct door *d, const struct door_refusal *refusal);
/* The same of one that has shown whose it is. */
void consumer_refused(const struct consumer *c, enum door_refused_why why, const char *text);

/* ---- user_info.c ---- */

/* `$SYS.REQ.USER.INFO`: whose the connection is and what it may do, as nats-server answers since
 * 2.10. */
bool user_info_is(struct bytes subject);
void user_info_tell(struct consumer *c, struct bytes reply);

/* ---- tickets.c ---- */

void ticket_open(struct consumer *c, struct bytes verb, const struct nats_op *op);
void tickets_forget(struct consumer *c);
void tickets_free(struct door *d);

#endif
