#include "base/map.h"

#include <stdio.h>

#include "test.h"

struct item {
	char key[32];
	struct map_node node;
	bool seen;
};

static struct bytes key_of(const struct item *it)
{
	return bytes_of_text(it->key);
}

static struct item *items_new(size_t n)
{
	struct item *items = calloc(n, sizeof(*items));

	assert_non_null(items);
	for (size_t i = 0; i < n; i++)
		snprintf(items[i].key, sizeof(items[i].key), "key %zu", i);
	return items;
}

TEST(an_empty_map_has_nothing_and_no_memory)
{
	struct map m;

	map_init(&m, 1, 10);
	assert_null(map_find(&m, BYTES_LITERAL("x")));
	assert_null(map_first(&m));
	assert_null(m.buckets);
	map_deinit(&m);
}

TEST(what_was_put_is_found_until_it_is_removed)
{
	struct item *items = items_new(1000);
	struct map m;

	map_init(&m, 42, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(map_put(&m, &items[i].node, key_of(&items[i])), 0);
	for (size_t i = 0; i < 1000; i += 2)
		map_remove(&m, &items[i].node);
	for (size_t i = 0; i < 1000; i++) {
		struct map_node *node = map_find(&m, key_of(&items[i]));

		if (i % 2 == 0)
			assert_null(node);
		else
			assert_ptr_equal(container_of(node, struct item, node), &items[i]);
	}
	assert_int_equal(m.n, 500);
	map_deinit(&m);
	free(items);
}

TEST(a_key_is_in_once)
{
	struct item *items = items_new(2);
	struct map m;

	map_init(&m, 1, 10);
	assert_int_equal(map_put(&m, &items[0].node, BYTES_LITERAL("same")), 0);
	assert_int_equal(map_put(&m, &items[1].node, BYTES_LITERAL("same")), -EEXIST);
	assert_null(items[1].node.key.p);
	assert_int_equal(m.n, 1);
	map_deinit(&m);
	free(items);
}

TEST(a_full_map_takes_nothing_more)
{
	struct item *items = items_new(4);
	struct map m;

	map_init(&m, 1, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(map_put(&m, &items[i].node, key_of(&items[i])), 0);
	assert_int_equal(map_put(&m, &items[3].node, key_of(&items[3])), -ENOSPC);
	map_remove(&m, &items[0].node);
	assert_int_equal(map_put(&m, &items[3].node, key_of(&items[3])), 0);
	map_deinit(&m);
	free(items);
}

TEST(removal_is_safe_for_what_is_in_no_map)
{
	struct item *items = items_new(2);
	struct map m;

	map_init(&m, 1, 10);
	map_remove(&m, &items[0].node);
	assert_int_equal(map_put(&m, &items[0].node, key_of(&items[0])), 0);
	map_remove(&m, &items[1].node);
	map_remove(&m, &items[0].node);
	map_remove(&m, &items[0].node);
	assert_int_equal(m.n, 0);
	map_deinit(&m);
	free(items);
}

TEST(a_walk_meets_everything_once_and_may_remove_behind_itself)
{
	struct item *items = items_new(300);
	struct map_node *node, *next;
	struct map m;
	size_t n = 0;

	map_init(&m, 7, 300);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(map_put(&m, &items[i].node, key_of(&items[i])), 0);
	for (node = map_first(&m); node; node = next) {
		struct item *it = container_of(node, struct item, node);

		assert_false(it->seen);
		it->seen = true;
		n++;
		next = map_next(&m, node);
		map_remove(&m, node);
	}
	assert_int_equal(n, 300);
	assert_int_equal(m.n, 0);
	map_deinit(&m);
	free(items);
}

TEST(the_seed_decides_the_hash)
{
	const uint64_t a[2] = { 1, 2 }, b[2] = { 1, 3 };
	struct bytes key = BYTES_LITERAL("a key of some length");

	assert_true(map_hash(a, key) == map_hash(a, key));
	assert_true(map_hash(a, key) != map_hash(b, key));
	/* Length is part of it, zeroes or not. */
	assert_true(map_hash(a, BYTES_LITERAL("\0")) != map_hash(a, BYTES_LITERAL("\0\0")));
	assert_true(map_hash(a, BYTES(NULL, 0)) != map_hash(b, BYTES(NULL, 0)));
}

TESTS(RUN(an_empty_map_has_nothing_and_no_memory), RUN(what_was_put_is_found_until_it_is_removed),
      RUN(a_key_is_in_once), RUN(a_full_map_takes_nothing_more),
      RUN(removal_is_safe_for_what_is_in_no_map),
      RUN(a_walk_meets_everything_once_and_may_remove_behind_itself),
      RUN(the_seed_decides_the_hash))
