#include "wire/peer_id.h"

#include "test.h"

#include "key_vectors.h"

#define ONES "11111111111111111111111111111111"

static struct peer_id parse(const char *text)
{
	struct peer_id id = { 0 };

	if (peer_id_parse(bytes_of_text(text), &id) < 0)
		fail_msg("%s", text);
	return id;
}

TEST(every_text_form_is_the_same_peer)
{
	for (size_t i = 0; i < ARRAY_SIZE(PEER_ID_VECTORS); i++) {
		const struct peer_id_vector *v = &PEER_ID_VECTORS[i];
		const char *const forms[] = { v->cid_base32, v->cid_base36, v->cid_base58 };
		struct peer_id id = parse(v->base58);
		char text[PEER_ID_TEXT_MAX];

		for (size_t j = 0; j < ARRAY_SIZE(forms); j++) {
			struct peer_id other = parse(forms[j]);

			assert_true(peer_id_equal(&id, &other));
		}
		assert_string_equal(peer_id_text(&id, text), v->base58);
	}
}

/* The examples of the specification and of go-libp2p's and go-multiaddr's tests. */
TEST(published_ids_are_read)
{
	static const char *const good[] = {
		"bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
		"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
		"12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
		"QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
		"k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7",
		"k51qzi5uqu5dhb6l8spkdx7yxafegfkee5by8h7lmjh2ehc2sgg34z7c15vzqs",
		"12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV",
		"12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		parse(good[i]);
}

TEST(what_is_no_id_is_refused_and_leaves_ret_alone)
{
	static const char *const bad[] = {
		"",
		"1",
		"Q",
		"Qm",
		"b",
		"x",
		"12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5S",   /* one character short */
		"12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SAA", /* one too many */
		"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5",
		"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5NN",
		"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx0N", /* no digit */
		/* sha256 with a longer digest, of go-multiaddr's tests */
		"QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY",
		/* a CID of version 1 whose codec is raw, not libp2p-key */
		"bafkreie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
		/* upper-case base32 */
		"BAFZBEIE5745RPV2M6TJYUUGYWY4D5EWRQGQQHFNF445HE3OMZPJBX5XQXE",
		/* the CID of an Ed25519 key whose key is cut off */
		"bafza",
		"z",
		"k",
		"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N ",
		" QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
		/* a stray character behind 40 bytes, which go reads and js refuses */
		"bafzaajaiaejcalj543iwv2d7pkjt7ykvefrfkfu7qjfi6sduakhso4lay6abn2d5u",
		/* longer than any: 129 characters */
		ONES ONES ONES ONES "1",
	};
	struct peer_id id = { .n = 1, .b = { 9 } }, before = id;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (peer_id_parse(bytes_of_text(bad[i]), &id) != -EINVAL)
			fail_msg("%s", bad[i]);
		assert_memory_equal(&id, &before, sizeof(id));
	}
}

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

TEST(an_id_is_the_hash_of_a_key_or_a_key)
{
	static const char *const bad[] = {
		"",
		"12",
		"1220",
		"1220" DIGEST "00",
		"121f" DIGEST,
		"1221" DIGEST "00",     /* sha2-256 with 33 bytes */
		"1120" DIGEST,          /* another hash */
		"9200 20" DIGEST,       /* 0x12 in two bytes */
		"12a000" DIGEST,        /* the length in two bytes */
		"0020" DIGEST,          /* no key */
		"0000",                 /* likewise */
		"0024 08001220" DIGEST, /* no RSA key is so short */
		"0024 08041220" DIGEST, /* no type of ours */
		"0023 08011220" DIGEST,
		"0025 08011220" DIGEST "00",
		"0025 0880011220" DIGEST, /* type 128 */
		"0025 0881001220" DIGEST, /* type 1 in two bytes */
		"0024 12200102" DIGEST,
	};
	struct peer_id id;

	assert_int_equal(peer_id_decode(HEX("1220" DIGEST), &id), 0);
	assert_int_equal(id.n, 34);
	assert_int_equal(peer_id_decode(HEX("0024 08011220" DIGEST), &id), 0);
	assert_int_equal(id.n, 38);
	assert_int_equal(peer_id_decode(HEX("0025 08021221 02" DIGEST), &id), 0);
	assert_int_equal(id.n, 39);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (peer_id_decode(HEX(bad[i]), &id) != -EBADMSG)
			fail_msg("%s", bad[i]);
}

TEST(every_truncation_is_bad)
{
	struct bytes whole = HEX("0024 08011220" DIGEST);
	struct peer_id id;

	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(peer_id_decode(BYTES(whole.p, n), &id), -EBADMSG);
}

TEST(ids_are_ordered_as_their_bytes)
{
	struct peer_id a = { .n = 2, .b = { 1, 2 } }, b = { .n = 2, .b = { 1, 3 } };
	struct peer_id longer = { .n = 3, .b = { 1, 2, 0 } }, none = { 0 };

	assert_true(peer_id_compare(&a, &b) < 0);
	assert_true(peer_id_compare(&b, &a) > 0);
	assert_int_equal(peer_id_compare(&a, &a), 0);
	assert_true(peer_id_compare(&a, &longer) < 0);
	assert_true(peer_id_compare(&longer, &a) > 0);
	assert_true(peer_id_compare(&none, &a) < 0);
	assert_false(peer_id_equal(&a, &longer));
	assert_true(peer_id_is_set(&a));
	assert_false(peer_id_is_set(&none));
}

TEST(no_id_is_shown_as_no_text)
{
	struct peer_id none = { 0 };
	char text[PEER_ID_TEXT_MAX];

	assert_string_equal(peer_id_text(&none, text), "");
}

TEST(the_longest_id_fits_its_text)
{
	struct peer_id id = { .n = PEER_ID_MAX };
	char text[PEER_ID_TEXT_MAX];

	memset(id.b, 0xff, sizeof(id.b));
	assert_int_equal(strlen(peer_id_text(&id, text)), 61);
}

TESTS(RUN(every_text_form_is_the_same_peer), RUN(published_ids_are_read),
      RUN(what_is_no_id_is_refused_and_leaves_ret_alone), RUN(an_id_is_the_hash_of_a_key_or_a_key),
      RUN(every_truncation_is_bad), RUN(ids_are_ordered_as_their_bytes),
      RUN(no_id_is_shown_as_no_text), RUN(the_longest_id_fits_its_text))
