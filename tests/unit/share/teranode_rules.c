/* Proves that what could offend Teranode's nodes is refused, with the rule and the setting named,
 * and that everything they say themselves passes. */

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "share/teranode_rules.h"
#include "wire/teranode.h"

#define PREFIX "teranode/bitcoin/1.0.0/mainnet-"
#define BLOCK PREFIX "block"
#define SUBTREE PREFIX "subtree"
#define REJECTED PREFIX "rejected-tx"
#define STATUS PREFIX "node_status"
#define H32 "0123456789abcdefABCDEF0000000000"
#define HASH H32 H32
#define S10 "xxxxxxxxxx"
#define S100 S10 S10 S10 S10 S10 S10 S10 S10 S10 S10

struct fixture {
	struct teranode_rules *rules;
	struct random_seeded seed;
	struct mono now;
	char us[PEER_ID_TEXT_MAX];
};

static void fixture_init(struct fixture *f)
{
	struct peer_id us = { .n = 38, .b = "\x00\x24\x08\x01\x12\x20" };
	struct random random;

	random_seeded_init(&f->seed, 1);
	random = random_seeded_source(&f->seed);
	assert_int_equal(teranode_rules_new(&us, &random, &f->rules), 0);
	peer_id_text(&us, f->us);
	f->now = (struct mono){ NS_PER_S };
}

static void fixture_deinit(struct fixture *f)
{
	f->rules = teranode_rules_free(f->rules);
}

/* `payload` in an envelope. */
static const char *offer(struct fixture *f, const char *topic, struct bytes payload)
{
	const char *why;
	struct buf envelope;

	buf_init(&envelope, MIB);
	assert_int_equal(teranode_envelope_encode(BYTES_LITERAL("n"), payload, &envelope), 0);
	why = teranode_rules_refuse(f->rules, bytes_of_text(topic), buf_data(&envelope), f->now);
	buf_deinit(&envelope);
	return why;
}

/* `fields` beside the right author. */
static const char *offer_fields(struct fixture *f, const char *topic, const char *fields)
{
	bool status = strcmp(topic, STATUS) == 0;
	char *payload = malloc(strlen(fields) + 128);
	const char *why;

	assert_non_null(payload);
	sprintf(payload, "{\"%s\":\"%s\"%s%s}", status ? "peer_id" : "PeerID", f->us,
		fields[0] ? "," : "", fields);
	why = offer(f, topic, bytes_of_text(payload));
	free(payload);
	return why;
}

static void assert_refused(const char *why, const char *words)
{
	assert_non_null(why);
	if (!strstr(why, words))
		assert_string_equal(why, words);
	assert_non_null(strstr(why, "; see PEERLINE_TERANODE_RULES"));
	assert_null(strchr(why, '\''));
}

TEST(what_teranode_says_itself_passes)
{
	struct fixture f;

	fixture_init(&f);
	assert_null(offer_fields(&f, BLOCK,
				 "\"ClientName\":\"vec\",\"DataHubURL\":\"http://h:8090/api/v1\","
				 "\"Hash\":\"" HASH "\",\"Height\":948351,\"Header\":\"" HASH HASH
				 "0123456789abcdef0123456789abcdef\",\"Coinbase\":\"\""));
	assert_null(
		offer_fields(&f, SUBTREE, "\"DataHubURL\":\"https://h\",\"Hash\":\"" HASH "\""));
	assert_null(offer_fields(&f, REJECTED,
				 "\"TxID\":\"" HASH
				 "\",\"Reason\":\"fee too low: d\xc3\xa9j\xc3\xa0\""));
	assert_null(offer_fields(
		&f, STATUS,
		"\"base_url\":\"\",\"best_block_hash\":\"" HASH "\",\"best_height\":948351,"
		"\"uptime\":12.5,\"fee_policy\":{\"miningFee\":{\"satoshis\":1,\"bytes\":2}},"
		"\"propagation_url\":null,\"version\":\"v0.16\",\"miner_name\":\"/m/\""));
	fixture_deinit(&f);
}

TEST(other_topics_are_nobodys_business)
{
	struct fixture f;

	fixture_init(&f);
	assert_null(teranode_rules_refuse(f.rules, BYTES_LITERAL("chat"), BYTES_LITERAL("hello"),
					  f.now));
	assert_null(teranode_rules_refuse(f.rules, BYTES_LITERAL(PREFIX "stats"),
					  BYTES_LITERAL("hello"), f.now));
	fixture_deinit(&f);
}

TEST(what_is_no_envelope_with_an_object_in_it_is_refused)
{
	struct fixture f;

	fixture_init(&f);
	assert_refused(
		teranode_rules_refuse(f.rules, BYTES_LITERAL(BLOCK), BYTES_LITERAL("hello"), f.now),
		"not an envelope");
	assert_refused(teranode_rules_refuse(f.rules, BYTES_LITERAL(BLOCK),
					     BYTES_LITERAL("{\"PeerID\":\"x\"}"), f.now),
		       "payload in the envelope is not a JSON object");
	assert_refused(offer(&f, BLOCK, BYTES_LITERAL("[]")),
		       "payload in the envelope is not a JSON object");
	assert_refused(offer_fields(&f, REJECTED, "\"Reason\":\"\xff\""), "is not UTF-8");
	assert_refused(offer_fields(&f, BLOCK, "\"Hash\":5"), "Hash is of the wrong type");
	assert_refused(offer_fields(&f, BLOCK, "\"Height\":-1"), "Height is of the wrong type");
	fixture_deinit(&f);
}

TEST(whoever_names_another_author_is_refused_and_told_who_we_are)
{
	struct fixture f;
	char words[128];

	fixture_init(&f);
	snprintf(words, sizeof(words), "PeerID is not this node, which is %s", f.us);
	assert_refused(offer(&f, BLOCK, BYTES_LITERAL("{\"Hash\":\"" HASH "\"}")), words);
	assert_refused(offer(&f, BLOCK, BYTES_LITERAL("{\"PeerID\":\"12D3KooX\"}")), words);
	assert_refused(offer(&f, STATUS, BYTES_LITERAL("{\"PeerID\":\"12D3KooX\"}")),
		       "peer_id is not this node");
	fixture_deinit(&f);
}

TEST(each_topic_has_its_size)
{
	static const struct {
		const char *topic;
		size_t max;
	} rows[] = { { BLOCK, 32768 }, { SUBTREE, 32768 }, { REJECTED, 16384 }, { STATUS, 65536 } };
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = rows[i].max;
		char *text = malloc(n + 1), words[64];

		assert_non_null(text);
		memset(text, ' ', n + 1);
		snprintf(words, sizeof(words), "%zu bytes, of which Teranode takes at most %zu",
			 n + 1, n);
		assert_refused(teranode_rules_refuse(f.rules, bytes_of_text(rows[i].topic),
						     BYTES(text, n + 1), f.now),
			       words);
		assert_refused(teranode_rules_refuse(f.rules, bytes_of_text(rows[i].topic),
						     BYTES(text, n), f.now),
			       "not an envelope");
		free(text);
	}
	fixture_deinit(&f);
}

TEST(each_field_has_its_form)
{
	static const struct {
		const char *topic, *fields, *words;
	} rows[] = {
		{ BLOCK, "\"Hash\":\"" H32 "\"", "Hash is not a hash of 64 hexadecimal digits" },
		{ BLOCK, "\"Hash\":\"" HASH "0\"", "Hash is longer than 64 bytes" },
		{ BLOCK, "\"Hash\":\"g" H32 "0123456789012345678901234567890\"",
		  "Hash is not a hash" },
		{ BLOCK, "\"Height\":1", "Hash is missing" },
		{ BLOCK, "\"Hash\":\"\"", "Hash is missing" },
		{ BLOCK, "\"Hash\":null", "Hash is missing" },
		{ REJECTED, "\"Reason\":\"x\"", "TxID is missing" },
		{ STATUS, "\"best_block_hash\":\"12\"", "best_block_hash is not a hash" },
		{ BLOCK, "\"Header\":\"" HASH HASH HASH "\"", "Header is longer than 160 bytes" },
		{ BLOCK, "\"Header\":\"xyz\"", "Header is not hexadecimal" },
		{ BLOCK, "\"DataHubURL\":\"ftp://h\"", "DataHubURL is not a URL of http or https" },
		{ BLOCK, "\"DataHubURL\":\"http://\"", "DataHubURL is not a URL" },
		{ BLOCK, "\"DataHubURL\":\"http://a b\"", "DataHubURL is not a URL" },
		{ STATUS, "\"propagation_url\":\"/x\"", "propagation_url is not a URL" },
		{ REJECTED, "\"Reason\":\"a\\nb\"", "Reason is not printable text" },
		{ REJECTED, "\"Reason\":\"\\u202e\"", "Reason is not printable text" },
		{ BLOCK, "\"ClientName\":\"" S100 S100 S100 "\"",
		  "ClientName is longer than 256 bytes" },
		{ REJECTED,
		  "\"Reason\":\"" S100 S100 S100 S100 S100 S100 S100 S100 S100 S100 S100 "\"",
		  "Reason is longer than 1024 bytes" },
	};
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_refused(offer_fields(&f, rows[i].topic, rows[i].fields), rows[i].words);
	fixture_deinit(&f);
}

static const char *announce(struct fixture *f, const char *topic, unsigned int number)
{
	char fields[128];

	snprintf(fields, sizeof(fields), "\"%s\":\"%064x\"",
		 strcmp(topic, REJECTED) == 0 ? "TxID" : "Hash", number);
	return offer_fields(f, topic, fields);
}

static void pass_ms(struct fixture *f, uint64_t ms)
{
	f->now = mono_add_ms(f->now, ms);
}

TEST(a_hash_is_announced_three_times_in_fifteen_seconds_and_ten_times_in_two_minutes)
{
	struct fixture f;
	int n = 0;

	fixture_init(&f);
	for (int i = 0; i < 3; i++)
		assert_null(announce(&f, BLOCK, 1));
	assert_refused(announce(&f, BLOCK, 1), "this hash was announced 3 times in 15 s");
	assert_null(announce(&f, BLOCK, 2));
	assert_null(announce(&f, SUBTREE, 1)); /* another thing of the same number */
	pass_ms(&f, 14999);
	assert_refused(announce(&f, BLOCK, 1), "3 times in 15 s");
	for (n = 3; n < 10; n++) {
		pass_ms(&f, n == 3 ? 1 : 5000);
		if (n > 3 && n % 3 == 0)
			pass_ms(&f, 5000);
		assert_null(announce(&f, BLOCK, 1));
	}
	pass_ms(&f, 20000);
	assert_refused(announce(&f, BLOCK, 1), "10 times in 120 s");
	pass_ms(&f, LIMIT_TERANODE_REPEATS_MS);
	assert_null(announce(&f, BLOCK, 1));
	fixture_deinit(&f);
}

TEST(a_refusal_is_not_counted)
{
	struct fixture f;

	fixture_init(&f);
	for (int i = 0; i < 20; i++)
		assert_refused(offer_fields(&f, BLOCK, "\"Hash\":\"" HASH "\",\"Header\":\"x\""),
			       "Header");
	for (int i = 0; i < 3; i++)
		assert_null(offer_fields(&f, BLOCK, "\"Hash\":\"" HASH "\""));
	fixture_deinit(&f);
}

TEST(each_topic_has_its_rate)
{
	static const char *const topics[] = { BLOCK, SUBTREE, REJECTED };
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		for (unsigned int n = 0; n < 100; n++)
			assert_null(announce(&f, topics[i], n));
		assert_refused(announce(&f, topics[i], 100),
			       "more than 100 messages, and then one every 100 ms");
	}
	pass_ms(&f, 100);
	assert_null(announce(&f, BLOCK, 100));
	assert_refused(announce(&f, BLOCK, 101), "more than 100 messages");
	assert_null(announce(&f, "teranode/bitcoin/1.0.0/testnet-block", 1000));
	fixture_deinit(&f);
}

TEST(a_status_comes_once_a_second_and_repeats_its_best_block)
{
	struct fixture f;

	fixture_init(&f);
	for (int i = 0; i < 10; i++)
		assert_null(offer_fields(&f, STATUS, "\"best_block_hash\":\"" HASH "\""));
	assert_refused(offer_fields(&f, STATUS, ""), "more than 10 messages, and then one every "
						     "1000 ms");
	for (int i = 0; i < 100; i++) {
		pass_ms(&f, 1000);
		assert_null(offer_fields(&f, STATUS, "\"best_block_hash\":\"" HASH "\""));
	}
	fixture_deinit(&f);
}

TEST(topics_and_hashes_that_are_remembered_have_a_maximum)
{
	char topic[64];
	struct fixture f;
	unsigned int number = 0;

	fixture_init(&f);
	for (int i = 0; i < LIMIT_TERANODE_TOPICS; i++) {
		snprintf(topic, sizeof(topic), "teranode/bitcoin/1.0.0/net%d-node_status", i);
		for (int n = 0; n < 10; n++) {
			char payload[128];

			snprintf(payload, sizeof(payload), "{\"peer_id\":\"%s\"}", f.us);
			assert_null(offer(&f, topic, bytes_of_text(payload)));
		}
	}
	assert_refused(announce(&f, BLOCK, 1), "64 Teranode topics are in use at once");
	pass_ms(&f, 10000);
	assert_null(announce(&f, BLOCK, 1));
	for (int net = 0; number < LIMIT_TERANODE_HASHES - 1; net++) {
		pass_ms(&f, 1000);
		for (int i = 0; i < 10 * (LIMIT_TERANODE_TOPICS - 2); i++) {
			snprintf(topic, sizeof(topic), "teranode/bitcoin/1.0.0/net%d-block",
				 i % (LIMIT_TERANODE_TOPICS - 2));
			if (number < LIMIT_TERANODE_HASHES - 1)
				assert_null(announce(&f, topic, 1000 + number++));
		}
	}
	assert_refused(announce(&f, BLOCK, 999999),
		       "8192 different hashes were announced in 120 s");
	pass_ms(&f, LIMIT_TERANODE_REPEATS_MS);
	assert_null(announce(&f, BLOCK, 999999));
	fixture_deinit(&f);
}

TESTS(RUN(what_teranode_says_itself_passes), RUN(other_topics_are_nobodys_business),
      RUN(what_is_no_envelope_with_an_object_in_it_is_refused),
      RUN(whoever_names_another_author_is_refused_and_told_who_we_are),
      RUN(each_topic_has_its_size), RUN(each_field_has_its_form),
      RUN(a_hash_is_announced_three_times_in_fifteen_seconds_and_ten_times_in_two_minutes),
      RUN(a_refusal_is_not_counted), RUN(each_topic_has_its_rate),
      RUN(a_status_comes_once_a_second_and_repeats_its_best_block),
      RUN(topics_and_hashes_that_are_remembered_have_a_maximum))
