/* covers: src/crypto/noise_cipher.c */

/* A record that opens is what sealing its text gives (F-10); one that does not leaves nothing to
 * read. */

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/noise_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whole or in pieces, the text seals to the record it was in. */
static void check_sealed(struct noise_cipher *seal, struct bytes text, struct bytes record)
{
	static uint8_t sealed[LIMIT_NOISE_MESSAGE];
	size_t n = text.n / 3;
	struct bytes v[] = { BYTES(text.p, n), BYTES(NULL, 0), BYTES(text.p + n, text.n - n) };

	ASSERT(noise_seal(seal, text, sealed) == 0);
	ASSERT(bytes_equal(BYTES(sealed, record.n), record));
	seal->n = 0;
	ASSERT(noise_seal_v(seal, v, ARRAY_SIZE(v), sealed) == 0);
	ASSERT(bytes_equal(BYTES(sealed, record.n), record));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[NOISE_KEY] = "a key that every fuzzer may know";
	uint8_t sealed[NOISE_TAG];
	struct noise_cipher *seal, *open;
	uint8_t *out;
	int r;

	if (size > LIMIT_NOISE_MESSAGE)
		return 0;
	ASSERT(noise_cipher_new(key, false, &seal) == 0 && noise_cipher_new(key, true, &open) == 0);
	/* Exactly as large as promised. */
	out = malloc(size > NOISE_TAG ? size - NOISE_TAG : 1);
	ASSERT(out);
	r = noise_open(open, BYTES(data, size), out);
	ASSERT(r == 0 || r == NOISE_E_BAD);
	if (r == 0)
		check_sealed(seal, BYTES(out, size - NOISE_TAG), BYTES(data, size));
	else
		ASSERT(open->n == 0);
	seal->n = open->n = UINT64_MAX;
	ASSERT(noise_seal(seal, BYTES(NULL, 0), sealed) == -EOVERFLOW);
	ASSERT(size < NOISE_TAG || noise_open(open, BYTES(data, size), out) == -EOVERFLOW);
	free(out);
	noise_cipher_free(seal);
	noise_cipher_free(open);
	ASSERT(!noise_cipher_free(NULL));
	return 0;
}
