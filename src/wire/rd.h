#ifndef PL_WIRE_RD_H
#define PL_WIRE_RD_H

/*
 * The checked reader: foreign bytes are touched only through it. Read every field in a straight
 * line; the first read past the end makes the reader bad and all later reads return zeroes; ask
 * once, with rd_finish() or rd_is_bad().
 */

#include "base/def.h"

struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct rd rd_of(struct bytes b)
{
	return (struct rd){ .p = b.p, .left = b.n };
}

static inline bool rd_is_bad(const struct rd *r)
{
	return r->bad;
}

/* For readers' own checks: what was read makes no sense. */
static inline void rd_fail(struct rd *r)
{
	r->bad = true;
	r->left = 0;
}

/* 0 when everything was read and nothing was bad, else -EBADMSG. */
_nodiscard_ static inline int rd_finish(const struct rd *r)
{
	return r->bad || r->left != 0 ? -EBADMSG : 0;
}

/* Borrowed from the input; empty when the reader is or becomes bad. */
struct bytes rd_bytes(struct rd *r, size_t n);
uint8_t rd_u8(struct rd *r);
uint16_t rd_be16(struct rd *r);
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);
uint64_t rd_le64(struct rd *r);
/* Unsigned LEB128 of at most 10 bytes and 64 bits. */
uint64_t rd_varint(struct rd *r);
/* Varint length, then that many bytes; bad when longer than `max`. */
struct bytes rd_varint_bytes(struct rd *r, size_t max);
struct bytes rd_rest(struct rd *r);

#endif
