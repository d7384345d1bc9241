#ifndef PL_ROUTE_GOSSIP_CHECK_H
#define PL_ROUTE_GOSSIP_CHECK_H

/*
 * Signatures to be checked, several at once, because that is nearly all the work a message makes
 * and the only part that another thread can do. The engine fills a batch and hands it to
 * gossip_ops.verify; who takes it has gossip_batch_check() run on any thread, touching the batch
 * from no other meanwhile, and then calls gossip_batch_done() on the engine's.
 *
 * Messages are passed on in the order in which they came, whichever batch is done first: so the
 * order of every author's is kept.
 */

#include "base/def.h"
#include "base/time.h"
#include "route/gossip_keys.h"
#include "wire/gossip_rpc.h"
#include "wire/peer_id.h"

struct gossip_batch;

/* One signature. */
struct gossip_check {
	struct gossip_message message; /* borrowed while the batch lives */
	struct peer_id author;
	struct gossip_key_tables tables; /* the author's, if it has some */
	int result;                      /* what gossip_sign_verify() says */
	bool was_slow;                   /* gossip_batch_check() had to do without tables */
	bool was_canonical;              /* as it came; it is in the frame */
};

/* Any thread. */
void gossip_batch_check(struct gossip_batch *b);
/* The engine's thread, exactly once for every batch that was taken, checked or not. Also when the
 * engine is gone: then it only frees. Messages are delivered inside. */
void gossip_batch_done(struct gossip_batch *b, struct mono now);

/* For who checks by other means: how many there are, and one of them. */
size_t gossip_batch_n(const struct gossip_batch *b);
struct gossip_check *gossip_batch_at(struct gossip_batch *b, size_t i);

#endif
