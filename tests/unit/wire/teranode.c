/* Proves that Teranode's envelopes and payloads read and are written as its own Go code does. */

#include "test.h"

#include "base/limits.h"
#include "wire/public_key.h"
#include "wire/teranode.h"

/* Made with @libp2p/crypto from the seed of 32 bytes 01. */
#define ID "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"
#define INNER                                                                                      \
	"{\"PeerID\":\"" ID "\",\"ClientName\":\"vec\",\"DataHubURL\":\"http://127.0.0.1:8090/"    \
	"api/v1\",\"Hash\":"                                                                       \
	"\"000000000000000001bc8a601dd5f0659d36a9b077808850375dfa2d9f009396\"}"
#define ENVELOPE                                                                                   \
	"{\"name\":\"vec\",\"data\":"                                                              \
	"\"eyJQZWVySUQiOiIxMkQzS29vV0s5OVZvVnhORTdYenlCd1hFelc3eGhLN0dwdjg1cjlGM1YzZnlLU1VLUEg1Ii" \
	"wiQ2xpZW50TmFtZSI6InZlYyIsIkRhdGFIdWJVUkwiOiJodHRwOi8vMTI3LjAuMC4xOjgwOTAvYXBpL3YxIiwiSG" \
	"FzaCI6IjAwMDAwMDAwMDAwMDAwMDAwMWJjOGE2MDFkZDVmMDY1OWQzNmE5YjA3NzgwODg1MDM3NWRmYTJkOWYwMD" \
	"kzOTYifQ==\"}"

struct opened {
	struct buf name, data;
};

static int open_envelope(struct opened *o, struct bytes json)
{
	return teranode_envelope_decode(json, &o->name, &o->data);
}

static void opened_init(struct opened *o)
{
	buf_init(&o->name, 64);
	buf_init(&o->data, 4096);
}

static void opened_deinit(struct opened *o)
{
	buf_deinit(&o->name);
	buf_deinit(&o->data);
}

TEST(the_golden_envelope_opens_and_is_written_the_same)
{
	struct opened o;
	struct buf out;

	opened_init(&o);
	buf_init(&out, 4096);
	assert_int_equal(open_envelope(&o, BYTES_LITERAL(ENVELOPE)), 0);
	assert_bytes(buf_data(&o.name), "vec");
	assert_bytes(buf_data(&o.data), INNER);
	assert_int_equal(teranode_envelope_encode(BYTES_LITERAL("vec"), BYTES_LITERAL(INNER), &out),
			 0);
	assert_bytes(buf_data(&out), ENVELOPE);
	buf_deinit(&out);
	opened_deinit(&o);
}

TEST(every_truncation_of_an_envelope_is_bad)
{
	struct opened o;

	opened_init(&o);
	for (size_t n = 0; n < strlen(ENVELOPE); n++)
		assert_int_equal(open_envelope(&o, BYTES(ENVELOPE, n)), -EBADMSG);
	opened_deinit(&o);
}

/* Each was given to json.Unmarshal of Go 1.26 with go-p2p-message-bus's struct; NULL: refused. */
static const struct {
	const char *json, *name, *data;
} as_go[] = {
	{ "{}", "", "" },
	{ "{\"NAME\":\"a\",\"Data\":\"QQ==\"}", "a", "A" },
	{ "{\"name\":\"a\",\"name\":\"b\",\"data\":\"QQ==\",\"data\":\"Qg==\"}", "b", "B" },
	{ "{\"name\":\"a\",\"name\":null,\"data\":\"QQ==\",\"data\":null}", "a", "" },
	{ "{\"name\":\"\\ud83d\\ude00\",\"data\":\"QU\\/J\"}", "\xf0\x9f\x98\x80", "AO\xc9" },
	{ "{\"name\":\"\xff\",\"data\":\"Q\\nQ==\"}", "\xef\xbf\xbd", "A" },
	{ "{\"data\":\"QR==\"}", "", "A" },
	{ "{\"\xc5\xbf\":1,\"n\\u0061me\":\"k\"}", "k", "" },
	{ "{\"name\":\"a\",\"x\":[1,2,{\"y\":[]}]}", "a", "" },
	{ "{\"name\":1}", NULL, NULL },
	{ "{\"name\":1,\"name\":\"a\"}", NULL, NULL },
	{ "{\"data\":true}", NULL, NULL },
	{ "{\"data\":\"QQ\"}", NULL, NULL },
	{ "{\"data\":\"QQ\",\"data\":\"QQ==\"}", NULL, NULL },
	{ "{\"data\":\"QQ==\"}x", NULL, NULL },
	{ "{\"data\":\"Q Q==\"}", NULL, NULL },
	{ "{\"data\":\"-_8=\"}", NULL, NULL },
	{ "{\"data\":\"QQ==QQ==\"}", NULL, NULL },
	{ "{\"data\":\"\\u00ff\xff\xff\"}", NULL, NULL },
	{ "{\"name\":\"a\",\"x\":01}", NULL, NULL },
	{ "[]", NULL, NULL },
	{ "\"name\"", NULL, NULL },
	{ "hello", NULL, NULL },
};

TEST(envelopes_are_read_as_go_reads_them)
{
	struct opened o;

	opened_init(&o);
	for (size_t i = 0; i < ARRAY_SIZE(as_go); i++) {
		int r = open_envelope(&o, bytes_of_text(as_go[i].json));

		assert_int_equal(r, as_go[i].name ? 0 : -EBADMSG);
		if (r < 0)
			continue;
		assert_bytes(buf_data(&o.name), as_go[i].name);
		assert_bytes(buf_data(&o.data), as_go[i].data);
	}
	opened_deinit(&o);
}

TEST(what_only_go_would_take_is_refused)
{
	struct opened o;

	opened_init(&o);
	assert_int_equal(open_envelope(&o, BYTES_LITERAL("null")), -EBADMSG);
	assert_int_equal(open_envelope(&o, BYTES_LITERAL("{\"data\":[65]}")), -EBADMSG);
	opened_deinit(&o);
}

TEST(a_long_name_is_cut_and_data_without_room_are_an_error)
{
	struct opened o;

	buf_init(&o.name, 3);
	buf_init(&o.data, 3);
	assert_int_equal(open_envelope(&o, BYTES_LITERAL("{\"name\":\"abcd\",\"data\":\"QQ==\"}")),
			 0);
	assert_bytes(buf_data(&o.name), "abc");
	assert_bytes(buf_data(&o.data), "A");
	assert_int_equal(open_envelope(&o, BYTES_LITERAL("{\"data\":\"QUFBQQ==\"}")), -ENOBUFS);
	assert_int_equal(open_envelope(&o, BYTES_LITERAL("{\"data\":\"QUFBQ\\u0051==\"}")),
			 -ENOBUFS);
	opened_deinit(&o);
}

TEST(names_are_escaped_and_data_may_be_empty)
{
	struct buf out;

	buf_init(&out, 64);
	assert_int_equal(
		teranode_envelope_encode(BYTES_LITERAL("a<\xe2\x80\xa8\"\n"), BYTES(NULL, 0), &out),
		0);
	assert_bytes(buf_data(&out), "{\"name\":\"a\\u003c\\u2028\\\"\\n\",\"data\":\"\"}");
	buf_deinit(&out);
	buf_init(&out, 8);
	assert_int_equal(teranode_envelope_encode(BYTES_LITERAL("a"), BYTES(NULL, 0), &out),
			 -ENOBUFS);
	buf_deinit(&out);
}

TEST(a_topic_names_one_of_four_kinds_or_none)
{
	static const struct {
		const char *topic;
		enum teranode_kind kind;
	} topics[] = {
		{ "teranode/bitcoin/1.0.0/mainnet-block", TERANODE_BLOCK },
		{ "teranode/bitcoin/1.0.0/testnet-subtree", TERANODE_SUBTREE },
		{ "teranode/bitcoin/2.1/tera-testnet-rejected-tx", TERANODE_REJECTED_TX },
		{ "teranode/bitcoin/1.0.0/regtest-node_status", TERANODE_NODE_STATUS },
		{ "teranode/bitcoin/1.0.0/mainnet-blocks", TERANODE_OTHER },
		{ "teranode/bitcoin/1.0.0/mainnet-node-status", TERANODE_OTHER },
		{ "teranode/bitcoin/1.0.0/mainnet-rejected_tx", TERANODE_OTHER },
		{ "teranode/bitcoin/1.0.0/-block", TERANODE_OTHER },
		{ "teranode/bitcoin/1.0.0/block", TERANODE_OTHER },
		{ "teranode/bitcoin/1.0.0/", TERANODE_OTHER },
		{ "teranode/bitcoin/1.0.0", TERANODE_OTHER },
		{ "teranode/bitcoin//mainnet-block", TERANODE_OTHER },
		{ "teranode/bitcoin/1/2/mainnet-block", TERANODE_OTHER },
		{ "teranode/bitcoin/", TERANODE_OTHER },
		{ "teranode/bitcoinx/1/mainnet-block", TERANODE_OTHER },
		{ "bitcoin/mainnet-block", TERANODE_OTHER },
		{ "", TERANODE_OTHER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		assert_int_equal(teranode_kind_of(bytes_of_text(topics[i].topic)), topics[i].kind);
}

TEST(a_payload_gives_the_fields_of_its_kind)
{
	struct teranode_payload p;

	assert_int_equal(teranode_payload_decode(TERANODE_SUBTREE, BYTES_LITERAL(INNER), &p), 0);
	assert_bytes(p.values[TERANODE_PEER_ID], "\"" ID "\"");
	assert_bytes(p.values[TERANODE_CLIENT_NAME], "\"vec\"");
	assert_bytes(p.values[TERANODE_URL], "\"http://127.0.0.1:8090/api/v1\"");
	assert_int_equal(p.values[TERANODE_HEADER].n, 0);
	assert_null(p.wrong);
	assert_int_equal(
		teranode_payload_decode(
			TERANODE_NODE_STATUS,
			BYTES_LITERAL(
				"{\"peer_id\":\"x\",\"PeerID\":\"y\",\"base_url\":\"http://h\","
				"\"best_height\":5,\"uptime\":1.5,\"fee_policy\":{\"a\":[]}}"),
			&p),
		0);
	assert_bytes(p.values[TERANODE_PEER_ID], "\"x\"");
	assert_bytes(p.values[TERANODE_HEIGHT], "5");
	assert_bytes(p.values[TERANODE_URL], "\"http://h\"");
	assert_null(p.wrong);
}

TEST(of_several_members_the_last_counts_and_null_does_not)
{
	struct teranode_payload p;

	assert_int_equal(
		teranode_payload_decode(
			TERANODE_BLOCK,
			BYTES_LITERAL("{\"Hash\":\"a\",\"hash\":\"b\",\"HASH\":null,\"Height\":1}"),
			&p),
		0);
	assert_bytes(p.values[TERANODE_HASH], "\"b\"");
	assert_null(p.wrong);
}

TEST(a_field_of_another_type_is_named)
{
	struct teranode_payload p;

	assert_int_equal(teranode_payload_decode(TERANODE_BLOCK,
						 BYTES_LITERAL("{\"Hash\":1,\"Hash\":\"a\"}"), &p),
			 0);
	assert_string_equal(p.wrong, "Hash");
	assert_int_equal(teranode_payload_decode(TERANODE_BLOCK,
						 BYTES_LITERAL("{\"Height\":4294967296}"), &p),
			 0);
	assert_string_equal(p.wrong, "Height");
	assert_int_equal(
		teranode_payload_decode(TERANODE_BLOCK, BYTES_LITERAL("{\"Height\":\"1\"}"), &p),
		0);
	assert_string_equal(p.wrong, "Height");
}

TEST(what_is_no_object_is_no_payload)
{
	static const char *const bad[] = { "", "null", "[]", "\"a\"", "{\"PeerID\":", "5" };
	struct teranode_payload p;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(teranode_payload_decode(TERANODE_BLOCK, bytes_of_text(bad[i]), &p),
				 -EBADMSG);
	for (size_t n = 0; n < strlen(INNER); n++)
		assert_int_equal(teranode_payload_decode(TERANODE_BLOCK, BYTES(INNER, n), &p),
				 -EBADMSG);
}

TEST(keys_are_told_by_kind)
{
	assert_string_equal(teranode_key(TERANODE_BLOCK, TERANODE_URL), "DataHubURL");
	assert_string_equal(teranode_key(TERANODE_REJECTED_TX, TERANODE_HASH), "TxID");
	assert_string_equal(teranode_key(TERANODE_NODE_STATUS, TERANODE_PEER_ID), "peer_id");
	assert_null(teranode_key(TERANODE_SUBTREE, TERANODE_REASON));
	assert_null(teranode_key(TERANODE_OTHER, TERANODE_PEER_ID));
}

TEST(the_author_is_compared_as_text)
{
	struct teranode_payload p = { 0 };
	struct peer_id id;

	assert_int_equal(peer_id_parse(BYTES_LITERAL(ID), &id), 0);
	assert_false(teranode_author_is(&p, &id));
	p.values[TERANODE_PEER_ID] = BYTES_LITERAL("\"" ID "\"");
	assert_true(teranode_author_is(&p, &id));
	p.values[TERANODE_PEER_ID] = BYTES_LITERAL("\"" ID "x\"");
	assert_false(teranode_author_is(&p, &id));
	p.values[TERANODE_PEER_ID] =
		BYTES_LITERAL("\"" ID ID ID "\""); /* longer than any peer id */
	assert_false(teranode_author_is(&p, &id));
	p.values[TERANODE_PEER_ID] = BYTES_LITERAL("5");
	assert_false(teranode_author_is(&p, &id));
}

TESTS(RUN(the_golden_envelope_opens_and_is_written_the_same),
      RUN(every_truncation_of_an_envelope_is_bad), RUN(envelopes_are_read_as_go_reads_them),
      RUN(what_only_go_would_take_is_refused),
      RUN(a_long_name_is_cut_and_data_without_room_are_an_error),
      RUN(names_are_escaped_and_data_may_be_empty), RUN(a_topic_names_one_of_four_kinds_or_none),
      RUN(a_payload_gives_the_fields_of_its_kind),
      RUN(of_several_members_the_last_counts_and_null_does_not),
      RUN(a_field_of_another_type_is_named), RUN(what_is_no_object_is_no_payload),
      RUN(keys_are_told_by_kind), RUN(the_author_is_compared_as_text))
