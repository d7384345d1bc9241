#include "pool_world.h"

TEST(two_nodes_connect_are_identified_and_part)
{
	struct pnode *a, *b;
	struct peer_info info;

	world_begin(1);
	a = node_new();
	b = node_new();
	node_join(a, b);
	assert_int_equal(a->n_outcomes, 1);
	assert_ptr_equal(a->outcome, peer_at(a, b));
	assert_int_equal(a->n_peer_up, 1);
	assert_int_equal(b->n_peer_up, 1);
	assert_int_equal(a->n_link_up, 1);
	assert_int_equal(a->n_identified, 1);
	assert_int_equal(b->n_identified, 1);
	assert_int_equal(pool_n_connected(a->pool), 1);
	assert_int_equal(pool_n_links(b->pool), 1);

	peer_get_info(peer_at(a, b), &info);
	assert_int_equal(info.state, PEER_CONNECTED);
	assert_int_equal(info.n_links, 1);
	assert_false(info.inbound);
	assert_false(info.managed);
	assert_string_equal(info.agent, "peerline/0.1.0");
	assert_string_equal(info.peerline_version, "0.1.0");
	assert_int_equal(info.n_listen_addresses, 1);
	assert_true(info.rtt_ns >= 10 * NS_PER_MS);
	assert_true(info.bytes_in > 0 && info.bytes_out > 0);
	assert_true(mono_is_never(info.next_dial_at));
	assert_true(peer_serves(peer_at(a, b), "/perf/1.0.0"));
	peer_get_info(peer_at(b, a), &info);
	assert_true(info.inbound);
	/* One of the two keeps. */
	assert_int_equal(info.keeper_is_us, peer_id_compare(&b->id, &a->id) > 0);

	assert_int_equal(pool_disconnect(a->pool, peer_at(a, b)), 1);
	world_run_for(the_world, 1000);
	assert_int_equal(a->n_peer_down, 1);
	assert_int_equal(b->n_peer_down, 1);
	assert_int_equal(a->down_reason, LINK_DISCONNECTED);
	assert_int_equal(a->down_by, NET_BY_US);
	assert_int_equal(b->down_by, NET_BY_THEM);
	assert_int_equal(links_between(a, b), 0);
	/* Nobody keeps a record of it. */
	assert_null(peer_at(a, b));
	assert_null(peer_at(b, a));
	world_end();
}

TEST(stopping_ends_every_link_and_every_wait)
{
	struct pnode *a, *b;
	struct multiaddr nowhere = parse("/ip4/10.9.9.9/tcp/1");

	world_begin(2);
	a = node_new();
	b = node_new();
	node_join(a, b);
	assert_int_equal(node_connect(a, &nowhere), 0);
	pool_stop(a->pool);
	pool_stop(a->pool);
	assert_false(pool_is_stopped(a->pool));
	assert_int_equal(node_connect(a, &nowhere), -ESHUTDOWN);
	world_run_for(the_world, 500);
	assert_true(pool_is_stopped(a->pool));
	assert_int_equal(a->n_outcomes, 2);
	assert_null(a->outcome);
	assert_int_equal(a->outcome_reason, LINK_SHUTDOWN);
	assert_int_equal(a->down_reason, LINK_SHUTDOWN);
	assert_int_equal(b->n_peer_down, 1);
	world_end();
}

TEST(a_peer_that_is_gone_does_not_hold_up_the_end)
{
	struct pnode *a, *b;

	world_begin(3);
	a = node_new();
	b = node_new();
	node_join(a, b);
	world_block(the_world, a->loop, b->loop, true);
	pool_stop(a->pool);
	world_run_for(the_world, LIMIT_DRAIN_MS - 100);
	assert_false(pool_is_stopped(a->pool));
	world_run_for(the_world, 200);
	assert_true(pool_is_stopped(a->pool));
	world_end();
}

TEST(freeing_without_stopping_leaves_nothing_behind)
{
	struct pnode *a, *b;
	struct multiaddr m;

	world_begin(4);
	a = node_new();
	b = node_new();
	node_join(a, b);
	m = address_of_node(b, false);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	m = parse("/dns4/never.answered/tcp/1");
	assert_int_equal(node_connect(a, &m), 0);
	a->pool = pool_free(a->pool);
	world_run_for(the_world, 500);
	assert_int_equal(b->n_peer_down, 1);
	world_end();
	assert_null(pool_free(NULL));
}

TEST(only_so_many_protocols_are_served)
{
	static const struct pool_protocol one = { .name = "/x/1" };
	struct pnode *a;
	int r = 0, n = 0;

	world_begin(5);
	a = node_new();
	while (r == 0 && n++ < LIMIT_PROTOCOLS)
		r = pool_serve(a->pool, &one);
	assert_int_equal(r, -ENOSPC);
	world_end();
}

static void count(void *user, struct peer *p)
{
	(void)p;
	++*(size_t *)user;
}

TEST(listen_addresses_and_peers_can_be_listed)
{
	struct pnode *a, *b;
	struct multiaddr out[4];
	char text[LIMIT_MULTIADDR_TEXT];
	size_t n = 0;

	world_begin(6);
	a = node_new();
	b = node_new();
	assert_int_equal(pool_listen_addresses(a->pool, out, 4), 1);
	assert_string_equal(multiaddr_text(&out[0], text), "/ip4/10.0.0.1/tcp/4001");
	pool_each(a->pool, count, &n);
	assert_int_equal(n, 0);
	node_join(a, b);
	pool_each(a->pool, count, &n);
	assert_int_equal(n, 1);
	assert_int_equal(pool_net_counts(a->pool).dials, 1);
	assert_int_equal(pool_net_counts(b->pool).accepted, 1);
	world_end();
}

TESTS(RUN(two_nodes_connect_are_identified_and_part), RUN(stopping_ends_every_link_and_every_wait),
      RUN(a_peer_that_is_gone_does_not_hold_up_the_end),
      RUN(freeing_without_stopping_leaves_nothing_behind), RUN(only_so_many_protocols_are_served),
      RUN(listen_addresses_and_peers_can_be_listed))
