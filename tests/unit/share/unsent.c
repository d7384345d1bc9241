/* Proves that marks come out in the order in which they went in, and that a long queue's memory is
 * given back. */

#include "test.h"

#include "share/unsent.h"

static void add(struct unsent *u, uint64_t seq)
{
	assert_int_equal(unsent_reserve(u), 0);
	*unsent_add(u) = (struct mark){ .seq = seq };
}

TEST(marks_come_out_as_they_went_in_however_the_ring_has_turned)
{
	uint64_t in = 0, out = 0;
	struct unsent u;

	unsent_init(&u);
	assert_null(unsent_first(&u));
	for (size_t round = 1; round < 40; round++) {
		for (size_t i = 0; i < round; i++)
			add(&u, in++);
		for (size_t i = 0; i < round / 2; i++) {
			assert_int_equal(unsent_first(&u)->seq, out++);
			unsent_drop(&u);
		}
		assert_int_equal(u.n, in - out);
	}
	while (unsent_first(&u)) {
		assert_int_equal(unsent_first(&u)->seq, out++);
		unsent_drop(&u);
	}
	assert_int_equal(in, out);
	unsent_deinit(&u);
}

TEST(an_empty_queue_keeps_little)
{
	struct unsent u;

	unsent_init(&u);
	for (size_t i = 0; i < 5000; i++)
		add(&u, i);
	assert_true(unsent_bytes(&u) >= 5000 * sizeof(struct mark));
	while (unsent_first(&u))
		unsent_drop(&u);
	assert_int_equal(unsent_bytes(&u), 0);
	for (size_t i = 0; i < 100; i++)
		add(&u, i);
	while (unsent_first(&u))
		unsent_drop(&u);
	assert_int_equal(unsent_bytes(&u), 128 * sizeof(struct mark));
	unsent_deinit(&u);
}

TESTS(RUN(marks_come_out_as_they_went_in_however_the_ring_has_turned),
      RUN(an_empty_queue_keeps_little))
