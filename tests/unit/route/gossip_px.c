#include "engine.h"

static const uint8_t RECORD[600];

static struct peer_id stranger(uint32_t n)
{
	struct peer_id id = { .n = 34, .b = { 0x12, 0x20 } };

	memcpy(id.b + 2, &n, sizeof(n));
	return id;
}

/* A PRUNE that names `n` strangers, the first of them number `first`. */
static void says_prune_with(struct fake *f, uint32_t first, size_t n)
{
	struct gossip_prune prune = {
		.topic = BYTES_LITERAL("t"),
		.has_backoff = true,
		.backoff_s = 60,
		.n_peers = n,
	};
	struct gossip_px px[64];
	struct peer_id ids[64];

	for (size_t i = 0; i < n; i++) {
		ids[i] = stranger(first + (uint32_t)i);
		px[i] = (struct gossip_px){ peer_id_bytes(&ids[i]), BYTES(RECORD, i % 2 * 600) };
	}
	FAKE_CONTROL(f, gossip_write_prune(&w, &prune, px));
}

static void full_mesh_refuses(struct engine *e, struct fake **ret)
{
	engine_init(e);
	engine_joins(e, "t");
	fakes_subscribed(e, 0, 40, "t");
	for (size_t i = 0; i < 12; i++)
		fake_grafts(&e->fakes[i], "t");
	*ret = &e->fakes[30];
	fake_got(*ret);
}

TEST(who_finds_the_mesh_full_hears_of_others_with_their_records)
{
	struct engine e;
	struct fake *f;
	const struct gossip_rpc *got;
	size_t n_records = 0;

	full_mesh_refuses(&e, &f);
	for (size_t i = 0; i < 20; i++)
		e.fakes[i].record = BYTES(RECORD, sizeof(RECORD));
	fake_grafts(f, "t");
	got = fake_got(f);
	assert_int_equal(got->prune.n, 1);
	assert_int_equal(got->prune.v[0].n_peers, LIMIT_GOSSIP_PX);
	for (size_t i = 0; i < got->px.n; i++) {
		struct peer_id id;

		assert_int_equal(peer_id_decode(got->px.v[i].peer_id, &id), 0);
		assert_false(peer_id_equal(&id, &f->id));
		assert_non_null(peer_by_id(e.g, &id));
		n_records += got->px.v[i].signed_record.n == sizeof(RECORD);
	}
	assert_in_range(n_records, 1, LIMIT_GOSSIP_PX - 1);
	assert_int_equal(gossip_counts(e.g).px_sent, LIMIT_GOSSIP_PX);
	engine_deinit(&e);
}

TEST(records_that_are_too_much_together_are_left_out)
{
	static const uint8_t large[4000];
	struct engine e;
	struct fake *f;
	const struct gossip_rpc *got;
	size_t n_records = 0;

	full_mesh_refuses(&e, &f);
	for (size_t i = 0; i < 40; i++)
		e.fakes[i].record = BYTES(large, sizeof(large));
	fake_grafts(f, "t");
	assert_true(f->frame_max < LIMIT_GOSSIP_FRAGMENT);
	got = fake_got(f);
	assert_int_equal(got->px.n, LIMIT_GOSSIP_PX);
	for (size_t i = 0; i < got->px.n; i++)
		n_records += got->px.v[i].signed_record.n > 0;
	assert_int_equal(n_records, LIMIT_GOSSIP_PX_BYTES / sizeof(large));
	engine_deinit(&e);
}

TEST(nobody_is_told_of_bad_and_direct_peers)
{
	struct engine e;
	struct fake *f;
	const struct gossip_rpc *got;

	full_mesh_refuses(&e, &f);
	for (size_t i = 0; i < 29; i++)
		gossip_set_app_score(e.g, &e.fakes[i].id, -1);
	gossip_peer_set_direct(e.g, e.fakes[29].p, true);
	fake_grafts(f, "t");
	got = fake_got(f);
	assert_int_equal(got->px.n, 9);
	for (size_t i = 0; i < got->px.n; i++)
		for (size_t k = 0; k <= 30; k++)
			assert_false(
				bytes_equal(got->px.v[i].peer_id, peer_id_bytes(&e.fakes[k].id)));
	engine_deinit(&e);
}

TEST(bad_peers_are_not_told_of_anybody)
{
	struct engine e;
	struct fake *f;
	const struct gossip_rpc *got;

	full_mesh_refuses(&e, &f);
	gossip_set_app_score(e.g, &f->id, -1);
	fake_grafts(f, "t");
	got = fake_got(f);
	assert_int_equal(got->prune.n, 1);
	assert_int_equal(got->px.n, 0);
	engine_deinit(&e);
}

TEST(without_peer_exchange_prune_names_nobody)
{
	struct gossip_params params = gossip_params_default();
	struct engine e;

	params.px = false;
	engine_init_with(&e, &params);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 20, "t");
	for (size_t i = 0; i < 13; i++)
		fake_grafts(&e.fakes[i], "t");
	assert_int_equal(gossip_counts(e.g).px_sent, 0);
	assert_int_equal(gossip_counts(e.g).graft_refused, 1);
	engine_deinit(&e);
}

TEST(what_a_peer_says_of_others_is_handed_on_within_limits)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	says_prune_with(f, 0, 10);
	assert_int_equal(e.n_px, 10);
	assert_int_equal(e.n_px_records, 5);
	/* One PRUNE names at most so many, one peer in a heartbeat so many, all together so many.
	 */
	says_prune_with(f, 100, 40);
	assert_int_equal(e.n_px, 10 + LIMIT_GOSSIP_PX);
	for (uint32_t i = 0; i < 10; i++)
		says_prune_with(f, 1000 * i, LIMIT_GOSSIP_PX);
	assert_int_equal(e.n_px, LIMIT_GOSSIP_PX_PEER);
	for (size_t i = 1; i < 20; i++)
		says_prune_with(fake_add(&e, i), 100000, LIMIT_GOSSIP_PX);
	assert_int_equal(e.n_px, LIMIT_GOSSIP_PX_ALL);
	assert_int_equal(gossip_counts(e.g).px_heard, e.n_px);
	engine_wait(&e, 1100);
	e.n_px = 0;
	says_prune_with(f, 5000, 5);
	assert_int_equal(e.n_px, 5);
	engine_deinit(&e);
}

TEST(who_is_known_and_who_is_nobody_is_no_news)
{
	struct gossip_prune prune = { .topic = BYTES_LITERAL("t"), .n_peers = 3 };
	struct gossip_px px[3];
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 2, "t");
	px[0] = (struct gossip_px){ .peer_id = peer_id_bytes(&e.fakes[1].id) };
	px[1] = (struct gossip_px){ .peer_id = peer_id_bytes(&e.id) };
	px[2] = (struct gossip_px){ .peer_id = BYTES_LITERAL("nonsense") };
	FAKE_CONTROL(&e.fakes[0], gossip_write_prune(&w, &prune, px));
	assert_int_equal(e.n_px, 0);
	assert_int_equal(gossip_counts(e.g).px_ignored, 3);
	engine_deinit(&e);
}

TEST(bad_peers_are_not_believed)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 1, "t");
	gossip_set_app_score(e.g, &e.fakes[0].id, -1);
	says_prune_with(&e.fakes[0], 0, 10);
	assert_int_equal(e.n_px, 0);
	gossip_set_app_score(e.g, &e.fakes[0].id, 0);
	says_prune_with(&e.fakes[0], 0, 10);
	assert_int_equal(e.n_px, 10);
	engine_deinit(&e);
}

TESTS(RUN(who_finds_the_mesh_full_hears_of_others_with_their_records),
      RUN(records_that_are_too_much_together_are_left_out),
      RUN(nobody_is_told_of_bad_and_direct_peers), RUN(bad_peers_are_not_told_of_anybody),
      RUN(without_peer_exchange_prune_names_nobody),
      RUN(what_a_peer_says_of_others_is_handed_on_within_limits),
      RUN(who_is_known_and_who_is_nobody_is_no_news), RUN(bad_peers_are_not_believed))
