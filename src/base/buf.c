#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define BUF_CAP_MIN 256
#define BUF_KEEP_MAX (64 * 1024) /* an empty buffer keeps at most this much memory */

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_deinit(struct buf *b)
{
	free(b->mem);
	*b = (struct buf){ .max = b->max };
}

static void buf_compact(struct buf *b)
{
	if (b->start == 0)
		return;
	memmove(b->mem, b->mem + b->start, b->end - b->start);
	b->end -= b->start;
	b->start = 0;
}

static int buf_grow(struct buf *b, size_t need)
{
	size_t cap = size_max(b->cap, BUF_CAP_MIN);
	uint8_t *mem;

	while (cap < need)
		cap *= 2;
	mem = realloc(b->mem, cap);
	if (!mem)
		return -ENOMEM;
	b->mem = mem;
	b->cap = cap;
	return 0;
}

int buf_reserve(struct buf *b, size_t n, uint8_t **ret)
{
	size_t len = buf_len(b);
	int r;

	if (n > b->max - len)
		return -ENOBUFS;
	if (n == 0 && !b->mem) {
		*ret = NULL;
		return 0;
	}
	if (b->cap - b->end < n) {
		/* Moving is cheap while little is held; otherwise grow and keep the start. */
		if (b->start >= len || b->cap - len >= n)
			buf_compact(b);
		if (b->cap - b->end < n) {
			r = buf_grow(b, b->end + n);
			if (r < 0)
				return r;
		}
	}
	*ret = b->mem + b->end;
	return 0;
}

void buf_commit(struct buf *b, size_t n)
{
	ASSERT(n <= b->cap - b->end);
	b->end += n;
}

int buf_append(struct buf *b, const void *p, size_t n)
{
	uint8_t *at;
	int r;

	if (n == 0)
		return 0;
	r = buf_reserve(b, n, &at);
	if (r < 0)
		return r;
	memcpy(at, p, n);
	buf_commit(b, n);
	return 0;
}

void buf_cut(struct buf *b, size_t n)
{
	ASSERT(n <= buf_len(b));
	b->end = b->start + n;
}

void buf_clear(struct buf *b)
{
	b->start = b->end = 0;
	if (b->cap > BUF_KEEP_MAX) {
		free(b->mem);
		b->mem = NULL;
		b->cap = 0;
	}
}

void buf_consume(struct buf *b, size_t n)
{
	ASSERT(n <= buf_len(b));
	b->start += n;
	if (b->start == b->end)
		buf_clear(b);
}
