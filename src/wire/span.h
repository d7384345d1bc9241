#ifndef PL_WIRE_SPAN_H
#define PL_WIRE_SPAN_H

/*
 * A writer into memory of fixed size, for values that are kept by value (addresses) and so need no
 * heap. As with the other writer the first failure makes it bad and the caller asks once.
 */

#include <string.h>

#include "base/def.h"

struct span {
	uint8_t *p;
	size_t n, max;
	bool bad;
};

static inline struct span span_of(void *p, size_t max)
{
	return (struct span){ .p = (uint8_t *)p, .max = max };
}

static inline void span_fail(struct span *s)
{
	s->bad = true;
}

static inline void span_put(struct span *s, struct bytes b)
{
	if (s->bad || b.n > s->max - s->n) {
		span_fail(s);
		return;
	}
	if (b.n > 0)
		memcpy(s->p + s->n, b.p, b.n);
	s->n += b.n;
}

static inline void span_put_u8(struct span *s, uint8_t v)
{
	span_put(s, BYTES(&v, 1));
}

static inline void span_put_varint(struct span *s, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		span_put_u8(s, (uint8_t)(v & 0x7f) | 0x80);
	span_put_u8(s, (uint8_t)v);
}

#endif
