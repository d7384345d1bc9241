#include "wire/public_key.h"

#include "base/limits.h"
#include "test.h"

#include "key_vectors.h"

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

TEST(published_keys_are_read_and_written_byte_for_byte)
{
	for (size_t i = 0; i < ARRAY_SIZE(PEER_ID_VECTORS); i++) {
		struct bytes encoded = HEX(PEER_ID_VECTORS[i].key);
		struct public_key k;
		struct buf b;

		buf_init(&b, LIMIT_PUBLIC_KEY);
		assert_int_equal(public_key_decode(encoded, &k), 0);
		assert_int_equal(public_key_encode(&k, &b), 0);
		assert_true(bytes_equal(buf_data(&b), encoded));
		buf_deinit(&b);
	}
}

TEST(published_keys_give_their_peer_ids)
{
	for (size_t i = 0; i < ARRAY_SIZE(PEER_ID_VECTORS); i++) {
		const struct peer_id_vector *v = &PEER_ID_VECTORS[i];
		char text[PEER_ID_TEXT_MAX];
		struct peer_id id;

		assert_int_equal(
			public_key_peer_id(HEX(v->key), v->sha256 ? HEX(v->sha256).p : NULL, &id),
			0);
		assert_string_equal(peer_id_text(&id, text), v->base58);
	}
}

TEST(a_malformed_key_has_no_peer_id)
{
	static const uint8_t hash[32];
	struct peer_id id;

	assert_int_equal(public_key_peer_id(HEX("0801"), hash, &id), -EBADMSG);
}

/* bsv.md, appendix A: the seed is 32 times 0x01. */
TEST(the_key_of_the_block_network_vectors_has_its_peer_id)
{
	struct bytes file = HEX("08011240"
				"0101010101010101010101010101010101010101010101010101010101010101"
				"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
	uint8_t seed[32], public[32], again[32];
	char text[PEER_ID_TEXT_MAX];
	struct peer_id id;

	assert_int_equal(private_key_decode_ed25519(file, seed, public), 0);
	public_key_ed25519_peer_id(public, &id);
	assert_string_equal(peer_id_text(&id, text),
			    "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");
	assert_true(bytes_equal(
		peer_id_bytes(&id),
		HEX("002408011220"
		    "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c")));
	assert_int_equal(public_key_ed25519_of(&id, again), 0);
	assert_memory_equal(again, public, 32);
}

TEST(only_an_ed25519_id_holds_an_ed25519_key)
{
	uint8_t key[32];
	struct peer_id id;

	for (size_t i = 0; i < ARRAY_SIZE(PEER_ID_VECTORS); i++) {
		assert_int_equal(peer_id_parse(bytes_of_text(PEER_ID_VECTORS[i].base58), &id), 0);
		assert_int_equal(public_key_ed25519_of(&id, key), i == 0 ? 0 : -ENOENT);
	}
	id = (struct peer_id){ 0 };
	assert_int_equal(public_key_ed25519_of(&id, key), -ENOENT);
}

#define KEY32 "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"

TEST(a_key_has_one_form)
{
	static const char *const bad[] = {
		"1220" KEY32,                  /* no type */
		"0801",                        /* no data */
		"1220" KEY32 "0801",           /* the wrong order */
		"08011220" KEY32 "00",         /* something behind */
		"08011220" KEY32 "1a00",       /* an unknown field behind */
		"0a00 08011220" KEY32,         /* before */
		"080108011220" KEY32,          /* the type twice */
		"08011220" KEY32 "1220" KEY32, /* the data twice */
		"0881001220" KEY32,            /* varints longer than they need be */
		"080112a000" KEY32,
		"8800 01 1220" KEY32,
		"0801121f" KEY32, /* lengths that are no key's */
		"08011221" KEY32 "00",
		"08021220" KEY32,
		"08001200",
		"08031200",
		"08041220" KEY32,        /* no type of ours */
		"0d01000000 1220" KEY32, /* the type as a fixed number */
		"",
	};
	struct public_key k = { .type = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (public_key_decode(HEX(bad[i]), &k) != -EBADMSG)
			fail_msg("%s", bad[i]);
	assert_int_equal(k.type, 77);
}

TEST(every_truncation_of_a_key_is_bad)
{
	struct public_key k;

	for (size_t i = 0; i < ARRAY_SIZE(PEER_ID_VECTORS); i++) {
		struct bytes whole = HEX(PEER_ID_VECTORS[i].key);

		for (size_t n = 0; n < whole.n; n++)
			assert_int_equal(public_key_decode(BYTES(whole.p, n), &k), -EBADMSG);
	}
}

TEST(a_key_has_a_greatest_size)
{
	/* Type and data's head take 2 and 3 bytes. */
	static uint8_t encoded[LIMIT_PUBLIC_KEY + 1] = { 0x08, 0x00, 0x12 };
	size_t n = LIMIT_PUBLIC_KEY - 5;
	struct public_key k;

	encoded[3] = (uint8_t)(n & 0x7f) | 0x80;
	encoded[4] = (uint8_t)(n >> 7);
	assert_int_equal(public_key_decode(BYTES(encoded, LIMIT_PUBLIC_KEY), &k), 0);
	assert_int_equal(k.data.n, n);
	n++;
	encoded[3] = (uint8_t)(n & 0x7f) | 0x80;
	encoded[4] = (uint8_t)(n >> 7);
	assert_int_equal(public_key_decode(BYTES(encoded, LIMIT_PUBLIC_KEY + 1), &k), -EBADMSG);
}

TEST(the_published_private_key_is_read_and_written)
{
	struct bytes file = HEX(ED25519_PRIVATE_KEY);
	uint8_t seed[32], public[32];
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(private_key_decode_ed25519(file, seed, public), 0);
	assert_memory_equal(seed, file.p + 4, 32);
	assert_memory_equal(public, HEX(KEY32).p, 32);
	assert_int_equal(private_key_encode_ed25519(seed, public, &b), 0);
	assert_true(bytes_equal(buf_data(&b), file));
	buf_deinit(&b);
}

TEST(the_older_private_key_says_its_public_key_twice)
{
	uint8_t seed[32], public[32];

	assert_int_equal(
		private_key_decode_ed25519(HEX("08011260" DIGEST KEY32 KEY32), seed, public), 0);
	assert_memory_equal(seed, HEX(DIGEST).p, 32);
	assert_memory_equal(public, HEX(KEY32).p, 32);
	assert_int_equal(
		private_key_decode_ed25519(HEX("08011260" DIGEST KEY32 DIGEST), seed, public),
		-EBADMSG);
}

TEST(other_private_keys_are_refused)
{
	struct bytes file = HEX(ED25519_PRIVATE_KEY);
	uint8_t seed[32] = { 7 }, public[32];

	assert_int_equal(private_key_decode_ed25519(HEX(SECP256K1_PRIVATE_KEY), seed, public),
			 -ENOTSUP);
	assert_int_equal(private_key_decode_ed25519(HEX("08011220" KEY32), seed, public), -EBADMSG);
	for (size_t n = 0; n < file.n; n++)
		assert_int_equal(private_key_decode_ed25519(BYTES(file.p, n), seed, public),
				 -EBADMSG);
	assert_int_equal(seed[0], 7);
}

TEST(without_room_nothing_is_encoded_whole)
{
	static const uint8_t key[32];
	struct public_key k = { .type = 1, .data = BYTES(key, 32) };
	struct buf b;

	buf_init(&b, 10);
	assert_int_equal(public_key_encode(&k, &b), -ENOBUFS);
	assert_int_equal(private_key_encode_ed25519(key, key, &b), -ENOBUFS);
	buf_deinit(&b);
}

TESTS(RUN(published_keys_are_read_and_written_byte_for_byte),
      RUN(published_keys_give_their_peer_ids), RUN(a_malformed_key_has_no_peer_id),
      RUN(the_key_of_the_block_network_vectors_has_its_peer_id),
      RUN(only_an_ed25519_id_holds_an_ed25519_key), RUN(a_key_has_one_form),
      RUN(every_truncation_of_a_key_is_bad), RUN(a_key_has_a_greatest_size),
      RUN(the_published_private_key_is_read_and_written),
      RUN(the_older_private_key_says_its_public_key_twice), RUN(other_private_keys_are_refused),
      RUN(without_room_nothing_is_encoded_whole))
