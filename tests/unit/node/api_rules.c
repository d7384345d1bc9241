#include "node_fixture.h"

static size_t links(struct fixture *f)
{
	return node_n_links(node_of(f->a));
}

static bool is_true(const json_t *o, const char *key)
{
	assert_true(json_is_boolean(json_object_get(o, key)));
	return json_is_true(json_object_get(o, key));
}

static json_t *tell(struct fixture *f, const char *verb, const char *body)
{
	json_t *o = ask(f, verb, body);

	if (json_object_get(o, "error"))
		fail_msg("%s: %s", verb, text_of(json_object_get(o, "error"), "text"));
	return o;
}

static void run(struct fixture *f, uint64_t ms)
{
	world_run_for(sim_world(f->sim), ms);
}

TEST(an_added_peer_is_dialled_for_ever)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 2);
	o = tell(&f, "PEER_ADD", body_about("address", f.b, ""));
	assert_documented(o);
	assert_true(is_true(o, "kept"));
	assert_false(is_true(o, "already"));
	json_decref(o);
	run(&f, 1000);
	assert_int_equal(links(&f), 1);
	sim_node_stop(f.b);
	run(&f, 5000);
	assert_int_equal(links(&f), 0);
	sim_node_start(f.b);
	run(&f, 10000);
	assert_int_equal(links(&f), 1);
	o = tell(&f, "PEER_ADD", body_about("address", f.b, ""));
	assert_true(is_true(o, "already"));
	assert_true(is_true(o, "kept"));
	json_decref(o);
	fixture_deinit(&f);
}

static void assert_is_own(struct fixture *f, const char *text)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"address\":\"%s\"}", text);
	assert_refused(f, "PEER_ADD", body, "E_DIAL_SELF", "this node");
}

TEST(where_we_listen_nobody_else_is)
{
	char text[ADDR_TEXT_MAX];
	struct fixture f;
	struct node *n;
	uint16_t port;

	fixture_init(&f, 1);
	n = node_of(f.a);
	port = n->listen[0].port;
	assert_is_own(&f, addr_text(&n->listen[0], text));
	n->listen[0] = (struct addr){ .family = ADDR_IP4, .port = port };
	snprintf(text, sizeof(text), "127.0.0.1:%d", port);
	assert_is_own(&f, text);
	assert_int_equal(n->rules.n_added, 0);
	snprintf(text, sizeof(text), "{\"address\":\"127.0.0.1:%d\"}", port + 1);
	json_decref(tell(&f, "PEER_ADD", text));
	assert_int_equal(n->rules.n_added, 1);
	fixture_deinit(&f);
}

TEST(what_cannot_be_dialled_is_not_added)
{
	struct fixture f;

	fixture_init(&f, 1);
	assert_refused(&f, "PEER_ADD", "{}", "E_BAD_REQUEST", "neither a multiaddr");
	assert_refused(&f, "PEER_ADD", body_about("address", f.a, ""), "E_DIAL_SELF", "this node");
	assert_refused(&f, "PEER_ADD", "{\"address\":\"/ip4/10.0.0.2/udp/9/quic-v1\"}",
		       "E_BAD_REQUEST", "not plain TCP");
	assert_int_equal(node_of(f.a)->rules.n_added, 0);
	fixture_deinit(&f);
}

TEST(a_dropped_peer_is_not_dialled_again)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 2);
	json_decref(tell(&f, "PEER_ADD", body_about("address", f.b, "")));
	run(&f, 1000);
	o = tell(&f, "PEER_DROP", body_about("peer_id", f.b, ""));
	assert_documented(o);
	assert_int_equal(number_of(o, "links_closed"), 1);
	assert_int_equal(json_array_size(json_object_get(o, "addresses")), 1);
	assert_false(is_true(o, "configured"));
	assert_true(is_true(o, "kept"));
	json_decref(o);
	run(&f, 60000);
	assert_int_equal(links(&f), 0);
	assert_int_equal(node_of(f.a)->rules.n_added, 0);
	assert_refused(&f, "PEER_DROP", body_about("peer_id", f.b, ""), "E_NOT_FOUND", "neither");
	assert_refused(&f, "PEER_DROP", body_about("address", f.b, ""), "E_NOT_FOUND", "nobody");
	assert_refused(&f, "PEER_DROP", "{}", "E_BAD_REQUEST", "not a peer id");
	fixture_deinit(&f);
}

TEST(an_address_is_dropped_as_it_was_given)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 2);
	json_decref(tell(&f, "PEER_ADD", "{\"address\":\"10.0.0.2:4001\"}"));
	run(&f, 1000);
	assert_int_equal(links(&f), 1);
	o = tell(&f, "PEER_DROP", "{\"address\":\"/ip4/10.0.0.2/tcp/4001\"}");
	assert_int_equal(number_of(o, "links_closed"), 1);
	json_decref(o);
	run(&f, 60000);
	assert_int_equal(links(&f), 0);
	fixture_deinit(&f);
}

TEST(who_drops_what_a_setting_names_is_told_so)
{
	struct fixture f;
	json_t *o;

	fixture_make(&f, 2);
	sim_node_knows(f.a, f.b);
	fixture_start(&f);
	run(&f, 1000);
	o = tell(&f, "PEER_DROP", body_about("peer_id", f.b, ""));
	assert_true(is_true(o, "configured"));
	assert_false(is_true(o, "kept"));
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_banned_peer_loses_its_link_and_gets_no_other)
{
	struct fixture f;
	json_t *o, *list;

	fixture_init(&f, 2);
	fixture_connect(&f);
	o = tell(&f, "BAN", body_about("peer_id", f.b, ",\"for_ms\":60000"));
	assert_int_equal(number_of(o, "links_closed"), 1);
	assert_documented(o);
	assert_true(number_of(o, "until_ms") > 0);
	assert_true(is_true(o, "kept"));
	json_decref(o);
	run(&f, 1000);
	o = event(f.a, "link_down", 0);
	assert_string_equal(text_of(o, "reason"), "banned");
	json_decref(o);
	assert_refused(&f, "CONNECT", body_about("address", f.b, ""), "E_DIAL_BANNED", "banned");
	o = tell(&f, "BANS", "{}");
	assert_documented(o);
	list = json_object_get(o, "bans");
	assert_int_equal(json_array_size(list), 1);
	json_decref(o);
	run(&f, 60000);
	o = tell(&f, "BANS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "bans")), 0);
	json_decref(o);
	fixture_connect(&f);
	assert_int_equal(links(&f), 1);
	fixture_deinit(&f);
}

TEST(a_ban_without_an_end_is_lifted_by_hand)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 2);
	o = tell(&f, "BAN", body_about("peer_id", f.b, ""));
	assert_true(json_is_null(json_object_get(o, "until_ms")));
	json_decref(o);
	json_decref(tell(&f, "UNBAN", body_about("peer_id", f.b, "")));
	assert_refused(&f, "UNBAN", body_about("peer_id", f.b, ""), "E_NOT_FOUND", "not banned");
	fixture_connect(&f);
	assert_int_equal(links(&f), 1);
	fixture_deinit(&f);
}

TEST(bans_that_make_no_sense_are_refused)
{
	struct fixture f;

	fixture_init(&f, 1);
	assert_refused(&f, "BAN", "{}", "E_BAD_REQUEST", "not a peer id");
	assert_refused(&f, "BAN", body_about("peer_id", f.a, ""), "E_BAD_REQUEST", "this node");
	assert_refused(&f, "BAN", body_about("peer_id", f.a, ",\"for_ms\":-1"), "E_BAD_REQUEST",
		       "for_ms");
	assert_refused(&f, "UNBAN", "{\"peer_id\":7}", "E_BAD_REQUEST", "not a peer id");
	fixture_deinit(&f);
}

TEST(all_that_is_known_of_a_peer_is_one_answer)
{
	struct fixture f;
	json_t *o, *link;

	fixture_init(&f, 2);
	assert_refused(&f, "PEER", body_about("peer_id", f.b, ""), "E_NOT_FOUND", "nothing");
	json_decref(tell(&f, "PEER_ADD", body_about("address", f.b, "")));
	subscribe(&f, f.asker, "topic.demo/news");
	run(&f, 3000);
	o = tell(&f, "PEER", body_about("peer_id", f.b, ""));
	assert_string_equal(text_of(o, "state"), "connected");
	assert_int_equal(json_array_size(json_object_get(o, "managed_addresses")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "link_list")), 1);
	link = json_array_get(json_object_get(o, "link_list"), 0);
	assert_documented(o);
	assert_documented(link);
	assert_true(is_true(link, "primary"));
	assert_string_equal(text_of(link, "direction"), "outbound");
	assert_true(number_of(link, "bytes_in") > 0);
	assert_true(json_is_array(json_object_get(o, "topics")));
	assert_true(json_is_null(json_object_get(o, "banned")));
	json_decref(o);
	fixture_deinit(&f);
}

TEST(who_is_banned_is_so_among_the_peers)
{
	struct fixture f;
	json_t *o, *banned;

	fixture_init(&f, 2);
	json_decref(tell(&f, "PEER_ADD", body_about("address", f.b, "")));
	run(&f, 3000);
	json_decref(tell(&f, "BAN", body_about("peer_id", f.b, ",\"for_ms\":60000")));
	o = tell(&f, "PEERS", "{}");
	banned = json_object_get(json_array_get(json_object_get(o, "peers"), 0), "banned");
	assert_true(number_of(banned, "until_ms") > 0);
	json_decref(o);
	json_decref(tell(&f, "UNBAN", body_about("peer_id", f.b, "")));
	o = tell(&f, "PEERS", "{}");
	banned = json_object_get(json_array_get(json_object_get(o, "peers"), 0), "banned");
	assert_true(json_is_null(banned));
	json_decref(o);
	fixture_deinit(&f);
}

TEST(without_a_network_there_is_nobody_to_ban)
{
	static const char *const verbs[] = {
		"PEER", "PEER_ADD", "PEER_DROP", "BAN", "UNBAN", "BANS"
	};
	struct fixture f;

	fixture_make(&f, 1);
	sim_node_set(f.a, "p2p_enabled", "false");
	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		assert_refused(&f, verbs[i], "{}", "E_NO_NETWORK", "p2p_enabled");
	fixture_deinit(&f);
}

TESTS(RUN(an_added_peer_is_dialled_for_ever), RUN(where_we_listen_nobody_else_is),
      RUN(what_cannot_be_dialled_is_not_added), RUN(a_dropped_peer_is_not_dialled_again),
      RUN(an_address_is_dropped_as_it_was_given), RUN(who_drops_what_a_setting_names_is_told_so),
      RUN(a_banned_peer_loses_its_link_and_gets_no_other), RUN(who_is_banned_is_so_among_the_peers),
      RUN(a_ban_without_an_end_is_lifted_by_hand), RUN(bans_that_make_no_sense_are_refused),
      RUN(all_that_is_known_of_a_peer_is_one_answer), RUN(without_a_network_there_is_nobody_to_ban))
