#ifndef PL_CRYPTO_NOISE_PRIV_H
#define PL_CRYPTO_NOISE_PRIV_H

/* What noise.c, noise_cipher.c and their tests know and nobody else. */

#include "crypto/noise.h"

/*
 * One direction. Two libraries share the work: OpenSSL encrypts long records three times as fast,
 * but takes longer over short ones and needs about a kilobyte per context. So short records go to
 * libsodium, and the context is made when the first long one comes, which on an idle link is never.
 */
struct noise_cipher {
	uint8_t key[NOISE_KEY];
	uint64_t n;                     /* records done */
	struct evp_cipher_ctx_st *bulk; /* OpenSSL's EVP_CIPHER_CTX; NULL until needed */
	bool opens;                     /* what `bulk` was made for */
};

_nodiscard_ int noise_cipher_new(const uint8_t key[NOISE_KEY], bool opens,
				 struct noise_cipher **ret);

#define NOISE_NONCE 12

/* Four zero bytes and the counter, little-endian. */
void noise_nonce(uint64_t n, uint8_t ret[NOISE_NONCE]);

#endif
