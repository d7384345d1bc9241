#include "crypto/noise.h"

#include <sodium.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/keys.h"
#include "crypto/noise_priv.h"

/* Exactly as long as a hash: the specification then takes the name itself as the first h. */
static const char PROTOCOL[] = "Noise_XX_25519_ChaChaPoly_SHA256";
_Static_assert(sizeof(PROTOCOL) - 1 == 32, "a longer or shorter name is hashed or padded");

enum token {
	END,
	E,
	S,
	EE,
	ES,
	SE,
};

#define N_STEPS 3
#define N_TOKENS 5

/* XX: -> e; <- e, ee, s, es; -> s, se */
static const enum token PATTERN[N_STEPS][N_TOKENS] = {
	{ E, END },
	{ E, EE, S, ES, END },
	{ S, SE, END },
};

/* ---- the symmetric state: ck, h, and a key k with its counter n ---- */

static void mix_hash(struct noise *n, struct bytes b)
{
	crypto_hash_sha256_state ctx;

	crypto_hash_sha256_init(&ctx);
	crypto_hash_sha256_update(&ctx, n->h, sizeof(n->h));
	crypto_hash_sha256_update(&ctx, b.p, b.n);
	crypto_hash_sha256_final(&ctx, n->h);
}

static void hmac(const uint8_t key[32], struct bytes a, struct bytes b, uint8_t ret[32])
{
	crypto_auth_hmacsha256_state ctx;

	crypto_auth_hmacsha256_init(&ctx, key, 32);
	crypto_auth_hmacsha256_update(&ctx, a.p, a.n);
	crypto_auth_hmacsha256_update(&ctx, b.p, b.n);
	crypto_auth_hmacsha256_final(&ctx, ret);
	secret_wipe(&ctx, sizeof(ctx));
}

/* HKDF with two outputs. `a` may be `ck`. */
static void hkdf(const uint8_t ck[32], struct bytes secret, uint8_t a[32], uint8_t b[32])
{
	static const uint8_t one = 1, two = 2;
	uint8_t t[32];

	hmac(ck, secret, BYTES(NULL, 0), t);
	hmac(t, BYTES(NULL, 0), BYTES(&one, 1), a);
	hmac(t, BYTES(a, 32), BYTES(&two, 1), b);
	secret_wipe(t, sizeof(t));
}

static void mix_key(struct noise *n, const uint8_t secret[32])
{
	hkdf(n->ck, BYTES(secret, 32), n->ck, n->k);
	n->has_k = true;
	n->n = 0;
}

static size_t tag_size(const struct noise *n)
{
	return n->has_k ? NOISE_TAG : 0;
}

/* In clear while there is no key. `out` has room for the tag. */
static void seal_and_hash(struct noise *n, struct bytes in, uint8_t *out)
{
	uint8_t nonce[NOISE_NONCE];

	if (n->has_k) {
		noise_nonce(n->n++, nonce);
		crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in.p, in.n, n->h, sizeof(n->h),
							  NULL, nonce, n->k);
	} else if (in.n > 0) {
		memcpy(out, in.p, in.n);
	}
	mix_hash(n, BYTES(out, in.n + tag_size(n)));
}

/* `in` is at least a tag long where there is one; `out` has room for the rest. */
static int open_and_hash(struct noise *n, struct bytes in, uint8_t *out)
{
	uint8_t nonce[NOISE_NONCE];

	if (n->has_k) {
		noise_nonce(n->n++, nonce);
		if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in.p, in.n, n->h,
							      sizeof(n->h), nonce, n->k) != 0)
			return NOISE_E_BAD;
	} else if (in.n > 0) {
		memcpy(out, in.p, in.n);
	}
	mix_hash(n, in);
	return 0;
}

/* ---- Diffie-Hellman ---- */

/*
 * The points of small order, with the coordinate's top bit off, as X25519 reads it: 0, 1, both of
 * order eight, p - 1, p, p + 1. They force a secret that everybody knows. X25519 itself would tell
 * by an all-zero result, but only after its work is done.
 */
static bool is_low_order(const uint8_t point[NOISE_KEY])
{
	static const uint8_t low[][NOISE_KEY] = {
		{ 0 },
		{ 1 },
		{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		  0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		  0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
		{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
		  0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
		  0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
		{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
		{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
		{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	};
	uint8_t p[NOISE_KEY];

	memcpy(p, point, sizeof(p));
	p[NOISE_KEY - 1] &= 0x7f;
	for (size_t i = 0; i < ARRAY_SIZE(low); i++)
		if (memcmp(p, low[i], sizeof(p)) == 0)
			return true;
	return false;
}

static int mix_dh(struct noise *n, const uint8_t secret[32], const uint8_t point[32])
{
	uint8_t shared[32];

	if (crypto_scalarmult(shared, secret, point) != 0)
		return NOISE_E_BAD;
	mix_key(n, shared);
	secret_wipe(shared, sizeof(shared));
	return 0;
}

static int mix_token(struct noise *n, enum token t)
{
	switch (t) {
	case EE:
		return mix_dh(n, n->e, n->re);
	case ES:
		return n->initiator ? mix_dh(n, n->e, n->rs) : mix_dh(n, n->s, n->re);
	case SE:
		return n->initiator ? mix_dh(n, n->s, n->re) : mix_dh(n, n->e, n->rs);
	case END:
	case E:
	case S:
		break;
	}
	return 0;
}

/* ---- the handshake ---- */

static bool is_my_turn_to_write(const struct noise *n)
{
	return n->step < N_STEPS && n->initiator == (n->step % 2 == 0);
}

/* What a message of this step takes beyond its payload. */
static size_t overhead(const struct noise *n)
{
	static const size_t of_step[N_STEPS] = {
		NOISE_KEY,
		NOISE_KEY + NOISE_KEY + NOISE_TAG + NOISE_TAG,
		NOISE_KEY + NOISE_TAG + NOISE_TAG,
	};

	return of_step[n->step];
}

static void start(struct noise *n, bool initiator, struct bytes prologue)
{
	n->initiator = initiator;
	memcpy(n->h, PROTOCOL, sizeof(n->h));
	memcpy(n->ck, PROTOCOL, sizeof(n->ck));
	crypto_scalarmult_base(n->s_pub, n->s);
	crypto_scalarmult_base(n->e_pub, n->e);
	mix_hash(n, prologue);
}

void noise_init(struct noise *n, bool initiator, const struct random *random)
{
	*n = (struct noise){ 0 };
	random_fill(random, n->s, sizeof(n->s));
	random_fill(random, n->e, sizeof(n->e));
	start(n, initiator, BYTES(NULL, 0));
}

void noise_init_with(struct noise *n, bool initiator, struct bytes prologue, const uint8_t s[32],
		     const uint8_t e[32])
{
	*n = (struct noise){ 0 };
	memcpy(n->s, s, sizeof(n->s));
	memcpy(n->e, e, sizeof(n->e));
	start(n, initiator, prologue);
}

void noise_deinit(struct noise *n)
{
	secret_wipe(n, sizeof(*n));
}

/* Writes one token at `at`; returns what it took up. */
static size_t write_token(struct noise *n, enum token t, uint8_t *at)
{
	size_t size = 0;

	if (t == E) {
		memcpy(at, n->e_pub, NOISE_KEY);
		mix_hash(n, BYTES(at, NOISE_KEY));
		size = NOISE_KEY;
	} else if (t == S) {
		size = NOISE_KEY + tag_size(n);
		seal_and_hash(n, noise_static_key(n), at);
	}
	return size;
}

int noise_write(struct noise *n, struct bytes payload, struct buf *out)
{
	uint8_t *at;
	size_t size;
	int r;

	ASSERT(is_my_turn_to_write(n));
	if (payload.n > LIMIT_NOISE_PAYLOAD)
		return -EMSGSIZE;
	size = overhead(n) + payload.n;
	r = buf_reserve(out, size, &at);
	if (r < 0)
		return r;

	for (const enum token *t = PATTERN[n->step]; *t != END; t++) {
		at += write_token(n, *t, at);
		/* noise_read() has refused every point that could make this fail. */
		if (mix_token(n, *t) != 0)
			return -EPROTO;
	}
	seal_and_hash(n, payload, at);
	n->step++;
	buf_commit(out, size);
	return 0;
}

/* The first `n` bytes; noise_read() has seen that they are there. */
static struct bytes take(struct bytes *in, size_t n)
{
	struct bytes b = BYTES(in->p, n);

	in->p += n;
	in->n -= n;
	return b;
}

static int read_token(struct noise *n, enum token t, struct bytes *in)
{
	int r = 0;

	if (t == E) {
		struct bytes b = take(in, NOISE_KEY);

		memcpy(n->re, b.p, NOISE_KEY);
		mix_hash(n, b);
		r = is_low_order(n->re) ? NOISE_E_BAD : 0;
	} else if (t == S) {
		r = open_and_hash(n, take(in, NOISE_KEY + tag_size(n)), n->rs);
		if (r == 0 && is_low_order(n->rs))
			r = NOISE_E_BAD;
	}
	return r;
}

int noise_read(struct noise *n, struct bytes message, struct buf *ret_payload)
{
	size_t n_payload;
	uint8_t *at = NULL;
	int r = 0;

	if (n->step >= N_STEPS || is_my_turn_to_write(n) || message.n < overhead(n) ||
	    message.n - overhead(n) > LIMIT_NOISE_PAYLOAD)
		return NOISE_E_BAD;
	n_payload = message.n - overhead(n);
	if (n_payload > 0)
		r = buf_reserve(ret_payload, n_payload, &at);
	if (r < 0)
		return r;

	for (const enum token *t = PATTERN[n->step]; *t != END; t++) {
		r = read_token(n, *t, &message);
		if (r == 0)
			r = mix_token(n, *t);
		if (r != 0)
			return r;
	}
	r = open_and_hash(n, message, at);
	if (r != 0)
		return r;
	n->step++;
	if (n_payload > 0)
		buf_commit(ret_payload, n_payload);
	return 0;
}

int noise_split(struct noise *n, struct noise_cipher **ret_send, struct noise_cipher **ret_receive)
{
	uint8_t first[NOISE_KEY], second[NOISE_KEY];
	struct noise_cipher *send = NULL, *receive = NULL;
	int r;

	ASSERT(n->step == N_STEPS);
	/* The first key is the initiator's to send with. */
	hkdf(n->ck, BYTES(NULL, 0), first, second);
	r = noise_cipher_new(n->initiator ? first : second, false, &send);
	if (r == 0)
		r = noise_cipher_new(n->initiator ? second : first, true, &receive);
	secret_wipe(first, sizeof(first));
	secret_wipe(second, sizeof(second));
	if (r < 0) {
		noise_cipher_free(send);
		return r;
	}
	*ret_send = send;
	*ret_receive = receive;
	return 0;
}
