/* Proves that the index finds exactly what subject_matches() says, while subscriptions come and go.
 */

#include "test.h"

#include "base/random.h"
#include "share/subject.h"
#include "share/subjects.h"

#define N 400

struct member {
	struct subjects_entry entry;
	char pattern[64];
};

static void add(struct subjects *s, struct member *m, const char *pattern)
{
	strcpy(m->pattern, pattern);
	assert_int_equal(subjects_add(s, &m->entry, bytes_of_text(pattern)), 0);
}

static size_t n_matching(struct subjects *s, const char *subject)
{
	subjects_match(s, bytes_of_text(subject));
	return s->n_hits;
}

TEST(literals_and_wildcards_are_found_together)
{
	static const char *const patterns[] = {
		"a.b", "a.b", "a.*", "a.>", ">", "*.b", "*", "b.c"
	};
	struct member m[ARRAY_SIZE(patterns)] = { 0 };
	struct subjects s;

	assert_int_equal(subjects_init(&s, 1, 100), 0);
	assert_int_equal(n_matching(&s, "a.b"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		add(&s, &m[i], patterns[i]);
	assert_int_equal(n_matching(&s, "a.b"), 6);
	assert_int_equal(n_matching(&s, "a"), 2);
	assert_int_equal(n_matching(&s, "a.b.c"), 2);
	assert_int_equal(n_matching(&s, "b.c"), 2);
	assert_int_equal(n_matching(&s, "a..b"), 0);
	assert_int_equal(n_matching(&s, ""), 0);
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		subjects_remove(&s, &m[i].entry);
	subjects_remove(&s, &m[0].entry);
	assert_int_equal(n_matching(&s, "a.b"), 0);
	assert_int_equal(s.exact.n + s.branches.n, 0);
	subjects_deinit(&s);
}

TEST(the_index_has_a_maximum_and_stays_whole_beyond_it)
{
	struct member m[3] = { 0 };
	struct subjects s;

	assert_int_equal(subjects_init(&s, 1, 2), 0);
	add(&s, &m[0], "a");
	add(&s, &m[1], "b");
	assert_int_equal(subjects_add(&s, &m[2].entry, BYTES_LITERAL("c")), -ENOSPC);
	assert_null(m[2].entry.node);
	subjects_remove(&s, &m[2].entry);
	subjects_remove(&s, &m[0].entry);
	subjects_remove(&s, &m[1].entry);
	subjects_deinit(&s);
}

TEST(a_path_that_finds_no_room_is_taken_back)
{
	struct subjects s;
	struct member m = { 0 };

	assert_int_equal(subjects_init(&s, 1, 1), 0);
	s.branches.n_max = 3;
	assert_int_equal(subjects_add(&s, &m.entry, BYTES_LITERAL("a.b.*.c.d.>")), -ENOSPC);
	assert_int_equal(s.branches.n, 0);
	add(&s, &m, "a.b.*");
	subjects_remove(&s, &m.entry);
	subjects_deinit(&s);
}

TEST(a_pattern_costs_more_the_more_tokens_it_has)
{
	assert_true(subjects_cost(BYTES_LITERAL("a.b.c")) < subjects_cost(BYTES_LITERAL("a.b.*")));
	assert_true(subjects_cost(BYTES_LITERAL("a.*")) < subjects_cost(BYTES_LITERAL("a.b.*")));
}

static void random_name(const struct random *random, bool pattern, char out[64])
{
	static const char *const tokens[] = { "a", "b", "c*", "dd", "*", ">" };
	size_t n = 1 + (size_t)random_below(random, 4);

	out[0] = 0;
	for (size_t i = 0; i < n; i++) {
		size_t n_kinds = !pattern ? 4 : i + 1 == n ? 6 : 5;

		if (i > 0)
			strcat(out, ".");
		strcat(out, tokens[random_below(random, n_kinds)]);
	}
}

TEST(random_patterns_are_found_as_the_definition_says)
{
	static struct member members[N];
	struct random_seeded g;
	struct random random;
	struct subjects s;

	random_seeded_init(&g, 11);
	random = random_seeded_source(&g);
	assert_int_equal(subjects_init(&s, 5, N), 0);
	for (size_t turn = 0; turn < 4000; turn++) {
		struct member *m = &members[random_below(&random, N)];
		char name[64];
		size_t n_expected = 0;

		if (m->entry.node) {
			subjects_remove(&s, &m->entry);
		} else {
			random_name(&random, true, name);
			add(&s, m, name);
		}
		random_name(&random, false, name);
		for (size_t i = 0; i < N; i++)
			n_expected += members[i].entry.node &&
				      subject_matches(bytes_of_text(members[i].pattern),
						      bytes_of_text(name));
		assert_int_equal(n_matching(&s, name), n_expected);
		for (size_t i = 0; i < s.n_hits; i++)
			for (size_t k = 0; k < i; k++)
				assert_ptr_not_equal(s.hits[i], s.hits[k]);
	}
	for (size_t i = 0; i < N; i++)
		subjects_remove(&s, &members[i].entry);
	assert_int_equal(s.exact.n + s.branches.n + s.n_wild + s.n_entries, 0);
	subjects_deinit(&s);
}

TESTS(RUN(literals_and_wildcards_are_found_together),
      RUN(the_index_has_a_maximum_and_stays_whole_beyond_it),
      RUN(a_path_that_finds_no_room_is_taken_back),
      RUN(a_pattern_costs_more_the_more_tokens_it_has),
      RUN(random_patterns_are_found_as_the_definition_says))
