#include "crypto/ed25519_table.h"

#include <sodium.h>

#include "crypto/keys.h"
#include "test.h"

#include "ed25519_points.h"

static struct ed25519_table *base;

static int group_setup(void **state)
{
	(void)state;
	return crypto_start() < 0 || ed25519_base_table_new(&base) < 0;
}

static int group_teardown(void **state)
{
	(void)state;
	base = ed25519_table_unref(base);
	return 0;
}

static int by_table(const uint8_t key[32], struct bytes message, struct bytes signature)
{
	struct ed25519_table *t;
	int r;

	r = ed25519_table_new(key, &t);
	if (r != 0)
		return r;
	r = ed25519_table_verify(base, t, message, signature);
	ed25519_table_unref(t);
	return r;
}

static int by_libsodium(const uint8_t key[32], struct bytes message, struct bytes signature)
{
	return signature_verify(KEY_ED25519, BYTES(key, 32), message, signature);
}

TEST(rfc_8032_vectors_verify)
{
	static const struct {
		const char *key, *message, *signature;
	} vectors[] = {
		{ "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
		{ "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
		{ "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		assert_int_equal(by_table(HEX(vectors[i].key).p, HEX(vectors[i].message),
					  HEX(vectors[i].signature)),
				 0);
}

TEST(any_changed_bit_of_signature_or_message_is_noticed)
{
	struct random random = crypto_random();
	struct key_pair key;
	uint8_t message[100], signature[64];
	struct ed25519_table *t;

	random_fill(&random, message, sizeof(message));
	key_pair_generate(&random, &key);
	key_sign(&key, BYTES(message, sizeof(message)), signature);
	assert_int_equal(ed25519_table_new(key.public, &t), 0);
	assert_int_equal(ed25519_table_verify(base, t, BYTES(message, sizeof(message)),
					      BYTES(signature, 64)),
			 0);
	for (size_t bit = 0; bit < 8 * (sizeof(signature) + sizeof(message)); bit++) {
		uint8_t *b = bit < 512 ? &signature[bit / 8] : &message[bit / 8 - 64];

		*b ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(ed25519_table_verify(base, t, BYTES(message, sizeof(message)),
						      BYTES(signature, 64)),
				 SIGNATURE_E_BAD);
		*b ^= (uint8_t)(1 << bit % 8);
	}
	ed25519_table_unref(t);
}

TEST(every_truncation_of_a_signature_is_bad)
{
	struct random random = crypto_random();
	uint8_t signature[65] = { 0 };
	struct key_pair key;

	key_pair_generate(&random, &key);
	key_sign(&key, BYTES("text", 4), signature);
	assert_int_equal(by_table(key.public, BYTES("text", 4), BYTES(signature, 64)), 0);
	for (size_t n = 0; n < 64; n++)
		assert_int_equal(by_table(key.public, BYTES("text", 4), BYTES(signature, n)),
				 SIGNATURE_E_BAD);
	assert_int_equal(by_table(key.public, BYTES("text", 4), BYTES(signature, 65)),
			 SIGNATURE_E_BAD);
}

TEST(many_keys_and_messages_verify_as_with_libsodium)
{
	struct random random = crypto_random();

	for (size_t i = 0; i < 300; i++) {
		struct key_pair key;
		uint8_t message[300], signature[64];
		struct bytes m = BYTES(message, i);

		random_fill(&random, message, sizeof(message));
		key_pair_generate(&random, &key);
		key_sign(&key, m, signature);
		assert_int_equal(by_table(key.public, m, BYTES(signature, 64)), 0);
	}
}

/* S + L gives the same point, and would be a second signature of the same message. */
TEST(a_signature_beyond_the_order_is_bad)
{
	struct bytes order = HEX("edd3f55c1a631258d69cf7a2def9de14"
				 "00000000000000000000000000000010");
	struct random random = crypto_random();
	uint8_t signature[64];
	struct key_pair key;
	unsigned int carry = 0;

	key_pair_generate(&random, &key);
	key_sign(&key, BYTES("text", 4), signature);
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned int)signature[32 + i] + order.p[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(by_libsodium(key.public, BYTES("text", 4), BYTES(signature, 64)),
			 SIGNATURE_E_BAD);
	assert_int_equal(by_table(key.public, BYTES("text", 4), BYTES(signature, 64)),
			 SIGNATURE_E_BAD);
	memcpy(signature + 32, order.p, 32);
	assert_int_equal(by_table(key.public, BYTES("text", 4), BYTES(signature, 64)),
			 SIGNATURE_E_BAD);
}

TEST(keys_that_are_no_points_or_of_small_order_have_no_table)
{
	struct ed25519_table *t = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(SMALL_POINTS); i++)
		assert_int_equal(ed25519_table_new(HEX(SMALL_POINTS[i]).p, &t), SIGNATURE_E_BAD);
	for (size_t i = 0; i < ARRAY_SIZE(BAD_POINTS); i++)
		assert_int_equal(ed25519_table_new(HEX(BAD_POINTS[i]).p, &t), SIGNATURE_E_BAD);
	assert_null(t);
}

/* SHA-512(R, key, message) modulo the order. */
static void hash_scalar(const uint8_t r[32], const uint8_t key[32], struct bytes message,
			uint8_t ret[32])
{
	crypto_hash_sha512_state hashing;
	uint8_t hash[64];

	crypto_hash_sha512_init(&hashing);
	crypto_hash_sha512_update(&hashing, r, 32);
	crypto_hash_sha512_update(&hashing, key, 32);
	crypto_hash_sha512_update(&hashing, message.p, message.n);
	crypto_hash_sha512_final(&hashing, hash);
	crypto_core_ed25519_scalar_reduce(ret, hash);
}

/* A signature whose maker adds points of small order to key and R; S = r + ha. */
static void sign_with_torsion(const char *in_key, const char *in_r, struct bytes message,
			      uint8_t ret_key[32], uint8_t ret_signature[64])
{
	uint8_t a[32], r[32], h[32];

	crypto_core_ed25519_scalar_random(a);
	crypto_core_ed25519_scalar_random(r);
	assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(ret_key, a), 0);
	assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(ret_signature, r), 0);
	assert_int_equal(crypto_core_ed25519_add(ret_key, ret_key, HEX(in_key).p), 0);
	assert_int_equal(crypto_core_ed25519_add(ret_signature, ret_signature, HEX(in_r).p), 0);
	hash_scalar(ret_signature, ret_key, message, h);
	crypto_core_ed25519_scalar_mul(h, h, a);
	crypto_core_ed25519_scalar_add(ret_signature + 32, h, r);
}

/*
 * Where the cofactor makes a difference, implementations differ, and a message that we pass on and
 * our neighbours hold for forged would cost us our place with them.
 */
TEST(signatures_with_points_of_small_order_in_them_are_judged_as_by_libsodium)
{
	size_t n_good = 0, n_bad = 0;

	for (size_t k = 0; k < ARRAY_SIZE(SMALL_POINTS); k++)
		for (size_t r = 0; r < ARRAY_SIZE(SMALL_POINTS); r++)
			for (uint8_t i = 0; i < 4; i++) {
				uint8_t key[32], signature[64];
				int expected, is;

				sign_with_torsion(SMALL_POINTS[k], SMALL_POINTS[r], BYTES(&i, 1),
						  key, signature);
				expected = by_libsodium(key, BYTES(&i, 1), BYTES(signature, 64));
				is = by_table(key, BYTES(&i, 1), BYTES(signature, 64));
				assert_int_equal(is, expected);
				n_good += expected == 0;
				n_bad += expected != 0;
			}
	assert_true(n_good > 0);
	assert_true(n_bad > 0);
}

/* R of small order: with r = 0 the equation can hold, and libsodium refuses it all the same. */
TEST(an_r_of_small_order_is_bad)
{
	uint8_t a[32], h[32], key[32], signature[64] = { 1 };

	crypto_core_ed25519_scalar_random(a);
	assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(key, a), 0);
	hash_scalar(signature, key, BYTES("text", 4), h);
	crypto_core_ed25519_scalar_mul(signature + 32, h, a); /* S = ha, so sB - hA = 0 = R */
	assert_int_equal(by_libsodium(key, BYTES("text", 4), BYTES(signature, 64)),
			 SIGNATURE_E_BAD);
	assert_int_equal(by_table(key, BYTES("text", 4), BYTES(signature, 64)), SIGNATURE_E_BAD);
}

TEST(a_table_lives_as_long_as_its_last_owner)
{
	struct bytes key = HEX("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	uint8_t signature[64] = { 0 };
	struct ed25519_table *t;

	assert_int_equal(ed25519_table_new(key.p, &t), 0);
	assert_ptr_equal(ed25519_table_ref(t), t);
	assert_null(ed25519_table_unref(t));
	assert_int_equal(ed25519_table_verify(base, t, BYTES("", 0), BYTES(signature, 64)),
			 SIGNATURE_E_BAD);
	assert_null(ed25519_table_unref(t));
	assert_null(ed25519_table_unref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(rfc_8032_vectors_verify),
		RUN(any_changed_bit_of_signature_or_message_is_noticed),
		RUN(every_truncation_of_a_signature_is_bad),
		RUN(many_keys_and_messages_verify_as_with_libsodium),
		RUN(a_signature_beyond_the_order_is_bad),
		RUN(keys_that_are_no_points_or_of_small_order_have_no_table),
		RUN(signatures_with_points_of_small_order_in_them_are_judged_as_by_libsodium),
		RUN(an_r_of_small_order_is_bad),
		RUN(a_table_lives_as_long_as_its_last_owner),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
