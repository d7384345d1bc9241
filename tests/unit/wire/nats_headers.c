/* Proves that header blocks are written as NATS has them, and that reading takes what others write.
 */

#include "test.h"

#include "wire/nats_headers.h"

static struct buf out;

static struct bytes build(const char *key, const char *value)
{
	struct wr w = wr_to(&out);

	buf_deinit(&out);
	buf_init(&out, 4096);
	nats_headers_begin(&w);
	if (key)
		nats_headers_add(&w, key, bytes_of_text(value));
	nats_headers_end(&w);
	assert_int_equal(wr_finish(&w), 0);
	return buf_data(&out);
}

TEST(a_block_is_a_version_lines_and_an_empty_line)
{
	assert_bytes(build(NULL, NULL), "NATS/1.0\r\n\r\n");
	assert_bytes(build("K", "v"), "NATS/1.0\r\nK: v\r\n\r\n");
	assert_bytes(build("K", ""), "NATS/1.0\r\nK: \r\n\r\n");
	buf_deinit(&out);
}

TEST(a_value_cannot_begin_a_line_of_its_own)
{
	assert_bytes(build("K", "a\r\nX: y\n"), "NATS/1.0\r\nK: aX: y\r\n\r\n");
	assert_bytes(build("K\r\nL", "\r\r\n"), "NATS/1.0\r\nKL: \r\n\r\n");
	buf_deinit(&out);
}

TEST(lines_can_be_added_to_a_block_that_was_ended)
{
	struct bytes open = nats_headers_without_end(BYTES_LITERAL("NATS/1.0\r\nK: v\r\n\r\n"));

	assert_bytes(open, "NATS/1.0\r\nK: v\r\n");
	assert_int_equal(nats_headers_without_end(BYTES_LITERAL("NATS/1.0\r\n")).n, 0);
	assert_int_equal(nats_headers_without_end(BYTES_LITERAL("\r\n")).n, 0);
	assert_int_equal(nats_headers_without_end(BYTES(NULL, 0)).n, 0);
}

TEST(a_status_is_read_with_and_without_its_text)
{
	static const struct {
		struct bytes block;
		const char *code, *text;
	} rows[] = {
		{ BYTES_LITERAL("NATS/1.0\r\n\r\n"), "", "" },
		{ NATS_HEADERS_NO_RESPONDERS, "503", "" },
		{ BYTES_LITERAL("NATS/1.0 503\r\nNats-Subject: a\r\n\r\n"), "503", "" },
		{ BYTES_LITERAL("NATS/1.0 409 Message Size \r\n\r\n"), "409", "Message Size" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct nats_headers h;

		assert_int_equal(nats_headers_read(&h, rows[i].block), 0);
		assert_bytes(h.code, rows[i].code);
		assert_bytes(h.text, rows[i].text);
	}
}

TEST(what_is_no_block_is_refused_and_leaves_the_reader_alone)
{
	static const struct bytes rows[] = {
		BYTES_LITERAL(""),           BYTES_LITERAL("NATS/1.0"),
		BYTES_LITERAL("NATS/1.0\n"), BYTES_LITERAL("HTTP/1.0\r\n\r\n"),
		BYTES_LITERAL("\r\n"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct nats_headers h = { .rest.left = 7 };

		assert_int_equal(nats_headers_read(&h, rows[i]), -EBADMSG);
		assert_int_equal(h.rest.left, 7);
		assert_int_equal(nats_headers_get(rows[i], "K").n, 0);
	}
}

TEST(lines_come_in_order_with_their_case_and_without_blanks_around_values)
{
	struct bytes block = BYTES_LITERAL("NATS/1.0\r\nK:v\r\nk:  w \r\nEmpty:\r\nA:b:c\r\n\r\n");
	static const char *const rows[][2] = {
		{ "K", "v" }, { "k", "w" }, { "Empty", "" }, { "A", "b:c" }
	};
	struct nats_headers h;
	struct bytes key, value;

	assert_int_equal(nats_headers_read(&h, block), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(nats_headers_next(&h, &key, &value));
		assert_bytes(key, rows[i][0]);
		assert_bytes(value, rows[i][1]);
	}
	assert_false(nats_headers_next(&h, &key, &value));
	assert_bytes(nats_headers_get(block, "k"), "w");
	assert_bytes(nats_headers_get(block, "absent"), "");
}

TEST(every_truncation_of_a_block_gives_only_whole_lines)
{
	static const char block[] = "NATS/1.0 200 OK\r\nKey: value\r\nOther: thing\r\n\r\n";

	for (size_t n = 0; n < sizeof(block); n++) {
		struct nats_headers h;
		struct bytes key, value;

		if (nats_headers_read(&h, BYTES(block, n)) != 0)
			continue;
		while (nats_headers_next(&h, &key, &value))
			assert_true(bytes_equal(value, BYTES_LITERAL("value")) ||
				    bytes_equal(value, BYTES_LITERAL("thing")));
	}
}

TESTS(RUN(a_block_is_a_version_lines_and_an_empty_line),
      RUN(a_value_cannot_begin_a_line_of_its_own),
      RUN(lines_can_be_added_to_a_block_that_was_ended),
      RUN(a_status_is_read_with_and_without_its_text),
      RUN(what_is_no_block_is_refused_and_leaves_the_reader_alone),
      RUN(lines_come_in_order_with_their_case_and_without_blanks_around_values),
      RUN(every_truncation_of_a_block_gives_only_whole_lines))
