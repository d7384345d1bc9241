/* Proves that frames stand one behind the other while they are small, and lose nothing that
 * somebody still has. */

#include "test.h"

#include "share/frames.h"

static void make(struct frames *f, const char *text, size_t n_max, bool alone, struct frame *ret)
{
	uint8_t *room;

	assert_int_equal(frame_begin(f, n_max, alone, ret, &room), 0);
	memcpy(room, text, strlen(text));
	frame_end(f, ret, strlen(text));
}

TEST(small_frames_stand_one_behind_the_other)
{
	struct shared_pool pool;
	struct frames f;
	struct frame a, b;

	shared_pool_init(&pool, 1000, 4);
	frames_init(&f, &pool);
	make(&f, "first", 500, false, &a);
	make(&f, "second", 500, false, &b);
	assert_ptr_equal(a.owner, b.owner);
	assert_ptr_equal(a.p + 5, b.p);
	assert_bytes(BYTES(a.p, a.n), "first");
	assert_bytes(BYTES(b.p, b.n), "second");
	frame_deinit(&a);
	frame_deinit(&b);
	frame_deinit(&b);
	frames_deinit(&f);
	assert_int_equal(pool.n_spare, 1);
	shared_pool_deinit(&pool);
}

TEST(a_full_block_is_left_to_those_who_have_it)
{
	struct shared_pool pool;
	struct frames f;
	struct frame a, b;

	shared_pool_init(&pool, 1000, 4);
	frames_init(&f, &pool);
	make(&f, "first", 1000, false, &a);
	make(&f, "second", 1000, false, &b);
	assert_ptr_not_equal(a.owner, b.owner);
	assert_int_equal(a.owner->n_refs, 1);
	assert_bytes(BYTES(a.p, a.n), "first");
	frame_deinit(&a);
	frame_deinit(&b);
	/* Nobody has that one any more: it is begun again. */
	make(&f, "third", 1000, false, &a);
	assert_ptr_equal(a.p, f.block->data);
	assert_int_equal(f.used, 5);
	frame_deinit(&a);
	frames_deinit(&f);
	assert_int_equal(pool.n_spare, 2);
	shared_pool_deinit(&pool);
}

TEST(a_large_frame_has_memory_of_its_own)
{
	struct shared_pool pool;
	struct frames f;
	struct frame a, b;

	shared_pool_init(&pool, 100, 4);
	frames_init(&f, &pool);
	make(&f, "small", 50, false, &a);
	make(&f, "large", 5000, true, &b);
	assert_int_equal(b.owner->n, 5000);
	assert_int_equal(f.used, 5);
	frame_deinit(&b);
	frame_deinit(&a);
	frames_deinit(&f);
	shared_pool_deinit(&pool);
}

TESTS(RUN(small_frames_stand_one_behind_the_other), RUN(a_full_block_is_left_to_those_who_have_it),
      RUN(a_large_frame_has_memory_of_its_own))
