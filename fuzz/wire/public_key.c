/* covers: src/wire/public_key.c */

/* A key that is accepted is written as the same bytes; the input is also taken for a key file. */

#include "base/limits.h"
#include "wire/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_public(struct bytes in, const struct public_key *k)
{
	static const uint8_t sha256[32];
	struct peer_id id, again;
	uint8_t key[32];
	struct buf out;

	buf_init(&out, LIMIT_PUBLIC_KEY);
	ASSERT(public_key_encode(k, &out) == 0);
	ASSERT(bytes_equal(buf_data(&out), in));
	buf_deinit(&out);
	ASSERT(public_key_peer_id(in, sha256, &id) == 0);
	ASSERT(peer_id_decode(peer_id_bytes(&id), &again) == 0);
	if (public_key_ed25519_of(&id, key) == 0) {
		public_key_ed25519_peer_id(key, &again);
		ASSERT(peer_id_equal(&id, &again));
	}
}

static void check_private(struct bytes in)
{
	uint8_t seed[32], public[32];
	struct buf out;

	if (private_key_decode_ed25519(in, seed, public) != 0)
		return;
	buf_init(&out, LIMIT_PUBLIC_KEY);
	ASSERT(private_key_encode_ed25519(seed, public, &out) == 0);
	/* The older form is longer by one public key. */
	ASSERT(bytes_equal(buf_data(&out), in) || in.n == buf_len(&out) + 32);
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = BYTES(data, size);
	struct public_key k;

	if (public_key_decode(in, &k) == 0)
		check_public(in, &k);
	else
		ASSERT(public_key_peer_id(in, (const uint8_t[32]){ 0 }, &(struct peer_id){ 0 }) <
		       0);
	check_private(in);
	return 0;
}
