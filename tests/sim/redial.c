/* A managed peer that goes away: how it is noticed, and when it is dialled again. */

#include "sim/sim.h"
#include "unit/test.h"

#define EAGER_MS 120000
#define INTERVAL_MS 30000

struct scene {
	struct sim *sim;
	struct world *w;
	struct sim_node *a, *b;
	struct mono gone_at;
};

static bool has_link(void *user)
{
	struct scene *s = user;

	return node_n_links(sim_node_node(s->a)) == 1;
}

static bool has_no_link(void *user)
{
	return !has_link(user);
}

static void scene_open(struct scene *s, uint64_t seed)
{
	s->sim = sim_new(seed);
	s->w = sim_world(s->sim);
	s->a = sim_node_new(s->sim, "10.0.0.1");
	s->b = sim_node_new(s->sim, "10.0.0.2");
	sim_node_knows(s->a, s->b);
	sim_node_start(s->a);
	sim_node_start(s->b);
	assert_true(world_run_until(s->w, has_link, s, 10000));
	world_run_for(s->w, 5000);
}

static bool contains(const struct sim_event *e, const char *text)
{
	return strstr(e->json, text) != NULL;
}

static void check_interval(uint64_t ms, uint64_t want_ms)
{
	assert_in_range(ms, want_ms * 9 / 10 - 20, want_ms * 11 / 10 + 20);
}

TEST(a_killed_peer_is_dialled_every_five_seconds_and_after_two_minutes_every_thirty)
{
	struct scene s;
	const struct sim_event *e;
	struct mono last;
	size_t n = 0;

	scene_open(&s, 1);
	sim_node_kill(s.b);
	s.gone_at = last = world_now(s.w);
	world_run_for(s.w, EAGER_MS + 20 * INTERVAL_MS);

	e = sim_node_event(s.a, "link_down", 0);
	assert_non_null(e);
	assert_true(contains(e, "\"reason\":\"network\""));
	for (; (e = sim_node_event(s.a, "dial_failed", n)); n++) {
		uint64_t since = mono_since_ms(s.gone_at, last);

		if (since < EAGER_MS - 6000)
			check_interval(mono_since_ms(last, e->at), 5000);
		else if (since > EAGER_MS + 6000)
			check_interval(mono_since_ms(last, e->at), INTERVAL_MS);
		last = e->at;
	}
	assert_in_range(n, 24 - 3 + 18, 24 + 3 + 23);
	sim_free(s.sim);
}

TEST(a_restarted_peer_is_linked_again_within_the_next_dial)
{
	struct scene s;
	struct mono back_at;

	scene_open(&s, 2);
	sim_node_kill(s.b);
	world_run_for(s.w, 20000);
	assert_int_equal(node_n_links(sim_node_node(s.a)), 0);
	sim_node_start(s.b);
	back_at = world_now(s.w);
	assert_true(world_run_until(s.w, has_link, &s, 10000));
	assert_true(mono_since_ms(back_at, world_now(s.w)) <= 5600);
	assert_int_equal(world_connections(s.w, sim_node_loop(s.a), sim_node_loop(s.b)), 1);

	world_run_for(s.w, 1000);
	sim_node_stop(s.b);
	assert_true(world_run_until(s.w, has_no_link, &s, 5000));
	world_run_for(s.w, EAGER_MS + 60000); /* the eager time begins anew with each loss */
	sim_node_start(s.b);
	assert_true(world_run_until(s.w, has_link, &s, INTERVAL_MS * 11 / 10 + 1000));
	sim_free(s.sim);
}

TEST(an_orderly_end_is_told_as_a_shutdown)
{
	struct scene s;
	const struct sim_event *e;

	scene_open(&s, 3);
	sim_node_stop(s.b);
	assert_true(world_run_until(s.w, has_no_link, &s, 5000));
	world_run_for(s.w, 3000);
	assert_false(sim_node_is_running(s.b));
	e = sim_node_event(s.b, "link_down", 0);
	assert_non_null(e);
	assert_true(contains(e, "\"reason\":\"shutdown\"") && contains(e, "\"by\":\"us\""));
	e = sim_node_event(s.a, "link_down", 0);
	assert_non_null(e);
	assert_true(contains(e, "\"by\":\"them\""));
	sim_free(s.sim);
}

TEST(a_silent_peer_is_given_up_after_an_unanswered_ping)
{
	struct scene s;
	const struct sim_event *e;

	scene_open(&s, 4);
	sim_node_cut(s.b);
	s.gone_at = world_now(s.w);
	assert_true(world_run_until(s.w, has_no_link, &s, 60000));
	assert_in_range(mono_since_ms(s.gone_at, world_now(s.w)), 20000, 36000);
	e = sim_node_event(s.a, "link_down", 0);
	assert_non_null(e);
	assert_true(contains(e, "liveness_timeout"));
	sim_free(s.sim);
}

TEST(a_peer_that_comes_back_during_the_silence_replaces_its_dead_link)
{
	struct scene s;

	scene_open(&s, 5);
	sim_node_knows(s.b, s.a);
	sim_node_cut(s.b);
	world_run_for(s.w, 2000);
	sim_node_start(s.b);
	world_run_for(s.w, 60000);
	assert_int_equal(node_n_links(sim_node_node(s.a)), 1);
	assert_int_equal(node_n_links(sim_node_node(s.b)), 1);
	assert_int_equal(world_connections(s.w, sim_node_loop(s.a), sim_node_loop(s.b)), 1);
	sim_free(s.sim);
}

TEST(a_split_network_heals)
{
	struct scene s;

	scene_open(&s, 6);
	world_block(s.w, sim_node_loop(s.a), sim_node_loop(s.b), true);
	world_run_for(s.w, 10 * 60000);
	assert_int_equal(node_n_links(sim_node_node(s.a)), 0);
	assert_int_equal(node_n_links(sim_node_node(s.b)), 0);
	world_block(s.w, sim_node_loop(s.a), sim_node_loop(s.b), false);
	world_run_for(s.w, 60000);
	assert_int_equal(node_n_links(sim_node_node(s.a)), 1);
	assert_int_equal(node_n_links(sim_node_node(s.b)), 1);
	assert_int_equal(world_connections(s.w, sim_node_loop(s.a), sim_node_loop(s.b)), 1);
	sim_free(s.sim);
}

TESTS(RUN(a_killed_peer_is_dialled_every_five_seconds_and_after_two_minutes_every_thirty),
      RUN(a_restarted_peer_is_linked_again_within_the_next_dial),
      RUN(an_orderly_end_is_told_as_a_shutdown),
      RUN(a_silent_peer_is_given_up_after_an_unanswered_ping),
      RUN(a_peer_that_comes_back_during_the_silence_replaces_its_dead_link),
      RUN(a_split_network_heals))
