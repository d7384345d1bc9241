#include "node_fixture.h"

#define SUBJECT "topic.news/block"
#define A "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"

/* Three nodes in a row: a and c know b only. */
struct row {
	struct fixture f;
	struct sim_node *c;
	struct sim_consumer *at_b, *at_c;
};

static void row_start(struct row *r, const char *discover)
{
	fixture_make(&r->f, 2);
	r->c = sim_node_new(r->f.sim, "10.0.0.3");
	sim_node_knows(r->f.a, r->f.b);
	sim_node_knows(r->c, r->f.b);
	sim_node_set(r->f.a, "discover_peers", discover);
	sim_node_start(r->c);
	fixture_start(&r->f);
	r->at_b = consumer(&r->f, r->f.b, "at-b");
	r->at_c = consumer(&r->f, r->c, "at-c");
	subscribe(&r->f, r->f.asker, SUBJECT);
	subscribe(&r->f, r->at_b, SUBJECT);
	subscribe(&r->f, r->at_c, SUBJECT);
	world_run_for(sim_world(r->f.sim), 5000);
}

static void row_end(struct row *r)
{
	sim_consumer_free(r->at_b);
	sim_consumer_free(r->at_c);
	fixture_deinit(&r->f);
}

static json_int_t counter(struct fixture *f, const char *name)
{
	json_t *o = ask(f, "STATUS", "{}");
	json_int_t n = number_of(json_object_get(o, "counters"), name);

	json_decref(o);
	return n;
}

static size_t links_of(struct row *r)
{
	return world_connections(sim_world(r->f.sim), sim_node_loop(r->f.a), sim_node_loop(r->c));
}

TEST(whose_message_came_over_others_is_looked_for_and_found)
{
	struct row r;

	row_start(&r, "true");
	assert_int_equal(links_of(&r), 0);
	sim_consumer_pub(r.at_c, SUBJECT, BYTES_LITERAL("here I am"));
	world_run_for(sim_world(r.f.sim), 30000);
	assert_int_equal(links_of(&r), 1);
	assert_int_equal(counter(&r.f, "hints"), 1);
	assert_int_equal(counter(&r.f, "hints_dialled"), 1);
	assert_int_equal(counter(&r.f, "hints_connected"), 1);
	assert_int_equal(counter(&r.f, "addr_requests_asked"), 1);
	assert_int_equal(sim_node_n_events(r.f.a, "hint_dialled"), 1);
	row_end(&r);
}

TEST(unless_nobody_is_to_be_discovered)
{
	struct row r;

	row_start(&r, "false");
	sim_consumer_pub(r.at_c, SUBJECT, BYTES_LITERAL("here I am"));
	world_run_for(sim_world(r.f.sim), 30000);
	assert_int_equal(links_of(&r), 0);
	assert_int_equal(counter(&r.f, "hints"), 1);
	assert_int_equal(counter(&r.f, "addr_requests_asked"), 0);
	row_end(&r);
}

static void import(struct fixture *f, const char *text)
{
	struct node *n = node_of(f->a);

	n->config.peer_cache = bytes_of_text(text);
	node_import_peer_cache(n);
}

TEST(a_peer_cache_brings_hints_and_its_faults_are_one_warning)
{
	char text[512], id[PEER_ID_TEXT_MAX];
	struct fixture f;
	json_t *o;

	fixture_make(&f, 2);
	sim_node_set(f.a, "discover_peers", "true");
	fixture_start(&f);
	snprintf(text, sizeof(text),
		 "[{\"id\":\"%s\",\"addrs\":[\"/ip4/10.0.0.2/tcp/%d\"]},{},"
		 "{\"id\":\"" A "\",\"addrs\":[]}]",
		 peer_id_text(sim_node_id(f.b), id), SIM_PORT);
	import(&f, text);
	o = event(f.a, "warning", 0);
	assert_non_null(strstr(text_of(o, "text"), "entry 2: no peer id, entry 3: no address"));
	json_decref(o);
	assert_int_equal(sim_node_n_events(f.a, "warning"), 1);
	o = event(f.a, "peer_cache_imported", 0);
	assert_int_equal(number_of(o, "used"), 1);
	assert_int_equal(number_of(o, "malformed"), 2);
	json_decref(o);
	/* Nothing is wanted yet; then it leads to b. */
	world_run_for(sim_world(f.sim), 20000);
	assert_int_equal(node_n_peers(node_of(f.a)), 0);
	subscribe(&f, f.asker, SUBJECT);
	world_run_for(sim_world(f.sim), 20000);
	assert_int_equal(node_n_peers(node_of(f.a)), 1);
	fixture_deinit(&f);
}

TEST(what_is_no_peer_cache_is_told_and_hurts_nothing)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 1);
	import(&f, "{\"peers\":[]}");
	o = event(f.a, "warning", 0);
	assert_non_null(strstr(text_of(o, "text"), "PEERLINE_IMPORT_PEER_CACHE"));
	assert_non_null(strstr(text_of(o, "text"), "no JSON list"));
	json_decref(o);
	assert_int_equal(counter(&f, "hints"), 0);
	fixture_deinit(&f);
}

TESTS(RUN(whose_message_came_over_others_is_looked_for_and_found),
      RUN(unless_nobody_is_to_be_discovered),
      RUN(a_peer_cache_brings_hints_and_its_faults_are_one_warning),
      RUN(what_is_no_peer_cache_is_told_and_hurts_nothing))
