#ifndef PL_CLIENT_SESSION_H
#define PL_CLIENT_SESSION_H

/*
 * One consumer's side of the NATS client protocol, without its socket: INFO is answered with
 * CONNECT and PING, PING with PONG; what is left for the caller is messages and errors.
 *
 *     session_init(); for all that is read: session_next() until SESSION_E_MORE; write `out` out;
 *     session_publish(), session_subscribe()...; session_deinit()
 */

#include "base/buf.h"
#include "base/def.h"
#include "wire/nats_line.h"

#define SESSION_LINE_MAX (64 * 1024) /* INFO may be long */
#define SESSION_PAYLOAD_MAX (1024 * 1024 + 64 * 1024)
#define SESSION_OUT_MAX (4 * 1024 * 1024)

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
	struct buf out;            /* to be written */
	bool greeted;              /* INFO came */
	uint64_t n_pings, n_pongs; /* ready when the first PONG is there */
	uint64_t last_sid;
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

/* Each adds to `out`. -EINVAL: a subject with blanks, or none; -EMSGSIZE; -ENOMEM, -ENOBUFS. */
_nodiscard_ int session_publish(struct session *s, struct bytes subject, struct bytes reply,
				struct bytes payload);
_nodiscard_ int session_subscribe(struct session *s, struct bytes subject, struct bytes queue,
				  uint64_t *ret_sid);
/* Everything sent so far has been heeded once n_pongs reaches what this returns in `ret`. */
_nodiscard_ int session_ping(struct session *s, uint64_t *ret);

#endif
