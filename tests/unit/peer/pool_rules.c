#include "pool_world.h"

#include "peer/bans.h"
#include "peer/peer.h"

static size_t ban(struct pnode *n, const struct pnode *other, struct wall until)
{
	size_t n_links = 99;

	assert_int_equal(pool_ban(n->pool, &other->id, until, &n_links), 0);
	return n_links;
}

static struct wall in_s(const struct pnode *n, int64_t s)
{
	return (struct wall){ loop_wall(n->loop).ns + s * (int64_t)NS_PER_S };
}

TEST(a_ban_closes_the_links_that_stand_and_says_why)
{
	struct pnode *a, *b;

	world_begin(1);
	a = node_new();
	b = node_new();
	node_join(a, b);
	assert_int_equal(ban(a, b, BAN_FOREVER), 1);
	world_run_for(the_world, 1000);
	assert_int_equal(links_between(a, b), 0);
	assert_int_equal(a->down_reason, LINK_BANNED);
	assert_int_equal(a->down_by, NET_BY_US);
	assert_int_equal(b->n_peer_down, 1);
	world_end();
}

TEST(who_is_banned_is_refused_when_it_comes)
{
	struct pnode *a, *b;
	struct multiaddr at_a;

	world_begin(2);
	a = node_new();
	b = node_new();
	at_a = address_of_node(a, true);
	assert_int_equal(ban(a, b, BAN_FOREVER), 0);
	assert_int_equal(node_connect(b, &at_a), 0);
	world_run_for(the_world, 2000);
	assert_int_equal(a->n_peer_up, 0);
	assert_int_equal(a->n_refused, 1);
	assert_int_equal(a->refused_reason, LINK_BANNED);
	assert_int_equal(links_between(a, b), 0);
	world_end();
}

TEST(who_is_banned_is_not_dialled_and_the_reason_is_told)
{
	struct pnode *a, *b;
	struct multiaddr named, bare;

	world_begin(3);
	a = node_new();
	b = node_new();
	named = address_of_node(b, true);
	bare = address_of_node(b, false);
	assert_int_equal(ban(a, b, BAN_FOREVER), 0);
	assert_int_equal(node_connect(a, &named), 0);
	world_run_for(the_world, 2000);
	assert_null(a->outcome);
	assert_int_equal(a->outcome_reason, LINK_BANNED);
	assert_int_equal(pool_net_counts(a->pool).dials, 0);
	/* Nobody can know who answers there before it has answered. */
	assert_int_equal(node_connect(a, &bare), 0);
	world_run_for(the_world, 2000);
	assert_int_equal(a->n_outcomes, 2);
	assert_null(a->outcome);
	assert_int_equal(a->outcome_reason, LINK_BANNED);
	assert_int_equal(links_between(a, b), 0);
	world_end();
}

TEST(a_managed_peer_comes_back_when_its_ban_is_over)
{
	struct pnode *a, *b;
	struct multiaddr at_b;

	world_begin(4);
	a = node_new();
	b = node_new();
	at_b = address_of_node(b, true);
	assert_int_equal(pool_manage(a->pool, &at_b), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(ban(a, b, in_s(a, 60)), 1);
	world_run_for(the_world, 50000);
	assert_int_equal(links_between(a, b), 0);
	assert_int_equal(a->n_dial_failed, 0);
	world_run_for(the_world, 20000);
	assert_int_equal(links_between(a, b), 1);
	world_end();
}

TEST(a_managed_peer_comes_back_at_once_when_its_ban_is_lifted)
{
	struct pnode *a, *b;
	struct multiaddr at_b;
	size_t n;

	world_begin(5);
	a = node_new();
	b = node_new();
	at_b = address_of_node(b, true);
	assert_int_equal(pool_manage(a->pool, &at_b), 0);
	world_run_for(the_world, 1000);
	assert_int_equal(ban(a, b, BAN_FOREVER), 1);
	world_run_for(the_world, 300000);
	assert_int_equal(links_between(a, b), 0);
	(void)pool_bans(a->pool, &n);
	assert_int_equal(n, 1);
	assert_true(pool_unban(a->pool, &b->id));
	assert_false(pool_unban(a->pool, &b->id));
	world_run_for(the_world, 500);
	assert_int_equal(links_between(a, b), 1);
	(void)pool_bans(a->pool, &n);
	assert_int_equal(n, 0);
	world_end();
}

TEST(nobody_bans_itself)
{
	struct pnode *a;
	size_t n_links;

	world_begin(6);
	a = node_new();
	assert_int_equal(pool_ban(a->pool, &a->id, BAN_FOREVER, &n_links), POOL_E_SELF);
	world_end();
}

static void count_address(void *user, const struct multiaddr *address)
{
	size_t *n = user;

	(void)address;
	(*n)++;
}

static void count_link(void *user, struct link *l)
{
	size_t *n = user;

	assert_true(link_is_up(l));
	(*n)++;
}

/* The links that were closed; -1: nobody keeps this address. */
static int drop(struct pnode *n, const struct multiaddr *address)
{
	struct peer *p = pool_managed_peer(n->pool, address);

	return p ? (int)pool_disconnect(n->pool, p) : -1;
}

TEST(an_address_that_is_dropped_is_not_dialled_again)
{
	struct pnode *a, *b;
	struct multiaddr bare;
	size_t n = 0;

	world_begin(7);
	a = node_new();
	b = node_new();
	bare = address_of_node(b, false);
	assert_int_equal(drop(a, &bare), -1);
	assert_int_equal(pool_manage(a->pool, &bare), 0);
	world_run_for(the_world, 1000);
	peer_each_address(peer_at(a, b), count_address, &n);
	peer_each_link(peer_at(a, b), count_link, &n);
	assert_int_equal(n, 2);
	assert_int_equal(drop(a, &bare), 1);
	world_run_for(the_world, 120000);
	assert_int_equal(links_between(a, b), 0);
	assert_null(peer_at(a, b));
	assert_int_equal(drop(a, &bare), -1);
	world_end();
}

TEST(an_address_where_nobody_answers_can_be_dropped_too)
{
	struct pnode *a;
	struct multiaddr nowhere = parse("/ip4/10.9.9.9/tcp/1");
	size_t n_dials;

	world_begin(8);
	a = node_new();
	assert_int_equal(pool_manage(a->pool, &nowhere), 0);
	world_run_for(the_world, 20000);
	assert_int_equal(drop(a, &nowhere), 0);
	n_dials = pool_net_counts(a->pool).dials;
	world_run_for(the_world, 120000);
	assert_int_equal(pool_net_counts(a->pool).dials, n_dials);
	world_end();
}

TESTS(RUN(a_ban_closes_the_links_that_stand_and_says_why),
      RUN(who_is_banned_is_refused_when_it_comes),
      RUN(who_is_banned_is_not_dialled_and_the_reason_is_told),
      RUN(a_managed_peer_comes_back_when_its_ban_is_over),
      RUN(a_managed_peer_comes_back_at_once_when_its_ban_is_lifted), RUN(nobody_bans_itself),
      RUN(an_address_that_is_dropped_is_not_dialled_again),
      RUN(an_address_where_nobody_answers_can_be_dropped_too))
