#include "node_fixture.h"

TEST(an_event_is_told_to_the_owner_and_to_whoever_listens)
{
	struct fixture f;
	const struct sim_message *m;
	json_t *o;

	fixture_init(&f, 1);
	subscribe(&f, f.asker, "$PL.EVENT.>");
	node_emit(node_of(f.a), LOG_INFO, "dance", "DANCE", json_pack("{s:i}", "steps", 3));
	o = event(f.a, "dance", 0);
	assert_int_equal(number_of(o, "steps"), 3);
	assert_true(number_of(o, "at_ms") > 0);
	json_decref(o);
	world_run_for(sim_world(f.sim), 100);
	assert_int_equal(sim_consumer_n_messages(f.asker), 1);
	m = sim_consumer_message(f.asker, 0);
	assert_bytes(m->subject, "$PL.EVENT.DANCE");
	o = json_loadb((const char *)m->data.p, m->data.n, 0, NULL);
	assert_int_equal(number_of(o, "steps"), 3);
	json_decref(o);
	fixture_deinit(&f);
}

TEST(an_event_without_a_kind_is_for_the_log_only)
{
	struct fixture f;

	fixture_init(&f, 1);
	subscribe(&f, f.asker, ">");
	node_emit(node_of(f.a), LOG_INFO, "dance", NULL, json_object());
	world_run_for(sim_world(f.sim), 100);
	assert_int_equal(sim_node_n_events(f.a, "dance"), 1);
	assert_int_equal(sim_consumer_n_messages(f.asker), 0);
	fixture_deinit(&f);
}

TEST(an_event_whose_fields_found_no_memory_is_not_told)
{
	struct fixture f;

	fixture_init(&f, 1);
	node_emit(node_of(f.a), LOG_INFO, "dance", "DANCE", NULL);
	assert_int_equal(sim_node_n_events(f.a, "dance"), 0);
	fixture_deinit(&f);
}

TEST(the_latest_warnings_are_kept_and_notes_are_not)
{
	struct fixture f;
	struct node *n;
	json_t *o;

	fixture_init(&f, 1);
	n = node_of(f.a);
	node_tell(n, LOG_INFO, "a note");
	assert_int_equal(n->n_warnings, 0);
	assert_int_equal(sim_node_n_events(f.a, "note"), 1);
	for (int i = 0; i < NODE_WARNINGS_MAX + 3; i++)
		node_tell(n, LOG_WARN, "number %d", i);
	assert_int_equal(n->n_warnings, NODE_WARNINGS_MAX);
	assert_string_equal(n->warnings[0], "number 10");
	assert_string_equal(n->warnings[NODE_WARNINGS_MAX - 1], "number 3");
	/* One that is there already comes to the front and pushes nobody out. */
	node_tell(n, LOG_WARN, "number 5");
	node_tell(n, LOG_WARN, "number 5");
	node_tell(n, LOG_WARN, "number 3");
	assert_int_equal(n->n_warnings, NODE_WARNINGS_MAX);
	assert_string_equal(n->warnings[0], "number 3");
	assert_string_equal(n->warnings[1], "number 5");
	assert_string_equal(n->warnings[2], "number 10");
	assert_string_equal(n->warnings[NODE_WARNINGS_MAX - 1], "number 4");
	o = event(f.a, "warning", 0);
	assert_string_equal(text_of(o, "text"), "number 0");
	json_decref(o);
	fixture_deinit(&f);
}

TEST(a_text_that_is_cut_within_a_character_is_told_all_the_same)
{
	struct fixture f;
	char text[NODE_TEXT_MAX + 1];
	json_t *o;

	fixture_init(&f, 1);
	for (size_t i = 0; i < NODE_TEXT_MAX; i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[NODE_TEXT_MAX] = '\0';
	node_tell(node_of(f.a), LOG_ERROR, "%s", text);
	o = event(f.a, "error", 0);
	assert_int_equal(strlen(text_of(o, "text")), NODE_TEXT_MAX - 1);
	json_decref(o);
	o = ask(&f, "STATUS", "{}");
	assert_int_equal(json_array_size(json_object_get(o, "warnings")), 1);
	json_decref(o);
	fixture_deinit(&f);
}

TESTS(RUN(an_event_is_told_to_the_owner_and_to_whoever_listens),
      RUN(an_event_without_a_kind_is_for_the_log_only),
      RUN(an_event_whose_fields_found_no_memory_is_not_told),
      RUN(the_latest_warnings_are_kept_and_notes_are_not),
      RUN(a_text_that_is_cut_within_a_character_is_told_all_the_same))
