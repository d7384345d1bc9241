#include "crypto/keys.h"

#include "test.h"

/* RFC 8032, section 7.1, test 2. */
#define SEED "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
#define PUBLIC "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define SIGNATURE                                                                                  \
	"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"                         \
	"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

TEST(the_library_starts_more_than_once)
{
	assert_int_equal(crypto_start(), 0);
	assert_int_equal(crypto_start(), 0);
}

TEST(a_seed_gives_its_published_key_and_signature)
{
	uint8_t signature[ED25519_SIGNATURE];
	struct key_pair k;

	key_pair_from_seed(HEX(SEED).p, &k);
	assert_memory_equal(k.seed, HEX(SEED).p, sizeof(k.seed));
	assert_memory_equal(k.public, HEX(PUBLIC).p, sizeof(k.public));
	key_sign(&k, HEX("72"), signature);
	assert_memory_equal(signature, HEX(SIGNATURE).p, sizeof(signature));
}

TEST(a_seed_may_stand_in_the_pair_already)
{
	struct key_pair k;

	memcpy(k.seed, HEX(SEED).p, sizeof(k.seed));
	key_pair_from_seed(k.seed, &k);
	assert_memory_equal(k.public, HEX(PUBLIC).p, sizeof(k.public));
}

TEST(a_generated_pair_is_the_source_s_and_signs)
{
	uint8_t signature[ED25519_SIGNATURE];
	struct random_seeded g;
	struct random random;
	struct key_pair a, b, c;

	random_seeded_init(&g, 1);
	random = random_seeded_source(&g);
	key_pair_generate(&random, &a);
	key_pair_generate(&random, &b);
	random_seeded_init(&g, 1);
	key_pair_generate(&random, &c);
	assert_memory_equal(&a, &c, sizeof(a));
	assert_memory_not_equal(a.public, b.public, sizeof(a.public));

	key_sign(&b, BYTES_LITERAL("text"), signature);
	assert_int_equal(signature_verify(KEY_ED25519, BYTES(b.public, 32), BYTES_LITERAL("text"),
					  BYTES(signature, 64)),
			 0);
	assert_int_equal(signature_verify(KEY_ED25519, BYTES(a.public, 32), BYTES_LITERAL("text"),
					  BYTES(signature, 64)),
			 SIGNATURE_E_BAD);
}

TEST(the_system_s_source_does_not_repeat_itself)
{
	struct random random = crypto_random();
	uint64_t a = random_u64(&random);

	assert_true(a != random_u64(&random));
}

TEST(a_wiped_pair_is_zero)
{
	static const struct key_pair zero;
	struct key_pair k;

	key_pair_from_seed(HEX(SEED).p, &k);
	key_pair_wipe(&k);
	assert_memory_equal(&k, &zero, sizeof(k));
}

TESTS(RUN(the_library_starts_more_than_once), RUN(a_seed_gives_its_published_key_and_signature),
      RUN(a_seed_may_stand_in_the_pair_already), RUN(a_generated_pair_is_the_source_s_and_signs),
      RUN(the_system_s_source_does_not_repeat_itself), RUN(a_wiped_pair_is_zero))
