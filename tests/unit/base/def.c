#include "base/def.h"

#include "test.h"

TEST(bytes_are_equal_by_content)
{
	assert_true(bytes_equal(BYTES_LITERAL("abc"), bytes_of_text("abc")));
	assert_false(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abd")));
	assert_false(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")));
}

TEST(no_bytes_are_equal_wherever_they_are)
{
	assert_true(bytes_equal(BYTES(NULL, 0), BYTES("x", 0)));
	assert_true(bytes_equal(BYTES(NULL, 0), BYTES_LITERAL("")));
}

TEST(a_literal_may_hold_zeroes)
{
	assert_int_equal(BYTES_LITERAL("a\0b").n, 3);
	assert_int_equal(bytes_of_text("a\0b").n, 1);
}

TEST(a_taken_pointer_is_gone_from_where_it_was)
{
	int x = 1;
	int *p = &x, *taken;

	taken = TAKE_PTR(p);
	assert_ptr_equal(taken, &x);
	assert_null(p);
}

TEST(sizes_have_a_smaller_and_a_larger)
{
	assert_int_equal(size_min(1, 2), 1);
	assert_int_equal(size_min(2, 1), 1);
	assert_int_equal(size_max(1, 2), 2);
	assert_int_equal(size_max(2, 1), 2);
}

struct owner {
	int before;
	int member;
};

TEST(a_member_leads_to_its_owner)
{
	struct owner o = { 0 };

	assert_ptr_equal(container_of(&o.member, struct owner, member), &o);
}

TESTS(RUN(bytes_are_equal_by_content), RUN(no_bytes_are_equal_wherever_they_are),
      RUN(a_literal_may_hold_zeroes), RUN(a_taken_pointer_is_gone_from_where_it_was),
      RUN(sizes_have_a_smaller_and_a_larger), RUN(a_member_leads_to_its_owner))
