#include "peer/keeper.h"

#include "test.h"

static char a, b, c, d;

static struct mono at(uint64_t ms)
{
	return (struct mono){ (1000 + ms) * NS_PER_MS };
}

static struct keeper with(bool is_us, void *first, void *second)
{
	struct keeper k;

	keeper_init(&k, is_us);
	assert_int_equal(keeper_add(&k, first, 0), 0);
	if (second)
		assert_int_equal(keeper_add(&k, second, 0), 0);
	return k;
}

#define assert_step(k, now, w, l)                                                                  \
	do {                                                                                       \
		struct keeper_step _s = keeper_next(k, now);                                       \
		assert_int_equal(_s.what, w);                                                      \
		assert_ptr_equal(_s.link, l);                                                      \
	} while (0)
#define assert_rest(k, now) assert_step(k, now, KEEPER_REST, NULL)

TEST(one_link_needs_no_keeping)
{
	struct keeper k = with(true, &a, NULL);

	assert_rest(&k, at(0));
	assert_ptr_equal(keeper_primary(&k), &a);
	assert_true(mono_is_never(keeper_deadline(&k)));
	keeper_on_pong(&k, &a);
	assert_rest(&k, at(0));
	keeper_remove(&k, &a);
	assert_null(keeper_primary(&k));
	assert_rest(&k, at(0));
}

TEST(the_newer_of_two_links_that_answer_is_closed)
{
	struct keeper k = with(true, &a, &b);

	assert_step(&k, at(0), KEEPER_PING, &a);
	keeper_pinged(&k, false);
	assert_rest(&k, at(0));
	assert_int_equal(keeper_deadline(&k).ns, at(LIMIT_SETTLE_MS).ns);
	keeper_on_pong(&k, &b);
	assert_rest(&k, at(1));
	keeper_on_pong(&k, &a);
	assert_step(&k, at(1), KEEPER_CLOSE_DUPLICATE, &b);
	assert_rest(&k, at(1));
	assert_ptr_equal(keeper_primary(&k), &a);
	assert_true(mono_is_never(keeper_deadline(&k)));
	/* It is out already: that its end is reported later changes nothing. */
	keeper_remove(&k, &b);
	assert_rest(&k, at(2));
}

TEST(who_is_not_the_keeper_closes_nothing_and_writes_on_the_oldest)
{
	struct keeper k = with(false, &a, &b);

	assert_rest(&k, at(0));
	keeper_on_pong(&k, &a);
	assert_rest(&k, at(100000));
	assert_ptr_equal(keeper_primary(&k), &a);
	keeper_remove(&k, &a);
	assert_ptr_equal(keeper_primary(&k), &b);
}

TEST(a_silent_primary_gives_way_to_the_next_oldest)
{
	struct keeper k = with(true, &a, &b);

	assert_int_equal(keeper_add(&k, &c, 0), 0);
	assert_step(&k, at(0), KEEPER_PING, &a);
	keeper_pinged(&k, false);
	assert_rest(&k, at(LIMIT_SETTLE_MS - 1));
	assert_step(&k, at(LIMIT_SETTLE_MS), KEEPER_CLOSE_SILENT, &a);
	assert_ptr_equal(keeper_primary(&k), &b);
	assert_step(&k, at(LIMIT_SETTLE_MS), KEEPER_PING, &b);
	keeper_pinged(&k, false);
	assert_int_equal(keeper_deadline(&k).ns, at(2 * LIMIT_SETTLE_MS).ns);
	keeper_on_pong(&k, &b);
	assert_step(&k, at(6000), KEEPER_CLOSE_DUPLICATE, &c);
	assert_rest(&k, at(6000));
}

TEST(the_last_link_is_never_closed)
{
	struct keeper k = with(true, &a, &b);

	assert_step(&k, at(0), KEEPER_PING, &a);
	keeper_pinged(&k, false);
	assert_step(&k, at(LIMIT_SETTLE_MS), KEEPER_CLOSE_SILENT, &a);
	assert_rest(&k, at(LIMIT_SETTLE_MS));
	assert_rest(&k, at(1000000));
	assert_ptr_equal(keeper_primary(&k), &b);
}

TEST(a_pong_to_a_ping_from_before_the_arrival_proves_nothing)
{
	struct keeper k = with(true, &a, &b);

	assert_step(&k, at(0), KEEPER_PING, &a);
	keeper_pinged(&k, true);
	keeper_on_pong(&k, &a);
	assert_step(&k, at(3), KEEPER_PING, &a);
	keeper_pinged(&k, false);
	/* The time for it is still that of the first question. */
	assert_int_equal(keeper_deadline(&k).ns, at(LIMIT_SETTLE_MS).ns);
	keeper_on_pong(&k, &a);
	assert_step(&k, at(4), KEEPER_CLOSE_DUPLICATE, &b);
}

TEST(each_arrival_asks_again)
{
	struct keeper k = with(true, &a, &b);

	assert_step(&k, at(0), KEEPER_PING, &a);
	keeper_pinged(&k, false);
	assert_int_equal(keeper_add(&k, &c, 0), 0);
	assert_step(&k, at(10), KEEPER_PING, &a);
	keeper_pinged(&k, true);
	keeper_on_pong(&k, &a);
	assert_step(&k, at(20), KEEPER_PING, &a);
	keeper_pinged(&k, false);
	keeper_on_pong(&k, &a);
	assert_step(&k, at(30), KEEPER_CLOSE_DUPLICATE, &b);
	assert_step(&k, at(30), KEEPER_CLOSE_DUPLICATE, &c);
	assert_rest(&k, at(30));
}

TEST(a_link_that_is_going_is_left_alone_and_written_on_no_more)
{
	struct keeper k = with(true, &a, &b);

	keeper_going(&k, &a);
	assert_ptr_equal(keeper_primary(&k), &b);
	assert_step(&k, at(0), KEEPER_PING, &b);
	keeper_pinged(&k, false);
	keeper_on_pong(&k, &b);
	assert_rest(&k, at(1));
	keeper_going(&k, &b);
	assert_null(keeper_primary(&k));
	assert_rest(&k, at(1));
}

TEST(when_the_primary_ends_while_it_is_asked_the_next_one_is_asked)
{
	struct keeper k = with(true, &a, &b);

	assert_int_equal(keeper_add(&k, &c, 0), 0);
	assert_step(&k, at(0), KEEPER_PING, &a);
	keeper_pinged(&k, false);
	keeper_remove(&k, &a);
	assert_step(&k, at(1), KEEPER_PING, &b);
	keeper_pinged(&k, false);
	/* And when only one is left nothing is asked. */
	keeper_remove(&k, &c);
	assert_true(mono_is_never(keeper_deadline(&k)));
	assert_rest(&k, at(LIMIT_SETTLE_MS * 3));
}

TEST(links_of_a_former_incarnation_are_not_written_on)
{
	for (int us = 0; us < 2; us++) {
		struct keeper k;

		keeper_init(&k, us);
		assert_int_equal(keeper_add(&k, &a, 7), 0);
		assert_int_equal(keeper_add(&k, &b, 8), 0);
		assert_int_equal(keeper_add(&k, &c, 8), 0);
		assert_ptr_equal(keeper_primary(&k), &b);
		if (!us)
			continue;
		assert_step(&k, at(0), KEEPER_PING, &b);
		keeper_pinged(&k, false);
		keeper_on_pong(&k, &b);
		assert_step(&k, at(0), KEEPER_CLOSE_DUPLICATE, &a);
		assert_step(&k, at(0), KEEPER_CLOSE_DUPLICATE, &c);
		assert_rest(&k, at(0));
	}
}

TEST(no_more_links_than_the_maximum_are_held)
{
	char many[LIMIT_LINKS_PER_PEER];
	struct keeper k;

	keeper_init(&k, true);
	for (size_t i = 0; i < LIMIT_LINKS_PER_PEER; i++)
		assert_int_equal(keeper_add(&k, &many[i], 0), 0);
	assert_int_equal(keeper_add(&k, &d, 0), -ENOSPC);
	/* Strangers to it are ignored. */
	keeper_remove(&k, &d);
	keeper_going(&k, &d);
	assert_int_equal(k.n, LIMIT_LINKS_PER_PEER);
}

TESTS(RUN(one_link_needs_no_keeping), RUN(the_newer_of_two_links_that_answer_is_closed),
      RUN(who_is_not_the_keeper_closes_nothing_and_writes_on_the_oldest),
      RUN(a_silent_primary_gives_way_to_the_next_oldest), RUN(the_last_link_is_never_closed),
      RUN(a_pong_to_a_ping_from_before_the_arrival_proves_nothing), RUN(each_arrival_asks_again),
      RUN(a_link_that_is_going_is_left_alone_and_written_on_no_more),
      RUN(when_the_primary_ends_while_it_is_asked_the_next_one_is_asked),
      RUN(links_of_a_former_incarnation_are_not_written_on),
      RUN(no_more_links_than_the_maximum_are_held))
