/* How nodes that know one peer, or the name of a network, find others. */

#include <stdio.h>

#include "sim/consumer.h"
#include "sim/sim.h"
#include "unit/test.h"

#define SUBJECT "topic.news/of/the/day"
#define SPOKES 16

static const struct world_link internet = { .latency_ns = 30 * NS_PER_MS,
					    .jitter_ns = 10 * NS_PER_MS };

struct wheel {
	struct sim *sim;
	struct sim_node *hub, *spokes[SPOKES];
	struct sim_consumer *at_hub, *at[SPOKES];
};

static bool is_ready(void *user)
{
	return sim_consumer_is_ready(user);
}

static struct sim_consumer *reader(struct wheel *w, struct sim_node *n)
{
	struct sim_consumer *c = sim_consumer_new(n, "reader");

	assert_true(world_run_until(sim_world(w->sim), is_ready, c, 5000));
	sim_consumer_sub(c, SUBJECT);
	return c;
}

/* All know the hub and nobody else. */
static void wheel_start(struct wheel *w, const char *discover)
{
	w->sim = sim_new(21);
	world_set_link(sim_world(w->sim), &internet);
	w->hub = sim_node_new(w->sim, "10.0.1.1");
	sim_node_start(w->hub);
	w->at_hub = reader(w, w->hub);
	for (size_t i = 0; i < SPOKES; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "10.0.0.%zu", i + 1);
		w->spokes[i] = sim_node_new(w->sim, ip);
		sim_node_knows(w->spokes[i], w->hub);
		sim_node_set(w->spokes[i], "discover_peers", discover);
		sim_node_start(w->spokes[i]);
		w->at[i] = reader(w, w->spokes[i]);
	}
}

static void wheel_end(struct wheel *w)
{
	sim_consumer_free(w->at_hub);
	for (size_t i = 0; i < SPOKES; i++)
		sim_consumer_free(w->at[i]);
	sim_free(w->sim);
}

/* The hub dies; one of the others says something: how many hear it? */
static size_t n_reached_without_the_hub(struct wheel *w)
{
	size_t before[SPOKES], n = 0;

	w->at_hub = sim_consumer_free(w->at_hub);
	sim_node_kill(w->hub);
	world_run_for(sim_world(w->sim), 10000);
	for (size_t i = 1; i < SPOKES; i++)
		before[i] = sim_consumer_n_messages(w->at[i]);
	sim_consumer_pub(w->at[0], SUBJECT, BYTES_LITERAL("are you there?"));
	world_run_for(sim_world(w->sim), 10000);
	for (size_t i = 1; i < SPOKES; i++)
		n += sim_consumer_n_messages(w->at[i]) > before[i];
	return n;
}

/* Nobody says anything until the hub is gone: what they know of each other they know by the peer
 * exchange of a hub whose mesh was full. */
static size_t reached_in_silence(const char *discover)
{
	struct wheel w;
	size_t n;

	wheel_start(&w, discover);
	world_run_for(sim_world(w.sim), 180000);
	n = n_reached_without_the_hub(&w);
	wheel_end(&w);
	return n;
}

TEST(those_whom_a_full_mesh_sends_away_find_each_other)
{
	/* The hub's mesh has room for twelve: at least the other four are told of the rest. */
	assert_true(reached_in_silence("true") >= SPOKES / 2);
}

TEST(and_without_discovery_nobody_does)
{
	assert_int_equal(reached_in_silence("false"), 0);
}

/* With what somebody says, authors are known too, and whoever is asked knows where they are. */
TEST(once_all_have_spoken_the_network_survives_its_hub)
{
	struct wheel w;

	wheel_start(&w, "true");
	for (unsigned round = 0; round < 12; round++) {
		for (size_t i = 0; i < SPOKES; i++)
			sim_consumer_pub(w.at[i], SUBJECT, BYTES_LITERAL("here I am"));
		world_run_for(sim_world(w.sim), 15000);
	}
	assert_int_equal(n_reached_without_the_hub(&w), SPOKES - 1);
	wheel_end(&w);
}

TEST(the_name_of_a_network_leads_to_its_peers)
{
	struct sim *sim = sim_new(22);
	struct sim_node *a = sim_node_new(sim, "10.0.0.1"), *b = sim_node_new(sim, "10.0.0.2");
	char record[256], id[PEER_ID_TEXT_MAX];

	snprintf(record, sizeof(record), "dnsaddr=/ip4/10.0.0.2/tcp/%d/p2p/%s", SIM_PORT,
		 peer_id_text(sim_node_id(b), id));
	assert_int_equal(world_add_name(sim_world(sim), RESOLVE_TXT,
					"_dnsaddr.testnet.bootstrap.teranode.bsvb.tech", record),
			 0);
	sim_node_set(a, "network", "testnet");
	sim_node_set(b, "network", "testnet");
	/* The others of that name need not dial it. */
	sim_node_set(b, "bootstrap_peers", "");
	sim_node_start(a);
	sim_node_start(b);
	world_run_for(sim_world(sim), 10000);
	assert_int_equal(node_n_peers(sim_node_node(a)), 1);
	assert_int_equal(world_connections(sim_world(sim), sim_node_loop(a), sim_node_loop(b)), 1);
	sim_free(sim);
}

TESTS(RUN(those_whom_a_full_mesh_sends_away_find_each_other),
      RUN(and_without_discovery_nobody_does),
      RUN(once_all_have_spoken_the_network_survives_its_hub),
      RUN(the_name_of_a_network_leads_to_its_peers))
