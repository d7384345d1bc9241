#ifndef PL_WIRE_WR_H
#define PL_WIRE_WR_H

/*
 * The checked writer: our bytes leave only through it, into a buffer with a maximum. The first
 * failure (no room, no memory) makes the writer bad, later writes do nothing, and wr_finish() tells
 * once.
 */

#include <string.h>

#include "base/buf.h"
#include "base/def.h"

struct wr {
	struct buf *out; /* borrowed */
	int error;
};

static inline struct wr wr_to(struct buf *out)
{
	return (struct wr){ .out = out };
}

/* 0, -ENOBUFS or -ENOMEM. What was written before the failure stays in the buffer. */
_nodiscard_ static inline int wr_finish(const struct wr *w)
{
	return w->error;
}

void wr_bytes_growing(struct wr *w, struct bytes b);

/* Lines are made of many small runs: where there is room already it is a copy and no more. */
static inline void wr_bytes(struct wr *w, struct bytes b)
{
	struct buf *out = w->out;

	if (w->error || b.n == 0 || b.n > out->cap - out->end || b.n > buf_room(out)) {
		wr_bytes_growing(w, b);
		return;
	}
	memcpy(out->mem + out->end, b.p, b.n);
	out->end += b.n;
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, BYTES(&v, 1));
}

void wr_be16(struct wr *w, uint16_t v);
void wr_be32(struct wr *w, uint32_t v);
void wr_be64(struct wr *w, uint64_t v);
void wr_varint(struct wr *w, uint64_t v);
void wr_varint_bytes(struct wr *w, struct bytes b);
static inline void wr_text(struct wr *w, const char *text)
{
	wr_bytes(w, BYTES(text, strlen(text)));
}

/* Bytes wr_varint() would write. */
size_t varint_size(uint64_t v);

#endif
