#include "wire/protobuf.h"

#include "test.h"

TEST(fields_of_every_type_are_read)
{
	struct rd r = rd_of(HEX("08 9601  12 07 74657374696e67  19 0100000000000080  25 04030201"));
	struct protobuf_field f;

	assert_true(protobuf_next(&r, &f));
	assert_int_equal(f.key, PROTOBUF_KEY(1, PROTOBUF_VARINT));
	assert_int_equal(f.value, 150);
	assert_true(protobuf_next(&r, &f));
	assert_int_equal(f.key, PROTOBUF_KEY(2, PROTOBUF_BYTES));
	assert_bytes(f.bytes, "testing");
	assert_int_equal(f.value, 0);
	assert_true(protobuf_next(&r, &f));
	assert_int_equal(f.key, PROTOBUF_KEY(3, PROTOBUF_FIXED64));
	assert_true(f.value == UINT64_C(0x8000000000000001));
	assert_true(protobuf_next(&r, &f));
	assert_int_equal(f.key, PROTOBUF_KEY(4, PROTOBUF_FIXED32));
	assert_true(f.value == 0x01020304);
	assert_int_equal(f.bytes.n, 0);
	assert_false(protobuf_next(&r, &f));
	assert_int_equal(rd_finish(&r), 0);
}

TEST(nothing_is_an_empty_message)
{
	struct rd r = rd_of(BYTES(NULL, 0));
	struct protobuf_field f;

	assert_false(protobuf_next(&r, &f));
	assert_int_equal(rd_finish(&r), 0);
}

TEST(every_truncation_inside_a_field_is_bad_and_leaves_ret_alone)
{
	struct bytes whole = HEX("12 07 74657374696e67");

	for (size_t n = 1; n < whole.n; n++) {
		struct rd r = rd_of(BYTES(whole.p, n));
		struct protobuf_field f = { .key = 99 };

		assert_false(protobuf_next(&r, &f));
		assert_int_equal(f.key, 99);
		assert_int_equal(rd_finish(&r), -EBADMSG);
	}
}

TEST(what_is_no_field_is_bad)
{
	static const char *const bad[] = {
		"00 00",                      /* number 0 */
		"07 00",                      /* likewise, and type 7 */
		"0b 0c",                      /* a group */
		"0c",                         /* its end */
		"0e 00",                      /* type 6 */
		"0f 00",                      /* type 7 */
		"808080801000",               /* a number beyond 29 bits */
		"08",                         /* no value */
		"08 ffffffffffffffffff02",    /* beyond 64 bits */
		"09 01020304050607",          /* half a number */
		"0d 010203",                  /* likewise */
		"0a ffffffffffffffffff01 00", /* longer than anything */
		"ffffffffffffffffffff01",     /* no key */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct rd r = rd_of(HEX(bad[i]));
		struct protobuf_field f;

		if (protobuf_next(&r, &f) || rd_finish(&r) != -EBADMSG)
			fail_msg("%s", bad[i]);
	}
}

TEST(the_largest_number_is_read)
{
	struct rd r = rd_of(HEX("f8ffffff0f 01"));
	struct protobuf_field f;

	assert_true(protobuf_next(&r, &f));
	assert_int_equal(protobuf_number(&f), PROTOBUF_NUMBER_MAX);
}

TEST(fields_are_written_in_their_shortest_form)
{
	struct buf b;
	struct wr w;

	buf_init(&b, 100);
	w = wr_to(&b);
	protobuf_write_varint(&w, 1, 150);
	protobuf_write_bytes(&w, 2, BYTES_LITERAL("testing"));
	protobuf_write_bool(&w, 3, true);
	protobuf_write_bool(&w, 4, false);
	protobuf_write_text(&w, 1024, "x");
	protobuf_write_head(&w, 5, 2);
	protobuf_write_varint(&w, 1, 0);
	assert_int_equal(wr_finish(&w), 0);
	assert_true(bytes_equal(
		buf_data(&b),
		HEX("08 9601  12 07 74657374696e67  18 01  20 00  8240 01 78  2a 02 08 00")));
	buf_deinit(&b);
}

TEST(sizes_are_foretold)
{
	static const uint32_t numbers[] = { 1, 15, 16, 2047, 2048, PROTOBUF_NUMBER_MAX };
	static const size_t sizes[] = { 0, 1, 127, 128, 300 };
	static const uint8_t data[300];

	for (size_t i = 0; i < ARRAY_SIZE(numbers) * ARRAY_SIZE(sizes); i++) {
		uint32_t number = numbers[i / ARRAY_SIZE(sizes)];
		size_t n = sizes[i % ARRAY_SIZE(sizes)];
		struct buf b;
		struct wr w;

		buf_init(&b, 1000);
		w = wr_to(&b);
		protobuf_write_bytes(&w, number, BYTES(data, n));
		assert_int_equal(buf_len(&b), protobuf_bytes_size(number, n));
		buf_clear(&b);
		protobuf_write_varint(&w, number, n);
		assert_int_equal(buf_len(&b), protobuf_varint_size(number, n));
		assert_int_equal(wr_finish(&w), 0);
		buf_deinit(&b);
	}
}

TESTS(RUN(fields_of_every_type_are_read), RUN(nothing_is_an_empty_message),
      RUN(every_truncation_inside_a_field_is_bad_and_leaves_ret_alone),
      RUN(what_is_no_field_is_bad), RUN(the_largest_number_is_read),
      RUN(fields_are_written_in_their_shortest_form), RUN(sizes_are_foretold))
