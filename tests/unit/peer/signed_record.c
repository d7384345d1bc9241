#include "peer/signed_record.h"

#include "test.h"

#include "wire/public_key.h"

/* Made by js-libp2p 3 (@libp2p/peer-record): Ed25519 with the seed of 32 bytes 07, secp256k1, and
 * RSA of 2048 bits, whose peer id is a hash. */
#define ED25519_ENVELOPE                                                                           \
	"0a2408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c120203011a57" \
	"0a26002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c10808"    \
	"0a8b1e39fe7cb171a0a0a0804cb0071070626b11a170a1536106e6f64652e6578616d706c652e636f6d06"    \
	"26b12a40b97650ad8a242bc770ebb9353026e4f542da0fed47ab831e1160a9e218091409f04c53bfe2edb"    \
	"c8b97c1072dae8d0c3e2fbd26832d751df06590854bf9184e07"
#define ED25519_ID "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"
#define SECP256K1_ENVELOPE                                                                         \
	"0a2508021221028b488f284614538df19fe5cdaa38fdebe6fac51570455453869407d799ae0017120203"     \
	"011a370a27002508021221028b488f284614538df19fe5cdaa38fdebe6fac51570455453869407d799ae"     \
	"001710031a0a0a08040a0000010600012a46304402202edf4bde8ca066a1d427293e925e270a75a49f77"     \
	"dc7b09da9c9c162d199e6cf502201f4d5975813632af61fa63e228d3383db523480fdc719012a23a3237"     \
	"7f126e4e"
#define SECP256K1_ID "16Uiu2HAm4oNpcXQTXM5G877Peud5BAineacg4XUEduuW7GqvzrQ6"
#define RSA_ENVELOPE                                                                               \
	"0aab02080012a60230820122300d06092a864886f70d01010105000382010f003082010a0282010100a6"     \
	"21fcbb6bd0a798f04946a960fac9e41d5fdb0fe232b0e429cd7d9d2dbb19da17098bb85838eb678f9f19"     \
	"fc58fc2b53ce7f5120bb61fffec7afeadbd3ba38f9960888f78d50068530ed51299b93135b87cf180131"     \
	"6fde888a1804af11df504a2a855a3e7ca167684e6559ce49718e5b8c2822ff3075cf6e16bc1f1b851f5e"     \
	"d4ac49b71091e54ed2600f230ce68e124ac3549ed4bccf12aa4bb614d81a3cd29f309532311cf1d91e40"     \
	"0b5c6c0554edd2614cab9950b428456986b8149b2ed6b4a79fa56be1bcebbf81b31ddbcfef9af0bd115d"     \
	"7a09ea14d631e83b60ed59cd2d75a8aa16b8ed38e9ec09dd0f8a49dadd5c7a04cb347e4e987d54f474eb"     \
	"c020170203010001120203011a320a221220d5fb957e439051ad425116cb546d9af5b341d3072c8929f2"     \
	"aaa2252956cdc8d710091a0a0a08040a0000010600012a80020c02ed364b30719576dad0b0ec3b7231dc"     \
	"3c9d20b0bc2f9a3622d6ccde6936d2a91c32a27d09440d28da4ac9990bad4291b4acde13eb83f138706d"     \
	"bfe6b487ab023acaae6e11bfc3b1cbe25cd0a6dd872ff31dc8b1f1517a5c7e7c194720bcd204d6982309"     \
	"b6f75b3a1a5e444fc32910686dda6ef79592ab5656dbc84ab4a406de25b624a238577f6f7e1ac35fd908"     \
	"6733d849e15dad7ce1a72796c17073e3d2d3296731f64c1bc12547c6f786db83b385e42972405a6a8c44"     \
	"8595c307280896d529e3c10f4e66207135d878d02ee31d8bc7a05c4cd10a1ae07c8e0d0d185ff387f4bb"     \
	"2c472fcfa02ba1d437e29eac05a84b607936bc815b2d991fa36d65cb49"
#define RSA_ID "Qmcjx3vngue5j1jir8Wshro4PXDuGBkuvnziDQXQ98ZySW"

static const struct multiaddr *two_addresses(void)
{
	static struct multiaddr a[2];

	assert_int_equal(multiaddr_parse(bytes_of_text("/ip4/203.0.113.7/tcp/9905"), &a[0]), 0);
	assert_int_equal(multiaddr_parse(bytes_of_text("/dns4/node.example.com/tcp/9905"), &a[1]),
			 0);
	return a;
}

static struct key_pair key_of(uint8_t byte)
{
	uint8_t seed[ED25519_SEED];
	struct key_pair key;

	memset(seed, byte, sizeof(seed));
	key_pair_from_seed(seed, &key);
	return key;
}

static struct peer_id id_of(const char *text)
{
	struct peer_id id;

	assert_int_equal(crypto_start(), 0);
	assert_int_equal(peer_id_parse(bytes_of_text(text), &id), 0);
	return id;
}

TEST(what_js_signed_with_any_key_verifies)
{
	static const struct {
		const char *envelope, *id;
		uint64_t seq;
		size_t n;
	} cases[] = {
		{ ED25519_ENVELOPE, ED25519_ID, UINT64_C(1700000000000000000), 2 },
		{ SECP256K1_ENVELOPE, SECP256K1_ID, 3, 1 },
		{ RSA_ENVELOPE, RSA_ID, 9, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peer_id id = id_of(cases[i].id);
		struct peer_record r;

		assert_int_equal(signed_record_check(HEX(cases[i].envelope), &id, &r), 0);
		assert_true(r.seq == cases[i].seq);
		assert_int_equal(r.n_addresses, cases[i].n);
		assert_true(peer_id_equal(&r.id, &id));
	}
}

TEST(ours_is_byte_for_byte_what_js_makes_of_the_same)
{
	struct key_pair key = key_of(7);
	struct buf b;

	buf_init(&b, LIMIT_SIGNED_RECORD);
	assert_int_equal(
		signed_record_make(&key, UINT64_C(1700000000000000000), two_addresses(), 2, &b), 0);
	assert_true(bytes_equal(buf_data(&b), HEX(ED25519_ENVELOPE)));
	buf_deinit(&b);
}

TEST(a_changed_byte_anywhere_makes_it_bad)
{
	struct bytes good = HEX(ED25519_ENVELOPE);
	struct peer_id id = id_of(ED25519_ID);
	struct peer_record r;
	uint8_t bad[512];

	for (size_t i = 0; i < good.n; i++) {
		memcpy(bad, good.p, good.n);
		bad[i] ^= 1;
		assert_int_equal(signed_record_check(BYTES(bad, good.n), &id, &r),
				 SIGNED_RECORD_E_BAD);
		assert_int_equal(signed_record_check(BYTES(good.p, i), &id, &r),
				 SIGNED_RECORD_E_BAD);
	}
}

TEST(nobody_signs_for_somebody_else)
{
	struct peer_id id = id_of(ED25519_ID), other = id_of(SECP256K1_ID);
	_cleanup_(buf_deinit) struct buf payload, covered, envelope, forged;
	struct key_pair thief = key_of(8);
	uint8_t signature[ED25519_SIGNATURE];
	struct peer_record r = { .id = id, .seq = 1 };
	struct envelope e;

	assert_int_equal(signed_record_check(HEX(ED25519_ENVELOPE), &other, &r),
			 SIGNED_RECORD_E_BAD);
	/* A record about `id`, signed well, but by another key. */
	buf_init(&payload, LIMIT_SIGNED_RECORD);
	buf_init(&covered, LIMIT_SIGNED_RECORD);
	buf_init(&envelope, LIMIT_SIGNED_RECORD);
	assert_int_equal(peer_record_encode(&r, &payload), 0);
	assert_int_equal(peer_record_signed_bytes(buf_data(&payload), &covered), 0);
	key_sign(&thief, buf_data(&covered), signature);
	assert_int_equal(signed_record_make(&thief, 1, NULL, 0, &envelope), 0);
	assert_int_equal(envelope_decode(buf_data(&envelope), &e), 0);
	e.payload = buf_data(&payload);
	e.signature = BYTES(signature, sizeof(signature));
	buf_init(&forged, LIMIT_SIGNED_RECORD);
	assert_int_equal(envelope_encode(&e, &forged), 0);
	assert_int_equal(signed_record_check(buf_data(&forged), &id, &r), SIGNED_RECORD_E_BAD);
}

TEST(another_payload_type_is_no_peer_record)
{
	struct peer_id id = id_of(ED25519_ID);
	struct peer_record r;
	struct envelope e;
	struct buf b;

	assert_int_equal(envelope_decode(HEX(ED25519_ENVELOPE), &e), 0);
	e.payload_type = HEX("0302");
	buf_init(&b, LIMIT_SIGNED_RECORD);
	assert_int_equal(envelope_encode(&e, &b), 0);
	assert_int_equal(signed_record_check(buf_data(&b), &id, &r), SIGNED_RECORD_E_BAD);
	buf_deinit(&b);
}

TEST(more_addresses_than_fit_are_refused_whole)
{
	static struct multiaddr many[LIMIT_IDENTIFY_ADDRESSES];
	struct key_pair key = key_of(7);
	struct buf b;

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = two_addresses()[1];
	buf_init(&b, 2 * LIMIT_SIGNED_RECORD);
	assert_int_equal(signed_record_make(&key, 1, many, ARRAY_SIZE(many), &b), 0);
	assert_true(buf_len(&b) < LIMIT_SIGNED_RECORD);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		assert_int_equal(multiaddr_parse(bytes_of_text("/dns4/a-rather-long-name-of-a-node."
							       "example.com/tcp/9905"),
						 &many[i]),
				 0);
	buf_clear(&b);
	assert_int_equal(signed_record_make(&key, 1, many, ARRAY_SIZE(many), &b), -ENOBUFS);
	assert_int_equal(buf_len(&b), 0);
	buf_deinit(&b);
}

TESTS(RUN(what_js_signed_with_any_key_verifies),
      RUN(ours_is_byte_for_byte_what_js_makes_of_the_same),
      RUN(a_changed_byte_anywhere_makes_it_bad), RUN(nobody_signs_for_somebody_else),
      RUN(another_payload_type_is_no_peer_record), RUN(more_addresses_than_fit_are_refused_whole))
