#include "test.h"

#include "base/random.h"
#include "route/topic_health.h"

#define MINUTE_S 60u

/* A topic, and the heartbeat that looks at it every second. */
struct watch {
	struct topic_health health;
	struct topic_health_facts facts;
	struct mono now;
	size_t n_changes;
};

static void watch_open(struct watch *w, size_t n_connected, size_t n_mesh)
{
	*w = (struct watch){ .now = { 1000 * NS_PER_S }, .facts = { n_connected, n_mesh } };
	topic_health_init(&w->health, w->now);
}

static void pass(struct watch *w, uint64_t seconds)
{
	for (uint64_t i = 0; i < seconds; i++) {
		w->now = mono_add_ms(w->now, 1000);
		w->n_changes += topic_health_update(&w->health, &w->facts, w->now);
	}
}

static void says(struct watch *w, size_t n_messages)
{
	for (size_t i = 0; i < n_messages; i++) {
		topic_health_on_message(&w->health, w->now);
		w->now = mono_add_ns(w->now, 3 * NS_PER_MS);
	}
}

static void says_every(struct watch *w, size_t times, uint64_t seconds)
{
	for (size_t i = 0; i < times; i++) {
		pass(w, seconds);
		says(w, 1);
	}
}

static void assert_state(const struct watch *w, enum topic_health_state state)
{
	assert_string_equal(topic_health_name(w->health.state), topic_health_name(state));
}

/* ---- the mesh ---- */

TEST(a_topic_starts_and_is_fine_as_soon_as_it_has_a_mesh)
{
	struct watch w;

	watch_open(&w, 3, 0);
	assert_state(&w, TOPIC_STARTING);
	pass(&w, 5);
	assert_state(&w, TOPIC_STARTING);
	w.facts.n_mesh = 1;
	pass(&w, 1);
	assert_state(&w, TOPIC_OK);
	assert_int_equal(w.n_changes, 1);
}

TEST(after_ten_seconds_without_a_mesh_it_says_whether_there_are_peers)
{
	struct watch alone, crowded;

	watch_open(&alone, 0, 0);
	watch_open(&crowded, 3, 0);
	pass(&alone, 9);
	pass(&crowded, 9);
	assert_state(&alone, TOPIC_STARTING);
	assert_state(&crowded, TOPIC_STARTING);
	pass(&alone, 1);
	pass(&crowded, 1);
	assert_state(&alone, TOPIC_NO_PEERS);
	assert_state(&crowded, TOPIC_NO_MESH);
}

TEST(a_mesh_lost_for_less_than_ten_seconds_is_no_news)
{
	struct watch w;

	watch_open(&w, 3, 3);
	pass(&w, 1);
	assert_state(&w, TOPIC_OK);
	for (int i = 0; i < 5; i++) {
		w.facts.n_mesh = 0;
		pass(&w, 9);
		w.facts.n_mesh = 2;
		pass(&w, 1);
	}
	assert_state(&w, TOPIC_OK);
	assert_int_equal(w.n_changes, 1);
}

TEST(the_first_peer_after_none_gets_its_time_to_make_a_mesh)
{
	struct watch w;

	watch_open(&w, 0, 0);
	pass(&w, 3600);
	assert_state(&w, TOPIC_NO_PEERS);
	w.facts.n_connected = 1;
	pass(&w, 1);
	assert_state(&w, TOPIC_STARTING);
	pass(&w, 8);
	assert_state(&w, TOPIC_STARTING);
	pass(&w, 2);
	assert_state(&w, TOPIC_NO_MESH);
	w.facts.n_connected = 0;
	pass(&w, 1);
	assert_state(&w, TOPIC_NO_PEERS);
}

/* ---- the pace ---- */

TEST(nothing_is_usual_before_eight_pieces_of_evidence)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 7, 20);
	assert_int_equal(topic_health_pace_ms(&w.health), 0);
	assert_int_equal(topic_health_silent_after_ms(&w.health), 0);
	pass(&w, 100000);
	assert_state(&w, TOPIC_OK);
	says(&w, 1);
	assert_true(topic_health_pace_ms(&w.health) > 0);
}

TEST(a_burst_is_one_piece_of_evidence_and_hardly_changes_the_pace)
{
	struct watch w;

	watch_open(&w, 3, 3);
	pass(&w, 1);
	says(&w, 500);
	assert_int_equal(topic_health_silent_after_ms(&w.health), 0);
	for (int i = 0; i < 30; i++) {
		pass(&w, 120);
		says(&w, 500);
	}
	assert_in_range(topic_health_pace_ms(&w.health), 110 * 1000, 122 * 1000);
}

TEST(the_pace_of_a_steady_topic_is_its_interval)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 60, 10);
	assert_in_range(topic_health_pace_ms(&w.health), 9900, 10100);
	assert_int_equal(topic_health_silent_after_ms(&w.health), 60000);
}

TEST(the_pace_follows_a_topic_that_becomes_slower_and_one_that_becomes_faster)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 60, 10);
	says_every(&w, 40, 600);
	assert_in_range(topic_health_pace_ms(&w.health), 500 * 1000, 610 * 1000);
	assert_state(&w, TOPIC_OK);
	says_every(&w, 10000, 10);
	assert_in_range(topic_health_pace_ms(&w.health), 9900, 12000);
}

TEST(pauses_of_a_lifetime_do_not_overflow)
{
	struct watch w;

	watch_open(&w, 3, 3);
	for (int i = 0; i < 100; i++) {
		w.now = mono_add_ms(w.now, UINT64_C(1) << 42);
		says(&w, 1);
	}
	assert_in_range(topic_health_pace_ms(&w.health), TOPIC_HEALTH_PAUSE_MAX_MS - 1000,
			TOPIC_HEALTH_PAUSE_MAX_MS);
}

/* ---- silence ---- */

TEST(a_fast_topic_is_silent_after_a_minute_and_not_before)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 300, 1);
	pass(&w, 59);
	assert_state(&w, TOPIC_OK);
	pass(&w, 2);
	assert_state(&w, TOPIC_SILENT);
}

TEST(a_slow_topic_is_silent_after_five_of_its_pauses)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 50, 60);
	pass(&w, 295);
	assert_state(&w, TOPIC_OK);
	pass(&w, 10);
	assert_state(&w, TOPIC_SILENT);
}

TEST(a_topic_in_which_nothing_was_ever_said_is_not_silent)
{
	struct watch w;

	watch_open(&w, 3, 3);
	pass(&w, 1000000);
	assert_state(&w, TOPIC_OK);
	assert_int_equal(w.n_changes, 1);
}

TEST(one_message_does_not_end_a_silence_and_two_do)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 300, 1);
	pass(&w, 300);
	assert_state(&w, TOPIC_SILENT);
	says(&w, 1);
	pass(&w, 300);
	assert_state(&w, TOPIC_SILENT);
	says(&w, 1);
	pass(&w, 1);
	assert_state(&w, TOPIC_SILENT);
	says(&w, 1);
	pass(&w, 1);
	assert_state(&w, TOPIC_OK);
	assert_int_equal(w.n_changes, 3);
}

TEST(an_outage_is_not_learned_as_the_usual_pace)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 100, 10);
	pass(&w, 100000);
	says_every(&w, 30, 10);
	assert_state(&w, TOPIC_OK);
	assert_in_range(topic_health_pace_ms(&w.health), 9900, 20000);
}

TEST(without_a_mesh_a_topic_is_not_also_silent_and_with_a_new_one_it_waits_anew)
{
	struct watch w;

	watch_open(&w, 3, 3);
	says_every(&w, 100, 10);
	w.facts.n_mesh = 0;
	pass(&w, 1000);
	assert_state(&w, TOPIC_NO_MESH);
	w.facts.n_mesh = 3;
	pass(&w, 60);
	assert_state(&w, TOPIC_OK);
	pass(&w, 2);
	assert_state(&w, TOPIC_SILENT);
}

/*
 * Blocks: one in ten minutes at random, each told of by twenty nodes within a moment. Of ten
 * thousand, two months of them, hardly any pause may be taken for a silence; and a real silence
 * must be noticed within hours, not days.
 */
TEST(blocks_at_random_give_few_false_alarms_and_a_real_silence_is_noticed)
{
	struct random_seeded seeded;
	struct random random;
	size_t n_blocks = 0, n_alarms = 0;
	uint64_t longest_ms = 0;
	struct watch w;

	random_seeded_init(&seeded, 948351);
	random = random_seeded_source(&seeded);
	watch_open(&w, 3, 3);
	while (n_blocks < 10000) {
		enum topic_health_state was = w.health.state;

		pass(&w, 1);
		n_alarms += was == TOPIC_OK && w.health.state == TOPIC_SILENT;
		if (random_below(&random, 10 * MINUTE_S) != 0)
			continue;
		says(&w, 20);
		n_blocks++;
		if (topic_health_silent_after_ms(&w.health) > longest_ms)
			longest_ms = topic_health_silent_after_ms(&w.health);
	}
	assert_true(n_alarms <= 5);
	assert_true(longest_ms < UINT64_C(6) * 3600 * 1000);
	pass(&w, 6 * 3600);
	assert_state(&w, TOPIC_SILENT);
}

TEST(every_state_has_a_name)
{
	static const char *const names[] = { "starting", "ok", "no_peers", "no_mesh", "silent" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(topic_health_name((enum topic_health_state)i), names[i]);
}

TESTS(RUN(a_topic_starts_and_is_fine_as_soon_as_it_has_a_mesh),
      RUN(after_ten_seconds_without_a_mesh_it_says_whether_there_are_peers),
      RUN(a_mesh_lost_for_less_than_ten_seconds_is_no_news),
      RUN(the_first_peer_after_none_gets_its_time_to_make_a_mesh),
      RUN(nothing_is_usual_before_eight_pieces_of_evidence),
      RUN(a_burst_is_one_piece_of_evidence_and_hardly_changes_the_pace),
      RUN(the_pace_of_a_steady_topic_is_its_interval),
      RUN(the_pace_follows_a_topic_that_becomes_slower_and_one_that_becomes_faster),
      RUN(pauses_of_a_lifetime_do_not_overflow),
      RUN(a_fast_topic_is_silent_after_a_minute_and_not_before),
      RUN(a_slow_topic_is_silent_after_five_of_its_pauses),
      RUN(a_topic_in_which_nothing_was_ever_said_is_not_silent),
      RUN(one_message_does_not_end_a_silence_and_two_do),
      RUN(an_outage_is_not_learned_as_the_usual_pace),
      RUN(without_a_mesh_a_topic_is_not_also_silent_and_with_a_new_one_it_waits_anew),
      RUN(blocks_at_random_give_few_false_alarms_and_a_real_silence_is_noticed),
      RUN(every_state_has_a_name))
