#include "net/net_end.h"

TEST(two_nodes_have_one_link_and_each_knows_the_other)
{
	struct pair p;
	struct addr a;

	pair_init(&p, 1);
	pair_connect(&p);
	assert_int_equal(p.a.n_up, 1);
	assert_int_equal(p.b.n_up, 1);
	assert_ptr_equal(p.a.dial_user, &p.a);
	assert_null(p.b.dial_user);
	assert_true(peer_id_equal(link_peer(p.a.link), &p.b.id));
	assert_true(peer_id_equal(link_peer(p.b.link), &p.a.id));
	assert_int_equal(world_connections(p.w, p.a.loop, p.b.loop), 1);
	a = net_link_remote(p.a.link);
	assert_true(addr_equal(&a, &p.b.at));
	a = net_link_local(p.b.link);
	assert_true(addr_equal(&a, &p.b.at));
	a = net_link_remote(p.b.link);
	assert_true(addr_same_ip(&a, &p.a.at));
	pair_deinit(&p);
}

TEST(they_meet_in_any_weather)
{
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct world_link weather = { .latency_ns = seed * NS_PER_MS,
					      .jitter_ns = seed % 7 * NS_PER_MS,
					      .chunk_max = 1 + seed % 50 };
		struct pair p;

		pair_init(&p, seed);
		world_set_link(p.w, &weather);
		(void)site_dial(&p.a, &p.b);
		world_run_for(p.w, 3000);
		assert_int_equal(p.a.n_up, 1);
		assert_int_equal(p.b.n_up, 1);
		pair_deinit(&p);
	}
}

TEST(the_same_seed_gives_the_same_run)
{
	uint64_t hash[2];

	for (int i = 0; i < 2; i++) {
		struct world_link weather = { .latency_ns = NS_PER_MS,
					      .jitter_ns = NS_PER_MS,
					      .chunk_max = 100 };
		struct pair p;

		pair_init(&p, 7);
		world_set_link(p.w, &weather);
		(void)site_dial(&p.a, &p.b);
		world_run_for(p.w, 1000);
		hash[i] = world_log_hash(p.w);
		pair_deinit(&p);
	}
	assert_true(hash[0] == hash[1]);
}

TEST(closing_all_gives_every_link_and_every_dial_its_end)
{
	struct site silent = { 0 };
	struct pair p;

	pair_init(&p, 1);
	pair_connect(&p);
	assert_int_equal(addr_parse_ip("10.0.0.9", &silent.at), 0);
	silent.at.port = 1;
	(void)site_dial(&p.a, &silent);
	net_close_all(p.a.net, LINK_SHUTDOWN);
	/* Nothing is reported inside the call. */
	assert_int_equal(p.a.n_down + p.a.n_failed, 0);
	world_run_for(p.w, 1000);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.n_down, 1);
	assert_int_equal(p.a.reason, LINK_SHUTDOWN);
	assert_int_equal(p.a.by, NET_BY_US);
	assert_int_equal(p.b.n_going, 1);
	assert_int_equal(p.b.n_down, 1);
	assert_int_equal(p.b.reason, LINK_CLOSED);
	assert_int_equal(p.b.by, NET_BY_THEM);
	pair_deinit(&p);
}

TEST(a_stopped_node_takes_no_connections_and_makes_none)
{
	struct pair p;

	pair_init(&p, 1);
	net_close_all(p.b.net, LINK_SHUTDOWN);
	(void)site_dial(&p.a, &p.b);
	(void)site_dial(&p.b, &p.a);
	world_run_for(p.w, 1000);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.reason, LINK_NETWORK);
	assert_int_equal(p.a.error, -ECONNREFUSED);
	assert_int_equal(p.b.n_failed, 1);
	assert_int_equal(p.b.reason, LINK_SHUTDOWN);
	pair_deinit(&p);
}

TEST(a_port_that_is_taken_is_named_as_an_error)
{
	struct addr again, any = { .family = ADDR_IP4 };
	struct pair p;

	pair_init(&p, 1);
	again = p.a.at;
	assert_int_equal(net_listen(p.a.net, &again), -EADDRINUSE);
	assert_int_equal(net_listen(p.a.net, &any), 0);
	assert_int_not_equal(any.port, 0);
	pair_deinit(&p);
}

TEST(there_are_only_so_many_listeners)
{
	struct pair p;
	int r = 0;

	pair_init(&p, 1);
	for (int i = 1; i < LIMIT_LISTENERS; i++) {
		struct addr any = { .family = ADDR_IP4 };

		assert_int_equal(net_listen(p.a.net, &any), 0);
	}
	r = net_listen(p.a.net, &p.a.at);
	assert_int_equal(r, -ENOSPC);
	pair_deinit(&p);
}

TEST(freeing_with_dials_under_way_says_nothing)
{
	struct pair p;

	pair_init(&p, 1);
	(void)site_dial(&p.a, &p.b);
	p.a.net = net_free(p.a.net);
	world_run_for(p.w, 6000);
	assert_int_equal(p.a.n_failed + p.a.n_up, 0);
	site_deinit(&p.b);
	world_free(p.w);
}

TESTS(RUN(two_nodes_have_one_link_and_each_knows_the_other), RUN(they_meet_in_any_weather),
      RUN(the_same_seed_gives_the_same_run),
      RUN(closing_all_gives_every_link_and_every_dial_its_end),
      RUN(a_stopped_node_takes_no_connections_and_makes_none),
      RUN(a_port_that_is_taken_is_named_as_an_error), RUN(there_are_only_so_many_listeners),
      RUN(freeing_with_dials_under_way_says_nothing))
