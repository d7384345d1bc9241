#ifndef PL_WIRE_NATS_LINE_H
#define PL_WIRE_NATS_LINE_H

/*
 * The lines of the NATS client protocol, both directions, as one incremental reader and one writer.
 * Nothing here knows what a line means.
 *
 *     nats_parser_init(&p, NATS_VERBS_OF_CLIENT, line_max, payload_max);
 *     for every run of bytes `in` that arrives:
 *             while ((r = nats_parser_next(&p, &in, &op)) == 0) ... op ...
 *     nats_parser_deinit(&p)
 *
 * A line and its payload that lie whole in `in` are read in place; only what is incomplete is kept,
 * and it grows with what arrived, never with what was announced. How the bytes were split makes no
 * difference to what is read.
 */

#include "base/buf.h"
#include "base/def.h"

enum nats_verb {
	NATS_CONNECT,
	NATS_PING,
	NATS_PONG,
	NATS_SUB,
	NATS_UNSUB,
	NATS_PUB,
	NATS_HPUB,
	NATS_INFO,
	NATS_OK,
	NATS_ERR,
	NATS_MSG,
	NATS_HMSG,
};

#define NATS_VERB_BIT(v) (UINT32_C(1) << (v))
#define NATS_VERBS_OF_CLIENT                                                                       \
	(NATS_VERB_BIT(NATS_CONNECT) | NATS_VERB_BIT(NATS_PING) | NATS_VERB_BIT(NATS_PONG) |       \
	 NATS_VERB_BIT(NATS_SUB) | NATS_VERB_BIT(NATS_UNSUB) | NATS_VERB_BIT(NATS_PUB) |           \
	 NATS_VERB_BIT(NATS_HPUB) | NATS_VERB_BIT(NATS_INFO) | NATS_VERB_BIT(NATS_OK) |            \
	 NATS_VERB_BIT(NATS_ERR))
#define NATS_VERBS_OF_SERVER                                                                       \
	(NATS_VERB_BIT(NATS_INFO) | NATS_VERB_BIT(NATS_PING) | NATS_VERB_BIT(NATS_PONG) |          \
	 NATS_VERB_BIT(NATS_OK) | NATS_VERB_BIT(NATS_ERR) | NATS_VERB_BIT(NATS_MSG) |              \
	 NATS_VERB_BIT(NATS_HMSG))

#define NATS_DIGITS_MAX 9 /* of a size */

/* One operation. Fields that its verb does not have, or that were left out, are empty. */
struct nats_op {
	enum nats_verb verb;
	struct bytes text; /* CONNECT, INFO: JSON. -ERR: what stands between the quotes */
	struct bytes subject, reply, queue, sid;
	uint32_t max;                 /* UNSUB; 0: at once */
	struct bytes header, payload; /* PUB, HPUB, MSG, HMSG; `header` is the whole block */
};

enum {
	NATS_E_MORE = 1,    /* all of the input was taken; the operation is not complete */
	NATS_E_VERB = 2,    /* no such operation, or a payload that does not end in CR LF */
	NATS_E_LINE = 3,    /* what follows the verb is longer than line_max */
	NATS_E_PAYLOAD = 4, /* more than payload_max is announced; told before it is read */
	NATS_E_FIELDS = 5,  /* wrong number of fields, a size that is none */
	NATS_E_REFUSED = 6, /* a verb that is not in `verbs`; told as soon as it is known */
	NATS_E_HTTP = 7,    /* the first thing that came is an HTTP request */
};

struct nats_parser {
	size_t line_max, payload_max;
	uint32_t verbs;  /* what may come now; the owner may change it between operations */
	bool begun;      /* an operation was read */
	int failed;      /* the outcome that ended it; nothing is read after one */
	bool handed_out; /* what the buffers hold was given out by the last call */
	size_t awaited;  /* bytes of payload and its CR LF; 0: a line is being read */
	struct buf line, payload;
};

void nats_parser_init(struct nats_parser *p, uint32_t verbs, size_t line_max, size_t payload_max);
void nats_parser_deinit(struct nats_parser *p);
/* Reads on from `io` and moves it forward. 0: `ret` is an operation, borrowed until `io`'s bytes or
 * the parser change. Else one of NATS_E_*, or -ENOMEM. */
_nodiscard_ int nats_parser_next(struct nats_parser *p, struct bytes *io, struct nats_op *ret);
/* Bytes it keeps of what is incomplete. */
size_t nats_parser_held(const struct nats_parser *p);

/* Upper case, single blanks, CR LF. The caller answers for tokens without blanks. -ENOBUFS,
 * -ENOMEM. */
_nodiscard_ int nats_op_encode(const struct nats_op *op, struct buf *out);

/* Decimal digits of `v` at `out`, without NUL; returns how many. */
#define NATS_DECIMAL_MAX 20
size_t nats_decimal(uint64_t v, char out[NATS_DECIMAL_MAX]);

#endif
