#include "wire/wr.h"

void wr_bytes_growing(struct wr *w, struct bytes b)
{
	int r;

	if (w->error)
		return;
	r = buf_append(w->out, b.p, b.n);
	if (r < 0)
		w->error = r;
}

static void wr_be(struct wr *w, uint64_t v, size_t n)
{
	uint8_t out[8];

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	wr_bytes(w, BYTES(out, n));
}

void wr_be16(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

void wr_be32(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void wr_be64(struct wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

void wr_varint(struct wr *w, uint64_t v)
{
	uint8_t out[10];
	size_t n = 0;

	do {
		out[n++] = (uint8_t)(v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		v >>= 7;
	} while (v > 0);
	wr_bytes(w, BYTES(out, n));
}

void wr_varint_bytes(struct wr *w, struct bytes b)
{
	wr_varint(w, b.n);
	wr_bytes(w, b);
}

size_t varint_size(uint64_t v)
{
	size_t n = 1;

	while (v > 0x7f) {
		v >>= 7;
		n++;
	}
	return n;
}
