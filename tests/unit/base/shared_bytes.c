#include "base/shared_bytes.h"

#include "test.h"

TEST(a_copy_is_its_own)
{
	char text[] = "text";
	struct shared_bytes *s = shared_bytes_copy(bytes_of_text(text));

	assert_non_null(s);
	text[0] = 'n';
	assert_bytes(shared_bytes_data(s), "text");
	assert_null(shared_bytes_unref(s));
}

TEST(the_last_owner_frees_it)
{
	struct shared_bytes *s = shared_bytes_copy(BYTES_LITERAL("text"));

	assert_ptr_equal(shared_bytes_ref(s), s);
	assert_int_equal(s->n_refs, 2);
	assert_null(shared_bytes_unref(s));
	assert_bytes(shared_bytes_data(s), "text");
	assert_null(shared_bytes_unref(s));
	assert_null(shared_bytes_unref(NULL));
}

TEST(nothing_can_be_shared_too)
{
	struct shared_bytes *s = shared_bytes_copy(BYTES(NULL, 0));

	assert_non_null(s);
	assert_int_equal(shared_bytes_data(s).n, 0);
	shared_bytes_unref(s);
}

TEST(a_pool_uses_blocks_again_and_keeps_few)
{
	struct shared_pool pool;
	struct shared_bytes *a, *b, *c;

	shared_pool_init(&pool, 100, 2);
	a = shared_pool_take(&pool);
	b = shared_pool_take(&pool);
	c = shared_pool_take(&pool);
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	assert_int_equal(a->n, 100);
	shared_bytes_ref(a);
	shared_bytes_unref(a);
	assert_int_equal(pool.n_spare, 0);
	shared_bytes_unref(a);
	shared_bytes_unref(b);
	shared_bytes_unref(c);
	assert_int_equal(pool.n_spare, 2);
	assert_ptr_equal(shared_pool_take(&pool), b);
	assert_int_equal(b->n_refs, 1);
	shared_bytes_unref(b);
	shared_pool_deinit(&pool);
	assert_int_equal(pool.n_spare, 0);
}

TESTS(RUN(a_pool_uses_blocks_again_and_keeps_few), RUN(a_copy_is_its_own),
      RUN(the_last_owner_frees_it), RUN(nothing_can_be_shared_too))
