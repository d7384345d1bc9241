#include "crypto/der.h"

#define LONG_FORM 0x80

static void der_fail(struct der *d)
{
	d->bad = true;
	d->left = BYTES(NULL, 0);
}

static struct bytes take(struct der *d, size_t n)
{
	struct bytes b;

	if (d->bad || n > d->left.n) {
		der_fail(d);
		return BYTES(NULL, 0);
	}
	b = BYTES(d->left.p, n);
	if (n > 0)
		d->left.p += n;
	d->left.n -= n;
	return b;
}

static uint8_t take_u8(struct der *d)
{
	struct bytes b = take(d, 1);

	return b.n == 1 ? b.p[0] : 0;
}

/* Two bytes of length are enough for the longest key we take. */
static size_t take_length(struct der *d)
{
	uint8_t first = take_u8(d);
	size_t n = 0, n_bytes = first & 0x7f;

	if (first < LONG_FORM)
		return first;
	if (n_bytes == 0 || n_bytes > 2) {
		der_fail(d);
		return 0;
	}
	for (size_t i = 0; i < n_bytes; i++)
		n = n << 8 | take_u8(d);
	if (n < (n_bytes == 1 ? 0x80 : 0x100))
		der_fail(d);
	return n;
}

int der_finish(const struct der *d)
{
	return d->bad || d->left.n != 0 ? -EBADMSG : 0;
}

struct bytes der_value(struct der *d, uint8_t tag)
{
	if (take_u8(d) != tag)
		der_fail(d);
	return take(d, take_length(d));
}

struct bytes der_positive(struct der *d)
{
	struct bytes b = der_value(d, DER_INTEGER);

	if (b.n >= 2 && b.p[0] == 0 && b.p[1] >= 0x80)
		return BYTES(b.p + 1, b.n - 1);
	/* Zero, negative, or with a zero byte that the sign does not need. */
	if (b.n == 0 || b.p[0] == 0 || b.p[0] >= 0x80) {
		der_fail(d);
		return BYTES(NULL, 0);
	}
	return b;
}

struct bytes der_bit_string(struct der *d)
{
	struct bytes b = der_value(d, DER_BIT_STRING);

	if (b.n == 0 || b.p[0] != 0) {
		der_fail(d);
		return BYTES(NULL, 0);
	}
	return BYTES(b.p + 1, b.n - 1);
}

int der_spki_decode(struct bytes in, struct der_spki *ret)
{
	struct der outer = der_of(in);
	struct der info = der_of(der_value(&outer, DER_SEQUENCE));
	struct der identifier = der_of(der_value(&info, DER_SEQUENCE));
	struct der_spki spki;

	spki.algorithm = der_value(&identifier, DER_OID);
	spki.parameters = identifier.left;
	spki.key = der_bit_string(&info);
	if (identifier.bad || der_finish(&info) < 0 || der_finish(&outer) < 0)
		return -EBADMSG;
	*ret = spki;
	return 0;
}
