/* Proves that the guard lets JSON pass and nothing else, that members and texts read as Go reads
 * them, and what a hostile document costs. */

#include "test.h"

#include "base/limits.h"
#include "wire/json.h"

static int check(const char *text)
{
	return json_check(bytes_of_text(text));
}

TEST(values_of_every_kind_pass_with_blanks_around_them)
{
	static const char *const good[] = {
		"null",
		"true",
		"false",
		"0",
		"-0",
		"12",
		"-1.5",
		"1e9",
		"2E-3",
		"0.0e+1",
		"\"\"",
		"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
		"[]",
		"{}",
		" [ 1 , 2 ] \n",
		"[[],{}]",
		"{\"a\":1}",
		"\t{ \"a\" : [ { \"b\" : null } , true ] , \"a\" : {} }\r\n",
		"\"\xff\"",
		"\"\\ud800\"",
		"1e999999",
		"[[[]],[{\"x\":{}}]]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(check(good[i]), 0);
}

TEST(everything_else_is_refused)
{
	static const char *const bad[] = {
		"",
		" ",
		"nul",
		"nulll",
		"True",
		"01",
		"-",
		"+1",
		".5",
		"1.",
		"1e",
		"1e+",
		"0x1",
		"NaN",
		"'a'",
		"\"a",
		"\"\n\"",
		"\"\\x\"",
		"\"\\u12g4\"",
		"\"\\u12",
		"\"\\",
		"[",
		"]",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{",
		"}",
		"{\"a\"}",
		"{\"a\":",
		"{\"a\":}",
		"{1:2}",
		"{\"a\":1,}",
		"{,}",
		"[}",
		"{]",
		"[1}",
		"{\"a\":1]",
		"1 2",
		"{}x",
		"[1],",
		"\"a\"b",
		"{\"a\" 1}",
		"{a:1}",
		"[\"a\":1]",
		"\x00",
		"/*x*/1",
		"-a",
		"[-]",
		"\"\\u\"",
		"-01",
		"\xef\xbb\xbf{}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(check(bad[i]), -EBADMSG);
	assert_int_equal(json_check(BYTES("1\0", 2)), -EBADMSG);
}

TEST(every_truncation_of_a_document_is_refused)
{
	static const char text[] = "{\"a\":[1.5e3,\"\\ud83d\\ude00\",null,{}],\"b\":{\"c\":true}}";

	for (size_t n = 0; n < strlen(text); n++)
		assert_int_equal(json_check(BYTES(text, n)), -EBADMSG);
	assert_int_equal(check(text), 0);
}

TEST(depth_ends_at_the_limit_for_lists_and_objects)
{
	char text[2 * (LIMIT_JSON_DEPTH + 1) * 6 + 1];

	for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
		int wanted = depth > LIMIT_JSON_DEPTH ? -EBADMSG : 0;
		char *at = text;

		for (size_t i = 0; i < depth; i++)
			*at++ = '[';
		for (size_t i = 0; i < depth; i++)
			*at++ = ']';
		assert_int_equal(json_check(BYTES(text, (size_t)(at - text))), wanted);
		at = text;
		for (size_t i = 0; i < depth; i++)
			at = stpcpy(at, i + 1 < depth ? "{\"a\":" : "{");
		for (size_t i = 0; i < depth; i++)
			*at++ = '}';
		assert_int_equal(json_check(BYTES(text, (size_t)(at - text))), wanted);
	}
}

/* F-04. Ten million bytes are announced, but only so many are there as the guard may look at: one
 * more and the sanitizer ends the test. */
TEST(of_a_million_nested_brackets_the_guard_reads_no_more_than_the_depth_it_allows)
{
	static const char *const units[] = { "[", "{\"a\":", "[ " };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t n_unit = strlen(units[i]), n = LIMIT_JSON_DEPTH * n_unit + 1;
		char *text = malloc(n);

		assert_non_null(text);
		for (size_t k = 0; k < n; k++)
			text[k] = units[i][k % n_unit];
		assert_int_equal(json_check(BYTES(text, 10000000)), -EBADMSG);
		free(text);
	}
}

/* F-05. */
TEST(long_numbers_texts_and_lists_pass_at_any_length)
{
	static char text[MIB + 1];
	size_t n = sizeof(text);

	memset(text, '7', n);
	assert_int_equal(json_check(BYTES(text, n)), 0);
	text[n / 2] = '.';
	assert_int_equal(json_check(BYTES(text, n)), 0);
	for (size_t i = 1; i + 1 < n; i++)
		text[i] = i % 2 ? '1' : ',';
	text[0] = '[';
	text[n - 1] = ']';
	text[n - 2] = '1';
	assert_int_equal(json_check(BYTES(text, n)), 0);
	memset(text, '\\', n);
	text[0] = text[n - 1] = '"';
	text[n / 2] = (char)0xff;
	text[n / 2 + 1] = (char)0xff;
	assert_int_equal(json_check(BYTES(text, n)), -EBADMSG);
}

TEST(an_object_gives_its_members_as_they_are_written)
{
	static const char text[] =
		" { \"a\" : 1 , \"b\\u0062\":\"x\\n\",\"c\":{\"d\":[1]} , \"a\":null } ";
	static const char *const wanted[][2] = {
		{ "\"a\"", "1" },
		{ "\"b\\u0062\"", "\"x\\n\"" },
		{ "\"c\"", "{\"d\":[1]}" },
		{ "\"a\"", "null" },
	};
	struct json_members m;
	struct bytes key, value;

	assert_int_equal(check(text), 0);
	assert_int_equal(json_members_open(&m, bytes_of_text(text)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_true(json_members_next(&m, &key, &value));
		assert_bytes(key, wanted[i][0]);
		assert_bytes(value, wanted[i][1]);
	}
	assert_false(json_members_next(&m, &key, &value));
	assert_int_equal(json_members_open(&m, BYTES_LITERAL("{ }")), 0);
	assert_false(json_members_next(&m, &key, &value));
	assert_int_equal(json_members_open(&m, BYTES_LITERAL("[1]")), -EBADMSG);
	assert_int_equal(json_members_open(&m, BYTES_LITERAL("null")), -EBADMSG);
}

TEST(a_document_that_was_not_checked_ends_the_walk_where_it_is_broken)
{
	struct json_members m;
	struct bytes key, value;

	assert_int_equal(json_members_open(&m, BYTES_LITERAL("{\"a\":1,\"b\":}")), 0);
	assert_true(json_members_next(&m, &key, &value));
	assert_false(json_members_next(&m, &key, &value));
	assert_int_equal(json_members_open(&m, BYTES_LITERAL("{\"a\":1 \"b\":2}")), 0);
	assert_true(json_members_next(&m, &key, &value));
	assert_false(json_members_next(&m, &key, &value));
}

TEST(keys_are_found_as_go_finds_them)
{
	static const char *const same[] = { "\"PeerID\"", "\"peerid\"", "\"PEERID\"",
					    "\"\\u0050eer\\u0069D\"" };
	static const char *const other[] = { "\"PeerI\"", "\"PeerIDs\"", "\"Peer_ID\"",      "\"\"",
					     "PeerID",    "1",           "\"PeerID\\u0000\"" };

	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		assert_true(json_key_is(bytes_of_text(same[i]), "PeerID"));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		assert_false(json_key_is(bytes_of_text(other[i]), "PeerID"));
	/* The long s and the Kelvin sign fold to letters of ASCII; nothing else does. */
	assert_true(json_key_is(BYTES_LITERAL("\"ha\xc5\xbfH\""), "Hash"));
	assert_true(json_key_is(BYTES_LITERAL("\"bloc\xe2\x84\xaa\""), "block"));
	assert_false(json_key_is(BYTES_LITERAL("\"H\xc3\xa4sh\""), "Hash"));
}

TEST(texts_are_read_as_go_reads_them)
{
	static const struct {
		const char *value, *text;
	} golden[] = {
		{ "\"\"", "" },
		{ "\"plain\"", "plain" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u00e9\\u20AC\"", "\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\\ud800x\\udc00\"", "\xef\xbf\xbdx\xef\xbf\xbd" },
		{ "\"\\ud800\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ "\"\\ud800\\n\"", "\xef\xbf\xbd\n" },
		{ "\"\\ud800\"", "\xef\xbf\xbd" },
		{ "\"\xc3\xa9\xff\xc3\"", "\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd" },
	};
	struct buf out;

	buf_init(&out, 64);
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		buf_clear(&out);
		assert_int_equal(json_text_read(bytes_of_text(golden[i].value), &out), 0);
		assert_bytes(buf_data(&out), golden[i].text);
	}
	assert_int_equal(json_text_read(BYTES_LITERAL("1"), &out), -EBADMSG);
	assert_int_equal(json_text_read(BYTES_LITERAL("null"), &out), -EBADMSG);
	assert_int_equal(json_text_read(BYTES(NULL, 0), &out), -EBADMSG);
	buf_deinit(&out);
}

TEST(a_text_that_does_not_fit_is_cut_between_characters)
{
	struct buf out;

	buf_init(&out, 4);
	assert_int_equal(json_text_read(BYTES_LITERAL("\"abc\xc3\xa9\""), &out), -ENOBUFS);
	assert_bytes(buf_data(&out), "abc");
	buf_clear(&out);
	assert_int_equal(json_text_read(BYTES_LITERAL("\"abcde\""), &out), -ENOBUFS);
	assert_bytes(buf_data(&out), "abcd");
	buf_clear(&out);
	assert_int_equal(json_text_read(BYTES_LITERAL("\"abcd\""), &out), 0);
	buf_deinit(&out);
}

TEST(numbers_without_sign_and_fraction_are_read_up_to_the_limit)
{
	static const char *const bad[] = {
		"", "-1", "1.0", "1e3", "\"1\"", "null", "4294967296", "99999999999999999999999999"
	};
	uint64_t v = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(json_unsigned_read(bytes_of_text(bad[i]), UINT32_MAX, &v),
				 -EBADMSG);
	assert_int_equal(v, 7);
	assert_int_equal(json_unsigned_read(BYTES_LITERAL("4294967295"), UINT32_MAX, &v), 0);
	assert_int_equal(v, UINT32_MAX);
	assert_int_equal(json_unsigned_read(BYTES_LITERAL("18446744073709551615"), UINT64_MAX, &v),
			 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(json_unsigned_read(BYTES_LITERAL("18446744073709551616"), UINT64_MAX, &v),
			 -EBADMSG);
}

/* Checked against json.Marshal of Go 1.26. */
TEST(texts_are_written_as_go_writes_them)
{
	static const char text[] = "a<b>&c\xe2\x80\xa8\xe2\x80\xa9\"\\\b\f\n\r\t\x01\x7f\xff\xc3"
				   "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/'";
	static const char wanted[] =
		"\"a\\u003cb\\u003e\\u0026c\\u2028\\u2029\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\\ufffd"
		"\\ufffd\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/'\"";
	struct buf out;
	struct wr w = wr_to(&out);

	buf_init(&out, 256);
	json_text_write(&w, bytes_of_text(text));
	assert_int_equal(wr_finish(&w), 0);
	assert_bytes(buf_data(&out), wanted);
	assert_int_equal(json_check(buf_data(&out)), 0);
	buf_clear(&out);
	w = wr_to(&out);
	json_text_write(&w, BYTES("\0", 1));
	assert_bytes(buf_data(&out), "\"\\u0000\"");
	buf_deinit(&out);
}

TEST(the_kinds_of_value_are_told_apart)
{
	assert_true(json_value_is_text(BYTES_LITERAL("\"\"")));
	assert_false(json_value_is_text(BYTES_LITERAL("1")));
	assert_false(json_value_is_text(BYTES(NULL, 0)));
	assert_true(json_value_is_null(BYTES_LITERAL("null")));
	assert_false(json_value_is_null(BYTES_LITERAL("true")));
	assert_false(json_value_is_null(BYTES(NULL, 0)));
}

TESTS(RUN(values_of_every_kind_pass_with_blanks_around_them), RUN(everything_else_is_refused),
      RUN(every_truncation_of_a_document_is_refused),
      RUN(depth_ends_at_the_limit_for_lists_and_objects),
      RUN(of_a_million_nested_brackets_the_guard_reads_no_more_than_the_depth_it_allows),
      RUN(long_numbers_texts_and_lists_pass_at_any_length),
      RUN(an_object_gives_its_members_as_they_are_written),
      RUN(a_document_that_was_not_checked_ends_the_walk_where_it_is_broken),
      RUN(keys_are_found_as_go_finds_them), RUN(texts_are_read_as_go_reads_them),
      RUN(a_text_that_does_not_fit_is_cut_between_characters),
      RUN(numbers_without_sign_and_fraction_are_read_up_to_the_limit),
      RUN(texts_are_written_as_go_writes_them), RUN(the_kinds_of_value_are_told_apart))
