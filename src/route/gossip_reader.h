#ifndef PL_ROUTE_GOSSIP_READER_H
#define PL_ROUTE_GOSSIP_READER_H

/*
 * Cuts one inbound stream into RPCs, each after its length. An RPC that arrives whole is lent as it
 * lies in the input; of one that does not, exactly what came is kept.
 *
 *     while ((r = gossip_reader_next(&reader, &input, now, &rpc)) == GOSSIP_READER_RPC) ...
 *
 * Limits: LIMIT_GOSSIP_RPC.
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/time.h"

struct gossip_reader {
	struct buf in;     /* an unfinished RPC and its length; also the one lent last */
	bool lent;         /* `in` was lent and is empty from now on */
	struct mono since; /* the first byte of `in` came */
};

void gossip_reader_init(struct gossip_reader *r);
void gossip_reader_deinit(struct gossip_reader *r);

enum {
	GOSSIP_READER_RPC = 1,
	GOSSIP_READER_E_LENGTH = 2, /* not a varint */
	GOSSIP_READER_E_TOO_LARGE = 3,
};

/*
 * GOSSIP_READER_RPC: `*ret` is the next RPC, borrowed until the next call and while the input
 * lives. 0: the input is used up. -ENOMEM and GOSSIP_READER_E_*: the stream cannot be read on.
 */
_nodiscard_ int gossip_reader_next(struct gossip_reader *r, struct bytes *io, struct mono now,
				   struct bytes *ret);
/* Bytes of an unfinished RPC held, and since when. */
size_t gossip_reader_pending(const struct gossip_reader *r, struct mono *ret_since);

#endif
