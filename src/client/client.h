#ifndef PL_CLIENT_CLIENT_H
#define PL_CLIENT_CLIENT_H

/*
 * A consumer: one place at a door, used by one thread at a time. It blocks where it is given time
 * to, never otherwise, and may come back by itself when its connection is lost.
 *
 *     client_open(); client_subscribe(); while (client_next(c, timeout, &m) == 0) ...;
 *     client_request(); client_publish(); client_flush(); client_close()
 *
 * Times are milliseconds; CLIENT_FOREVER waits without end, 0 not at all. Messages are borrowed
 * until the next call on the same client but client_publish*(), client_error() and client_fd().
 * After CLIENT_E_CLOSED or a negative errno that is not named at the call only client_error() and
 * client_close() make sense.
 *
 * A consumer that `returns`: when the connection is lost it is made again, within
 * LIMIT_CLIENT_RETRY_LATE_MS after the node is back, with the same subscriptions under their sids.
 * What was published meanwhile, or was not heard, is said then; requests that wait are over.
 * client_next() tells by CLIENT_LOST and CLIENT_BACK, in their place between the messages. All of
 * that happens inside the calls: who makes none, and heeds client_fd() not, does not come back.
 */

#include "base/def.h"
#include "client/continuity.h"
#include "wire/nats_line.h"

#define CLIENT_FOREVER UINT64_MAX
#define CLIENT_KEPT_MAX (8 * 1024 * 1024) /* messages that came while a request waited */

enum {
	CLIENT_E_TIMEOUT = 1,
	CLIENT_E_CLOSED = 2,  /* the connection is over for good; client_error() may say why */
	CLIENT_E_REFUSED = 3, /* -ERR; client_error() has its text. The connection may go on */
	CLIENT_E_NO_RESPONDERS = 4, /* client_request(): nobody serves this subject */
	CLIENT_E_LOST = 5, /* the connection was lost meanwhile: nobody knows what was heard */
};

struct client;

struct client_config {
	const char *address; /* see client/address.h; not needed where there is `connect` */
	const char *token;   /* NULL: the address's, or none */
	const char *name;    /* consumer id; NULL: none */
	uint64_t timeout_ms; /* until the door let us in, the first time */
	bool returns;
	uint64_t return_ms; /* how long it tries; CLIENT_FOREVER */
	/* Where sockets come from instead: 0 and a connected one that does not block, -ESHUTDOWN:
	 * there will be none, or another negative errno: later perhaps. */
	int (*connect)(void *user, int *ret_fd);
	void *user;
};

enum client_kind {
	CLIENT_MESSAGE = 0,
	CLIENT_ANSWER, /* to client_ask(); `end` says how it ended */
	CLIENT_LOST,
	CLIENT_BACK,
};

struct client_message {
	struct bytes subject, reply, header, payload;
	uint64_t sid;
	enum client_kind kind;
	uint64_t ticket; /* CLIENT_ANSWER */
	int end; /* CLIENT_ANSWER: 0, or CLIENT_E_TIMEOUT, _NO_RESPONDERS, _LOST: no answer */
	struct gap gap; /* what was missed right before this one */
	bool restarted; /* CLIENT_BACK: another node than before, or the same one begun anew */
};

struct client_publication {
	struct bytes subject, reply, payload;
	struct bytes header; /* a whole block (wire/nats_headers.h), or empty */
};

struct client_counts {
	uint64_t received, published;
	uint64_t missed; /* by the gaps that were told */
	uint64_t lost, back;
};

/* `ret` is set also when CLIENT_E_* is returned, so that client_error() can be asked; NULL on a
 * negative errno: -EINVAL (address, name or token), -ENOENT and -ECONNREFUSED (nobody there), ...
 */
_nodiscard_ int client_open(const struct client_config *config, struct client **ret);
/* Takes over a connected socket. */
_nodiscard_ int client_open_fd(int fd, const struct client_config *config, struct client **ret);
struct client *client_close(struct client *c);

/* What the door's last -ERR said; "" if nothing. */
const char *client_error(const struct client *c);

/*
 * A descriptor that is readable when a call has something to do, the same for life: when it is,
 * take messages with client_next(c, 0, ...) until CLIENT_E_TIMEOUT. -errno.
 */
_nodiscard_ int client_fd(struct client *c);

/* Subjects are texts. Publishing never waits: it is buffered; client_flush(), client_request() and
 * client_next() write it out, and so does a buffer that has become large. -EINVAL, -EMSGSIZE;
 * -ENOBUFS: the buffer is full, nothing was taken. */
_nodiscard_ int client_publish(struct client *c, const char *subject, struct bytes payload);
_nodiscard_ int client_publish_message(struct client *c, const struct client_publication *p);
/* -ENOSPC: LIMIT_CLIENT_SUBSCRIPTIONS. */
_nodiscard_ int client_subscribe(struct client *c, const char *subject, uint64_t *ret_sid);
/* As a member of a queue group. */
_nodiscard_ int client_subscribe_queue(struct client *c, const char *subject, const char *queue,
				       uint64_t *ret_sid);
/* After `max` messages since it was made; 0: at once, and nothing more of it comes. -ENOENT. */
_nodiscard_ int client_unsubscribe(struct client *c, uint64_t sid, uint32_t max);
/* Returns once the door has heeded everything; CLIENT_E_REFUSED if it refused some of it;
 * CLIENT_E_LOST if it may not have heard some of it. -ENOBUFS as client_request(). */
_nodiscard_ int client_flush(struct client *c, uint64_t timeout_ms);
_nodiscard_ int client_next(struct client *c, uint64_t timeout_ms, struct client_message *ret);
/* Messages that come meanwhile are kept for client_next(). -ENOBUFS: too many are: take them. */
_nodiscard_ int client_request(struct client *c, const char *subject, struct bytes payload,
			       uint64_t timeout_ms, struct client_message *ret);
/* Its `reply` is set here. */
_nodiscard_ int client_request_message(struct client *c, const struct client_publication *p,
				       uint64_t timeout_ms, struct client_message *ret);
/* Many at once: the answer, or that there is none, comes by client_next(). -ENOSPC:
 * LIMIT_CLIENT_REQUESTS. */
_nodiscard_ int client_ask(struct client *c, const struct client_publication *p,
			   uint64_t timeout_ms, uint64_t *ret_ticket);
/* Ends all subscriptions; what came for them until the door heeded that is still given by
 * client_next(), then CLIENT_E_CLOSED. */
_nodiscard_ int client_drain(struct client *c);
struct client_counts client_counts(const struct client *c);

#endif
