#ifndef PL_CLIENT_CLIENT_H
#define PL_CLIENT_CLIENT_H

/*
 * A small blocking consumer, for command lines and simple programs. One connection to a door, used
 * by one thread.
 *
 *     client_open(); client_subscribe(); while (client_next(c, timeout, &m) == 0) ...;
 *     client_request(); client_publish(); client_flush(); client_close()
 *
 * Times are milliseconds; CLIENT_FOREVER waits without end. Messages are borrowed until the next
 * call on the same client. After CLIENT_E_CLOSED or a negative errno only client_error() and
 * client_close() make sense.
 */

#include "base/def.h"
#include "wire/nats_line.h"

#define CLIENT_FOREVER UINT64_MAX
#define CLIENT_KEPT_MAX (8 * 1024 * 1024) /* messages that came while a request waited */

enum {
	CLIENT_E_TIMEOUT = 1,
	CLIENT_E_CLOSED = 2,  /* the door closed the connection; client_error() may say why */
	CLIENT_E_REFUSED = 3, /* -ERR; client_error() has its text. The connection may go on */
	CLIENT_E_NO_RESPONDERS = 4, /* client_request(): nobody serves this subject */
};

struct client;

struct client_config {
	const char *address; /* see client/address.h */
	const char *token;   /* NULL: the address's, or none */
	const char *name;    /* consumer id; NULL: none */
	uint64_t timeout_ms; /* until the door let us in */
};

struct client_message {
	struct bytes subject, reply, header, payload;
	uint64_t sid;
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

/* Subjects are texts. Publishing is buffered; client_flush(), client_request() and client_next()
 * write it out. -EINVAL, -EMSGSIZE, -ENOBUFS. */
_nodiscard_ int client_publish(struct client *c, const char *subject, struct bytes payload);
_nodiscard_ int client_subscribe(struct client *c, const char *subject, uint64_t *ret_sid);
/* Returns once the door has heeded everything; CLIENT_E_REFUSED if it refused some of it. */
_nodiscard_ int client_flush(struct client *c, uint64_t timeout_ms);
_nodiscard_ int client_next(struct client *c, uint64_t timeout_ms, struct client_message *ret);
_nodiscard_ int client_request(struct client *c, const char *subject, struct bytes payload,
			       uint64_t timeout_ms, struct client_message *ret);

#endif
