/* Proves that CONSUMERS says of each consumer who it is, what it got from whom, and what waits. */

#include "node_fixture.h"

static json_t *consumer_of(json_t *answer, const char *id)
{
	json_t *list = json_object_get(answer, "consumers");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(text_of(json_array_get(list, i), "id"), id) == 0)
			return json_array_get(list, i);
	return NULL;
}

TEST(a_consumer_is_listed_with_what_it_got_from_whom)
{
	struct sim_consumer *other, *reader;
	char id[PEER_ID_TEXT_MAX];
	struct fixture f;
	json_t *answer, *o, *topic, *peer;

	fixture_init(&f, 2);
	fixture_connect(&f);
	other = consumer(&f, f.b, "other");
	reader = consumer(&f, f.a, "reader");
	subscribe(&f, reader, "topic.a/b");
	subscribe(&f, other, "topic.a/b");
	world_run_for(sim_world(f.sim), 2000);
	sim_consumer_pub(other, "topic.a/b", BYTES_LITERAL("one"));
	sim_consumer_pub(other, "topic.a/b", BYTES_LITERAL("three"));
	world_run_for(sim_world(f.sim), 2000);
	answer = ask(&f, "CONSUMERS", "{}");
	o = consumer_of(answer, "reader");
	assert_string_equal(text_of(o, "credentials"), "owner");
	assert_string_equal(text_of(o, "slow"), "gap");
	assert_int_equal(number_of(o, "delivered"), 2);
	assert_int_equal(number_of(o, "bytes_max"), LIMIT_DOOR_CONSUMER_BYTES);
	assert_true(number_of(o, "bytes_in") > 0 && number_of(o, "up_ms") >= 4000);
	assert_int_equal(number_of(o, "gaps"), 0);
	assert_int_equal(number_of(json_object_get(o, "lag"), "messages"), 0);
	assert_false(json_is_true(json_object_get(o, "shortened")));
	topic = json_array_get(json_object_get(o, "by_topic"), 0);
	assert_string_equal(text_of(topic, "subject"), "topic.a/b");
	assert_true(json_is_null(json_object_get(topic, "queue")));
	assert_int_equal(number_of(topic, "delivered"), 2);
	assert_int_equal(number_of(topic, "bytes"), 8);
	assert_int_equal(number_of(topic, "missed"), 0);
	peer = json_array_get(json_object_get(topic, "by_peer"), 0);
	assert_string_equal(text_of(peer, "peer_id"), peer_id_text(sim_node_id(f.b), id));
	assert_int_equal(number_of(peer, "messages"), 2);
	assert_int_equal(number_of(peer, "bytes"), 8);
	json_decref(answer);
	sim_consumer_free(other);
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

TEST(of_many_subscriptions_the_busiest_are_told_apart)
{
	struct sim_consumer *reader;
	char subject[32];
	struct fixture f;
	json_t *answer, *list;

	fixture_init(&f, 1);
	reader = consumer(&f, f.a, "reader");
	for (int i = 0; i < 40; i++) {
		snprintf(subject, sizeof(subject), "x.%d", i);
		subscribe(&f, reader, subject);
		for (int k = 0; k < i; k++)
			sim_consumer_pub(f.asker, subject, BYTES_LITERAL("ab"));
	}
	world_run_for(sim_world(f.sim), 1000);
	answer = ask(&f, "CONSUMERS", "{}");
	list = json_object_get(consumer_of(answer, "reader"), "by_topic");
	assert_int_equal(json_array_size(list), 33);
	assert_string_equal(text_of(json_array_get(list, 0), "subject"), "x.39");
	assert_int_equal(number_of(json_array_get(list, 0), "delivered"), 39);
	assert_string_equal(text_of(json_array_get(list, 31), "subject"), "x.8");
	assert_string_equal(text_of(json_array_get(list, 32), "subject"), "others");
	assert_int_equal(number_of(json_array_get(list, 32), "subscriptions"), 8);
	assert_int_equal(number_of(json_array_get(list, 32), "delivered"), 7 * 8 / 2);
	assert_int_equal(number_of(json_array_get(list, 32), "bytes"), 7 * 8);
	json_decref(answer);
	sim_consumer_free(reader);
	fixture_deinit(&f);
}

TEST(who_does_not_read_is_seen_to_lag_and_told)
{
	struct sim_consumer *frozen;
	uint8_t data[60000] = { 0 };
	struct fixture f;
	json_t *answer, *o;

	fixture_init(&f, 1);
	frozen = consumer(&f, f.a, "frozen");
	subscribe(&f, frozen, "load");
	sim_consumer_freeze(frozen, true);
	for (int i = 0; i < 40; i++) {
		sim_consumer_pub(f.asker, "load", BYTES(data, sizeof(data)));
		world_run_for(sim_world(f.sim), 20);
	}
	world_run_for(sim_world(f.sim), 1500);
	answer = ask(&f, "CONSUMERS", "{}");
	o = json_object_get(consumer_of(answer, "frozen"), "lag");
	assert_true(number_of(o, "messages") > 10);
	assert_true(number_of(o, "bytes") > 600000);
	assert_true(number_of(o, "since_ms") >= 1500);
	json_decref(answer);
	o = event(f.a, "consumer_slow", 0);
	assert_string_equal(text_of(o, "consumer"), "frozen");
	json_decref(o);
	sim_consumer_freeze(frozen, false);
	world_run_for(sim_world(f.sim), 2000);
	o = event(f.a, "consumer_ok", 0);
	assert_string_equal(text_of(o, "consumer"), "frozen");
	assert_int_equal(number_of(o, "messages"), 0);
	json_decref(o);
	sim_consumer_free(frozen);
	fixture_deinit(&f);
}

TESTS(RUN(a_consumer_is_listed_with_what_it_got_from_whom),
      RUN(of_many_subscriptions_the_busiest_are_told_apart),
      RUN(who_does_not_read_is_seen_to_lag_and_told))
