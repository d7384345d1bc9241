#include "pool_world.h"

#include "peer/peer.h"

/* The same key on another host, as after a move, or with a network that came apart. */
static struct pnode *node_twin(const struct pnode *of, uint64_t incarnation)
{
	struct pnode *n = node_host();
	struct pool_config config;

	n->key = of->key;
	n->id = of->id;
	config = node_config(n);
	config.incarnation = incarnation;
	node_start(n, &config);
	return n;
}

/* Two nodes, the first of which keeps. */
static void two_nodes(struct pnode **keeper, struct pnode **other)
{
	struct pnode *a = node_new(), *b = node_new();
	bool swap = peer_id_compare(&a->id, &b->id) < 0;

	*keeper = swap ? b : a;
	*other = swap ? a : b;
}

TEST(nodes_that_dial_each_other_at_once_end_up_with_one_link)
{
	size_t n_duplicates = 0;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct pnode *a, *b;
		struct multiaddr at_a, at_b;

		world_begin(seed);
		a = node_new();
		b = node_new();
		at_a = address_of_node(a, seed % 2);
		at_b = address_of_node(b, seed % 3);
		assert_int_equal(pool_manage(a->pool, &at_b), 0);
		world_run_for(the_world, seed % 8);
		assert_int_equal(pool_manage(b->pool, &at_a), 0);
		world_run_for(the_world, 3000);
		assert_int_equal(links_between(a, b), 1);
		assert_int_equal(pool_n_links(a->pool), 1);
		assert_int_equal(pool_n_links(b->pool), 1);
		world_run_for(the_world, 60000);
		assert_int_equal(links_between(a, b), 1);
		/* Never two for long, and never none. */
		assert_int_equal(a->n_peer_up, 1);
		assert_int_equal(b->n_peer_up, 1);
		assert_int_equal(a->n_peer_down + b->n_peer_down, 0);
		assert_ptr_equal(a->primary, peer_primary(a->peer));
		n_duplicates += a->n_link_up - 1;
		world_end();
	}
	/* Otherwise this has tested nothing. */
	assert_true(n_duplicates > 5);
}

TEST(the_keeper_closes_the_newer_link_and_says_duplicate)
{
	struct pnode *keeper, *other, *twin;
	struct link *first;

	world_begin(1);
	two_nodes(&keeper, &other);
	twin = node_twin(other, 1);
	node_join(other, keeper);
	first = keeper->primary;
	node_join(twin, keeper);
	world_run_for(the_world, 1000);
	assert_int_equal(keeper->n_link_down, 1);
	assert_int_equal(keeper->down_reason, LINK_DUPLICATE);
	assert_int_equal(keeper->n_peer_down, 0);
	assert_ptr_equal(keeper->primary, first);
	assert_int_equal(twin->n_peer_down, 1);
	assert_int_equal(twin->down_by, NET_BY_THEM);
	assert_int_equal(links_between(keeper, twin), 0);
	assert_int_equal(links_between(keeper, other), 1);
	world_end();
}

TEST(who_does_not_keep_leaves_both_links_alone)
{
	struct pnode *keeper, *other, *twin;

	world_begin(2);
	two_nodes(&keeper, &other);
	twin = node_twin(keeper, 1);
	node_join(keeper, other);
	node_join(twin, other);
	world_run_for(the_world, 120000);
	assert_int_equal(other->n_link_up, 2);
	assert_int_equal(other->n_link_down, 0);
	assert_int_equal(pool_n_links(other->pool), 2);
	assert_int_equal(pool_n_connected(other->pool), 1);
	world_end();
}

TEST(a_silent_first_link_gives_way_to_the_one_that_answers)
{
	struct pnode *keeper, *other, *twin;

	world_begin(3);
	two_nodes(&keeper, &other);
	twin = node_twin(other, 1);
	node_join(other, keeper);
	world_run_for(the_world, 1000);
	world_block(the_world, keeper->loop, other->loop, true);
	node_join(twin, keeper);
	assert_int_equal(keeper->n_primary, 1);
	world_run_for(the_world, LIMIT_SETTLE_MS);
	assert_int_equal(keeper->n_primary, 2);
	assert_int_equal(pool_n_links(keeper->pool), 1);
	world_run_for(the_world, 60000);
	assert_int_equal(keeper->n_link_down, 1);
	assert_int_equal(keeper->n_peer_down, 0);
	assert_int_equal(keeper->down_reason, LINK_LIVENESS_TIMEOUT);
	assert_int_equal(links_between(keeper, twin), 1);
	assert_int_equal(twin->n_link_down, 0);
	world_end();
}

TEST(a_restarted_peer_is_written_to_on_its_new_link)
{
	struct pnode *keeper, *other, *twin;

	world_begin(4);
	two_nodes(&keeper, &other);
	twin = node_twin(keeper, 2);
	node_join(keeper, other);
	world_block(the_world, keeper->loop, other->loop, true);
	node_join(twin, other);
	/* The other end is not the keeper, and closes nothing, but it knows. */
	assert_int_equal(other->n_primary, 2);
	assert_int_equal(link_extension(other->primary)->incarnation, 2);
	assert_int_equal(pool_n_links(other->pool), 2);
	/* What is dead is found out in time. */
	world_run_for(the_world, 60000);
	assert_int_equal(pool_n_links(other->pool), 1);
	assert_int_equal(other->down_reason, LINK_LIVENESS_TIMEOUT);
	assert_int_equal(other->n_peer_down, 0);
	world_end();
}

TEST(no_peer_may_have_more_links_than_the_maximum)
{
	struct pnode *keeper, *other, *twins[LIMIT_LINKS_PER_PEER];

	world_begin(5);
	two_nodes(&keeper, &other);
	node_join(keeper, other);
	for (size_t i = 0; i < LIMIT_LINKS_PER_PEER; i++) {
		twins[i] = node_twin(keeper, 1);
		node_join(twins[i], other);
	}
	world_run_for(the_world, 1000);
	assert_int_equal(pool_n_links(other->pool), LIMIT_LINKS_PER_PEER);
	assert_int_equal(other->n_refused, 1);
	assert_int_equal(other->refused_reason, LINK_LIMIT);
	assert_int_equal(twins[LIMIT_LINKS_PER_PEER - 1]->n_peer_down, 1);
	world_end();
}

TEST(strangers_beyond_the_maximum_are_refused_and_managed_peers_are_not)
{
	struct pnode *a, *b, *c, *d;
	struct pool_config config;
	struct multiaddr m;

	world_begin(6);
	a = node_host();
	config = node_config(a);
	config.peers_max = 1;
	node_start(a, &config);
	b = node_new();
	c = node_new();
	d = node_host();
	/* Its address is managed before it is there. */
	m = address_of_node(d, true);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	node_join(b, a);
	m = address_of_node(a, true);
	assert_int_equal(node_connect(c, &m), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(a->n_refused, 1);
	assert_int_equal(a->refused_reason, LINK_LIMIT);
	assert_int_equal(pool_n_connected(c->pool), 0);
	assert_int_equal(links_between(a, c), 0);
	config = node_config(d);
	node_start(d, &config);
	node_join(d, a);
	assert_int_equal(pool_n_connected(a->pool), 2);
	world_end();
}

TEST(peerlines_of_another_network_are_refused_by_both_ends)
{
	struct pnode *a, *b;
	struct pool_config config;
	struct multiaddr m;

	world_begin(7);
	a = node_new();
	b = node_host();
	config = node_config(b);
	strcpy(config.network, "testnet");
	node_start(b, &config);
	m = address_of_node(a, true);
	assert_int_equal(node_connect(b, &m), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(b->n_outcomes, 1);
	assert_null(b->outcome);
	assert_int_equal(b->outcome_reason, LINK_WRONG_NETWORK);
	assert_int_equal(b->n_dial_failed, 1);
	assert_int_equal(a->n_refused, 1);
	assert_int_equal(a->refused_reason, LINK_WRONG_NETWORK);
	assert_int_equal(a->n_link_up + b->n_link_up, 0);
	assert_int_equal(links_between(a, b), 0);
	world_end();
}

TEST(a_node_without_a_network_name_joins_any)
{
	struct pnode *a, *b;
	struct pool_config config;

	world_begin(8);
	a = node_new();
	b = node_host();
	config = node_config(b);
	config.network[0] = '\0';
	node_start(b, &config);
	node_join(b, a);
	world_end();
}

TEST(a_peer_that_stops_answering_is_given_up)
{
	struct pnode *a, *b;

	world_begin(9);
	a = node_new();
	b = node_new();
	node_join(a, b);
	world_run_for(the_world, 200000);
	assert_int_equal(a->n_link_down, 0);
	world_block(the_world, a->loop, b->loop, true);
	world_run_for(the_world, LIMIT_PING_TIMEOUT_MS - 1000);
	assert_int_equal(a->n_peer_down, 0);
	world_run_for(the_world, LIMIT_PING_INTERVAL_MS + 2000);
	assert_int_equal(a->n_peer_down, 1);
	assert_int_equal(b->n_peer_down, 1);
	assert_int_equal(a->down_reason, LINK_LIVENESS_TIMEOUT);
	assert_int_equal(a->down_by, NET_BY_US);
	world_end();
}

static void take(void *user, struct peer *p, struct link *l, struct stream *s)
{
	static const struct stream_ops nothing;

	(void)p;
	(void)l;
	++*(size_t *)user;
	stream_accept(s, &nothing, NULL);
	stream_forget(s);
}

static void refused(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)s;
	(void)code;
	*(enum stream_end *)user = end;
}

TEST(streams_go_to_who_serves_their_protocol)
{
	static const struct stream_ops ops = { .on_closed = refused };
	static const char *const known[] = { "/test/9", "/test/1", NULL };
	static const char *const unknown[] = { "/test/9", NULL };
	size_t n = 0;
	struct pool_protocol served = { "/test/1", take, &n };
	enum stream_end end = STREAM_DONE;
	struct pnode *a, *b;
	struct stream *s;

	world_begin(10);
	a = node_new();
	b = node_new();
	assert_int_equal(pool_serve(b->pool, &served), 0);
	node_join(a, b);
	assert_int_equal(link_open_stream(a->primary, known, &ops, &end, &s), 0);
	stream_forget(s);
	assert_int_equal(link_open_stream(a->primary, unknown, &ops, &end, &s), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(n, 1);
	assert_int_equal(end, STREAM_REFUSED);
	world_end();
}

TEST(addresses_of_connected_and_managed_peers_are_known)
{
	struct pnode *a, *b;
	struct addr at = { 0 };
	struct multiaddr m = parse("/ip4/10.5.5.5/tcp/4001");

	world_begin(11);
	a = node_new();
	b = node_new();
	assert_int_equal(addr_parse_ip("10.0.0.2", &at), 0);
	assert_false(pool_net_ops.is_known(b->pool, &at));
	node_join(b, a);
	assert_int_equal(addr_parse_ip("10.0.0.1", &at), 0);
	assert_true(pool_net_ops.is_known(b->pool, &at));
	assert_int_equal(pool_manage(b->pool, &m), 0);
	world_run_for(the_world, 100);
	assert_int_equal(addr_parse_ip("10.5.5.5", &at), 0);
	assert_true(pool_net_ops.is_known(b->pool, &at));
	assert_int_equal(addr_parse_ip("10.5.5.6", &at), 0);
	assert_false(pool_net_ops.is_known(b->pool, &at));
	world_end();
}

TESTS(RUN(nodes_that_dial_each_other_at_once_end_up_with_one_link),
      RUN(the_keeper_closes_the_newer_link_and_says_duplicate),
      RUN(who_does_not_keep_leaves_both_links_alone),
      RUN(a_silent_first_link_gives_way_to_the_one_that_answers),
      RUN(a_restarted_peer_is_written_to_on_its_new_link),
      RUN(no_peer_may_have_more_links_than_the_maximum),
      RUN(strangers_beyond_the_maximum_are_refused_and_managed_peers_are_not),
      RUN(peerlines_of_another_network_are_refused_by_both_ends),
      RUN(a_node_without_a_network_name_joins_any), RUN(a_peer_that_stops_answering_is_given_up),
      RUN(streams_go_to_who_serves_their_protocol),
      RUN(addresses_of_connected_and_managed_peers_are_known))
