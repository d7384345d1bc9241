#include "test.h"

#include "share/json_text.h"

static void assert_text(struct bytes b, const char *wanted)
{
	json_t *text = json_text(b);

	assert_int_equal(json_string_length(text), b.n);
	assert_memory_equal(json_string_value(text), wanted, b.n);
	json_decref(text);
}

TEST(utf8_is_passed_on_as_it_is)
{
	assert_text(BYTES(NULL, 0), "");
	assert_text(BYTES_LITERAL("plain"), "plain");
	assert_text(BYTES_LITERAL("\xc3\xbc\xe2\x82\xac"), "\xc3\xbc\xe2\x82\xac");
	assert_text(BYTES_LITERAL("a\0b\n"), "a\0b\n");
}

TEST(of_other_bytes_the_ascii_is_kept)
{
	assert_text(BYTES_LITERAL("a\xff/b"), "a?/b");
	assert_text(BYTES_LITERAL("cut in \xc3"), "cut in ?");
	assert_text(BYTES_LITERAL("\xc3\xbc\xff"), "???");
}

TESTS(RUN(utf8_is_passed_on_as_it_is), RUN(of_other_bytes_the_ascii_is_kept))
