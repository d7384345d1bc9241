#include "base/buf.h"

#include "test.h"

TEST(an_empty_buffer_has_no_data_and_no_memory)
{
	struct buf b;

	buf_init(&b, 10);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_data(&b).n, 0);
	assert_int_equal(buf_room(&b), 10);
	assert_null(b.mem);
	buf_deinit(&b);
}

TEST(what_goes_in_comes_out_in_order)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(buf_append(&b, "hello ", 6), 0);
	assert_int_equal(buf_append(&b, NULL, 0), 0);
	assert_int_equal(buf_append(&b, "world", 5), 0);
	assert_bytes(buf_data(&b), "hello world");
	buf_consume(&b, 6);
	assert_bytes(buf_data(&b), "world");
	buf_consume(&b, 5);
	assert_int_equal(buf_len(&b), 0);
	buf_deinit(&b);
}

TEST(the_maximum_is_of_what_is_held)
{
	struct buf b;

	buf_init(&b, 4);
	assert_int_equal(buf_append(&b, "12345", 5), -ENOBUFS);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_append(&b, "1234", 4), 0);
	assert_int_equal(buf_append(&b, "5", 1), -ENOBUFS);
	assert_bytes(buf_data(&b), "1234");
	buf_consume(&b, 2);
	assert_int_equal(buf_append(&b, "56", 2), 0);
	assert_bytes(buf_data(&b), "3456");
	assert_int_equal(buf_room(&b), 0);
	buf_deinit(&b);
}

TEST(reserved_room_counts_when_committed)
{
	uint8_t *at;
	struct buf b;

	buf_init(&b, 8);
	assert_int_equal(buf_append(&b, "ab", 2), 0);
	assert_int_equal(buf_reserve(&b, 6, &at), 0);
	memcpy(at, "cdefgh", 6);
	assert_int_equal(buf_len(&b), 2);
	buf_commit(&b, 3);
	assert_bytes(buf_data(&b), "abcde");
	assert_int_equal(buf_reserve(&b, 4, &at), -ENOBUFS);
	buf_deinit(&b);
}

/* Whatever the sizes, content survives moving and growing. */
TEST(a_long_run_through_a_small_buffer_keeps_every_byte)
{
	uint8_t in = 0, out = 0;
	struct random_model {
		unsigned int state;
	} model = { 1 };
	struct buf b;

	buf_init(&b, 3000);
	for (int round = 0; round < 2000; round++) {
		uint8_t piece[700];
		size_t n;

		model.state = model.state * 1103515245u + 12345u;
		n = (model.state >> 16) % sizeof(piece);
		for (size_t i = 0; i < n; i++)
			piece[i] = (uint8_t)(in + i);
		if (buf_append(&b, piece, n) == 0)
			in = (uint8_t)(in + n);
		n = size_min((model.state >> 8) % 700, buf_len(&b));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(buf_data(&b).p[i], (uint8_t)(out + i));
		out = (uint8_t)(out + n);
		buf_consume(&b, n);
		assert_true(buf_len(&b) <= 3000);
	}
	buf_deinit(&b);
}

TEST(an_emptied_buffer_gives_large_memory_back)
{
	static uint8_t big[200 * 1024];
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(buf_append(&b, big, sizeof(big)), 0);
	buf_consume(&b, sizeof(big));
	assert_null(b.mem);
	assert_int_equal(b.cap, 0);
	/* A small one keeps its memory for the next message. */
	assert_int_equal(buf_append(&b, big, 100), 0);
	buf_clear(&b);
	assert_non_null(b.mem);
	assert_int_equal(buf_append(&b, "x", 1), 0);
	assert_bytes(buf_data(&b), "x");
	buf_deinit(&b);
	assert_int_equal(buf_room(&b), 1 << 20);
}

TEST(memory_grows_with_what_is_held_and_not_with_the_maximum)
{
	struct buf b;

	buf_init(&b, 1 << 30);
	assert_int_equal(buf_append(&b, "x", 1), 0);
	assert_true(b.cap <= 256);
	buf_deinit(&b);
}

TEST(what_is_behind_a_cut_is_gone)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(buf_append(&b, "abcdef", 6), 0);
	buf_consume(&b, 1);
	buf_cut(&b, 3);
	assert_memory_equal(buf_data(&b).p, "bcd", 3);
	assert_int_equal(buf_len(&b), 3);
	assert_int_equal(buf_append(&b, "xy", 2), 0);
	assert_memory_equal(buf_data(&b).p, "bcdxy", 5);
	buf_cut(&b, 0);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_room(&b), 100);
	buf_deinit(&b);
}

TESTS(RUN(what_is_behind_a_cut_is_gone), RUN(an_empty_buffer_has_no_data_and_no_memory),
      RUN(what_goes_in_comes_out_in_order), RUN(the_maximum_is_of_what_is_held),
      RUN(reserved_room_counts_when_committed),
      RUN(a_long_run_through_a_small_buffer_keeps_every_byte),
      RUN(an_emptied_buffer_gives_large_memory_back),
      RUN(memory_grows_with_what_is_held_and_not_with_the_maximum))
