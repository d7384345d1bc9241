#include "net/send_queue.h"

#include "base/random.h"
#include "test.h"

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 31 + i / 251);
}

TEST(an_empty_queue_holds_nothing)
{
	struct send_queue q = { 0 };

	assert_int_equal(send_queue_push(&q, NULL, 0), 0);
	assert_int_equal(send_queue_push(&q, &BYTES_LITERAL(""), 1), 0);
	assert_null(q.first);
	assert_null(q.last);
	send_queue_clear(&q);
}

TEST(several_runs_become_one)
{
	const struct bytes v[] = { BYTES_LITERAL("one "), BYTES_LITERAL(""),
				   BYTES_LITERAL("line") };
	struct send_queue q = { 0 };
	uint8_t out[8];

	assert_int_equal(send_queue_push(&q, v, ARRAY_SIZE(v)), 0);
	assert_int_equal(q.n, 8);
	send_queue_take(&q, out, 8);
	assert_memory_equal(out, "one line", 8);
	assert_null(q.first);
	send_queue_clear(&q);
}

TEST(bytes_leave_in_the_order_they_came_whatever_the_sizes)
{
	static uint8_t chunk[300000];
	struct send_queue q = { 0 };
	struct random_seeded g;
	size_t in = 0, out = 0;

	random_seeded_init(&g, 1);
	for (int i = 0; i < 2000; i++) {
		struct random r = random_seeded_source(&g);
		size_t big = random_below(&r, 20) == 0 ? sizeof(chunk) : 600;
		size_t n = random_below(&r, big);

		for (size_t k = 0; k < n; k++)
			chunk[k] = pattern(in + k);
		assert_int_equal(
			send_queue_push(&q,
					(struct bytes[]){ BYTES(chunk, n / 3),
							  BYTES(chunk + n / 3, n - n / 3) },
					2),
			0);
		in += n;
		n = random_below(&r, size_min(q.n, sizeof(chunk)) + 1);
		send_queue_take(&q, chunk, n);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(chunk[k], pattern(out + k));
		out += n;
		assert_int_equal(q.n, in - out);
	}
	send_queue_clear(&q);
	assert_int_equal(q.n, 0);
	assert_null(q.first);
}

TESTS(RUN(an_empty_queue_holds_nothing), RUN(several_runs_become_one),
      RUN(bytes_leave_in_the_order_they_came_whatever_the_sizes))
