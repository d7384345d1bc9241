#include "wire/span.h"

#include "test.h"

TEST(what_is_put_stands_in_order)
{
	uint8_t out[8];
	struct span s = span_of(out, sizeof(out));

	span_put_u8(&s, 1);
	span_put(&s, BYTES_LITERAL("ab"));
	span_put(&s, BYTES(NULL, 0));
	span_put_varint(&s, 300);
	span_put_varint(&s, 0);
	assert_false(s.bad);
	assert_true(bytes_equal(BYTES(out, s.n), HEX("01 6162 ac02 00")));
}

TEST(the_first_failure_ends_the_writing)
{
	uint8_t out[4] = { 0 };
	struct span s = span_of(out, 3);

	span_put(&s, BYTES_LITERAL("ab"));
	span_put(&s, BYTES_LITERAL("cd"));
	span_put_u8(&s, 'e');
	assert_true(s.bad);
	assert_int_equal(s.n, 2);
	assert_memory_equal(out, "ab\0\0", 4);
}

TEST(the_caller_may_find_fault_too)
{
	uint8_t out[4];
	struct span s = span_of(out, sizeof(out));

	span_fail(&s);
	span_put_u8(&s, 1);
	assert_true(s.bad);
	assert_int_equal(s.n, 0);
}

TESTS(RUN(what_is_put_stands_in_order), RUN(the_first_failure_ends_the_writing),
      RUN(the_caller_may_find_fault_too))
