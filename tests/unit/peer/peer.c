#include "pool_world.h"

#include "peer/peer.h"

TEST(a_record_goes_when_it_has_neither_links_nor_addresses)
{
	struct pnode *a, *b;
	struct peer *p;

	world_begin(1);
	a = node_new();
	b = node_new();
	/* Not at once: whoever is on the call stack may still use it. */
	p = peer_new(a->pool, &b->id);
	peer_may_go(p);
	peer_may_go(p);
	assert_ptr_equal(peer_at(a, b), p);
	world_run_for(the_world, 10);
	assert_null(peer_at(a, b));
	/* Unless it has come to life meanwhile. */
	p = peer_new(a->pool, &b->id);
	peer_may_go(p);
	node_join(a, b);
	assert_ptr_equal(a->peer, p);
	world_end();
}

TEST(there_is_one_record_for_each_id_and_any_number_without)
{
	struct pnode *a, *b;

	world_begin(2);
	a = node_new();
	b = node_new();
	assert_non_null(peer_new(a->pool, &b->id));
	assert_null(peer_new(a->pool, &b->id));
	assert_non_null(peer_new(a->pool, NULL));
	assert_non_null(peer_new(a->pool, NULL));
	world_end();
}

TEST(a_snapshot_shows_the_state_of_a_peer_that_is_not_connected)
{
	struct pnode *a, *b;
	struct multiaddr m;
	struct peer_info info;

	world_begin(3);
	a = node_new();
	b = node_host();
	m = address_of_node(b, true);
	world_block(the_world, a->loop, b->loop, true);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 100);
	peer_get_info(peer_at(a, b), &info);
	assert_int_equal(info.state, PEER_DIALING);
	assert_int_equal(info.n_links, 0);
	assert_null(info.agent);
	assert_null(info.peerline_version);
	assert_int_equal(info.rtt_ns, 0);
	world_run_for(the_world, LIMIT_HANDSHAKE_MS);
	peer_get_info(peer_at(a, b), &info);
	assert_non_null(info.last_error);
	assert_true(info.managed);
	assert_false(peer_serves(peer_at(a, b), "/ipfs/ping/1.0.0"));
	world_end();
}

TEST(texts_of_a_snapshot_outlive_the_next_one)
{
	struct pnode *a, *b;
	struct peer_info one, two;

	world_begin(4);
	a = node_new();
	b = node_new();
	node_join(a, b);
	peer_get_info(a->peer, &one);
	peer_get_info(a->peer, &two);
	assert_int_equal(one.n_listen_addresses, 1);
	assert_true(multiaddr_equal(&one.listen_addresses[0], &two.listen_addresses[0]));
	world_run_for(the_world, 10);
	world_end();
}

TEST(route_keeps_its_own_record_at_a_peer)
{
	struct pnode *a, *b;
	int mine;

	world_begin(5);
	a = node_new();
	b = node_new();
	node_join(a, b);
	assert_null(peer_route_user(a->peer));
	peer_set_route_user(a->peer, &mine);
	assert_ptr_equal(peer_route_user(a->peer), &mine);
	assert_true(peer_id_equal(peer_id_of(a->peer), &b->id));
	world_end();
}

TESTS(RUN(a_record_goes_when_it_has_neither_links_nor_addresses),
      RUN(there_is_one_record_for_each_id_and_any_number_without),
      RUN(a_snapshot_shows_the_state_of_a_peer_that_is_not_connected),
      RUN(texts_of_a_snapshot_outlive_the_next_one), RUN(route_keeps_its_own_record_at_a_peer))
