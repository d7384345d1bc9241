#ifndef PL_NODE_HANDOFF_H
#define PL_NODE_HANDOFF_H

/*
 * Descriptors on their way from other threads to the loop's: the one queue that has a lock, because
 * it is the one place where threads meet. Bounded, first in, first out.
 *
 *     handoff_init(); any thread: handoff_put(), and wake the loop; the loop's thread:
 *     handoff_take() until -1; handoff_close() when nobody takes any more; handoff_deinit()
 */

#include <pthread.h>

#include "base/def.h"
#include "base/limits.h"

struct handoff {
	pthread_mutex_t lock;
	bool is_closed;
	size_t n;
	int fds[LIMIT_HANDOFFS]; /* oldest first */
};

void handoff_init(struct handoff *h);
void handoff_deinit(struct handoff *h);

/* Takes `fd` in any case: what cannot be handed on is closed. -EAGAIN: full. -ESHUTDOWN. */
_nodiscard_ int handoff_put(struct handoff *h, int fd);
/* The oldest, which is the caller's then; -1: none. */
int handoff_take(struct handoff *h);
/* Closes what is left, and what may still come. Twice does nothing. */
void handoff_close(struct handoff *h);

#endif
