#ifndef PEERLINE_CONSUMER_H
#define PEERLINE_CONSUMER_H

/*
 * peerline for consumers: programs that share the links of a node. The same code runs attached to a
 * node that runs elsewhere on the host, or with a node of its own inside the process; the address
 * decides.
 *
 *     struct pl_line *line;
 *     struct pl_consumer *c;
 *     const struct pl_message *m;
 *     if (pl_line_open("unix:/run/peerline/peerline.sock", NULL, 0, &line) == 0 &&
 *         pl_consumer_open(line, NULL, &c) == 0 &&
 *         pl_consumer_subscribe(c, "topic.demo/news", NULL, NULL) == 0)
 *             while (pl_consumer_next(c, PL_FOREVER, &m) == 0)
 *                     if (m->kind == PL_MESSAGE)
 *                             printf("%s: %.*s\n", m->subject, (int)m->data_size, m->data);
 *     pl_consumer_close(c);
 *     pl_line_close(line);
 *
 * Results: 0 is done; a positive number is an outcome of PL_OUTCOMES; a negative number is an
 * errno: -EINVAL (an argument), -ENOMEM, and what a call names. pl_strerror() has a text for all of
 * them. Threads: one consumer is used by one thread at a time, different ones by different threads.
 * No call of yours is ever made from the library's own thread. Times are milliseconds. Texts of
 * yours are copied. Every options structure begins with its own size, so that programs and
 * libraries of different versions understand each other; a structure of the library's may have
 * grown at its end.
 *
 * C99 and C++. docs/library.md tells the same as a story.
 */

#include <stddef.h>
#include <stdint.h>

#include <peerline/peerline.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PL_FOREVER UINT64_MAX

/* What a call may come to, besides 0 and negative errnos: name, value, text. */
#define PL_OUTCOMES(X)                                                                             \
	X(PL_E_TIMEOUT, 1, "nothing came in time")                                                 \
	X(PL_E_CLOSED, 2, "the connection is closed for good")                                     \
	X(PL_E_REFUSED, 3, "the node refused it")                                                  \
	X(PL_E_NO_RESPONDERS, 4, "nobody serves this subject")                                     \
	X(PL_E_LOST, 5, "the connection was lost meanwhile, and nobody knows what was heard")

#define PL_OUTCOME_ENUM(name, value, text) name = (value),
enum pl_outcome { PL_OUTCOMES(PL_OUTCOME_ENUM) };
#undef PL_OUTCOME_ENUM

/* A text for any result of this library, never NULL, good for ever. Thread: any. */
PL_PUBLIC const char *pl_strerror(int result);

/* ---- a line: where the node is ---- */

struct pl_line;

/*
 * Opens the way to a node:
 *
 *     "unix:/path", "/path"              attached, by its Unix socket (no token for its own user)
 *     "nats://[TOKEN@]host:port"         attached, by TCP; a literal address or localhost
 *     "embedded:", "embedded:/data/dir"  a node of the line's own, in that data directory
 *
 * Without a directory it is the one that `peerline run` would take. `settings` are the embedded
 * node's, by file name as in docs/configuration.md. Attached, nothing is connected yet and settings
 * are ignored. Embedded, the node runs on a thread of its own, which has all signals blocked, and
 * is ready when this returns; it is a whole node, to whose door other programs may attach as well.
 *
 * Owns:   the line is the caller's; pl_line_close(). `*ret` is set also when this fails, so that
 *         pl_line_error() can be asked, but for -ENOMEM: then it is NULL.
 * Thread: any.
 * Errors: -EINVAL (address or settings), -EBUSY (another node has the directory), -EADDRINUSE, and
 *         what else a node says when it cannot start.
 */
PL_PUBLIC int pl_line_open(const char *address, const struct pl_setting *settings,
			   size_t n_settings, struct pl_line **ret);

/* Why pl_line_open() failed, as a sentence; "" if it did not. Borrowed from the line. */
PL_PUBLIC const char *pl_line_error(const struct pl_line *line);

/*
 * Takes NULL. Embedded, the node is stopped, which takes as long as its links need to drain (at
 * most about three seconds), and its thread has ended when this returns. Consumers of the line that
 * are still open find their connections closed for good; they are closed by their owners as ever.
 * Thread: any, once.
 */
PL_PUBLIC void pl_line_close(struct pl_line *line);

/* ---- a consumer: a place at the node's door ---- */

struct pl_consumer;

struct pl_consumer_options {
	size_t size;         /* sizeof(struct pl_consumer_options) */
	const char *name;    /* the consumer's id; NULL: none. Two cannot have the same one */
	const char *token;   /* NULL: that of the address, or none */
	uint64_t timeout_ms; /* until the node let us in; 0: 5000 */
	int stays_lost;      /* not 0: a lost connection is the end, nothing is tried again */
	uint64_t give_up_ms; /* how long to try to come back; 0: for ever */
};

/*
 * Takes a place at the door. `options` may be NULL.
 *
 * When the connection is lost later, because the node was restarted, say, it is made again as soon
 * as there is somebody: within a quarter of a second. Subscriptions live on under their sids; what
 * was published meanwhile is kept, up to 4 MiB, and said then; requests that wait are over.
 * pl_consumer_next() tells all of it, in its place between the messages. It happens inside the
 * calls of a consumer, so it must be used, or its descriptor heeded, to come back.
 *
 * Owns:   the consumer is the caller's; pl_consumer_close(). `*ret` is set also when an outcome is
 *         returned, so that pl_consumer_error() can be asked; else it is NULL.
 * Errors: -ENOENT, -ECONNREFUSED (no node there), -EINVAL, -EPROTO (no NATS server), -ESHUTDOWN
 *         (the line was closed). PL_E_TIMEOUT, PL_E_CLOSED, PL_E_REFUSED (the token, or the name
 *         is taken).
 */
PL_PUBLIC int pl_consumer_open(struct pl_line *line, const struct pl_consumer_options *options,
			       struct pl_consumer **ret);

/* Takes NULL. What is still buffered gets a last chance, without waiting. */
PL_PUBLIC void pl_consumer_close(struct pl_consumer *c);

/* What the node's last refusal said, as NATS servers say it; "" if it refused nothing. Borrowed
 * until the next call on the consumer. */
PL_PUBLIC const char *pl_consumer_error(const struct pl_consumer *c);

/*
 * A descriptor for poll(), epoll and event loops, the same for the life of the consumer, whatever
 * becomes of its connections. When it is readable, call pl_consumer_next(c, 0, &m) until
 * PL_E_TIMEOUT; nothing else is to be done with it. It is the consumer's: do not close it.
 * Errors: -EMFILE, ...
 */
PL_PUBLIC int pl_consumer_fd(struct pl_consumer *c);

/* ---- subscriptions ---- */

/*
 * Subscribes to a subject, with `*` and `>` as in NATS. docs/control.md says which there are:
 * "topic.NAME", "payload.NAME", "validate.NAME", "$PL.EVENT.>", and all others, which are local to
 * the host. `queue` NULL or "" for all messages, else the name of a group whose members share them.
 *
 * Does not wait: a refusal comes as PL_E_REFUSED from pl_consumer_flush() or pl_consumer_next().
 * `ret_sid` may be NULL. Limits: 4096 per consumer (-ENOSPC), subjects of 1024 bytes.
 * Errors: PL_E_CLOSED.
 */
PL_PUBLIC int pl_consumer_subscribe(struct pl_consumer *c, const char *subject, const char *queue,
				    uint64_t *ret_sid);

/* Ends it after `max` messages since it was made, 0: at once; nothing more of it comes then.
 * Errors: -ENOENT: there is none. */
PL_PUBLIC int pl_consumer_unsubscribe(struct pl_consumer *c, uint64_t sid, uint32_t max);

/* ---- publishing ---- */

struct pl_header {
	const char *name;  /* no blanks, no colon */
	const char *value; /* one line */
};

struct pl_publication {
	size_t size; /* sizeof(struct pl_publication) */
	const char *subject;
	const char *reply; /* where answers go; NULL: none */
	const struct pl_header *headers;
	size_t n_headers;
	const void *data;
	size_t data_size;
};

/*
 * Publishes. Never waits: it is buffered, and leaves with the next call of pl_consumer_next(),
 * _flush() or _request(), or when 64 KiB are gathered. That it was heeded, pl_consumer_flush()
 * tells.
 *
 * Limits: 1 MiB with its headers (-EMSGSIZE); 4 MiB buffered (-ENOBUFS: nothing was taken; flush).
 * Errors: PL_E_CLOSED.
 */
PL_PUBLIC int pl_consumer_publish(struct pl_consumer *c, const char *subject, const void *data,
				  size_t data_size);
PL_PUBLIC int pl_consumer_publish_message(struct pl_consumer *c,
					  const struct pl_publication *publication);

/*
 * Returns once the node has heeded all that was said so far. Messages that come meanwhile wait.
 * Errors: PL_E_TIMEOUT, PL_E_REFUSED (some of it; the connection goes on), PL_E_LOST (the
 * connection was, and is being made again), PL_E_CLOSED. -ENOBUFS: 8 MiB of messages wait: take
 * them first.
 */
PL_PUBLIC int pl_consumer_flush(struct pl_consumer *c, uint64_t timeout_ms);

/* ---- messages ---- */

enum pl_kind {
	PL_MESSAGE = 0, /* of the subscription `sid` */
	PL_ANSWER = 1,  /* to pl_consumer_ask(), or that there is none: `ticket`, `end` */
	PL_LOST = 2,    /* the connection is lost; it is being made again */
	PL_RETURNED = 3 /* it is back: `restarted` */
};

enum pl_gap_why {
	PL_GAP_NONE = 0,
	PL_GAP_SLOW = 1,   /* this consumer did not read in time */
	PL_GAP_AWAY = 2,   /* its connection was lost; or it has a name, and was here before */
	PL_GAP_RESTART = 3 /* the node was restarted */
};

/*
 * What was missed right before a message of a topic: nothing is, if `why` is PL_GAP_NONE. `from`
 * and `to` are numbers of the topic (Pl-Seq); 0 where they are unknown. `exact` 0: `count` is what
 * is known of, and there may have been more.
 */
struct pl_gap {
	enum pl_gap_why why;
	int exact;
	uint64_t from, to, count;
};

/* Everything in it is borrowed until the next call on the consumer, but those that publish and
 * pl_consumer_error(). Texts end with NUL; data does not. */
struct pl_message {
	enum pl_kind kind;
	int end;         /* PL_ANSWER: 0, or PL_E_TIMEOUT, PL_E_NO_RESPONDERS, PL_E_LOST */
	uint64_t sid;    /* PL_MESSAGE */
	uint64_t ticket; /* PL_ANSWER */
	const char *subject, *reply; /* "" where there is none */
	const char *data;
	size_t data_size;
	const char *headers; /* as they came, a block of "NATS/1.0" lines; pl_message_header() */
	size_t headers_size;
	struct pl_gap gap;
	int restarted; /* PL_RETURNED: not the node, or not the run of it, that was lost */
};

/*
 * The next message, or what else is to be told, in the order in which it came; the node holds what
 * was not taken yet, up to a maximum of its own (8 MiB unless configured), and a consumer that
 * takes nothing harms nobody but itself. `timeout_ms` 0 does not wait. Errors: PL_E_TIMEOUT;
 * PL_E_REFUSED: something said earlier was, pl_consumer_error() has what; go on. PL_E_CLOSED: no
 * more will come.
 */
PL_PUBLIC int pl_consumer_next(struct pl_consumer *c, uint64_t timeout_ms,
			       const struct pl_message **ret);

/*
 * The value of a header ("Pl-From", "Pl-Seq", ...; case matters), NULL if the message has none. Not
 * ended by NUL: `ret_size` bytes, borrowed as the message is.
 */
PL_PUBLIC const char *pl_message_header(const struct pl_message *m, const char *name,
					size_t *ret_size);

/* ---- requests ---- */

/*
 * Asks, and waits for the one answer; `publication->reply` is not heeded. Other messages that come
 * meanwhile wait.
 * Errors: PL_E_TIMEOUT, PL_E_NO_RESPONDERS, PL_E_REFUSED, PL_E_LOST, PL_E_CLOSED; as publishing.
 * -ENOBUFS: 8 MiB of messages wait: take them first.
 */
PL_PUBLIC int pl_consumer_request(struct pl_consumer *c, const struct pl_publication *publication,
				  uint64_t timeout_ms, const struct pl_message **ret);

/*
 * Asks, and does not wait: the answer, or that there is none, comes once as a PL_ANSWER with this
 * ticket. Limits: 1024 at once (-ENOSPC).
 */
PL_PUBLIC int pl_consumer_ask(struct pl_consumer *c, const struct pl_publication *publication,
			      uint64_t timeout_ms, uint64_t *ret_ticket);

/* Answers a message that has a reply subject; -EINVAL: it has none. As pl_consumer_publish(). */
PL_PUBLIC int pl_consumer_respond(struct pl_consumer *c, const struct pl_message *m,
				  const void *data, size_t data_size);

/* ---- the end ---- */

/*
 * Ends all subscriptions without losing what is on its way: pl_consumer_next() goes on to give
 * messages until there are none, then PL_E_CLOSED. What was published has been heeded by then.
 */
PL_PUBLIC int pl_consumer_drain(struct pl_consumer *c);

struct pl_counts {
	size_t size; /* sizeof(struct pl_counts), set by the caller */
	uint64_t received, published;
	uint64_t missed;         /* the counts of all gaps that were told */
	uint64_t lost, returned; /* connections */
};

/* Since the consumer was opened. Errors: -EINVAL: `size`. */
PL_PUBLIC int pl_consumer_counts(const struct pl_consumer *c, struct pl_counts *ret);

#ifdef __cplusplus
}
#endif

#endif
