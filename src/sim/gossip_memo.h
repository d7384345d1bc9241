#ifndef PL_SIM_GOSSIP_MEMO_H
#define PL_SIM_GOSSIP_MEMO_H

/*
 * Signatures that were checked before. Whether a signature is good depends on nothing but the
 * bytes of its message, so a thousand engines in one process need compute it only once: the others
 * compare every byte with those it was computed for, and recall what came out. Nothing is taken on
 * trust, and a forgery differs in at least one byte.
 *
 * Limits: the GOSSIP_MEMO_MAX messages checked last, about: one that hashes alike takes the place.
 */

#include "base/buf.h"
#include "route/gossip_check.h"

#define GOSSIP_MEMO_MAX 16384

struct gossip_memo {
	struct memo_entry *entries; /* NULL until the first */
	struct buf scratch;
	uint64_t n_computed, n_recalled;
};

void gossip_memo_init(struct gossip_memo *m);
void gossip_memo_deinit(struct gossip_memo *m);
/* As gossip_batch_check(). */
void gossip_memo_check(struct gossip_memo *m, struct gossip_batch *b);

#endif
