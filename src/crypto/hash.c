/*
 * OpenSSL's SHA-256 uses the processor's instructions, libsodium's does not. Of OpenSSL's doors the
 * old one is taken on purpose: the EVP one looks its algorithm up and allocates in every call,
 * which costs more than hashing a block header does, and can fail.
 */
#define OPENSSL_API_COMPAT 10101

#include "crypto/keys.h"

#include <openssl/sha.h>
#include <sodium.h>

void sha256(struct bytes in, uint8_t ret[32])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, in.p, in.n);
	SHA256_Final(ret, &ctx);
}

bool secret_equal(const void *a, const void *b, size_t n)
{
	return n == 0 || sodium_memcmp(a, b, n) == 0;
}

void secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

void secret_buf_deinit(struct buf *b)
{
	if (b->mem)
		secret_wipe(b->mem, b->cap);
	buf_deinit(b);
}
