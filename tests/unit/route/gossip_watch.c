#include "engine.h"

TEST(a_topic_that_is_ill_or_well_again_is_told_of_once)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	engine_wait(&e, 9000);
	assert_int_equal(e.n_health, 0);
	engine_wait(&e, 3000);
	assert_int_equal(e.n_health, 1);
	assert_int_equal(e.health.health, TOPIC_NO_PEERS);
	fake_add(&e, 0);
	engine_wait(&e, 3000);
	assert_int_equal(e.health.health, TOPIC_STARTING);
	engine_wait(&e, 10000);
	assert_int_equal(e.health.health, TOPIC_NO_MESH);
	fake_subscribes(&e.fakes[0], "t", true);
	engine_wait(&e, 3000);
	assert_int_equal(e.health.health, TOPIC_OK);
	assert_int_equal(e.health.n_mesh, 1);
	assert_int_equal(e.n_health, 4);
	engine_deinit(&e);
}

/* Says something every second in both topics. */
static void talk(struct engine *e, struct fake *a, struct fake *b, size_t seconds)
{
	for (size_t i = 0; i < seconds; i++) {
		if (a)
			fake_publishes(a, "a", "here");
		if (b)
			fake_publishes(b, "b", "here");
		engine_wait(e, 1000);
	}
}

TEST(a_topic_that_fell_silent_is_told_of_and_the_other_is_not)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "a");
	engine_joins(&e, "b");
	fakes_subscribed(&e, 0, 3, "a");
	for (size_t i = 0; i < 3; i++)
		fake_subscribes(&e.fakes[i], "b", true);
	talk(&e, &e.fakes[0], &e.fakes[1], 200);
	assert_int_equal(e.health.health, TOPIC_OK);
	assert_int_equal(e.n_health, 2);
	/* Our own words are nobody's: a topic in which only we speak is a silent one. */
	for (size_t i = 0; i < 120; i++) {
		engine_publishes(&e, "a", "anybody?");
		talk(&e, NULL, &e.fakes[1], 1);
	}
	assert_int_equal(e.n_health, 3);
	assert_int_equal(e.health.health, TOPIC_SILENT);
	assert_int_equal(e.health.silent_after_ms, TOPIC_HEALTH_SILENT_MIN_MS);
	assert_in_range(e.health.pace_ms, 990, 1010);
	assert_in_range(mono_since_ms(e.health.quiet_since, e.now), 118000, 121000);
	talk(&e, &e.fakes[0], &e.fakes[1], 5);
	assert_int_equal(e.n_health, 4);
	assert_int_equal(e.health.health, TOPIC_OK);
	engine_deinit(&e);
}

TEST(a_topic_joined_again_starts_again)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	engine_wait(&e, 20000);
	assert_int_equal(e.health.health, TOPIC_NO_PEERS);
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	engine_wait(&e, 20000);
	assert_int_equal(e.n_health, 1);
	engine_joins(&e, "t");
	assert_int_equal(engine_topic(&e, "t")->health.state, TOPIC_STARTING);
	engine_deinit(&e);
}

/* ---- figures ---- */

static void keep(void *user, const struct gossip_topic_info *info)
{
	*(struct gossip_topic_info *)user = *info;
}

static struct gossip_topic_info info_of(const struct engine *e)
{
	struct gossip_topic_info info = { 0 };

	gossip_topics(e->g, keep, &info);
	return info;
}

static void set_score(struct fake *f, double score)
{
	score_set_app(&f->engine->g->scores, f->p->score, score);
}

TEST(a_mesh_is_known_by_its_worst_and_its_middle_score)
{
	struct gossip_topic_info info;
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	info = info_of(&e);
	assert_true(info.score_min == 0 && info.score_median == 0);
	fakes_subscribed(&e, 0, 5, "t");
	assert_int_equal(engine_n_mesh(&e, "t"), 5);
	set_score(&e.fakes[0], 5);
	set_score(&e.fakes[1], -40);
	set_score(&e.fakes[2], 5);
	set_score(&e.fakes[3], 90);
	set_score(&e.fakes[4], 3);
	info = info_of(&e);
	assert_true(info.score_min == fake_score(&e.fakes[1]));
	assert_true(info.score_median == fake_score(&e.fakes[2]));
	/* Of four the lower of the two in the middle. */
	fake_remove(&e.fakes[3]);
	info = info_of(&e);
	assert_true(info.score_min == fake_score(&e.fakes[1]));
	assert_true(info.score_median == fake_score(&e.fakes[4]));
	engine_deinit(&e);
}

TEST(a_topic_is_heard_from_direct_peers_without_any_mesh)
{
	struct engine e;

	engine_init(&e);
	fake_add(&e, 0);
	gossip_peer_set_direct(e.g, e.fakes[0].p, true);
	engine_joins(&e, "t");
	fake_subscribes(&e.fakes[0], "t", true);
	engine_wait(&e, 30000);
	assert_int_equal(engine_n_mesh(&e, "t"), 0);
	assert_int_equal(info_of(&e).n_direct, 1);
	assert_int_equal(info_of(&e).health, TOPIC_OK);
	fake_remove(&e.fakes[0]);
	engine_wait(&e, 30000);
	assert_int_equal(info_of(&e).n_direct, 0);
	assert_int_equal(info_of(&e).health, TOPIC_NO_PEERS);
	engine_deinit(&e);
}

TESTS(RUN(a_topic_that_is_ill_or_well_again_is_told_of_once),
      RUN(a_topic_that_fell_silent_is_told_of_and_the_other_is_not),
      RUN(a_topic_joined_again_starts_again),
      RUN(a_mesh_is_known_by_its_worst_and_its_middle_score),
      RUN(a_topic_is_heard_from_direct_peers_without_any_mesh))
