#ifndef PL_BENCH_GOSSIP_BATCH_H
#define PL_BENCH_GOSSIP_BATCH_H

/*
 * Messages that are signed before the clock starts, and what became of each: when it was sent, who
 * has it. The data begins with the message's number, by which a delivery is known.
 *
 *     gossip_authors_make(); gossip_batch_sign(); gossip_batch_sent() in order;
 * gossip_batch_delivered(); gossip_batch_free()
 */

#include "base/shared_bytes.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "wire/gossip_rpc.h"
#include "wire/peer_id.h"

#define GOSSIP_AUTHORS 8 /* none of them is a peer of the relay */

struct gossip_authors {
	struct key_pair keys[GOSSIP_AUTHORS];
	struct peer_id ids[GOSSIP_AUTHORS];
	uint64_t n_signed; /* numbers messages, all batches together */
	struct bytes topic;
	size_t size; /* of the data */
	uint8_t *data;
};

struct gossip_batch {
	uint64_t first; /* the number of the first message */
	size_t n, n_receivers;
	size_t n_sent, n_done; /* done: every receiver has it */
	uint64_t n_deliveries, n_duplicates;
	struct mono last_at;          /* of the latest delivery */
	struct shared_bytes **frames; /* as they go on the stream */
	struct mono *sent_at;
	double *latency_us; /* of the deliveries, in the order they came */
	uint32_t *n_left;   /* receivers that wait for it */
	uint8_t *has;       /* [message][receiver] */
};

/* `topic` is borrowed for life. */
void gossip_authors_make(struct gossip_authors *a, struct bytes topic, size_t size);
struct gossip_batch *gossip_batch_sign(struct gossip_authors *a, size_t n, size_t n_receivers);
/* Takes NULL. */
struct gossip_batch *gossip_batch_free(struct gossip_batch *b);
void gossip_batch_sent(struct gossip_batch *b);
/* False: not of this batch, or not as it was sent. */
bool gossip_batch_delivered(struct gossip_batch *b, const struct gossip_authors *a,
			    const struct gossip_message *m, size_t receiver);

#endif
