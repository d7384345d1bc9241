#include "route/gossip_keys.h"

#include "base/limits.h"
#include "crypto/keys.h"
#include "test.h"
#include "wire/public_key.h"

/* Keys that nobody holds the secret of will do: tables are made of points. */
struct fixture {
	struct gossip_keys keys;
	struct random_seeded seeded;
	struct random random;
};

static void fixture_init(struct fixture *f)
{
	assert_int_equal(crypto_start(), 0);
	random_seeded_init(&f->seeded, 1);
	f->random = random_seeded_source(&f->seeded);
	gossip_keys_init(&f->keys, 1);
}

static struct peer_id author(struct fixture *f)
{
	struct key_pair key;
	struct peer_id id;

	key_pair_generate(&f->random, &key);
	public_key_ed25519_peer_id(key.public, &id);
	return id;
}

static bool has_table(struct fixture *f, const struct peer_id *id)
{
	struct gossip_key_tables t = gossip_keys_get(&f->keys, id);
	bool has = t.key;

	assert_true(!t.base == !t.key);
	gossip_key_tables_unref(&t);
	return has;
}

static void on_good(struct fixture *f, const struct peer_id *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gossip_keys_on_good(&f->keys, id);
}

TEST(an_author_gets_a_table_after_enough_good_messages)
{
	struct fixture f;
	struct peer_id a, b;

	fixture_init(&f);
	a = author(&f);
	b = author(&f);
	on_good(&f, &a, LIMIT_GOSSIP_KEY_PROOFS - 1);
	assert_false(has_table(&f, &a));
	on_good(&f, &a, 1);
	assert_true(has_table(&f, &a));
	assert_false(has_table(&f, &b));
	/* More of them change nothing. */
	on_good(&f, &a, LIMIT_GOSSIP_KEY_PROOFS);
	assert_int_equal(f.keys.n_tables, 1);
	gossip_keys_deinit(&f.keys);
}

TEST(a_table_verifies_what_its_author_signed)
{
	struct fixture f;
	struct key_pair key;
	struct peer_id id;
	uint8_t signature[ED25519_SIGNATURE];
	struct gossip_key_tables t;

	fixture_init(&f);
	key_pair_generate(&f.random, &key);
	public_key_ed25519_peer_id(key.public, &id);
	key_sign(&key, BYTES_LITERAL("text"), signature);
	on_good(&f, &id, LIMIT_GOSSIP_KEY_PROOFS);
	t = gossip_keys_get(&f.keys, &id);
	/* Who checks has its own references. */
	gossip_keys_deinit(&f.keys);
	assert_int_equal(ed25519_table_verify(t.base, t.key, BYTES_LITERAL("text"),
					      BYTES(signature, sizeof(signature))),
			 0);
	gossip_key_tables_unref(&t);
	assert_null(t.base);
	gossip_key_tables_unref(&t);
}

TEST(authors_with_other_keys_are_not_counted)
{
	struct fixture f;
	struct peer_id id = { .n = 34, .b = { 0x12, 0x20, 1 } };

	fixture_init(&f);
	on_good(&f, &id, 2 * LIMIT_GOSSIP_KEY_PROOFS);
	assert_false(has_table(&f, &id));
	assert_int_equal(f.keys.by_id.n, 0);
	gossip_keys_deinit(&f.keys);
}

/* No good message comes of such a key, but what comes from elsewhere is not trusted to know. */
TEST(a_key_that_is_no_point_has_no_table)
{
	struct fixture f;
	uint8_t key[32] = { 2 };
	struct peer_id id;

	fixture_init(&f);
	public_key_ed25519_peer_id(key, &id);
	on_good(&f, &id, 2 * LIMIT_GOSSIP_KEY_PROOFS);
	assert_false(has_table(&f, &id));
	assert_int_equal(f.keys.n_tables, 0);
	gossip_keys_deinit(&f.keys);
}

TEST(the_table_that_was_not_used_for_longest_goes_first_and_its_author_begins_anew)
{
	static struct peer_id ids[LIMIT_GOSSIP_KEY_TABLES];
	struct fixture f;
	struct peer_id another;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		ids[i] = author(&f);
		on_good(&f, &ids[i], LIMIT_GOSSIP_KEY_PROOFS);
	}
	assert_true(has_table(&f, &ids[0]));
	another = author(&f);
	on_good(&f, &another, LIMIT_GOSSIP_KEY_PROOFS);
	assert_int_equal(f.keys.n_tables, LIMIT_GOSSIP_KEY_TABLES);
	assert_true(has_table(&f, &another));
	assert_true(has_table(&f, &ids[0]));
	assert_false(has_table(&f, &ids[1]));
	on_good(&f, &ids[1], LIMIT_GOSSIP_KEY_PROOFS - 1);
	assert_false(has_table(&f, &ids[1]));
	on_good(&f, &ids[1], 1);
	assert_true(has_table(&f, &ids[1]));
	assert_false(has_table(&f, &ids[2]));
	gossip_keys_deinit(&f.keys);
}

TEST(who_is_counted_has_a_limit_and_the_latest_stay)
{
	struct fixture f;
	struct peer_id first, second, id;

	fixture_init(&f);
	first = author(&f);
	second = author(&f);
	on_good(&f, &first, LIMIT_GOSSIP_KEY_PROOFS - 1);
	on_good(&f, &second, LIMIT_GOSSIP_KEY_PROOFS);
	for (size_t i = 0; i < LIMIT_GOSSIP_KEYS - 1; i++) {
		id = author(&f);
		on_good(&f, &id, 1);
		assert_true(has_table(&f, &second));
	}
	assert_int_equal(f.keys.by_id.n, LIMIT_GOSSIP_KEYS);
	on_good(&f, &first, 1); /* it was forgotten, and counts from one */
	assert_false(has_table(&f, &first));
	assert_true(has_table(&f, &second));
	gossip_keys_deinit(&f.keys);
}

TESTS(RUN(an_author_gets_a_table_after_enough_good_messages),
      RUN(a_table_verifies_what_its_author_signed), RUN(authors_with_other_keys_are_not_counted),
      RUN(a_key_that_is_no_point_has_no_table),
      RUN(the_table_that_was_not_used_for_longest_goes_first_and_its_author_begins_anew),
      RUN(who_is_counted_has_a_limit_and_the_latest_stay))
