/* Proves what is a subject, and which pattern matches which. */

#include "test.h"

#include "base/limits.h"
#include "share/subject.h"

TEST(subjects_are_tokens_without_blanks_between_dots)
{
	static const struct {
		const char *text;
		bool subject, pattern;
	} rows[] = {
		{ "a", true, true },
		{ "a.b.c", true, true },
		{ "teranode/bitcoin/1.0.0/mainnet-block", true, true },
		{ "$PL.API.x", true, true },
		{ "a.*", true, true },
		{ "*", true, true },
		{ ">", true, true },
		{ "a.>", true, true },
		{ "a.>.b", true, false },
		{ "foo*", true, true },
		{ "\x01\xff", true, true },
		{ "", false, false },
		{ ".", false, false },
		{ ".a", false, false },
		{ "a.", false, false },
		{ "a..b", false, false },
		{ "a b", false, false },
		{ "a\tb", false, false },
		{ "a\r", false, false },
		{ "a\n", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(subject_is_valid(bytes_of_text(rows[i].text), false),
				 rows[i].subject);
		assert_int_equal(subject_is_valid(bytes_of_text(rows[i].text), true),
				 rows[i].pattern);
	}
}

TEST(a_subject_has_a_largest_size_and_most_tokens)
{
	char text[LIMIT_SUBJECT + 2];
	char tokens[2 * LIMIT_SUBJECT_TOKENS + 2];

	memset(text, 'a', sizeof(text));
	assert_true(subject_is_valid(BYTES(text, LIMIT_SUBJECT), true));
	assert_false(subject_is_valid(BYTES(text, LIMIT_SUBJECT + 1), true));
	assert_false(subject_is_too_long(BYTES(text, LIMIT_SUBJECT)));
	assert_true(subject_is_too_long(BYTES(text, LIMIT_SUBJECT + 1)));
	for (size_t i = 0; i < sizeof(tokens); i++)
		tokens[i] = i % 2 == 0 ? 'a' : '.';
	assert_true(subject_is_valid(BYTES(tokens, 2 * LIMIT_SUBJECT_TOKENS - 1), true));
	assert_false(subject_is_valid(BYTES(tokens, 2 * LIMIT_SUBJECT_TOKENS + 1), true));
	assert_false(subject_is_too_long(BYTES(tokens, 2 * LIMIT_SUBJECT_TOKENS - 1)));
	assert_true(subject_is_too_long(BYTES(tokens, 2 * LIMIT_SUBJECT_TOKENS + 1)));
}

TEST(wildcards_count_only_as_whole_tokens)
{
	static const struct {
		const char *text;
		bool has;
	} rows[] = { { "a", false },      { "a.*", true },   { "*.a", true },   { ">", true },
		     { "foo*.b", false }, { "a.>b", false }, { "a.b*", false }, { "a.*.b", true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(subject_has_wildcard(bytes_of_text(rows[i].text)), rows[i].has);
}

TEST(a_pattern_matches_as_in_nats)
{
	static const struct {
		const char *pattern, *subject;
		bool matches;
	} rows[] = {
		{ "a", "a", true },
		{ "a", "A", false },
		{ "a.*", "a.b", true },
		{ "a.*", "a", false },
		{ "a.*", "a.b.c", false },
		{ "*.b", "a.b", true },
		{ "a.*.c", "a.x.c", true },
		{ "a.>", "a.b.c", true },
		{ "a.>", "a", false },
		{ ">", "a", true },
		{ "foo*", "foox", false },
		{ "foo*", "foo*", true },
		{ "foo.*", "foo.*", true },
		{ "teranode/bitcoin/1.*.*", "teranode/bitcoin/1.0.0/mainnet-block", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(subject_matches(bytes_of_text(rows[i].pattern),
						 bytes_of_text(rows[i].subject)),
				 rows[i].matches);
}

TEST(a_prefix_is_found_only_at_the_start)
{
	assert_true(subject_starts_with(BYTES_LITERAL("$PL.API.X"), "$PL.API."));
	assert_false(subject_starts_with(BYTES_LITERAL("$PL.API"), "$PL.API."));
	assert_false(subject_starts_with(BYTES_LITERAL("x$PL.API."), "$PL.API."));
}

TESTS(RUN(subjects_are_tokens_without_blanks_between_dots),
      RUN(a_subject_has_a_largest_size_and_most_tokens), RUN(wildcards_count_only_as_whole_tokens),
      RUN(a_pattern_matches_as_in_nats), RUN(a_prefix_is_found_only_at_the_start))
