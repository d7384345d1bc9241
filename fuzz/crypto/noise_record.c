/* A record that opens is what sealing its text gives (F-10); one that does not leaves nothing to
 * read. */

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/noise_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[NOISE_KEY] = "a key that every fuzzer may know";
	static uint8_t sealed[LIMIT_NOISE_MESSAGE];
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
	if (r == 0) {
		ASSERT(noise_seal(seal, BYTES(out, size - NOISE_TAG), sealed) == 0);
		ASSERT(bytes_equal(BYTES(sealed, size), BYTES(data, size)));
	} else {
		ASSERT(open->n == 0);
	}
	free(out);
	noise_cipher_free(seal);
	noise_cipher_free(open);
	return 0;
}
