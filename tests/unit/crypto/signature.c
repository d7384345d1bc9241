#include "crypto/keys.h"

#include "base/limits.h"
#include "test.h"

#include "ed25519_points.h"
#include "signature_vectors.h"

static int verify(enum key_type type, const char *key, const char *signature)
{
	return signature_verify(type, HEX(key), BYTES_LITERAL(SIGNED_TEXT), HEX(signature));
}

static const struct {
	const char *name;
	enum key_type type;
	const char *key, *signature;
} VECTORS[] = {
	{ "secp256k1", KEY_SECP256K1, SECP256K1_KEY, SECP256K1_SIGNATURE },
	{ "secp256k1, high S", KEY_SECP256K1, SECP256K1_KEY, SECP256K1_HIGH_S_SIGNATURE },
	{ "P-224", KEY_ECDSA, P224_KEY, P224_SIGNATURE },
	{ "P-256", KEY_ECDSA, P256_KEY, P256_SIGNATURE },
	{ "P-384", KEY_ECDSA, P384_KEY, P384_SIGNATURE },
	{ "P-521", KEY_ECDSA, P521_KEY, P521_SIGNATURE },
	{ "RSA 2048", KEY_RSA, RSA2048_KEY, RSA2048_SIGNATURE },
	{ "RSA 8192", KEY_RSA, RSA8192_KEY, RSA8192_SIGNATURE },
	/* RFC 8032 signs another text: see rfc_8032_vectors_verify. */
};

TEST(published_and_foreign_signatures_verify)
{
	for (size_t i = 0; i < ARRAY_SIZE(VECTORS); i++)
		if (verify(VECTORS[i].type, VECTORS[i].key, VECTORS[i].signature) != 0)
			fail_msg("%s", VECTORS[i].name);
}

TEST(another_text_does_not_verify)
{
	for (size_t i = 0; i < ARRAY_SIZE(VECTORS); i++)
		assert_int_equal(signature_verify(VECTORS[i].type, HEX(VECTORS[i].key),
						  BYTES_LITERAL("Libp2p is the _worst_!"),
						  HEX(VECTORS[i].signature)),
				 SIGNATURE_E_BAD);
}

TEST(a_key_of_one_type_is_no_key_of_another)
{
	for (size_t i = 0; i < ARRAY_SIZE(VECTORS); i++)
		for (int type = KEY_RSA; type <= KEY_ECDSA; type++)
			if (type != (int)VECTORS[i].type)
				assert_int_equal(verify((enum key_type)type, VECTORS[i].key,
							VECTORS[i].signature),
						 SIGNATURE_E_BAD);
}

TEST(a_key_of_unknown_type_is_bad)
{
	assert_int_equal(verify((enum key_type)4, SECP256K1_KEY, SECP256K1_SIGNATURE),
			 SIGNATURE_E_BAD);
}

/* RFC 8032, section 7.1, tests 1 and 3. */
TEST(rfc_8032_vectors_verify)
{
	struct bytes key, signature;

	key = HEX("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	signature = HEX("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
			"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
	assert_int_equal(signature_verify(KEY_ED25519, key, BYTES(NULL, 0), signature), 0);

	key = HEX("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
	signature = HEX("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
			"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
	assert_int_equal(signature_verify(KEY_ED25519, key, HEX("af82"), signature), 0);
	assert_int_equal(signature_verify(KEY_ED25519, key, HEX("af83"), signature),
			 SIGNATURE_E_BAD);
	assert_int_equal(signature_verify(KEY_ED25519, BYTES(key.p, 31), HEX("af82"), signature),
			 SIGNATURE_E_BAD);
	assert_int_equal(signature_verify(KEY_ED25519, key, HEX("af82"), BYTES(signature.p, 63)),
			 SIGNATURE_E_BAD);
}

TEST(every_truncation_of_key_and_signature_is_bad)
{
	for (size_t i = 0; i < ARRAY_SIZE(VECTORS); i++) {
		struct bytes key = HEX(VECTORS[i].key), signature = HEX(VECTORS[i].signature);
		/* The long ones only sparsely: each cut that parses costs arithmetic. */
		size_t step = key.n > 500 ? 97 : 1;

		for (size_t n = 0; n < key.n; n += step)
			assert_int_equal(signature_verify(VECTORS[i].type, BYTES(key.p, n),
							  BYTES_LITERAL(SIGNED_TEXT), signature),
					 SIGNATURE_E_BAD);
		for (size_t n = 0; n < signature.n; n += step)
			assert_int_equal(signature_verify(VECTORS[i].type, key,
							  BYTES_LITERAL(SIGNED_TEXT),
							  BYTES(signature.p, n)),
					 SIGNATURE_E_BAD);
	}
}

/* A signature whose DER is followed by, or contains, what need not be there. */
TEST(an_ecdsa_signature_has_one_form)
{
	/* A byte behind the sequence. */
	assert_int_equal(verify(KEY_ECDSA, P256_KEY, P256_SIGNATURE "00"), SIGNATURE_E_BAD);
	/* secp256k1's r with a zero byte that its sign does not need. */
	assert_int_equal(verify(KEY_SECP256K1, SECP256K1_KEY,
				"3045"
				"022100"
				"31a7d633c2f3e45a16128d43751afaa8dc9ba24092c5f5b3cad2c8fe4cf388f2"
				"0220"
				"49ea8d219f458683d24775d543ea8fb290704347fb35493c403bc2c259b29d9e"),
			 SIGNATURE_E_BAD);
	/* The sequence's length in the long form. */
	assert_int_equal(verify(KEY_SECP256K1, SECP256K1_KEY,
				"308144"
				"0220"
				"31a7d633c2f3e45a16128d43751afaa8dc9ba24092c5f5b3cad2c8fe4cf388f2"
				"0220"
				"49ea8d219f458683d24775d543ea8fb290704347fb35493c403bc2c259b29d9e"),
			 SIGNATURE_E_BAD);
	/* r = 0, s = 1 */
	assert_int_equal(verify(KEY_ECDSA, P256_KEY, "3006020100020101"), SIGNATURE_E_BAD);
}

TEST(a_secp256k1_key_is_a_compressed_point_of_the_curve)
{
	/* Uncompressed form of a tag that is no compression. */
	assert_int_equal(
		verify(KEY_SECP256K1,
		       "043540ad842af8a43551a94d8383a555a99226506b88f953d2e70316a3a1b3d6a2",
		       SECP256K1_SIGNATURE),
		SIGNATURE_E_BAD);
	/* x = 5 has no y. */
	assert_int_equal(
		verify(KEY_SECP256K1,
		       "020000000000000000000000000000000000000000000000000000000000000005",
		       SECP256K1_SIGNATURE),
		SIGNATURE_E_BAD);
	/* x beyond the field. */
	assert_int_equal(
		verify(KEY_SECP256K1,
		       "02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		       SECP256K1_SIGNATURE),
		SIGNATURE_E_BAD);
}

#define P256_HEAD "3059301306072a8648ce3d020106082a8648ce3d030107034200"
#define P256_X "e29a8674f3614e0ccb72406bfe2137e9f8c5f7d62d137f0a2edd233e35374777"
#define P256_Y "fd1f9aed4d2cfa7371caafc6ef02db83b81f77cfe1bcd8c715acf0b9a2778ea9"

TEST(an_ecdsa_key_is_an_uncompressed_point_of_a_named_curve)
{
	assert_int_equal(verify(KEY_ECDSA, P256_HEAD "04" P256_X P256_Y, P256_SIGNATURE), 0);
	/* Hybrid form. */
	assert_int_equal(verify(KEY_ECDSA, P256_HEAD "07" P256_X P256_Y, P256_SIGNATURE),
			 SIGNATURE_E_BAD);
	/* Compressed form. */
	assert_int_equal(verify(KEY_ECDSA,
				"3039301306072a8648ce3d020106082a8648ce3d030107032200"
				"03" P256_X,
				P256_SIGNATURE),
			 SIGNATURE_E_BAD);
	/* Not on the curve. */
	assert_int_equal(verify(KEY_ECDSA, P256_HEAD "04" P256_Y P256_X, P256_SIGNATURE),
			 SIGNATURE_E_BAD);
	/* secp256k1 by its name is no NIST curve. */
	assert_int_equal(verify(KEY_ECDSA,
				"3056301006072a8648ce3d020106052b8104000a034200"
				"04" P256_X P256_Y,
				P256_SIGNATURE),
			 SIGNATURE_E_BAD);
	/* Parameters that begin as written-out ones do. */
	assert_int_equal(verify(KEY_ECDSA,
				"3059301306072a8648ce3d020130082a8648ce3d030107034200"
				"04" P256_X P256_Y,
				P256_SIGNATURE),
			 SIGNATURE_E_BAD);
}

/* ---- RSA keys of any size, never meant to verify anything ---- */

static size_t put_head(uint8_t *out, uint8_t tag, size_t n)
{
	const uint8_t head[] = { tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n };

	memcpy(out, head, sizeof(head));
	return sizeof(head);
}

/* `e` in hexadecimal, at least one byte, its top bit clear. */
static struct bytes rsa_key(size_t bits, const char *e)
{
	static uint8_t out[8192];
	struct bytes exponent = HEX(e);
	size_t n_bytes = (bits + 7) / 8, n_sign = bits % 8 == 0 ? 1 : 0;
	size_t n_pair = 4 + n_sign + n_bytes + 2 + exponent.n;
	struct bytes algorithm = HEX("300d06092a864886f70d0101010500");
	uint8_t *p = out;

	p += put_head(p, 0x30, algorithm.n + 4 + 1 + 4 + n_pair);
	memcpy(p, algorithm.p, algorithm.n);
	p += algorithm.n;
	p += put_head(p, 0x03, 1 + 4 + n_pair);
	*p++ = 0;
	p += put_head(p, 0x30, n_pair);
	p += put_head(p, 0x02, n_sign + n_bytes);
	if (n_sign)
		*p++ = 0;
	memset(p, 0xff, n_bytes);
	*p = (uint8_t)(0xff >> (n_bytes * 8 - bits));
	p += n_bytes;
	*p++ = 0x02;
	*p++ = (uint8_t)exponent.n;
	memcpy(p, exponent.p, exponent.n);
	return BYTES(out, (size_t)(p + exponent.n - out));
}

static int verify_rsa(size_t bits, const char *e)
{
	return signature_verify(KEY_RSA, rsa_key(bits, e), BYTES_LITERAL(SIGNED_TEXT),
				HEX(RSA8192_SIGNATURE));
}

TEST(rsa_keys_out_of_bounds_are_refused_by_their_size)
{
	assert_int_equal(verify_rsa(8193, "010001"), SIGNATURE_E_KEY_SIZE);
	assert_int_equal(verify_rsa(16384, "010001"), SIGNATURE_E_KEY_SIZE);
	assert_int_equal(verify_rsa(60000, "010001"), SIGNATURE_E_KEY_SIZE);
	assert_int_equal(verify_rsa(2047, "010001"), SIGNATURE_E_KEY_SIZE);
	assert_int_equal(verify(KEY_RSA, RSA1024_KEY, RSA1024_SIGNATURE), SIGNATURE_E_KEY_SIZE);
	/* At the bounds it is the signature that is wrong. */
	assert_int_equal(verify_rsa(8192, "010001"), SIGNATURE_E_BAD);
	assert_int_equal(verify_rsa(2048, "010001"), SIGNATURE_E_BAD);
}

TEST(rsa_exponents_are_small_and_odd)
{
	assert_int_equal(verify_rsa(2048, "01"), SIGNATURE_E_BAD);
	assert_int_equal(verify_rsa(2048, "02"), SIGNATURE_E_BAD);
	assert_int_equal(verify_rsa(2048, "010000"), SIGNATURE_E_BAD);
	assert_int_equal(verify_rsa(2048, "0100000001"), SIGNATURE_E_BAD);
	assert_int_equal(verify_rsa(2048, "00"), SIGNATURE_E_BAD);
	assert_int_equal(verify_rsa(2048, "000003"), SIGNATURE_E_BAD);
}

TEST(an_even_modulus_is_bad)
{
	struct bytes key = rsa_key(2048, "010001");
	uint8_t copy[512];

	memcpy(copy, key.p, key.n);
	/* Behind the modulus stand tag, length and three bytes of the exponent. */
	copy[key.n - 6] = 0xfe;
	assert_int_equal(signature_verify(KEY_RSA, BYTES(copy, key.n), BYTES_LITERAL(SIGNED_TEXT),
					  HEX(RSA2048_SIGNATURE)),
			 SIGNATURE_E_BAD);
}

TEST(rsa_parameters_are_a_null)
{
	struct bytes key = HEX(RSA2048_KEY);
	uint8_t copy[512];

	memcpy(copy, key.p, key.n);
	assert_int_equal(copy[17], 0x05);
	copy[17] = 0x04;
	assert_int_equal(signature_verify(KEY_RSA, BYTES(copy, key.n), BYTES_LITERAL(SIGNED_TEXT),
					  HEX(RSA2048_SIGNATURE)),
			 SIGNATURE_E_BAD);
}

TEST(lengths_are_judged_before_anything_is_read)
{
	static const uint8_t zeroes[LIMIT_PUBLIC_KEY + 1];

	assert_int_equal(signature_verify(KEY_ED25519, BYTES(zeroes, sizeof(zeroes)),
					  BYTES(NULL, 0), BYTES(zeroes, 64)),
			 SIGNATURE_E_KEY_SIZE);
	assert_int_equal(
		signature_verify(KEY_ED25519, BYTES(zeroes, 0), BYTES(NULL, 0), BYTES(zeroes, 64)),
		SIGNATURE_E_BAD);
	assert_int_equal(signature_verify(KEY_RSA, HEX(RSA2048_KEY), BYTES(NULL, 0),
					  BYTES(zeroes, LIMIT_SIGNATURE + 1)),
			 SIGNATURE_E_BAD);
	assert_int_equal(
		signature_verify(KEY_RSA, HEX(RSA2048_KEY), BYTES(NULL, 0), BYTES(zeroes, 0)),
		SIGNATURE_E_BAD);
}

/* See ed25519_points.h: of small order, and not written as RFC 8032 wants it. */
TEST(what_is_disputed_of_ed25519_never_verifies_here)
{
	uint8_t signature[ED25519_SIGNATURE] = { 0 }, seed[ED25519_SEED] = { 1 };
	struct key_pair key;

	key_pair_from_seed(seed, &key);
	key_sign(&key, BYTES_LITERAL("x"), signature);
	assert_false(ed25519_is_disputed(key.public, signature));
	signature[0] ^= 1;
	assert_false(ed25519_is_disputed(key.public, signature));
	for (size_t i = 0; i < ARRAY_SIZE(SMALL_POINTS); i++) {
		assert_true(ed25519_is_disputed(HEX(SMALL_POINTS[i]).p, signature));
		memcpy(signature, HEX(SMALL_POINTS[i]).p, 32);
		assert_true(ed25519_is_disputed(key.public, signature));
		assert_int_equal(signature_verify(KEY_ED25519, BYTES(key.public, 32),
						  BYTES_LITERAL("x"), BYTES(signature, 64)),
				 SIGNATURE_E_BAD);
	}
	for (size_t i = 0; i < ARRAY_SIZE(BAD_POINTS); i++)
		assert_true(ed25519_is_disputed(HEX(BAD_POINTS[i]).p, signature));
	/* Nobody takes an R that is written in another way: it is compared byte by byte. */
	memcpy(signature, HEX(BAD_POINTS[0]).p, 32);
	assert_false(ed25519_is_disputed(key.public, signature));
}

TESTS(RUN(what_is_disputed_of_ed25519_never_verifies_here),
      RUN(published_and_foreign_signatures_verify), RUN(another_text_does_not_verify),
      RUN(a_key_of_one_type_is_no_key_of_another), RUN(a_key_of_unknown_type_is_bad),
      RUN(rfc_8032_vectors_verify), RUN(every_truncation_of_key_and_signature_is_bad),
      RUN(an_ecdsa_signature_has_one_form), RUN(a_secp256k1_key_is_a_compressed_point_of_the_curve),
      RUN(an_ecdsa_key_is_an_uncompressed_point_of_a_named_curve),
      RUN(rsa_keys_out_of_bounds_are_refused_by_their_size), RUN(rsa_exponents_are_small_and_odd),
      RUN(an_even_modulus_is_bad), RUN(rsa_parameters_are_a_null),
      RUN(lengths_are_judged_before_anything_is_read))
