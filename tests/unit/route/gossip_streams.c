#include "streams_world.h"

TEST(two_nodes_open_one_stream_each_and_hear_each_other)
{
	struct gnode *a, *b;

	world_begin(1);
	two_nodes(&a, &b);
	node_publish(a, 1, 100);
	node_publish(b, 2, 100);
	world_run_for(w, 100);
	for (uint32_t k = 1; k <= 2; k++) {
		assert_int_equal(a->got[k], 1);
		assert_int_equal(b->got[k], 1);
	}
	assert_int_equal(counts(a).opened, 1);
	assert_int_equal(counts(a).accepted, 1);
	assert_int_equal(counts(b).opened, 1);
	assert_int_equal(counts(b).accepted, 1);
	assert_int_equal(counts(a).n_peers, 1);
	world_end();
}

TEST(the_largest_message_arrives)
{
	struct gnode *a, *b;

	world_begin(2);
	two_nodes(&a, &b);
	node_publish(a, 1, LIMIT_GOSSIP_DATA);
	world_run_for(w, 2000);
	assert_int_equal(b->got[1], 1);
	world_end();
}

TEST(messages_pass_through_a_node_in_the_middle)
{
	struct gnode *a, *b, *c;

	world_begin(3);
	two_nodes(&a, &b);
	c = node_new();
	node_join(c);
	node_manage(c, b);
	world_run_for(w, 2000);
	node_publish(a, 1, 100);
	node_publish(c, 2, 5000);
	world_run_for(w, 200);
	assert_int_equal(a->got[2], 1);
	assert_int_equal(b->got[1] + b->got[2], 2);
	assert_int_equal(c->got[1], 1);
	world_end();
}

TEST(ten_nodes_that_all_dial_each_other_get_every_message_once)
{
	world_begin(4);
	for (size_t i = 0; i < NODES_MAX; i++)
		node_join(node_new());
	for (size_t i = 0; i < NODES_MAX; i++)
		for (size_t k = 0; k < NODES_MAX; k++)
			if (i != k)
				node_manage(&nodes[i], &nodes[k]);
	world_run_for(w, 8000);
	for (uint32_t k = 0; k < 50; k++) {
		node_publish(&nodes[k % NODES_MAX], k, 200 + 50 * k);
		world_run_for(w, 20);
	}
	world_run_for(w, 3000);
	for (size_t i = 0; i < NODES_MAX; i++)
		for (uint32_t k = 0; k < 50; k++)
			assert_int_equal(nodes[i].got[k], 1);
	world_end();
}

static void note_peers(void *user, const struct gossip_topic_info *info)
{
	*(size_t *)user = info->n_peers;
}

static bool has_topic_peer(const struct gnode *n)
{
	size_t n_peers = 0;

	gossip_topics(gossip_streams_engine(n->gossip), note_peers, &n_peers);
	return n_peers > 0;
}

/* Both dial, two links come up, one is closed: the stream moves and nothing is lost. */
TEST(messages_survive_the_settling_of_two_links)
{
	for (uint64_t seed = 10; seed < 30; seed++) {
		struct gnode *a, *b;

		world_begin(seed);
		a = node_new();
		b = node_new();
		node_join(a);
		node_join(b);
		node_manage(a, b);
		node_manage(b, a);
		while (!has_topic_peer(a) || !has_topic_peer(b))
			world_run_for(w, 1);
		for (uint32_t k = 0; k < 40; k++) {
			node_publish(k % 2 ? a : b, k, 100);
			world_run_for(w, 1);
		}
		world_run_for(w, 3000);
		for (uint32_t k = 0; k < 40; k++) {
			assert_int_equal(a->got[k], 1);
			assert_int_equal(b->got[k], 1);
		}
		assert_int_equal(world_connections(w, a->loop, b->loop), 1);
		world_end();
	}
}

TEST(a_lost_link_is_followed_by_a_new_stream)
{
	struct gnode *a, *b;

	world_begin(5);
	two_nodes(&a, &b);
	world_reset_host(w, b->loop);
	world_run_for(w, 100);
	assert_int_equal(counts(a).n_peers, 0);
	world_run_for(w, 20000);
	assert_int_equal(counts(a).n_peers, 1);
	node_publish(a, 1, 100);
	world_run_for(w, 200);
	assert_int_equal(b->got[1], 1);
	assert_int_equal(counts(a).opened, 2);
	world_end();
}

TEST(who_does_not_speak_gossip_is_left_alone)
{
	struct gnode *a, *s;

	world_begin(6);
	a = node_new();
	s = stranger_new(false);
	node_manage(a, s);
	node_join(a);
	world_run_for(w, 2000);
	assert_true(peer_is_connected(peer_at(a, s)));
	assert_int_equal(counts(a).n_peers, 0);
	assert_int_equal(counts(a).opened, 0);
	world_end();
}

TEST(a_stranger_gets_the_hello_and_is_grafted)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(8);
	node_and_stranger(&a, &s);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stranger_heard(s, &rpc, &mem);
	/* Once as the hello, once as the answer to its stream. */
	assert_int_equal(rpc.subscriptions.n, 2);
	assert_bytes(rpc.subscriptions.v[0].topic, "t");
	assert_bytes(rpc.subscriptions.v[1].topic, "t");
	assert_int_equal(rpc.graft.n, 1);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

TEST(leaving_is_heard_by_the_others)
{
	struct gnode *a, *b;

	world_begin(41);
	two_nodes(&a, &b);
	gossip_streams_leave(b->gossip, TOPIC);
	world_run_for(w, 100);
	node_publish(a, 1, 100);
	world_run_for(w, 100);
	assert_int_equal(b->n_got, 0);
	assert_int_equal(engine_counts(b).received, 0);
	assert_false(gossip_is_joined(gossip_streams_engine(b->gossip), TOPIC));
	world_end();
}

TEST(the_same_seed_gives_the_same_run)
{
	uint64_t hash[2];

	for (size_t i = 0; i < 2; i++) {
		struct gnode *a, *b;

		world_begin(42);
		two_nodes(&a, &b);
		node_publish(a, 1, 3000);
		world_run_for(w, 5000);
		hash[i] = world_log_hash(w);
		world_end();
	}
	assert_int_equal(hash[0], hash[1]);
}

TESTS(RUN(two_nodes_open_one_stream_each_and_hear_each_other), RUN(the_largest_message_arrives),
      RUN(messages_pass_through_a_node_in_the_middle),
      RUN(ten_nodes_that_all_dial_each_other_get_every_message_once),
      RUN(messages_survive_the_settling_of_two_links), RUN(a_lost_link_is_followed_by_a_new_stream),
      RUN(who_does_not_speak_gossip_is_left_alone), RUN(a_stranger_gets_the_hello_and_is_grafted),
      RUN(leaving_is_heard_by_the_others), RUN(the_same_seed_gives_the_same_run))
