/* Proves that UTF-8 is read and written as RFC 3629 has it, and which characters count as
 * printable. */

#include "test.h"

#include "wire/utf8.h"

static struct bytes written(uint32_t point, struct buf *out)
{
	struct wr w = wr_to(out);

	buf_clear(out);
	utf8_write(&w, point);
	assert_int_equal(wr_finish(&w), 0);
	return buf_data(out);
}

TEST(every_character_reads_as_it_was_written_and_every_truncation_is_none)
{
	struct buf out;

	buf_init(&out, 16);
	for (uint32_t point = 0; point <= 0x10ffff; point += point < 0x1000 ? 1 : 13) {
		struct bytes b;
		struct utf8_char c;

		if (point >= 0xd800 && point <= 0xdfff)
			continue;
		b = written(point, &out);
		c = utf8_first(b);
		assert_true(c.is_good);
		assert_int_equal(c.point, point);
		assert_int_equal(c.n, b.n);
		for (size_t n = 1; n < b.n; n++)
			assert_false(utf8_first(BYTES(b.p, n)).is_good);
	}
	buf_deinit(&out);
}

TEST(what_is_no_character_takes_one_byte_and_reads_as_the_replacement)
{
	static const char *const bad[] = {
		"80",       "bf",       "c0 80",       "c1 bf",       "e0 9f 80",
		"ed a0 80", "ed bf bf", "f0 8f bf bf", "f4 90 80 80", "f5 80 80 80",
		"ff",       "c3 28",    "e2 82 28",    "f0 9f 98 28", "f8 88 80 80 80",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct utf8_char c = utf8_first(HEX(bad[i]));

		assert_false(c.is_good);
		assert_int_equal(c.point, UTF8_REPLACEMENT);
		assert_int_equal(c.n, 1);
	}
	assert_int_equal(utf8_first(BYTES(NULL, 0)).n, 0);
}

TEST(surrogates_and_what_lies_beyond_unicode_are_written_as_the_replacement)
{
	static const uint32_t points[] = { 0xd800, 0xdfff, 0x110000, UINT32_MAX };
	struct buf out;

	buf_init(&out, 16);
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		assert_bytes(written(points[i], &out), "\xef\xbf\xbd");
	buf_deinit(&out);
}

TEST(a_character_that_does_not_fit_is_not_begun)
{
	struct buf out;
	struct wr w = wr_to(&out);

	buf_init(&out, 3);
	utf8_write(&w, 'a');
	utf8_write(&w, 0x20ac);
	assert_int_equal(wr_finish(&w), -ENOBUFS);
	assert_bytes(buf_data(&out), "a");
	buf_deinit(&out);
}

TEST(texts_with_controls_and_characters_nobody_sees_are_not_printable)
{
	static const char *const good[] = { "",
					    "a b",
					    "d\xc3\xa9j\xc3\xa0 vu",
					    "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80",
					    "\xe4\xb8\xad" };
	static const char *const bad[] = {
		"a\nb",         "\x7f",         "\xc2\x85",         "\xc2\xa0",
		"\xe2\x80\xa8", "\xe2\x80\xae", "\xef\xbb\xbf",     "\xee\x80\x80",
		"\xff",         "ab\xc3",       "\xf3\xa0\x80\x81", "\xef\xbf\xbf",
		"\xe2\x80\x8b",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(utf8_text_is_printable(bytes_of_text(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(utf8_text_is_printable(bytes_of_text(bad[i])));
	assert_true(utf8_is_well_formed(BYTES_LITERAL("a\n\xc3\xa9")));
	assert_false(utf8_is_well_formed(BYTES_LITERAL("a\xc3")));
	assert_false(utf8_is_printable(0));
	assert_false(utf8_is_printable(0x10fffe));
	assert_true(utf8_is_printable(' '));
}

TESTS(RUN(every_character_reads_as_it_was_written_and_every_truncation_is_none),
      RUN(what_is_no_character_takes_one_byte_and_reads_as_the_replacement),
      RUN(surrogates_and_what_lies_beyond_unicode_are_written_as_the_replacement),
      RUN(a_character_that_does_not_fit_is_not_begun),
      RUN(texts_with_controls_and_characters_nobody_sees_are_not_printable))
