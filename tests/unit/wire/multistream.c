#include "wire/multistream.h"

#include "base/limits.h"
#include "test.h"

static struct bytes line;
static size_t consumed;

static int decode(struct bytes in)
{
	return multistream_decode(in, &line, &consumed);
}

TEST(the_header_is_a_line_of_19_bytes)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(multistream_encode(BYTES_LITERAL(MULTISTREAM_ID), &b), 0);
	assert_true(bytes_equal(buf_data(&b), HEX("13 2f6d756c746973747265616d2f312e302e30 0a")));
	assert_int_equal(decode(buf_data(&b)), 0);
	assert_bytes(line, MULTISTREAM_ID);
	assert_int_equal(consumed, 20);
	buf_deinit(&b);
}

TEST(na_is_four_bytes)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(multistream_encode(BYTES_LITERAL(MULTISTREAM_NA), &b), 0);
	assert_true(bytes_equal(buf_data(&b), HEX("03 6e61 0a")));
	buf_deinit(&b);
}

/* A lazy dialer's flight: header, proposal and the application's first bytes. */
TEST(lines_come_one_by_one_out_of_one_flight)
{
	struct bytes in = HEX("13 2f6d756c746973747265616d2f312e302e30 0a 03 6e61 0a 03 6e6162");

	assert_int_equal(decode(in), 0);
	assert_bytes(line, MULTISTREAM_ID);
	in = BYTES(in.p + consumed, in.n - consumed);
	assert_int_equal(decode(in), 0);
	assert_bytes(line, "na");
	in = BYTES(in.p + consumed, in.n - consumed);
	assert_int_equal(in.n, 4);
	assert_int_equal(decode(in), MULTISTREAM_E_BAD);
}

TEST(every_truncation_waits_for_more_and_leaves_ret_alone)
{
	struct bytes whole = HEX("13 2f6d756c746973747265616d2f312e302e30 0a");

	line = BYTES_LITERAL("mine");
	consumed = 77;
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(decode(BYTES(whole.p, n)), MULTISTREAM_E_MORE);
	assert_bytes(line, "mine");
	assert_int_equal(consumed, 77);
}

TEST(the_longest_line_is_read_and_written)
{
	static uint8_t text[LIMIT_MSS_LINE];
	struct buf b;

	memset(text, 'x', sizeof(text));
	buf_init(&b, 2000);
	assert_int_equal(multistream_encode(BYTES(text, LIMIT_MSS_LINE - 1), &b), 0);
	for (size_t n = 0; n < buf_len(&b); n++)
		assert_int_equal(decode(BYTES(buf_data(&b).p, n)), MULTISTREAM_E_MORE);
	assert_int_equal(decode(buf_data(&b)), 0);
	assert_int_equal(line.n, LIMIT_MSS_LINE - 1);
	assert_int_equal(consumed, LIMIT_MSS_LINE + 2);
	buf_clear(&b);
	assert_int_equal(multistream_encode(BYTES(text, LIMIT_MSS_LINE), &b), -EMSGSIZE);
	assert_int_equal(buf_len(&b), 0);
	buf_deinit(&b);
}

/* F-01: by the length alone, nothing is waited for. */
TEST(an_impossible_length_is_bad_as_soon_as_it_is_read)
{
	static const char *const bad[] = {
		"00",                                           /* not even a newline */
		"8108",                                         /* 1025 */
		"ff7f",                                         /* 16383 */
		"ffff",                                         /* more than two bytes of length */
		"8080",                                         /* likewise */
		"ffffffff0f",                                   /* 2^32 - 1 */
		"8000",                                         /* zero in two bytes */
		"9300 2f6d756c746973747265616d2f312e302e30 0a", /* 19 in two bytes */
		"01 00",                                        /* no newline */
		"03 6e6161",                                    /* likewise */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (decode(HEX(bad[i])) != MULTISTREAM_E_BAD)
			fail_msg("%s", bad[i]);
}

TEST(a_line_may_be_empty_and_hold_anything)
{
	assert_int_equal(decode(HEX("01 0a")), 0);
	assert_int_equal(line.n, 0);
	assert_int_equal(decode(HEX("04 0a000a 0a")), 0);
	assert_int_equal(line.n, 3);
}

TEST(a_bad_writer_stays_as_bad_as_it_was)
{
	static const uint8_t text[LIMIT_MSS_LINE];
	struct buf b;
	struct wr w;

	buf_init(&b, 1);
	w = wr_to(&b);
	multistream_write(&w, BYTES_LITERAL("na"));
	assert_int_equal(wr_finish(&w), -ENOBUFS);
	multistream_write(&w, BYTES(text, sizeof(text)));
	assert_int_equal(wr_finish(&w), -ENOBUFS);
	buf_deinit(&b);
}

TESTS(RUN(the_header_is_a_line_of_19_bytes), RUN(na_is_four_bytes),
      RUN(lines_come_one_by_one_out_of_one_flight),
      RUN(every_truncation_waits_for_more_and_leaves_ret_alone),
      RUN(the_longest_line_is_read_and_written),
      RUN(an_impossible_length_is_bad_as_soon_as_it_is_read),
      RUN(a_line_may_be_empty_and_hold_anything), RUN(a_bad_writer_stays_as_bad_as_it_was))
