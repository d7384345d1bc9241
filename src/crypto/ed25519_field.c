#include "crypto/ed25519_field.h"

#include <string.h>

void fe_neg(struct fe *out, const struct fe *a)
{
	struct fe zero = FE_ZERO, one = FE_ONE;

	fe_sub(out, &zero, a);
	fe_mul(out, out, &one);
}

static void fe_sq_times(struct fe *out, const struct fe *a, int n)
{
	fe_sq(out, a);
	while (--n > 0)
		fe_sq(out, out);
}

/* a^(2^250 - 1), and a^11 on the way. The exponents' ones are doubled in number: 5, 10, 20, ... */
static void pow_250_ones(struct fe *out, struct fe *ret_11, const struct fe *a)
{
	struct fe t, u, ones5, ones10, ones50;

	fe_sq(&t, a);           /* 2 */
	fe_sq_times(&u, &t, 2); /* 8 */
	fe_mul(&u, &u, a);      /* 9 */
	fe_mul(ret_11, &u, &t); /* 11 */
	fe_sq(&t, ret_11);      /* 22 */
	fe_mul(&ones5, &t, &u); /* 31 = 2^5 - 1 */
	fe_sq_times(&t, &ones5, 5);
	fe_mul(&ones10, &t, &ones5);
	fe_sq_times(&t, &ones10, 10);
	fe_mul(&u, &t, &ones10); /* 20 */
	fe_sq_times(&t, &u, 20);
	fe_mul(&t, &t, &u); /* 40 */
	fe_sq_times(&t, &t, 10);
	fe_mul(&ones50, &t, &ones10);
	fe_sq_times(&t, &ones50, 50);
	fe_mul(&u, &t, &ones50); /* 100 */
	fe_sq_times(&t, &u, 100);
	fe_mul(&t, &t, &u); /* 200 */
	fe_sq_times(&t, &t, 50);
	fe_mul(out, &t, &ones50);
}

/* a^(p - 2) = a^(2^255 - 21) */
void fe_invert(struct fe *out, const struct fe *a)
{
	struct fe t, a11;

	pow_250_ones(&t, &a11, a);
	fe_sq_times(&t, &t, 5);
	fe_mul(out, &t, &a11);
}

/* a^(2^252 - 3) */
void fe_pow_p58(struct fe *out, const struct fe *a)
{
	struct fe t, a11, base = *a;

	pow_250_ones(&t, &a11, a);
	fe_sq_times(&t, &t, 2);
	fe_mul(out, &t, &base);
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static void store64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

void fe_decode(struct fe *out, const uint8_t in[FE_SIZE])
{
	uint64_t a = load64(in), b = load64(in + 8), c = load64(in + 16), d = load64(in + 24);

	out->v[0] = a & FE_MASK;
	out->v[1] = (a >> 51 | b << 13) & FE_MASK;
	out->v[2] = (b >> 38 | c << 26) & FE_MASK;
	out->v[3] = (c >> 25 | d << 39) & FE_MASK;
	out->v[4] = (d >> 12) & FE_MASK;
}

/* Carries around once: limbs below 2^51, but for limb 0, which may be a little above. */
static void carry_around(uint64_t v[5])
{
	for (int i = 0; i < 4; i++) {
		v[i + 1] += v[i] >> 51;
		v[i] &= FE_MASK;
	}
	v[0] += 19 * (v[4] >> 51);
	v[4] &= FE_MASK;
}

void fe_encode(const struct fe *a, uint8_t out[FE_SIZE])
{
	uint64_t v[5], q;

	memcpy(v, a->v, sizeof(v));
	carry_around(v);
	carry_around(v);
	/* Now it is below 2p; `q` says whether it is p or above, which 19 more would carry out. */
	q = (v[0] + 19) >> 51;
	for (int i = 1; i < 5; i++)
		q = (v[i] + q) >> 51;
	v[0] += 19 * q;
	for (int i = 0; i < 4; i++) {
		v[i + 1] += v[i] >> 51;
		v[i] &= FE_MASK;
	}
	v[4] &= FE_MASK;
	store64(out, v[0] | v[1] << 51);
	store64(out + 8, v[1] >> 13 | v[2] << 38);
	store64(out + 16, v[2] >> 26 | v[3] << 25);
	store64(out + 24, v[3] >> 39 | v[4] << 12);
}

bool fe_is_zero(const struct fe *a)
{
	static const uint8_t zero[FE_SIZE];
	uint8_t b[FE_SIZE];

	fe_encode(a, b);
	return memcmp(b, zero, sizeof(b)) == 0;
}

bool fe_equal(const struct fe *a, const struct fe *b)
{
	struct fe d;

	fe_sub(&d, a, b);
	return fe_is_zero(&d);
}

bool fe_is_odd(const struct fe *a)
{
	uint8_t b[FE_SIZE];

	fe_encode(a, b);
	return b[0] & 1;
}
