/* One link per peer: both ends dial at once, the keeper closes the newer link. */

#include "sim/sim.h"
#include "unit/test.h"

#define SEEDS 30

struct scene {
	struct sim *sim;
	struct world *w;
	struct sim_node *a, *b;
};

static void scene_open(struct scene *s, uint64_t seed, uint64_t jitter_ms)
{
	struct world_link link = {
		.latency_ns = 30 * NS_PER_MS,
		.jitter_ns = jitter_ms * NS_PER_MS,
		.chunk_max = 400,
	};

	s->sim = sim_new(seed);
	s->w = sim_world(s->sim);
	world_set_link(s->w, &link);
	s->a = sim_node_new(s->sim, "10.0.0.1");
	s->b = sim_node_new(s->sim, "10.0.0.2");
	sim_node_knows(s->a, s->b);
	sim_node_knows(s->b, s->a);
	sim_node_start(s->a);
	sim_node_start(s->b);
}

static bool contains(const struct sim_event *e, const char *text)
{
	return strstr(e->json, text) != NULL;
}

static void check_one_link(struct scene *s)
{
	assert_int_equal(node_n_links(sim_node_node(s->a)), 1);
	assert_int_equal(node_n_links(sim_node_node(s->b)), 1);
	assert_int_equal(node_n_peers(sim_node_node(s->a)), 1);
	assert_int_equal(world_connections(s->w, sim_node_loop(s->a), sim_node_loop(s->b)), 1);
}

/* Every link that ended was a duplicate, closed by one end alone. */
static size_t check_downs(const struct sim_node *n, const char *by)
{
	const struct sim_event *e;
	size_t i = 0;

	for (; (e = sim_node_event(n, "link_down", i)); i++) {
		assert_true(contains(e, "\"reason\":\"duplicate\"") || strcmp(by, "them") == 0);
		assert_true(contains(e, by));
	}
	return i;
}

static bool is_keeper(const struct sim_node *n, const struct sim_node *other)
{
	return peer_id_compare(sim_node_id(n), sim_node_id(other)) > 0;
}

TEST(simultaneous_dials_end_as_one_link_whatever_the_network_does)
{
	size_t n_duplicates = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct scene s;
		bool a_keeps;

		scene_open(&s, seed, seed % 3 * 40);
		world_run_for(s.w, 20000);
		check_one_link(&s);
		a_keeps = is_keeper(s.a, s.b);
		n_duplicates += check_downs(a_keeps ? s.a : s.b, "us");
		check_downs(a_keeps ? s.b : s.a, "them");
		world_run_for(s.w, 300000);
		check_one_link(&s);
		sim_free(s.sim);
	}
	assert_true(n_duplicates > SEEDS / 2); /* or the test did not make what it tests */
}

/* "link":17 of an event. */
static unsigned long link_of(const struct sim_event *e)
{
	const char *at = strstr(e->json, "\"link\":");

	assert_non_null(at);
	return strtoul(at + 7, NULL, 10);
}

TEST(the_keeper_closes_the_newer_link_and_keeps_the_older)
{
	struct scene s;
	struct sim_node *keeper;

	scene_open(&s, 5, 0);
	world_run_for(s.w, 20000);
	keeper = is_keeper(s.a, s.b) ? s.a : s.b;
	assert_int_equal(sim_node_n_events(keeper, "link_up"), 2);
	assert_int_equal(sim_node_n_events(keeper, "link_down"), 1);
	assert_int_equal(link_of(sim_node_event(keeper, "link_down", 0)),
			 link_of(sim_node_event(keeper, "link_up", 1)));
	sim_free(s.sim);
}

TEST(a_duplicate_is_never_a_failure_and_is_not_dialled_again)
{
	struct scene s;

	scene_open(&s, 5, 0);
	world_run_for(s.w, 600000);
	check_one_link(&s);
	assert_int_equal(sim_node_n_events(s.a, "dial_failed"), 0);
	assert_int_equal(sim_node_n_events(s.b, "dial_failed"), 0);
	assert_int_equal(sim_node_n_events(s.a, "link_up"), 2);
	assert_int_equal(sim_node_n_events(s.b, "link_up"), 2);
	sim_free(s.sim);
}

TESTS(RUN(simultaneous_dials_end_as_one_link_whatever_the_network_does),
      RUN(the_keeper_closes_the_newer_link_and_keeps_the_older),
      RUN(a_duplicate_is_never_a_failure_and_is_not_dialled_again))
