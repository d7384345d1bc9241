#ifndef PL_NET_SEND_QUEUE_H
#define PL_NET_SEND_QUEUE_H

/*
 * Bytes waiting to be sent on one stream: a chain of chunks, so that neither adding nor taking ever
 * moves what already waits, and an empty queue holds no memory. Bounded by its owner.
 *
 *     send_queue_push(&q, v, n_v) ... send_queue_take(&q, out, n) ... send_queue_clear(&q)
 *
 * A zeroed struct is an empty queue.
 */

#include "base/def.h"

struct send_chunk;

struct send_queue {
	struct send_chunk *first, *last;
	size_t n; /* bytes */
};

/* All of `v` or nothing; -ENOMEM. */
_nodiscard_ int send_queue_push(struct send_queue *q, const struct bytes *v, size_t n_v);
/* Moves the first `n` bytes, which must be there, to `out`. */
void send_queue_take(struct send_queue *q, uint8_t *out, size_t n);
void send_queue_clear(struct send_queue *q);

#endif
