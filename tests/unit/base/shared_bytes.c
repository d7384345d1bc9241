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

TESTS(RUN(a_copy_is_its_own), RUN(the_last_owner_frees_it), RUN(nothing_can_be_shared_too))
