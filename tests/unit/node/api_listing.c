#include "node_fixture.h"

static json_t *first(json_t *object, const char *key)
{
	json_t *list = json_object_get(object, key);

	assert_int_equal(json_array_size(list), 1);
	return json_array_get(list, 0);
}

TEST(status_of_a_node_alone)
{
	struct fixture f;
	json_t *o, *c;

	fixture_init(&f, 1);
	o = ask(&f, "STATUS", "{}");
	assert_documented(o);
	assert_string_equal(text_of(json_object_get(o, "door"), "url"), "nats://127.0.0.1:4222");
	assert_int_equal(number_of(o, "links"), 0);
	assert_int_equal(json_array_size(json_object_get(o, "listen")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "problems")), 0);
	assert_int_equal(json_array_size(json_object_get(o, "warnings")), 0);
	c = first(o, "consumers");
	assert_documented(c);
	assert_string_equal(text_of(c, "id"), "asker");
	assert_string_equal(text_of(c, "via"), "tcp");
	assert_int_equal(number_of(c, "subscriptions"), 1);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(every_counter_is_there_and_documented)
{
	struct fixture f;
	json_t *o, *counters;

	fixture_init(&f, 2);
	fixture_connect(&f);
	o = ask(&f, "STATUS", "{}");
	counters = json_object_get(o, "counters");
	assert_documented(counters);
	assert_int_equal(number_of(counters, "dials"), 1);
	assert_int_equal(number_of(counters, "gossip_peers"), 1);
	assert_int_equal(number_of(counters, "gossip_streams_opened"), 1);
	assert_int_equal(number_of(counters, "gaps"), 0);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(no_link_although_some_were_asked_for_is_a_problem)
{
	struct fixture f;
	json_t *o;

	fixture_make(&f, 2);
	sim_node_knows(f.a, f.b);
	fixture_start(&f);
	o = ask(&f, "STATUS", "{}");
	assert_int_equal(number_of(o, "bootstrap"), 1);
	json_decref(o);
	world_run_for(sim_world(f.sim), 10000);
	o = ask(&f, "STATUS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "problems")), 0);
	json_decref(o);
	sim_node_cut(f.b);
	world_run_for(sim_world(f.sim), 60000);
	o = ask(&f, "STATUS", "{}");
	assert_non_null(strstr(json_string_value(first(o, "problems")), "BOOTSTRAP_PEERS"));
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_connected_peer_and_one_that_is_waited_for)
{
	struct fixture f;
	char id[PEER_ID_TEXT_MAX];
	json_t *o, *p;

	fixture_make(&f, 2);
	sim_node_knows(f.a, f.b);
	fixture_start(&f);
	world_run_for(sim_world(f.sim), 20000);
	o = ask(&f, "PEERS", "{}");
	p = first(o, "peers");
	assert_documented(p);
	assert_string_equal(text_of(p, "peer_id"), peer_id_text(sim_node_id(f.b), id));
	assert_string_equal(text_of(p, "state"), "connected");
	assert_string_equal(text_of(p, "direction"), "outbound");
	assert_string_equal(text_of(p, "address"), "/ip4/10.0.0.2/tcp/4001");
	assert_string_equal(text_of(p, "peerline"), PL_VERSION);
	assert_string_equal(text_of(p, "agent"), "peerline/" PL_VERSION);
	assert_int_equal(number_of(p, "links"), 1);
	assert_int_equal(number_of(p, "rtt_us") / 1000, 2);
	assert_true(json_is_true(json_object_get(p, "managed")));
	assert_true(json_is_null(json_object_get(p, "next_dial_ms")));
	json_decref(o);

	sim_node_cut(f.b);
	world_run_for(sim_world(f.sim), 60000);
	o = ask(&f, "PEERS", "{}");
	p = first(o, "peers");
	assert_string_not_equal(text_of(p, "state"), "connected");
	assert_true(json_is_null(json_object_get(p, "up_ms")));
	assert_true(json_is_null(json_object_get(p, "direction")));
	assert_true(text_of(p, "last_error")[0] != 0);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_topic_and_its_traffic)
{
	struct fixture f;
	json_t *o, *t;

	fixture_init(&f, 2);
	fixture_connect(&f);
	subscribe(&f, f.asker, "topic.a/b");
	sim_consumer_pub(f.asker, "topic.a/b", BYTES_LITERAL("one"));
	world_run_for(sim_world(f.sim), 1000);
	o = ask(&f, "TOPICS", "{}");
	t = first(o, "topics");
	assert_documented(t);
	assert_string_equal(text_of(t, "topic"), "a/b");
	assert_int_equal(number_of(t, "consumers"), 1);
	assert_int_equal(number_of(t, "published"), 1);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_topic_that_is_no_utf8_is_listed_all_the_same)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 1);
	subscribe(&f, f.asker, "topic.a/\xff");
	o = ask(&f, "TOPICS", "{}");
	assert_string_equal(text_of(first(o, "topics"), "topic"), "a/?");
	json_decref(o);
	fixture_deinit(&f);
}

TEST(without_a_network_the_lists_are_empty)
{
	struct fixture f;
	json_t *o;

	fixture_make(&f, 1);
	sim_node_set(f.a, "p2p_enabled", "false");
	fixture_start(&f);
	subscribe(&f, f.asker, "topic.a/b");
	o = ask(&f, "STATUS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "topics")), 0);
	assert_int_equal(json_array_size(json_object_get(o, "listen")), 0);
	json_decref(o);
	o = ask(&f, "PEERS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "peers")), 0);
	json_decref(o);
	fixture_deinit(&f);
}

TESTS(RUN(status_of_a_node_alone), RUN(every_counter_is_there_and_documented),
      RUN(no_link_although_some_were_asked_for_is_a_problem),
      RUN(a_connected_peer_and_one_that_is_waited_for), RUN(a_topic_and_its_traffic),
      RUN(a_topic_that_is_no_utf8_is_listed_all_the_same),
      RUN(without_a_network_the_lists_are_empty))
