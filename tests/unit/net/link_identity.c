#include "test.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/limits.h"
#include "net/link_identity.h"
#include "wire/public_key.h"

static const uint8_t static_key[32] = { 1, 2, 3 };

static struct bytes signed_text(void)
{
	static uint8_t text[56];

	memcpy(text, "noise-libp2p-static-key:", 24);
	memcpy(text + 24, static_key, 32);
	return BYTES(text, sizeof(text));
}

static struct link_config config_of(struct key_pair *key)
{
	struct link_config c = { .key = key };
	static const uint8_t seed[32] = { 42 };

	assert_int_equal(crypto_start(), 0);
	key_pair_from_seed(seed, key);
	strcpy(c.extension.version, "9.9.9");
	strcpy(c.extension.network, "mainnet");
	c.extension.incarnation = 5;
	return c;
}

TEST(what_we_write_is_what_we_read)
{
	struct key_pair key;
	struct link_config c = config_of(&key);
	struct link_identity who;
	struct peer_id expected;
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(link_identity_write(&c, 1234, BYTES(static_key, 32), &out), 0);
	assert_int_equal(link_identity_read(buf_data(&out), BYTES(static_key, 32), &who), 0);
	public_key_ed25519_peer_id(key.public, &expected);
	assert_true(peer_id_equal(&who.id, &expected));
	assert_true(who.has_muxer && who.has_extension);
	assert_string_equal(who.extension.version, "9.9.9");
	assert_string_equal(who.extension.network, "mainnet");
	assert_int_equal(who.extension.incarnation, 5);
	assert_int_equal(who.extension.link_id, 1234);
	assert_int_equal(who.key.n, 36);
	buf_deinit(&out);
}

TEST(every_truncation_is_refused_and_leaves_the_result_alone)
{
	struct key_pair key;
	struct link_config c = config_of(&key);
	struct link_identity who = { .has_muxer = true, .id = { .n = 3 } };
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(link_identity_write(&c, 1234, BYTES(static_key, 32), &out), 0);
	/* Key and signature come first: what is cut behind them may be a whole payload. */
	for (size_t n = 0; n < 38 + 66; n++) {
		assert_int_not_equal(
			link_identity_read(BYTES(buf_data(&out).p, n), BYTES(static_key, 32), &who),
			0);
		assert_int_equal(who.id.n, 3);
	}
	buf_deinit(&out);
}

TEST(the_same_payload_with_another_static_key_proves_nothing)
{
	static const uint8_t other[32] = { 9 };
	struct key_pair key;
	struct link_config c = config_of(&key);
	struct link_identity who;
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(link_identity_write(&c, 1234, BYTES(static_key, 32), &out), 0);
	assert_int_equal(link_identity_read(buf_data(&out), BYTES(other, 32), &who),
			 LINK_IDENTITY_E_UNPROVEN);
	buf_deinit(&out);
}

TEST(a_payload_without_room_is_our_trouble)
{
	struct key_pair key;
	struct link_config c = config_of(&key);
	struct buf out;

	buf_init(&out, 50);
	assert_int_equal(link_identity_write(&c, 1, BYTES(static_key, 32), &out), -ENOBUFS);
	buf_deinit(&out);
}

/* ---- peers with other kinds of keys, made by OpenSSL ---- */

static struct bytes sign(EVP_PKEY *key)
{
	static uint8_t signature[1024];
	struct bytes text = signed_text();
	size_t n = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, text.p, text.n), 1);
	EVP_MD_CTX_free(ctx);
	return BYTES(signature, n);
}

static struct bytes pkix(EVP_PKEY *key)
{
	static uint8_t der[1024];
	uint8_t *at = der;
	int n = i2d_PUBKEY(key, &at);

	assert_true(n > 0);
	return BYTES(der, n);
}

static struct bytes compressed_point(EVP_PKEY *key)
{
	static uint8_t point[33];
	uint8_t whole[65];
	size_t n = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", whole, sizeof(whole), &n), 1);
	if (n == 33) {
		memcpy(point, whole, 33);
		return BYTES(point, 33);
	}
	assert_int_equal(n, 65);
	point[0] = (whole[64] & 1) ? 3 : 2;
	memcpy(point + 1, whole + 1, 32);
	return BYTES(point, 33);
}

static int read_foreign(enum key_type type, struct bytes data, struct bytes signature,
			struct link_identity *ret)
{
	struct public_key key = { .type = type, .data = data };
	struct noise_payload p = { .identity_sig = signature };
	static struct buf encoded, payload;
	int r;

	buf_deinit(&encoded);
	buf_deinit(&payload);
	buf_init(&encoded, 4096);
	buf_init(&payload, 8192);
	assert_int_equal(public_key_encode(&key, &encoded), 0);
	p.identity_key = buf_data(&encoded);
	assert_int_equal(noise_payload_encode(&p, &payload), 0);
	r = link_identity_read(buf_data(&payload), BYTES(static_key, 32), ret);
	buf_deinit(&encoded);
	buf_deinit(&payload);
	return r;
}

TEST(an_rsa_peer_is_verified)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct link_identity who;

	assert_int_equal(crypto_start(), 0);
	assert_int_equal(read_foreign(KEY_RSA, pkix(key), sign(key), &who), 0);
	assert_int_equal(who.id.n, 34); /* the hash of a long key */
	assert_int_equal(who.id.b[0], 0x12);
	assert_false(who.has_muxer || who.has_extension);
	assert_int_equal(read_foreign(KEY_ECDSA, pkix(key), sign(key), &who),
			 LINK_IDENTITY_E_UNPROVEN);
	EVP_PKEY_free(key);
}

TEST(an_ecdsa_peer_is_verified)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct link_identity who;

	assert_int_equal(crypto_start(), 0);
	assert_int_equal(read_foreign(KEY_ECDSA, pkix(key), sign(key), &who), 0);
	assert_int_equal(who.id.b[0], 0x12);
	EVP_PKEY_free(key);
}

TEST(a_secp256k1_peer_is_verified)
{
	EVP_PKEY *key = EVP_EC_gen("secp256k1");
	struct link_identity who;

	assert_int_equal(crypto_start(), 0);
	assert_int_equal(read_foreign(KEY_SECP256K1, compressed_point(key), sign(key), &who), 0);
	assert_int_equal(who.id.n, 39); /* the key itself */
	assert_int_equal(who.id.b[0], 0x00);
	EVP_PKEY_free(key);
}

TEST(a_key_type_nobody_knows_proves_nothing)
{
	struct link_identity who;

	assert_int_equal(
		read_foreign((enum key_type)9, BYTES(static_key, 32), BYTES(static_key, 32), &who),
		LINK_IDENTITY_E_UNPROVEN);
}

TEST(a_signature_beyond_its_limit_is_not_looked_at)
{
	static uint8_t signature[LIMIT_SIGNATURE + 1];
	struct key_pair key;
	struct link_config c = config_of(&key);
	struct link_identity who;

	assert_int_equal(read_foreign(KEY_ED25519, BYTES(c.key->public, 32),
				      BYTES(signature, sizeof(signature)), &who),
			 LINK_IDENTITY_E_UNPROVEN);
}

TESTS(RUN(what_we_write_is_what_we_read),
      RUN(every_truncation_is_refused_and_leaves_the_result_alone),
      RUN(the_same_payload_with_another_static_key_proves_nothing),
      RUN(a_payload_without_room_is_our_trouble), RUN(an_rsa_peer_is_verified),
      RUN(an_ecdsa_peer_is_verified), RUN(a_secp256k1_peer_is_verified),
      RUN(a_key_type_nobody_knows_proves_nothing),
      RUN(a_signature_beyond_its_limit_is_not_looked_at))
