/* Two whole nodes exchange topic messages, consumer to consumer, under the virtual clock. */

#include "sim/consumer.h"
#include "sim/sim.h"
#include "unit/test.h"

#define TOPIC "teranode/bitcoin/1.0.0/mainnet-block"
#define SUBJECT "topic." TOPIC

static const struct world_link internet = {
	.latency_ns = 40 * NS_PER_MS,
	.jitter_ns = 25 * NS_PER_MS,
	.bytes_per_s = 5000000,
	.chunk_max = 900,
};

struct scene {
	struct sim *sim;
	struct sim_node *a, *b;
	struct sim_consumer *publisher, *subscriber;
};

static bool both_ready(void *user)
{
	struct scene *s = user;

	return sim_consumer_is_ready(s->publisher) && sim_consumer_is_ready(s->subscriber);
}

static bool in_the_mesh(void *user)
{
	struct scene *s = user;

	return sim_node_n_events(s->a, "mesh") > 0 && sim_node_n_events(s->b, "mesh") > 0;
}

static void scene_open(struct scene *s, uint64_t seed)
{
	struct world *w;

	s->sim = sim_new(seed);
	w = sim_world(s->sim);
	world_set_link(w, &internet);
	s->a = sim_node_new(s->sim, "10.0.0.1");
	s->b = sim_node_new(s->sim, "10.0.0.2");
	sim_node_knows(s->a, s->b);
	sim_node_start(s->a);
	sim_node_start(s->b);
	s->publisher = sim_consumer_new(s->a, "chaintracks");
	s->subscriber = sim_consumer_new(s->b, "arcade");
	sim_consumer_sub(s->publisher, SUBJECT);
	sim_consumer_sub(s->subscriber, SUBJECT);
	assert_true(world_run_until(w, both_ready, s, 5000));
	assert_true(world_run_until(w, in_the_mesh, s, 30000));
}

static void scene_close(struct scene *s)
{
	sim_consumer_free(s->publisher);
	sim_consumer_free(s->subscriber);
	sim_free(s->sim);
}

static bool has_message(void *user)
{
	return sim_consumer_n_messages(user) > 0;
}

static bool contains(struct bytes b, const char *text)
{
	return b.n && memmem(b.p, b.n, text, strlen(text)) != NULL;
}

/* The author stands in the headers, checked by signature. */
static void check_delivery(const struct sim_message *m, const struct sim_node *author,
			   const char *data)
{
	char header[PEER_ID_TEXT_MAX + 16] = "Pl-From: ", id[PEER_ID_TEXT_MAX];

	strcat(header, peer_id_text(sim_node_id(author), id));
	assert_bytes(m->subject, SUBJECT);
	assert_bytes(m->data, data);
	assert_true(contains(m->headers, header));
	assert_true(contains(m->headers, "Pl-Seq: 1"));
}

TEST(a_message_published_at_one_door_arrives_at_the_other)
{
	struct scene s;
	struct world *w;

	scene_open(&s, 11);
	w = sim_world(s.sim);
	sim_consumer_pub(s.publisher, SUBJECT, BYTES_LITERAL("{\"height\":948351}"));
	assert_true(world_run_until(w, has_message, s.subscriber, 5000));
	check_delivery(sim_consumer_message(s.subscriber, 0), s.a, "{\"height\":948351}");
	world_run_for(w, 60000);
	assert_int_equal(sim_consumer_n_messages(s.subscriber), 1);
	assert_int_equal(world_connections(w, sim_node_loop(s.a), sim_node_loop(s.b)), 1);
	assert_int_equal(node_n_links(sim_node_node(s.a)), 1);
	assert_int_equal(node_n_links(sim_node_node(s.b)), 1);
	scene_close(&s);
}

TEST(and_the_other_way_round)
{
	struct scene s;

	scene_open(&s, 12);
	sim_consumer_pub(s.subscriber, SUBJECT, BYTES_LITERAL("answer"));
	assert_true(world_run_until(sim_world(s.sim), has_message, s.publisher, 5000));
	check_delivery(sim_consumer_message(s.publisher, 0), s.b, "answer");
	scene_close(&s);
}

#define MANY 200

static bool has_all(void *user)
{
	return sim_consumer_n_messages(user) >= MANY;
}

TEST(many_messages_of_all_sizes_arrive_once_each_and_unchanged)
{
	static uint8_t data[MANY][4096];
	bool seen[MANY] = { false };
	struct random_seeded g;
	struct random random;
	size_t sizes[MANY];
	struct scene s;

	random_seeded_init(&g, 3);
	random = random_seeded_source(&g);
	scene_open(&s, 13);
	for (size_t i = 0; i < MANY; i++) {
		sizes[i] = 2 + random_below(&random, sizeof(data[i]) - 2);
		random_fill(&random, data[i], sizes[i]);
		data[i][0] = (uint8_t)i;
		sim_consumer_pub(s.publisher, SUBJECT, BYTES(data[i], sizes[i]));
	}
	assert_true(world_run_until(sim_world(s.sim), has_all, s.subscriber, 30000));
	world_run_for(sim_world(s.sim), 10000);
	assert_int_equal(sim_consumer_n_messages(s.subscriber), MANY);
	for (size_t i = 0; i < MANY; i++) {
		struct bytes got = sim_consumer_message(s.subscriber, i)->data;

		assert_false(seen[got.p[0]]);
		seen[got.p[0]] = true;
		assert_true(bytes_equal(got, BYTES(data[got.p[0]], sizes[got.p[0]])));
	}
	scene_close(&s);
}

/* A minute of two nodes' life, with a message each way and an orderly end. */
static uint64_t hash_of_run(uint64_t seed)
{
	struct scene s;
	struct world *w;
	uint64_t hash;

	scene_open(&s, seed);
	w = sim_world(s.sim);
	sim_consumer_pub(s.publisher, SUBJECT, BYTES_LITERAL("one"));
	sim_consumer_pub(s.subscriber, SUBJECT, BYTES_LITERAL("two"));
	world_run_for(w, 60000);
	assert_true(has_message(s.publisher) && has_message(s.subscriber));
	sim_node_stop(s.a);
	world_run_for(w, 10000);
	assert_false(sim_node_is_running(s.a));
	hash = world_log_hash(w);
	scene_close(&s);
	return hash;
}

TEST(the_same_seed_gives_the_same_run_and_another_seed_another)
{
	uint64_t hash = hash_of_run(2024);

	assert_int_equal(hash_of_run(2024), hash);
	assert_int_not_equal(hash_of_run(2025), hash);
}

TESTS(RUN(a_message_published_at_one_door_arrives_at_the_other), RUN(and_the_other_way_round),
      RUN(many_messages_of_all_sizes_arrive_once_each_and_unchanged),
      RUN(the_same_seed_gives_the_same_run_and_another_seed_another))
