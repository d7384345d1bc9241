#include "wire/rd.h"

#include "test.h"

static struct rd reader(const char *hex)
{
	return rd_of(HEX(hex));
}

TEST(fields_are_read_in_a_straight_line)
{
	struct rd r = reader("01 0203 04050607 08090a0b0c0d0e0f 0100000000000080 616263");

	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_be16(&r), 0x0203);
	assert_int_equal(rd_be32(&r), 0x04050607);
	assert_true(rd_be64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_true(rd_le64(&r) == UINT64_C(0x8000000000000001));
	assert_bytes(rd_bytes(&r, 2), "ab");
	assert_bytes(rd_rest(&r), "c");
	assert_int_equal(rd_finish(&r), 0);
}

TEST(what_is_left_over_is_an_error_at_the_end)
{
	struct rd r = reader("0102");

	rd_u8(&r);
	assert_int_equal(rd_finish(&r), -EBADMSG);
	assert_false(rd_is_bad(&r));
}

TEST(the_first_read_past_the_end_is_the_last)
{
	struct rd r = reader("0102");

	assert_int_equal(rd_be32(&r), 0);
	assert_true(rd_is_bad(&r));
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_rest(&r).n, 0);
	assert_int_equal(rd_finish(&r), -EBADMSG);
}

TEST(nothing_can_be_read_from_nothing)
{
	struct rd r = rd_of(BYTES(NULL, 0));

	assert_int_equal(rd_bytes(&r, 0).n, 0);
	assert_int_equal(rd_rest(&r).n, 0);
	assert_int_equal(rd_finish(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_finish(&r), -EBADMSG);
}

TEST(a_reader_may_call_what_it_read_bad)
{
	struct rd r = reader("0102");

	rd_fail(&r);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_finish(&r), -EBADMSG);
}

TEST(varints_are_of_64_bits)
{
	static const struct {
		const char *hex;
		uint64_t value;
	} good[] = {
		{ "00", 0 },
		{ "7f", 127 },
		{ "8001", 128 },
		{ "ac02", 300 },
		{ "ffffffff0f", UINT32_MAX },
		{ "ffffffffffffffff7f", UINT64_MAX >> 1 },
		{ "ffffffffffffffffff01", UINT64_MAX },
		{ "8000", 0 }, /* longer than it need be: for others to judge */
	};
	static const char *const bad[] = {
		"", "80", "ffffffffffffffffff02", "ffffffffffffffffff8100", "80808080808080808080",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct rd r = reader(good[i].hex);

		assert_true(rd_varint(&r) == good[i].value);
		assert_int_equal(rd_finish(&r), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct rd r = reader(bad[i]);

		assert_int_equal(rd_varint(&r), 0);
		assert_true(rd_is_bad(&r));
	}
}

TEST(a_length_is_judged_before_what_it_announces)
{
	struct rd r = reader("03 616263 03 616263");

	assert_bytes(rd_varint_bytes(&r, 3), "abc");
	assert_int_equal(rd_varint_bytes(&r, 2).n, 0);
	assert_true(rd_is_bad(&r));
	r = reader("ffffffffffffffffff01");
	assert_int_equal(rd_varint_bytes(&r, SIZE_MAX).n, 0);
	assert_true(rd_is_bad(&r));
}

TESTS(RUN(fields_are_read_in_a_straight_line), RUN(what_is_left_over_is_an_error_at_the_end),
      RUN(the_first_read_past_the_end_is_the_last), RUN(nothing_can_be_read_from_nothing),
      RUN(a_reader_may_call_what_it_read_bad), RUN(varints_are_of_64_bits),
      RUN(a_length_is_judged_before_what_it_announces))
