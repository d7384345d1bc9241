/* Proves that what goes in comes out, in order, whatever pieces it is taken in, and that everything
 * held is counted. */

#include "test.h"

#include "base/random.h"
#include "share/outbox.h"

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

	outbox_init(&o, 1 << 20);
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
	outbox_init(&a, 1 << 20);
	outbox_init(&b, 1 << 20);
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

	outbox_init(&o, 1 << 20);
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

	outbox_init(&o, 1000);
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

	outbox_init(&o, 1 << 20);
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
	outbox_init(&o, 1 << 20);
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
		assert_true(o.held >= n_in);
		assert_true(o.held <= n_in + o.n * OUTBOX_PIECE_COST);
	}
	outbox_deinit(&o);
}

TESTS(RUN(small_things_join_into_one_piece),
      RUN(large_things_are_referenced_until_they_are_written), RUN(an_empty_outbox_holds_no_memory),
      RUN(there_is_room_for_what_stays_below_the_maximum_with_its_reserve),
      RUN(what_was_copied_last_can_be_taken_back), RUN(a_long_random_run_comes_out_as_it_went_in))
