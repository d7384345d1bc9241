#include "crypto/noise_priv.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/keys.h"

/* Plaintext from which OpenSSL is worth its context (measured; identify's answers stay below). */
#define BULK_MIN 2048

void noise_nonce(uint64_t n, uint8_t ret[NOISE_NONCE])
{
	memset(ret, 0, NOISE_NONCE);
	for (size_t i = 0; i < 8; i++)
		ret[4 + i] = (uint8_t)(n >> (8 * i));
}

int noise_cipher_new(const uint8_t key[NOISE_KEY], bool opens, struct noise_cipher **ret)
{
	struct noise_cipher *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	memcpy(c->key, key, NOISE_KEY);
	c->opens = opens;
	*ret = c;
	return 0;
}

struct noise_cipher *noise_cipher_free(struct noise_cipher *c)
{
	if (!c)
		return NULL;
	EVP_CIPHER_CTX_free(c->bulk);
	secret_wipe(c, sizeof(*c));
	free(c);
	return NULL;
}

/* The context with this record's nonce; the key schedule is done once. NULL: none can be had, and
 * libsodium does long records too, only slower. */
static EVP_CIPHER_CTX *bulk_begin(struct noise_cipher *c, const uint8_t nonce[NOISE_NONCE])
{
	const EVP_CIPHER *cipher = NULL;
	const uint8_t *key = NULL;

	if (!c->bulk) {
		c->bulk = EVP_CIPHER_CTX_new();
		cipher = EVP_chacha20_poly1305();
		key = c->key;
	}
	if (!c->bulk || EVP_CipherInit_ex(c->bulk, cipher, NULL, key, nonce, !c->opens) != 1) {
		EVP_CIPHER_CTX_free(c->bulk);
		c->bulk = NULL;
	}
	return c->bulk;
}

static bool bulk_seal(EVP_CIPHER_CTX *ctx, const struct bytes *v, size_t n_v, uint8_t *out)
{
	uint8_t *at = out;
	bool good = true;
	int n;

	for (size_t i = 0; i < n_v && good; i++) {
		good = v[i].n == 0 || EVP_CipherUpdate(ctx, at, &n, v[i].p, (int)v[i].n) == 1;
		at += v[i].n;
	}
	return good && EVP_CipherFinal_ex(ctx, at, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, NOISE_TAG, at) == 1;
}

static bool bulk_open(EVP_CIPHER_CTX *ctx, struct bytes in, uint8_t *out)
{
	uint8_t tag[NOISE_TAG];
	int n;

	memcpy(tag, in.p + in.n, sizeof(tag));
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, NOISE_TAG, tag) == 1 &&
	       EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) == 1 &&
	       EVP_CipherFinal_ex(ctx, out + in.n, &n) == 1;
}

/* Pieces are put together where they are sealed. */
static bool small_seal(const struct noise_cipher *c, const uint8_t nonce[NOISE_NONCE],
		       const struct bytes *v, size_t n_v, uint8_t *out)
{
	uint8_t *at = out;
	size_t n;

	for (size_t i = 0; i < n_v; i++) {
		if (v[i].n > 0)
			memmove(at, v[i].p, v[i].n);
		at += v[i].n;
	}
	n = (size_t)(at - out);
	return crypto_aead_chacha20poly1305_ietf_encrypt_detached(out, at, NULL, out, n, NULL, 0,
								  NULL, nonce, c->key) == 0;
}

int noise_seal_v(struct noise_cipher *c, const struct bytes *v, size_t n_v, uint8_t *out)
{
	EVP_CIPHER_CTX *bulk = NULL;
	uint8_t nonce[NOISE_NONCE];
	size_t total = 0;
	bool good;

	for (size_t i = 0; i < n_v; i++)
		total += v[i].n;
	ASSERT(!c->opens && total <= LIMIT_NOISE_MESSAGE - NOISE_TAG);
	/* The last nonce is set aside by the Noise specification. */
	if (c->n == UINT64_MAX)
		return -EOVERFLOW;
	noise_nonce(c->n, nonce);

	if (total >= BULK_MIN)
		bulk = bulk_begin(c, nonce);
	good = bulk ? bulk_seal(bulk, v, n_v, out) : small_seal(c, nonce, v, n_v, out);
	if (!good)
		return -EIO;
	c->n++;
	return 0;
}

int noise_seal(struct noise_cipher *c, struct bytes in, uint8_t *out)
{
	return noise_seal_v(c, &in, 1, out);
}

static bool small_open(const struct noise_cipher *c, const uint8_t nonce[NOISE_NONCE],
		       struct bytes in, uint8_t *out)
{
	return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
		       out, NULL, in.p, in.n, in.p + in.n, NULL, 0, nonce, c->key) == 0;
}

int noise_open(struct noise_cipher *c, struct bytes in, uint8_t *out)
{
	EVP_CIPHER_CTX *bulk = NULL;
	uint8_t nonce[NOISE_NONCE];
	bool good;

	ASSERT(c->opens);
	if (in.n < NOISE_TAG || in.n > LIMIT_NOISE_MESSAGE)
		return NOISE_E_BAD;
	if (c->n == UINT64_MAX)
		return -EOVERFLOW;
	noise_nonce(c->n, nonce);
	in.n -= NOISE_TAG;

	if (in.n >= BULK_MIN)
		bulk = bulk_begin(c, nonce);
	good = bulk ? bulk_open(bulk, in, out) : small_open(c, nonce, in, out);
	if (!good) {
		/* OpenSSL decrypts before it compares the tag: nobody shall read that. */
		secret_wipe(out, in.n);
		return NOISE_E_BAD;
	}
	c->n++;
	return 0;
}
