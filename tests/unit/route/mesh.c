#include "engine.h"

static const struct gossip_params P = {
	.d = 6,
	.d_low = 5,
	.d_high = 12,
	.d_out = 2,
};

static size_t n_outbound_in_mesh(struct engine *e, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += e->fakes[i].p->outbound && fake_is_in_mesh(&e->fakes[i], "t");
	return count;
}

TEST(a_mesh_that_is_short_grafts_at_once_and_no_further_than_it_must)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 4, "t");
	assert_int_equal(engine_n_mesh(&e, "t"), 4);
	fakes_subscribed(&e, 4, 10, "t");
	assert_int_equal(engine_n_mesh(&e, "t"), P.d_low);
	engine_wait(&e, 3000);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d_low);
	engine_deinit(&e);
}

TEST(joining_grafts_d_of_those_that_are_there)
{
	struct engine e;
	size_t n_told = 0;

	engine_init(&e);
	fakes_subscribed(&e, 0, 20, "t");
	engine_joins(&e, "t");
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	for (size_t i = 0; i < 20; i++)
		n_told += fake_got(&e.fakes[i])->graft.n;
	assert_int_equal(n_told, P.d);
	engine_deinit(&e);
}

TEST(the_heartbeat_fills_a_mesh_that_lost_peers)
{
	struct engine e;

	engine_init(&e);
	fakes_subscribed(&e, 0, 20, "t");
	engine_joins(&e, "t");
	for (size_t i = 0; i < 20; i++)
		if (fake_is_in_mesh(&e.fakes[i], "t") && engine_n_mesh(&e, "t") > 2)
			fake_remove(&e.fakes[i]);
	assert_int_equal(engine_n_mesh(&e, "t"), 2);
	engine_wait(&e, 1100);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	engine_deinit(&e);
}

TEST(the_heartbeat_prunes_a_mesh_that_is_too_large)
{
	struct engine e;
	size_t n_pruned = 0;

	engine_init(&e);
	engine_joins(&e, "t");
	/* Those that we dialled may graft into a full mesh. */
	for (size_t i = 0; i < 20; i++) {
		struct fake *f = fake_add_as(&e, i, "/meshsub/1.1.0", true);

		fake_subscribes(f, "t", true);
		fake_grafts(f, "t");
		fake_got(f);
	}
	assert_int_equal(engine_n_mesh(&e, "t"), 20);
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	for (size_t i = 0; i < 20; i++) {
		const struct gossip_rpc *got = fake_got(&e.fakes[i]);

		n_pruned += got->prune.n;
		if (got->prune.n > 0)
			assert_int_equal(got->prune.v[0].backoff_s, 60);
	}
	assert_int_equal(n_pruned, 20 - P.d);
	engine_deinit(&e);
}

TEST(pruning_keeps_some_that_we_dialled)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	for (size_t i = 0; i < 14; i++) {
		struct fake *f = fake_add_as(&e, i, "/meshsub/1.1.0", i >= 12);

		fake_subscribes(f, "t", true);
		fake_grafts(f, "t");
	}
	assert_int_equal(engine_n_mesh(&e, "t"), 14);
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	assert_int_equal(n_outbound_in_mesh(&e, 14), P.d_out);
	engine_deinit(&e);
}

TEST(a_mesh_without_peers_that_we_dialled_gets_some)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 8, "t");
	for (size_t i = 8; i < 12; i++)
		fake_subscribes(fake_add_as(&e, i, "/meshsub/1.1.0", true), "t", true);
	assert_int_equal(n_outbound_in_mesh(&e, 12), 0);
	engine_wait(&e, 150);
	assert_int_equal(n_outbound_in_mesh(&e, 12), P.d_out);
	engine_deinit(&e);
}

TEST(a_full_mesh_takes_no_more_of_those_that_came_to_us)
{
	struct engine e;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 13, "t");
	for (size_t i = 0; i < 12; i++)
		fake_grafts(&e.fakes[i], "t");
	assert_int_equal(engine_n_mesh(&e, "t"), P.d_high);
	fake_got(&e.fakes[12]);
	fake_grafts(&e.fakes[12], "t");
	got = fake_got(&e.fakes[12]);
	assert_int_equal(got->prune.n, 1);
	assert_int_equal(got->prune.v[0].backoff_s, 60);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d_high);
	assert_int_equal(gossip_counts(e.g).graft_refused, 1);
	engine_deinit(&e);
}

TEST(a_graft_for_a_topic_we_are_not_in_is_not_answered)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	/* G-03 */
	for (uint32_t i = 0; i < 100000; i++)
		FAKE_CONTROL(f, gossip_write_graft(&w, BYTES(&i, sizeof(i))));
	fake_grafts(f, "t");
	fake_grafts(f, "");
	fake_prunes(f, "t", 60);
	fake_prunes(f, "", 60);
	assert_int_equal(f->n_frames, 0);
	assert_int_equal(e.g->topics.n, 1);
	assert_int_equal(e.g->backoffs.map.n, 0);
	engine_deinit(&e);
}

TEST(a_graft_of_a_peer_that_is_not_subscribed_is_refused)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	f = fake_add(&e, 0);
	fake_grafts(f, "t");
	assert_int_equal(fake_got(f)->prune.n, 1);
	assert_int_equal(engine_n_mesh(&e, "t"), 0);
	engine_deinit(&e);
}

TEST(a_graft_of_a_peer_that_is_in_changes_nothing)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	fake_got(&e.fakes[0]);
	fake_grafts(&e.fakes[0], "t");
	assert_int_equal(e.fakes[0].n_frames, 0);
	assert_int_equal(e.n_grafted, 1);
	engine_deinit(&e);
}

TEST(who_pruned_us_is_left_alone_for_the_backoff_and_some_slack)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	f = &e.fakes[0];
	fake_got(f);
	fake_prunes(f, "t", 20);
	assert_false(fake_is_in_mesh(f, "t"));
	engine_wait(&e, 21900);
	assert_false(fake_is_in_mesh(f, "t"));
	engine_wait(&e, 1200);
	assert_true(fake_is_in_mesh(f, "t"));
	assert_int_equal(fake_got(f)->graft.n, 1);
	engine_deinit(&e);
}

TEST(a_prune_without_backoff_means_a_minute)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	f = &e.fakes[0];
	fake_prunes(f, "t", 0);
	engine_wait(&e, 61000);
	assert_false(fake_is_in_mesh(f, "t"));
	engine_wait(&e, 2200);
	assert_true(fake_is_in_mesh(f, "t"));
	engine_deinit(&e);
}

TEST(no_backoff_is_longer_than_an_hour)
{
	static const uint64_t cases[] = { UINT64_C(1) << 31, INT64_MAX, UINT64_MAX,
					  UINT64_MAX / 1000, 3601 };
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake *f = fake_add(&e, i);

		fake_subscribes(f, "t", true);
		fake_prunes(f, "t", cases[i]);
		assert_int_equal(
			gossip_backoffs_until(&e.g->backoffs, BYTES_LITERAL("t"), &f->id).ns,
			mono_add_ms(e.now, LIMIT_GOSSIP_BACKOFF_MS).ns);
	}
	engine_wait(&e, LIMIT_GOSSIP_BACKOFF_MS + 3000);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(fake_is_in_mesh(&e.fakes[i], "t"));
	engine_deinit(&e);
}

TEST(a_graft_inside_the_backoff_is_refused_and_starts_it_anew)
{
	struct engine e;
	struct fake *f;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	f = &e.fakes[0];
	fake_prunes(f, "t", 60);
	fake_got(f);
	engine_wait(&e, 30000);
	fake_grafts(f, "t");
	got = fake_got(f);
	assert_int_equal(got->prune.n, 1);
	assert_int_equal(got->prune.v[0].backoff_s, 60);
	assert_false(fake_is_in_mesh(f, "t"));
	engine_wait(&e, 59000);
	assert_false(fake_is_in_mesh(f, "t"));
	/* When it is over the peer may graft: the slack is ours to keep, not its. */
	engine_wait(&e, 1500);
	fake_grafts(f, "t");
	assert_true(fake_is_in_mesh(f, "t"));
	engine_deinit(&e);
}

TEST(neither_reconnecting_nor_joining_again_ends_a_backoff)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	f = &e.fakes[0];
	fake_prunes(f, "t", 60);
	fake_remove(f);
	fakes_subscribed(&e, 0, 1, "t");
	assert_false(fake_is_in_mesh(f, "t"));
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	engine_joins(&e, "t");
	assert_false(fake_is_in_mesh(f, "t"));
	engine_deinit(&e);
}

TEST(after_leaving_we_wait_ten_seconds_as_we_said)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	f = &e.fakes[0];
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	engine_joins(&e, "t");
	assert_false(fake_is_in_mesh(f, "t"));
	engine_wait(&e, 11000);
	assert_false(fake_is_in_mesh(f, "t"));
	engine_wait(&e, 2200);
	assert_true(fake_is_in_mesh(f, "t"));
	engine_deinit(&e);
}

TEST(backoffs_are_forgotten_in_the_end)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 10, "t");
	for (size_t i = 0; i < 10; i++)
		fake_prunes(&e.fakes[i], "t", 5);
	assert_int_equal(e.g->backoffs.map.n, 10);
	engine_wait(&e, 30000);
	assert_int_equal(e.g->backoffs.map.n, 0);
	engine_deinit(&e);
}

/* ---- fanout ---- */

TEST(a_fanout_keeps_its_peers_and_ends_after_a_minute)
{
	struct gossip_params params = gossip_params_default();
	struct engine e;
	size_t n = 0;

	params.flood_publish = false;
	engine_init_with(&e, &params);
	fakes_subscribed(&e, 0, 20, "t");
	for (size_t k = 0; k < 5; k++)
		engine_publishes(&e, "t", "x");
	for (size_t i = 0; i < 20; i++) {
		size_t n_got = fake_got(&e.fakes[i])->messages.n;

		assert_true(n_got == 0 || n_got == 5);
		n += n_got == 5;
	}
	assert_int_equal(n, P.d);
	assert_int_equal(e.n_grafted, 0);
	engine_wait(&e, 59000);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	engine_wait(&e, 2000);
	assert_int_equal(engine_n_mesh(&e, "t"), 0);
	assert_true(list_is_empty(&e.g->active));
	engine_deinit(&e);
}

TEST(the_heartbeat_fills_a_fanout)
{
	struct engine e;

	engine_init(&e);
	fakes_subscribed(&e, 0, 1, "t");
	engine_publishes(&e, "t", "x");
	assert_int_equal(engine_n_mesh(&e, "t"), 1);
	fakes_subscribed(&e, 1, 19, "t");
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	assert_int_equal(fake_got(&e.fakes[1])->graft.n, 0);
	engine_deinit(&e);
}

TEST(a_fanout_becomes_the_mesh)
{
	struct engine e;

	engine_init(&e);
	fakes_subscribed(&e, 0, 1, "t");
	engine_publishes(&e, "t", "x");
	fakes_subscribed(&e, 1, 1, "t");
	engine_joins(&e, "t");
	assert_int_equal(engine_n_mesh(&e, "t"), 2);
	assert_int_equal(e.n_grafted, 2);
	assert_int_equal(e.n_pruned, 0);
	assert_int_equal(fake_got(&e.fakes[0])->graft.n, 1);
	engine_wait(&e, 65000);
	assert_int_equal(engine_n_mesh(&e, "t"), 2);
	engine_deinit(&e);
}

/* ---- telling what we have ---- */

TEST(all_peers_outside_the_mesh_are_told_ids_within_three_heartbeats)
{
	size_t n_told = 0, of_each[30] = { 0 };
	struct engine e;

	engine_init(&e);
	fakes_subscribed(&e, 0, 30, "t");
	engine_joins(&e, "t");
	engine_wait(&e, 150);
	engine_publishes(&e, "t", "x");
	for (size_t i = 0; i < 30; i++)
		fake_got(&e.fakes[i]);
	for (size_t heartbeat = 0; heartbeat < 5; heartbeat++) {
		engine_wait(&e, 1000);
		for (size_t i = 0; i < 30; i++) {
			const struct gossip_rpc *got = fake_got(&e.fakes[i]);

			assert_true(got->ihave.n == 0 || !fake_is_in_mesh(&e.fakes[i], "t"));
			n_told += got->ihave.n;
			of_each[i] += got->ihave.n;
		}
		/* A third of the 24 each time. */
		assert_int_equal(n_told, 8 * size_min(heartbeat + 1, 3));
	}
	for (size_t i = 0; i < 30; i++)
		assert_int_equal(of_each[i], fake_is_in_mesh(&e.fakes[i], "t") ? 0 : 1);
	engine_deinit(&e);
}

TEST(who_comes_into_the_mesh_is_told_of_what_came_before)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 6, "t");
	engine_wait(&e, 150);
	f = &e.fakes[5];
	assert_false(fake_is_in_mesh(f, "t"));
	engine_publishes(&e, "t", "x");
	fake_got(f);
	fake_grafts(f, "t");
	engine_wait(&e, 1000);
	assert_true(fake_is_in_mesh(f, "t"));
	assert_int_equal(fake_got(f)->ihave.n, 1);
	engine_wait(&e, 1000);
	assert_int_equal(fake_got(f)->ihave.n, 0);
	engine_deinit(&e);
}

TEST(everybody_is_told_before_anybody_is_told_again)
{
	size_t n_told[FAKES_MAX] = { 0 };
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 20, "t");
	engine_wait(&e, 150);
	engine_publishes(&e, "t", "x");
	for (size_t heartbeat = 0; heartbeat < 3; heartbeat++) {
		engine_wait(&e, 1000);
		for (size_t i = 0; i < 20; i++)
			n_told[i] += fake_got(&e.fakes[i])->ihave.n;
	}
	for (size_t i = 0; i < 20; i++)
		assert_in_range(n_told[i] + fake_is_in_mesh(&e.fakes[i], "t"), 1, 2);
	engine_deinit(&e);
}

TEST(ids_of_many_topics_leave_in_one_rpc)
{
	struct engine e;
	struct fake *f;
	char name[2] = "a";

	engine_init(&e);
	f = fake_add(&e, 0);
	for (; name[0] < 'a' + 20; name[0]++) {
		engine_joins(&e, name);
		fake_subscribes(f, name, true);
		fake_prunes(f, name, 3600);
		engine_publishes(&e, name, "x");
	}
	fake_got(f);
	engine_wait(&e, 150);
	assert_int_equal(f->n_frames, 1);
	assert_true(f->last_may_drop);
	assert_int_equal(fake_got(f)->ihave.n, 20);
	engine_deinit(&e);
}

TEST(ids_told_to_one_peer_have_a_maximum_and_leave_in_pieces)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	fake_prunes(f, "t", 3600);
	f->is_full = true;
	for (size_t i = 0; i < LIMIT_GOSSIP_IHAVE + 500; i++)
		engine_publishes(&e, "t", "x");
	f->is_full = false;
	fake_got(f);
	engine_wait(&e, 150);
	assert_true(f->n_frames > 2 && f->n_frames <= LIMIT_GOSSIP_IHAVES);
	assert_true(f->frame_max <= 65536);
	assert_in_range(fake_got(f)->ids.n, LIMIT_GOSSIP_IHAVE - 1100, LIMIT_GOSSIP_IHAVE);
	engine_deinit(&e);
}

/* ---- scores ---- */

TEST(a_graft_inside_the_backoff_costs_and_twice_as_much_right_after_the_prune)
{
	struct engine e;
	struct fake *late, *soon;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 2, "t");
	late = &e.fakes[0];
	soon = &e.fakes[1];
	fake_prunes(late, "t", 60);
	engine_wait(&e, 30000);
	fake_grafts(late, "t");
	fake_prunes(soon, "t", 60);
	engine_wait(&e, 9000);
	fake_grafts(soon, "t");
	assert_true(fake_score(late) < -1 && fake_score(late) > -4);
	assert_true(fake_score(soon) < -25 && fake_score(soon) > -26);
	/* Who insists is not listened to any more. */
	fake_grafts(soon, "t");
	fake_got(soon);
	fake_grafts(soon, "t");
	assert_int_equal(soon->n_frames, 0);
	assert_int_equal(gossip_counts(e.g).graylisted, 1);
	engine_deinit(&e);
}

TEST(who_was_restarted_and_knows_of_no_backoff_is_refused_and_not_blamed_once)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	f = &e.fakes[0];
	fake_prunes(f, "t", 60);
	fake_remove(f);
	engine_wait(&e, 2000);
	fakes_subscribed(&e, 0, 1, "t");
	fake_got(f);
	fake_grafts(f, "t");
	assert_int_equal(fake_got(f)->prune.n, 1);
	assert_true(fake_score(f) >= 0);
	fake_grafts(f, "t");
	assert_true(fake_score(f) < -20);
	engine_deinit(&e);
}

TEST(who_has_less_than_nothing_leaves_the_mesh_with_the_heartbeat_and_hears_of_nobody)
{
	struct engine e;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 5, "t");
	fake_got(&e.fakes[2]);
	gossip_set_app_score(e.g, &e.fakes[2].id, -1);
	engine_wait(&e, 150);
	got = fake_got(&e.fakes[2]);
	assert_int_equal(got->prune.n, 1);
	assert_int_equal(got->px.n, 0);
	assert_false(fake_is_in_mesh(&e.fakes[2], "t"));
	assert_int_equal(gossip_counts(e.g).pruned_for_score, 1);
	/* Not even a mesh that is short of peers grafts it, and it may not graft itself. */
	engine_wait(&e, 70000);
	assert_false(fake_is_in_mesh(&e.fakes[2], "t"));
	fake_got(&e.fakes[2]);
	fake_grafts(&e.fakes[2], "t");
	got = fake_got(&e.fakes[2]);
	assert_int_equal(got->prune.n, 1);
	assert_int_equal(got->px.n, 0);
	assert_false(fake_is_in_mesh(&e.fakes[2], "t"));
	engine_deinit(&e);
}

TEST(who_comes_with_less_than_nothing_is_not_grafted_at_once)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	f = fake_add(&e, 0);
	gossip_set_app_score(e.g, &f->id, -1);
	fake_subscribes(f, "t", true);
	assert_false(fake_is_in_mesh(f, "t"));
	engine_deinit(&e);
}

TEST(pruning_keeps_the_best)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	for (size_t i = 0; i < 20; i++) {
		struct fake *f = fake_add_as(&e, i, "/meshsub/1.1.0", true);

		fake_subscribes(f, "t", true);
		fake_grafts(f, "t");
		gossip_set_app_score(e.g, &f->id, i == 3 || i == 7 || i == 11 || i == 19);
	}
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	assert_true(fake_is_in_mesh(&e.fakes[3], "t") && fake_is_in_mesh(&e.fakes[7], "t"));
	assert_true(fake_is_in_mesh(&e.fakes[11], "t") && fake_is_in_mesh(&e.fakes[19], "t"));
	engine_deinit(&e);
}

static void full_mesh(struct engine *e)
{
	engine_init(e);
	engine_joins(e, "t");
	fakes_subscribed(e, 0, 16, "t");
	for (size_t i = 0; i < 12; i++)
		fake_grafts(&e->fakes[i], "t");
	assert_int_equal(engine_n_mesh(e, "t"), P.d_high);
}

TEST(a_full_mesh_takes_who_is_better_than_most_of_it_and_the_heartbeat_prunes)
{
	struct engine e;

	full_mesh(&e);
	gossip_set_app_score(e.g, &e.fakes[12].id, 1);
	gossip_set_app_score(e.g, &e.fakes[13].id, 2);
	fake_grafts(&e.fakes[12], "t");
	fake_grafts(&e.fakes[13], "t");
	assert_false(fake_is_in_mesh(&e.fakes[12], "t"));
	assert_true(fake_is_in_mesh(&e.fakes[13], "t"));
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	assert_true(fake_is_in_mesh(&e.fakes[13], "t"));
	engine_deinit(&e);
}

TEST(once_a_minute_a_mesh_of_which_half_brings_nothing_is_given_two_better_ones)
{
	struct engine e;

	full_mesh(&e);
	for (size_t i = 12; i < 16; i++)
		gossip_set_app_score(e.g, &e.fakes[i].id, (double)i);
	engine_wait(&e, 58000);
	assert_int_equal(gossip_counts(e.g).opportunistic, 0);
	engine_wait(&e, 2000);
	assert_int_equal(gossip_counts(e.g).opportunistic, 2);
	assert_true(fake_is_in_mesh(&e.fakes[15], "t") && fake_is_in_mesh(&e.fakes[14], "t"));
	assert_false(fake_is_in_mesh(&e.fakes[13], "t"));
	engine_deinit(&e);
}

TEST(a_mesh_that_does_its_work_is_left_alone)
{
	struct engine e;

	full_mesh(&e);
	for (size_t i = 0; i < 12; i++)
		gossip_set_app_score(e.g, &e.fakes[i].id, 3);
	for (size_t i = 12; i < 16; i++)
		gossip_set_app_score(e.g, &e.fakes[i].id, 10);
	engine_wait(&e, 125000);
	assert_int_equal(gossip_counts(e.g).opportunistic, 0);
	engine_deinit(&e);
}

TEST(on_a_quiet_topic_nobody_is_moved)
{
	struct engine e;

	full_mesh(&e);
	engine_wait(&e, 600000);
	assert_int_equal(gossip_counts(e.g).opportunistic, 0);
	assert_int_equal(gossip_counts(e.g).pruned_for_score, 0);
	assert_int_equal(e.n_pruned, 0);
	engine_deinit(&e);
}

/* What is new comes from one outside of the mesh, who has to be asked for it. */
TEST(a_mesh_that_brings_less_than_others_are_asked_for_is_given_these_in_seconds)
{
	struct engine e;
	struct fake *f;

	full_mesh(&e);
	engine_wait(&e, 150);
	f = &e.fakes[14];
	for (size_t k = 0; k < 12 && !fake_is_in_mesh(f, "t"); k++) {
		struct shared_bytes *frame = message_of(f, "t", BYTES(&k, sizeof(k)));

		fake_has(f, "t", id_of(f, f->seqno));
		fake_says_frame(f, frame);
		engine_wait(&e, 500);
	}
	assert_true(fake_is_in_mesh(f, "t"));
	assert_int_equal(gossip_counts(e.g).opportunistic, 1);
	engine_wait(&e, 1000);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	engine_deinit(&e);
}

/* ---- silent members ---- */

/* `n` messages, all brought by this one. */
static void brings(struct fake *f, size_t n)
{
	while (n-- > 0)
		fake_publishes(f, "t", "x");
}

TEST(silent_members_keep_nobody_out_of_a_full_mesh)
{
	struct engine e;

	full_mesh(&e);
	brings(&e.fakes[0], 9);
	fake_grafts(&e.fakes[12], "t");
	assert_false(fake_is_in_mesh(&e.fakes[12], "t"));
	brings(&e.fakes[0], 1);
	fake_grafts(&e.fakes[13], "t");
	assert_true(fake_is_in_mesh(&e.fakes[13], "t"));
	engine_deinit(&e);
}

TEST(who_says_what_it_does_not_want_is_not_silent)
{
	struct engine e;

	full_mesh(&e);
	for (size_t i = 1; i < 12; i++)
		fake_does_not_want(&e.fakes[i], id_of(&e.fakes[0], 100));
	engine_wait(&e, 2000);
	for (size_t i = 1; i < 12; i++)
		fake_does_not_want(&e.fakes[i], id_of(&e.fakes[0], 100));
	brings(&e.fakes[0], 20);
	fake_grafts(&e.fakes[12], "t");
	assert_false(fake_is_in_mesh(&e.fakes[12], "t"));
	/* That was long ago. */
	engine_wait(&e, 12000);
	fake_grafts(&e.fakes[13], "t");
	assert_true(fake_is_in_mesh(&e.fakes[13], "t"));
	engine_deinit(&e);
}

TEST(a_copy_is_a_word_too)
{
	struct engine e;

	full_mesh(&e);
	for (size_t k = 0; k < 20; k++) {
		struct shared_bytes *frame = message_of(&e.fakes[0], "t", BYTES(&k, sizeof(k)));

		for (size_t i = 0; i < 12; i++)
			fake_says_frame(&e.fakes[i], shared_bytes_ref(frame));
		shared_bytes_unref(frame);
	}
	fake_grafts(&e.fakes[12], "t");
	assert_false(fake_is_in_mesh(&e.fakes[12], "t"));
	engine_deinit(&e);
}

TEST(a_mesh_in_which_one_talks_is_given_two_others)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 20, "t");
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d_low);
	brings(&e.fakes[0], 10);
	engine_wait(&e, 1000);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d_low + 2);
	engine_wait(&e, 10000);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d_low + 2);
	engine_deinit(&e);
}

TEST(when_there_are_too_many_the_silent_ones_go_first_and_a_leaf_alone_stays)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	for (size_t i = 0; i < 20; i++) {
		struct fake *f = fake_add_as(&e, i, "/meshsub/1.1.0", true);

		fake_subscribes(f, "t", true);
		fake_grafts(f, "t");
	}
	brings(&e.fakes[19], 20);
	for (size_t i = 14; i < 19; i++)
		brings(&e.fakes[i], 1);
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), P.d);
	for (size_t i = 14; i < 20; i++)
		assert_true(fake_is_in_mesh(&e.fakes[i], "t"));
	for (size_t i = 0; i < 19; i++)
		fake_remove(&e.fakes[i]);
	fakes_subscribed(&e, 20, 1, "t");
	brings(&e.fakes[19], 20);
	engine_wait(&e, 5000);
	assert_true(fake_is_in_mesh(&e.fakes[20], "t"));
	engine_deinit(&e);
}

TEST(who_is_below_the_threshold_gets_no_message_of_ours_outside_of_the_mesh)
{
	struct gossip_params params = gossip_params_default();
	struct engine e;

	params.flood_publish = true;
	engine_init_with(&e, &params);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 8, "t");
	gossip_set_app_score(e.g, &e.fakes[6].id, -51);
	gossip_set_app_score(e.g, &e.fakes[7].id, -49);
	fake_got(&e.fakes[6]);
	fake_got(&e.fakes[7]);
	engine_publishes(&e, "t", "x");
	assert_int_equal(fake_got(&e.fakes[6])->messages.n, 0);
	assert_int_equal(fake_got(&e.fakes[7])->messages.n, 1);
	engine_deinit(&e);
}

TEST(a_fanout_is_of_those_above_the_threshold)
{
	struct engine e;

	engine_init(&e);
	fakes_subscribed(&e, 0, 3, "t");
	gossip_set_app_score(e.g, &e.fakes[0].id, -51);
	engine_publishes(&e, "t", "x");
	assert_int_equal(engine_n_mesh(&e, "t"), 2);
	gossip_set_app_score(e.g, &e.fakes[1].id, -51);
	gossip_set_app_score(e.g, &e.fakes[0].id, 0);
	engine_wait(&e, 150);
	assert_int_equal(engine_n_mesh(&e, "t"), 2);
	assert_false(fake_is_in_mesh(&e.fakes[1], "t"));
	engine_deinit(&e);
}

TEST(nobody_is_told_of_what_it_cannot_take)
{
	static uint8_t large[100000];
	struct engine e;
	struct fake *small, *big;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 2, "t");
	small = &e.fakes[0];
	big = &e.fakes[1];
	gossip_peer_set_rpc_max(big->p, LIMIT_GOSSIP_RPC);
	fake_prunes(small, "t", 3600);
	fake_prunes(big, "t", 3600);
	assert_int_equal(
		gossip_publish(e.g, BYTES_LITERAL("t"), BYTES(large, sizeof(large)), e.now, NULL),
		0);
	engine_publishes(&e, "t", "small");
	assert_int_equal(fake_got(small)->messages.n, 1);
	assert_int_equal(fake_got(big)->messages.n, 2);
	engine_wait(&e, 150);
	assert_int_equal(fake_got(small)->ids.n, 1);
	assert_int_equal(fake_got(big)->ids.n, 2);
	assert_int_equal(gossip_counts(e.g).too_large_for_peer, 1);
	engine_deinit(&e);
}

TESTS(RUN(a_mesh_that_is_short_grafts_at_once_and_no_further_than_it_must),
      RUN(joining_grafts_d_of_those_that_are_there),
      RUN(the_heartbeat_fills_a_mesh_that_lost_peers),
      RUN(the_heartbeat_prunes_a_mesh_that_is_too_large), RUN(pruning_keeps_some_that_we_dialled),
      RUN(a_mesh_without_peers_that_we_dialled_gets_some),
      RUN(a_full_mesh_takes_no_more_of_those_that_came_to_us),
      RUN(a_graft_for_a_topic_we_are_not_in_is_not_answered),
      RUN(a_graft_of_a_peer_that_is_not_subscribed_is_refused),
      RUN(a_graft_of_a_peer_that_is_in_changes_nothing),
      RUN(who_pruned_us_is_left_alone_for_the_backoff_and_some_slack),
      RUN(a_prune_without_backoff_means_a_minute), RUN(no_backoff_is_longer_than_an_hour),
      RUN(a_graft_inside_the_backoff_is_refused_and_starts_it_anew),
      RUN(neither_reconnecting_nor_joining_again_ends_a_backoff),
      RUN(after_leaving_we_wait_ten_seconds_as_we_said), RUN(backoffs_are_forgotten_in_the_end),
      RUN(a_fanout_keeps_its_peers_and_ends_after_a_minute), RUN(the_heartbeat_fills_a_fanout),
      RUN(a_fanout_becomes_the_mesh),
      RUN(all_peers_outside_the_mesh_are_told_ids_within_three_heartbeats),
      RUN(who_comes_into_the_mesh_is_told_of_what_came_before),
      RUN(everybody_is_told_before_anybody_is_told_again), RUN(ids_of_many_topics_leave_in_one_rpc),
      RUN(ids_told_to_one_peer_have_a_maximum_and_leave_in_pieces),
      RUN(a_graft_inside_the_backoff_costs_and_twice_as_much_right_after_the_prune),
      RUN(who_was_restarted_and_knows_of_no_backoff_is_refused_and_not_blamed_once),
      RUN(who_has_less_than_nothing_leaves_the_mesh_with_the_heartbeat_and_hears_of_nobody),
      RUN(who_comes_with_less_than_nothing_is_not_grafted_at_once), RUN(pruning_keeps_the_best),
      RUN(a_full_mesh_takes_who_is_better_than_most_of_it_and_the_heartbeat_prunes),
      RUN(once_a_minute_a_mesh_of_which_half_brings_nothing_is_given_two_better_ones),
      RUN(a_mesh_that_does_its_work_is_left_alone), RUN(on_a_quiet_topic_nobody_is_moved),
      RUN(a_mesh_that_brings_less_than_others_are_asked_for_is_given_these_in_seconds),
      RUN(silent_members_keep_nobody_out_of_a_full_mesh),
      RUN(who_says_what_it_does_not_want_is_not_silent), RUN(a_copy_is_a_word_too),
      RUN(a_mesh_in_which_one_talks_is_given_two_others),
      RUN(when_there_are_too_many_the_silent_ones_go_first_and_a_leaf_alone_stays),
      RUN(who_is_below_the_threshold_gets_no_message_of_ours_outside_of_the_mesh),
      RUN(a_fanout_is_of_those_above_the_threshold), RUN(nobody_is_told_of_what_it_cannot_take))
