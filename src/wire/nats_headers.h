#ifndef PL_WIRE_NATS_HEADERS_H
#define PL_WIRE_NATS_HEADERS_H

/*
 * The header block of HPUB and HMSG: `NATS/1.0[ code[ text]]`, lines `Key: value`, an empty line,
 * each ended by CR LF. A server passes blocks on unread; this writes our own and reads what came.
 *
 *     nats_headers_begin(&w); nats_headers_add(&w, "Pl-Verified", ...)...; nats_headers_end(&w);
 *
 *     nats_headers_read(&r, block);
 *     while (nats_headers_next(&r, &key, &value)) ...
 */

#include "base/buf.h"
#include "base/def.h"
#include "wire/rd.h"
#include "wire/wr.h"

void nats_headers_begin(struct wr *w);
/* CR and LF, which would end the line, are left out of `key` and `value`. */
void nats_headers_add(struct wr *w, const char *key, struct bytes value);
void nats_headers_end(struct wr *w);

/* The block that says only a status, such as 503: nobody serves this subject. */
#define NATS_HEADERS_NO_RESPONDERS BYTES_LITERAL("NATS/1.0 503\r\n\r\n")

/* `block` without the empty line at its end, so that more lines can follow. A block that has no
 * such end comes back empty. */
struct bytes nats_headers_without_end(struct bytes block);

struct nats_headers {
	struct rd rest;
	struct bytes code, text; /* of the first line; empty where it has none */
};

/* -EBADMSG: it is no header block. Lines are read one by one after that. */
_nodiscard_ int nats_headers_read(struct nats_headers *h, struct bytes block);
/* Borrowed from the block, blanks around the value taken off. false: the end, or a line that has no
 * colon. */
bool nats_headers_next(struct nats_headers *h, struct bytes *ret_key, struct bytes *ret_value);
/* The first value of `key`, case heeded; empty when it is not there. */
struct bytes nats_headers_get(struct bytes block, const char *key);

#endif
