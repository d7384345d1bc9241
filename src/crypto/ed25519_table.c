#include "crypto/ed25519_table.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ed25519_point.h"
#include "crypto/keys.h"

/*
 * Below the group's order a scalar has 253 bits, and where bit 252 is set the 127 below it are not.
 * So the last digit, of the bits from 252 (width 7) or 250 (width 5) on, is at most 1 or 4; with
 * the carry it still is below 2^(width-1), and nothing is carried out.
 */
#define SCALAR_BITS 254
#define DIGITS_MAX 64

/*
 * A scalar is written in signed digits of `width` bits, so a digit is a choice among 2^(width-1)
 * points and a sign. Every `stride`-th digit has its own row of points, row i being the multiples
 * 1 to 2^(width-1) of 2^(width * stride * i) P; the digits between are reached by doubling.
 */
struct ed25519_table {
	size_t n_refs;
	uint8_t key[32];
	unsigned int width, stride, n_rows, n_columns;
	/* [row][multiple - 1], on whole cache lines */
	_Alignas(ED25519_LINE) struct ed25519_niels points[];
};

#define BASE_WIDTH 7
#define BASE_STRIDE 1
#define KEY_WIDTH 5
#define KEY_STRIDE 2

static unsigned int n_digits(unsigned int width)
{
	return (SCALAR_BITS + width - 1) / width;
}

/* ---- making ---- */

struct workshop {
	struct ed25519_point *points;
	struct ed25519_niels *firsts; /* of each row */
	struct fe *numbers;
};

static void workshop_deinit(struct workshop *w)
{
	free(w->points);
	free(w->firsts);
	free(w->numbers);
}

static int workshop_init(struct workshop *w, size_t n_rows, size_t n_points)
{
	*w = (struct workshop){
		.points = malloc(n_points * sizeof(*w->points)),
		.firsts = malloc(n_rows * sizeof(*w->firsts)),
		.numbers = malloc(n_points * sizeof(*w->numbers)),
	};
	return w->points && w->firsts && w->numbers ? 0 : -ENOMEM;
}

static void fill(struct ed25519_table *t, const struct ed25519_point *p, struct workshop *w)
{
	struct ed25519_point first = *p;

	for (size_t row = 0; row < t->n_rows; row++) {
		w->points[row] = first;
		for (unsigned int i = 0; i < t->width * t->stride; i++)
			ed25519_double(&first);
	}
	ed25519_to_niels(w->points, t->n_rows, w->numbers, w->firsts);
	for (size_t row = 0; row < t->n_rows; row++) {
		struct ed25519_point multiple = ed25519_identity;

		for (size_t column = 0; column < t->n_columns; column++) {
			ed25519_add_niels(&multiple, &w->firsts[row]);
			w->points[row * t->n_columns + column] = multiple;
		}
	}
	ed25519_to_niels(w->points, (size_t)t->n_rows * t->n_columns, w->numbers, t->points);
}

static int table_new(const struct ed25519_point *p, unsigned int width, unsigned int stride,
		     struct ed25519_table **ret)
{
	unsigned int n_rows = (n_digits(width) + stride - 1) / stride,
		     n_columns = 1u << (width - 1);
	size_t n_points = (size_t)n_rows * n_columns;
	_cleanup_(workshop_deinit) struct workshop w = { 0 };
	struct ed25519_table *t;

	if (workshop_init(&w, n_rows, n_points) < 0)
		return -ENOMEM;
	t = aligned_alloc(ED25519_LINE, sizeof(*t) + n_points * sizeof(t->points[0]));
	if (!t)
		return -ENOMEM;
	t->n_refs = 1;
	t->width = width;
	t->stride = stride;
	t->n_rows = n_rows;
	t->n_columns = n_columns;
	fill(t, p, &w);
	*ret = t;
	return 0;
}

int ed25519_base_table_new(struct ed25519_table **ret)
{
	struct ed25519_point base;

	ed25519_base(&base);
	return table_new(&base, BASE_WIDTH, BASE_STRIDE, ret);
}

/* Of the key's opposite: what is computed is sB - hA. */
int ed25519_table_new(const uint8_t key[32], struct ed25519_table **ret)
{
	struct ed25519_point p;
	int r;

	if (ed25519_decode(key, &p) < 0 || ed25519_is_small(&p))
		return SIGNATURE_E_BAD;
	ed25519_negate(&p);
	r = table_new(&p, KEY_WIDTH, KEY_STRIDE, ret);
	if (r == 0)
		memcpy((*ret)->key, key, sizeof((*ret)->key));
	return r;
}

struct ed25519_table *ed25519_table_ref(struct ed25519_table *t)
{
	t->n_refs++;
	return t;
}

struct ed25519_table *ed25519_table_unref(struct ed25519_table *t)
{
	if (t && --t->n_refs == 0)
		free(t);
	return NULL;
}

/* ---- using ---- */

static unsigned int bits_of(const uint8_t scalar[32], unsigned int first, unsigned int n)
{
	unsigned int byte = first / 8, v = 0;

	for (unsigned int i = 0; i < 3 && byte + i < 32; i++)
		v |= (unsigned int)scalar[byte + i] << 8 * i;
	return v >> first % 8 & ((1u << n) - 1);
}

/* From -2^(width-1) to 2^(width-1), least significant first. */
static void write_digits(const struct ed25519_table *t, const uint8_t scalar[32],
			 int digits[DIGITS_MAX])
{
	int carry = 0;

	for (unsigned int i = 0; i < n_digits(t->width); i++) {
		int digit = (int)bits_of(scalar, i * t->width, t->width) + carry;

		carry = digit > (int)t->n_columns;
		digits[i] = carry ? digit - 2 * (int)t->n_columns : digit;
	}
}

static const struct ed25519_niels *multiple(const struct ed25519_table *t, unsigned int i,
					    int digit)
{
	return &t->points[(size_t)(i / t->stride) * t->n_columns + (size_t)abs(digit) - 1];
}

/* Which points will be added is known before the first is: they need not be waited for one by
 * one. */
static void fetch(const struct ed25519_table *t, const int digits[DIGITS_MAX])
{
	for (unsigned int i = 0; i < n_digits(t->width); i++) {
		const char *p = (const char *)multiple(t, i, digits[i] ? digits[i] : 1);

		__builtin_prefetch(p);
		__builtin_prefetch(p + ED25519_LINE);
	}
}

static void add_digit(struct ed25519_point *p, const struct ed25519_table *t, unsigned int i,
		      int digit)
{
	if (digit > 0)
		ed25519_add_niels(p, multiple(t, i, digit));
	else if (digit < 0)
		ed25519_sub_niels(p, multiple(t, i, digit));
}

/* Adds a scalar times the table's point. `p` is the identity where the table has a stride. */
static void add_scaled(struct ed25519_point *p, const struct ed25519_table *t,
		       const int digits[DIGITS_MAX])
{
	for (unsigned int phase = t->stride; phase-- > 0;) {
		for (unsigned int i = phase; i < n_digits(t->width); i += t->stride)
			add_digit(p, t, i, digits[i]);
		for (unsigned int i = 0; phase > 0 && i < t->width; i++)
			ed25519_double(p);
	}
}

/* L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
static bool is_below_order(const uint8_t scalar[32])
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
					   0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
					   0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };

	for (size_t i = sizeof(order); i-- > 0;)
		if (scalar[i] != order[i])
			return scalar[i] < order[i];
	return false;
}

/* SHA-512(R, A, message) modulo the order. */
static void hash_scalar(const uint8_t r[32], const uint8_t key[32], struct bytes message,
			uint8_t ret[32])
{
	crypto_hash_sha512_state state;
	uint8_t hash[crypto_hash_sha512_BYTES];

	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, r, 32);
	crypto_hash_sha512_update(&state, key, 32);
	crypto_hash_sha512_update(&state, message.p, message.n);
	crypto_hash_sha512_final(&state, hash);
	crypto_core_ed25519_scalar_reduce(ret, hash);
}

int ed25519_table_verify(const struct ed25519_table *base, const struct ed25519_table *key,
			 struct bytes message, struct bytes signature)
{
	const uint8_t *r, *s;
	struct ed25519_point p = ed25519_identity;
	int s_digits[DIGITS_MAX], h_digits[DIGITS_MAX];
	uint8_t h[32], r_again[32];

	if (signature.n != ED25519_SIGNATURE)
		return SIGNATURE_E_BAD;
	r = signature.p;
	s = signature.p + 32;
	if (!is_below_order(s))
		return SIGNATURE_E_BAD;
	write_digits(base, s, s_digits);
	fetch(base, s_digits);
	hash_scalar(r, key->key, message, h);
	write_digits(key, h, h_digits);
	fetch(key, h_digits);
	add_scaled(&p, key, h_digits);
	add_scaled(&p, base, s_digits);
	ed25519_encode(&p, r_again);
	return memcmp(r, r_again, 32) == 0 && !ed25519_is_small(&p) ? 0 : SIGNATURE_E_BAD;
}
