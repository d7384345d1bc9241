#include "wire/protobuf.h"

static bool read_value(struct rd *r, struct protobuf_field *f)
{
	switch (f->key & 7) {
	case PROTOBUF_VARINT:
		f->value = rd_varint(r);
		break;
	case PROTOBUF_FIXED64:
		f->value = rd_le64(r);
		break;
	case PROTOBUF_BYTES:
		f->bytes = rd_varint_bytes(r, r->left);
		break;
	case PROTOBUF_FIXED32:
		f->value = __builtin_bswap32(rd_be32(r));
		break;
	default:
		rd_fail(r);
	}
	return !rd_is_bad(r);
}

bool protobuf_next(struct rd *r, struct protobuf_field *ret)
{
	struct protobuf_field f = { 0 };
	uint64_t key;

	if (rd_is_bad(r) || r->left == 0)
		return false;
	key = rd_varint(r);
	/* Numbers are 1 to PROTOBUF_NUMBER_MAX, so that a key fits into 32 bits. */
	if (key > UINT32_MAX || key >> 3 == 0) {
		rd_fail(r);
		return false;
	}
	f.key = (uint32_t)key;
	if (!read_value(r, &f))
		return false;
	*ret = f;
	return true;
}

void protobuf_write_varint(struct wr *w, uint32_t number, uint64_t value)
{
	wr_varint(w, PROTOBUF_KEY(number, PROTOBUF_VARINT));
	wr_varint(w, value);
}

void protobuf_write_bool(struct wr *w, uint32_t number, bool value)
{
	protobuf_write_varint(w, number, value ? 1 : 0);
}

void protobuf_write_head(struct wr *w, uint32_t number, size_t n)
{
	wr_varint(w, PROTOBUF_KEY(number, PROTOBUF_BYTES));
	wr_varint(w, n);
}

void protobuf_write_bytes(struct wr *w, uint32_t number, struct bytes b)
{
	protobuf_write_head(w, number, b.n);
	wr_bytes(w, b);
}

void protobuf_write_text(struct wr *w, uint32_t number, const char *text)
{
	protobuf_write_bytes(w, number, bytes_of_text(text));
}

size_t protobuf_varint_size(uint32_t number, uint64_t value)
{
	return varint_size(PROTOBUF_KEY(number, PROTOBUF_VARINT)) + varint_size(value);
}

size_t protobuf_bytes_size(uint32_t number, size_t n)
{
	return varint_size(PROTOBUF_KEY(number, PROTOBUF_BYTES)) + varint_size(n) + n;
}
