#include "streams_world.h"

#include "route/gossip_priv.h"
#include "route/streams_priv.h"

#define BURST 200

static void publish_burst(struct gnode *n)
{
	for (uint32_t i = 0; i < BURST; i++)
		node_publish(n, i, 64);
}

static bool is_at_work(void *user)
{
	const struct gnode *n = user;

	return !list_is_empty(&n->gossip->jobs);
}

static void assert_all_once(const struct gnode *n)
{
	for (size_t i = 0; i < BURST; i++)
		assert_int_equal(n->got[i], 1);
}

TEST(many_signatures_at_once_are_checked_by_the_workers)
{
	struct gnode *a, *b;

	world_begin(1);
	two_nodes(&a, &b);
	publish_burst(a);
	assert_true(world_run_until(w, is_at_work, b, 10000));
	assert_true(engine_counts(b).waiting > 0);
	world_run_for(w, 2000);
	assert_true(list_is_empty(&b->gossip->jobs));
	assert_int_equal(engine_counts(b).waiting, 0);
	assert_all_once(b);
	world_end();
}

TEST(a_message_or_two_are_no_work_for_them)
{
	struct gnode *a, *b;

	world_begin(1);
	two_nodes(&a, &b);
	node_publish(a, 0, 64);
	assert_false(world_run_until(w, is_at_work, b, 2000));
	assert_int_equal(b->got[0], 1);
	world_end();
}

TEST(work_that_is_under_way_outlives_the_streams)
{
	struct gnode *a, *b;

	world_begin(1);
	two_nodes(&a, &b);
	publish_burst(a);
	assert_true(world_run_until(w, is_at_work, b, 10000));
	/* What is done now belongs to nobody. */
	workers_stop(b->gossip);
	assert_true(list_is_empty(&b->gossip->jobs));
	check_stop(b->gossip->engine);
	world_run_for(w, 2000);
	assert_true(b->n_got < BURST);
	world_end();
}

TESTS(RUN(many_signatures_at_once_are_checked_by_the_workers),
      RUN(a_message_or_two_are_no_work_for_them), RUN(work_that_is_under_way_outlives_the_streams))
