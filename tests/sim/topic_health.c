/*
 * Six nodes and two topics, each with one who speaks in it. What becomes of one topic is told of
 * that topic, by everybody who wanted it, and changes nothing in the other.
 */

#include <jansson.h>

#include "sim/consumer.h"
#include "sim/sim.h"
#include "unit/test.h"

#define NODES 6
#define BLOCKS "topic.net/block"
#define STATUS "topic.net/node_status"

static const struct world_link internet = {
	.latency_ns = 40 * NS_PER_MS,
	.jitter_ns = 25 * NS_PER_MS,
	.bytes_per_s = 5000000,
	.chunk_max = 900,
};

struct scene {
	struct sim *sim;
	struct sim_node *nodes[NODES];
	struct sim_consumer *consumers[NODES];
};

/* Node 0 is where all dial. Node 1 speaks of blocks, node 2 of its status; 3 to 5 listen. */
static void scene_open(struct scene *s, uint64_t seed)
{
	char ip[16];

	s->sim = sim_new(seed);
	world_set_link(sim_world(s->sim), &internet);
	for (size_t i = 0; i < NODES; i++) {
		snprintf(ip, sizeof(ip), "10.0.0.%zu", i + 1);
		s->nodes[i] = sim_node_new(s->sim, ip);
		if (i > 0)
			sim_node_knows(s->nodes[i], s->nodes[0]);
		sim_node_start(s->nodes[i]);
		s->consumers[i] = sim_consumer_new(s->nodes[i], "reader");
		sim_consumer_sub(s->consumers[i], BLOCKS);
		sim_consumer_sub(s->consumers[i], STATUS);
	}
	world_run_for(sim_world(s->sim), 5000);
}

static void scene_close(struct scene *s)
{
	for (size_t i = 0; i < NODES; i++)
		sim_consumer_free(s->consumers[i]);
	sim_free(s->sim);
}

/* A status every five seconds and, by who still does, a block every minute. */
static void minutes(struct scene *s, size_t n, bool with_blocks)
{
	for (size_t i = 0; i < n; i++) {
		if (with_blocks)
			sim_consumer_pub(s->consumers[1], BLOCKS, BYTES_LITERAL("block"));
		for (size_t j = 0; j < 12; j++) {
			sim_consumer_pub(s->consumers[2], STATUS, BYTES_LITERAL("status"));
			world_run_for(sim_world(s->sim), 5000);
		}
	}
}

/* What node `i` told of this topic last; "" for nothing. */
static void last_health(const struct scene *s, size_t i, const char *topic, char ret[16])
{
	const struct sim_event *e;

	ret[0] = '\0';
	for (size_t k = 0; (e = sim_node_event(s->nodes[i], "topic_health", k)) != NULL; k++) {
		json_t *o = json_loads(e->json, 0, NULL);

		assert_non_null(o);
		if (strcmp(json_string_value(json_object_get(o, "topic")), topic) == 0)
			snprintf(ret, 16, "%s", json_string_value(json_object_get(o, "health")));
		json_decref(o);
	}
}

static void assert_health(const struct scene *s, size_t i, const char *block, const char *status)
{
	char got[16];

	last_health(s, i, "net/block", got);
	assert_string_equal(got, block);
	last_health(s, i, "net/node_status", got);
	assert_string_equal(got, status);
}

static size_t n_heard(const struct sim_consumer *c, const char *subject)
{
	size_t n = 0;

	for (size_t i = 0; i < sim_consumer_n_messages(c); i++)
		n += bytes_equal(sim_consumer_message(c, i)->subject, bytes_of_text(subject));
	return n;
}

TEST(a_topic_whose_only_voice_stops_is_silent_and_the_other_goes_on)
{
	struct scene s;
	size_t heard;

	scene_open(&s, 21);
	minutes(&s, 20, true);
	for (size_t i = 3; i < NODES; i++)
		assert_health(&s, i, "ok", "ok");
	heard = n_heard(s.consumers[3], STATUS);
	minutes(&s, 4, false);
	for (size_t i = 3; i < NODES; i++)
		assert_health(&s, i, "ok", "ok");
	minutes(&s, 6, false);
	for (size_t i = 3; i < NODES; i++)
		assert_health(&s, i, "silent", "ok");
	assert_int_equal(n_heard(s.consumers[3], STATUS), heard + 120);
	minutes(&s, 3, true);
	for (size_t i = 3; i < NODES; i++)
		assert_health(&s, i, "ok", "ok");
	scene_close(&s);
}

TEST(whoever_loses_everybody_says_so_and_the_others_do_not)
{
	struct scene s;

	scene_open(&s, 22);
	minutes(&s, 3, true);
	/* All dial node 0, so that without it each is alone. */
	sim_consumer_free(s.consumers[0]);
	s.consumers[0] = NULL;
	sim_node_kill(s.nodes[0]);
	minutes(&s, 1, true);
	for (size_t i = 1; i < NODES; i++)
		assert_health(&s, i, "no_peers", "no_peers");
	sim_node_start(s.nodes[0]);
	s.consumers[0] = sim_consumer_new(s.nodes[0], "reader");
	sim_consumer_sub(s.consumers[0], STATUS);
	minutes(&s, 3, true);
	for (size_t i = 1; i < NODES; i++)
		assert_health(&s, i, "no_mesh", "ok");
	scene_close(&s);
}

/* How late the slowest status came that node `i` heard from here on. */
static uint64_t slowest_ms(const struct scene *s, size_t i, size_t first, struct mono said_at)
{
	uint64_t slowest = 0;

	for (size_t k = first; k < sim_consumer_n_messages(s->consumers[i]); k++) {
		const struct sim_message *m = sim_consumer_message(s->consumers[i], k);
		uint64_t ms = mono_since_ms(said_at, m->at);

		if (bytes_equal(m->subject, BYTES_LITERAL(STATUS)) && ms > slowest)
			slowest = ms;
	}
	return slowest;
}

TEST(a_topic_that_is_flooded_leaves_the_other_alone)
{
	struct scene s;
	size_t heard;

	scene_open(&s, 23);
	minutes(&s, 3, true);
	heard = n_heard(s.consumers[3], STATUS);
	for (size_t second = 0; second < 30; second++) {
		struct mono said_at = loop_now(sim_node_loop(s.nodes[2]));
		size_t first = sim_consumer_n_messages(s.consumers[3]);

		for (size_t i = 0; i < 100; i++)
			sim_consumer_pub(s.consumers[1], BLOCKS, BYTES_LITERAL("one of many"));
		sim_consumer_pub(s.consumers[2], STATUS, BYTES_LITERAL("status"));
		world_run_for(sim_world(s.sim), 1000);
		assert_in_range(slowest_ms(&s, 3, first, said_at), 1, 500);
	}
	assert_int_equal(n_heard(s.consumers[3], STATUS), heard + 30);
	for (size_t i = 3; i < NODES; i++)
		assert_health(&s, i, "ok", "ok");
	scene_close(&s);
}

TESTS(RUN(a_topic_whose_only_voice_stops_is_silent_and_the_other_goes_on),
      RUN(whoever_loses_everybody_says_so_and_the_others_do_not),
      RUN(a_topic_that_is_flooded_leaves_the_other_alone))
