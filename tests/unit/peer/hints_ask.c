#include "hints_world.h"

#include "base/limits.h"

/* A knows B and nobody else; who A heard of is looked for by asking B. */

TEST(an_author_we_only_heard_is_asked_for_and_then_found)
{
	struct pnode *a, *b, *c;

	hints_begin(1);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	node_join(a, b);
	node_join(b, c);
	hints_saw_author(hints_at(a), &b->id, &c->id);
	assert_int_equal(n_hints(a), 1);
	world_run_for(the_world, LIMIT_ADDR_ROUND_MS + 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(links_between(a, c), 1);
	assert_true(hints_counts(hints_at(a)).requests.asked == 1);
	assert_true(hints_counts(hints_at(b)).requests.answered == 1);
	assert_int_equal(n_dialled, 1);
	hints_end();
}

TEST(who_dialled_them_is_told_of_by_where_it_listens_and_not_by_its_port)
{
	struct pnode *a, *b, *c;
	char text[LIMIT_MULTIADDR_TEXT];
	struct multiaddr m;

	hints_begin(2);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	node_join(a, b);
	node_join(c, b);
	hints_saw_author(hints_at(a), &b->id, &c->id);
	world_run_for(the_world, LIMIT_ADDR_ROUND_MS + 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(n_dialled, 1);
	m = address_of_node(c, false);
	assert_string_equal(dialled[0].address, multiaddr_text(&m, text));
	hints_end();
}

TEST(an_author_that_is_its_own_neighbour_or_connected_or_us_is_nobody_to_look_for)
{
	struct pnode *a, *b, *c;

	hints_begin(3);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	node_join(a, b);
	node_join(a, c);
	hints_saw_author(hints_at(a), &b->id, &b->id);
	hints_saw_author(hints_at(a), &b->id, &c->id);
	hints_saw_author(hints_at(a), &b->id, &a->id);
	assert_int_equal(n_hints(a), 0);
	assert_true(hints_counts(hints_at(a)).refused == 0);
	hints_end();
}

TEST(three_peers_are_asked_for_one_and_eight_are_asked_for_in_a_round)
{
	struct pnode *a, *others[6];
	struct random random;
	uint64_t asked;

	hints_begin(4);
	a = hinted_node(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		others[i] = hinted_node(NULL);
		node_join(a, others[i]);
	}
	random = world_random(the_world);
	for (unsigned i = 0; i < 20; i++) {
		struct key_pair key;
		struct peer_id id;

		key_pair_generate(&random, &key);
		public_key_ed25519_peer_id(key.public, &id);
		hints_saw_author(hints_at(a), &others[0]->id, &id);
		if (i == 0)
			world_run_for(the_world, LIMIT_ADDR_ROUND_MS + 100);
	}
	asked = hints_counts(hints_at(a)).requests.asked;
	assert_true(asked == LIMIT_ADDR_ROUND_PEERS);
	world_run_for(the_world, LIMIT_ADDR_ROUND_MS);
	asked += LIMIT_ADDR_ROUND_IDS * LIMIT_ADDR_ROUND_PEERS;
	assert_true(hints_counts(hints_at(a)).requests.asked == asked);
	/* The rest, and then nobody for a while. */
	world_run_for(the_world, 10 * LIMIT_ADDR_ROUND_MS);
	assert_true(hints_counts(hints_at(a)).requests.asked == 20 * LIMIT_ADDR_ROUND_PEERS);
	hints_end();
}

TEST(what_strangers_said_of_a_peer_is_not_passed_on_but_what_it_signed_is)
{
	struct pnode *a, *b, *c, *d;
	struct hint_news news = { .n = 1 };
	struct bytes hearsay;
	struct multiaddr m;

	hints_begin(5);
	a = hinted_node(NULL);
	b = hinted_node_with(NULL, false, 50);
	c = hinted_node(NULL);
	d = hinted_node(NULL);
	node_join(a, b);
	m = address_of_node(c, false);
	hearsay = BYTES(m.b, m.n);
	news.via = &a->id;
	news.id = c->id;
	news.addresses = &hearsay;
	assert_true(hint_book_charge(&hints_at(b)->book, &a->id, world_now(the_world)));
	hints_add_told(hints_at(b), a->peer, &news);
	assert_int_equal(n_hints(b), 1);
	hints_saw_author(hints_at(a), &b->id, &c->id);
	world_run_for(the_world, LIMIT_ADDR_ROUND_MS + 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(n_dialled, 0);
	/* D's record is D's word. */
	tell_px(b, a, d, "/ip4/10.0.0.4/tcp/4001", 1);
	hints_saw_author(hints_at(a), &b->id, &d->id);
	world_run_for(the_world, LIMIT_ADDR_ROUND_MS + 2 * LIMIT_HINT_DIAL_MS);
	assert_int_equal(links_between(a, d), 1);
	hints_end();
}

TEST(asked_for_ourselves_we_say_where_we_listen)
{
	struct multiaddr out[ADDR_REQUEST_ADDRESSES_MAX], m;
	struct pnode *a, *b;

	hints_begin(6);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	node_join(a, b);
	assert_int_equal(hints_request_ops.known(hints_at(a), &a->id, a->primary, out), 1);
	m = address_of_node(a, false);
	assert_true(multiaddr_equal(&out[0], &m));
	hints_end();
}

/* What a public peer claims of a private network is not for us to spread there. */
TEST(of_a_public_peer_s_addresses_the_private_ones_are_not_passed_on)
{
	struct multiaddr out[ADDR_REQUEST_ADDRESSES_MAX], announce[2];
	struct pool_config config;
	struct pnode *a, *b;

	hints_begin(8);
	a = hinted_node(NULL);
	b = node_host_at("203.0.113.2");
	announce[0] = parse("/ip4/192.168.0.1/tcp/1");
	announce[1] = parse("/ip4/203.0.113.3/tcp/1");
	config = node_config(b);
	config.announce = announce;
	config.n_announce = ARRAY_SIZE(announce);
	node_start(b, &config);
	node_join(a, b);
	assert_int_equal(hints_request_ops.known(hints_at(a), &b->id, a->primary, out), 2);
	/* Where we reached it, and what it says of itself that may be true. */
	assert_true(multiaddr_equal(&out[1], &announce[1]));
	hints_end();
}

TEST(nobody_is_asked_while_nothing_is_wanted)
{
	struct pnode *a, *b, *c;

	hints_begin(7);
	a = hinted_node(NULL);
	b = hinted_node(NULL);
	c = hinted_node(NULL);
	node_join(a, b);
	is_wanted = false;
	hints_saw_author(hints_at(a), &b->id, &c->id);
	world_run_for(the_world, 10 * LIMIT_ADDR_ROUND_MS);
	assert_true(hints_counts(hints_at(a)).requests.asked == 0);
	hints_end();
}

TESTS(RUN(an_author_we_only_heard_is_asked_for_and_then_found),
      RUN(who_dialled_them_is_told_of_by_where_it_listens_and_not_by_its_port),
      RUN(an_author_that_is_its_own_neighbour_or_connected_or_us_is_nobody_to_look_for),
      RUN(three_peers_are_asked_for_one_and_eight_are_asked_for_in_a_round),
      RUN(what_strangers_said_of_a_peer_is_not_passed_on_but_what_it_signed_is),
      RUN(asked_for_ourselves_we_say_where_we_listen),
      RUN(of_a_public_peer_s_addresses_the_private_ones_are_not_passed_on),
      RUN(nobody_is_asked_while_nothing_is_wanted))
