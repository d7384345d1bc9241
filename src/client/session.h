#ifndef PL_CLIENT_SESSION_H
#define PL_CLIENT_SESSION_H

/*
 * One consumer's side of the NATS client protocol, without its socket: INFO is answered with
 * CONNECT and PING, PING with PONG; what is left for the caller is messages and errors.
 *
 *     session_init(); for all that is read: session_next() until SESSION_E_MORE; write out what
 *     waits in `urgent`, then `out`; session_publish(), session_subscribe()...; session_deinit()
 *
 * It may outlive its connection: session_restart() forgets what belonged to that one, and keeps
 * what the caller said and nobody heard.
 */

#include "base/buf.h"
#include "base/def.h"
#include "wire/nats_line.h"

#define SESSION_LINE_MAX (64 * 1024) /* INFO may be long */
#define SESSION_PAYLOAD_MAX (1024 * 1024 + 64 * 1024)
#define SESSION_OUT_MAX (4 * 1024 * 1024) /* what the caller may say in advance */
#define SESSION_SERVER_ID_MAX 64

enum {
	SESSION_E_MORE = 1,     /* everything was taken */
	SESSION_E_PROTOCOL = 2, /* what came is not the NATS protocol */
};

struct session_config {
	const char *name;  /* consumer id; "" */
	const char *token; /* ""; none is needed on the owner's Unix socket */
};

struct session {
	struct nats_parser in;
	struct buf urgent; /* to be written first: CONNECT, PONG, subscriptions restored */
	struct buf out;    /* to be written: what the caller said, in its order */
	bool greeted;      /* INFO came */
	char server_id[SESSION_SERVER_ID_MAX]; /* of the door; changes when the node restarts */
	uint64_t n_pings, n_pongs;             /* ready when the first PONG is there */
	char name[160], token[256];
};

/* -EINVAL: name or token are too long. */
_nodiscard_ int session_init(struct session *s, const struct session_config *config);
void session_deinit(struct session *s);

/* Reads on from `io`. 0: `ret` is MSG, HMSG or -ERR, borrowed until the next call. Else
 * SESSION_E_*, -ENOMEM, -ENOBUFS. */
_nodiscard_ int session_next(struct session *s, struct bytes *io, struct nats_op *ret);

static inline bool session_is_ready(const struct session *s)
{
	return s->n_pongs > 0;
}

/* The connection is gone; another one begins. `out` is left alone. */
void session_restart(struct session *s);

struct session_message {
	struct bytes subject, reply, payload;
	struct bytes header; /* a whole block (wire/nats_headers.h), or empty */
};

/* Each adds to `out`. -EINVAL: a subject with blanks, or none; -EMSGSIZE; -ENOMEM; -ENOBUFS: so
 * much waits already, nothing was added. */
_nodiscard_ int session_publish(struct session *s, const struct session_message *m);
_nodiscard_ int session_subscribe(struct session *s, struct bytes subject, struct bytes queue,
				  uint64_t sid);
/* `max` messages after its SUB, those that came already included; 0: at once. */
_nodiscard_ int session_unsubscribe(struct session *s, uint64_t sid, uint32_t max);
/* Adds a subscription of an earlier connection to `urgent`; `max` 0: none. */
_nodiscard_ int session_restore(struct session *s, struct bytes subject, struct bytes queue,
				uint64_t sid, uint32_t max);
/* Everything sent so far has been heeded once n_pongs reaches what this returns in `ret`. */
_nodiscard_ int session_ping(struct session *s, uint64_t *ret);

#endif
