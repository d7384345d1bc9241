#ifndef PL_CRYPTO_KEYS_H
#define PL_CRYPTO_KEYS_H

/*
 * Signatures. Our own key is Ed25519 (libsodium); others' may be Ed25519, secp256k1, ECDSA or RSA
 * (OpenSSL). crypto_start() once per process before anything else here.
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/random.h"

/* Values of libp2p's KeyType. */
enum key_type {
	KEY_RSA = 0,
	KEY_ED25519 = 1,
	KEY_SECP256K1 = 2,
	KEY_ECDSA = 3,
};

#define ED25519_PUBLIC 32
#define ED25519_SEED 32
#define ED25519_SIGNATURE 64

struct key_pair {
	uint8_t seed[ED25519_SEED];
	uint8_t public[ED25519_PUBLIC];
};

_nodiscard_ int crypto_start(void);
/* The system's generator, through libsodium. */
struct random crypto_random(void);

void key_pair_generate(const struct random *random, struct key_pair *ret);
void key_pair_from_seed(const uint8_t seed[ED25519_SEED], struct key_pair *ret);
void key_pair_wipe(struct key_pair *k);
void key_sign(const struct key_pair *k, struct bytes message,
	      uint8_t ret_signature[ED25519_SIGNATURE]);

enum {
	SIGNATURE_E_BAD = 1, /* does not verify, or signature or key are malformed */
	/* RSA beyond LIMIT_RSA_BITS or below LIMIT_RSA_BITS_MIN, any key beyond LIMIT_PUBLIC_KEY:
	 * refused before any arithmetic. */
	SIGNATURE_E_KEY_SIZE = 2,
};

/*
 * `key` is the Data field of libp2p's PublicKey: raw Ed25519, compressed secp256k1, PKIX DER for
 * RSA and ECDSA (P-224, P-256, P-384, P-521 by name, the point uncompressed).
 *
 * Any thread. Errors: -ENOMEM, -EIO (the library has no SHA-256). Outcomes: SIGNATURE_E_*.
 */
_nodiscard_ int signature_verify(enum key_type type, struct bytes key, struct bytes message,
				 struct bytes signature);

/*
 * May others hold such an Ed25519 signature for good, which signature_verify() never does? So it is
 * when the key, or the R that the signature begins with, is a point of small order, or the key is
 * not written in the only way that RFC 8032 allows. Go's library and OpenSSL take these.
 */
bool ed25519_is_disputed(const uint8_t key[ED25519_PUBLIC],
			 const uint8_t signature[ED25519_SIGNATURE]);

void sha256(struct bytes in, uint8_t ret[32]);
/* Constant time. */
bool secret_equal(const void *a, const void *b, size_t n);
void secret_wipe(void *p, size_t n);
/* buf_deinit() for a buffer that held secrets. */
void secret_buf_deinit(struct buf *b);

#endif
