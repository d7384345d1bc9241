#ifndef PL_CLIENT_OUTGOING_H
#define PL_CLIENT_OUTGOING_H

/*
 * What is being written to a connection, whole operations only, so that when the connection is lost
 * it is known which of them the other end cannot have heard.
 *
 *     outgoing_fill(); write outgoing_data(); outgoing_sent(); ... lost: outgoing_salvage()
 */

#include "base/buf.h"
#include "base/def.h"

struct outgoing {
	struct buf ops;
	size_t n_sent; /* bytes of them */
};

void outgoing_init(struct outgoing *o);
void outgoing_deinit(struct outgoing *o);
/* When everything was written: takes all of `next`, and gives it an empty buffer of its maximum. */
void outgoing_fill(struct outgoing *o, struct buf *next);
/* What to write now. */
struct bytes outgoing_data(const struct outgoing *o);
void outgoing_sent(struct outgoing *o, size_t n);
static inline bool outgoing_is_empty(const struct outgoing *o)
{
	return o->n_sent == buf_len(&o->ops);
}

/*
 * The connection is lost: what was not written to its end moves in front of what `io` holds.
 * Only publications stay, in both, and of these no requests, whose reply subject begins with
 * `inbox`: they failed, and must not happen later. -ENOMEM, -ENOBUFS: some are gone.
 */
_nodiscard_ int outgoing_salvage(struct outgoing *o, struct buf *io, struct bytes inbox);

#endif
