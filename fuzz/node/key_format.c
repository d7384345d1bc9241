/* covers: src/node/key_format.c */
/* Key files in every form: what is taken is a key pair whose halves belong together, and written as
 * a file it is taken again as the same. */

#include <string.h>

#include "node/key_format.h"
#include "wire/multibase.h"
#include "wire/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct key_pair key, again, derived;
	struct config_error e = { "" };
	char hex[512];
	struct buf out;
	int r;

	ASSERT(crypto_start() == 0);
	r = key_format_decode(BYTES(data, size), &key, &e);
	ASSERT(r == 0 || (r == -EBADMSG && e.text[0] != 0));
	if (r < 0)
		return 0;
	key_pair_from_seed(key.seed, &derived);
	ASSERT(memcmp(&derived, &key, sizeof(key)) == 0);

	buf_init(&out, 200);
	ASSERT(private_key_encode_ed25519(key.seed, key.public, &out) == 0);
	ASSERT(key_format_decode(buf_data(&out), &again, &e) == 0);
	ASSERT(memcmp(&again, &key, sizeof(key)) == 0);
	hex_encode(buf_data(&out), hex);
	ASSERT(key_format_decode(bytes_of_text(hex), &again, &e) == 0);
	ASSERT(memcmp(&again, &key, sizeof(key)) == 0);
	buf_deinit(&out);
	return 0;
}
