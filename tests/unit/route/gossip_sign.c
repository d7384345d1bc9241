#include "test.h"

#include "base/limits.h"
#include "route/gossip_sign.h"
#include "wire/public_key.h"

/* ---- the published message: bsv.md, appendix A ---- */

#define VECTOR_SEED "0101010101010101010101010101010101010101010101010101010101010101"
#define VECTOR_TOPIC "teranode/bitcoin/1.0.0/mainnet-subtree"
#define VECTOR_SIGNATURE                                                                           \
	"3418e6e889ed6083c55d5f8b3474046b07bdaed8a8cdb8eb59146d40bd3d6a5c"                         \
	"19d621589be4ec5906ca4f61deeb995b2f693c853ac934f400b36d6bc86e8008"
#define VECTOR_DATA                                                                                \
	"{\"name\":\"vec\",\"data\":"                                                              \
	"\"eyJQZWVySUQiOiIxMkQzS29vV0s5OVZvVnhORTdYenlCd1hFelc3eGhLN0dw"                           \
	"djg1cjlGM1YzZnlLU1VLUEg1IiwiQ2xpZW50TmFtZSI6InZlYyIsIkRhdGFIdWJVUkwiOiJodHRwOi8vMTI3LjAu" \
	"MC4xOjgwOTAvYXBpL3YxIiwiSGFzaCI6IjAwMDAwMDAwMDAwMDAwMDAwMWJjOGE2MDFkZDVmMDY1OWQzNmE5YjA3" \
	"NzgwODg1MDM3NWRmYTJkOWYwMDkzOTYifQ==\"}"

/* ---- authors with other keys: "hello" in topic "t", number 1; js-libp2p signed with RSA and
 * secp256k1, OpenSSL with ECDSA ---- */

struct author {
	const char *id, *key, *signature;
};

static const struct author rsa = {
	.id = "12209661f07a2ab927b003e9d18469014473d1d5858a3e99f9a3bcee5a80f0daab4b",
	.key = "080012a60230820122300d06092a864886f70d01010105000382010f003082010a0282010100b4a7"
	       "bfc883a1c7c079be01422165079397894dc9fa811231af6dd53a7c61f0010201d1dfcc428bd5ab0c"
	       "3cacfaf7986a1bab078c200df54b2d31d8b1b7cacb3d00d8632c7459e38fc180543fe974c7fabd75"
	       "2a2f7269a400a755160f7047c042a743311009201ae63b777deda48f73c49693ef8c2816649a08cd"
	       "0bce8ce00a89644e071ef7a73551ef1c46dca48c3b1ba157f37486e7ef6139554c2c1fc5c4692c0a"
	       "20d5e28778c1e97d74b440656396353c39a53b566313b9abb52ef8924c23d821af24e92f7da3825c"
	       "3783241bcf6f5fcb45fad9e113370cfa225f1924c2548d9312e2d6c5db52edc104b9d439b73bdab6"
	       "2079d676cdcb49c82f236fd4c2690203010001",
	.signature =
		"5dbad9b37eb89f4bdfe7a6f3758c59cb85bd6c5514f30069794699ce39419bef18a9cdab9ad4c424"
		"c0bcaec94692d4c2a0b1bd820c19d6585a179d3a3491f5fdf41aa10127608b73df0f27f5c970aff5"
		"69e846029cfc95ace49266be0b554aee944fc3ad39ec88825da8fd390b68c9c488ca3b8ff06d84cf"
		"dfc8f32a89ae5e0341697931eaa7ab9dfa16d1d52873b54f61e1d21402bdd27460e0564969f51098"
		"40d2186cd21247a84609fcced951d79d30acf5251a50f5708018ea17232198d58bb6a25062b6318f"
		"73dbb6fefe2d9f76a8d51464cba17f008fbe22eea4687f2f61c7b333558120194335383926acc52a"
		"52d5b14ee20029bc2d31c28bbf08a354",
};

static const struct author secp256k1 = {
	.id = "002508021221025f9be5464908d4c1b9b84224c7cc589067006066fa95d2555907ea89e6101ff0",
	.key = "08021221025f9be5464908d4c1b9b84224c7cc589067006066fa95d2555907ea89e6101ff0",
	.signature =
		"30450221009b99b5c9935d80df5fe53e4440e9fe411af5e099220507d0089a53ef63387dea02204f"
		"f9e8a956a629484f494c27a2e2f0cc76d1dc49ea98e3bb9060a288d3222321",
};

static const struct author ecdsa = {
	.id = "12202107be28fc9a52c23a4d06dd909af60d1d1ba0e8319e56cf17808be4173ebf66",
	.key = "0803125b3059301306072a8648ce3d020106082a8648ce3d0301070342000413f61a05156fa49c84"
	       "cf761451cabc5f98775ff23266687287f1ae194e86bce60919b683f43643d2ff011c1ecc5a9c90f3"
	       "0a6332c3c6031f26a52acaf1c69013",
	.signature =
		"3045022100b0d45dfd713b9bb2f26e4b26fc3fd630f238442e5d69f32fdcaed8ee6b8f2f1802206f"
		"e89821e03305217208166249d653affe7b9cd6a73fd3cbef1516a3cde9789a",
};

struct fixture {
	struct key_pair key;
	struct peer_id id;
	struct buf scratch;
	struct gossip_message m; /* the published one */
};

static void fixture_init(struct fixture *f)
{
	assert_int_equal(crypto_start(), 0);
	key_pair_from_seed(HEX(VECTOR_SEED).p, &f->key);
	public_key_ed25519_peer_id(f->key.public, &f->id);
	buf_init(&f->scratch, MIB);
	f->m = (struct gossip_message){
		.has_from = true,
		.has_data = true,
		.has_seqno = true,
		.has_topic = true,
		.has_signature = true,
		.from = peer_id_bytes(&f->id),
		.data = bytes_of_text(VECTOR_DATA),
		.seqno = HEX("0102030405060708"),
		.topic = bytes_of_text(VECTOR_TOPIC),
		.signature = HEX(VECTOR_SIGNATURE),
	};
}

static void fixture_deinit(struct fixture *f)
{
	buf_deinit(&f->scratch);
}

static struct gossip_message message_of(const struct author *a, bool with_key)
{
	return (struct gossip_message){
		.has_from = true,
		.has_data = true,
		.has_seqno = true,
		.has_topic = true,
		.has_signature = true,
		.has_key = with_key,
		.from = HEX(a->id),
		.data = BYTES_LITERAL("hello"),
		.seqno = HEX("0000000000000001"),
		.topic = BYTES_LITERAL("t"),
		.signature = HEX(a->signature),
		.key = HEX(with_key ? a->key : ""),
	};
}

/* Where the author can have a table, what is said with it must be the same. */
static void with_tables(struct fixture *f, const struct gossip_message *m,
			const struct peer_id *author, int expected)
{
	struct gossip_key_tables tables = { 0 };
	uint8_t key[32];

	if (public_key_ed25519_of(author, key) < 0)
		return;
	/* One with whose key nothing verifies has none. */
	if (ed25519_table_new(key, &tables.key) != 0)
		return;
	assert_int_equal(ed25519_base_table_new(&tables.base), 0);
	assert_int_equal(gossip_sign_verify_with(m, author, &tables, &f->scratch), expected);
	gossip_key_tables_unref(&tables);
}

static int check(struct fixture *f, const struct gossip_message *m)
{
	struct peer_id author;
	uint64_t seqno;
	int r;

	r = gossip_sign_form(m, &author, &seqno);
	if (r != 0)
		return r;
	r = gossip_sign_verify(m, &author, &f->scratch);
	with_tables(f, m, &author, r);
	return r;
}

TEST(we_sign_the_published_message_as_published)
{
	struct fixture f;
	uint8_t signature[ED25519_SIGNATURE];

	fixture_init(&f);
	assert_int_equal(gossip_sign(&f.m, &f.key, &f.scratch, signature), 0);
	assert_memory_equal(signature, HEX(VECTOR_SIGNATURE).p, sizeof(signature));
	fixture_deinit(&f);
}

TEST(the_published_message_verifies_and_names_its_author)
{
	struct fixture f;
	struct peer_id author;
	uint64_t seqno;
	char text[PEER_ID_TEXT_MAX];

	fixture_init(&f);
	assert_int_equal(gossip_sign_form(&f.m, &author, &seqno), 0);
	assert_string_equal(peer_id_text(&author, text),
			    "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");
	assert_int_equal(seqno, 0x0102030405060708);
	assert_int_equal(check(&f, &f.m), 0);
	fixture_deinit(&f);
}

TEST(any_changed_byte_is_noticed)
{
	struct fixture f;
	uint8_t data[512];

	fixture_init(&f);
	memcpy(data, f.m.data.p, f.m.data.n);
	f.m.data.p = data;
	for (size_t i = 0; i < f.m.data.n; i += 7) {
		data[i] ^= 1;
		assert_int_equal(check(&f, &f.m), GOSSIP_SIGN_E_BAD);
		data[i] ^= 1;
	}
	f.m.seqno = HEX("0102030405060709");
	assert_int_equal(check(&f, &f.m), GOSSIP_SIGN_E_BAD);
	f.m.seqno = HEX("0102030405060708");
	f.m.topic = BYTES_LITERAL("teranode/bitcoin/1.0.0/mainnet-block");
	assert_int_equal(check(&f, &f.m), GOSSIP_SIGN_E_BAD);
	fixture_deinit(&f);
}

TEST(a_message_without_author_number_signature_or_topic_has_no_form)
{
	struct fixture f;
	struct gossip_message m;

	fixture_init(&f);
	m = f.m;
	m.has_from = false;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_FORM);
	m = f.m;
	m.has_signature = false;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_FORM);
	m = f.m;
	m.has_topic = false;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_FORM);
	m = f.m;
	m.signature.n = 0;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_BAD);
	fixture_deinit(&f);
}

TEST(what_go_takes_and_we_do_not_is_told_from_forgeries)
{
	uint8_t nobody[38] = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20, 0x01 }, zero_r[64] = { 1 };
	struct fixture f;
	struct gossip_message m;

	fixture_init(&f);
	m = f.m;
	m.has_seqno = false;
	m.seqno.n = 0;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_ODD);
	m = f.m;
	m.seqno.n = 7;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_ODD);
	m = f.m;
	m.from.n--;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_ODD);
	m = f.m;
	m.signature.n = LIMIT_SIGNATURE + 1;
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_ODD);
	/* Any message is signed so by an author whose key is of small order. */
	m = f.m;
	m.from = BYTES(nobody, sizeof(nobody));
	m.signature = BYTES(zero_r, sizeof(zero_r));
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_ODD);
	/* And any author can make one with an R of small order. */
	m = f.m;
	m.signature = BYTES(zero_r, sizeof(zero_r));
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_ODD);
	fixture_deinit(&f);
}

/* js puts the key in, go does not. */
TEST(a_key_that_is_the_authors_may_be_there)
{
	struct fixture f;
	struct buf key;

	fixture_init(&f);
	buf_init(&key, 100);
	assert_int_equal(public_key_encode(&(struct public_key){ .type = KEY_ED25519,
								 .data = BYTES(f.key.public, 32) },
					   &key),
			 0);
	f.m.has_key = true;
	f.m.key = buf_data(&key);
	assert_int_equal(check(&f, &f.m), 0);
	/* Another's, an empty one, and half of one may not. */
	key.mem[key.end - 1] ^= 1;
	assert_int_equal(check(&f, &f.m), GOSSIP_SIGN_E_KEY);
	f.m.key = BYTES(NULL, 0);
	assert_int_equal(check(&f, &f.m), GOSSIP_SIGN_E_KEY);
	f.m.key = BYTES(key.mem, 10);
	assert_int_equal(check(&f, &f.m), GOSSIP_SIGN_E_KEY);
	buf_deinit(&key);
	fixture_deinit(&f);
}

TEST(authors_with_other_keys_are_verified)
{
	static const struct author *const authors[] = { &rsa, &secp256k1, &ecdsa };
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(authors); i++) {
		struct gossip_message m = message_of(authors[i], true);

		assert_int_equal(check(&f, &m), 0);
		m.data = BYTES_LITERAL("hellp");
		assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_BAD);
	}
	fixture_deinit(&f);
}

TEST(a_key_that_the_id_does_not_hold_must_be_there)
{
	struct fixture f;
	struct gossip_message m;

	fixture_init(&f);
	m = message_of(&secp256k1, false);
	assert_int_equal(check(&f, &m), 0);
	m = message_of(&rsa, false);
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_KEY);
	m = message_of(&ecdsa, false);
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_KEY);
	m = message_of(&rsa, true);
	m.key = HEX(ecdsa.key);
	assert_int_equal(check(&f, &m), GOSSIP_SIGN_E_KEY);
	fixture_deinit(&f);
}

TESTS(RUN(we_sign_the_published_message_as_published),
      RUN(the_published_message_verifies_and_names_its_author), RUN(any_changed_byte_is_noticed),
      RUN(a_message_without_author_number_signature_or_topic_has_no_form),
      RUN(what_go_takes_and_we_do_not_is_told_from_forgeries),
      RUN(a_key_that_is_the_authors_may_be_there), RUN(authors_with_other_keys_are_verified),
      RUN(a_key_that_the_id_does_not_hold_must_be_there))
