/* Proves that a pattern is covered exactly when every subject it matches is allowed: by tables, and
 * against all short subjects of a small alphabet. */

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "base/random.h"
#include "share/pattern_list.h"
#include "share/subject.h"

/* Patterns in one text, blanks between. */
static struct pattern_list list_of(const char *patterns)
{
	struct pattern_list l = { 0 };

	while (*patterns) {
		size_t n = strcspn(patterns, " ");

		assert_int_equal(pattern_list_add(&l, BYTES(patterns, n)), 0);
		patterns += n + (patterns[n] == ' ');
	}
	return l;
}

static bool covers(const char *patterns, const char *inner, bool named)
{
	struct pattern_list l = list_of(patterns);
	bool yes = pattern_list_covers(&l, bytes_of_text(inner), named);

	pattern_list_deinit(&l);
	return yes;
}

TEST(a_table_of_patterns)
{
	static const struct {
		const char *list, *inner;
		bool yes;
	} rows[] = {
		{ "", "a", false },
		{ "a", "a", true },
		{ "a", "b", false },
		{ "a", "a.b", false },
		{ "a.b", "a", false },
		{ "a", "*", false },
		{ "a", ">", false },
		{ "*", "a", true },
		{ "*", "*", true },
		{ "*", "a.b", false },
		{ "*", ">", false },
		{ ">", ">", true },
		{ ">", "a.b.c", true },
		{ ">", "*.b.>", true },
		{ "a.>", "a", false },
		{ "a.>", "a.b", true },
		{ "a.>", "a.>", true },
		{ "a.>", "a.*.>", true },
		{ "a.>", "*.b", false },
		{ "a.*", "a.>", false },
		{ "a.*.>", "a.>", false },
		{ "a.* a.*.>", "a.>", true },
		{ "a.*.> a.*", "a.>", true },
		{ "a.* a.*.* a.*.*.*.>", "a.>", false }, /* not a.x.y.z */
		{ "a.* a.*.* a.*.*.*.> a.*.*.*", "a.>", true },
		{ "a.*.c *.b.c", "a.b.c", true },
		{ "a.*.c *.b.c", "*.*.c", false },
		{ "* a.>", ">", false },
		{ "* *.>", ">", true },
		{ "a.b a.c a.d", "a.*", false },
		{ "foo*", "foo*", true }, /* no wildcards: parts of tokens */
		{ "foo*", "foox", false },
		{ "a.b*.>", "a.b*.c", true },
		{ "topic.teranode/bitcoin/1.0.0/mainnet-block",
		  "topic.teranode/bitcoin/1.0.0/mainnet-block", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (covers(rows[i].list, rows[i].inner, false) != rows[i].yes)
			fail_msg("\"%s\" and \"%s\"", rows[i].list, rows[i].inner);
}

TEST(with_named_a_wildcard_as_the_first_token_does_not_count)
{
	assert_false(covers("> *.x", "a.x", true));
	assert_true(covers("> a.*", "a.x", true));
	assert_false(covers("> a.*", "*.x", true));
	assert_true(covers("> a.*", "*.x", false));
}

TEST(a_pattern_twice_is_one_and_there_is_a_most)
{
	struct pattern_list l = { 0 };
	char text[16];

	for (int i = 0; i < LIMIT_RIGHTS_PATTERNS; i++) {
		snprintf(text, sizeof(text), "p.%d", i);
		assert_int_equal(pattern_list_add(&l, bytes_of_text(text)), 0);
		assert_int_equal(pattern_list_add(&l, bytes_of_text(text)), 0);
	}
	assert_int_equal(l.n, LIMIT_RIGHTS_PATTERNS);
	assert_int_equal(pattern_list_add(&l, bytes_of_text("one.more")), -ENOSPC);
	pattern_list_deinit(&l);
}

TEST(the_longest_subjects_fit)
{
	char longest[2 * LIMIT_SUBJECT_TOKENS + 8];
	struct pattern_list l = { 0 };
	size_t n = 0;

	for (size_t i = 0; i + 1 < LIMIT_SUBJECT_TOKENS; i++)
		n += (size_t)sprintf(longest + n, "x.");
	strcpy(longest + n, ">");
	assert_true(subject_is_valid(bytes_of_text(longest), true));
	assert_int_equal(pattern_list_add(&l, bytes_of_text(longest)), 0);
	assert_true(pattern_list_covers(&l, bytes_of_text(longest), false));
	assert_false(pattern_list_covers(&l, bytes_of_text(">"), false));
	/* What no subject can be is refused as such, whatever stands here. */
	memset(longest, '.', sizeof(longest));
	(void)pattern_list_covers(&l, BYTES(longest, sizeof(longest)), false);
	pattern_list_deinit(&l);
}

/* ---- against all subjects ---- */

#define LONGEST 4 /* tokens of the patterns; the subjects have one more */

static void random_pattern(const struct random *random, char *out)
{
	static const char *const tokens[] = { "a", "b", "*", "*" };
	size_t n = 1 + random_below(random, LONGEST);

	*out = 0;
	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n;

		strcat(out, i ? "." : "");
		strcat(out,
		       last && random_below(random, 2) ? ">" : tokens[random_below(random, 4)]);
	}
}

/* Of `a`, `b` and `z`, which no pattern writes out. */
static bool all_are_allowed(const struct pattern_list *l, struct bytes inner)
{
	char text[2 * (LONGEST + 1)];

	for (size_t n = 1; n <= LONGEST + 1; n++) {
		size_t most = 1;

		for (size_t i = 0; i < n; i++)
			most *= 3;
		for (size_t k = 0; k < most; k++) {
			bool is_allowed = false;
			struct bytes subject;

			for (size_t i = 0, rest = k; i < n; i++, rest /= 3) {
				text[2 * i] = "abz"[rest % 3];
				text[2 * i + 1] = '.';
			}
			subject = BYTES(text, 2 * n - 1);
			if (!subject_matches(inner, subject))
				continue;
			for (size_t i = 0; i < l->n && !is_allowed; i++)
				is_allowed = subject_matches(l->v[i], subject);
			if (!is_allowed)
				return false;
		}
	}
	return true;
}

TEST(the_answer_is_that_of_all_subjects_one_by_one)
{
	struct random_seeded seed;
	struct random random;
	size_t n_yes = 0;

	random_seeded_init(&seed, 11);
	random = random_seeded_source(&seed);
	for (int round = 0; round < 3000; round++) {
		char pattern[32], inner[32];
		struct pattern_list l = { 0 };
		bool yes;

		for (size_t i = 1 + random_below(&random, 4); i > 0; i--) {
			random_pattern(&random, pattern);
			assert_int_equal(pattern_list_add(&l, bytes_of_text(pattern)), 0);
		}
		random_pattern(&random, inner);
		yes = pattern_list_covers(&l, bytes_of_text(inner), false);
		assert_int_equal(yes, all_are_allowed(&l, bytes_of_text(inner)));
		n_yes += yes;
		pattern_list_deinit(&l);
	}
	assert_in_range(n_yes, 300, 2700);
}

TESTS(RUN(a_table_of_patterns), RUN(with_named_a_wildcard_as_the_first_token_does_not_count),
      RUN(a_pattern_twice_is_one_and_there_is_a_most), RUN(the_longest_subjects_fit),
      RUN(the_answer_is_that_of_all_subjects_one_by_one))
