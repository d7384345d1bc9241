/* Links that are closed lose nothing: duplicates come and go, and nodes end, while messages flow.
 */

#include "base/limits.h"
#include "node/node_priv.h"
#include "peer/peer.h"
#include "sim/consumer.h"
#include "sim/sim.h"
#include "unit/test.h"

#define NODES 3
#define MESSAGES 1000
#define SEEDS 21
#define SUBJECT "topic.teranode/bitcoin/1.0.0/mainnet-block"

struct scene {
	struct sim *sim;
	struct world *w;
	struct random random;
	size_t n;
	struct sim_node *nodes[NODES];
	struct sim_consumer *consumers[NODES];
	size_t n_published, n_moved;
	struct mono dial_at;
};

static bool all_grafted(void *user)
{
	struct scene *s = user;

	for (size_t i = 0; i < s->n; i++)
		if (!sim_consumer_is_ready(s->consumers[i]) ||
		    sim_node_n_events(s->nodes[i], "mesh") < s->n - 1)
			return false;
	return true;
}

/* `n` nodes that all know each other, each with a reader of the topic. */
static void scene_open(struct scene *s, size_t n, uint64_t seed)
{
	static const struct world_link internet = {
		.latency_ns = 15 * NS_PER_MS,
		.jitter_ns = 30 * NS_PER_MS,
		.bytes_per_s = 3000000,
		.chunk_max = 1400,
	};

	memset(s, 0, sizeof(*s));
	s->n = n;
	s->sim = sim_new(seed);
	s->w = sim_world(s->sim);
	s->random = world_random(s->w);
	world_set_link(s->w, &internet);
	for (size_t i = 0; i < n; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "10.0.0.%zu", i + 1);
		s->nodes[i] = sim_node_new(s->sim, ip);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++)
			if (i != k)
				sim_node_knows(s->nodes[i], s->nodes[k]);
		sim_node_start(s->nodes[i]);
		s->consumers[i] = sim_consumer_new(s->nodes[i], "reader");
		sim_consumer_sub(s->consumers[i], SUBJECT);
	}
	assert_true(world_run_until(s->w, all_grafted, s, 60000));
}

static uint64_t scene_close(struct scene *s)
{
	uint64_t hash = world_log_hash(s->w);

	for (size_t i = 0; i < s->n; i++)
		sim_consumer_free(s->consumers[i]);
	sim_free(s->sim);
	return hash;
}

/* The next number, in a message of some size. */
static void publish(struct scene *s, size_t at)
{
	static uint8_t data[700];
	uint32_t number = (uint32_t)s->n_published++;

	memcpy(data, &number, sizeof(number));
	sim_consumer_pub(s->consumers[at], SUBJECT,
			 BYTES(data, sizeof(number) + (size_t)random_below(&s->random, 600)));
}

static bool reader_has_all(void *user)
{
	return sim_consumer_n_messages(user) >= MESSAGES;
}

/* Each message once at this node, also after a while. */
static void check_all_once(struct scene *s, size_t at)
{
	static uint8_t got[MESSAGES];

	memset(got, 0, sizeof(got));
	assert_true(world_run_until(s->w, reader_has_all, s->consumers[at], 30000));
	world_run_for(s->w, 3000);
	assert_int_equal(sim_consumer_n_messages(s->consumers[at]), MESSAGES);
	for (size_t i = 0; i < MESSAGES; i++) {
		struct bytes b = sim_consumer_message(s->consumers[at], i)->data;
		uint32_t number;

		assert_true(b.n >= sizeof(number));
		memcpy(&number, b.p, sizeof(number));
		assert_true(number < MESSAGES);
		assert_int_equal(got[number]++, 0);
	}
}

/* One link more than there is any use for. */
static void dial_again(struct sim_node *from, const struct sim_node *to)
{
	struct net_dial *dial;
	struct addr at;

	assert_int_equal(addr_parse_ip(sim_node_ip(to), &at), 0);
	at.port = SIM_PORT;
	assert_int_equal(
		net_dial(sim_node_node(from)->pool->net, &at, sim_node_id(to), NULL, &dial), 0);
}

/*
 * From either end, or from both. Not so often that there are more links than are allowed, because
 * what is refused is closed by another rule.
 */
static void dial_both_ways(struct scene *s)
{
	if (!mono_reached(s->dial_at, world_now(s->w)))
		return;
	s->dial_at = mono_add_ms(world_now(s->w), 250);
	for (size_t k = 0; k < 2; k++)
		if (random_below(&s->random, 3) > 0)
			dial_again(s->nodes[k], s->nodes[1 - k]);
}

/* The keeper has them write on another link, as when the first one is silent. */
static void close_primary(struct scene *s)
{
	for (size_t k = 0; k < 2; k++) {
		struct pool *pool = sim_node_node(s->nodes[k])->pool;
		struct peer *p = pool_find(pool, sim_node_id(s->nodes[1 - k]));

		if (p->keeper.is_us && peer_n_links(p) > 1) {
			pool_link_close(pool_link_of(p->primary), LINK_DUPLICATE);
			peer_settle(p);
			s->n_moved++;
		}
	}
}

static size_t n_closed(const struct sim_node *n)
{
	return sim_node_n_events(n, "link_down");
}

/* Two nodes only, so that there is no way around a link that loses something. */
static uint64_t duplicates_run(uint64_t seed)
{
	struct scene s;

	scene_open(&s, 2, seed);
	while (s.n_published < MESSAGES) {
		size_t burst = 1 + (size_t)random_below(&s.random, 12);

		dial_both_ways(&s);
		if (random_below(&s.random, 3) == 0)
			close_primary(&s);
		while (burst-- > 0 && s.n_published < MESSAGES)
			publish(&s, (size_t)random_below(&s.random, 2));
		world_run_for(s.w, random_below(&s.random, 60));
	}
	check_all_once(&s, 0);
	check_all_once(&s, 1);
	assert_true(n_closed(s.nodes[0]) > 10);
	assert_true(s.n_moved > 0);
	assert_int_equal(
		world_connections(s.w, sim_node_loop(s.nodes[0]), sim_node_loop(s.nodes[1])), 1);
	return scene_close(&s);
}

TEST(every_message_arrives_once_while_duplicates_are_made_and_closed)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		(void)duplicates_run(seed);
}

/* The node that said all of it ends the moment it has taken the last from its consumer. */
static uint64_t ending_run(uint64_t seed, bool others_too)
{
	struct scene s;

	scene_open(&s, NODES, seed);
	while (s.n_published < MESSAGES)
		publish(&s, 0);
	assert_true(world_run_until(s.w, reader_has_all, s.consumers[0], 5000));
	sim_node_stop(s.nodes[0]);
	if (others_too) {
		world_run_for(s.w, random_below(&s.random, 100));
		dial_again(s.nodes[1], s.nodes[2]);
		dial_again(s.nodes[2], s.nodes[1]);
	}
	for (size_t i = 1; i < NODES; i++)
		check_all_once(&s, i);
	assert_false(sim_node_is_running(s.nodes[0]));
	return scene_close(&s);
}

TEST(what_was_published_right_before_the_end_of_a_node_arrives_once_at_all_others)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		(void)ending_run(seed, seed % 2);
}

/* Its only neighbour hears all, whichever of the two ends the link, and however. */
static void parting_run(uint64_t seed, bool publisher_ends)
{
	struct scene s;
	struct pool *pool;
	size_t k = publisher_ends ? 0 : 1;

	scene_open(&s, 2, seed);
	while (s.n_published < MESSAGES)
		publish(&s, 0);
	assert_true(world_run_until(s.w, reader_has_all, s.consumers[0], 5000));
	pool = sim_node_node(s.nodes[k])->pool;
	assert_true(pool_disconnect(pool, pool_find(pool, sim_node_id(s.nodes[1 - k]))) > 0);
	check_all_once(&s, 1);
	scene_close(&s);
}

TEST(what_was_published_right_before_a_disconnect_arrives_once)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		parting_run(seed, seed % 2);
}

TEST(the_same_seed_gives_the_same_run)
{
	assert_int_equal(duplicates_run(7), duplicates_run(7));
	assert_int_equal(ending_run(7, true), ending_run(7, true));
	assert_int_not_equal(ending_run(7, true), ending_run(8, true));
}

TESTS(RUN(every_message_arrives_once_while_duplicates_are_made_and_closed),
      RUN(what_was_published_right_before_the_end_of_a_node_arrives_once_at_all_others),
      RUN(what_was_published_right_before_a_disconnect_arrives_once),
      RUN(the_same_seed_gives_the_same_run))
