#include "wire/wr.h"

#include "test.h"
#include "wire/rd.h"

TEST(fields_are_written_as_they_are_read)
{
	struct buf b;
	struct wr w;

	buf_init(&b, 100);
	w = wr_to(&b);
	wr_u8(&w, 1);
	wr_be16(&w, 0x0203);
	wr_be32(&w, 0x04050607);
	wr_be64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	wr_varint_bytes(&w, BYTES_LITERAL("abc"));
	wr_text(&w, "d");
	assert_int_equal(wr_finish(&w), 0);
	assert_true(
		bytes_equal(buf_data(&b), HEX("01 0203 04050607 08090a0b0c0d0e0f 03 616263 64")));
	buf_deinit(&b);
}

TEST(the_first_failure_ends_the_writing)
{
	struct buf b;
	struct wr w;

	buf_init(&b, 3);
	w = wr_to(&b);
	wr_be16(&w, 1);
	wr_be16(&w, 2);
	wr_u8(&w, 3);
	assert_int_equal(wr_finish(&w), -ENOBUFS);
	/* What was written before stays. */
	assert_true(bytes_equal(buf_data(&b), HEX("0001")));
	buf_deinit(&b);
}

TEST(varints_come_back_in_the_size_foretold)
{
	static const uint64_t values[] = {
		0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX >> 1, UINT64_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct buf b;
		struct wr w;
		struct rd r;

		buf_init(&b, 10);
		w = wr_to(&b);
		wr_varint(&w, values[i]);
		assert_int_equal(wr_finish(&w), 0);
		assert_int_equal(buf_len(&b), varint_size(values[i]));
		r = rd_of(buf_data(&b));
		assert_true(rd_varint(&r) == values[i]);
		assert_int_equal(rd_finish(&r), 0);
		buf_deinit(&b);
	}
}

TESTS(RUN(fields_are_written_as_they_are_read), RUN(the_first_failure_ends_the_writing),
      RUN(varints_come_back_in_the_size_foretold))
