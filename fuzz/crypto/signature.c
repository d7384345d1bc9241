/* covers: src/crypto/signature.c */

/*
 * type (1 byte), length of the key (2 bytes, big-endian), key, signature of TEXT. Whatever is sent,
 * the answer is an outcome and not an error of ours; what verifies does so for this text only, and
 * nobody disputes it.
 */

#include <string.h>

#include "crypto/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT "Libp2p is the _best_!"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes key, signature;
	enum key_type type;
	size_t n;
	int r;

	if (size < 3)
		return 0;
	type = (enum key_type)(data[0] % 5);
	n = (size_t)data[1] << 8 | data[2];
	if (n > size - 3)
		return 0;
	key = BYTES(data + 3, n);
	signature = BYTES(data + 3 + n, size - 3 - n);
	r = signature_verify(type, key, BYTES_LITERAL(TEXT), signature);
	ASSERT(r == 0 || r == SIGNATURE_E_BAD || r == SIGNATURE_E_KEY_SIZE);
	if (type == KEY_ED25519 && key.n == ED25519_PUBLIC && signature.n == ED25519_SIGNATURE)
		ASSERT(!ed25519_is_disputed(key.p, signature.p) || r != 0);
	if (r == 0) {
		ASSERT(signature_verify(type, key, BYTES_LITERAL(TEXT "!"), signature) ==
		       SIGNATURE_E_BAD);
		signature.n--;
		ASSERT(signature_verify(type, key, BYTES_LITERAL(TEXT), signature) ==
		       SIGNATURE_E_BAD);
	}
	return 0;
}
