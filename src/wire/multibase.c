#include "wire/multibase.h"

#include <string.h>

#define BASE_X_IN_MAX 128 /* the work grows with the square */

static const char BASE58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char BASE36[] = "0123456789abcdefghijklmnopqrstuvwxyz";
static const char BASE32[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char BASE16[] = "0123456789abcdef";

/* The value of `c`, or -1. */
static int digit_of(const char *alphabet, uint8_t c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* ---- bases that treat the whole input as one number; its leading zeroes are counted apart ---- */

struct number {
	uint8_t digits[2 * BASE_X_IN_MAX]; /* most significant last */
	size_t n;
};

static int number_add(struct number *num, unsigned int from, unsigned int to, unsigned int digit)
{
	for (size_t i = 0; i < num->n; i++) {
		digit += num->digits[i] * from;
		num->digits[i] = (uint8_t)(digit % to);
		digit /= to;
	}
	while (digit > 0) {
		if (num->n == sizeof(num->digits))
			return -ENOBUFS;
		num->digits[num->n++] = (uint8_t)(digit % to);
		digit /= to;
	}
	return 0;
}

static size_t count_leading(struct bytes b, uint8_t zero)
{
	size_t n = 0;

	while (n < b.n && b.p[n] == zero)
		n++;
	return n;
}

static int base_x_decode(const char *alphabet, struct bytes text, uint8_t *out, size_t out_max)
{
	unsigned int radix = (unsigned int)strlen(alphabet);
	struct number num = { 0 };
	size_t zeroes;

	if (text.n > BASE_X_IN_MAX)
		return -EINVAL;
	zeroes = count_leading(text, (uint8_t)alphabet[0]);
	for (size_t i = zeroes; i < text.n; i++) {
		int digit = digit_of(alphabet, text.p[i]);

		if (digit < 0 || number_add(&num, radix, 256, (unsigned int)digit) < 0)
			return -EINVAL;
	}
	if (zeroes + num.n > out_max)
		return -ENOBUFS;
	memset(out, 0, zeroes);
	for (size_t i = 0; i < num.n; i++)
		out[zeroes + i] = num.digits[num.n - 1 - i];
	return (int)(zeroes + num.n);
}

/*
 * Peer ids are written with every message, so this goes four bytes and five letters at a time:
 * limbs of 58^5, which is below 2^32, most significant last.
 */
#define LIMB_LETTERS 5
#define LIMB UINT64_C(656356768) /* 58^5 */
#define LIMBS_MAX (BASE_X_IN_MAX * 8 / 29 + 1)

struct limbs {
	uint32_t v[LIMBS_MAX];
	size_t n;
};

/* num * 2^(8 n) + more, where `more` is of `n` bytes, at most 4. */
static void limbs_add(struct limbs *num, size_t n, uint64_t more)
{
	for (size_t i = 0; i < num->n; i++) {
		more += (uint64_t)num->v[i] << 8 * n;
		num->v[i] = (uint32_t)(more % LIMB);
		more /= LIMB;
	}
	while (more > 0) {
		num->v[num->n++] = (uint32_t)(more % LIMB);
		more /= LIMB;
	}
}

static void limbs_read(struct limbs *num, struct bytes in, size_t at)
{
	while (at < in.n) {
		size_t n = (in.n - at - 1) % 4 + 1;
		uint64_t more = 0;

		for (size_t i = 0; i < n; i++)
			more = more << 8 | in.p[at + i];
		limbs_add(num, n, more);
		at += n;
	}
}

/* Letters from the end of `out`, without leading zeroes; how many. */
static size_t limbs_write(const struct limbs *num, char *out, size_t n_out)
{
	size_t n = 0;

	for (size_t i = 0; i < num->n; i++) {
		uint32_t v = num->v[i];

		for (size_t k = 0; k < LIMB_LETTERS && (v > 0 || i + 1 < num->n); k++) {
			out[n_out - ++n] = BASE58[v % 58];
			v /= 58;
		}
	}
	return n;
}

int base58_encode(struct bytes in, char *out, size_t out_max)
{
	char letters[LIMBS_MAX * LIMB_LETTERS];
	struct limbs num = { .n = 0 };
	size_t zeroes, n;

	if (in.n > BASE_X_IN_MAX)
		return -ENOBUFS;
	zeroes = count_leading(in, 0);
	limbs_read(&num, in, zeroes);
	n = limbs_write(&num, letters, sizeof(letters));
	if (zeroes + n > out_max)
		return -ENOBUFS;
	memset(out, BASE58[0], zeroes);
	memcpy(out + zeroes, letters + sizeof(letters) - n, n);
	return (int)(zeroes + n);
}

int base58_decode(struct bytes text, uint8_t *out, size_t out_max)
{
	return base_x_decode(BASE58, text, out, out_max);
}

int base36_decode(struct bytes text, uint8_t *out, size_t out_max)
{
	return base_x_decode(BASE36, text, out, out_max);
}

/* ---- bases that are powers of two: `bits` per digit, the last digit filled up with zeroes ---- */

static int base_2_encode(const char *alphabet, unsigned int bits, struct bytes in, char *out,
			 size_t out_max)
{
	unsigned int held = 0, n_held = 0;
	size_t n = 0;

	if (in.n > out_max || (in.n * 8 + bits - 1) / bits > out_max)
		return -ENOBUFS;
	for (size_t i = 0; i < in.n; i++) {
		held = (held << 8 | in.p[i]) & 0xffff;
		for (n_held += 8; n_held >= bits; n_held -= bits)
			out[n++] = alphabet[held >> (n_held - bits) & ((1U << bits) - 1)];
	}
	if (n_held > 0)
		out[n++] = alphabet[held << (bits - n_held) & ((1U << bits) - 1)];
	return (int)n;
}

static int base_2_decode(const char *alphabet, unsigned int bits, struct bytes text, uint8_t *out,
			 size_t out_max)
{
	unsigned int held = 0, n_held = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		int digit = digit_of(alphabet, text.p[i]);

		if (digit < 0)
			return -EINVAL;
		held = (held << bits | (unsigned int)digit) & 0xffff;
		n_held += bits;
		if (n_held < 8)
			continue;
		n_held -= 8;
		if (n == out_max)
			return -ENOBUFS;
		out[n++] = (uint8_t)(held >> n_held);
	}
	/* What is left over filled up the last digit: less than a digit, and zero; else two texts
	 * would mean the same. */
	if (n_held >= bits || (held & ((1U << n_held) - 1)) != 0)
		return -EINVAL;
	return (int)n;
}

int base32_encode(struct bytes in, char *out, size_t out_max)
{
	return base_2_encode(BASE32, 5, in, out, out_max);
}

int base32_decode(struct bytes text, uint8_t *out, size_t out_max)
{
	return base_2_decode(BASE32, 5, text, out, out_max);
}

int base64url_encode(struct bytes in, char *out, size_t out_max)
{
	return base_2_encode(BASE64URL, 6, in, out, out_max);
}

int base64url_decode(struct bytes text, uint8_t *out, size_t out_max)
{
	return base_2_decode(BASE64URL, 6, text, out, out_max);
}

static int hex_digit(uint8_t c)
{
	return digit_of(BASE16, c >= 'A' && c <= 'F' ? (uint8_t)(c + 'a' - 'A') : c);
}

int hex_decode(struct bytes text, uint8_t *out, size_t out_max)
{
	size_t n = text.n / 2;

	if (text.n % 2 != 0)
		return -EINVAL;
	for (size_t i = 0; i < text.n; i++)
		if (hex_digit(text.p[i]) < 0)
			return -EINVAL;
	if (n > out_max)
		return -ENOBUFS;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_digit(text.p[2 * i]) << 4 | hex_digit(text.p[2 * i + 1]));
	return (int)n;
}

void hex_encode(struct bytes in, char *out)
{
	for (size_t i = 0; i < in.n; i++) {
		*out++ = BASE16[in.p[i] >> 4];
		*out++ = BASE16[in.p[i] & 15];
	}
	*out = '\0';
}

int multibase_decode(struct bytes text, uint8_t *out, size_t out_max)
{
	struct bytes digits;

	if (text.n == 0)
		return -EINVAL;
	digits = BYTES(text.p + 1, text.n - 1);
	switch (text.p[0]) {
	case 'b':
		return base32_decode(digits, out, out_max);
	case 'f':
		return hex_decode(digits, out, out_max);
	case 'k':
		return base36_decode(digits, out, out_max);
	case 'u':
		return base64url_decode(digits, out, out_max);
	case 'z':
		return base58_decode(digits, out, out_max);
	default:
		return -EINVAL;
	}
}
