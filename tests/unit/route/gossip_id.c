#include "test.h"

#include "route/gossip_id.h"
#include "wire/public_key.h"

struct fixture {
	struct peer_id author;
	struct gossip_message m;
};

#define KEY "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	public_key_ed25519_peer_id(HEX(KEY).p, &f->author);
	f->m.data = BYTES_LITERAL("hello");
}

static struct gossip_id id_of(const struct fixture *f, enum gossip_id_kind kind, uint64_t seqno)
{
	return gossip_message_id(kind, &f->m, &f->author, seqno);
}

static void is_bytes(struct gossip_id id, struct bytes b)
{
	assert_int_equal(id.n, b.n);
	assert_memory_equal(id.b, b.p, b.n);
}

TEST(go_has_author_and_number_as_bytes)
{
	struct fixture f;

	fixture_init(&f);
	is_bytes(id_of(&f, GOSSIP_ID_GO, 0x0102030405060708),
		 HEX("002408011220" KEY "0102030405060708"));
}

TEST(js_has_the_public_key_instead_of_its_multihash)
{
	struct fixture f;

	fixture_init(&f);
	is_bytes(id_of(&f, GOSSIP_ID_JS, 0x0102030405060708),
		 HEX("08011220" KEY "0102030405060708"));
}

TEST(a_key_that_the_author_does_not_hold_is_replaced_by_its_hash)
{
	struct fixture f;
	uint8_t hash[34] = { 0x12, 0x20, 7 };

	fixture_init(&f);
	assert_int_equal(peer_id_decode(BYTES(hash, sizeof(hash)), &f.author), 0);
	is_bytes(id_of(&f, GOSSIP_ID_JS, 1),
		 HEX("1220070000000000000000000000000000000000000000000000000000000000"
		     "0000"
		     "0000000000000001"));
}

TEST(rust_has_text)
{
	struct fixture f;

	fixture_init(&f);
	is_bytes(id_of(&f, GOSSIP_ID_RUST, UINT64_MAX),
		 BYTES_LITERAL("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"
			       "18446744073709551615"));
	is_bytes(id_of(&f, GOSSIP_ID_RUST, 0),
		 BYTES_LITERAL("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH50"));
}

TEST(the_content_is_hashed_whoever_wrote_it)
{
	struct fixture f;

	fixture_init(&f);
	is_bytes(id_of(&f, GOSSIP_ID_CONTENT, 1),
		 HEX("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
}

TEST(the_same_content_in_two_topics_is_two_messages)
{
	struct bytes id = BYTES_LITERAL("id");
	struct gossip_id a = gossip_seen_key(GOSSIP_ID_CONTENT, BYTES_LITERAL("a"), id);
	struct gossip_id b = gossip_seen_key(GOSSIP_ID_CONTENT, BYTES_LITERAL("b"), id);

	assert_false(bytes_equal(gossip_id_bytes(&a), gossip_id_bytes(&b)));
	a = gossip_seen_key(GOSSIP_ID_GO, BYTES_LITERAL("a"), id);
	assert_true(bytes_equal(gossip_id_bytes(&a), id));
}

TEST(the_longest_id_fits_into_a_seen_key)
{
	uint8_t longest[GOSSIP_ID_MAX] = { 0 };
	struct gossip_id key = gossip_seen_key(GOSSIP_ID_CONTENT, BYTES_LITERAL("a"),
					       BYTES(longest, sizeof(longest)));

	assert_int_equal(key.n, GOSSIP_ID_MAX);
}

TEST(kinds_have_names)
{
	static const char *const names[] = { "go", "js", "rust", "content" };
	enum gossip_id_kind kind;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(gossip_id_kind_parse(bytes_of_text(names[i]), &kind), 0);
		assert_int_equal(kind, i);
		assert_string_equal(gossip_id_kind_text(kind), names[i]);
	}
	assert_int_equal(gossip_id_kind_parse(BYTES_LITERAL("Go"), &kind), -EINVAL);
	assert_int_equal(gossip_id_kind_parse(BYTES(NULL, 0), &kind), -EINVAL);
}

/* ---- others' words ---- */

TEST(each_default_is_understood_in_a_topic_of_each)
{
	static const enum gossip_id_kind kinds[] = { GOSSIP_ID_GO, GOSSIP_ID_JS, GOSSIP_ID_RUST };
	static const uint64_t numbers[] = { 0, 1, 0x0102030405060708, UINT64_MAX };
	struct fixture f;

	fixture_init(&f);
	for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
		for (size_t i = 0; i < 9; i++) {
			struct gossip_id from = id_of(&f, kinds[i / 3], numbers[n]), to;

			enum gossip_id_kind kind;

			assert_true(gossip_id_kind_of(gossip_id_bytes(&from), &kind));
			assert_int_equal(kind, kinds[i / 3]);
			assert_true(gossip_id_translate(kinds[i % 3], gossip_id_bytes(&from), &to));
			is_bytes(id_of(&f, kinds[i % 3], numbers[n]), gossip_id_bytes(&to));
		}
	}
}

TEST(authors_with_other_keys_are_understood_too)
{
	uint8_t hash[34] = { 0x12, 0x20, 7 };
	uint8_t secp[39] = { 0, 37, 8, 2, 0x12, 33, 2, 1 };
	struct bytes authors[] = { BYTES(hash, sizeof(hash)), BYTES(secp, sizeof(secp)) };
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(authors); i++) {
		struct gossip_id rust, go, to;

		assert_int_equal(peer_id_decode(authors[i], &f.author), 0);
		rust = id_of(&f, GOSSIP_ID_RUST, 77);
		go = id_of(&f, GOSSIP_ID_GO, 77);
		assert_true(gossip_id_translate(GOSSIP_ID_GO, gossip_id_bytes(&rust), &to));
		is_bytes(to, gossip_id_bytes(&go));
		assert_true(gossip_id_translate(GOSSIP_ID_RUST, gossip_id_bytes(&go), &to));
		is_bytes(to, gossip_id_bytes(&rust));
	}
}

TEST(what_is_in_nobodys_words_stays_as_it_is)
{
	uint8_t longest[GOSSIP_ID_MAX] = { 0x12, 0x20 };
	const struct bytes cases[] = {
		BYTES("", 0),
		BYTES_LITERAL("12345678"),
		BYTES_LITERAL("01234567890123456789"),
		BYTES(longest, sizeof(longest)),
		BYTES(longest, 41),
		HEX("002408011221" KEY "0102030405060708"),
		HEX("08011221" KEY "0102030405060708"),
		BYTES_LITERAL("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"),
		BYTES_LITERAL("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH51x"),
		BYTES_LITERAL("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"
			      "18446744073709551616"),
		BYTES_LITERAL("12D3Koo0K99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH51"),
		BYTES_LITERAL("Qm1"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gossip_id to;

		assert_false(gossip_id_translate(GOSSIP_ID_GO, cases[i], &to));
		is_bytes(to, cases[i]);
	}
}

TEST(the_hash_of_a_content_has_one_word)
{
	struct fixture f;
	struct gossip_id id, to;

	fixture_init(&f);
	id = id_of(&f, GOSSIP_ID_CONTENT, 1);
	assert_true(gossip_id_translate(GOSSIP_ID_CONTENT, gossip_id_bytes(&id), &to));
	is_bytes(to, gossip_id_bytes(&id));
	id = id_of(&f, GOSSIP_ID_GO, 1);
	assert_false(gossip_id_translate(GOSSIP_ID_CONTENT, gossip_id_bytes(&id), &to));
}

TESTS(RUN(go_has_author_and_number_as_bytes), RUN(js_has_the_public_key_instead_of_its_multihash),
      RUN(a_key_that_the_author_does_not_hold_is_replaced_by_its_hash), RUN(rust_has_text),
      RUN(the_content_is_hashed_whoever_wrote_it),
      RUN(the_same_content_in_two_topics_is_two_messages), RUN(the_longest_id_fits_into_a_seen_key),
      RUN(kinds_have_names), RUN(each_default_is_understood_in_a_topic_of_each),
      RUN(authors_with_other_keys_are_understood_too), RUN(what_is_in_nobodys_words_stays_as_it_is),
      RUN(the_hash_of_a_content_has_one_word))
