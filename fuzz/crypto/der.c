/* covers: src/crypto/der.c */

/* Lengths have one form only, so that what came apart goes together into the same bytes. */

#include <string.h>

#include "crypto/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX 70000

struct out {
	uint8_t b[OUT_MAX]; /* filled from its end */
	size_t at;
};

static void put(struct out *o, struct bytes b)
{
	ASSERT(b.n <= o->at);
	o->at -= b.n;
	if (b.n > 0)
		memcpy(o->b + o->at, b.p, b.n);
}

/* Wraps what was put since `end`. */
static void wrap(struct out *o, uint8_t tag, size_t end)
{
	size_t n = end - o->at;
	uint8_t head[4] = { tag, (uint8_t)n };
	size_t n_head = 2;

	if (n >= 0x100) {
		memcpy(head + 1, (uint8_t[]){ 0x82, (uint8_t)(n >> 8), (uint8_t)n }, 3);
		n_head = 4;
	} else if (n >= 0x80) {
		memcpy(head + 1, (uint8_t[]){ 0x81, (uint8_t)n }, 2);
		n_head = 3;
	}
	put(o, BYTES(head, n_head));
}

static void check_spki(struct bytes in, const struct der_spki *spki)
{
	static struct out o;
	size_t end;

	o.at = OUT_MAX;
	put(&o, spki->key);
	put(&o, BYTES("\0", 1));
	wrap(&o, DER_BIT_STRING, OUT_MAX);
	end = o.at;
	put(&o, spki->parameters);
	{
		size_t behind = o.at;

		put(&o, spki->algorithm);
		wrap(&o, DER_OID, behind);
	}
	wrap(&o, DER_SEQUENCE, end);
	wrap(&o, DER_SEQUENCE, OUT_MAX);
	ASSERT(bytes_equal(BYTES(o.b + o.at, OUT_MAX - o.at), in));
}

static void check_positive(struct bytes in)
{
	struct der d = der_of(in);
	struct bytes n = der_positive(&d);

	if (der_finish(&d) == 0)
		ASSERT(n.n > 0 && n.p[0] != 0 && n.n < in.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = BYTES(data, size);
	struct der_spki spki;

	if (size > 65000)
		return 0;
	check_positive(in);
	if (der_spki_decode(in, &spki) == 0)
		check_spki(in, &spki);
	return 0;
}
