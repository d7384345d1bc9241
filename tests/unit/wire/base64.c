/* Proves that base64 is written as RFC 4648 has it and read as Go reads it. */

#include "test.h"

#include "wire/base64.h"

static const struct {
	const char *plain, *text;
} golden[] = {
	/* RFC 4648, section 10 */
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static int decode(const char *text, struct buf *out)
{
	buf_clear(out);
	return base64_decode(bytes_of_text(text), out);
}

TEST(golden_texts_are_written_and_read)
{
	struct buf out;

	buf_init(&out, 64);
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct wr w = wr_to(&out);

		buf_clear(&out);
		base64_write(&w, bytes_of_text(golden[i].plain));
		assert_int_equal(wr_finish(&w), 0);
		assert_bytes(buf_data(&out), golden[i].text);
		assert_int_equal(decode(golden[i].text, &out), 0);
		assert_bytes(buf_data(&out), golden[i].plain);
	}
	buf_deinit(&out);
}

TEST(every_truncation_inside_a_group_is_bad_and_appends_nothing)
{
	static const char text[] = "Zm9vYmE=";
	struct buf out;

	buf_init(&out, 64);
	for (size_t n = 0; n < strlen(text); n++) {
		int r;

		buf_clear(&out);
		r = base64_decode(BYTES(text, n), &out);
		assert_int_equal(r, n % 4 == 0 ? 0 : -EBADMSG);
		assert_int_equal(buf_len(&out), n % 4 == 0 ? n / 4 * 3 : 0);
	}
	buf_deinit(&out);
}

TEST(what_go_refuses_is_refused_and_what_it_overlooks_is_overlooked)
{
	static const char *const bad[] = { "QQ",   "QQ=",  "=QQ=", "QQ===", "QQ==QQ==", "Q Q==",
					   "-_8=", "Q===", "====", "QQ=Q",  "Q\xff==",  "QQQ=Q" };
	struct buf out;

	buf_init(&out, 64);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(decode(bad[i], &out), -EBADMSG);
		assert_int_equal(buf_len(&out), 0);
	}
	assert_int_equal(decode("Q\r\nQ=\n=\n", &out), 0);
	assert_bytes(buf_data(&out), "A");
	assert_int_equal(decode("QR==", &out), 0);
	assert_bytes(buf_data(&out), "A");
	buf_deinit(&out);
}

TEST(every_byte_and_every_length_come_back)
{
	uint8_t all[300];
	struct buf text, out;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i * 7);
	buf_init(&text, 1000);
	buf_init(&out, 1000);
	for (size_t n = 0; n <= sizeof(all); n++) {
		struct wr w = wr_to(&text);

		buf_clear(&text);
		buf_clear(&out);
		base64_write(&w, BYTES(all, n));
		assert_int_equal(wr_finish(&w), 0);
		assert_int_equal(buf_len(&text), (n + 2) / 3 * 4);
		assert_int_equal(base64_decode(buf_data(&text), &out), 0);
		assert_true(bytes_equal(buf_data(&out), BYTES(all, n)));
	}
	buf_deinit(&text);
	buf_deinit(&out);
}

TEST(too_little_room_is_an_error_and_appends_nothing)
{
	struct buf out;

	buf_init(&out, 5);
	assert_int_equal(decode("Zm9vYmFy", &out), -ENOBUFS);
	assert_int_equal(buf_len(&out), 0);
	buf_deinit(&out);
}

TESTS(RUN(golden_texts_are_written_and_read),
      RUN(every_truncation_inside_a_group_is_bad_and_appends_nothing),
      RUN(what_go_refuses_is_refused_and_what_it_overlooks_is_overlooked),
      RUN(every_byte_and_every_length_come_back),
      RUN(too_little_room_is_an_error_and_appends_nothing))
