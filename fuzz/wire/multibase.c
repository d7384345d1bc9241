/* covers: src/wire/multibase.c */

/* The first byte picks a base. What is read is written as the same text, and the other way round.
 */

#include "wire/multibase.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX 8192

static int encode_hex(struct bytes in, char *out, size_t out_max)
{
	if (2 * in.n + 1 > out_max)
		return -ENOBUFS;
	hex_encode(in, out);
	return (int)(2 * in.n);
}

static const struct {
	int (*encode)(struct bytes in, char *out, size_t out_max);
	int (*decode)(struct bytes text, uint8_t *out, size_t out_max);
} CODECS[] = {
	{ base58_encode, base58_decode },
	{ base32_encode, base32_decode },
	{ base64url_encode, base64url_decode },
	{ encode_hex, hex_decode },
	{ NULL, base36_decode },
	{ NULL, multibase_decode },
};

static bool is_same_text(struct bytes a, struct bytes b)
{
	/* Hexadecimal is read in either case. */
	for (size_t i = 0; i < a.n && a.n == b.n; i++) {
		uint8_t c = a.p[i], d = b.p[i];

		if (c != d && !(c >= 'A' && c <= 'F' && c + 'a' - 'A' == d))
			return false;
	}
	return a.n == b.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[OUT_MAX], again[OUT_MAX];
	static char text[OUT_MAX];
	struct bytes in;
	size_t i;
	int n, m;

	if (size == 0 || size > 2048)
		return 0;
	i = data[0] % ARRAY_SIZE(CODECS);
	in = BYTES(data + 1, size - 1);
	n = CODECS[i].decode(in, bytes, sizeof(bytes));
	ASSERT(n >= 0 || n == -EINVAL || n == -ENOBUFS);
	if (!CODECS[i].encode)
		return 0;
	if (n >= 0) {
		m = CODECS[i].encode(BYTES(bytes, n), text, sizeof(text));
		ASSERT(m >= 0 && is_same_text(in, BYTES(text, m)));
		if (n > 0)
			ASSERT(CODECS[i].decode(in, bytes, (size_t)n - 1) == -ENOBUFS);
	}
	n = CODECS[i].encode(in, text, sizeof(text));
	if (n >= 0 && n <= 128) {
		m = CODECS[i].decode(BYTES(text, n), again, sizeof(again));
		ASSERT(m >= 0 && bytes_equal(BYTES(again, m), in));
	}
	return 0;
}
