#include "node_fixture.h"

static json_t *peer_of(struct fixture *f, json_t **ret_answer)
{
	json_t *list;

	*ret_answer = ask(f, "PEERS", "{}");
	list = json_object_get(*ret_answer, "peers");
	assert_int_equal(json_array_size(list), 1);
	return json_array_get(list, 0);
}

static double real_of(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	assert_true(json_is_real(value));
	return json_real_value(value);
}

TEST(a_peer_is_listed_with_its_score_and_its_parts)
{
	struct sim_consumer *other;
	struct fixture f;
	json_t *answer, *score, *topic;

	fixture_init(&f, 2);
	fixture_connect(&f);
	other = consumer(&f, f.b, "other");
	subscribe(&f, f.asker, "topic.a/b");
	subscribe(&f, other, "topic.a/b");
	world_run_for(sim_world(f.sim), 2000);
	sim_consumer_pub(other, "topic.a/b", BYTES_LITERAL("one"));
	world_run_for(sim_world(f.sim), 2000);
	score = json_object_get(peer_of(&f, &answer), "score");
	assert_true(real_of(score, "total") > 0.9 && real_of(score, "total") < 1.1);
	assert_true(real_of(score, "topics") == real_of(score, "total"));
	assert_true(real_of(score, "behaviour") == 0 && real_of(score, "application") == 0);
	assert_true(real_of(score, "colocation") == 0);
	assert_false(json_is_true(json_object_get(score, "direct")));
	/* Another peerline takes what we take. */
	assert_int_equal(number_of(score, "rpc_max"), LIMIT_GOSSIP_RPC);
	assert_int_equal(number_of(score, "too_large"), 0);
	topic = json_array_get(json_object_get(score, "by_topic"), 0);
	assert_string_equal(text_of(topic, "topic"), "a/b");
	assert_true(json_is_true(json_object_get(topic, "in_mesh")));
	assert_true(real_of(topic, "first") > 0.9 && real_of(topic, "time") >= 0);
	assert_true(real_of(topic, "deficit") == 0 && real_of(topic, "failure") == 0);
	assert_true(real_of(topic, "invalid") == 0 && real_of(topic, "total") > 0.9);
	json_decref(answer);
	sim_consumer_free(other);
	fixture_deinit(&f);
}

TEST(who_is_not_connected_has_no_score)
{
	struct fixture f;
	json_t *answer, *peer;

	fixture_make(&f, 1);
	sim_node_set(f.a, "bootstrap_peers", "/ip4/10.0.0.9/tcp/4001");
	fixture_start(&f);
	peer = peer_of(&f, &answer);
	assert_true(json_is_null(json_object_get(peer, "score")));
	json_decref(answer);
	fixture_deinit(&f);
}

TEST(a_direct_peer_is_kept_connected_and_gets_messages_outside_of_the_mesh)
{
	char id[PEER_ID_TEXT_MAX], text[256];
	struct sim_consumer *other;
	struct fixture f;
	json_t *answer, *peer, *topics;

	fixture_make(&f, 2);
	snprintf(text, sizeof(text), "/ip4/10.0.0.2/tcp/4001/p2p/%s",
		 peer_id_text(sim_node_id(f.b), id));
	sim_node_set(f.a, "direct_peers", text);
	fixture_start(&f);
	other = consumer(&f, f.b, "other");
	subscribe(&f, f.asker, "topic.a/b");
	subscribe(&f, other, "topic.a/b");
	world_run_for(sim_world(f.sim), 10000);
	peer = peer_of(&f, &answer);
	assert_string_equal(text_of(peer, "state"), "connected");
	assert_true(json_is_true(json_object_get(peer, "managed")));
	assert_true(json_is_true(json_object_get(json_object_get(peer, "score"), "direct")));
	json_decref(answer);
	answer = ask(&f, "TOPICS", "{}");
	topics = json_object_get(answer, "topics");
	assert_int_equal(number_of(json_array_get(topics, 0), "mesh"), 0);
	json_decref(answer);
	sim_consumer_pub(f.asker, "topic.a/b", BYTES_LITERAL("one"));
	world_run_for(sim_world(f.sim), 1000);
	assert_int_equal(sim_consumer_n_messages(other), 1);
	sim_consumer_free(other);
	fixture_deinit(&f);
}

TESTS(RUN(a_peer_is_listed_with_its_score_and_its_parts), RUN(who_is_not_connected_has_no_score),
      RUN(a_direct_peer_is_kept_connected_and_gets_messages_outside_of_the_mesh))
