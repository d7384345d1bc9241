/* covers: src/crypto/ed25519_field.c src/crypto/ed25519_point.c src/crypto/ed25519_table.c */

/*
 * A table judges as libsodium does. The input: how, 32 bytes of key or seed, 64 of signature, the
 * message. Signatures that are to be good are made here, and the input's are added to them, so that
 * zeros leave them good.
 */

#include <stdlib.h>
#include <string.h>

#include "crypto/ed25519_table.h"
#include "crypto/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HOW_SIGNED = 1, /* the key is a seed, by which the message is signed */
};

static struct ed25519_table *base;

static void check(const uint8_t key[32], struct bytes message, struct bytes signature)
{
	int expected = signature_verify(KEY_ED25519, BYTES(key, 32), message, signature);
	struct ed25519_table *t;
	int r;

	r = ed25519_table_new(key, &t);
	if (r == 0) {
		r = ed25519_table_verify(base, t, message, signature);
		ed25519_table_unref(t);
	}
	ASSERT(r == expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t key[32], signature[64];
	struct bytes message;

	if (!base && (crypto_start() < 0 || ed25519_base_table_new(&base) < 0))
		abort();
	if (size < 1 + sizeof(key) + sizeof(signature))
		return 0;
	message = BYTES(data + 1 + 96, size - 1 - 96);
	memcpy(key, data + 1, sizeof(key));
	memcpy(signature, data + 1 + 32, sizeof(signature));
	if (data[0] & HOW_SIGNED) {
		struct key_pair pair;
		uint8_t made[64];

		key_pair_from_seed(key, &pair);
		key_sign(&pair, message, made);
		for (size_t i = 0; i < sizeof(made); i++)
			signature[i] ^= made[i];
		memcpy(key, pair.public, sizeof(key));
	}
	check(key, message, BYTES(signature, sizeof(signature)));
	return 0;
}
