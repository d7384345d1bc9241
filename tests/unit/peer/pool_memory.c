#include "pool_world.h"

#include "peer/peer.h"

/* A protocol that sends without end to whoever opens a stream for it. */
static uint8_t piece[64 * KIB];

static void pour(void *user, struct stream *s)
{
	const struct bytes b = BYTES(piece, sizeof(piece));

	(void)user;
	while (stream_write(s, &b, 1) == 0)
		;
}

static const struct stream_ops pour_ops = { .on_writable = pour };

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	(void)user;
	(void)p;
	(void)l;
	stream_accept(s, &pour_ops, NULL);
	pour(NULL, s);
}

static const struct pool_protocol protocol = { .name = "/pour/1", .on_stream = on_stream };

/* The node everybody dials, with as much memory for its peers. */
static struct pnode *hub_new(size_t memory)
{
	struct pnode *n = node_host();
	struct pool_config config = node_config(n);

	config.memory_max = memory;
	node_start(n, &config);
	assert_int_equal(pool_serve(n->pool, &protocol), 0);
	return n;
}

/* A peer that asks on so many streams for more than it will ever take; how much it has got. */
static size_t n_got[NODES_MAX];

static void count(void *user, struct stream *s, struct bytes b)
{
	(void)s;
	*(size_t *)user += b.n;
}

static struct pnode *reader_new(struct pnode *hub, size_t n_streams, bool holds)
{
	static const char *const protocols[] = { "/pour/1", NULL };
	static const struct stream_ops ops = { .on_data = count };
	struct pnode *n = node_new();
	size_t *got = &n_got[n - nodes];
	struct stream *s;

	*got = 0;
	node_join(n, hub);
	for (size_t i = 0; i < n_streams; i++) {
		assert_int_equal(link_open_stream(n->primary, protocols, &ops, got, &s), 0);
		stream_hold(s, holds);
	}
	return n;
}

TEST(peers_that_read_nothing_never_hold_more_than_there_is)
{
	const struct world_link fast = { .latency_ns = NS_PER_MS, .bytes_per_s = 2 * MIB };
	struct pnode *hub, *reader;
	const struct budget *b;

	world_begin(1);
	world_set_link(the_world, &fast);
	hub = hub_new(16 * MIB);
	b = pool_budget(hub->pool);
	assert_int_equal(b->max, 16 * MIB);
	for (size_t i = 0; i < 8; i++)
		reader_new(hub, 4, true);
	reader = reader_new(hub, 1, false);
	for (int i = 0; i < 80; i++) {
		world_run_for(the_world, 100);
		assert_true(b->held <= b->max);
	}
	/* Each of the eight has the same, and who reads is served while they hold it. */
	assert_in_range(b->held, 6 * MIB, 12 * MIB);
	assert_true(n_got[reader - nodes] > 8 * MIB);
	assert_int_equal(hub->n_link_down, 0);
	world_end();
}

TEST(while_memory_is_short_whoever_holds_much_and_takes_nothing_loses_its_links)
{
	const struct world_link fast = { .latency_ns = NS_PER_MS, .bytes_per_s = 2 * MIB };
	struct pnode *hub, *reader, *idle;
	struct charge of_others;
	struct budget_account others;

	world_begin(2);
	world_set_link(the_world, &fast);
	hub = hub_new(16 * MIB);
	idle = node_new();
	node_join(idle, hub);
	for (size_t i = 0; i < 3; i++)
		reader_new(hub, 4, true);
	reader = reader_new(hub, 1, false);
	world_run_for(the_world, 30000);
	/* There is enough for all: nobody is put off. */
	assert_int_equal(hub->n_link_down, 0);
	assert_false(pool_budget(hub->pool)->is_short);

	budget_account_init(&others, &hub->pool->budget);
	charge_init(&of_others, &others);
	charge_take(&of_others, BUDGET_GOSSIP, budget_free(pool_budget(hub->pool)) - 2 * MIB);
	assert_true(pool_budget(hub->pool)->is_short);
	world_run_for(the_world, LIMIT_BUDGET_IDLE_MS - LIMIT_BUDGET_SWEEP_MS);
	assert_int_equal(hub->n_link_down, 0);
	charge_give(&of_others, BUDGET_GOSSIP, 1); /* they are well */
	others.moved += 1 * MIB;
	world_run_for(the_world, 3 * LIMIT_BUDGET_SWEEP_MS);
	assert_int_equal(hub->n_link_down, 3);
	assert_int_equal(hub->down_reason, LINK_OVER_BUDGET);
	assert_int_equal(hub->down_by, NET_BY_US);
	assert_int_equal(pool_n_over_budget(hub->pool), 3);
	/* Neither the one that reads nor the one that holds nothing. */
	assert_non_null(peer_at(hub, reader));
	assert_non_null(peer_at(hub, idle));
	charge_deinit(&of_others);
	world_end();
}

TEST(an_account_has_what_all_links_of_a_peer_hold_and_gives_it_back)
{
	struct pnode *hub, *a;

	world_begin(3);
	hub = hub_new(0);
	assert_int_equal(pool_budget(hub->pool)->max, LIMIT_BUDGET);
	a = reader_new(hub, 1, true);
	world_run_for(the_world, 1000);
	assert_true(peer_account(peer_at(hub, a))->held > 1 * MIB);
	assert_int_equal(peer_account(peer_at(hub, a))->held, pool_budget(hub->pool)->held);
	node_end(a);
	world_run_for(the_world, 1000);
	assert_null(peer_at(hub, a));
	assert_int_equal(pool_budget(hub->pool)->held, 0);
	world_end();
}

TESTS(RUN(peers_that_read_nothing_never_hold_more_than_there_is),
      RUN(while_memory_is_short_whoever_holds_much_and_takes_nothing_loses_its_links),
      RUN(an_account_has_what_all_links_of_a_peer_hold_and_gives_it_back))
