#include "crypto/keys.h"

#include <sodium.h>
#include <string.h>

int crypto_start(void)
{
	return sodium_init() < 0 ? -EIO : 0;
}

static void system_fill(void *ctx __attribute__((unused)), void *out, size_t n)
{
	randombytes_buf(out, n);
}

struct random crypto_random(void)
{
	return (struct random){ .fill = system_fill };
}

void key_pair_generate(const struct random *random, struct key_pair *ret)
{
	uint8_t seed[ED25519_SEED];

	random_fill(random, seed, sizeof(seed));
	key_pair_from_seed(seed, ret);
	secret_wipe(seed, sizeof(seed));
}

void key_pair_from_seed(const uint8_t seed[ED25519_SEED], struct key_pair *ret)
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];

	memmove(ret->seed, seed, ED25519_SEED);
	crypto_sign_seed_keypair(ret->public, secret, ret->seed);
	secret_wipe(secret, sizeof(secret));
}

void key_pair_wipe(struct key_pair *k)
{
	secret_wipe(k, sizeof(*k));
}

void key_sign(const struct key_pair *k, struct bytes message,
	      uint8_t ret_signature[ED25519_SIGNATURE])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];

	memcpy(secret, k->seed, ED25519_SEED);
	memcpy(secret + ED25519_SEED, k->public, ED25519_PUBLIC);
	crypto_sign_detached(ret_signature, NULL, message.p, message.n, secret);
	secret_wipe(secret, sizeof(secret));
}
