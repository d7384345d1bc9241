/* Many nodes that all know each other, and a network and machines that fail at random. */

#include <stdio.h>

#include "sim/consumer.h"
#include "sim/sim.h"
#include "unit/test.h"

#define NODES 7
#define SUBJECT "topic.teranode/bitcoin/1.0.0/mainnet-block"

struct scene {
	struct sim *sim;
	struct world *w;
	struct random random;
	struct sim_node *nodes[NODES];
	bool blocked[NODES][NODES];
};

static void scene_open(struct scene *s, uint64_t seed)
{
	static const struct world_link internet = {
		.latency_ns = 20 * NS_PER_MS,
		.jitter_ns = 60 * NS_PER_MS,
		.bytes_per_s = 10000000,
		.chunk_max = 1500,
	};

	memset(s, 0, sizeof(*s));
	s->sim = sim_new(seed);
	s->w = sim_world(s->sim);
	s->random = world_random(s->w);
	world_set_link(s->w, &internet);
	for (size_t i = 0; i < NODES; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "10.0.0.%zu", i + 1);
		s->nodes[i] = sim_node_new(s->sim, ip);
	}
	for (size_t i = 0; i < NODES; i++)
		for (size_t k = 0; k < NODES; k++)
			if (i != k)
				sim_node_knows(s->nodes[i], s->nodes[k]);
	for (size_t i = 0; i < NODES; i++)
		sim_node_start(s->nodes[i]);
}

/* Between every two nodes exactly one connection, by the network's count and by theirs. */
static void check_one_link_each(struct scene *s)
{
	for (size_t i = 0; i < NODES; i++) {
		assert_int_equal(node_n_links(sim_node_node(s->nodes[i])), NODES - 1);
		assert_int_equal(node_n_peers(sim_node_node(s->nodes[i])), NODES - 1);
		for (size_t k = 0; k < i; k++)
			assert_int_equal(world_connections(s->w, sim_node_loop(s->nodes[i]),
							   sim_node_loop(s->nodes[k])),
					 1);
	}
}

static void set_block(struct scene *s, size_t i, size_t k, bool blocked)
{
	if (s->blocked[i][k] == blocked)
		return;
	s->blocked[i][k] = s->blocked[k][i] = blocked;
	world_block_addresses(s->w, sim_node_ip(s->nodes[i]), sim_node_ip(s->nodes[k]), blocked);
}

/* One thing goes wrong, or right again. */
static void fail_somehow(struct scene *s)
{
	size_t i = random_below(&s->random, NODES);
	size_t k = (i + 1 + random_below(&s->random, NODES - 1)) % NODES;
	struct sim_node *n = s->nodes[i];

	if (!sim_node_is_running(n)) {
		sim_node_start(n);
		return;
	}
	switch (random_below(&s->random, 6)) {
	case 0:
		sim_node_kill(n);
		return;
	case 1:
		sim_node_cut(n);
		return;
	case 2:
		sim_node_stop(n);
		world_run_for(s->w, 5000);
		return;
	case 3:
		world_reset_host(s->w, sim_node_loop(n));
		return;
	default:
		set_block(s, i, k, !s->blocked[i][k]);
	}
}

static void heal(struct scene *s)
{
	for (size_t i = 0; i < NODES; i++) {
		if (!sim_node_is_running(s->nodes[i]))
			sim_node_start(s->nodes[i]);
		for (size_t k = 0; k < i; k++)
			set_block(s, i, k, false);
	}
}

TEST(a_crowd_that_starts_at_once_has_one_link_per_pair)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct scene s;

		scene_open(&s, seed);
		world_run_for(s.w, 60000);
		check_one_link_each(&s);
		sim_free(s.sim);
	}
}

TEST(after_any_failures_every_pair_is_back_to_exactly_one_link)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct scene s;

		scene_open(&s, 100 + seed);
		for (size_t i = 0; i < 100; i++) {
			world_run_for(s.w, random_below(&s.random, 20000));
			fail_somehow(&s);
		}
		heal(&s);
		world_run_for(s.w, 120000);
		check_one_link_each(&s);
		world_run_for(s.w, 3600000);
		check_one_link_each(&s);
		sim_free(s.sim);
	}
}

TEST(every_consumer_of_a_crowd_gets_every_message_once)
{
	struct sim_consumer *c[NODES];
	struct scene s;

	scene_open(&s, 7);
	for (size_t i = 0; i < NODES; i++) {
		c[i] = sim_consumer_new(s.nodes[i], "chaintracks");
		sim_consumer_sub(c[i], SUBJECT);
	}
	world_run_for(s.w, 60000);
	for (size_t round = 0; round < 20; round++) {
		char text[32];

		for (size_t i = 0; i < NODES; i++) {
			snprintf(text, sizeof(text), "%zu from %zu", round, i);
			sim_consumer_pub(c[i], SUBJECT, bytes_of_text(text));
		}
		world_run_for(s.w, 1000);
	}
	world_run_for(s.w, 30000);
	for (size_t i = 0; i < NODES; i++) {
		/* Its own come back, too: it is subscribed to what it publishes. */
		assert_int_equal(sim_consumer_n_messages(c[i]), 20 * NODES);
		sim_consumer_free(c[i]);
	}
	sim_free(s.sim);
}

TEST(a_frozen_consumer_harms_nobody)
{
	static uint8_t data[60000];
	struct sim_consumer *publisher, *frozen, *lively;
	struct scene s;

	scene_open(&s, 8);
	publisher = sim_consumer_new(s.nodes[0], "arcade");
	frozen = sim_consumer_new(s.nodes[1], "frozen");
	lively = sim_consumer_new(s.nodes[1], "lively");
	sim_consumer_sub(publisher, SUBJECT);
	sim_consumer_sub(frozen, SUBJECT);
	sim_consumer_sub(lively, SUBJECT);
	world_run_for(s.w, 60000);
	sim_consumer_freeze(frozen, true);
	for (size_t i = 0; i < 400; i++) {
		sim_consumer_pub(publisher, SUBJECT, BYTES(data, sizeof(data)));
		world_run_for(s.w, 100);
	}
	world_run_for(s.w, 30000);
	assert_int_equal(sim_consumer_n_messages(lively), 400);
	assert_int_equal(node_n_links(sim_node_node(s.nodes[1])), NODES - 1);

	/* What did not fit is not lost silently. */
	sim_consumer_freeze(frozen, false);
	world_run_for(s.w, 1000);
	sim_consumer_pub(publisher, SUBJECT, BYTES(data, 1));
	world_run_for(s.w, 5000);
	assert_in_range(sim_consumer_n_messages(frozen), 50, 399);
	assert_int_equal(sim_consumer_n_messages(lively), 401);
	sim_consumer_free(publisher);
	sim_consumer_free(frozen);
	sim_consumer_free(lively);
	sim_free(s.sim);
}

TESTS(RUN(a_crowd_that_starts_at_once_has_one_link_per_pair),
      RUN(after_any_failures_every_pair_is_back_to_exactly_one_link),
      RUN(every_consumer_of_a_crowd_gets_every_message_once), RUN(a_frozen_consumer_harms_nobody))
