/* Proves that an author of malformed messages is skipped at the fifth, and forgiven after an hour
 * without a fault. */

#include "test.h"

#include "base/limits.h"
#include "share/authors.h"

static struct peer_id id_of(uint32_t number)
{
	struct peer_id id = { .n = 38, .b = "\x00\x24\x08\x01\x12\x20" };

	memcpy(id.b + 6, &number, sizeof(number));
	return id;
}

/* Each message has another. */
static uint64_t next_number(void)
{
	static uint64_t number;

	return ++number;
}

static const struct mono start = { NS_PER_S };

struct listed {
	size_t n;
	struct author_info first;
	struct peer_id first_id;
};

static void note_author(void *user, const struct author_info *info)
{
	struct listed *l = user;

	if (l->n++ > 0)
		return;
	l->first = *info;
	l->first_id = *info->id;
}

static struct listed list_of(const struct authors *a, struct mono now)
{
	struct listed l = { 0 };

	authors_each(a, now, note_author, &l);
	return l;
}

TEST(the_fifth_malformed_message_and_only_that_one_begins_the_skipping)
{
	struct peer_id id = id_of(1), other = id_of(2);
	struct authors a;

	authors_init(&a, 1);
	for (int i = 1; i < LIMIT_AUTHOR_STRIKES; i++) {
		assert_false(authors_malformed(&a, &id, next_number(), start));
		assert_false(authors_is_skipped(&a, &id, start));
	}
	assert_true(authors_malformed(&a, &id, next_number(), start));
	assert_true(authors_is_skipped(&a, &id, start));
	assert_false(authors_malformed(&a, &id, next_number(), start));
	assert_false(authors_is_skipped(&a, &other, start));
	assert_int_equal(a.n_skipped, 1);
	authors_deinit(&a);
}

TEST(an_hour_without_a_fault_forgives_and_a_new_fault_begins_a_new_hour)
{
	struct peer_id id = id_of(1);
	struct mono later = mono_add_ms(start, LIMIT_AUTHOR_FORGET_MS - 1);
	struct authors a;

	authors_init(&a, 1);
	for (int i = 1; i < LIMIT_AUTHOR_STRIKES; i++)
		assert_false(authors_malformed(&a, &id, next_number(), start));
	assert_true(authors_malformed(&a, &id, next_number(), later));
	assert_true(authors_is_skipped(&a, &id, mono_add_ms(later, LIMIT_AUTHOR_FORGET_MS - 1)));
	assert_false(authors_is_skipped(&a, &id, mono_add_ms(later, LIMIT_AUTHOR_FORGET_MS)));
	for (int i = 1; i < LIMIT_AUTHOR_STRIKES; i++)
		assert_false(authors_malformed(&a, &id, next_number(),
					       mono_add_ms(later, LIMIT_AUTHOR_FORGET_MS)));
	authors_deinit(&a);
}

/* Whoever has kept a malformed message can send it round again as often as he likes. */
TEST(a_message_that_is_sent_again_is_no_further_fault_and_holds_no_forgiving_up)
{
	struct peer_id id = id_of(1);
	struct mono now = start;
	struct authors a;

	authors_init(&a, 1);
	for (uint64_t seqno = 1; seqno < LIMIT_AUTHOR_STRIKES; seqno++)
		assert_false(authors_malformed(&a, &id, seqno, now));
	for (int i = 0; i < 100; i++) {
		now = mono_add_ms(now, LIMIT_AUTHOR_FORGET_MS / 101);
		for (uint64_t seqno = 1; seqno < LIMIT_AUTHOR_STRIKES; seqno++)
			assert_false(authors_malformed(&a, &id, seqno, now));
	}
	assert_int_equal(list_of(&a, now).first.n_malformed, LIMIT_AUTHOR_STRIKES - 1);
	assert_int_equal(list_of(&a, mono_add_ms(start, LIMIT_AUTHOR_FORGET_MS)).n, 0);
	assert_true(authors_malformed(&a, &id, LIMIT_AUTHOR_STRIKES, now));
	authors_deinit(&a);
}

TEST(a_mismatch_is_counted_and_skips_nobody)
{
	struct peer_id id = id_of(1);
	struct authors a;
	struct listed l;

	authors_init(&a, 1);
	for (int i = 0; i < 100; i++)
		authors_mismatched(&a, &id, start);
	assert_false(authors_is_skipped(&a, &id, start));
	l = list_of(&a, start);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.first.n_mismatched, 100);
	assert_int_equal(l.first.n_malformed, 0);
	assert_int_equal(l.first.skipped_ms, 0);
	authors_deinit(&a);
}

TEST(the_list_says_how_long_an_author_is_skipped_and_leaves_out_the_forgotten)
{
	struct peer_id id = id_of(1);
	struct authors a;
	struct listed l;

	authors_init(&a, 1);
	for (int i = 0; i < LIMIT_AUTHOR_STRIKES; i++)
		(void)authors_malformed(&a, &id, next_number(), start);
	l = list_of(&a, mono_add_ms(start, 1000));
	assert_int_equal(l.n, 1);
	assert_true(peer_id_equal(&l.first_id, &id));
	assert_int_equal(l.first.skipped_ms, LIMIT_AUTHOR_FORGET_MS - 1000);
	assert_int_equal(list_of(&a, mono_add_ms(start, LIMIT_AUTHOR_FORGET_MS)).n, 0);
	authors_deinit(&a);
}

TEST(a_full_table_forgets_whose_last_fault_lies_furthest_back)
{
	struct peer_id first = id_of(0), again = id_of(1), second;
	struct authors a;

	authors_init(&a, 1);
	for (uint32_t i = 0; i < LIMIT_AUTHORS; i++) {
		struct peer_id id = id_of(i);

		for (int k = 0; k < LIMIT_AUTHOR_STRIKES; k++)
			(void)authors_malformed(&a, &id, next_number(), start);
	}
	authors_mismatched(&a, &first, start);
	second = id_of(LIMIT_AUTHORS);
	authors_mismatched(&a, &second, start);
	assert_int_equal(a.by_id.n, LIMIT_AUTHORS);
	assert_true(authors_is_skipped(&a, &first, start));
	assert_false(authors_is_skipped(&a, &again, start));
	authors_deinit(&a);
}

TESTS(RUN(a_message_that_is_sent_again_is_no_further_fault_and_holds_no_forgiving_up),
      RUN(the_fifth_malformed_message_and_only_that_one_begins_the_skipping),
      RUN(an_hour_without_a_fault_forgives_and_a_new_fault_begins_a_new_hour),
      RUN(a_mismatch_is_counted_and_skips_nobody),
      RUN(the_list_says_how_long_an_author_is_skipped_and_leaves_out_the_forgotten),
      RUN(a_full_table_forgets_whose_last_fault_lies_furthest_back))
