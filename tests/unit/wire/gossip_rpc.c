#include "test.h"

#include "base/limits.h"
#include "wire/gossip_rpc.h"

/* Appendix A of the BSV notes: made with js gossipsub, accepted by go. */
#define VECTOR_ID "0024080112208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
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

static struct bytes append(struct buf *b, struct bytes more)
{
	assert_int_equal(buf_append(b, more.p, more.n), 0);
	return buf_data(b);
}

/* The message of the vector without and with its signature. */
static struct bytes vector_unsigned(struct buf *b)
{
	append(b, HEX("0a26" VECTOR_ID "12a802"));
	append(b, bytes_of_text(VECTOR_DATA));
	append(b, HEX("1a0801020304050607082226"));
	return append(b, bytes_of_text(VECTOR_TOPIC));
}

static struct bytes vector_message(struct buf *b)
{
	vector_unsigned(b);
	return append(b, HEX("2a40" VECTOR_SIGNATURE));
}

static struct bytes vector_rpc(struct buf *b)
{
	append(b, HEX("12c703"));
	return vector_message(b);
}

struct fixture {
	struct gossip_rpc rpc;
	struct buf in, out;
};

static void fixture_init(struct fixture *f)
{
	gossip_rpc_init(&f->rpc);
	buf_init(&f->in, 4 * MIB);
	buf_init(&f->out, 4 * MIB);
}

static void fixture_deinit(struct fixture *f)
{
	gossip_rpc_deinit(&f->rpc);
	buf_deinit(&f->in);
	buf_deinit(&f->out);
}

#define assert_same(a, b)                                                                          \
	do {                                                                                       \
		struct bytes _a = (a), _b = (b);                                                   \
		assert_int_equal(_a.n, _b.n);                                                      \
		assert_memory_equal(_a.p, _b.p, _a.n);                                             \
	} while (0)

TEST(the_published_message_is_read_and_written_byte_for_byte)
{
	struct fixture f;
	const struct gossip_message *m;

	fixture_init(&f);
	assert_int_equal(vector_rpc(&f.in).n, 458);
	assert_int_equal(gossip_rpc_decode(buf_data(&f.in), &f.rpc), 0);
	assert_int_equal(f.rpc.messages.n, 1);
	m = &f.rpc.messages.v[0];
	assert_same(m->from, HEX(VECTOR_ID));
	assert_bytes(m->data, VECTOR_DATA);
	assert_same(m->seqno, HEX("0102030405060708"));
	assert_bytes(m->topic, VECTOR_TOPIC);
	assert_same(m->signature, HEX(VECTOR_SIGNATURE));
	assert_true(m->has_signature && !m->has_key && m->canonical);
	assert_int_equal(gossip_rpc_encode(&f.rpc, &f.out), 0);
	assert_same(buf_data(&f.out), buf_data(&f.in));
	fixture_deinit(&f);
}

TEST(the_published_message_is_written_from_its_fields)
{
	struct fixture f;
	struct gossip_message m;

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(vector_rpc(&f.in), &f.rpc), 0);
	m = f.rpc.messages.v[0];
	m.canonical = false;
	m.raw = BYTES(NULL, 0);
	assert_int_equal(gossip_message_encode(&m, &f.out), 0);
	assert_same(buf_data(&f.out), BYTES(buf_data(&f.in).p + 3, 455));
	fixture_deinit(&f);
}

TEST(the_signature_covers_everything_but_signature_and_key)
{
	struct fixture f;
	struct buf expected;
	struct gossip_message m;

	fixture_init(&f);
	buf_init(&expected, 4096);
	append(&expected, bytes_of_text("libp2p-pubsub:"));
	vector_unsigned(&expected);
	assert_int_equal(gossip_rpc_decode(vector_rpc(&f.in), &f.rpc), 0);
	assert_int_equal(gossip_message_signed_bytes(&f.rpc.messages.v[0], &f.out), 0);
	assert_same(buf_data(&f.out), buf_data(&expected));

	/* From the fields, and with a key, it is the same. */
	m = f.rpc.messages.v[0];
	m.canonical = false;
	m.has_key = true;
	m.key = HEX("0801");
	buf_clear(&f.out);
	assert_int_equal(gossip_message_signed_bytes(&m, &f.out), 0);
	assert_same(buf_data(&f.out), buf_data(&expected));
	buf_deinit(&expected);
	fixture_deinit(&f);
}

TEST(a_frame_carries_its_length_and_the_message_as_it_came)
{
	struct fixture f;
	struct shared_bytes *frame;

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(vector_rpc(&f.in), &f.rpc), 0);
	assert_int_equal(gossip_frame_message(&f.rpc.messages.v[0], &frame), 0);
	append(&f.out, HEX("ca03"));
	append(&f.out, buf_data(&f.in));
	assert_same(shared_bytes_data(frame), buf_data(&f.out));
	shared_bytes_unref(frame);
	fixture_deinit(&f);
}

TEST(fields_out_of_order_or_unknown_or_twice_are_read_but_not_passed_on)
{
	/* data "b" before from "a"; unknown field 9; data twice, the last one counts; a length in
	 * two bytes where one is enough. */
	static const struct {
		const char *in, *from, *data;
	} cases[] = {
		{ "1206 120162 0a0161", "a", "b" },
		{ "1208 0a0161 120162 4800", "a", "b" },
		{ "1209 0a0161 120163 120162", "a", "b" },
		{ "1207 0a810061 120162", "a", "b" },
	};
	struct fixture f;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct shared_bytes *frame;

		fixture_init(&f);
		assert_int_equal(gossip_rpc_decode(HEX(cases[i].in), &f.rpc), 0);
		assert_false(f.rpc.messages.v[0].canonical);
		assert_bytes(f.rpc.messages.v[0].from, cases[i].from);
		assert_bytes(f.rpc.messages.v[0].data, cases[i].data);
		assert_int_equal(gossip_frame_message(&f.rpc.messages.v[0], &frame), 0);
		assert_same(shared_bytes_data(frame), HEX("08 1206 0a0161 120162"));
		shared_bytes_unref(frame);
		fixture_deinit(&f);
	}
}

TEST(an_empty_field_is_not_a_missing_one)
{
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(HEX("1202 1200"), &f.rpc), 0);
	assert_true(f.rpc.messages.v[0].has_data && !f.rpc.messages.v[0].has_from);
	assert_true(f.rpc.messages.v[0].canonical);
	assert_int_equal(gossip_message_signed_bytes(&f.rpc.messages.v[0], &f.out), 0);
	assert_int_equal(buf_len(&f.out), strlen("libp2p-pubsub:") + 2);
	fixture_deinit(&f);
}

/* Every kind of field once: subscriptions, a message, all control. */
#define EVERYTHING                                                                                 \
	"0a07 0801 1203 746f70"     /* subscribe "top" */                                          \
	"0a07 0800 1203 6f6c64"     /* unsubscribe "old" */                                        \
	"1209 0a0161 1a0162 220174" /* message */                                                  \
	"1a47"                                                                                     \
	"0a0c 0a03746f70 12026131 120131" /* ihave top: a1, 1 */                                   \
	"1204 0a026131"                   /* iwant a1 */                                           \
	"1a05 0a03746f70"                 /* graft top */                                          \
	"2205 0a03746f70"                 /* prune top, no backoff */                              \
	"221a 0a03746f70 120a 0a03706964 1203726563 1205 0a0170 1200 183c" /* prune with px, 60 */ \
	"2a07 0a026131 0a0161"                                             /* idontwant a1, a */

TEST(every_kind_of_control_is_read)
{
	struct fixture f;
	struct gossip_rpc *rpc = &f.rpc;

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(HEX(EVERYTHING), rpc), 0);
	assert_int_equal(rpc->subscriptions.n, 2);
	assert_true(rpc->subscriptions.v[0].subscribe);
	assert_bytes(rpc->subscriptions.v[0].topic, "top");
	assert_false(rpc->subscriptions.v[1].subscribe);
	assert_bytes(rpc->messages.v[0].topic, "t");
	assert_bytes(rpc->ihave.v[0].topic, "top");
	assert_int_equal(rpc->ihave.v[0].n, 2);
	assert_bytes(rpc->ids.v[rpc->ihave.v[0].first + 1], "1");
	assert_bytes(rpc->ids.v[rpc->iwant.v[0].first], "a1");
	assert_bytes(rpc->graft.v[0], "top");
	assert_int_equal(rpc->prune.n, 2);
	assert_false(rpc->prune.v[0].has_backoff);
	assert_int_equal(rpc->prune.v[1].backoff_s, 60);
	assert_int_equal(rpc->prune.v[1].n_peers, 2);
	assert_bytes(rpc->px.v[rpc->prune.v[1].first_peer].signed_record, "rec");
	assert_int_equal(rpc->idontwant.v[0].n, 2);
	assert_bytes(rpc->ids.v[rpc->idontwant.v[0].first + 1], "a");
	fixture_deinit(&f);
}

TEST(what_was_read_is_written_the_same)
{
	struct fixture f;
	struct bytes in = HEX(EVERYTHING);

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(in, &f.rpc), 0);
	assert_int_equal(gossip_rpc_encode(&f.rpc, &f.out), 0);
	assert_same(buf_data(&f.out), in);
	fixture_deinit(&f);
}

TEST(entries_without_ids_or_peers_are_written_when_there_are_none_at_all)
{
	struct fixture f;
	struct bytes in = HEX("1a10 0a030a0174 1200 2205 0a03746f70 2a00");

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(in, &f.rpc), 0);
	assert_int_equal(gossip_rpc_encode(&f.rpc, &f.out), 0);
	assert_same(buf_data(&f.out), in);
	fixture_deinit(&f);
}

TEST(control_in_two_pieces_is_their_sum)
{
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(HEX("1a05 1a030a0161 1a05 1a030a0162"), &f.rpc), 0);
	assert_int_equal(f.rpc.graft.n, 2);
	assert_bytes(f.rpc.graft.v[1], "b");
	fixture_deinit(&f);
}

TEST(extensions_and_partial_messages_are_skipped)
{
	struct fixture f;

	fixture_init(&f);
	/* control.extensions (6) with a test extension, subscription fields 3 and 4, rpc.partial.
	 */
	assert_int_equal(gossip_rpc_decode(HEX("0a08 0801 120174 1801 2001"), &f.rpc), -EBADMSG);
	assert_int_equal(gossip_rpc_decode(HEX("0a09 0801 120174 1801 2001"), &f.rpc), 0);
	assert_int_equal(f.rpc.subscriptions.n, 1);
	assert_int_equal(gossip_rpc_decode(HEX("1a04 32025001 5203 0a0161"), &f.rpc), 0);
	assert_int_equal(f.rpc.subscriptions.n + f.rpc.messages.n + f.rpc.graft.n, 0);
	fixture_deinit(&f);
}

/* Is `n` a place where the RPC may end? */
static bool is_boundary(struct bytes in, size_t n)
{
	size_t at = 0;

	while (at < n)
		at += 2 + (size_t)in.p[at + 1];
	return at == n;
}

TEST(every_truncation_is_bad_and_leaves_nothing)
{
	struct fixture f;
	struct bytes in = HEX(EVERYTHING);

	fixture_init(&f);
	for (size_t n = 0; n < in.n; n++) {
		uint8_t *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, in.p, n);
		assert_int_equal(gossip_rpc_decode(BYTES(copy, n), &f.rpc),
				 is_boundary(in, n) ? 0 : -EBADMSG);
		if (!is_boundary(in, n))
			assert_int_equal(f.rpc.subscriptions.n + f.rpc.messages.n + f.rpc.ids.n, 0);
		free(copy);
	}
	fixture_deinit(&f);
}

TEST(a_field_cut_inside_its_parent_is_bad)
{
	static const char *const cases[] = {
		"0a03 120261",            /* subscription's topic */
		"1203 120261",            /* message's data */
		"1a05 0a03 120261",       /* ihave's id */
		"1a05 1203 0a0261",       /* iwant's id */
		"1a05 1a03 0a0261",       /* graft's topic */
		"1a05 2203 0a0261",       /* prune's topic */
		"1a07 2205 1203 0a0261",  /* px's peer id */
		"1a05 2a03 0a0261",       /* idontwant's id */
		"1a02 0a05",              /* control's entry */
		"12ffffffffffffffffff7f", /* a length beyond everything */
		"0b0c",                   /* a group */
	};
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(gossip_rpc_decode(HEX(cases[i]), &f.rpc), -EBADMSG);
	fixture_deinit(&f);
}

/* `n` times `one`, inside control when `control`. */
static int decode_repeated(struct fixture *f, const char *one, size_t n, bool control)
{
	struct buf inner;
	struct wr w = wr_to(&f->in);
	int r;

	buf_init(&inner, 4 * MIB);
	for (size_t i = 0; i < n; i++)
		append(&inner, HEX(one));
	buf_clear(&f->in);
	if (control) {
		wr_u8(&w, 0x1a);
		wr_varint(&w, buf_len(&inner));
	}
	wr_bytes(&w, buf_data(&inner));
	assert_int_equal(wr_finish(&w), 0);
	buf_deinit(&inner);
	r = gossip_rpc_decode(buf_data(&f->in), &f->rpc);
	return r;
}

TEST(one_more_than_the_limit_is_malformed)
{
	static const struct {
		const char *one;
		size_t max;
		bool control;
	} cases[] = {
		{ "0a00", LIMIT_GOSSIP_SUBSCRIPTIONS_PER_RPC, false },
		{ "1200", LIMIT_GOSSIP_MESSAGES_PER_RPC, false },
		{ "0a00", LIMIT_GOSSIP_CONTROL_PER_RPC, true },
		{ "1200", LIMIT_GOSSIP_CONTROL_PER_RPC, true },
		{ "1a00", LIMIT_GOSSIP_CONTROL_PER_RPC, true },
		{ "2200", LIMIT_GOSSIP_CONTROL_PER_RPC, true },
		{ "2a00", LIMIT_GOSSIP_CONTROL_PER_RPC, true },
		/* 32 ids, 32 peers */
		{ "0a40 "
		  "12001200120012001200120012001200 12001200120012001200120012001200"
		  "12001200120012001200120012001200 12001200120012001200120012001200",
		  LIMIT_GOSSIP_IDS_PER_RPC / 32, true },
		{ "2240 "
		  "12001200120012001200120012001200 12001200120012001200120012001200"
		  "12001200120012001200120012001200 12001200120012001200120012001200",
		  LIMIT_GOSSIP_PX_PER_RPC / 32, true },
	};
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(decode_repeated(&f, cases[i].one, cases[i].max, cases[i].control),
				 0);
		assert_int_equal(
			decode_repeated(&f, cases[i].one, cases[i].max + 1, cases[i].control),
			-EBADMSG);
	}
	fixture_deinit(&f);
}

TEST(too_little_room_is_told)
{
	struct fixture f;
	struct buf small;

	fixture_init(&f);
	assert_int_equal(gossip_rpc_decode(HEX(EVERYTHING), &f.rpc), 0);
	for (size_t max = 0; max < HEX(EVERYTHING).n; max++) {
		buf_init(&small, max);
		assert_int_equal(gossip_rpc_encode(&f.rpc, &small), -ENOBUFS);
		buf_deinit(&small);
	}
	fixture_deinit(&f);
}

TEST(control_and_subscriptions_are_framed)
{
	struct fixture f;
	struct wr w = wr_to(&f.out);
	struct gossip_subscription s = { .subscribe = true, .topic = bytes_of_text("t") };
	struct shared_bytes *frame;

	fixture_init(&f);
	gossip_write_subscription(&w, &s);
	assert_int_equal(gossip_frame_subscriptions(buf_data(&f.out), &frame), 0);
	assert_same(shared_bytes_data(frame), HEX("07 0a05 0801 120174"));
	shared_bytes_unref(frame);

	buf_clear(&f.out);
	gossip_write_graft(&w, bytes_of_text("t"));
	gossip_write_prune(&w,
			   &(struct gossip_prune){ .topic = bytes_of_text("u"),
						   .has_backoff = true,
						   .backoff_s = 60 },
			   NULL);
	assert_int_equal(gossip_frame_control(buf_data(&f.out), &frame), 0);
	assert_same(shared_bytes_data(frame), HEX("0e 1a0c 1a030a0174 22050a0175183c"));
	shared_bytes_unref(frame);
	fixture_deinit(&f);
}

TESTS(RUN(the_published_message_is_read_and_written_byte_for_byte),
      RUN(the_published_message_is_written_from_its_fields),
      RUN(the_signature_covers_everything_but_signature_and_key),
      RUN(a_frame_carries_its_length_and_the_message_as_it_came),
      RUN(fields_out_of_order_or_unknown_or_twice_are_read_but_not_passed_on),
      RUN(an_empty_field_is_not_a_missing_one), RUN(every_kind_of_control_is_read),
      RUN(what_was_read_is_written_the_same),
      RUN(entries_without_ids_or_peers_are_written_when_there_are_none_at_all),
      RUN(control_in_two_pieces_is_their_sum), RUN(extensions_and_partial_messages_are_skipped),
      RUN(every_truncation_is_bad_and_leaves_nothing), RUN(a_field_cut_inside_its_parent_is_bad),
      RUN(one_more_than_the_limit_is_malformed), RUN(too_little_room_is_told),
      RUN(control_and_subscriptions_are_framed))
