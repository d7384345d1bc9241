#include "node_fixture.h"

TEST(what_is_no_request_is_refused_by_name)
{
	struct fixture f;

	fixture_init(&f, 1);
	assert_refused(&f, "DANCE", "{}", "E_UNKNOWN_VERB", "$PL.API.DANCE");
	assert_refused(&f, "DAN\xff", "{}", "E_UNKNOWN_VERB", "$PL.API.DAN?");
	assert_refused(&f, "status", "{}", "E_UNKNOWN_VERB", "status");
	assert_refused(&f, "STATUS", "{", "E_BAD_REQUEST", "not a JSON object");
	assert_refused(&f, "STATUS", "[]", "E_BAD_REQUEST", "not a JSON object");
	assert_refused(&f, "STATUS", "{\"a\":1,\"a\":2}", "E_BAD_REQUEST", "not a JSON object");
	fixture_deinit(&f);
}

TEST(an_empty_request_is_an_empty_object)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 1);
	o = ask(&f, "TOPICS", "");
	assert_int_equal(json_array_size(json_object_get(o, "topics")), 0);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_peer_that_is_not_there_cannot_be_asked)
{
	struct fixture f;

	fixture_init(&f, 2);
	assert_refused(&f, "PING", "{}", "E_BAD_REQUEST", "peer_id");
	assert_refused(&f, "PING", "{\"peer_id\":\"Q\"}", "E_BAD_REQUEST", "\"Q\" is not a peer");
	assert_refused(&f, "PING", "{\"peer_id\":7}", "E_BAD_REQUEST", "peer_id");
	assert_refused(&f, "PING", body_about("peer_id", f.b, ""), "E_NOT_CONNECTED", "connected");
	assert_refused(&f, "DISCONNECT", body_about("peer_id", f.b, ""), "E_NOT_CONNECTED", "");
	fixture_deinit(&f);
}

TEST(numbers_have_a_range)
{
	struct fixture f;

	fixture_init(&f, 1);
	assert_refused(&f, "PING", "{\"count\":-1}", "E_BAD_REQUEST", "count: give a number");
	assert_refused(&f, "PING", "{\"count\":\"3\"}", "E_BAD_REQUEST", "count: give a number");
	assert_refused(&f, "PERF", "{\"upload\":17179869185}", "E_BAD_REQUEST", "upload: give");
	fixture_deinit(&f);
}

TEST(what_cannot_be_dialled_is_refused)
{
	struct fixture f;

	fixture_init(&f, 2);
	assert_refused(&f, "CONNECT", "{}", "E_BAD_REQUEST", "neither a multiaddr");
	assert_refused(&f, "CONNECT", "{\"address\":\"/ip4/nonsense\"}", "E_BAD_REQUEST",
		       "/ip4/nonsense");
	/* What is told is cut, and the cut is within a character. */
	assert_refused(&f, "CONNECT",
		       "{\"address\":\""
		       "xüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü"
		       "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü\"}",
		       "E_BAD_REQUEST", "neither a multiaddr");
	assert_refused(&f, "CONNECT", "{\"address\":\"/ip4/10.0.0.2/udp/9/quic-v1\"}",
		       "E_BAD_REQUEST", "not plain TCP");
	assert_refused(&f, "CONNECT", body_about("address", f.a, ""), "E_DIAL_SELF", "this node");
	assert_refused(&f, "CONNECT", "{\"address\":\"10.0.0.9:1\"}", "E_DIAL_NETWORK", "10.0.0.9");
	fixture_deinit(&f);
}

TEST(a_peer_is_connected_asked_and_disconnected)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 2);
	o = ask(&f, "CONNECT", body_about("address", f.b, ""));
	assert_string_equal(text_of(o, "address"), "/ip4/10.0.0.2/tcp/4001");
	json_decref(o);
	o = ask(&f, "PING", body_about("peer_id", f.b, ",\"count\":3"));
	assert_int_equal(json_array_size(json_object_get(o, "rtt_us")), 3);
	/* A millisecond either way. */
	assert_int_equal(json_integer_value(json_array_get(json_object_get(o, "rtt_us"), 2)) / 1000,
			 2);
	json_decref(o);
	o = ask(&f, "STREAMS", body_about("peer_id", f.b, ",\"count\":20"));
	assert_int_equal(number_of(o, "opened"), 20);
	json_decref(o);
	o = ask(&f, "PERF", body_about("peer_id", f.b, ",\"upload\":100000,\"download\":5000"));
	assert_int_equal(number_of(o, "uploaded"), 100000);
	assert_int_equal(number_of(o, "downloaded"), 5000);
	json_decref(o);
	o = ask(&f, "DISCONNECT", body_about("peer_id", f.b, ""));
	assert_int_equal(number_of(o, "links_closed"), 1);
	json_decref(o);
	assert_int_equal(node_n_links(node_of(f.a)), 0);
	fixture_deinit(&f);
}

TEST(what_a_peer_does_not_answer_is_refused_when_its_link_ends)
{
	struct fixture f;

	fixture_init(&f, 2);
	fixture_connect(&f);
	world_block(sim_world(f.sim), sim_node_loop(f.a), sim_node_loop(f.b), true);
	assert_refused(&f, "PING", body_about("peer_id", f.b, ""), "E_FAILED", "did not do it");
	fixture_deinit(&f);
}

TEST(without_a_network_there_is_nobody_to_ask)
{
	struct fixture f;

	fixture_make(&f, 1);
	sim_node_set(f.a, "p2p_enabled", "false");
	fixture_start(&f);
	assert_refused(&f, "PING", "{}", "E_NO_NETWORK", "p2p_enabled");
	assert_refused(&f, "CONNECT", "{\"address\":\"10.0.0.2:1\"}", "E_NO_NETWORK",
		       "p2p_enabled");
	fixture_deinit(&f);
}

TEST(stop_is_answered_and_then_done)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 1);
	o = ask(&f, "STOP", "{}");
	assert_int_equal(json_object_size(o), 0);
	json_decref(o);
	world_run_for(sim_world(f.sim), 5000);
	assert_false(sim_node_is_running(f.a));
	assert_int_equal(sim_node_n_events(f.a, "stopping"), 1);
	fixture_deinit(&f);
}

TEST(config_lists_every_setting)
{
	struct fixture f;
	json_t *o, *list;

	fixture_init(&f, 1);
	o = ask(&f, "CONFIG", "{}");
	assert_documented(o);
	list = json_object_get(o, "settings");
	assert_documented(json_array_get(list, 0));
	assert_int_equal(json_array_size(list), SETTINGS);
	assert_string_equal(text_of(json_array_get(list, 0), "key"), settings[0].key);
	json_decref(o);
	fixture_deinit(&f);
}

TESTS(RUN(what_is_no_request_is_refused_by_name), RUN(an_empty_request_is_an_empty_object),
      RUN(a_peer_that_is_not_there_cannot_be_asked), RUN(numbers_have_a_range),
      RUN(what_cannot_be_dialled_is_refused), RUN(a_peer_is_connected_asked_and_disconnected),
      RUN(what_a_peer_does_not_answer_is_refused_when_its_link_ends),
      RUN(without_a_network_there_is_nobody_to_ask), RUN(stop_is_answered_and_then_done),
      RUN(config_lists_every_setting))
