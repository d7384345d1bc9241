#include "wire/base64.h"

#define CHUNK 48 /* bytes encoded at a time, a multiple of 3 */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* From '+' to 'z'. */
static const int8_t values[] = {
	62, -1, -1, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1,
	-1, -1, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
	18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, -1, -1, 26, 27, 28, 29, 30, 31,
	32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
};

static int value_of(uint8_t c)
{
	return c < '+' || c > 'z' ? -1 : values[c - '+'];
}

/* What has been read so far: digits, then padding. */
struct state {
	uint32_t bits;
	size_t n_digits, n_pads, n_out;
};

static bool take(struct state *s, uint8_t c, uint8_t *out)
{
	int value = value_of(c);

	if (c == '\r' || c == '\n')
		return true;
	if (c == '=')
		return ++s->n_pads <= 2;
	if (value < 0 || s->n_pads > 0)
		return false;
	s->bits = s->bits << 6 | (uint32_t)value;
	if (s->n_digits++ % 4 != 0)
		out[s->n_out++] = (uint8_t)(s->bits >> 2 * ((4 - s->n_digits % 4) % 4));
	return true;
}

/* Two digits make one byte, three make two, and padding fills up; one alone makes none. */
static bool is_whole(const struct state *s)
{
	static const size_t pads[] = { 0, SIZE_MAX, 2, 1 };

	return s->n_pads == pads[s->n_digits % 4];
}

int base64_decode(struct bytes text, struct buf *out)
{
	struct state s = { 0 };
	uint8_t *room;
	int r;

	r = buf_reserve(out, (text.n + 3) / 4 * 3, &room);
	if (r < 0)
		return r;
	for (size_t i = 0; i < text.n; i++)
		if (!take(&s, text.p[i], room))
			return -EBADMSG;
	if (!is_whole(&s))
		return -EBADMSG;
	buf_commit(out, s.n_out);
	return 0;
}

/* At most CHUNK bytes, padded; returns the characters. */
static size_t encode_chunk(struct bytes b, char out[CHUNK / 3 * 4])
{
	size_t n = 0;

	for (size_t i = 0; i < b.n; i += 3) {
		size_t left = b.n - i;
		uint32_t bits = (uint32_t)b.p[i] << 16;

		bits |= left > 1 ? (uint32_t)b.p[i + 1] << 8 : 0;
		bits |= left > 2 ? b.p[i + 2] : 0;
		out[n++] = alphabet[bits >> 18];
		out[n++] = alphabet[bits >> 12 & 63];
		out[n++] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		out[n++] = left > 2 ? alphabet[bits & 63] : '=';
	}
	return n;
}

void base64_write(struct wr *w, struct bytes b)
{
	char out[CHUNK / 3 * 4];

	while (b.n > 0) {
		struct bytes chunk = BYTES(b.p, size_min(b.n, CHUNK));

		wr_bytes(w, BYTES(out, encode_chunk(chunk, out)));
		b = BYTES(b.p + chunk.n, b.n - chunk.n);
	}
}
