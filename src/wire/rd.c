#include "wire/rd.h"

struct bytes rd_bytes(struct rd *r, size_t n)
{
	struct bytes b;

	if (r->bad || n > r->left) {
		rd_fail(r);
		return BYTES(NULL, 0);
	}
	b = BYTES(r->p, n);
	if (n > 0)
		r->p += n;
	r->left -= n;
	return b;
}

static uint64_t rd_be(struct rd *r, size_t n)
{
	struct bytes b = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint16_t rd_be16(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t rd_be32(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

uint64_t rd_be64(struct rd *r)
{
	return rd_be(r, 8);
}

uint64_t rd_le64(struct rd *r)
{
	return __builtin_bswap64(rd_be(r, 8));
}

uint64_t rd_varint(struct rd *r)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		uint8_t byte = rd_u8(r);

		if (r->bad)
			return 0;
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	rd_fail(r);
	return 0;
}

struct bytes rd_varint_bytes(struct rd *r, size_t max)
{
	uint64_t n = rd_varint(r);

	if (n > max) {
		rd_fail(r);
		return BYTES(NULL, 0);
	}
	return rd_bytes(r, (size_t)n);
}

struct bytes rd_rest(struct rd *r)
{
	return rd_bytes(r, r->bad ? 0 : r->left);
}
