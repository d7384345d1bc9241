#include "node_fixture.h"

static const char *id_of(struct sim_node *n)
{
	static char text[PEER_ID_TEXT_MAX];

	return peer_id_text(sim_node_id(n), text);
}

TEST(a_link_is_told_when_it_comes_and_when_it_goes)
{
	struct fixture f;
	json_t *up, *down;

	fixture_init(&f, 2);
	fixture_connect(&f);
	up = event(f.a, "link_up", 0);
	assert_string_equal(text_of(up, "peer_id"), id_of(f.b));
	assert_string_equal(text_of(up, "direction"), "outbound");
	assert_string_equal(text_of(up, "address"), "/ip4/10.0.0.2/tcp/4001");
	assert_int_equal(strlen(text_of(up, "link")), 16);
	json_decref(ask(&f, "DISCONNECT", body_about("peer_id", f.b, "")));
	world_run_for(sim_world(f.sim), 5000);
	down = event(f.a, "link_down", 0);
	assert_string_equal(text_of(down, "link"), text_of(up, "link"));
	assert_string_equal(text_of(down, "reason"), "disconnected");
	assert_string_equal(text_of(down, "by"), "us");
	assert_true(number_of(down, "up_ms") >= 1000);
	assert_true(number_of(down, "bytes_in") > 0 && number_of(down, "bytes_out") > 0);
	json_decref(up);
	json_decref(down);
	down = event(f.b, "link_down", 0);
	assert_string_equal(text_of(down, "peer_id"), id_of(f.a));
	assert_string_equal(text_of(down, "by"), "them");
	json_decref(down);
	fixture_deinit(&f);
}

TEST(what_identify_says_is_told)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 2);
	fixture_connect(&f);
	o = event(f.a, "identified", 0);
	assert_string_equal(text_of(o, "peer_id"), id_of(f.b));
	assert_string_equal(text_of(o, "agent"), "peerline/" PL_VERSION);
	assert_true(json_array_size(json_object_get(o, "protocols")) >= 4);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_dial_that_fails_is_told_with_its_reason)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 1);
	json_decref(ask(&f, "CONNECT", "{\"address\":\"10.0.0.9:4001\"}"));
	o = event(f.a, "dial_failed", 0);
	assert_string_equal(text_of(o, "address"), "/ip4/10.0.0.9/tcp/4001");
	assert_string_equal(text_of(o, "reason"), "network");
	assert_true(text_of(o, "text")[0] != 0);
	assert_null(json_object_get(o, "peer_id"));
	json_decref(o);
	assert_int_equal(sim_node_n_events(f.a, "warning"), 0);
	fixture_deinit(&f);
}

/* Dials b's address under a's own id: somebody else answers there. */
TEST(somebody_else_at_an_address_is_worth_a_warning)
{
	struct fixture f;
	struct sim_node *third;
	char body[256];
	json_t *o;

	fixture_init(&f, 2);
	third = sim_node_new(f.sim, "10.0.0.3");
	snprintf(body, sizeof(body), "{\"address\":\"/ip4/10.0.0.2/tcp/4001/p2p/%s\"}",
		 id_of(third));
	json_decref(ask(&f, "CONNECT", body));
	o = event(f.a, "dial_failed", 0);
	assert_string_equal(text_of(o, "reason"), "wrong_peer");
	assert_string_equal(text_of(o, "peer_id"), id_of(third));
	json_decref(o);
	assert_int_equal(sim_node_n_events(f.a, "warning"), 1);
	fixture_deinit(&f);
}

TEST(a_link_that_is_refused_is_told)
{
	struct fixture f;
	json_t *o;

	fixture_make(&f, 2);
	sim_node_set(f.a, "network", "one");
	sim_node_set(f.b, "network", "other");
	fixture_start(&f);
	json_decref(ask(&f, "CONNECT", body_about("address", f.b, "")));
	world_run_for(sim_world(f.sim), 1000);
	assert_int_equal(node_n_links(node_of(f.a)), 0);
	o = event(f.a, "dial_failed", 0);
	assert_string_equal(text_of(o, "reason"), "wrong_network");
	json_decref(o);
	fixture_deinit(&f);
}

TESTS(RUN(a_link_is_told_when_it_comes_and_when_it_goes), RUN(what_identify_says_is_told),
      RUN(a_dial_that_fails_is_told_with_its_reason),
      RUN(somebody_else_at_an_address_is_worth_a_warning), RUN(a_link_that_is_refused_is_told))
