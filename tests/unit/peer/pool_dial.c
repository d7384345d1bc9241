#include "pool_world.h"

#include "peer/peer.h"

static struct peer *only_peer;

static void keep(void *user, struct peer *p)
{
	++*(size_t *)user;
	only_peer = p;
}

static size_t n_records(struct pnode *n)
{
	size_t count = 0;

	pool_each(n->pool, keep, &count);
	return count;
}

TEST(a_managed_peer_is_dialled_every_five_seconds_for_two_minutes_and_then_as_configured)
{
	struct multiaddr m = parse("/ip4/10.0.0.2/tcp/4001");
	struct pnode *a;
	size_t n_early = 0, n_late = 0;

	world_begin(1);
	a = node_new();
	(void)node_host();
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 400000);
	for (size_t i = 1; i < a->n_dial_failed; i++) {
		uint64_t ms = mono_since_ms(a->dial_failed_at[i - 1], a->dial_failed_at[i]);

		if (mono_since_ms(a->dial_failed_at[0], a->dial_failed_at[i - 1]) < 119000) {
			assert_in_range(ms, 4400, 5600);
			n_early++;
		} else if (mono_since_ms(a->dial_failed_at[0], a->dial_failed_at[i - 1]) > 121000) {
			assert_in_range(ms, 26900, 33100);
			n_late++;
		}
	}
	assert_in_range(n_early, 21, 28);
	assert_in_range(n_late, 7, 11);
	assert_int_equal(a->dial_reason, LINK_NETWORK);
	assert_string_equal(a->dial_address, "/ip4/10.0.0.2/tcp/4001");
	assert_non_null(strstr(a->dial_text, "10.0.0.2:4001"));
	world_end();
}

TEST(a_managed_peer_is_found_when_it_comes_and_when_it_comes_back)
{
	struct pnode *a, *b;
	struct pool_config config;
	struct multiaddr m;

	world_begin(2);
	a = node_new();
	b = node_host();
	config = node_config(b);
	m = address_of_node(b, true);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 12000);
	assert_int_equal(pool_n_connected(a->pool), 0);
	for (int i = 0; i < 3; i++) {
		node_start(b, &config);
		world_run_for(the_world, 6000);
		assert_int_equal(pool_n_connected(a->pool), 1);
		node_end(b);
		world_run_for(the_world, 100);
		assert_int_equal(pool_n_connected(a->pool), 0);
		config.incarnation++;
	}
	assert_int_equal(a->n_peer_up, 3);
	assert_int_equal(a->n_peer_down, 3);
	world_end();
}

TEST(a_managed_address_is_listed_before_anybody_knows_who_lives_there)
{
	struct pnode *a, *b;
	struct pool_config config;
	struct multiaddr m;
	struct peer_info info;

	world_begin(3);
	a = node_new();
	b = node_host();
	m = address_of_node(b, false);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	assert_int_equal(pool_manage(a->pool, &m), -EEXIST);
	assert_int_equal(n_records(a), 1);
	assert_false(peer_id_is_set(peer_id_of(only_peer)));
	world_run_for(the_world, 1000);
	peer_get_info(only_peer, &info);
	assert_int_equal(info.state, PEER_WAITING);
	assert_true(info.managed);
	assert_non_null(info.last_error);
	assert_false(mono_is_never(info.next_dial_at));
	assert_int_equal(info.remote.port, 4001);

	config = node_config(b);
	node_start(b, &config);
	world_run_for(the_world, 6000);
	assert_int_equal(n_records(a), 1);
	assert_true(peer_id_equal(peer_id_of(only_peer), &b->id));
	peer_get_info(only_peer, &info);
	assert_null(info.last_error);
	assert_true(mono_is_never(info.next_dial_at));
	world_end();
}

TEST(two_managed_addresses_of_one_peer_make_one_link)
{
	struct pnode *a, *b;
	struct multiaddr one, two;
	struct addr more;

	world_begin(4);
	a = node_new();
	b = node_new();
	more = b->at;
	more.port = 4002;
	assert_int_equal(pool_listen(b->pool, &more), 0);
	one = address_of_node(b, true);
	two = parse("/ip4/10.0.0.2/tcp/4002");
	assert_int_equal(pool_manage(a->pool, &one), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(pool_manage(a->pool, &two), 0);
	world_run_for(the_world, 60000);
	assert_int_equal(pool_n_links(a->pool), 1);
	assert_int_equal(links_between(a, b), 1);
	assert_int_equal(a->n_peer_down, 0);
	assert_int_equal(n_records(a), 1);
	world_end();
}

TEST(another_peer_than_the_one_named_is_refused)
{
	struct pnode *a, *b, *c;
	struct multiaddr m;

	world_begin(5);
	a = node_new();
	b = node_new();
	c = node_new();
	m = address_of_node(b, false);
	assert_int_equal(multiaddr_with_peer(&m, &c->id, &m), 0);
	assert_int_equal(node_connect(a, &m), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(a->n_outcomes, 1);
	assert_null(a->outcome);
	assert_int_equal(a->outcome_reason, LINK_WRONG_PEER);
	assert_int_equal(a->dial_reason, LINK_WRONG_PEER);
	assert_int_equal(a->n_link_up, 0);
	assert_int_equal(n_records(a), 0);
	world_end();
}

TEST(we_never_dial_ourselves_twice)
{
	struct pnode *a;
	struct multiaddr with_id, without;

	world_begin(6);
	a = node_new();
	with_id = address_of_node(a, true);
	without = address_of_node(a, false);
	assert_int_equal(pool_manage(a->pool, &with_id), POOL_E_SELF);
	assert_int_equal(node_connect(a, &with_id), POOL_E_SELF);
	/* Where nothing says so, the handshake tells, once. */
	assert_int_equal(pool_manage(a->pool, &without), 0);
	world_run_for(the_world, 300000);
	assert_int_equal(a->n_dial_failed, 1);
	assert_int_equal(a->dial_reason, LINK_SELF);
	assert_int_equal(pool_net_counts(a->pool).dials, 1);
	assert_int_equal(node_connect(a, &without), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(a->outcome_reason, LINK_SELF);
	assert_int_equal(pool_net_counts(a->pool).dials, 1);
	world_end();
}

TEST(what_is_not_plain_tcp_is_not_dialled)
{
	struct pnode *a;
	struct multiaddr quic = parse("/ip4/10.0.0.2/udp/4001/quic-v1");

	world_begin(7);
	a = node_new();
	assert_int_equal(pool_manage(a->pool, &quic), -EPROTONOSUPPORT);
	assert_int_equal(node_connect(a, &quic), -EPROTONOSUPPORT);
	world_end();
}

TEST(no_more_dials_than_the_maximum_are_under_way)
{
	struct pnode *a;

	world_begin(8);
	a = node_new();
	for (size_t i = 0; i < 20; i++) {
		char text[64];
		struct multiaddr m;

		/* Nobody is there, not even to refuse. */
		snprintf(text, sizeof(text), "/ip4/10.0.1.%zu/tcp/4001", i);
		m = parse(text);
		assert_int_equal(node_connect(a, &m), 0);
	}
	world_run_for(the_world, LIMIT_HANDSHAKE_MS - 500);
	assert_in_range(pool_net_counts(a->pool).dials, LIMIT_DIALS, 20);
	assert_true(a->pool->n_dialing <= LIMIT_DIALS);
	world_run_for(the_world, 4 * LIMIT_HANDSHAKE_MS);
	assert_int_equal(a->n_outcomes, 20);
	assert_int_equal(pool_net_counts(a->pool).dials, 20);
	assert_int_equal(a->pool->n_dialing, 0);
	assert_int_equal(a->pool->n_targets, 0);
	world_end();
}

TEST(connecting_to_a_connected_peer_succeeds_later_and_dials_nothing)
{
	struct pnode *a, *b;
	struct multiaddr m;

	world_begin(9);
	a = node_new();
	b = node_new();
	node_join(b, a);
	m = address_of_node(b, true);
	assert_int_equal(node_connect(a, &m), 0);
	assert_int_equal(node_connect(a, &m), 0);
	assert_int_equal(a->n_outcomes, 0);
	world_run_for(the_world, 10);
	assert_int_equal(a->n_outcomes, 2);
	assert_ptr_equal(a->outcome, peer_at(a, b));
	assert_int_equal(pool_net_counts(a->pool).dials, 0);
	world_end();
}

TEST(several_who_wait_for_one_address_share_one_dial)
{
	struct pnode *a, *b;
	struct multiaddr m;
	int r = 0;

	world_begin(10);
	a = node_new();
	b = node_new();
	m = address_of_node(b, false);
	for (size_t i = 0; i < LIMIT_CONNECT_WAITERS; i++)
		assert_int_equal(node_connect(a, &m), 0);
	r = node_connect(a, &m);
	assert_int_equal(r, -ENOSPC);
	world_run_for(the_world, 1000);
	assert_int_equal(a->n_outcomes, LIMIT_CONNECT_WAITERS);
	assert_int_equal(pool_net_counts(a->pool).dials, 1);
	assert_int_equal(a->pool->n_targets, 0);
	world_end();
}

TEST(waiting_for_a_managed_peer_tries_it_at_once)
{
	struct pnode *a, *b;
	struct pool_config config;
	struct multiaddr m;

	world_begin(11);
	a = node_new();
	b = node_host();
	m = address_of_node(b, true);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 200000);
	config = node_config(b);
	node_start(b, &config);
	a->n_dial_failed = 0;
	assert_int_equal(node_connect(a, &m), 0);
	world_run_for(the_world, 500);
	assert_int_equal(a->n_outcomes, 1);
	assert_non_null(a->outcome);
	world_end();
}

TEST(who_is_dialled_once_may_become_managed)
{
	struct pnode *a, *b;
	struct multiaddr m;
	struct pool_config config;

	world_begin(12);
	a = node_new();
	b = node_host();
	m = address_of_node(b, false);
	assert_int_equal(node_connect(a, &m), 0);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	assert_int_equal(n_records(a), 1);
	world_run_for(the_world, 1000);
	assert_int_equal(a->n_outcomes, 1);
	assert_null(a->outcome);
	config = node_config(b);
	node_start(b, &config);
	world_run_for(the_world, 6000);
	assert_int_equal(pool_n_connected(a->pool), 1);
	world_end();
}

TEST(disconnecting_stops_managing)
{
	struct pnode *a, *b;
	struct multiaddr m;

	world_begin(13);
	a = node_new();
	b = node_new();
	m = address_of_node(b, false);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(pool_disconnect(a->pool, a->peer), 1);
	assert_int_equal(pool_disconnect(a->pool, a->peer), 0);
	world_run_for(the_world, 200000);
	assert_int_equal(a->n_peer_up, 1);
	assert_int_equal(a->n_peer_down, 1);
	assert_int_equal(n_records(a), 0);
	assert_int_equal(a->pool->n_managed, 0);
	/* And managing it again begins anew. */
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(a->n_peer_up, 2);
	world_end();
}

static void disconnect_it(void *user, struct peer *p, enum link_reason reason, const char *text)
{
	struct pnode *n = user;
	struct multiaddr m = address_of_node(&nodes[1], true);

	on_outcome(user, p, reason, text);
	assert_int_equal(pool_disconnect(n->pool, p), 1);
	assert_int_equal(node_connect(n, &m), 0);
}

TEST(an_outcome_may_undo_what_it_reports)
{
	struct pnode *a, *b;
	struct multiaddr m;

	world_begin(14);
	a = node_new();
	b = node_new();
	m = address_of_node(b, true);
	assert_int_equal(pool_connect(a->pool, &m, disconnect_it, a), 0);
	world_run_for(the_world, 3000);
	assert_int_equal(a->n_outcomes, 2);
	assert_int_equal(a->n_peer_down, 1);
	/* The second time it is a new link, not the one that was ending. */
	assert_int_equal(a->n_peer_up, 2);
	assert_ptr_equal(a->outcome, a->peer);
	assert_int_equal(links_between(a, b), 1);
	world_end();
}

static void drop_at_once(void *user, struct peer *p)
{
	struct pnode *n = user;

	on_peer_up(user, p);
	assert_int_equal(pool_disconnect(n->pool, p), 1);
}

TEST(a_peer_may_be_dropped_as_soon_as_it_is_reported)
{
	struct pool_ops ops = recording_ops;
	struct pool_config config;
	struct pnode *a, *b;
	struct multiaddr m;

	ops.on_peer_up = drop_at_once;
	for (int with_id = 0; with_id < 2; with_id++) {
		world_begin(19);
		a = node_host();
		config = node_config(a);
		config.ops = &ops;
		node_start(a, &config);
		b = node_new();
		m = address_of_node(b, with_id);
		assert_int_equal(node_connect(a, &m), 0);
		world_run_for(the_world, 3000);
		assert_int_equal(a->n_outcomes, 1);
		assert_int_equal(a->n_peer_down, 1);
		assert_int_equal(a->down_reason, LINK_DISCONNECTED);
		assert_int_equal(b->down_by, NET_BY_THEM);
		assert_int_equal(n_records(a), 0);
		assert_int_equal(a->pool->n_targets, 0);
		assert_int_equal(a->pool->n_dialing, 0);
		world_end();
	}
}

TEST(names_are_looked_up)
{
	struct pnode *a, *b;
	struct multiaddr m = parse("/dns4/b.example/tcp/4001");

	world_begin(15);
	a = node_new();
	b = node_new();
	/* The first address is nobody's. */
	assert_int_equal(world_add_name(the_world, RESOLVE_IP4, "b.example", "10.0.0.99"), 0);
	assert_int_equal(world_add_name(the_world, RESOLVE_IP4, "b.example", b->ip), 0);
	assert_int_equal(node_connect(a, &m), 0);
	world_run_for(the_world, LIMIT_HANDSHAKE_MS + 1000);
	assert_ptr_equal(a->outcome, peer_at(a, b));
	assert_int_equal(a->n_dial_failed, 1);
	m = parse("/dns4/unknown.example/tcp/4001");
	assert_int_equal(node_connect(a, &m), 0);
	world_run_for(the_world, 20000);
	assert_int_equal(a->n_outcomes, 2);
	assert_null(a->outcome);
	assert_int_equal(a->outcome_reason, LINK_NETWORK);
	world_end();
}

static void add_record(const char *name, const struct multiaddr *m)
{
	char text[LIMIT_MULTIADDR_TEXT], record[LIMIT_MULTIADDR_TEXT + 16];

	snprintf(record, sizeof(record), "dnsaddr=%s", multiaddr_text(m, text));
	assert_int_equal(world_add_name(the_world, RESOLVE_TXT, name, record), 0);
}

TEST(a_managed_dnsaddr_stands_for_all_its_peers)
{
	struct pnode *a, *b, *c;
	struct multiaddr m;

	world_begin(16);
	a = node_new();
	b = node_new();
	c = node_new();
	m = address_of_node(b, true);
	add_record("_dnsaddr.boot.example", &m);
	m = address_of_node(c, true);
	add_record("_dnsaddr.boot.example", &m);
	m = address_of_node(a, true);
	add_record("_dnsaddr.boot.example", &m);
	m = parse("/dnsaddr/boot.example");
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 5000);
	assert_int_equal(pool_n_connected(a->pool), 2);
	assert_int_equal(a->n_dial_failed, 0);
	/* Asked once, it is enough that one of them answers. */
	assert_int_equal(node_connect(b, &m), 0);
	world_run_for(the_world, 5000);
	assert_int_equal(b->n_outcomes, 1);
	assert_non_null(b->outcome);
	/* It is asked again from time to time, and finds nothing new. */
	world_run_for(the_world, 2 * LIMIT_DNSADDR_AGAIN_MS);
	assert_int_equal(a->n_peer_down, 0);
	assert_int_equal(pool_n_links(a->pool), 2);
	world_end();
}

TEST(a_dnsaddr_that_names_a_peer_leads_to_that_one)
{
	struct pnode *a, *b, *c;
	struct multiaddr m;

	world_begin(17);
	a = node_new();
	b = node_new();
	c = node_new();
	m = address_of_node(b, true);
	add_record("_dnsaddr.boot.example", &m);
	m = address_of_node(c, true);
	add_record("_dnsaddr.boot.example", &m);
	m = parse("/dnsaddr/boot.example");
	assert_int_equal(multiaddr_with_peer(&m, &c->id, &m), 0);
	assert_int_equal(pool_manage(a->pool, &m), 0);
	world_run_for(the_world, 5000);
	assert_int_equal(pool_n_connected(a->pool), 1);
	assert_ptr_equal(a->peer, peer_at(a, c));
	world_end();
}

TEST(managed_addresses_have_a_maximum)
{
	struct pnode *a;
	int r = 0, n = -1;

	world_begin(18);
	a = node_new();
	while (r == 0) {
		char text[64];
		struct multiaddr m;

		n++;
		snprintf(text, sizeof(text), "/ip4/10.2.%d.%d/tcp/1", n / 200, n % 200);
		m = parse(text);
		r = pool_manage(a->pool, &m);
	}
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(n, LIMIT_MANAGED_PEERS);
	world_end();
}

static size_t n_asked;
static bool allows;

static bool may_dial(void *user, const struct addr *at)
{
	assert_non_null(user);
	assert_true(addr_is_loopback(at) || at->port == 4001);
	n_asked++;
	return allows;
}

static int connect_if(struct pnode *n, const struct multiaddr *m, bool may)
{
	allows = may;
	n_asked = 0;
	n->n_outcomes = 0;
	return pool_connect_if(n->pool, m, may_dial, on_outcome, n);
}

TEST(on_a_stranger_s_word_only_what_is_allowed_is_dialled_and_its_failure_is_nobody_else_s)
{
	struct pnode *a, *b;
	struct multiaddr m;

	world_begin(91);
	a = node_new();
	b = node_new();
	m = address_of_node(b, true);
	assert_int_equal(connect_if(a, &m, false), 0);
	world_run_for(the_world, 500);
	assert_int_equal(a->n_outcomes, 1);
	assert_null(a->outcome);
	assert_int_equal(a->outcome_reason, LINK_LIMIT);
	assert_int_equal(n_asked, 1);
	assert_int_equal(links_between(a, b), 0);
	assert_int_equal(a->n_dial_failed, 0);
	m = address_of_node(a, true);
	assert_int_equal(connect_if(a, &m, true), POOL_E_SELF);
	m = address_of_node(b, true);
	assert_int_equal(connect_if(a, &m, true), 0);
	world_run_for(the_world, 500);
	assert_non_null(a->outcome);
	assert_int_equal(links_between(a, b), 1);
	/* Connected already: nothing is dialled, nobody asked. */
	assert_int_equal(connect_if(a, &m, true), 0);
	world_run_for(the_world, 500);
	assert_non_null(a->outcome);
	assert_int_equal(n_asked, 0);
	world_end();
}

TEST(what_is_behind_a_name_is_asked_about_one_by_one)
{
	struct pnode *a, *b;
	struct multiaddr m;

	world_begin(92);
	a = node_new();
	b = node_new();
	assert_int_equal(world_add_name(the_world, RESOLVE_IP4, "two.example.com", "127.0.0.1"), 0);
	assert_int_equal(world_add_name(the_world, RESOLVE_IP4, "two.example.com", b->ip), 0);
	m = parse("/dns4/two.example.com/tcp/4001");
	assert_int_equal(multiaddr_with_peer(&m, &b->id, &m), 0);
	assert_int_equal(connect_if(a, &m, false), 0);
	world_run_for(the_world, 500);
	assert_int_equal(n_asked, 2);
	assert_null(a->outcome);
	world_end();
}

TEST(the_user_s_own_dial_of_the_same_address_is_not_bound_by_what_strangers_may)
{
	struct pnode *a, *b;
	struct multiaddr m;

	world_begin(93);
	a = node_new();
	b = node_new();
	m = address_of_node(b, true);
	assert_int_equal(connect_if(a, &m, false), 0);
	assert_int_equal(node_connect(a, &m), 0);
	world_run_for(the_world, 500);
	assert_int_equal(a->n_outcomes, 2);
	assert_int_equal(links_between(a, b), 1);
	world_end();
}

TESTS(RUN(a_managed_peer_is_dialled_every_five_seconds_for_two_minutes_and_then_as_configured),
      RUN(a_managed_peer_is_found_when_it_comes_and_when_it_comes_back),
      RUN(a_managed_address_is_listed_before_anybody_knows_who_lives_there),
      RUN(two_managed_addresses_of_one_peer_make_one_link),
      RUN(another_peer_than_the_one_named_is_refused), RUN(we_never_dial_ourselves_twice),
      RUN(what_is_not_plain_tcp_is_not_dialled), RUN(no_more_dials_than_the_maximum_are_under_way),
      RUN(connecting_to_a_connected_peer_succeeds_later_and_dials_nothing),
      RUN(several_who_wait_for_one_address_share_one_dial),
      RUN(waiting_for_a_managed_peer_tries_it_at_once), RUN(who_is_dialled_once_may_become_managed),
      RUN(disconnecting_stops_managing), RUN(an_outcome_may_undo_what_it_reports),
      RUN(a_peer_may_be_dropped_as_soon_as_it_is_reported), RUN(names_are_looked_up),
      RUN(a_managed_dnsaddr_stands_for_all_its_peers),
      RUN(a_dnsaddr_that_names_a_peer_leads_to_that_one), RUN(managed_addresses_have_a_maximum),
      RUN(on_a_stranger_s_word_only_what_is_allowed_is_dialled_and_its_failure_is_nobody_else_s),
      RUN(what_is_behind_a_name_is_asked_about_one_by_one),
      RUN(the_user_s_own_dial_of_the_same_address_is_not_bound_by_what_strangers_may))
