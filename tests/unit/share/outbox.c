/* Proves that what goes in comes out, in order, whatever pieces it is taken in, and that everything
 * held is counted. */

#include "test.h"

#include "base/random.h"
#include "share/outbox.h"

static struct shared_pool pool = { .size = OUTBOX_BLOCK };

static void put(struct outbox *o, const void *p, size_t n)
{
	uint8_t *at;

	assert_int_equal(outbox_begin(o, n, &at), 0);
	memcpy(at, p, n);
	outbox_end(o, n);
}

TEST(small_things_join_into_one_piece)
{
	struct outbox o;
	struct bytes v[4];

	outbox_init(&o, 1 << 20, &pool);
	put(&o, "PING\r\n", 6);
	put(&o, "PONG\r\n", 6);
	assert_int_equal(outbox_gather(&o, v, 4), 1);
	assert_bytes(v[0], "PING\r\nPONG\r\n");
	assert_int_equal(o.held, 12 + OUTBOX_PIECE_COST);
	outbox_deinit(&o);
}

TEST(large_things_are_referenced_until_they_are_written)
{
	struct shared_bytes *body = shared_bytes_copy(BYTES_LITERAL("0123456789"));
	struct outbox a, b;
	struct bytes v[4];

	assert_non_null(body);
	outbox_init(&a, 1 << 20, &pool);
	outbox_init(&b, 1 << 20, &pool);
	put(&a, "A", 1);
	assert_int_equal(outbox_share(&a, body, BYTES(body->data, 10)), 0);
	put(&a, "Z", 1);
	assert_int_equal(outbox_share(&b, body, BYTES(body->data + 4, 6)), 0);
	assert_int_equal(body->n_refs, 3);
	assert_int_equal(outbox_gather(&a, v, 4), 3);
	assert_ptr_equal(v[1].p, body->data);
	assert_int_equal(outbox_gather(&b, v, 4), 1);
	assert_bytes(v[0], "456789");
	outbox_sent(&a, 5);
	assert_int_equal(outbox_gather(&a, v, 4), 2);
	assert_bytes(v[0], "456789");
	outbox_sent(&a, 6);
	assert_int_equal(body->n_refs, 2);
	outbox_deinit(&a);
	outbox_deinit(&b);
	assert_int_equal(body->n_refs, 1);
	shared_bytes_unref(body);
}

TEST(an_empty_outbox_holds_no_memory)
{
	struct outbox o;

	outbox_init(&o, 1 << 20, &pool);
	put(&o, "x", 1);
	outbox_sent(&o, 1);
	assert_true(outbox_is_empty(&o));
	assert_int_equal(o.held, 0);
	assert_null(o.ring);
	assert_null(o.block);
}

TEST(there_is_room_for_what_stays_below_the_maximum_with_its_reserve)
{
	struct outbox o;

	outbox_init(&o, 1000, &pool);
	assert_true(outbox_has_room(&o, 1000 - 3 * OUTBOX_PIECE_COST, 0));
	assert_false(outbox_has_room(&o, 1001 - 3 * OUTBOX_PIECE_COST, 0));
	assert_false(outbox_has_room(&o, 1000 - 3 * OUTBOX_PIECE_COST, 1));
	assert_false(outbox_has_room(&o, 5000, 0));
	put(&o, "0123456789", 10);
	assert_false(outbox_has_room(&o, 1000 - 4 * OUTBOX_PIECE_COST, 0));
	outbox_deinit(&o);
}

TEST(what_was_copied_last_can_be_taken_back)
{
	struct outbox o;
	struct bytes v[4];

	outbox_init(&o, 1 << 20, &pool);
	put(&o, "keep", 4);
	put(&o, "drop", 4);
	outbox_take_back(&o, 4);
	assert_int_equal(outbox_gather(&o, v, 4), 1);
	assert_bytes(v[0], "keep");
	outbox_take_back(&o, 0);
	outbox_take_back(&o, 4);
	assert_true(outbox_is_empty(&o));
	assert_int_equal(o.held, 0);
	outbox_deinit(&o);
}

TEST(runs_behind_one_another_are_one_piece_and_their_block_counts_once)
{
	struct shared_bytes *block = shared_bytes_new(1000);
	struct outbox o;
	struct bytes v[4];

	assert_non_null(block);
	outbox_init(&o, 1 << 20, &pool);
	assert_int_equal(outbox_share(&o, block, BYTES(block->data, 100)), 0);
	assert_int_equal(outbox_share(&o, block, BYTES(block->data + 100, 50)), 0);
	assert_int_equal(o.n, 1);
	assert_int_equal(o.held, 1000 + OUTBOX_PIECE_COST);
	assert_int_equal(o.waiting, 150);
	assert_int_equal(outbox_share(&o, block, BYTES(block->data + 300, 50)), 0);
	assert_int_equal(o.n, 2);
	assert_int_equal(o.held, 1000 + 2 * OUTBOX_PIECE_COST);
	assert_int_equal(outbox_gather(&o, v, 4), 2);
	assert_ptr_equal(v[0].p, block->data);
	assert_int_equal(v[0].n, 150);
	assert_ptr_equal(v[1].p, block->data + 300);
	outbox_sent(&o, 149);
	assert_int_equal(o.held, 1000 + 2 * OUTBOX_PIECE_COST);
	outbox_sent(&o, 1);
	assert_int_equal(o.held, OUTBOX_PIECE_COST);
	assert_int_equal(outbox_share(&o, block, BYTES(block->data + 400, 50)), 0);
	assert_int_equal(o.held, 1000 + 2 * OUTBOX_PIECE_COST);
	outbox_sent(&o, 100);
	assert_int_equal(o.held, 0);
	assert_int_equal(block->n_refs, 1);
	shared_bytes_unref(block);
	outbox_deinit(&o);
}

TEST(little_of_many_blocks_is_not_shared)
{
	struct shared_bytes *blocks[20];
	struct outbox o;
	size_t n = 0;

	outbox_init(&o, 100000, &pool);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = shared_bytes_new(2000);
		assert_non_null(blocks[i]);
		if (!outbox_can_share(&o, blocks[i], 10, 0))
			continue;
		assert_int_equal(outbox_share(&o, blocks[i], BYTES(blocks[i]->data, 10)), 0);
		n++;
	}
	assert_int_equal(n, 6); /* an eighth of the maximum */
	assert_int_equal(o.held, 6 * (2000 + OUTBOX_PIECE_COST));
	/* Whoever needs all of a block may have as many as there is room for. */
	assert_true(outbox_can_share(&o, blocks[19], 2000, 0));
	/* And more of the last one costs nothing. */
	assert_true(outbox_can_share(&o, blocks[5], 10, 0));
	assert_false(outbox_can_share(&o, blocks[19], 2000, 86000));
	outbox_deinit(&o);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		assert_int_equal(blocks[i]->n_refs, 1);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		shared_bytes_unref(blocks[i]);
}

/* A counter's bytes go in, in random sizes and both ways, and come out in random sizes. */
TEST(a_long_random_run_comes_out_as_it_went_in)
{
	struct random_seeded g;
	struct random random;
	struct outbox o;
	uint8_t in = 0, out = 0;
	size_t n_in = 0;

	random_seeded_init(&g, 3);
	random = random_seeded_source(&g);
	outbox_init(&o, 1 << 20, &pool);
	for (size_t turn = 0; turn < 3000; turn++) {
		size_t n = (size_t)random_below(&random, 3000);
		struct bytes v[5];
		size_t n_v, n_take;

		if (random_below(&random, 2) == 0) {
			struct shared_bytes *s = shared_bytes_new(n);

			assert_non_null(s);
			for (size_t i = 0; i < n; i++)
				s->data[i] = in++;
			assert_int_equal(outbox_share(&o, s, shared_bytes_data(s)), 0);
			shared_bytes_unref(s);
		} else {
			uint8_t *at;

			assert_int_equal(outbox_begin(&o, 3000, &at), 0);
			for (size_t i = 0; i < n; i++)
				at[i] = in++;
			outbox_end(&o, n);
		}
		n_in += n;
		n_v = outbox_gather(&o, v, ARRAY_SIZE(v));
		n_take = (size_t)random_below(&random, 5000);
		for (size_t i = 0, left = n_take; i < n_v; i++)
			for (size_t k = 0; k < v[i].n && left > 0; k++, left--)
				assert_int_equal(v[i].p[k], out++);
		n_take = size_min(n_take, n_in);
		for (size_t i = 0, total = 0; i < n_v; i++) {
			total += v[i].n;
			if (i + 1 == n_v)
				n_take = size_min(n_take, total);
		}
		if (n_v == 0)
			n_take = 0;
		outbox_sent(&o, n_take);
		n_in -= n_take;
		assert_int_equal(o.waiting, n_in);
		assert_true(o.held >= n_in);
		assert_true(o.held <= n_in + o.n * OUTBOX_PIECE_COST + 3000);
	}
	outbox_deinit(&o);
}

TEST(what_is_cut_off_its_end_is_neither_sent_nor_counted)
{
	struct shared_bytes *body = shared_bytes_copy(BYTES_LITERAL("0123456789"));
	struct outbox o;
	struct bytes v[4];
	size_t held;

	assert_non_null(body);
	outbox_init(&o, 1 << 20, &pool);
	put(&o, "abc", 3);
	held = o.held;
	assert_int_equal(outbox_share(&o, body, BYTES(body->data, 4)), 0);
	put(&o, "def", 3);
	assert_int_equal(outbox_share(&o, body, BYTES(body->data + 4, 6)), 0);
	outbox_cut(&o, 5); /* in the middle of what is shared */
	assert_int_equal(o.waiting, 5);
	assert_int_equal(body->n_refs, 2);
	put(&o, "!", 1);
	assert_int_equal(outbox_gather(&o, v, 4), 3);
	assert_bytes(v[0], "abc");
	assert_bytes(v[1], "01");
	assert_bytes(v[2], "!");
	outbox_cut(&o, 3);
	assert_int_equal(o.held, held);
	assert_int_equal(o.charges + o.runs, 0);
	assert_null(o.charged);
	outbox_cut(&o, 1);
	assert_int_equal(o.held, held - 2);
	outbox_cut(&o, 0);
	assert_true(outbox_is_empty(&o));
	assert_int_equal(o.held, 0);
	assert_null(o.ring);
	outbox_deinit(&o);
	assert_int_equal(body->n_refs, 1);
	shared_bytes_unref(body);
}

TESTS(RUN(small_things_join_into_one_piece),
      RUN(large_things_are_referenced_until_they_are_written), RUN(an_empty_outbox_holds_no_memory),
      RUN(there_is_room_for_what_stays_below_the_maximum_with_its_reserve),
      RUN(what_was_copied_last_can_be_taken_back),
      RUN(runs_behind_one_another_are_one_piece_and_their_block_counts_once),
      RUN(little_of_many_blocks_is_not_shared),
      RUN(what_is_cut_off_its_end_is_neither_sent_nor_counted),
      RUN(a_long_random_run_comes_out_as_it_went_in))
