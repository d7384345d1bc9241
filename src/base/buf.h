#ifndef PL_BASE_BUF_H
#define PL_BASE_BUF_H

/*
 * A growing first-in-first-out run of bytes that cannot exist without a maximum. It grows with what
 * was put in, never with what somebody announced.
 *
 *     buf_init(&b, max); buf_append(&b, p, n) ... buf_data(&b) ... buf_consume(&b, n);
 * buf_deinit(&b)
 */

#include "base/def.h"

struct buf {
	uint8_t *mem;
	size_t start, end, cap; /* content is mem[start, end) */
	size_t max;             /* of content */
};

void buf_init(struct buf *b, size_t max);
void buf_deinit(struct buf *b);

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->start;
}

/* Borrowed until the next call that takes `b` by non-const pointer. */
static inline struct bytes buf_data(const struct buf *b)
{
	return BYTES(b->mem ? b->mem + b->start : NULL, b->end - b->start);
}

static inline size_t buf_room(const struct buf *b)
{
	return b->max - buf_len(b);
}

/* -ENOBUFS: would pass the maximum (nothing was appended). -ENOMEM. */
_nodiscard_ int buf_append(struct buf *b, const void *p, size_t n);
/* Room for `n` bytes at `*ret`, to be filled and then added with buf_commit(). Same errors. */
_nodiscard_ int buf_reserve(struct buf *b, size_t n, uint8_t **ret);
void buf_commit(struct buf *b, size_t n);
/* Drops `n` bytes from the front; a buffer that becomes empty gives large memory back. */
void buf_consume(struct buf *b, size_t n);
/* Drops what is behind the first `n` bytes. */
void buf_cut(struct buf *b, size_t n);
void buf_clear(struct buf *b);

#endif
