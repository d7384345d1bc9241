#ifndef PL_BASE_SHARED_BYTES_H
#define PL_BASE_SHARED_BYTES_H

/*
 * Immutable bytes with a count of owners, so that one message can wait in many queues and be kept
 * once. Loop thread only: the count is not atomic.
 */

#include "base/def.h"

struct shared_bytes {
	size_t n_refs;
	size_t n;
	struct shared_pool *pool; /* where it goes in the end; NULL: it is freed */
	uint8_t data[];
};

/* Blocks of one size that are used again: large ones that come and go with every turn of the loop
 * would be asked from the system each time. It outlives its blocks. */
#define SHARED_POOL_MAX 64

struct shared_pool {
	size_t size;
	struct shared_bytes *spare[SHARED_POOL_MAX];
	size_t n_spare, n_max;
};

void shared_pool_init(struct shared_pool *p, size_t size, size_t n_max);
void shared_pool_deinit(struct shared_pool *p);
/* As shared_bytes_new() with the pool's size. */
struct shared_bytes *shared_pool_take(struct shared_pool *p);

/* One reference, the caller's, with room for `n` bytes to be filled before it is shared. NULL: no
 * memory. */
struct shared_bytes *shared_bytes_new(size_t n);
struct shared_bytes *shared_bytes_copy(struct bytes b);
struct shared_bytes *shared_bytes_ref(struct shared_bytes *s);
/* Takes NULL; always returns NULL. */
struct shared_bytes *shared_bytes_unref(struct shared_bytes *s);

static inline struct bytes shared_bytes_data(const struct shared_bytes *s)
{
	return BYTES(s->data, s->n);
}

#endif
