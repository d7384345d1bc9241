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
	uint8_t data[];
};

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
