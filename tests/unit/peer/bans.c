#include "test.h"

#include "peer/bans.h"

static struct bans bans;

static struct peer_id id_of(unsigned n)
{
	struct peer_id id = { .n = 34, .b = { 0x12, 0x20 } };

	memcpy(id.b + 2, &n, sizeof(n));
	return id;
}

static struct wall at(int64_t s)
{
	return (struct wall){ s * (int64_t)NS_PER_S };
}

static int add(unsigned n, struct wall until, struct wall now)
{
	struct peer_id id = id_of(n);

	return bans_add(&bans, &id, until, now);
}

static const struct ban *find(unsigned n, struct wall now)
{
	struct peer_id id = id_of(n);

	return bans_find(&bans, &id, now);
}

static bool remove_ban(unsigned n, struct wall now)
{
	struct peer_id id = id_of(n);

	return bans_remove(&bans, &id, now);
}

TEST(a_ban_stands_until_its_end_and_not_a_moment_longer)
{
	bans_init(&bans);
	assert_null(find(1, at(0)));
	assert_int_equal(add(1, at(100), at(0)), 0);
	assert_non_null(find(1, at(99)));
	assert_null(find(1, at(100)));
	assert_null(find(2, at(0)));
}

TEST(one_for_ever_has_no_end)
{
	bans_init(&bans);
	assert_int_equal(add(1, BAN_FOREVER, at(0)), 0);
	assert_true(ban_is_forever(find(1, (struct wall){ INT64_MAX })));
}

TEST(a_second_ban_moves_the_end_of_the_first)
{
	bans_init(&bans);
	assert_int_equal(add(1, at(100), at(0)), 0);
	assert_int_equal(add(2, at(100), at(0)), 0);
	assert_int_equal(add(1, at(50), at(0)), 0);
	assert_int_equal(bans.n, 2);
	assert_null(find(1, at(60)));
	assert_non_null(find(2, at(60)));
}

TEST(what_is_removed_is_gone_and_the_others_stay)
{
	bans_init(&bans);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(add(i, at(100 * i), at(0)), 0);
	assert_true(remove_ban(2, at(0)));
	assert_false(remove_ban(2, at(0)));
	assert_non_null(find(1, at(0)));
	assert_null(find(2, at(0)));
	assert_non_null(find(3, at(0)));
	/* One that is over was none. */
	assert_false(remove_ban(1, at(200)));
	assert_int_equal(bans.n, 1);
}

TEST(the_table_is_bounded_and_bans_that_are_over_make_room)
{
	bans_init(&bans);
	for (unsigned i = 0; i < LIMIT_BANS; i++)
		assert_int_equal(add(i, at(i % 2 ? 100 : 200), at(0)), 0);
	assert_int_equal(add(LIMIT_BANS, at(500), at(50)), -ENOSPC);
	assert_int_equal(add(0, at(500), at(50)), 0);
	assert_int_equal(add(LIMIT_BANS, at(500), at(100)), 0);
	assert_int_equal(bans.n, LIMIT_BANS / 2 + 1);
	bans_expire(&bans, at(200));
	assert_int_equal(bans.n, 2);
	assert_non_null(find(0, at(200)));
	assert_non_null(find(LIMIT_BANS, at(200)));
}

TESTS(RUN(a_ban_stands_until_its_end_and_not_a_moment_longer), RUN(one_for_ever_has_no_end),
      RUN(a_second_ban_moves_the_end_of_the_first),
      RUN(what_is_removed_is_gone_and_the_others_stay),
      RUN(the_table_is_bounded_and_bans_that_are_over_make_room))
