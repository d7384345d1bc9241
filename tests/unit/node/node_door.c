#include "node_fixture.h"

static bool in_the_mesh(void *user)
{
	struct fixture *f = user;

	return sim_node_n_events(f->a, "mesh") > 0 && sim_node_n_events(f->b, "mesh") > 0;
}

static bool contains(struct bytes b, const char *text)
{
	return b.n > 0 && memmem(b.p, b.n, text, strlen(text)) != NULL;
}

TEST(a_message_goes_from_door_to_door_through_gossip)
{
	struct fixture f;
	struct sim_consumer *reader;
	char header[PEER_ID_TEXT_MAX + 16] = "Pl-From: ", id[PEER_ID_TEXT_MAX];
	json_t *o;

	fixture_init(&f, 2);
	fixture_connect(&f);
	reader = consumer(&f, f.b, "reader");
	subscribe(&f, reader, "topic.a/b");
	subscribe(&f, f.asker, "topic.a/b");
	assert_true(world_run_until(sim_world(f.sim), in_the_mesh, &f, 30000));
	sim_consumer_pub(f.asker, "topic.a/b", BYTES_LITERAL("hello"));
	world_run_for(sim_world(f.sim), 1000);
	assert_int_equal(sim_consumer_n_messages(reader), 1);
	assert_bytes(sim_consumer_message(reader, 0)->data, "hello");
	strcat(header, peer_id_text(sim_node_id(f.a), id));
	assert_true(contains(sim_consumer_message(reader, 0)->headers, header));
	assert_true(contains(sim_consumer_message(reader, 0)->headers, "Pl-Verified: yes"));
	/* Our own comes back to us once, as to everybody. */
	assert_int_equal(sim_consumer_n_messages(f.asker), f.n_asked + 1);
	o = event(f.a, "topic_peer", 0);
	assert_string_equal(text_of(o, "topic"), "a/b");
	assert_true(json_is_true(json_object_get(o, "joined")));
	json_decref(o);
	o = event(f.a, "mesh", 0);
	assert_true(json_is_true(json_object_get(o, "grafted")));
	json_decref(o);
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

TEST(the_last_reader_leaves_the_topic)
{
	struct fixture f;
	struct sim_consumer *reader;
	json_t *o;

	fixture_init(&f, 1);
	reader = consumer(&f, f.a, "reader");
	subscribe(&f, reader, "topic.a/b");
	o = ask(&f, "TOPICS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "topics")), 1);
	json_decref(o);
	sim_consumer_free(reader);
	world_run_for(sim_world(f.sim), 100);
	o = ask(&f, "TOPICS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "topics")), 1);
	json_decref(o);
	/* It had a name, and did not come back. */
	world_run_for(sim_world(f.sim), LIMIT_DOOR_AWAY_MS);
	o = ask(&f, "TOPICS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "topics")), 0);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(without_a_network_publishing_is_refused_by_the_setting)
{
	struct fixture f;

	fixture_make(&f, 1);
	sim_node_set(f.a, "p2p_enabled", "false");
	fixture_start(&f);
	subscribe(&f, f.asker, "topic.a/b");
	sim_consumer_pub(f.asker, "topic.a/b", BYTES_LITERAL("x"));
	world_run_for(sim_world(f.sim), 100);
	assert_non_null(strstr(sim_consumer_error(f.asker), "p2p_enabled"));
	assert_int_equal(sim_consumer_n_messages(f.asker), 0);
	fixture_deinit(&f);
}

TEST(a_message_that_gossip_does_not_carry_is_refused_with_the_figure)
{
	struct fixture f;
	uint8_t *large = calloc(1, LIMIT_DOOR_PAYLOAD);

	fixture_init(&f, 1);
	sim_consumer_pub(f.asker, "topic.a/b", BYTES(large, LIMIT_DOOR_PAYLOAD));
	world_run_for(sim_world(f.sim), 1000);
	assert_non_null(strstr(sim_consumer_error(f.asker), "1 MiB less 4 KiB"));
	assert_false(sim_consumer_is_closed(f.asker));
	free(large);
	fixture_deinit(&f);
}

/* A reader that is frozen misses messages: the node counts them and says so. */
TEST(a_gap_is_counted_and_told)
{
	struct fixture f;
	struct sim_consumer *frozen;
	uint8_t data[60000] = { 0 };
	const struct sim_message *told = NULL;
	json_t *o, *gap;

	fixture_make(&f, 1);
	sim_node_set(f.a, "consumer_bytes", "65536");
	fixture_start(&f);
	frozen = consumer(&f, f.a, "frozen");
	subscribe(&f, frozen, "x.\x01\xff");
	subscribe(&f, f.asker, "$PL.EVENT.GAP");
	sim_consumer_freeze(frozen, true);
	for (int i = 0; i < 40; i++) {
		sim_consumer_pub(f.asker, "x.\x01\xff", BYTES(data, sizeof(data)));
		world_run_for(sim_world(f.sim), 20);
	}
	sim_consumer_freeze(frozen, false);
	world_run_for(sim_world(f.sim), 1000);
	sim_consumer_pub(f.asker, "x.\x01\xff", BYTES_LITERAL("last"));
	world_run_for(sim_world(f.sim), 1000);
	for (size_t i = 0; i < sim_consumer_n_messages(f.asker); i++)
		told = sim_consumer_message(f.asker, i);
	assert_non_null(told);
	gap = json_loadb((const char *)told->data.p, told->data.n, 0, NULL);
	assert_string_equal(text_of(gap, "consumer"), "frozen");
	assert_string_equal(text_of(gap, "subject"), "x.\x01?");
	o = ask(&f, "STATUS", "{}");
	assert_int_equal(number_of(json_object_get(o, "counters"), "gaps"), 1);
	assert_int_equal(number_of(json_object_get(o, "counters"), "gap_messages"),
			 number_of(gap, "count"));
	assert_int_equal(sim_consumer_n_messages(frozen) + (size_t)number_of(gap, "count"), 41);
	json_decref(gap);
	json_decref(o);
	sim_consumer_free(frozen);
	fixture_deinit(&f);
}

/* Two nodes in each other's mesh of a/b; `subject` is what the second one's reader wants. */
static struct sim_consumer *fixture_mesh(struct fixture *f, const char *subject)
{
	struct sim_consumer *reader;

	fixture_init(f, 2);
	fixture_connect(f);
	reader = consumer(f, f->b, "reader");
	subscribe(f, reader, subject);
	subscribe(f, f->asker, "topic.a/b");
	assert_true(world_run_until(sim_world(f->sim), in_the_mesh, f, 30000));
	return reader;
}

TEST(a_payload_goes_from_door_to_door_in_an_envelope)
{
	struct fixture f;
	struct sim_consumer *reader = fixture_mesh(&f, "payload.a/b");
	const struct sim_message *own;

	sim_consumer_pub(f.asker, "payload.a/b", BYTES_LITERAL("hello"));
	world_run_for(sim_world(f.sim), 1000);
	assert_int_equal(sim_consumer_n_messages(reader), 1);
	assert_bytes(sim_consumer_message(reader, 0)->data, "hello");
	assert_true(contains(sim_consumer_message(reader, 0)->headers, "Pl-Name: peerline\r\n"));
	own = sim_consumer_message(f.asker, sim_consumer_n_messages(f.asker) - 1);
	assert_bytes(own->data, "{\"name\":\"peerline\",\"data\":\"aGVsbG8=\"}");
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

TEST(an_author_of_malformed_messages_is_told_of_and_listed)
{
	struct fixture f;
	struct sim_consumer *reader = fixture_mesh(&f, "payload.a/b");
	char id[PEER_ID_TEXT_MAX];
	json_t *o;

	for (int i = 0; i < LIMIT_AUTHOR_STRIKES; i++)
		sim_consumer_pub(f.asker, "topic.a/b", BYTES_LITERAL("no envelope"));
	world_run_for(sim_world(f.sim), 1000);
	assert_int_equal(sim_consumer_n_messages(reader), 0);
	assert_int_equal(sim_node_n_events(f.b, "author_skipped"), 1);
	o = event(f.b, "author_skipped", 0);
	assert_string_equal(text_of(o, "peer_id"), peer_id_text(sim_node_id(f.a), id));
	assert_string_equal(text_of(o, "topic"), "a/b");
	assert_int_equal(number_of(o, "malformed"), LIMIT_AUTHOR_STRIKES);
	json_decref(o);
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

/* Silence is consent, and it is told who was silent. */
TEST(a_validator_that_says_nothing_delays_a_message_by_its_second)
{
	struct fixture f;
	struct sim_consumer *reader = fixture_mesh(&f, "topic.a/b");
	struct sim_consumer *silent = consumer(&f, f.b, "silent");
	json_t *o;

	subscribe(&f, silent, "validate.a/b");
	sim_consumer_pub(f.asker, "topic.a/b", BYTES_LITERAL("x"));
	world_run_for(sim_world(f.sim), 900);
	assert_int_equal(sim_consumer_n_messages(silent), 1);
	assert_int_equal(sim_consumer_n_messages(reader), 0);
	world_run_for(sim_world(f.sim), 1000);
	assert_int_equal(sim_consumer_n_messages(reader), 1);
	o = event(f.b, "validator_slow", 0);
	assert_string_equal(text_of(o, "consumer"), "silent");
	assert_int_equal(number_of(o, "unanswered"), 1);
	json_decref(o);
	sim_consumer_free(silent);
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

TEST(a_validator_that_leaves_frees_what_waits_for_it)
{
	struct fixture f;
	struct sim_consumer *reader = fixture_mesh(&f, "topic.a/b");
	struct sim_consumer *leaving = consumer(&f, f.b, "leaving");

	subscribe(&f, leaving, "validate.a/b");
	sim_consumer_pub(f.asker, "topic.a/b", BYTES_LITERAL("x"));
	world_run_for(sim_world(f.sim), 500);
	assert_int_equal(sim_consumer_n_messages(leaving), 1);
	assert_int_equal(sim_consumer_n_messages(reader), 0);
	sim_consumer_free(leaving);
	world_run_for(sim_world(f.sim), 100);
	assert_int_equal(sim_consumer_n_messages(reader), 1);
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

static const char *problem(struct fixture *f, json_t **ret_status)
{
	json_t *list;

	*ret_status = ask(f, "STATUS", "{}");
	list = json_object_get(*ret_status, "problems");
	return json_array_size(list) == 1 ? json_string_value(json_array_get(list, 0)) : "";
}

TEST(topics_that_hear_nobody_for_want_of_peers_are_one_problem_and_one_warning)
{
	struct fixture f;
	json_t *o;

	fixture_init(&f, 1);
	subscribe(&f, f.asker, "topic.a/b");
	subscribe(&f, f.asker, "topic.c/d");
	world_run_for(sim_world(f.sim), 5000);
	assert_string_equal(problem(&f, &o), "");
	json_decref(o);
	world_run_for(sim_world(f.sim), 10000);
	assert_string_equal(problem(&f, &o),
			    "no peer is connected: 2 topics hear nobody; name peers with "
			    "BOOTSTRAP_PEERS, or let them dial this node");
	assert_int_equal(json_array_size(json_object_get(o, "warnings")), 1);
	json_decref(o);
	assert_int_equal(sim_node_n_events(f.a, "topic_health"), 2);
	o = event(f.a, "topic_health", 0);
	assert_string_equal(text_of(o, "topic"), "a/b");
	assert_string_equal(text_of(o, "health"), "no_peers");
	assert_string_equal(text_of(o, "text"), "topic a/b hears nobody: no peer is connected");
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_topic_that_no_connected_peer_wants_is_a_problem_until_one_does)
{
	struct fixture f;
	struct sim_consumer *reader;
	json_t *o;

	fixture_init(&f, 2);
	fixture_connect(&f);
	subscribe(&f, f.asker, "topic.a/b");
	world_run_for(sim_world(f.sim), 15000);
	assert_string_equal(problem(&f, &o),
			    "topic a/b hears nobody: the only connected peer is not subscribed "
			    "to it");
	json_decref(o);
	reader = consumer(&f, f.b, "reader");
	subscribe(&f, reader, "topic.a/b");
	world_run_for(sim_world(f.sim), 3000);
	o = ask(&f, "STATUS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "problems")), 0);
	assert_int_equal(json_array_size(json_object_get(o, "warnings")), 1);
	json_decref(o);
	o = event(f.a, "topic_health", 1);
	assert_string_equal(text_of(o, "health"), "ok");
	assert_true(json_is_null(json_object_get(o, "text")));
	json_decref(o);
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

TEST(of_many_topics_that_are_not_well_some_are_told_and_the_others_counted)
{
	struct fixture f;
	char subject[32];
	json_t *o, *list;

	fixture_init(&f, 2);
	fixture_connect(&f);
	for (int i = 0; i < 20; i++) {
		snprintf(subject, sizeof(subject), "topic.t/%d", i);
		subscribe(&f, f.asker, subject);
	}
	world_run_for(sim_world(f.sim), 15000);
	o = ask(&f, "STATUS", "{}");
	list = json_object_get(o, "problems");
	assert_int_equal(json_array_size(list), 17);
	assert_string_equal(json_string_value(json_array_get(list, 16)),
			    "4 more topics are not well; see: peerline status --json");
	json_decref(o);
	fixture_deinit(&f);
}

TESTS(RUN(a_message_goes_from_door_to_door_through_gossip), RUN(the_last_reader_leaves_the_topic),
      RUN(without_a_network_publishing_is_refused_by_the_setting),
      RUN(a_message_that_gossip_does_not_carry_is_refused_with_the_figure),
      RUN(a_gap_is_counted_and_told), RUN(a_payload_goes_from_door_to_door_in_an_envelope),
      RUN(an_author_of_malformed_messages_is_told_of_and_listed),
      RUN(a_validator_that_says_nothing_delays_a_message_by_its_second),
      RUN(a_validator_that_leaves_frees_what_waits_for_it),
      RUN(topics_that_hear_nobody_for_want_of_peers_are_one_problem_and_one_warning),
      RUN(a_topic_that_no_connected_peer_wants_is_a_problem_until_one_does),
      RUN(of_many_topics_that_are_not_well_some_are_told_and_the_others_counted))
