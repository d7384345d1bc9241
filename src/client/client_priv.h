#ifndef PL_CLIENT_CLIENT_PRIV_H
#define PL_CLIENT_CLIENT_PRIV_H

/*
 * What the files of a client share:
 *
 *     client.c          opening, and what its user says and hears
 *     client_asking.c   requests
 *     client_door.c     its connection: bytes, the greeting, and coming back
 */

#include "base/buf.h"
#include "client/address.h"
#include "client/client.h"
#include "client/outgoing.h"
#include "client/readiness.h"
#include "client/requests.h"
#include "client/retry.h"
#include "client/session.h"
#include "client/subscriptions.h"

#define CLIENT_READ_BYTES (64 * 1024)
#define CLIENT_WRITE_AT (64 * 1024) /* so much waits: publishing writes it out */
#define CLIENT_ERROR_MAX 1024

enum client_state {
	CLIENT_DOWN,       /* until retry_at */
	CLIENT_CONNECTING, /* until attempt_until */
	CLIENT_GREETING,   /* likewise */
	CLIENT_READY,
	CLIENT_OVER,
};

struct client {
	enum client_state state;
	struct client_config config; /* its texts are not used */
	struct address address;
	int fd; /* -1: none */
	struct session session;
	struct outgoing outgoing;
	struct readiness readiness; /* not open until it was asked for */
	uint8_t *read_mem;          /* CLIENT_READ_BYTES */
	struct bytes unread;        /* in read_mem */
	struct buf kept;            /* what came while something else was awaited, as lines */
	size_t n_kept_read;         /* bytes of them that were given out */
	struct nats_parser kept_parser;
	char error[CLIENT_ERROR_MAX];

	struct subscriptions subscriptions;
	struct continuity continuity;
	struct requests requests;
	char inbox[48]; /* what replies are sent to, up to the last token */
	bool has_inbox; /* it is subscribed to, as CLIENT_INBOX_SID */

	struct retry retry;
	struct mono retry_at, attempt_until;
	bool was_ready, refused;
	char server_id[SESSION_SERVER_ID_MAX];
	uint64_t n_returns;
	bool draining;
	uint64_t drained_at; /* pongs */
	struct client_counts counts;
};

/* Sids of subscriptions begin with 1. */
#define CLIENT_INBOX_SID 0

/* ---- client_door.c ---- */

/* Takes `fd`, which is connected or will be. */
void client_begin(struct client *c, int fd, bool is_connected);
/* The next operation that came already; CLIENT_E_TIMEOUT when there is none. */
_nodiscard_ int client_take_op(struct client *c, struct nats_op *ret);
/* Does something of what is to be done with the connection: writes what waits, reads what comes, or
 * comes back. 0: done, look again; CLIENT_E_TIMEOUT: nothing until `deadline`; CLIENT_E_CLOSED. */
_nodiscard_ int client_step(struct client *c, struct mono deadline);
/* Writes what the kernel takes now. */
_nodiscard_ int client_write(struct client *c);
/* Keeps an operation for client_next(). -ENOBUFS, -ENOMEM. */
_nodiscard_ int client_keep(struct client *c, const struct nats_op *op);
/* Is there room for whatever may come? */
static inline bool client_may_keep(const struct client *c)
{
	size_t n_kept = buf_len(&c->kept) - c->n_kept_read;

	return n_kept + SESSION_LINE_MAX + SESSION_PAYLOAD_MAX <= c->kept.max;
}

/* What client_keep() keeps of a lost connection, as INFO: none of the door's gets here. */
#define CLIENT_NOTE_LOST BYTES_LITERAL("{lost}")
#define CLIENT_NOTE_BACK BYTES_LITERAL("{back}")
#define CLIENT_NOTE_RESTARTED BYTES_LITERAL("{restarted}")

/* ---- client_asking.c ---- */

uint64_t client_read_sid(struct bytes sid);
/* The ticket of a message to our inbox; 0: it is none, or its request is over. */
uint64_t client_ticket_of(const struct client *c, const struct nats_op *op);
/* Is it worth keeping: not late for its request? */
bool client_is_wanted(const struct client *c, const struct nats_op *op);
void client_to_answer(const struct nats_op *op, uint64_t ticket, struct client_message *ret);
int client_end_of(enum request_end end);

static inline struct bytes client_inbox(const struct client *c)
{
	return bytes_of_text(c->inbox);
}

/* After every call of its user: what client_fd() shows. */
void client_show(struct client *c);

#endif
