#include "wire/identify.h"

#include "test.h"

/* Every field, the unknown ones 7 and 9 among them. */
#define WHOLE                                                                                      \
	"0a 02 706b  12 02 6131  12 02 6132  1a 03 2f782f  22 02 6f62  2a 02 7076  32 02 6167"     \
	"38 01  42 02 7372  4a 01 00"

TEST(every_field_is_read_and_unknown_ones_are_skipped)
{
	struct identify m = { 0 };

	assert_int_equal(identify_decode(HEX(WHOLE), &m), 0);
	assert_true(m.has_public_key && m.has_observed && m.has_protocol_version && m.has_agent &&
		    m.has_record);
	assert_bytes(m.public_key, "pk");
	assert_int_equal(m.n_listen, 2);
	assert_bytes(m.listen[0], "a1");
	assert_bytes(m.listen[1], "a2");
	assert_int_equal(m.n_protocols, 1);
	assert_bytes(m.protocols[0], "/x/");
	assert_bytes(m.observed, "ob");
	assert_bytes(m.protocol_version, "pv");
	assert_bytes(m.agent, "ag");
	assert_bytes(m.record, "sr");
}

TEST(a_missing_field_is_not_an_empty_one)
{
	struct identify m = { 0 };

	assert_int_equal(identify_decode(HEX("32 00"), &m), 0);
	assert_true(m.has_agent);
	assert_int_equal(m.agent.n, 0);
	assert_false(m.has_public_key || m.has_observed || m.has_protocol_version || m.has_record);
}

TEST(a_split_message_adds_up)
{
	struct identify m = { 0 };

	assert_int_equal(identify_decode(HEX("12 02 6131  1a 01 61  32 02 6161"), &m), 0);
	assert_int_equal(identify_decode(HEX("12 02 6132  1a 01 62  32 02 6262"), &m), 0);
	assert_int_equal(m.n_listen, 2);
	assert_int_equal(m.n_protocols, 2);
	assert_bytes(m.listen[1], "a2");
	assert_bytes(m.protocols[1], "b");
	assert_bytes(m.agent, "bb");
}

TEST(every_truncation_leaves_what_was_there_alone)
{
	struct bytes whole = HEX(WHOLE);
	struct identify m = { 0 }, before;

	assert_int_equal(identify_decode(HEX("32 02 6161"), &m), 0);
	before = m;
	for (size_t n = 0; n < whole.n; n++) {
		int r = identify_decode(BYTES(whole.p, n), &m);

		if (r < 0) {
			assert_int_equal(r, -EBADMSG);
			assert_memory_equal(&m, &before, sizeof(m));
		}
		m = before;
	}
}

TEST(lists_have_an_end)
{
	static uint8_t in[3 * (LIMIT_IDENTIFY_PROTOCOLS + 9)];
	struct identify m = { 0 };

	for (size_t i = 0; i + 3 <= sizeof(in); i += 3)
		memcpy(in + i, "\x1a\x01p", 3);
	assert_int_equal(identify_decode(BYTES(in, sizeof(in)), &m), 0);
	assert_int_equal(m.n_protocols, LIMIT_IDENTIFY_PROTOCOLS);
	for (size_t i = 0; i + 3 <= sizeof(in); i += 3)
		memcpy(in + i, "\x12\x01q", 3);
	assert_int_equal(identify_decode(BYTES(in, sizeof(in)), &m), 0);
	assert_int_equal(m.n_listen, LIMIT_IDENTIFY_ADDRESSES);
}

TEST(long_texts_are_cut_and_long_protocols_ignored)
{
	static uint8_t in[3 + 400] = { 0x32, 0x90, 0x03 };
	struct identify m = { 0 };

	assert_int_equal(identify_decode(BYTES(in, sizeof(in)), &m), 0);
	assert_int_equal(m.agent.n, LIMIT_AGENT_TEXT);
	in[0] = 0x2a;
	assert_int_equal(identify_decode(BYTES(in, sizeof(in)), &m), 0);
	assert_int_equal(m.protocol_version.n, LIMIT_AGENT_TEXT);
	in[0] = 0x1a;
	assert_int_equal(identify_decode(BYTES(in, sizeof(in)), &m), 0);
	assert_int_equal(m.n_protocols, 0);
	in[1] = 0x80;
	in[2] = 0x02;
	assert_int_equal(identify_decode(BYTES(in, 3 + LIMIT_PROTOCOL_NAME), &m), 0);
	assert_int_equal(m.n_protocols, 1);
}

TEST(a_message_has_a_greatest_size)
{
	static uint8_t in[LIMIT_IDENTIFY_IN + 1] = { 0x42 };
	size_t n = LIMIT_IDENTIFY_IN - 3;
	struct identify m = { 0 };

	in[1] = (uint8_t)(n & 0x7f) | 0x80;
	in[2] = (uint8_t)(n >> 7);
	assert_int_equal(identify_decode(BYTES(in, LIMIT_IDENTIFY_IN), &m), 0);
	assert_int_equal(identify_decode(BYTES(in, LIMIT_IDENTIFY_IN + 1), &m), -EBADMSG);
}

TEST(a_message_is_written_in_the_order_of_its_fields)
{
	struct identify m = { 0 }, again = { 0 };
	struct buf b;

	buf_init(&b, LIMIT_IDENTIFY_OUT);
	assert_int_equal(identify_decode(HEX(WHOLE), &m), 0);
	assert_int_equal(identify_encode(&m, &b), 0);
	assert_true(
		bytes_equal(buf_data(&b), HEX("0a 02 706b  12 02 6131  12 02 6132  1a 03 2f782f"
					      "22 02 6f62  2a 02 7076  32 02 6167  42 02 7372")));
	assert_int_equal(identify_decode(buf_data(&b), &again), 0);
	assert_int_equal(again.n_listen, 2);
	buf_clear(&b);
	assert_int_equal(identify_encode(&(struct identify){ 0 }, &b), 0);
	assert_int_equal(buf_len(&b), 0);
	buf_deinit(&b);
}

TEST(a_message_that_does_not_fit_is_our_trouble)
{
	struct identify m = { 0 };
	struct buf b;

	buf_init(&b, 10);
	assert_int_equal(identify_decode(HEX(WHOLE), &m), 0);
	assert_int_equal(identify_encode(&m, &b), -ENOBUFS);
	buf_deinit(&b);
}

TESTS(RUN(every_field_is_read_and_unknown_ones_are_skipped),
      RUN(a_missing_field_is_not_an_empty_one), RUN(a_split_message_adds_up),
      RUN(every_truncation_leaves_what_was_there_alone), RUN(lists_have_an_end),
      RUN(long_texts_are_cut_and_long_protocols_ignored), RUN(a_message_has_a_greatest_size),
      RUN(a_message_is_written_in_the_order_of_its_fields),
      RUN(a_message_that_does_not_fit_is_our_trouble))
