#include "hints_world.h"

#include "peer/peer.h"

static const struct multiaddr *at(const struct pnode *n)
{
	static struct multiaddr m;

	m = address_of_node(n, false);
	return &m;
}

static const char *text_at(const struct pnode *n)
{
	static char text[LIMIT_MULTIADDR_TEXT];

	return multiaddr_text(at(n), text);
}

TEST(a_hint_from_peer_exchange_leads_to_a_connection)
{
	struct pnode *a, *b, *c;

	hints_begin(1);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	node_join(a, b);
	tell_px(a, b, c, text_at(c), 1);
	assert_int_equal(n_hints(a), 1);
	world_run_for(the_world, 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(links_between(a, c), 1);
	assert_int_equal(n_dialled, 1);
	assert_true(dialled[0].is_connected);
	assert_string_equal(dialled[0].address, text_at(c));
	assert_true(hints_counts(hints_at(a)).dialled == 1);
	assert_true(hints_counts(hints_at(a)).connected == 1);
	/* Found by a hint, kept by nobody. */
	assert_false(peer_is_managed(peer_at(a, c)));
	hints_end();
}

TEST(nothing_is_dialled_while_nothing_is_wanted_or_it_is_switched_off)
{
	struct pnode *a, *b, *c;

	hints_begin(2);
	a = hinted_node(NULL);
	b = hinted_node_with(NULL, false, 50);
	c = hinted_node(NULL);
	is_wanted = false;
	hints_add_named(hints_at(a), &c->id, at(c), 1);
	hints_add_named(hints_at(b), &c->id, at(c), 1);
	world_run_for(the_world, 60000);
	assert_int_equal(n_dialled, 0);
	is_wanted = true;
	world_run_for(the_world, 60000);
	assert_int_equal(links_between(a, c), 1);
	assert_int_equal(links_between(b, c), 0);
	assert_int_equal(n_hints(b), 1);
	hints_end();
}

TEST(with_enough_peers_nobody_is_looked_for)
{
	struct pnode *a, *b, *c, *d;

	hints_begin(3);
	/* Four at most: two are enough. */
	a = hinted_node_with(NULL, true, 4);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	d = hinted_node(NULL);
	node_join(a, b);
	node_join(a, c);
	hints_add_named(hints_at(a), &d->id, at(d), 1);
	world_run_for(the_world, 60000);
	assert_int_equal(links_between(a, d), 0);
	node_end(b);
	world_run_for(the_world, 60000);
	assert_int_equal(links_between(a, d), 1);
	hints_end();
}

TEST(a_wrong_peer_at_the_address_is_refused)
{
	struct pnode *a, *b, *c;

	hints_begin(4);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	hints_add_named(hints_at(a), &c->id, at(b), 1);
	world_run_for(the_world, 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(n_dialled, 1);
	assert_false(dialled[0].is_connected);
	assert_int_equal(dialled[0].reason, LINK_WRONG_PEER);
	assert_int_equal(pool_n_connected(a->pool), 0);
	/* It is the hint's failure, and nobody else's news. */
	assert_int_equal(a->n_dial_failed, 0);
	hints_end();
}

TEST(all_addresses_of_a_hint_are_tried_in_turn_and_then_it_rests)
{
	struct multiaddr addresses[3];
	struct pnode *a, *c;

	hints_begin(5);
	a = hinted_node(NULL);
	c = hinted_node(NULL);
	addresses[0] = parse("/ip4/10.0.0.2/tcp/4002");
	addresses[1] = parse("/ip4/10.0.0.2/tcp/4003");
	addresses[2] = *at(c);
	hints_add_named(hints_at(a), &c->id, addresses, 3);
	world_run_for(the_world, 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(n_dialled, 3);
	assert_true(dialled[2].is_connected);
	node_end(c);
	world_run_for(the_world, LIMIT_HINT_AGAIN_MS - 4 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(n_dialled, 3);
	world_run_for(the_world, 6 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(n_dialled, 6);
	assert_true(hints_counts(hints_at(a)).dialled == 2);
	hints_end();
}

TEST(a_private_address_from_a_public_peer_is_neither_kept_nor_dialled_behind_a_name)
{
	struct pnode *a, *b, *c, *d;

	hints_begin(6);
	a = hinted_node(NULL);
	b = hinted_node("203.0.113.2");
	c = hinted_node(NULL);
	d = hinted_node(NULL);
	node_join(a, b);
	tell_px(a, b, c, text_at(c), 1);
	assert_int_equal(n_hints(a), 0);
	/* A name that leads to a private host, told by the same peer. */
	assert_int_equal(world_add_name(the_world, RESOLVE_IP4, "inside.example.com", d->ip), 0);
	tell_px(a, b, d, "/dns4/inside.example.com/tcp/4001", 1);
	assert_int_equal(n_hints(a), 1);
	world_run_for(the_world, 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(n_dialled, 1);
	assert_int_equal(dialled[0].reason, LINK_LIMIT);
	assert_non_null(strstr(dialled[0].text, "stranger"));
	assert_int_equal(links_between(a, d), 0);
	hints_end();
}

TEST(a_third_party_is_dialled_once_in_ten_minutes_however_many_claim_to_live_there)
{
	struct pnode *a, *b;
	struct random random;
	size_t n = 0;

	hints_begin(7);
	a = hinted_node(NULL);
	b = hinted_node("203.0.113.2");
	node_join(a, b);
	random = world_random(the_world);
	for (unsigned i = 0; i < 40; i++) {
		struct pnode sybil = { 0 };
		char address[64];

		key_pair_generate(&random, &sybil.key);
		public_key_ed25519_peer_id(sybil.key.public, &sybil.id);
		snprintf(address, sizeof(address), "/ip4/198.51.100.1/tcp/%u", 1000 + i);
		tell_px(a, b, &sybil, address, 1);
	}
	assert_int_equal(n_hints(a), 40);
	world_run_for(the_world, LIMIT_HINT_AGAIN_MS);
	for (size_t i = 0; i < n_dialled; i++)
		n += dialled[i].reason != LINK_LIMIT;
	assert_true(n_dialled >= 40);
	assert_int_equal(n, 1);
	hints_end();
}

TEST(dials_of_hints_come_one_at_a_time_and_slowly)
{
	struct pnode *a, *b;
	struct random random;

	hints_begin(8);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	node_join(a, b);
	random = world_random(the_world);
	for (unsigned i = 0; i < 40; i++) {
		struct pnode other = { 0 };
		char address[64];

		key_pair_generate(&random, &other.key);
		public_key_ed25519_peer_id(other.key.public, &other.id);
		snprintf(address, sizeof(address), "/ip4/203.0.113.%u/tcp/1", i + 1);
		tell_px(a, b, &other, address, 1);
	}
	world_run_for(the_world, 60000);
	assert_true(n_dialled >= 10);
	assert_true(n_dialled <= 60000 / (LIMIT_HINT_DIAL_MS / 2));
	for (size_t i = 1; i < n_dialled; i++)
		assert_true(mono_since_ms(dialled[i - 1].at, dialled[i].at) >= 1000);
	hints_end();
}

TEST(records_that_are_forged_or_ours_or_of_the_connected_are_no_hints)
{
	struct pnode *a, *b, *c;
	_cleanup_(buf_deinit) struct buf record;
	struct multiaddr m;

	hints_begin(9);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	node_join(a, b);
	tell_px(a, b, a, "/ip4/203.0.113.1/tcp/1", 1);
	tell_px(a, c, b, "/ip4/203.0.113.1/tcp/1", 1);
	buf_init(&record, LIMIT_SIGNED_RECORD);
	m = parse("/ip4/203.0.113.1/tcp/1");
	assert_int_equal(signed_record_make(&b->key, 1, &m, 1, &record), 0);
	hints_add_px(hints_at(a), &b->id, &c->id, buf_data(&record));
	hints_add_px(hints_at(a), &b->id, &c->id, BYTES_LITERAL("nonsense"));
	assert_int_equal(n_hints(a), 0);
	/* Without a record we know at least that there is such a peer. */
	hints_add_px(hints_at(a), &b->id, &c->id, BYTES_LITERAL(""));
	assert_int_equal(n_hints(a), 1);
	hints_end();
}

TEST(a_flood_of_news_is_refused_after_a_peer_s_share)
{
	struct pnode *a, *b;
	struct random random;

	hints_begin(10);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	node_join(a, b);
	random = world_random(the_world);
	for (unsigned i = 0; i < 1000; i++) {
		struct key_pair key;
		struct peer_id id;

		key_pair_generate(&random, &key);
		public_key_ed25519_peer_id(key.public, &id);
		if (i % 2)
			hints_saw_author(hints_at(a), &b->id, &id);
		else
			hints_add_px(hints_at(a), &b->id, &id, BYTES_LITERAL(""));
	}
	assert_int_equal(n_hints(a), LIMIT_HINTS_PER_SOURCE);
	assert_true(hints_counts(hints_at(a)).refused == 1000 - LIMIT_HINTS_PER_SOURCE);
	hints_end();
}

TEST(an_end_in_the_middle_of_a_dial_is_an_end)
{
	struct pnode *a, *c;

	hints_begin(11);
	a = hinted_node(NULL);
	c = hinted_node(NULL);
	world_block(the_world, a->loop, c->loop, true);
	hints_add_named(hints_at(a), &c->id, at(c), 1);
	world_run_for(the_world, 2 * LIMIT_HINT_DIAL_MS);
	hints_end();
}

TESTS(RUN(a_hint_from_peer_exchange_leads_to_a_connection),
      RUN(nothing_is_dialled_while_nothing_is_wanted_or_it_is_switched_off),
      RUN(with_enough_peers_nobody_is_looked_for), RUN(a_wrong_peer_at_the_address_is_refused),
      RUN(all_addresses_of_a_hint_are_tried_in_turn_and_then_it_rests),
      RUN(a_private_address_from_a_public_peer_is_neither_kept_nor_dialled_behind_a_name),
      RUN(a_third_party_is_dialled_once_in_ten_minutes_however_many_claim_to_live_there),
      RUN(dials_of_hints_come_one_at_a_time_and_slowly),
      RUN(records_that_are_forged_or_ours_or_of_the_connected_are_no_hints),
      RUN(a_flood_of_news_is_refused_after_a_peer_s_share),
      RUN(an_end_in_the_middle_of_a_dial_is_an_end))
