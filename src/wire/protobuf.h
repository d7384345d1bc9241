#ifndef PL_WIRE_PROTOBUF_H
#define PL_WIRE_PROTOBUF_H

/*
 * Protobuf's wire format, field by field, over the checked reader and writer; every message of
 * ours has its own file that knows what its fields mean. Reading:
 *
 *     struct rd r = rd_of(in);
 *     struct protobuf_field f;
 *
 *     while (protobuf_next(&r, &f)) {
 *             switch (f.key) {
 *             case PROTOBUF_KEY(1, PROTOBUF_BYTES):
 *                     topic = f.bytes;
 *                     break;
 *             }
 *     }
 *     return rd_finish(&r);
 *
 * A field that the switch does not name is skipped, and so is a known number with another wire
 * type: both are what protobuf's own readers do. Where a single field comes twice the last one
 * counts. Groups (wire types 3 and 4) have been dead since before libp2p and make the reader bad.
 *
 * Writing is canonical when the caller writes in the order of the numbers: shortest varints, no
 * padding. Absent fields are the caller's decision, because signatures cover what is written.
 */

#include "wire/rd.h"
#include "wire/wr.h"

enum protobuf_type {
	PROTOBUF_VARINT = 0,
	PROTOBUF_FIXED64 = 1,
	PROTOBUF_BYTES = 2, /* bytes, text, embedded messages */
	PROTOBUF_FIXED32 = 5,
};

/* What stands before every field on the wire: number and type in one. */
#define PROTOBUF_KEY(number, type) ((uint32_t)(number) << 3 | (uint32_t)(type))

#define PROTOBUF_NUMBER_MAX ((UINT32_C(1) << 29) - 1)

struct protobuf_field {
	uint32_t key;
	uint64_t value;     /* varint and fixed types */
	struct bytes bytes; /* PROTOBUF_BYTES: borrowed from the input */
};

static inline uint32_t protobuf_number(const struct protobuf_field *f)
{
	return f->key >> 3;
}

/* The next field of any kind. False at the end, and when the reader is or becomes bad. */
bool protobuf_next(struct rd *r, struct protobuf_field *ret);

void protobuf_write_varint(struct wr *w, uint32_t number, uint64_t value);
void protobuf_write_bool(struct wr *w, uint32_t number, bool value);
void protobuf_write_bytes(struct wr *w, uint32_t number, struct bytes b);
void protobuf_write_text(struct wr *w, uint32_t number, const char *text);
/* An embedded message whose `n` bytes the caller writes next. */
void protobuf_write_head(struct wr *w, uint32_t number, size_t n);

/* Bytes the calls above would write; protobuf_bytes_size() includes the `n` bytes themselves. */
size_t protobuf_varint_size(uint32_t number, uint64_t value);
size_t protobuf_bytes_size(uint32_t number, size_t n);

#endif
